//! Queues whose messages leave one by one: what consumers have of them, what they ended with, and what is left.
//!
//! Such a queue has no position. A message that comes back to the queue (because nobody deleted it in time) changes
//! nothing here: it was and is there, and the consumer that had it may still end with it.

use std::collections::{BTreeMap, BTreeSet};

use super::consume::deliver;
use super::log::Run;
use super::message::{GONE, REMOVED};
use super::pen::Pen;
use super::{Hop, Ledger};
use crate::sim::record::Gone;
use crate::sim::{GroupId, LaneId, Pid, QueueId, Span};

/// A message in a consumer's hands.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// Since when, ns.
    at: u64,
    by: Pid,
    lane: LaneId,
    number: u32,
}

/// What a group has to do with the messages of a queue that leave one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Bag {
    /// By offset: who was handed it last, and has not ended with it.
    held: BTreeMap<u64, Held>,
    /// Offsets that the group ended with and that are still there.
    ended: BTreeSet<u64>,
}

impl Bag {
    /// How many messages are still there although the group ended with them.
    pub fn ended(&self) -> u64 {
        self.ended.len() as u64
    }

    /// Whether the group ended with what stands at an offset.
    pub fn is_ended(&self, offset: u64) -> bool {
        self.ended.contains(&offset)
    }

    /// Whether a consumer has a message, wherever it stood.
    fn has(&self, lane: LaneId, number: u32) -> bool {
        let mut held = self.held.values();
        held.any(|h| (h.lane, h.number) == (lane, number))
    }

    /// A consumer ended with an offset: since when it had it, unless another has it now.
    fn release(&mut self, offset: u64, by: Pid) -> Option<u64> {
        let held = self.held.get(&offset).filter(|h| h.by == by)?;
        let since = held.at;
        self.held.remove(&offset);
        Some(since)
    }
}

impl Ledger {
    #[inline(never)]
    pub(super) fn handed_singly(
        &mut self,
        pid: Pid,
        bit: usize,
        queue: QueueId,
        run: Run,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
        let held = Held {
            at: run.at,
            by: pid,
            lane: run.lane,
            number: run.first,
        };
        let reader = &mut self.queues[queue.index()].readers[bit];
        reader.bag.held.insert(run.offset, held);
        if let Some(message) = self.lanes[run.lane.index()].get_mut(run.first)
            && message.visible_at != 0
            && !std::mem::replace(&mut message.handed, true)
        {
            took(Hop::Handed, run.at - message.visible_at, 1);
        }
    }

    #[inline(never)]
    pub(super) fn processed_singly(
        &mut self,
        pid: Pid,
        (group, bit): (GroupId, usize),
        queue: QueueId,
        run: Run,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
        let of = &mut self.queues[queue.index()];
        let lane = &mut self.lanes[run.lane.index()];
        let one = Span::one(run.lane, run.first);
        let since = of.readers[bit].bag.release(run.offset, pid);
        let message = lane.get_mut(run.first);
        if let Some(since) = since
            && message.is_some_and(|m| m.delivered & 1 << bit == 0)
        {
            took(Hop::Processed, run.at - since, 1);
        }
        let mut pen = Pen {
            account: &mut self.account,
            changes: &mut self.changes,
            now: run.at,
        };
        let what = deliver(lane, run.first, bit, group, run.at);
        pen.note(queue, one, what);
        if let Some(message) = lane.get_mut(run.first) {
            pen.settle(queue, of.mask, one, message);
        }
        if of.leader.is_some_and(|at| of.logs[at].holds(run.offset)) {
            of.readers[bit].bag.ended.insert(run.offset);
        }
        lane.retire();
    }

    /// A message is gone from its queue. Deleted before any consumer ended with it, it is lost, unless one has it still.
    #[inline(never)]
    pub(super) fn unstored_singly(
        &mut self,
        now: u64,
        pid: Pid,
        queue: QueueId,
        span: Span,
        offset: u64,
        why: Gone,
    ) {
        let of = &mut self.queues[queue.index()];
        let log = of.log_of(pid);
        of.logs[log].take_out(offset);
        of.gone += 1;
        for reader in &mut of.readers {
            reader.bag.ended.remove(&offset);
        }
        let lane = self.lanes.get(span.lane.index());
        let delivered = lane.and_then(|l| l.get(span.first)).map(|m| m.delivered);
        let mut missed = 0;
        if delivered.is_some_and(|d| d & of.mask != of.mask) {
            for (bit, reader) in of.readers.iter().enumerate() {
                missed |= u32::from(!reader.bag.has(span.lane, span.first)) << bit;
            }
        }
        self.each(now, queue, span, |message, _, _| {
            message.copies = message.copies.saturating_sub(1);
            message.in_log = message.in_log.saturating_sub(1);
            if message.in_log == 0 {
                match why {
                    Gone::Expired => message.flags |= REMOVED,
                    Gone::Deleted => message.skipped |= missed & !message.delivered,
                    Gone::Truncated | Gone::Unsynced => message.flags |= GONE,
                }
            }
            true
        });
    }

    /// A consumer is gone. What it had comes back to the queue; what it had deleted beforehand does not.
    pub(super) fn give_back_singly(&mut self, now: u64, pid: Pid, queue: QueueId, bit: usize) {
        let of = &mut self.queues[queue.index()];
        let log = of.leader.map(|at| &of.logs[at]);
        let is_there = |offset: u64| log.is_some_and(|l| l.holds(offset));
        let mut missed = Vec::new();
        of.readers[bit].bag.held.retain(|&offset, held| {
            let stays = held.by != pid;
            if !stays && !is_there(offset) {
                missed.push(Span::one(held.lane, held.number));
            }
            stays
        });
        let bag = &of.readers[bit].bag;
        missed.retain(|span| !bag.has(span.lane, span.first));
        for span in missed {
            self.each(now, queue, span, |message, _, _| {
                let is_gone = message.in_log == 0;
                message.skipped |= u32::from(is_gone) << bit & !message.delivered;
                is_gone
            });
        }
    }
}
