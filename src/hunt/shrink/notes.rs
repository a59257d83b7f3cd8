//! What is said of what is left: what was tried with it, and that nothing breaks then.

use super::super::failure::word;
use super::propose::{Now, Pass, Proposal, What, faults};
use crate::checks::Expect;
use crate::scenario::Tree;

/// Comments, each with the way to what it is about.
pub(super) fn notes(
    now: &Now,
    passes: &[Pass],
    holds: impl Fn(&str) -> bool,
) -> Vec<(Vec<usize>, String)> {
    let faults = faults(&now.tree);
    let goal = holds_in_words(&now.failure.goal);
    let mut out: Vec<(Vec<usize>, String)> = Vec::new();
    for proposal in passes.iter().flat_map(|pass| pass(now)) {
        let Some((at, words)) = told(&now.tree, &proposal, &faults) else {
            continue;
        };
        if !holds(&proposal.tree.text()) {
            continue;
        }
        let note = format!("{words}, {goal}.");
        match out.iter_mut().find(|(other, _)| *other == at) {
            // Of values the nearest that was tried says most, and it comes last.
            Some(other) => other.1 = note,
            None => out.push((at, note)),
        }
    }
    out
}

/// That it is as it should be: `NoAckedLoss holds`.
fn holds_in_words(goal: &Expect) -> String {
    match goal {
        Expect::AtMost(name, bound) => format!("{name} is at most {bound}"),
        Expect::AtLeast(name, bound) => format!("{name} is at least {bound}"),
        _ => format!("{} holds", word(goal)),
    }
}

/// What to say of a change with which it holds, and where. Nothing of what anybody would expect, as that without a workload
/// nothing happens.
fn told(tree: &Tree, proposal: &Proposal, faults: &[Vec<usize>]) -> Option<(Vec<usize>, String)> {
    match &proposal.what {
        What::Gone(at) if faults.contains(at) => Some((at.clone(), "Without it".to_owned())),
        What::Gone(at) => {
            (at.len() > 1 && is_field(tree, at)).then(|| (at.clone(), "Left out".to_owned()))
        }
        // Of a run that ends before, anybody would expect it.
        What::Other(at, _) if at.len() == 1 => None,
        What::Other(at, written) => {
            let shown = (1..=at.len())
                .rev()
                .map(|n| &at[..n])
                .find(|at| is_field(tree, at) || faults.contains(&at.to_vec()))?;
            let plain = |text: &str| text.replace('"', "");
            let mut words = format!("With {}", plain(written));
            if shown != at {
                // What stands there is more than what is changed.
                words = format!("{words} instead of {}", plain(&tree.at(at)?.line()));
            }
            Some((shown.to_vec(), words))
        }
        What::Much => None,
    }
}

/// Whether the value at the end of a way has a name.
fn is_field(tree: &Tree, way: &[usize]) -> bool {
    let Some((&number, outer)) = way.split_last() else {
        return false;
    };
    let part = tree.at(outer).and_then(|outer| outer.parts().get(number));
    part.is_some_and(|part| part.name().is_some())
}
