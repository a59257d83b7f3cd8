//! Settings of a Kafka cluster, by Kafka's own names (in snake case) and with the defaults of Kafka 4.0. A default's source
//! is Apache Kafka's documentation, section 3.1 "Broker Configs" and 3.2 "Topic Configs", unless another is named. What
//! Kafka counts in milliseconds is written with its unit here: `replica_lag_time_max_ms: "30s"`.

use serde::{Deserialize, Serialize};

use crate::sim::defaults::{bytes, count, millis, seconds, yes};
use crate::sim::dist::Dist;
use crate::sim::units::{Duration, Size};

/// A Kafka cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What the cluster is called in the scenario.
    pub name: String,
    /// The nodes that are brokers.
    pub nodes: String,
    /// The node the controller runs on. Without one it has a node of its own, `<name>-controller`.
    #[serde(default)]
    pub controller: Option<String>,
    /// The topics.
    pub topics: Vec<TopicSettings>,

    /// A follower that has not caught up for so long leaves the ISR.
    #[serde(default = "seconds::<30>")]
    pub replica_lag_time_max_ms: Duration,
    /// How long a follower's fetch waits at the leader when there is nothing new.
    #[serde(default = "millis::<500>")]
    pub replica_fetch_wait_max_ms: Duration,
    /// A fetch is answered at once when there is so much.
    #[serde(default = "bytes::<1>")]
    pub replica_fetch_min_bytes: Size,
    /// At most so much of one partition in the answer to a follower (but at least one batch).
    #[serde(default = "bytes::<1_048_576>")]
    pub replica_fetch_max_bytes: Size,
    /// At most so much in the answer to a follower.
    #[serde(default = "bytes::<10_485_760>")]
    pub replica_fetch_response_max_bytes: Size,
    /// How long a fetcher that met an error waits.
    #[serde(default = "seconds::<1>")]
    pub replica_fetch_backoff_ms: Duration,
    /// After so long without a heartbeat the controller fences a broker.
    #[serde(default = "seconds::<9>")]
    pub broker_session_timeout_ms: Duration,
    /// How often a broker says to the controller that it is there.
    #[serde(default = "seconds::<2>")]
    pub broker_heartbeat_interval_ms: Duration,
    /// Whether a broker that is asked to stop first has the controller give what it leads to others.
    #[serde(default = "yes")]
    pub controlled_shutdown_enable: bool,
    /// Whether the controller gives leadership back to preferred leaders, whatever their share: in KRaft mode the product has
    /// no `leader.imbalance.per.broker.percentage`.
    #[serde(default = "yes")]
    pub auto_leader_rebalance_enable: bool,
    /// How often it looks whether it should.
    #[serde(default = "seconds::<300>")]
    pub leader_imbalance_check_interval_seconds: Duration,
    /// How many requests a broker handles at once.
    #[serde(default = "count::<8>")]
    pub num_io_threads: u32,
    /// How often a broker looks for segments to delete.
    #[serde(default = "seconds::<300>")]
    pub log_retention_check_interval_ms: Duration,
    /// Largest batch a broker accepts.
    #[serde(default = "bytes::<1_048_588>")]
    pub message_max_bytes: Size,

    /// Partitions of `__consumer_offsets`.
    #[serde(default = "fifty")]
    pub offsets_topic_num_partitions: u32,
    /// Copies of `__consumer_offsets`; not more than there are brokers.
    #[serde(default = "count::<3>")]
    pub offsets_topic_replication_factor: u32,
    /// How large a segment of `__consumer_offsets` grows before a new one is begun. Only closed ones are compacted.
    #[serde(default = "bytes::<104_857_600>")]
    pub offsets_topic_segment_bytes: Size,
    /// How long the first rebalance of a new group waits for more members.
    #[serde(default = "seconds::<3>")]
    pub group_initial_rebalance_delay_ms: Duration,
    /// Shortest session timeout a consumer may ask for.
    #[serde(default = "seconds::<6>")]
    pub group_min_session_timeout_ms: Duration,
    /// Longest session timeout a consumer may ask for.
    #[serde(default = "seconds::<1800>")]
    pub group_max_session_timeout_ms: Duration,

    /// Model: how a follower finds out how much of its log it must cut off.
    #[serde(default)]
    pub truncation: Truncation,
    /// Model: work of one I/O thread for a request, besides the disk's.
    #[serde(default = "request_time")]
    pub request_time: Dist,
    /// Model: additional work for each KiB that a request brings.
    #[serde(default = "request_time_per_kib")]
    pub request_time_per_kib: Duration,
}

impl Settings {
    /// The topic that keeps the positions of consumer groups. Kafka makes it when the first group appears, as large as
    /// `offsets.topic.*` say, and compacts it.
    pub(super) fn offsets_topic(&self, brokers: u32) -> TopicSettings {
        TopicSettings {
            name: "__consumer_offsets".to_owned(),
            partitions: self.offsets_topic_num_partitions,
            replication_factor: self.offsets_topic_replication_factor.min(brokers),
            replica_assignment: None,
            min_insync_replicas: 1,
            unclean_leader_election_enable: false,
            retention_ms: None,
            retention_bytes: None,
            segment_bytes: self.offsets_topic_segment_bytes,
            segment_ms: week().unwrap_or_default(),
            flush_messages: None,
            flush_ms: None,
        }
    }
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicSettings {
    /// What it is called.
    pub name: String,
    /// Into how many partitions it is divided (`num.partitions`, default 1).
    #[serde(default = "count::<1>")]
    pub partitions: u32,
    /// How many copies of each there are (`default.replication.factor`, default 1).
    #[serde(default = "count::<1>")]
    pub replication_factor: u32,
    /// Which brokers (numbers from 1) have copies of each partition, the preferred leader first. Without it they are
    /// spread over brokers and zones as Kafka does.
    #[serde(default)]
    pub replica_assignment: Option<Vec<Vec<u32>>>,
    /// With `acks` all, how many replicas must be in sync for a write to be accepted.
    #[serde(default = "count::<1>")]
    pub min_insync_replicas: u32,
    /// Whether a replica that is not in sync may become leader when there is no other.
    #[serde(default)]
    pub unclean_leader_election_enable: bool,
    /// Segments older than this are deleted; `None`: never.
    #[serde(default = "week")]
    pub retention_ms: Option<Duration>,
    /// When a partition is larger than this, its oldest segments are deleted; `None` (the default): never.
    #[serde(default)]
    pub retention_bytes: Option<Size>,
    /// A segment is closed when it is so large.
    #[serde(default = "bytes::<1_073_741_824>")]
    pub segment_bytes: Size,
    /// A segment is closed when it is so old.
    #[serde(default = "seconds::<604_800>")]
    pub segment_ms: Duration,
    /// A log is synced after so many messages; `None` (the default): left to the operating system.
    #[serde(default)]
    pub flush_messages: Option<u64>,
    /// A log is synced after so long; `None` (the default): left to the operating system.
    #[serde(default)]
    pub flush_ms: Option<Duration>,
}

impl TopicSettings {
    /// How many of so many replicas must be in sync.
    pub(super) fn min_insync(&self, replicas: usize) -> usize {
        (self.min_insync_replicas as usize).min(replicas)
    }
}

/// How a follower cuts its log back when it begins to follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Truncation {
    /// By leader epoch, as Kafka does since 0.11 (KIP-101, KIP-279).
    #[default]
    LeaderEpoch,
    /// To its own high watermark, as Kafka did before: can lose acknowledged records and let logs diverge (KIP-101,
    /// scenarios 1 and 2).
    HighWatermark,
}

const fn fifty() -> u32 {
    50
}

#[allow(clippy::unnecessary_wraps, reason = "serde wants the field's type")]
const fn week() -> Option<Duration> {
    Some(Duration::from_secs(604_800))
}

const fn request_time() -> Dist {
    Dist::Constant(Duration::from_us(20))
}

const fn request_time_per_kib() -> Duration {
    Duration::from_us(1)
}
