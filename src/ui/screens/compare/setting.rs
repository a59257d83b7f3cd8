//! One setting to be changed: chosen from all that there are by a few letters, then what it shall be.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use crate::ui::entry::Typed;
use crate::ui::glyphs;
use crate::ui::keymap::{Action, Context, name_for, spelled};
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::moved;
use crate::ui::view::{Meaning, Setting, Settings};
use crate::ui::widgets::list::Sight;

/// The longest text.
const TYPED_MAX: usize = 400;

/// What is chosen so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SettingEntry {
    typed: Typed,
    at: usize,
    value: Option<Value>,
}

/// What a setting shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    setting: Setting,
    text: Typed,
    /// Whether that is what the setting is now: the first character that is typed takes its place.
    is_old: bool,
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entered {
    /// Nothing yet.
    Nothing,
    /// No setting.
    Left,
    /// This, as `--set` has it.
    Set(String),
}

/// The settings whose paths fit what is typed, the best first.
fn found<'a>(all: &'a [Setting], typed: &str) -> Vec<&'a Setting> {
    let typed = typed.trim();
    if typed.is_empty() {
        return all.iter().collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let paths = all.iter().map(Named);
    let matched = pattern.match_list(paths, &mut matcher).into_iter();
    matched.map(|(named, _)| named.0).collect()
}

/// A setting by its path.
struct Named<'a>(&'a Setting);

impl AsRef<str> for Named<'_> {
    fn as_ref(&self) -> &str {
        &self.0.path
    }
}

impl SettingEntry {
    /// The setting of which it is to be known what it can be.
    pub(super) fn path(&self) -> Option<&str> {
        self.value.as_ref().map(|v| v.setting.path.as_str())
    }

    /// The mouse points at a line.
    pub(super) fn point(&mut self, line: Option<usize>) {
        if self.value.is_none() {
            self.at = line.unwrap_or(self.at);
        }
    }

    pub(super) fn update(&mut self, known: Option<&Settings>, action: Action) -> Entered {
        let Some(value) = &mut self.value else {
            return self.choose(known.map_or(&[], |known| &known.all), action);
        };
        match action {
            Action::Back => self.value = None,
            Action::Open => {
                return Entered::Set(format!("{}={}", value.setting.path, value.text.trim()));
            }
            Action::NextChoice | Action::ChoiceBefore => {
                let of = known.and_then(|known| known.of.as_ref());
                let choices = of.map_or(&[][..], |of| &of.choices);
                value.turn(choices, action == Action::ChoiceBefore);
            }
            _ => {
                if value.is_old && matches!(action, Action::Type(_)) {
                    value.text = Typed::default();
                }
                value.is_old &= !value.text.edit(action, TYPED_MAX);
            }
        }
        Entered::Nothing
    }

    fn choose(&mut self, all: &[Setting], action: Action) -> Entered {
        match action {
            Action::Back if self.typed.is_empty() => return Entered::Left,
            Action::Back => self.typed = Typed::default(),
            // Whoever knows it all by heart.
            Action::Open if self.typed.contains('=') => {
                return Entered::Set(self.typed.trim().to_owned());
            }
            Action::Open => {
                self.value = found(all, &self.typed).get(self.at).map(|setting| Value {
                    setting: (*setting).clone(),
                    text: setting.value.clone().into(),
                    is_old: true,
                });
                return Entered::Nothing;
            }
            _ if self.typed.edit(action, TYPED_MAX) => {}
            _ => {
                let lines = found(all, &self.typed).len();
                self.at = moved(Some(self.at), lines, action).unwrap_or(0);
                return Entered::Nothing;
            }
        }
        self.at = 0;
        Entered::Nothing
    }

    pub(super) fn draw(&self, known: Option<&Settings>, pen: &mut Pen<'_>) {
        match (&self.value, known) {
            (Some(value), _) => {
                let of = known.and_then(|known| known.of.as_ref());
                value.draw(of.filter(|of| of.path == value.setting.path), pen);
            }
            (None, Some(known)) => self.draw_list(&known.all, pen),
            (None, None) => {
                let mut inner = pen.frame(TITLE, "", true);
                inner.text(1, 0, "looking which there are …", Role::Dim);
            }
        }
    }

    fn draw_list(&self, all: &[Setting], pen: &mut Pen<'_>) {
        let found = found(all, &self.typed);
        let rows = usize::from(pen.height().saturating_sub(4));
        let sight = Sight::around(self.at, found.len(), rows);
        let remark = match found.len() {
            0 => "no setting of that name".to_owned(),
            _ => sight.said(),
        };
        pen.part_is(super::PART_CHOICES);
        let mut inner = pen.frame(TITLE, &remark, true);
        let hint = "a few letters of its name";
        let x = inner.text(1, 0, &self.typed.shown(TYPED_MAX + 1), Role::Strong);
        if self.typed.is_empty() {
            inner.text(x + 2, 0, hint, Role::Dim);
        } else if self.typed.contains('=') {
            inner.text(x + 2, 0, "Enter compares with this", Role::Dim);
        }
        let width = usize::from(inner.width());
        let longest = found.iter().map(|s| text::width(&s.path)).max();
        let paths = longest.unwrap_or(0).min(width * 3 / 5);
        for (y, place, setting) in sight.of(&found) {
            let y = y + 2;
            inner.row_is(y, super::PART_CHOICES, place);
            let sign = if place == self.at { glyphs::RIGHT } else { ' ' };
            inner.sign(1, y, sign, Role::Plain);
            inner.text(3, y, &text::cut_middle(&setting.path, paths), Role::Plain);
            inner.text(paths as u16 + 5, y, &setting.value, Role::Dim);
            if place == self.at {
                inner.restyle_row(y, Role::Selected);
            }
        }
    }
}

/// The title of its frame.
const TITLE: &str = "Compare this run with one setting changed";

impl Value {
    /// The next of what can stand there, or the one before; where that can be anything, the cursor moves.
    fn turn(&mut self, choices: &[String], back: bool) {
        if choices.is_empty() {
            let to = [Action::CursorRight, Action::CursorLeft][usize::from(back)];
            self.is_old &= !self.text.edit(to, TYPED_MAX);
            return;
        }
        let count = choices.len();
        let now = choices.iter().position(|choice| **choice == *self.text);
        let next = match (now, back) {
            (None, _) => 0,
            (Some(now), false) => (now + 1) % count,
            (Some(now), true) => (now + count - 1) % count,
        };
        self.text = choices[next].clone().into();
        self.is_old = choices[next] == self.setting.value;
    }

    fn draw(&self, of: Option<&Meaning>, pen: &mut Pen<'_>) {
        let mut inner = pen.frame(TITLE, "", true);
        let width = usize::from(inner.width().saturating_sub(8));
        inner.text(
            1,
            0,
            &text::cut_middle(&self.setting.path, width + 6),
            Role::Strong,
        );
        inner.text(1, 2, "now", Role::Dim);
        inner.text(7, 2, &self.setting.value, Role::Plain);
        inner.text(1, 3, "then", Role::Dim);
        let shown = self.text.shown(width.saturating_sub(1));
        let end = inner.text(7, 3, &shown, Role::Strong);
        inner
            .part(7, 3, end.saturating_sub(7), 1)
            .restyle_row(0, Role::Selected);
        let Some(of) = of else {
            return;
        };
        if of.choices.len() > 1 {
            let keys = [Action::ChoiceBefore, Action::NextChoice];
            let keys = keys
                .map(|action| spelled(&name_for(Context::Setting, action), inner.look().glyphs));
            let hint = format!("{} {} {}", keys[0], keys[1], of.choices.len());
            inner.text(end + 2, 3, &hint, Role::Dim);
        }
        for (y, line) in (5..).zip(text::wrap(&of.what, width)) {
            inner.text(7, y, &line, Role::Dim);
        }
    }
}
