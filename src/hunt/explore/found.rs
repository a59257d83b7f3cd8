//! What a search found.

use super::super::failure::Failure;
use super::super::parallel::Panic;
use super::schedule::Schedule;
use crate::checks::{Expect, Property};

/// How a run failed.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Something is not true that should be.
    Broken(Failure),
    /// The run panicked: a bug of this program.
    Panicked(Panic),
}

/// A schedule that makes a run fail.
#[derive(Clone, Debug)]
pub struct Found {
    /// How.
    pub what: What,
    /// The seed of the run.
    pub seed: u64,
    /// The faults, reduced to the fewest and shortest.
    pub schedule: Schedule,
    /// The number of the run that failed first, from 1.
    pub run: u64,
    /// How many faults its schedule had before it was reduced.
    pub faults_before: usize,
    /// Whether it was reduced: that is left out for what panics, and when somebody had no more patience.
    pub reduced: bool,
    /// How many runs failed like this: the same, by at least the same kinds of fault.
    pub times: u64,
}

impl Found {
    /// How many faults it takes.
    pub fn faults(&self) -> usize {
        self.schedule.faults()
    }

    /// What should be true and is not; `None` if it panicked.
    pub fn goal(&self) -> Option<&Expect> {
        match &self.what {
            What::Broken(broken) => Some(&broken.goal),
            What::Panicked(_) => None,
        }
    }

    /// The property that broke, if it is one.
    pub fn property(&self) -> Option<Property> {
        self.goal().and_then(Expect::property)
    }

    /// Whether some kinds of fault are enough for it.
    pub(super) fn is_within(&self, kinds: &[&str]) -> bool {
        self.schedule.kinds().iter().all(|k| kinds.contains(k))
    }
}

/// What came of a search.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many schedules were tried.
    pub runs: u64,
    /// How many runs there were without a schedule, one for each seed.
    pub unfaulted: u64,
    /// How many runs it took to reduce what was found.
    pub reducing: u64,
    /// How many events in all.
    pub events: u64,
    /// How many abstract states and pairs of rare facts the runs went through.
    pub states: usize,
    /// What breaks without a schedule, with how many of the seeds.
    pub by_itself: Vec<(Expect, u64)>,
    /// What was found: one goal after the other, the fewest faults first.
    pub found: Vec<Found>,
    /// Whether it came to its end by itself: by its number of runs, or by the first that failed.
    pub is_whole: bool,
}

impl Report {
    /// What breaks a property with the fewest faults.
    pub fn fewest(&self, property: &Property) -> Option<&Found> {
        self.fewest_of(&Expect::Holds(*property))
    }

    /// What makes something untrue that should be true with the fewest faults.
    pub fn fewest_of(&self, goal: &Expect) -> Option<&Found> {
        let of = self.found.iter().filter(|f| f.goal() == Some(goal));
        of.min_by_key(|f| (f.faults(), f.run))
    }

    /// How many runs panicked.
    pub fn panicked(&self) -> u64 {
        let panicked = self.found.iter().filter(|f| f.goal().is_none());
        panicked.map(|f| f.times).sum()
    }
}
