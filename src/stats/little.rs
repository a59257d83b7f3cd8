//! Time averages, for Little's law: the mean number of messages on their way is the rate at which they come times the mean
//! time they take. The three are measured apart: the first by time, the others by message.

use crate::sim::ledger::State;

/// Averages over the run so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Little {
    /// When the number in flight changed last, ns.
    now: u64,
    in_flight: u64,
    /// Sum over time of the number in flight, message × ns.
    area: u128,
    ended: u64,
    /// Sum of the times that ended messages were in flight, ns.
    ages: u128,
    age_max: u64,
}

impl Little {
    /// Counts the time until now, ns, in which the number in flight was what it is.
    #[inline]
    fn advance(&mut self, now: u64) {
        self.area += u128::from(self.in_flight) * u128::from(now - self.now);
        self.now = now;
    }

    #[inline]
    pub(super) fn produced(&mut self, count: u32, now: u64) {
        self.advance(now);
        self.in_flight += u64::from(count);
    }

    #[inline]
    pub(super) fn became(&mut self, from: State, to: State, age_ns: u64, now: u64) {
        if from == to {
            return;
        }
        self.advance(now);
        if from == State::InFlight {
            self.in_flight -= 1;
            self.ended += 1;
            self.ages += u128::from(age_ns);
            self.age_max = self.age_max.max(age_ns);
        } else if to == State::InFlight {
            // It was given up too early. Its time away counts as time on the way.
            self.in_flight += 1;
            self.ended = self.ended.saturating_sub(1);
            self.ages = self.ages.saturating_sub(u128::from(age_ns));
        }
    }

    /// Mean number of messages in flight (L) up to now, ns.
    pub fn number(&self, now: u64) -> f64 {
        if now == 0 {
            return 0.0;
        }
        let since = u128::from(self.in_flight) * u128::from(now.saturating_sub(self.now));
        (self.area + since) as f64 / now as f64
    }

    /// Messages that ended their way, per second up to now, ns (λ; what comes in and has not ended is left out).
    pub fn rate_per_s(&self, now: u64) -> f64 {
        if now == 0 {
            return 0.0;
        }
        self.ended as f64 * 1e9 / now as f64
    }

    /// Mean time that ended messages took (W), ns; `None` of none.
    pub fn time_ns(&self) -> Option<f64> {
        (self.ended > 0).then(|| self.ages as f64 / self.ended as f64)
    }

    pub(super) fn age_max_ns(&self) -> u64 {
        self.age_max
    }
}
