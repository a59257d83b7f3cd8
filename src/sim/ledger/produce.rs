//! What producers do: they make messages, and are told what became of them.

use super::message::{ACKED, Message, REFUSED, UNSENT};
use super::{Hop, Ledger, State};
use crate::sim::record::Why;
use crate::sim::{LaneId, QueueId, Span};

/// Room for so many busy lanes is made at least.
const BUSY_MIN: usize = 64;

impl Ledger {
    pub(super) fn produced(&mut self, now: u64, queue: QueueId, span: Span, key: Option<u32>) {
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
        if waits && !lane.busy {
            lane.busy = true;
            self.note_busy(span.lane);
        }
    }

    /// Something is in flight in a lane again. Where nothing is any more is forgotten now and then, when there was room for
    /// no more.
    #[inline(never)]
    fn note_busy(&mut self, lane: LaneId) {
        if self.busy.len() == self.busy.capacity() {
            let lanes = &mut self.lanes;
            self.busy.retain(|&at| {
                let lane = &mut lanes[at as usize];
                lane.busy = !lane.ring.is_empty();
                lane.busy
            });
            self.busy.reserve(self.busy.len() + BUSY_MIN);
        }
        self.busy.push(lane.0);
    }

    #[cold]
    #[inline(never)]
    pub(super) fn refused(&mut self, now: u64, queue: QueueId, span: Span, why: Why) {
        let flags = if why == Why::BufferFull {
            REFUSED | UNSENT
        } else {
            REFUSED
        };
        self.each(now, queue, span, |message, _, _| {
            message.flags |= flags;
            true
        });
    }

    pub(super) fn acked(
        &mut self,
        now: u64,
        queue: QueueId,
        span: Span,
        took: &mut impl FnMut(Hop, u64, u32),
    ) {
        let is_unread = self.queues.get(queue.index()).is_some_and(|q| q.mask == 0);
        self.each(now, queue, span, |message, one, pen| {
            if !message.has(ACKED) {
                took(Hop::Acked, now - message.born, 1);
                message.flags |= ACKED;
                if message.state == State::Lost {
                    pen.account.lost_acked += 1;
                    pen.became(queue, one, message, State::Lost);
                }
            }
            // What is stored, and read by somebody who has not ended with it, goes on as before.
            is_unread || message.in_log == 0 || message.state != State::InFlight
        });
    }
}
