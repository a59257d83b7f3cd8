//! Writes: of producers and of the group coordinator.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::{Pid, QueueId};

use super::super::batch::{Batch, LogBatch};
use super::super::protocol::{Acks, Error, ProduceCall, Produced, Response};
use super::super::{Ctx, rules};
use super::producers::Verdict;
use super::replica::{AckWaiter, Replica, Waiter};
use super::{Broker, record_stored, reply};

/// A produce request with `acks` all that waits for replicas.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    from: Pid,
    number: u32,
    /// Its answer is what it would be if it were given now.
    call: Box<ProduceCall>,
    /// How many partitions it waits for.
    remaining: u32,
}

/// A client whose produce request waits for replicas. Its next ones are not looked at before that is answered: a broker
/// serves the requests of one connection one after another (Kafka's `SocketServer` mutes the channel).
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub pid: Pid,
    queue: VecDeque<(u32, Box<ProduceCall>)>,
}

/// A batch that is in the log, now or since it came for the first time.
#[derive(Clone, Copy)]
struct Accepted {
    place: usize,
    base: u64,
    end: u64,
    /// All in-sync replicas have it already, as can be with a repeated one. It is answered at once: nothing may come that
    /// moves the high watermark.
    is_safe: bool,
}

impl Broker {
    pub(super) fn produce(
        &mut self,
        from: Pid,
        number: u32,
        call: Box<ProduceCall>,
        ctx: &mut Ctx<'_>,
    ) {
        match self.connections.iter_mut().find(|c| c.pid == from) {
            Some(connection) => connection.queue.push_back((number, call)),
            None => self.produce_now(from, number, call, ctx),
        }
    }

    /// The connection may go on with its next request.
    pub(super) fn next_of(&mut self, pid: Pid, ctx: &mut Ctx<'_>) {
        let Some(at) = self.connections.iter().position(|c| c.pid == pid) else {
            return;
        };
        let mut connection = self.connections.swap_remove(at);
        while let Some((number, call)) = connection.queue.pop_front() {
            self.produce_now(pid, number, call, ctx);
            if let Some(again) = self.connections.iter_mut().find(|c| c.pid == pid) {
                again.queue = connection.queue;
                return;
            }
        }
    }

    fn produce_now(
        &mut self,
        from: Pid,
        number: u32,
        mut call: Box<ProduceCall>,
        ctx: &mut Ctx<'_>,
    ) {
        let ProduceCall { asks, answer } = &mut *call;
        answer.clear();
        let mut waits = std::mem::take(&mut self.waits);
        let (slot, id) = self.produces.next();
        let flush = self.must_flush(&asks.batches);
        for (index, (queue, batch)) in (0u32..).zip(asks.batches.drain(..)) {
            let accepted = self.accept(queue, batch, asks.acks, ctx);
            if let Ok(Accepted {
                place,
                base,
                end,
                is_safe,
            }) = accepted
            {
                let waits_for_all = !self.cluster.left_out.has(rules::ACK_WHEN_REPLICATED);
                if asks.acks == Acks::All && !is_safe && waits_for_all {
                    let who = Waiter::Client(slot, id, index);
                    waits.push((place, AckWaiter { end, base, who }));
                }
                self.appended(place);
            }
            let result = accepted.map(|a| a.base);
            answer.push(Produced { queue, result });
        }
        if flush {
            self.flushed(ctx);
        }
        if asks.acks == Acks::Zero {
            // Nobody waits for an answer.
        } else if waits.is_empty() {
            reply(ctx, from, number, Response::Produce(call));
        } else {
            self.wait_for_replicas(from, number, call, &waits, ctx);
        }
        waits.clear();
        self.waits = waits;
    }

    fn wait_for_replicas(
        &mut self,
        from: Pid,
        number: u32,
        mut call: Box<ProduceCall>,
        waits: &[(usize, AckWaiter)],
        ctx: &mut Ctx<'_>,
    ) {
        for (_, waiter) in waits {
            if let Waiter::Client(_, _, index) = waiter.who {
                call.answer[index as usize].result = Err(Error::RequestTimedOut);
            }
        }
        let timeout_ns = call.asks.timeout_ns;
        let waiter = self.produces.insert(Pending {
            from,
            number,
            call,
            remaining: waits.len() as u32,
        });
        let waits_on = |(slot, id)| self.produces.get(slot, id).is_some();
        self.produce_deadlines
            .add(timeout_ns, waiter, waits_on, ctx);
        self.connections.push(Connection {
            pid: from,
            queue: VecDeque::new(),
        });
        for &(place, waiter) in waits {
            self.wait(place, waiter);
        }
    }

    /// A write waits for the high watermark.
    fn wait(&mut self, place: usize, waiter: AckWaiter) {
        let leading = self.replicas.get_mut(place).and_then(|r| r.leading_mut());
        if let Some(leading) = leading {
            // A repeated batch can lie before what others wait for.
            let acks = &mut leading.acks;
            match acks.back() {
                Some(last) if last.end > waiter.end => {
                    let at = acks.partition_point(|w| w.end <= waiter.end);
                    acks.insert(at, waiter);
                }
                _ => acks.push_back(waiter),
            }
        }
    }

    /// Checks a producer's batch and appends it.
    fn accept(
        &mut self,
        queue: QueueId,
        batch: Arc<Batch>,
        acks: Acks,
        ctx: &mut Ctx<'_>,
    ) -> Result<Accepted, Error> {
        let place = self.place_of(queue).ok_or(Error::UnknownTopicOrPartition)?;
        let replica = self.replicas.get_mut(place);
        let replica = replica.ok_or(Error::NotLeaderOrFollower)?;
        let leading = replica.leading().ok_or(Error::NotLeaderOrFollower)?;
        if u64::from(batch.bytes()) > self.cluster.settings.message_max_bytes.bytes() {
            return Err(Error::MessageTooLarge);
        }
        if acks == Acks::All && leading.isr().len() < replica.min_insync {
            return Err(Error::NotEnoughReplicas);
        }
        let mut known = None;
        let checks = !self.cluster.left_out.has(rules::CHECK_SEQUENCE);
        if let Some(sequence) = batch.sequence().filter(|_| checks) {
            match replica.producers.judge(sequence, batch.count()) {
                Verdict::New => {}
                Verdict::Duplicate(base) => known = Some(base),
                Verdict::Refused(error) => return Err(error),
            }
        }
        let count = u64::from(batch.count());
        let base = match known {
            Some(base) => base,
            None => Self::append(replica, queue, batch, ctx).ok_or(Error::KafkaStorageError)?,
        };
        let end = base + count;
        Ok(Accepted {
            place,
            base,
            end,
            is_safe: end <= replica.high_watermark,
        })
    }

    /// Appends to a log that this broker leads. Returns the offset.
    fn append(
        replica: &mut Replica,
        queue: QueueId,
        batch: Arc<Batch>,
        ctx: &mut Ctx<'_>,
    ) -> Option<u64> {
        let position = Self::write(ctx, batch.bytes())?;
        let base = replica.log.end();
        record_stored(ctx, queue, &batch, base, true);
        let batch = LogBatch {
            base,
            epoch: replica.epoch.unwrap_or(0),
            batch,
        };
        replica.producers.appended(&batch);
        replica.unflushed += u64::from(batch.batch.count());
        replica.log.append(batch, position);
        Some(base)
    }

    /// Appends what the group coordinator wants to keep, with `acks` all.
    pub(super) fn append_internal(
        &mut self,
        queue: QueueId,
        batch: Batch,
        ticket: u64,
        ctx: &mut Ctx<'_>,
    ) {
        match self.accept(queue, Arc::new(batch), Acks::All, ctx) {
            Ok(Accepted {
                place, base, end, ..
            }) => {
                let who = Waiter::Coordinator(ticket);
                self.wait(place, AckWaiter { end, base, who });
                self.appended(place);
            }
            Err(error) => self.todo.appended.push_back((ticket, Err(error))),
        }
    }

    /// Something was appended: followers that wait for it get it.
    fn appended(&mut self, place: usize) {
        self.touch(place, true);
        // Where followers are in sync it is their fetches that move the high watermark.
        let is_held = |r: &Replica| r.leading().is_some_and(|l| l.is_held_at(r.high_watermark));
        if !self.replicas.get(place).is_some_and(is_held) && self.todo.led.last() != Some(&place) {
            self.todo.led.push(place);
        }
    }

    /// A write is decided.
    pub(super) fn decide(&mut self, waiter: AckWaiter, error: Option<Error>, ctx: &mut Ctx<'_>) {
        let result = error.map_or(Ok(waiter.base), Err);
        match waiter.who {
            Waiter::Coordinator(ticket) => self.todo.appended.push_back((ticket, result)),
            Waiter::Client(slot, id, index) => {
                let Some(pending) = self.produces.get_mut(slot, id) else {
                    return;
                };
                pending.call.answer[index as usize].result = result;
                pending.remaining -= 1;
                if pending.remaining == 0
                    && let Some(pending) = self.produces.take(slot, id)
                {
                    self.answer(pending, ctx);
                }
            }
        }
    }

    fn answer(&mut self, pending: Pending, ctx: &mut Ctx<'_>) {
        let Pending {
            from, number, call, ..
        } = pending;
        reply(ctx, from, number, Response::Produce(call));
        self.todo.connections.push(from);
    }

    pub(super) fn produces_timed_out(&mut self, ctx: &mut Ctx<'_>) {
        let now = self.produce_deadlines.rang(ctx);
        while let Some((slot, id)) = self.produce_deadlines.due(now) {
            if let Some(pending) = self.produces.take(slot, id) {
                self.answer(pending, ctx);
            }
        }
        let waits = |(slot, id)| self.produces.get(slot, id).is_some();
        self.produce_deadlines.set(waits, ctx);
    }
}
