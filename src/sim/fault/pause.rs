//! Frozen and slow nodes.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::process::Process;
use super::node::{slows_nodes, strikes_nodes};
use super::{Factor, Fault, Hold, Target, World, heal};

/// A node freezes, as in a long garbage collection or when a virtual machine is moved: nothing on it happens, peers are not
/// told, its clock goes on. When it ends, all that came meanwhile is handled, in its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause(pub Target);

/// A node's CPU serves slower, while everybody takes it for healthy (a gray failure). What a core has begun keeps its speed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slow {
    /// Which nodes.
    pub target: Target,
    /// How many times slower.
    pub factor: Factor,
}

strikes_nodes!(Pause, "pause", Nodes, pause, resume);

slows_nodes!(Slow, "slow", Nodes, slow_cpu, unslow_cpu);
