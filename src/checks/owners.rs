//! One owner per queue in each generation of a group.

use std::collections::BTreeMap;

use crate::sim::{Fact, GroupId, Pid, QueueId};

use super::{Check, Findings, Kinds, Scene, kind};

/// Who reads a queue for a group.
#[derive(Clone, Debug)]
struct Owner {
    generation: u32,
    pid: Pid,
    event: u64,
    /// It gave the queue back, or died: a member that takes its place without a new generation may follow (KIP-345).
    gone: bool,
}

/// The last owners, of each group and queue.
#[derive(Clone, Debug, Default)]
pub(super) struct OneOwner {
    owners: BTreeMap<(GroupId, QueueId), Owner>,
}

impl Check for OneOwner {
    const KINDS: Kinds = Kinds::of(&[kind::ASSIGNED, kind::REVOKED, kind::CRASHED, kind::HALTED]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let record = scene.record;
        match record.fact {
            Fact::Assigned {
                group,
                queue,
                generation,
            } => {
                let new = Owner {
                    generation,
                    pid: record.pid,
                    event: record.event,
                    gone: false,
                };
                let Some(owner) = self.owners.get_mut(&(group, queue)) else {
                    self.owners.insert((group, queue), new);
                    return;
                };
                if owner.generation == generation && owner.pid != record.pid && !owner.gone {
                    let names = scene.ledger.names();
                    found.report(record, &[(owner.event, "the other took it over")], || {
                        format!(
                            "{} and {} both own {} in generation {generation} of {}",
                            names.process(owner.pid),
                            names.process(record.pid),
                            names.queue_short(queue),
                            names.group(group)
                        )
                    });
                }
                // A late member of an old generation does not take the place of the new owner.
                if generation >= owner.generation {
                    *owner = new;
                }
            }
            Fact::Revoked { group, queue, .. } => {
                if let Some(owner) = self.owners.get_mut(&(group, queue)) {
                    owner.gone |= owner.pid == record.pid;
                }
            }
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                for owner in self.owners.values_mut() {
                    owner.gone |= owner.pid == record.pid;
                }
            }
            _ => {}
        }
    }
}
