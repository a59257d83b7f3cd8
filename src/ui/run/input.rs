//! What comes from the terminal, as what a person wants.

use std::time::{Duration, Instant};

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind,
};

use crate::ui::keymap::{self, Action, Context};

/// What came from the terminal.
pub(super) enum Input {
    Action(Action),
    /// What is typed at once: a text that was pasted where one is asked for.
    Typed(Vec<Action>),
    Size(u16, u16),
    None,
}

/// Where and when the mouse was pressed last: twice in the same place, and soon, is one thing.
#[derive(Default)]
pub(super) struct Clicks(Option<(Instant, u16, u16)>);

/// Within so much time two clicks are one.
const DOUBLE: Duration = Duration::from_millis(400);

impl Clicks {
    /// What a person wants by it, in these places.
    pub(super) fn input(&mut self, event: Event, contexts: &[Context]) -> Input {
        let action = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                panic_if_asked(key);
                keymap::action(contexts, key)
            }
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Resize(w, h) => return Input::Size(w, h),
            Event::Paste(text) if contexts.contains(&Context::Entry) => {
                return Input::Typed(typed(&text));
            }
            _ => None,
        };
        action.map_or(Input::None, Input::Action)
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Option<Action> {
        let (x, y) = (mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let now = Instant::now();
                let soon = |at: &(Instant, u16, u16)| {
                    (at.1, at.2) == (x, y) && now.duration_since(at.0) < DOUBLE
                };
                if self.0.take_if(|at| soon(at)).is_some() {
                    return Some(Action::DoubleClick(x, y));
                }
                self.0 = Some((now, x, y));
                Some(Action::Click(x, y))
            }
            MouseEventKind::Drag(MouseButton::Left) => Some(Action::Drag(x, y)),
            MouseEventKind::ScrollDown => Some(Action::WheelDown(x, y)),
            MouseEventKind::ScrollUp => Some(Action::WheelUp(x, y)),
            _ => None,
        }
    }
}

/// The first line of a text that was pasted, as it would be typed: no key does anything by what somebody pastes.
fn typed(text: &str) -> Vec<Action> {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let letters = line.chars().filter(|c| !c.is_control());
    letters.map(Action::Type).collect()
}

/// For the test that a panic leaves the terminal clean: F12 panics where `SPLITBRAIN_TEST_PANIC` is set.
fn panic_if_asked(key: KeyEvent) {
    let asked = key.code == KeyCode::F(12) && std::env::var_os("SPLITBRAIN_TEST_PANIC").is_some();
    assert!(!asked, "asked to panic by SPLITBRAIN_TEST_PANIC");
}
