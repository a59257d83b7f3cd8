//! Arrivals that are evenly spaced.

use super::floor;

#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) gap_ns: f64,
    carry_ns: f64,
}

impl Constant {
    pub(super) fn new(gap_ns: f64) -> Self {
        Self {
            gap_ns,
            carry_ns: 0.0,
        }
    }

    pub(super) fn next(&mut self, factor: f64) -> Option<u64> {
        // What rounding cuts off is carried on, so that the mean gap is exact.
        let exact = self.gap_ns / factor + self.carry_ns;
        let delay = floor(exact)?;
        self.carry_ns = exact - delay as f64;
        Some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Arrivals;
    use super::super::tests::{SECOND, per_s, times};

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
}
