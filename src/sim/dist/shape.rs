//! Exact quantiles of those distributions that are drawn by inversion.

use std::f64::consts::{PI, SQRT_2};

use super::exp::exp;
use super::moments::Moments;
use super::probit::probit;
use crate::sim::units::Duration;

/// A place on the axis of probability, told by its distance from the nearer end: so the far ends keep all their digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Above 0, at most ½.
    pub tail: f64,
    /// Whether the nearer end is 1.
    pub upper: bool,
}

impl Place {
    /// The chance of what is shorter, and that of what is longer.
    fn chances(self) -> (f64, f64) {
        if self.upper {
            (1.0 - self.tail, self.tail)
        } else {
            (self.tail, 1.0 - self.tail)
        }
    }

    /// -ln of the chance of what is longer.
    fn exponential(self) -> f64 {
        if self.upper {
            -libm::log(self.tail)
        } else {
            -libm::log1p(-self.tail)
        }
    }
}

/// A continuous distribution with parameters in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    LogNormal {
        median: f64,
        sigma: f64,
    },
    Normal(Bell),
    Pareto {
        min: f64,
        one_by_alpha: f64,
        /// The share of the unlimited distribution that lies beyond the end; 0 when it has none.
        beyond: f64,
    },
    /// With a shape of 1 the exponential distribution.
    Weibull {
        scale: f64,
        one_by_shape: f64,
    },
}

impl Shape {
    /// The duration at a place, in nanoseconds. It may step over the ends of the support by a rounding.
    pub fn quantile(&self, at: Place) -> f64 {
        match *self {
            Self::LogNormal { median, sigma } => {
                let z = probit(at.tail);
                median * exp(sigma * if at.upper { z } else { -z })
            }
            Self::Normal(bell) => bell.quantile(at),
            Self::Pareto {
                min,
                one_by_alpha,
                beyond,
            } => {
                let log = if beyond == 0.0 {
                    at.exponential()
                } else if at.upper {
                    -libm::log(beyond + at.tail * (1.0 - beyond))
                } else {
                    -libm::log1p(-at.tail * (1.0 - beyond))
                };
                min * exp(one_by_alpha * log)
            }
            Self::Weibull {
                scale,
                one_by_shape,
            } => scale * exp(one_by_shape * libm::log(at.exponential())),
        }
    }
}

/// Where less of the bell is kept than this, it is flat to within 1e-11.
const FLAT: f64 = 1e-6;

/// A normal distribution cut at both ends, in nanoseconds. The mean lies within the ends, so that little is kept only
/// when they are close together, where the bell is nearly flat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bell {
    mean: f64,
    sd: f64,
    min: f64,
    max: f64,
    /// The shares of the whole bell that are cut off.
    below: f64,
    above: f64,
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
            below: 0.0,
            above: 0.0,
        };
        let (low, high) = bell.ends();
        bell.below = 0.5 * libm::erfc(-low / SQRT_2);
        bell.above = 0.5 * libm::erfc(high / SQRT_2);
        bell
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
        1.0 - (self.below + self.above)
    }

    fn quantile(&self, at: Place) -> f64 {
        let kept = self.kept();
        if kept < FLAT {
            let part = at.tail * (self.max - self.min);
            return if at.upper {
                self.max - part
            } else {
                self.min + part
            };
        }
        let (shorter, longer) = at.chances();
        let (shorter, longer) = (self.below + kept * shorter, self.above + kept * longer);
        let z = if shorter < longer {
            -probit(shorter)
        } else {
            probit(longer)
        };
        self.mean + self.sd * z
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
        let density = |z: f64| libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * PI);
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
