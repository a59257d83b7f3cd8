//! Whom to ask: the leaders of partitions, and the coordinator of the group.

use super::super::super::Ctx;
use super::super::super::protocol::Request;
use super::{Asked, ConsumerClient};

impl ConsumerClient {
    pub(super) fn ask_metadata(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if self.view.known
            && now
                >= self
                    .view
                    .told_at
                    .saturating_add(self.config.metadata_max_age_ns)
        {
            self.view.wanted = true;
        }
        if !self.view.wanted || self.metadata_asked {
            return;
        }
        if self.view.not_before > now {
            self.retry_by(self.view.not_before, ctx);
            return;
        }
        match self.view.any_broker(now, &mut self.stream) {
            Ok(to) => {
                self.metadata_asked = true;
                let timeout = self.config.request_timeout_ns;
                self.requests
                    .send(to, Request::Metadata, timeout, Asked::Metadata, ctx);
            }
            Err(at) => self.retry_by(at, ctx),
        }
    }

    #[cold]
    pub(super) fn want_metadata(&mut self, ctx: &mut Ctx<'_>) {
        self.view
            .want(ctx.now(), self.config.backoff, &mut self.stream);
        self.ask_metadata(ctx);
    }

    #[cold]
    pub(super) fn find_coordinator(&mut self, ctx: &mut Ctx<'_>) {
        if self.finding {
            return;
        }
        let now = ctx.now();
        if self.group_not_before > now {
            self.retry_by(self.group_not_before, ctx);
            return;
        }
        match self.view.any_broker(now, &mut self.stream) {
            Ok(to) => {
                self.finding = true;
                let request = Request::FindCoordinator(self.config.group);
                let timeout = self.config.request_timeout_ns;
                self.requests
                    .send(to, request, timeout, Asked::Coordinator, ctx);
            }
            Err(at) => self.retry_by(at, ctx),
        }
    }

    pub(super) fn find_if_lost(&mut self, ctx: &mut Ctx<'_>) {
        if self.coordinator.is_none() {
            self.find_coordinator(ctx);
        }
    }
}
