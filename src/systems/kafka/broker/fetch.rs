//! Reads, as a leader: of consumers and of followers. What a follower asks for says how much it has.

use crate::sim::{Fact, Pid, TimerId, Token};

use super::super::Ctx;
use super::super::protocol::{
    EpochEnd, Error, Fetch, FetchPartition, Fetched, FetchedPartition, Response,
};
use super::replica::Part;
use super::{Broker, kind, reply};

/// When so many fetches wait for a partition, those that have been answered are swept out of its list.
const READERS_UNSWEPT_MAX: usize = 16;

/// A fetch that waits for something to read.
#[derive(Clone, Debug)]
pub(super) struct Parked {
    from: Pid,
    number: u32,
    fetch: Box<Fetch>,
    timer: TimerId,
}

/// What a fetch finds.
struct Reading {
    partitions: Vec<FetchedPartition>,
    bytes: u32,
    /// It says something that must not wait: an error, a divergence.
    urgent: bool,
}

impl Broker {
    pub(super) fn fetch(&mut self, from: Pid, number: u32, fetch: Box<Fetch>, ctx: &mut Ctx<'_>) {
        // As in Kafka, the answer is read before the asker's progress counts: a follower hears of the high watermark that
        // its own fetch advances only with the next one.
        let reading = self.read(&fetch);
        if fetch.replica.is_some() {
            self.follower_asked(from, &fetch, &reading, ctx);
        }
        let enough = reading.bytes >= fetch.min_bytes || fetch.max_wait_ns == 0;
        if enough || reading.urgent || fetch.partitions.is_empty() {
            self.answer_fetch(from, number, &fetch, reading, ctx);
        } else if fetch.replica.is_some() {
            self.park_follower(from, number, fetch, ctx);
        } else {
            self.park_reader(from, number, fetch, ctx);
        }
    }

    fn read(&self, fetch: &Fetch) -> Reading {
        let mut reading = Reading {
            partitions: Vec::new(),
            bytes: 0,
            urgent: false,
        };
        for asked in &fetch.partitions {
            match self.read_one(asked, fetch, reading.bytes) {
                Ok(Some((partition, bytes))) => {
                    reading.bytes += bytes;
                    reading.urgent |= partition.diverging.is_some();
                    reading.partitions.push(partition);
                }
                Ok(None) => {}
                Err(partition) => {
                    reading.urgent = true;
                    reading.partitions.push(partition);
                }
            }
        }
        reading
    }

    fn read_one(
        &self,
        asked: &FetchPartition,
        fetch: &Fetch,
        bytes_before: u32,
    ) -> Result<Option<(FetchedPartition, u32)>, FetchedPartition> {
        let mut answer = FetchedPartition {
            queue: asked.queue,
            error: None,
            high_watermark: 0,
            log_start: 0,
            diverging: None,
            batches: Vec::new(),
        };
        let replica = match self.led(asked.queue, asked.current_leader_epoch) {
            Ok((_, replica)) => replica,
            Err(error) => {
                answer.error = Some(error);
                return Err(answer);
            }
        };
        let log = &replica.log;
        answer.high_watermark = replica.high_watermark;
        answer.log_start = log.start();
        if let Some(epoch) = asked.last_fetched_epoch {
            // KIP-595, "Fetch": the asker's last epoch ends earlier here, or is unknown.
            match log.end_of_epoch(epoch) {
                Some((e, end)) if e < epoch || end < asked.offset => {
                    answer.diverging = Some(EpochEnd {
                        queue: asked.queue,
                        epoch: Some(e),
                        end,
                        error: None,
                    });
                    return Ok(Some((answer, 0)));
                }
                Some(_) => {}
                None => return Err(Self::out_of_range(answer, log.end())),
            }
        }
        if asked.offset > log.end() || asked.offset < log.start() {
            return Err(Self::out_of_range(answer, log.end()));
        }
        let (below, told) = match fetch.replica {
            Some(pid) => {
                let peers = replica.leading().into_iter().flat_map(|l| &l.peers);
                let told = peers.into_iter().find(|p| p.pid == pid).map(|p| p.told);
                (log.end(), told)
            }
            None => (replica.high_watermark, Some(replica.high_watermark)),
        };
        let room = fetch.max_bytes.saturating_sub(bytes_before);
        let room = room.min(fetch.partition_max_bytes);
        let first = bytes_before == 0;
        let bytes = log.read(asked.offset, below, room, first, &mut answer.batches);
        let news = !answer.batches.is_empty() || told != Some(replica.high_watermark);
        Ok(news.then_some((answer, bytes)))
    }

    /// Where the leader's log ends travels in `diverging`.
    fn out_of_range(mut answer: FetchedPartition, end: u64) -> FetchedPartition {
        answer.error = Some(Error::OffsetOutOfRange);
        answer.diverging = Some(EpochEnd {
            queue: answer.queue,
            epoch: None,
            end,
            error: None,
        });
        answer
    }

    fn answer_fetch(
        &mut self,
        to: Pid,
        number: u32,
        fetch: &Fetch,
        reading: Reading,
        ctx: &mut Ctx<'_>,
    ) {
        if let Some(pid) = fetch.replica {
            for p in &reading.partitions {
                let place = (p.queue.0 - self.cluster.first.0) as usize;
                let replica = self.replicas.get_mut(place).and_then(|r| r.as_mut());
                let leading = replica.and_then(|r| r.leading_mut());
                let peers = leading.into_iter().flat_map(|l| &mut l.peers);
                if let Some(peer) = peers.into_iter().find(|peer| peer.pid == pid) {
                    peer.told = p.high_watermark;
                }
            }
        }
        let partitions = reading.partitions;
        reply(
            ctx,
            to,
            number,
            Response::Fetch(Box::new(Fetched { partitions })),
        );
    }

    /// A follower says how far it has come.
    fn follower_asked(&mut self, pid: Pid, fetch: &Fetch, reading: &Reading, ctx: &mut Ctx<'_>) {
        let clock = ctx.clock();
        let mut answers = reading.partitions.iter().peekable();
        for asked in &fetch.partitions {
            let answer = answers.next_if(|a| a.queue == asked.queue);
            if answer.is_some_and(|a| a.error.is_some() || a.diverging.is_some()) {
                continue;
            }
            let Some(place) = self.place_of(asked.queue) else {
                continue;
            };
            let Some(replica) = self.replicas[place].as_deref_mut() else {
                continue;
            };
            let (end, high_watermark) = (replica.log.end(), replica.high_watermark);
            let Part::Leader(leading) = &mut replica.part else {
                continue;
            };
            let Some(peer) = leading.peers.iter_mut().find(|p| p.pid == pid) else {
                continue;
            };
            let before = peer.end;
            peer.fetched(asked.offset, end, clock);
            if leading.pending.is_none()
                && let Some(isr) = leading.grown(pid, high_watermark)
                && self.image.is_eligible(&self.cluster, pid)
            {
                leading.pending = Some(isr);
                self.control.wish(place);
            }
            if before != Some(asked.offset) {
                self.advance(place, ctx);
            }
        }
        self.send_wishes(ctx);
    }

    /// Moves the high watermark of a partition that it leads, if it may move.
    pub(super) fn advance(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        let Some(replica) = self.replicas[place].as_deref_mut() else {
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
        let new = leading.high_watermark(end, min_insync, ctx.clock(), lag_max, eligible);
        if let Some(new) = new
            && new > replica.high_watermark
        {
            replica.high_watermark = new;
            if !cluster.topics[replica.topic].internal {
                let queue = crate::sim::QueueId(cluster.first.0 + place as u32);
                ctx.record(Fact::Visible {
                    queue,
                    below: new,
                    end,
                });
            }
            self.todo.readers.append(&mut leading.readers);
        }
        // A batch that came again may lie below it already.
        let below = replica.high_watermark;
        self.decide_up_to(place, below, ctx);
    }

    /// Writes below the high watermark are as safe as was asked for, unless too few are in sync now.
    fn decide_up_to(&mut self, place: usize, below: u64, ctx: &mut Ctx<'_>) {
        loop {
            let Some(replica) = self.replicas[place].as_deref_mut() else {
                return;
            };
            let min_insync = replica.min_insync;
            let Some(leading) = replica.leading_mut() else {
                return;
            };
            if leading.acks.front().is_none_or(|w| w.end > below) {
                return;
            }
            let short = leading.isr.len() < min_insync;
            let Some(waiter) = leading.acks.pop_front() else {
                return;
            };
            let error = short.then_some(Error::NotEnoughReplicasAfterAppend);
            self.decide(waiter, error, ctx);
        }
    }

    fn park_follower(&mut self, from: Pid, number: u32, fetch: Box<Fetch>, ctx: &mut Ctx<'_>) {
        let Some(broker) = self.cluster.broker(from) else {
            return;
        };
        let token = Token {
            kind: kind::FOLLOWER_TIMEOUT,
            index: broker as u16,
            data: number,
        };
        let timer = ctx.timer(fetch.max_wait_ns, token);
        let parked = Parked {
            from,
            number,
            fetch,
            timer,
        };
        if let Some(old) = self.followers[broker].replace(parked) {
            ctx.cancel(old.timer);
        }
    }

    /// Something was appended that a follower may wait for.
    pub(super) fn wake_follower(&mut self, broker: usize, ctx: &mut Ctx<'_>) {
        let Some(parked) = self.followers[broker].take() else {
            return;
        };
        let reading = self.read(&parked.fetch);
        if reading.bytes >= parked.fetch.min_bytes || reading.urgent {
            ctx.cancel(parked.timer);
            self.answer_fetch(parked.from, parked.number, &parked.fetch, reading, ctx);
        } else {
            self.followers[broker] = Some(parked);
        }
    }

    pub(super) fn follower_timed_out(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        let broker = usize::from(token.index);
        let waits = self.followers[broker].take_if(|p| p.number == token.data);
        if let Some(parked) = waits {
            let reading = self.read(&parked.fetch);
            self.answer_fetch(parked.from, parked.number, &parked.fetch, reading, ctx);
        }
    }

    fn park_reader(&mut self, from: Pid, number: u32, fetch: Box<Fetch>, ctx: &mut Ctx<'_>) {
        let (slot, id) = self.readers.next();
        let token = Token {
            kind: kind::FETCH_TIMEOUT,
            index: slot as u16,
            data: id,
        };
        let timer = ctx.timer(fetch.max_wait_ns, token);
        self.watch(&fetch.partitions, (slot, id));
        self.readers.insert(Parked {
            from,
            number,
            fetch,
            timer,
        });
    }

    /// A waiting fetch is looked at again when one of its partitions moves.
    fn watch(&mut self, partitions: &[FetchPartition], waiting: (u32, u32)) {
        for asked in partitions {
            let Some(place) = self.place_of(asked.queue) else {
                continue;
            };
            let replica = self.replicas[place].as_deref_mut();
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
        let Some(parked) = self.readers.get(slot, id) else {
            return;
        };
        let reading = self.read(&parked.fetch);
        if reading.bytes >= parked.fetch.min_bytes || reading.urgent {
            if let Some(parked) = self.readers.take(slot, id) {
                ctx.cancel(parked.timer);
                self.answer_fetch(parked.from, parked.number, &parked.fetch, reading, ctx);
            }
        } else {
            let partitions = parked.fetch.partitions.clone();
            self.watch(&partitions, (slot, id));
        }
    }

    pub(super) fn reader_timed_out(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        if let Some(parked) = self.readers.take(u32::from(token.index), token.data) {
            let reading = self.read(&parked.fetch);
            self.answer_fetch(parked.from, parked.number, &parked.fetch, reading, ctx);
        }
    }
}
