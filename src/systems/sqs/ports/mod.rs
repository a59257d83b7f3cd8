//! Queues and topics for processes of other systems (see [`crate::systems::ports`]).

mod inlet;
mod outlet;

pub use inlet::SqsInlet;
pub use outlet::SqsOutlet;
