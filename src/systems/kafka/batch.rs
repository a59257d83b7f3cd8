//! Record batches: what producers send, logs keep and consumers read. A batch never changes, so all who hold it share it.

use std::sync::Arc;

use crate::sim::{GroupId, Pid, QueueId, Span};

use super::protocol::Assignor;

/// Bytes of a batch's header (Kafka documentation, "Record Batch": 61 bytes).
pub const BATCH_HEADER_BYTES: u32 = 61;

/// One record of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// When the application made it, true time, ns.
    pub born_ns: u64,
    /// Its key, `None` for none.
    pub key: Option<u32>,
    /// Bytes of key and value.
    pub bytes: u32,
    /// Processing it always fails.
    pub poison: bool,
}

/// What makes a batch safe to send again (KIP-98).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Who sends.
    pub producer_id: u64,
    /// Which life of it.
    pub producer_epoch: u16,
    /// Number of the batch's first record in this partition.
    pub base: u32,
}

/// What is in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// An application's messages: consecutive numbers of one lane, from the span's first.
    Messages {
        /// Which messages they are.
        span: Span,
        /// One for each.
        items: Box<[Item]>,
    },
    /// Positions of a group, in the internal topic `__consumer_offsets`: one record each.
    Commits {
        /// The group.
        group: GroupId,
        /// The next offset to read, of each.
        offsets: Box<[(QueueId, u64)]>,
    },
    /// The membership of a group, in the internal topic: one record.
    Group {
        /// The group.
        group: GroupId,
        /// Its generation.
        generation: u32,
        /// Its members and what each reads.
        members: Arc<[StoredMember]>,
    },
}

/// A member of a group, as the internal topic keeps it: a new coordinator goes on with it without a rebalance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMember {
    /// Its id.
    pub member_id: u64,
    /// Its static name (`group.instance.id`), if it has one.
    pub instance: Option<u32>,
    /// The process.
    pub pid: Pid,
    /// Whether it leads the group.
    pub leads: bool,
    /// Its `session.timeout.ms`, ns.
    pub session_timeout_ns: u64,
    /// Its `max.poll.interval.ms`, ns.
    pub rebalance_timeout_ns: u64,
    /// Assignors it can do, the preferred first.
    pub assignors: Arc<[Assignor]>,
    /// What it subscribes to.
    pub subscription: Arc<[QueueId]>,
    /// What it reads.
    pub assignment: Arc<[QueueId]>,
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The producer's clock when it was made (`CreateTime`), ns.
    pub timestamp_ns: i64,
    /// Of an idempotent producer.
    pub sequence: Option<Sequence>,
    /// What is in it.
    pub payload: Payload,
    /// Bytes on the wire and on the disk.
    bytes: u32,
}

impl Batch {
    /// A batch.
    pub fn new(timestamp_ns: i64, sequence: Option<Sequence>, payload: Payload) -> Self {
        let bytes = match &payload {
            Payload::Messages { items, .. } => {
                BATCH_HEADER_BYTES + items.iter().map(|i| i.bytes).sum::<u32>()
            }
            Payload::Commits { offsets, .. } => BATCH_HEADER_BYTES + 64 * offsets.len() as u32,
            Payload::Group { members, .. } => BATCH_HEADER_BYTES + 64 + 128 * members.len() as u32,
        };
        Self {
            timestamp_ns,
            sequence,
            payload,
            bytes,
        }
    }

    /// How many records.
    pub fn count(&self) -> u32 {
        match &self.payload {
            Payload::Messages { items, .. } => items.len() as u32,
            Payload::Commits { offsets, .. } => offsets.len() as u32,
            Payload::Group { .. } => 1,
        }
    }

    /// Bytes on the wire and on the disk.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    /// The application's messages in it, if it holds such.
    pub fn span(&self) -> Option<Span> {
        match &self.payload {
            Payload::Messages { span, .. } => Some(*span),
            _ => None,
        }
    }

    /// The records, if they are an application's.
    pub fn items(&self) -> &[Item] {
        match &self.payload {
            Payload::Messages { items, .. } => items,
            _ => &[],
        }
    }
}

/// A batch in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogBatch {
    /// Offset of its first record.
    pub base: u64,
    /// Epoch of the leader that appended it first.
    pub epoch: u32,
    /// It.
    pub batch: Arc<Batch>,
}

impl LogBatch {
    /// Offset behind its last record.
    pub fn end(&self) -> u64 {
        self.base + u64::from(self.batch.count())
    }
}
