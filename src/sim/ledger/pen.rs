//! Where changes of the account are written down, and the verdict on each message that a record speaks of.

use super::message::{ACKED, GONE, Message, PASSED};
use super::{Account, Change, Ledger, State, What};
use crate::sim::{LaneId, QueueId, Span};

/// Where changes are written down while lanes and queues are borrowed.
pub(super) struct Pen<'a> {
    pub account: &'a mut Account,
    pub changes: &'a mut Vec<Change>,
    pub now: u64,
}

impl Pen<'_> {
    #[inline]
    pub fn note(&mut self, queue: QueueId, span: Span, what: What) {
        self.changes.push(Change { queue, span, what });
    }

    /// The message may have come into another state.
    #[inline]
    pub fn settle(&mut self, queue: QueueId, readers: u32, span: Span, message: &mut Message) {
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

    pub fn became(&mut self, queue: QueueId, span: Span, message: &mut Message, from: State) {
        let to = message.state;
        let gone = message.in_log == 0 && message.has(GONE);
        let (was_skipped, skipped) = (message.has(PASSED), to == State::Lost && !gone);
        message.flags &= !PASSED;
        message.flags |= if skipped { PASSED } else { 0 };
        let what = What::Became {
            from,
            to,
            acked: message.has(ACKED),
            was_skipped,
            skipped,
            age_ns: self.now - message.born,
        };
        self.note(queue, span, what);
    }
}

impl Ledger {
    pub(super) fn known(&self, queue: QueueId, lane: LaneId) -> bool {
        queue.index() < self.queues.len() && lane.index() < self.lanes.len()
    }

    /// Notes the part of a span that was never produced, and gives back the rest.
    #[inline]
    pub(super) fn real(&mut self, queue: QueueId, span: Span) -> Option<Span> {
        if !self.known(queue, span.lane) {
            return None;
        }
        let next = self.lanes[span.lane.index()].next();
        if span.first.saturating_add(span.count) <= next {
            return Some(span);
        }
        self.phantom(queue, span, next)
    }

    #[cold]
    fn phantom(&mut self, queue: QueueId, span: Span, next: u32) -> Option<Span> {
        let first = span.first.max(next);
        let unknown = Span {
            first,
            count: span.first.saturating_add(span.count) - first,
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

    /// Does something with each message of a span, and sees what has become of it where that may be something else now.
    #[inline]
    pub(super) fn each(
        &mut self,
        now: u64,
        queue: QueueId,
        span: Span,
        mut act: impl FnMut(&mut Message, Span, &mut Pen<'_>) -> bool,
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
        let mut is_new = false;
        for number in span.numbers() {
            let one = Span::one(span.lane, number);
            if let Some(message) = lane.get_mut(number) {
                if act(message, one, &mut pen) {
                    pen.settle(queue, mask, one, message);
                    is_new = true;
                }
            } else if let Some(shelf) = lane.shelf_mut()
                && let Some(mut message) = shelf.get(number)
            {
                if act(&mut message, one, &mut pen) {
                    pen.settle(queue, mask, one, &mut message);
                }
                shelf.put(number, &message);
            }
        }
        if is_new {
            lane.retire();
        }
    }
}
