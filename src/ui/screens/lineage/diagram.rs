//! Draws a life: the lanes, its hops between them, and below them what became of it.

use super::choose;
use crate::ui::glyphs;
use crate::ui::pen::{Pen, scroll};
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::MarkKind;
use crate::ui::view::lineage::{HopEnd, Lineage, LineageRow, RowWhat};
use crate::ui::widgets::list::Sight;
use crate::ui::widgets::{mark_role, mark_sign};

/// Columns of the time.
const TIME: u16 = 11;
/// A lane has at least so many columns, and at most.
const LANE_MIN: u16 = 14;
const LANE_MAX: u16 = 30;
/// Columns of the last lane in sight.
const LAST: u16 = 8;
/// A process that is dead.
const DEAD: char = '┊';

/// Draws it, with the selected row and lane.
pub(super) fn draw(
    pen: &mut Pen<'_>,
    life: &Lineage,
    row: usize,
    lane: Option<usize>,
    told: Option<usize>,
    working: Option<f64>,
) {
    let row = row.min(life.rows.len().saturating_sub(1));
    let (width, height) = (pen.width(), pen.height());
    let lines = foot(life, working, width.saturating_sub(4));
    let below = below(life, lines.len(), height);
    let above = height - below;
    let mut space = pen.part(0, 0, width, above);
    draw_space(&mut space, life, row, lane, told.is_none());
    draw_foot(&mut pen.part(0, above, width, below), life, &lines, told);
}

/// Rows for what is said below the diagram: half of them, and those that the diagram does not need.
fn below(life: &Lineage, lines: usize, height: u16) -> u16 {
    let room = height.saturating_sub(7).min(height / 2);
    let diagram = u16::try_from(life.rows.len() + 3).unwrap_or(u16::MAX);
    let room = room.max(6).max(height.saturating_sub(diagram));
    (lines as u16 + 2).min(room).min(height)
}

/// How far what is said below the diagram can be scrolled.
pub(super) fn told_last(
    life: &Lineage,
    working: Option<f64>,
    (width, height): (u16, u16),
) -> usize {
    let lines = foot(life, working, width.saturating_sub(4)).len();
    let rows = usize::from(below(life, lines, height).saturating_sub(2));
    lines.saturating_sub(rows)
}

/// Columns and rows in which nothing of it is left out.
pub(super) fn whole(life: &Lineage, working: Option<f64>) -> (u16, usize) {
    let lanes = u16::try_from(life.lanes.len().max(1)).unwrap_or(u16::MAX);
    let space = TIME + 5 + LAST;
    let space = space.saturating_add((lanes - 1).saturating_mul(LANE_MAX));
    let long = |lines: &[Line]| {
        let width = |Line(parts): &Line| parts.iter().map(|p| text::width(&p.0)).sum::<usize>();
        lines.iter().map(width).max().unwrap_or(0)
    };
    // What is said below is wrapped to the width, and may still have longer lines.
    let said = long(&foot(life, working, space.saturating_sub(4)));
    let width = space.max(u16::try_from(said + 4).unwrap_or(u16::MAX));
    let below = foot(life, working, width.saturating_sub(4)).len() + 2;
    let above = life.rows.len() + 3;
    (width, (above + below).max(below * 2).max(below + 7))
}

/// Which lanes are in sight, and where.
struct Lanes {
    first: usize,
    count: usize,
    step: u16,
}

impl Lanes {
    fn of(width: u16, lanes: usize, at: usize) -> Self {
        let room = width.saturating_sub(TIME + 3);
        // Behind the last one there is room for its name.
        let between = room.saturating_sub(LAST);
        let fit = usize::from(between / LANE_MIN) + 1;
        let count = lanes.min(fit).max(1);
        let step = (between / (count as u16 - 1).max(1)).clamp(LANE_MIN, LANE_MAX);
        Self {
            first: scroll(at, lanes, count),
            count,
            step,
        }
    }

    fn is_all(&self, lanes: usize) -> bool {
        self.count >= lanes
    }

    /// The column of a lane; one that is not in sight is beyond the border.
    fn x(&self, lane: usize) -> i32 {
        let at = lane as i32 - self.first as i32;
        i32::from(TIME) + 2 + at * i32::from(self.step)
    }

    fn shown(&self, lanes: usize) -> std::ops::Range<usize> {
        self.first..(self.first + self.count).min(lanes)
    }
}

fn draw_space(pen: &mut Pen<'_>, life: &Lineage, row: usize, lane: Option<usize>, focused: bool) {
    let at_lane = lane
        .or_else(|| life.rows.get(row).map(|r| r.lane))
        .unwrap_or(0);
    let inner_width = pen.width().saturating_sub(2);
    let lanes = Lanes::of(inner_width, life.lanes.len(), at_lane);
    let rows = usize::from(pen.height().saturating_sub(3));
    let first = scroll(row, life.rows.len(), rows);
    let last = (first + rows).min(life.rows.len());
    let mut remark = String::new();
    if !lanes.is_all(life.lanes.len()) {
        let shown = lanes.shown(life.lanes.len());
        remark = format!(
            "lanes {}-{} of {}  ",
            shown.start + 1,
            shown.end,
            life.lanes.len()
        );
    }
    let shown = (first + 1).min(last);
    let of = life.rows.len();
    remark = format!("{remark}{shown}-{last} of {of}  causal, true time");
    pen.part_is(0);
    let mut inner = pen.frame("Space-time", &remark, focused);
    inner.text_right(TIME, 0, "time", Role::Dim);
    for at in lanes.shown(life.lanes.len()) {
        let role = if at == at_lane {
            Role::Strong
        } else {
            Role::Dim
        };
        let name = text::cut_middle(&life.lanes[at].name, usize::from(lanes.step - 1));
        inner.text(column(lanes.x(at)), 0, &name, role);
    }
    let past = life.past_of(row);
    let mut alive = vec![true; life.lanes.len()];
    for (at, each) in life.rows.iter().enumerate().take(last) {
        if let RowWhat::Moment {
            alive: Some(lives), ..
        } = each.what
        {
            alive[each.lane] = lives;
        }
        if at < first {
            continue;
        }
        let y = (at - first) as u16 + 1;
        let bright = past.get(at).copied().unwrap_or(true);
        inner.row_is(y, 0, at);
        draw_row(&mut inner, y, each, &lanes, &alive, bright);
        if at == row {
            inner.restyle_row(y, Role::Selected);
        }
    }
}

fn column(x: i32) -> u16 {
    u16::try_from(x.max(0)).unwrap_or(u16::MAX)
}

fn draw_row(
    pen: &mut Pen<'_>,
    y: u16,
    row: &LineageRow,
    lanes: &Lanes,
    alive: &[bool],
    bright: bool,
) {
    let role = |role: Role| if bright { role } else { Role::Dim };
    let time = text::moment(row.at_ns);
    pen.text_right(TIME, y, &time, role(Role::Plain));
    for (lane, &lives) in alive.iter().enumerate() {
        if lanes.shown(alive.len()).contains(&lane) {
            let sign = if lives { '│' } else { DEAD };
            pen.sign(column(lanes.x(lane)), y, sign, Role::Dim);
        }
    }
    match &row.what {
        RowWhat::Moment {
            kind, text, own, ..
        } => {
            if !lanes.shown(alive.len()).contains(&row.lane) {
                return;
            }
            let x = column(lanes.x(row.lane));
            let sign = match kind {
                MarkKind::Heal if *own => glyphs::UP,
                kind => mark_sign(*kind),
            };
            pen.sign(x, y, sign, role(mark_role(*kind)));
            let plain = if *own { Role::Plain } else { mark_role(*kind) };
            // A text that would meet the border stands before its lane.
            let long = text::width(text) as u16 + 1;
            if x + 2 + long > pen.width() && x > long + TIME {
                pen.text(x - long, y, text, role(plain));
            } else {
                pen.text(x + 2, y, text, role(plain));
            }
        }
        RowWhat::Hop {
            to,
            label,
            end,
            lost,
            ..
        } => draw_hop(pen, y, (row, *to), (label, end, *lost), lanes, bright),
    }
}

fn draw_hop(
    pen: &mut Pen<'_>,
    y: u16,
    (row, to): (&LineageRow, usize),
    (label, end, lost): (&str, &HopEnd, usize),
    lanes: &Lanes,
    bright: bool,
) {
    let role = |role: Role| if bright { role } else { Role::Dim };
    let colour = match end {
        HopEnd::Dropped(_) => role(Role::Bad),
        _ => role(Role::Traffic),
    };
    let (from_x, to_x) = (lanes.x(row.lane), lanes.x(to));
    let mut long = match end {
        HopEnd::Arrived(at, _) => {
            format!("{label} {}", text::span(at.saturating_sub(row.at_ns)))
        }
        HopEnd::Dropped(why) => format!("{label} {why}"),
        HopEnd::OnTheWay => label.to_owned(),
    };
    if lost > 0 {
        long = format!("{long} lost {lost}x");
    }
    if row.lane == to {
        pen.sign(column(from_x), y, glyphs::UP, colour);
        pen.text(column(from_x + 2), y, &format!("{long} to itself"), colour);
        return;
    }
    let rightward = to_x > from_x;
    let limits = (i32::from(TIME) + 1, i32::from(pen.width()) - 1);
    let (low, high) = (from_x.min(to_x), from_x.max(to_x));
    // What is dropped does not reach the other lane.
    let (low, high) = match (end, rightward) {
        (HopEnd::Dropped(_), true) => (low, high - 2),
        (HopEnd::Dropped(_), false) => (low + 2, high),
        _ => (low, high),
    };
    let line = match end {
        HopEnd::OnTheWay => glyphs::AHEAD,
        _ => '─',
    };
    let (from, to) = (low.max(limits.0), high.min(limits.1));
    for x in from..=to {
        let sign = match pen.at(column(x), y) {
            "│" | "┊" if x > low && x < high => '┼',
            _ => line,
        };
        pen.sign(column(x), y, sign, colour);
    }
    let tip = match (end, rightward) {
        (HopEnd::Dropped(_), _) => glyphs::CUT,
        (_, true) => glyphs::RIGHT,
        (_, false) => glyphs::LEFT,
    };
    let (start_x, tip_x) = if rightward { (low, high) } else { (high, low) };
    if (limits.0..=limits.1).contains(&start_x) {
        pen.sign(column(start_x), y, glyphs::UP, colour);
    }
    let reached = matches!(end, HopEnd::Arrived(..));
    if (limits.0..=limits.1).contains(&tip_x) {
        let sign = if reached { glyphs::UP } else { tip };
        pen.sign(column(tip_x), y, sign, colour);
        if reached {
            let before = if rightward { tip_x - 1 } else { tip_x + 1 };
            pen.sign(column(before), y, tip, colour);
        }
    }
    // The label stands in the first stretch of the way that is in sight.
    let room = usize::try_from((to - from - 5).max(0)).unwrap_or(0);
    let label = if text::width(&long) <= room {
        long
    } else {
        text::cut(label, room)
    };
    if !label.is_empty() {
        let x = if rightward {
            from + 3
        } else {
            to - 2 - text::width(&label) as i32
        };
        pen.text(column(x), y, &label, role(Role::Plain));
    }
}

/// A line below the diagram.
pub(super) struct Line(Vec<(String, Role)>);

/// What is said below the diagram.
fn foot(life: &Lineage, working: Option<f64>, width: u16) -> Vec<Line> {
    let (sign, role) = if life.well {
        (glyphs::GOOD, Role::Good)
    } else {
        (glyphs::BAD, Role::Bad)
    };
    let mut head = vec![(life.name.clone(), Role::Strong)];
    if !life.about.is_empty() {
        head.push((format!("  {}", life.about), Role::Dim));
    }
    head.push((format!("   {sign} {}", life.verdict), role));
    if let Some((at, of)) = life.place {
        let (at, of) = (text::count(at as u64 + 1), text::count(of as u64));
        let more = choose::more(life.more);
        head.push((format!("   {at} of {of} anomalies{more}"), Role::Dim));
    }
    let mut lines = flow(head.into_iter().map(|part| vec![part]), width);
    let hops = life.rows.iter();
    let hops = hops
        .filter(|r| matches!(r.what, RowWhat::Hop { .. }))
        .count();
    lines.push(Line(vec![
        ("path ".into(), Role::Dim),
        (path(life), Role::Plain),
        (
            format!("   {hops} hops, {}", text::span(life.whole_ns)),
            Role::Dim,
        ),
    ]));
    lines.extend(time_lines(life, width));
    if !life.well {
        let looking = life.left > 0 || working.is_some();
        let owed = if life.trials.is_empty() {
            "looking for who it is owed to …".to_owned()
        } else {
            life.owed.clone()
        };
        for (n, part) in text::wrap(&owed, usize::from(width))
            .into_iter()
            .enumerate()
        {
            let role = if n == 0 { Role::Strong } else { Role::Plain };
            lines.push(Line(vec![(part, role)]));
        }
        if looking {
            let runs = if life.left == 1 { "run" } else { "runs" };
            let left = format!("{} more {runs} to try", life.left);
            lines.push(Line(vec![(left, Role::Dim)]));
        }
        // What helps comes first.
        let mut trials: Vec<_> = life.trials.iter().collect();
        trials.sort_by_key(|t| !t.helps);
        for trial in trials {
            let (sign, role) = if trial.helps {
                (glyphs::GOOD, Role::Good)
            } else {
                (glyphs::NOTE, Role::Dim)
            };
            lines.push(Line(vec![
                (format!("{sign} {}: ", trial.what), role),
                (trial.verdict.clone(), Role::Plain),
            ]));
        }
    }
    lines
}

/// The kinds of its hops, each once, as they come.
fn path(life: &Lineage) -> String {
    let mut words: Vec<&str> = Vec::new();
    for row in &life.rows {
        if let RowWhat::Hop { label, .. } = &row.what {
            let word = label.split(' ').next().unwrap_or(label);
            if words.last() != Some(&word) {
                words.push(word);
            }
        }
    }
    words.join(" → ")
}

fn time_lines(life: &Lineage, width: u16) -> Vec<Line> {
    let whole = life.whole_ns.max(1);
    let cells = u64::from(width.saturating_sub(10)) / 4;
    let parts = life.parts.iter().map(|(name, ns)| {
        let bar = usize::try_from(ns * cells / whole).unwrap_or(0).max(1);
        vec![
            (format!("{name} "), Role::Plain),
            ("█".repeat(bar), Role::Series),
            (format!(" {}  ", text::span(*ns)), Role::Dim),
        ]
    });
    let first = vec![("time ".to_owned(), Role::Dim)];
    flow(std::iter::once(first).chain(parts), width)
}

/// Groups of pieces, as many in a line as there is room for; further lines are indented.
fn flow(groups: impl Iterator<Item = Vec<(String, Role)>>, width: u16) -> Vec<Line> {
    const INDENT: usize = 5;
    let mut lines: Vec<Line> = Vec::new();
    let mut used = 0;
    for group in groups {
        let wide: usize = group.iter().map(|p| text::width(p.0.trim_end())).sum();
        let full: usize = group.iter().map(|p| text::width(&p.0)).sum();
        match lines.last_mut() {
            Some(Line(parts)) if used + wide <= usize::from(width) => parts.extend(group),
            Some(_) => {
                let mut parts = vec![(" ".repeat(INDENT), Role::Plain)];
                parts.extend(group);
                lines.push(Line(parts));
                used = INDENT;
            }
            None => lines.push(Line(group)),
        }
        used += full;
    }
    lines
}

fn draw_foot(pen: &mut Pen<'_>, life: &Lineage, lines: &[Line], told: Option<usize>) {
    let rows = usize::from(pen.height().saturating_sub(2));
    let sight = Sight::from(told.unwrap_or(0), lines.len(), rows);
    let remark = sight.if_cut().unwrap_or_default();
    pen.part_is(1);
    let mut inner = pen.frame(&life.short, &remark, told.is_some());
    let end = inner.width();
    for (y, _, Line(parts)) in sight.of(lines) {
        let mut x = 1;
        for (part, role) in parts {
            let room = usize::from(end.saturating_sub(x));
            x = inner.text(x, y, &text::cut(part, room), *role);
        }
    }
}
