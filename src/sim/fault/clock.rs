//! Clocks that jump and clocks that drift. Timers count time that passes, so a jump moves none of them.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::process::Process;
use super::super::skew::{Drift, Offset};
use super::{Fault, Hold, Target, World, heal};

/// A node's clock is set forward or back at one blow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockJump {
    /// Which nodes.
    pub target: Target,
    /// By how much; negative: back.
    pub by: Offset,
}

/// A node's clock runs too fast or too slow, and so do its timers. When it ends, the clock runs as before, and stays as
/// wrong as it has become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockDrift {
    /// Which nodes.
    pub target: Target,
    /// How much faster; negative: slower. On top of what it drifts anyway.
    pub by: Drift,
}

impl Fault for ClockJump {
    const LASTS: bool = false;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("target"), self.target.clone())]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.by.ns() == 0 {
            out.push(Complaint::error(
                at.field("by"),
                "a jump by nothing is none",
            ));
        }
    }

    fn label(&self) -> String {
        format!("clock of {} jumps by {}", self.target, self.by)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.target);
        let by = self.by.ns();
        nodes.iter().for_each(|&n| world.step_clock(n, by));
        Hold::nodes(nodes)
    }
}

impl Fault for ClockDrift {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("target"), self.target.clone())]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.by.ppb() == 0 {
            out.push(Complaint::error(
                at.field("by"),
                "a drift by nothing is none",
            ));
        }
    }

    fn label(&self) -> String {
        format!("clock of {} drifts by {}", self.target, self.by)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.target);
        let ppb = self.by.ppb();
        nodes.iter().for_each(|&n| world.add_drift(n, ppb));
        Hold::nodes(nodes)
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        let ppb = -self.by.ppb();
        hold.nodes.iter().for_each(|&n| world.add_drift(n, ppb));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Clocks)
    }
}
