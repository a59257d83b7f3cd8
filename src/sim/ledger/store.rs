//! What processes do that hold copies: they store and remove messages, and let consumers see them.

use super::log::Run;
use super::message::{ACKED, GONE, REFUSED, REMOVED, STORED};
use super::{Hop, Ledger, State, What};
use crate::sim::record::Gone;
use crate::sim::{Pid, QueueId, Span};

/// A log is trimmed when it has so many runs, or a multiple of it.
pub(super) const TRIM_EVERY: usize = 8;

impl Ledger {
    pub(super) fn stored(
        &mut self,
        pid: Pid,
        queue: QueueId,
        run: Run,
        first_copy: bool,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
        if !self.known(queue, run.lane) {
            return;
        }
        // Somebody who woke up and still believes that it leads appends too: that does not make its log the one that counts.
        if first_copy && self.queues[queue.index()].leader.is_none() {
            self.leads(run.at, pid, queue, 0);
        }
        let of = &mut self.queues[queue.index()];
        let log = of.log_of(pid);
        let counts = of.leader == Some(log);
        let is_copy = !counts && !first_copy;
        if !(is_copy && self.lanes[run.lane.index()].copied(run.first, run.count)) {
            self.stored_new(queue, run, counts, took);
        }
        if first_copy {
            let lane = &mut self.lanes[run.lane.index()];
            let from = lane.stored_below;
            lane.stored_below = from.max(run.first.saturating_add(run.count));
            if from < run.first {
                self.never_stored(run.at, queue, run.span(), from);
            }
        }
        let of = &mut self.queues[queue.index()];
        let log = &mut of.logs[log];
        log.push(run);
        if log.runs.len().is_multiple_of(TRIM_EVERY) {
            log.trim(&self.lanes, of.visible);
        }
    }

    /// What a copy means for the messages in it, unless it is one copy more and nothing else.
    #[inline]
    fn stored_new(
        &mut self,
        queue: QueueId,
        run: Run,
        counts: bool,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
        let of = &self.queues[queue.index()];
        let (is_unread, singly) = (of.mask == 0, of.singly);
        self.each(run.at, queue, run.span(), |message, one, pen| {
            let is_first = !message.has(STORED);
            if singly {
                // What was missed is there to be had again.
                message.skipped = 0;
            }
            message.copies = message.copies.saturating_add(1);
            if counts {
                message.in_log = message.in_log.saturating_add(1);
                message.flags &= !(GONE | REMOVED);
            }
            if is_first {
                took(Hop::Stored, run.at - message.born, 1);
                message.flags |= STORED;
            } else if counts && message.in_log > 1 {
                pen.note(queue, one, What::StoredAgain);
            }
            // A copy more changes nothing for a message that is on its way, and that no group has come by.
            message.state != State::InFlight
                || message.delivered | message.skipped != 0
                || (is_unread && message.has(ACKED | REFUSED))
        });
    }

    /// Messages go in order from a producer to a leader. One that was acknowledged without being stored (acks=0) and is
    /// overtaken by a later one is lost.
    #[cold]
    #[inline(never)]
    fn never_stored(&mut self, now: u64, queue: QueueId, span: Span, from: u32) {
        let to = span.first.min(self.lanes[span.lane.index()].next());
        if from < to {
            let between = Span {
                first: from,
                count: to - from,
                ..span
            };
            self.each(now, queue, between, |message, _, _| {
                let is_lost = message.has(ACKED) && !message.has(STORED);
                if is_lost {
                    message.flags |= GONE;
                }
                is_lost
            });
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn unstored(
        &mut self,
        now: u64,
        pid: Pid,
        queue: QueueId,
        span: Span,
        offset: u64,
        why: Gone,
    ) {
        if !self.known(queue, span.lane) {
            return;
        }
        if self.queues[queue.index()].singly {
            return self.unstored_singly(now, pid, queue, span, offset, why);
        }
        let of = &mut self.queues[queue.index()];
        let log = of.log_of(pid);
        let counted = of.leader == Some(log);
        let behind = offset + u64::from(span.count);
        if counted && why == Gone::Unsynced && of.before_loss.is_none() {
            of.before_loss = Some(of.logs[log].clone());
        }
        of.logs[log].take_aside(span, offset);
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
            true
        });
    }

    pub(super) fn visible(
        &mut self,
        now: u64,
        pid: Pid,
        queue: QueueId,
        below: u64,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
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
            took(Hop::Visible, now - run.at, run.count);
        }
    }
}
