//! The distribution of latencies on a logarithmic axis, with its percentiles.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{Bin, Latency};

/// Draws the pane's inside: percentiles, columns as there is room for, an axis.
pub fn draw(pen: &mut Pen<'_>, latency: &Latency, log_counts: bool) {
    if latency.count == 0 {
        let x = pen.text(1, 0, "nothing has arrived yet", Role::Dim) + 2;
        if latency.failed > 0 {
            pen.text(x, 0, &failed(latency), Role::Bad);
        }
        return;
    }
    if pen.height() <= 3 && pen.width() >= 56 {
        return draw_flat(pen, latency, log_counts);
    }
    percentiles(pen, latency, pen.width());
    let rows = pen.height().saturating_sub(3);
    if rows == 0 {
        return;
    }
    let indent = 7;
    let width = pen.width().saturating_sub(indent + 1);
    if width < 8 {
        return;
    }
    let axis = Axis::around(&latency.bins);
    let columns = axis.columns(&latency.bins, usize::from(width));
    let max = columns.iter().copied().fold(0.0, f64::max);
    let label = text::right(
        &text::short_count(max.ceil() as u64),
        usize::from(indent) - 1,
    );
    pen.text(0, 1, &label, Role::Dim);
    for y in 0..rows.saturating_sub(1) {
        pen.sign(indent - 1, 2 + y, '│', Role::Dim);
    }
    pen.sign(indent - 1, 1, '┤', Role::Dim);
    for (x, &count) in columns.iter().enumerate() {
        let eighths = height(count, max, usize::from(rows) * 8, log_counts);
        column(pen, indent + x as u16, 1, rows, eighths);
    }
    let zero = text::right("0", usize::from(indent) - 1);
    pen.text(0, 1 + rows, &zero, Role::Dim);
    axis.draw(pen, indent, 1 + rows, width);
}

/// Three lines: percentiles on the left, the distribution on the right.
fn draw_flat(pen: &mut Pen<'_>, latency: &Latency, log_counts: bool) {
    let width = pen.width();
    let graph = (width / 2).min(width.saturating_sub(34));
    let from = width - graph;
    percentiles(pen, latency, from.saturating_sub(1));
    let axis = Axis::around(&latency.bins);
    let columns = axis.columns(&latency.bins, usize::from(graph));
    let max = columns.iter().copied().fold(0.0, f64::max);
    let rows = pen.height().saturating_sub(1).max(1);
    for (x, &count) in columns.iter().enumerate() {
        let eighths = height(count, max, usize::from(rows.min(2)) * 8, log_counts);
        column(pen, from + x as u16, 0, rows.min(2), eighths);
    }
    if pen.height() >= 2 {
        let y = pen.height() - 1;
        axis.labels(pen, from, y, graph);
    }
}

/// The percentiles in at most two lines of `width`; those that find no room are left out from the middle of the list
/// only after all names were tried, and the count says so.
fn percentiles(pen: &mut Pen<'_>, latency: &Latency, width: u16) {
    let mut parts: Vec<(String, Role)> = Vec::new();
    for p in &latency.percentiles {
        parts.push((format!("{} {}", p.name, text::span(p.ns)), Role::Strong));
    }
    if latency.failed > 0 {
        parts.push((failed(latency), Role::Bad));
    }
    parts.push((format!("max {}", text::span(latency.max_ns)), Role::Strong));
    parts.push((format!("n {}", text::count(latency.count)), Role::Dim));
    let (mut x, mut y) = (1, 0);
    let lines = if pen.height() <= 3 {
        pen.height().min(2)
    } else {
        1
    };
    for (part, role) in parts {
        let w = text::width(&part) as u16;
        if x + w > width && y + 1 < lines {
            (x, y) = (1, y + 1);
        }
        if x + w <= width {
            x = pen.text(x, y, &part, role) + 2;
        }
    }
}

/// What has no latency because it ended badly.
fn failed(latency: &Latency) -> String {
    let all = latency.failed + latency.count;
    let percent = (latency.failed as f64 * 100.0 / all as f64).round();
    let percent = match percent as u64 {
        0 => "<1".to_owned(),
        100 if latency.count > 0 => ">99".to_owned(),
        percent => percent.to_string(),
    };
    format!("failed {percent}%")
}

/// A column of `rows` cells from row `top`, filled from below.
fn column(pen: &mut Pen<'_>, x: u16, top: u16, rows: u16, eighths: usize) {
    for row in 0..rows {
        let below = usize::from(rows - 1 - row) * 8;
        let level = eighths.saturating_sub(below).min(8);
        if level > 0 {
            pen.sign(x, top + row, glyphs::EIGHTHS[level], Role::Series);
        }
    }
}

/// How many eighths of cells a count fills where the largest fills `full`. What is not 0 fills at least one.
fn height(count: f64, max: f64, full: usize, log_counts: bool) -> usize {
    if count <= 0.0 || max <= 0.0 {
        return 0;
    }
    let share = if log_counts {
        libm::log2(1.0 + count) / libm::log2(1.0 + max)
    } else {
        count / max
    };
    ((share * full as f64) as usize).clamp(1, full)
}

/// A logarithmic axis over whole decades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    low_ns: u64,
    decades: u32,
}

impl Axis {
    /// The decades that hold all bins, at least two.
    pub fn around(bins: &[Bin]) -> Self {
        let filled = || bins.iter().filter(|b| b.count > 0);
        let low = filled().map(|b| b.low_ns).min().unwrap_or(1_000_000);
        let high = filled().map(|b| b.high_ns).max().unwrap_or(1_000_000_000);
        let mut low_ns = 1_000;
        while low_ns <= low / 10 {
            low_ns *= 10;
        }
        let mut decades = 1;
        while decades < 16 && (low_ns as f64) * libm::pow(10.0, f64::from(decades)) < high as f64 {
            decades += 1;
        }
        Self {
            low_ns,
            decades: decades.max(2),
        }
    }

    /// The counts of the bins in `width` columns. Within a bin counts are taken to lie evenly (by ratio), so that a bin
    /// wider than a column gives no gaps; the sum stays.
    pub fn columns(self, bins: &[Bin], width: usize) -> Vec<f64> {
        let mut columns = vec![0.0; width];
        if width == 0 {
            return columns;
        }
        for bin in bins.iter().filter(|b| b.count > 0) {
            let from = self.place(bin.low_ns, width);
            let to = self.place(bin.high_ns, width).max(from + 1e-9);
            let per_column = bin.count as f64 / (to - from);
            let mut x = from as usize;
            while x < width && (x as f64) < to {
                let overlap = to.min(x as f64 + 1.0) - from.max(x as f64);
                columns[x] += per_column * overlap.max(0.0);
                x += 1;
            }
        }
        columns
    }

    /// Where a value lies, in columns from the left.
    fn place(self, ns: u64, width: usize) -> f64 {
        let share = libm::log10(ns.max(1) as f64 / self.low_ns as f64) / f64::from(self.decades);
        (share * width as f64).clamp(0.0, width as f64 - 1e-6)
    }

    /// The line with ticks, and the labels below it.
    fn draw(self, pen: &mut Pen<'_>, x: u16, y: u16, width: u16) {
        pen.row(x, x + width, y, '─', Role::Dim);
        pen.sign(x - 1, y, '┼', Role::Dim);
        for decade in 1..self.decades {
            let at = u32::from(width) * decade / self.decades;
            pen.sign(x + at as u16, y, '┬', Role::Dim);
        }
        self.labels(pen, x, y + 1, width);
    }

    fn labels(self, pen: &mut Pen<'_>, x: u16, y: u16, width: u16) {
        let end = x + width;
        let mut free = x;
        for decade in 0..=self.decades {
            let ns = self.low_ns.saturating_mul(10u64.saturating_pow(decade));
            let label = text::span(ns);
            let w = text::width(&label) as u16;
            let tick = x + (u32::from(width) * decade / self.decades) as u16;
            let at = if decade == 0 {
                tick
            } else {
                tick.saturating_sub(w / 2).min(end.saturating_sub(w))
            };
            if at >= free && at + w <= end {
                pen.text(at, y, &label, Role::Dim);
                free = at + w + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(low_ms: u64, high_ms: u64, count: u64) -> Bin {
        Bin {
            low_ns: low_ms * 1_000_000,
            high_ns: high_ms * 1_000_000,
            count,
        }
    }

    #[test]
    fn an_axis_has_whole_decades() {
        let axis = Axis::around(&[bin(2, 3, 1), bin(4000, 5100, 1)]);
        assert_eq!((axis.low_ns, axis.decades), (1_000_000, 4));
    }

    #[test]
    fn columns_keep_every_count() {
        let bins: Vec<Bin> = (1..5000).map(|ms| bin(ms, ms + 1, ms % 7)).collect();
        let sum: u64 = bins.iter().map(|b| b.count).sum();
        for width in 1..200 {
            let columns = Axis::around(&bins).columns(&bins, width);
            assert_eq!(columns.len(), width);
            let drawn: f64 = columns.iter().sum();
            assert!((drawn - sum as f64).abs() < 1e-6 * sum as f64);
        }
    }

    #[test]
    fn a_value_stands_at_its_decade() {
        let axis = Axis::around(&[bin(1, 9999, 1)]);
        let columns = axis.columns(&[bin(100, 101, 5)], 40);
        let seen = columns.iter().position(|&c| c > 0.0);
        assert_eq!(seen, Some(20), "100 ms is half way from 1 ms to 10 s");
    }

    #[test]
    fn anything_but_nothing_shows() {
        assert_eq!(height(0.0, 1000.0, 40, false), 0);
        assert_eq!(height(1.0, 1000.0, 40, false), 1);
        assert_eq!(height(1000.0, 1000.0, 40, false), 40);
        assert_eq!(height(500.0, 1000.0, 40, false), 20);
        assert!(height(10.0, 1000.0, 40, true) > height(10.0, 1000.0, 40, false));
    }
}
