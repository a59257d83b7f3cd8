//! Messages on their way into batches, and those that wait for room.

use crate::sim::record::Why;
use crate::sim::{Fact, Span, Token};

use super::super::super::Ctx;
use super::super::super::batch::{BATCH_HEADER_BYTES, Item};
use super::super::partitioner;
use super::{BLOCKED, EXPIRE, ProducerClient, WAKE};

/// A message whose sender waits for room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) part: u32,
    pub(super) number: u32,
    pub(super) item: Item,
}

impl ProducerClient {
    /// Sends a message to a topic (by its place in the list the client was made with). Returns its name. When there is no
    /// room it waits, and whatever is sent later waits behind it.
    pub fn send(
        &mut self,
        topic: usize,
        key: Option<u32>,
        bytes: u32,
        poison: bool,
        ctx: &mut Ctx<'_>,
    ) -> Span {
        let part = self.partition(topic, key, bytes);
        let item = Item::new(key, bytes, poison);
        let at = &mut self.parts[part as usize];
        let number = at.next_number;
        at.next_number += 1;
        let (queue, span) = (at.queue, Span::one(at.lane, number));
        ctx.record(Fact::Produced {
            queue,
            span,
            key,
            bytes,
        });
        if u64::from(bytes + BATCH_HEADER_BYTES)
            > self.config.request_bytes_max.min(self.config.memory)
        {
            // RecordTooLargeException
            self.refuse(part, span, Why::Rejected, ctx);
            return span;
        }
        let message = Waiting { part, number, item };
        if !self.waiting.is_empty() || !self.append(message, ctx) {
            self.waiting.push_back(message);
            if self.waiting.len() == 1 {
                self.wait_from(ctx.now(), ctx);
            }
            if self.config.max_block_ns == 0 {
                self.give_up_waiting(ctx.now(), ctx);
            }
        }
        span
    }

    fn partition(&mut self, topic: usize, key: Option<u32>, bytes: u32) -> u32 {
        let out = &mut self.outs[topic];
        let number = if let Some(key) = key {
            partitioner::of_key(key, out.partitions)
        } else {
            let (parts, view, first) = (&self.parts, &self.view, out.first);
            let able = |p: u32| view.leader(parts[(first + p) as usize].place).is_some();
            let (bytes, full) = (u64::from(bytes), self.config.batch_bytes);
            let stream = &mut self.stream;
            out.sticky.next(bytes, full, out.partitions, able, stream)
        };
        out.first + number
    }

    /// Puts a message into a batch, if there is room.
    fn append(&mut self, message: Waiting, ctx: &mut Ctx<'_>) -> bool {
        if !self.view.known {
            return false;
        }
        let now = ctx.now();
        let batch_bytes = self.config.batch_bytes;
        let part = &mut self.parts[message.part as usize];
        let begun = if part.try_append(message.number, message.item, batch_bytes) {
            false
        } else {
            let memory = batch_bytes.max(u64::from(BATCH_HEADER_BYTES + message.item.bytes()));
            if self.used + memory > self.config.memory {
                return false;
            }
            self.used += memory;
            part.open(message.number, message.item, memory, now);
            true
        };
        let ready_at = part.ready_at(self.config.linger_ns, batch_bytes);
        if begun || ready_at <= now {
            self.changed(message.part);
        }
        if begun {
            let token = Token::of(self.timers + EXPIRE);
            let expires_at = now.saturating_add(self.config.delivery_timeout_ns);
            self.expire.by(expires_at, token, ctx);
        }
        if ready_at <= now {
            match self.leader(message.part) {
                Some(broker) => self.pump(broker, now, ctx),
                None => self.want_metadata(now, ctx),
            }
        } else if begun {
            self.wake.by(ready_at, Token::of(self.timers + WAKE), ctx);
        }
        true
    }

    #[cold]
    fn wait_from(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        self.waiting_since = now;
        let until = now.saturating_add(self.config.max_block_ns);
        self.blocked
            .at(until, Token::of(self.timers + BLOCKED), ctx);
        // A full buffer makes every batch ready.
        self.pump_all(now, ctx);
    }

    /// Room was freed, or the leaders became known.
    pub(super) fn unblock(&mut self, ctx: &mut Ctx<'_>) {
        // What is sent may free room at once (`acks` 0): the loop that is under way sees to it.
        if self.unblocking {
            return;
        }
        self.unblocking = true;
        let mut moved = false;
        while let Some(message) = self.waiting.pop_front() {
            if !self.append(message, ctx) {
                self.waiting.push_front(message);
                break;
            }
            moved = true;
        }
        self.unblocking = false;
        if self.waiting.is_empty() {
            self.blocked.off(ctx);
        } else if moved {
            self.wait_from(ctx.now(), ctx);
        }
    }

    /// The first message has waited for room for too long.
    #[cold]
    pub(super) fn give_up_waiting(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        while let Some(&message) = self.waiting.front() {
            if now < self.waiting_since.saturating_add(self.config.max_block_ns) {
                break;
            }
            self.waiting.pop_front();
            let span = Span::one(self.parts[message.part as usize].lane, message.number);
            let why = if self.view.known {
                Why::BufferFull
            } else {
                Why::TimedOut
            };
            self.refuse(message.part, span, why, ctx);
            // The next one called only now.
            if !self.waiting.is_empty() {
                self.wait_from(now, ctx);
                self.unblock(ctx);
            }
        }
        if self.waiting.is_empty() {
            self.blocked.off(ctx);
        }
    }

    #[cold]
    pub(super) fn refuse(&mut self, part: u32, span: Span, why: Why, ctx: &mut Ctx<'_>) {
        let queue = self.parts[part as usize].queue;
        self.refused += u64::from(span.count);
        ctx.record(Fact::Refused { queue, span, why });
        if let Some(done) = &mut self.done {
            done.push((span, false));
        }
    }

    pub(super) fn accept(&mut self, part: u32, span: Span, ctx: &mut Ctx<'_>) {
        let queue = self.parts[part as usize].queue;
        self.acked += u64::from(span.count);
        ctx.record(Fact::Acked { queue, span });
        if let Some(done) = &mut self.done {
            done.push((span, true));
        }
    }
}
