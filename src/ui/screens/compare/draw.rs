//! How two runs beside each other are drawn.

use super::{Compare, Pane, table};
use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::screens::Seen;
use crate::ui::style::{GlyphSet, Role};
use crate::ui::text;
use crate::ui::view::{
    CheckRow, Compared, ComparedSide, EventLine, Parted, PartedAt, TimelineMark, Verdict,
};
use crate::ui::widgets::spark::sparkline_to;
use crate::ui::widgets::{mark_role, mark_sign};

pub(super) fn draw(screen: &Compare, seen: Seen<'_>, pen: &mut Pen<'_>) {
    if let Some(why) = Compare::refused(seen) {
        return refused(screen, why, pen);
    }
    let Some(known) = Compare::known(seen) else {
        let mut inner = pen.frame("Compare", "", true);
        inner.text(1, 0, "both runs begin …", Role::Dim);
        return;
    };
    let heights = heights(screen, known, (pen.width(), pen.height()));
    let width = pen.width();
    let working = seen.working.filter(|_| known.now_ns < goal(seen, known));
    if heights.sides > 0 {
        let left = width / 2;
        for (place, (x, wide)) in [(0, left), (left, width - left)].into_iter().enumerate() {
            let mut part = pen.part(x, 0, wide, heights.sides);
            part.part_is(Pane::Sides as usize);
            draw_side(screen, known, place, working, &mut part);
        }
    }
    if heights.table > 0 {
        let mut part = pen.part(0, heights.sides, width, heights.table);
        part.part_is(Pane::Table as usize);
        table::draw(screen, known, &mut part, screen.pane == Pane::Table);
    }
    if heights.time > 0 {
        let y = heights.sides + heights.table;
        draw_time(known, &mut pen.part(0, y, width, heights.time));
    }
}

/// The moment at which both ought to stand.
fn goal(seen: Seen<'_>, known: &Compared) -> u64 {
    seen.frame.header.now_ns.min(known.end_ns)
}

fn refused(screen: &Compare, why: &[String], pen: &mut Pen<'_>) {
    let rows = usize::from(pen.height().saturating_sub(2));
    let at = screen.at[screen.pane as usize];
    let first = at.min(why.len().saturating_sub(rows));
    let last = (first + rows).min(why.len());
    let remark = if rows < why.len() {
        format!("{}-{last} of {}", first + 1, why.len())
    } else {
        "c: something else".to_owned()
    };
    let mut inner = pen.frame("There is no such run", &remark, true);
    for (y, line) in why[first..last].iter().enumerate() {
        inner.text(1, y as u16, line, Role::Plain);
    }
}

/// Rows for each part.
struct Heights {
    sides: u16,
    table: u16,
    time: u16,
}

fn heights(screen: &Compare, known: &Compared, (width, height): (u16, u16)) -> Heights {
    if screen.zoom {
        let (sides, table) = match screen.pane {
            Pane::Sides => (height, 0),
            Pane::Table => (0, height),
        };
        return Heights {
            sides,
            table,
            time: 0,
        };
    }
    let time = if height >= 30 { 8 } else { 5 };
    // No more than there is to say.
    let wanted = sides_lines(known, width) as u16 + 2;
    let sides = (height * 3 / 8).clamp(5, wanted.max(5));
    Heights {
        sides,
        table: height.saturating_sub(time + sides),
        time,
    }
}

/// A line of a side.
enum Line {
    /// Pieces of text with their roles.
    Words(Vec<(String, Role)>),
    /// A number over time: its name, its values, and the largest of both sides.
    Series(String, Vec<u64>, u64),
}

/// What is said of a side, the most telling first. The lines of both are of the same things.
fn lines(known: &Compared, place: usize, width: u16) -> Vec<Line> {
    let (own, other) = (&known.sides[place], &known.sides[1 - place]);
    let mut totals = totals(own, other, width).into_iter();
    let mut out: Vec<Line> = totals.next().into_iter().collect();
    out.push(percentiles(own));
    let mut series = own.series.iter().map(|series| {
        let twin = other.series.iter().find(|s| s.name == series.name);
        let both = series
            .values
            .iter()
            .chain(twin.iter().flat_map(|s| &s.values));
        let max = both.copied().max().unwrap_or(0);
        Line::Series(series.name.clone(), series.values.clone(), max)
    });
    out.extend(series.next());
    let mut checks = checks(own, other).into_iter();
    out.extend(checks.next());
    out.extend(totals);
    out.extend(series);
    out.extend(checks);
    out
}

/// Those that differ first, as many in a line as there is room for.
fn totals(own: &ComparedSide, other: &ComparedSide, width: u16) -> Vec<Line> {
    let twin = |name: &str| other.totals.iter().find(|t| t.name == name);
    let mut all: Vec<_> = own.totals.iter().collect();
    all.sort_by_key(|t| twin(&t.name).is_some_and(|other| other.value == t.value));
    let in_line = (usize::from(width) / 18).max(1);
    let cell = usize::from(width) / in_line;
    let lines = all.chunks(in_line).map(|chunk| {
        let cells = chunk.iter().flat_map(|total| {
            let role = match (total.bad && total.value > 0, total.value) {
                (true, _) => Role::Bad,
                (false, 0) => Role::Dim,
                _ => Role::Strong,
            };
            let value = text::count(total.value);
            let used = text::width(&total.name) + 1 + text::width(&value);
            let gap = " ".repeat(cell.saturating_sub(used).max(1));
            [
                (format!("{} ", total.name), Role::Dim),
                (value, role),
                (gap, Role::Plain),
            ]
        });
        Line::Words(cells.collect())
    });
    lines.collect()
}

fn percentiles(side: &ComparedSide) -> Line {
    let mut words: Vec<(String, Role)> = Vec::new();
    for percentile in &side.percentiles {
        words.push((format!("{} ", percentile.name), Role::Dim));
        words.push((format!("{}  ", text::span(percentile.ns)), Role::Plain));
    }
    if side.percentiles.is_empty() {
        words.push(("nothing measured yet".into(), Role::Dim));
    } else {
        words.push(("max ".into(), Role::Dim));
        words.push((text::span(side.max_ns), Role::Plain));
    }
    Line::Words(words)
}

/// Those first of which the sides think differently, then those that broke.
fn checks(own: &ComparedSide, other: &ComparedSide) -> Vec<Line> {
    let twin = |name: &str| other.checks.iter().find(|c| c.name == name);
    let rank = |check: &&CheckRow| {
        let there = twin(&check.name);
        let differs = there.is_some_and(|t| t.verdict != check.verdict);
        let broke =
            check.verdict == Verdict::Broken || there.is_some_and(|t| t.verdict == Verdict::Broken);
        (there.is_none(), !differs, !broke)
    };
    let mut all: Vec<_> = own.checks.iter().collect();
    all.sort_by_key(rank);
    let line = |check: &&CheckRow| {
        let (sign, role) = match check.verdict {
            Verdict::Holds => (glyphs::GOOD, Role::Good),
            Verdict::Broken => (glyphs::BAD, Role::Bad),
            Verdict::Open => (glyphs::OPEN, Role::Dim),
        };
        let broke = check.first_broken_ns;
        let broke = broke.map_or_else(String::new, |ns| format!("  from {}s", text::moment(ns)));
        Line::Words(vec![
            (format!("{sign} "), role),
            (check.name.clone(), Role::Plain),
            (broke, Role::Bad),
        ])
    };
    all.iter().map(line).collect()
}

/// How many lines the longer of the sides has.
fn sides_lines(known: &Compared, width: u16) -> usize {
    let inside = (width / 2).saturating_sub(4);
    let count = [0, 1].map(|place| lines(known, place, inside).len());
    count[0].max(count[1])
}

/// The last line of the sides that may stand at the top.
pub(super) fn sides_last(screen: &Compare, known: &Compared, size: (u16, u16)) -> usize {
    let rows = usize::from(heights(screen, known, size).sides.saturating_sub(2));
    sides_lines(known, size.0).saturating_sub(rows)
}

fn draw_side(
    screen: &Compare,
    known: &Compared,
    place: usize,
    working: Option<f64>,
    pen: &mut Pen<'_>,
) {
    let inside = pen.width().saturating_sub(4);
    let lines = lines(known, place, inside);
    let rows = usize::from(pen.height().saturating_sub(2));
    let first = screen.at[0].min(lines.len().saturating_sub(rows));
    let last = (first + rows).min(lines.len());
    let remark = match working {
        Some(share) => format!("{:.0}%", share * 100.0),
        None if last < lines.len() => format!("+{} more", lines.len() - last),
        None => String::new(),
    };
    let letter = ["A", "B"][place];
    let title = format!("{letter}  {}", known.sides[place].label);
    let set = pen.look().glyphs;
    let mut inner = pen.frame(&title, &remark, screen.pane == Pane::Sides);
    for (y, line) in lines[first..last].iter().enumerate() {
        draw_side_line(&mut inner, y as u16, line, set);
    }
}

fn draw_side_line(inner: &mut Pen<'_>, y: u16, line: &Line, set: GlyphSet) {
    match line {
        Line::Words(words) => {
            let mut x = 1;
            for (word, role) in words {
                x = inner.text(x, y, word, *role);
            }
        }
        Line::Series(name, values, max) => {
            let peak = values.iter().copied().max().unwrap_or(0);
            let peak = format!("peak {}", text::short_count(peak));
            let x = inner.text(1, y, &text::left(name, 8), Role::Dim);
            let end = inner.width().saturating_sub(1);
            let cells = end.saturating_sub(x + 12);
            let drawn = sparkline_to(values, *max, usize::from(cells), set);
            inner.text(x, y, &drawn, Role::Series);
            inner.text_right(end, y, &peak, Role::Plain);
        }
    }
}

fn draw_time(known: &Compared, pen: &mut Pen<'_>) {
    let moment = format!("{}s", text::moment(known.now_ns));
    let mut inner = pen.frame("Time", &moment, false);
    for (place, side) in known.sides.iter().enumerate() {
        inner.text(1, place as u16, ["A", "B"][place], Role::Strong);
        draw_line(&mut inner, place as u16, known, &side.marks);
    }
    let rows = inner.height().saturating_sub(2);
    let said = parted(known, rows);
    for (y, (line, role)) in said.iter().enumerate() {
        inner.text(1, y as u16 + 2, line, *role);
    }
}

fn draw_line(inner: &mut Pen<'_>, y: u16, known: &Compared, marks: &[TimelineMark]) {
    let end = text::span(known.end_ns);
    let from = 3;
    let to = inner.width().saturating_sub(text::width(&end) as u16 + 2);
    if to <= from + 2 {
        return;
    }
    let cells = u128::from(to - from - 1);
    let column = |ns: u64| {
        let at = u128::from(ns.min(known.end_ns)) * cells / u128::from(known.end_ns.max(1));
        from + at as u16
    };
    let now = column(known.now_ns);
    inner.row(from, now, y, '─', Role::Plain);
    inner.row(now, to, y, glyphs::AHEAD, Role::Dim);
    inner.sign(from, y, '├', Role::Plain);
    inner.sign(to - 1, y, '┤', Role::Dim);
    inner.sign(now, y, glyphs::UP, Role::Focus);
    let mut marks: Vec<_> = marks.iter().collect();
    marks.sort_by_key(|m| m.kind);
    for mark in marks {
        let (sign, role) = (mark_sign(mark.kind), mark_role(mark.kind));
        inner.sign(column(mark.at_ns), y, sign, role);
    }
    if let Parted::At(parted) = &known.parted {
        inner.sign(column(parted.at_ns), y, glyphs::FALLING, Role::Strong);
    }
    inner.text(to + 1, y, &end, Role::Dim);
}

/// Where they part, in so many lines.
fn parted(known: &Compared, rows: u16) -> Vec<(String, Role)> {
    let at = match &known.parted {
        Parted::Unknown => return vec![("first difference  not looked for".into(), Role::Dim)],
        Parted::Searching(share) => {
            let line = format!("first difference  looked for: {:.0}%", share * 100.0);
            return vec![(line, Role::Dim)];
        }
        Parted::Nowhere => {
            return vec![("no difference: every record is the same".into(), Role::Good)];
        }
        Parted::At(at) => at,
    };
    let when = format!(
        "{} first difference  {}s",
        glyphs::FALLING,
        text::moment(at.at_ns)
    );
    if rows < 3 {
        let [a, b] = [0, 1].map(|place| says(at, place));
        let mut line = format!("{when}  {a}");
        if at.lines[0].as_ref().is_none_or(|l| l.at_ns != at.at_ns) {
            line = format!("{when}  {b}");
        }
        return vec![(line, Role::Plain)];
    }
    let mut out = vec![(when, Role::Strong)];
    if at.other_world {
        let note = "  (they have not the same machines, processes or queues)";
        out[0].0.push_str(note);
    }
    out.extend([0, 1].map(|place| (format!("  {}", says(at, place)), Role::Plain)));
    out
}

/// What one side does there.
fn says(at: &PartedAt, place: usize) -> String {
    let letter = ["A", "B"][place];
    match &at.lines[place] {
        None => format!("{letter} does nothing more"),
        Some(line) => {
            let EventLine {
                event,
                subject,
                word,
                text: what,
                ..
            } = line;
            let later = line.at_ns.saturating_sub(at.at_ns);
            let later = if later > 0 {
                format!(" {} later", text::span(later))
            } else {
                String::new()
            };
            format!("{letter}{later}  #{event} {subject} {word} {what}")
        }
    }
}
