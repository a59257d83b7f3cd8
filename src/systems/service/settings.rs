//! Settings of a service: what a scenario says of it.

use serde::{Deserialize, Serialize};

use crate::sim::defaults::{bytes, count, yes};
use crate::sim::dist::Dist;
use crate::sim::units::{Chance, Duration, Size};
use crate::systems::rpc::ClientSettings;

use super::dedup::DedupSettings;
use super::gc::GcSettings;
use super::line::LineSettings;
use super::scale::ScaleSettings;
use super::shedding::LoadShedding;
use crate::systems::slow::SlowDown;

/// A service: replicas of one program, which answer calls and work on messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What it is called.
    pub name: String,
    /// The nodes it runs on.
    pub nodes: String,
    /// How many replicas run on each node.
    #[serde(default = "count::<1>")]
    pub per_node: u32,
    /// How many requests a replica works on at once; further ones wait in its queue.
    #[serde(default = "count::<8>")]
    pub threads: u32,
    /// Whether a request holds its thread until it is done, also while it waits for others (one thread for each request, as
    /// with servlets). Otherwise it holds one only while it works (an event loop), and any number may be under way.
    #[serde(default = "yes")]
    pub blocking: bool,
    /// Who waits for a thread, and who is next.
    #[serde(default)]
    pub queue: LineSettings,
    /// When it turns requests away before they wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_shedding: Option<LoadShedding>,
    /// How much longer work takes with many requests in flight, waiting or worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_down: Option<SlowDown>,
    /// Its memory, and how long it stands still to collect garbage. A request holds memory from when it is taken in, also while it
    /// waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gc: Option<GcSettings>,
    /// How many replicas are in service, by their load; without it, all are. `nodes` and `per_node` say how many there can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<ScaleSettings>,
    /// How it calls others; what it calls without an entry here, it calls once and waits for ever.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientSettings>,
    /// Queues and topics that it works on, besides answering calls.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<ConsumeSettings>,
    /// What it can do.
    pub handlers: Vec<HandlerSettings>,
    /// Bytes of an answer.
    #[serde(default = "bytes::<1024>")]
    pub response_size: Size,
}

fn fifty_ms() -> Duration {
    Duration::from_ms(50)
}

/// A queue or topic that a service works on. Its replicas share the work: as a group of consumers, or as workers of a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumeSettings {
    /// Where messages come from: `events/orders`.
    pub from: String,
    /// The handler that works on each.
    pub handler: String,
    /// How many messages a replica has in hand at most; without it, as many as it has threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<u32>,
    /// It takes none before.
    #[serde(default)]
    pub start: Duration,
    /// How long a message that failed waits before it is tried again. A queue that decides that itself (SQS: the visibility
    /// timeout) does so.
    #[serde(default = "second")]
    pub backoff: Duration,
    /// How often a message is tried at most before it is passed over; without it, for ever. A queue that decides that itself
    /// (SQS: the redrive policy) does so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

impl ConsumeSettings {
    /// From a queue to a handler, all else as it is without a word.
    pub(super) fn new(from: &str, handler: &str, prefetch: Option<u32>) -> Self {
        Self {
            from: from.to_owned(),
            handler: handler.to_owned(),
            prefetch,
            start: Duration::ZERO,
            backoff: second(),
            attempts: None,
        }
    }
}

fn second() -> Duration {
    Duration::from_secs(1)
}

/// One thing that a service can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerSettings {
    /// What it is called: callers say `service/handler`.
    pub name: String,
    /// Does what it is asked for only once: a request for a task and key that it has handled is answered at once, without its steps;
    /// one that is being handled still fails, to be tried again (as AWS Lambda Powertools' `IdempotencyAlreadyInProgressError`).
    /// What failed, or was under way in a crash, counts as new; its effects until then stay. Each replica has a table of its own:
    /// with several, balance by `ConsistentHash`, so that a repetition finds the replica that knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<DedupSettings>,
    /// How important the calls are that it makes: the lower, the more. Without it, as important as what it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// What it does, one step after the other. A step that fails ends it, and the caller is told.
    pub steps: Vec<Step>,
}

impl HandlerSettings {
    /// How many of its steps are effects.
    pub(super) fn effects(&self) -> u32 {
        let mut count = 0;
        super::build::each_step(&self.steps, &mut |step| {
            count += u32::from(matches!(step, Step::Effect(_)));
        });
        count
    }
}

/// A step of a handler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Step {
    /// Works for so long: `Work(Exponential(mean: "5ms"))`. A slow machine takes longer.
    Work(Dist),
    /// Waits for so long, for something outside of the model.
    Wait(Dist),
    /// Calls another service and waits for the answer: `Call("payment/charge")`.
    Call(String),
    /// Waits for a message of a queue, and takes it: `Consume("jobs/approvals")`. It is gone then, whatever becomes of the
    /// handler; what should come back in that case is worked on by way of `consumes`.
    Consume(String),
    /// Sends a message with what it works on to a queue or topic, and waits until it is stored: `Publish("events/orders")`.
    Publish(String),
    /// Calls another service so many times at once, each time with another key.
    FanOut {
        /// `service/handler`.
        to: String,
        /// How many calls.
        count: u32,
        /// How many must succeed before it goes on; without it, all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        need: Option<u32>,
    },
    /// Does several lists of steps at once.
    Parallel {
        /// The lists.
        branches: Vec<Vec<Step>>,
        /// How many must succeed before it goes on; without it, all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        need: Option<u32>,
    },
    /// Does these steps and goes on even if they fail.
    Try(Vec<Step>),
    /// Does these steps in a share of cases: `Sometimes("10%", [...])`.
    Sometimes(Chance, Vec<Step>),
    /// Something takes effect that users wait for, and that should happen once for each thing they ask for:
    /// `Effect("payment")`.
    Effect(String),
    /// Reads the row of its key in a database: `Read("orders-db")`.
    Read(String),
    /// Writes the row of its key in a database.
    Write(String),
    /// Takes a unit of the item that its key is about out of a database's stock. It fails if there is none left.
    Reserve(String),
    /// Gives a unit back. The database does not look whether one was taken, or given back before.
    Release(String),
    /// Looks for its key in a cache; what is not there is read from somewhere else and put there (cache-aside). If the cache does
    /// not answer it is left out.
    Cached {
        /// The cache.
        cache: String,
        /// A database, or another `service/handler`.
        from: String,
        /// Whether what misses while the replica already reads the same key waits for that, instead of reading it too (Go's
        /// `singleflight`; all of them fail if that read fails, as there).
        #[serde(default)]
        single_flight: bool,
        /// How long it waits before it looks again when somebody else has the lease of the key ("a short amount of time":
        /// Nishtala and others, "Scaling Memcache at Facebook", NSDI 2013, 3.2.1).
        #[serde(default = "fifty_ms")]
        wait: Duration,
        /// How often it looks. If somebody else still has the lease then, it reads without putting.
        #[serde(default = "count::<20>")]
        looks: u32,
    },
    /// Answers the caller now; what follows is done in the background.
    Reply,
    /// Fails, in a share of cases: `Fail("1%")`.
    Fail(Chance),
}
