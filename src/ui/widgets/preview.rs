//! A run in small: nodes and links where there is room, where it stands, how much waits, what happened last.

use crate::ui::layout::share;
use crate::ui::model::times;
use crate::ui::pen::Pen;
use crate::ui::preview::Live;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{Header, QueueRow, RowKind};

use super::{events, header, spark, topology};

/// Lines that are always there: where the run stands, how much waits.
const FACTS: u16 = 2;
/// In fewer rows than this, nodes and links cannot be told.
const TOPOLOGY_MIN: u16 = 5;
/// More rows than this make a topology only longer.
const TOPOLOGY_MAX: u16 = 30;

/// How the rows are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Rows of nodes and links; none where they could not be told.
    pub topology: u16,
    /// Rows of what happened.
    pub marks: u16,
}

impl Shares {
    /// Gives out `height` rows, where `text` rows are wanted below.
    pub fn new(height: u16, text: u16) -> Self {
        let marks = (height / 7).clamp(1, 6);
        let spare = height.saturating_sub(FACTS + marks + text + 1);
        let topology = share(height, 9, 20).max(spare).min(TOPOLOGY_MAX);
        Self {
            topology: if topology < TOPOLOGY_MIN { 0 } else { topology },
            marks,
        }
    }

    /// All of them.
    pub fn rows(self) -> u16 {
        self.topology + FACTS + self.marks
    }
}

/// How it moves, for the frame around it.
pub fn remark(live: &Live) -> String {
    let (word, _) = header::state(&live.playback);
    format!("{} {word}", times(live.playback.speed))
}

/// Draws it from the pen's first row on.
pub fn draw(pen: &mut Pen<'_>, live: &Live, shares: Shares) {
    let (frame, width) = (&live.frame, pen.width());
    let y = shares.topology;
    if y > 0 {
        let mut inner = pen.part(1, 0, width.saturating_sub(1), y);
        let groups = topology::Groups::default();
        let scene = topology::Scene::new(&frame.topology, &groups, frame.header.now_ns);
        topology::draw(&mut inner, scene);
    }
    draw_place(&mut pen.part(0, y, width, 1), &frame.header);
    draw_waiting(&mut pen.part(0, y + 1, width, 1), &frame.queues);
    let mut log = pen.part(0, y + FACTS, width, shares.marks);
    if frame.events.is_empty() {
        log.text(1, 0, "no fault, failover or finding yet", Role::Dim);
    } else {
        let newest: Vec<_> = frame.events.iter().collect();
        let events = events::Log {
            events: &newest,
            selected: None,
            is_filtered: false,
            search: "",
        };
        events.draw(&mut log);
    }
}

/// Where the run stands, and what is wrong.
fn draw_place(pen: &mut Pen<'_>, header: &Header) {
    // Tenths: at the speed of a preview nobody reads thousandths.
    let now = text::age(header.now_ns);
    let time = format!("{now} of {}", text::span(header.end_ns));
    let x = pen.text(1, 0, &time, Role::Strong);
    let mut end = pen.width().saturating_sub(1);
    for (long, short, role) in header::troubles(header, false).into_iter().rev() {
        let fits = |part: &&String| x + 2 + text::width(part) as u16 <= end;
        if let Some(part) = [long, short].iter().find(fits) {
            pen.text_right(end, 0, part, role);
            end -= text::width(part) as u16 + 2;
        }
    }
    let events = format!("{} events", text::count(header.events));
    if x + 4 + text::width(&events) as u16 <= end {
        pen.text(x + 3, 0, &events, Role::Plain);
    }
}

/// How far all readers are behind; where nobody reads, how much the queues hold; where there are none, what waits for services.
fn draw_waiting(pen: &mut Pen<'_>, queues: &[QueueRow]) {
    let of = |kind| queues.iter().filter(move |q: &&QueueRow| q.kind == kind);
    let kinds = [RowKind::Lag, RowKind::Depth, RowKind::Waiting];
    let Some(kind) = kinds.into_iter().find(|kind| of(*kind).next().is_some()) else {
        return;
    };
    let now: u64 = of(kind).map(|q| q.depth).fold(0, u64::saturating_add);
    let label = format!("{} {}", kind.word(), text::left(&text::short_count(now), 6));
    let x = pen.text(1, 0, &label, Role::Plain) + 1;
    let cells = usize::from(pen.width().saturating_sub(x + 1));
    let line = spark::sparkline(&sum(of(kind)), cells, pen.look().glyphs);
    pen.text(x, 0, &line, Role::Traffic);
}

/// The trends of all rows together; the newest values are the last of each.
fn sum<'a>(rows: impl Iterator<Item = &'a QueueRow>) -> Vec<u64> {
    let mut newest_first: Vec<u64> = Vec::new();
    for row in rows {
        if row.trend.len() > newest_first.len() {
            newest_first.resize(row.trend.len(), 0);
        }
        for (total, value) in newest_first.iter_mut().zip(row.trend.iter().rev()) {
            *total = total.saturating_add(*value);
        }
    }
    newest_first.reverse();
    newest_first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_are_added_at_their_newest_end() {
        let row = |trend: &[u64]| QueueRow {
            trend: trend.to_vec(),
            ..QueueRow::default()
        };
        let rows = [row(&[5]), row(&[1, 2, 3]), row(&[])];
        assert_eq!(sum(rows.iter()), [1, 2, 8]);
    }

    #[test]
    fn a_low_pane_has_lines_and_no_topology() {
        assert_eq!(Shares::new(8, 20).topology, 0);
        for height in 0..200 {
            let shares = Shares::new(height, 10);
            assert!(shares.rows() <= height.max(3), "{height}");
        }
    }
}
