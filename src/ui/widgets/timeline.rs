//! The run as a line of time: marks, where it stands, and what held over which stretch.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{Lane, Timeline};

use super::{mark_role, mark_sign};

/// Where the run stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Now.
    pub now_ns: u64,
    /// The end of the run.
    pub end_ns: u64,
    /// The selected mark.
    pub selected: Option<usize>,
}

/// Draws the pane's inside: lanes as there is room for, then the line.
pub fn draw(pen: &mut Pen<'_>, timeline: &Timeline, place: Place) {
    let (width, height) = (pen.width(), pen.height());
    if width < 20 || height == 0 {
        return;
    }
    let lanes_rows = usize::from(height - 1);
    let shown = if timeline.lanes.len() > lanes_rows {
        lanes_rows.saturating_sub(1)
    } else {
        timeline.lanes.len()
    };
    let named = &timeline.lanes[..shown];
    let label = named
        .iter()
        .map(|l| text::width(&l.name))
        .max()
        .unwrap_or(0)
        .min(18) as u16;
    let end = text::span(place.end_ns);
    let from = if label > 0 { label + 3 } else { 1 };
    let to = width.saturating_sub(text::width(&end) as u16 + 2);
    let scale = Scale {
        from,
        to,
        end_ns: place.end_ns,
    };
    for (y, lane) in named.iter().enumerate() {
        let name = text::right(&lane.name, usize::from(label));
        pen.text(1, y as u16, &name, Role::Dim);
        draw_lane(pen, y as u16, lane, scale, place.now_ns);
    }
    let hidden = timeline.lanes.len() - shown;
    if hidden > 0 && lanes_rows > 0 {
        let more = format!("+{hidden} more lanes: z zooms");
        pen.text(1, shown as u16, &more, Role::Dim);
    }
    draw_line(pen, height - 1, timeline, scale, place);
    pen.text(to + 1, height - 1, &end, Role::Dim);
    if label > 0 {
        let name = text::right("time", usize::from(label));
        pen.text(1, height - 1, &name, Role::Dim);
    }
}

#[derive(Clone, Copy)]
struct Scale {
    from: u16,
    to: u16,
    end_ns: u64,
}

impl Scale {
    fn x(self, at_ns: u64) -> u16 {
        let cells = u128::from(self.to.saturating_sub(self.from + 1));
        let at = u128::from(at_ns.min(self.end_ns)) * cells;
        self.from + (at / u128::from(self.end_ns.max(1))) as u16
    }
}

fn draw_line(pen: &mut Pen<'_>, y: u16, timeline: &Timeline, scale: Scale, place: Place) {
    let now = scale.x(place.now_ns);
    pen.row(scale.from, now, y, '─', Role::Plain);
    pen.row(now, scale.to, y, glyphs::AHEAD, Role::Dim);
    pen.sign(scale.from, y, '├', Role::Plain);
    pen.sign(scale.to.saturating_sub(1), y, '┤', Role::Dim);
    pen.sign(now, y, glyphs::UP, Role::Focus);
    // The most severe of the marks that share a cell is seen.
    let mut marks: Vec<_> = timeline.marks.iter().collect();
    marks.sort_by_key(|m| m.kind);
    for mark in marks {
        pen.sign(
            scale.x(mark.at_ns),
            y,
            mark_sign(mark.kind),
            mark_role(mark.kind),
        );
    }
    if let Some(mark) = place.selected.and_then(|i| timeline.marks.get(i)) {
        pen.sign(scale.x(mark.at_ns), y, mark_sign(mark.kind), Role::Selected);
    }
}

fn draw_lane(pen: &mut Pen<'_>, y: u16, lane: &Lane, scale: Scale, now_ns: u64) {
    for span in &lane.spans {
        let from = scale.x(span.from_ns);
        let to = scale.x(span.to_ns.unwrap_or(now_ns)).max(from + 1);
        let role = mark_role(span.kind);
        let room = usize::from(to - from);
        let label = if text::width(&span.label) < room {
            span.label.as_str()
        } else {
            ""
        };
        let sign = if label.is_empty() {
            mark_sign(span.kind)
        } else {
            glyphs::SPAN
        };
        let after = pen.text(from, y, label, role);
        pen.row(after, to, y, glyphs::SPAN, role);
        if label.is_empty() {
            pen.sign(from, y, sign, role);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_time_are_the_ends_of_the_line() {
        let scale = Scale {
            from: 3,
            to: 43,
            end_ns: 30_000_000_000,
        };
        assert_eq!(scale.x(0), 3);
        assert_eq!(scale.x(30_000_000_000), 42);
        assert_eq!(scale.x(u64::MAX), 42);
        assert_eq!(scale.x(15_000_000_000), 22);
    }
}
