//! Rounder figures: `12.483127s` becomes `10s`, if not `12s`, if not `12.5s`. Also other quantities than times.

use super::propose::{Now, Proposal, ways};
use super::quantity::Quantity;

/// More digits than this are not kept on purpose.
const DIGITS_MAX: u32 = 4;

/// Rounds quantities, the roundest first.
pub(super) fn pass(now: &Now) -> Vec<Proposal> {
    let rounder = |way: Vec<usize>| {
        let value = now.tree.at(&way).and_then(Quantity::of)?;
        let mut rounder: Vec<Quantity> = (1..=DIGITS_MAX).map(|n| value.rounded(n)).collect();
        rounder.retain(|other| other.digits() < value.digits());
        rounder.dedup();
        Some(
            rounder
                .into_iter()
                .map(move |other| Proposal::other(now, &way, other.tree())),
        )
    };
    ways(&now.tree)
        .into_iter()
        .filter_map(rounder)
        .flatten()
        .collect()
}
