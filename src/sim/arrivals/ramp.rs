//! Arrivals whose rate goes in a straight line to another.

use super::super::stream::Stream;
use super::whole;

#[derive(Clone, Debug)]
pub(super) struct Ramp {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) over_ns: u64,
}

impl Ramp {
    pub(super) fn at(&self, elapsed_ns: u64) -> f64 {
        if elapsed_ns >= self.over_ns {
            return self.to;
        }
        self.from + (self.to - self.from) * (elapsed_ns as f64 / self.over_ns as f64)
    }

    /// By inversion of the expected number of arrivals, which a ramp allows (a trapezoid): one draw, nothing rejected.
    pub(super) fn next(&self, elapsed_ns: u64, factor: f64, stream: &mut Stream) -> Option<u64> {
        self.after(elapsed_ns, stream.exp1() / factor)
    }

    /// How long it takes until so many arrivals are expected.
    pub(super) fn after(&self, elapsed_ns: u64, mut arrivals: f64) -> Option<u64> {
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

    /// How many arrivals are expected between two moments.
    pub(super) fn expected(&self, from_ns: u64, until_ns: u64) -> f64 {
        let bend_ns = self.over_ns.clamp(from_ns, until_ns.max(from_ns));
        let on_the_way = 0.5 * (self.at(from_ns) + self.at(bend_ns)) * (bend_ns - from_ns) as f64;
        on_the_way + self.to * until_ns.saturating_sub(bend_ns) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::units::{Duration, Rate};
    use super::super::Arrivals;
    use super::super::tests::{SECOND, assert_poisson, count, per_s, stream, times};

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
}
