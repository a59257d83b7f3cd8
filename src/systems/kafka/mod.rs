//! Apache Kafka: brokers with replicated logs, one controller process, producers, consumer groups. Modelled after Kafka
//! 4.0 in KRaft mode; where this model is simpler than the product, the place says so.

mod assign;
mod batch;
mod broker;
mod build;
mod check;
mod client;
mod cluster;
mod consumer;
mod controller;
mod coordinator;
mod log;
mod notes;
mod ports;
mod producer;
mod protocol;
mod rules;
mod safeguards;
mod settings;
mod shared;
mod sight;
mod sparse;
mod tune;
mod workloads;

pub use broker::Broker;
pub use check::LIMITS;
pub use cluster::Cluster;
pub use consumer::{
    CONSUMER_TIMERS, Commit, ConsumerApp, ConsumerClient, ConsumerConfig, ConsumerGroupSettings,
    Event, OffsetReset, OnError, Ordering, Polled, Topics,
};
pub use controller::Controller;
pub use notes::NOTES;
pub use ports::{KafkaInlet, KafkaOutlet};
pub use producer::{
    PRODUCER_TIMERS, ProducerApp, ProducerClient, ProducerConfig, ProducerSettings, murmur2, of_key,
};
pub use protocol::{Acks, Assignor, Message};
pub use rules::RULES;
pub use settings::{Settings, TopicSettings, Truncation};

pub(super) use super::{Badge, Belief, Builder, Ctx, Inspect, Known, Note, Row, Standing, amount};

#[cfg(test)]
mod tests;
