//! Groups end with messages in the order in which a producer made them. Between producers there is no order, and what is
//! delivered again is a duplicate, not a change of order.

use crate::sim::ledger::{Change, What};

use super::{Check, Findings, Kinds, Scene};

#[derive(Clone, Debug)]
pub(super) enum Order {
    PerKey,
    PerPartition,
}

impl Check for Order {
    const KINDS: Kinds = Kinds::NONE;
    const CHANGES: Kinds = Kinds::of(&[Change::DELIVERED_ODDLY]);

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        let What::Delivered {
            group,
            after,
            after_of_key,
            ..
        } = change.what
        else {
            return;
        };
        let (later, which) = match self {
            Self::PerKey => (after_of_key, "a later one of the same key"),
            Self::PerPartition => (after, "a later one"),
        };
        if let Some(later) = later {
            let names = scene.ledger.names();
            found.report(scene.record, &[], || {
                let early = names.message(change.span.lane, change.span.first);
                format!(
                    "{} ended with {early} after #{later}, {which}",
                    names.group(group)
                )
            });
        }
    }
}
