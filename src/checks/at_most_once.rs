//! No message is delivered twice to a group.

use crate::sim::ledger::{Change, What};

use super::{Check, Findings, Kinds, Scene};

#[derive(Clone, Debug)]
pub(super) struct AtMostOnce;

impl Check for AtMostOnce {
    const KINDS: Kinds = Kinds::NONE;
    const CHANGES: Kinds = Kinds::of(&[Change::DELIVERED_ODDLY]);

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        if let What::Delivered {
            group, again: true, ..
        } = change.what
        {
            let names = scene.ledger.names();
            found.report_span(scene, change.span, &[], |messages| {
                let group = names.group(group);
                format!(
                    "{group} was given {messages} again by {}",
                    names.process(scene.record.pid)
                )
            });
        }
    }
}
