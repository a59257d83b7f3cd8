//! Who leads which partition, and the producer id.

use crate::sim::Token;

use super::super::super::Ctx;
use super::super::super::protocol::{Metadata, Request};
use super::{ADMIN, Asked, ProducerClient};

impl ProducerClient {
    #[cold]
    pub(super) fn told(&mut self, metadata: &Metadata, ctx: &mut Ctx<'_>) {
        self.metadata_asked = false;
        let now = ctx.now();
        self.view.learn(metadata, now);
        self.sort_by_leader();
        self.want_leaders(now, ctx);
        let token = Token::of(self.timers + ADMIN);
        let old_at = now.saturating_add(self.config.metadata_max_age_ns);
        self.admin.by(old_at, token, ctx);
        self.unblock(ctx);
        self.pump_all(now, ctx);
    }

    #[cold]
    pub(super) fn want_metadata(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        self.view.want(now, self.config.backoff, &mut self.stream);
        self.ask(ctx);
    }

    /// Batches of partitions without a known leader wait for news.
    pub(super) fn want_leaders(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let waits = |&at: &u32| !self.parts[at as usize].batches.is_empty();
        if self.leaderless.iter().any(waits) {
            self.want_metadata(now, ctx);
        }
    }

    /// Asks for what is lacking: who leads what, and the producer id.
    #[cold]
    pub(super) fn ask(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let token = Token::of(self.timers + ADMIN);
        if self.view.wanted && !self.metadata_asked {
            let any = self.view.any_broker(now, &mut self.stream);
            match any {
                Ok(to) if self.view.not_before <= now => {
                    self.metadata_asked = true;
                    let timeout = self.config.request_timeout_ns;
                    self.requests
                        .send(to, Request::Metadata, timeout, Asked::Metadata, ctx);
                }
                Ok(_) => self.admin.by(self.view.not_before, token, ctx),
                Err(at) => self.admin.by(at.max(self.view.not_before), token, ctx),
            }
        }
        if self.config.idempotent && self.id.is_none() && !self.id_asked {
            match self.view.any_broker(now, &mut self.stream) {
                Ok(to) if self.id_not_before <= now => {
                    self.id_asked = true;
                    let timeout = self.config.request_timeout_ns;
                    let request = Request::InitProducerId;
                    self.requests
                        .send(to, request, timeout, Asked::ProducerId, ctx);
                }
                Ok(_) => self.admin.by(self.id_not_before, token, ctx),
                Err(at) => self.admin.by(at.max(self.id_not_before), token, ctx),
            }
        }
    }

    #[cold]
    pub(super) fn id_failed(&mut self, ctx: &mut Ctx<'_>) {
        self.id_asked = false;
        self.id_failures += 1;
        let wait = self.config.backoff.ns(self.id_failures, &mut self.stream);
        self.id_not_before = ctx.now() + wait;
        self.ask(ctx);
    }
}
