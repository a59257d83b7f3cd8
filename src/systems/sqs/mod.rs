//! Queues like Amazon SQS (standard and FIFO) and topics like Amazon SNS that fan out to them.
//!
//! Where a rule has a source it is the *Amazon SQS Developer Guide* ("guide") or the *Amazon SQS API Reference* ("API").
//!
//! Simpler than the product: a queue lives on one node, not on many servers in three availability zones, so that it cannot
//! be reached while its node is down. What the product's redundancy gives is kept in another way: a message is synced to
//! the node's disk before it is acknowledged, and what the node knows of its messages (who has them until when, how often
//! they were received) is there again after a crash or a loss of power. So an acknowledged message is never lost.

mod build;
mod calls;
mod check;
mod directory;
mod node;
mod notes;
mod ports;
mod protocol;
mod queue;
mod receiver;
mod rules;
mod safeguards;
mod sender;
mod settings;
mod shelf;
mod sight;
mod workloads;

pub use directory::{Directory, Home};
pub use node::Node;
pub use notes::NOTES;
pub use ports::{SqsInlet, SqsOutlet};
pub use protocol::{Entry, Error, Message, Receipt, Received, Request, Response};
pub use receiver::{RECEIVER_TIMERS, ReceiverConfig, SqsReceiver};
pub use rules::RULES;
pub use sender::{SENDER_TIMERS, SenderConfig, SqsSender, Target};
pub use settings::{QueueSettings, RedrivePolicy, Settings, Subscription, TopicSettings};
pub use workloads::{
    DeleteWhen, OnFailure, QueueSender, QueueSenderSettings, QueueWorker, QueueWorkersSettings,
};

pub(super) use super::{Badge, Builder, Ctx, Inspect, Known, Note, Row, Standing};

#[cfg(test)]
mod tests;
