//! One timer for many things that wait: it rings when the first of them is due.

use crate::sim::{TimerId, Token};

use super::Ctx;

/// A timer that is wanted no later than some time.
#[derive(Clone, Debug, Default)]
pub struct Alarm(Option<(u64, TimerId)>);

impl Alarm {
    /// Rings at `at` or before. The end of time is never.
    pub fn by(&mut self, at: u64, token: Token, ctx: &mut Ctx<'_>) {
        match self.0 {
            _ if at == u64::MAX => return,
            Some((set, _)) if set <= at => return,
            Some((_, timer)) => ctx.cancel(timer),
            None => {}
        }
        let timer = ctx.timer(at.saturating_sub(ctx.now()), token);
        self.0 = Some((at, timer));
    }

    /// Rings at `at`, and not before.
    pub fn at(&mut self, at: u64, token: Token, ctx: &mut Ctx<'_>) {
        self.off(ctx);
        self.by(at, token, ctx);
    }

    /// Does not ring.
    pub fn off(&mut self, ctx: &mut Ctx<'_>) {
        if let Some((_, timer)) = self.0.take() {
            ctx.cancel(timer);
        }
    }

    /// It rang. The time to act by: a clock that runs fast rings a little early, and what was due then is due now.
    pub fn rang(&mut self, now: u64) -> u64 {
        self.0.take().map_or(now, |(at, _)| at.max(now))
    }
}
