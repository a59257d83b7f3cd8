//! How long messages took.

use std::cell::OnceCell;

use hdrhistogram::Histogram;

use crate::sim::ledger::Hop;

/// The longest time that is told apart, ns: an hour. Longer ones count as that (but [`Latency::max_ns`] is exact).
const HIGHEST_NS: u64 = 3_600 * crate::sim::SECOND;

/// Significant decimal digits of a time.
const DIGITS: u8 = 3;

/// So many bits of a time are told apart: 1024 steps between a power of two and the next are three digits.
const STEP_BITS: u32 = 10;

/// A distribution of times with three digits, from 1 ns to an hour.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    /// How many times lie in each cell. The cells are those of the histogram, which is made of them when somebody asks: a
    /// value costs some instructions here, and there are several for each message.
    cells: Vec<u32>,
    count: u64,
    sum: u128,
    max: u64,
    histogram: OnceCell<Box<Histogram<u64>>>,
}

/// Which cell a time lies in.
#[inline]
fn cell(ns: u64) -> usize {
    let shift = (ns | 1).ilog2().saturating_sub(STEP_BITS);
    ((u64::from(shift) << STEP_BITS) + (ns >> shift)) as usize
}

/// The least time of a cell, ns.
fn least(cell: usize) -> u64 {
    let shift = (cell as u64 >> STEP_BITS).saturating_sub(1);
    (cell as u64 - (shift << STEP_BITS)) << shift
}

impl Latency {
    /// `count` messages took `ns`.
    #[inline]
    pub(super) fn record(&mut self, ns: u64, count: u32) {
        self.sum += u128::from(ns) * u128::from(count);
        self.max = self.max.max(ns);
        self.count += u64::from(count);
        if self.histogram.get().is_some() {
            self.histogram = OnceCell::new();
        }
        let at = cell(ns.min(HIGHEST_NS));
        match self.cells.get_mut(at) {
            Some(cell) => *cell = cell.saturating_add(count),
            None => self.grow(at, count),
        }
    }

    #[cold]
    fn grow(&mut self, at: usize, count: u32) {
        // Whole powers of two, so that it happens seldom.
        self.cells.resize((at | ((1 << STEP_BITS) - 1)) + 1, 0);
        self.cells[at] = count;
    }

    fn histogram(&self) -> Option<&Histogram<u64>> {
        if self.count == 0 {
            return None;
        }
        Some(self.histogram.get_or_init(|| Box::new(self.to_histogram())))
    }

    fn to_histogram(&self) -> Histogram<u64> {
        let Ok(mut histogram) = Histogram::new_with_bounds(1, HIGHEST_NS, DIGITS) else {
            unreachable!("the bounds are in order");
        };
        for (at, count) in self
            .cells
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
        {
            histogram.saturating_record_n(least(at), u64::from(*count));
        }
        histogram
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean, ns, exact; `None` of none.
    pub fn mean_ns(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum as f64 / count as f64)
    }

    /// The longest, ns, exact; `None` of none.
    pub fn max_ns(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.max)
    }

    /// The time that a share of them (0 to 1) did not exceed, ns, with three digits; `None` of none.
    pub fn quantile_ns(&self, share: f64) -> Option<u64> {
        Some(self.histogram()?.value_at_quantile(share).min(self.max))
    }

    /// How many took at least `from` and less than `to` ns.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        match self.histogram() {
            Some(h) if from < to => h.count_between(from, to - 1),
            _ => 0,
        }
    }

    /// Counts in `buckets` steps of equal factor from `from_ns` to `to_ns`; what lies outside is in the first or last.
    pub fn log_buckets(&self, from_ns: u64, to_ns: u64, buckets: usize) -> Vec<u64> {
        let mut counts = vec![0; buckets];
        let Some(histogram) = self.histogram() else {
            return counts;
        };
        if buckets == 0 || from_ns == 0 || to_ns <= from_ns {
            return counts;
        }
        let scale = buckets as f64 / libm::log(to_ns as f64 / from_ns as f64);
        for value in histogram.iter_recorded() {
            let ns = value.value_iterated_to().max(1) as f64;
            let place = libm::floor(libm::log(ns / from_ns as f64) * scale);
            let place = (place.max(0.0) as usize).min(buckets - 1);
            counts[place] += value.count_since_last_iteration();
        }
        counts
    }
}

/// The distributions of a run.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    /// From the application that makes a message until a group ended with it for the first time.
    pub end_to_end: Latency,
    hops: [Latency; Hop::ALL.len()],
}

impl Latencies {
    /// `count` messages took so long for a stretch of their way, each for the first time.
    #[inline]
    pub fn took(&mut self, hop: Hop, ns: u64, count: u32) {
        self.hops[hop as usize].record(ns, count);
    }

    /// One stretch of the way.
    pub fn of(&self, hop: Hop) -> &Latency {
        &self.hops[hop as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_are_those_of_the_histogram() {
        let bounds = Histogram::<u64>::new_with_bounds(1, HIGHEST_NS, DIGITS).unwrap();
        let mut ns = 1;
        while ns < HIGHEST_NS {
            for ns in [ns - 1, ns, ns + 1, ns + ns / 3] {
                let least = least(cell(ns));
                assert_eq!(least, bounds.lowest_equivalent(ns), "of {ns}");
                assert_eq!(cell(least), cell(ns));
                assert_ne!(cell(bounds.next_non_equivalent(ns)), cell(ns), "after {ns}");
            }
            ns = ns * 9 / 8 + 1;
        }
    }

    #[test]
    fn what_comes_after_a_question_counts_too() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile_ns(0.5), None);
        latency.record(10, 1);
        assert_eq!(latency.quantile_ns(1.0), Some(10));
        latency.record(2 * HIGHEST_NS, 3);
        assert_eq!(
            latency.quantile_ns(0.5),
            Some(HIGHEST_NS | 0x7fff_ffff).map(|h| h.min(2 * HIGHEST_NS))
        );
        assert_eq!(
            (latency.count(), latency.max_ns()),
            (4, Some(2 * HIGHEST_NS))
        );
        assert_eq!(latency.between(0, 11), 1);
    }
}
