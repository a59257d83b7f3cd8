//! Whether scenarios are what they claim: with their own seed, which must give the same run twice, and with as many seeds as they
//! say (`over`); so must their controls be.
//!
//! The runs of all scenarios are one list, on which all workers go on without waiting for one another.

pub mod kept;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use super::Loaded;
use super::command::{Command, quoted};
use super::parallel::{self, Collect, Stop};
use super::sweep::{SeedOutcome, Sweep};
use crate::sim::units::Chance;

pub use kept::{Kept, KeptClaim, Report, Verdict};

/// What a scenario says of its runs, or of those of its control.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What runs. Its seeds are those that are counted; where there are none, its own seed is all there is.
    pub sweep: Sweep,
    /// The share of the seeds that must keep it.
    pub at_least: Chance,
}

/// A scenario and its claims.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The scenario.
    pub loaded: Arc<Loaded>,
    /// What is claimed of it, then of its control, if it has one.
    pub claims: Vec<Claim>,
}

/// What is to be verified.
#[derive(Clone, Debug)]
pub struct Verification {
    subjects: Vec<Subject>,
    /// The number of the first run of each subject, and behind the last.
    firsts: Vec<u64>,
}

/// One of all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The place of the scenario.
    pub subject: usize,
    /// The place of the claim among those of the scenario.
    pub claim: usize,
    /// With which seed.
    pub seed: u64,
    /// Whether it is there only to be compared with the one before, which had the same seed.
    pub again: bool,
}

impl Claim {
    /// What a scenario says, or what its control does.
    fn of(loaded: &Arc<Loaded>, control: bool, seeds: Option<&Range<u64>>) -> Option<Self> {
        let scenario = match &loaded.control {
            Some(both) if control => &both.0,
            None if control => return None,
            _ => &loaded.scenario,
        };
        let over = scenario.over;
        let claimed = over.map(|over| 0..u64::from(over.seeds));
        Some(Self {
            sweep: Sweep {
                loaded: Arc::clone(loaded),
                seeds: seeds.cloned().or(claimed).unwrap_or(0..0),
                control,
                until_ns: None,
            },
            at_least: over.map_or(Chance::ALWAYS, |over| over.at_least),
        })
    }

    /// The seed that the scenario names, which must keep every claim: it is the one that everybody sees first.
    pub fn own_seed(&self) -> u64 {
        self.sweep.loaded.scenario.seed
    }

    /// Whether its own seed is all there is.
    pub fn is_of_own_seed(&self) -> bool {
        self.sweep.seeds.is_empty()
    }

    /// Whether a seed is one of those that are counted.
    pub fn counts(&self, seed: u64) -> bool {
        self.is_of_own_seed() || self.sweep.seeds.contains(&seed)
    }

    /// How many seeds are counted.
    pub fn counted(&self) -> u64 {
        self.seeds().max(1)
    }

    /// What is expected of each run, in the notation of a scenario.
    pub fn expectations(&self) -> Vec<String> {
        self.sweep
            .expect()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// The command that runs one of its seeds, as a shell takes it.
    pub fn command(&self, seed: u64) -> String {
        let command = Command {
            scenario: self.argument(),
            seed,
            control: self.sweep.control,
            set: &[],
            until: None,
        };
        command.to_string()
    }

    /// The command that runs all seeds that are counted, and tells each that fails.
    pub fn sweep_command(&self) -> String {
        let (scenario, seeds) = (quoted(self.argument()), &self.sweep.seeds);
        let control = if self.sweep.control { " --control" } else { "" };
        let Range { start, end } = seeds;
        format!("splitbrain sweep {scenario} --seeds {start}..{end}{control}")
    }

    /// How the command line names the scenario.
    fn argument(&self) -> &str {
        // What came through a pipe comes through a pipe again.
        match self.sweep.loaded.name.as_str() {
            "<stdin>" => "-",
            name => name,
        }
    }

    fn seeds(&self) -> u64 {
        self.sweep.seeds.end.saturating_sub(self.sweep.seeds.start)
    }

    /// How many times it runs for what is claimed: with its own seed, then with all others.
    fn runs(&self) -> u64 {
        let own = u64::from(self.sweep.seeds.contains(&self.own_seed()));
        (self.seeds() - own).saturating_add(1)
    }

    fn seed(&self, run: u64) -> u64 {
        let (own, seeds) = (self.own_seed(), &self.sweep.seeds);
        let Some(other) = run.checked_sub(1) else {
            return own;
        };
        let seed = seeds.start + other;
        seed + u64::from(seeds.contains(&own) && seed >= own)
    }
}

impl Subject {
    fn new(loaded: Arc<Loaded>, seeds: Option<&Range<u64>>) -> Self {
        let claims = [false, true].map(|control| Claim::of(&loaded, control, seeds));
        Self {
            claims: claims.into_iter().flatten().collect(),
            loaded,
        }
    }

    fn runs(&self) -> u64 {
        let runs = self.claims.iter().map(Claim::runs);
        runs.fold(1, u64::saturating_add)
    }

    /// The claim, the seed, and whether it is the second time.
    fn run(&self, run: u64) -> (usize, u64, bool) {
        if run == 1 {
            return (0, self.claims[0].own_seed(), true);
        }
        let mut left = run.saturating_sub(1);
        for (place, claim) in self.claims.iter().enumerate() {
            if left < claim.runs() {
                return (place, claim.seed(left), false);
            }
            left -= claim.runs();
        }
        unreachable!("a scenario has no run {run}")
    }
}

impl Verification {
    /// Of some scenarios, in this order; with `seeds` instead of those that they claim something of. The error is a sentence.
    pub fn new(scenarios: Vec<Arc<Loaded>>, seeds: Option<&Range<u64>>) -> Result<Self, String> {
        let subjects = scenarios.into_iter();
        let subjects: Vec<_> = subjects.map(|s| Subject::new(s, seeds)).collect();
        let mut firsts = vec![0_u64];
        for subject in &subjects {
            let before = firsts[firsts.len() - 1];
            // Where there were more, the count stands at the last number.
            let behind = before.checked_add(subject.runs());
            let behind = behind.filter(|behind| *behind < u64::MAX);
            firsts.push(behind.ok_or("there are more runs than can be counted")?);
        }
        Ok(Self { subjects, firsts })
    }

    /// The scenarios.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// How many runs there are in all.
    pub fn runs(&self) -> u64 {
        self.firsts[self.subjects.len()]
    }

    /// The numbers of the runs of a scenario.
    pub fn runs_of(&self, subject: usize) -> Range<u64> {
        self.firsts[subject]..self.firsts[subject + 1]
    }

    /// Which run has a number.
    pub fn run_at(&self, number: u64) -> Run {
        let subject = self.firsts.partition_point(|first| *first <= number) - 1;
        let (claim, seed, again) = self.subjects[subject].run(number - self.firsts[subject]);
        Run {
            subject,
            claim,
            seed,
            again,
        }
    }

    /// Runs all; see [`parallel::in_order`].
    pub fn run(
        &self,
        jobs: NonZeroUsize,
        collect: &mut impl Collect<SeedOutcome>,
    ) -> Result<u64, String> {
        let run = |number, stop: &Stop| self.one(number, stop);
        parallel::in_order(0..self.runs(), jobs, run, collect)
    }

    fn one(&self, number: u64, stop: &Stop) -> Option<SeedOutcome> {
        let run = self.run_at(number);
        let claim = &self.subjects[run.subject].claims[run.claim];
        claim.sweep.one(run.seed, stop)
    }
}
