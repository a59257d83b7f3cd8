//! Disks that are slow, hang, have no room, or forget.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::process::Process;
use super::node::{slows_nodes, strikes_nodes};
use super::{Factor, Fault, Hold, Target, World, heal};

/// A node's disk serves slower: each write and sync takes so many times longer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiskSlow {
    /// Which nodes.
    pub target: Target,
    /// How many times slower.
    pub factor: Factor,
}

/// A node's disk hangs: no write or sync that begins now ends before the fault does, and the cores that wait for one serve
/// nobody else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiskStalled(pub Target);

/// A node's disk has no room left for anybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiskFull(pub Target);

/// A sync fails and the operating system drops the dirty pages: what was written and not synced is lost. The process does
/// not notice before it starts again and reads. (Rebello and others, "Can Applications Recover from fsync Failures?",
/// USENIX ATC 2020: Linux marks such pages clean.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiskLostUnsynced(pub Target);

slows_nodes!(DiskSlow, "slow disk of", Disks, slow_disk, unslow_disk);

strikes_nodes!(
    DiskStalled,
    "stall disk of",
    Disks,
    stall_disk,
    unstall_disk
);

strikes_nodes!(DiskFull, "fill disk of", Disks, fill_disk, unfill_disk);

impl Fault for DiskLostUnsynced {
    const LASTS: bool = false;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("lose unsynced bytes of {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        Hold::each(&self.0, world, |world, n| world.lose_unsynced(n))
    }
}
