//! What the dashboard shows and what the person chose to look at.

use serde::{Deserialize, Serialize};

use super::comfort::Comfort;
use super::engine::{Answer, Query, Subject, Until};
use super::help;
use super::keymap::{Action, Context};
use super::layout::Pane;
use super::panes::Choices;
use super::screens::{Open, Seen};
use super::seek::Bar;
use super::spots::Spot;
use super::style::Look;
use super::view::{EventLine, Fact, Frame, Heatmap, Latency, QueueRow, RowKind};
use super::widgets::topology::Groups;

/// The speeds that keys choose from, in virtual seconds per second, slowest first; the last is as fast as the machine can.
pub const SPEEDS: [f64; 14] = [
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    50.0,
    100.0,
    200.0,
    500.0,
    1000.0,
    f64::INFINITY,
];

/// Which of [`SPEEDS`] is real time.
pub const REAL_TIME: usize = 3;

/// The entry of [`SPEEDS`] nearest to a speed.
pub fn speed_index(speed: f64) -> usize {
    let faster = SPEEDS.iter().position(|&s| s >= speed);
    let Some(at) = faster else {
        return SPEEDS.len() - 1;
    };
    let below = at.saturating_sub(1);
    if SPEEDS[at].is_finite() && speed - SPEEDS[below] < SPEEDS[at] - speed {
        below
    } else {
        at
    }
}

/// The next of [`SPEEDS`] above a speed, or the fastest.
pub fn faster(speed: f64) -> f64 {
    let above = SPEEDS.into_iter().find(|&s| s > speed);
    above.unwrap_or(f64::INFINITY)
}

/// The next of [`SPEEDS`] below a speed, or the slowest.
pub fn slower(speed: f64) -> f64 {
    let below = SPEEDS.into_iter().rev().find(|&s| s < speed);
    below.unwrap_or(SPEEDS[0])
}

/// One of [`SPEEDS`] as the screen says it.
pub fn speed_text(index: usize) -> String {
    times(SPEEDS.get(index).copied().unwrap_or(f64::INFINITY))
}

/// Any speed as the screen says it: to a thousandth, and with an exponent from a million on.
pub fn times(speed: f64) -> String {
    if speed.is_infinite() {
        "max".into()
    } else if speed >= 1e6 {
        // Two digits after the point, without those that are nothing.
        let text = format!("{speed:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        format!("x{digits}e{power}")
    } else {
        format!("x{}", (speed * 1000.0).round() / 1000.0)
    }
}

/// How the run moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Playback {
    /// Whether it stands.
    pub paused: bool,
    /// Whether it reached its end.
    pub ended: bool,
    /// Virtual seconds per second, infinite for as fast as the machine can: one of [`SPEEDS`], or what was asked for at the start.
    pub speed: f64,
    /// The place to which it runs at full speed now, if it does.
    pub goal: Option<Until>,
    /// Movements that count from there, and wait until it is known where that is.
    pub waiting: Vec<Action>,
    /// The speed that was reached lately, where that is less than asked for or `max` was.
    pub measured: Option<f64>,
}

/// In what order queues are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// As the scenario has them.
    #[default]
    Scenario,
    /// The fullest first.
    Depth,
    /// Those that grow fastest first.
    Trend,
    /// What comes in fastest first.
    In,
    /// What goes out fastest first.
    Out,
    /// The one with the oldest message first.
    Oldest,
    /// Those of which most threads are held first.
    Held,
    /// By name.
    Name,
}

impl Sort {
    /// The one after this.
    pub fn next(self) -> Self {
        match self {
            Self::Scenario => Self::Depth,
            Self::Depth => Self::Trend,
            Self::Trend => Self::In,
            Self::In => Self::Out,
            Self::Out => Self::Oldest,
            Self::Oldest => Self::Held,
            Self::Held => Self::Name,
            Self::Name => Self::Scenario,
        }
    }

    /// For the title of the pane.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scenario => "as in the scenario",
            Self::Depth => "by depth",
            Self::Trend => "by growth",
            Self::In => "by in/s",
            Self::Out => "by out/s",
            Self::Oldest => "by age",
            Self::Held => "by threads held",
            Self::Name => "by name",
        }
    }

    /// The rows in this order.
    pub fn apply(self, rows: &[QueueRow]) -> Vec<&QueueRow> {
        let mut rows: Vec<&QueueRow> = rows.iter().collect();
        match self {
            Self::Scenario => {}
            Self::Depth => rows.sort_by_key(|r| std::cmp::Reverse(r.depth)),
            Self::Trend => rows.sort_by_key(|r| std::cmp::Reverse(growth(r))),
            Self::In => rows.sort_by(|a, b| b.in_per_s.total_cmp(&a.in_per_s)),
            Self::Out => rows.sort_by(|a, b| b.out_per_s.total_cmp(&a.out_per_s)),
            Self::Oldest => rows.sort_by_key(|r| std::cmp::Reverse(r.oldest_ns)),
            Self::Held => rows.sort_by_key(|r| std::cmp::Reverse(r.held.map(|h| h.0))),
            Self::Name => rows.sort_by(|a, b| a.name.cmp(&b.name)),
        }
        rows
    }
}

/// By how much a row grew over its trend.
fn growth(row: &QueueRow) -> i128 {
    let of = |depth: Option<&u64>| depth.map_or(0, |&d| i128::from(d));
    of(row.trend.last()) - of(row.trend.first())
}

/// What is open over the panes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The help screen, with the selected line.
    Help(usize),
    /// What is selected in the focused pane.
    Detail,
    /// A seed is asked for: what was typed so far.
    Seed(String),
    /// A filter is asked for: it is applied while it is typed.
    Filter,
    /// A text to look for is asked for: what contains it is shown while it is typed.
    Search,
}

/// The dashboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The run, as it is shown.
    pub frame: Frame,
    /// What is known of the thing that is shown in detail, beside what the frame says.
    pub facts: Vec<Fact>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// How it looks.
    pub look: Look,
    /// How the run moves.
    pub playback: Playback,
    /// Which pane has the keys.
    pub focus: Pane,
    /// Whether that pane is shown alone.
    pub zoom: bool,
    /// The selected line of each pane.
    pub selected: [Option<usize>; 6],
    /// Which groups of nodes are open.
    pub groups: Groups,
    /// In what order queues are shown.
    pub sort: Sort,
    /// What is chosen in single panes.
    pub panes: Choices,
    /// Whether counts of latencies are drawn on a logarithmic scale.
    pub log_counts: bool,
    /// Which latency is shown, where there are several.
    pub latency_of: usize,
    /// Only events that contain this are shown.
    pub filter: String,
    /// What is open.
    pub overlay: Overlay,
    /// The screens over the dashboard, the innermost last.
    pub screens: Vec<Open>,
    /// What is known so far of what the innermost screen wants to know.
    pub answer: Option<Answer>,
    /// How much of that is done, while it is not all there.
    pub working: Option<f64>,
    /// A long way on which the run is.
    pub seeking: Option<Bar>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// In which pane the mouse was pressed last.
    pub pressed: Option<Pane>,
    /// What was pressed last in what is open over the panes.
    pub pressed_spot: Option<Spot>,
    /// What is kept for what concerns no run.
    pub comfort: Comfort,
    /// Whether there is a screen to go back to.
    pub has_parent: bool,
    /// Something to say once, at the foot of the screen.
    pub notice: String,
}

impl Model {
    /// A dashboard at the start of a run, at a speed in virtual seconds per second.
    pub fn new(frame: Frame, look: Look, speed: f64) -> Self {
        Self {
            frame,
            facts: Vec::new(),
            size: (80, 24),
            look,
            playback: Playback {
                paused: false,
                ended: false,
                speed,
                goal: None,
                waiting: Vec::new(),
                measured: None,
            },
            focus: Pane::Topology,
            zoom: false,
            selected: [None; 6],
            groups: Groups::default(),
            sort: Sort::Scenario,
            panes: Choices::default(),
            log_counts: false,
            latency_of: 0,
            filter: String::new(),
            overlay: Overlay::None,
            screens: Vec::new(),
            answer: None,
            working: None,
            seeking: None,
            mouse: false,
            pressed: None,
            pressed_spot: None,
            comfort: Comfort::default(),
            has_parent: false,
            notice: String::new(),
        }
    }

    /// Takes a new picture of the run. A selected event stays selected while others come in above it.
    pub fn show(&mut self, frame: Frame) {
        let at = Pane::Events.index();
        let chosen = self.selected[at].and_then(|i| self.events().get(i).map(|e| e.event));
        self.frame = frame;
        if let Some(event) = chosen {
            self.selected[at] = self.events().iter().position(|e| e.event == event);
        }
    }

    /// The thing that is shown in detail, if the run is asked about it.
    pub fn subject(&self) -> Option<Subject> {
        if self.overlay != Overlay::Detail {
            return None;
        }
        let at = self.selection(self.focus).unwrap_or(0);
        match self.focus {
            Pane::Queues => {
                let rows = self.rows();
                rows.get(at).map(|row| match row.kind {
                    RowKind::Waiting => Subject::Service(row.queue),
                    RowKind::Depth | RowKind::Lag => Subject::Queue(row.queue),
                })
            }
            _ => None,
        }
    }

    /// Where keys go, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        let cancel = self.seeking.is_some().then_some(Context::Seek);
        cancel.into_iter().chain(self.inner_contexts()).collect()
    }

    fn inner_contexts(&self) -> Vec<Context> {
        if self.comfort.saving {
            return vec![Context::Save, Context::Always];
        }
        match self.overlay {
            Overlay::Help(_) => vec![Context::Help, Context::Always],
            Overlay::Detail => vec![Context::Detail, Context::Always],
            Overlay::Seed(_) | Overlay::Filter | Overlay::Search => {
                vec![Context::Entry, Context::Always]
            }
            Overlay::None if !self.screens.is_empty() => {
                self.screens.last().map_or_else(Vec::new, Open::contexts)
            }
            Overlay::None => {
                let pane = match self.focus {
                    Pane::Topology => Some(Context::Topology),
                    Pane::Queues => Some(Context::Queues),
                    Pane::Latency => Some(Context::Latency),
                    Pane::Events => Some(Context::Events),
                    Pane::Time => Some(Context::Time),
                    Pane::Heatmap => None,
                };
                pane.into_iter()
                    .chain([Context::Travel, Context::Dashboard, Context::Always])
                    .collect()
            }
        }
    }

    /// What a screen over the dashboard can see.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            frame: &self.frame,
            answer: self.answer.as_ref(),
            working: self.working,
            goal: self.playback.goal,
            // The first and the last row are not theirs.
            size: (self.size.0, self.size.1.saturating_sub(2)),
        }
    }

    /// The same on a terminal that is large enough for all of the innermost screen, if it has more to keep than it shows.
    pub fn whole(&self) -> Option<Self> {
        let open = self
            .screens
            .last()
            .filter(|_| self.overlay == Overlay::None)?;
        let (width, height) = open.whole(self.seen())?;
        // Above and below a screen there is a row each.
        let size = (
            width.max(self.size.0),
            height.saturating_add(2).max(self.size.1),
        );
        let notice = String::new();
        (size != self.size).then(|| Self {
            size,
            notice,
            ..self.clone()
        })
    }

    /// What the innermost screen wants to know.
    pub fn query(&self) -> Option<Query> {
        self.screens.last().and_then(Open::query)
    }

    /// What the help lists here.
    pub fn help_contexts(&self) -> Vec<Context> {
        match self.screens.last() {
            Some(open) => open.contexts(),
            None => help::DASHBOARD.to_vec(),
        }
    }

    /// The pane that is shown alone. One that has no place on a small screen is, when it has the keys.
    pub fn zoomed(&self) -> Option<Pane> {
        if self.zoom {
            return Some(self.focus);
        }
        let (w, h) = self.size;
        let shown = super::layout::layout(w, h, None).is_none_or(|l| l.area(self.focus).is_some());
        (!shown).then_some(self.focus)
    }

    /// The latency that is shown, and the same over time.
    pub fn latency(&self) -> (&Latency, &Heatmap) {
        let others = &self.frame.other_latencies;
        match (self.latency_of % (others.len() + 1)).checked_sub(1) {
            Some(other) => (&others[other].0, &others[other].1),
            None => (&self.frame.latency, &self.frame.heatmap),
        }
    }

    /// The rows of the table of queues that pass its filter, in the order that is chosen.
    pub fn rows(&self) -> Vec<&QueueRow> {
        let mut rows = self.sort.apply(&self.frame.queues);
        if self.panes.is_sorted_back {
            rows.reverse();
        }
        let wanted = self.panes.rows.to_lowercase();
        rows.retain(|row| {
            let name = format!("{} {}", row.name, row.kind.word());
            name.to_lowercase().contains(&wanted)
        });
        rows
    }

    /// The events that pass the filters, newest first.
    pub fn events(&self) -> Vec<&EventLine> {
        let wanted = self.filter.to_lowercase();
        self.frame
            .events
            .iter()
            .filter(|e| self.panes.kinds.has(e.kind))
            .filter(|e| wanted.is_empty() || contains(e, &wanted))
            .collect()
    }

    /// How many lines the focused pane has to choose from.
    pub fn lines(&self) -> usize {
        match self.overlay {
            Overlay::Help(_) => help::bindings(&self.help_contexts()).len(),
            _ => match self.focus {
                Pane::Topology => self.frame.topology.nodes.len(),
                Pane::Queues => self.rows().len(),
                Pane::Events => self.events().len(),
                Pane::Time => self.frame.timeline.marks.len(),
                Pane::Heatmap | Pane::Latency => 0,
            },
        }
    }

    /// The selected line of a pane.
    pub fn selection(&self, pane: Pane) -> Option<usize> {
        self.selected[pane.index()]
    }
}

/// Whether an event names a text, which is in small letters.
pub(super) fn contains(event: &EventLine, wanted: &str) -> bool {
    [&event.subject, &event.word, &event.text, &event.cause]
        .iter()
        .any(|part| part.to_lowercase().contains(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_finds_its_place() {
        assert_eq!(SPEEDS[REAL_TIME], 1.0);
        assert_eq!(speed_index(1.0), REAL_TIME);
        assert_eq!(speed_index(0.01), 0);
        assert_eq!(speed_text(speed_index(4.0)), "x5");
        assert_eq!(speed_text(speed_index(f64::INFINITY)), "max");
    }

    #[test]
    fn any_speed_is_said_in_a_few_cells() {
        assert_eq!(times(8.0), "x8");
        assert_eq!(times(0.1), "x0.1");
        assert_eq!(times(0.123_456), "x0.123");
        assert_eq!(times(2500.0), "x2500");
        assert_eq!(times(1e6), "x1e6");
        assert_eq!(times(2.5e9), "x2.5e9");
        assert_eq!(times(f64::INFINITY), "max");
        assert!(times(f64::MAX).len() <= 10, "{}", times(f64::MAX));
    }
}
