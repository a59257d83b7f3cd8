//! How many calls may be under way at once, found out by trying: additive increase, multiplicative decrease.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;

/// Settings of an adaptive limit. Names, defaults and rule are those of Netflix's `concurrency-limits`, `AIMDLimit`: a call that
/// was dropped or took longer than `timeout` multiplies the limit by `backoff_ratio`; another one adds 1, if half of the limit
/// was in use.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdaptiveSettings {
    /// The limit at first.
    pub initial_limit: u32,
    /// It never falls below.
    pub min_limit: u32,
    /// It never rises above.
    pub max_limit: u32,
    /// What is left of the limit after a drop: from 0.5 to below 1.
    pub backoff_ratio: f64,
    /// A call that took longer counts as dropped.
    pub timeout: Duration,
}

impl Default for AdaptiveSettings {
    fn default() -> Self {
        Self {
            initial_limit: 20,
            min_limit: 20,
            max_limit: 200,
            backoff_ratio: 0.9,
            timeout: Duration::from_secs(5),
        }
    }
}

impl AdaptiveSettings {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.min_limit == 0 {
            let why = "a limit of 0 lets no call through that could raise it again";
            out.push(Complaint::error(at.field("min_limit"), why));
        }
        if self.max_limit < self.min_limit {
            let why = format!("{} is less than the least limit", self.max_limit);
            let complaint = Complaint::error(at.field("max_limit"), why);
            out.push(complaint.related(at.field("min_limit"), "the least limit"));
        } else if !(self.min_limit..=self.max_limit).contains(&self.initial_limit) {
            let why = format!(
                "{} is not from {} to {}",
                self.initial_limit, self.min_limit, self.max_limit
            );
            let complaint = Complaint::error(at.field("initial_limit"), why);
            out.push(complaint.rests_on_own(at, &["min_limit", "max_limit"]));
        }
        if !(0.5..1.0).contains(&self.backoff_ratio) {
            // The range that the library accepts.
            let why = "the ratio is from 0.5 to below 1";
            out.push(Complaint::error(at.field("backoff_ratio"), why));
        }
        if self.timeout.is_zero() {
            let why = "with a timeout of 0s every call counts as dropped";
            out.push(Complaint::error(at.field("timeout"), why));
        }
    }
}

/// A limit that adapts.
#[derive(Clone, Debug)]
pub struct Adaptive {
    settings: AdaptiveSettings,
    limit: u32,
}

impl Adaptive {
    /// At its initial limit.
    pub fn new(settings: &AdaptiveSettings) -> Self {
        Self {
            settings: *settings,
            limit: settings.initial_limit,
        }
    }

    /// So many calls may be under way at once.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// A call is over: how long it took, how many were under way when it began (itself included), and whether it was dropped
    /// (refused, timed out) instead of answered.
    pub fn on_sample(&mut self, rtt_ns: u64, in_flight: u32, dropped: bool) {
        let s = &self.settings;
        let next = if dropped || rtt_ns > s.timeout.ns() {
            (f64::from(self.limit) * s.backoff_ratio) as u32
        } else if u64::from(in_flight) * 2 >= u64::from(self.limit) {
            self.limit.saturating_add(1)
        } else {
            return;
        };
        self.limit = next.max(s.min_limit).min(s.max_limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{MS, SECOND};

    fn adaptive(text: &str) -> Adaptive {
        Adaptive::new(&ron::from_str(text).unwrap())
    }

    #[test]
    fn the_limit_step_by_step() {
        let mut limit = adaptive("(min_limit: 5, max_limit: 23)");
        let fast = 10 * MS;
        let table = [
            (fast, 9, false, 20),  // less than half in use
            (fast, 10, false, 21), // half of 20
            (fast, 10, false, 21), // less than half of 21
            (fast, 21, false, 22),
            (5 * SECOND, 22, false, 23), // as long as the timeout is not longer
            (fast, 23, false, 23),       // the most
            (5 * SECOND + 1, 1, false, 20), // 20.7
            (fast, 1, true, 18),
            (fast, 1, true, 16), // 16.2
            (fast, 1, true, 14), // 14.4
        ];
        for (step, (rtt, in_flight, dropped, expected)) in table.into_iter().enumerate() {
            limit.on_sample(rtt, in_flight, dropped);
            assert_eq!(limit.limit(), expected, "step {step}");
        }
        for _ in 0..50 {
            limit.on_sample(fast, 1, true);
        }
        assert_eq!(limit.limit(), 5);
    }

    #[test]
    fn by_default_it_moves_from_20_to_200() {
        let mut limit = adaptive("()");
        assert_eq!(limit.limit(), 20);
        limit.on_sample(MS, 20, true);
        assert_eq!(limit.limit(), 20);
        for _ in 0..500 {
            limit.on_sample(MS, 200, false);
        }
        assert_eq!(limit.limit(), 200);
        limit.on_sample(MS, 200, true);
        assert_eq!(limit.limit(), 180);
    }

    /// A server that drops what exceeds its capacity: the limit saws between 0.9 × (capacity + 1) and capacity + 1.
    #[test]
    fn it_finds_the_capacity() {
        let mut limit = adaptive("(min_limit: 1)");
        let (mut low, mut high) = (u32::MAX, 0);
        for call in 0..2_000 {
            let in_flight = limit.limit();
            limit.on_sample(MS, in_flight, in_flight > 100);
            if call > 500 {
                low = low.min(limit.limit());
                high = high.max(limit.limit());
            }
        }
        assert_eq!((low, high), (90, 101));
    }

    #[test]
    fn impossible_settings_are_named() {
        let complaints = |text: &str| {
            let mut out = Vec::new();
            let settings: AdaptiveSettings = ron::from_str(text).unwrap();
            settings.check(&Path::root().field("adaptive"), &mut out);
            out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(complaints("()"), [""; 0]);
        assert_eq!(complaints("(max_limit: 10)"), ["adaptive.max_limit"]);
        assert_eq!(
            complaints("(initial_limit: 10)"),
            ["adaptive.initial_limit"]
        );
        assert_eq!(
            complaints("(min_limit: 0, backoff_ratio: 1.0, timeout: \"0s\")"),
            [
                "adaptive.min_limit",
                "adaptive.backoff_ratio",
                "adaptive.timeout"
            ]
        );
    }
}
