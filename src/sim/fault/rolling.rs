//! A rolling restart, as for an upgrade.

use serde::{Deserialize, Serialize};

use super::super::NodeId;
use super::super::complaint::Path;
use super::super::process::Process;
use super::super::units::Duration;
use super::{Fault, Hold, Target, World, heal};
use crate::sim::defaults::yes;

/// Nodes go down and come back one after another, in their order. It is over when the last is back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollingRestart {
    /// Which nodes.
    pub targets: Target,
    /// How long each is down.
    pub down_for: Duration,
    /// From one being back to the next going down.
    pub gap: Duration,
    /// Whether each is asked to stop (SIGTERM), as those do who restart servers on purpose, and not killed at once.
    #[serde(default = "yes")]
    pub graceful: bool,
    /// How long one that is asked to stop may take before it is killed.
    #[serde(default = "kill_after")]
    pub kill_after: Duration,
}

const fn kill_after() -> Duration {
    super::stop::KILL_AFTER
}

/// What is to be done at a tick; the bits above say to which node.
const DOWN: u64 = 0;
const UP: u64 = 1;
const GONE: u64 = 2;
const KILL: u64 = 3;
const KIND_BITS: u64 = 2;

fn tag(kind: u64, node: NodeId) -> u64 {
    u64::from(node.0) << KIND_BITS | kind
}

impl RollingRestart {
    fn take_next_down<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        match hold.queue.last() {
            Some(&node) if self.graceful => {
                world.later(self.kill_after.ns(), tag(KILL, node));
                world.stop(node, tag(GONE, node));
            }
            Some(&node) => {
                world.crash(node);
                world.later(self.down_for.ns(), UP);
            }
            None => world.finish(),
        }
    }
}

impl Fault for RollingRestart {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("targets"), self.targets.clone())]
    }

    fn label(&self) -> String {
        format!("rolling restart of {}", self.targets)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.targets);
        let mut hold = Hold::nodes(nodes.clone());
        hold.queue = nodes;
        hold.queue.reverse();
        self.take_next_down(&hold, world);
        hold
    }

    fn tick<P: Process>(&self, tag: u64, hold: &mut Hold, world: &mut World<'_, P>) {
        let node = NodeId((tag >> KIND_BITS) as u32);
        match tag & ((1 << KIND_BITS) - 1) {
            DOWN => return self.take_next_down(hold, world),
            KILL => return world.kill_stopping(node),
            GONE => return world.later(self.down_for.ns(), UP),
            _ => {}
        }
        if let Some(node) = hold.queue.pop() {
            world.release(node);
        }
        if hold.queue.is_empty() {
            world.finish();
        } else {
            world.later(self.gap.ns(), DOWN);
        }
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.queue.iter().for_each(|&n| world.release(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Nodes)
    }
}
