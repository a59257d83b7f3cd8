//! Reads of consumers, as a leader, and the high watermark that they wait for.

use crate::sim::{Fact, Pid, QueueId};

use super::super::protocol::{
    Error, FetchCall, FetchPartition, Fetched, FetchedPartition, Response,
};
use super::super::{Ctx, rules};
use super::replica::Part;
use super::{Broker, reply};

/// When so many fetches wait for a partition, those that have been answered are swept out of its list.
const READERS_UNSWEPT_MAX: usize = 16;

/// A fetch that waits for something to read.
#[derive(Clone, Debug)]
pub(super) struct Parked {
    from: Pid,
    number: u32,
    /// Always there, but while it is looked at.
    call: Option<Box<FetchCall>>,
}

/// What a fetch finds.
#[derive(Default)]
pub(super) struct Reading {
    /// It says something that must not wait: an error, a divergence.
    pub urgent: bool,
    /// It is as large as it may be.
    pub full: bool,
}

impl Reading {
    /// Adds a partition that cannot be read.
    pub fn refuse(&mut self, partition: FetchedPartition, answer: &mut Fetched) {
        self.urgent = true;
        answer.partitions.push(partition);
    }
}

/// The answer about a partition that cannot be read.
#[cold]
pub(super) fn refusal(queue: QueueId, error: Error) -> FetchedPartition {
    FetchedPartition {
        queue,
        error: Some(error),
        high_watermark: 0,
        log_start: 0,
        diverging: None,
        batches: 0,
    }
}

impl Broker {
    pub(super) fn fetch(
        &mut self,
        from: Pid,
        number: u32,
        mut call: Box<FetchCall>,
        ctx: &mut Ctx<'_>,
    ) {
        if call.asks.replica.is_some() {
            self.follower_fetch(from, number, call, ctx);
            return;
        }
        let reading = self.read(&mut call);
        let enough = call.answer.bytes >= call.asks.min_bytes || call.asks.max_wait_ns == 0;
        if enough || reading.urgent || call.asks.partitions.is_empty() {
            reply(ctx, from, number, Response::Fetch(call));
        } else {
            self.park_reader(from, number, call, ctx);
        }
    }

    /// Writes the answer to a consumer's fetch as it is now.
    fn read(&self, call: &mut FetchCall) -> Reading {
        let mut reading = Reading::default();
        let FetchCall { asks, answer } = call;
        answer.clear();
        for asked in &asks.partitions {
            match self.led(asked.queue, asked.current_leader_epoch) {
                Ok((_, r)) => {
                    let committed = if self.cluster.left_out.has(rules::READ_COMMITTED_ONLY) {
                        r.log.end()
                    } else {
                        r.high_watermark
                    };
                    r.read(
                        asked,
                        asks,
                        committed,
                        Some(r.high_watermark),
                        &mut reading,
                        answer,
                    );
                }
                Err(error) => reading.refuse(refusal(asked.queue, error), answer),
            }
        }
        reading
    }

    /// Moves the high watermark of a partition that it leads, if it may move.
    pub(super) fn advance(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        let Part::Leader(leading) = &mut replica.part else {
            return;
        };
        let (image, cluster) = (&self.image, &self.cluster);
        let lag_max = cluster.settings.replica_lag_time_max_ms.ns();
        let end = replica.log.end();
        let min_insync = replica.min_insync;
        let eligible = |pid| image.is_eligible(cluster, pid);
        let new = if cluster.left_out.has(rules::WAIT_FOR_ISR) {
            Some(end)
        } else {
            leading.high_watermark(end, min_insync, ctx.clock(), lag_max, eligible)
        };
        if let Some(new) = new
            && new > replica.high_watermark
        {
            replica.high_watermark = new;
            if !cluster.topics[replica.topic].internal {
                let queue = QueueId(cluster.first.0 + place as u32);
                ctx.record(Fact::Visible {
                    queue,
                    below: new,
                    end,
                });
            }
            self.todo.readers.append(&mut leading.readers);
            self.touch(place, false);
        }
        self.decide_up_to_high_watermark(place, ctx);
    }

    /// Writes below the high watermark are as safe as was asked for, unless too few are in sync now. A batch that came
    /// again may lie below it already.
    fn decide_up_to_high_watermark(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        loop {
            let Some(replica) = self.replicas.get_mut(place) else {
                return;
            };
            let below = replica.high_watermark;
            let min_insync = replica.min_insync;
            let Some(leading) = replica.leading_mut() else {
                return;
            };
            if leading.acks.front().is_none_or(|w| w.end > below) {
                return;
            }
            let short = leading.isr().len() < min_insync;
            let Some(waiter) = leading.acks.pop_front() else {
                return;
            };
            let error = short.then_some(Error::NotEnoughReplicasAfterAppend);
            self.decide(waiter, error, ctx);
        }
    }

    fn park_reader(&mut self, from: Pid, number: u32, call: Box<FetchCall>, ctx: &mut Ctx<'_>) {
        let max_wait_ns = call.asks.max_wait_ns;
        self.watch(&call.asks.partitions, self.readers.next());
        let waiter = self.readers.insert(Parked {
            from,
            number,
            call: Some(call),
        });
        let waits = |(slot, id)| self.readers.get(slot, id).is_some();
        self.reader_deadlines.add(max_wait_ns, waiter, waits, ctx);
    }

    /// A waiting fetch is looked at again when one of its partitions moves.
    fn watch(&mut self, partitions: &[FetchPartition], waiting: (u32, u32)) {
        for asked in partitions {
            let Some(place) = self.place_of(asked.queue) else {
                continue;
            };
            let replica = self.replicas.get_mut(place);
            let Some(leading) = replica.and_then(|r| r.leading_mut()) else {
                continue;
            };
            if leading.readers.len() >= READERS_UNSWEPT_MAX {
                let live = |&(slot, id): &(u32, u32)| self.readers.get(slot, id).is_some();
                leading.readers.retain(live);
            }
            if !leading.readers.contains(&waiting) {
                leading.readers.push(waiting);
            }
        }
    }

    /// The high watermark of a partition moved that a consumer waits for, or its leader is another now.
    pub(super) fn wake_reader(&mut self, slot: u32, id: u32, ctx: &mut Ctx<'_>) {
        let waiting = self.readers.get_mut(slot, id);
        let Some(mut call) = waiting.and_then(|w| w.call.take()) else {
            return;
        };
        let reading = self.read(&mut call);
        if call.answer.bytes >= call.asks.min_bytes || reading.urgent {
            if let Some(parked) = self.readers.take(slot, id) {
                reply(ctx, parked.from, parked.number, Response::Fetch(call));
            }
            return;
        }
        self.watch(&call.asks.partitions, (slot, id));
        if let Some(parked) = self.readers.get_mut(slot, id) {
            parked.call = Some(call);
        }
    }

    pub(super) fn readers_timed_out(&mut self, ctx: &mut Ctx<'_>) {
        let now = self.reader_deadlines.rang(ctx);
        while let Some((slot, id)) = self.reader_deadlines.due(now) {
            if let Some(parked) = self.readers.take(slot, id)
                && let Some(mut call) = parked.call
            {
                self.read(&mut call);
                reply(ctx, parked.from, parked.number, Response::Fetch(call));
            }
        }
        let waits = |(slot, id)| self.readers.get(slot, id).is_some();
        self.reader_deadlines.set(waits, ctx);
    }
}
