//! One owner per queue in each generation of a group.

use crate::sim::{Fact, GroupId, Pid, QueueId};

use super::{Check, Findings, Kinds, Scene, kind};

/// Who reads a queue for a group.
#[derive(Clone, Debug)]
struct Owner {
    group: GroupId,
    queue: QueueId,
    generation: u32,
    pid: Pid,
    event: u64,
    /// It gave the queue back, or died: a member that takes its place without a new generation may follow (KIP-345).
    gone: bool,
}

/// The last owners.
#[derive(Clone, Debug, Default)]
pub(super) struct OneOwner {
    owners: Vec<Owner>,
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
                    group,
                    queue,
                    generation,
                    pid: record.pid,
                    event: record.event,
                    gone: false,
                };
                let owners = &mut self.owners;
                let same = owners
                    .iter_mut()
                    .find(|o| (o.group, o.queue) == (group, queue));
                let Some(owner) = same else {
                    owners.push(new);
                    return;
                };
                if owner.generation == generation && owner.pid != record.pid && !owner.gone {
                    let names = scene.ledger.names();
                    found.report(record, &[owner.event], || {
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
                for owner in &mut self.owners {
                    if (owner.group, owner.queue, owner.pid) == (group, queue, record.pid) {
                        owner.gone = true;
                    }
                }
            }
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                for owner in &mut self.owners {
                    owner.gone |= owner.pid == record.pid;
                }
            }
            _ => {}
        }
    }
}
