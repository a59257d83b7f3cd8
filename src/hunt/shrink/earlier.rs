//! Everything that goes wrong does so sooner, and the run ends as much sooner.

use super::faults::{time, time_ns};
use super::propose::{Now, Proposal, faults};
use crate::scenario::Tree;
use crate::sim::{MS, SECOND};

/// When the first fault begins instead, in whole seconds.
const STARTS_S: [u64; 6] = [1, 2, 3, 5, 10, 20];
/// So much behind a whole second, ns: what is timed by chance or by a beat is not hit at every moment.
const BEHIND: [u64; 5] = [0, 500 * MS, 200 * MS, 100 * MS, 50 * MS];

/// Moves all faults, the moment of calm and the end by the same time.
pub(super) fn pass(now: &Now) -> Vec<Proposal> {
    let mut times: Vec<Vec<usize>> = faults(&now.tree)
        .iter()
        .flat_map(|way| moments(&now.tree, way))
        .collect();
    let calm = now.tree.field("calm");
    let calm = calm.and_then(|n| Some(vec![n, now.tree.at(&[n])?.field("at")?]));
    times.extend(calm);
    let of = |way: &Vec<usize>| now.tree.at(way).and_then(time_ns);
    let Some(first) = times.iter().filter_map(of).min() else {
        return Vec::new();
    };
    let duration = now.loaded.plan.duration_ns;
    let Some(end) = now.tree.field("duration") else {
        return Vec::new();
    };
    // In the same place of its second it may hit the same beat.
    let behind = || BEHIND.into_iter().chain([first % SECOND]);
    let starts = STARTS_S.iter();
    let starts = starts.flat_map(|s| behind().map(move |more| s * SECOND + more));
    let starts = starts.filter(|&start| start < first);
    let moved = |start: u64| {
        let by = first - start;
        let tree = now.tree.with(&[end], time(duration - by.min(duration - 1)));
        let move_it = |tree: Tree, way: &Vec<usize>| match of(way) {
            Some(at) => tree.with(way, time(at - by)),
            None => tree,
        };
        Proposal::whole(times.iter().fold(tree, move_it))
    };
    starts.map(moved).collect()
}

/// The ways to the moments that an entry of `faults` names.
fn moments(tree: &Tree, way: &[usize]) -> Vec<Vec<usize>> {
    let Some(fault) = tree.at(way) else {
        return Vec::new();
    };
    let places: Vec<usize> = match fault {
        Tree::Nest { open, .. } if open == "At(" => vec![0],
        Tree::Nest { open, .. } if open == "During(" => vec![0, 1],
        _ => ["first", "from", "until"]
            .iter()
            .filter_map(|name| fault.field(name))
            .collect(),
    };
    places
        .into_iter()
        .map(|place| [way, &[place]].concat())
        .collect()
}
