//! End-to-end latency over time, in bounded memory: when the columns are used up, each two become one.

/// So many columns there are.
pub const COLUMNS: usize = 240;
/// Rows: two to each doubling of the latency, from 1 ns to over an hour.
pub const ROWS: usize = 84;
/// How much time a column covers at first, ns.
const FIRST_WIDTH_NS: u64 = 50 * crate::sim::MS;

/// Counts by time of delivery and by latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heatmap {
    width_ns: u64,
    /// Column by column.
    cells: Vec<u32>,
}

impl Default for Heatmap {
    fn default() -> Self {
        Self {
            width_ns: FIRST_WIDTH_NS,
            cells: Vec::new(),
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
        let mut column = (at / self.width_ns) as usize;
        while column >= COLUMNS {
            self.halve();
            column = (at / self.width_ns) as usize;
        }
        let cell = column * ROWS + row(ns);
        if self.cells.len() <= cell {
            self.cells.resize((column + 1) * ROWS, 0);
        }
        self.cells[cell] = self.cells[cell].saturating_add(1);
    }

    #[cold]
    fn halve(&mut self) {
        self.width_ns *= 2;
        let columns = self.columns();
        for column in 0..columns {
            for row in 0..ROWS {
                let count = std::mem::take(&mut self.cells[column * ROWS + row]);
                let into = &mut self.cells[column / 2 * ROWS + row];
                *into = into.saturating_add(count);
            }
        }
        self.cells.truncate(columns.div_ceil(2) * ROWS);
    }

    /// How many columns hold something.
    pub fn columns(&self) -> usize {
        self.cells.len() / ROWS
    }

    /// How much time a column covers, ns. The first begins at 0.
    pub fn width_ns(&self) -> u64 {
        self.width_ns
    }

    /// Messages delivered in a column with a latency of a row.
    pub fn count(&self, column: usize, row: usize) -> u32 {
        self.cells.get(column * ROWS + row).copied().unwrap_or(0)
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
