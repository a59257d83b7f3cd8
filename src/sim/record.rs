//! Records: the observed facts of a run. Everything that is shown, measured or checked is derived from them.
//!
//! The vocabulary is that of event-driven systems in general: hosts, faults, the life of a message, leadership, groups of
//! consumers. What only one system knows travels as a [`Fact::Note`], whose meaning the system's own table gives.

use super::call::CallFact;
use super::digest::Digest;
use super::{GroupId, NodeId, Pid, QueueId, Span};

/// One observed fact.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Record {
    /// True virtual time, ns.
    pub at: u64,
    /// Number of the event during which it was observed, from 1: what screens show as `#31877`.
    pub event: u64,
    /// Number of the event that scheduled that one; 0 for the scenario itself.
    pub cause: u64,
    /// The process it is about, or [`Record::NOBODY`] where it is about a node or the network.
    pub pid: Pid,
    /// What happened.
    pub fact: Fact,
}

impl Record {
    /// Stands for "no process in particular".
    pub const NOBODY: Pid = Pid(u32::MAX);
}

const _: () = assert!(
    size_of::<Record>() <= 64,
    "a record is at most one line of the cache"
);

/// Why a message on the network did not arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drop {
    /// The link is cut.
    Cut,
    /// The link lost it.
    Loss,
    /// The machine it was for is down.
    Down,
    /// The machine is up but nobody listens; the sender is told.
    Refused,
}

/// Why a producer gave up on messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Not delivered within the time the producer allows.
    TimedOut,
    /// No room in the producer's own buffer for too long.
    BufferFull,
    /// The broker refused it for good.
    Rejected,
    /// The producer's process died with it.
    Died,
}

/// Why a stored copy of messages is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// A follower cut its log back to agree with its leader.
    Truncated,
    /// Too old, or the queue too large: removed as configured.
    Expired,
    /// It had not reached the disk.
    Unsynced,
    /// A consumer deleted it, or it was moved to another queue.
    Deleted,
}

/// How a consumer ended with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It did the work.
    Done,
    /// It could not, and put the message aside (dead-letter topic).
    DeadLettered,
    /// It could not, and went on without it.
    Skipped,
    /// It could not; the message will be tried again.
    Failed,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fact {
    /// A process (re)started; with the number of its incarnation, from 1.
    Started {
        /// 1 for the first start.
        incarnation: u32,
    },
    /// A process died and lost its memory.
    Crashed {
        /// Whether the machine died with it, and unsynced bytes are gone too.
        power: bool,
    },
    /// A process stopped by itself because it could not go on (disk full …); the code is the system's.
    Halted {
        /// Meaning by the system's table of notes.
        code: u16,
    },
    /// A process stopped in good order, because it was asked to.
    Stopped,
    /// A node froze.
    Paused {
        /// Which.
        node: NodeId,
    },
    /// A node goes on.
    Resumed {
        /// Which.
        node: NodeId,
    },
    /// A fault of the scenario (or a person) took hold of a node. One record for each node it was resolved to.
    FaultBegan {
        /// Index of the fault in the plan.
        fault: u32,
        /// The node; `None` where the target matched nothing just then, or the fault has struck nobody yet.
        node: Option<NodeId>,
    },
    /// A fault let go.
    FaultEnded {
        /// Index of the fault in the plan.
        fault: u32,
    },
    /// A message on the network did not arrive.
    Dropped {
        /// For whom it was.
        to: Pid,
        /// Why.
        why: Drop,
    },

    /// An application gave a message to its producer.
    Produced {
        /// Where it goes.
        queue: QueueId,
        /// The message.
        span: Span,
        /// Its key, `None` for none.
        key: Option<u32>,
        /// Bytes of key and value.
        bytes: u32,
    },
    /// A producer told its application that messages failed.
    Refused {
        /// Where they should have gone.
        queue: QueueId,
        /// Which.
        span: Span,
        /// Why.
        why: Why,
    },
    /// A producer told its application that messages were stored as safely as it had asked for.
    Acked {
        /// Where.
        queue: QueueId,
        /// Which.
        span: Span,
    },
    /// A process stored a copy of messages.
    Stored {
        /// Where.
        queue: QueueId,
        /// Which.
        span: Span,
        /// Offset of the first of them in the queue.
        offset: u64,
        /// Whether this is the first, authoritative copy (the leader's) and not a replica's.
        first_copy: bool,
    },
    /// A process's copy of messages is gone.
    Unstored {
        /// Where.
        queue: QueueId,
        /// Which.
        span: Span,
        /// Offset of the first of them.
        offset: u64,
        /// Why.
        why: Gone,
    },
    /// A leader lets consumers see everything below an offset (the high watermark moved).
    Visible {
        /// Where.
        queue: QueueId,
        /// First offset that is not visible.
        below: u64,
        /// End of the leader's own log.
        end: u64,
    },
    /// A consumer's application was given messages.
    Handed {
        /// The consumer's group.
        group: GroupId,
        /// From where.
        queue: QueueId,
        /// Which.
        span: Span,
        /// Offset of the first of them.
        offset: u64,
    },
    /// A consumer's application ended with messages.
    Processed {
        /// The consumer's group.
        group: GroupId,
        /// From where.
        queue: QueueId,
        /// Which.
        span: Span,
        /// Offset of the first of them.
        offset: u64,
        /// How.
        outcome: Outcome,
    },
    /// A group's position in a queue was stored: a new owner would go on from there.
    Committed {
        /// The group.
        group: GroupId,
        /// Where.
        queue: QueueId,
        /// The next offset to read.
        offset: u64,
    },
    /// A group's reader moved its position without reading what lies between (reset to the end, out of range …).
    Reset {
        /// The group.
        group: GroupId,
        /// Where.
        queue: QueueId,
        /// New position.
        offset: u64,
    },

    /// Whoever decides made a process the leader of a queue, or found none.
    Elected {
        /// Of what.
        queue: QueueId,
        /// Who; `None`: nobody can.
        leader: Option<Pid>,
        /// Grows with each decision.
        epoch: u32,
        /// `false` if the new leader may lack stored messages (unclean).
        clean: bool,
    },
    /// A process acts as the leader from now on.
    Leads {
        /// Of what.
        queue: QueueId,
        /// In which epoch.
        epoch: u32,
    },
    /// The set of copies that count as up to date changed.
    InSync {
        /// Of what.
        queue: QueueId,
        /// How many are in it now.
        members: u32,
        /// How many there should be.
        of: u32,
        /// Whether it grew.
        grew: bool,
    },

    /// A group began to share its work anew.
    RebalanceBegan {
        /// Which.
        group: GroupId,
        /// The generation it leaves.
        generation: u32,
        /// How many members it has now.
        members: u32,
    },
    /// A group agreed on who reads what.
    Rebalanced {
        /// Which.
        group: GroupId,
        /// The new generation.
        generation: u32,
        /// How many members share the work.
        members: u32,
    },
    /// A member of a group was thrown out.
    Evicted {
        /// Which group.
        group: GroupId,
        /// The member.
        member: Pid,
        /// Whether it was silent (`false`: it did not ask for messages in time).
        silent: bool,
    },
    /// A consumer took over a queue for its group.
    Assigned {
        /// The group.
        group: GroupId,
        /// The queue.
        queue: QueueId,
        /// In which generation.
        generation: u32,
    },
    /// A consumer gave a queue back.
    Revoked {
        /// The group.
        group: GroupId,
        /// The queue.
        queue: QueueId,
        /// In which generation.
        generation: u32,
    },

    /// Something about requests: what users ask for, what services call, and how it ends.
    Call(CallFact),

    /// Something only the system itself can explain.
    Note {
        /// Row in the systems' table of notes.
        code: u16,
        /// By that row.
        a: u32,
        /// By that row.
        b: u64,
    },
}

impl Fact {
    /// A small number per kind, stable within a version: used by the digest and to sort records by kind.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Started { .. } => 0,
            Self::Crashed { .. } => 1,
            Self::Halted { .. } => 2,
            Self::Paused { .. } => 3,
            Self::Resumed { .. } => 4,
            Self::FaultBegan { .. } => 5,
            Self::FaultEnded { .. } => 6,
            Self::Dropped { .. } => 7,
            Self::Produced { .. } => 8,
            Self::Refused { .. } => 9,
            Self::Acked { .. } => 10,
            Self::Stored { .. } => 11,
            Self::Unstored { .. } => 12,
            Self::Visible { .. } => 13,
            Self::Handed { .. } => 14,
            Self::Processed { .. } => 15,
            Self::Committed { .. } => 16,
            Self::Reset { .. } => 17,
            Self::Elected { .. } => 18,
            Self::Leads { .. } => 19,
            Self::InSync { .. } => 20,
            Self::RebalanceBegan { .. } => 21,
            Self::Rebalanced { .. } => 22,
            Self::Evicted { .. } => 23,
            Self::Assigned { .. } => 24,
            Self::Revoked { .. } => 25,
            Self::Note { .. } => 26,
            Self::Stopped => 27,
            Self::Call(_) => 28,
        }
    }

    /// The messages that it is about, if it names them.
    pub fn span(&self) -> Option<Span> {
        match *self {
            Self::Produced { span, .. }
            | Self::Refused { span, .. }
            | Self::Acked { span, .. }
            | Self::Stored { span, .. }
            | Self::Unstored { span, .. }
            | Self::Handed { span, .. }
            | Self::Processed { span, .. } => Some(span),
            _ => None,
        }
    }

    /// Whether it is a stretch of a message's way or of a group's position: most facts are.
    #[inline]
    pub fn is_of_messages(&self) -> bool {
        (8..18).contains(&self.kind())
    }

    /// Whether there may be many of it for each message or request, so that nobody wants to jump to each of them.
    #[inline]
    pub fn is_frequent(&self) -> bool {
        match self {
            Self::Call(fact) => fact.is_frequent(),
            other => other.is_of_messages(),
        }
    }

    #[inline]
    fn words(&self) -> [u64; 3] {
        let queue_span = |q: QueueId, s: Span| {
            [
                u64::from(q.0) << 32 | u64::from(s.lane.0),
                u64::from(s.first) << 32 | u64::from(s.count),
            ]
        };
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        match *self {
            Self::Started { incarnation } => [u64::from(incarnation), 0, 0],
            Self::Crashed { power } => [u64::from(power), 0, 0],
            Self::Halted { code } => [u64::from(code), 0, 0],
            Self::Stopped => [0; 3],
            Self::Paused { node } | Self::Resumed { node } => [u64::from(node.0), 0, 0],
            Self::FaultBegan { fault, node } => [pair(fault, node.map_or(u32::MAX, |n| n.0)), 0, 0],
            Self::FaultEnded { fault } => [u64::from(fault), 0, 0],
            Self::Dropped { to, why } => [pair(to.0, why as u32), 0, 0],
            Self::Produced {
                queue,
                span,
                key,
                bytes,
            } => {
                let [a, b] = queue_span(queue, span);
                [a, b, pair(key.unwrap_or(u32::MAX), bytes)]
            }
            Self::Refused { queue, span, why } => {
                let [a, b] = queue_span(queue, span);
                [a, b, why as u64]
            }
            Self::Acked { queue, span } => {
                let [a, b] = queue_span(queue, span);
                [a, b, 0]
            }
            Self::Stored {
                queue,
                span,
                offset,
                first_copy,
            } => {
                let [a, b] = queue_span(queue, span);
                [a, b, offset << 1 | u64::from(first_copy)]
            }
            Self::Unstored {
                queue,
                span,
                offset,
                why,
            } => {
                let [a, b] = queue_span(queue, span);
                [a, b, offset << 2 | why as u64]
            }
            Self::Visible { queue, below, end } => [u64::from(queue.0), below, end],
            Self::Handed {
                group,
                queue,
                span,
                offset,
            } => {
                let [a, b] = queue_span(queue, span);
                [a, b, offset << 16 | u64::from(group.0)]
            }
            Self::Processed {
                group,
                queue,
                span,
                offset,
                outcome,
            } => {
                let [a, b] = queue_span(queue, span);
                [
                    a,
                    b,
                    offset << 18 | u64::from(group.0) << 2 | outcome as u64,
                ]
            }
            Self::Committed {
                group,
                queue,
                offset,
            }
            | Self::Reset {
                group,
                queue,
                offset,
            } => [pair(group.0, queue.0), offset, 0],
            Self::Elected {
                queue,
                leader,
                epoch,
                clean,
            } => [
                pair(queue.0, leader.map_or(u32::MAX, |p| p.0)),
                pair(epoch, u32::from(clean)),
                0,
            ],
            Self::Leads { queue, epoch } => [pair(queue.0, epoch), 0, 0],
            Self::InSync {
                queue,
                members,
                of,
                grew,
            } => [pair(queue.0, members), pair(of, u32::from(grew)), 0],
            Self::RebalanceBegan {
                group,
                generation,
                members,
            }
            | Self::Rebalanced {
                group,
                generation,
                members,
            } => [pair(group.0, generation), u64::from(members), 0],
            Self::Evicted {
                group,
                member,
                silent,
            } => [pair(group.0, member.0), u64::from(silent), 0],
            Self::Assigned {
                group,
                queue,
                generation,
            }
            | Self::Revoked {
                group,
                queue,
                generation,
            } => [pair(group.0, queue.0), u64::from(generation), 0],
            Self::Call(fact) => fact.words(),
            Self::Note { code, a, b } => [pair(u32::from(code), a), b, 0],
        }
    }
}

impl Record {
    /// Whether it tells of something that keeps a system from its work, or lets it go on: a fault that begins or ends, a
    /// process that dies, freezes or comes back.
    pub fn is_disturbance(&self) -> bool {
        match self.fact {
            Fact::Started { incarnation } => incarnation > 1,
            Fact::Crashed { .. }
            | Fact::Halted { .. }
            | Fact::Paused { .. }
            | Fact::Resumed { .. }
            | Fact::FaultBegan { .. }
            | Fact::FaultEnded { .. } => true,
            _ => false,
        }
    }

    /// Folds the record into a digest.
    #[inline]
    pub(super) fn fold(&self, digest: &mut Digest) {
        let [a, b, c] = self.fact.words();
        let what = self.at ^ u64::from(self.pid.0) << 40 ^ u64::from(self.fact.kind()) << 32;
        digest.record_words(what, a);
        digest.record_words(b, c);
    }
}

/// Somebody who reads the records of a run. An observer draws no random number, schedules nothing and changes nothing;
/// a run without observers pays nothing for them.
pub trait Observer {
    /// A record was made. Called in the order of the run.
    fn record(&mut self, record: &Record);

    /// Records were made, by one event or by several. Called in the order of the run.
    #[inline]
    fn records(&mut self, records: &[Record]) {
        records.iter().for_each(|record| self.record(record));
    }

    /// With about so many records at once a run comes to it: few enough that they are still near, enough that the code that reads
    /// them is fetched once for many.
    const PORTION: usize = 128;

    /// The same as [`Self::records`], and leaves none: an observer may also take them with their room, and leave other room.
    #[inline]
    fn take(&mut self, records: &mut Vec<Record>) {
        self.records(records);
        records.clear();
    }
}

impl Observer for () {
    #[inline]
    fn record(&mut self, _: &Record) {}

    #[inline]
    fn records(&mut self, _: &[Record]) {}
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline]
    fn record(&mut self, record: &Record) {
        self.0.record(record);
        self.1.record(record);
    }

    #[inline]
    fn records(&mut self, records: &[Record]) {
        self.0.records(records);
        self.1.records(records);
    }
}

impl<O: Observer> Observer for &mut O {
    const PORTION: usize = O::PORTION;

    #[inline]
    fn record(&mut self, record: &Record) {
        (**self).record(record);
    }

    #[inline]
    fn records(&mut self, records: &[Record]) {
        (**self).records(records);
    }

    #[inline]
    fn take(&mut self, records: &mut Vec<Record>) {
        (**self).take(records);
    }
}

impl Observer for Vec<Record> {
    fn record(&mut self, record: &Record) {
        self.push(*record);
    }
}
