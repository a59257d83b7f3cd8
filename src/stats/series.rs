//! The recent past of a number, for sparklines.

use crate::sim::history::{History, Shared};

/// Length of an interval, ns.
pub const INTERVAL_NS: u64 = 100 * crate::sim::MS;

/// So many intervals are kept: a minute.
pub(super) const KEPT: usize = 600;

/// One number for each of the last intervals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// So many intervals at the beginning had nothing, and take no memory.
    nothing: usize,
    values: Shared<History<u32, 32>>,
    total: u64,
}

impl Series {
    /// Adds the number of the interval that ended.
    pub(super) fn push(&mut self, value: u64) {
        let is_full = self.len() == KEPT;
        if value == 0 && self.values.is_empty() {
            self.nothing += usize::from(!is_full);
            return;
        }
        let values = &mut *self.values;
        if is_full && self.nothing == 0 {
            values.pop_front();
        } else if is_full {
            self.nothing -= 1;
        }
        values.push_back(u32::try_from(value).unwrap_or(u32::MAX));
        while values.front() == Some(&0) {
            values.pop_front();
            self.nothing += 1;
        }
    }

    fn len(&self) -> usize {
        self.nothing + self.values.len()
    }

    /// Adds by how much a counter grew since the last interval.
    pub(super) fn push_since(&mut self, counter: u64) {
        let grown = counter.saturating_sub(self.total);
        self.total = counter;
        self.push(grown);
    }

    /// The numbers, oldest first.
    pub fn values(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        let of = |at: usize| at.checked_sub(self.nothing).map_or(0, |at| self.values[at]);
        (0..self.len()).map(of)
    }

    /// The last number.
    pub fn last(&self) -> u32 {
        self.values.back().copied().unwrap_or(0)
    }
}
