//! The registry: the table of all systems. A new one is a folder beside this and an entry here.

#[macro_use]
mod kinds;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::host::Survival;
use crate::sim::lens::{Followed, Sight};
use crate::sim::setting::Value;
use crate::sim::{Change, Cost, Names, Pid, QueueId, Role, Token};

use super::pace::Arrives;
use super::ports::{Arrived, Inlet, InletPlan, Outlet, Parcel, Port, Socket};
use super::rules::Rule;
use super::safeguard::{Guarded, Safeguard};
use super::{
    Badge, Belief, Builder, Ctx, Inspect, Known, Row, Tune, kafka, rpc, service, sqs, store,
};

systems! {
    /// Apache Kafka.
    kafka {
        settings: {
            /// Apache Kafka.
            Kafka(kafka::Settings),
        }
        workloads: {
            /// Applications that send to a Kafka topic.
            Producer(kafka::ProducerSettings),
            /// Applications that read Kafka topics together.
            ConsumerGroup(kafka::ConsumerGroupSettings),
        }
        processes: {
            /// A broker.
            KafkaBroker(kafka::Broker) speaks Kafka,
            /// A controller.
            KafkaController(kafka::Controller) speaks Kafka,
            /// An application with a producer.
            KafkaProducer(kafka::ProducerApp) speaks Kafka,
            /// An application with a consumer.
            KafkaConsumer(kafka::ConsumerApp) speaks Kafka,
        }
        messages: {
            /// Kafka's protocol.
            Kafka(kafka::Message),
        }
        exports: {
            /// A Kafka cluster, for its clients.
            Kafka(kafka::Cluster),
        }
        outlets: {
            /// To a Kafka topic.
            Kafka(kafka::KafkaOutlet),
        }
        inlets: {
            /// From a Kafka topic.
            Kafka(kafka::KafkaInlet),
        }
        notes: kafka::NOTES;
        limits: kafka::LIMITS;
        rules: kafka::RULES;
    }

    /// Services, and who calls them.
    service {
        settings: {
            /// A service.
            Service(service::Settings),
            /// What happens to a task, stage by stage.
            Workflow(service::WorkflowSettings),
        }
        workloads: {
            /// Users who ask a service for something.
            Requests(service::RequestsSettings),
        }
        processes: {
            /// A replica of a service.
            Service(service::Replica) speaks Kafka | Rpc | Sqs,
            /// The scaler of a service.
            Scaler(service::ScalerApp) speaks Rpc,
            /// Users of services.
            Requests(service::RequestsApp) speaks Rpc,
        }
        messages: {
            /// Remote calls.
            Rpc(rpc::Message),
        }
        exports: {
            /// A service, for its callers.
            Service(rpc::Directory),
        }
        rules: service::RULES;
    }

    /// Queues and topics.
    sqs {
        settings: {
            /// Queues like Amazon SQS, and topics that fan out to them.
            Sqs(sqs::Settings),
        }
        workloads: {
            /// Applications that send to a queue, or publish to a topic.
            QueueSender(sqs::QueueSenderSettings),
            /// Applications that share the work on a queue.
            QueueWorkers(sqs::QueueWorkersSettings),
        }
        processes: {
            /// A node with queues.
            QueueNode(sqs::Node) speaks Sqs,
            /// An application that sends to queues.
            QueueSender(sqs::QueueSender) speaks Sqs,
            /// An application that works on what it receives.
            QueueWorker(sqs::QueueWorker) speaks Sqs,
        }
        messages: {
            /// What is said to queues and topics.
            Sqs(sqs::Message),
        }
        exports: {
            /// Queues and topics, for their clients.
            Sqs(sqs::Directory),
        }
        outlets: {
            /// To a queue, or to a topic that fans out to queues.
            Sqs(sqs::SqsOutlet),
        }
        inlets: {
            /// From a queue.
            Sqs(sqs::SqsInlet),
        }
        notes: sqs::NOTES;
        rules: sqs::RULES;
    }

    /// Databases and caches, which are called as services are.
    store {
        settings: {
            /// A database.
            Database(store::DatabaseSettings),
            /// A cache.
            Cache(store::CacheSettings),
        }
        processes: {
            /// The primary of a database.
            Database(store::Database) speaks Rpc,
            /// A node of a cache.
            Cache(store::CacheNode) speaks Rpc,
        }
    }
}

const _: () = assert!(size_of::<Message>() <= 32, "events stay small");

/// What a record means that only a system can explain. Each system has a table of them.
#[derive(Debug)]
pub struct Note {
    /// The code in [`crate::sim::Fact::Note`] and [`crate::sim::Fact::Halted`].
    pub code: u16,
    /// One or two words in capitals for the log: `FENCED`.
    pub word: &'static str,
    /// Whether it is worth jumping to.
    pub mark: bool,
    /// The rest of the line, from the note's two numbers.
    pub text: fn(names: &Names, a: u32, b: u64) -> String,
}

/// The meaning of a code.
pub fn note(code: u16) -> Option<&'static Note> {
    NOTES.iter().copied().flatten().find(|n| n.code == code)
}

/// What codes of all systems mean.
pub fn notes() -> impl Iterator<Item = &'static Note> {
    NOTES.iter().copied().flatten()
}

/// The whole numbers that a field of that name can be, where that is less than its type can hold.
pub fn limits(field: &str) -> Option<(u64, u64)> {
    let mut all = LIMITS.iter().copied().flatten();
    let limit = all.find(|(name, ..)| *name == field)?;
    Some((limit.1, limit.2))
}

/// The rules of all systems that a test can leave out.
pub fn rules() -> impl Iterator<Item = Rule> {
    RULES.iter().copied().flatten().copied()
}
