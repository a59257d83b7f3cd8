//! Exact means and variances, for settings screens, capacity warnings and the checks against queueing theory.

use super::Dist;
use super::sampler::log_normal_sigma;
use super::shape::Bell;
use crate::sim::units::Chance;

/// The first two moments about 0, in ns and ns².
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub mean: f64,
    pub square: f64,
}

impl Moments {
    /// Variance / mean²; 0 when the mean is 0.
    pub fn scv(self) -> f64 {
        if self.mean == 0.0 {
            0.0
        } else if self.square.is_infinite() {
            f64::INFINITY
        } else {
            (self.square / (self.mean * self.mean) - 1.0).max(0.0)
        }
    }

    fn exponential(mean: f64) -> Self {
        Self {
            mean,
            square: 2.0 * mean * mean,
        }
    }
}

pub(super) fn moments(dist: &Dist) -> Moments {
    match dist {
        Dist::Constant(value) => {
            let value = value.ns() as f64;
            Moments {
                mean: value,
                square: value * value,
            }
        }
        Dist::Uniform { min, max } => {
            let (min, max) = (min.ns() as f64, max.ns() as f64);
            let (mean, values) = (0.5 * (min + max), max - min + 1.0);
            Moments {
                mean,
                square: mean * mean + (values * values - 1.0) / 12.0,
            }
        }
        Dist::Exponential { mean } => Moments::exponential(mean.ns() as f64),
        Dist::LogNormal { median, p99 } => {
            let sigma = log_normal_sigma(*median, *p99);
            let mean = median.ns() as f64 * libm::exp(0.5 * sigma * sigma);
            Moments {
                mean,
                square: mean * mean * libm::exp(sigma * sigma),
            }
        }
        Dist::Normal { mean, sd, min, max } => Bell::new(*mean, *sd, *min, *max).moments(),
        Dist::Pareto { min, alpha, max } => {
            let ratio = max.map_or(0.0, |max| min.ns() as f64 / max.ns() as f64);
            let min = min.ns() as f64;
            Moments {
                mean: min * pareto(*alpha, 1.0, ratio),
                square: min * min * pareto(*alpha, 2.0, ratio),
            }
        }
        Dist::Weibull { scale, .. } if scale.is_zero() => Moments {
            mean: 0.0,
            square: 0.0,
        },
        Dist::Weibull { scale, shape } => {
            let scale = scale.ns() as f64;
            let mean = scale * libm::tgamma(1.0 + 1.0 / shape);
            Moments {
                mean,
                square: scale * scale * libm::tgamma(1.0 + 2.0 / shape),
            }
        }
        Dist::Erlang { k, mean } => {
            let mean = mean.ns() as f64;
            Moments {
                mean,
                square: mean * mean * (1.0 + 1.0 / f64::from(*k)),
            }
        }
        Dist::Hyperexponential { of } => mixture(
            of.iter()
                .map(|(chance, mean)| (*chance, Moments::exponential(mean.ns() as f64))),
        ),
        Dist::Empirical { quantiles } => mixture(quantiles.windows(2).map(|pair| {
            let ((from, low), (to, high)) = (pair[0], pair[1]);
            let (low, high) = (low.ns() as f64, high.ns() as f64);
            let part = Moments {
                mean: 0.5 * (low + high),
                square: (low * low + low * high + high * high) / 3.0,
            };
            (Chance::from_p(to.p() - from.p()), part)
        })),
        Dist::Mixture { of } => mixture(of.iter().map(|(chance, dist)| (*chance, moments(dist)))),
    }
}

/// The moments of a mixture; what never happens does not count, even if it is infinite.
fn mixture(parts: impl Iterator<Item = (Chance, Moments)>) -> Moments {
    parts.filter(|(chance, _)| !chance.is_never()).fold(
        Moments {
            mean: 0.0,
            square: 0.0,
        },
        |sum, (chance, part)| Moments {
            mean: sum.mean + chance.p() * part.mean,
            square: sum.square + chance.p() * part.square,
        },
    )
}

/// The moment of `order` of a Pareto distribution from 1 to 1 / `ratio` (unlimited when `ratio` is 0).
fn pareto(alpha: f64, order: f64, ratio: f64) -> f64 {
    let excess = alpha - order;
    if ratio == 0.0 {
        return if excess > 0.0 {
            alpha / excess
        } else {
            f64::INFINITY
        };
    }
    if ratio == 1.0 {
        return 1.0;
    }
    let log = libm::log(ratio);
    // (1 - ratio^excess) / excess, whose limit at 0 is -ln ratio.
    let part = if excess == 0.0 {
        -log
    } else {
        -libm::expm1(excess * log) / excess
    };
    alpha * part / -libm::expm1(alpha * log)
}
