//! A circuit breaker with the rules of resilience4j: after too many failed or slow calls it lets none through for a while, then
//! a few to see whether they succeed.

mod window;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::sim::call::Switch;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::{Chance, Duration};

use window::{Tally, Window};

/// A window larger than this is a slip.
const WINDOW_MAX: u32 = 1_000_000;

/// Settings of a circuit breaker. Names, defaults and rules are resilience4j's (documentation, "Core modules",
/// `CircuitBreaker`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BreakerSettings {
    /// A share of failed calls of the window that is as large opens the breaker.
    pub failure_rate_threshold: Chance,
    /// A share of slow calls of the window that is as large opens the breaker.
    pub slow_call_rate_threshold: Chance,
    /// A call that took longer is slow.
    pub slow_call_duration_threshold: Duration,
    /// So many calls are let through while half open; their results decide.
    pub permitted_number_of_calls_in_half_open_state: u32,
    /// A breaker that is half open for so long opens again; 0: it waits for all results.
    pub max_wait_duration_in_half_open_state: Duration,
    /// What the window holds.
    pub sliding_window_type: SlidingWindowType,
    /// The last so many calls, or the calls of the last so many seconds.
    pub sliding_window_size: u32,
    /// With fewer calls in the window nothing is decided. Over calls never more than the window holds.
    pub minimum_number_of_calls: u32,
    /// How long the breaker stays open.
    pub wait_duration_in_open_state: Duration,
    /// Whether it becomes half open when that time is over, or only with the next call.
    pub automatic_transition_from_open_to_half_open_enabled: bool,
}

/// What the window of a breaker holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlidingWindowType {
    /// The last calls.
    #[default]
    CountBased,
    /// The calls of the last seconds.
    TimeBased,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failure_rate_threshold: Chance::from_p(0.5),
            slow_call_rate_threshold: Chance::ALWAYS,
            slow_call_duration_threshold: Duration::from_secs(60),
            permitted_number_of_calls_in_half_open_state: 10,
            max_wait_duration_in_half_open_state: Duration::ZERO,
            sliding_window_type: SlidingWindowType::CountBased,
            sliding_window_size: 100,
            minimum_number_of_calls: 100,
            wait_duration_in_open_state: Duration::from_secs(60),
            automatic_transition_from_open_to_half_open_enabled: false,
        }
    }
}

impl BreakerSettings {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let shares = [
            ("failure_rate_threshold", self.failure_rate_threshold),
            ("slow_call_rate_threshold", self.slow_call_rate_threshold),
        ];
        for (field, share) in shares {
            if share.is_never() {
                let why = "a threshold of 0% would open the breaker without a failure";
                out.push(Complaint::error(at.field(field), why));
            }
        }
        let counts = [
            ("sliding_window_size", self.sliding_window_size),
            ("minimum_number_of_calls", self.minimum_number_of_calls),
            (
                "permitted_number_of_calls_in_half_open_state",
                self.permitted_number_of_calls_in_half_open_state,
            ),
        ];
        for (field, count) in counts {
            if !(1..=WINDOW_MAX).contains(&count) {
                let why = format!("{count} is not from 1 to {WINDOW_MAX}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        if self.wait_duration_in_open_state < Duration::from_ms(1) {
            let why = "a breaker stays open for 1ms at least";
            out.push(Complaint::error(
                at.field("wait_duration_in_open_state"),
                why,
            ));
        }
    }
}

/// A circuit breaker.
///
/// As in resilience4j, a result counts in the state in which the breaker is when it comes: one of a call from before the breaker
/// opened counts among the results of the half-open state, and none counts while it is open.
#[derive(Clone, Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    window: Window,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Closed,
    Open {
        until: u64,
    },
    HalfOpen {
        permits: u32,
        tally: Tally,
        give_up_at: Option<u64>,
    },
}

impl Breaker {
    /// A closed breaker that has seen no call.
    pub fn new(settings: &BreakerSettings) -> Self {
        let size = settings.sliding_window_size;
        let window = match settings.sliding_window_type {
            SlidingWindowType::CountBased => Window::of_calls(size),
            SlidingWindowType::TimeBased => Window::of_seconds(size),
        };
        Self {
            settings: *settings,
            window,
            state: State::Closed,
        }
    }

    /// Whether a call may be made. Each permission is followed by [`Breaker::on_result`] or [`Breaker::release`].
    pub fn try_acquire(&mut self, now: u64) -> bool {
        self.wake(now);
        if let State::Open { until } = self.state
            && now >= until
        {
            self.half_open(now);
        }
        match &mut self.state {
            State::Closed => true,
            State::Open { .. } => false,
            State::HalfOpen { permits, .. } => {
                let free = *permits > 0;
                *permits = permits.saturating_sub(1);
                free
            }
        }
    }

    /// The result of a call that had permission: how long it took and whether it succeeded.
    pub fn on_result(&mut self, now: u64, took_ns: u64, ok: bool) {
        self.wake(now);
        let slow = took_ns > self.settings.slow_call_duration_threshold.ns();
        let outcome = Tally::of(!ok, slow);
        let needed = self.settings.minimum_number_of_calls;
        match &mut self.state {
            State::Open { .. } => {}
            State::Closed => {
                let needed = match self.settings.sliding_window_type {
                    SlidingWindowType::CountBased => needed.min(self.settings.sliding_window_size),
                    SlidingWindowType::TimeBased => needed,
                };
                let seen = self.window.note(now, outcome);
                if seen.calls >= needed && self.is_too_bad(seen) {
                    self.open(now);
                }
            }
            State::HalfOpen { tally, .. } => {
                tally.add(outcome);
                let seen = *tally;
                if seen.calls
                    < needed.min(self.settings.permitted_number_of_calls_in_half_open_state)
                {
                    return;
                }
                if self.is_too_bad(seen) {
                    self.open(now);
                } else {
                    self.window.clear();
                    self.state = State::Closed;
                }
            }
        }
    }

    /// Gives back a permission for a call that was not made.
    pub fn release(&mut self) {
        if let State::HalfOpen { permits, .. } = &mut self.state {
            let most = self.settings.permitted_number_of_calls_in_half_open_state;
            *permits = (*permits + 1).min(most);
        }
    }

    /// What the breaker does with calls. An open one whose time is over is open until the next call asks, or until it is woken
    /// if the transition is automatic.
    pub fn state(&self) -> Switch {
        match self.state {
            State::Closed => Switch::Closed,
            State::Open { .. } => Switch::Open,
            State::HalfOpen { .. } => Switch::HalfOpen,
        }
    }

    /// The moment at which it wants to be woken, ns; `None`: calls alone change it.
    pub fn alarm(&self) -> Option<u64> {
        match self.state {
            State::Closed => None,
            State::Open { until } => {
                let automatic = self
                    .settings
                    .automatic_transition_from_open_to_half_open_enabled;
                automatic.then_some(until)
            }
            State::HalfOpen { give_up_at, .. } => give_up_at,
        }
    }

    /// Does what time alone does, if it is due.
    pub fn wake(&mut self, now: u64) {
        if self.alarm().is_none_or(|at| now < at) {
            return;
        }
        match self.state {
            State::Closed => {}
            State::Open { .. } => self.half_open(now),
            State::HalfOpen { .. } => self.open(now),
        }
    }

    /// The share of failed calls among those it judges by, and how many there are.
    pub fn failure_rate(&self) -> (f64, u32) {
        let seen = match &self.state {
            State::HalfOpen { tally, .. } => *tally,
            State::Closed | State::Open { .. } => self.window.total(),
        };
        (share(seen.failed, seen.calls), seen.calls)
    }

    fn is_too_bad(&self, seen: Tally) -> bool {
        share(seen.failed, seen.calls) >= self.settings.failure_rate_threshold.p()
            || share(seen.slow, seen.calls) >= self.settings.slow_call_rate_threshold.p()
    }

    fn open(&mut self, now: u64) {
        let wait = self.settings.wait_duration_in_open_state.ns();
        self.state = State::Open {
            until: now.saturating_add(wait),
        };
    }

    fn half_open(&mut self, now: u64) {
        let wait = self.settings.max_wait_duration_in_half_open_state.ns();
        self.state = State::HalfOpen {
            permits: self.settings.permitted_number_of_calls_in_half_open_state,
            tally: Tally::default(),
            give_up_at: (wait > 0).then(|| now.saturating_add(wait)),
        };
    }
}

/// Correctly rounded, so that 7 of 100 are `"7%"`.
fn share(part: u32, of: u32) -> f64 {
    if of == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(of)
    }
}
