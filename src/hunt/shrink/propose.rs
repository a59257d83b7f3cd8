//! What passes have in common: what is there now, and what they propose to change of it.

use std::sync::Arc;

use super::super::Loaded;
use super::super::failure::Failure;
use crate::scenario::Tree;

/// What is left so far.
#[derive(Clone, Debug)]
pub(super) struct Now {
    /// What it says.
    pub tree: Tree,
    /// The same, as something that can run.
    pub loaded: Arc<Loaded>,
    /// How it fails.
    pub failure: Failure,
}

/// A change.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    /// What there would be.
    pub tree: Tree,
    /// What of it is changed.
    pub what: What,
}

/// What is changed, with the way to it.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// It is not there any more.
    Gone(Vec<usize>),
    /// It is something else: as it is written.
    Other(Vec<usize>, String),
    /// More than one thing.
    Much,
}

impl Proposal {
    /// Another value.
    pub fn other(now: &Now, at: &[usize], value: Tree) -> Self {
        let written = value.line();
        Self {
            tree: now.tree.with(at, value),
            what: What::Other(at.to_vec(), written),
        }
    }

    /// Nothing there.
    pub fn without(now: &Now, at: &[usize]) -> Self {
        Self {
            tree: now.tree.without(at),
            what: What::Gone(at.to_vec()),
        }
    }

    /// Something larger is changed.
    pub fn whole(tree: Tree) -> Self {
        Self {
            tree,
            what: What::Much,
        }
    }
}

/// What proposes changes, the boldest first.
pub(super) type Pass = fn(&Now) -> Vec<Proposal>;

/// Fields of the whole that say what it is about and what is expected of it: no pass touches them.
const GIVEN: [&str; 7] = [
    "title", "about", "group", "seed", "duration", "expect", "control",
];

/// The ways to all values that passes may change, the outer before the inner.
pub(super) fn ways(tree: &Tree) -> Vec<Vec<usize>> {
    let mut ways = tree.ways();
    ways.retain(|way| !is_given(tree, way));
    ways
}

/// Whether what is there is not to be changed.
pub(super) fn is_given(tree: &Tree, way: &[usize]) -> bool {
    let first = way.first().and_then(|&n| tree.parts().get(n));
    first.is_none_or(|part| part.name().is_some_and(|name| GIVEN.contains(&name)))
}

/// Whether a part may be there or not: an entry of a list, or a field.
pub(super) fn is_loose(tree: &Tree, way: &[usize]) -> bool {
    let Some((&number, outer)) = way.split_last() else {
        return false;
    };
    tree.at(outer).is_some_and(|outer| {
        outer.is_list()
            || outer
                .parts()
                .get(number)
                .is_some_and(|p| p.name().is_some())
    })
}

/// The faults that a scenario states, as parts of its tree: the way to each.
pub(super) fn faults(tree: &Tree) -> Vec<Vec<usize>> {
    let Some(list) = tree.field("faults") else {
        return Vec::new();
    };
    let count = tree.at(&[list]).map_or(0, |list| list.parts().len());
    (0..count).map(|number| vec![list, number]).collect()
}
