//! What a person does to the run: a kind of fault, a form to fill in, and the line of a scenario that it is.

use ratatui::crossterm::event::KeyCode;

use super::{Screen, Seen};
pub use crate::hunt::deeds::Aim;
use crate::hunt::deeds::Form;
use crate::sim::fault::Action as Fault;
use crate::ui::engine::{Answer, Order, Query};
use crate::ui::entry;
use crate::ui::glyphs;
use crate::ui::keymap::{Action, Binding, Context, bind, key, spelled};
use crate::ui::pen::{Pen, scroll};
use crate::ui::spots::Spot;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::{Effect, moved};
use crate::ui::view::Choices;

/// Its keys. Characters are what is typed into the fields.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Injector, &[key(KeyCode::Enter)], Action::Open, "do it", "do it, here and now: the run forks"),
    bind(Context::Injector, &[key(KeyCode::Tab)], Action::NextField, "field", "the next field"),
    bind(Context::Injector, &[key(KeyCode::BackTab)], Action::FieldBefore, "", "the field before"),
    bind(Context::Injector, &[key(KeyCode::Down)], Action::Down, "", "the next kind of fault, or field"),
    bind(Context::Injector, &[key(KeyCode::Up)], Action::Up, "", "the kind of fault, or field, before"),
    bind(Context::Injector, &[key(KeyCode::Right)], Action::NextChoice, "choose", "the next that can stand in the field"),
    bind(Context::Injector, &[key(KeyCode::Left)], Action::ChoiceBefore, "choose", "the one before"),
    bind(Context::Injector, &[key(KeyCode::Esc)], Action::Back, "close", "close, and do nothing"),
];

/// Columns for the kinds.
const KINDS: u16 = 20;
/// The parts that the mouse can point at: the kinds, the fields, and the line of the scenario that does it when it is pressed
/// twice.
const PART_KINDS: usize = 0;
const PART_FIELDS: usize = 1;
const PART_WRITTEN: usize = 2;
/// The longest text of a field.
const FIELD_MAX: usize = 80;

/// The screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injector {
    /// Whom it was opened for.
    aim: Aim,
    kind: usize,
    form: Form,
    filled: bool,
    /// How long it lasts; empty for until it is healed.
    lasting: String,
    /// What was typed into the field since it has the keys.
    typed: Option<String>,
    /// 0 is the list of kinds, then the fields, then how long it lasts.
    at: usize,
}

impl Injector {
    /// For what is selected.
    pub fn new(aim: Aim) -> Self {
        let word = aim.kind();
        Self::of_kind(aim, word)
    }

    /// With a kind of fault, by its word in the scenario language: it is done by one more key.
    pub fn of_kind(aim: Aim, word: &str) -> Self {
        let kind = Fault::WORDS.iter().position(|w| *w == word).unwrap_or(0);
        Self {
            aim,
            kind,
            form: Form::of(kind),
            filled: false,
            lasting: String::new(),
            typed: None,
            at: 0,
        }
    }

    fn choices(seen: Seen<'_>) -> Option<&Choices> {
        match seen.answer {
            Some(Answer::Choices(choices)) => Some(choices),
            _ => None,
        }
    }

    /// The form, filled with what is usual as soon as it is known what there is.
    fn form(&self, seen: Seen<'_>) -> Form {
        let mut form = self.form.clone();
        if let (false, Some(choices)) = (self.filled, Self::choices(seen)) {
            form.fill(choices, &self.aim);
        }
        form
    }

    fn take_form(&mut self, seen: Seen<'_>) {
        self.form = self.form(seen);
        self.filled |= Self::choices(seen).is_some();
    }

    fn turn_to(&mut self, kind: usize) {
        self.kind = kind;
        self.form = Form::of(kind);
        self.filled = false;
    }

    /// Whether this kind of fault can last.
    fn lasts(&self) -> bool {
        Fault::LASTING.get(self.kind).copied().unwrap_or_default()
    }

    fn fields(&self) -> usize {
        2 + self.form.fields.len()
    }

    fn field_mut(&mut self) -> Option<&mut String> {
        match self.at.checked_sub(1)? {
            at if at < self.form.fields.len() => Some(&mut self.form.fields[at].value),
            _ => Some(&mut self.lasting),
        }
    }

    /// Takes in what is typed. The first character replaces what stands there; of what can stand there the first that has the
    /// text in its name does, and the text itself where there is none.
    fn edit(&mut self, seen: Seen<'_>, action: Action) {
        let before = self.typed.take();
        let Some(value) = self.field_mut() else {
            return;
        };
        let mut text = match action {
            Action::Type(_) => before.clone().unwrap_or_default(),
            _ => before.clone().unwrap_or_else(|| value.clone()),
        };
        if !entry::edit(&mut text, action, FIELD_MAX) {
            self.typed = before;
            return;
        }
        match (self.field(), Self::choices(seen)) {
            (Some(field), Some(choices)) => {
                let first = self.form.matching(field, choices, &text).into_iter().next();
                let value = first.unwrap_or_else(|| text.clone());
                self.form.put(field, choices, value);
            }
            _ => {
                if let Some(value) = self.field_mut() {
                    value.clone_from(&text);
                }
            }
        }
        self.typed = Some(text);
    }

    /// The field of the form that has the keys.
    fn field(&self) -> Option<usize> {
        let field = self.at.checked_sub(1);
        field.filter(|f| *f < self.form.fields.len())
    }

    fn order(&self) -> Effect {
        let lasting = self.lasting.trim();
        let lasting = (!lasting.is_empty() && self.lasts()).then(|| lasting.to_owned());
        Effect::Order(Order::Inject(self.form.text(), lasting))
    }
}

impl Screen for Injector {
    fn context(&self) -> Context {
        Context::Injector
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn closes_when_done(&self) -> bool {
        true
    }

    fn popup(&self, size: (u16, u16)) -> Option<(u16, u16)> {
        let all = u16::try_from(Fault::FORMS.len() + 2).unwrap_or(u16::MAX);
        Some((size.0.min(96), size.1.min(all)))
    }

    fn query(&self) -> Option<Query> {
        Some(Query::Choices)
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        self.take_form(seen);
        let before = self.at;
        match action {
            Action::Back => return Effect::Close,
            Action::Open => return self.order(),
            Action::NextField => self.at = (self.at + 1) % self.fields(),
            Action::FieldBefore => self.at = (self.at + self.fields() - 1) % self.fields(),
            Action::Down | Action::Up | Action::PageDown | Action::PageUp if self.at == 0 => {
                let kind = moved(Some(self.kind), Fault::FORMS.len(), action);
                self.turn_to(kind.unwrap_or(0));
                self.take_form(seen);
            }
            Action::Down => self.at = (self.at + 1).min(self.fields() - 1),
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::NextChoice if self.at == 0 => self.at = 1,
            Action::NextChoice | Action::ChoiceBefore => {
                if let (Some(field), Some(choices)) = (self.field(), Self::choices(seen)) {
                    let back = action == Action::ChoiceBefore;
                    self.form
                        .turn(field, choices, (back, self.typed.as_deref()));
                }
            }
            Action::Type(c) if self.at == 0 => {
                // The next kind that begins with it.
                let kinds = Fault::FORMS.len();
                let begins = |kind: &usize| {
                    let first = Fault::FORMS[*kind].0.chars().next();
                    first.is_some_and(|f| f.eq_ignore_ascii_case(&c))
                };
                let after = (1..=kinds).map(|n| (self.kind + n) % kinds);
                if let Some(kind) = after.into_iter().find(begins) {
                    self.turn_to(kind);
                    self.take_form(seen);
                }
            }
            other => self.edit(seen, other),
        }
        if self.at != before {
            self.typed = None;
        }
        Effect::None
    }

    fn point(&mut self, seen: Seen<'_>, spot: Spot) {
        self.take_form(seen);
        self.typed = None;
        match (spot.part, spot.line) {
            (PART_KINDS, line) => {
                self.at = 0;
                if let Some(kind) = line.filter(|kind| *kind != self.kind) {
                    self.turn_to(kind);
                    self.take_form(seen);
                }
            }
            (PART_FIELDS, line) => self.at = line.unwrap_or(self.at.max(1)),
            _ => {}
        }
    }

    fn opens(&self, spot: Spot) -> bool {
        spot.part == PART_WRITTEN
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        let now = format!("at {}s", text::moment(seen.frame.header.now_ns));
        let mut inner = pen.frame("Do to the run", &now, true);
        self.draw_kinds(&mut inner);
        let mut right = inner.part(
            KINDS,
            0,
            inner.width().saturating_sub(KINDS),
            inner.height(),
        );
        self.draw_fields(seen, &mut right);
    }
}

impl Injector {
    fn draw_kinds(&self, pen: &mut Pen<'_>) {
        let kinds = Fault::FORMS.len();
        // The last row tells of what is below.
        let all = usize::from(pen.height());
        let rows = if kinds > all {
            all.saturating_sub(1)
        } else {
            all
        };
        let first = scroll(self.kind, kinds, rows);
        pen.part(0, 0, KINDS - 1, u16::MAX).part_is(PART_KINDS);
        let shown = Fault::FORMS.iter().enumerate().skip(first).take(rows);
        for (y, (kind, (word, _))) in shown.enumerate() {
            let mut row = pen.part(0, y as u16, KINDS - 1, 1);
            row.row_is(0, PART_KINDS, kind);
            row.text(1, 0, word, Role::Plain);
            if kind == self.kind {
                let is_here = self.at == 0;
                let role = if is_here {
                    Role::Selected
                } else {
                    Role::Strong
                };
                row.restyle_row(0, role);
                row.sign(0, 0, glyphs::RIGHT, Role::Strong);
            }
        }
        let below = kinds - (first + rows).min(kinds);
        if first + below > 0 {
            let parts = [(first, "above"), (below, "below")].into_iter();
            let parts = parts.filter(|(n, _)| *n > 0);
            let said: Vec<String> = parts.map(|(n, word)| format!("+{n} {word}")).collect();
            pen.text(1, rows as u16, &said.join(" "), Role::Dim);
        }
    }

    fn draw_fields(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        pen.part_is(PART_FIELDS);
        let form = self.form(seen);
        let typed = self.typed.as_deref().unwrap_or_default();
        let offered = |at: usize| {
            let choices = Self::choices(seen)?;
            if self.at == at + 1 {
                let matching = form.matching(at, choices, typed);
                if !matching.is_empty() {
                    return Some(matching.len());
                }
            }
            Some(form.offered(at, choices).len())
        };
        let mut y = 0;
        for (at, field) in form.fields.iter().enumerate() {
            let hint = match offered(at).unwrap_or(0) {
                0 | 1 => String::new(),
                n => spelled(&format!("← → {n}"), pen.look().glyphs),
            };
            self.draw_field(
                pen,
                y,
                (at + 1, &field.name.replace('_', " ")),
                &field.value,
                &hint,
            );
            y += 1;
        }
        let lasts = if self.lasts() {
            "until it is healed"
        } else {
            "is over at once"
        };
        let hint = if self.lasting.is_empty() { lasts } else { "" };
        self.draw_field(pen, y, (form.fields.len() + 1, "for"), &self.lasting, hint);
        y += 2;
        if let Some(setting) = Self::choices(seen).and_then(|c| form.setting(c)) {
            pen.text(
                0,
                y,
                &format!(
                    "{} is {} now: {}",
                    setting.name, setting.value, setting.what
                ),
                Role::Dim,
            );
            y += 2;
        }
        pen.text(0, y, "as a scenario has it", Role::Dim);
        for (i, line) in text::wrap(&form.text(), usize::from(pen.width().max(12)))
            .iter()
            .enumerate()
        {
            let y = y + 1 + i as u16;
            pen.row_is(y, PART_WRITTEN, 0);
            pen.text(0, y, line, Role::Strong);
        }
    }

    fn draw_field(
        &self,
        pen: &mut Pen<'_>,
        y: u16,
        (at, name): (usize, &str),
        value: &str,
        hint: &str,
    ) {
        let is_here = self.at == at;
        pen.row_is(y, PART_FIELDS, at);
        pen.text(
            0,
            y,
            &text::cut(name, 11),
            if is_here { Role::Strong } else { Role::Dim },
        );
        // What is typed, and what of all that can stand here it means.
        let typed = self.typed.as_ref().filter(|_| is_here);
        let shown = match typed {
            Some(typed) if typed != value => format!("{typed}_ {} {value}", glyphs::RIGHT),
            _ if is_here => format!("{value}_"),
            _ => value.to_owned(),
        };
        let end = pen.text(
            12,
            y,
            &shown,
            if is_here { Role::Strong } else { Role::Plain },
        );
        pen.text(end + 2, y, hint, Role::Dim);
        if is_here {
            let mut field = pen.part(12, y, (end - 12).max(1), 1);
            field.restyle_row(0, Role::Selected);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn press(injector: &mut Injector, actions: &[Action]) -> Effect {
        let frame = fixture::frame();
        let answer = Answer::Choices(Box::new(Choices {
            targets: vec!["\"broker-1\"".into(), "\"broker-2\"".into()],
            ..Choices::default()
        }));
        let seen = Seen {
            frame: &frame,
            answer: Some(&answer),
            working: None,
            goal: None,
            size: (80, 22),
        };
        let mut effect = Effect::None;
        for &action in actions {
            effect = injector.update(seen, action);
        }
        effect
    }

    #[test]
    fn what_is_filled_in_is_what_is_done() {
        let whom = Aim::Target("\"broker-2\"".to_owned());
        let done = press(&mut Injector::new(whom.clone()), &[Action::Open]);
        let crash = Order::Inject("Crash(\"broker-2\")".into(), None);
        assert_eq!(done, Effect::Order(crash));
        let mut injector = Injector::new(whom);
        let keys = [
            Action::Type('p'),
            Action::Type('p'),
            Action::NextField,
            Action::NextChoice,
            Action::NextField,
            Action::Type('5'),
            Action::Type('s'),
            Action::Open,
        ];
        let pause = Order::Inject("Pause(\"broker-1\")".into(), Some("5s".into()));
        assert_eq!(press(&mut injector, &keys), Effect::Order(pause));
    }

    #[test]
    fn what_is_typed_replaces_what_stands_there_and_finds_what_can_stand_there() {
        let typed = |text: &str| {
            let mut injector = Injector::new(Aim::Target("\"broker-1\"".to_owned()));
            let mut keys = vec![Action::NextField];
            keys.extend(text.chars().map(Action::Type));
            keys.push(Action::Open);
            press(&mut injector, &keys)
        };
        let crash = |whom: &str| Effect::Order(Order::Inject(format!("Crash({whom})"), None));
        assert_eq!(typed("web-1"), crash("\"web-1\""));
        assert_eq!(typed("R-2"), crash("\"broker-2\""));
        assert_eq!(typed("AllBut(\"x\")"), crash("AllBut(\"x\")"));
        assert_eq!(typed(""), crash("\"broker-1\""));
        // The arrows turn among those that fit; Erase goes on with what stands there.
        let mut injector = Injector::new(Aim::Nobody);
        let mut keys = vec![Action::NextField, Action::Type('b')];
        keys.extend([Action::NextChoice, Action::NextChoice, Action::NextField]);
        keys.extend("50s".chars().map(Action::Type));
        keys.extend([Action::FieldBefore, Action::NextField, Action::Erase]);
        keys.extend([Action::Erase, Action::Type('s'), Action::Open]);
        let pause = Order::Inject("Crash(\"broker-1\")".into(), Some("5s".into()));
        assert_eq!(press(&mut injector, &keys), Effect::Order(pause));
    }

    #[test]
    fn what_is_over_at_once_does_not_last() {
        let mut injector = Injector::new(Aim::Nobody);
        let restart = Fault::WORDS
            .iter()
            .position(|w| *w == "Restart")
            .expect("a word");
        injector.turn_to(restart);
        injector.lasting = "5s".into();
        let done = Order::Inject("Restart(\"broker-1\")".into(), None);
        assert_eq!(press(&mut injector, &[Action::Open]), Effect::Order(done));
    }
}
