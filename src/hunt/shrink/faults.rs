//! Faults are left out: all, halves, one at a time (the last first: what comes late often only mends); and those that are left
//! last less long.

use super::super::failure::is_liveness;
use super::propose::{Now, Proposal, faults};
use super::quantity::{Quantity, rounded_whole};
use crate::scenario::Tree;
use crate::scenario::schema::FaultSettings;
use crate::sim::units::Duration;

/// Leaves out faults.
pub(super) fn leave_out(now: &Now) -> Vec<Proposal> {
    let all = faults(&now.tree);
    let may_go: Vec<bool> = now
        .loaded
        .scenario
        .faults
        .iter()
        .map(|f| may_go(now, f))
        .collect();
    if all.is_empty() || all.len() != may_go.len() {
        return Vec::new();
    }
    let without = |from: usize, to: usize| {
        let gone = (from..to).rev().filter(|&n| may_go[n]);
        let tree = gone.fold(now.tree.clone(), |tree, n| tree.without(&all[n]));
        Proposal::whole(tree)
    };
    let mut out = vec![without(0, all.len())];
    let mut length = all.len() / 2;
    while length > 1 {
        let starts = (0..all.len()).step_by(length).rev();
        out.extend(starts.map(|from| without(from, (from + length).min(all.len()))));
        length /= 2;
    }
    let single = (0..all.len()).rev().filter(|&n| may_go[n]);
    out.extend(single.map(|n| Proposal::without(now, &all[n])));
    out
}

/// Whether a fault may be left out: where something must come true again, what mends stays.
fn may_go(now: &Now, fault: &FaultSettings) -> bool {
    !(fault.action().mends() && is_liveness(&now.failure.goal))
}

/// Lets faults end sooner: after half of their time, in round figures.
pub(super) fn shorten(now: &Now) -> Vec<Proposal> {
    let shorter = |way: Vec<usize>| {
        let Tree::Nest { open, parts, .. } = now.tree.at(&way)? else {
            return None;
        };
        if open == "During(" {
            let times: Vec<u64> = parts.iter().filter_map(|p| time_ns(&p.value)).collect();
            let [from, to] = times[..] else { return None };
            let half = rounded_whole(to.saturating_sub(from) / 2, 1);
            let place = [way, vec![1]].concat();
            return (half > 0).then(|| Proposal::other(now, &place, time(from + half)));
        }
        let place = now.tree.at(&way)?.field("lasting")?;
        let half = rounded_whole(time_ns(&parts[place].value)? / 2, 1);
        let place = [way, vec![place]].concat();
        (half > 0).then(|| Proposal::other(now, &place, time(half)))
    };
    faults(&now.tree).into_iter().filter_map(shorter).collect()
}

/// A time as a scenario writes it, ns.
pub(super) fn time_ns(tree: &Tree) -> Option<u64> {
    match Quantity::of(tree)? {
        Quantity::Time(it) => Some(it.ns()),
        _ => None,
    }
}

/// The same from ns.
pub(super) fn time(ns: u64) -> Tree {
    Quantity::Time(Duration::from_ns(ns)).tree()
}
