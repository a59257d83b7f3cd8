//! How a node is struck by a fault that can do it in several ways.

use serde::{Deserialize, Serialize};

use super::super::NodeId;
use super::super::process::Process;
use super::World;

/// Ways to strike a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// Its processes die.
    Crash,
    /// The machine dies.
    PowerLoss,
    /// It freezes.
    Pause,
    /// Nobody else reaches it.
    Isolate,
}

impl How {
    /// In a word or two, as an activity.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::PowerLoss => "power loss",
            Self::Pause => "pause",
            Self::Isolate => "isolate",
        }
    }

    /// Strikes; returns the network effects it put in place.
    pub(super) fn strike<P: Process>(self, nodes: &[NodeId], world: &mut World<'_, P>) -> Vec<u32> {
        match self {
            Self::Crash => nodes.iter().for_each(|&n| world.crash(n)),
            Self::PowerLoss => nodes.iter().for_each(|&n| world.power_loss(n)),
            Self::Pause => nodes.iter().for_each(|&n| world.pause(n)),
            Self::Isolate => return world.isolate(nodes),
        }
        Vec::new()
    }

    /// Undoes what [`Self::strike`] did to the same nodes.
    pub(super) fn undo<P: Process>(
        self,
        nodes: &[NodeId],
        effects: &[u32],
        world: &mut World<'_, P>,
    ) {
        match self {
            Self::Crash | Self::PowerLoss => nodes.iter().for_each(|&n| world.release(n)),
            Self::Pause => nodes.iter().for_each(|&n| world.resume(n)),
            Self::Isolate => effects.iter().for_each(|&e| world.repair(e)),
        }
    }
}
