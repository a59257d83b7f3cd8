//! A distribution made ready to draw from.

use std::sync::Arc;

use super::Dist;
use super::exp::exp;
use super::moments::Moments;
use crate::sim::stream::Stream;
use crate::sim::units::{Chance, Duration};

/// Draws durations of one [`Dist`]. Cheap to clone; a draw costs a few nanoseconds and never fails.
#[derive(Clone, Debug)]
pub struct Sampler {
    kind: Kind,
    mean_ns: f64,
    min_ns: u64,
    max_ns: u64,
}

/// Everything that can be computed before the first draw. Floats are nanoseconds.
#[derive(Clone, Debug)]
enum Kind {
    Constant(u64),
    /// `values` is how many there are; 0 stands for all 2⁶⁴.
    Uniform {
        min: u64,
        values: u64,
    },
    Exponential {
        mean: f64,
    },
    LogNormal {
        median: f64,
        sigma: f64,
    },
    Normal(Bell),
    /// min · e^(exponential / alpha).
    Pareto {
        min: f64,
        one_by_alpha: f64,
    },
    /// By inversion; `kept` is the share of the unlimited distribution that lies below `max`.
    BoundedPareto {
        min: f64,
        one_by_alpha: f64,
        kept: f64,
    },
    Weibull {
        scale: f64,
        one_by_shape: f64,
    },
    Erlang {
        k: u32,
        phase_mean: f64,
    },
    Empirical(Arc<[Knot]>),
    Mixture(Arc<[Part]>),
}

/// One measured percentile, and how steeply the durations rise from it to the next.
#[derive(Debug)]
struct Knot {
    p: f64,
    ns: f64,
    slope: f64,
}

/// One distribution of a mixture; `below` is the sum of the chances up to and with it.
#[derive(Debug)]
struct Part {
    below: f64,
    sampler: Sampler,
}

impl Sampler {
    /// Always 0.
    pub const ZERO: Self = Self::constant(Duration::ZERO);

    /// Always the same.
    pub const fn constant(value: Duration) -> Self {
        let ns = value.ns();
        Self {
            kind: Kind::Constant(ns),
            mean_ns: ns as f64,
            min_ns: ns,
            max_ns: ns,
        }
    }

    /// From a distribution that has been checked.
    pub(super) fn new(dist: &Dist) -> Self {
        let (min_ns, max_ns) = dist.support_ns();
        let kind = if min_ns == max_ns {
            Kind::Constant(min_ns)
        } else {
            kind(dist)
        };
        Self {
            kind,
            mean_ns: dist.mean_ns(),
            min_ns,
            max_ns,
        }
    }

    /// Draws a duration in nanoseconds. A constant draws nothing from the stream.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> u64 {
        let ns = match &self.kind {
            Kind::Constant(ns) => return *ns,
            Kind::Uniform { min, values: 0 } => return min.saturating_add(stream.next_u64()),
            Kind::Uniform { min, values } => return min + stream.below(*values),
            Kind::Exponential { mean } => return nearest(mean * stream.exp1()),
            Kind::LogNormal { median, sigma } => {
                return nearest(median * exp(sigma * stream.normal()));
            }
            Kind::Normal(bell) => bell.sample(stream),
            Kind::Pareto { min, one_by_alpha } => min * exp(stream.exp1() * one_by_alpha),
            Kind::BoundedPareto {
                min,
                one_by_alpha,
                kept,
            } => min * exp(-libm::log1p(-kept * stream.unit()) * one_by_alpha),
            Kind::Weibull {
                scale,
                one_by_shape,
            } => scale * libm::pow(stream.exp1(), *one_by_shape),
            Kind::Erlang { k, phase_mean } => {
                let phases: f64 = (0..*k).map(|_| stream.exp1()).sum();
                phase_mean * phases
            }
            Kind::Empirical(knots) => interpolate(knots, stream.unit()),
            Kind::Mixture(parts) => return sample_part(parts, stream),
        };
        // The ends matter where rounding would step over them.
        nearest(ns).max(self.min_ns).min(self.max_ns)
    }

    /// The exact mean in nanoseconds; may be infinite.
    pub fn mean_ns(&self) -> f64 {
        self.mean_ns
    }

    /// The least duration that can come, in nanoseconds.
    pub fn min_ns(&self) -> u64 {
        self.min_ns
    }

    /// The greatest duration that can come, in nanoseconds; `u64::MAX` when unlimited.
    pub fn max_ns(&self) -> u64 {
        self.max_ns
    }

    /// Whether every draw is 0.
    pub fn is_zero(&self) -> bool {
        self.max_ns == 0
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::ZERO
    }
}

/// The nearest integer; the greatest for what lies beyond it.
#[inline]
fn nearest(ns: f64) -> u64 {
    let ns = ns + 0.5;
    // The signed cast is several times faster, and nearly all draws are below its end, 292 years.
    if ns < i64::MAX as f64 {
        ns as i64 as u64
    } else {
        far(ns)
    }
}

#[cold]
fn far(ns: f64) -> u64 {
    ns as u64
}

fn kind(dist: &Dist) -> Kind {
    match dist {
        Dist::Constant(value) => Kind::Constant(value.ns()),
        Dist::Uniform { min, max } => Kind::Uniform {
            min: min.ns(),
            values: (max.ns() - min.ns()).wrapping_add(1),
        },
        Dist::Exponential { mean } => Kind::Exponential {
            mean: mean.ns() as f64,
        },
        Dist::LogNormal { median, p99 } => Kind::LogNormal {
            median: median.ns() as f64,
            sigma: log_normal_sigma(*median, *p99),
        },
        Dist::Normal { mean, sd, min, max } => Kind::Normal(Bell::new(*mean, *sd, *min, *max)),
        Dist::Pareto {
            min,
            alpha,
            max: None,
        } => Kind::Pareto {
            min: min.ns() as f64,
            one_by_alpha: 1.0 / alpha,
        },
        Dist::Pareto {
            min,
            alpha,
            max: Some(max),
        } => {
            let (min, max) = (min.ns() as f64, max.ns() as f64);
            let kept = -libm::expm1(alpha * libm::log(min / max));
            Kind::BoundedPareto {
                min,
                one_by_alpha: 1.0 / alpha,
                kept,
            }
        }
        Dist::Weibull { scale, shape } => Kind::Weibull {
            scale: scale.ns() as f64,
            one_by_shape: 1.0 / shape,
        },
        Dist::Erlang { k, mean } => Kind::Erlang {
            k: *k,
            phase_mean: mean.ns() as f64 / f64::from(*k),
        },
        Dist::Hyperexponential { of } => parts(
            of.iter()
                .map(|(chance, mean)| (*chance, Sampler::new(&Dist::Exponential { mean: *mean }))),
        ),
        Dist::Mixture { of } => parts(
            of.iter()
                .map(|(chance, dist)| (*chance, Sampler::new(dist))),
        ),
        Dist::Empirical { quantiles } => knots(quantiles),
    }
}

/// The standard deviation of the logarithm. 2.3263… is the 99 % point of the standard normal distribution.
pub(super) fn log_normal_sigma(median: Duration, p99: Duration) -> f64 {
    libm::log(p99.ns() as f64 / median.ns() as f64) / 2.326_347_874_040_841
}

fn parts(of: impl Iterator<Item = (Chance, Sampler)>) -> Kind {
    let mut below = 0.0;
    let possible = of.filter(|(chance, _)| !chance.is_never());
    let parts = possible.map(|(chance, sampler)| {
        below += chance.p();
        Part { below, sampler }
    });
    Kind::Mixture(parts.collect())
}

fn sample_part(parts: &[Part], stream: &mut Stream) -> u64 {
    let unit = stream.unit();
    // The sum of the chances may round to a little less than 1: the last part takes what is left.
    let part = parts.iter().find(|part| unit < part.below).or(parts.last());
    part.map_or(0, |part| part.sampler.sample(stream))
}

fn knots(quantiles: &[(Chance, Duration)]) -> Kind {
    let knots = quantiles.windows(2).map(|pair| {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        let slope = (high.ns() - low.ns()) as f64 / (to.p() - from.p());
        Knot {
            p: from.p(),
            ns: low.ns() as f64,
            slope,
        }
    });
    Kind::Empirical(knots.collect())
}

fn interpolate(knots: &[Knot], unit: f64) -> f64 {
    let after = knots.partition_point(|knot| knot.p <= unit);
    knots
        .get(after.saturating_sub(1))
        .map_or(0.0, |knot| knot.ns + (unit - knot.p) * knot.slope)
}

/// A normal distribution cut at both ends, in nanoseconds.
///
/// Drawn by rejection: from the whole bell where a quarter of it or more is kept, else from the uniform distribution
/// over what is kept. The mean lies within the ends, so that little is kept only when they are close together, where the
/// bell is nearly flat: both ways accept at least one try in four.
#[derive(Clone, Debug)]
pub(super) struct Bell {
    mean: f64,
    sd: f64,
    min: f64,
    max: f64,
    flat: bool,
}

impl Bell {
    /// From settings with min ≤ mean ≤ max.
    pub fn new(mean: Duration, sd: Duration, min: Duration, max: Option<Duration>) -> Self {
        let (mean, sd, min) = (mean.ns() as f64, sd.ns() as f64, min.ns() as f64);
        let max = max.map_or(f64::INFINITY, |max| max.ns() as f64);
        let mut bell = Self {
            mean,
            sd,
            min,
            max,
            flat: false,
        };
        bell.flat = bell.kept() < 0.25;
        bell
    }

    fn sample(&self, stream: &mut Stream) -> f64 {
        loop {
            let (x, keep) = if self.flat {
                let x = self.min + (self.max - self.min) * stream.unit();
                let z = (x - self.mean) / self.sd;
                (x, stream.unit() < exp(-0.5 * z * z))
            } else {
                let x = self.mean + self.sd * stream.normal();
                (x, self.min <= x && x <= self.max)
            };
            if keep {
                return x;
            }
        }
    }

    /// The ends in standard deviations from the mean.
    fn ends(&self) -> (f64, f64) {
        (
            (self.min - self.mean) / self.sd,
            (self.max - self.mean) / self.sd,
        )
    }

    /// The share of the whole bell that lies between the ends.
    fn kept(&self) -> f64 {
        let (low, high) = self.ends();
        1.0 - 0.5
            * (libm::erfc(-low / std::f64::consts::SQRT_2)
                + libm::erfc(high / std::f64::consts::SQRT_2))
    }

    /// The textbook moments of the truncated normal distribution (N. L. Johnson, S. Kotz and N. Balakrishnan,
    /// "Continuous Univariate Distributions", volume 1, section 13.10.1).
    pub fn moments(&self) -> Moments {
        if self.sd == 0.0 || self.min == self.max {
            return Moments {
                mean: self.mean,
                square: self.mean * self.mean,
            };
        }
        let (low, high) = self.ends();
        let kept = self.kept();
        if kept < 1e-4 {
            // Flat to within rounding, where the formulas below lose all their digits.
            let (mean, width) = (0.5 * (self.min + self.max), self.max - self.min);
            return Moments {
                mean,
                square: mean * mean + width * width / 12.0,
            };
        }
        let density = |z: f64| libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * std::f64::consts::PI);
        let weighted = |z: f64| if z.is_finite() { z * density(z) } else { 0.0 };
        let shift = (density(low) - density(high)) / kept;
        let shape = 1.0 + (weighted(low) - weighted(high)) / kept - shift * shift;
        let mean = self.mean + self.sd * shift;
        Moments {
            mean,
            square: mean * mean + self.sd * self.sd * shape,
        }
    }
}
