//! Settings of a group of consumers. What is a consumer's own setting bears Kafka's name (in snake case) and the default of
//! Kafka 4.0; the source is Apache Kafka's documentation, section 3.4 "Consumer Configs", unless another is named. What
//! Kafka counts in milliseconds is written with its unit here: `session_timeout_ms: "45s"`.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::sim::defaults::{bytes, count, millis};
use crate::sim::dist::Dist;
use crate::sim::units::{Chance, Duration, Size};
use crate::sim::{GroupId, MS};

use super::super::client::Backoff;
use super::super::protocol::Assignor;

/// Applications that read topics together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsumerGroupSettings {
    /// What the group is called (`group.id`).
    pub name: String,
    /// The nodes it runs on.
    pub nodes: String,
    /// How many consumers run on each node.
    #[serde(default = "count::<1>")]
    pub per_node: u32,
    /// What it reads: `"events/orders"`, or a list of topics of one system.
    pub from: Topics,

    /// How long an application works on a message.
    #[serde(default)]
    pub service_time: Dist,
    /// How many messages a consumer works on at once. With 1 it polls again when it has done all it was given; with more
    /// whenever one of its threads would be idle.
    #[serde(default = "count::<1>")]
    pub concurrency: u32,
    /// What must stay in order when it works on several messages at once.
    #[serde(default)]
    pub ordering: Ordering,
    /// Chance that working on a message fails, each time it is tried. Poison messages always fail.
    #[serde(default)]
    pub failure: Chance,
    /// What it does with a message on which it failed.
    #[serde(default)]
    pub on_error: OnError,
    /// When the application itself commits; without it the client does (`enable_auto_commit`).
    #[serde(default)]
    pub commit: Option<Commit>,
    /// When the consumers start.
    #[serde(default)]
    pub start: Duration,
    /// When they stop in an orderly way; `None`: never.
    #[serde(default)]
    pub stop: Option<Duration>,
    /// Whether each consumer has a name of its own in the group (`group.instance.id`), so that a restart within the
    /// session timeout causes no rebalance (KIP-345).
    #[serde(default)]
    pub static_membership: bool,

    /// Whether the client commits by itself, when it is polled; on unless `commit` is given.
    #[serde(default)]
    pub enable_auto_commit: Option<bool>,
    /// How often.
    #[serde(default = "millis::<5_000>")]
    pub auto_commit_interval_ms: Duration,
    /// Where to begin without a committed position, or with one that does not exist any more.
    #[serde(default)]
    pub auto_offset_reset: OffsetReset,
    /// How partitions are shared, the preferred way first.
    #[serde(default = "assignors")]
    pub partition_assignment_strategy: Vec<Assignor>,
    /// Messages that one poll returns at most.
    #[serde(default = "five_hundred")]
    pub max_poll_records: u32,
    /// A consumer that does not poll for so long leaves the group (KIP-62).
    #[serde(default = "millis::<300_000>")]
    pub max_poll_interval_ms: Duration,
    /// A consumer that is silent for so long is thrown out (45 s since KIP-735).
    #[serde(default = "millis::<45_000>")]
    pub session_timeout_ms: Duration,
    /// How often a consumer says that it is there.
    #[serde(default = "millis::<3_000>")]
    pub heartbeat_interval_ms: Duration,
    /// A fetch is answered at once when there is so much.
    #[serde(default = "bytes::<1>")]
    pub fetch_min_bytes: Size,
    /// A fetch is answered after so long at the latest.
    #[serde(default = "millis::<500>")]
    pub fetch_max_wait_ms: Duration,
    /// At most so much in the answer to a fetch.
    #[serde(default = "bytes::<52_428_800>")]
    pub fetch_max_bytes: Size,
    /// At most so much of one partition in it.
    #[serde(default = "bytes::<1_048_576>")]
    pub max_partition_fetch_bytes: Size,
    /// How long to wait for an answer to a request.
    #[serde(default = "millis::<30_000>")]
    pub request_timeout_ms: Duration,
    /// How long to wait before the first retry; twice as long before each further one (KIP-580).
    #[serde(default = "millis::<100>")]
    pub retry_backoff_ms: Duration,
    /// The longest wait before a retry, also where `retry_backoff_ms` is longer.
    #[serde(default = "millis::<1000>")]
    pub retry_backoff_max_ms: Duration,
    /// After so long the consumer asks again who leads what, even if nothing went wrong.
    #[serde(default = "millis::<300_000>")]
    pub metadata_max_age_ms: Duration,
}

impl ConsumerGroupSettings {
    /// Whether the client commits by itself.
    pub fn auto_commit(&self) -> bool {
        self.enable_auto_commit.unwrap_or(self.commit.is_none())
    }
}

/// What must stay in order when messages are worked on at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Ordering {
    /// The messages of a partition, one after another.
    #[default]
    Partition,
    /// The messages with the same key.
    Key,
    /// Nothing.
    None,
}

/// When the application commits, each time waiting until the position is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Commit {
    /// What a poll returned, before working on it: each message at most once.
    BeforeProcessing,
    /// What is done, before the next poll: each message at least once.
    AfterProcessing,
    /// After each message: at least once, with the fewest duplicates and the most requests.
    AfterEach,
}

/// What to do with a message that failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OnError {
    /// Try again, and nothing else meanwhile.
    Retry {
        /// How long to wait before.
        #[serde(default = "millis::<1000>")]
        backoff: Duration,
        /// After so many tries in all go on without it; `None`: never.
        #[serde(default)]
        attempts: Option<u32>,
    },
    /// Go on without it.
    Skip,
    /// Send it to another topic, and go on when it is stored there.
    DeadLetter {
        /// The topic: `events/orders-dead`, of the same system.
        to: String,
        /// Tries before.
        #[serde(default = "count::<1>")]
        attempts: u32,
        /// How long to wait between tries.
        #[serde(default = "millis::<1000>")]
        backoff: Duration,
    },
}

impl Default for OnError {
    fn default() -> Self {
        Self::Retry {
            backoff: Duration::from_secs(1),
            attempts: None,
        }
    }
}

/// Where to begin without a valid position (`auto.offset.reset`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum OffsetReset {
    /// Behind the last message.
    #[default]
    Latest,
    /// At the first message that is still there.
    Earliest,
    /// Nowhere: the consumer fails.
    None,
}

/// One topic or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics(pub Vec<String>);

impl Serialize for Topics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            all => all.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Topics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Topics;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a topic (\"events/orders\") or a list of topics")
            }

            fn visit_str<E>(self, topic: &str) -> Result<Topics, E> {
                Ok(Topics(vec![topic.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Topics, A::Error> {
                let mut topics = Vec::new();
                while let Some(topic) = seq.next_element()? {
                    topics.push(topic);
                }
                Ok(Topics(topics))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// What a consumer client needs of its settings.
#[derive(Clone, Debug)]
pub struct ConsumerConfig {
    pub(in super::super) group: GroupId,
    pub(in super::super) auto_commit_ns: Option<u64>,
    pub(in super::super) reset: OffsetReset,
    pub(in super::super) assignors: Vec<Assignor>,
    pub(in super::super) max_poll_records: u32,
    pub(in super::super) max_poll_interval_ns: u64,
    pub(in super::super) session_timeout_ns: u64,
    pub(in super::super) heartbeat_ns: u64,
    pub(in super::super) fetch_min_bytes: u32,
    pub(in super::super) fetch_max_wait_ns: u64,
    pub(in super::super) fetch_max_bytes: u32,
    pub(in super::super) partition_fetch_bytes: u32,
    pub(in super::super) request_timeout_ns: u64,
    pub(in super::super) backoff: Backoff,
    pub(in super::super) metadata_max_age_ns: u64,
}

impl ConsumerConfig {
    /// The settings of a group. No interval is shorter than a millisecond, Kafka's unit: without any, a run over a network
    /// without latency would not get on.
    pub fn new(s: &ConsumerGroupSettings, group: GroupId) -> Self {
        let bytes = |size: Size| u32::try_from(size.bytes()).unwrap_or(u32::MAX);
        Self {
            group,
            auto_commit_ns: s
                .auto_commit()
                .then(|| s.auto_commit_interval_ms.ns().max(MS)),
            reset: s.auto_offset_reset,
            assignors: s.partition_assignment_strategy.clone(),
            max_poll_records: s.max_poll_records.max(1),
            max_poll_interval_ns: s.max_poll_interval_ms.ns(),
            session_timeout_ns: s.session_timeout_ms.ns(),
            heartbeat_ns: s.heartbeat_interval_ms.ns().max(MS),
            fetch_min_bytes: bytes(s.fetch_min_bytes),
            fetch_max_wait_ns: s.fetch_max_wait_ms.ns().max(MS),
            fetch_max_bytes: bytes(s.fetch_max_bytes),
            partition_fetch_bytes: bytes(s.max_partition_fetch_bytes),
            request_timeout_ns: s.request_timeout_ms.ns(),
            backoff: Backoff {
                first_ns: s.retry_backoff_ms.ns().max(MS),
                max_ns: s.retry_backoff_max_ms.ns(),
            },
            metadata_max_age_ns: s.metadata_max_age_ms.ns(),
        }
    }

    /// Kafka's defaults, but that a new group begins with the oldest message and that its owner commits.
    pub fn usual(group: GroupId, max_poll_records: u32) -> Self {
        let bytes = |size: Size| size.bytes() as u32;
        Self {
            group,
            auto_commit_ns: None,
            reset: OffsetReset::Earliest,
            assignors: assignors(),
            max_poll_records: max_poll_records.max(1),
            max_poll_interval_ns: millis::<300_000>().ns(),
            session_timeout_ns: millis::<45_000>().ns(),
            heartbeat_ns: millis::<3_000>().ns(),
            fetch_min_bytes: bytes(self::bytes::<1>()),
            fetch_max_wait_ns: millis::<500>().ns(),
            fetch_max_bytes: bytes(self::bytes::<52_428_800>()),
            partition_fetch_bytes: bytes(self::bytes::<1_048_576>()),
            request_timeout_ns: millis::<30_000>().ns(),
            backoff: Backoff {
                first_ns: millis::<100>().ns(),
                max_ns: millis::<1000>().ns(),
            },
            metadata_max_age_ns: millis::<300_000>().ns(),
        }
    }

    /// Whether members keep what they have during a rebalance: only if every assignor offered can do that (KIP-429).
    pub(in super::super) fn is_cooperative(&self) -> bool {
        self.assignors
            .iter()
            .all(|a| *a == Assignor::CooperativeSticky)
    }
}

const fn five_hundred() -> u32 {
    500
}

fn assignors() -> Vec<Assignor> {
    vec![Assignor::Range, Assignor::CooperativeSticky]
}
