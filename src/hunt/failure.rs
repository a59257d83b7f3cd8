//! What should be true of a run and is not, and how that shows: what a search for failures looks for, and what is left of a
//! scenario that is shrunk.

use super::Loaded;
use crate::checks::{Checks, Expect, Outcome, Property, Verdict};
use crate::sim::SECOND;
use crate::sim::amount::Amount;
use crate::stats::Metrics;

/// What should be true and is not, and how that showed first.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What should be true: that a property holds, or how large a metric is at the end.
    pub goal: Expect,
    /// When it broke, virtual time in ns.
    pub at: u64,
    /// Number of the event during which it broke.
    pub event: u64,
    /// What happened.
    pub message: String,
    /// The metric, if it is about one.
    pub measured: Option<Amount>,
}

impl Failure {
    /// What is true of its run instead of what should be.
    pub fn shown(&self) -> Option<Expect> {
        match (&self.goal, self.measured) {
            (Expect::AtMost(name, _), Some(it)) => Some(Expect::AtLeast(name.clone(), it)),
            (Expect::AtLeast(name, _), Some(it)) => Some(Expect::AtMost(name.clone(), it)),
            (goal, _) => goal.property().map(Expect::Breaks),
        }
    }
}

/// What should be true according to an expectation that is not met; `None` where that would have been a failure.
pub fn unmet(expect: &Expect) -> Option<&Expect> {
    (!matches!(expect, Expect::Breaks(_))).then_some(expect)
}

/// What should be true, in the fewest words of the scenario language: `NoAckedLoss`, not `Holds(NoAckedLoss)`.
pub fn written(goal: &Expect) -> String {
    match goal.property() {
        Some(property) => property.to_string(),
        None => goal.to_string(),
    }
}

/// The same in a word, for the name of a file.
pub(super) fn word(goal: &Expect) -> &str {
    match goal.property() {
        Some(property) => property.word(),
        None => goal.metric().map_or("metric", |(name, _)| name),
    }
}

/// A text as RON has it.
pub(super) fn literal(text: &str) -> String {
    ron::to_string(text).unwrap_or_default()
}

/// Whether what is to be looked for can be said of a scenario. The error is a sentence.
pub(super) fn check(loaded: &Loaded, goal: &Expect) -> Result<(), String> {
    if let Expect::Breaks(_) = goal {
        return Err(format!(
            "{goal} is what would be found: say what should be true"
        ));
    }
    let mut alone = loaded.clone();
    alone.scenario.expect = vec![goal.clone()];
    alone.control = None;
    let mistakes = super::metrics::mistakes(&alone);
    match mistakes.into_iter().next() {
        Some(mistake) => Err(mistake.message),
        None => Ok(()),
    }
}

/// So long must a run be at rest before it can be said that it does not come back by itself, ns: three windows of its check.
const METASTABLE_NS: u64 = 15 * SECOND;

/// How long it waits after a disturbance, ns.
pub(super) fn rest_ns(goal: &Expect) -> u64 {
    match goal.property() {
        Some(
            Property::Recovers { within }
            | Property::EveryMessageEnds { within }
            | Property::LagReturns { within }
            | Property::Converges { within }
            | Property::NoUnobserved { within },
        ) => within.ns(),
        Some(Property::NotMetastable) => METASTABLE_NS,
        _ => 0,
    }
}

/// Whether it must come true again after the faults.
pub(super) fn is_liveness(goal: &Expect) -> bool {
    rest_ns(goal) > 0
}

/// Whether what broke stays broken, so that the rest of a run need not be seen.
pub(super) fn is_final(goal: &Expect) -> bool {
    goal.property()
        .is_some_and(|p| Property::DEFAULT.contains(&p))
}

/// How a property broke so far.
pub(super) fn broken(goal: &Expect, checks: &Checks) -> Option<Failure> {
    match checks.verdict(&goal.property()?)? {
        Verdict::Broken(first) => Some(Failure {
            goal: goal.clone(),
            at: first.at,
            event: first.event,
            message: first.message.clone(),
            measured: None,
        }),
        _ => None,
    }
}

/// How a metric at the end of a run is not as it should be: when that was, ns, and after how many events.
pub(super) fn missed(goal: &Expect, metrics: &Metrics, at: u64, event: u64) -> Option<Failure> {
    let (name, _) = goal.metric()?;
    let measured: Option<Amount> = metrics.metric(name);
    let Outcome::NotMet(_) = goal.evaluate(|_| None, |_| measured) else {
        return None;
    };
    Some(Failure {
        goal: goal.clone(),
        at,
        event,
        message: format!("{name} is {}", measured?),
        measured,
    })
}
