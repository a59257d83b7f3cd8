//! What Kafka's processes say to one another. Requests and answers bear the names of the Kafka protocol
//! (<https://kafka.apache.org/protocol>); only fields that the model uses exist.

use std::sync::Arc;

use crate::sim::{GroupId, Pid, QueueId};

use super::batch::{Batch, LogBatch};
use super::shared::Shared;

/// Errors of the protocol, by Kafka's names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[allow(missing_docs, reason = "the names are the protocol's own")]
#[allow(clippy::enum_variant_names, reason = "as above")]
pub enum Error {
    NotLeaderOrFollower,
    UnknownTopicOrPartition,
    NotEnoughReplicas,
    NotEnoughReplicasAfterAppend,
    RequestTimedOut,
    OutOfOrderSequenceNumber,
    DuplicateSequenceNumber,
    UnknownProducerId,
    InvalidProducerEpoch,
    OffsetOutOfRange,
    FencedLeaderEpoch,
    UnknownLeaderEpoch,
    MessageTooLarge,
    KafkaStorageError,
    CoordinatorNotAvailable,
    CoordinatorLoadInProgress,
    NotCoordinator,
    RebalanceInProgress,
    IllegalGeneration,
    UnknownMemberId,
    MemberIdRequired,
    FencedInstanceId,
    InconsistentGroupProtocol,
    InvalidSessionTimeout,
    StaleBrokerEpoch,
    InvalidUpdateVersion,
    NotController,
    IneligibleReplica,
    DuplicateBrokerRegistration,
    FetchSessionIdNotFound,
    InvalidFetchSessionEpoch,
}

/// How many acknowledgements a producer waits for (`acks`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Acks {
    /// `0`: none; the broker does not answer at all.
    Zero,
    /// `1`: the leader has appended it.
    One,
    /// `all` (`-1`): all in-sync replicas have it.
    All,
}

/// A message: a request with the number its answer will bear, or an answer. The number means something only to the
/// process that chose it; one that starts anew must not use the numbers of its former life
/// (start from `incarnation << 20`).
#[derive(Clone, Debug)]
pub enum Message {
    /// Please.
    Request(u32, Request),
    /// There you are.
    Response(u32, Response),
}

impl Message {
    /// What it is, in a few words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Request(_, request) => request.word(),
            Self::Response(_, response) => response.word(),
        }
    }
}

/// Gives each kind of request and answer its word.
macro_rules! words {
    ($kind:ident { $($name:ident => $word:literal,)* }) => {
        impl $kind {
            fn word(&self) -> &'static str {
                match self { $(Self::$name { .. } => $word),* }
            }
        }
    };
}

words! { Request {
    Produce => "produce",
    Fetch => "fetch",
    OffsetsForLeaderEpoch => "end of epoch?",
    ListOffsets => "list offsets",
    Metadata => "metadata?",
    InitProducerId => "producer id?",
    FindCoordinator => "find coordinator",
    JoinGroup => "join group",
    SyncGroup => "sync group",
    Heartbeat => "heartbeat",
    LeaveGroup => "leave group",
    OffsetCommit => "commit offsets",
    OffsetFetch => "fetch positions",
    BrokerRegistration => "registration",
    BrokerHeartbeat => "broker heartbeat",
    AlterPartition => "alter partition",
    MetadataFetch => "fetch metadata",
}}

words! { Response {
    Produce => "answer to produce",
    Fetch => "answer to fetch",
    OffsetsForLeaderEpoch => "end of epoch",
    ListOffsets => "offsets",
    Metadata => "metadata",
    InitProducerId => "producer id",
    FindCoordinator => "coordinator",
    JoinGroup => "answer to join",
    SyncGroup => "assignment",
    Heartbeat => "answer to heartbeat",
    LeaveGroup => "answer to leave",
    OffsetCommit => "answer to commit",
    OffsetFetch => "positions",
    BrokerRegistration => "answer to registration",
    BrokerHeartbeat => "answer to broker heartbeat",
    AlterPartition => "answer to alter partition",
    MetadataFetch => "new metadata",
}}

/// Requests.
#[derive(Clone, Debug)]
pub enum Request {
    /// Append batches.
    Produce(Box<ProduceCall>),
    /// Read from offsets on (consumers and followers).
    Fetch(Box<FetchCall>),
    /// Where does an epoch end? (KIP-101; sent by a new follower before it truncates)
    OffsetsForLeaderEpoch(Box<[EpochQuery]>),
    /// Where do logs begin and end?
    ListOffsets(Box<[OffsetQuery]>),
    /// Who leads what? (asked of any broker)
    Metadata,
    /// A producer id for an idempotent producer.
    InitProducerId,
    /// Which broker coordinates the group?
    FindCoordinator(GroupId),
    /// Become a member, or stay one while the group rebalances.
    JoinGroup(Box<JoinGroup>),
    /// Get the assignment; the leader of the group brings it.
    SyncGroup(Box<SyncGroup>),
    /// Still here.
    Heartbeat(Box<Member>),
    /// Not here any more.
    LeaveGroup(Box<Member>),
    /// Store positions.
    OffsetCommit(Box<OffsetCommit>),
    /// What are the group's stored positions?
    OffsetFetch(GroupId, Box<[QueueId]>),
    /// A broker to the controller: here I am (again).
    BrokerRegistration {
        /// Whether it was shut down in an orderly way before.
        clean_shutdown: bool,
    },
    /// A broker to the controller: still here.
    BrokerHeartbeat {
        /// From its registration.
        broker_epoch: u64,
        /// How much of the metadata it has seen.
        metadata_offset: u64,
        /// Whether it wants to stop.
        want_shut_down: bool,
    },
    /// A leader to the controller: the in-sync replicas of these partitions should be these.
    AlterPartition(Box<AlterPartition>),
    /// A broker to the controller: what is new in the metadata since I looked? The controller answers when there is
    /// something.
    MetadataFetch {
        /// From its registration.
        broker_epoch: u64,
        /// First offset it lacks.
        from: u64,
    },
}

/// Answers.
#[derive(Clone, Debug)]
pub enum Response {
    /// To [`Request::Produce`].
    Produce(Box<ProduceCall>),
    /// To [`Request::Fetch`].
    Fetch(Box<FetchCall>),
    /// To [`Request::OffsetsForLeaderEpoch`].
    OffsetsForLeaderEpoch(Box<[EpochEnd]>),
    /// To [`Request::ListOffsets`].
    ListOffsets(Box<[(QueueId, Result<u64, Error>)]>),
    /// To [`Request::Metadata`].
    Metadata(Arc<Metadata>),
    /// To [`Request::InitProducerId`]: the id, whose epoch is 0.
    InitProducerId(Result<u64, Error>),
    /// To [`Request::FindCoordinator`].
    FindCoordinator(Result<Pid, Error>),
    /// To [`Request::JoinGroup`].
    JoinGroup(Box<Result<Joined, Error>>),
    /// To [`Request::SyncGroup`].
    SyncGroup(Result<Arc<[QueueId]>, Error>),
    /// To [`Request::Heartbeat`].
    Heartbeat(Result<(), Error>),
    /// To [`Request::LeaveGroup`].
    LeaveGroup(Result<(), Error>),
    /// To [`Request::OffsetCommit`].
    OffsetCommit(Box<[(QueueId, Result<(), Error>)]>),
    /// To [`Request::OffsetFetch`]: the stored position of each, if it has one.
    OffsetFetch(Result<StoredOffsets, Error>),
    /// To [`Request::BrokerRegistration`]: the broker's epoch.
    BrokerRegistration(Result<u64, Error>),
    /// To [`Request::BrokerHeartbeat`].
    BrokerHeartbeat {
        /// Whether the broker is fenced: it may not lead.
        fenced: bool,
        /// Whether it may stop now.
        should_shut_down: bool,
        /// What is wrong.
        error: Option<Error>,
    },
    /// To [`Request::AlterPartition`]: what the partition is now, or why not.
    AlterPartition(Box<[(QueueId, Result<PartitionState, Error>)]>),
    /// To [`Request::MetadataFetch`].
    MetadataFetch(Box<NewMetadata>),
}

// A message is copied several times on its way through the kernel: what is rare and large stands in a box.
const _: () = assert!(size_of::<Message>() <= 32, "a message stays small");

/// [`Request::AlterPartition`].
#[derive(Clone, Debug)]
pub struct AlterPartition {
    /// From the broker's registration.
    pub broker_epoch: u64,
    /// What should change.
    pub partitions: Vec<AlterIsr>,
}

/// The stored position of each of some partitions, if it has one.
pub type StoredOffsets = Box<[(QueueId, Option<u64>)]>;

/// [`Response::MetadataFetch`].
#[derive(Clone, Debug)]
pub struct NewMetadata {
    /// Offset behind the last of `records`.
    pub next: u64,
    /// What is new, in order.
    pub records: Vec<MetadataRecord>,
}

/// A request to append and its answer. They travel in one box, there and back, so that its memory is used again: these
/// are the messages that a cluster sends all the time.
#[derive(Clone, Debug)]
pub struct ProduceCall {
    /// What is asked.
    pub asks: Produce,
    /// One result for each batch, in the same order.
    pub answer: Vec<Produced>,
}

/// A request to read and its answer, in one box as well.
#[derive(Clone, Debug)]
pub struct FetchCall {
    /// What is asked.
    pub asks: Fetch,
    /// The answer.
    pub answer: Fetched,
}

/// [`Request::Produce`].
#[derive(Clone, Debug)]
pub struct Produce {
    /// How safe before the answer.
    pub acks: Acks,
    /// How long the broker may wait for replicas, ns.
    pub timeout_ns: u64,
    /// One batch for each partition.
    pub batches: Vec<(QueueId, Arc<Batch>)>,
}

/// What became of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produced {
    /// The partition.
    pub queue: QueueId,
    /// Offset of its first record, or why it was not accepted.
    pub result: Result<u64, Error>,
}

/// [`Request::Fetch`].
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The follower that asks; `None`: a consumer.
    pub replica: Option<Pid>,
    /// How long the broker may wait for `min_bytes`, ns.
    pub max_wait_ns: u64,
    /// Answer at once when there is so much.
    pub min_bytes: u32,
    /// No more than this in all (but at least one batch).
    pub max_bytes: u32,
    /// No more than this of one partition (but at least one batch).
    pub partition_max_bytes: u32,
    /// The fetch session it belongs to (KIP-227); 0: none.
    pub session_id: u32,
    /// [`INITIAL_EPOCH`] opens a session, [`FINAL_EPOCH`] does without one, anything between goes on with one.
    pub session_epoch: u32,
    /// From where. In a session: of those partitions that are new or about which the asker has something new to say.
    pub partitions: Vec<FetchPartition>,
    /// Partitions of the session that are not asked for any more; they go before `partitions` come.
    pub forgotten: Vec<QueueId>,
}

/// The session epoch of a request that opens a fetch session.
pub const INITIAL_EPOCH: u32 = 0;
/// The session epoch of a request that has no session (-1 in the protocol).
pub const FINAL_EPOCH: u32 = u32::MAX;

/// One partition of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPartition {
    /// The partition.
    pub queue: QueueId,
    /// The next offset the asker lacks; of a follower it says that it has all before.
    pub offset: u64,
    /// The leader epoch the asker knows of, for fencing.
    pub current_leader_epoch: u32,
    /// Epoch of the last record the asker has (KIP-595, KIP-320: lets the leader see that the logs diverge);
    /// `None` to skip that.
    pub last_fetched_epoch: Option<u32>,
}

/// Answer to a fetch.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// What is wrong with the request as a whole: its session.
    pub error: Option<Error>,
    /// The session that the next request may go on with; 0: none.
    pub session_id: u32,
    /// Of a request without a session in the order asked. Partitions without news may be missing.
    pub partitions: Vec<FetchedPartition>,
    /// The batches of all of them, one partition's behind the other's.
    pub batches: Vec<LogBatch>,
    /// Bytes of the batches.
    pub bytes: u32,
}

impl Fetched {
    /// Empty again, as it was made.
    pub fn clear(&mut self) {
        (self.error, self.session_id, self.bytes) = (None, 0, 0);
        self.partitions.clear();
        self.batches.clear();
    }

    /// Each partition with its batches.
    pub fn parts(&self) -> impl Iterator<Item = (&FetchedPartition, &[LogBatch])> {
        let mut rest = &self.batches[..];
        self.partitions.iter().map(move |p| {
            let (mine, others) = rest.split_at(p.batches.min(rest.len()));
            rest = others;
            (p, mine)
        })
    }
}

/// One partition of the answer.
#[derive(Clone, Copy, Debug)]
pub struct FetchedPartition {
    /// The partition.
    pub queue: QueueId,
    /// What is wrong.
    pub error: Option<Error>,
    /// The leader's high watermark.
    pub high_watermark: u64,
    /// Where the leader's log begins.
    pub log_start: u64,
    /// The asker's log departs from the leader's: cut back to where this epoch ends. With [`Error::OffsetOutOfRange`]: where
    /// the leader's log ends (no epoch), which saves the follower a question.
    pub diverging: Option<EpochEnd>,
    /// How many of the answer's batches are this partition's: what follows. Whole batches: the first may begin before the
    /// offset asked for.
    pub batches: usize,
}

/// Where does `epoch` end in your log?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochQuery {
    /// The partition.
    pub queue: QueueId,
    /// The leader epoch the asker knows of.
    pub current_leader_epoch: u32,
    /// The last epoch in the asker's log.
    pub epoch: u32,
}

/// The largest epoch of a log that is not larger than the one asked for, and where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The partition.
    pub queue: QueueId,
    /// The epoch; `None`: none such.
    pub epoch: Option<u32>,
    /// The offset behind its last record.
    pub end: u64,
    /// What is wrong.
    pub error: Option<Error>,
}

/// [`Request::ListOffsets`], of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetQuery {
    /// The partition.
    pub queue: QueueId,
    /// The beginning of the log, or (for a consumer) the high watermark.
    pub earliest: bool,
}

/// What a client knows of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// How new it is: the metadata offset of the broker that told it.
    pub version: u64,
    /// (leader, leader epoch) of each partition, by its place in [`super::cluster::Cluster`].
    pub leaders: Shared<(Option<Pid>, u32)>,
}

/// Who somebody is in a group.
#[allow(clippy::struct_field_names, reason = "the name is the protocol's own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The group.
    pub group: GroupId,
    /// The generation it believes in.
    pub generation: u32,
    /// Its id, given by the coordinator: unique for ever.
    pub member_id: u64,
    /// Its own static name (`group.instance.id`), if it has one.
    pub instance: Option<u32>,
}

/// Ways to share partitions (`partition.assignment.strategy`).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize,
)]
pub enum Assignor {
    /// Each topic's partitions in consecutive runs.
    Range,
    /// One after another.
    RoundRobin,
    /// Balanced, keeps what members have; eager: everybody gives everything back first.
    Sticky,
    /// Balanced, keeps what members have; only what moves is given back (KIP-429).
    CooperativeSticky,
}

/// [`Request::JoinGroup`].
#[derive(Clone, Debug)]
pub struct JoinGroup {
    /// Who asks; a `member_id` of 0 is a newcomer.
    pub member: Member,
    /// After so long without a heartbeat it counts as dead, ns.
    pub session_timeout_ns: u64,
    /// How long the others wait for it in a rebalance (its `max.poll.interval.ms`), ns.
    pub rebalance_timeout_ns: u64,
    /// Assignors it can do, the preferred first.
    pub assignors: Vec<Assignor>,
    /// What it reads: partitions of all topics it subscribes to.
    pub subscription: Arc<[QueueId]>,
    /// What it owns now (cooperative).
    pub owned: Arc<[QueueId]>,
}

/// Answer to a join.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Who the asker is now.
    pub member: Member,
    /// Who leads the group: it makes the assignment.
    pub leader: u64,
    /// How.
    pub assignor: Assignor,
    /// All members, if the asker is the leader: (`member_id`, its static name, subscription, owned).
    pub members: Vec<JoinedMember>,
}

/// A member, as the leader of the group sees it.
#[derive(Clone, Debug)]
pub struct JoinedMember {
    /// Its id.
    pub member_id: u64,
    /// Its static name.
    pub instance: Option<u32>,
    /// What it reads.
    pub subscription: Arc<[QueueId]>,
    /// What it owns now.
    pub owned: Arc<[QueueId]>,
}

/// [`Request::SyncGroup`].
#[derive(Clone, Debug)]
pub struct SyncGroup {
    /// Who asks.
    pub member: Member,
    /// The assignment, from the leader of the group; otherwise empty.
    pub assignment: Vec<(u64, Arc<[QueueId]>)>,
}

/// [`Request::OffsetCommit`].
#[derive(Clone, Debug)]
pub struct OffsetCommit {
    /// Who asks.
    pub member: Member,
    /// The next offset to read, of each.
    pub offsets: Vec<(QueueId, u64)>,
}

/// A change of the in-sync replicas that a leader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterIsr {
    /// The partition.
    pub queue: QueueId,
    /// The leader's epoch.
    pub leader_epoch: u32,
    /// The state the change is based on.
    pub partition_epoch: u32,
    /// The in-sync replicas wanted.
    pub isr: Vec<Pid>,
}

/// A partition as the controller knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// The partition.
    pub queue: QueueId,
    /// Who has copies, the preferred leader first.
    pub replicas: Vec<Pid>,
    /// Who is in sync.
    pub isr: Vec<Pid>,
    /// Who leads.
    pub leader: Option<Pid>,
    /// Grows with each leader.
    pub leader_epoch: u32,
    /// Grows with each change.
    pub partition_epoch: u32,
}

/// A change of the cluster's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataRecord {
    /// A partition is now like this.
    Partition(PartitionState),
    /// A broker may lead and be in sync, or may not.
    Broker {
        /// Which.
        broker: Pid,
        /// Whether it is fenced.
        fenced: bool,
    },
}

impl Message {
    /// Bytes on the wire, roughly: what the bandwidth of a link is charged with. The figures are those of the protocol's
    /// fixed fields, rounded; only the batches matter.
    pub fn bytes(&self) -> u32 {
        match self {
            Self::Request(_, Request::Produce(p)) => {
                let batches = &p.asks.batches;
                64 + batches.iter().map(|(_, b)| b.bytes() + 32).sum::<u32>()
            }
            Self::Request(_, Request::Fetch(f)) => {
                64 + 32 * f.asks.partitions.len() as u32 + 8 * f.asks.forgotten.len() as u32
            }
            Self::Response(_, Response::Fetch(f)) => {
                32 + 48 * f.answer.partitions.len() as u32 + f.answer.bytes
            }
            Self::Response(_, Response::Produce(p)) => 32 + 24 * p.answer.len() as u32,
            Self::Response(_, Response::Metadata(m)) => 64 + 24 * m.leaders.len() as u32,
            _ => 96,
        }
    }
}
