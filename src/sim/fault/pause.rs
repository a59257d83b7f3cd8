//! Frozen and slow nodes.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::process::Process;
use super::{Factor, Fault, Hold, Target, World, heal};

/// A node freezes, as in a long garbage collection or when a virtual machine is moved: nothing on it happens, peers are not
/// told, its clock goes on. When it ends, all that came meanwhile is handled, in its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause(pub Target);

/// A node's CPU serves slower, while everybody takes it for healthy (a gray failure). What a core has begun keeps its speed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slow {
    /// Which nodes.
    pub target: Target,
    /// How many times slower.
    pub factor: Factor,
}

impl Fault for Pause {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("pause {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        Hold::each(&self.0, world, |world, n| world.pause(n))
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.resume(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Nodes)
    }
}

impl Fault for Slow {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("target"), self.target.clone())]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        self.factor.check(&at.field("factor"), out);
    }

    fn label(&self) -> String {
        format!("slow {} {}", self.target, self.factor)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let milli = self.factor.milli();
        Hold::each(&self.target, world, |world, n| world.slow_cpu(n, milli))
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.unslow_cpu(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Nodes)
    }
}
