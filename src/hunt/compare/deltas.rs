//! What two runs came to, number by number and property by property.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::super::{Session, Watch};
use crate::sim::amount::{Amount, Unit};
use crate::stats::Better;

/// A metric of two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// Its full name.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// Which of two values is the better one.
    pub better: Better,
    /// What it is and how to read it.
    pub meaning: &'static str,
    /// Its value on each side; `None` where there was nothing to be measured.
    pub amounts: [Option<Amount>; 2],
}

impl Delta {
    /// B − A, where both have it.
    pub fn difference(&self) -> Option<f64> {
        let [a, b] = self.amounts;
        Some(b?.value - a?.value)
    }

    /// How much they differ: the difference as a share of the larger of the two, 0 to 1. What only one side has differs
    /// wholly.
    pub fn share(&self) -> f64 {
        let [Some(a), Some(b)] = self.amounts else {
            return if self.is_same() { 0.0 } else { 1.0 };
        };
        let larger = a.value.abs().max(b.value.abs());
        if larger == 0.0 {
            return 0.0;
        }
        ((b.value - a.value).abs() / larger).min(1.0)
    }

    /// Whether both sides have the same.
    pub fn is_same(&self) -> bool {
        self.amounts[0].map(|a| a.value) == self.amounts[1].map(|b| b.value)
    }

    /// The side on which it is better: 0 or 1. `None`: on neither, or it cannot be said.
    pub fn better_side(&self) -> Option<usize> {
        let difference = self.difference()?;
        let b_is = match self.better {
            Better::Lower => difference < 0.0,
            Better::Higher => difference > 0.0,
            Better::Neither => return None,
        };
        (difference != 0.0).then_some(usize::from(b_is))
    }
}

/// Every metric that either side has a value of: those of A in the order of the table, then what only B has.
pub fn deltas(a: &Watch, b: &Watch) -> Vec<Delta> {
    let mut all: Vec<Delta> = Vec::new();
    let mut places = BTreeMap::new();
    for (side, watch) in [a, b].into_iter().enumerate() {
        for metric in watch.metrics.all() {
            let place = *places.entry(metric.name.clone()).or_insert(all.len());
            if place == all.len() {
                all.push(Delta {
                    name: metric.name,
                    unit: metric.amount.unit,
                    better: metric.better,
                    meaning: metric.meaning,
                    amounts: [None, None],
                });
            }
            all[place].amounts[side] = Some(metric.amount);
        }
    }
    all
}

/// Puts those first that differ most; those that differ alike stay in their order.
pub fn sort(deltas: &mut [Delta]) {
    deltas.sort_by(|a, b| b.share().partial_cmp(&a.share()).unwrap_or(Ordering::Equal));
}

/// A property of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What it is called in a scenario.
    pub property: String,
    /// What it is called for people.
    pub label: String,
    /// The word for what is known of it on each side (`holds`, `broken` …); `None` where it is not checked.
    pub words: [Option<&'static str>; 2],
}

/// Every property that is checked on either side.
pub fn judged(runs: &[Box<Session>; 2]) -> Vec<Judged> {
    let mut all: Vec<Judged> = Vec::new();
    for (side, run) in runs.iter().enumerate() {
        let verdicts = run.watch().into_iter().flat_map(|w| w.checks.verdicts());
        for (property, verdict) in verdicts {
            let name = property.to_string();
            let place = all.iter().position(|j| j.property == name);
            let place = place.unwrap_or_else(|| {
                all.push(Judged {
                    property: name,
                    label: property.label().clone(),
                    words: [None, None],
                });
                all.len() - 1
            });
            all[place].words[side] = Some(verdict.word());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(name: &str, better: Better, a: Option<f64>, b: Option<f64>) -> Delta {
        let amount = |value| Amount::new(value, Unit::Count);
        Delta {
            name: name.to_owned(),
            unit: Unit::Count,
            better,
            meaning: "",
            amounts: [a.map(amount), b.map(amount)],
        }
    }

    #[test]
    fn a_difference_is_what_b_has_more_and_the_better_side_is_known() {
        let lost = delta("lost", Better::Lower, Some(17.0), Some(0.0));
        assert_eq!(lost.difference(), Some(-17.0));
        assert_eq!(lost.share(), 1.0);
        assert_eq!(lost.better_side(), Some(1));
        let delivered = delta("delivered", Better::Higher, Some(2_000.0), Some(2_500.0));
        assert_eq!(delivered.difference(), Some(500.0));
        assert_eq!(delivered.share(), 0.2);
        assert_eq!(delivered.better_side(), Some(1));
        let fewer = delta("delivered", Better::Higher, Some(2.0), Some(1.0));
        assert_eq!(fewer.better_side(), Some(0));
        let made = delta("produced", Better::Neither, Some(2.0), Some(1.0));
        assert_eq!(made.better_side(), None);
        let same = delta("same", Better::Lower, Some(2.0), Some(2.0));
        assert_eq!(
            (same.share(), same.better_side(), same.is_same()),
            (0.0, None, true)
        );
        let zeros = delta("zeros", Better::Lower, Some(0.0), Some(0.0));
        assert_eq!(zeros.share(), 0.0);
    }

    #[test]
    fn what_only_one_side_has_differs_wholly_and_those_that_differ_most_come_first() {
        let mut rows = [
            delta("a", Better::Lower, Some(10.0), Some(9.0)),
            delta("b", Better::Lower, None, Some(3.0)),
            delta("c", Better::Lower, Some(1.0), Some(1.0)),
            delta("d", Better::Lower, Some(0.0), Some(1.0)),
            delta("e", Better::Lower, Some(10.0), Some(5.0)),
        ];
        assert_eq!(rows[1].difference(), None);
        assert_eq!(rows[1].better_side(), None);
        sort(&mut rows);
        let order: Vec<&str> = rows.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(order, ["b", "d", "e", "a", "c"]);
    }
}
