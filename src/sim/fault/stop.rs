//! An orderly stop, as before maintenance.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::process::Process;
use super::super::units::Duration;
use super::{Fault, Hold, Target, World, heal};

/// How long a process may take to stop before it is killed, unless a fault says otherwise: what Kubernetes gives one
/// (`terminationGracePeriodSeconds`, default 30).
pub const KILL_AFTER: Duration = Duration::from_secs(30);

/// The processes on a node are asked to stop (SIGTERM): they end what they are at, and then themselves; after 30 s what is
/// left of them is killed. They start again when the fault ends, unless another one keeps them down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop(pub Target);

const GONE: u64 = 0;
const KILL: u64 = 1;

impl Fault for Stop {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("stop {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.0);
        nodes.iter().for_each(|&n| world.stop(n, GONE));
        world.later(KILL_AFTER.ns(), KILL);
        Hold::nodes(nodes)
    }

    fn tick<P: Process>(&self, tag: u64, hold: &mut Hold, world: &mut World<'_, P>) {
        if tag == KILL {
            hold.nodes.iter().for_each(|&n| world.kill_stopping(n));
        }
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.nodes.iter().for_each(|&n| world.release(n));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Nodes)
    }
}
