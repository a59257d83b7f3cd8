//! The registry: every system and workload has one line in each table here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::host::Survival;
use crate::sim::{Cost, Names, Pid, QueueId, Role, Token};

use super::ports::{Arrived, Inlet, InletPlan, Outlet, Parcel, Port, Socket};
use super::{Badge, Builder, Ctx, Inspect, Known, Row, kafka, rpc, service, sqs, store};

macro_rules! messages {
    ($($(#[$each:meta])* $name:ident($message:ty)),* $(,)?) => {
        /// What processes say to one another.
        #[derive(Clone, Debug)]
        pub enum Message { $($(#[$each])* $name($message)),* }

        $(impl From<$message> for Message {
            #[inline]
            fn from(message: $message) -> Self {
                Self::$name(message)
            }
        })*
    };
}

messages! {
    /// Kafka's protocol.
    Kafka(kafka::Message),
    /// Remote calls.
    Rpc(rpc::Message),
    /// What is said to queues and topics.
    Sqs(sqs::Message),
}

const _: () = assert!(size_of::<Message>() <= 32, "events stay small");

/// What a system offers to others.
#[derive(Clone, Debug)]
pub enum Export {
    /// A Kafka cluster, for its clients.
    Kafka(Arc<kafka::Cluster>),
    /// A service, for its callers.
    Service(Arc<rpc::Directory>),
    /// Queues and topics, for their clients.
    Sqs(Arc<sqs::Directory>),
}

macro_rules! ports {
    ($(#[$doc:meta])* $any:ident { $($(#[$each:meta])* $name:ident($type:ty)),* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub enum $any { $($(#[$each])* $name(Box<$type>)),* }

        impl Port for $any {
            fn start(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.start(ctx)),* }
            }

            fn heeds(&self, message: &Message) -> bool {
                match self { $(Self::$name(p) => p.heeds(message)),* }
            }

            fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.message(from, message, ctx)),* }
            }

            fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.timer(token, ctx)),* }
            }

            fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.disconnected(peer, ctx)),* }
            }

            fn crash(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.crash(ctx)),* }
            }

            fn trouble(&self) -> Option<String> {
                match self { $(Self::$name(p) => p.trouble()),* }
            }

            fn row(&self) -> Row {
                match self { $(Self::$name(p) => p.row()),* }
            }
        }
    };
}

macro_rules! outlets {
    ($($(#[$each:meta])* $name:ident($type:ty)),* $(,)?) => {
        ports! {
            /// Any outlet.
            AnyOutlet { $($(#[$each])* $name($type)),* }
        }

        impl AnyOutlet {
            /// To a queue or topic by its name (`system/queue`); `None` if no system has one of that name.
            pub fn find(builder: &mut Builder, to: &str, socket: &Socket) -> Option<Self> {
                $(if let Some(outlet) = <$type>::find(builder, to, socket) {
                    return Some(Self::$name(Box::new(outlet)));
                })*
                None
            }
        }

        impl Outlet for AnyOutlet {
            fn send(&mut self, parcel: Parcel, ctx: &mut Ctx<'_>) -> u32 {
                match self { $(Self::$name(p) => p.send(parcel, ctx)),* }
            }

            fn next_done(&mut self) -> Option<(u32, bool)> {
                match self { $(Self::$name(p) => p.next_done()),* }
            }
        }
    };
}

macro_rules! inlets {
    ($($(#[$each:meta])* $name:ident($type:ty)),* $(,)?) => {
        ports! {
            /// Any inlet.
            AnyInlet { $($(#[$each])* $name($type)),* }
        }

        impl AnyInlet {
            /// From a queue or topic by its name (`system/queue`); `None` if no system has one of that name.
            pub fn find(
                builder: &mut Builder,
                from: &str,
                plan: &InletPlan,
                socket: &Socket,
            ) -> Option<Self> {
                $(if let Some(inlet) = <$type>::find(builder, from, plan, socket) {
                    return Some(Self::$name(Box::new(inlet)));
                })*
                None
            }
        }

        impl Inlet for AnyInlet {
            fn take(&mut self, ctx: &mut Ctx<'_>) -> Option<Arrived> {
                match self { $(Self::$name(p) => p.take(ctx)),* }
            }

            fn waiting(&self) -> u32 {
                match self { $(Self::$name(p) => p.waiting()),* }
            }

            fn done(&mut self, token: u32, ok: bool, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.done(token, ok, ctx)),* }
            }

            fn open(&mut self, open: bool, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.open(open, ctx)),* }
            }

            fn is_idle(&self) -> bool {
                match self { $(Self::$name(p) => p.is_idle()),* }
            }
        }
    };
}

outlets! {
    /// To a Kafka topic.
    Kafka(kafka::KafkaOutlet),
    /// To a queue, or to a topic that fans out to queues.
    Sqs(sqs::SqsOutlet),
}

inlets! {
    /// From a Kafka topic.
    Kafka(kafka::KafkaInlet),
    /// From a queue.
    Sqs(sqs::SqsInlet),
}

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
    [kafka::NOTES, sqs::NOTES]
        .into_iter()
        .flatten()
        .find(|n| n.code == code)
}

/// The whole numbers that a field of that name can be, where that is less than its type can hold.
pub fn limits(field: &str) -> Option<(u64, u64)> {
    let mut all = [kafka::LIMITS].into_iter().flatten();
    let limit = all.find(|(name, ..)| *name == field)?;
    Some((limit.1, limit.2))
}

macro_rules! settings {
    ($(#[$doc:meta])* $kind:ident { $($(#[$each:meta])* $name:ident($settings:ty)),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "there are few of them, and they are read once")]
        pub enum $kind { $($(#[$each])* $name($settings)),* }

        impl $kind {
            /// The word of the scenario language.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),* }
            }

            /// What the scenario calls it.
            pub fn name(&self) -> &str {
                match self { $(Self::$name(s) => &s.name),* }
            }

            /// Adds what it declares: queues, groups, systems.
            pub fn declare(&self, known: &mut Known) {
                match self { $(Self::$name(s) => s.declare(known)),* }
            }

            /// What is wrong with the settings.
            pub fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
                match self { $(Self::$name(s) => s.check(at, known, out)),* }
            }

            /// Gives names and identities to what others may look for, before any of them is built.
            pub fn found(&self, builder: &mut Builder) {
                match self { $(Self::$name(s) => s.found(builder)),* }
            }

            /// Puts its processes into a world.
            pub fn build(&self, builder: &mut Builder) {
                match self { $(Self::$name(s) => s.build(builder)),* }
            }
        }
    };
}

settings! {
    /// A system of the scenario.
    SystemSettings {
        /// Apache Kafka.
        Kafka(kafka::Settings),
        /// A service.
        Service(service::Settings),
        /// What happens to a task, stage by stage.
        Workflow(service::WorkflowSettings),
        /// Queues like Amazon SQS, and topics that fan out to them.
        Sqs(sqs::Settings),
        /// A database.
        Database(store::DatabaseSettings),
        /// A cache.
        Cache(store::CacheSettings),
    }
}

settings! {
    /// A workload of the scenario.
    WorkloadSettings {
        /// Applications that send to a Kafka topic.
        Producer(kafka::ProducerSettings),
        /// Applications that read Kafka topics together.
        ConsumerGroup(kafka::ConsumerGroupSettings),
        /// Users who ask a service for something.
        Requests(service::RequestsSettings),
        /// Applications that send to a queue, or publish to a topic.
        QueueSender(sqs::QueueSenderSettings),
        /// Applications that share the work on a queue.
        QueueWorkers(sqs::QueueWorkersSettings),
    }
}

impl WorkloadSettings {
    /// When it makes its requests, with the field that says so.
    pub fn arrivals(&self) -> Vec<(&'static str, &Arrivals)> {
        match self {
            Self::Producer(s) => vec![("arrivals", &s.arrivals)],
            Self::Requests(s) => vec![("arrivals", &s.arrivals)],
            Self::QueueSender(s) => vec![("arrivals", &s.arrivals)],
            Self::ConsumerGroup(_) | Self::QueueWorkers(_) => Vec::new(),
        }
    }
}

macro_rules! processes {
    ($($(#[$each:meta])* $name:ident($process:ty) speaks $($message:ident)|+),* $(,)?) => {
        /// Any process of the modelled systems.
        #[derive(Clone, Debug)]
        pub enum Process { $($(#[$each])* $name(Box<$process>)),* }

        impl crate::sim::Process for Process {
            type Message = Message;

            #[inline]
            fn cost(&mut self, message: &Message, now: u64) -> Cost {
                match (self, message) {
                    $($((Self::$name(p), Message::$message(m)) => p.cost(m, now),)+)*
                    _ => Cost::FREE,
                }
            }

            fn start(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.start(ctx)),* }
            }

            #[inline]
            fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
                match (self, message) {
                    $($((Self::$name(p), Message::$message(m)) => p.message(from, m.into(), ctx),)+)*
                    // Nobody sends what the other cannot read; a stray message is dropped, as by a port of another protocol.
                    _ => {}
                }
            }

            #[inline]
            fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.timer(token, ctx)),* }
            }

            fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.disconnected(peer, ctx)),* }
            }

            fn stop(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.stop(ctx)),* }
            }

            fn crash(&mut self, survival: &Survival, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.crash(survival, ctx)),* }
            }

            fn nominate(&self, role: &Role, names: &Names, out: &mut Vec<Pid>) {
                match self { $(Self::$name(p) => p.nominate(role, names, out)),* }
            }
        }

        impl Inspect for Process {
            fn badge(&self, names: &Names) -> Badge {
                match self { $(Self::$name(p) => p.badge(names)),* }
            }

            fn rows(&self, names: &Names) -> Vec<Row> {
                match self { $(Self::$name(p) => p.rows(names)),* }
            }

            fn queue_rows(&self, queue: QueueId, names: &Names) -> Vec<Row> {
                match self { $(Self::$name(p) => p.queue_rows(queue, names)),* }
            }
        }
    };
}

processes! {
    /// A broker.
    KafkaBroker(kafka::Broker) speaks Kafka,
    /// A controller.
    KafkaController(kafka::Controller) speaks Kafka,
    /// An application with a producer.
    KafkaProducer(kafka::ProducerApp) speaks Kafka,
    /// An application with a consumer.
    KafkaConsumer(kafka::ConsumerApp) speaks Kafka,
    /// A replica of a service.
    Service(service::Replica) speaks Kafka | Rpc | Sqs,
    /// The primary of a database.
    Database(store::Database) speaks Rpc,
    /// A node of a cache.
    Cache(store::CacheNode) speaks Rpc,
    /// Users of services.
    Requests(service::RequestsApp) speaks Rpc,
    /// A node with queues.
    QueueNode(sqs::Node) speaks Sqs,
    /// An application that sends to queues.
    QueueSender(sqs::QueueSender) speaks Sqs,
    /// An application that works on what it receives.
    QueueWorker(sqs::QueueWorker) speaks Sqs,
    /// The scaler of a service.
    Scaler(service::ScalerApp) speaks Rpc,
}
