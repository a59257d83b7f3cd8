//! Numbers get less: whole ones go towards 1 (together where several are the same: as many copies as brokers), and how often and
//! how much towards little.

use super::propose::{Now, Proposal, ways};
use super::quantity::{Quantity, rounded_whole};
use crate::scenario::Tree;

/// A number up to this is tried one less.
const SMALL: u64 = 10;
/// What is the same by chance, when it is larger, has nothing to do with one another.
const ALIKE_MAX: u64 = 64;

/// Less often and less of it: what makes runs quick.
pub(super) fn amounts(now: &Now) -> Vec<Proposal> {
    let less = |way: &Vec<usize>| {
        let value = now.tree.at(way).and_then(Quantity::of)?;
        let parts = [1000, 100, 10, 2]
            .into_iter()
            .filter_map(move |by| value.divided(by));
        let way = way.clone();
        Some(parts.map(move |less| Proposal::other(now, &way, less.tree())))
    };
    ways(&now.tree).iter().filter_map(less).flatten().collect()
}

/// Whole numbers, alike ones together first, and then the names of what is numbered.
pub(super) fn counts(now: &Now) -> Vec<Proposal> {
    let found: Vec<(Vec<usize>, u64)> = ways(&now.tree)
        .into_iter()
        .filter_map(|way| {
            let count = whole(now.tree.at(&way)?)?;
            Some((way, count))
        })
        .collect();
    let mut out = alike(now, &found);
    for (way, count) in &found {
        let mut less = vec![1, rounded_whole(count / 10, 1), rounded_whole(count / 2, 1)];
        less.extend((*count <= SMALL).then_some(count - 1));
        less.retain(|&n| n > 0 && n < *count);
        less.sort_unstable();
        less.dedup();
        let other = |n: u64| Proposal::other(now, way, Tree::Atom(n.to_string()));
        out.extend(less.into_iter().map(other));
    }
    let first = ways(&now.tree).into_iter().filter_map(|way| {
        let first = first_of(now.tree.at(&way)?)?;
        Some(Proposal::other(now, &way, first))
    });
    out.extend(first);
    out
}

fn alike(now: &Now, found: &[(Vec<usize>, u64)]) -> Vec<Proposal> {
    let mut values: Vec<u64> = found
        .iter()
        .map(|(_, n)| *n)
        .filter(|&n| n <= ALIKE_MAX)
        .collect();
    values.sort_unstable();
    values.dedup();
    let mut out = Vec::new();
    for value in values {
        let same: Vec<_> = found.iter().filter(|(_, n)| *n == value).collect();
        if same.len() < 2 {
            continue;
        }
        let mut less = vec![1, value - 1];
        less.dedup();
        out.extend(less.into_iter().map(|n| {
            let all = same.iter();
            let tree = all.fold(now.tree.clone(), |tree, (way, _)| {
                tree.with(way, Tree::Atom(n.to_string()))
            });
            Proposal::whole(tree)
        }));
    }
    out
}

/// A whole number from 2 up.
fn whole(tree: &Tree) -> Option<u64> {
    let Tree::Atom(text) = tree else { return None };
    text.parse().ok().filter(|&n| n > 1)
}

/// The first of what is numbered, instead of another: `"broker-1"`, `"events/orders/0"`.
fn first_of(tree: &Tree) -> Option<Tree> {
    let Tree::Atom(text) = tree else { return None };
    let text = text.strip_prefix('"')?.strip_suffix('"')?;
    let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let first = match stem.chars().last()? {
        '/' => 0,
        '-' => 1,
        _ => return None,
    };
    let number: u64 = text[stem.len()..].parse().ok()?;
    (number > first).then(|| Tree::Atom(format!("\"{stem}{first}\"")))
}
