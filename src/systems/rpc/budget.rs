//! How many retries all calls of a client may make together, so that retries do not multiply the load of an outage.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::seconds;
use crate::sim::units::{Chance, Duration, Rate};

/// A limit to the retries of a client.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum RetryBudget {
    /// gRPC's retry throttling (proposal A6): there are at first `max_tokens` tokens; a failed attempt takes one, a successful
    /// one gives `token_ratio`; with half of them or less there is no retry. The defaults are that proposal's example.
    Tokens {
        /// The most tokens, and those at the beginning.
        #[serde(default = "ten_tokens")]
        max_tokens: u32,
        /// What a success gives back, in tokens; three decimal places count.
        #[serde(default = "a_tenth")]
        token_ratio: f64,
    },
    /// Finagle's and Linkerd's retry budget: of the requests of the last `ttl` the share `retry_ratio` may be tried again, and
    /// `min_retries_per_second` besides. Names and defaults are Linkerd's (reference, "Service Profiles", retry budget); the rule
    /// is that of Finagle's documentation ("Clients", retries): a request is a deposit that expires after `ttl`, a retry a
    /// withdrawal.
    Ratio {
        /// Retries for each request.
        #[serde(default = "a_fifth")]
        retry_ratio: Chance,
        /// Retries that are allowed even if there are few requests.
        #[serde(default = "ten_a_second")]
        min_retries_per_second: Rate,
        /// For how long a request counts.
        #[serde(default = "seconds::<10>")]
        ttl: Duration,
    },
}

impl RetryBudget {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        match *self {
            Self::Tokens {
                max_tokens,
                token_ratio,
            } => {
                if !(1..=1_000).contains(&max_tokens) {
                    // The range that gRPC accepts.
                    let why = format!("{max_tokens} tokens: from 1 to 1000 are possible");
                    out.push(Complaint::error(at.field("max_tokens"), why));
                }
                if !(0.001..=1_000.0).contains(&token_ratio) {
                    let why = "a success gives from 0.001 to 1000 tokens";
                    out.push(Complaint::error(at.field("token_ratio"), why));
                }
            }
            Self::Ratio { ttl, .. } => {
                let (least, most) = (Duration::from_secs(1), Duration::from_secs(60));
                if !(least..=most).contains(&ttl) {
                    // The range that Finagle accepts.
                    let why = format!("{ttl} is not from {least} to {most}");
                    out.push(Complaint::error(at.field("ttl"), why));
                }
            }
        }
    }
}

/// What is left of a [`RetryBudget`].
#[derive(Clone, Debug)]
pub struct Budget(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Tokens(Tokens),
    Ratio(Window),
}

/// Thousandths of a token, in which gRPC counts too.
const TOKEN: u64 = 1_000;

#[derive(Clone, Debug)]
struct Tokens {
    most: u64,
    per_success: u64,
    left: u64,
}

/// What a retry costs; a request is worth the `retry_ratio`th part.
const RETRY: i64 = 1_000_000;
/// A deposit expires to a tenth of `ttl`, as Finagle's.
const SLICES: usize = 10;

#[derive(Clone, Debug)]
struct Window {
    per_request: i64,
    reserve: i64,
    slice_ns: u64,
    /// The slice of time in which something was noted last, counted from the beginning of the run.
    slice: u64,
    /// Deposits less withdrawals of that slice and the nine before it, at the place of their number modulo ten.
    slices: [i64; SLICES],
    sum: i64,
}

impl Budget {
    /// A budget of which nothing is used yet.
    pub fn new(settings: &RetryBudget) -> Self {
        Self(match *settings {
            RetryBudget::Tokens {
                max_tokens,
                token_ratio,
            } => {
                let most = u64::from(max_tokens) * TOKEN;
                Kind::Tokens(Tokens {
                    most,
                    per_success: (token_ratio * TOKEN as f64).round() as u64,
                    left: most,
                })
            }
            RetryBudget::Ratio {
                retry_ratio,
                min_retries_per_second,
                ttl,
            } => {
                let least = min_retries_per_second.per_s() * ttl.seconds();
                Kind::Ratio(Window {
                    per_request: (retry_ratio.p() * RETRY as f64).round() as i64,
                    reserve: (least * RETRY as f64).min(i64::MAX as f64 / 2.0).round() as i64,
                    slice_ns: (ttl.ns() / SLICES as u64).max(1),
                    slice: 0,
                    slices: [0; SLICES],
                    sum: 0,
                })
            }
        })
    }

    /// A call begins (its first attempt; retries are not counted here).
    pub fn request(&mut self, now: u64) {
        if let Kind::Ratio(window) = &mut self.0 {
            window.add(now, window.per_request);
        }
    }

    /// An attempt succeeded.
    pub fn success(&mut self, _now: u64) {
        if let Kind::Tokens(tokens) = &mut self.0 {
            tokens.left = (tokens.left + tokens.per_success).min(tokens.most);
        }
    }

    /// An attempt failed. Comes before the question whether it may be tried again.
    pub fn failure(&mut self, _now: u64) {
        if let Kind::Tokens(tokens) = &mut self.0 {
            tokens.left = tokens.left.saturating_sub(TOKEN);
        }
    }

    /// Whether an attempt that failed may be tried again; if so, that is counted.
    pub fn may_retry(&mut self, now: u64) -> bool {
        match &mut self.0 {
            Kind::Tokens(tokens) => tokens.left > tokens.most / 2,
            Kind::Ratio(window) => {
                window.advance(now);
                let enough = window.reserve.saturating_add(window.sum) >= RETRY;
                if enough {
                    window.add(now, -RETRY);
                }
                enough
            }
        }
    }

    /// How much of the budget is left, from 0 (no retry) to 1 (never used); a ratio budget that requests have filled holds more.
    pub fn left(&self) -> f64 {
        match &self.0 {
            Kind::Tokens(tokens) => {
                let half = tokens.most / 2;
                tokens.left.saturating_sub(half) as f64 / (tokens.most - half) as f64
            }
            Kind::Ratio(window) => {
                let left = window.reserve.saturating_add(window.sum).max(0);
                left as f64 / window.reserve.max(RETRY) as f64
            }
        }
    }
}

impl Window {
    fn add(&mut self, now: u64, amount: i64) {
        self.advance(now);
        self.slices[(self.slice % SLICES as u64) as usize] += amount;
        self.sum += amount;
    }

    /// Forgets what is older than `ttl`.
    fn advance(&mut self, now: u64) {
        let slice = now / self.slice_ns;
        let gone = slice.saturating_sub(self.slice).min(SLICES as u64);
        for step in 1..=gone {
            let place = ((self.slice + step) % SLICES as u64) as usize;
            self.sum -= std::mem::take(&mut self.slices[place]);
        }
        self.slice = self.slice.max(slice);
    }
}

const fn ten_tokens() -> u32 {
    10
}

const fn a_tenth() -> f64 {
    0.1
}

const fn a_fifth() -> Chance {
    Chance::from_p(0.2)
}

const fn ten_a_second() -> Rate {
    Rate::from_per_s(10.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::{MS, SECOND};

    fn tokens() -> Budget {
        Budget::new(&ron::from_str("Tokens()").unwrap())
    }

    fn ratio(percent: f64, per_second: f64) -> Budget {
        Budget::new(&RetryBudget::Ratio {
            retry_ratio: Chance::from_p(percent / 100.0),
            min_retries_per_second: Rate::from_per_s(per_second),
            ttl: seconds::<10>(),
        })
    }

    #[test]
    fn grpc_stops_retries_at_half_of_the_tokens() {
        // 10 tokens, 0.1 for a success: the example of proposal A6.
        let mut budget = tokens();
        let mut allowed = Vec::new();
        for _ in 0..6 {
            budget.failure(0);
            allowed.push(budget.may_retry(0));
        }
        // 9, 8, 7, 6 tokens are more than half; 5 and 4 are not.
        assert_eq!(allowed, [true, true, true, true, false, false]);
        // From 4 tokens it takes 11 successes to have more than 5.
        for _ in 0..10 {
            budget.success(0);
        }
        assert!(!budget.may_retry(0));
        budget.success(0);
        assert!(budget.may_retry(0));
    }

    #[test]
    fn grpc_tokens_stay_between_none_and_all() {
        let mut budget = tokens();
        for _ in 0..100 {
            budget.failure(0);
        }
        // From 0 it takes 51 successes, however many failed before.
        for _ in 0..50 {
            budget.success(0);
        }
        assert!(!budget.may_retry(0));
        budget.success(0);
        assert!(budget.may_retry(0));
        for _ in 0..1000 {
            budget.success(0);
        }
        let failures = (0..100).take_while(|_| {
            budget.failure(0);
            budget.may_retry(0)
        });
        assert_eq!(failures.count(), 4);
    }

    #[test]
    fn a_ratio_budget_allows_one_retry_for_five_requests() {
        let mut budget = ratio(20.0, 0.0);
        assert!(!budget.may_retry(0));
        for round in 0..40 {
            let now = round * 10 * MS;
            for _ in 0..5 {
                assert!(!budget.may_retry(now));
                budget.request(now);
            }
            assert!(budget.may_retry(now));
            assert!(!budget.may_retry(now));
        }
    }

    #[test]
    fn the_reserve_is_there_without_requests_and_comes_back() {
        // 10 a second for 10 s: 100, and 100 again when those are forgotten.
        let mut budget = ratio(20.0, 10.0);
        let mut burst = |now| (0..1000).filter(|_| budget.may_retry(now)).count();
        assert_eq!(burst(0), 100);
        assert_eq!(burst(9 * SECOND), 0);
        assert_eq!(burst(10 * SECOND), 100);
    }

    #[test]
    fn requests_count_for_the_ttl_only() {
        let mut budget = ratio(20.0, 0.0);
        for _ in 0..50 {
            budget.request(SECOND / 2);
        }
        let mut later = budget.clone();
        assert_eq!((0..99).filter(|_| budget.may_retry(9 * SECOND)).count(), 10);
        assert!(!later.may_retry(10 * SECOND));
    }

    proptest! {
        #[test]
        fn a_ratio_budget_is_never_overdrawn(
            steps in proptest::collection::vec((0_u64..3_000, 0_u32..4, 0_u32..6), 1..300),
            percent in 0_u32..=100, per_second in 0_u32..5,
        ) {
            // When a retry is allowed, those of the last 10 s (that second and the nine before it), it included, are at most
            // ratio × requests + 10 s × reserve.
            let mut budget = ratio(f64::from(percent), f64::from(per_second));
            let (mut now, mut log) = (0, Vec::new());
            for (wait_ms, requests, retries) in steps {
                now += wait_ms * MS;
                let second = now / SECOND;
                for _ in 0..requests {
                    budget.request(now);
                    log.push((second, 1_u64, 0_u64));
                }
                for _ in 0..retries {
                    let allowed = budget.may_retry(now);
                    let recent = log.iter().filter(|(at, ..)| at + 10 > second);
                    let (asked, again) = recent.fold((0, 0), |(a, b), (_, c, d)| (a + c, b + d));
                    let most = asked * u64::from(percent) + u64::from(per_second) * 1000;
                    prop_assert_eq!(allowed, (again + 1) * 100 <= most);
                    log.push((second, 0, u64::from(allowed)));
                }
            }
        }
    }

    #[test]
    fn impossible_settings_are_named() {
        let complaints = |text: &str| {
            let mut out = Vec::new();
            let settings: RetryBudget = ron::from_str(text).unwrap();
            settings.check(&Path::root().field("budget"), &mut out);
            out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(complaints("Tokens()"), [""; 0]);
        assert_eq!(complaints("Ratio()"), [""; 0]);
        assert_eq!(
            complaints("Tokens(max_tokens: 0, token_ratio: 0)"),
            ["budget.max_tokens", "budget.token_ratio"]
        );
        assert_eq!(complaints("Ratio(ttl: \"500ms\")"), ["budget.ttl"]);
    }
}
