//! How long messages took.

use hdrhistogram::Histogram;

use crate::sim::ledger::Hop;

/// The longest time that is told apart, ns: an hour. Longer ones count as that (but [`Latency::max_ns`] is exact).
const HIGHEST_NS: u64 = 3_600 * crate::sim::SECOND;

/// A distribution of times with three digits, from 1 ns to an hour.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    // A histogram takes 132 KiB, so it is made with the first value. A place counts to four billion, and no further.
    histogram: Option<Box<Histogram<u32>>>,
    sum: u128,
    max: u64,
}

impl Latency {
    /// `count` messages took `ns`.
    #[inline]
    pub(super) fn record(&mut self, ns: u64, count: u32) {
        self.sum += u128::from(ns) * u128::from(count);
        self.max = self.max.max(ns);
        if self.histogram.is_none() {
            self.histogram = Histogram::new_with_bounds(1, HIGHEST_NS, 3)
                .ok()
                .map(Box::new);
        }
        if let Some(histogram) = &mut self.histogram {
            histogram.saturating_record_n(ns, count);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, |h| h.len())
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
        let histogram = self.histogram.as_ref().filter(|h| !h.is_empty())?;
        Some(histogram.value_at_quantile(share).min(self.max))
    }

    /// How many took at least `from` and less than `to` ns.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        match &self.histogram {
            Some(h) if from < to => h.count_between(from, to - 1),
            _ => 0,
        }
    }

    /// Counts in `buckets` steps of equal factor from `from_ns` to `to_ns`; what lies outside is in the first or last.
    pub fn log_buckets(&self, from_ns: u64, to_ns: u64, buckets: usize) -> Vec<u64> {
        let mut counts = vec![0; buckets];
        let Some(histogram) = &self.histogram else {
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
    /// What is not in `hops` yet.
    new: Vec<(Hop, u32, u64)>,
}

impl Latencies {
    /// `count` messages took so long for a stretch of their way, each for the first time. It counts after
    /// [`Latencies::settle`].
    #[inline]
    pub fn took(&mut self, hop: Hop, ns: u64, count: u32) {
        self.new.push((hop, count, ns));
    }

    /// Counts what is new. A histogram is large and its places are far apart: one after the other, nobody waits for the
    /// memory of each.
    pub fn settle(&mut self) {
        for &(hop, count, ns) in &self.new {
            self.hops[hop as usize].record(ns, count);
        }
        self.new.clear();
    }

    /// One stretch of the way.
    pub fn of(&self, hop: Hop) -> &Latency {
        &self.hops[hop as usize]
    }
}
