//! The kernel: time, events, random numbers, machines, the network, faults, records. It knows no protocol, no file, no
//! screen and no wall clock; it is generic over the processes it runs.

mod act;
pub mod amount;
pub mod arrivals;
pub mod call;
pub mod complaint;
pub mod defaults;
pub mod digest;
pub mod dist;
mod event;
pub mod fault;
pub mod history;
pub mod host;
mod ids;
mod kernel;
pub mod keys;
pub mod ledger;
pub mod lens;
mod look;
pub mod names;
pub mod net;
mod process;
pub mod queue;
pub mod record;
mod serve;
pub mod setting;
pub mod skew;
pub mod stream;
mod tcp;
mod tenant;
pub mod units;
pub mod windows;
mod wire;
mod world;

pub use event::{Caused, Event, Rare};
pub use ids::{FlowId, GroupId, LaneId, NodeId, Pid, QueueId, ServiceId, Span, Task};
pub use kernel::{Played, Sim};
pub use look::{Ahead, Met, Seen};
pub use names::Names;
pub use process::{Change, Cost, Ctx, Process, Role, TimerId, Token};
pub use record::{Fact, Observer, Record};
pub use world::{Core, NodePlan, WorldPlan};

/// A second of virtual time, ns.
pub const SECOND: u64 = 1_000_000_000;
/// A millisecond, ns.
pub const MS: u64 = 1_000_000;
/// A microsecond, ns.
pub const US: u64 = 1_000;
