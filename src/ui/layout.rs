//! Which pane stands where, at each size of the terminal.

use ratatui::layout::Rect;

/// Below this width nothing useful fits.
pub const WIDTH_MIN: u16 = 60;
/// Below this height nothing useful fits.
pub const HEIGHT_MIN: u16 = 16;

/// A part of the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Nodes and links.
    #[default]
    Topology,
    /// Queues, totals and checks.
    Queues,
    /// Latency over time.
    Heatmap,
    /// Latency and its percentiles.
    Latency,
    /// What happened.
    Events,
    /// The run as a line of time.
    Time,
}

impl Pane {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Topology,
        Self::Queues,
        Self::Heatmap,
        Self::Latency,
        Self::Events,
        Self::Time,
    ];

    /// From 0.
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|&p| p == self).unwrap_or(0)
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Topology => "Topology",
            Self::Queues => "Queues",
            Self::Heatmap => "Latency over time",
            Self::Latency => "Latency",
            Self::Events => "Events",
            Self::Time => "Time",
        }
    }
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// As on 80×24.
    Small,
    /// As on 120×40.
    Medium,
    /// As on 200×60.
    Large,
}

/// Which pane stands where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How much room there is.
    pub room: Room,
    /// The first line.
    pub header: Rect,
    /// The panes that are shown.
    pub panes: Vec<(Pane, Rect)>,
    /// The line that says what is not shown; no height where everything is.
    pub remark: Rect,
    /// The last line: keys.
    pub footer: Rect,
}

impl Layout {
    /// The pane that is drawn in this cell.
    pub fn pane_at(&self, x: u16, y: u16) -> Option<Pane> {
        self.panes
            .iter()
            .find(|(_, r)| r.contains((x, y).into()))
            .map(|&(pane, _)| pane)
    }

    /// Where a pane is drawn.
    pub fn area(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|p| p.0 == pane).map(|p| p.1)
    }
}

/// The layout for a size; none where it is too small. With `zoomed`, that pane alone.
pub fn layout(width: u16, height: u16, zoomed: Option<Pane>) -> Option<Layout> {
    if width < WIDTH_MIN || height < HEIGHT_MIN {
        return None;
    }
    let row = |y| Rect::new(0, y, width, 1);
    let room = if width >= 160 && height >= 50 {
        Room::Large
    } else if width >= 100 && height >= 34 {
        Room::Medium
    } else {
        Room::Small
    };
    let remark_rows = u16::from(room == Room::Small && zoomed.is_none());
    let body = Rect::new(0, 1, width, height - 2 - remark_rows);
    let panes = match (zoomed, room) {
        (Some(pane), _) => vec![(pane, body)],
        (None, Room::Small) => small(body),
        (None, Room::Medium) => medium(body),
        (None, Room::Large) => large(body),
    };
    Some(Layout {
        room,
        header: row(0),
        panes,
        remark: Rect::new(0, height - 1 - remark_rows, width, remark_rows),
        footer: row(height - 1),
    })
}

/// Splits a rectangle into one of `rows` rows and the rest below.
fn top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (
        Rect {
            height: rows,
            ..area
        },
        Rect {
            y: area.y + rows,
            height: area.height - rows,
            ..area
        },
    )
}

/// Splits a rectangle into one of `columns` columns and the rest on the right.
fn left(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    (
        Rect {
            width: columns,
            ..area
        },
        Rect {
            x: area.x + columns,
            width: area.width - columns,
            ..area
        },
    )
}

fn small(body: Rect) -> Vec<(Pane, Rect)> {
    let h = body.height;
    let time = 3;
    let events = (h / 4).clamp(3, 10);
    let latency = if h >= 18 { (h / 6).clamp(4, 10) } else { 0 };
    let (upper, rest) = top(body, h - time - events - latency);
    let (topology, queues) = left(upper, split(upper.width, 55));
    let (latency_area, rest) = top(rest, latency);
    let (events_area, time_area) = top(rest, events);
    let mut panes = vec![(Pane::Topology, topology), (Pane::Queues, queues)];
    if latency > 0 {
        panes.push((Pane::Latency, latency_area));
    }
    panes.push((Pane::Events, events_area));
    panes.push((Pane::Time, time_area));
    panes
}

fn medium(body: Rect) -> Vec<(Pane, Rect)> {
    let h = body.height;
    let time = if h >= 36 { 6 } else { 5 };
    let events = (h / 6).clamp(5, 12);
    let upper_rows = share(h - time - events, 17, 29);
    let (upper, rest) = top(body, upper_rows);
    let (middle, rest) = top(rest, h - time - events - upper_rows);
    let (events_area, time_area) = top(rest, events);
    let (topology, queues) = left(upper, split(upper.width, 53));
    let (heatmap, latency) = left(middle, split(middle.width, 53));
    vec![
        (Pane::Topology, topology),
        (Pane::Queues, queues),
        (Pane::Heatmap, heatmap),
        (Pane::Latency, latency),
        (Pane::Events, events_area),
        (Pane::Time, time_area),
    ]
}

fn large(body: Rect) -> Vec<(Pane, Rect)> {
    let h = body.height;
    let time = 8;
    let events = (h / 5).clamp(8, 16);
    let upper_rows = share(h - time - events, 18, 30);
    let (upper, rest) = top(body, upper_rows);
    let (middle, rest) = top(rest, h - time - events - upper_rows);
    let (events_area, time_area) = top(rest, events);
    let (topology, queues) = left(upper, split(upper.width, 58));
    let (heatmap, latency) = left(middle, split(middle.width, 58));
    vec![
        (Pane::Topology, topology),
        (Pane::Queues, queues),
        (Pane::Heatmap, heatmap),
        (Pane::Latency, latency),
        (Pane::Events, events_area),
        (Pane::Time, time_area),
    ]
}

fn split(width: u16, percent: u16) -> u16 {
    share(width, percent, 100)
}

/// So many of some parts of a number of cells, however many there are: a product of cells need not fit into a `u16`.
pub fn share(cells: u16, parts: u16, of: u16) -> u16 {
    let share = u32::from(cells) * u32::from(parts) / u32::from(of.max(1));
    u16::try_from(share).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_fill_the_screen_and_never_overlap() {
        // Beyond any screen, too: a terminal may say that it is as large as it likes.
        for width in (WIDTH_MIN..=220).chain([1_600, u16::MAX]) {
            for height in (HEIGHT_MIN..=80).chain([8_000, u16::MAX]) {
                let l = layout(width, height, None).expect("big enough");
                let rects: Vec<Rect> = l
                    .panes
                    .iter()
                    .map(|p| p.1)
                    .chain([l.header, l.remark, l.footer])
                    .collect();
                let cells: u32 = rects.iter().map(|r| r.area()).sum();
                assert_eq!(cells, u32::from(width) * u32::from(height));
                for (i, a) in rects.iter().enumerate() {
                    for b in &rects[i + 1..] {
                        assert!(!a.intersects(*b) || a.is_empty() || b.is_empty());
                    }
                }
                for (pane, r) in &l.panes {
                    assert!(r.height >= 3 && r.width >= 20, "{pane:?} {width}x{height}");
                }
            }
        }
    }

    #[test]
    fn below_the_minimum_there_is_none() {
        assert_eq!(layout(59, 40, None), None);
        assert_eq!(layout(200, 15, None), None);
    }
}
