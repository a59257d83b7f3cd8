//! The question before a run is left whose interventions stand in no file.

use ratatui::crossterm::event::KeyCode;

use super::{Screen, Seen};
use crate::ui::engine::Order;
use crate::ui::keymap::{Action, Binding, Context, bind, ch, key, name_for};
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::update::Effect;
use crate::ui::view::{ForkRow, Frame};

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Leaving, &[ch('q')], Action::Open, "leave without them", "leave, and lose what is not saved"),
    bind(Context::Leaving, &[ch('s')], Action::SaveAll, "save", "write what is not saved to new recordings, and stay"),
    bind(Context::Leaving, &[key(KeyCode::Esc)], Action::Back, "stay", "stay with the run"),
];

/// Where somebody goes who leaves a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Out of the program.
    Quit,
    /// To the screen before.
    Back,
}

impl Exit {
    /// What leaves.
    pub fn effect(self) -> Effect {
        match self {
            Self::Quit => Effect::Quit,
            Self::Back => Effect::Back,
        }
    }
}

/// The question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    exit: Exit,
    /// How many branches would be lost.
    lost: usize,
}

impl Leaving {
    /// The question, if there is something to lose.
    pub fn asks(frame: &Frame, exit: Exit) -> Option<Self> {
        let lost = lost(frame).count();
        (lost > 0).then_some(Self { exit, lost })
    }
}

/// The branches that would be lost.
fn lost(frame: &Frame) -> impl Iterator<Item = &ForkRow> {
    frame.forks.iter().filter(|row| row.is_unsaved)
}

/// What would be lost, in a sentence.
fn sentence(lost: &[&ForkRow]) -> String {
    match lost {
        [one] => format!("{} is not saved:", one.name),
        many => format!("{} forks are not saved:", many.len()),
    }
}

/// So many branches are named.
const NAMED_MAX: usize = 6;

impl Screen for Leaving {
    fn context(&self) -> Context {
        Context::Leaving
    }

    fn travels(&self) -> bool {
        false
    }

    fn popup(&self, size: (u16, u16)) -> Option<(u16, u16)> {
        let named = self.lost.min(NAMED_MAX) as u16;
        Some((size.0.saturating_sub(8).min(76), named + 6))
    }

    fn closes_when_done(&self) -> bool {
        true
    }

    fn update(&mut self, _: Seen<'_>, action: Action) -> Effect {
        match action {
            Action::Back => Effect::Close,
            Action::Open => self.exit.effect(),
            Action::SaveAll => Effect::Order(Order::SaveAll),
            _ => Effect::None,
        }
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        let title = match self.exit {
            Exit::Quit => "Quit?",
            Exit::Back => "Back to where this run was chosen?",
        };
        let mut inner = pen.frame(title, "", true);
        let lost: Vec<&ForkRow> = lost(seen.frame).collect();
        inner.text(1, 0, &sentence(&lost), Role::Warn);
        let rows = usize::from(inner.height().saturating_sub(4)).min(NAMED_MAX);
        let shown = if lost.len() > rows {
            rows.saturating_sub(1)
        } else {
            lost.len()
        };
        for (y, row) in (1..).zip(&lost[..shown]) {
            let at = format!("{}s", text::moment(row.from_ns));
            let x = inner.text(3, y, &row.name, Role::Strong);
            let x = inner.text(x.max(13) + 2, y, &text::right(&at, 8), Role::Plain);
            inner.text(x + 2, y, &row.what, Role::Plain);
        }
        if shown < lost.len() {
            let more = format!("+{} more", lost.len() - shown);
            inner.text(3, shown as u16 + 1, &more, Role::Dim);
        }
        let y = inner.height().saturating_sub(2);
        let them = if lost.len() == 1 { "it" } else { "them" };
        let mut x = 1;
        let again = if self.exit == Exit::Quit {
            "again "
        } else {
            ""
        };
        for (action, says) in [
            (Action::Open, format!("{again}leaves without {them}")),
            (Action::SaveAll, format!("saves {them}")),
            (Action::Back, "stays".to_owned()),
        ] {
            x = inner.text(x, y, &name_for(Context::Leaving, action), Role::Key);
            x = inner.text(x + 1, y, &says, Role::Plain) + 3;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crate::ui::model::Model;
    use crate::ui::screens::pictures::forks;
    use crate::ui::update::update;

    fn model() -> Model {
        let mut model = fixture::model(80, 24);
        model.frame.forks = forks();
        model
    }

    #[test]
    fn whoever_quits_is_asked_once_from_wherever_that_is() {
        for opened in [
            None,
            Some(Action::Forks),
            Some(Action::Inject),
            Some(Action::Compare),
        ] {
            let mut m = model();
            opened.map(|action| update(&mut m, action));
            let before = m.screens.clone();
            assert_eq!(update(&mut m, Action::Quit), Effect::None, "{opened:?}");
            assert_eq!(m.contexts()[0], Context::Leaving);
            update(&mut m, Action::Back);
            assert_eq!(m.screens, before, "whoever stays is where they were");
            update(&mut m, Action::Quit);
            assert_eq!(update(&mut m, Action::Open), Effect::Quit);
        }
        // One thing that is looked at closely, too.
        let mut m = model();
        for action in [
            Action::Focus(crate::ui::layout::Pane::Queues),
            Action::Down,
            Action::Open,
        ] {
            update(&mut m, action);
        }
        assert_eq!(update(&mut m, Action::Quit), Effect::None);
        assert_eq!(m.contexts()[0], Context::Leaving);
    }

    #[test]
    fn whoever_has_nothing_to_lose_leaves_at_once_and_so_does_ctrl_c() {
        let mut m = model();
        assert_eq!(update(&mut m, Action::Interrupt), Effect::Quit);
        m.frame
            .forks
            .iter_mut()
            .for_each(|row| row.is_unsaved = false);
        assert_eq!(update(&mut m, Action::Quit), Effect::Quit);
    }

    #[test]
    fn the_way_back_asks_the_same_and_esc_stays() {
        let mut m = model();
        m.has_parent = true;
        assert_eq!(update(&mut m, Action::Back), Effect::None);
        assert_eq!(m.contexts()[0], Context::Leaving);
        update(&mut m, Action::Back);
        assert!(m.screens.is_empty());
        update(&mut m, Action::Back);
        assert_eq!(update(&mut m, Action::Open), Effect::Back);
    }
}
