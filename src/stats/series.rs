//! The recent past of a number, for sparklines.

use crate::sim::history::History;

/// Length of an interval, ns.
pub const INTERVAL_NS: u64 = 100 * crate::sim::MS;

/// So many intervals are kept: a minute.
pub(super) const KEPT: usize = 600;

/// One number for each of the last intervals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    values: History<u32>,
    total: u64,
}

impl Series {
    /// Adds the number of the interval that ended.
    pub(super) fn push(&mut self, value: u64) {
        if self.values.len() == KEPT {
            self.values.pop_front();
        }
        self.values
            .push_back(u32::try_from(value).unwrap_or(u32::MAX));
    }

    /// Adds by how much a counter grew since the last interval.
    pub(super) fn push_since(&mut self, counter: u64) {
        let grown = counter.saturating_sub(self.total);
        self.total = counter;
        self.push(grown);
    }

    /// The numbers, oldest first.
    pub fn values(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.values.iter().copied()
    }

    /// The last number.
    pub fn last(&self) -> u32 {
        self.values.back().copied().unwrap_or(0)
    }

    /// Sum of the last `intervals` numbers per second of virtual time.
    pub fn per_s(&self, intervals: usize) -> f64 {
        let count = intervals.min(self.values.len());
        if count == 0 {
            return 0.0;
        }
        let last = self.values.range(self.values.len() - count);
        let sum: u64 = last.map(|v| u64::from(*v)).sum();
        sum as f64 * 1e9 / (count as u64 * INTERVAL_NS) as f64
    }
}
