//! How many calls may begin in a period: the rate limiter of resilience4j.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;

/// Settings of a rate limit. Names and defaults are resilience4j's (documentation, "Core modules", `RateLimiter`): time is divided into periods
/// from its beginning, and each period begins with `limit_for_period` permissions; what was not used is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateLimitSettings {
    /// So many calls may begin in a period.
    pub limit_for_period: u32,
    /// How long a period is.
    pub limit_refresh_period: Duration,
    /// How long a call waits for permission; one that would have to wait longer is refused at once.
    pub timeout_duration: Duration,
}

impl Default for RateLimitSettings {
    fn default() -> Self {
        Self {
            limit_for_period: 50,
            limit_refresh_period: Duration::from_ns(500),
            timeout_duration: Duration::from_secs(5),
        }
    }
}

impl RateLimitSettings {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.limit_for_period == 0 {
            let why = "with a limit of 0 no call ever begins";
            out.push(Complaint::error(at.field("limit_for_period"), why));
        }
        if self.limit_refresh_period.is_zero() {
            let why = "a period lasts 1ns at least";
            out.push(Complaint::error(at.field("limit_refresh_period"), why));
        }
    }
}

/// A rate limiter. Its first period begins at the beginning of time.
#[derive(Clone, Debug)]
pub struct RateLimit {
    per_period: i64,
    period_ns: u64,
    timeout_ns: u64,
    /// The period of the last question.
    period: u64,
    /// Permissions left in it; negative if some of later periods are given away.
    left: i64,
}

impl RateLimit {
    /// A limiter of which nothing is used yet.
    pub fn new(settings: &RateLimitSettings) -> Self {
        let per_period = i64::from(settings.limit_for_period.max(1));
        Self {
            per_period,
            period_ns: settings.limit_refresh_period.ns().max(1),
            timeout_ns: settings.timeout_duration.ns(),
            period: 0,
            left: per_period,
        }
    }

    /// Permission for a call: after how long it may begin, ns (0: now). `None`: it would have to wait too long, and is refused.
    pub fn reserve(&mut self, now: u64) -> Option<u64> {
        self.refresh(now);
        let wait = self.wait_ns(now);
        (wait <= self.timeout_ns).then(|| {
            self.left -= 1;
            wait
        })
    }

    /// Whether a call could begin now.
    pub fn is_free(&mut self, now: u64) -> bool {
        self.refresh(now);
        self.left > 0
    }

    /// Gives each period that began its permissions.
    fn refresh(&mut self, now: u64) {
        let period = now / self.period_ns;
        let begun = i64::try_from(period.saturating_sub(self.period)).unwrap_or(i64::MAX);
        let fresh = begun.saturating_mul(self.per_period);
        self.left = self.left.saturating_add(fresh).min(self.per_period);
        self.period = self.period.max(period);
    }

    /// How long the next permission is away.
    fn wait_ns(&self, now: u64) -> u64 {
        if self.left > 0 {
            return 0;
        }
        // All of this period is taken, and of the following ones those that are taken wholly.
        let taken = self.left.unsigned_abs() / self.per_period.unsigned_abs();
        let next = (self.period + 1).saturating_mul(self.period_ns);
        let first = next.saturating_sub(now);
        first.saturating_add(taken.saturating_mul(self.period_ns))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::{MS, SECOND};

    fn two_a_second() -> RateLimit {
        let text = "(limit_for_period: 2, limit_refresh_period: \"1s\", timeout_duration: \"2s\")";
        RateLimit::new(&ron::from_str(text).unwrap())
    }

    #[test]
    fn permissions_of_later_periods_are_given_away_until_the_wait_is_too_long() {
        let mut limit = two_a_second();
        let s = SECOND;
        let table = [
            (0, Some(0)),
            (0, Some(0)),
            (0, Some(s)),
            (0, Some(s)),
            (0, Some(2 * s)),
            (0, Some(2 * s)),
            (0, None),                    // 3 s away
            (s / 2, None),                // 2.5 s
            (s, Some(2 * s)),             // the first of second 3
            (3 * s / 2, Some(3 * s / 2)), // its second
            (3 * s / 2, None),
            (2 * s, Some(2 * s)),
            (9 * s, Some(0)),
            (9 * s, Some(0)),
            (9 * s + 300 * MS, Some(700 * MS)),
        ];
        for (step, (now, expected)) in table.into_iter().enumerate() {
            assert_eq!(limit.reserve(now), expected, "step {step}");
        }
    }

    #[test]
    fn what_was_not_used_is_lost() {
        let mut limit = two_a_second();
        let waits: Vec<Option<u64>> = (0..3).map(|_| limit.reserve(100 * SECOND)).collect();
        assert_eq!(waits, [Some(0), Some(0), Some(SECOND)]);
    }

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let mut limit = RateLimit::new(&ron::from_str("()").unwrap());
        // 50 in each 500 ns, for 5 s: 10 million periods and the current one.
        let waits: Vec<Option<u64>> = (0..101).map(|_| limit.reserve(0)).collect();
        assert!(waits[..50].iter().all(|&w| w == Some(0)));
        assert!(waits[50..100].iter().all(|&w| w == Some(500)));
        assert_eq!(waits[100], Some(1000));
    }

    proptest! {
        #[test]
        fn no_period_sees_more_than_its_limit_and_nobody_waits_without_need(
            limit in 1_u32..5, timeout in 0_u64..40,
            steps in proptest::collection::vec(0_u64..12, 1..200),
        ) {
            let mut limiter = RateLimit::new(&RateLimitSettings {
                limit_for_period: limit,
                limit_refresh_period: Duration::from_ns(10),
                timeout_duration: Duration::from_ns(timeout),
            });
            let mut begun = std::collections::BTreeMap::new();
            let mut now = 0;
            for step in steps {
                now += step;
                // The first period from now on that has room, and when it begins.
                let free = (now / 10..now / 10 + 1000).find(|p| begun.get(p).is_none_or(|&n| n < limit)).unwrap();
                let wait = (free * 10).saturating_sub(now);
                prop_assert_eq!(limiter.reserve(now), (wait <= timeout).then_some(wait));
                if wait <= timeout {
                    *begun.entry(free).or_insert(0) += 1;
                }
            }
        }
    }

    #[test]
    fn impossible_settings_are_named() {
        let mut out = Vec::new();
        let none = RateLimitSettings {
            limit_for_period: 0,
            limit_refresh_period: Duration::ZERO,
            ..RateLimitSettings::default()
        };
        none.check(&Path::root().field("rate_limit"), &mut out);
        let fields: Vec<String> = out.iter().map(|c| c.at.to_string()).collect();
        let expected = [
            "rate_limit.limit_for_period",
            "rate_limit.limit_refresh_period",
        ];
        assert_eq!(fields, expected);
    }
}
