//! Crash, power loss and restart.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::process::Process;
use super::{Fault, Hold, Target, World, heal};

/// The processes on a node die: their memory is gone, the machine and its page cache live on, and peers see their
/// connections reset. They start again when it ends, unless another fault keeps them down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crash(pub Target);

/// The machine dies: what its disk had not synced is gone too, and nobody is told. It comes back when it ends,
/// unless another fault keeps it down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerLoss(pub Target);

/// What is dead on a node starts again, whatever killed it; what lives is left alone. On a paused node it starts when the
/// pause is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restart(pub Target);

impl Fault for Crash {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("crash {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.0);
        nodes.iter().for_each(|&n| world.crash(n));
        Hold::nodes(nodes)
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.release(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Nodes)
    }
}

impl Fault for PowerLoss {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("power loss of {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.0);
        nodes.iter().for_each(|&n| world.power_loss(n));
        Hold::nodes(nodes)
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.release(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Nodes)
    }
}

impl Fault for Restart {
    const LASTS: bool = false;
    const MENDS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("restart {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.0);
        nodes.iter().for_each(|&n| world.restart(n));
        Hold::nodes(nodes)
    }
}
