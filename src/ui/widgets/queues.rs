//! The table of queues, the totals of the run and the checks.

use crate::ui::glyphs;
use crate::ui::pen::{Pen, scroll};
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{CheckRow, QueueRow, RowKind, Total};

use super::{checks, spark};

/// What the pane shows.
pub struct Queues<'a> {
    /// The rows in the order in which they are shown.
    pub rows: &'a [&'a QueueRow],
    /// Totals of the run.
    pub totals: &'a [Total],
    /// The checks.
    pub checks: &'a [CheckRow],
    /// The selected row.
    pub selected: Option<usize>,
}

/// How the rows of the pane are given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Rows of the table, without its head.
    pub table: u16,
    /// Rows of totals.
    pub totals: u16,
    /// Rows of checks.
    pub checks: u16,
}

impl Queues<'_> {
    /// Gives out `height` rows: first three queues and what is broken, then the other queues, totals and checks. At the end
    /// what came of the scenario's expectations is what matters.
    pub fn shares(&self, width: u16, height: u16) -> Shares {
        let mut left = height.saturating_sub(1);
        let mut take = |wanted: u16| {
            let got = wanted.min(left);
            left -= got;
            got
        };
        let queues = self.rows.len() as u16;
        let all_checks = self.checks.len() as u16;
        let bad = self.checks.iter().filter(|c| checks::is_bad(c)).count();
        let answered = self.checks.iter().filter(|c| c.answer.is_some()).count() as u16;
        let mut table = take(queues.clamp(1, if answered > 0 { 1 } else { 3 }));
        let mut checks = take((bad as u16).min(2).max(answered));
        table += take(queues.min(height * 2 / 5).saturating_sub(table));
        let mut totals = total_rows(self.totals, width);
        if height < totals + all_checks.min(3) + table + 1 {
            totals = 0;
        }
        let totals = take(totals);
        if height >= 10 {
            checks += take(all_checks - checks);
        }
        table += take(queues.saturating_sub(table));
        Shares {
            table,
            totals,
            checks,
        }
    }

    /// Draws the pane's inside.
    pub fn draw(&self, pen: &mut Pen<'_>) {
        let (width, height) = (pen.width(), pen.height());
        let shares = self.shares(width, height);
        let columns = Columns::for_width(width, self.rows);
        columns.head(pen);
        let rows = usize::from(shares.table);
        let first = self.first_shown(rows);
        for (y, row) in self.rows.iter().skip(first).take(rows).enumerate() {
            columns.row(pen, 1 + y as u16, row);
            if self.selected == Some(first + y) {
                pen.restyle_row(1 + y as u16, Role::Selected);
            }
        }
        if self.rows.is_empty() {
            pen.text(1, 1, "no queues", Role::Dim);
        }
        let mut spare = height.saturating_sub(1 + shares.table + shares.totals + shares.checks);
        let mut y = 1 + shares.table;
        for (rows, is_totals) in [(shares.totals, true), (shares.checks, false)] {
            if rows == 0 {
                continue;
            }
            let gap = spare.min(1);
            spare -= gap;
            let mut part = pen.part(0, y + gap, width, rows);
            if is_totals {
                totals(&mut part, self.totals);
            } else {
                checks::draw(&mut part, self.checks);
            }
            y += gap + rows;
        }
    }

    /// The number of the first row that is shown.
    pub fn first_shown(&self, rows: usize) -> usize {
        self.selected
            .map_or(0, |at| scroll(at, self.rows.len(), rows))
    }

    /// Which rows are shown, for the title; empty where all are.
    pub fn remark(&self, width: u16, height: u16) -> String {
        let rows = usize::from(self.shares(width, height).table);
        if rows >= self.rows.len() {
            return String::new();
        }
        let first = self.first_shown(rows);
        format!("{}-{} of {}", first + 1, first + rows, self.rows.len())
    }
}

/// Which columns there is room for.
struct Columns {
    name: usize,
    trend: usize,
    rates: bool,
    oldest: bool,
}

const DEPTH: usize = 7;
const RATE: usize = 6;
const OLDEST: usize = 7;

impl Columns {
    fn for_width(width: u16, rows: &[&QueueRow]) -> Self {
        let longest = rows
            .iter()
            .map(|r| text::width(&full_name(r)))
            .max()
            .unwrap_or(5);
        let mut room = usize::from(width).saturating_sub(2);
        let wanted = longest.clamp(5, 28.min((room * 2 / 5).max(12)));
        let name = wanted.min(room.saturating_sub(DEPTH + 1).max(5));
        room = room.saturating_sub(name + DEPTH + 1);
        let oldest = room >= OLDEST;
        room = room.saturating_sub(if oldest { OLDEST } else { 0 });
        let rates = room >= 2 * (RATE + 1) + 8;
        room = room.saturating_sub(if rates { 2 * (RATE + 1) } else { 0 });
        let trend = if room >= 5 { (room - 1).min(40) } else { 0 };
        Self {
            name,
            trend,
            rates,
            oldest,
        }
    }

    fn head(&self, pen: &mut Pen<'_>) {
        let mut x = pen.text(1, 0, &text::left("queue", self.name), Role::Dim);
        x = pen.text(x, 0, &text::right("now", DEPTH), Role::Dim) + 1;
        if self.trend > 0 {
            x = pen.text(x + 1, 0, &text::left("trend", self.trend), Role::Dim);
        }
        if self.rates {
            for head in ["in/s", "out/s"] {
                x = pen.text(x, 0, &text::right(head, RATE + 1), Role::Dim);
            }
        }
        if self.oldest {
            pen.text(x, 0, &text::right("oldest", OLDEST), Role::Dim);
        }
    }

    fn row(&self, pen: &mut Pen<'_>, y: u16, row: &QueueRow) {
        let mut x = pen.text(
            1,
            y,
            &text::left(&text::cut_middle(&full_name(row), self.name), self.name),
            Role::Plain,
        );
        let tendency = tendency(&row.trend);
        let role = if tendency == glyphs::RISING {
            Role::Warn
        } else {
            Role::Strong
        };
        let depth = text::right(&text::short_count(row.depth), DEPTH);
        x = pen.text(x, y, &depth, role);
        pen.sign(x, y, tendency, role);
        x += 1;
        if self.trend > 0 {
            let line = spark::sparkline(&row.trend, self.trend, pen.look().glyphs);
            x = pen.text(x + 1, y, &line, Role::Series);
        }
        if self.rates {
            for rate in [row.in_per_s, row.out_per_s] {
                x = pen.text(x, y, &text::right(&text::rate(rate), RATE + 1), Role::Plain);
            }
        }
        if self.oldest {
            let age = row.oldest_ns.map_or_else(|| "-".into(), text::age);
            pen.text(x, y, &text::right(&age, OLDEST), Role::Plain);
        }
    }
}

/// The name, with what is counted where that is not the depth.
fn full_name(row: &QueueRow) -> String {
    match row.kind {
        RowKind::Depth => row.name.clone(),
        RowKind::Lag => format!("{} {}", row.name, row.kind.word()),
    }
}

/// Whether the last third of a series lies clearly above or below the third before it.
fn tendency(trend: &[u64]) -> char {
    let third = trend.len() / 3;
    if third == 0 {
        return ' ';
    }
    let late: u64 = trend[trend.len() - third..].iter().sum();
    let before: u64 = trend[trend.len() - 2 * third..trend.len() - third]
        .iter()
        .sum();
    let margin = 5 * third as u64;
    if late > before.saturating_add(before / 4).saturating_add(margin) {
        glyphs::RISING
    } else if before > late.saturating_add(late / 4).saturating_add(margin) {
        glyphs::FALLING
    } else {
        ' '
    }
}

const TOTAL_WIDTH: u16 = 18;

fn total_rows(totals: &[Total], width: u16) -> u16 {
    let columns = (width.saturating_sub(1) / TOTAL_WIDTH).max(1);
    (totals.len() as u16).div_ceil(columns)
}

/// Totals in as many columns as fit.
fn totals(pen: &mut Pen<'_>, totals: &[Total]) {
    let columns = (pen.width().saturating_sub(1) / TOTAL_WIDTH).max(1);
    for (i, total) in totals.iter().enumerate() {
        let i = i as u16;
        let (x, y) = (1 + i % columns * TOTAL_WIDTH, i / columns);
        let at = pen.text(x, y, &text::left(&total.name, 10), Role::Dim);
        let role = if total.bad && total.value > 0 {
            Role::Bad
        } else {
            Role::Strong
        };
        pen.text(
            at,
            y,
            &text::right(&text::short_count(total.value), 7),
            role,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tendency_needs_more_than_noise() {
        assert_eq!(tendency(&[5, 6, 5, 6, 5, 6, 7, 6, 7]), ' ');
        assert_eq!(tendency(&[0, 0, 0, 10, 10, 10, 90, 95, 99]), glyphs::RISING);
        assert_eq!(tendency(&[9, 9, 9, 90, 95, 99, 5, 5, 5]), glyphs::FALLING);
        assert_eq!(tendency(&[]), ' ');
    }
}
