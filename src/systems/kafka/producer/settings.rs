//! Settings of a producer workload. What is a producer's own setting bears Kafka's name (in snake case) and the default of
//! Kafka 4.0; the source is Apache Kafka's documentation, section 3.3 "Producer Configs", unless another is named. What
//! Kafka counts in milliseconds is written with its unit here: `linger_ms: "5ms"`.

use serde::{Deserialize, Serialize};

use crate::sim::MS;
use crate::sim::arrivals::Arrivals;
use crate::sim::defaults::{bytes, count, millis};
use crate::sim::keys::Keys;
use crate::sim::units::{Chance, Duration, Size};

use super::super::client::Backoff;
use super::super::protocol::Acks;

/// Applications that send to a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProducerSettings {
    /// What the workload is called.
    pub name: String,
    /// The nodes it runs on.
    pub nodes: String,
    /// How many processes run on each node.
    #[serde(default = "count::<1>")]
    pub per_node: u32,
    /// The topic: `events/orders`.
    pub to: String,

    /// When messages are made, by all processes of the workload together: a rate is divided evenly among them, the clients
    /// of a closed loop and the times of a trace are dealt out.
    pub arrivals: Arrivals,
    /// Which keys messages have.
    #[serde(default)]
    pub keys: Keys,
    /// Bytes of key and value of a message.
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

    /// How safe a message must be before it counts as sent.
    #[serde(default = "all")]
    pub acks: Acks,
    /// Whether the broker recognises what is sent again. Without a word it is on, unless `acks` or `retries` rule it out
    /// (KIP-98, KIP-679).
    #[serde(default)]
    pub enable_idempotence: Option<bool>,
    /// A batch is sent when it is so large. With `"0B"` each message is a batch.
    #[serde(default = "bytes::<16_384>")]
    pub batch_size: Size,
    /// How long a batch waits for more messages (0 before Kafka 4.0: KAFKA-17592).
    #[serde(default = "millis::<5>")]
    pub linger_ms: Duration,
    /// Requests to one broker that may wait for answers.
    #[serde(default = "five")]
    pub max_in_flight_requests_per_connection: u32,
    /// How often a batch is sent again.
    #[serde(default = "without_end")]
    pub retries: u32,
    /// How long to wait before the first retry; twice as long before each further one (KIP-580).
    #[serde(default = "millis::<100>")]
    pub retry_backoff_ms: Duration,
    /// The longest wait before a retry, also where `retry_backoff_ms` is longer.
    #[serde(default = "millis::<1000>")]
    pub retry_backoff_max_ms: Duration,
    /// A batch that was not acknowledged after so long is given up (KIP-91).
    #[serde(default = "millis::<120_000>")]
    pub delivery_timeout_ms: Duration,
    /// How long to wait for an answer to a request.
    #[serde(default = "millis::<30_000>")]
    pub request_timeout_ms: Duration,
    /// Memory for messages that wait to be sent or acknowledged.
    #[serde(default = "bytes::<33_554_432>")]
    pub buffer_memory: Size,
    /// How long the application waits for room in that memory.
    #[serde(default = "millis::<60_000>")]
    pub max_block_ms: Duration,
    /// Largest request, which is also the largest message.
    #[serde(default = "bytes::<1_048_576>")]
    pub max_request_size: Size,
    /// After so long the producer asks again who leads what, even if nothing went wrong.
    #[serde(default = "millis::<300_000>")]
    pub metadata_max_age_ms: Duration,
}

impl ProducerSettings {
    /// Whether the producer is idempotent: as asked; or, without a word, if nothing rules it out (KIP-679).
    pub fn is_idempotent(&self) -> bool {
        self.enable_idempotence
            .unwrap_or(self.acks == Acks::All && self.retries > 0)
    }
}

/// What a producer client needs of its settings.
#[derive(Clone, Debug)]
pub struct ProducerConfig {
    pub(super) acks: Acks,
    pub(super) idempotent: bool,
    pub(super) batch_bytes: u64,
    pub(super) linger_ns: u64,
    pub(super) in_flight_max: usize,
    pub(super) retries: u32,
    pub(super) backoff: Backoff,
    pub(super) delivery_timeout_ns: u64,
    pub(super) request_timeout_ns: u64,
    pub(super) memory: u64,
    pub(super) max_block_ns: u64,
    pub(super) request_bytes_max: u64,
    pub(super) metadata_max_age_ns: u64,
}

impl ProducerConfig {
    /// Batches do not wait for more messages.
    pub fn without_linger(self) -> Self {
        Self {
            linger_ns: 0,
            ..self
        }
    }
}

impl From<&ProducerSettings> for ProducerConfig {
    fn from(s: &ProducerSettings) -> Self {
        Self {
            acks: s.acks,
            idempotent: s.is_idempotent(),
            batch_bytes: s.batch_size.bytes(),
            linger_ns: s.linger_ms.ns(),
            in_flight_max: s.max_in_flight_requests_per_connection.max(1) as usize,
            retries: s.retries,
            backoff: Backoff {
                first_ns: s.retry_backoff_ms.ns().max(MS),
                max_ns: s.retry_backoff_max_ms.ns(),
            },
            delivery_timeout_ns: s.delivery_timeout_ms.ns(),
            request_timeout_ns: s.request_timeout_ms.ns(),
            memory: s.buffer_memory.bytes(),
            max_block_ns: s.max_block_ms.ns(),
            request_bytes_max: s.max_request_size.bytes(),
            metadata_max_age_ns: s.metadata_max_age_ms.ns(),
        }
    }
}

impl Default for ProducerConfig {
    /// All of Kafka's defaults.
    fn default() -> Self {
        Self {
            acks: all(),
            idempotent: true,
            batch_bytes: bytes::<16_384>().bytes(),
            linger_ns: millis::<5>().ns(),
            in_flight_max: five() as usize,
            retries: without_end(),
            backoff: Backoff {
                first_ns: millis::<100>().ns(),
                max_ns: millis::<1000>().ns(),
            },
            delivery_timeout_ns: millis::<120_000>().ns(),
            request_timeout_ns: millis::<30_000>().ns(),
            memory: bytes::<33_554_432>().bytes(),
            max_block_ns: millis::<60_000>().ns(),
            request_bytes_max: bytes::<1_048_576>().bytes(),
            metadata_max_age_ns: millis::<300_000>().ns(),
        }
    }
}

const fn five() -> u32 {
    5
}

const fn all() -> Acks {
    Acks::All
}

const fn without_end() -> u32 {
    i32::MAX as u32
}
