//! Something to read: a diagnostic, or why something could not be done.

use ratatui::crossterm::event::KeyCode;

use super::{Screen, Seen};
use crate::ui::keymap::{Action, Binding, Context, bind, ch, ctrl, key, name_for};
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::{Effect, moved};
use crate::ui::widgets::list::Sight;

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Notice, &[key(KeyCode::Esc), key(KeyCode::Enter), ch('q')], Action::Back, "close", "close"),
    bind(Context::Notice, &[ch('j'), key(KeyCode::Down)], Action::Down, "move", "down a line"),
    bind(Context::Notice, &[ch('k'), key(KeyCode::Up)], Action::Up, "move", "up a line"),
    bind(Context::Notice, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Notice, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Notice, &[ch('g')], Action::Top, "", "to the first line"),
    bind(Context::Notice, &[ch('G')], Action::Bottom, "", "to the last line"),
];

/// Some lines, which scroll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub title: String,
    /// What it says.
    pub lines: Vec<String>,
    at: usize,
}

impl Notice {
    /// Some lines under a title.
    pub fn new(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self {
            title: title.into(),
            lines,
            at: 0,
        }
    }
}

impl Screen for Notice {
    fn context(&self) -> Context {
        Context::Notice
    }

    fn travels(&self) -> bool {
        false
    }

    fn popup(&self, size: (u16, u16)) -> Option<(u16, u16)> {
        let longest = self.lines.iter().map(|l| text::width(l)).max().unwrap_or(0);
        let width = u16::try_from(longest.max(30) + 4).unwrap_or(u16::MAX);
        let height = u16::try_from(self.lines.len() + 2).unwrap_or(u16::MAX);
        Some((width.min(size.0), height.min(size.1.saturating_sub(2))))
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        if action == Action::Back {
            return Effect::Close;
        }
        let rows = usize::from(seen.size.1.saturating_sub(4));
        let last = self.lines.len().saturating_sub(rows);
        self.at = moved(Some(self.at), last + 1, action).unwrap_or(0);
        Effect::None
    }

    fn draw(&self, _: Seen<'_>, pen: &mut Pen<'_>) {
        let rows = usize::from(pen.height().saturating_sub(2));
        let sight = Sight::from(self.at, self.lines.len(), rows);
        let closes = || format!("{} closes", name_for(Context::Notice, Action::Back));
        let remark = sight.if_cut().unwrap_or_else(closes);
        pen.part_is(0);
        let mut inner = pen.frame(&self.title, &remark, true);
        for (y, _, line) in sight.of(&self.lines) {
            inner.text(1, y, line, Role::Plain);
        }
    }
}
