//! What makes a distribution impossible, in sentences that can stand in a diagnostic.

use super::Dist;
use crate::sim::units::{Chance, Duration};

/// How far chances may miss 100 % together: what rounding of their sum explains, and no more.
const SUM_TOLERANCE: f64 = 1e-9;

/// More phases cost more draws; beyond this a normal distribution is the same within a few percent of its width.
const ERLANG_PHASES_MAX: u32 = 1000;

/// How deep mixtures may stand in mixtures.
const DEPTH_MAX: u32 = 4;

impl Dist {
    /// Whether such a distribution exists; the error says what is wrong with which field.
    pub fn check(&self) -> Result<(), String> {
        check(self, 0)
    }
}

fn check(dist: &Dist, depth: u32) -> Result<(), String> {
    match dist {
        Dist::Uniform { min, max } => ordered(*min, Some(*max)),
        Dist::LogNormal { median, p99 } if median.is_zero() => {
            Err(format!("median must be above 0 (p99 is {p99})"))
        }
        Dist::LogNormal { median, p99 } if p99 < median => {
            Err(format!("p99 ({p99}) is below the median ({median})"))
        }
        Dist::Constant(_) | Dist::Exponential { .. } | Dist::LogNormal { .. } => Ok(()),
        Dist::Normal { mean, min, max, .. } => {
            ordered(*min, *max)?;
            if mean < min {
                return Err(format!("mean ({mean}) is below min ({min})"));
            }
            match max {
                Some(max) if mean > max => Err(format!("mean ({mean}) is above max ({max})")),
                _ => Ok(()),
            }
        }
        Dist::Pareto { min, alpha, max } => {
            if min.is_zero() {
                return Err("min must be above 0".to_owned());
            }
            form("alpha", *alpha)?;
            ordered(*min, *max)
        }
        Dist::Weibull { shape, .. } => form("shape", *shape),
        Dist::Erlang { k, .. } if (1..=ERLANG_PHASES_MAX).contains(k) => Ok(()),
        Dist::Erlang { k, .. } => Err(format!("k must be from 1 to {ERLANG_PHASES_MAX}, not {k}")),
        Dist::Hyperexponential { of } => adds_up(of),
        Dist::Empirical { quantiles } => rising(quantiles),
        Dist::Mixture { of } => {
            if depth >= DEPTH_MAX {
                return Err(format!("mixtures are nested deeper than {DEPTH_MAX}"));
            }
            adds_up(of)?;
            of.iter().try_for_each(|(_, part)| check(part, depth + 1))
        }
    }
}

fn ordered(min: Duration, max: Option<Duration>) -> Result<(), String> {
    match max {
        Some(max) if max < min => Err(format!("min ({min}) is above max ({max})")),
        _ => Ok(()),
    }
}

/// The form of a tail. Real ones lie between 0.3 and 30; far beyond, floats overflow.
fn form(name: &str, value: f64) -> Result<(), String> {
    if (0.01..=1000.0).contains(&value) {
        Ok(())
    } else {
        Err(format!("{name} must be from 0.01 to 1000, not {value}"))
    }
}

fn adds_up<T>(of: &[(Chance, T)]) -> Result<(), String> {
    let sum = of.iter().fold(0.0, |sum, (chance, _)| sum + chance.p());
    if (sum - 1.0).abs() <= SUM_TOLERANCE {
        Ok(())
    } else {
        Err(format!(
            "the chances add up to {}%, not 100%",
            (sum * 1e8).round() / 1e6
        ))
    }
}

fn rising(quantiles: &[(Chance, Duration)]) -> Result<(), String> {
    match (quantiles.first(), quantiles.last()) {
        (Some((first, _)), _) if !first.is_never() => {
            return Err("quantiles begin with \"0%\", the shortest duration".to_owned());
        }
        (_, Some((last, _))) if *last == Chance::ALWAYS => {}
        _ => return Err("quantiles end with \"100%\", the longest duration".to_owned()),
    }
    for pair in quantiles.windows(2) {
        let ((low, shorter), (high, longer)) = (pair[0], pair[1]);
        if high <= low {
            return Err(format!("quantiles must rise: {high} comes after {low}"));
        }
        if longer < shorter {
            return Err(format!(
                "durations must not fall: {longer} at {high} comes after {shorter} at {low}"
            ));
        }
    }
    Ok(())
}
