//! Everything by its name: what can be done here, nodes, queues, messages, what happened, branches, scenarios, moments. What is
//! typed is matched loosely, as fuzzy finders do.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};
use ratatui::crossterm::event::KeyCode;

use super::injector::{Aim, Injector};
use super::inspector::Inspector;
use super::lineage::{self, Lineage};
use super::{Open, Screen, Seen, goto};
use crate::sim::fault::Action as Fault;
use crate::ui::engine::{Answer, Order, Query, Until};
use crate::ui::keymap::{Action, Binding, Context, bind, key, key_name};
use crate::ui::pen::{Pen, scroll};
use crate::ui::spots::Spot;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::{Effect, moved};
use crate::ui::view::RowKind;
use crate::ui::view::lineage::About;

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
    typed: String,
    at: usize,
    /// Whom it was opened for.
    aim: Aim,
    /// What can be done where it was opened.
    actions: Vec<(Context, Action, String, String)>,
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq)]
struct Named {
    /// What sort of thing it is.
    sort: &'static str,
    /// Its name, and what is said of it.
    name: String,
    /// The key that does it.
    key: String,
    effect: Effect,
}

impl AsRef<str> for Named {
    fn as_ref(&self) -> &str {
        &self.name
    }
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
    fn all(&self, seen: Seen<'_>) -> Vec<Named> {
        let frame = seen.frame;
        let named = |sort, name: String, effect| Named {
            sort,
            name,
            key: String::new(),
            effect,
        };
        let mut out: Vec<Named> = Vec::new();
        for (context, action, meaning, key) in &self.actions {
            out.push(Named {
                sort: "do",
                name: meaning.clone(),
                key: key.clone(),
                effect: Effect::Act(*context, *action),
            });
        }
        for (word, _) in Fault::FORMS {
            let screen = Open::from(Injector::of_kind(self.aim.clone(), word));
            let effect = Effect::Instead(Box::new(screen));
            out.push(named("inject", (*word).to_owned(), effect));
        }
        for (at, node) in frame.topology.nodes.iter().enumerate() {
            let screen = Open::from(Inspector::of_node(at));
            out.push(named(
                "node",
                node.name.clone(),
                Effect::Instead(Box::new(screen)),
            ));
        }
        for row in &frame.queues {
            let effect = match row.kind {
                RowKind::Depth | RowKind::Waiting => {
                    let screen = Open::from(Lineage::of_row(row));
                    Effect::Instead(Box::new(screen))
                }
                RowKind::Lag => Effect::Log(row.name.clone()),
            };
            out.push(named(row.kind.word(), row.name.clone(), effect));
        }
        for event in &frame.events {
            let at = text::moment(event.at_ns);
            let name = format!("{at}s {} {} {}", event.subject, event.word, event.text);
            out.push(named(
                "mark",
                name,
                Effect::Leave(Until::Event(event.event)),
            ));
        }
        for fork in &frame.forks {
            out.push(named(
                "branch",
                fork.name.clone(),
                Effect::Order(Order::Switch(fork.branch)),
            ));
        }
        if let Some(Answer::Choices(choices)) = seen.answer {
            for scenario in &choices.scenarios {
                let play = Effect::Order(Order::Play(scenario.clone()));
                out.push(named("scenario", scenario.clone(), play));
            }
        }
        out
    }

    /// What fits what is typed, the best first; a moment and messages stand before everything.
    fn found(&self, seen: Seen<'_>) -> Vec<Named> {
        let all = self.all(seen);
        let typed = self.typed.trim();
        if typed.is_empty() {
            return all;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut matched = pattern.match_list(all, &mut matcher);
        // What is called just so comes before what has the word in it.
        matched.sort_by_key(|(named, _)| !named.name.eq_ignore_ascii_case(typed));
        let moment = goto::place(typed, &seen.frame.header)
            .ok()
            .map(|until| Named {
                sort: "go to",
                name: typed.to_owned(),
                key: String::new(),
                effect: Effect::Leave(until),
            });
        let message = lineage::about(seen, typed).map(|about| Named {
            sort: "message",
            name: words(&about, typed),
            key: String::new(),
            effect: Effect::Instead(Box::new(Lineage::new(about).into())),
        });
        let first = moment.into_iter().chain(message);
        first
            .chain(matched.into_iter().map(|(named, _)| named))
            .collect()
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
                    return found.swap_remove(self.at).effect;
                }
            }
            Action::Type(c) if self.typed.chars().count() < TYPED_MAX => {
                self.typed.push(c);
                self.at = 0;
            }
            Action::Erase => {
                self.typed.pop();
                self.at = 0;
            }
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
        let first = scroll(self.at, found.len(), rows);
        let last = (first + rows).min(found.len());
        let remark = match found.len() {
            0 => "nothing of that name".to_owned(),
            n => format!("{}-{last} of {n}", first + 1),
        };
        pen.part_is(0);
        let mut inner = pen.frame("Everything by name", &remark, true);
        inner.text(1, 0, &format!(":{}_", self.typed), Role::Strong);
        let width = inner.width();
        for (y, (i, named)) in found.iter().enumerate().take(last).skip(first).enumerate() {
            let y = y as u16 + 2;
            inner.row_is(y, 0, i);
            inner.text(1, y, named.sort, Role::Dim);
            let room = usize::from(width.saturating_sub(11 + text::width(&named.key) as u16 + 2));
            inner.text(10, y, &text::cut(&named.name, room), Role::Plain);
            inner.text_right(width.saturating_sub(1), y, &named.key, Role::Key);
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
