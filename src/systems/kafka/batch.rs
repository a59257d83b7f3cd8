//! Record batches: what producers send, logs keep and consumers read. A batch never changes, so all who hold it share it.

use std::sync::Arc;

use crate::sim::{GroupId, LaneId, Pid, QueueId, Span};

use super::protocol::Assignor;

/// Bytes of a batch's header (Kafka documentation, "Record Batch": 61 bytes).
pub const BATCH_HEADER_BYTES: u32 = 61;

/// One record of a batch. Eight bytes: logs hold one for each message of a run, and memory that is touched for the first time
/// is dear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    key: u32,
    /// From the top: whether it has a key, whether it is poison, its bytes less one.
    rest: u32,
}

impl Item {
    const HAS_KEY: u32 = 1 << 31;
    const POISON: u32 = 1 << 30;
    const NONE: Self = Self { key: 0, rest: 0 };

    /// A record with a key or none, with so many bytes of key and value (from 1 to 1 GiB), whose processing always fails if
    /// it is poison.
    pub fn new(key: Option<u32>, bytes: u32, poison: bool) -> Self {
        let has_key = if key.is_some() { Self::HAS_KEY } else { 0 };
        let poison = if poison { Self::POISON } else { 0 };
        Self {
            key: key.unwrap_or(0),
            rest: has_key | poison | (bytes.clamp(1, Self::POISON) - 1),
        }
    }

    /// Its key, `None` for none.
    pub fn key(self) -> Option<u32> {
        (self.rest & Self::HAS_KEY != 0).then_some(self.key)
    }

    /// Bytes of key and value.
    pub fn bytes(self) -> u32 {
        (self.rest & (Self::POISON - 1)) + 1
    }

    /// Processing it always fails.
    pub fn is_poison(self) -> bool {
        self.rest & Self::POISON != 0
    }
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

/// So many records fit into a batch itself. Most batches of a producer that is not hurried are no larger.
const FEW: usize = 3;

/// What is in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// An application's messages: consecutive numbers of one lane, from the span's first.
    Messages(Messages),
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

/// An application's messages: see [`Payload::messages`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    span: Span,
    /// Of all records.
    bytes: u32,
    items: Items,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Items {
    /// They need no memory of their own. What lies behind the span's count is none.
    Few([Item; FEW]),
    Many(Box<[Item]>),
}

/// What a record of `__consumer_offsets` is about: of each only the last record counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Key {
    /// A group's position in a queue.
    Position(GroupId, QueueId),
    /// A group's membership.
    Group(GroupId),
}

impl Payload {
    /// What its records are about, in the internal topic; an application's messages have no such keys.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        let (positions, member): (&[(QueueId, u64)], _) = match self {
            Self::Messages(_) => (&[], None),
            Self::Commits { offsets, .. } => (offsets, None),
            Self::Group { group, .. } => (&[], Some(Key::Group(*group))),
        };
        let group = match self {
            Self::Commits { group, .. } | Self::Group { group, .. } => *group,
            Self::Messages(_) => GroupId(0),
        };
        let positions = positions.iter().map(move |p| Key::Position(group, p.0));
        positions.chain(member)
    }

    /// Messages with consecutive numbers, from a lane's first.
    pub fn messages(lane: LaneId, first: u32, items: &[Item]) -> Self {
        let count = items.len() as u32;
        let mut few = [Item::NONE; FEW];
        let kept = match few.get_mut(..items.len()) {
            Some(room) => {
                room.copy_from_slice(items);
                Items::Few(few)
            }
            None => Items::Many(items.into()),
        };
        Self::Messages(Messages {
            span: Span { lane, first, count },
            bytes: items.iter().map(|i| i.bytes()).sum(),
            items: kept,
        })
    }
}

impl Messages {
    fn items(&self) -> &[Item] {
        match &self.items {
            Items::Few(items) => &items[..FEW.min(self.span.count as usize)],
            Items::Many(items) => items,
        }
    }
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
    // The fields of a `Sequence`: together with the mark that there is one they take no more room than it alone.
    producer_id: u64,
    base: u32,
    producer_epoch: u16,
    is_sequenced: bool,
    /// What is in it.
    pub payload: Payload,
}

impl Batch {
    /// A batch.
    pub fn new(timestamp_ns: i64, sequence: Option<Sequence>, payload: Payload) -> Self {
        let (producer_id, producer_epoch, base) =
            sequence.map_or((0, 0, 0), |s| (s.producer_id, s.producer_epoch, s.base));
        Self {
            timestamp_ns,
            producer_id,
            base,
            producer_epoch,
            is_sequenced: sequence.is_some(),
            payload,
        }
    }

    /// The same messages under another sequence, or none.
    pub fn resequenced(&self, sequence: Option<Sequence>) -> Self {
        Self::new(self.timestamp_ns, sequence, self.payload.clone())
    }

    /// Of an idempotent producer.
    pub fn sequence(&self) -> Option<Sequence> {
        self.is_sequenced.then_some(Sequence {
            producer_id: self.producer_id,
            producer_epoch: self.producer_epoch,
            base: self.base,
        })
    }

    /// How many records.
    pub fn count(&self) -> u32 {
        match &self.payload {
            Payload::Messages(messages) => messages.span.count,
            Payload::Commits { offsets, .. } => offsets.len() as u32,
            Payload::Group { .. } => 1,
        }
    }

    /// Bytes on the wire and on the disk.
    pub fn bytes(&self) -> u32 {
        let records = match &self.payload {
            Payload::Messages(messages) => messages.bytes,
            Payload::Commits { offsets, .. } => 64 * offsets.len() as u32,
            Payload::Group { members, .. } => 64 + 128 * members.len() as u32,
        };
        BATCH_HEADER_BYTES + records
    }

    /// The application's messages in it, if it holds such.
    pub fn span(&self) -> Option<Span> {
        match &self.payload {
            Payload::Messages(messages) => Some(messages.span),
            _ => None,
        }
    }

    /// The records, if they are an application's.
    pub fn items(&self) -> &[Item] {
        match &self.payload {
            Payload::Messages(messages) => messages.items(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_what_it_was_made_of() {
        for key in [None, Some(0), Some(u32::MAX)] {
            for bytes in [1, 100, 1 << 30] {
                for poison in [false, true] {
                    let item = Item::new(key, bytes, poison);
                    assert_eq!(
                        (item.key(), item.bytes(), item.is_poison()),
                        (key, bytes, poison)
                    );
                }
            }
        }
    }

    #[test]
    fn a_batch_holds_few_records_as_it_holds_many() {
        for count in [0, 1, FEW, FEW + 1, 100] {
            let items: Vec<Item> = (1..=count as u32)
                .map(|n| Item::new(Some(n), n, false))
                .collect();
            let batch = Batch::new(0, None, Payload::messages(LaneId(3), 7, &items));
            assert_eq!(batch.items(), items);
            assert_eq!(batch.count() as usize, count);
            let sum = (count * (count + 1) / 2) as u32;
            assert_eq!(batch.bytes(), BATCH_HEADER_BYTES + sum);
            let span = batch.span().unwrap();
            assert_eq!(
                (span.lane, span.first, span.count as usize),
                (LaneId(3), 7, count)
            );
        }
    }

    // A log keeps each for the whole run: 96 bytes is the step of the allocator that it shall not pass.
    #[test]
    fn a_batch_is_small() {
        let counts = 2 * size_of::<usize>();
        let own = size_of::<usize>();
        assert!(
            counts + size_of::<Batch>() + own <= 96,
            "{}",
            size_of::<Batch>()
        );
    }
}
