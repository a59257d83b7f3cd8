//! Settings of workloads that use queues.

use serde::{Deserialize, Serialize};

use crate::sim::arrivals::Arrivals;
use crate::sim::defaults::{bytes, count, millis, seconds};
use crate::sim::dist::Dist;
use crate::sim::keys::Keys;
use crate::sim::units::{Chance, Duration, Size};

/// Applications that send to a queue, or publish to a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueSenderSettings {
    /// What the workload is called.
    pub name: String,
    /// The nodes it runs on.
    pub nodes: String,
    /// How many processes run on each node.
    #[serde(default = "count::<1>")]
    pub per_node: u32,
    /// The queue or topic: `jobs/orders`.
    pub to: String,

    /// When messages are made, by all processes of the workload together: a rate is divided evenly among them, the clients
    /// of a closed loop and the times of a trace are dealt out.
    pub arrivals: Arrivals,
    /// Which keys messages have; of a FIFO queue the message groups.
    #[serde(default)]
    pub keys: Keys,
    /// Bytes of a message.
    #[serde(default = "bytes::<100>")]
    pub message_size: Size,
    /// Share of messages whose processing always fails.
    #[serde(default)]
    pub poison: Chance,
    /// When the workload begins.
    #[serde(default)]
    pub start: Duration,
    /// When it ends; `None`: never.
    #[serde(default)]
    pub stop: Option<Duration>,
    /// How many messages it makes in all; `None`: no limit.
    #[serde(default)]
    pub count: Option<u64>,

    /// Whether each message has a name (`MessageDeduplicationId`) by which a FIFO queue recognises it when it is sent again.
    #[serde(default)]
    pub message_deduplication_id: bool,
    /// How often a message is sent at most (AWS SDKs: `max_attempts`).
    #[serde(default = "count::<3>")]
    pub max_attempts: u32,
    /// How long an attempt waits for its answer. The SDKs differ: 30 s is the socket timeout of the one for Java.
    #[serde(default = "seconds::<30>")]
    pub api_call_attempt_timeout: Duration,
}

/// Applications that share the work on a queue. They are a group, whose messages in flight nobody else is given; several
/// workloads that read the same queue are one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueWorkersSettings {
    /// What the group is called.
    pub name: String,
    /// The nodes it runs on.
    pub nodes: String,
    /// How many workers run on each node.
    #[serde(default = "count::<1>")]
    pub per_node: u32,
    /// The queue: `jobs/orders`.
    pub from: String,

    /// How long an application works on a message.
    #[serde(default)]
    pub service_time: Dist,
    /// How many messages a worker works on at once.
    #[serde(default = "count::<1>")]
    pub concurrency: u32,
    /// Chance that working on a message fails, each time it is tried. Poison messages always fail.
    #[serde(default)]
    pub failure: Chance,
    /// What it does with a message on which it failed.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// When it deletes a message.
    #[serde(default)]
    pub delete: DeleteWhen,
    /// While it works on a message it extends the visibility timeout so often, to its full length each time; `None`: never.
    #[serde(default)]
    pub heartbeat: Option<Duration>,
    /// When the workers start.
    #[serde(default)]
    pub start: Duration,
    /// When they stop in an orderly way; `None`: never.
    #[serde(default)]
    pub stop: Option<Duration>,

    /// Messages that one receive asks for, 1 to 10 (API, `ReceiveMessage`: default 1).
    #[serde(default = "count::<1>")]
    pub max_number_of_messages: u32,
    /// Messages that a worker has at most, worked on or not; without it as many as it works on at once, and at least one
    /// receive's.
    #[serde(default)]
    pub max_in_hand: Option<u32>,
    /// How long a receive waits for messages, `"0s"` to `"20s"`; `None`: as the queue says.
    #[serde(default)]
    pub wait_time_seconds: Option<Duration>,
    /// How long received messages are hidden from others; `None`: as the queue says.
    #[serde(default)]
    pub visibility_timeout: Option<Duration>,
    /// How long a worker waits after a receive that found nothing, at least 1 ms.
    #[serde(default = "millis::<100>")]
    pub poll_pause: Duration,
    /// How often a request is made at most (AWS SDKs: `max_attempts`).
    #[serde(default = "count::<3>")]
    pub max_attempts: u32,
    /// How long an attempt waits for its answer. The SDKs differ: 30 s is the socket timeout of the one for Java.
    #[serde(default = "seconds::<30>")]
    pub api_call_attempt_timeout: Duration,
}

/// What to do with a message on which a worker failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum OnFailure {
    /// Nothing: it comes back when its visibility timeout is over.
    #[default]
    Leave,
    /// Change its visibility timeout, so that it comes back after this.
    GiveBack {
        /// From now on.
        #[serde(default)]
        after: Duration,
    },
    /// Delete it all the same.
    Delete,
}

/// When a worker deletes a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum DeleteWhen {
    /// When it is done with it: each message at least once.
    #[default]
    AfterProcessing,
    /// When it gets it: each message at most once, if the queue is FIFO or nothing else goes wrong.
    BeforeProcessing,
}
