//! Where to read on: stored positions, and the ends of logs where there are none.

use std::collections::BTreeMap;

use crate::sim::{Fact, QueueId};

use super::super::super::Ctx;
use super::super::super::protocol::{Error, OffsetQuery, Request, StoredOffsets};
use super::super::settings::OffsetReset;
use super::{Asked, ConsumerClient, Event, Part, Position};

impl ConsumerClient {
    /// Asks where to read on, where that is not known.
    pub(super) fn look_up(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        if !self.is_placed {
            self.look_up_all(now, ctx);
        }
    }

    #[cold]
    fn look_up_all(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let is_placed = |p: &Part| !p.owned || matches!(p.position, Position::At(_));
        self.is_placed = self.parts.iter().all(is_placed);
        let needs = |p: &Part, position: Position| {
            p.owned && !p.asking && p.position == position && p.not_before <= now
        };
        let stored: Vec<u32> = (0_u32..)
            .zip(&self.parts)
            .filter(|(_, p)| needs(p, Position::Stored))
            .map(|(at, _)| at)
            .collect();
        if !stored.is_empty()
            && let Some(to) = self.coordinator
        {
            let queues = stored
                .iter()
                .map(|&p| self.parts[p as usize].queue)
                .collect();
            for &part in &stored {
                self.parts[part as usize].asking = true;
            }
            let request = Request::OffsetFetch(self.config.group, queues);
            let timeout = self.config.request_timeout_ns;
            self.requests
                .send(to, request, timeout, Asked::Positions(stored), ctx);
        }
        if self.parts.iter().any(|p| needs(p, Position::Lost)) {
            self.find_ends(now, ctx);
        }
    }

    /// Asks leaders where logs begin or end, by the reset policy.
    #[cold]
    fn find_ends(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        if self.config.reset == OffsetReset::None {
            self.stopped = true;
            self.events.push(Event::NoPosition);
            return;
        }
        let mut leaderless = false;
        // By the leader's place.
        let mut asks: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for (at, part) in (0_u32..).zip(&mut self.parts) {
            let needs = part.owned
                && !part.asking
                && part.position == Position::Lost
                && part.not_before <= now;
            if !needs {
                continue;
            }
            let leader = self.view.leader(part.place);
            leaderless |= leader.is_none();
            if let Some(broker) = leader.and_then(|l| self.view.broker(l)) {
                part.asking = true;
                asks.entry(broker).or_default().push(at);
            }
        }
        for (broker, parts) in asks {
            let query = |&at: &u32| OffsetQuery {
                queue: self.parts[at as usize].queue,
                earliest: self.config.reset == OffsetReset::Earliest,
            };
            let request = Request::ListOffsets(parts.iter().map(query).collect());
            let (to, timeout) = (self.view.brokers()[broker], self.config.request_timeout_ns);
            self.requests
                .send(to, request, timeout, Asked::Ends(parts), ctx);
        }
        if leaderless {
            self.want_metadata(ctx);
        }
    }

    #[cold]
    pub(super) fn found_stored(
        &mut self,
        parts: &[u32],
        result: Result<StoredOffsets, Error>,
        ctx: &mut Ctx<'_>,
    ) {
        for &part in parts {
            self.parts[part as usize].asking = false;
        }
        let stored = match result {
            Ok(stored) => stored,
            Err(error) => return self.lookup_failed(parts, error, ctx),
        };
        for &at in parts {
            let part = &mut self.parts[at as usize];
            let of_this = stored.iter().find(|(q, _)| *q == part.queue);
            if part.owned && part.position == Position::Stored {
                part.position = match of_this {
                    Some((_, Some(offset))) => Position::At(*offset),
                    _ => Position::Lost,
                };
            }
        }
    }

    #[cold]
    pub(super) fn found_ends(
        &mut self,
        parts: &[u32],
        results: &[(QueueId, Result<u64, Error>)],
        ctx: &mut Ctx<'_>,
    ) {
        for &at in parts {
            let part = &mut self.parts[at as usize];
            part.asking = false;
            let result = results.iter().find(|(q, _)| *q == part.queue);
            match result.map(|r| r.1) {
                Some(Ok(offset)) if part.owned && part.position == Position::Lost => {
                    part.position = Position::At(offset);
                    ctx.record(Fact::Reset {
                        group: self.config.group,
                        queue: part.queue,
                        offset,
                    });
                }
                Some(Err(error)) => self.lookup_failed(&[at], error, ctx),
                _ => {}
            }
        }
    }

    #[cold]
    pub(super) fn lookup_failed(&mut self, parts: &[u32], error: Error, ctx: &mut Ctx<'_>) {
        let at = ctx.now() + self.config.backoff.first_ns;
        for &part in parts {
            self.parts[part as usize].not_before = at;
        }
        self.retry_by(at, ctx);
        if error.is_lost_coordinator() {
            self.coordinator = None;
        } else if error.is_stale_metadata() {
            self.want_metadata(ctx);
        }
    }
}
