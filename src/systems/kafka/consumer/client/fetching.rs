//! Fetching from leaders, and handing what came to the application.

use crate::sim::{Fact, Token};

use super::super::super::Ctx;
use super::super::super::batch::LogBatch;
use super::super::super::protocol::{
    Error, FINAL_EPOCH, Fetch, FetchCall, FetchPartition, Fetched, FetchedPartition, Request,
};
use super::{Asked, ConsumerClient, POLL, Polled, Position};

impl ConsumerClient {
    /// If the application is in a poll and there are messages, the poll returns them (appended to `out`).
    pub fn records(&mut self, out: &mut Vec<Polled>, ctx: &mut Ctx<'_>) -> bool {
        if !self.polling || self.full.is_empty() {
            return false;
        }
        let mut room = self.config.max_poll_records;
        while room > 0
            && let Some(&part) = self.full.front()
        {
            let at = &mut self.parts[part as usize];
            while room > 0
                && let Position::At(position) = at.position
                && let Some(batch) = at.buffered.front()
            {
                let from = position.saturating_sub(batch.base) as u32;
                let count = batch.batch.count();
                let to = count.min(from.saturating_add(room));
                room -= to.saturating_sub(from);
                at.position = Position::At(position.max(batch.base + u64::from(to)));
                at.epoch = Some(batch.epoch);
                let batch = if to == count {
                    at.buffered.pop_front()
                } else {
                    Some(batch.clone())
                };
                if let Some(batch) = batch.filter(|_| from < to) {
                    let range = (from, to);
                    out.push(Polled { part, batch, range });
                }
            }
            // What has no position (it is being reset) is of no use.
            if !matches!(at.position, Position::At(_)) {
                at.buffered.clear();
            }
            if at.buffered.is_empty() {
                self.full.pop_front();
            }
        }
        if out.is_empty() {
            return false;
        }
        // What comes next is fetched while the application works.
        self.fetch(ctx);
        self.polling = false;
        let until = ctx.now().saturating_add(self.config.max_poll_interval_ns);
        let token = Token::of(self.timers + POLL);
        self.poll_by = until;
        self.poll_deadline.by(until, token, ctx);
        true
    }

    /// Sends fetches: to each broker at most one at a time, for the partitions of which nothing is buffered.
    pub(super) fn fetch(&mut self, ctx: &mut Ctx<'_>) {
        if self.stopped {
            return;
        }
        let now = ctx.now();
        let ready = |&at: &u32| matches!(self.parts[at as usize].position, Position::At(_));
        let leaderless = self.leaderless.iter().any(ready);
        for nth in 0..self.led.count() {
            if self.may_fetch(nth) {
                self.fetch_from(self.led.place(nth), now, ctx);
            }
        }
        if leaderless {
            self.want_metadata(ctx);
        }
    }

    /// Whether the n-th broker is not asked already, and leads a partition of which nothing is buffered.
    #[inline]
    fn may_fetch(&self, nth: usize) -> bool {
        let idle = |&at: &u32| self.parts[at as usize].buffered.is_empty();
        let led = self.led.nth(nth);
        led.is_some_and(|led| !led.fetching && led.parts.iter().any(idle))
    }

    fn fetch_from(&mut self, broker: usize, now: u64, ctx: &mut Ctx<'_>) {
        let Some(led) = self.led.get(broker) else {
            return;
        };
        let mut call = self.spare.pop().unwrap_or_else(|| self.empty_call());
        let partitions = &mut call.asks.partitions;
        partitions.clear();
        let mut wait_until = u64::MAX;
        for &at in &led.parts {
            let part = &self.parts[at as usize];
            let Position::At(offset) = part.position else {
                continue;
            };
            if !part.buffered.is_empty() {
                continue;
            }
            let ready_at = part.not_before.max(self.view.up_at(broker));
            if ready_at > now {
                wait_until = wait_until.min(ready_at);
                continue;
            }
            partitions.push(FetchPartition {
                queue: part.queue,
                offset,
                current_leader_epoch: self.view.epoch(part.place),
                last_fetched_epoch: part.epoch,
            });
        }
        self.retry_by(wait_until, ctx);
        if call.asks.partitions.is_empty() {
            self.spare.push(call);
            return;
        }
        self.led.at(broker).fetching = true;
        let timeout = self.config.request_timeout_ns;
        let to = self.view.brokers()[broker];
        let request = Request::Fetch(call);
        self.requests.send(to, request, timeout, Asked::Fetch, ctx);
    }

    /// A request that asks for nothing.
    fn empty_call(&self) -> Box<FetchCall> {
        let asks = Fetch {
            replica: None,
            max_wait_ns: self.config.fetch_max_wait_ns,
            min_bytes: self.config.fetch_min_bytes,
            max_bytes: self.config.fetch_max_bytes,
            partition_max_bytes: self.config.partition_fetch_bytes,
            session_id: 0,
            session_epoch: FINAL_EPOCH,
            partitions: Vec::new(),
            forgotten: Vec::new(),
        };
        let answer = Fetched::default();
        Box::new(FetchCall { asks, answer })
    }

    pub(super) fn fetched(&mut self, call: &mut FetchCall, ctx: &mut Ctx<'_>) {
        let mut batches = call.answer.batches.drain(..);
        for answer in &call.answer.partitions {
            let mut mine = batches.by_ref().take(answer.batches);
            let asked = call
                .asks
                .partitions
                .iter()
                .find(|p| p.queue == answer.queue);
            let part = self.subscription.binary_search(&answer.queue);
            if let (Some(asked), Ok(part)) = (asked, part) {
                self.fetched_part(part as u32, asked.offset, answer, &mut mine, ctx);
            }
            mine.for_each(drop);
        }
    }

    fn fetched_part(
        &mut self,
        at: u32,
        offset: u64,
        answer: &FetchedPartition,
        batches: impl Iterator<Item = LogBatch>,
        ctx: &mut Ctx<'_>,
    ) {
        let part = &mut self.parts[at as usize];
        // Meanwhile it may have been given back, or moved.
        // It may also have been fetched from an old leader and a new one at once; the first answer counts.
        if !part.owned || part.position != Position::At(offset) || !part.buffered.is_empty() {
            return;
        }
        match answer.error {
            None => {}
            Some(Error::OffsetOutOfRange) => {
                part.position = Position::Lost;
                part.epoch = None;
                self.is_placed = false;
                return;
            }
            Some(error) => {
                part.not_before = ctx.now() + self.config.backoff.first_ns;
                if error.is_stale_metadata() {
                    self.want_metadata(ctx);
                }
                return;
            }
        }
        self.view.is_good();
        part.high_watermark = answer.high_watermark;
        if let Some(end) = answer.diverging {
            // The log was truncated: read on where it agrees with what was read (KIP-320).
            let end = end.end.min(offset);
            part.position = Position::At(end);
            part.epoch = None;
            ctx.record(Fact::Reset {
                group: self.config.group,
                queue: part.queue,
                offset: end,
            });
            return;
        }
        let new = batches.filter(|b| b.end() > offset);
        part.buffered.extend(new);
        if !part.buffered.is_empty() {
            self.full.push_back(at);
        }
    }
}
