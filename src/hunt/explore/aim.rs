//! What a search looks for: properties that should hold whatever the faults.

use crate::checks::{Checks, Expect, Property, Verdict};
use crate::sim::{Names, SECOND};

/// The properties a search looks for.
#[derive(Clone, Debug)]
pub(super) struct Aim {
    /// These.
    pub sought: Vec<Property>,
    /// Not these: the scenario says itself that they break.
    pub given_up: Vec<Property>,
}

impl Aim {
    /// One property, if it is asked for. Otherwise what is checked in every run and what the scenario says holds, without what it
    /// says breaks.
    pub(super) fn new(breaks: Option<Property>, expect: &[Expect], names: &Names) -> Self {
        if let Some(property) = breaks {
            return Self {
                sought: vec![property],
                given_up: Vec::new(),
            };
        }
        let broken = |p: &Property| expect.contains(&Expect::Breaks(*p));
        let checks = Checks::new(expect, names);
        let all = checks.verdicts().map(|(property, _)| property);
        let (given_up, sought) = all.partition(broken);
        Self { sought, given_up }
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

/// So long must a run be at rest before it can be said that it does not come back by itself, ns: three windows of its check.
const METASTABLE_NS: u64 = 15 * SECOND;

/// How long a property waits after a disturbance, ns.
fn rest_ns(property: &Property) -> u64 {
    match property {
        Property::Recovers { within }
        | Property::EveryMessageEnds { within }
        | Property::LagReturns { within } => within.ns(),
        Property::NotMetastable => METASTABLE_NS,
        _ => 0,
    }
}

/// Whether a property must come true again after the faults.
pub(super) fn is_liveness(property: &Property) -> bool {
    rest_ns(property) > 0
}

/// Whether a property that broke stays broken, so that the rest of a run need not be seen.
pub(super) fn is_final(property: &Property) -> bool {
    Property::DEFAULT.contains(property)
}

/// How a property broke: when, ns, in which event, and how.
pub(super) fn broken(checks: &Checks, property: &Property) -> Option<(u64, u64, String)> {
    match checks.verdict(property)? {
        Verdict::Broken(first) => Some((first.at, first.event, first.message.clone())),
        _ => None,
    }
}
