//! What a search looks for: what should be true whatever the faults.

use crate::checks::{Checked, Checks, Expect, Property};
use crate::sim::Names;
use crate::stats::Metrics;

use super::super::failure::{Failure, broken, is_liveness, missed, rest_ns};

/// What a search looks for. A property stands there as the expectation that it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Aim {
    /// What should be true.
    pub sought: Vec<Expect>,
    /// Not these: the scenario says itself that they break.
    pub given_up: Vec<Property>,
}

impl Aim {
    /// One thing, if it is asked for. Otherwise the properties that are checked in every run and those the scenario says hold,
    /// without those it says break, and what it says never happens.
    pub(super) fn new(breaks: Option<Expect>, expect: &[Expect], names: &Names) -> Self {
        if let Some(goal) = breaks {
            return Self {
                sought: vec![goal],
                given_up: Vec::new(),
            };
        }
        let broken = |p: &Property| expect.contains(&Expect::Breaks(*p));
        let checks = Checks::new(expect, names);
        let all = checks.verdicts().map(|(property, _)| property);
        let (given_up, sought): (Vec<_>, Vec<_>) = all.partition(broken);
        let never = expect.iter().filter(|e| is_never(e)).cloned();
        let sought = sought.into_iter().map(Expect::Holds).chain(never);
        Self {
            sought: sought.collect(),
            given_up,
        }
    }

    /// The properties among what is looked for.
    pub(super) fn properties(&self) -> Vec<Property> {
        self.sought.iter().filter_map(Expect::property).collect()
    }

    /// Whether metrics are among it.
    pub(super) fn has_metrics(&self) -> bool {
        self.sought.iter().any(|goal| goal.metric().is_some())
    }

    /// How long after the last fault a run must go on so that all of it can be said, ns.
    pub(super) fn rest_ns(&self) -> u64 {
        self.sought.iter().map(rest_ns).max().unwrap_or(0)
    }

    /// Whether something must come true again after the faults.
    pub(super) fn is_liveness(&self) -> bool {
        self.sought.iter().any(is_liveness)
    }
}

/// Whether it says that something never happens: a property in the guise of a metric. Of other metrics (a latency, a share) faults
/// may well make something else.
fn is_never(expect: &Expect) -> bool {
    matches!(expect, Expect::AtMost(_, amount) if amount.value == 0.0)
}

/// What of all that is looked for failed in a run that is over.
pub(super) fn failures(
    aim: &Aim,
    checked: &Checked,
    metrics: Option<&Metrics>,
    at: u64,
    event: u64,
) -> Vec<Failure> {
    let failure = |goal: &Expect| match metrics {
        Some(metrics) if goal.metric().is_some() => missed(goal, metrics, at, event),
        _ => broken(goal, &checked.checks),
    };
    aim.sought.iter().filter_map(failure).collect()
}
