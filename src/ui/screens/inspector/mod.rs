//! The inspector: one node or process closely. How it stands and what it believes beside the truth, what the last event
//! that came to it changed, how it came to be so, and what else it handled.

mod draw;
mod lines;
#[cfg(test)]
mod tests;

use ratatui::crossterm::event::KeyCode;

use super::injector::{Aim, Injector};
use super::lineage::Lineage;
use super::{Screen, Seen};
use crate::ui::engine::{Answer, Order, Query, Until};
use crate::ui::keymap::{Action, Binding, Context, bind, ch, ctrl, key};
use crate::ui::pen::Pen;
use crate::ui::spots::Spot;
use crate::ui::update::{Effect, moved};
use crate::ui::view::lineage::About;
use crate::ui::view::{Inspected, Inspectee};

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Inspector, &[ch('.')], Action::NextEvent, "its events", "on to the next event that comes to it"),
    bind(Context::Inspector, &[ch(',')], Action::EventBefore, "its events", "back to the event before that came to it"),
    bind(Context::Inspector, &[ch('>')], Action::NextNode, "other node", "the next node"),
    bind(Context::Inspector, &[ch('<')], Action::NodeBefore, "other node", "the node before"),
    bind(Context::Inspector, &[ch('p')], Action::Process, "process", "one process of the node after the other, then all"),
    bind(Context::Inspector, &[ch('g')], Action::Cause, "go to cause", "go to the event that caused what is selected"),
    bind(Context::Inspector, &[ch('w')], Action::Lineage, "lineage", "what the selected event of the list comes from, and what came of it"),
    bind(Context::Inspector, &[key(KeyCode::Enter)], Action::Open, "go there", "go to the selected event of the list"),
    bind(Context::Inspector, &[key(KeyCode::Tab)], Action::NextPane, "pane", "the next pane gets the keys"),
    bind(Context::Inspector, &[key(KeyCode::BackTab)], Action::PreviousPane, "", "the pane before gets the keys"),
    bind(Context::Inspector, &[ch('z')], Action::Zoom, "zoom", "the pane alone, or all of them"),
    bind(Context::Inspector, &[ch('j'), key(KeyCode::Down)], Action::Down, "", "down"),
    bind(Context::Inspector, &[ch('k'), key(KeyCode::Up)], Action::Up, "", "up"),
    bind(Context::Inspector, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Inspector, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Inspector, &[ch('G')], Action::Bottom, "", "to the last line"),
    bind(Context::Inspector, &[ch('e')], Action::Log, "its log", "close, and show the events of the log that name it"),
    bind(Context::Inspector, &[ch('i')], Action::Inject, "inject", "do something to it: any fault, for as long as it is to last"),
    bind(Context::Inspector, &[ch('x')], Action::CrashIt, "crash", "crash its processes: shown first, Enter does it"),
    bind(Context::Inspector, &[ch('r')], Action::RestartIt, "restart", "bring back what is dead of it: shown first, Enter does it"),
    bind(Context::Inspector, &[ch('c')], Action::CutIt, "cut", "cut it off from everybody else: shown first, Enter does it"),
    bind(Context::Inspector, &[ch('s')], Action::SlowIt, "slow", "make its CPU ten times slower: shown first, Enter does it"),
    bind(Context::Inspector, &[ch('u')], Action::Undo, "undo", "take back what was done last: back to where this fork left its parent"),
    bind(Context::Inspector, &[key(KeyCode::Esc)], Action::Back, "back", "close"),
];

/// A pane of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// How it stands, and what it believes beside the truth.
    #[default]
    State,
    /// What the last event changed.
    Changed,
    /// How it came to be so.
    History,
    /// What came to it.
    Handled,
}

impl Pane {
    const ALL: [Self; 4] = [Self::State, Self::Changed, Self::History, Self::Handled];

    fn number(self) -> usize {
        self as usize
    }
}

/// The screen of a node or a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspector {
    of: Inspectee,
    pane: Pane,
    zoom: bool,
    /// The selected line of each pane.
    at: [usize; 4],
}

impl Inspector {
    /// Of a node, by its place in the topology.
    pub fn of_node(node: usize) -> Self {
        Self {
            of: Inspectee {
                node,
                process: None,
            },
            pane: Pane::default(),
            zoom: false,
            at: [0; 4],
        }
    }

    fn known(seen: Seen<'_>) -> Option<&Inspected> {
        match seen.answer {
            Some(Answer::Inspected(known)) => Some(known),
            _ => None,
        }
    }

    /// Another node, or another of its processes.
    fn turn_to(&mut self, node: usize, process: Option<usize>) -> Effect {
        self.of = Inspectee { node, process };
        self.at = [0; 4];
        Effect::None
    }

    fn turn(&mut self, by: usize) -> Effect {
        let panes = Pane::ALL.len();
        self.pane = Pane::ALL[(self.pane.number() + by) % panes];
        Effect::None
    }

    fn lines(&self, seen: Seen<'_>, known: &Inspected) -> usize {
        let width = draw::width(seen.size, self.pane, self.zoom);
        let of = (&seen.frame.topology, self.of.node);
        match self.pane {
            Pane::State => lines::state(known, of, width).len(),
            Pane::Changed => lines::changed(known, width).len(),
            Pane::History => known.tracks.len(),
            Pane::Handled => known.handled.len(),
        }
    }

    /// The events that came and come to it, in no order, and up to which event they are all that did.
    fn events(known: &Inspected) -> (impl Iterator<Item = u64> + '_, u64) {
        let came = known.handled.iter().map(|row| row.event);
        let all = came.chain(known.next_events.iter().copied());
        (
            all,
            known
                .next_events
                .last()
                .map_or(known.upto, |&last| last.max(known.upto)),
        )
    }

    /// Back to the event before the one at which the run stands. Where the run has gone on far since the answer, that may be
    /// one which is not known yet.
    fn event_before(now: u64, known: &Inspected) -> Effect {
        let (all, upto) = Self::events(known);
        let before = all.filter(|&event| now <= upto && event < now).max();
        before.map_or(Effect::None, go)
    }

    /// On to the next event behind the one at which the run stands, which may have gone back or on since the answer.
    fn next_event(now: u64, known: &Inspected) -> Effect {
        let (all, _) = Self::events(known);
        let next = all.filter(|&event| event > now).min();
        next.map_or(Effect::None, go)
    }

    /// Shows a fault that is to be done to it: no key does anything to the run by a slip.
    fn inject(&self, seen: Seen<'_>, action: Action) -> Effect {
        let Some(node) = seen.frame.topology.nodes.get(self.of.node) else {
            return Effect::None;
        };
        let aim = Aim::Target(format!("\"{}\"", node.name));
        let screen = match action {
            Action::CrashIt => Injector::of_kind(aim, "Crash"),
            Action::RestartIt => Injector::of_kind(aim, "Restart"),
            Action::CutIt => Injector::of_kind(aim, "Isolate"),
            Action::SlowIt => Injector::of_kind(aim, "Slow"),
            _ => Injector::new(aim),
        };
        Effect::Open(Box::new(screen.into()))
    }
}

/// The run goes to where an event is the last that has happened.
fn go(event: u64) -> Effect {
    Effect::Seek(Until::Event(event))
}

impl Screen for Inspector {
    fn context(&self) -> Context {
        Context::Inspector
    }

    fn query(&self) -> Option<Query> {
        Some(Query::Inspect(self.of))
    }

    fn copied(&self, seen: Seen<'_>) -> Option<String> {
        if self.pane == Pane::Handled {
            let row = Self::known(seen)?
                .handled
                .get(self.at[self.pane.number()])?;
            return Some(format!("#{}", row.event));
        }
        let node = seen.frame.topology.nodes.get(self.of.node)?;
        Some(node.name.clone())
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        let nodes = seen.frame.topology.nodes.len().max(1);
        match action {
            Action::Back => return Effect::Close,
            Action::NextNode => return self.turn_to((self.of.node + 1) % nodes, None),
            Action::NodeBefore => {
                return self.turn_to((self.of.node + nodes - 1) % nodes, None);
            }
            Action::NextPane => return self.turn(1),
            Action::PreviousPane => return self.turn(Pane::ALL.len() - 1),
            Action::Zoom => {
                self.zoom = !self.zoom;
                return Effect::None;
            }
            Action::Log => {
                let node = seen.frame.topology.nodes.get(self.of.node);
                return node.map_or(Effect::None, |n| Effect::Log(n.name.clone()));
            }
            Action::Inject
            | Action::CrashIt
            | Action::RestartIt
            | Action::CutIt
            | Action::SlowIt => return self.inject(seen, action),
            Action::Undo => return Effect::Order(Order::Undo),
            _ => {}
        }
        let Some(known) = Self::known(seen) else {
            return Effect::None;
        };
        let now = seen.event();
        let selected = known.handled.get(self.at[Pane::Handled.number()]);
        match action {
            Action::Process => {
                let next = self.of.process.map_or(0, |at| at + 1);
                let next =
                    (known.processes.len() > 1 && next < known.processes.len()).then_some(next);
                self.turn_to(self.of.node, next)
            }
            Action::NextEvent => Self::next_event(now, known),
            Action::EventBefore => Self::event_before(now, known),
            Action::Cause => match selected {
                Some(row) if row.cause > 0 => go(row.cause),
                _ => Effect::None,
            },
            Action::Lineage => selected.map_or(Effect::None, |row| {
                Effect::Open(Box::new(Lineage::new(About::Event(row.event)).into()))
            }),
            Action::Open if self.pane == Pane::Handled => {
                selected.map_or(Effect::None, |row| go(row.event))
            }
            _ => {
                let pane = self.pane.number();
                let mut count = self.lines(seen, known);
                if self.pane != Pane::Handled {
                    // The last line does not go higher than the bottom.
                    let rows = draw::rows(seen.size, self.pane, self.zoom);
                    count = count.saturating_sub(rows) + 1;
                }
                let at = self.at[pane].min(count.saturating_sub(1));
                self.at[pane] = moved(Some(at), count, action).unwrap_or(at);
                Effect::None
            }
        }
    }

    fn point(&mut self, _: Seen<'_>, spot: Spot) {
        self.pane = Pane::ALL[spot.part % Pane::ALL.len()];
        if let Some(line) = spot.line {
            self.at[spot.part] = line;
        }
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        draw::draw(self, seen, pen);
    }
}
