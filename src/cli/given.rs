//! What several commands are given alike.

use std::num::NonZeroUsize;

use super::run::Given;
use super::sweep;
use crate::hunt::parallel;
use crate::sim::units::Duration;

/// A scenario.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct Scenario {
    /// A built-in scenario's name or a file; without it, the default one
    pub scenario: Option<String>,
}

/// A run: of a scenario or a recording.
#[derive(clap::Args, Debug)]
pub struct What {
    /// A built-in scenario's name, or the file of a scenario or a recording, - for standard input; without it, the default scenario
    #[arg(value_name = "RECORDING|SCENARIO")]
    pub what: Option<String>,
}

/// Settings that are changed.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct Settings {
    /// Change a setting: duration=90s, `systems.events.topics.orders.min_insync_replicas=2`
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// How a run departs from what its scenario says.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct Variant {
    /// What is changed.
    #[command(flatten)]
    pub settings: Settings,
    /// Run the scenario's control: the same without the cause of its failure
    #[arg(long)]
    pub control: bool,
    /// Stop at this virtual time: 12.5s, 3m
    #[arg(long, value_name = "T")]
    pub until: Option<Duration>,
}

impl Variant {
    /// This variant of a scenario.
    pub fn of<'a>(&'a self, scenario: Option<&'a str>) -> Given<'a> {
        Given {
            scenario,
            set: &self.settings.set,
            control: self.control,
            until: self.until,
        }
    }
}

/// How much is done at once.
#[derive(clap::Args, Debug, Clone, Copy)]
pub struct Jobs {
    /// How many runs go on at once; without it, as many as there are cores
    #[arg(long, value_name = "N", value_parser = sweep::parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// How many.
    pub fn count(self) -> NonZeroUsize {
        self.jobs.unwrap_or_else(parallel::all_cores)
    }
}

/// What is told of the seeds of a sweep.
#[derive(clap::Args, Debug)]
pub struct Worst {
    /// Show the worst seeds by this metric
    #[arg(long, value_name = "METRIC")]
    pub worst: Vec<String>,
}
