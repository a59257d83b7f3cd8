//! What consumers could see stays as it was.

use crate::sim::Fact;
use crate::sim::ledger::{Change, What};

use super::{Check, Findings, Kinds, Scene, kind};

#[derive(Clone, Debug)]
pub(super) struct CommittedPrefix;

impl Check for CommittedPrefix {
    const KINDS: Kinds = Kinds::of(&[kind::VISIBLE]);
    const CHANGES: Kinds = Kinds::of(&[Change::REWRITTEN]);

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        if let What::Rewritten { from, to } = change.what {
            let names = scene.ledger.names();
            found.report(scene.record, &[], || {
                format!(
                    "{} leads {} without what was visible at offsets {from} to {}",
                    names.process(scene.record.pid),
                    names.queue_short(change.queue),
                    to - 1
                )
            });
        }
    }

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        if let Fact::Visible { queue, below, end } = scene.record.fact
            && below > end
        {
            let names = scene.ledger.names();
            found.report(scene.record, &[], || {
                format!(
                    "{} shows {} up to offset {below}, but its log ends at {end}",
                    names.process(scene.record.pid),
                    names.queue_short(queue)
                )
            });
        }
    }
}
