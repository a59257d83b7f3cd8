//! Heal: ends faults that are at work before their time.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::process::Process;
use super::{Fault, Hold, Target, World};

/// Ends faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heal(pub What);

/// Which faults a heal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// All that last.
    All,
    /// All that last, but what strikes only a minority of the nodes of each system and each workload may go on: crashes,
    /// pauses, slowness, disks, clocks and cuts, the first that began before the others.
    Majority,
    /// Cuts.
    Cuts,
    /// Slow, lossy, duplicating and reordering links.
    Links,
    /// Crashed (they restart), paused and slow nodes.
    Nodes,
    /// Slow, stalled and full disks.
    Disks,
    /// Drifting clocks.
    Clocks,
    /// Chaos monkeys.
    Monkeys,
    /// More or less traffic.
    Traffic,
    /// Settings that were changed.
    Settings,
}

impl What {
    /// Whether a heal of this ends a fault of that kind.
    pub fn covers(self, kind: Option<Self>) -> bool {
        kind.is_some_and(|kind| matches!(self, Self::All | Self::Majority) || self == kind)
    }

    /// Whether faults of this kind strike nodes, each for itself.
    pub fn is_of_nodes(self) -> bool {
        matches!(self, Self::Nodes | Self::Disks | Self::Clocks | Self::Cuts)
    }
}

impl Fault for Heal {
    const LASTS: bool = false;
    const MENDS: bool = true;

    fn targets(&self, _at: &Path) -> Vec<(Path, Target)> {
        Vec::new()
    }

    fn label(&self) -> String {
        format!("heal {:?}", self.0).to_lowercase()
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        world.heal(self.0);
        Hold::default()
    }
}
