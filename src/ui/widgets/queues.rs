//! The table of queues, the totals of the run and the checks.

use crate::ui::glyphs;
use crate::ui::layout::share;
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
        table += take(queues.min(share(height, 2, 5)).saturating_sub(table));
        let room = height.saturating_sub(1 + table + all_checks.min(3));
        let whole = total_rows(self.totals, width);
        // With two rows of some columns the first totals and what is trouble can be told; less is not worth a queue's row.
        let some = room >= 2 && total_columns(self.totals, width).len() > 2;
        let mut totals = take(if whole <= room || some {
            whole.min(room)
        } else {
            0
        });
        if totals == 0 && self.totals.iter().any(is_trouble) {
            // What must not happen and did is more than another queue.
            totals = take(1);
        }
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
            if is_totals && rows < total_rows(self.totals, width) {
                some_totals(&mut part, self.totals);
            } else if is_totals {
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

    /// The row that stands in a line of the pane's inside.
    pub fn row_at(&self, width: u16, height: u16, y: u16) -> Option<usize> {
        let rows = self.shares(width, height).table;
        let line = y.checked_sub(1).filter(|line| *line < rows)?;
        let row = self.first_shown(usize::from(rows)) + usize::from(line);
        (row < self.rows.len()).then_some(row)
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
    /// Of services nobody knows the oldest; what they hold is told instead.
    services: bool,
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
            services: !rows.is_empty() && rows.iter().all(|r| r.kind == RowKind::Waiting),
        }
    }

    fn head(&self, pen: &mut Pen<'_>) {
        let (what, last) = if self.services {
            ("service", "held")
        } else {
            ("queue", "oldest")
        };
        let mut x = pen.text(1, 0, &text::left(what, self.name), Role::Dim);
        x = pen.text(x, 0, &text::right("now", DEPTH), Role::Dim) + 1;
        if self.trend > 0 {
            let head = if self.trend < 5 { "past" } else { "trend" };
            x = pen.text(x + 1, 0, &text::left(head, self.trend), Role::Dim);
        }
        if self.rates {
            for head in ["in/s", "out/s"] {
                x = pen.text(x, 0, &text::right(head, RATE + 1), Role::Dim);
            }
        }
        if self.oldest {
            pen.text(x, 0, &text::right(last, OLDEST), Role::Dim);
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
            let (last, role) = if self.services {
                held(row)
            } else {
                let age = row.oldest_ns.map_or_else(|| "-".into(), text::age);
                (age, Role::Plain)
            };
            pen.text(x, y, &text::right(&last, OLDEST), role);
        }
    }
}

/// Threads that are held, of how many.
fn held(row: &QueueRow) -> (String, Role) {
    match row.held {
        None => ("-".into(), Role::Plain),
        Some((held, None)) => (text::short_count(held), Role::Plain),
        Some((held, Some(all))) => {
            let all_held = held >= all && all > 0;
            let role = if all_held { Role::Warn } else { Role::Plain };
            (format!("{held}/{all}"), role)
        }
    }
}

/// The name, with what is counted where that does not show from it.
fn full_name(row: &QueueRow) -> String {
    match row.kind {
        RowKind::Depth | RowKind::Waiting => row.name.clone(),
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

/// Cells for the name of a total, and more where one is longer.
const TOTAL_NAME: usize = 9;
/// Cells for its value.
const TOTAL_VALUE: usize = 7;

/// How long the names of totals are in each column, with as many columns as fit.
fn total_columns(totals: &[Total], width: u16) -> Vec<usize> {
    let names = |count: usize| -> Vec<usize> {
        let mut names = vec![TOTAL_NAME; count];
        for (i, total) in totals.iter().enumerate() {
            names[i % count] = names[i % count].max(text::width(&total.name));
        }
        names
    };
    // One cell stays free at the left, and one behind each column.
    let room = usize::from(width).saturating_sub(1);
    let most = room / (TOTAL_NAME + TOTAL_VALUE + 1);
    let fits = |names: &Vec<usize>| {
        let cells: usize = names.iter().map(|name| name + TOTAL_VALUE + 1).sum();
        cells <= room
    };
    let fitting = (2..=most).rev().map(names).find(fits);
    fitting.unwrap_or_else(|| names(1))
}

/// How many rows all totals take.
pub fn total_rows(totals: &[Total], width: u16) -> u16 {
    totals.len().div_ceil(total_columns(totals, width).len()) as u16
}

/// Whether it counts what must not happen, and did.
fn is_trouble(total: &Total) -> bool {
    total.bad && total.value > 0
}

/// Where there is no room for all: the first ones, and in the last row those of the others that are trouble.
fn some_totals(pen: &mut Pen<'_>, all: &[Total]) {
    let (width, rows) = (pen.width(), pen.height());
    let columns = total_columns(all, width).len();
    let (first, rest) = all.split_at(all.len().min(usize::from(rows - 1) * columns));
    if rows > 1 && !rest.iter().any(is_trouble) {
        return totals(pen, &all[..all.len().min(usize::from(rows) * columns)]);
    }
    totals(&mut pen.part(0, 0, width, rows - 1), first);
    troubles(&mut pen.part(0, rows - 1, width, 1), rest);
}

/// Of those that are trouble, as many as a line has room for.
fn troubles(pen: &mut Pen<'_>, totals: &[Total]) {
    let mut x = 1;
    for total in totals.iter().filter(|t| is_trouble(t)) {
        let value = text::short_count(total.value);
        let cells = text::width(&total.name) + 1 + value.len();
        if x + cells as u16 > pen.width() {
            return;
        }
        x = pen.text(x, 0, &total.name, Role::Dim) + 1;
        x = pen.text(x, 0, &value, Role::Bad) + 2;
    }
}

/// Totals in as many columns as fit.
fn totals(pen: &mut Pen<'_>, totals: &[Total]) {
    let columns = total_columns(totals, pen.width());
    for (y, row) in totals.chunks(columns.len()).enumerate() {
        let (mut x, y) = (1, y as u16);
        for (total, name) in row.iter().zip(&columns) {
            let role = if is_trouble(total) {
                Role::Bad
            } else {
                Role::Strong
            };
            let value = text::right(&text::short_count(total.value), TOTAL_VALUE);
            let at = pen.text(x, y, &text::left(&total.name, *name), Role::Dim);
            x = pen.text(at, y, &value, role) + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::layout::Rect;

    fn total(name: &str, value: u64) -> Total {
        Total {
            name: name.into(),
            value,
            bad: false,
        }
    }

    #[test]
    fn totals_are_whole_at_every_width() {
        let names = [
            "produced",
            "delivered",
            "in flight",
            "lost",
            "passed over",
            "expired",
            "duplicated",
        ];
        let all: Vec<Total> = names.iter().map(|n| total(n, 99_999)).collect();
        for width in 20..120 {
            let rows = total_rows(&all, width);
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, rows));
            let area = buffer.area;
            totals(&mut Pen::new(&mut buffer, area, Look::default()), &all);
            let text: String = buffer.content.iter().map(Cell::symbol).collect();
            assert_eq!(text.matches("99,999").count(), all.len(), "{width}: {text}");
            for name in names {
                assert!(text.contains(&format!("{name} ")), "{width}: {text}");
            }
        }
        // Three columns have room on a screen of 120.
        assert_eq!(total_rows(&all, 55), 3);
    }

    #[test]
    fn where_there_is_room_for_some_totals_the_first_are_told_and_what_is_trouble() {
        let doubled = Total {
            bad: true,
            ..total("doubled", 4)
        };
        let mut all: Vec<Total> = (0..13).map(|n| total(&format!("total {n}"), n)).collect();
        all.push(doubled);
        let rows = vec![QueueRow::default(); 9];
        let rows: Vec<&QueueRow> = rows.iter().collect();
        let checks = vec![CheckRow::default(); 5];
        let (width, height) = (54, 13);
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        let queues = Queues {
            rows: &rows,
            totals: &all,
            checks: &checks,
            selected: None,
        };
        assert!(total_rows(&all, width) > queues.shares(width, height).totals);
        queues.draw(&mut Pen::new(&mut buffer, area, Look::default()));
        let text: String = buffer.content.iter().map(Cell::symbol).collect();
        assert!(
            text.contains("total 0") && text.contains("total 2"),
            "{text}"
        );
        assert!(text.contains("doubled 4"), "{text}");
    }

    #[test]
    fn where_there_is_no_room_for_all_totals_trouble_is_told() {
        let bad = |name: &str, value| Total {
            bad: true,
            ..total(name, value)
        };
        let all = [
            total("asked", 9),
            bad("lost", 3),
            bad("doubled", 0),
            bad("half done", 12),
        ];
        let rows = vec![QueueRow::default(); 9];
        let rows: Vec<&QueueRow> = rows.iter().collect();
        let drawn = |totals: &[Total]| -> String {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 5));
            let area = buffer.area;
            let queues = Queues {
                rows: &rows,
                totals,
                checks: &[],
                selected: None,
            };
            queues.draw(&mut Pen::new(&mut buffer, area, Look::default()));
            buffer.content.iter().map(Cell::symbol).collect()
        };
        let text = drawn(&all);
        assert!(text.contains("lost 3  half done 12"), "{text}");
        assert!(
            !text.contains("asked") && !text.contains("doubled"),
            "{text}"
        );
        // Nothing is wrong: the table has the room.
        let well = [
            total("asked", 9),
            bad("lost", 0),
            total("good", 9),
            total("late", 0),
        ];
        assert!(!drawn(&well).contains("lost"));
    }

    #[test]
    fn a_tendency_needs_more_than_noise() {
        assert_eq!(tendency(&[5, 6, 5, 6, 5, 6, 7, 6, 7]), ' ');
        assert_eq!(tendency(&[0, 0, 0, 10, 10, 10, 90, 95, 99]), glyphs::RISING);
        assert_eq!(tendency(&[9, 9, 9, 90, 95, 99, 5, 5, 5]), glyphs::FALLING);
        assert_eq!(tendency(&[]), ' ');
    }
}
