//! Requests to brokers: when one may be sent, and what goes into it.

use std::sync::Arc;

use crate::sim::Token;

use super::super::super::Ctx;
use super::super::super::protocol::{Acks, Produce, ProduceCall, Request};
use super::super::accumulator::OutBatch;
use super::{Asked, ProducerClient, WAKE};

impl ProducerClient {
    pub(super) fn pump_all(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        for broker in 0..self.led.len() {
            self.pump(broker, now, ctx);
        }
    }

    /// Sends to a broker as long as something is ready and it may be sent.
    pub(super) fn pump(&mut self, broker: usize, now: u64, ctx: &mut Ctx<'_>) {
        while self.in_flight[broker] < self.config.in_flight_max {
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

    /// When the first batch for a broker is ready. With messages that wait for room, or at the end, every batch is.
    pub(super) fn ready_at(&self, broker: usize) -> u64 {
        let (linger, size) = (self.config.linger_ns, self.config.batch_bytes);
        let hurries = self.flushing || !self.waiting.is_empty();
        let linger = if hurries { 0 } else { linger };
        let one = self.config.in_flight_max == 1;
        let id = self.id.filter(|_| self.config.idempotent);
        let mut earliest = u64::MAX;
        for &at in &self.led[broker].0 {
            let part = &self.parts[at as usize];
            let ready_at = part.ready_at(linger, size);
            if ready_at < earliest && part.may_send(id, one) {
                earliest = ready_at;
            }
        }
        earliest
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
                self.used -= batch.memory;
                self.accept(part, batch.span, ctx);
            }
            self.spare_batches.push(batches);
            self.unblock(ctx);
        } else {
            let timeout = self.config.request_timeout_ns;
            let what = Asked::Produce(batches);
            self.requests.send(to, produce, timeout, what, ctx);
            self.in_flight[broker] += 1;
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
        let one = self.config.in_flight_max == 1;
        let id = self.id.filter(|_| self.config.idempotent);
        let (led, begin) = &mut self.led[broker];
        // Who leads what may have changed since.
        let from = begin.checked_rem(led.len()).unwrap_or(0);
        let (before, behind) = led.split_at(from);
        let wire = &mut call.asks.batches;
        let mut bytes = 0;
        for (nth, &at) in behind.iter().chain(before).enumerate() {
            let part = &mut self.parts[at as usize];
            let Some(first) = part.batches.front() else {
                continue;
            };
            if first.not_before > now || !part.may_send(id, one) {
                continue;
            }
            if bytes + first.bytes > self.config.request_bytes_max && !wire.is_empty() {
                *begin = from + nth;
                break;
            }
            if let Some(batch) = part.take(id, timestamp_ns) {
                bytes += batch.bytes;
                if let Some(sealed) = &batch.sealed {
                    wire.push((part.queue, Arc::clone(sealed)));
                }
                batches.push((at, batch));
            }
        }
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

    pub(super) fn leader(&self, part: u32) -> Option<usize> {
        let pid = self.view.leader(self.parts[part as usize].place)?;
        self.view.broker(pid)
    }
}
