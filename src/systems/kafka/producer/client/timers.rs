//! What a client's timers are for; batches that run out of time.

use crate::sim::Token;
use crate::sim::record::Why;

use super::super::super::Ctx;
use super::super::accumulator::OutBatch;
use super::{ADMIN, Asked, BLOCKED, EXPIRE, PRODUCER_TIMERS, ProducerClient, REQUESTS, WAKE};

impl ProducerClient {
    /// Whether a timer is this client's.
    pub fn owns_timer(&self, token: Token) -> bool {
        (self.timers..self.timers + PRODUCER_TIMERS).contains(&token.kind)
    }

    /// A timer of this client fired.
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind - self.timers {
            REQUESTS => {
                for peer in self.requests.late(ctx) {
                    self.disconnected(peer, ctx);
                }
            }
            WAKE => {
                let now = self.wake.rang(ctx.now());
                self.want_leaders(now, ctx);
                self.pump_all(now, ctx);
            }
            EXPIRE => {
                let now = self.expire.rang(ctx.now());
                self.expire(now, ctx);
            }
            BLOCKED => {
                let now = self.blocked.rang(ctx.now());
                self.give_up_waiting(now, ctx);
            }
            _ => {
                let now = self.admin.rang(ctx.now());
                let old_at = self
                    .view
                    .told_at
                    .saturating_add(self.config.metadata_max_age_ns);
                if self.view.known && now >= old_at {
                    self.view.wanted = true;
                } else if self.view.known {
                    self.admin.by(old_at, Token::of(self.timers + ADMIN), ctx);
                }
                self.ask(ctx);
            }
        }
    }

    /// Gives up what is older than the delivery timeout, on the wire or not (KIP-91).
    #[cold]
    pub(super) fn expire(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let timeout = self.config.delivery_timeout_ns;
        let is_old = |b: &OutBatch| b.created_at.saturating_add(timeout) <= now;
        let mut old = Vec::new();
        for (at, part) in self.parts.iter_mut().enumerate() {
            while let Some(nth) = part.batches.iter().position(is_old) {
                old.extend(part.batches.remove(nth).map(|b| (at as u32, b)));
            }
        }
        for open in &mut self.requests.open {
            if let Asked::Produce(batches) = &mut open.what {
                for nth in (0..batches.len()).rev() {
                    if is_old(&batches[nth].1) {
                        let (part, batch) = batches.remove(nth);
                        self.parts[part as usize].in_flight -= 1;
                        old.push((part, batch));
                    }
                }
            }
        }
        old.sort_by_key(|(part, batch)| (*part, batch.span.first));
        for (part, batch) in old {
            self.give_up(part, &batch, Why::TimedOut, ctx);
            self.changed(part);
        }
        if let Some(oldest) = self.oldest() {
            let token = Token::of(self.timers + EXPIRE);
            self.expire.by(oldest.saturating_add(timeout), token, ctx);
        }
        self.unblock(ctx);
        self.pump_all(now, ctx);
    }

    fn oldest(&self) -> Option<u64> {
        let waiting = self.parts.iter().flat_map(|p| &p.batches);
        let sent = self.requests.open.iter().flat_map(|o| match &o.what {
            Asked::Produce(batches) => batches.as_slice(),
            _ => &[],
        });
        let created = waiting.map(|b| b.created_at);
        created.chain(sent.map(|(_, b)| b.created_at)).min()
    }
}
