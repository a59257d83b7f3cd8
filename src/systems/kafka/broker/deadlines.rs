//! When requests that wait in a broker give up (Kafka's purgatories). Nearly all are answered long before, so that a timer
//! for each would only be set and taken back: one is set for the first, and when it fires it is set for what is the first
//! by then.

use std::collections::VecDeque;

use crate::sim::Token;

use super::super::Ctx;
use crate::systems::alarm::Alarm;

/// Names what waits: its place and its number.
pub(super) type Waiter = (u32, u32);

/// Deadlines in the order of time.
#[derive(Clone, Debug)]
pub(super) struct Deadlines {
    waiting: VecDeque<(u64, Waiter)>,
    alarm: Alarm,
    token: Token,
}

impl Deadlines {
    /// None. Its timer bears the kind.
    pub fn new(kind: u16) -> Self {
        Self {
            waiting: VecDeque::new(),
            alarm: Alarm::default(),
            token: Token::of(kind),
        }
    }

    /// Something waits no longer than `after_ns`. What lies before it and does not wait any more is forgotten.
    pub fn add(
        &mut self,
        after_ns: u64,
        waiter: Waiter,
        waits: impl Fn(Waiter) -> bool,
        ctx: &mut Ctx<'_>,
    ) {
        self.forget(waits);
        let at = ctx.now().saturating_add(after_ns);
        match self.waiting.back() {
            Some(last) if last.0 > at => {
                let place = self.waiting.partition_point(|w| w.0 <= at);
                self.waiting.insert(place, (at, waiter));
            }
            _ => self.waiting.push_back((at, waiter)),
        }
        self.alarm.by(at, self.token, ctx);
    }

    fn forget(&mut self, waits: impl Fn(Waiter) -> bool) {
        while self.waiting.front().is_some_and(|w| !waits(w.1)) {
            self.waiting.pop_front();
        }
    }

    /// The timer fired: the time that deadlines are compared with.
    pub fn rang(&mut self, ctx: &Ctx<'_>) -> u64 {
        self.alarm.rang(ctx.now())
    }

    /// The next whose deadline has come, whether it still waits or not.
    pub fn due(&mut self, now: u64) -> Option<Waiter> {
        let due = self.waiting.front().is_some_and(|w| w.0 <= now);
        due.then(|| self.waiting.pop_front())?.map(|w| w.1)
    }

    /// Sets the timer for the first that still waits.
    pub fn set(&mut self, waits: impl Fn(Waiter) -> bool, ctx: &mut Ctx<'_>) {
        self.forget(waits);
        if let Some(first) = self.waiting.front() {
            self.alarm.by(first.0, self.token, ctx);
        }
    }

    /// All is forgotten, as the process dies: so are its timers.
    pub fn clear(&mut self) {
        *self = Self::new(self.token.kind);
    }
}
