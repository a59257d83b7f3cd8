//! Where the run shall stop: breakpoints, which one can set, switch off and remove.

use ratatui::crossterm::event::KeyCode;

use super::{Screen, Seen};
use crate::hunt::breaks::EXAMPLES;
use crate::ui::engine::{Breaking, Order, Until};
use crate::ui::entry::Typed;
use crate::ui::glyphs;
use crate::ui::keymap::{Action, Binding, Context, bind, ch, ctrl, key, name_for};
use crate::ui::pen::Pen;
use crate::ui::spots::Spot;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::{Effect, moved};
use crate::ui::view::BreakRow;
use crate::ui::widgets::list::Sight;

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Breaks, &[ch('a')], Action::Add, "add", "one more breakpoint: mark crash, node broker-1, record …, metric … > …, finding"),
    bind(Context::Breaks, &[ch(' ')], Action::Turn, "on/off", "switch it off, or on again"),
    bind(Context::Breaks, &[ch('d'), key(KeyCode::Delete)], Action::Remove, "remove", "remove it"),
    bind(Context::Breaks, &[key(KeyCode::Enter)], Action::Open, "go there", "go to where it stopped the run last"),
    bind(Context::Breaks, &[ch('j'), key(KeyCode::Down)], Action::Down, "", "the next breakpoint"),
    bind(Context::Breaks, &[ch('k'), key(KeyCode::Up)], Action::Up, "", "the breakpoint before"),
    bind(Context::Breaks, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Breaks, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Breaks, &[ch('g')], Action::Top, "", "to the first breakpoint"),
    bind(Context::Breaks, &[ch('G')], Action::Bottom, "", "to the last breakpoint"),
    bind(Context::Breaks, &[key(KeyCode::Esc), ch('b')], Action::Back, "back", "close"),
];

/// The longest text of a breakpoint.
const TYPED_MAX: usize = 120;

/// The screen of the breakpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakList {
    selected: Option<usize>,
    /// A new one, while it is typed.
    typed: Option<Typed>,
    /// What was typed last, and how many there were then: what had a mistake can be mended.
    draft: Option<(Typed, usize)>,
}

impl BreakList {
    fn at(&self, rows: &[BreakRow]) -> usize {
        self.selected.unwrap_or(0).min(rows.len().saturating_sub(1))
    }

    fn type_on(&mut self, rows: &[BreakRow], action: Action) -> Effect {
        let Some(mut typed) = self.typed.take() else {
            return Effect::None;
        };
        match action {
            Action::Open if typed.trim().is_empty() => return Effect::None,
            Action::Open => {
                self.draft = Some((typed.clone(), rows.len()));
                self.selected = Some(rows.len());
                return Effect::Order(Order::Break(Breaking::Add(typed.to_string())));
            }
            Action::Back => return Effect::None,
            _ => {
                typed.edit(action, TYPED_MAX);
            }
        }
        self.typed = Some(typed);
        Effect::None
    }

    /// What had a mistake, or nothing.
    fn begin(&mut self, rows: &[BreakRow]) {
        let draft = self.draft.take().filter(|(_, were)| rows.len() <= *were);
        self.typed = Some(draft.map_or_else(Typed::default, |(text, _)| text));
    }
}

impl Screen for BreakList {
    fn context(&self) -> Context {
        if self.typed.is_some() {
            Context::Entry
        } else {
            Context::Breaks
        }
    }

    fn is_typing(&self) -> bool {
        self.typed.is_some()
    }

    fn copied(&self, seen: Seen<'_>) -> Option<String> {
        let rows = &seen.frame.breaks;
        rows.get(self.at(rows)).map(|row| row.text.clone())
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        let rows = &seen.frame.breaks;
        if self.typed.is_some() {
            return self.type_on(rows, action);
        }
        let at = self.at(rows);
        match action {
            Action::Back => return Effect::Close,
            Action::Add => self.begin(rows),
            _ if rows.is_empty() => {}
            Action::Turn => return Effect::Order(Order::Break(Breaking::Turn(at))),
            Action::Remove => return Effect::Order(Order::Break(Breaking::Remove(at))),
            Action::Open => {
                if let Some((_, event)) = rows[at].last {
                    return Effect::Seek(Until::Event(event));
                }
            }
            _ => self.selected = moved(Some(at), rows.len(), action),
        }
        Effect::None
    }

    fn point(&mut self, _: Seen<'_>, spot: Spot) {
        if self.typed.is_none() {
            self.selected = spot.line.or(self.selected);
        }
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        let rows = &seen.frame.breaks;
        let height = usize::from(pen.height().saturating_sub(6));
        let at = self.at(rows);
        let sight = Sight::around(at, rows.len(), height);
        let remark = match rows.len() {
            0 => "none".to_owned(),
            _ => sight.said(),
        };
        pen.part_is(0);
        let mut inner = pen.frame("Breakpoints", &remark, true);
        let width = inner.width();
        let (hits, when) = (width.saturating_sub(24), width.saturating_sub(22));
        inner.text(1, 0, "state", Role::Dim);
        inner.text(8, 0, "stops at", Role::Dim);
        inner.text_right(hits, 0, "hits", Role::Dim);
        inner.text(when, 0, "last", Role::Dim);
        for (y, i, row) in sight.of(rows) {
            let y = y + 1;
            inner.row_is(y, 0, i);
            let (sign, word, role) = if row.on {
                (glyphs::UP, "on", Role::Good)
            } else {
                (glyphs::HEAL, "off", Role::Dim)
            };
            inner.sign(1, y, sign, role);
            inner.text(3, y, word, role);
            let room = usize::from(hits.saturating_sub(14));
            let plain = if row.on { Role::Plain } else { Role::Dim };
            inner.text(8, y, &text::cut(&row.text, room), plain);
            inner.text_right(hits, y, &text::count(row.hits), plain);
            let stopped = row.last.map_or_else(String::new, |(ns, event)| {
                format!("{}s #{event}", text::moment(ns))
            });
            inner.text(when, y, &text::cut(&stopped, 21), plain);
            if i == at {
                inner.restyle_row(y, Role::Selected);
            }
        }
        self.draw_foot(&mut inner, rows.is_empty());
    }
}

impl BreakList {
    /// What is typed, and how one writes it.
    fn draw_foot(&self, inner: &mut Pen<'_>, empty: bool) {
        let width = usize::from(inner.width().saturating_sub(2));
        let foot = inner.height().saturating_sub(3);
        if let Some(typed) = &self.typed {
            let x = inner.text(1, foot, "stop at ", Role::Plain);
            let shown = typed.shown(width.saturating_sub(9));
            inner.text(x, foot, &shown, Role::Strong);
        } else if empty {
            let add = name_for(Context::Breaks, Action::Add);
            let said = format!("The run stops nowhere: {add} adds a breakpoint.");
            inner.text(1, foot, &said, Role::Plain);
        }
        let (some, others) = EXAMPLES.split_at(EXAMPLES.len() / 2);
        for (y, examples) in (foot + 1..).zip([some, others]) {
            inner.text(1, y, &text::cut(&examples.join("   "), width), Role::Dim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crate::ui::model::Model;
    use crate::ui::snapshots::{check, picture};
    use crate::ui::update::update;

    fn model(width: u16, height: u16) -> Model {
        let mut model = fixture::model(width, height);
        let row = |text: &str, on, hits, last| BreakRow {
            text: text.to_owned(),
            on,
            hits,
            last,
        };
        model.frame.breaks = vec![
            row(
                "mark election orders/0",
                true,
                2,
                Some((12_480_000_000, 31_880)),
            ),
            row("node broker-1", false, 0, None),
            row(
                "metric queue.events/orders/0.depth.now > 500",
                true,
                1,
                Some((9_001_000_000, 20_771)),
            ),
            row("finding", true, 0, None),
        ];
        update(&mut model, Action::Breaks);
        model
    }

    fn typed(model: &mut Model, text: &str) {
        text.chars()
            .for_each(|c| drop(update(model, Action::Type(c))));
    }

    #[test]
    fn the_breakpoints_at_three_sizes() {
        for (w, h) in [(80, 24), (120, 40), (200, 60)] {
            let mut m = model(w, h);
            check(&format!("breaks_{w}x{h}"), &picture(&m));
            if w == 80 {
                update(&mut m, Action::Add);
                typed(&mut m, "mark elect");
                check("breaks_typing_80x24", &picture(&m));
                m.frame.breaks.clear();
                update(&mut m, Action::Back);
                check("breaks_none_80x24", &picture(&m));
            }
        }
    }

    #[test]
    fn they_are_pressed_with_the_mouse() {
        let m = model(80, 24);
        let texts = [
            "mark election",
            "node broker-1",
            "metric queue",
            "on   finding",
        ];
        crate::ui::screens::pointing::pressed_lines_open(&m, &texts);
        crate::ui::screens::pointing::wheel_moves(&m, "node broker-1");
    }

    #[test]
    fn no_size_is_too_small() {
        for w in (60..200).step_by(7) {
            for h in 16..30 {
                let mut m = model(w, h);
                picture(&m);
                update(&mut m, Action::Add);
                typed(&mut m, &"x".repeat(TYPED_MAX + 5));
                picture(&m);
            }
        }
    }

    #[test]
    fn its_keys_speak_of_the_selected_one() {
        let mut m = model(120, 40);
        update(&mut m, Action::Down);
        let order = |breaking| Effect::Order(Order::Break(breaking));
        assert_eq!(update(&mut m, Action::Turn), order(Breaking::Turn(1)));
        assert_eq!(update(&mut m, Action::Remove), order(Breaking::Remove(1)));
        assert_eq!(
            update(&mut m, Action::Open),
            Effect::None,
            "it never stopped the run"
        );
        update(&mut m, Action::Down);
        let there = Effect::Seek(Until::Event(20_771));
        assert_eq!(update(&mut m, Action::Open), there);
        m.frame.breaks.clear();
        for action in [Action::Turn, Action::Remove, Action::Open, Action::Down] {
            assert_eq!(update(&mut m, action), Effect::None);
        }
    }

    #[test]
    fn what_had_a_mistake_can_be_mended_and_what_had_none_is_gone() {
        let mut m = model(120, 40);
        update(&mut m, Action::Add);
        typed(&mut m, "mark elction");
        let added = |text: &str| Effect::Order(Order::Break(Breaking::Add(text.to_owned())));
        assert_eq!(update(&mut m, Action::Open), added("mark elction"));
        // Nothing was added.
        update(&mut m, Action::Add);
        (0..6).for_each(|_| drop(update(&mut m, Action::Erase)));
        typed(&mut m, "ection");
        assert_eq!(update(&mut m, Action::Open), added("mark eection"));
        let row = m.frame.breaks[0].clone();
        m.frame.breaks.push(row);
        update(&mut m, Action::Add);
        assert_eq!(
            update(&mut m, Action::Open),
            Effect::None,
            "nothing is typed"
        );
    }
}
