//! A scenario as text again: every setting with its value, defaults filled in. Reading the text gives an equal scenario.

mod layout;
mod tree;

use serde::Serialize;

use super::schema::Scenario;

/// The effective settings of a scenario as RON, the same text for equal scenarios. Ends with a line break.
pub fn effective<E: Serialize>(scenario: &Scenario<E>) -> String {
    // Settings are plain types; none of them refuses to be written.
    tree::tree(scenario).map_or_else(
        |error| format!("// {error}\n"),
        |tree| layout::lay_out(&tree),
    )
}
