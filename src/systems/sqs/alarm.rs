//! A timer that is wanted no later than some time.

use crate::sim::{TimerId, Token};

use super::Ctx;

/// Rings once, at the earliest of the times asked for, which are readings of the node's clock, ns.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarm(Option<(i64, TimerId)>);

impl Alarm {
    /// Rings at `at` or before. The end of time is never.
    pub fn by(&mut self, at: i64, token: Token, ctx: &mut Ctx<'_>) {
        match self.0 {
            _ if at == i64::MAX => return,
            Some((set, _)) if set <= at => return,
            Some((_, timer)) => ctx.cancel(timer),
            None => {}
        }
        let after = u64::try_from(at.saturating_sub(ctx.clock())).unwrap_or(0);
        self.0 = Some((at, ctx.timer(after, token)));
    }

    /// It rang. The time to act by: what was due then is due now, should rounding have let it ring a little early.
    pub fn rang(&mut self, clock: i64) -> i64 {
        self.0.take().map_or(clock, |(at, _)| at.max(clock))
    }
}
