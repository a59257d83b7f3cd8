//! One timer for many things that wait: it rings when the first of them is due.

use crate::sim::{TimerId, Token};

use super::Ctx;

/// A moment as the one who waits counts time, ns.
pub trait Moment: Copy + Ord {
    /// What is due then is never due.
    const NEVER: Self;

    /// How far away it is, ns; 0, if it is over.
    fn away(self, ctx: &Ctx<'_>) -> u64;
}

/// Virtual time.
impl Moment for u64 {
    const NEVER: Self = Self::MAX;

    fn away(self, ctx: &Ctx<'_>) -> u64 {
        self.saturating_sub(ctx.now())
    }
}

/// A reading of a node's clock.
impl Moment for i64 {
    const NEVER: Self = Self::MAX;

    fn away(self, ctx: &Ctx<'_>) -> u64 {
        u64::try_from(self.saturating_sub(ctx.clock())).unwrap_or(0)
    }
}

/// A timer that is wanted no later than some time.
#[derive(Clone, Debug)]
pub struct Alarm<T = u64>(Option<(T, TimerId)>);

impl<T> Default for Alarm<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Moment> Alarm<T> {
    /// Rings at `at` or before.
    pub fn by(&mut self, at: T, token: Token, ctx: &mut Ctx<'_>) {
        match self.0 {
            _ if at == T::NEVER => return,
            Some((set, _)) if set <= at => return,
            Some((_, timer)) => ctx.cancel(timer),
            None => {}
        }
        let timer = ctx.timer(at.away(ctx), token);
        self.0 = Some((at, timer));
    }

    /// Rings at `at`, and not before.
    pub fn at(&mut self, at: T, token: Token, ctx: &mut Ctx<'_>) {
        self.off(ctx);
        self.by(at, token, ctx);
    }

    /// Does not ring.
    pub fn off(&mut self, ctx: &mut Ctx<'_>) {
        if let Some((_, timer)) = self.0.take() {
            ctx.cancel(timer);
        }
    }

    /// It rang. The time to act by: a clock that runs fast, or rounding, may let it ring a little early, and what was due then
    /// is due now.
    pub fn rang(&mut self, now: T) -> T {
        self.0.take().map_or(now, |(at, _)| at.max(now))
    }
}
