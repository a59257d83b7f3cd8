//! Arrival processes: when the next request of a workload comes.
//!
//! [`Arrivals`] is what the scenario says; [`Arrivals::compile`] makes the [`ArrivalProcess`], a small value that a
//! workload keeps and asks for the delay to its next arrival. When a workload begins, ends and how much it sends in all
//! is the workload's own affair.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dist::{Dist, Sampler};
use super::stream::Stream;
use super::units::{Chance, Duration, Rate};

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

/// Fewer expected arrivals per cycle of a burst process than this, and the search for the next would not end in time.
const ARRIVALS_PER_CYCLE_MIN: f64 = 1e-4;

/// After so many phases without an arrival there is none any more. With [`ARRIVALS_PER_CYCLE_MIN`] the chance to get here
/// is below e⁻⁵⁰.
const EMPTY_PHASES_MAX: u32 = 1 << 20;

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
            } => check_bursts(on, off, *rate, *rate_off),
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
            Shape::Poisson { per_ns: 0.0 }
        };
        ArrivalProcess {
            shape,
            factor: 1.0,
            begin_ns: None,
        }
    }

    fn shape(&self, trace: Option<Arc<[u64]>>) -> Shape {
        match self {
            Self::Poisson(rate) => Shape::Poisson {
                per_ns: per_ns(*rate),
            },
            Self::Constant(rate) => Shape::Constant {
                gap_ns: rate.gap_ns(),
                carry_ns: 0.0,
            },
            Self::Bursts {
                on,
                off,
                rate,
                rate_off,
            } => Shape::Bursts(Bursts {
                phases: [
                    (off.compile(), per_ns(*rate_off)),
                    (on.compile(), per_ns(*rate)),
                ],
                on: false,
                until_ns: None,
            }),
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
            } => {
                let peak_ns = peak_at.map_or(period.ns() / 2, Duration::ns) % period.ns();
                Shape::Diurnal(Diurnal {
                    mean: per_ns(*mean),
                    amplitude: amplitude.p(),
                    period_ns: period.ns(),
                    peak_ns,
                })
            }
            Self::ClosedLoop { clients, think } => Shape::ClosedLoop {
                clients: *clients,
                think: think.compile(),
            },
            Self::Trace { .. } => Shape::Trace {
                times_ns: trace.unwrap_or_default(),
                next: 0,
            },
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

fn check_bursts(on: &Dist, off: &Dist, rate: Rate, rate_off: Rate) -> Result<(), String> {
    for (name, dist) in [("on", on), ("off", off)] {
        dist.check().map_err(|why| format!("{name}: {why}"))?;
        if dist.support_ns().1 == 0 {
            return Err(format!("{name} must last longer than 0"));
        }
    }
    possible("rate", rate)?;
    possible("rate_off", rate_off)?;
    if rate.is_zero() && rate_off.is_zero() {
        return Err("rate must be above 0".to_owned());
    }
    // Zero times an infinite mean says nothing either way, and is let pass.
    let arrivals = on.mean_ns() * per_ns(rate) + off.mean_ns() * per_ns(rate_off);
    if arrivals < ARRIVALS_PER_CYCLE_MIN {
        return Err(format!(
            "so few arrivals (on average {arrivals:e} in one on and off) are no bursts"
        ));
    }
    Ok(())
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
    Poisson { per_ns: f64 },
    Constant { gap_ns: f64, carry_ns: f64 },
    Bursts(Bursts),
    Ramp(Ramp),
    Diurnal(Diurnal),
    ClosedLoop { clients: u32, think: Sampler },
    Trace { times_ns: Arc<[u64]>, next: usize },
}

impl ArrivalProcess {
    /// The delay from `now_ns` to the next arrival, in nanoseconds; `None` when there is none any more (or, in a closed
    /// loop, when arrivals follow from answers: see [`ArrivalProcess::closed`]). To be called once when the workload
    /// begins and then at each arrival.
    pub fn next(&mut self, now_ns: u64, stream: &mut Stream) -> Option<u64> {
        let begin_ns = *self.begin_ns.get_or_insert(now_ns);
        let factor = self.factor;
        match &mut self.shape {
            Shape::Poisson { per_ns } => whole(stream.exp1() / (*per_ns * factor)),
            Shape::Constant { gap_ns, carry_ns } => {
                // What rounding cuts off is carried on, so that the mean gap is exact.
                let exact = *gap_ns / factor + *carry_ns;
                let delay = floor(exact)?;
                *carry_ns = exact - delay as f64;
                Some(delay)
            }
            Shape::Bursts(bursts) => bursts.next(now_ns, factor, stream),
            Shape::Ramp(ramp) => ramp.next(now_ns.saturating_sub(begin_ns), factor, stream),
            Shape::Diurnal(diurnal) => diurnal.next(now_ns, factor, stream),
            Shape::ClosedLoop { .. } => None,
            Shape::Trace { times_ns, next } => {
                let time_ns = begin_ns.checked_add(*times_ns.get(*next)?)?;
                *next += 1;
                Some(time_ns.saturating_sub(now_ns))
            }
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
    /// infinite, not a number) counts as 0. A closed loop and a trace have no rate to change.
    pub fn set_factor(&mut self, factor: f64) {
        self.factor = if factor.is_finite() && factor > 0.0 {
            factor
        } else {
            0.0
        };
    }

    /// The expected arrivals per second at `now_ns`, for display; averaged over both phases of bursts. `None` for a closed
    /// loop and a trace, whose rate is a result.
    pub fn rate_at(&self, now_ns: u64) -> Option<f64> {
        let per_ns = match &self.shape {
            Shape::Poisson { per_ns } => *per_ns,
            Shape::Constant { gap_ns, .. } => 1.0 / gap_ns,
            Shape::Bursts(bursts) => bursts.mean(),
            Shape::Ramp(ramp) => ramp.at(now_ns.saturating_sub(self.begin_ns.unwrap_or(0))),
            Shape::Diurnal(diurnal) => diurnal.at(now_ns),
            Shape::ClosedLoop { .. } | Shape::Trace { .. } => return None,
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

/// Two phases with a rate each: off (0) and on (1).
#[derive(Clone, Debug)]
struct Bursts {
    phases: [(Sampler, f64); 2],
    on: bool,
    /// When the phase ends; `None` before the first.
    until_ns: Option<u64>,
}

impl Bursts {
    fn next(&mut self, now_ns: u64, factor: f64, stream: &mut Stream) -> Option<u64> {
        let mut at_ns = now_ns;
        for _ in 0..EMPTY_PHASES_MAX {
            let until_ns = match self.until_ns {
                Some(until_ns) if at_ns < until_ns => until_ns,
                ended => {
                    self.on = !self.on;
                    let until_ns = ended
                        .unwrap_or(now_ns)
                        .saturating_add(self.phase().0.sample(stream));
                    self.until_ns = Some(until_ns);
                    until_ns
                }
            };
            let per_ns = self.phase().1 * factor;
            if per_ns > 0.0 && at_ns < until_ns {
                // Without memory: what does not fall into this phase is drawn anew in the next.
                match whole(stream.exp1() / per_ns) {
                    Some(delay_ns) if delay_ns < until_ns - at_ns => {
                        return Some(at_ns - now_ns + delay_ns);
                    }
                    _ => {}
                }
            }
            if until_ns == u64::MAX {
                return None;
            }
            at_ns = at_ns.max(until_ns);
        }
        None
    }

    fn phase(&self) -> &(Sampler, f64) {
        &self.phases[usize::from(self.on)]
    }

    fn mean(&self) -> f64 {
        let [(off, rate_off), (on, rate)] = &self.phases;
        match (off.mean_ns(), on.mean_ns()) {
            (_, on) if on.is_infinite() => *rate,
            (off, _) if off.is_infinite() => *rate_off,
            (off, on) => (rate_off * off + rate * on) / (off + on),
        }
    }
}

#[derive(Clone, Debug)]
struct Ramp {
    from: f64,
    to: f64,
    over_ns: u64,
}

impl Ramp {
    fn at(&self, elapsed_ns: u64) -> f64 {
        if elapsed_ns >= self.over_ns {
            return self.to;
        }
        self.from + (self.to - self.from) * (elapsed_ns as f64 / self.over_ns as f64)
    }

    /// By inversion of the expected number of arrivals, which a ramp allows (a trapezoid): one draw, nothing rejected.
    fn next(&self, elapsed_ns: u64, factor: f64, stream: &mut Stream) -> Option<u64> {
        let mut arrivals = stream.exp1() / factor;
        let mut wait_ns = 0.0;
        if elapsed_ns < self.over_ns {
            let rate = self.at(elapsed_ns);
            let left_ns = (self.over_ns - elapsed_ns) as f64;
            let expected = 0.5 * (rate + self.to) * left_ns;
            if arrivals < expected {
                // rate·t + slope·t²/2 = arrivals, solved in the form that loses no digits when the slope is small.
                let slope = (self.to - rate) / left_ns;
                let root = libm::sqrt((rate * rate + 2.0 * slope * arrivals).max(0.0));
                return whole((2.0 * arrivals / (rate + root)).min(left_ns));
            }
            arrivals -= expected;
            wait_ns = left_ns;
        }
        whole(wait_ns + arrivals / self.to)
    }
}

#[derive(Clone, Debug)]
struct Diurnal {
    mean: f64,
    amplitude: f64,
    period_ns: u64,
    peak_ns: u64,
}

impl Diurnal {
    fn at(&self, now_ns: u64) -> f64 {
        // The remainders are taken in integers: a float would lose the phase after some periods.
        let since_peak = (now_ns % self.period_ns) as f64 - self.peak_ns as f64;
        let angle = 2.0 * std::f64::consts::PI * since_peak / self.period_ns as f64;
        self.mean * (1.0 + self.amplitude * libm::cos(angle))
    }

    /// By thinning (P. A. W. Lewis and G. S. Shedler, 1979): candidates at the peak's rate, kept in proportion.
    fn next(&self, now_ns: u64, factor: f64, stream: &mut Stream) -> Option<u64> {
        let peak = self.mean * (1.0 + self.amplitude);
        let mut at_ns = now_ns;
        loop {
            at_ns = at_ns.checked_add(whole(stream.exp1() / (peak * factor))?)?;
            if stream.unit() * peak < self.at(at_ns) {
                return Some(at_ns - now_ns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn stream() -> Stream {
        Stream::named(11, "arrivals", "test")
    }

    /// All arrival times before `end_ns`, of a workload that begins at `begin_ns`.
    fn times(arrivals: &Arrivals, begin_ns: u64, end_ns: u64) -> Vec<u64> {
        arrivals.check().unwrap();
        let (mut process, mut stream, mut now_ns) = (arrivals.compile(None), stream(), begin_ns);
        let mut times = Vec::new();
        while let Some(delay_ns) = process.next(now_ns, &mut stream) {
            now_ns += delay_ns;
            if now_ns >= end_ns {
                break;
            }
            times.push(now_ns);
        }
        times
    }

    fn count(times: &[u64], from_ns: u64, to_ns: u64) -> f64 {
        times
            .iter()
            .filter(|time| (from_ns..to_ns).contains(time))
            .count() as f64
    }

    /// Poisson counts lie within four standard deviations of what is expected.
    #[track_caller]
    fn assert_poisson(count: f64, expected: f64) {
        assert!(
            (count - expected).abs() < 4.0 * expected.sqrt(),
            "{count} for {expected}"
        );
    }

    fn per_s(rate: f64) -> Rate {
        Rate::from_per_s(rate)
    }

    #[test]
    fn poisson_counts_have_equal_mean_and_variance() {
        let times = times(&Arrivals::Poisson(per_s(50.0)), 0, 2_000 * SECOND);
        assert_poisson(times.len() as f64, 100_000.0);
        let counts: Vec<f64> = (0..2_000)
            .map(|s| count(&times[..], s * SECOND, (s + 1) * SECOND))
            .collect();
        let mean = counts.iter().sum::<f64>() / 2_000.0;
        let variance = counts.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 1_999.0;
        // The index of dispersion has standard deviation √(2 / 1999) = 0.0316.
        assert!(
            (variance / mean - 1.0).abs() < 4.0 * 0.0316,
            "{}",
            variance / mean
        );
    }

    #[test]
    fn constant_arrivals_do_not_drift() {
        // A third of a second is no whole number of nanoseconds.
        let times = times(&Arrivals::Constant(per_s(3.0)), 0, 100_000 * SECOND + 2);
        assert_eq!(times.len(), 300_000);
        assert!(
            times
                .windows(2)
                .all(|pair| (333_333_333..=333_333_334).contains(&(pair[1] - pair[0])))
        );
        assert!(times[299_999].abs_diff(100_000 * SECOND) <= 1);
    }

    #[test]
    fn bursts_keep_to_their_phases() {
        let bursts = Arrivals::Bursts {
            on: Duration::from_secs(1).into(),
            off: Duration::from_secs(9).into(),
            rate: per_s(1_000.0),
            rate_off: Rate::ZERO,
        };
        let begin = 7 * SECOND;
        let times = times(&bursts, begin, begin + 1_000 * SECOND);
        assert_poisson(times.len() as f64, 100_000.0);
        assert!(
            times
                .iter()
                .all(|time| (time - begin) % (10 * SECOND) <= SECOND)
        );
        assert!((bursts.compile(None).rate_at(0).unwrap() - 100.0).abs() < 1e-9);
        // The first burst begins with the workload.
        assert_poisson(count(&times, begin, begin + SECOND), 1_000.0);
    }

    #[test]
    fn random_bursts_have_their_mean_rate_and_more_variance_than_poisson() {
        let exponential = |seconds| Dist::Exponential {
            mean: Duration::from_secs(seconds),
        };
        let bursts = Arrivals::Bursts {
            on: exponential(1),
            off: exponential(3),
            rate: per_s(100.0),
            rate_off: per_s(20.0),
        };
        let times = times(&bursts, 0, 40_000 * SECOND);
        // 40/s on average. Of 10 000 cycles, the number of arrivals of one has mean 160 and, from the exponential phases
        // alone, variance 100² + 60² + 160; in a fixed time the on share varies: σ² of the count over T is
        // 40 T + 80² · 2 p(1-p) τ T with p = 1/4 and τ = 1 / (1 + 1/3) s.
        let expected = 1_600_000.0;
        let sigma = (40.0 * 40_000.0 + 6_400.0 * 2.0 * 0.1875 * 0.75 * 40_000.0_f64).sqrt();
        assert!(
            (times.len() as f64 - expected).abs() < 4.0 * sigma,
            "{} ± {sigma}",
            times.len()
        );
    }

    #[test]
    fn ramps_follow_the_line() {
        let ramp = Arrivals::Ramp {
            from: per_s(100.0),
            to: per_s(1_000.0),
            over: Duration::from_secs(100),
        };
        let times = times(&ramp, 5 * SECOND, 305 * SECOND);
        let between = |from: u64, to: u64| count(&times, (5 + from) * SECOND, (5 + to) * SECOND);
        assert_poisson(between(0, 50), 50.0 * (100.0 + 550.0) / 2.0);
        assert_poisson(between(50, 100), 50.0 * (550.0 + 1_000.0) / 2.0);
        assert_poisson(between(100, 300), 200.0 * 1_000.0);
        let mut process = ramp.compile(None);
        process.next(5 * SECOND, &mut stream());
        assert!((process.rate_at(55 * SECOND).unwrap() - 550.0).abs() < 1e-9);
    }

    #[test]
    fn a_ramp_to_zero_ends() {
        let ramp = Arrivals::Ramp {
            from: per_s(2_000.0),
            to: Rate::ZERO,
            over: Duration::from_secs(10),
        };
        let times = times(&ramp, 0, u64::MAX);
        assert_poisson(times.len() as f64, 10_000.0);
        assert_poisson(count(&times, 0, 5 * SECOND), 7_500.0);
        assert!(times.last() < Some(&(10 * SECOND + 1)));
    }

    #[test]
    fn diurnal_rates_peak_where_they_should() {
        let period = 240;
        let diurnal = |peak_at| Arrivals::Diurnal {
            mean: per_s(500.0),
            amplitude: Chance::from_p(0.8),
            period: Duration::from_secs(period),
            peak_at,
        };
        let noon = diurnal(None);
        let times_noon = times(&noon, 0, period * SECOND);
        // ∫ (1 + 0.8 cos) over the quarter around the peak, and over that around the trough, which is split.
        let swing = 0.8 * 2.0 * (std::f64::consts::PI / 4.0).sin() / (2.0 * std::f64::consts::PI);
        let total = 500.0 * period as f64;
        assert_poisson(times_noon.len() as f64, total);
        assert_poisson(
            count(&times_noon, 90 * SECOND, 150 * SECOND),
            total * (0.25 + swing),
        );
        let trough =
            count(&times_noon, 0, 30 * SECOND) + count(&times_noon, 210 * SECOND, 240 * SECOND);
        assert_poisson(trough, total * (0.25 - swing));
        let process = diurnal(Some(Duration::from_secs(10))).compile(None);
        for second in [10, 250] {
            assert!((process.rate_at(second * SECOND).unwrap() - 900.0).abs() < 1e-6);
        }
        assert!((process.rate_at(130 * SECOND).unwrap() - 100.0).abs() < 1e-6);
    }

    #[test]
    fn a_trace_gives_its_own_times() {
        let trace: Arc<[u64]> = vec![0, 5, 5, 90].into();
        let mut process = Arrivals::Trace {
            file: "orders.csv".to_owned(),
        }
        .compile(Some(trace));
        let mut stream = stream();
        assert_eq!(process.next(1_000, &mut stream), Some(0));
        assert_eq!(process.next(1_000, &mut stream), Some(5));
        assert_eq!(process.next(1_005, &mut stream), Some(0));
        assert_eq!(process.next(1_005, &mut stream), Some(85));
        assert_eq!(process.next(1_090, &mut stream), None);
        assert_eq!(process.rate_at(0), None);
    }

    #[test]
    fn a_closed_loop_tells_its_clients() {
        let think = Dist::Exponential {
            mean: Duration::from_ms(5),
        };
        let mut process = Arrivals::ClosedLoop { clients: 7, think }.compile(None);
        assert_eq!(process.next(0, &mut stream()), None);
        let (clients, think) = process.closed().unwrap();
        assert_eq!((clients, think.mean_ns()), (7, 5e6));
    }

    #[test]
    fn a_factor_changes_the_rate() {
        let mut process = Arrivals::Constant(per_s(100.0)).compile(None);
        process.set_factor(4.0);
        assert_eq!(process.next(0, &mut stream()), Some(2_500_000));
        assert_eq!(process.rate_at(0), Some(400.0));
        for no_factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            process.set_factor(no_factor);
            assert_eq!(process.next(0, &mut stream()), None);
        }
    }

    #[test]
    fn impossible_processes_are_named() {
        let error = |arrivals: Arrivals| {
            assert_eq!(arrivals.compile(None).next(0, &mut stream()), None);
            arrivals.check().unwrap_err()
        };
        assert_eq!(
            error(Arrivals::Poisson(per_s(2e9))),
            "the rate (2000000000/s) is more than one per nanosecond"
        );
        let second = || Dist::from(Duration::from_secs(1));
        let bursts = |on, off, rate| Arrivals::Bursts {
            on,
            off,
            rate,
            rate_off: Rate::ZERO,
        };
        assert_eq!(
            error(bursts(Dist::ZERO, second(), per_s(1.0))),
            "on must last longer than 0"
        );
        assert_eq!(
            error(bursts(second(), second(), Rate::ZERO)),
            "rate must be above 0"
        );
        assert!(error(bursts(second(), second(), per_s(1e-6))).contains("are no bursts"));
        let erlang = Dist::Erlang {
            k: 0,
            mean: Duration::ZERO,
        };
        assert_eq!(
            error(bursts(second(), erlang, per_s(1.0))),
            "off: k must be from 1 to 1000, not 0"
        );
        assert_eq!(
            error(Arrivals::ClosedLoop {
                clients: 0,
                think: Dist::ZERO
            }),
            "clients must be at least 1"
        );
        let diurnal = Arrivals::Diurnal {
            mean: per_s(1.0),
            amplitude: Chance::ALWAYS,
            period: Duration::ZERO,
            peak_at: None,
        };
        assert_eq!(error(diurnal), "period must be above 0");
    }

    /// Guards recordings against a change of the draws, as its sister in `dist` does.
    #[test]
    fn first_draws_never_change() {
        let draws = |arrivals: Arrivals| {
            let all = times(&arrivals, 0, 1_000 * SECOND);
            (
                all[..4].to_vec(),
                all.iter().fold(0, |sum: u64, time| sum.wrapping_add(*time)),
            )
        };
        let (period, peak_at) = (Duration::from_secs(60), None);
        let exponential = |seconds| Dist::Exponential {
            mean: Duration::from_secs(seconds),
        };
        let (on, off, rate, rate_off) = (exponential(2), exponential(5), per_s(100.0), per_s(3.0));
        assert_eq!(
            draws(Arrivals::Poisson(per_s(100.0))),
            (
                vec![799_156, 2_225_824, 6_250_340, 28_304_275],
                49_997_004_837_906_052
            )
        );
        assert_eq!(
            draws(Arrivals::Bursts {
                on,
                off,
                rate,
                rate_off
            }),
            (
                vec![1_426_668, 5_451_184, 27_505_119, 27_951_063],
                16_775_904_542_587_747
            )
        );
        assert_eq!(
            draws(Arrivals::Ramp {
                from: rate_off,
                to: rate,
                over: period
            }),
            (
                vec![26_450_020, 72_767_383, 197_802_420, 779_680_210],
                49_940_596_117_593_945
            )
        );
        let amplitude = Chance::from_p(0.9);
        assert_eq!(
            draws(Arrivals::Diurnal {
                mean: rate,
                amplitude,
                period,
                peak_at
            }),
            (
                vec![147_002_634, 418_268_460, 702_643_288, 739_645_406],
                50_786_395_175_814_293
            )
        );
    }

    #[test]
    fn the_written_form() {
        let read = |json: &str| serde_json::from_str::<Arrivals>(json).unwrap();
        assert_eq!(
            read("{\"Poisson\": \"2000/s\"}"),
            Arrivals::Poisson(per_s(2_000.0))
        );
        let bursts = Arrivals::Bursts {
            on: Duration::from_secs(2).into(),
            off: Dist::Exponential {
                mean: Duration::from_secs(8),
            },
            rate: per_s(500.0),
            rate_off: Rate::ZERO,
        };
        let json =
            r#"{"Bursts": {"on": "2s", "off": {"Exponential": {"mean": "8s"}}, "rate": "500/s"}}"#;
        assert_eq!(read(json), bursts);
    }

    fn any_arrivals() -> impl Strategy<Value = Arrivals> {
        let rate =
            || prop_oneof![Just(0.0), 1e-12_f64..1e-3, 0.1_f64..1e9].prop_map(Rate::from_per_s);
        let duration =
            || (any::<u64>(), 0_u32..64).prop_map(|(ns, shift)| Duration::from_ns(ns >> shift));
        let dist = || duration().prop_map(Dist::from);
        prop_oneof![
            rate().prop_map(Arrivals::Poisson),
            rate().prop_map(Arrivals::Constant),
            (dist(), dist(), rate(), rate()).prop_map(|(on, off, rate, rate_off)| {
                Arrivals::Bursts {
                    on,
                    off,
                    rate,
                    rate_off,
                }
            }),
            (rate(), rate(), duration()).prop_map(|(from, to, over)| Arrivals::Ramp {
                from,
                to,
                over
            }),
            (
                rate(),
                0.0_f64..0.99,
                duration(),
                prop::option::of(duration())
            )
                .prop_map(|(mean, amplitude, period, peak_at)| Arrivals::Diurnal {
                    mean,
                    amplitude: Chance::from_p(amplitude),
                    period,
                    peak_at
                }),
        ]
    }

    proptest! {
        #[test]
        fn no_process_panics(arrivals in any_arrivals(), begin_ns in any::<u64>(), shift in 0_u32..64) {
            let (mut process, mut stream, mut now_ns) = (arrivals.compile(None), stream(), begin_ns >> shift);
            for _ in 0..20 {
                let _ = process.rate_at(now_ns);
                match process.next(now_ns, &mut stream) {
                    Some(delay_ns) => now_ns = now_ns.saturating_add(delay_ns),
                    None => break,
                }
            }
        }
    }
}
