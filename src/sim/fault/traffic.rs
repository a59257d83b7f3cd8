//! More or less traffic than the scenario's workloads make.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::process::Process;
use super::tuned::FACTORS;
use super::{Fault, Hold, Target, World, heal};

/// What workloads make comes so many times as often. Those that overlap multiply; when it ends, what is left of a gap is spent
/// at the rate of before. It outlasts a restart of whoever it is aimed at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Which workloads: by name, or all that run on some nodes.
    pub of: Target,
    /// How many times as often: above 0, and below 1 for less. A bare number, since it has no unit.
    pub factor: f64,
}

impl Fault for Traffic {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("of"), self.of.clone())]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let at = at.field("factor");
        let help = "3 is three times as often, 0.5 half as often";
        if self.factor == 1.0 {
            out.push(Complaint::error(at, "a factor of 1 changes nothing").help(help));
        } else if !FACTORS.contains(&self.factor) {
            let (least, most) = (FACTORS.start(), FACTORS.end());
            let message = format!("a factor of traffic is from {least} to {most}");
            out.push(Complaint::error(at, message).help(help));
        }
    }

    fn label(&self) -> String {
        format!("traffic of {} ×{}", self.of, self.factor)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let processes = world.resolve_processes(&self.of);
        Hold::nodes(world.multiply_traffic(&processes, self.factor))
    }

    fn end<P: Process>(&self, _: &Hold, world: &mut World<'_, P>) {
        world.restore_traffic();
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Traffic)
    }
}
