//! Storing positions: by itself, and when the application says so.

use crate::sim::{Pid, QueueId};

use super::super::super::Ctx;
use super::super::super::protocol::{Error, OffsetCommit, Request};
use super::{Asked, ConsumerClient, Event, Part, Phase, Position};

impl ConsumerClient {
    /// Stores positions; the application waits for [`Event::Committed`].
    pub fn commit(&mut self, offsets: Vec<(QueueId, u64)>, ctx: &mut Ctx<'_>) {
        let is_member = self.member.generation > 0 && self.member.member_id != 0;
        if !is_member {
            self.events.push(Event::Committed(false));
            return;
        }
        let Some(to) = self.coordinator else {
            let at = ctx.now() + self.config.backoff.first_ns;
            self.commit_again = Some((offsets, at));
            self.retry_by(at, ctx);
            self.find_coordinator(ctx);
            return;
        };
        let request = self.commit_request(offsets.clone());
        let timeout = self.config.request_timeout_ns;
        self.requests
            .send(to, request, timeout, Asked::Commit(offsets), ctx);
    }

    pub(super) fn commit_request(&self, offsets: Vec<(QueueId, u64)>) -> Request {
        Request::OffsetCommit(Box::new(OffsetCommit {
            member: self.member,
            offsets,
        }))
    }

    /// The positions that the application has got so far.
    pub(super) fn positions(&self) -> Vec<(QueueId, u64)> {
        let of = |p: &Part| match p.position {
            Position::At(at) if p.owned => Some((p.queue, at)),
            _ => None,
        };
        self.parts.iter().filter_map(of).collect()
    }

    pub(super) fn auto_commit(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let (Some(interval), Some(to)) = (self.config.auto_commit_ns, self.coordinator) else {
            return;
        };
        if now < self.auto_commit_at {
            self.retry_by(self.auto_commit_at, ctx);
            return;
        }
        self.auto_commit_now(now, interval, to, ctx);
    }

    #[cold]
    fn auto_commit_now(&mut self, now: u64, interval: u64, to: Pid, ctx: &mut Ctx<'_>) {
        self.auto_commit_at = now + interval;
        self.retry_by(self.auto_commit_at, ctx);
        let positions = self.positions();
        if !positions.is_empty() {
            let request = self.commit_request(positions);
            let timeout = self.config.request_timeout_ns;
            self.requests
                .send(to, request, timeout, Asked::AutoCommit(false), ctx);
        }
    }

    #[cold]
    pub(super) fn auto_committed(
        &mut self,
        joining: bool,
        error: Option<Error>,
        ctx: &mut Ctx<'_>,
    ) {
        match error {
            None => self.failures = 0,
            Some(error) if error.is_retriable() => {
                if error.is_lost_coordinator() {
                    self.coordinator = None;
                    self.group_not_before = self.back_off(ctx);
                }
                self.auto_commit_at = ctx.now() + self.config.backoff.first_ns;
                self.retry_by(self.auto_commit_at, ctx);
            }
            Some(error) => self.group_error(error, ctx),
        }
        if joining && self.phase == Phase::Committing {
            self.join(ctx);
        }
    }

    /// The application's commit was answered. What may succeed later is tried again; otherwise the group has moved on
    /// without this consumer (`CommitFailedException`).
    pub(super) fn committed(
        &mut self,
        offsets: Vec<(QueueId, u64)>,
        error: Option<Error>,
        ctx: &mut Ctx<'_>,
    ) {
        match error {
            None => {
                self.failures = 0;
                self.events.push(Event::Committed(true));
            }
            Some(error) if error.is_retriable() => {
                if error.is_lost_coordinator() {
                    self.coordinator = None;
                }
                let at = self.back_off(ctx);
                self.group_not_before = self.group_not_before.max(at);
                self.commit_again = Some((offsets, at));
                self.find_if_lost(ctx);
            }
            Some(error) => {
                self.group_error(error, ctx);
                self.events.push(Event::Committed(false));
            }
        }
    }

    pub(super) fn try_commit_again(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        match self.commit_again.take() {
            Some((offsets, at)) if at <= now => self.commit(offsets, ctx),
            Some(later) => {
                self.retry_by(later.1, ctx);
                self.commit_again = Some(later);
            }
            None => {}
        }
    }
}
