//! Whole runs: a scenario with a seed and everything that watches it; what came of it.

pub mod catalogue;
mod doubts;
mod outcome;
mod session;
mod watch;

pub use doubts::doubts;
pub use outcome::{Expectation, Outcome};
pub use session::{Options, Session};
pub use watch::Watch;

/// A scenario with the expectations that the checks know.
pub type Loaded = crate::scenario::Loaded<crate::checks::Expect>;

/// Finds a scenario, by file or built-in name, and reads it.
pub fn load(which: &str, sets: &[String]) -> Result<Loaded, crate::scenario::LoadError> {
    crate::scenario::load(which, sets)
}
