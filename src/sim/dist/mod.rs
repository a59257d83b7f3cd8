//! Distributions of durations: how a scenario writes them, what they mean, and the samplers made from them.
//!
//! A [`Dist`] is what the file says. [`Dist::check`] tells what is impossible about it, [`Dist::compile`] makes the
//! [`Sampler`] that the simulation draws from. Wherever a distribution is expected, a bare duration (`"500us"`) means
//! [`Dist::Constant`]. The common distributions are drawn by inversion from a table of quantiles: one random number a draw,
//! so that changing a parameter moves no later draw, and a greater number never gives a shorter duration. A table is within
//! 1e-4 of the exact quantile from p = 10 % to 90 %, within 1e-3 as far as 1/8192 from each end, and exact beyond (and to
//! the nearest nanosecond everywhere); a distribution that no table fits so well is drawn by its formula. Draws use integer arithmetic, IEEE 754 basic operations and `libm` only: bit-identical everywhere.

mod check;
pub(super) mod exp;
mod moments;
mod probit;
#[cfg(test)]
mod quantile_tests;
mod sampler;
mod shape;
mod table;
#[cfg(test)]
mod tests;
pub(super) mod ziggurat;

use std::fmt;

use serde::de::value::{EnumAccessDeserializer, MapAccessDeserializer};
use serde::de::{self, EnumAccess, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::sampler::Sampler;
use super::units::{Chance, Duration};

/// A distribution of durations, as a scenario writes it.
///
/// Continuous distributions are drawn in nanoseconds and rounded to the nearest; what exceeds 584 years stops there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub enum Dist {
    /// Always the same: `"5ms"` or `Constant("5ms")`.
    Constant(Duration),
    /// Every duration from `min` to `max` equally likely, both included.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// The time to the next of independent events (service times of M/M/1).
    Exponential {
        /// The mean.
        mean: Duration,
    },
    /// The usual shape of latencies, given as they are measured. σ follows as ln(p99 / median) / 2.3263.
    LogNormal {
        /// Half of all are shorter.
        median: Duration,
        /// 99 in 100 are shorter.
        p99: Duration,
    },
    /// The bell curve with what lies outside `min` to `max` cut off (drawn again), so that the mean of what remains
    /// differs from `mean` unless both ends are far or equally far.
    Normal {
        /// The top of the bell, within `min` and `max`.
        mean: Duration,
        /// The standard deviation of the whole bell.
        sd: Duration,
        /// Nothing is shorter; 0 when absent.
        #[serde(default)]
        min: Duration,
        /// Nothing is longer; unlimited when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Duration>,
    },
    /// A power law: the chance to exceed x is (min / x)^alpha.
    Pareto {
        /// The shortest.
        min: Duration,
        /// How fast the tail falls; at 1 or below an unlimited one has no finite mean.
        alpha: f64,
        /// Nothing is longer (drawn again, not shortened); unlimited when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Duration>,
    },
    /// The chance to exceed x is exp(-(x / scale)^shape): with a shape below 1 a tail heavier than exponential.
    Weibull {
        /// 63.2 % are shorter.
        scale: Duration,
        /// 1 is the exponential, above 1 narrower, below 1 wider.
        shape: f64,
    },
    /// The sum of `k` equal exponential phases.
    Erlang {
        /// How many phases, from 1 to 1000.
        k: u32,
        /// The mean of the sum.
        mean: Duration,
    },
    /// One of several exponentials (service times of M/H2/1): `of: [("90%", "1ms"), ("10%", "20ms")]`.
    Hyperexponential {
        /// Chance and mean of each; the chances add up to 100%.
        of: Vec<(Chance, Duration)>,
    },
    /// From measured percentiles, linear in between:
    /// `quantiles: [("0%", "200us"), ("50%", "500us"), ("99%", "3ms"), ("100%", "20ms")]`.
    Empirical {
        /// Percentile and duration, both rising, from 0% to 100%.
        quantiles: Vec<(Chance, Duration)>,
    },
    /// One of several distributions: `of: [("99%", "1ms"), ("1%", Exponential(mean: "1s"))]`.
    Mixture {
        /// Chance and distribution of each; the chances add up to 100%.
        of: Vec<(Chance, Dist)>,
    },
}

impl Dist {
    /// No time at all.
    pub const ZERO: Self = Self::Constant(Duration::ZERO);

    /// Makes the sampler. An impossible distribution (see [`Dist::check`]) becomes [`Sampler::ZERO`].
    pub fn compile(&self) -> Sampler {
        if self.check().is_ok() {
            Sampler::new(self)
        } else {
            Sampler::ZERO
        }
    }

    /// The exact mean in nanoseconds (before rounding to whole nanoseconds); may be infinite. Meaningless for an
    /// impossible distribution (see [`Dist::check`]).
    pub fn mean_ns(&self) -> f64 {
        moments::moments(self).mean
    }

    /// The squared coefficient of variation, variance / mean²: 0 for a constant, 1 for an exponential. May be infinite;
    /// 0 when the mean is 0.
    pub fn scv(&self) -> f64 {
        moments::moments(self).scv()
    }

    /// The least and the greatest duration that it can give, in nanoseconds.
    pub fn support_ns(&self) -> (u64, u64) {
        let end = |max: &Option<Duration>| max.unwrap_or(Duration::MAX).ns();
        match self {
            Self::Constant(value) => (value.ns(), value.ns()),
            Self::Uniform { min, max } => (min.ns(), max.ns()),
            Self::LogNormal { median, p99 } if median == p99 => (median.ns(), median.ns()),
            Self::Normal { mean, sd, .. } if sd.is_zero() => (mean.ns(), mean.ns()),
            Self::Normal { min, max, .. } | Self::Pareto { min, max, .. } => (min.ns(), end(max)),
            Self::Exponential { mean } | Self::Erlang { mean, .. } if mean.is_zero() => (0, 0),
            Self::Weibull { scale, .. } if scale.is_zero() => (0, 0),
            Self::Hyperexponential { of } if of.iter().all(|(_, mean)| mean.is_zero()) => (0, 0),
            Self::Exponential { .. }
            | Self::Erlang { .. }
            | Self::LogNormal { .. }
            | Self::Weibull { .. }
            | Self::Hyperexponential { .. } => (0, u64::MAX),
            Self::Empirical { quantiles } => {
                let at = |end: Option<&(Chance, Duration)>| end.map_or(0, |(_, value)| value.ns());
                (at(quantiles.first()), at(quantiles.last()))
            }
            Self::Mixture { of } => of
                .iter()
                .filter(|(chance, _)| !chance.is_never())
                .map(|(_, dist)| dist.support_ns())
                .reduce(|(low, high), (min, max)| (low.min(min), high.max(max)))
                .unwrap_or((0, 0)),
        }
    }
}

impl Default for Dist {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<Duration> for Dist {
    fn from(value: Duration) -> Self {
        Self::Constant(value)
    }
}

impl Serialize for Dist {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The derived form; `remote = "Self"` makes it an inherent function.
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Dist {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistOrDuration)
    }
}

/// Reads a bare duration as a constant, and everything else as the derived enum.
struct DistOrDuration;

impl<'de> Visitor<'de> for DistOrDuration {
    type Value = Dist;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration (\"5ms\") or a distribution (Exponential(mean: \"5ms\"))")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Dist, E> {
        text.parse().map(Dist::Constant).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Dist, E> {
        Err(E::custom("a duration needs a unit: \"5ms\", \"2s\""))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Dist, E> {
        self.visit_u64(value.unsigned_abs())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Dist, E> {
        self.visit_u64(0)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Dist, A::Error> {
        Dist::deserialize(EnumAccessDeserializer::new(data))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Dist, A::Error> {
        Dist::deserialize(MapAccessDeserializer::new(map))
    }
}
