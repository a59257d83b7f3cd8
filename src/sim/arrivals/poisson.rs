//! Arrivals at random, independent of each other.

use super::super::stream::Stream;
use super::whole;

#[derive(Clone, Debug)]
pub(super) struct Poisson {
    pub(super) per_ns: f64,
}

impl Poisson {
    pub(super) fn next(&self, factor: f64, stream: &mut Stream) -> Option<u64> {
        whole(stream.exp1() / (self.per_ns * factor))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Arrivals;
    use super::super::tests::{SECOND, assert_poisson, count, per_s, times};

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
}
