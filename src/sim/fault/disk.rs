//! Disks that are slow, hang, have no room, or forget.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::process::Process;
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

impl Fault for DiskSlow {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("target"), self.target.clone())]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        self.factor.check(&at.field("factor"), out);
    }

    fn label(&self) -> String {
        format!("slow disk of {} {}", self.target, self.factor)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let milli = self.factor.milli();
        Hold::each(&self.target, world, |world, n| world.slow_disk(n, milli))
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.unslow_disk(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Disks)
    }
}

impl Fault for DiskStalled {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("stall disk of {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        Hold::each(&self.0, world, |world, n| world.stall_disk(n))
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.unstall_disk(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Disks)
    }
}

impl Fault for DiskFull {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("fill disk of {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        Hold::each(&self.0, world, |world, n| world.fill_disk(n))
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.unfill_disk(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Disks)
    }
}

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
