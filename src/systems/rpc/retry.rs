//! When a failed call is tried again: retries and their back-off.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::{count, millis};
use crate::sim::stream::Stream;
use crate::sim::units::Duration;

/// More attempts than this are a slip.
pub(super) const ATTEMPTS_MAX: u32 = 1_000;

/// Whether and when a failed call is tried again.
///
/// `attempts` counts all attempts of a call, the first included, as resilience4j's `maxAttempts` and gRPC's `maxAttempts` do
/// (resilience4j documentation, "Retry": 3 attempts, 500 ms apart).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// A call that fails has failed.
    #[default]
    None,
    /// The same wait before each further attempt.
    Fixed {
        /// All attempts, the first included.
        #[serde(default = "count::<3>")]
        attempts: u32,
        /// The wait before each further attempt (resilience4j: `waitDuration`).
        #[serde(default = "millis::<500>")]
        delay: Duration,
    },
    /// A wait that doubles: `base`, 2 × `base`, 4 × `base`, … but at most `cap`, then spread by the jitter.
    ///
    /// M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog (2015).
    Exponential {
        /// All attempts, the first included.
        #[serde(default = "count::<3>")]
        attempts: u32,
        /// The wait before the second attempt, before jitter.
        #[serde(default = "millis::<500>")]
        base: Duration,
        /// No wait is longer (AWS SDKs, "Retry behavior", standard mode: 20 s).
        #[serde(default = "twenty_seconds")]
        cap: Duration,
        /// How waits are spread.
        #[serde(default)]
        jitter: Jitter,
    },
}

/// How the waits of those that failed together are spread, so that they do not all come back together.
///
/// With e = min(`cap`, `base` × 2ⁿ), n counting retries from 0 (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture
/// Blog, 2015).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Jitter {
    /// e.
    None,
    /// From e / 2 to e.
    Equal,
    /// From 0 to e: the default of the AWS SDKs and of gRPC (proposal A6).
    #[default]
    Full,
    /// From `base` to three times the wait before, at most `cap`.
    Decorrelated,
}

impl Retry {
    /// The wait before the next attempt, after `failed_attempts` of this call failed (1: the first one); `None`: there is none.
    /// `previous_ns` is the wait before the attempt that failed last, 0 if it was the first.
    pub fn delay_ns(
        &self,
        failed_attempts: u32,
        previous_ns: u64,
        stream: &mut Stream,
    ) -> Option<u64> {
        if failed_attempts >= self.attempts() {
            return None;
        }
        Some(match *self {
            Self::None => return None,
            Self::Fixed { delay, .. } => delay.ns(),
            Self::Exponential {
                base, cap, jitter, ..
            } => {
                let (base, cap) = (base.ns(), cap.ns());
                let doublings = failed_attempts.saturating_sub(1);
                let whole = 1_u64
                    .checked_shl(doublings)
                    .map_or(u64::MAX, |factor| base.saturating_mul(factor))
                    .min(cap);
                match jitter {
                    Jitter::None => whole,
                    Jitter::Equal => between(whole / 2, whole, stream),
                    Jitter::Full => between(0, whole, stream),
                    Jitter::Decorrelated => {
                        let far = previous_ns.max(base).saturating_mul(3);
                        between(base, far, stream).min(cap)
                    }
                }
            }
        })
    }

    /// All attempts of a call, the first included.
    pub fn attempts(&self) -> u32 {
        match *self {
            Self::None => 1,
            Self::Fixed { attempts, .. } | Self::Exponential { attempts, .. } => attempts,
        }
    }

    /// The same with so many attempts. Without retries until now they come after the usual delay of `Fixed`.
    pub fn with_attempts(mut self, all: u32) -> Self {
        match &mut self {
            Self::None if all > 1 => {
                return Self::Fixed {
                    attempts: all,
                    delay: millis::<500>(),
                };
            }
            Self::None => {}
            Self::Fixed { attempts, .. } | Self::Exponential { attempts, .. } => *attempts = all,
        }
        self
    }

    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let attempts = self.attempts();
        if attempts == 0 {
            let why = "without an attempt there is no call: the first one counts too";
            out.push(Complaint::error(at.field("attempts"), why));
        } else if attempts > ATTEMPTS_MAX {
            let why = format!("{attempts} attempts are too many: at most {ATTEMPTS_MAX}");
            out.push(Complaint::error(at.field("attempts"), why));
        }
        if let Self::Exponential { base, cap, .. } = *self {
            if base.is_zero() {
                let why = "a base of 0s never grows: use Fixed(delay: \"0s\")";
                out.push(Complaint::error(at.field("base"), why));
            }
            if cap < base {
                let why = format!("no wait can be as short as {cap} and as long as {base}");
                let complaint = Complaint::error(at.field("cap"), why);
                out.push(complaint.related(at.field("base"), "the first wait"));
            }
        }
    }
}

/// Uniform from `low` to `high`, both included.
fn between(low: u64, high: u64, stream: &mut Stream) -> u64 {
    low + stream.below((high - low).saturating_add(1))
}

const fn twenty_seconds() -> Duration {
    Duration::from_secs(20)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::MS;

    fn exponential(attempts: u32, jitter: Jitter) -> Retry {
        Retry::Exponential {
            attempts,
            base: Duration::from_ms(100),
            cap: Duration::from_ms(1000),
            jitter,
        }
    }

    fn stream() -> Stream {
        Stream::named(7, "retry", "test")
    }

    /// The waits of one call whose attempts all fail.
    fn waits(retry: Retry, stream: &mut Stream) -> Vec<u64> {
        let mut waits = vec![0];
        for failed in 1.. {
            let previous = waits[waits.len() - 1];
            match retry.delay_ns(failed, previous, stream) {
                Some(wait) => waits.push(wait),
                None => break,
            }
        }
        waits.remove(0);
        waits
    }

    #[test]
    fn attempts_count_the_first_one() {
        assert_eq!(waits(Retry::None, &mut stream()), [0; 0]);
        let fixed = |attempts| Retry::Fixed {
            attempts,
            delay: Duration::from_ms(500),
        };
        assert_eq!(waits(fixed(1), &mut stream()), [0; 0]);
        assert_eq!(waits(fixed(3), &mut stream()), [500 * MS, 500 * MS]);
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let all = waits(exponential(7, Jitter::None), &mut stream());
        let expected = [100, 200, 400, 800, 1000, 1000].map(|ms| ms * MS);
        assert_eq!(all, expected);
    }

    /// 20 000 draws of a wait that is uniform from `low` to `high` ns: none outside, both ends reached, the mean within four
    /// standard errors, and each tenth of the range hit as often as a fair one (chi-square, 9 degrees, 99.9 %: 27.9).
    fn assert_uniform(low: u64, high: u64, mut draw: impl FnMut() -> u64) {
        const DRAWS: u32 = 20_000;
        let width = (high - low) as f64;
        let (mut sum, mut tenths) = (0.0, [0_u32; 10]);
        for _ in 0..DRAWS {
            let wait = draw();
            assert!((low..=high).contains(&wait), "{wait}");
            let place = (wait - low) as f64 / width;
            sum += place;
            tenths[((place * 10.0) as usize).min(9)] += 1;
        }
        let n = f64::from(DRAWS);
        let standard_error = 1.0 / (12.0 * n).sqrt();
        assert!((sum / n - 0.5).abs() < 4.0 * standard_error, "{}", sum / n);
        let fair = n / 10.0;
        let chi2: f64 = tenths
            .map(|hits| (f64::from(hits) - fair).powi(2) / fair)
            .iter()
            .sum();
        assert!(chi2 < 27.9, "{chi2}");
    }

    #[test]
    fn each_jitter_has_the_range_of_the_paper() {
        let mut stream = stream();
        // The third retry: e = 400 ms. The fifth: e = 1000 ms, the cap.
        for (failed, whole) in [(3, 400 * MS), (5, 1000 * MS)] {
            assert_uniform(0, whole, || {
                let full = exponential(9, Jitter::Full);
                full.delay_ns(failed, 0, &mut stream).unwrap()
            });
            assert_uniform(whole / 2, whole, || {
                let equal = exponential(9, Jitter::Equal);
                equal.delay_ns(failed, 0, &mut stream).unwrap()
            });
        }
        // Decorrelated: from the base to three times the wait before; before the first retry that is the base.
        let decorrelated = exponential(9, Jitter::Decorrelated);
        for (previous, far) in [(0, 300), (100, 300), (250, 750)] {
            assert_uniform(100 * MS, far * MS, || {
                decorrelated
                    .delay_ns(2, previous * MS, &mut stream)
                    .unwrap()
            });
        }
    }

    #[test]
    fn decorrelated_waits_stop_at_the_cap() {
        // From 100 ms to 3000 ms, cut at 1000 ms: 2000 in 2900 are the cap. Standard error of 10 000: 0.0046.
        let mut stream = stream();
        let retry = exponential(9, Jitter::Decorrelated);
        let capped = (0..10_000)
            .filter(|_| retry.delay_ns(2, 1000 * MS, &mut stream) == Some(1000 * MS))
            .count();
        let share = capped as f64 / 10_000.0;
        assert!((share - 2000.0 / 2900.0).abs() < 4.0 * 0.0046, "{share}");
    }

    #[test]
    fn impossible_settings_are_named() {
        let complaints = |retry: Retry| {
            let mut out = Vec::new();
            retry.check(&Path::root().field("retry"), &mut out);
            out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(complaints(Retry::None), [""; 0]);
        assert_eq!(complaints(exponential(3, Jitter::Full)), [""; 0]);
        assert_eq!(complaints(exponential(0, Jitter::Full)), ["retry.attempts"]);
        let upside_down = Retry::Exponential {
            attempts: 2,
            base: Duration::from_secs(2),
            cap: Duration::from_secs(1),
            jitter: Jitter::None,
        };
        assert_eq!(complaints(upside_down), ["retry.cap"]);
    }

    #[test]
    fn the_written_form_has_the_documented_defaults() {
        let fixed: Retry = ron::from_str("Fixed()").unwrap();
        assert_eq!(
            fixed,
            Retry::Fixed {
                attempts: 3,
                delay: Duration::from_ms(500)
            }
        );
        let spread: Retry = ron::from_str("Exponential(attempts: 5, jitter: Equal)").unwrap();
        assert_eq!(
            spread,
            Retry::Exponential {
                attempts: 5,
                base: Duration::from_ms(500),
                cap: Duration::from_secs(20),
                jitter: Jitter::Equal
            }
        );
    }

    proptest! {
        #[test]
        fn no_wait_passes_the_cap_and_nothing_overflows(
            failed in 1_u32..u32::MAX, previous in any::<u64>(), base in 1_u64.., extra in any::<u64>(), seed in any::<u64>(),
        ) {
            let cap = base.saturating_add(extra);
            for jitter in [Jitter::None, Jitter::Equal, Jitter::Full, Jitter::Decorrelated] {
                let retry = Retry::Exponential {
                    attempts: u32::MAX, base: Duration::from_ns(base), cap: Duration::from_ns(cap), jitter,
                };
                let wait = retry.delay_ns(failed, previous, &mut Stream::named(seed, "", "")).unwrap();
                prop_assert!(wait <= cap);
                prop_assert!(wait >= base || !matches!(jitter, Jitter::None | Jitter::Decorrelated));
            }
        }
    }
}
