//! A rolling restart, as for an upgrade.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::process::Process;
use super::super::units::Duration;
use super::{Fault, Hold, Target, World, heal};

/// Nodes go down and come back one after another, in their order. They are killed; nothing is shut down in good order. It is
/// over when the last is back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollingRestart {
    /// Which nodes.
    pub targets: Target,
    /// How long each is down.
    pub down_for: Duration,
    /// From one being back to the next going down.
    pub gap: Duration,
}

const DOWN: u64 = 0;
const UP: u64 = 1;

impl RollingRestart {
    fn take_next_down<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        match hold.queue.last() {
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
        if tag == DOWN {
            return self.take_next_down(hold, world);
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
