//! The run ends sooner: just after what breaks.

use super::propose::{Now, Proposal};
use super::quantity::{Quantity, rounded_up, rounded_whole};
use crate::sim::units::Duration;

/// Ends just behind the failure, in round figures; and, for what shows only at the end of a run, earlier.
pub(super) fn pass(now: &Now) -> Vec<Proposal> {
    let Some(place) = now.tree.field("duration") else {
        return Vec::new();
    };
    let duration = now.loaded.plan.duration_ns;
    let behind = now.failure.at.saturating_add(1);
    let mut ends = vec![rounded_up(behind, 1), rounded_up(behind, 2)];
    ends.extend([8, 4, 2].map(|part| rounded_whole(duration / part, 2)));
    ends.push(rounded_whole(duration / 4 * 3, 2));
    ends.push(rounded_whole(duration / 10 * 9, 2));
    ends.retain(|&end| end > 0 && end < duration);
    ends.sort_unstable();
    ends.dedup();
    let end = |end_ns: u64| {
        let value = Quantity::Time(Duration::from_ns(end_ns)).tree();
        Proposal::other(now, &[place], value)
    };
    ends.into_iter().map(end).collect()
}
