//! Everything by its name: what can be done here, nodes, queues, messages, what happened, branches, scenarios, moments. What is
//! typed is matched loosely, as fuzzy finders do.

use std::borrow::Cow;
use std::cmp::Reverse;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::crossterm::event::KeyCode;

use super::injector::{Aim, Injector};
use super::inspector::Inspector;
use super::lineage::{self, Lineage};
use super::{Open, Screen, Seen, goto};
use crate::sim::fault::Action as Fault;
use crate::ui::engine::{Answer, Order, Query, Until};
use crate::ui::entry::Typed;
use crate::ui::keymap::{Action, Binding, Context, bind, key, key_name, spelled};
use crate::ui::pen::Pen;
use crate::ui::spots::Spot;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::{Effect, moved};
use crate::ui::view::lineage::About;
use crate::ui::view::{EventLine, ForkRow, QueueRow, RowKind};
use crate::ui::widgets::list::Sight;

/// Its keys. Characters are what is typed.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Palette, &[key(KeyCode::Enter)], Action::Open, "do it", "do what is selected, or go there"),
    bind(Context::Palette, &[key(KeyCode::Down)], Action::Down, "move", "the next one"),
    bind(Context::Palette, &[key(KeyCode::Up)], Action::Up, "move", "the one before"),
    bind(Context::Palette, &[key(KeyCode::PageDown)], Action::PageDown, "", "down ten lines"),
    bind(Context::Palette, &[key(KeyCode::PageUp)], Action::PageUp, "", "up ten lines"),
    bind(Context::Palette, &[key(KeyCode::Esc)], Action::Back, "close", "close, and do nothing"),
];

/// The longest text.
const TYPED_MAX: usize = 60;

/// The screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    typed: Typed,
    at: usize,
    /// Whom it was opened for.
    aim: Aim,
    /// What can be done where it was opened.
    actions: Vec<(Context, Action, String, String)>,
}

/// Something with a name, where it stands: what is looked through at each key is not copied for it.
#[derive(Clone, Copy, Debug)]
enum Thing<'a> {
    Action(&'a (Context, Action, String, String)),
    Fault(&'static str),
    Node(usize, &'a str),
    Row(&'a QueueRow),
    Mark(&'a EventLine),
    Branch(&'a ForkRow),
    Scenario(&'a str),
    Moment(&'a str, Until),
}

/// What is found.
#[derive(Clone, Debug)]
enum Found<'a> {
    Thing(Thing<'a>),
    /// Messages, and what was typed to find them.
    Messages(About, &'a str),
}

impl<'a> Thing<'a> {
    /// What sort of thing it is.
    fn sort(self) -> &'static str {
        match self {
            Self::Action(_) => "do",
            Self::Fault(_) => "inject",
            Self::Node(..) => "node",
            Self::Row(row) => row.kind.word(),
            Self::Mark(_) => "mark",
            Self::Branch(_) => "branch",
            Self::Scenario(_) => "scenario",
            Self::Moment(..) => "go to",
        }
    }

    /// Its name, and what is said of it.
    fn name(self) -> Cow<'a, str> {
        match self {
            Self::Action((_, _, meaning, _)) => meaning.into(),
            Self::Fault(word) => word.into(),
            Self::Node(_, name) | Self::Scenario(name) | Self::Moment(name, _) => name.into(),
            Self::Row(row) => (&row.name).into(),
            Self::Branch(fork) => (&fork.name).into(),
            Self::Mark(event) => {
                let at = text::moment(event.at_ns);
                format!("{at}s {} {} {}", event.subject, event.word, event.text).into()
            }
        }
    }

    /// The key that does it.
    fn key(self) -> &'a str {
        match self {
            Self::Action((_, _, _, key)) => key,
            _ => "",
        }
    }

    /// What Enter does; what is done to the run concerns what is selected.
    fn effect(self, aim: &Aim) -> Effect {
        match self {
            Self::Action((context, action, ..)) => Effect::Act(*context, *action),
            Self::Fault(word) => instead(Injector::of_kind(aim.clone(), word)),
            Self::Node(at, _) => instead(Inspector::of_node(at)),
            Self::Row(row) if row.kind == RowKind::Lag => Effect::Log(row.name.clone()),
            Self::Row(row) => instead(Lineage::of_row(row)),
            Self::Mark(event) => Effect::Leave(Until::Event(event.event)),
            Self::Branch(fork) => Effect::Order(Order::Switch(fork.branch)),
            Self::Scenario(name) => Effect::Order(Order::Play(name.to_owned())),
            Self::Moment(_, until) => Effect::Leave(until),
        }
    }
}

impl Found<'_> {
    fn effect(self, aim: &Aim) -> Effect {
        match self {
            Self::Thing(thing) => thing.effect(aim),
            Self::Messages(about, _) => instead(Lineage::new(about)),
        }
    }
}

fn instead(screen: impl Into<Open>) -> Effect {
    Effect::Instead(Box::new(screen.into()))
}

impl Palette {
    /// With what can be done in some places, by the table of keys; what is done to the run concerns what is selected.
    pub fn new(bindings: impl Iterator<Item = &'static Binding>, aim: Aim) -> Self {
        let told = |b: &'static Binding| {
            let key = b.keys.first().map(|&k| key_name(k)).unwrap_or_default();
            (b.context, b.action, b.meaning.to_owned(), key)
        };
        Self {
            aim,
            actions: bindings.map(told).collect(),
            ..Self::default()
        }
    }

    /// Everything with a name, in the order in which it is shown while nothing is typed.
    fn all<'a>(&'a self, seen: Seen<'a>) -> impl Iterator<Item = Thing<'a>> {
        let frame = seen.frame;
        let scenarios: &[String] = match seen.answer {
            Some(Answer::Choices(choices)) => &choices.scenarios,
            _ => &[],
        };
        let nodes = frame.topology.nodes.iter().enumerate();
        let actions = self.actions.iter().map(Thing::Action);
        actions
            .chain(Fault::FORMS.iter().map(|(word, _)| Thing::Fault(word)))
            .chain(nodes.map(|(at, node)| Thing::Node(at, &node.name)))
            .chain(frame.queues.iter().map(Thing::Row))
            .chain(frame.events.iter().map(Thing::Mark))
            .chain(frame.forks.iter().map(Thing::Branch))
            .chain(scenarios.iter().map(|name| Thing::Scenario(name)))
    }

    /// What fits what is typed, the best first; a moment and messages stand before everything.
    fn found<'a>(&'a self, seen: Seen<'a>) -> Vec<Found<'a>> {
        let typed = self.typed.trim();
        if typed.is_empty() {
            return self.all(seen).map(Found::Thing).collect();
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut letters = Vec::new();
        let mut fits: Vec<(bool, u32, Thing<'_>)> = Vec::new();
        for thing in self.all(seen) {
            let name = thing.name();
            if let Some(score) = pattern.score(Utf32Str::new(&name, &mut letters), &mut matcher) {
                fits.push((name.eq_ignore_ascii_case(typed), score, thing));
            }
        }
        // What is called just so comes before what has the word in it.
        fits.sort_by_key(|&(is_it, score, _)| Reverse((is_it, score)));
        let moment = goto::place(typed, &seen.frame.header).ok();
        let moment = moment.map(|until| Found::Thing(Thing::Moment(typed, until)));
        let messages = lineage::about(seen, typed).map(|about| Found::Messages(about, typed));
        let fits = fits.into_iter().map(|(_, _, thing)| Found::Thing(thing));
        moment.into_iter().chain(messages).chain(fits).collect()
    }
}

/// What is found about messages.
fn words(about: &About, typed: &str) -> String {
    match about {
        About::Event(_) => format!("{typed}: its causes and effects"),
        About::Key(_) => format!("key {typed}: messages with it"),
        _ => format!("{typed}: the life of this message"),
    }
}

impl Screen for Palette {
    fn context(&self) -> Context {
        Context::Palette
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn closes_when_done(&self) -> bool {
        true
    }

    fn query(&self) -> Option<Query> {
        Some(Query::Choices)
    }

    fn popup(&self, size: (u16, u16)) -> Option<(u16, u16)> {
        // More of them on a large screen, and something of the dashboard beside them.
        let height = size.1.saturating_sub(8).clamp(20, 36);
        Some((size.0.min(90), height.min(size.1)))
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        match action {
            Action::Back => return Effect::Close,
            Action::Open => {
                let mut found = self.found(seen);
                if self.at < found.len() {
                    return found.swap_remove(self.at).effect(&self.aim);
                }
            }
            _ if self.typed.edit(action, TYPED_MAX) => self.at = 0,
            _ => {
                let lines = self.found(seen).len();
                self.at = moved(Some(self.at), lines, action).unwrap_or(0);
            }
        }
        Effect::None
    }

    fn point(&mut self, _: Seen<'_>, spot: Spot) {
        self.at = spot.line.unwrap_or(self.at);
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        let found = self.found(seen);
        let rows = usize::from(pen.height().saturating_sub(4));
        let sight = Sight::around(self.at, found.len(), rows);
        let remark = match found.len() {
            0 => "nothing of that name".to_owned(),
            _ => sight.said(),
        };
        pen.part_is(0);
        let mut inner = pen.frame("Everything by name", &remark, true);
        let typed = self.typed.shown(TYPED_MAX + 1);
        inner.text(1, 0, &format!(":{typed}"), Role::Strong);
        let width = inner.width();
        for (y, i, found) in sight.of(&found) {
            let y = y + 2;
            inner.row_is(y, 0, i);
            let (sort, name, key) = match found {
                Found::Thing(thing) => (thing.sort(), thing.name(), thing.key()),
                Found::Messages(about, typed) => ("message", words(about, typed).into(), ""),
            };
            let key = spelled(key, inner.look().glyphs);
            inner.text(1, y, sort, Role::Dim);
            let room = usize::from(width.saturating_sub(11 + text::width(&key) as u16 + 2));
            inner.text(10, y, &text::cut(&name, room), Role::Plain);
            inner.text_right(width.saturating_sub(1), y, &key, Role::Key);
            if i == self.at {
                inner.restyle_row(y, Role::Selected);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crate::ui::keymap::Action;
    use crate::ui::update::update;

    fn typed(text: &str) -> (crate::ui::model::Model, Effect) {
        let mut model = fixture::model(120, 40);
        update(&mut model, Action::Palette);
        for c in text.chars() {
            update(&mut model, Action::Type(c));
        }
        let effect = update(&mut model, Action::Open);
        (model, effect)
    }

    #[test]
    fn an_action_a_node_and_a_moment_are_found_by_a_few_letters() {
        let (model, effect) = typed("pause go on");
        assert_eq!(effect, Effect::Pace);
        assert!(model.playback.paused && model.screens.is_empty());
        let (model, _) = typed("brkr-2");
        assert_eq!(model.screens, [Open::from(Inspector::of_node(3))]);
        let (model, effect) = typed("12.4s");
        assert_eq!(effect, Effect::Seek(Until::Time(12_400_000_000)));
        assert!(model.screens.is_empty());
        let (_, effect) = typed("#31871");
        assert_eq!(effect, Effect::Seek(Until::Event(31_871)));
        let crash = fixture::frame()
            .events
            .into_iter()
            .find(|e| e.word == "CRASH");
        let (model, _) = typed("orders/0@417");
        let orders = fixture::frame().queues[0].queue as u32;
        let life = Lineage::new(About::Offset(orders, 417));
        assert_eq!(model.screens, [Open::from(life)]);
        let (_, effect) = typed("crash unacked");
        let crash = crash.expect("a crash").event;
        assert_eq!(effect, Effect::Seek(Until::Event(crash)));
    }

    #[test]
    fn every_kind_of_fault_is_injected_by_its_name() {
        for (word, _) in Fault::FORMS {
            let (model, _) = typed(&word.to_lowercase());
            let injector = Injector::of_kind(Aim::Nobody, word);
            assert_eq!(model.screens, [Open::from(injector)], "{word}");
        }
    }

    #[test]
    fn another_scenario_is_played_from_here() {
        let mut model = fixture::model(120, 40);
        update(&mut model, Action::Palette);
        let scenarios = vec!["healthy".into(), "retry-storm".into()];
        model.answer = Some(Answer::Choices(Box::new(crate::ui::view::Choices {
            scenarios,
            ..crate::ui::view::Choices::default()
        })));
        for c in "rtrystrm".chars() {
            update(&mut model, Action::Type(c));
        }
        let play = Order::Play("retry-storm".into());
        assert_eq!(update(&mut model, Action::Open), Effect::Order(play));
    }

    #[test]
    fn everything_that_a_key_does_on_the_dashboard_is_there() {
        let mut model = fixture::model(120, 40);
        update(&mut model, Action::Palette);
        let Some(Open::Palette(palette)) = model.screens.last() else {
            panic!("the palette");
        };
        for context in crate::ui::help::DASHBOARD {
            if matches!(context, Context::Entry | Context::Detail) {
                continue;
            }
            for binding in crate::ui::keymap::shipped()
                .iter()
                .filter(|b| b.context == *context && b.action != Action::Palette)
            {
                let is_there = palette
                    .actions
                    .iter()
                    .any(|a| (a.0, a.1) == (binding.context, binding.action));
                assert!(is_there, "{}", binding.meaning);
            }
        }
    }
}
