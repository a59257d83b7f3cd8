//! Settings of queues and topics, by the product's own names (in snake case) and with its defaults and limits. A default's
//! source is `CreateQueue` in the Amazon SQS API Reference, unless another is named.

use serde::{Deserialize, Serialize};

use crate::sim::defaults::{bytes, count, seconds};
use crate::sim::dist::Dist;
use crate::sim::units::{Duration, Rate, Size};

/// Queues and topics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What the system is called in the scenario.
    pub name: String,
    /// The nodes that hold the queues. Queues are dealt out to them in turn, a dead-letter queue to the node of the queues it
    /// belongs to.
    pub nodes: String,
    /// The queues.
    pub queues: Vec<QueueSettings>,
    /// Topics that copy what is published to queues.
    #[serde(default)]
    pub topics: Vec<TopicSettings>,

    /// Model: over how many servers a standard queue is spread. With 1 messages come in the order they were sent in, as long
    /// as none comes back.
    #[serde(default = "count::<4>")]
    pub servers: u32,
    /// Model: how many requests a node handles at once.
    #[serde(default = "sixty_four")]
    pub concurrent_requests: u32,
    /// Model: work for a request, besides the disk's.
    #[serde(default = "request_time")]
    pub request_time: Dist,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueSettings {
    /// What it is called.
    pub name: String,
    /// How long a received message is hidden from other consumers, `"0s"` to `"12h"`.
    #[serde(default = "seconds::<30>")]
    pub visibility_timeout: Duration,
    /// How long a message that nobody deletes is kept, `"60s"` to `"14d"`.
    #[serde(default = "seconds::<345_600>")]
    pub message_retention_period: Duration,
    /// How long a new message is hidden from all consumers, `"0s"` to `"15m"`.
    #[serde(default)]
    pub delay_seconds: Duration,
    /// How long a receive waits for messages when there are none (long polling), `"0s"` (short polling) to `"20s"`.
    #[serde(default)]
    pub receive_message_wait_time_seconds: Duration,
    /// Largest message, `"1KiB"` to `"1MiB"` (256 KiB before August 2025).
    #[serde(default = "bytes::<1_048_576>")]
    pub maximum_message_size: Size,
    /// Where messages go that were received too often; without it they come back until they are too old.
    #[serde(default)]
    pub redrive_policy: Option<RedrivePolicy>,
    /// Whether messages with the same key (the product's message group) are received in the order they were sent in, and a
    /// message that is sent again is recognised.
    #[serde(default)]
    pub fifo_queue: bool,
    /// Of a FIFO queue: whether a message is recognised by its content. Without it the sender must name each message.
    #[serde(default)]
    pub content_based_deduplication: bool,
    /// Model: for how long a FIFO queue recognises what is sent again; 5 minutes in the product (guide, "Exactly-once
    /// processing").
    #[serde(default = "seconds::<300>")]
    pub deduplication_interval: Duration,
    /// Model: how many messages may be in flight (received and not deleted); without it 120,000, or 20,000 in a FIFO queue
    /// (120,000 there too since late 2024; guide, "Message quotas").
    #[serde(default)]
    pub in_flight_limit: Option<u32>,
    /// Of a dead-letter queue: when its messages begin to be moved back to where they came from
    /// (`StartMessageMoveTask`); without it never.
    #[serde(default)]
    pub redrive_at: Option<Duration>,
    /// How fast they are moved then (`MaxNumberOfMessagesPerSecond`), at most `"500/s"`.
    #[serde(default = "five_hundred_a_second")]
    pub redrive_rate: Rate,
}

impl QueueSettings {
    /// How many messages may be in flight.
    pub fn in_flight_max(&self) -> usize {
        let quota = if self.fifo_queue { 20_000 } else { 120_000 };
        self.in_flight_limit.unwrap_or(quota) as usize
    }
}

/// When a message has been received too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedrivePolicy {
    /// The dead-letter queue, by its name in the same system (`deadLetterTargetArn`).
    pub dead_letter_target: String,
    /// How often a message is received before it is moved there, 1 to 1000.
    pub max_receive_count: u32,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicSettings {
    /// What it is called.
    pub name: String,
    /// The queues that get a copy of each message.
    pub subscriptions: Vec<Subscription>,
}

/// A queue that gets what is published to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The queue, by its name in the same system.
    pub queue: String,
    /// When it subscribes: it gets nothing that was published before.
    #[serde(default)]
    pub from: Duration,
}

const fn sixty_four() -> u32 {
    64
}

const fn request_time() -> Dist {
    Dist::Constant(Duration::from_us(50))
}

const fn five_hundred_a_second() -> Rate {
    Rate::from_per_s(500.0)
}
