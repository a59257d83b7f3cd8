//! Arrivals whose rate follows the time of day.

use super::super::stream::Stream;
use super::whole;

#[derive(Clone, Debug)]
pub(super) struct Diurnal {
    pub(super) mean: f64,
    pub(super) amplitude: f64,
    pub(super) period_ns: u64,
    pub(super) peak_ns: u64,
}

impl Diurnal {
    pub(super) fn at(&self, now_ns: u64) -> f64 {
        self.mean * (1.0 + self.amplitude * libm::cos(self.angle(now_ns)))
    }

    fn angle(&self, now_ns: u64) -> f64 {
        // The remainders are taken in integers: a float would lose the phase after some periods.
        let since_peak = (now_ns % self.period_ns) as f64 - self.peak_ns as f64;
        2.0 * std::f64::consts::PI * since_peak / self.period_ns as f64
    }

    /// By thinning (P. A. W. Lewis and G. S. Shedler, 1979): candidates at the peak's rate, kept in proportion.
    pub(super) fn next(&self, now_ns: u64, factor: f64, stream: &mut Stream) -> Option<u64> {
        let peak = self.mean * (1.0 + self.amplitude);
        let mut at_ns = now_ns;
        loop {
            at_ns = at_ns.checked_add(whole(stream.exp1() / (peak * factor))?)?;
            if stream.unit() * peak < self.at(at_ns) {
                return Some(at_ns - now_ns);
            }
        }
    }

    /// How many arrivals are expected between two moments: the integral of the cosine.
    pub(super) fn expected(&self, from_ns: u64, until_ns: u64) -> f64 {
        let swing = libm::sin(self.angle(until_ns)) - libm::sin(self.angle(from_ns));
        let radian_ns = self.period_ns as f64 / (2.0 * std::f64::consts::PI);
        let flat_ns = until_ns.saturating_sub(from_ns) as f64;
        self.mean * (flat_ns + self.amplitude * radian_ns * swing)
    }

    /// How long it takes until so many arrivals are expected, found by halving: the integral has no inverse in closed form.
    pub(super) fn after(&self, now_ns: u64, arrivals: f64) -> Option<u64> {
        // In a whole period as many are expected as at the mean rate.
        let most_ns = whole(arrivals / self.mean + self.period_ns as f64)?;
        let (mut low_ns, mut high_ns) = (0, most_ns);
        while low_ns < high_ns {
            let middle_ns = low_ns + (high_ns - low_ns) / 2;
            if self.expected(now_ns, now_ns.checked_add(middle_ns)?) < arrivals {
                low_ns = middle_ns + 1;
            } else {
                high_ns = middle_ns;
            }
        }
        Some(low_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::units::{Chance, Duration};
    use super::super::Arrivals;
    use super::super::tests::{SECOND, assert_poisson, count, per_s, times};

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
}
