//! Properties, and what a scenario expects of them.

/// What a scenario expects.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Expect {}
