//! A sweep: a scenario with many seeds. Of each run little is kept, so that a hundred thousand take no more memory than one.
//!
//! A [`Sweep`] is one scenario with its seeds. A [`Grid`] is several of them that differ in one or two settings, each with the
//! same seeds; what came of it is written to a file ([`mod@file`]), which is gone on with ([`store`]) or joined with others
//! ([`merge`]), and comes to [`Sums`].

pub mod axis;
pub mod file;
pub mod grid;
pub mod head;
pub mod merge;
pub mod question;
pub mod reader;
pub mod shard;
pub mod sketch;
pub mod store;
pub mod summary;
pub mod sums;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use super::parallel::{self, Collect, Stop};
use super::{Loaded, Options, Outcome, Session};

pub use grid::Grid;
pub use head::Head;
pub use shard::Shard;
pub use sums::Sums;

use crate::checks::{Expect, Outcome as Answer, Property, Verdict};
use crate::systems::Plan;

/// Events between two looks at whether to stop.
const SLICE: u64 = 50_000;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The scenario.
    pub loaded: Arc<Loaded>,
    /// The seeds.
    pub seeds: Range<u64>,
    /// The scenario's control instead of itself.
    pub control: bool,
    /// Another end, virtual time in ns.
    pub until_ns: Option<u64>,
}

/// What is kept of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedOutcome {
    /// Whether it is what the scenario promised.
    pub met: bool,
    /// The answers to the expectations, in the scenario's order.
    pub answers: Vec<Answer>,
    /// How many findings there were.
    pub findings: u64,
    /// The properties that broke.
    pub broken: Vec<Broken>,
    /// How many events there were.
    pub events: u64,
    /// The fingerprint of the run.
    pub digest: u64,
    /// The metrics at the end: [`Metrics::row`](crate::stats::Metrics::row).
    pub metrics: Vec<Option<f64>>,
}

/// A property that broke, and how it broke first.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Which.
    pub property: Property,
    /// When, virtual time in ns.
    pub at: u64,
    /// Number of the event during which it broke.
    pub event: u64,
    /// What happened.
    pub message: String,
}

impl Sweep {
    /// The expectations of what runs: the control's, if that is what runs.
    pub fn expect(&self) -> &[Expect] {
        match &self.loaded.control {
            Some(both) if self.control => &both.0.expect,
            _ => &self.loaded.scenario.expect,
        }
    }

    /// What runs: the control's plan, if that is what runs.
    pub fn plan(&self) -> &Plan {
        match &self.loaded.control {
            Some(both) if self.control => &both.1,
            _ => &self.loaded.plan,
        }
    }

    /// The virtual time at which each run ends, ns.
    pub fn end_ns(&self) -> u64 {
        self.until_ns.unwrap_or(self.plan().duration_ns)
    }

    /// Runs all seeds; see [`parallel::in_order`].
    pub fn run(
        &self,
        jobs: NonZeroUsize,
        collect: &mut impl Collect<SeedOutcome>,
    ) -> Result<u64, String> {
        let run = |seed, stop: &Stop| self.one(seed, stop);
        parallel::in_order(self.seeds.clone(), jobs, run, collect)
    }

    /// Runs one seed; `None` if it was stopped.
    pub fn one(&self, seed: u64, stop: &Stop) -> Option<SeedOutcome> {
        let options = Options {
            seed: Some(seed),
            control: self.control,
            until_ns: self.until_ns,
            unobserved: false,
        };
        let mut session = Session::new(Arc::clone(&self.loaded), options);
        while session.advance(u64::MAX, SLICE) {
            if stop.is_asked_for() {
                return None;
            }
        }
        SeedOutcome::of(&session)
    }
}

impl SeedOutcome {
    /// Of a run at its end; nothing is known of one that nobody watched.
    pub fn of(session: &Session) -> Option<Self> {
        let (watch, outcome) = (session.watch()?, Outcome::of(session)?);
        let broken = watch.checks.verdicts().filter_map(|(property, verdict)| {
            let Verdict::Broken(first) = verdict else {
                return None;
            };
            Some(Broken {
                property,
                at: first.at,
                event: first.event,
                message: first.message.clone(),
            })
        });
        Some(Self {
            met: outcome.is_met(),
            broken: broken.collect(),
            findings: outcome.findings,
            answers: outcome.expectations.into_iter().map(|e| e.answer).collect(),
            events: session.sim().events(),
            digest: session.sim().digest().value(),
            metrics: watch.metrics.row(),
        })
    }
}
