//! The branches of the run: a tree. One can go to each, give it a name, compare it, save it.

use ratatui::crossterm::event::KeyCode;

use super::compare::Compare;
use super::{Screen, Seen};
use crate::ui::engine::{Order, Save};
use crate::ui::entry::Typed;
use crate::ui::keymap::{Action, Binding, Context, bind, ch, ctrl, key};
use crate::ui::pen::Pen;
use crate::ui::spots::Spot;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::{Effect, moved};
use crate::ui::view::{ForkRow, With};
use crate::ui::widgets::list::Sight;

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Forks, &[key(KeyCode::Enter)], Action::Open, "go there", "go to this branch, where it was left"),
    bind(Context::Forks, &[ch('f')], Action::Fork, "fork", "leave the run here with a fork"),
    bind(Context::Forks, &[ch('u')], Action::Undo, "undo", "back to where the branch that is shown left its parent"),
    bind(Context::Forks, &[ch('c')], Action::Compare, "compare", "this branch beside the one that is shown"),
    bind(Context::Forks, &[ch('n')], Action::Rename, "name", "another name for this branch"),
    bind(Context::Forks, &[ch('w')], Action::SaveRecording, "recording", "write this branch, as far as it was played, to a new file that replays it"),
    bind(Context::Forks, &[ch('s')], Action::SaveScenario, "scenario", "write it as a scenario, with what was done by hand among its faults"),
    bind(Context::Forks, &[ch('j'), key(KeyCode::Down)], Action::Down, "", "the next branch"),
    bind(Context::Forks, &[ch('k'), key(KeyCode::Up)], Action::Up, "", "the branch before"),
    bind(Context::Forks, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Forks, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Forks, &[ch('g')], Action::Top, "", "to the first branch"),
    bind(Context::Forks, &[ch('G')], Action::Bottom, "", "to the last branch"),
    bind(Context::Forks, &[key(KeyCode::Esc), ch('F')], Action::Back, "back", "close"),
];

/// The longest name.
const NAME_MAX: usize = 24;

/// The screen of the branches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forks {
    selected: Option<usize>,
    /// A new name, while it is typed.
    name: Option<Typed>,
}

impl Forks {
    fn at(&self, rows: &[ForkRow]) -> usize {
        let current = || rows.iter().position(|row| row.current);
        let at = self.selected.or_else(current).unwrap_or(0);
        at.min(rows.len().saturating_sub(1))
    }

    fn type_name(&mut self, branch: usize, action: Action) -> Effect {
        let Some(mut name) = self.name.take() else {
            return Effect::None;
        };
        match action {
            Action::Open if name.trim().is_empty() => return Effect::None,
            Action::Open => return Effect::Order(Order::Rename(branch, name.trim().to_owned())),
            Action::Back => return Effect::None,
            _ => {
                name.edit(action, NAME_MAX);
            }
        }
        self.name = Some(name);
        Effect::None
    }
}

impl Screen for Forks {
    fn context(&self) -> Context {
        if self.name.is_some() {
            Context::Entry
        } else {
            Context::Forks
        }
    }

    fn is_typing(&self) -> bool {
        self.name.is_some()
    }

    fn copied(&self, seen: Seen<'_>) -> Option<String> {
        let rows = &seen.frame.forks;
        rows.get(self.at(rows)).map(|row| row.name.clone())
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        let rows = &seen.frame.forks;
        let at = self.at(rows);
        let branch = rows.get(at).map_or(0, |row| row.branch);
        if self.name.is_some() {
            return self.type_name(branch, action);
        }
        match action {
            Action::Back => Effect::Close,
            Action::Open => Effect::Order(Order::Switch(branch)),
            Action::Rename => {
                // The name that it has is gone on from.
                self.name = rows.get(at).map(|row| row.name.clone().into());
                self.selected = Some(at);
                Effect::None
            }
            Action::Compare if rows.get(at).is_some_and(|row| !row.current) => {
                Effect::Open(Box::new(Compare::with(With::Fork(branch)).into()))
            }
            Action::Fork => Effect::Order(Order::Fork),
            Action::Undo => Effect::Order(Order::Undo),
            Action::SaveRecording => Effect::Order(Order::Save(branch, Save::Recording)),
            Action::SaveScenario => Effect::Order(Order::Save(branch, Save::Scenario)),
            _ => {
                self.selected = moved(Some(at), rows.len(), action);
                Effect::None
            }
        }
    }

    fn point(&mut self, _: Seen<'_>, spot: Spot) {
        if self.name.is_none() {
            self.selected = spot.line.or(self.selected);
        }
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        let rows = &seen.frame.forks;
        let at = self.at(rows);
        // Below, in full, what was done in the selected one.
        let done = rows.get(at).map_or("", |row| row.what.as_str());
        let mut done = text::wrap(done, usize::from(pen.width().saturating_sub(4).max(12)));
        done.truncate(usize::from(pen.height() / 4));
        let foot = if done.is_empty() { 0 } else { done.len() + 1 };
        let height = usize::from(pen.height().saturating_sub(3)).saturating_sub(foot);
        let sight = Sight::around(at, rows.len(), height);
        pen.part_is(0);
        let mut inner = pen.frame("Forks", &sight.said(), true);
        let columns = [1, 28, 42, 56];
        for (x, title) in
            columns
                .into_iter()
                .zip(["branch", "leaves at", "played to", "what was done"])
        {
            inner.text(x, 0, title, Role::Dim);
        }
        for (y, i, row) in sight.of(rows) {
            let y = y + 1;
            inner.row_is(y, 0, i);
            let name = match &self.name {
                Some(typed) if i == at => typed.shown(NAME_MAX + 1),
                _ => row.name.clone(),
            };
            let sign = if row.current { "▸" } else { " " };
            let indent = match row.depth.min(6) {
                0 => String::new(),
                depth => format!("{}└ ", "  ".repeat(usize::from(depth) - 1)),
            };
            let name = format!("{sign} {indent}{name}");
            let role = if row.current {
                Role::Strong
            } else {
                Role::Plain
            };
            inner.text(columns[0], y, &text::cut(&name, 26), role);
            let from = if row.depth == 0 {
                format!("seed {}", row.seed)
            } else {
                format!("{}s", text::moment(row.from_ns))
            };
            inner.text(columns[1], y, &text::cut(&from, 13), Role::Plain);
            let played = format!("{}s", text::moment(row.played_ns.max(row.now_ns)));
            inner.text(columns[2], y, &played, Role::Plain);
            inner.text(columns[3], y, &row.what, Role::Plain);
            if i == at {
                inner.restyle_row(y, Role::Selected);
            }
        }
        let foot = inner.height().saturating_sub(done.len() as u16);
        for (y, line) in (foot..).zip(&done) {
            inner.text(1, y, line, Role::Dim);
        }
    }
}
