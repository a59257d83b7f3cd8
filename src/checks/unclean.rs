//! No unclean election.

use crate::sim::Fact;

use super::{Check, Findings, Kinds, Scene, kind};

#[derive(Clone, Debug)]
pub(super) struct NoUncleanElection;

impl Check for NoUncleanElection {
    const KINDS: Kinds = Kinds::of(&[kind::ELECTED]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        if let Fact::Elected {
            queue,
            leader: Some(leader),
            epoch,
            clean: false,
        } = scene.record.fact
        {
            let names = scene.ledger.names();
            found.report(scene.record, &[], || {
                format!(
                    "{} became leader of {} in epoch {epoch} without having been in sync",
                    names.process(leader),
                    names.queue_short(queue)
                )
            });
        }
    }
}
