//! What is drawn by inversion, at chosen places instead of at random ones: no luck is involved.

use std::sync::Arc;

use super::tests::{Case, cases, quantile, us};
use super::*;

/// The random number whose place is `p`.
fn bits(p: f64) -> u64 {
    (p * 2.0_f64.powi(64)) as u64
}

/// How far a quantile may lie from the exact one, as the module promises.
fn tolerance(p: f64, exact: f64) -> f64 {
    let relative = if (0.1..=0.9).contains(&p) { 1e-4 } else { 1e-3 };
    relative * exact + 1.0
}

/// Places from 1e-12 to 1 - 1e-12: many in the body, ten for each power of ten in the tails.
fn places() -> impl Iterator<Item = f64> {
    let tail = (10..=120).map(|tenth| 10.0_f64.powf(-f64::from(tenth) / 10.0));
    let body = (1..=2000).map(|i| (f64::from(i) - 0.3) / 2001.0);
    tail.clone().chain(body).chain(tail.map(|p| 1.0 - p))
}

#[test]
fn tables_hold_the_quantiles_of_the_textbook() {
    let mut tables = 0;
    for (dist, cdf) in cases() {
        let sampler = dist.compile();
        if sampler.table().is_none() {
            continue;
        }
        tables += 1;
        for p in places() {
            let (exact, drawn) = (quantile(&*cdf, p), sampler.at(bits(p)).unwrap() as f64);
            assert!(
                (drawn - exact).abs() <= tolerance(p, exact),
                "{dist:?} at {p}: {drawn} for {exact}"
            );
        }
    }
    // Exponential, lognormal, three normal, two Pareto, Weibull.
    assert_eq!(tables, 8);
}

#[test]
fn known_quantiles() {
    // From calculations with 40 digits.
    let exponential = Dist::Exponential {
        mean: us(1_000_000),
    };
    let log_normal = Dist::LogNormal {
        median: us(500),
        p99: us(3_000),
    };
    for (dist, p, exact) in [
        (&exponential, 0.00001, 10_000.050_000_333_3),
        (&exponential, 0.001, 1_000_500.333_583_53),
        (&exponential, 0.5, 693_147_180.559_945),
        (&exponential, 0.999, 6_907_755_278.982_14),
        (&exponential, 0.99999, 11_512_925_464.970_2),
        (&log_normal, 0.00001, 18_723.465_784_697_4),
        (&log_normal, 0.001, 46_270.414_393_113_3),
        (&log_normal, 0.5, 500_000.000_000_000),
        (&log_normal, 0.9, 1_341_659.560_930_18),
        (&log_normal, 0.999, 5_403_020.553_825_19),
        (&log_normal, 0.99999, 13_352_228.848_802_3),
    ] {
        let drawn = dist.compile().at(bits(p)).unwrap() as f64;
        assert!(
            (drawn - exact).abs() <= tolerance(p, exact),
            "{dist:?} at {p}: {drawn} for {exact}"
        );
    }
}

/// The integrals of a quantile function and of its square, by the midpoint rule: octaves towards both ends.
fn integrals(at: impl Fn(u64) -> f64) -> (f64, f64) {
    let (mut mean, mut square) = (0.0, 0.0);
    for octave in 1..=60 {
        // From 2⁻ᵒᶜᵗᵃᵛᵉ⁻¹ to 2⁻ᵒᶜᵗᵃᵛᵉ, in up to 4096 steps.
        let begin = 1_u64 << (63 - octave);
        let steps = begin.min(4096);
        let step = begin / steps;
        for i in 0..steps {
            let distance = begin + i * step + step / 2;
            for x in [at(distance), at(!distance)] {
                let weight = step as f64 / 2.0_f64.powi(64);
                mean += x * weight;
                square += x * x * weight;
            }
        }
    }
    (mean, square)
}

#[test]
fn tables_have_the_moments_of_the_textbook() {
    for (dist, _) in cases() {
        let sampler = dist.compile();
        if sampler.table().is_none() {
            continue;
        }
        let (mean, square) = integrals(|bits| sampler.at(bits).unwrap() as f64);
        let variance = square - mean * mean;
        let exact = dist.scv() * dist.mean_ns() * dist.mean_ns();
        assert!(
            (mean / dist.mean_ns() - 1.0).abs() < 1e-4,
            "{dist:?}: {mean} for {}",
            dist.mean_ns()
        );
        assert!(
            (variance / exact - 1.0).abs() < 1e-3,
            "{dist:?}: {variance} for {exact}"
        );
    }
}

#[test]
fn a_greater_number_never_gives_a_shorter_duration() {
    // Steps of a prime over the whole axis, and each side of every border: body and tail, octaves, tail and end.
    let mut numbers: Vec<u64> = (0..40_000).map(|i| i * 461_168_601_842_731).collect();
    for shift in 0..64 {
        let border = 1_u64 << shift;
        for near in [border - 1, border, border + 1] {
            numbers.extend([near, !near]);
        }
    }
    numbers.sort_unstable();
    for (dist, _) in cases() {
        let sampler = dist.compile();
        let drawn: Vec<_> = numbers.iter().filter_map(|&n| sampler.at(n)).collect();
        assert!(drawn.is_sorted(), "{dist:?}");
    }
}

#[test]
fn what_no_table_fits_is_drawn_by_its_formula() {
    let ms = 1e6;
    let cases: [Case; 3] = [
        (
            Dist::Weibull {
                scale: us(1_000),
                shape: 0.05,
            },
            Box::new(move |x| -libm::expm1(-libm::pow(x / ms, 0.05))),
        ),
        (
            Dist::Pareto {
                min: us(1),
                alpha: 0.2,
                max: None,
            },
            Box::new(|x| 1.0 - libm::pow(1_000.0 / x.max(1_000.0), 0.2)),
        ),
        (
            Dist::LogNormal {
                median: us(1),
                p99: us(1_000_000_000_000),
            },
            Box::new(|x| {
                let z = libm::log(x / 1_000.0) / (libm::log(1e12) / 2.326_347_874_040_841);
                0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
            }),
        ),
    ];
    for (dist, cdf) in cases {
        let sampler = dist.compile();
        assert!(sampler.table().is_none(), "{dist:?}");
        for p in [0.5, 0.75, 0.9, 0.95] {
            let (exact, drawn) = (quantile(&*cdf, p), sampler.at(bits(p)).unwrap() as f64);
            if (1e3..1e14).contains(&exact) {
                assert!(
                    (drawn - exact).abs() <= 1e-6 * exact + 1.0,
                    "{dist:?} at {p}: {drawn} for {exact}"
                );
            }
        }
    }
}

#[test]
fn a_bell_cut_to_a_sliver_is_flat() {
    let sliver = Dist::Normal {
        mean: us(1_000_000),
        sd: us(1_000_000),
        min: Duration::from_ns(999_999_900),
        max: Some(Duration::from_ns(1_000_000_100)),
    };
    let sampler = sliver.compile();
    for p in [0.0001, 0.001, 0.02, 0.25, 0.5, 0.75, 0.98, 0.999, 0.9999] {
        let drawn = sampler.at(bits(p)).unwrap() as f64 - 999_999_900.0;
        assert!((drawn - 200.0 * p).abs() <= 1.0, "{p}: {drawn}");
    }
}

#[test]
fn equal_distributions_share_one_small_table() {
    let exponential = |mean| Dist::Exponential { mean: us(mean) }.compile();
    let (one, same, other) = (exponential(31), exponential(31), exponential(32));
    assert!(Arc::ptr_eq(one.table().unwrap(), same.table().unwrap()));
    assert!(!Arc::ptr_eq(one.table().unwrap(), other.table().unwrap()));
    assert!(size_of_val(&**one.table().unwrap()) <= 12 * 1024 + 256);
}
