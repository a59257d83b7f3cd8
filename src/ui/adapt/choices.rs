//! What a person can choose from who does something to a run, or plays another.

use crate::hunt::{Session, catalogue, deeds};
use crate::ui::view::Choices;

/// What a person can choose from.
pub(super) fn choices(session: &Session) -> Choices {
    Choices {
        scenarios: catalogue::names(),
        ..deeds::choices(session)
    }
}
