//! What groups do: they are handed messages, end with them, pass over them and give them back.

use super::log::Run;
use super::message::{Lane, REFUSED};
use super::pen::Pen;
use super::{Hop, Ledger, What};
use crate::sim::{GroupId, Pid, QueueId, Span};

impl Ledger {
    fn reader(&self, queue: QueueId, group: GroupId) -> Option<usize> {
        let of = self.queues.get(queue.index())?;
        of.readers.iter().position(|r| r.group == group)
    }

    pub(super) fn handed(
        &mut self,
        pid: Pid,
        group: GroupId,
        queue: QueueId,
        run: Run,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
        let (now, offset) = (run.at, run.offset);
        let span = self.real(queue, run.span());
        let (Some(span), Some(bit)) = (span, self.reader(queue, group)) else {
            return;
        };
        if self.queues[queue.index()].singly {
            return self.handed_singly(pid, bit, queue, run, took);
        }
        let before = self.queues[queue.index()].readers[bit].handed();
        if offset > before {
            self.skip(now, queue, bit, before, offset);
        }
        self.queues[queue.index()].readers[bit].hand(offset, span.count, now, pid);
        let lane = &mut self.lanes[span.lane.index()];
        // Those of a batch were visible at one moment.
        let (mut since, mut count) = (0, 0);
        for (number, offset) in span.numbers().zip(offset..) {
            if offset < before {
                continue;
            }
            if let Some(message) = lane.get_mut(number)
                && message.visible_at != 0
                && message.delivered & 1 << bit == 0
            {
                if count > 0 && since != message.visible_at {
                    took(Hop::Handed, now - since, count);
                    count = 0;
                }
                since = message.visible_at;
                count += 1;
            }
        }
        if count > 0 {
            took(Hop::Handed, now - since, count);
        }
    }

    pub(super) fn processed(
        &mut self,
        pid: Pid,
        group: GroupId,
        queue: QueueId,
        run: Run,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
        let (now, offset) = (run.at, run.offset);
        let span = self.real(queue, run.span());
        let (Some(span), Some(bit)) = (span, self.reader(queue, group)) else {
            return;
        };
        if self.queues[queue.index()].singly {
            return self.processed_singly(pid, (group, bit), queue, run, took);
        }
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
                took(Hop::Processed, now - since, 1);
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
    #[cold]
    #[inline(never)]
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

    pub(super) fn committed(&mut self, now: u64, group: GroupId, queue: QueueId, offset: u64) {
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

    #[cold]
    #[inline(never)]
    pub(super) fn jump(&mut self, now: u64, group: GroupId, queue: QueueId, offset: u64) {
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
    #[cold]
    #[inline(never)]
    pub(super) fn give_back(&mut self, now: u64, pid: Pid, only: Option<(GroupId, QueueId)>) {
        let queues = match only {
            Some((_, queue)) => queue.index()..queue.index() + 1,
            None => 0..self.queues.len(),
        };
        for at in queues {
            let Some(of) = self.queues.get_mut(at) else {
                continue;
            };
            for bit in 0..of.readers.len() {
                if self.queues[at].singly {
                    self.give_back_singly(now, pid, QueueId(at as u32), bit);
                    continue;
                }
                let reader = &mut self.queues[at].readers[bit];
                if only.is_none_or(|(group, _)| group == reader.group) && reader.give_back(pid) {
                    self.pass_returned(now, QueueId(at as u32), bit);
                }
            }
        }
    }
}

/// A group ended with a message.
pub(super) fn deliver(lane: &mut Lane, number: u32, bit: usize, group: GroupId, now: u64) -> What {
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
