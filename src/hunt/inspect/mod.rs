//! One node or one process closely: how it stands, what it believes, what it waits for, what it handled and what that
//! changed, and how it came to be so. All answers are plain values, in the words of the systems.

mod beliefs;
mod handled;
mod history;
mod parts;
mod pending;
#[cfg(test)]
mod tests;

pub use beliefs::{Held, beliefs};
pub use handled::{Changed, Detail, Entry, Handled, Kind, Next};
pub use history::{History, Sample, Stretch, Track, Values};
pub use parts::{Fact, Part, facts, parts};
pub use pending::{Mail, Timer, Whereabouts, inbox, timers};

use crate::sim::{Names, NodeId, Pid};
use crate::systems::Sim;

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A machine and all processes on it.
    Node(NodeId),
    /// One process, and its machine.
    Process(Pid),
}

impl Subject {
    /// The processes it is about.
    pub fn processes(self, sim: &Sim) -> Vec<Pid> {
        match self {
            Self::Node(node) => sim.residents(node).to_vec(),
            Self::Process(pid) => vec![pid],
        }
    }

    /// The machine it is about; of a process that there is not, the first.
    pub fn node(self, names: &Names) -> NodeId {
        match self {
            Self::Node(node) => node,
            Self::Process(pid) => names
                .processes
                .get(pid.index())
                .map_or(NodeId(0), |p| p.node),
        }
    }

    /// What it is called.
    pub fn name(self, names: &Names) -> &str {
        match self {
            Self::Node(node) => names.node(node),
            Self::Process(pid) => names.process(pid),
        }
    }
}
