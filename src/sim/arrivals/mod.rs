//! Arrival processes: when the next request of a workload comes.
//!
//! [`Arrivals`] is what the scenario says; [`Arrivals::compile`] makes the [`ArrivalProcess`], a small value that a
//! workload keeps and asks for the delay to its next arrival. When a workload begins, ends and how much it sends in all
//! is the workload's own affair.

mod bursts;
mod constant;
mod diurnal;
#[cfg(test)]
mod factor_tests;
mod poisson;
mod ramp;
#[cfg(test)]
mod tests;
mod trace;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dist::{Dist, Sampler};
use super::stream::Stream;
use super::units::{Chance, Duration, Rate};

use bursts::Bursts;
use constant::Constant;
use diurnal::Diurnal;
use poisson::Poisson;
use ramp::Ramp;
use trace::Trace;

/// How requests arrive, as a scenario writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Arrivals {
    /// At random, independent of each other: `Poisson("2000/s")`.
    Poisson(Rate),
    /// Evenly spaced, the first after one gap: `Constant("100/s")`.
    Constant(Rate),
    /// Poisson arrivals whose rate switches between two phases, beginning with `on`.
    Bursts {
        /// How long a burst lasts.
        on: Dist,
        /// How long the pause between bursts lasts.
        off: Dist,
        /// The rate within a burst.
        rate: Rate,
        /// The rate between bursts; 0 when absent.
        #[serde(default)]
        rate_off: Rate,
    },
    /// Poisson arrivals whose rate goes in a straight line from `from` to `to`, and stays there.
    Ramp {
        /// The rate when the workload begins.
        from: Rate,
        /// The rate from `over` on.
        to: Rate,
        /// How long the change takes.
        over: Duration,
    },
    /// Poisson arrivals whose rate follows a cosine of virtual time.
    Diurnal {
        /// The rate averaged over a period.
        mean: Rate,
        /// How far the rate swings to each side, in parts of the mean.
        amplitude: Chance,
        /// From peak to peak.
        period: Duration,
        /// The virtual time of a peak; half a period when absent, so that a run begins in the trough.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peak_at: Option<Duration>,
    },
    /// A fixed number of clients; each waits for its answer, thinks, and sends the next request.
    ClosedLoop {
        /// How many clients.
        clients: u32,
        /// How long a client thinks between an answer and its next request.
        think: Dist,
    },
    /// At the times of a CSV file, counted from the workload's begin.
    Trace {
        /// The file, which has a column `at`.
        file: String,
    },
}

/// Faster than one arrival per nanosecond, time could not tell them apart.
const RATE_MAX_PER_S: f64 = 1e9;

/// More clients of a closed loop than this are a slip.
const CLIENTS_MAX: u32 = 1_000_000;

impl Arrivals {
    /// Whether such a process exists; the error says what is wrong with which field.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Poisson(rate) | Self::Constant(rate) => possible("the rate", *rate),
            Self::Bursts {
                on,
                off,
                rate,
                rate_off,
            } => bursts::check(on, off, *rate, *rate_off),
            Self::Ramp { from, to, .. } => {
                possible("from", *from)?;
                possible("to", *to)
            }
            Self::Diurnal { period, .. } if period.is_zero() => {
                Err("period must be above 0".to_owned())
            }
            Self::Diurnal { mean, .. } => possible("mean", *mean),
            Self::ClosedLoop { clients: 0, .. } => Err("clients must be at least 1".to_owned()),
            Self::ClosedLoop { clients, .. } if *clients > CLIENTS_MAX => {
                Err(format!("clients must be at most {CLIENTS_MAX}"))
            }
            Self::ClosedLoop { think, .. } => think.check().map_err(|why| format!("think: {why}")),
            Self::Trace { file } if file.is_empty() => Err("file must name a CSV file".to_owned()),
            Self::Trace { .. } => Ok(()),
        }
    }

    /// Makes the process. `trace` holds the arrival times of [`Arrivals::Trace`] in nanoseconds from the workload's begin,
    /// rising; other kinds ignore it. An impossible process (see [`Arrivals::check`]) has no arrivals.
    pub fn compile(&self, trace: Option<Arc<[u64]>>) -> ArrivalProcess {
        let shape = if self.check().is_ok() {
            self.shape(trace)
        } else {
            Shape::Poisson(Poisson { per_ns: 0.0 })
        };
        ArrivalProcess {
            shape,
            factor: 1.0,
            begin_ns: None,
        }
    }

    fn shape(&self, trace: Option<Arc<[u64]>>) -> Shape {
        match self {
            Self::Poisson(rate) => Shape::Poisson(Poisson {
                per_ns: per_ns(*rate),
            }),
            Self::Constant(rate) => Shape::Constant(Constant::new(rate.gap_ns())),
            Self::Bursts {
                on,
                off,
                rate,
                rate_off,
            } => Shape::Bursts(Bursts::new(
                (off.compile(), per_ns(*rate_off)),
                (on.compile(), per_ns(*rate)),
            )),
            Self::Ramp { from, to, over } => Shape::Ramp(Ramp {
                from: per_ns(*from),
                to: per_ns(*to),
                over_ns: over.ns(),
            }),
            Self::Diurnal {
                mean,
                amplitude,
                period,
                peak_at,
            } => Shape::Diurnal(Diurnal {
                mean: per_ns(*mean),
                amplitude: amplitude.p(),
                period_ns: period.ns(),
                peak_ns: peak_at.map_or(period.ns() / 2, Duration::ns) % period.ns(),
            }),
            Self::ClosedLoop { clients, think } => Shape::ClosedLoop {
                clients: *clients,
                think: think.compile(),
            },
            Self::Trace { .. } => Shape::Trace(Trace::new(trace.unwrap_or_default())),
        }
    }
}

fn possible(name: &str, rate: Rate) -> Result<(), String> {
    if rate.per_s() <= RATE_MAX_PER_S {
        Ok(())
    } else {
        Err(format!("{name} ({rate}) is more than one per nanosecond"))
    }
}

fn per_ns(rate: Rate) -> f64 {
    rate.per_s() / 1e9
}

/// An arrival process at work. A clone continues as the original would.
#[derive(Clone, Debug)]
pub struct ArrivalProcess {
    shape: Shape,
    factor: f64,
    begin_ns: Option<u64>,
}

/// Rates are per nanosecond, before the factor.
#[derive(Clone, Debug)]
enum Shape {
    Poisson(Poisson),
    Constant(Constant),
    Bursts(Bursts),
    Ramp(Ramp),
    Diurnal(Diurnal),
    ClosedLoop { clients: u32, think: Sampler },
    Trace(Trace),
}

impl ArrivalProcess {
    /// The delay from `now_ns` to the next arrival, in nanoseconds; `None` when there is none any more (or, in a closed
    /// loop, when arrivals follow from answers: see [`ArrivalProcess::closed`]). To be called once when the workload
    /// begins and then at each arrival.
    pub fn next(&mut self, now_ns: u64, stream: &mut Stream) -> Option<u64> {
        let begin_ns = *self.begin_ns.get_or_insert(now_ns);
        let factor = self.factor;
        match &mut self.shape {
            Shape::Poisson(poisson) => poisson.next(factor, stream),
            Shape::Constant(constant) => constant.next(factor),
            Shape::Bursts(bursts) => bursts.next(now_ns, factor, stream),
            Shape::Ramp(ramp) => ramp.next(now_ns.saturating_sub(begin_ns), factor, stream),
            Shape::Diurnal(diurnal) => diurnal.next(now_ns, factor, stream),
            Shape::ClosedLoop { .. } => None,
            Shape::Trace(trace) => trace.next(now_ns, begin_ns, factor),
        }
    }

    /// In a closed loop the number of clients and how long one thinks between an answer and its next request.
    pub fn closed(&self) -> Option<(u32, &Sampler)> {
        match &self.shape {
            Shape::ClosedLoop { clients, think } => Some((*clients, think)),
            _ => None,
        }
    }

    /// Multiplies the scenario's rate from the next arrival on; 1 is the scenario's own, what is no factor (negative,
    /// infinite, not a number) counts as 0. Each arrival of a trace comes so many times. A closed loop has no rate to change.
    pub fn set_factor(&mut self, factor: f64) {
        self.factor = if factor.is_finite() && factor > 0.0 {
            factor
        } else {
            0.0
        };
    }

    /// Multiplies the scenario's rate from this moment on, while the next arrival is under way: it was to come at `due_ns`
    /// (`None`: there was to be none). Returns the delay after which it comes instead.
    ///
    /// Nothing is drawn anew. Of what was drawn for the gap, the part that is left is spent at the new rate: with arrivals at an
    /// even or a Poisson rate, what is left of the gap becomes so many times shorter or longer; where the rate changes by
    /// itself, the same expected number of arrivals lies in it as before. (A Poisson process of any rate is one of rate 1 in
    /// another time; Cinlar, "Introduction to Stochastic Processes", 1975, chapter 4.7.) Only where a lower rate leads past
    /// all bursts that were drawn, the next one is drawn as ever. Of a trace, what would have come before now and was left
    /// out stays out.
    pub fn change_factor(
        &mut self,
        factor: f64,
        now_ns: u64,
        due_ns: Option<u64>,
        stream: &mut Stream,
    ) -> Option<u64> {
        let old = self.factor;
        self.set_factor(factor);
        let begin_ns = self.begin_ns.unwrap_or(now_ns);
        if let Shape::Trace(trace) = &mut self.shape {
            return trace.change(now_ns, begin_ns, due_ns, self.factor);
        }
        let due_ns = due_ns?;
        let slower = old / self.factor;
        match &mut self.shape {
            Shape::Poisson(_) | Shape::Constant(_) => {
                whole(due_ns.saturating_sub(now_ns) as f64 * slower)
            }
            Shape::Bursts(bursts) => bursts.change(now_ns, due_ns, (old, self.factor), stream),
            Shape::Ramp(ramp) => {
                let elapsed_ns = now_ns.saturating_sub(begin_ns);
                let left = ramp.expected(elapsed_ns, due_ns.saturating_sub(begin_ns));
                ramp.after(elapsed_ns, left * slower)
            }
            Shape::Diurnal(diurnal) => {
                diurnal.after(now_ns, diurnal.expected(now_ns, due_ns) * slower)
            }
            Shape::ClosedLoop { .. } | Shape::Trace(_) => None,
        }
    }

    /// The expected arrivals per second at `now_ns`, for display; averaged over both phases of bursts. `None` for a closed
    /// loop and a trace, whose rate is a result.
    pub fn rate_at(&self, now_ns: u64) -> Option<f64> {
        let per_ns = match &self.shape {
            Shape::Poisson(poisson) => poisson.per_ns,
            Shape::Constant(constant) => 1.0 / constant.gap_ns,
            Shape::Bursts(bursts) => bursts.mean(),
            Shape::Ramp(ramp) => ramp.at(now_ns.saturating_sub(self.begin_ns.unwrap_or(0))),
            Shape::Diurnal(diurnal) => diurnal.at(now_ns),
            Shape::ClosedLoop { .. } | Shape::Trace(_) => return None,
        };
        Some(per_ns * self.factor * 1e9)
    }
}

/// Whole nanoseconds, down; `None` beyond the end of time.
fn floor(ns: f64) -> Option<u64> {
    (ns < u64::MAX as f64).then_some(ns as u64)
}

/// Whole nanoseconds, nearest; `None` beyond the end of time.
fn whole(ns: f64) -> Option<u64> {
    floor(ns + 0.5)
}
