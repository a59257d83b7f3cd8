//! The smallest scenario that still breaks what a scenario breaks: what is there is left out, made less or made simpler, one thing
//! after the other, and stays so wherever the same breaks with the same seed (delta debugging: A. Zeller and R. Hildebrandt,
//! "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 2002).
//!
//! What is changed is the tree of what the scenario says, by passes that know its words no better than that they are lists,
//! fields, numbers, times and distributions. Whether what comes of it is a scenario is for the language to say: what it
//! refuses is mended where it points, or dropped. The same breaks only if it also holds, as before, where the cause is not:
//! in the scenario's control, or without faults.
//!
//! A pass proposes changes in an order, and the first of them that still breaks is taken: how many are tried at once changes
//! nothing.

mod cut;
mod dists;
mod earlier;
mod faults;
mod leave_out;
mod mend;
mod notes;
mod numbers;
mod propose;
mod quantity;
mod search;
mod sizes;
mod strikes;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod trial;

pub use search::{Progress, Shrink};
pub use sizes::Sizes;

use std::num::NonZeroUsize;

use super::failure::Failure;
use crate::checks::Expect;

/// What is shrunk, and for how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another seed than the scenario's.
    pub seed: Option<u64>,
    /// What must stay untrue; without it, the first that breaks.
    pub breaks: Option<Expect>,
    /// So many changes are tried at most; without it, as many as there are until [`Watcher::goes_on`](super::parallel::Watcher::goes_on) ends it.
    pub runs: Option<u64>,
    /// So many are tried at once. It changes nothing of what comes of it.
    pub jobs: NonZeroUsize,
    /// The command that runs what is shrunk, where that is not the scenario by its name.
    pub command: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: None,
            breaks: None,
            runs: None,
            jobs: NonZeroUsize::MIN,
            command: None,
        }
    }
}

/// Why there is nothing to shrink.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// What was asked for cannot be; a sentence.
    Mistake(String),
    /// It does not break with this seed; `None` if nothing does.
    Holds(Option<Expect>),
}

/// What is known of the run without the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Nothing: it breaks there too, or there is no cause to leave out.
    None,
    /// Without the faults it holds.
    NoFaults,
    /// With what the scenario's control changes it holds.
    Own,
}

/// What is left of a scenario.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// As a scenario of its own, with comments.
    pub text: String,
    /// How it fails.
    pub failure: Failure,
    /// What holds without the cause.
    pub control: Control,
    /// How large it was.
    pub before: Sizes,
    /// How large it is.
    pub after: Sizes,
    /// How many changes were tried.
    pub runs: u64,
    /// How many of them were taken.
    pub steps: u64,
    /// Events of all runs.
    pub events: u64,
    /// Whether no change is left that could be taken: it was not ended before.
    pub is_whole: bool,
    /// Whether its text, read again, does what it says it does.
    pub is_proven: bool,
}
