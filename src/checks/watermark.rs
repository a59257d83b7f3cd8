//! What is visible is held by as many copies as are in sync.

use crate::sim::Fact;

use super::{Check, Findings, Kinds, Scene, kind};

/// By queue: how many copies are in sync (0: not told yet), and the event that told it.
#[derive(Clone, Debug, Default)]
pub(super) struct Watermark {
    in_sync: Vec<(u32, u64)>,
}

impl Check for Watermark {
    const KINDS: Kinds = Kinds::of(&[kind::VISIBLE, kind::IN_SYNC]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        match scene.record.fact {
            Fact::InSync { queue, members, .. } => {
                if self.in_sync.len() <= queue.index() {
                    self.in_sync.resize(queue.index() + 1, (0, 0));
                }
                self.in_sync[queue.index()] = (members, scene.record.event);
            }
            Fact::Visible { queue, below, .. } => {
                let (members, told) = self.in_sync.get(queue.index()).copied().unwrap_or_default();
                let names = scene.ledger.names();
                let plan = names.queues.get(queue.index());
                if plan.is_none_or(|q| q.internal) || below == 0 {
                    return;
                }
                let members = if members == 0 {
                    plan.map_or(0, |q| q.copies)
                } else {
                    members
                };
                let held = scene.ledger.queue(queue).map_or(0, |q| q.copies_to(below));
                if (held as u32) < members {
                    found.report(scene.record, &[(told, "the set of in-sync replicas as it was told last")], || {
                        format!(
                            "{} shows {} up to offset {below}, which {held} of {members} in-sync replicas hold",
                            names.process(scene.record.pid),
                            names.queue_short(queue)
                        )
                    });
                }
            }
            _ => {}
        }
    }
}
