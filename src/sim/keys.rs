//! Key popularity: which key a record bears.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dist::exp::exp;
use super::stream::Stream;
use super::units::Chance;

/// How popular keys are, as a scenario writes it. Keys are numbers from 0; where popularity differs, 0 is the most popular.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Keys {
    /// Records have no key.
    #[default]
    None,
    /// `n` keys, all equally popular.
    Uniform {
        /// How many keys.
        n: u64,
    },
    /// `n` keys, the k-th of them with weight 1 / k^s (Zipf's law).
    Zipf {
        /// How many keys, at most 1e9.
        n: u64,
        /// How uneven: at 1, twice the rank is half as popular. Above 0, at most 20.
        s: f64,
    },
    /// `n` keys, of which the first `hot` together get `share` of all records.
    Hot {
        /// How many keys.
        n: u64,
        /// How many of them are hot; 1 when absent.
        #[serde(default = "one")]
        hot: u64,
        /// The part of all records that goes to the hot keys.
        share: Chance,
    },
}

fn one() -> u64 {
    1
}

/// Beyond this, a key's own weight drowns in the rounding of the sum of all.
const ZIPF_KEYS_MAX: u64 = 1_000_000_000;

/// With more, even the second key gets less than one record in a million.
const ZIPF_S_MAX: f64 = 20.0;

impl Keys {
    /// Whether such keys exist; the error says what is wrong with which field.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Uniform { n: 0 } | Self::Zipf { n: 0, .. } | Self::Hot { n: 0, .. } => {
                Err("n must be at least 1".to_owned())
            }
            Self::Zipf { n, .. } if *n > ZIPF_KEYS_MAX => {
                Err(format!("n must be at most {ZIPF_KEYS_MAX}"))
            }
            Self::Zipf { s, .. } if s.is_nan() || *s <= 0.0 || *s > ZIPF_S_MAX => Err(format!(
                "s must be above 0 and at most {ZIPF_S_MAX}, not {s}"
            )),
            Self::Hot { hot: 0, .. } => Err("hot must be at least 1".to_owned()),
            Self::Hot { n, hot, .. } if hot >= n => {
                Err(format!("hot ({hot}) must be below n ({n})"))
            }
            Self::None | Self::Uniform { .. } | Self::Zipf { .. } | Self::Hot { .. } => Ok(()),
        }
    }

    /// Makes the sampler. Impossible keys (see [`Keys::check`]) become none.
    pub fn compile(&self) -> KeySampler {
        KeySampler(match self {
            _ if self.check().is_err() => Kind::None,
            Self::None => Kind::None,
            Self::Uniform { n } => Kind::Uniform { n: *n },
            Self::Zipf { n, s } if *n <= TABLE_KEYS_MAX => Kind::Table(Table::zipf(*n, *s)),
            Self::Zipf { n, s } => Kind::Zipf(Zipf::new(*n, *s)),
            Self::Hot { n, hot, share } => Kind::Hot {
                n: *n,
                hot: *hot,
                share: share.p(),
            },
        })
    }
}

/// Draws keys. Its memory is small for any number of keys, and clones share it.
#[derive(Clone, Debug)]
pub struct KeySampler(Kind);

#[derive(Clone, Debug)]
enum Kind {
    None,
    Uniform { n: u64 },
    Table(Table),
    Zipf(Zipf),
    Hot { n: u64, hot: u64, share: f64 },
}

impl KeySampler {
    /// Draws a key below `n`; `None` when records have no key.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> Option<u64> {
        match &self.0 {
            Kind::None => None,
            Kind::Uniform { n } => Some(stream.below(*n)),
            Kind::Table(table) => Some(table.sample(stream)),
            Kind::Zipf(zipf) => Some(zipf.sample(stream)),
            Kind::Hot { n, hot, share } => {
                if stream.chance(*share) {
                    Some(stream.below(*hot))
                } else {
                    Some(hot + stream.below(n - hot))
                }
            }
        }
    }
}

/// No more keys than this have a table: it is made anew for every run, and should stay near in the cache.
const TABLE_KEYS_MAX: u64 = 1 << 14;

/// So many bits of a draw choose the cell of the guide.
const GUIDE_BITS: u32 = 10;

/// Zipf variates for few keys by inversion: where a uniform number lies among the summed probabilities. A guide (H. Chen and
/// Y. Asau, "On Generating Random Variates from an Empirical Distribution", 1974) says between which keys to look; the
/// popular ones have cells of their own.
#[derive(Clone, Debug)]
struct Table {
    /// The probability of each key and all before it, times 2^64; the last is all there is.
    summed: Arc<[u64]>,
    /// The first key that begins in each cell or reaches into it, and the last key at the end.
    guide: Arc<[u16]>,
}

impl Table {
    fn zipf(n: u64, s: f64) -> Self {
        let weights = (1..=n).map(|k| exp(-s * libm::log(k as f64)));
        let mut sum = 0.0;
        // The least popular first, so that they do not drown in the sum.
        let mut sums: Vec<f64> = weights
            .rev()
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        sums.reverse();
        let summed = (1..=n as usize).map(|behind| {
            let beyond = sums.get(behind).map_or(0.0, |rest| rest / sum);
            u64::MAX - (beyond * TWO_POW_64) as u64
        });
        let summed: Arc<[u64]> = summed.collect();
        let cells = 1_u64 << GUIDE_BITS;
        let guide = (0..cells).map(|cell| {
            let begin = cell << (64 - GUIDE_BITS);
            summed.partition_point(|&to| to < begin) as u16
        });
        let guide = guide.chain([n as u16 - 1]).collect();
        Self { summed, guide }
    }

    #[inline]
    fn sample(&self, stream: &mut Stream) -> u64 {
        let draw = stream.next_u64();
        let cell = (draw >> (64 - GUIDE_BITS)) as usize;
        let (first, last) = (self.guide[cell], self.guide[cell + 1]);
        if first == last {
            return u64::from(first);
        }
        let (first, last) = (usize::from(first), usize::from(last));
        let between = &self.summed[first..last];
        (first + between.partition_point(|&to| to < draw)) as u64
    }
}

/// 2^64.
const TWO_POW_64: f64 = 18_446_744_073_709_551_616.0;

/// Exact Zipf variates for every s above 0 by rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-Inversion to
/// Generate Variates from Monotone Discrete Distributions" (1996). At most 1.1 tries per draw.
///
/// Names follow the paper: h(x) = x⁻ˢ, H its integral from 1.
#[derive(Clone, Debug)]
struct Zipf {
    n: f64,
    s: f64,
    /// H(1.5) − h(1): where the inverse reaches the first key.
    first: f64,
    /// H(n + 0.5).
    last: f64,
    /// So close below a key, its draw is accepted without a test.
    squeeze: f64,
}

impl Zipf {
    fn new(n: u64, s: f64) -> Self {
        let mut zipf = Self {
            n: n as f64,
            s,
            first: 0.0,
            last: 0.0,
            squeeze: 0.0,
        };
        zipf.first = zipf.integral(1.5) - 1.0;
        zipf.last = zipf.integral(zipf.n + 0.5);
        zipf.squeeze = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.weight(2.0));
        zipf
    }

    fn sample(&self, stream: &mut Stream) -> u64 {
        loop {
            let area = self.last + stream.unit() * (self.first - self.last);
            let x = self.inverse(area);
            let key = libm::floor(x + 0.5).clamp(1.0, self.n);
            if key - x <= self.squeeze || area >= self.integral(key + 0.5) - self.weight(key) {
                return key as u64 - 1;
            }
        }
    }

    /// h(x).
    fn weight(&self, x: f64) -> f64 {
        exp(-self.s * libm::log(x))
    }

    /// H(x) = (x¹⁻ˢ − 1) / (1 − s), whose limit at s = 1 is ln x.
    fn integral(&self, x: f64) -> f64 {
        let log = libm::log(x);
        let power = (1.0 - self.s) * log;
        if power.abs() < 1e-8 {
            log * (1.0 + 0.5 * power)
        } else {
            log * (libm::expm1(power) / power)
        }
    }

    /// The x where H(x) = `area`: (1 + (1 − s)·area)^(1 / (1 − s)).
    fn inverse(&self, area: f64) -> f64 {
        // Rounding may step below −1, where the logarithm ends.
        let power = ((1.0 - self.s) * area).max(-1.0);
        let log = if power.abs() < 1e-8 {
            area * (1.0 - 0.5 * power)
        } else {
            area * (libm::log1p(power) / power)
        };
        exp(log)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(keys: &Keys, n: usize, draws: usize) -> Vec<f64> {
        keys.check().unwrap();
        let (sampler, mut stream) = (
            keys.compile(),
            Stream::named(31, "keys", &format!("{keys:?}")),
        );
        let mut counts = vec![0.0; n];
        for _ in 0..draws {
            counts[sampler.sample(&mut stream).unwrap() as usize] += 1.0;
        }
        counts
    }

    /// Pearson's statistic, as standard deviations from its mean (cells − 1).
    fn chi2_excess(counts: &[f64], probabilities: &[f64]) -> f64 {
        let draws: f64 = counts.iter().sum();
        let chi2: f64 = counts
            .iter()
            .zip(probabilities)
            .map(|(n, p)| (n - draws * p).powi(2) / (draws * p))
            .sum();
        let freedom = counts.len() as f64 - 1.0;
        (chi2 - freedom) / (2.0 * freedom).sqrt()
    }

    #[test]
    fn zipf_has_the_exact_probabilities() {
        // All kinds of exponent: near 0, below, at, next to and above 1.
        for s in [0.01, 0.5, 0.99, 1.0, 1.0 + 1e-9, 1.1, 2.0, 3.0] {
            let n = 50;
            let weights: Vec<f64> = (1..=n).map(|k| f64::from(k).powf(-s)).collect();
            let total: f64 = weights.iter().sum();
            let probabilities: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
            let counts = counts(&Keys::Zipf { n: 50, s }, 50, 1_000_000);
            let excess = chi2_excess(&counts, &probabilities);
            assert!(excess < 4.0, "s = {s}: {excess}");
        }
    }

    #[test]
    fn a_table_has_the_exact_probabilities_of_every_key() {
        for (n, s) in [
            (1, 1.0),
            (2, 0.3),
            (1000, 1.1),
            (TABLE_KEYS_MAX, 0.5),
            (10_000, 3.0),
        ] {
            let table = Table::zipf(n, s);
            let weights: Vec<f64> = (1..=n).map(|k| (k as f64).powf(-s)).collect();
            let total: f64 = weights.iter().rev().sum();
            let mut before = 0;
            for (key, weight) in weights.iter().enumerate() {
                let share = (table.summed[key] - before) as f64 / TWO_POW_64;
                let exact = weight / total;
                assert!(
                    (share - exact).abs() < 1e-12,
                    "{key} of {n}: {share}, {exact}"
                );
                before = table.summed[key];
            }
            assert_eq!(before, u64::MAX, "no draw is beyond the last key");
        }
    }

    #[test]
    fn the_guide_leads_to_the_key_that_a_search_of_all_finds() {
        let table = Table::zipf(5000, 1.1);
        let mut stream = Stream::named(33, "keys", "guide");
        for _ in 0..100_000 {
            let draw = stream.clone().next_u64();
            let found = table.summed.partition_point(|&to| to < draw) as u64;
            assert_eq!(table.sample(&mut stream), found, "of {draw}");
        }
    }

    #[test]
    fn zipf_over_a_billion_keys() {
        // At s = 1 the first key has 1 / H(n), H(n) ≈ ln n + γ; keys up to m together H(m) / H(n).
        let harmonic = |n: f64| n.ln() + 0.577_215_664_901_532_9 + 0.5 / n;
        let n = 1_000_000_000;
        let (sampler, mut stream) = (
            Keys::Zipf { n, s: 1.0 }.compile(),
            Stream::named(32, "keys", ""),
        );
        let draws = 200_000;
        let keys: Vec<u64> = (0..draws)
            .map(|_| sampler.sample(&mut stream).unwrap())
            .collect();
        assert!(keys.iter().all(|&key| key < n));
        for m in [1.0, 1e3, 1e6, 1e8] {
            let exact = if m == 1.0 { 1.0 } else { harmonic(m) };
            let p = exact / harmonic(n as f64);
            let below = keys.iter().filter(|&&key| (key as f64) < m).count() as f64;
            let expected = p * f64::from(draws);
            assert!(
                (below - expected).abs() < 4.0 * (expected * (1.0 - p)).sqrt(),
                "{m}: {below} for {expected}"
            );
        }
    }

    #[test]
    fn uniform_and_hot_keys() {
        let excess = chi2_excess(
            &counts(&Keys::Uniform { n: 40 }, 40, 400_000),
            &[1.0 / 40.0; 40],
        );
        assert!(excess < 4.0, "{excess}");
        let mut probabilities = [0.2 / 18.0; 20];
        probabilities[..2].fill(0.4);
        let hot = Keys::Hot {
            n: 20,
            hot: 2,
            share: Chance::from_p(0.8),
        };
        let excess = chi2_excess(&counts(&hot, 20, 400_000), &probabilities);
        assert!(excess < 4.0, "{excess}");
        assert_eq!(
            Keys::None
                .compile()
                .sample(&mut Stream::named(1, "keys", "")),
            None
        );
        assert_eq!(counts(&Keys::Zipf { n: 1, s: 2.0 }, 1, 100), [100.0]);
    }

    #[test]
    fn impossible_keys_are_named() {
        let error = |keys: Keys| keys.check().unwrap_err();
        assert_eq!(error(Keys::Uniform { n: 0 }), "n must be at least 1");
        assert_eq!(
            error(Keys::Zipf { n: 9, s: 0.0 }),
            "s must be above 0 and at most 20, not 0"
        );
        assert_eq!(
            error(Keys::Zipf { n: 9, s: f64::NAN }),
            "s must be above 0 and at most 20, not NaN"
        );
        assert_eq!(
            error(Keys::Zipf {
                n: u64::MAX,
                s: 1.0
            }),
            "n must be at most 1000000000"
        );
        assert_eq!(
            error(Keys::Hot {
                n: 5,
                hot: 5,
                share: Chance::ALWAYS
            }),
            "hot (5) must be below n (5)"
        );
    }

    /// Guards recordings against a change of the draws, as its sister in `dist` does.
    #[test]
    fn first_draws_never_change() {
        let draws = |keys: Keys| {
            let (sampler, mut stream) = (keys.compile(), Stream::named(42, "keys", "known"));
            let first: Vec<u64> = (0..6).filter_map(|_| sampler.sample(&mut stream)).collect();
            let sum = (0..1_000_000)
                .filter_map(|_| sampler.sample(&mut stream))
                .fold(0, u64::wrapping_add);
            (first, sum)
        };
        let n = 1_000_000;
        assert_eq!(
            draws(Keys::Uniform { n }),
            (
                vec![445_384, 45_775, 593_887, 291_985, 999_818, 488_761],
                499_886_418_184
            )
        );
        assert_eq!(
            draws(Keys::Zipf { n, s: 1.0 }),
            (vec![1_631, 517_045, 191, 14_882, 0, 872], 69_593_307_604)
        );
        assert_eq!(
            draws(Keys::Zipf { n, s: 1.1 }),
            (vec![136, 252_750, 22, 1_320, 0, 77], 34_658_301_878)
        );
        assert_eq!(
            draws(Keys::Hot {
                n,
                hot: 3,
                share: Chance::from_p(0.5)
            }),
            (vec![0, 291_987, 488_763, 1, 1, 1], 250_106_740_603)
        );
    }

    #[test]
    fn the_written_form() {
        let read = |json: &str| serde_json::from_str::<Keys>(json).unwrap();
        assert_eq!(read("\"None\""), Keys::None);
        assert_eq!(
            read(r#"{"Zipf": {"n": 10000, "s": 1.1}}"#),
            Keys::Zipf { n: 10_000, s: 1.1 }
        );
        assert_eq!(
            read(r#"{"Hot": {"n": 100, "share": "80%"}}"#),
            Keys::Hot {
                n: 100,
                hot: 1,
                share: Chance::from_p(0.8)
            }
        );
    }

    proptest! {
        #[test]
        fn keys_stay_below_n(n in 1_u64..=1_000_000_000, shift in 0_u32..30, s in 1e-9_f64..=20.0, seed in any::<u64>()) {
            let n = (n >> shift).max(2);
            let mut stream = Stream::named(seed, "keys", "");
            for keys in [Keys::Uniform { n }, Keys::Zipf { n, s }, Keys::Hot { n, hot: 1, share: Chance::from_p(0.5) }] {
                let sampler = keys.compile();
                for _ in 0..50 {
                    prop_assert!(sampler.sample(&mut stream).is_some_and(|key| key < n));
                }
            }
        }
    }
}
