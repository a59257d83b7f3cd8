//! The ledger: what has become of each message, kept from records alone. It draws nothing and decides nothing; metrics
//! and checks read it, and the [`Change`]s that each record makes in it.
//!
//! Memory follows the messages whose life is not over, not the length of the run: messages leave in the order of their
//! lane once their producer knows their end and every group that reads the queue is done with them. Where no group reads,
//! messages whose producer knows their end are kept as ranges of numbers that share their fate (`shelf`).

mod account;
mod bag;
#[cfg(test)]
mod bag_tests;
mod change;
mod consume;
#[cfg(test)]
mod histories;
mod lead;
mod log;
#[cfg(test)]
mod memory_tests;
mod message;
#[cfg(test)]
mod oracle;
mod pen;
mod produce;
mod queue;
mod ranges;
mod reader;
#[cfg(test)]
pub(crate) mod script;
mod shelf;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

use std::sync::Arc;

pub use account::{Account, State};
pub use change::{Change, Hop, What};
pub use queue::Queue;
pub use reader::Reader;

use log::Run;
use message::Lane;

use super::record::Outcome;
use super::{Fact, GroupId, LaneId, Names, Observer, Pid, QueueId, Record, Span};

/// No more groups than this are told apart on one queue.
pub const GROUPS_MAX: usize = 32;

/// The account of every message's life. See the [module](self).
#[derive(Clone, Debug)]
pub struct Ledger {
    names: Arc<Names>,
    lanes: Vec<Lane>,
    /// The lanes in which messages may be in flight that some group reads, in no order.
    busy: Vec<u32>,
    queues: Vec<Queue>,
    account: Account,
    changes: Vec<Change>,
}

impl Ledger {
    /// The account of a run at its beginning.
    pub fn new(names: Arc<Names>) -> Self {
        let mut queues: Vec<Queue> = names.queues.iter().map(|q| Queue::new(q.singly)).collect();
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
        let lanes = names.lanes.iter().map(|l| {
            let queue = queues.get(l.queue.index());
            let is_unread = queue.is_some_and(|q| q.mask == 0);
            Lane::new(is_unread, queue.is_some_and(|q| q.singly))
        });
        let lanes = lanes.collect();
        Self {
            names,
            lanes,
            busy: Vec::new(),
            queues,
            account: Account::default(),
            changes: Vec::new(),
        }
    }

    /// What things are called.
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// Things are called this from now on: more of them have names than before.
    pub fn learn(&mut self, names: &Arc<Names>) {
        self.names = Arc::clone(names);
    }

    /// What the last record changed, in order.
    #[inline]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How many messages are in each state now.
    #[inline]
    pub fn account(&self) -> Account {
        self.account
    }

    /// A queue.
    #[inline]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(id.index())
    }

    /// All queues, by [`QueueId`].
    pub fn queues(&self) -> &[Queue] {
        &self.queues
    }

    /// The message at an offset of the leader's log; `None` if its life is over or there is none.
    pub fn stands_at(&self, queue: QueueId, offset: u64) -> Option<(LaneId, u32)> {
        let queue = self.queues.get(queue.index())?;
        let log = &queue.logs[queue.leader?];
        let run = log.between(offset, offset + 1).next()?;
        Some((run.lane, run.first))
    }

    /// When the message at an offset of the leader's log was made, ns; `None` if its life is over or there is none.
    pub fn born_at(&self, queue: QueueId, offset: u64) -> Option<u64> {
        let queue = self.queues.get(queue.index())?;
        let log = &queue.logs[queue.leader?];
        let run = log.between(offset, offset + 1).next()?;
        Some(self.lanes.get(run.lane.index())?.get(run.first)?.born)
    }

    /// How many messages of a lane were made.
    pub fn made(&self, lane: LaneId) -> u32 {
        self.lanes.get(lane.index()).map_or(0, Lane::next)
    }

    /// Whether a message that was made has not ended.
    pub fn is_in_flight(&self, lane: LaneId, number: u32) -> bool {
        let message = self.lanes.get(lane.index()).and_then(|l| l.get(number));
        message.is_some_and(|m| m.state == State::InFlight)
    }

    /// When the oldest message in flight in a queue that some group reads was made, ns. Looks through what is remembered.
    pub fn oldest_in_flight(&self) -> Option<u64> {
        let lanes = self.busy.iter().map(|&at| &self.lanes[at as usize]);
        lanes.filter_map(Lane::oldest_in_flight).min()
    }

    /// How many messages are remembered: what memory follows.
    pub fn remembered(&self) -> usize {
        self.lanes.iter().map(Lane::remembered).sum()
    }

    /// Takes a record in; [`Ledger::changes`] is then what it changed. `took` is told how long messages took for a stretch of
    /// their way, each for the first time: which stretch, ns, and how many messages.
    #[inline]
    pub fn apply(&mut self, record: &Record, took: &mut impl FnMut(Hop, u64, u32)) {
        self.changes.clear();
        let (now, pid) = (record.at, record.pid);
        match record.fact {
            Fact::Produced {
                queue, span, key, ..
            } => self.produced(now, queue, span, key),
            Fact::Refused { queue, span, why } => self.refused(now, queue, span, why),
            Fact::Acked { queue, span } => self.acked(now, queue, span, took),
            Fact::Stored {
                queue,
                span,
                offset,
                first_copy,
            } => self.stored(pid, queue, Run::new(span, offset, now), first_copy, took),
            Fact::Unstored {
                queue,
                span,
                offset,
                why,
            } => self.unstored(now, pid, queue, span, offset, why),
            Fact::Visible { queue, below, .. } => self.visible(now, pid, queue, below, took),
            Fact::Handed {
                group,
                queue,
                span,
                offset,
            } => self.handed(pid, group, queue, Run::new(span, offset, now), took),
            Fact::Processed {
                group,
                queue,
                span,
                offset,
                outcome,
            } if outcome != Outcome::Failed => {
                self.processed(pid, group, queue, Run::new(span, offset, now), took);
            }
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
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                self.give_back(now, pid, None);
            }
            Fact::Leads { queue, epoch } => self.leads(now, pid, queue, epoch),
            _ => {}
        }
    }
}

impl Observer for Ledger {
    #[inline]
    fn record(&mut self, record: &Record) {
        self.apply(record, &mut |_, _, _| ());
    }
}
