//! How the inspector is drawn.

use super::lines::{self, Line};
use super::{Inspector, Pane};
use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::screens::Seen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{Came, Inspected, TrackRow, TrackValues};
use crate::ui::widgets::list::Sight;
use crate::ui::widgets::spark::sparkline;

/// Where a pane stands: column, row, columns, rows.
type Place = (u16, u16, u16, u16);

/// The panes on a screen of a size. On a small one the state has the room that it needs, and the list what is left.
fn places((width, height): (u16, u16), pane: Pane, zoom: bool) -> Vec<(Pane, Place)> {
    // Where there is little room, that of the history is for how it stands while that has the keys.
    let is_small = height < 30;
    let tells = matches!(pane, Pane::State | Pane::Changed);
    let has_history = height >= 18 && !(is_small && tells);
    if zoom || pane == Pane::History && !has_history {
        return vec![(pane, (0, 0, width, height))];
    }
    let half = width / 2;
    let top = if is_small && tells {
        height - height / 4
    } else {
        height / 2
    };
    let history = if has_history { (height / 4).max(5) } else { 0 };
    let rest = height.saturating_sub(top + history);
    vec![
        (Pane::State, (0, 0, half, top)),
        (Pane::Changed, (half, 0, width - half, top)),
        (Pane::History, (0, top, width, history)),
        (Pane::Handled, (0, top + history, width, rest)),
    ]
}

/// Columns inside a pane.
pub(super) fn width(size: (u16, u16), pane: Pane, zoom: bool) -> u16 {
    let places = places(size, pane, zoom);
    let place = places.iter().find(|(p, _)| *p == pane);
    place.map_or(0, |(_, (_, _, width, _))| width.saturating_sub(2))
}

/// The lines inside a pane.
pub(super) fn rows(size: (u16, u16), pane: Pane, zoom: bool) -> usize {
    let places = places(size, pane, zoom);
    let place = places.iter().find(|(p, _)| *p == pane);
    let axis = u16::from(pane == Pane::History);
    place.map_or(0, |(_, (.., height))| {
        usize::from(height.saturating_sub(2 + axis))
    })
}

pub(super) fn draw(inspector: &Inspector, seen: Seen<'_>, pen: &mut Pen<'_>) {
    let size = (pen.width(), pen.height());
    let Some(known) = Inspector::known(seen) else {
        let name = seen.frame.topology.nodes.get(inspector.of.node);
        let name = name.map_or_else(String::new, |n| n.name.clone());
        let mut inner = pen.frame(&name, "", true);
        inner.text(1, 0, "looking …", Role::Dim);
        return;
    };
    let of = (&seen.frame.topology, inspector.of.node);
    for (pane, (x, y, width, height)) in places(size, inspector.pane, inspector.zoom) {
        let mut part = pen.part(x, y, width, height);
        part.part_is(pane.number());
        let focused = pane == inspector.pane;
        let at = inspector.at[pane.number()];
        match pane {
            Pane::State => {
                let title = format!("{} · state", title(inspector, known));
                let lines = lines::state(known, of, width.saturating_sub(2));
                draw_lines(&mut part, &title, &lines, at, focused);
            }
            Pane::Changed => {
                let lines = lines::changed(known, width.saturating_sub(2));
                let title = match (&known.last, seen.working) {
                    (None, Some(_)) => "What changed: looking …",
                    (None, None) => "What changed: nothing has come yet",
                    (Some(_), _) => "What changed",
                };
                draw_lines(&mut part, title, &lines, at, focused);
            }
            Pane::History => draw_history(&mut part, known, seen.working, at, focused),
            Pane::Handled => draw_handled(&mut part, known, seen, at, focused),
        }
    }
}

/// What is looked at, and which of how many processes it is.
fn title(inspector: &Inspector, known: &Inspected) -> String {
    match (inspector.of.process, known.processes.len()) {
        (None, 2..) => format!("{} ({} processes)", known.name, known.processes.len()),
        _ => known.name.clone(),
    }
}

fn draw_lines(pen: &mut Pen<'_>, title: &str, lines: &[Line], at: usize, focused: bool) {
    let rows = usize::from(pen.height().saturating_sub(2));
    let sight = Sight::from(at, lines.len(), rows);
    let mut inner = pen.frame(title, &sight.if_cut().unwrap_or_default(), focused);
    for (y, _, line) in sight.of(lines) {
        let role = if line.value.is_empty() || line.role == Role::Bad {
            line.role
        } else {
            Role::Dim
        };
        inner.text(1, y, &line.name, role);
        inner.text(line.at, y, &line.value, line.role);
    }
}

fn draw_history(
    pen: &mut Pen<'_>,
    known: &Inspected,
    working: Option<f64>,
    at: usize,
    focused: bool,
) {
    let total = known.tracks.len();
    let rows = usize::from(pen.height().saturating_sub(3));
    let sight = Sight::from(at, total, rows);
    let cut = sight.if_cut().unwrap_or_default();
    let remark = match (working, total) {
        (Some(share), 0) => format!("{:.0}%", share * 100.0),
        _ if known.same > 0 => format!("{cut}  +{} that never changed", known.same)
            .trim()
            .to_owned(),
        _ => cut,
    };
    let title = format!("History of {}", known.name);
    let mut inner = pen.frame(&title, &remark, focused);
    let width = inner.width();
    let (names, values) = (width.min(90) * 3 / 10, 12);
    let cells = width.saturating_sub(names + values + 4);
    for (y, _, track) in sight.of(&known.tracks) {
        inner.text(
            1,
            y,
            &text::left(&track.name, usize::from(names)),
            Role::Dim,
        );
        draw_track(&mut inner, names + 2, y, cells, track);
        let now = text::right(&track.now, usize::from(values));
        inner.text_right(width.saturating_sub(1), y, &now, Role::Plain);
    }
    if total > 0 && rows > 0 {
        let (from, to) = known.span_ns;
        let y = sight.count() as u16;
        let begin = format!("{}s", text::moment(from));
        let end = format!("{}s", text::moment(to));
        inner.text(names + 2, y, &begin, Role::Dim);
        inner.text_right(names + 2 + cells, y, &end, Role::Dim);
    }
}

fn draw_track(pen: &mut Pen<'_>, x: u16, y: u16, cells: u16, track: &TrackRow) {
    let count = usize::from(cells);
    match &track.values {
        TrackValues::Numbers(numbers) => {
            let values = stretch(numbers, count);
            let heights: Vec<u64> = values.iter().map(|v| v.unwrap_or(0)).collect();
            let drawn = sparkline(&heights, count, pen.look().glyphs);
            for (i, (sign, value)) in drawn.chars().zip(&values).enumerate() {
                if value.is_some() {
                    pen.sign(x + i as u16, y, sign, Role::Series);
                }
            }
        }
        TrackValues::Words(stretches, samples) => {
            let cell = |sample: usize| (sample * count / (*samples).max(1)) as u16;
            for (i, (from, to, word)) in stretches.iter().enumerate() {
                let (from, to) = (cell(*from), cell(*to));
                if word.is_empty() {
                    continue;
                }
                let role = if i % 2 == 0 {
                    Role::Plain
                } else {
                    Role::Leader
                };
                pen.row(x + from, x + to, y, glyphs::SPAN, role);
                let room = usize::from(to.saturating_sub(from)).saturating_sub(1);
                pen.text(x + from, y, &text::cut(word, room), role);
            }
        }
    }
}

/// As many values as there are cells: each the largest of its stretch, or the one that holds there.
fn stretch(values: &[Option<u64>], cells: usize) -> Vec<Option<u64>> {
    let of = |cell: usize| {
        let from = cell * values.len() / cells.max(1);
        let to = ((cell + 1) * values.len() / cells.max(1)).max(from + 1);
        values
            .get(from..to.min(values.len()))?
            .iter()
            .flatten()
            .copied()
            .max()
    };
    (0..cells).map(of).collect()
}

fn draw_handled(pen: &mut Pen<'_>, known: &Inspected, seen: Seen<'_>, at: usize, focused: bool) {
    let total = known.handled.len();
    let at = at.min(total.saturating_sub(1));
    let rows = usize::from(pen.height().saturating_sub(2));
    let sight = Sight::around(at, total, rows);
    let mut remark = sight.if_cut().unwrap_or_default();
    if known.has_older && total > 0 && seen.working.is_none() {
        let comma = if remark.is_empty() { "" } else { ", " };
        remark = format!("{remark}{comma}and older");
    }
    if seen.working.is_some() && total < 2 {
        "looking …".clone_into(&mut remark);
    }
    let title = format!("Handled by {}", known.name);
    let mut inner = pen.frame(&title, &remark, focused);
    let width = inner.width();
    let now = seen.frame.header.events;
    for (y, line, row) in sight.of(&known.handled) {
        let is_selected = line == at;
        inner.row_is(y, Pane::Handled.number(), line);
        let sign = if row.event == now { glyphs::RIGHT } else { ' ' };
        inner.sign(0, y, sign, Role::Strong);
        let role = match row.came {
            Came::Message => Role::Traffic,
            Came::Timer => Role::Plain,
            Came::Life => Role::Strong,
            Came::Fault => Role::Bad,
        };
        inner.text(1, y, &format!("{:>9}", text::moment(row.at_ns)), Role::Dim);
        inner.text(11, y, lines::word(row.came), role);
        let numbers = match row.cause {
            0 => format!("#{}", row.event),
            cause => format!("#{}  by #{cause}", row.event),
        };
        let end = width.saturating_sub(1);
        let room = end.saturating_sub(18 + text::width(&numbers) as u16);
        let what = match &row.who {
            Some(who) => format!("{} to {who}", lines::what(row)),
            None => lines::what(row),
        };
        inner.text(17, y, &text::cut(&what, usize::from(room)), Role::Plain);
        inner.text_right(end, y, &numbers, Role::Dim);
        if is_selected && focused {
            inner.restyle_row(y, Role::Selected);
        }
    }
}
