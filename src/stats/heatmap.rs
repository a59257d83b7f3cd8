//! Latency over time, in bounded memory: when the columns are used up, each two become one.

use crate::sim::history::History;

/// So many columns there are.
pub const COLUMNS: usize = 240;
/// Rows: two to each doubling of the latency, from 1 ns to over an hour.
pub const ROWS: usize = 84;
/// How much time a column covers at first, ns.
const FIRST_WIDTH_NS: u64 = 50 * crate::sim::MS;

/// What failed has no latency, and is counted behind the rows.
const FAILED: usize = ROWS;

/// Counts by time of delivery and by latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heatmap {
    width_ns: u64,
    /// Time goes on, so it is the last that is added to.
    columns: History<[u32; ROWS + 1], 4>,
}

impl Default for Heatmap {
    fn default() -> Self {
        Self {
            width_ns: FIRST_WIDTH_NS,
            columns: History::default(),
        }
    }
}

/// The row of a latency.
fn row(ns: u64) -> usize {
    let ns = ns.max(1);
    let octave = ns.ilog2() as usize;
    // The second half of an octave begins at its middle.
    let half = octave > 0 && ns >> (octave - 1) & 1 == 1;
    (2 * octave + usize::from(half)).min(ROWS - 1)
}

impl Heatmap {
    #[inline]
    pub(super) fn record(&mut self, at: u64, ns: u64) {
        self.add(at, row(ns));
    }

    /// Something failed, and so took no time that means anything.
    #[inline]
    pub(super) fn fail(&mut self, at: u64) {
        self.add(at, FAILED);
    }

    #[inline]
    fn add(&mut self, at: u64, row: usize) {
        let mut column = (at / self.width_ns) as usize;
        while column >= COLUMNS {
            self.halve();
            column = (at / self.width_ns) as usize;
        }
        while self.columns.len() <= column {
            self.columns.push_back([0; ROWS + 1]);
        }
        if let Some(column) = self.columns.get_mut(column) {
            let cell = &mut column[row];
            *cell = cell.saturating_add(1);
        }
    }

    #[cold]
    fn halve(&mut self) {
        self.width_ns *= 2;
        let mut halved: Vec<[u32; ROWS + 1]> = Vec::with_capacity(COLUMNS / 2);
        for (at, column) in self.columns.iter().enumerate() {
            match halved.get_mut(at / 2) {
                Some(into) => {
                    let cells = into.iter_mut().zip(column);
                    cells.for_each(|(into, count)| *into = into.saturating_add(*count));
                }
                None => halved.push(*column),
            }
        }
        self.columns = halved.into_iter().collect();
    }

    /// How many columns hold something.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// How much time a column covers, ns. The first begins at 0.
    pub fn width_ns(&self) -> u64 {
        self.width_ns
    }

    /// What ended well in a column with a latency of a row.
    pub fn count(&self, column: usize, row: usize) -> u32 {
        let column = self.columns.get(column);
        let cells = column.map(|c| &c[..ROWS]);
        cells.and_then(|c| c.get(row)).copied().unwrap_or(0)
    }

    /// What failed in the columns of a time, ns (its end does not belong). What a column holds counts where it begins.
    pub fn failed_between(&self, time: std::ops::Range<u64>) -> u64 {
        let first = time.start.div_ceil(self.width_ns) as usize;
        let behind = time.end.div_ceil(self.width_ns) as usize;
        let columns = self.columns.range(first);
        let columns = columns.take(behind.saturating_sub(first));
        columns.map(|c| u64::from(c[FAILED])).sum()
    }

    /// The smallest latency of a row, ns.
    pub fn row_from_ns(row: usize) -> u64 {
        let octave = 1_u64 << (row / 2).min(63);
        octave + if row % 2 == 1 { octave / 2 } else { 0 }
    }

    /// Messages delivered between two moments with a latency between two bounds (ns; the ends do not belong). What a cell
    /// holds counts where the cell begins.
    pub fn between(&self, time: std::ops::Range<u64>, latency: std::ops::Range<u64>) -> u64 {
        let first = time.start.div_ceil(self.width_ns) as usize;
        let behind = time.end.div_ceil(self.width_ns) as usize;
        let mut sum = 0;
        for column in first..behind.min(self.columns()) {
            for row in 0..ROWS {
                if latency.contains(&Self::row_from_ns(row)) {
                    sum += u64::from(self.count(column, row));
                }
            }
        }
        sum
    }
}
