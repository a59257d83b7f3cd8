//! Samples against the textbook distribution functions, with fixed seeds.

use proptest::prelude::*;

use super::*;
use crate::sim::stream::Stream;

const SAMPLES: usize = 200_000;

pub(super) fn us(us: u64) -> Duration {
    Duration::from_us(us)
}

fn draw(dist: &Dist, n: usize) -> Vec<u64> {
    dist.check().unwrap();
    let sampler = dist.compile();
    let mut stream = Stream::named(2024, "test", &format!("{dist:?}"));
    (0..n).map(|_| sampler.sample(&mut stream)).collect()
}

/// Φ, the standard normal distribution function.
fn phi(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// One distribution, and the textbook's chance that it is at most x nanoseconds.
pub(super) type Case = (Dist, Box<dyn Fn(f64) -> f64>);

/// Each distribution with its distribution function, written from its definition.
pub(super) fn cases() -> Vec<Case> {
    let ms = 1e6;
    let exp = |x: f64, mean: f64| -libm::expm1(-x / mean);
    let of = vec![
        (Chance::from_p(0.9), us(1_000)),
        (Chance::from_p(0.1), us(20_000)),
    ];
    let quantiles = vec![(0.0, 200), (0.5, 500), (0.99, 3_000), (1.0, 20_000)]
        .into_iter()
        .map(|(p, at)| (Chance::from_p(p), us(at)));
    let mixture = vec![
        (
            Chance::from_p(0.25),
            Dist::Uniform {
                min: us(1_000),
                max: us(3_000),
            },
        ),
        (Chance::from_p(0.75), Dist::Exponential { mean: us(5_000) }),
    ];
    vec![
        (
            Dist::Uniform {
                min: us(1_000),
                max: us(5_000),
            },
            Box::new(move |x| ((x - ms) / (4.0 * ms)).clamp(0.0, 1.0)),
        ),
        (
            Dist::Exponential { mean: us(2_000) },
            Box::new(move |x| exp(x, 2.0 * ms)),
        ),
        (
            // σ is chosen so that the 99 % point lies at 3 ms.
            Dist::LogNormal {
                median: us(500),
                p99: us(3_000),
            },
            Box::new(move |x| {
                phi(libm::log(x / (0.5 * ms)) / (libm::log(6.0) / 2.326_347_874_040_841))
            }),
        ),
        (
            Dist::Normal {
                mean: us(10_000),
                sd: us(1_000),
                min: Duration::ZERO,
                max: None,
            },
            Box::new(move |x| phi((x - 10.0 * ms) / ms)),
        ),
        (
            // Cut at one standard deviation below, and at three above.
            Dist::Normal {
                mean: us(2_000),
                sd: us(1_000),
                min: us(1_000),
                max: Some(us(5_000)),
            },
            Box::new(move |x| {
                ((phi((x - 2.0 * ms) / ms) - phi(-1.0)) / (phi(3.0) - phi(-1.0))).clamp(0.0, 1.0)
            }),
        ),
        (
            // Narrow: from 0.2 below to 0.3 above.
            Dist::Normal {
                mean: us(2_000),
                sd: us(1_000),
                min: us(1_800),
                max: Some(us(2_300)),
            },
            Box::new(move |x| {
                ((phi((x - 2.0 * ms) / ms) - phi(-0.2)) / (phi(0.3) - phi(-0.2))).clamp(0.0, 1.0)
            }),
        ),
        (
            Dist::Pareto {
                min: us(1_000),
                alpha: 4.5,
                max: None,
            },
            Box::new(move |x| 1.0 - libm::pow(ms / x.max(ms), 4.5)),
        ),
        (
            Dist::Pareto {
                min: us(1_000),
                alpha: 1.0,
                max: Some(us(100_000)),
            },
            Box::new(move |x| ((1.0 - ms / x.max(ms)) / (1.0 - 0.01)).min(1.0)),
        ),
        (
            Dist::Weibull {
                scale: us(1_000),
                shape: 0.7,
            },
            Box::new(move |x| -libm::expm1(-libm::pow(x / ms, 0.7))),
        ),
        (
            Dist::Erlang {
                k: 3,
                mean: us(3_000),
            },
            Box::new(move |x| {
                let a = x / ms;
                1.0 - libm::exp(-a) * (1.0 + a + a * a / 2.0)
            }),
        ),
        (
            Dist::Hyperexponential { of },
            Box::new(move |x| 0.9 * exp(x, ms) + 0.1 * exp(x, 20.0 * ms)),
        ),
        (
            Dist::Empirical {
                quantiles: quantiles.collect(),
            },
            Box::new(move |x| {
                let line = |p: f64, q: f64, a: f64, b: f64| p + (q - p) * (x / ms - a) / (b - a);
                match x / ms {
                    at if at < 0.2 => 0.0,
                    at if at < 0.5 => line(0.0, 0.5, 0.2, 0.5),
                    at if at < 3.0 => line(0.5, 0.99, 0.5, 3.0),
                    _ => line(0.99, 1.0, 3.0, 20.0).min(1.0),
                }
            }),
        ),
        (
            Dist::Mixture { of: mixture },
            Box::new(move |x| {
                0.25 * ((x - ms) / (2.0 * ms)).clamp(0.0, 1.0) + 0.75 * exp(x, 5.0 * ms)
            }),
        ),
    ]
}

/// The x where `cdf` reaches `p`, by bisection.
pub(super) fn quantile(cdf: &dyn Fn(f64) -> f64, p: f64) -> f64 {
    let (mut low, mut high) = (1.0, 1e15);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        let end = if cdf(middle) < p { &mut low } else { &mut high };
        *end = middle;
    }
    0.5 * (low + high)
}

#[test]
fn quantiles_are_those_of_the_textbook() {
    for (dist, cdf) in cases() {
        let samples = draw(&dist, SAMPLES);
        for p in [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999] {
            let at = quantile(&*cdf, p);
            let below = samples.iter().filter(|&&x| (x as f64) <= at).count() as f64;
            // Below the p-quantile lie Binomial(n, p): four standard deviations each way.
            let n = SAMPLES as f64;
            assert!(
                (below - n * p).abs() < 4.0 * (n * p * (1.0 - p)).sqrt(),
                "{dist:?} at {p}: {below} below {at}"
            );
        }
    }
}

#[test]
fn moments_are_the_integrals_of_the_distribution_function() {
    for (dist, cdf) in cases() {
        // E X = ∫ (1 - F) dx and E X² = ∫ 2x (1 - F) dx, by the midpoint rule over ln x from 1 ns to 1e13 ns.
        let (steps, top) = (200_000, 1e13_f64.ln());
        let step = top / f64::from(steps);
        let (mut mean, mut square) = (1.0, 1.0);
        for i in 0..steps {
            let x = ((f64::from(i) + 0.5) * step).exp();
            let above = 1.0 - cdf(x);
            mean += above * x * step;
            square += 2.0 * x * above * x * step;
        }
        let scv = square / (mean * mean) - 1.0;
        assert!(
            (dist.mean_ns() / mean - 1.0).abs() < 1e-4,
            "{dist:?}: {} for {mean}",
            dist.mean_ns()
        );
        assert!(
            (dist.scv() - scv).abs() < 1e-3 * (1.0 + scv),
            "{dist:?}: {} for {scv}",
            dist.scv()
        );
        // And the samples have that mean, within four standard errors.
        let samples = draw(&dist, SAMPLES);
        let sampled = samples.iter().map(|&x| x as f64).sum::<f64>() / SAMPLES as f64;
        let error = mean * (scv / SAMPLES as f64).sqrt();
        assert!(
            (sampled - mean).abs() < 4.0 * error,
            "{dist:?}: {sampled} for {mean} ± {error}"
        );
    }
}

#[test]
fn well_known_moments() {
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    assert_eq!(Dist::Constant(us(7)).scv(), 0.0);
    assert_eq!(Dist::ZERO.scv(), 0.0);
    let zero = Dist::Weibull {
        scale: Duration::ZERO,
        shape: 0.01,
    };
    assert_eq!((zero.mean_ns(), zero.scv()), (0.0, 0.0));
    assert!(close(Dist::Exponential { mean: us(7) }.scv(), 1.0));
    assert!(close(Dist::Erlang { k: 4, mean: us(7) }.scv(), 0.25));
    assert!(close(
        Dist::Weibull {
            scale: us(7),
            shape: 1.0
        }
        .mean_ns(),
        7_000.0
    ));
    assert_eq!(
        Dist::Pareto {
            min: us(1),
            alpha: 1.0,
            max: None
        }
        .mean_ns(),
        f64::INFINITY
    );
    assert_eq!(
        Dist::Pareto {
            min: us(1),
            alpha: 1.5,
            max: None
        }
        .scv(),
        f64::INFINITY
    );
    // The half-normal distribution has mean sd · √(2/π).
    let half = Dist::Normal {
        mean: Duration::ZERO,
        sd: us(1_000),
        min: Duration::ZERO,
        max: None,
    };
    assert!(close(
        half.mean_ns(),
        1e6 * (2.0 / std::f64::consts::PI).sqrt()
    ));
}

#[test]
fn impossible_parameters_are_named() {
    let error = |dist: Dist| {
        assert!(dist.compile().is_zero());
        dist.check().unwrap_err()
    };
    let p = Chance::from_p;
    assert_eq!(
        error(Dist::Uniform {
            min: us(2),
            max: us(1)
        }),
        "min (2us) is above max (1us)"
    );
    assert_eq!(
        error(Dist::LogNormal {
            median: us(500),
            p99: us(300)
        }),
        "p99 (300us) is below the median (500us)"
    );
    assert_eq!(
        error(Dist::LogNormal {
            median: Duration::ZERO,
            p99: us(300)
        }),
        "median must be above 0 (p99 is 300us)"
    );
    assert_eq!(
        error(Dist::Normal {
            mean: us(9),
            sd: us(1),
            min: us(1),
            max: Some(us(5))
        }),
        "mean (9us) is above max (5us)"
    );
    assert_eq!(
        error(Dist::Pareto {
            min: us(1),
            alpha: 0.0,
            max: None
        }),
        "alpha must be from 0.01 to 1000, not 0"
    );
    assert_eq!(
        error(Dist::Weibull {
            scale: us(1),
            shape: f64::NAN
        }),
        "shape must be from 0.01 to 1000, not NaN"
    );
    assert_eq!(
        error(Dist::Erlang { k: 0, mean: us(1) }),
        "k must be from 1 to 1000, not 0"
    );
    assert_eq!(
        error(Dist::Hyperexponential {
            of: vec![(p(0.9), us(1)), (p(0.2), us(2))]
        }),
        "the chances add up to 110%, not 100%"
    );
    assert_eq!(
        error(Dist::Mixture { of: vec![] }),
        "the chances add up to 0%, not 100%"
    );
    assert_eq!(
        error(Dist::Empirical {
            quantiles: vec![(p(0.5), us(1)), (p(1.0), us(2))]
        }),
        "quantiles begin with \"0%\", the shortest duration"
    );
    assert_eq!(
        error(Dist::Empirical {
            quantiles: vec![(p(0.0), us(1)), (p(0.99), us(2))]
        }),
        "quantiles end with \"100%\", the longest duration"
    );
    assert_eq!(
        error(Dist::Empirical { quantiles: vec![] }),
        "quantiles end with \"100%\", the longest duration"
    );
    assert_eq!(
        error(Dist::Empirical {
            quantiles: vec![(p(0.0), us(5)), (p(1.0), us(2))]
        }),
        "durations must not fall: 2us at 100% comes after 5us at 0%"
    );
    let within = |dist: Dist| Dist::Mixture {
        of: vec![(Chance::ALWAYS, dist)],
    };
    let deep = (0..50).fold(Dist::ZERO, |dist, _| within(dist));
    assert_eq!(error(deep), "mixtures are nested deeper than 4");
}

#[test]
fn a_bare_duration_is_a_constant() {
    let read = |json: &str| serde_json::from_str::<Dist>(json).map_err(|error| error.to_string());
    assert_eq!(read("\"500us\""), Ok(Dist::Constant(us(500))));
    assert_eq!(
        read("{\"Constant\": \"500us\"}"),
        Ok(Dist::Constant(us(500)))
    );
    assert_eq!(
        read("{\"Normal\": {\"mean\": \"5us\", \"sd\": \"1us\"}}"),
        Ok(Dist::Normal {
            mean: us(5),
            sd: us(1),
            min: Duration::ZERO,
            max: None
        })
    );
    assert_eq!(
        read(
            "{\"Mixture\": {\"of\": [[\"99%\", \"1us\"], [\"1%\", {\"Exponential\": {\"mean\": \"5us\"}}]]}}"
        ),
        Ok(Dist::Mixture {
            of: vec![
                (Chance::from_p(0.99), Dist::Constant(us(1))),
                (Chance::from_p(0.01), Dist::Exponential { mean: us(5) })
            ]
        })
    );
    assert!(
        read("5")
            .unwrap_err()
            .starts_with("a duration needs a unit")
    );
    assert!(
        read("{\"Exponential\": {\"median\": \"5us\"}}")
            .unwrap_err()
            .starts_with("unknown field `median`")
    );
    assert!(
        read("{\"Exponentail\": {}}")
            .unwrap_err()
            .starts_with("unknown variant `Exponentail`")
    );
    for (dist, _) in cases() {
        assert_eq!(read(&serde_json::to_string(&dist).unwrap()), Ok(dist));
    }
}

fn duration() -> impl Strategy<Value = Duration> {
    // All magnitudes equally, and the ends.
    prop_oneof![
        8 => (any::<u64>(), 0_u32..64).prop_map(|(ns, shift)| Duration::from_ns(ns >> shift)),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
    ]
}

fn tail() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.01_f64..30.0, 2 => prop_oneof![Just(0.01), Just(1.0), Just(2.0), Just(1000.0)], 1 => Just(f64::MIN_POSITIVE), 1 => Just(5e-324), 1 => Just(f64::MAX)]
}

fn any_dist() -> impl Strategy<Value = Dist> {
    let max = || prop::option::of(duration());
    let chances = || prop::collection::vec((0.0_f64..=1.0, duration()), 0..5);
    prop_oneof![
        duration().prop_map(Dist::Constant),
        (duration(), duration()).prop_map(|(min, max)| Dist::Uniform { min, max }),
        duration().prop_map(|mean| Dist::Exponential { mean }),
        (duration(), duration()).prop_map(|(median, p99)| Dist::LogNormal { median, p99 }),
        (duration(), duration(), duration(), max()).prop_map(|(mean, sd, min, max)| Dist::Normal {
            mean,
            sd,
            min,
            max
        }),
        (duration(), tail(), max()).prop_map(|(min, alpha, max)| Dist::Pareto { min, alpha, max }),
        (duration(), tail()).prop_map(|(scale, shape)| Dist::Weibull { scale, shape }),
        (0_u32..40, duration()).prop_map(|(k, mean)| Dist::Erlang { k, mean }),
        chances().prop_map(|mut of| {
            let sum: f64 = of.iter().map(|(p, _)| p).sum();
            for (p, _) in &mut of {
                *p /= sum;
            }
            Dist::Hyperexponential {
                of: of
                    .into_iter()
                    .map(|(p, mean)| (Chance::from_p(p), mean))
                    .collect(),
            }
        }),
        chances().prop_map(|of| {
            let (mut at, mut durations): (Vec<f64>, Vec<Duration>) = of.into_iter().unzip();
            at.extend([0.0, 1.0]);
            durations.extend([Duration::ZERO, Duration::MAX]);
            at.sort_by(f64::total_cmp);
            durations.sort();
            Dist::Empirical {
                quantiles: at.into_iter().map(Chance::from_p).zip(durations).collect(),
            }
        }),
    ]
}

proptest! {
    #[test]
    fn no_distribution_panics_or_leaves_its_support(dist in any_dist(), seed in any::<u64>(), p in 0.0_f64..=1.0) {
        let rest = (Chance::from_p(1.0 - p), dist.clone());
        let mixture = Dist::Mixture { of: vec![(Chance::from_p(p), Dist::Exponential { mean: us(1) }), rest] };
        for dist in [dist, mixture] {
            let sampler = dist.compile();
            let _ = (dist.mean_ns(), dist.scv(), dist.support_ns());
            let mut stream = Stream::named(seed, "prop", "");
            for _ in 0..20 {
                let ns = sampler.sample(&mut stream);
                prop_assert!((sampler.min_ns()..=sampler.max_ns()).contains(&ns), "{ns}");
            }
            if dist.check().is_ok() {
                prop_assert_eq!((sampler.min_ns(), sampler.max_ns()), dist.support_ns());
                prop_assert!(dist.mean_ns() >= 0.0 && dist.scv() >= 0.0, "{} {}", dist.mean_ns(), dist.scv());
            }
        }
    }
}

/// The first draws of every sampler. Their values mean nothing; that they are the same on every platform, in debug and
/// release builds and after every upgrade is what makes a recording replay. (That they have the right distribution is
/// tested above.) Change them only together with a note that old recordings no longer replay.
#[test]
fn first_draws_never_change() {
    let line = |dist: &Dist| {
        let (sampler, mut stream) = (dist.compile(), Stream::named(42, "latency", "known"));
        let draws: Vec<String> = (0..4)
            .map(|_| sampler.sample(&mut stream).to_string())
            .collect();
        // And one that covers a million draws, so that the rare branches count too.
        let all = (0..1_000_000_u64).fold(0_u64, |hash, _| {
            hash.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ sampler.sample(&mut stream)
        });
        let name = format!("{dist:?}");
        let name = name.split([' ', '(']).next().unwrap_or_default();
        format!("{name} {} {all:016x}\n", draws.join(" "))
    };
    let lines: String = cases().iter().map(|(dist, _)| line(dist)).collect();
    assert_eq!(lines, include_str!("known_draws.txt"));
}
