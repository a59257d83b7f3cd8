//! What a change makes wrong elsewhere is mended where the language points at it: what speaks of something that is not there any
//! more is left out too, and a number that has become too large gets less.

use super::propose::{Proposal, What, is_given, is_loose};
use crate::scenario::document::Document;
use crate::scenario::{Tree, way_to};

/// A tree with one place mended of which its document complains; `None` if nobody knows how. `is_first` says that it is still
/// as it was proposed.
pub(super) fn mend(
    tree: &Tree,
    document: &Document,
    proposal: &Proposal,
    is_first: bool,
) -> Option<Tree> {
    let found = document.diagnostics();
    let places = found.iter().flat_map(|mistake| {
        let related = mistake.related.iter().map(|(place, _)| *place);
        std::iter::once(mistake.span).chain(related)
    });
    // What was changed just now is not to be changed again, as far as the way to it is still the same.
    let is_new = |way: &[usize]| match &proposal.what {
        What::Other(at, _) => is_first && way.starts_with(at),
        What::Gone(_) | What::Much => false,
    };
    let ways = places.map(|place| way_to(document, place));
    let mut ways = ways.filter(|way| !is_given(tree, way) && !is_new(way));
    ways.find_map(|way| changed(tree, &way))
}

/// The tree with a value made right, as far as that can be guessed, or left out.
fn changed(tree: &Tree, way: &[usize]) -> Option<Tree> {
    if let Some(Tree::Atom(text)) = tree.at(way) {
        if let Some(less) = text.parse::<u64>().ok().filter(|&n| n > 1) {
            return Some(tree.with(way, Tree::Atom((less - 1).to_string())));
        }
        if let Some(alone) = alone(tree, text) {
            return Some(tree.with(way, Tree::Atom(alone)));
        }
    }
    let loose = (1..=way.len()).rev().find(|&n| is_loose(tree, &way[..n]))?;
    let less = tree.without(&way[..loose]);
    (less != *tree).then_some(less)
}

/// What a node is called that was the first of several and is the only one now: `"web-1"` becomes `"web"`.
fn alone(tree: &Tree, text: &str) -> Option<String> {
    let name = text.strip_prefix('"')?.strip_suffix("-1\"")?;
    let nodes = tree.at(&[tree.field("nodes")?])?;
    let is_it = |node: &Tree| {
        let said = |field: &str| Some(node.parts().get(node.field(field)?)?.value.line());
        let is_one = said("count").is_none_or(|count| count == "1");
        said("name").is_some_and(|n| n == format!("\"{name}\"")) && is_one
    };
    let mut nodes = nodes.parts().iter();
    nodes
        .any(|part| is_it(&part.value))
        .then(|| format!("\"{name}\""))
}
