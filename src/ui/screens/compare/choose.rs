//! With what a run is to be compared: a small list.

use crate::ui::entry;
use crate::ui::glyphs;
use crate::ui::keymap::Action;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::moved;
use crate::ui::view::{ForkRow, Settings, With};
use crate::ui::widgets::list::Sight;

use super::setting::{Entered, SettingEntry};

/// The longest seed.
const SEED_MAX: usize = 20;

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Control,
    Fork(usize),
    Setting,
    Seed,
}

/// The list, and what is typed in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chooser {
    at: usize,
    /// A seed that is typed.
    typed: Option<String>,
    /// A setting that is chosen.
    setting: Option<SettingEntry>,
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Nothing yet.
    Nothing,
    /// Nothing at all.
    Left,
    /// This.
    With(With),
}

/// What there is to choose from.
fn choices(forks: &[ForkRow]) -> Vec<Choice> {
    let others = forks.iter().filter(|fork| !fork.current);
    let others = others.map(|fork| Choice::Fork(fork.branch));
    [Choice::Control]
        .into_iter()
        .chain(others)
        .chain([Choice::Setting, Choice::Seed])
        .collect()
}

impl Chooser {
    pub(super) fn is_typing(&self) -> bool {
        self.typed.is_some()
    }

    /// The setting that is being chosen, if that is what is asked for.
    pub(super) fn setting(&self) -> Option<&SettingEntry> {
        self.setting.as_ref()
    }

    /// Columns and rows that it takes.
    pub(super) fn size(&self, (width, height): (u16, u16)) -> (u16, u16) {
        match &self.setting {
            Some(entry) if entry.path().is_none() => (width.min(96), height.min(30)),
            _ => (width.min(76), height.min(14)),
        }
    }

    /// The mouse points at a line of it.
    pub(super) fn point(&mut self, line: Option<usize>) {
        if let Some(entry) = &mut self.setting {
            entry.point(line);
        } else if self.typed.is_none() {
            self.at = line.unwrap_or(self.at);
        }
    }

    pub(super) fn update(
        &mut self,
        forks: &[ForkRow],
        known: Option<&Settings>,
        action: Action,
    ) -> Chosen {
        if let Some(entry) = &mut self.setting {
            return match entry.update(known, action) {
                Entered::Nothing => Chosen::Nothing,
                Entered::Left => {
                    self.setting = None;
                    Chosen::Nothing
                }
                Entered::Set(set) => Chosen::With(With::Setting(set)),
            };
        }
        let all = choices(forks);
        self.at = self.at.min(all.len() - 1);
        if self.typed.is_some() {
            return self.enter(action);
        }
        match (action, &all[self.at]) {
            (Action::Back, _) => Chosen::Left,
            (Action::Open, Choice::Control) => Chosen::With(With::Control),
            (Action::Open, Choice::Fork(place)) => Chosen::With(With::Fork(*place)),
            (Action::Open, Choice::Setting) => {
                self.setting = Some(SettingEntry::default());
                Chosen::Nothing
            }
            (Action::Open, Choice::Seed) => {
                self.typed = Some(String::new());
                Chosen::Nothing
            }
            _ => {
                self.at = moved(Some(self.at), all.len(), action).unwrap_or(0);
                Chosen::Nothing
            }
        }
    }

    /// Takes in a seed that is typed.
    fn enter(&mut self, action: Action) -> Chosen {
        let Some(typed) = &mut self.typed else {
            return Chosen::Nothing;
        };
        match action {
            Action::Back => self.typed = None,
            Action::Open if typed.is_empty() => self.typed = None,
            Action::Open => {
                if let Ok(seed) = typed.parse() {
                    return Chosen::With(With::Seed(seed));
                }
            }
            _ => {
                let _ = entry::edit_digits(typed, action, SEED_MAX);
            }
        }
        Chosen::Nothing
    }
}

pub(super) fn draw(
    chooser: &Chooser,
    forks: &[ForkRow],
    known: Option<&Settings>,
    pen: &mut Pen<'_>,
) {
    if let Some(entry) = &chooser.setting {
        return entry.draw(known, pen);
    }
    let all = choices(forks);
    let at = chooser.at.min(all.len() - 1);
    let rows = usize::from(pen.height().saturating_sub(2));
    let sight = Sight::around(at, all.len(), rows);
    let remark = sight.if_cut().unwrap_or_default();
    pen.part_is(super::PART_CHOICES);
    let mut inner = pen.frame("Compare this run with", &remark, true);
    for (y, place, choice) in sight.of(&all) {
        inner.row_is(y, super::PART_CHOICES, place);
        let typed = chooser.typed.as_ref().filter(|_| place == at);
        let line = match (choice, typed) {
            (Choice::Control, _) => "its control: the same without the fault".to_owned(),
            (Choice::Fork(fork), _) => {
                let fork = forks.iter().find(|f| f.branch == *fork);
                fork.map_or_else(String::new, branch)
            }
            (Choice::Seed, None) => "the same with another seed …".to_owned(),
            (Choice::Setting, _) => "the same with one setting changed …".to_owned(),
            (Choice::Seed, Some(typed)) => format!("seed {typed}_"),
        };
        let sign = if place == at { glyphs::RIGHT } else { ' ' };
        inner.sign(1, y, sign, Role::Plain);
        let role = if typed.is_some() {
            Role::Strong
        } else {
            Role::Plain
        };
        inner.text(3, y, &line, role);
        if place == at && typed.is_none() {
            inner.restyle_row(y, Role::Selected);
        }
    }
    explain(&mut inner, sight.count() as u16 + 1);
}

/// A branch by its name, with what was done in it if anything was.
fn branch(fork: &ForkRow) -> String {
    match fork.what.as_str() {
        "" => format!("branch {}", fork.name),
        what => format!("branch {}: {what}", fork.name),
    }
}

/// What a comparison is, where there is room.
fn explain(inner: &mut Pen<'_>, from: u16) {
    const WHAT: &str = "Both stand at the same moment and draw the same random numbers wherever they do the same: what differs is owed to what was changed. The run that is shown stays as it is.";
    let width = usize::from(inner.width().saturating_sub(4));
    let lines = text::wrap(WHAT, width);
    if usize::from(inner.height().saturating_sub(from)) < lines.len() {
        return;
    }
    for (y, line) in (from..).zip(&lines) {
        inner.text(3, y, line, Role::Dim);
    }
}
