//! The differences, metric by metric.

use std::cmp::Ordering;

use super::Compare;
use crate::ui::pen::{Pen, scroll};
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{Compared, DeltaRow};

/// In what order they are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// Those first that differ most.
    #[default]
    Difference,
    /// As the table of metrics has them.
    Table,
    /// By name.
    Name,
    /// Those first of which many seeds can say something.
    Sure,
}

impl Order {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Difference => Self::Table,
            Self::Table => Self::Name,
            Self::Name => Self::Sure,
            Self::Sure => Self::Difference,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Difference => "largest first",
            Self::Table => "as in the table",
            Self::Name => "by name",
            Self::Sure => "surest first",
        }
    }
}

/// The rows that pass the filter, in an order.
pub(super) fn rows<'a>(known: &'a Compared, order: Order, filter: &str) -> Vec<&'a DeltaRow> {
    let filter = filter.to_lowercase();
    let passes = |row: &&DeltaRow| row.name.to_lowercase().contains(&filter);
    let mut rows: Vec<&DeltaRow> = known.rows.iter().filter(passes).collect();
    let by_share = |a: &DeltaRow, b: &DeltaRow| {
        let order = b.share.partial_cmp(&a.share);
        order.unwrap_or(Ordering::Equal)
    };
    let unsure = |row: &DeltaRow| !row.over.as_ref().is_some_and(|over| over.is_sure);
    match order {
        Order::Difference => rows.sort_by(|a, b| {
            let same = is_same(a).cmp(&is_same(b));
            same.then(by_share(a, b))
        }),
        Order::Table => {}
        Order::Name => rows.sort_by(|a, b| a.name.cmp(&b.name)),
        Order::Sure => rows.sort_by(|a, b| unsure(a).cmp(&unsure(b)).then(by_share(a, b))),
    }
    rows
}

/// Whether a row tells nothing: both have the same, or none of it was measured.
fn is_same(row: &DeltaRow) -> bool {
    let [a, b] = &row.amounts;
    a == b
}

/// Where the columns end, but the last, which begins there.
struct Columns {
    name: u16,
    /// A, B and B−A end here.
    ends: [u16; 3],
    /// The mean over seeds ends here, and its interval begins behind it.
    over: Option<u16>,
    /// The verdict begins here.
    verdict: u16,
}

impl Columns {
    fn new(width: u16, seeds: bool) -> Self {
        let verdict_cells = match (width >= 100, seeds) {
            (true, _) => 13,
            (false, true) => 7,
            (false, false) => 6,
        };
        let verdict = width.saturating_sub(verdict_cells);
        let over_cells = match (seeds, width >= 100) {
            (false, _) => 0,
            (true, true) => 34,
            (true, false) => 25,
        };
        let numbers = if width >= 100 { 11 } else { 8 };
        let end = verdict.saturating_sub(over_cells + 1);
        let ends = [2, 1, 0].map(|i| end.saturating_sub(i * numbers));
        Self {
            name: ends[0].saturating_sub(numbers),
            ends,
            over: seeds.then(|| end + numbers),
            verdict,
        }
    }
}

pub(super) fn draw(screen: &Compare, known: &Compared, pen: &mut Pen<'_>, focused: bool) {
    let rows = rows(known, screen.order, &screen.filter);
    let at = screen.at[1].min(rows.len().saturating_sub(1));
    let inside = usize::from(pen.height().saturating_sub(3));
    // What the selected one is stands below, where there is room.
    let explains = inside >= 8;
    let lines = inside - usize::from(explains);
    let first = scroll(at, rows.len(), lines);
    let last = (first + lines).min(rows.len());
    let mut inner = pen.frame(
        &format!("Difference at {}s", text::moment(known.now_ns)),
        &remark(screen, first, last, rows.len()),
        focused,
    );
    let done = known.seeds.map_or(0, |(done, _)| done);
    let columns = Columns::new(inner.width(), done > 1);
    heads(&mut inner, &columns, known);
    for (y, (place, row)) in rows.iter().enumerate().take(last).skip(first).enumerate() {
        let y = y as u16 + 1;
        inner.row_is(y, super::Pane::Table as usize, place);
        draw_row(&mut inner, &columns, y, row);
        if place == at && focused {
            inner.restyle_row(y, Role::Selected);
        }
    }
    if let Some(row) = rows.get(at).filter(|_| explains) {
        let y = inner.height().saturating_sub(1);
        let meaning = format!("{}: {}", row.name, row.meaning);
        inner.text(1, y, &meaning, Role::Dim);
    }
}

fn remark(screen: &Compare, first: usize, last: usize, total: usize) -> String {
    let mut parts = vec![screen.order.word().to_owned()];
    if screen.typing || !screen.filter.is_empty() {
        let cursor = if screen.typing { "_" } else { "" };
        parts.insert(0, format!("/{}{cursor}", screen.filter));
    }
    if last - first < total {
        parts.push(format!("{}-{last} of {total}", first + 1));
    }
    parts.join("  ")
}

fn heads(inner: &mut Pen<'_>, columns: &Columns, known: &Compared) {
    inner.text(1, 0, "measure", Role::Dim);
    for (end, head) in columns.ends.into_iter().zip(["A", "B", "B−A"]) {
        inner.text_right(end, 0, head, Role::Dim);
    }
    match (columns.over, known.seeds) {
        (Some(_), Some((done, all))) => {
            let seeds = if done < all {
                format!("{done} of {all} seeds")
            } else {
                format!("{done} seeds")
            };
            // They run on where the two beside stand still.
            let long = format!("{seeds} to the end (95 %)");
            let from = columns.ends[2] + 2;
            let room = usize::from(columns.verdict.saturating_sub(from + 1));
            let said = [
                long,
                format!("{seeds}, to end"),
                format!("{done}, to the end"),
            ];
            let said = said.iter().find(|text| text::width(text) <= room);
            inner.text(from, 0, said.map_or("to the end", |text| text), Role::Dim);
        }
        (None, Some((done, all))) if all > 0 => {
            let of = format!("{done} of {all} seeds, to the end");
            inner.text(columns.ends[0].saturating_sub(36), 0, &of, Role::Dim);
        }
        _ => {}
    }
    inner.text(columns.verdict, 0, "better", Role::Dim);
}

fn draw_row(inner: &mut Pen<'_>, columns: &Columns, y: u16, row: &DeltaRow) {
    let same = row.share == 0.0;
    let role = if same { Role::Dim } else { Role::Plain };
    let room = usize::from(columns.name.saturating_sub(1));
    inner.text(1, y, &text::cut_middle(&row.name, room), role);
    for (end, value) in columns.ends.into_iter().zip(&row.amounts) {
        let value = if value.is_empty() { "–" } else { value };
        inner.text_right(end, y, value, role);
    }
    let difference = if same { "" } else { row.difference.as_str() };
    let role = match row.better {
        Some(0) => Role::Warn,
        Some(_) => Role::Good,
        None => role,
    };
    inner.text_right(columns.ends[2], y, difference, role);
    let Some(end) = columns.over else {
        let word = row.better.map_or("", |side| ["A", "B"][side]);
        inner.text(columns.verdict, y, word, role);
        return;
    };
    // What only one of the two has is no difference, with however many seeds.
    let Some(over) = &row.over else { return };
    let role = match (over.is_sure, over.better) {
        (false, _) => Role::Dim,
        (true, Some(0)) => Role::Warn,
        (true, Some(_)) => Role::Good,
        (true, None) => Role::Plain,
    };
    inner.text_right(end, y, &over.mean, role);
    let room = columns.verdict.saturating_sub(end + 2);
    let interval = text::cut(&format!("({})", over.interval), usize::from(room));
    inner.text(end + 1, y, &interval, Role::Dim);
    let is_wide = columns.verdict + 12 < inner.width();
    let word = match over.better {
        _ if is_wide => over.call.as_str(),
        Some(side) => ["A", "B"][side],
        None if over.is_sure => "other",
        None => over.call.as_str(),
    };
    inner.text(columns.verdict, y, word, role);
}
