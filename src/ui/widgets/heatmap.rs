//! Latency over time: darker where more messages took that long.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{Heatmap, MarkKind, TimelineMark};

use super::{mark_role, mark_sign};

/// Columns before the graph: a label of five and the axis.
const INDENT: u16 = 7;

/// From a mark on the axis up to what happened then.
const THEN: char = '┊';

/// Draws the pane's inside; marks stand on the axis of time, and above those of what broke stands a line where nothing else is.
pub fn draw(pen: &mut Pen<'_>, map: &Heatmap, marks: &[TimelineMark]) {
    let (width, height) = (pen.width(), pen.height());
    if width < INDENT + 4 || height < 3 {
        return;
    }
    let columns = usize::from(width - INDENT - 1);
    let rows = usize::from(height - 2);
    // What failed stands above the slowest.
    let failed_row = usize::from(rows > 1 && map.columns.iter().any(|c| c.failed > 0));
    let grid = Grid::of(map, columns, rows - failed_row);
    if grid.max == 0 && failed_row == 0 {
        pen.text(1, 0, "nothing has arrived yet", Role::Dim);
        return;
    }
    if failed_row > 0 {
        draw_failed(pen, &grid);
    }
    for y in 0..grid.rows {
        let from_top = grid.rows - 1 - y;
        let label = text::span(grid.low_ns[y]);
        let row = (rows - grid.rows + from_top) as u16;
        pen.text(0, row, &text::right(&label, 5), Role::Dim);
        pen.sign(INDENT - 1, row, '│', Role::Dim);
        for x in 0..grid.columns {
            let shade = shade(grid.counts[x][y], grid.max);
            if shade > 0 {
                pen.sign(INDENT + x as u16, row, glyphs::SHADES[shade], Role::Series);
            }
        }
    }
    draw_lines(pen, &grid, rows, marks);
    axis(pen, &grid, rows as u16, columns as u16, marks);
}

/// Leads the eye from what broke to what became of latency. What is there is not covered.
fn draw_lines(pen: &mut Pen<'_>, grid: &Grid, rows: usize, marks: &[TimelineMark]) {
    let broke = |kind| matches!(kind, MarkKind::Fault | MarkKind::Cut | MarkKind::Finding);
    for mark in marks.iter().filter(|mark| broke(mark.kind)) {
        let Some(x) = grid.place(mark.at_ns) else {
            continue;
        };
        let x = INDENT + x as u16;
        for y in (rows - grid.rows) as u16..rows as u16 {
            if pen.at(x, y) == " " {
                pen.sign(x, y, THEN, Role::Dim);
            }
        }
    }
}

/// The share of each column that failed.
fn draw_failed(pen: &mut Pen<'_>, grid: &Grid) {
    pen.text(0, 0, &text::right("failed", 6), Role::Dim);
    pen.sign(INDENT - 1, 0, '│', Role::Dim);
    for (x, &(failed, all)) in grid.failed.iter().enumerate() {
        let shade = failed_shade(failed, all);
        if shade > 0 {
            pen.sign(INDENT + x as u16, 0, glyphs::SHADES[shade], Role::Bad);
        }
    }
}

/// From 0 (none failed) to 4 (nearly all).
fn failed_shade(failed: u64, all: u64) -> usize {
    match failed * 100 / all.max(1) {
        _ if failed == 0 => 0,
        0..10 => 1,
        10..50 => 2,
        50..90 => 3,
        _ => 4,
    }
}

fn axis(pen: &mut Pen<'_>, grid: &Grid, y: u16, columns: u16, marks: &[TimelineMark]) {
    pen.sign(INDENT - 1, y, '└', Role::Dim);
    pen.row(INDENT, INDENT + columns, y, '─', Role::Dim);
    let mut sorted: Vec<&TimelineMark> = marks.iter().collect();
    sorted.sort_by_key(|m| m.kind);
    for mark in sorted {
        if let Some(x) = grid.place(mark.at_ns).filter(|&x| x < usize::from(columns)) {
            pen.sign(
                INDENT + x as u16,
                y,
                mark_sign(mark.kind),
                mark_role(mark.kind),
            );
        }
    }
    let mut free = INDENT;
    let step = 12;
    for x in (0..columns).step_by(step) {
        let ns = grid
            .from_ns
            .saturating_add(grid.column_ns.saturating_mul(u64::from(x)));
        if grid.column_ns == 0 || usize::from(x) >= grid.columns.max(1) {
            break;
        }
        let label = text::age(ns);
        let w = text::width(&label) as u16;
        if INDENT + x >= free && x + w <= columns {
            pen.text(INDENT + x, y + 1, &label, Role::Dim);
            free = INDENT + x + w + 1;
        }
    }
}

/// The map brought to the cells there are.
struct Grid {
    columns: usize,
    rows: usize,
    from_ns: u64,
    column_ns: u64,
    low_ns: Vec<u64>,
    counts: Vec<Vec<u64>>,
    max: u64,
    /// How many failed in each column, and how many ended in all.
    failed: Vec<(u64, u64)>,
}

impl Grid {
    /// Adds neighbouring columns and rows together until they fit; no count is lost.
    fn of(map: &Heatmap, columns: usize, rows: usize) -> Self {
        let wide = map.columns.len().div_ceil(columns.max(1)).max(1);
        let (first, last) = filled_rows(map);
        let kept = (last + 1).saturating_sub(first);
        let tall = kept.div_ceil(rows.max(1)).max(1);
        let rows = kept.div_ceil(tall);
        let counts: Vec<Vec<u64>> = map
            .columns
            .chunks(wide)
            .map(|chunk| {
                let mut sums = vec![0; rows];
                for column in chunk {
                    let cells = column.counts.iter().skip(first).take(kept);
                    cells.enumerate().for_each(|(i, c)| sums[i / tall] += c);
                }
                sums
            })
            .collect();
        let failed = map.columns.chunks(wide).map(|chunk| {
            let failed: u64 = chunk.iter().map(|c| c.failed).sum();
            let good: u64 = chunk.iter().flat_map(|c| &c.counts).sum();
            (failed, failed + good)
        });
        let failed = failed.collect();
        let low_ns = (0..rows)
            .map(|r| map.row_low_ns.get(first + r * tall).copied().unwrap_or(0))
            .collect();
        Self {
            columns: counts.len(),
            rows,
            from_ns: map.columns.first().map_or(0, |c| c.from_ns),
            column_ns: map.column_ns.saturating_mul(wide as u64),
            low_ns,
            max: counts.iter().flatten().copied().max().unwrap_or(0),
            counts,
            failed,
        }
    }

    fn place(&self, at_ns: u64) -> Option<usize> {
        let since = at_ns.checked_sub(self.from_ns)?;
        let x = since.checked_div(self.column_ns)? as usize;
        (x < self.columns).then_some(x)
    }
}

/// The first and the last row that hold anything, with one empty row around where there is one.
fn filled_rows(map: &Heatmap) -> (usize, usize) {
    let rows = map.row_low_ns.len();
    let filled = |r: &usize| {
        map.columns
            .iter()
            .any(|c| c.counts.get(*r).is_some_and(|&n| n > 0))
    };
    let first = (0..rows).find(filled).unwrap_or(0);
    let last = (0..rows)
        .rev()
        .find(filled)
        .unwrap_or(rows.saturating_sub(1));
    (first, last)
}

/// From 0 (nothing) to 4 (the most), by the logarithm: a few slow messages among many fast ones must show.
fn shade(count: u64, max: u64) -> usize {
    if count == 0 || max == 0 {
        return 0;
    }
    let share = libm::log2(1.0 + count as f64) / libm::log2(1.0 + max as f64);
    ((share * 4.0).ceil() as usize).clamp(1, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;
    use crate::ui::view::HeatColumn;
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::layout::Rect;

    fn map(columns: usize, rows: usize) -> Heatmap {
        Heatmap {
            row_low_ns: (0..rows as u64).map(|r| 1_000_000 << r).collect(),
            column_ns: 100_000_000,
            columns: (0..columns as u64)
                .map(|x| HeatColumn {
                    from_ns: x * 100_000_000,
                    counts: (0..rows as u64).map(|r| x + r).collect(),
                    failed: x % 3,
                })
                .collect(),
        }
    }

    #[test]
    fn no_count_is_lost_when_it_is_made_to_fit() {
        let map = map(97, 13);
        let sum: u64 = map.columns.iter().flat_map(|c| &c.counts).sum();
        for (columns, rows) in [(1, 1), (7, 3), (96, 12), (97, 13), (200, 60)] {
            let grid = Grid::of(&map, columns, rows);
            assert!(grid.columns <= columns && grid.rows <= rows);
            assert_eq!(grid.counts.iter().flatten().sum::<u64>(), sum);
            let failed: u64 = grid.failed.iter().map(|f| f.0).sum();
            assert_eq!(failed, map.columns.iter().map(|c| c.failed).sum::<u64>());
        }
    }

    #[test]
    fn one_slow_message_among_thousands_shows() {
        assert_eq!(shade(0, 10_000), 0);
        assert_eq!(shade(1, 10_000), 1);
        assert_eq!(shade(10_000, 10_000), 4);
    }

    #[test]
    fn one_failure_among_thousands_shows_and_half_is_not_all() {
        assert_eq!(failed_shade(0, 10_000), 0);
        assert_eq!(failed_shade(1, 10_000), 1);
        assert_eq!(failed_shade(30, 60), 3);
        assert_eq!(failed_shade(60, 60), 4);
    }

    #[test]
    fn a_mark_stands_in_its_column() {
        let grid = Grid::of(&map(50, 4), 25, 4);
        assert_eq!(grid.place(0), Some(0));
        assert_eq!(grid.place(400_000_000), Some(2));
        assert_eq!(grid.place(5_000_000_000), None);
    }

    #[test]
    fn a_line_leads_up_from_what_broke_and_covers_nothing() {
        use ratatui::buffer::Buffer;
        use ratatui::layout::Rect;
        let mut map = map(50, 8);
        // At one moment nothing arrived.
        map.columns[20].counts = vec![0; 8];
        let mark = |column: u64, kind| TimelineMark {
            at_ns: column * map.column_ns,
            kind,
            ..TimelineMark::default()
        };
        let marks = [
            mark(20, MarkKind::Fault),
            mark(30, MarkKind::Fault),
            mark(0, MarkKind::Leader),
        ];
        let draw = |marks: &[TimelineMark]| {
            let area = Rect::new(0, 0, 60, 12);
            let mut buffer = Buffer::empty(area);
            let mut pen = Pen::new(&mut buffer, area, crate::ui::style::Look::default());
            super::draw(&mut pen, &map, marks);
            buffer
        };
        let (without, with) = (draw(&[]), draw(&marks));
        let column = |buffer: &Buffer, x: u16| -> Vec<String> {
            let cells = (2..10).map(|y| buffer[(INDENT + x, y)].symbol().to_owned());
            cells.collect()
        };
        assert!(
            column(&with, 20).iter().all(|s| s == "┊"),
            "{:?}",
            column(&with, 20)
        );
        assert_eq!(
            column(&with, 30),
            column(&without, 30),
            "there is something"
        );
        assert_eq!(column(&with, 0), column(&without, 0), "nothing broke then");
    }

    #[test]
    fn where_nothing_has_arrived_there_is_no_axis_without_a_scale() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 12));
        let area = buffer.area;
        draw(
            &mut Pen::new(&mut buffer, area, Look::default()),
            &Heatmap::default(),
            &[],
        );
        let text: String = buffer.content.iter().map(Cell::symbol).collect();
        assert_eq!(text.trim(), "nothing has arrived yet");
    }
}
