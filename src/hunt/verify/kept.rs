//! What comes of a verification: which claims are kept, and the seeds that do not keep them.

use super::{Claim, Subject, Verification};
use crate::hunt::parallel::Panic;
use crate::hunt::sweep::SeedOutcome;
use crate::hunt::tally::Share;

/// Of the seeds that do not keep a claim, so many are told one by one.
const FAILURES_MAX: usize = 3;

/// What is true of a claim, or of all those of a scenario; what is worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is kept.
    Met,
    /// It is not.
    NotMet,
    /// A run ended with a bug of this program.
    Panicked,
}

impl Verdict {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::Panicked => "panicked",
        }
    }
}

/// A run that is not as claimed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What came of it.
    pub came: Result<SeedOutcome, Panic>,
}

/// What came of a claim.
#[derive(Clone, Debug)]
pub struct KeptClaim {
    /// The claim.
    pub claim: Claim,
    /// With how many of the seeds that are counted it is kept. A run that panicked is not counted.
    pub share: Share,
    /// How many runs panicked.
    pub panicked: u64,
    /// Whether the scenario's own seed keeps it; `None`: it did not run, or panicked.
    pub own: Option<bool>,
    /// How many runs were not as claimed, those that panicked too.
    pub failed: u64,
    /// The first of them, by seed.
    pub failures: Vec<Failure>,
}

impl KeptClaim {
    fn new(claim: &Claim) -> Self {
        Self {
            claim: claim.clone(),
            share: Share::default(),
            panicked: 0,
            own: None,
            failed: 0,
            failures: Vec::new(),
        }
    }

    fn add(&mut self, seed: u64, came: Result<SeedOutcome, Panic>) {
        let met = came.as_ref().map(|outcome| outcome.met).ok();
        if seed == self.claim.own_seed() {
            self.own = met;
        }
        match met {
            Some(met) if self.claim.counts(seed) => {
                self.share.of += 1;
                self.share.count += u64::from(met);
            }
            Some(_) => {}
            None => self.panicked += 1,
        }
        if met != Some(true) {
            self.fail(Failure { seed, came });
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.failed += 1;
        let place = self.failures.partition_point(|f| f.seed < failure.seed);
        self.failures.insert(place, failure);
        self.failures.truncate(FAILURES_MAX);
    }

    /// Whether enough seeds keep it.
    pub fn has_enough(&self) -> bool {
        self.share.value() >= self.claim.at_least.p()
    }

    /// Whether it is kept: by the scenario's own seed, and by enough of all.
    pub fn verdict(&self) -> Verdict {
        match self {
            kept if kept.panicked > 0 => Verdict::Panicked,
            kept if kept.own == Some(true) && kept.has_enough() => Verdict::Met,
            _ => Verdict::NotMet,
        }
    }
}

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The first run with its own seed, and the second.
    pub twice: [Option<Result<SeedOutcome, Panic>>; 2],
    /// What came of its claims.
    pub claims: Vec<KeptClaim>,
}

impl Kept {
    /// Of a scenario that did not run yet.
    pub fn new(subject: &Subject) -> Self {
        Self {
            twice: [None, None],
            claims: subject.claims.iter().map(KeptClaim::new).collect(),
        }
    }

    /// Whether two runs with its own seed were the same; a bug that strikes both alike is no difference.
    pub fn is_same_twice(&self) -> bool {
        self.twice[0] == self.twice[1]
    }

    /// The digest of the run with its own seed.
    pub fn digest(&self) -> Option<u64> {
        self.twice[0].as_ref()?.as_ref().ok().map(|o| o.digest)
    }

    /// Of all: that the same seed gives the same run, and each claim.
    pub fn verdict(&self) -> Verdict {
        let same = if self.is_same_twice() {
            Verdict::Met
        } else {
            Verdict::NotMet
        };
        let claims = self.claims.iter().map(KeptClaim::verdict);
        claims.fold(same, Verdict::max)
    }
}

/// What came of all, as far as it was run.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    verification: &'a Verification,
    /// The scenarios whose last run was taken, in their order.
    pub done: Vec<Kept>,
    /// The one that is being verified.
    now: Option<Kept>,
    /// How many runs were taken.
    pub runs: u64,
    /// How many events there were in all.
    pub events: u64,
}

impl<'a> Report<'a> {
    /// Of what did not run yet.
    pub fn new(verification: &'a Verification) -> Self {
        Self {
            verification,
            done: Vec::new(),
            now: None,
            runs: 0,
            events: 0,
        }
    }

    /// What is verified.
    pub fn verification(&self) -> &'a Verification {
        self.verification
    }

    /// Takes the next run; whether it was the last of its scenario.
    pub fn take(&mut self, number: u64, came: Result<SeedOutcome, Panic>) -> bool {
        let run = self.verification.run_at(number);
        let subject = &self.verification.subjects()[run.subject];
        let mut kept = self.now.take().unwrap_or_else(|| Kept::new(subject));
        self.runs += 1;
        self.events += came.as_ref().map_or(0, |outcome| outcome.events);
        if run.again {
            kept.twice[1] = Some(came);
        } else {
            // The first run of all is the one that is done again.
            if number == self.verification.runs_of(run.subject).start {
                kept.twice[0] = Some(came.clone());
            }
            kept.claims[run.claim].add(run.seed, came);
        }
        let is_last = number + 1 == self.verification.runs_of(run.subject).end;
        if is_last {
            self.done.push(kept);
        } else {
            self.now = Some(kept);
        }
        is_last
    }

    /// What is known of the scenario that is being verified.
    pub fn so_far(&self) -> Option<&Kept> {
        self.now.as_ref()
    }

    /// The verdict over all scenarios that have one.
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.done.iter().map(Kept::verdict);
        verdicts.max().unwrap_or(Verdict::Met)
    }

    /// How many scenarios have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let done = self.done.iter();
        done.filter(|kept| kept.verdict() == verdict).count()
    }
}
