//! Requests to brokers: when one may be sent, and what goes into it.

use std::sync::Arc;

use crate::sim::Token;

use super::super::super::Ctx;
use super::super::super::protocol::{Acks, Produce, ProduceCall, Request};
use super::super::accumulator::OutBatch;
use super::led::Led;
use super::{Asked, ProducerClient, WAKE};

impl ProducerClient {
    pub(super) fn pump_all(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let mut from = 0;
        while let Some(&broker) =
            self.stirring[self.stirring.partition_point(|&b| b < from)..].first()
        {
            self.pump(broker as usize, now, ctx);
            from = broker + 1;
        }
    }

    /// Sends to a broker as long as something is ready and it may be sent.
    pub(super) fn pump(&mut self, broker: usize, now: u64, ctx: &mut Ctx<'_>) {
        let in_flight_max = self.config.in_flight_max;
        while self
            .led
            .get(broker)
            .is_some_and(|l| l.in_flight < in_flight_max)
        {
            let up_at = self.view.up_at(broker);
            let ready_at = self.ready_at(broker).max(up_at);
            if ready_at > now {
                self.wake.by(ready_at, Token::of(self.timers + WAKE), ctx);
                return;
            }
            if self.config.idempotent && self.id.is_none() {
                self.ask(ctx);
                return;
            }
            if !self.send_to(broker, now, ctx) {
                return;
            }
        }
    }

    /// One request: the first batch of every partition that the broker leads, ready or not
    /// (`RecordAccumulator.drainBatchesForOneNode`). False if there is none to send.
    fn send_to(&mut self, broker: usize, now: u64, ctx: &mut Ctx<'_>) -> bool {
        let mut batches = self.spare_batches.pop().unwrap_or_default();
        let spare = self.spare_calls.pop();
        let mut call = spare.unwrap_or_else(|| Box::new(self.empty_call()));
        self.drain(broker, now, ctx.clock(), &mut call, &mut batches);
        if call.asks.batches.is_empty() {
            self.spare_batches.push(batches);
            self.spare_calls.push(call);
            return false;
        }
        let produce = Request::Produce(call);
        let to = self.view.brokers()[broker];
        if self.config.acks == Acks::Zero {
            self.requests.send_only(to, produce, ctx);
            for (part, batch) in batches.drain(..) {
                self.parts[part as usize].in_flight -= 1;
                self.changed(part);
                self.used -= batch.memory;
                self.accept(part, batch.span, ctx);
            }
            self.spare_batches.push(batches);
            self.unblock(ctx);
        } else {
            let timeout = self.config.request_timeout_ns;
            let what = Asked::Produce(batches);
            self.requests.send(to, produce, timeout, what, ctx);
            self.led.at(broker).in_flight += 1;
        }
        true
    }

    /// Takes the batches of one request from their partitions: into the call what goes over the wire, into `batches` what
    /// the client keeps. The partition that does not fit any more is the first of the next request.
    fn drain(
        &mut self,
        broker: usize,
        now: u64,
        timestamp_ns: i64,
        call: &mut ProduceCall,
        batches: &mut Vec<(u32, OutBatch)>,
    ) {
        let rules = self.rules();
        let led = self.led.at(broker);
        let Led { slots, begin, .. } = &mut *led;
        // Who leads what may have changed since.
        let from = begin.checked_rem(slots.len()).unwrap_or(0);
        let (before, behind) = slots.split_at_mut(from);
        let wire = &mut call.asks.batches;
        let mut bytes = 0;
        for (nth, slot) in behind.iter_mut().chain(before).enumerate() {
            if slot.due == u64::MAX {
                continue;
            }
            let part = &mut self.parts[slot.part as usize];
            let Some(first) = part.batches.front() else {
                continue;
            };
            if first.not_before > now {
                continue;
            }
            if bytes + first.bytes > self.config.request_bytes_max && !wire.is_empty() {
                *begin = from + nth;
                break;
            }
            if let Some(batch) = part.take(rules.id, timestamp_ns) {
                bytes += batch.bytes;
                if let Some(sealed) = &batch.sealed {
                    wire.push((part.queue, Arc::clone(sealed)));
                }
                batches.push((slot.part, batch));
            }
            slot.due = rules.due(part);
        }
        led.look();
        self.note_due(broker);
    }

    /// A request with nothing in it.
    fn empty_call(&self) -> ProduceCall {
        ProduceCall {
            asks: Produce {
                acks: self.config.acks,
                timeout_ns: self.config.request_timeout_ns,
                batches: Vec::new(),
            },
            answer: Vec::new(),
        }
    }
}
