//! A search for the faults that break a scenario: schedules of faults are tried one after the other, from the simplest to what
//! chance makes of those that led to something new, and what breaks a property is reduced to the fewest faults that do.
//!
//! The order is that in which real failures are found. Most need but one node that is cut off, dead or frozen (A. Alquraan et
//! al., "An Analysis of Network-Partitioning Failures in Cloud Systems", OSDI 2018), so that comes first, leaders before
//! others; then two such faults; then random schedules, each of which draws first which kinds of fault it uses at all (swarm
//! testing: A. Groce et al., "Swarm Testing", ISSTA 2012); and beside them changes of schedules in whose runs something was
//! seen for the first time (coverage of [abstract states](shape)).
//!
//! A schedule is a list of interventions, so that a run of it is the run of the scenario with these lines among its faults.
//! All faults end some time before the run does: it has to come to rest again. The search is a pure function of the scenario,
//! its options and the number of runs: how many of them go on at once changes nothing, and a search that is ended early has
//! found what one with so many runs finds.

mod aim;
mod corpus;
mod found;
mod mutate;
mod play;
mod reduce;
mod schedule;
mod search;
pub mod shape;
mod space;
mod swarm;
#[cfg(test)]
mod tests;
mod text;
mod waves;

pub use super::failure::{Failure, written};
pub use found::{Found, Report, What};
pub use schedule::{Entry, Schedule};
pub use search::{Progress, Search};
pub use space::Strike;

use std::num::NonZeroUsize;

use crate::checks::Expect;

/// What is searched for, and with what.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another seed than the scenario's. The search begins with it, and goes on with those behind it.
    pub seed: Option<u64>,
    /// So many schedules are tried; without it, as many as there are until [`Watcher::goes_on`](super::parallel::Watcher::goes_on) ends it.
    pub runs: Option<u64>,
    /// So many runs go on at once. It changes nothing of what is found.
    pub jobs: NonZeroUsize,
    /// Only what makes this untrue is looked for, whatever the scenario says of it: `Holds(NoAckedLoss)`.
    pub breaks: Option<Expect>,
    /// The search ends with the first schedule that breaks something.
    pub first: bool,
    /// The scenario's own faults strike too.
    pub keep_faults: bool,
    /// Only these kinds of fault (words of the scenario language); of all kinds where it is empty.
    pub only: Vec<String>,
    /// None of these kinds.
    pub without: Vec<String>,
    /// Only these nodes (by their names, or those of `nodes` entries) are struck; any where it is empty.
    pub targets: Vec<String>,
    /// No schedule has more faults.
    pub faults_max: usize,
    /// No more nodes than this are struck at once.
    pub at_once: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: None,
            runs: None,
            jobs: NonZeroUsize::MIN,
            breaks: None,
            first: false,
            keep_faults: false,
            only: Vec::new(),
            without: Vec::new(),
            targets: Vec::new(),
            faults_max: 4,
            at_once: 2,
        }
    }
}
