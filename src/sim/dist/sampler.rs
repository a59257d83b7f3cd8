//! A distribution made ready to draw from.

use std::sync::Arc;

use super::Dist;
use super::shape::{Bell, Shape};
use super::table::{Table, exact, table};
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
    /// By inversion, from a table, and where a table would be too coarse by the formula.
    Table(Arc<Table>),
    Formula(Arc<Shape>),
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
            kind(dist, min_ns, max_ns)
        };
        Self {
            kind,
            mean_ns: dist.mean_ns(),
            min_ns,
            max_ns,
        }
    }

    /// Draws a duration in nanoseconds. A constant draws nothing from the stream; what has a table, one number.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> u64 {
        // The most frequent first.
        if let Kind::Table(table) = &self.kind {
            return table.at(stream.next_u64());
        }
        match &self.kind {
            Kind::Constant(ns) => *ns,
            _ => self.sample_rare(stream),
        }
    }

    /// Kept apart, so that the common kinds stay small wherever they are drawn.
    #[inline(never)]
    fn sample_rare(&self, stream: &mut Stream) -> u64 {
        let ns = match &self.kind {
            Kind::Constant(_) | Kind::Table(_) => return self.sample(stream),
            Kind::Uniform { min, values: 0 } => return min.saturating_add(stream.next_u64()),
            Kind::Uniform { min, values } => return min + stream.below(*values),
            Kind::Formula(shape) => {
                let ns = exact(shape, stream.next_u64());
                return ns.max(self.min_ns).min(self.max_ns);
            }
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

    /// The draw that belongs to a random number, where one number makes a draw by inversion.
    #[cfg(test)]
    pub(super) fn at(&self, bits: u64) -> Option<u64> {
        match &self.kind {
            Kind::Table(table) => Some(table.at(bits)),
            Kind::Formula(shape) => Some(exact(shape, bits).clamp(self.min_ns, self.max_ns)),
            _ => None,
        }
    }

    /// Its table, if it has one.
    #[cfg(test)]
    pub(super) fn table(&self) -> Option<&Arc<Table>> {
        match &self.kind {
            Kind::Table(table) => Some(table),
            _ => None,
        }
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
pub(super) fn nearest(ns: f64) -> u64 {
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

/// What draws a distribution with this support.
fn kind(dist: &Dist, min_ns: u64, max_ns: u64) -> Kind {
    let inverted = |shape| {
        table(shape, min_ns, max_ns).map_or_else(|| Kind::Formula(Arc::new(shape)), Kind::Table)
    };
    match dist {
        Dist::Constant(value) => Kind::Constant(value.ns()),
        Dist::Uniform { min, max } => Kind::Uniform {
            min: min.ns(),
            values: (max.ns() - min.ns()).wrapping_add(1),
        },
        Dist::Exponential { mean } => inverted(Shape::Weibull {
            scale: mean.ns() as f64,
            one_by_shape: 1.0,
        }),
        Dist::LogNormal { median, p99 } => inverted(Shape::LogNormal {
            median: median.ns() as f64,
            sigma: log_normal_sigma(*median, *p99),
        }),
        Dist::Normal { mean, sd, min, max } => {
            inverted(Shape::Normal(Bell::new(*mean, *sd, *min, *max)))
        }
        Dist::Pareto { min, alpha, max } => {
            let min = min.ns() as f64;
            let beyond = max.map_or(0.0, |max| {
                libm::exp(alpha * libm::log(min / max.ns() as f64))
            });
            inverted(Shape::Pareto {
                min,
                one_by_alpha: 1.0 / alpha,
                beyond,
            })
        }
        Dist::Weibull { scale, shape } => inverted(Shape::Weibull {
            scale: scale.ns() as f64,
            one_by_shape: 1.0 / shape,
        }),
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
