//! Arrivals in bursts.

use super::super::dist::{Dist, Sampler};
use super::super::stream::Stream;
use super::super::units::Rate;
use super::{per_ns, possible, whole};

/// Fewer expected arrivals per cycle of a burst process than this, and the search for the next would not end in time.
const ARRIVALS_PER_CYCLE_MIN: f64 = 1e-4;

/// After so many phases without an arrival there is none any more. With [`ARRIVALS_PER_CYCLE_MIN`] the chance to get here
/// is below e⁻⁵⁰.
const EMPTY_PHASES_MAX: u32 = 1 << 20;

/// Two phases with a rate each: off (0) and on (1).
#[derive(Clone, Debug)]
pub(super) struct Bursts {
    phases: [(Sampler, f64); 2],
    on: bool,
    /// When the phase ends; `None` before the first.
    until_ns: Option<u64>,
    /// The phases from the one in which the next arrival was asked for to the one that it falls into: when each ends, and
    /// whether it is on.
    crossed: Vec<(u64, bool)>,
}

impl Bursts {
    /// Each phase is how long it lasts and the rate in it.
    pub(super) fn new(off: (Sampler, f64), on: (Sampler, f64)) -> Self {
        Self {
            phases: [off, on],
            on: false,
            until_ns: None,
            crossed: Vec::new(),
        }
    }

    pub(super) fn next(&mut self, now_ns: u64, factor: f64, stream: &mut Stream) -> Option<u64> {
        self.crossed.clear();
        self.crossed
            .extend(self.until_ns.map(|until_ns| (until_ns, self.on)));
        self.search(now_ns, factor, stream)
    }

    /// The next arrival, in the phase that lasts or in one that begins after it.
    fn search(&mut self, now_ns: u64, factor: f64, stream: &mut Stream) -> Option<u64> {
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
                    self.crossed.push((until_ns, self.on));
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

    /// The factor changes while the next arrival is under way: see
    /// [`ArrivalProcess::change_factor`](super::ArrivalProcess::change_factor). Phases that were drawn and are not reached any
    /// more before it are drawn anew.
    pub(super) fn change(
        &mut self,
        now_ns: u64,
        due_ns: u64,
        (old, new): (f64, f64),
        stream: &mut Stream,
    ) -> Option<u64> {
        let mut left = self.expected(now_ns, due_ns) * old / new;
        let mut at_ns = now_ns;
        self.crossed.retain(|&(until_ns, _)| until_ns > now_ns);
        for at in 0..self.crossed.len() {
            let (until_ns, on) = self.crossed[at];
            let per_ns = self.phases[usize::from(on)].1;
            let here = per_ns * (until_ns - at_ns) as f64;
            if here > left {
                self.crossed.truncate(at + 1);
                (self.on, self.until_ns) = (on, Some(until_ns));
                return Some(at_ns - now_ns + whole(left / per_ns)?);
            }
            left -= here;
            at_ns = until_ns;
        }
        let delay_ns = self.search(at_ns, new, stream)?;
        (at_ns - now_ns).checked_add(delay_ns)
    }

    /// How many arrivals are expected between two moments, in phases that were drawn.
    fn expected(&self, from_ns: u64, until_ns: u64) -> f64 {
        let mut at_ns = from_ns;
        let mut expected = 0.0;
        for &(end_ns, on) in &self.crossed {
            let end_ns = end_ns.clamp(at_ns, until_ns.max(at_ns));
            expected += self.phases[usize::from(on)].1 * (end_ns - at_ns) as f64;
            at_ns = end_ns;
        }
        expected
    }

    fn phase(&self) -> &(Sampler, f64) {
        &self.phases[usize::from(self.on)]
    }

    pub(super) fn mean(&self) -> f64 {
        let [(off, rate_off), (on, rate)] = &self.phases;
        match (off.mean_ns(), on.mean_ns()) {
            (_, on) if on.is_infinite() => *rate,
            (off, _) if off.is_infinite() => *rate_off,
            (off, on) => (rate_off * off + rate * on) / (off + on),
        }
    }
}

/// Whether such bursts exist.
pub(super) fn check(on: &Dist, off: &Dist, rate: Rate, rate_off: Rate) -> Result<(), String> {
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

#[cfg(test)]
mod tests {
    use super::super::super::units::Duration;
    use super::super::Arrivals;
    use super::super::tests::{SECOND, assert_poisson, count, per_s, times};
    use super::*;

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
}
