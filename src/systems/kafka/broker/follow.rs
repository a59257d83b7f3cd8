//! Copying, as a follower: one fetcher for each leader, with one request on its way at a time (Kafka's
//! `ReplicaFetcherThread` with `num.replica.fetchers` 1). In a fetch session (KIP-227) it names only the partitions that it
//! has something to say about.

use crate::sim::record::Gone;
use crate::sim::{Fact, Pid, QueueId, Token};

use super::super::batch::LogBatch;
use super::super::protocol::{
    EpochEnd, Error, Fetch, FetchCall, FetchPartition, Fetched, FetchedPartition, INITIAL_EPOCH,
    Request,
};
use super::super::settings::Truncation;
use super::super::{Ctx, rules};
use super::replica::{Copying, Part, Replica};
use super::{Broker, kind, record_gone, record_stored};

/// Asks again when no answer has come for so many seconds beyond the time the leader may wait. A cut swallows what TCP
/// would send again after it; this stands for that.
const RESEND_S: u32 = 2;

/// What is copied from one leader.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetcher {
    /// Places of the partitions.
    partitions: Vec<usize>,
    /// How many of them rest after an error.
    resting_partitions: usize,
    /// Those of them (and perhaps others, that it does not copy any more) that the leader must be told about.
    changed: Vec<usize>,
    /// Partitions that the leader may forget.
    forgotten: Vec<QueueId>,
    /// The fetch session; 0: the next request opens one.
    session_id: u32,
    session_epoch: u32,
    /// The request on its way: its number, and the second it was sent in.
    asked: Option<(u32, u32)>,
    /// It waits after a failure.
    resting: bool,
    /// The last request and its answer, to be written over.
    spare: Option<Box<FetchCall>>,
}

impl Broker {
    /// Begins to copy a partition from a leader.
    pub(super) fn follow(&mut self, place: usize, leader: Pid, ctx: &mut Ctx<'_>) {
        if let Some(broker) = self.cluster.broker(leader) {
            self.fetchers.at(broker).partitions.push(place);
            self.changed(broker, place);
            self.ask(broker, ctx);
        }
    }

    /// Copies a partition no more.
    pub(super) fn unfollow(&mut self, place: usize, leader: Pid) {
        let Some(broker) = self.cluster.broker(leader) else {
            return;
        };
        self.leave_session(broker, place);
        let fetcher = self.fetchers.at(broker);
        fetcher.partitions.retain(|&p| p != place);
        if let Some(replica) = self.replicas.get_mut(place) {
            fetcher.resting_partitions -= usize::from(replica.copying.rests);
            replica.copying = Copying::default();
        }
    }

    /// The leader is to be told where a partition stands.
    fn changed(&mut self, broker: usize, place: usize) {
        if let Some(replica) = self.replicas.get_mut(place)
            && !replica.copying.changed
        {
            replica.copying.changed = true;
            self.fetchers.at(broker).changed.push(place);
        }
    }

    /// The leader may forget that a partition was asked for.
    fn leave_session(&mut self, broker: usize, place: usize) {
        let queue = self.queue_at(place);
        if let Some(replica) = self.replicas.get_mut(place)
            && replica.copying.in_session
        {
            replica.copying.in_session = false;
            self.fetchers.at(broker).forgotten.push(queue);
        }
    }

    /// Sends the next fetch to a leader, unless one is on its way.
    fn ask(&mut self, broker: usize, ctx: &mut Ctx<'_>) {
        let Some(fetcher) = self.fetchers.get_mut(broker) else {
            return;
        };
        if fetcher.asked.is_some()
            || fetcher.resting
            || fetcher.partitions.len() == fetcher.resting_partitions
        {
            return;
        }
        let mut call = match fetcher.spare.take() {
            Some(call) => call,
            None => Box::new(FetchCall {
                asks: self.empty_fetch(),
                answer: Fetched::default(),
            }),
        };
        self.what_to_ask(broker, &mut call.asks);
        let leader = self.cluster.brokers[broker];
        let number = self.send(leader, Request::Fetch(call), ctx);
        self.fetchers.at(broker).asked = Some((number, self.ticks));
    }

    /// A request that asks for nothing.
    fn empty_fetch(&self) -> Fetch {
        let settings = &self.cluster.settings;
        Fetch {
            replica: Some(self.me),
            max_wait_ns: settings.replica_fetch_wait_max_ms.ns(),
            min_bytes: limit(settings.replica_fetch_min_bytes.bytes()),
            max_bytes: limit(settings.replica_fetch_response_max_bytes.bytes()),
            partition_max_bytes: limit(settings.replica_fetch_max_bytes.bytes()),
            session_id: 0,
            session_epoch: INITIAL_EPOCH,
            partitions: Vec::new(),
            forgotten: Vec::new(),
        }
    }

    /// All partitions if the request opens a session, otherwise those that have changed, and those to be forgotten.
    fn what_to_ask(&mut self, broker: usize, asks: &mut Fetch) {
        let by_epoch = self.truncates_by_epoch();
        let leader = self.cluster.brokers[broker];
        let (first, replicas) = (self.cluster.first.0, &mut self.replicas);
        let fetcher = self.fetchers.at(broker);
        let opens = fetcher.session_id == 0;
        asks.partitions.clear();
        asks.forgotten.clear();
        let mut ask = |place: usize| {
            let replica = replicas.get_mut(place)?;
            let copying = &mut replica.copying;
            let follows = matches!(replica.part, Part::Follower(pid) if pid == leader);
            if !follows || !(opens || copying.changed) {
                return None;
            }
            copying.changed = false;
            copying.in_session = !copying.rests;
            if copying.rests {
                return None;
            }
            let offset = replica.log.end();
            copying.asked = Some(offset);
            Some(FetchPartition {
                queue: QueueId(first + place as u32),
                offset,
                current_leader_epoch: replica.epoch.unwrap_or(0),
                last_fetched_epoch: replica.log.latest_epoch().filter(|_| by_epoch),
            })
        };
        if opens {
            fetcher.session_epoch = INITIAL_EPOCH;
            fetcher.changed.clear();
            fetcher.forgotten.clear();
            let all = fetcher.partitions.iter();
            asks.partitions.extend(all.filter_map(|&p| ask(p)));
        } else {
            let changed = fetcher.changed.drain(..);
            asks.partitions.extend(changed.filter_map(ask));
            asks.forgotten.append(&mut fetcher.forgotten);
        }
        asks.session_id = fetcher.session_id;
        asks.session_epoch = fetcher.session_epoch;
    }

    /// The next request opens a new session.
    #[cold]
    fn drop_session(&mut self, broker: usize) {
        self.fetchers.at(broker).session_id = 0;
    }

    /// A leader answers.
    pub(super) fn fetched(
        &mut self,
        from: Pid,
        number: u32,
        mut call: Box<FetchCall>,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(broker) = self.cluster.broker(from) else {
            return;
        };
        let fetcher = self.fetchers.at(broker);
        if fetcher.asked.is_none_or(|a| a.0 != number) {
            return;
        }
        fetcher.asked = None;
        let answer = &mut call.answer;
        if answer.error.is_some() {
            self.drop_session(broker);
        } else {
            fetcher.session_id = answer.session_id;
            fetcher.session_epoch += 1;
        }
        let mut batches = answer.batches.drain(..);
        for partition in &answer.partitions {
            let mut mine = batches.by_ref().take(partition.batches);
            self.take_in(broker, from, partition, &mut mine, ctx);
            mine.for_each(drop);
        }
        drop(batches);
        self.fetchers.at(broker).spare = Some(call);
        self.ask(broker, ctx);
    }

    fn take_in(
        &mut self,
        broker: usize,
        from: Pid,
        news: &FetchedPartition,
        batches: impl Iterator<Item = LogBatch>,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(place) = self.place_of(news.queue) else {
            return;
        };
        let flush_at = self.flush_messages(news.queue);
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        if !matches!(replica.part, Part::Follower(leader) if leader == from) {
            return;
        }
        let is_news = news.error.is_some() || news.diverging.is_some() || news.batches > 0;
        if is_news && !std::mem::replace(&mut replica.copying.changed, true) {
            self.fetchers.at(broker).changed.push(place);
        }
        // The log was cut back, or began to follow anew, since it asked (Kafka's `AbstractFetcherThread.processFetchRequest`,
        // which compares the offset and the epoch with those that it asked for).
        if replica.copying.asked != Some(replica.log.end()) {
            return;
        }
        match (news.error, news.diverging) {
            (Some(Error::OffsetOutOfRange), Some(leader)) => {
                self.start_over(place, leader.end, news.log_start, ctx);
            }
            (Some(_), _) => self.rest_partition(broker, place, ctx),
            (None, Some(diverging)) => self.diverged(place, diverging, ctx),
            (None, None) => {
                let learns = !self.cluster.left_out.has(rules::COPY_PRODUCER_STATE);
                if Self::copy(replica, (flush_at, learns), news, batches, ctx) {
                    self.flushed(ctx);
                }
            }
        }
    }

    /// Appends what a leader sent; where the leader's log was compacted, there are gaps before its batches. Whether it is synced now: `flush_at` records more were to be (`flush.messages`).
    fn copy(
        replica: &mut Replica,
        (flush_at, learns): (Option<u64>, bool),
        news: &FetchedPartition,
        batches: impl Iterator<Item = LogBatch>,
        ctx: &mut Ctx<'_>,
    ) -> bool {
        let mut flush = false;
        for batch in batches {
            // Logs are cut between batches, so the batch that holds the offset asked for begins there.
            if batch.base < replica.log.end() {
                break;
            }
            let Some(position) = Self::write(ctx, batch.batch.bytes()) else {
                return false;
            };
            record_stored(ctx, news.queue, &batch.batch, batch.base, false);
            if learns {
                replica.producers.appended(&batch);
            }
            replica.unflushed += u64::from(batch.batch.count());
            flush |= flush_at.is_some_and(|every| replica.unflushed >= every);
            replica.log.append(batch, position);
        }
        let known = news.high_watermark.min(replica.log.end());
        replica.high_watermark = replica.high_watermark.max(known);
        if news.log_start > replica.log.start() {
            Self::forget_old(replica, news, ctx);
        }
        flush
    }

    /// The leader's log begins later now.
    #[cold]
    fn forget_old(replica: &mut Replica, news: &FetchedPartition, ctx: &mut Ctx<'_>) {
        let visible = news.log_start.min(replica.high_watermark);
        let freed = replica
            .log
            .start_at_least(visible, |b| record_gone(ctx, news.queue, b, Gone::Expired));
        ctx.free(freed);
    }

    /// The leader's log departs from ours: cut back to where they can still agree, and ask again (KIP-595; Kafka's
    /// `AbstractFetcherThread.getOffsetTruncationState`).
    #[cold]
    fn diverged(&mut self, place: usize, leader: EpochEnd, ctx: &mut Ctx<'_>) {
        let Some(replica) = self.replicas.get(place) else {
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
    #[cold]
    fn start_over(&mut self, place: usize, leader_end: u64, leader_start: u64, ctx: &mut Ctx<'_>) {
        let queue = self.queue_at(place);
        let Some(replica) = self.replicas.get_mut(place) else {
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
    #[cold]
    fn rest_partition(&mut self, broker: usize, place: usize, ctx: &mut Ctx<'_>) {
        self.leave_session(broker, place);
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        if !std::mem::replace(&mut replica.copying.rests, true) {
            self.fetchers.at(broker).resting_partitions += 1;
        }
        let token = Token {
            kind: kind::PARTITION_RETRY,
            index: broker as u16,
            data: place as u32,
        };
        let after = self.cluster.settings.replica_fetch_backoff_ms.ns();
        ctx.timer(after, token);
    }

    pub(super) fn retry_partition(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        let (broker, place) = (usize::from(token.index), token.data as usize);
        let leader = self.cluster.brokers[broker];
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        let follows = matches!(replica.part, Part::Follower(pid) if pid == leader);
        if follows && replica.copying.rests {
            replica.copying.rests = false;
            self.fetchers.at(broker).resting_partitions -= 1;
            self.changed(broker, place);
            self.ask(broker, ctx);
        }
    }

    /// The connection to a leader is gone.
    pub(super) fn fetcher_failed(&mut self, broker: usize, ctx: &mut Ctx<'_>) {
        self.drop_session(broker);
        let fetcher = self.fetchers.at(broker);
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
        self.fetchers.at(broker).resting = false;
        self.ask(broker, ctx);
    }

    /// Once a second: were answers lost?
    pub(super) fn check_fetchers(&mut self, ctx: &mut Ctx<'_>) {
        let wait = self.cluster.settings.replica_fetch_wait_max_ms.ns();
        let patience = RESEND_S + wait.div_ceil(crate::sim::SECOND) as u32;
        for nth in 0..self.fetchers.count() {
            let broker = self.fetchers.place(nth);
            let asked = self.fetchers.at(broker).asked;
            if asked.is_some_and(|(_, at)| self.ticks.wrapping_sub(at) > patience) {
                self.fetchers.at(broker).asked = None;
                self.drop_session(broker);
                self.ask(broker, ctx);
            }
        }
    }

    /// Before leader epochs, a follower cut its log back to its own high watermark when it began to follow.
    pub(super) fn truncate_to_high_watermark(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        let to = self.replicas.get(place).map(|r| r.high_watermark);
        if let Some(to) = to {
            self.truncate(place, to, ctx);
        }
    }

    /// Whether it cuts a log back to where it parts from the leader's, and not to its own high watermark.
    pub(super) fn truncates_by_epoch(&self) -> bool {
        self.cluster.settings.truncation == Truncation::LeaderEpoch
            && !self.cluster.left_out.has(rules::TRUNCATE_BY_EPOCH)
    }

    /// How many partitions it copies.
    pub(super) fn fetcher_partitions(&self) -> usize {
        self.fetchers.values().map(|f| f.partitions.len()).sum()
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
