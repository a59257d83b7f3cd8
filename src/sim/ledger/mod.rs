//! The ledger: what has become of each message, kept from records alone. It draws nothing and decides nothing; metrics
//! and checks read it, and the [`Change`]s that each record makes in it.
//!
//! Memory follows the messages whose life is not over, not the length of the run: messages leave in the order of their
//! lane once their producer knows their end and every group that reads the queue is done with them.

mod log;
mod message;
mod reader;
#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use reader::Reader;

use log::{Log, Run};
use message::{ACKED, GONE, Lane, Message, REFUSED, REMOVED, STORED, UNSENT};

use super::record::{Gone, Outcome, Why};
use super::{Fact, GroupId, LaneId, Names, Observer, Pid, QueueId, Record, Span};

/// No more groups than this are told apart on one queue.
pub const GROUPS_MAX: usize = 32;

/// What has become of a message. Each is in exactly one state, so that
/// `produced = delivered + in flight + lost + expired` counts messages, not copies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It can still reach every group that reads its queue: it is with its producer, on the way, or stored. What is stored
    /// in a queue that no group reads stays in flight.
    InFlight,
    /// Every group that reads its queue ended with it at least once (did it, put it aside, or gave it up on purpose).
    Delivered,
    /// It was accepted, and some group never got it and will not: it was acknowledged but the log that counts no longer has
    /// it (or, unacknowledged by design, never had it), or a group's position moved past it.
    Lost,
    /// Its producer gave it up and it is stored nowhere, or retention removed it before every group had it.
    Expired,
}

/// A stretch of a message's way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hop {
    /// From the application to the first stored copy.
    Stored,
    /// From the first stored copy until consumers may see it.
    Visible,
    /// From there until a consumer's application has it.
    Handed,
    /// From there until the application ended with it.
    Processed,
    /// From the producer's application to the acknowledgement it got.
    Acked,
}

impl Hop {
    /// All, in the order of the way.
    pub const ALL: [Self; 5] = [
        Self::Stored,
        Self::Visible,
        Self::Handed,
        Self::Processed,
        Self::Acked,
    ];
}

/// What a record changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    /// The queue of the messages.
    pub queue: QueueId,
    /// The messages.
    pub span: Span,
    /// What.
    pub what: What,
}

/// What became different about some messages.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum What {
    /// Each of them took a stretch of its way for the first time.
    Took {
        /// Which stretch.
        hop: Hop,
        /// How long it took, ns.
        ns: u64,
    },
    /// A group ended with a message.
    Delivered {
        /// Which group.
        group: GroupId,
        /// Since its application made it, ns; 0 where `again`.
        ns: u64,
        /// The group had ended with it before.
        again: bool,
        /// The producer had been told that it failed.
        refused: bool,
        /// Number of a later message of the lane that the group had already ended with. Not told of what comes `again`.
        after: Option<u32>,
        /// Number of a later one among those with the same key.
        after_of_key: Option<u32>,
    },
    /// A message's state changed; or it was lost, and only now its producer was told that it is stored.
    Became {
        /// What it was.
        from: State,
        /// What it is.
        to: State,
        /// Whether its producer was told that it is stored.
        acked: bool,
        /// Whether it is lost because a group's position moved past it, and still stored.
        skipped: bool,
        /// Since its application made it, ns.
        age_ns: u64,
    },
    /// A group's position moved past messages it has not ended with and will not be given.
    Skipped {
        /// Which group.
        group: GroupId,
    },
    /// The log holds messages a second time.
    StoredAgain,
    /// Consumers could see what the new leader does not have, or has other messages in place of: from an offset to another.
    /// (The span is empty.)
    Rewritten {
        /// First offset.
        from: u64,
        /// First offset behind it.
        to: u64,
    },
    /// Something happened to messages that nobody produced.
    Phantom,
}

/// How many messages are in each state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// All that applications made.
    pub produced: u64,
    /// See [`State::Delivered`].
    pub delivered: u64,
    /// See [`State::InFlight`].
    pub in_flight: u64,
    /// See [`State::Lost`].
    pub lost: u64,
    /// See [`State::Expired`].
    pub expired: u64,
    /// Of those in flight: those in queues that a group reads.
    pub waiting: u64,
    /// Of those lost: acknowledged ones.
    pub lost_acked: u64,
}

impl Account {
    /// Whether every message is accounted for.
    pub fn balances(&self) -> bool {
        self.produced == self.delivered + self.in_flight + self.lost + self.expired
    }

    fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::InFlight => &mut self.in_flight,
            State::Delivered => &mut self.delivered,
            State::Lost => &mut self.lost,
            State::Expired => &mut self.expired,
        }
    }
}

/// A queue as its records tell.
#[derive(Clone, Debug)]
pub struct Queue {
    logs: Vec<Log>,
    leader: Option<usize>,
    /// In which it leads.
    epoch: u32,
    visible: u64,
    shown: u64,
    start: u64,
    readers: Vec<Reader>,
    mask: u32,
}

impl Queue {
    /// First offset that consumers cannot see.
    pub fn visible(&self) -> u64 {
        self.visible
    }

    /// The oldest offset that retention has left.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// End of the leader's log.
    pub fn end(&self) -> u64 {
        self.leader.map_or(0, |at| self.logs[at].end)
    }

    /// The process whose log counts.
    pub fn leader(&self) -> Option<Pid> {
        self.leader.map(|at| self.logs[at].pid)
    }

    /// The groups that read it.
    pub fn readers(&self) -> &[Reader] {
        &self.readers
    }

    /// How many processes hold everything below an offset.
    pub fn copies_to(&self, offset: u64) -> usize {
        self.logs.iter().filter(|l| l.end >= offset).count()
    }

    fn log_of(&mut self, pid: Pid) -> usize {
        if let Some(at) = self.logs.iter().position(|l| l.pid == pid) {
            return at;
        }
        self.logs.push(Log::new(pid));
        self.logs.len() - 1
    }
}

/// The account of every message's life. See the [module](self).
#[derive(Clone, Debug)]
pub struct Ledger {
    names: Arc<Names>,
    lanes: Vec<Lane>,
    queues: Vec<Queue>,
    account: Account,
    changes: Vec<Change>,
}

/// Where changes are written down while lanes and queues are borrowed.
struct Pen<'a> {
    account: &'a mut Account,
    changes: &'a mut Vec<Change>,
    now: u64,
}

impl Pen<'_> {
    #[inline]
    fn note(&mut self, queue: QueueId, span: Span, what: What) {
        self.changes.push(Change { queue, span, what });
    }

    /// The message may have come into another state.
    #[inline]
    fn settle(&mut self, queue: QueueId, readers: u32, span: Span, message: &mut Message) {
        let (from, to) = (message.state, message.judge(readers));
        if from == to {
            return;
        }
        message.state = to;
        let acked = message.has(ACKED);
        *self.account.of(from) -= 1;
        *self.account.of(to) += 1;
        if readers != 0 {
            self.account.waiting -= u64::from(from == State::InFlight);
            self.account.waiting += u64::from(to == State::InFlight);
        }
        if acked {
            self.account.lost_acked -= u64::from(from == State::Lost);
            self.account.lost_acked += u64::from(to == State::Lost);
        }
        self.became(queue, span, message, from);
    }

    fn became(&mut self, queue: QueueId, span: Span, message: &Message, from: State) {
        let to = message.state;
        let gone = message.in_log == 0 && message.has(GONE);
        let what = What::Became {
            from,
            to,
            acked: message.has(ACKED),
            skipped: to == State::Lost && !gone,
            age_ns: self.now - message.born,
        };
        self.note(queue, span, what);
    }
}

impl Ledger {
    /// The account of a run at its beginning.
    pub fn new(names: Arc<Names>) -> Self {
        let queue = |_| Queue {
            logs: Vec::new(),
            leader: None,
            epoch: 0,
            visible: 0,
            shown: 0,
            start: 0,
            readers: Vec::new(),
            mask: 0,
        };
        let mut queues: Vec<Queue> = names.queues.iter().map(queue).collect();
        for (id, group) in (0u32..).zip(&names.groups) {
            for read in &group.queues {
                if let Some(queue) = queues.get_mut(read.index())
                    && queue.readers.len() < GROUPS_MAX
                {
                    queue.mask |= 1 << queue.readers.len();
                    queue.readers.push(Reader::new(GroupId(id)));
                }
            }
        }
        let lanes = names.lanes.iter().map(|_| Lane::default()).collect();
        Self {
            names,
            lanes,
            queues,
            account: Account::default(),
            changes: Vec::new(),
        }
    }

    /// What things are called.
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// What the last record changed, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How many messages are in each state now.
    pub fn account(&self) -> Account {
        self.account
    }

    /// A queue.
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(id.index())
    }

    /// All queues, by [`QueueId`].
    pub fn queues(&self) -> &[Queue] {
        &self.queues
    }

    /// When the message at an offset of the leader's log was made, ns; `None` if its life is over or there is none.
    pub fn born_at(&self, queue: QueueId, offset: u64) -> Option<u64> {
        let queue = self.queues.get(queue.index())?;
        let log = &queue.logs[queue.leader?];
        let run = log.between(offset, offset + 1).next()?;
        Some(self.lanes.get(run.lane.index())?.get(run.first)?.born)
    }

    /// When the oldest message in flight in a queue that some group reads was made, ns. Looks through what is remembered.
    pub fn oldest_in_flight(&self) -> Option<u64> {
        let read = |at: usize| {
            let queue = self.names.lanes.get(at).map(|l| l.queue);
            queue
                .and_then(|q| self.queue(q))
                .is_some_and(|q| q.mask != 0)
        };
        let lanes = self.lanes.iter().enumerate().filter(|(at, _)| read(*at));
        lanes.filter_map(|(_, lane)| lane.oldest_in_flight()).min()
    }

    /// How many messages are remembered: what memory follows.
    pub fn remembered(&self) -> usize {
        self.lanes.iter().map(Lane::remembered).sum()
    }

    /// Takes a record in; [`Ledger::changes`] is then what it changed.
    #[inline]
    pub fn apply(&mut self, record: &Record) {
        self.changes.clear();
        let (now, pid) = (record.at, record.pid);
        match record.fact {
            Fact::Produced {
                queue, span, key, ..
            } => self.produced(now, queue, span, key),
            Fact::Refused { queue, span, why } => self.refused(now, queue, span, why),
            Fact::Acked { queue, span } => self.acked(now, queue, span),
            Fact::Stored {
                queue,
                span,
                offset,
                first_copy,
            } => self.stored(now, pid, queue, span, offset, first_copy),
            Fact::Unstored {
                queue,
                span,
                offset,
                why,
            } => self.unstored(now, pid, queue, span, offset, why),
            Fact::Visible { queue, below, .. } => self.visible(now, pid, queue, below),
            Fact::Handed {
                group,
                queue,
                span,
                offset,
            } => self.handed(now, pid, group, queue, span, offset),
            Fact::Processed {
                group,
                queue,
                span,
                offset,
                outcome,
            } if outcome != Outcome::Failed => self.processed(now, group, queue, span, offset),
            Fact::Committed {
                group,
                queue,
                offset,
            } => self.committed(now, group, queue, offset),
            Fact::Reset {
                group,
                queue,
                offset,
            } => self.jump(now, group, queue, offset),
            Fact::Revoked { group, queue, .. } => self.give_back(now, pid, Some((group, queue))),
            Fact::Crashed { .. } | Fact::Halted { .. } => self.give_back(now, pid, None),
            Fact::Leads { queue, epoch } => self.leads(now, pid, queue, epoch),
            _ => {}
        }
    }

    fn known(&self, queue: QueueId, lane: LaneId) -> bool {
        queue.index() < self.queues.len() && lane.index() < self.lanes.len()
    }

    /// Notes the part of a span that was never produced, and gives back the rest.
    fn real(&mut self, queue: QueueId, span: Span) -> Option<Span> {
        if !self.known(queue, span.lane) {
            return None;
        }
        let next = self.lanes[span.lane.index()].next();
        let end = span.first.saturating_add(span.count);
        if end <= next {
            return Some(span);
        }
        let first = span.first.max(next);
        let unknown = Span {
            first,
            count: end - first,
            ..span
        };
        self.changes.push(Change {
            queue,
            span: unknown,
            what: What::Phantom,
        });
        let count = next.saturating_sub(span.first);
        (count > 0).then_some(Span { count, ..span })
    }

    fn produced(&mut self, now: u64, queue: QueueId, span: Span, key: Option<u32>) {
        if !self.known(queue, span.lane) {
            return;
        }
        let waits = self.queues[queue.index()].mask != 0;
        let lane = &mut self.lanes[span.lane.index()];
        for number in span.numbers() {
            if lane.open(number) {
                lane.ring.push_back(Message::new(now, key));
                self.account.produced += 1;
                self.account.in_flight += 1;
                self.account.waiting += u64::from(waits);
            }
        }
    }

    fn refused(&mut self, now: u64, queue: QueueId, span: Span, why: Why) {
        let flags = if why == Why::BufferFull {
            REFUSED | UNSENT
        } else {
            REFUSED
        };
        self.each(now, queue, span, |message, _, _| message.flags |= flags);
    }

    fn acked(&mut self, now: u64, queue: QueueId, span: Span) {
        self.each(now, queue, span, |message, one, pen| {
            if !message.has(ACKED) {
                let ns = now - message.born;
                let hop = Hop::Acked;
                pen.note(queue, one, What::Took { hop, ns });
                message.flags |= ACKED;
                if message.state == State::Lost {
                    pen.account.lost_acked += 1;
                    pen.became(queue, one, message, State::Lost);
                }
            }
        });
    }

    /// Does something with each message of a span and sees what has become of it.
    #[inline]
    fn each(
        &mut self,
        now: u64,
        queue: QueueId,
        span: Span,
        mut act: impl FnMut(&mut Message, Span, &mut Pen<'_>),
    ) {
        let Some(span) = self.real(queue, span) else {
            return;
        };
        let mask = self.queues[queue.index()].mask;
        let lane = &mut self.lanes[span.lane.index()];
        let mut pen = Pen {
            account: &mut self.account,
            changes: &mut self.changes,
            now,
        };
        for number in span.numbers() {
            if let Some(message) = lane.get_mut(number) {
                let one = Span::one(span.lane, number);
                act(message, one, &mut pen);
                pen.settle(queue, mask, one, message);
            }
        }
        lane.retire();
    }

    fn stored(
        &mut self,
        now: u64,
        pid: Pid,
        queue: QueueId,
        span: Span,
        offset: u64,
        first_copy: bool,
    ) {
        if !self.known(queue, span.lane) {
            return;
        }
        let log = self.queues[queue.index()].log_of(pid);
        // Somebody who woke up and still believes that it leads appends too: that does not make its log the one that counts.
        if first_copy && self.queues[queue.index()].leader.is_none() {
            self.leads(now, pid, queue, 0);
        }
        let counts = self.queues[queue.index()].leader == Some(log);
        self.each(now, queue, span, |message, one, pen| {
            message.copies = message.copies.saturating_add(1);
            if counts {
                message.in_log = message.in_log.saturating_add(1);
                message.flags &= !(GONE | REMOVED);
            }
            if !message.has(STORED) {
                let (hop, ns) = (Hop::Stored, now - message.born);
                pen.note(queue, one, What::Took { hop, ns });
                message.flags |= STORED;
            } else if counts && message.in_log > 1 {
                pen.note(queue, one, What::StoredAgain);
            }
        });
        if first_copy {
            self.never_stored(now, queue, span);
        }
        self.queues[queue.index()].logs[log].push(Run {
            offset,
            at: now,
            lane: span.lane,
            first: span.first,
            count: span.count,
        });
        self.trim(queue, log);
    }

    /// Messages go in order from a producer to a leader. One that was acknowledged without being stored (acks=0) and is
    /// overtaken by a later one is lost.
    fn never_stored(&mut self, now: u64, queue: QueueId, span: Span) {
        let lane = &mut self.lanes[span.lane.index()];
        let (from, to) = (lane.stored_below, span.first.min(lane.next()));
        lane.stored_below = from.max(span.first.saturating_add(span.count));
        if from < to {
            let between = Span {
                first: from,
                count: to - from,
                ..span
            };
            self.each(now, queue, between, |message, _, _| {
                if message.has(ACKED) && !message.has(STORED) {
                    message.flags |= GONE;
                }
            });
        }
    }

    /// Forgets what a log holds of messages that are forgotten.
    fn trim(&mut self, queue: QueueId, log: usize) {
        let lanes = &self.lanes;
        self.queues[queue.index()].logs[log]
            .trim(|run| lanes[run.lane.index()].is_forgotten(run.first, run.count));
    }

    fn unstored(&mut self, now: u64, pid: Pid, queue: QueueId, span: Span, offset: u64, why: Gone) {
        if !self.known(queue, span.lane) {
            return;
        }
        let of = &mut self.queues[queue.index()];
        let log = of.log_of(pid);
        let counted = of.leader == Some(log);
        let behind = offset + u64::from(span.count);
        if why == Gone::Expired {
            of.logs[log].drop_front(behind);
            if counted {
                of.start = of.start.max(behind);
            }
        } else {
            of.logs[log].cut(offset);
        }
        self.each(now, queue, span, |message, _, _| {
            message.copies = message.copies.saturating_sub(1);
            if counted {
                message.in_log = message.in_log.saturating_sub(1);
            }
            match why {
                // Stored twice, it is there until its last offset is removed.
                Gone::Expired if counted && message.in_log == 0 => message.flags |= REMOVED,
                Gone::Expired if message.copies == 0 => message.flags |= REMOVED,
                _ if message.copies == 0 => message.flags |= GONE,
                _ => {}
            }
        });
    }

    fn visible(&mut self, now: u64, pid: Pid, queue: QueueId, below: u64) {
        let Some(of) = self.queues.get_mut(queue.index()) else {
            return;
        };
        // What a deposed leader shows is not what counts.
        if of.leader.is_some_and(|at| of.logs[at].pid != pid) {
            return;
        }
        let from = std::mem::replace(&mut of.visible, below);
        of.shown = of.shown.max(below);
        let Some(leader) = of.leader else { return };
        for run in of.logs[leader].between(from, below) {
            let lane = &mut self.lanes[run.lane.index()];
            for number in run.span().numbers() {
                if let Some(message) = lane.get_mut(number)
                    && message.visible_at == 0
                {
                    message.visible_at = now;
                }
            }
            let (hop, ns) = (Hop::Visible, now - run.at);
            self.changes.push(Change {
                queue,
                span: run.span(),
                what: What::Took { hop, ns },
            });
        }
    }

    fn reader(&self, queue: QueueId, group: GroupId) -> Option<usize> {
        let of = self.queues.get(queue.index())?;
        of.readers.iter().position(|r| r.group == group)
    }

    fn handed(
        &mut self,
        now: u64,
        pid: Pid,
        group: GroupId,
        queue: QueueId,
        span: Span,
        offset: u64,
    ) {
        let (Some(span), Some(bit)) = (self.real(queue, span), self.reader(queue, group)) else {
            return;
        };
        let before = self.queues[queue.index()].readers[bit].handed();
        if offset > before {
            self.skip(now, queue, bit, before, offset);
        }
        self.queues[queue.index()].readers[bit].hand(offset, span.count, now, pid);
        let lane = &mut self.lanes[span.lane.index()];
        for (number, offset) in span.numbers().zip(offset..) {
            if offset < before {
                continue;
            }
            if let Some(message) = lane.get_mut(number)
                && message.visible_at != 0
                && message.delivered & 1 << bit == 0
            {
                let ns = now - message.visible_at;
                let hop = Hop::Handed;
                self.changes.push(Change {
                    queue,
                    span: Span::one(span.lane, number),
                    what: What::Took { hop, ns },
                });
            }
        }
    }

    fn processed(&mut self, now: u64, group: GroupId, queue: QueueId, span: Span, offset: u64) {
        let (Some(span), Some(bit)) = (self.real(queue, span), self.reader(queue, group)) else {
            return;
        };
        let of = &mut self.queues[queue.index()];
        let mask = of.mask;
        let lane = &mut self.lanes[span.lane.index()];
        let mut pen = Pen {
            account: &mut self.account,
            changes: &mut self.changes,
            now,
        };
        for (number, offset) in span.numbers().zip(offset..) {
            let one = Span::one(span.lane, number);
            if let Some(since) = of.readers[bit].end_with(offset) {
                let (hop, ns) = (Hop::Processed, now - since);
                pen.note(queue, one, What::Took { hop, ns });
            }
            let what = deliver(lane, number, bit, group, now);
            pen.note(queue, one, what);
            if let Some(message) = lane.get_mut(number) {
                pen.settle(queue, mask, one, message);
            }
        }
        of.readers[bit].advance();
        lane.retire();
    }

    /// The group will not be given what stands between two offsets of the leader's log and is not in a consumer's hands.
    fn skip(&mut self, now: u64, queue: QueueId, bit: usize, from: u64, to: u64) {
        let of = &self.queues[queue.index()];
        let Some(leader) = of.leader else { return };
        let mut pen = Pen {
            account: &mut self.account,
            changes: &mut self.changes,
            now,
        };
        let reader = &of.readers[bit];
        let (own, what) = (
            1 << bit,
            What::Skipped {
                group: reader.group,
            },
        );
        for run in of.logs[leader].between(from, to) {
            let lane = &mut self.lanes[run.lane.index()];
            for (number, offset) in run.span().numbers().zip(run.offset..) {
                let Some(message) = lane.get_mut(number) else {
                    continue;
                };
                if (message.delivered | message.skipped) & own != 0 || reader.is_held(offset) {
                    continue;
                }
                message.skipped |= own;
                let one = Span::one(run.lane, number);
                pen.note(queue, one, what);
                pen.settle(queue, of.mask, one, message);
            }
            lane.retire();
        }
    }

    fn committed(&mut self, now: u64, group: GroupId, queue: QueueId, offset: u64) {
        let Some(bit) = self.reader(queue, group) else {
            return;
        };
        let reader = &mut self.queues[queue.index()].readers[bit];
        reader.commit(offset);
        let handed = reader.handed();
        if offset > handed {
            self.skip(now, queue, bit, handed, offset);
            let reader = &mut self.queues[queue.index()].readers[bit];
            reader.fill(offset);
            reader.advance();
        }
        self.pass_returned(now, queue, bit);
    }

    /// What was given back below the stored position will not be handed out again.
    fn pass_returned(&mut self, now: u64, queue: QueueId, bit: usize) {
        let mut from = 0;
        while let Some(at) = self.queues[queue.index()].readers[bit].pass_returned(from) {
            self.skip(now, queue, bit, at, at + 1);
            from = at + 1;
        }
        self.queues[queue.index()].readers[bit].advance();
    }

    fn jump(&mut self, now: u64, group: GroupId, queue: QueueId, offset: u64) {
        let Some(bit) = self.reader(queue, group) else {
            return;
        };
        let open = self.queues[queue.index()].readers[bit].open();
        if offset > open {
            self.skip(now, queue, bit, open, offset);
            let reader = &mut self.queues[queue.index()].readers[bit];
            reader.pass_below(offset);
            reader.advance();
        }
    }

    /// A consumer no longer has what it was handed (of one queue, or of all).
    fn give_back(&mut self, now: u64, pid: Pid, only: Option<(GroupId, QueueId)>) {
        let queues = match only {
            Some((_, queue)) => queue.index()..queue.index() + 1,
            None => 0..self.queues.len(),
        };
        for at in queues {
            let Some(of) = self.queues.get_mut(at) else {
                continue;
            };
            for bit in 0..of.readers.len() {
                let reader = &mut self.queues[at].readers[bit];
                if only.is_none_or(|(group, _)| group == reader.group) && reader.give_back(pid) {
                    self.pass_returned(now, QueueId(at as u32), bit);
                }
            }
        }
    }

    /// A process's log is the one that counts from now on.
    fn leads(&mut self, now: u64, pid: Pid, queue: QueueId, epoch: u32) {
        let Some(of) = self.queues.get_mut(queue.index()) else {
            return;
        };
        if epoch < of.epoch {
            return;
        }
        of.epoch = epoch;
        let lanes = &self.lanes;
        let new = of.log_of(pid);
        let old = of.leader.replace(new);
        if let Some(old) = old
            && old != new
        {
            let from = of.logs[new].parts_from(&of.logs[old], |lane, number| {
                lanes[lane.index()].get(number).is_some()
            });
            if from < of.shown {
                let what = What::Rewritten { from, to: of.shown };
                let span = Span {
                    lane: LaneId(u32::MAX),
                    first: 0,
                    count: 0,
                };
                self.changes.push(Change { queue, span, what });
                of.shown = from;
            }
            of.visible = of.visible.min(from);
            for reader in &mut of.readers {
                if from < reader.handed() {
                    reader.cut(from);
                }
            }
        }
        if old.is_some() {
            self.recount(now, queue, new);
        }
    }

    /// Which messages stand in the log of the new leader, and which do not.
    fn recount(&mut self, now: u64, queue: QueueId, leader: usize) {
        let of = &self.queues[queue.index()];
        let lanes = &mut self.lanes;
        let mut all = |act: &mut dyn FnMut(usize, Span, &mut Message)| {
            for (at, log) in of.logs.iter().enumerate() {
                for run in &log.runs {
                    for number in run.span().numbers() {
                        if let Some(message) = lanes[run.lane.index()].get_mut(number) {
                            act(at, Span::one(run.lane, number), message);
                        }
                    }
                }
            }
        };
        let mut pen = Pen {
            account: &mut self.account,
            changes: &mut self.changes,
            now,
        };
        all(&mut |_, _, message| (message.copies, message.in_log) = (0, 0));
        all(&mut |log, _, message| {
            message.copies = message.copies.saturating_add(1);
            if log == leader {
                message.in_log = message.in_log.saturating_add(1);
            }
        });
        all(&mut |_, one, message| {
            if message.in_log > 0 {
                message.flags &= !(GONE | REMOVED);
            } else if !message.has(REMOVED) {
                message.flags |= GONE;
            }
            pen.settle(queue, of.mask, one, message);
        });
        for run in of.logs.iter().flat_map(|l| &l.runs) {
            self.lanes[run.lane.index()].retire();
        }
    }
}

/// A group ended with a message.
fn deliver(lane: &mut Lane, number: u32, bit: usize, group: GroupId, now: u64) -> What {
    let own = 1 << bit;
    let mut ns = 0;
    let (mut again, mut refused, mut key) = (true, false, u32::MAX);
    if let Some(message) = lane.get_mut(number) {
        again = message.delivered & own != 0;
        refused = message.has(REFUSED);
        key = message.key;
        message.delivered |= own;
        if !again {
            ns = now - message.born;
        }
    }
    let (mut after, mut after_of_key) = (None, None);
    if !again {
        after = lane.pass(number, bit);
        if after.is_some() && key != u32::MAX {
            after_of_key = lane.later_with_key(number, key, bit);
        }
    }
    What::Delivered {
        group,
        ns,
        again,
        refused,
        after,
        after_of_key,
    }
}

impl Observer for Ledger {
    #[inline]
    fn record(&mut self, record: &Record) {
        self.apply(record);
    }
}
