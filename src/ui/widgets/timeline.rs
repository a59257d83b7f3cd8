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
    /// The first lane to show, if not all have room.
    pub lane: usize,
}

/// How the pane's inside is given out.
struct Shares<'a> {
    /// The lanes that have a row.
    lanes: &'a [Lane],
    /// Columns for their names.
    label: u16,
    /// The row of the line.
    line_y: u16,
    /// Whether the last row names the times.
    ticks: bool,
    /// Where the line is, and what it stands for.
    scale: Scale,
}

fn shares(
    timeline: &Timeline,
    end_ns: u64,
    (width, height): (u16, u16),
    lane: usize,
) -> Option<Shares<'_>> {
    if width < 20 || height == 0 {
        return None;
    }
    // Where there is more room than lanes, the last row names the times.
    let ticks = usize::from(height) >= timeline.lanes.len() + 2;
    let line_y = if ticks {
        (timeline.lanes.len() as u16).min(height - 2)
    } else {
        height - 1
    };
    let rows = timeline.lanes.len().min(usize::from(line_y));
    let first = lane.min(timeline.lanes.len() - rows);
    let lanes = &timeline.lanes[first..first + rows];
    // Names of lanes out of sight count: the line of time stays where it is.
    let all = timeline.lanes.iter().filter(|_| rows > 0);
    let widths = all.map(|l| text::width(&l.name));
    let label = widths.max().unwrap_or(0).min(18) as u16;
    let end = text::span(end_ns);
    let scale = Scale {
        from: if label > 0 { label + 3 } else { 1 },
        to: width.saturating_sub(text::width(&end) as u16 + 2),
        end_ns,
    };
    Some(Shares {
        lanes,
        label,
        line_y,
        ticks,
        scale,
    })
}

/// The moment that a column of the pane's inside stands for, ns.
pub fn time_at(timeline: &Timeline, end_ns: u64, size: (u16, u16), x: u16) -> Option<u64> {
    shares(timeline, end_ns, size, 0).map(|shares| shares.scale.time(x))
}

/// Draws the pane's inside: lanes as there is room for, then the line.
pub fn draw(pen: &mut Pen<'_>, timeline: &Timeline, place: Place) {
    let size = (pen.width(), pen.height());
    let Some(shares) = shares(timeline, place.end_ns, size, place.lane) else {
        return;
    };
    let (label, line_y, scale) = (shares.label, shares.line_y, shares.scale);
    for (y, lane) in shares.lanes.iter().enumerate() {
        let name = text::right(&lane.name, usize::from(label));
        pen.text(1, y as u16, &name, Role::Dim);
        draw_lane(pen, y as u16, lane, scale, place.now_ns);
    }
    draw_line(pen, line_y, timeline, scale, place);
    pen.text(scale.to + 1, line_y, &text::span(place.end_ns), Role::Dim);
    if shares.ticks {
        draw_ticks(pen, line_y + 1, scale);
    }
    if label > 0 {
        let name = text::right("time", usize::from(label));
        pen.text(1, line_y, &name, Role::Dim);
    }
}

/// How many lanes find no room in so many rows.
pub fn lanes_hidden(timeline: &Timeline, rows: u16) -> usize {
    let room = usize::from(rows).saturating_sub(1);
    timeline.lanes.len().saturating_sub(room)
}

/// Which lanes are shown from one on, for the title; empty where all are.
pub fn lanes_remark(timeline: &Timeline, rows: u16, from: usize) -> String {
    let (hidden, all) = (lanes_hidden(timeline, rows), timeline.lanes.len());
    match (hidden, all - hidden) {
        (0, _) => String::new(),
        (hidden, 0) => format!("+{hidden} lanes  "),
        (hidden, shown) => {
            let first = from.min(hidden);
            format!("lanes {}-{} of {all}  ", first + 1, first + shown)
        }
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

    /// The first moment that is drawn in a column.
    fn time(self, x: u16) -> u64 {
        let cells = u128::from(self.to.saturating_sub(self.from + 1)).max(1);
        let at = u128::from(x.saturating_sub(self.from)).min(cells);
        (at * u128::from(self.end_ns)).div_ceil(cells) as u64
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

/// Times below the line, at steps that people count in.
fn draw_ticks(pen: &mut Pen<'_>, y: u16, scale: Scale) {
    const STEPS_S: [u64; 14] = [
        1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400,
    ];
    let cells = u64::from(scale.to.saturating_sub(scale.from)).max(1);
    let ten_cells_ns = scale.end_ns / cells * 10;
    let wanted = STEPS_S.iter().map(|s| s * 1_000_000_000);
    let Some(step) = wanted.into_iter().find(|&ns| ns >= ten_cells_ns.max(1)) else {
        return;
    };
    let mut at = 0;
    while at < scale.end_ns {
        pen.text(
            scale.x(at),
            y,
            &text::span(at).replace("0ns", "0s"),
            Role::Dim,
        );
        at += step;
    }
}

/// Draws stretches, each with its name where that hides no other stretch: inside it, or in the empty time after it.
fn draw_lane(pen: &mut Pen<'_>, y: u16, lane: &Lane, scale: Scale, now_ns: u64) {
    for (i, span) in lane.spans.iter().enumerate() {
        let from = scale.x(span.from_ns);
        let to = scale.x(span.to_ns.unwrap_or(now_ns)).max(from + 1);
        let role = mark_role(span.kind);
        if text::width(&span.label) < usize::from(to - from) {
            let after = pen.text(from, y, &span.label, role);
            pen.row(after, to, y, glyphs::SPAN, role);
            continue;
        }
        pen.row(from, to, y, glyphs::SPAN, role);
        pen.sign(from, y, mark_sign(span.kind), role);
        let next = lane.spans.get(i + 1).map(|s| scale.x(s.from_ns));
        let room = usize::from(next.unwrap_or(scale.to).saturating_sub(to + 2));
        let label = text::cut(&span.label, room);
        if label == span.label || text::width(&label) >= LABEL_MIN {
            pen.text(to + 1, y, &label, role);
        }
    }
}

/// Of a name that is cut, less than this says nothing.
const LABEL_MIN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::view::LaneSpan;

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
        for x in 3..43 {
            assert_eq!(scale.x(scale.time(x)), x);
        }
        assert_eq!(scale.time(0), 0);
        assert_eq!(scale.time(200), 30_000_000_000);
    }

    fn drawn(spans: &[(u64, Option<u64>, &str)]) -> String {
        use crate::ui::style::Look;
        use crate::ui::view::MarkKind;
        use ratatui::buffer::Buffer;
        use ratatui::layout::Rect;

        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 1));
        let spans = spans.iter().map(|&(from_s, to_s, label)| LaneSpan {
            from_ns: from_s * 1_000_000_000,
            to_ns: to_s.map(|s| s * 1_000_000_000),
            label: label.into(),
            kind: MarkKind::Alert,
        });
        let lane = Lane {
            name: String::new(),
            spans: spans.collect(),
        };
        let scale = Scale {
            from: 0,
            to: 60,
            end_ns: 60_000_000_000,
        };
        let area = buffer.area;
        let mut pen = Pen::new(&mut buffer, area, Look::default());
        draw_lane(&mut pen, 0, &lane, scale, 50_000_000_000);
        (0..60).map(|x| buffer[(x, 0)].symbol()).collect()
    }

    #[test]
    fn a_name_never_hides_another_stretch_or_its_name() {
        let line = drawn(&[
            (0, Some(2), "slow link broker-1"),
            (10, Some(40), "cut web from broker"),
            (41, Some(42), "crash b2"),
            (52, None, "crash b3"),
        ]);
        assert!(line.contains("slow"), "cut, but there: {line}");
        assert!(line.contains("cut web from broker"), "{line}");
        assert!(line.contains("crash b2"), "healed, still named: {line}");
        let stretch = line.chars().skip(30).take(8);
        assert!(stretch.clone().all(|c| c == glyphs::SPAN), "{line}");
    }

    #[test]
    fn no_scrap_of_a_name_stands_where_there_is_no_room() {
        let name = "slow link broker-1";
        let mut cut = 0;
        for begins in 2..30 {
            let line = drawn(&[(0, Some(1), name), (begins, Some(58), "cut a from b")]);
            let (before, _) = line.split_once("cut a from b").expect("the name behind it");
            // The sign of the first stretch, its name if there is one, and what is empty.
            let said = before.strip_prefix('!').unwrap_or(before).trim();
            let letters = said.trim_end_matches('…');
            assert!(name.starts_with(letters), "{line}");
            assert!(said.is_empty() || letters.chars().count() >= 4, "{line}");
            cut += u32::from(said.ends_with('…'));
        }
        assert!(cut > 0, "a name that nearly fits is cut");
    }
}
