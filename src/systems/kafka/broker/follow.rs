//! Copying, as a follower: one fetcher for each leader, with one request on its way at a time (Kafka's
//! `ReplicaFetcherThread` with `num.replica.fetchers` 1).

use crate::sim::record::Gone;
use crate::sim::{Fact, Pid, Token};

use super::super::Ctx;
use super::super::protocol::{
    EpochEnd, Error, Fetch, FetchPartition, Fetched, FetchedPartition, Request,
};
use super::super::settings::Truncation;
use super::replica::{Part, Replica};
use super::{Broker, kind, record_gone, record_stored};

/// Asks again when no answer has come for so many seconds beyond the time the leader may wait. A cut swallows what TCP
/// would send again after it; this stands for that.
const RESEND_S: u32 = 2;

/// What is copied from one leader.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetcher {
    /// Places of the partitions; `true`: it waits after an error.
    partitions: Vec<(usize, bool)>,
    /// The request on its way: its number, and the second it was sent in.
    asked: Option<(u32, u32)>,
    /// It waits after a failure.
    resting: bool,
    /// Which partition is asked for first: they take turns, so that the limits of an answer starve none.
    turn: usize,
}

impl Broker {
    /// Begins to copy a partition from a leader.
    pub(super) fn follow(&mut self, place: usize, leader: Pid, ctx: &mut Ctx<'_>) {
        if let Some(broker) = self.cluster.broker(leader) {
            self.fetchers[broker].partitions.push((place, false));
            self.ask(broker, ctx);
        }
    }

    /// Copies a partition no more.
    pub(super) fn unfollow(&mut self, place: usize, leader: Pid) {
        if let Some(broker) = self.cluster.broker(leader) {
            self.fetchers[broker].partitions.retain(|p| p.0 != place);
        }
    }

    /// Sends the next fetch to a leader, unless one is on its way.
    fn ask(&mut self, broker: usize, ctx: &mut Ctx<'_>) {
        let fetcher = &self.fetchers[broker];
        if fetcher.asked.is_some() || fetcher.resting {
            return;
        }
        let by_epoch = self.cluster.settings.truncation == Truncation::LeaderEpoch;
        let n = fetcher.partitions.len();
        let mut partitions = Vec::with_capacity(n);
        for i in 0..n {
            let (place, waits) = fetcher.partitions[(fetcher.turn + i) % n];
            let Some(replica) = self.replicas[place].as_deref().filter(|_| !waits) else {
                continue;
            };
            partitions.push(FetchPartition {
                queue: self.queue_at(place),
                offset: replica.log.end(),
                current_leader_epoch: replica.epoch.unwrap_or(0),
                last_fetched_epoch: replica.log.latest_epoch().filter(|_| by_epoch),
            });
        }
        if partitions.is_empty() {
            return;
        }
        let settings = &self.cluster.settings;
        let fetch = Fetch {
            replica: Some(self.me),
            max_wait_ns: settings.replica_fetch_wait_max_ms.ns(),
            min_bytes: limit(settings.replica_fetch_min_bytes.bytes()),
            max_bytes: limit(settings.replica_fetch_response_max_bytes.bytes()),
            partition_max_bytes: limit(settings.replica_fetch_max_bytes.bytes()),
            partitions,
        };
        let leader = self.cluster.brokers[broker];
        let number = self.send(leader, Request::Fetch(Box::new(fetch)), ctx);
        let fetcher = &mut self.fetchers[broker];
        fetcher.asked = Some((number, self.ticks));
        fetcher.turn = (fetcher.turn + 1) % n;
    }

    /// A leader answers.
    pub(super) fn fetched(&mut self, from: Pid, number: u32, answer: &Fetched, ctx: &mut Ctx<'_>) {
        let Some(broker) = self.cluster.broker(from) else {
            return;
        };
        if self.fetchers[broker].asked.is_none_or(|a| a.0 != number) {
            return;
        }
        self.fetchers[broker].asked = None;
        for partition in &answer.partitions {
            self.take_in(broker, from, partition, ctx);
        }
        self.ask(broker, ctx);
    }

    fn take_in(&mut self, broker: usize, from: Pid, news: &FetchedPartition, ctx: &mut Ctx<'_>) {
        let Some(place) = self.place_of(news.queue) else {
            return;
        };
        let follows = |r: &Replica| matches!(r.part, Part::Follower(leader) if leader == from);
        if !self.replicas[place].as_deref().is_some_and(follows) {
            return;
        }
        match (news.error, news.diverging) {
            (Some(Error::OffsetOutOfRange), Some(leader)) => {
                self.start_over(place, leader.end, news.log_start, ctx);
            }
            (Some(_), _) => self.rest_partition(broker, place, ctx),
            (None, Some(diverging)) => self.diverged(place, diverging, ctx),
            (None, None) => self.copy(place, news, ctx),
        }
    }

    fn copy(&mut self, place: usize, news: &FetchedPartition, ctx: &mut Ctx<'_>) {
        let count = news
            .batches
            .iter()
            .map(|b| u64::from(b.batch.count()))
            .sum();
        let flush = count > 0 && self.must_flush(news.queue, count);
        let Some(replica) = self.replicas[place].as_deref_mut() else {
            return;
        };
        for batch in &news.batches {
            // It may have been cut back since it asked.
            if batch.base != replica.log.end() {
                break;
            }
            let Some(position) = Self::write(ctx, batch.batch.bytes()) else {
                return;
            };
            record_stored(ctx, news.queue, &batch.batch, batch.base, false);
            replica.producers.appended(batch);
            replica.unflushed += u64::from(batch.batch.count());
            replica.log.append(batch.clone(), position);
        }
        let known = news.high_watermark.min(replica.log.end());
        replica.high_watermark = replica.high_watermark.max(known);
        if news.log_start > replica.log.start() {
            let visible = news.log_start.min(replica.high_watermark);
            let freed = replica
                .log
                .start_at_least(visible, |b| record_gone(ctx, news.queue, b, Gone::Expired));
            ctx.free(freed);
        }
        if flush {
            self.flushed(ctx);
        }
    }

    /// The leader's log departs from ours: cut back to where they can still agree, and ask again (KIP-595; Kafka's
    /// `AbstractFetcherThread.getOffsetTruncationState`).
    fn diverged(&mut self, place: usize, leader: EpochEnd, ctx: &mut Ctx<'_>) {
        let Some(replica) = self.replicas[place].as_deref() else {
            return;
        };
        let mine = leader.epoch.and_then(|e| replica.log.end_of_epoch(e));
        let to = match mine {
            // We do not know that epoch: back to the end of the largest smaller one, and see.
            Some((epoch, end)) if Some(epoch) != leader.epoch => end,
            Some((_, end)) => end.min(leader.end),
            None => leader.end,
        };
        self.truncate(place, to, ctx);
    }

    /// What follows our end is not in the leader's log (any more).
    fn start_over(&mut self, place: usize, leader_end: u64, leader_start: u64, ctx: &mut Ctx<'_>) {
        let queue = self.queue_at(place);
        let Some(replica) = self.replicas[place].as_deref_mut() else {
            return;
        };
        if replica.log.end() > leader_end && leader_end >= replica.log.start() {
            self.truncate(place, leader_end, ctx);
            return;
        }
        let why = if replica.log.end() < leader_start {
            Gone::Expired
        } else {
            Gone::Truncated
        };
        let freed = replica
            .log
            .restart_at(leader_start, |b| record_gone(ctx, queue, b, why));
        replica.high_watermark = leader_start;
        Self::cut_back(replica, queue, freed, ctx);
    }

    /// A partition met an error: it waits for the metadata to change, or for a while.
    fn rest_partition(&mut self, broker: usize, place: usize, ctx: &mut Ctx<'_>) {
        let fetcher = &mut self.fetchers[broker];
        if let Some(partition) = fetcher.partitions.iter_mut().find(|p| p.0 == place) {
            partition.1 = true;
            let token = Token {
                kind: kind::PARTITION_RETRY,
                index: broker as u16,
                data: place as u32,
            };
            let after = self.cluster.settings.replica_fetch_backoff_ms.ns();
            ctx.timer(after, token);
        }
    }

    pub(super) fn retry_partition(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        let (broker, place) = (usize::from(token.index), token.data as usize);
        let partitions = &mut self.fetchers[broker].partitions;
        if let Some(partition) = partitions.iter_mut().find(|p| p.0 == place) {
            partition.1 = false;
            self.ask(broker, ctx);
        }
    }

    /// The connection to a leader is gone.
    pub(super) fn fetcher_failed(&mut self, broker: usize, ctx: &mut Ctx<'_>) {
        let fetcher = &mut self.fetchers[broker];
        if fetcher.asked.take().is_some() && !fetcher.resting {
            fetcher.resting = true;
            let token = Token {
                kind: kind::FETCHER_RETRY,
                index: broker as u16,
                data: 0,
            };
            let after = self.cluster.settings.replica_fetch_backoff_ms.ns();
            ctx.timer(after, token);
        }
    }

    pub(super) fn retry_fetcher(&mut self, broker: usize, ctx: &mut Ctx<'_>) {
        self.fetchers[broker].resting = false;
        self.ask(broker, ctx);
    }

    /// Once a second: were answers lost?
    pub(super) fn check_fetchers(&mut self, ctx: &mut Ctx<'_>) {
        let wait = self.cluster.settings.replica_fetch_wait_max_ms.ns();
        let patience = RESEND_S + wait.div_ceil(crate::sim::SECOND) as u32;
        for broker in 0..self.fetchers.len() {
            let asked = self.fetchers[broker].asked;
            if asked.is_some_and(|(_, at)| self.ticks.wrapping_sub(at) > patience) {
                self.fetchers[broker].asked = None;
                self.ask(broker, ctx);
            }
        }
    }

    /// Before leader epochs, a follower cut its log back to its own high watermark when it began to follow.
    pub(super) fn truncate_to_high_watermark(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        let to = self.replicas[place].as_deref().map(|r| r.high_watermark);
        if let Some(to) = to {
            self.truncate(place, to, ctx);
        }
    }

    /// How many partitions it copies from a broker.
    pub(super) fn fetcher_partitions(&self, broker: usize) -> usize {
        self.fetchers[broker].partitions.len()
    }

    /// Says that a partition has a leader now.
    pub(super) fn record_leads(&self, place: usize, epoch: u32, ctx: &mut Ctx<'_>) {
        let queue = self.queue_at(place);
        ctx.record(Fact::Leads { queue, epoch });
    }
}

fn limit(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
