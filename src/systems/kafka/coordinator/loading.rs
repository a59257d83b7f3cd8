//! Taking groups over from a former coordinator, and giving them up.

use crate::sim::{GroupId, QueueId};

use super::super::batch::{LogBatch, Payload};
use super::super::protocol::Error;
use super::super::rules;
use super::group::Group;
use super::{Coordinator, CoordinatorEnv};

impl Coordinator {
    /// The broker leads a partition of `__consumer_offsets` from now on, and this is what is in it.
    pub fn load<'b>(
        &mut self,
        queue: QueueId,
        batches: impl Iterator<Item = &'b LogBatch>,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        if let Err(at) = self.queues.binary_search(&queue) {
            self.queues.insert(at, queue);
        }
        self.groups.retain(|_, g| g.queue != queue);
        for batch in batches {
            match &batch.batch.payload {
                Payload::Commits { .. } if env.cluster.left_out.has(rules::LOAD_POSITIONS) => {}
                Payload::Commits { group, offsets } => {
                    let group = self
                        .groups
                        .entry(*group)
                        .or_insert(Group::new(*group, queue));
                    group.offsets.extend(offsets.iter().copied());
                }
                Payload::Group {
                    group,
                    generation,
                    members,
                } => {
                    let group = self
                        .groups
                        .entry(*group)
                        .or_insert(Group::new(*group, queue));
                    group.restore(*generation, members);
                }
                Payload::Messages(_) => {}
            }
        }
        let serials = &mut self.serials;
        for group in self.groups.values_mut().filter(|g| g.queue == queue) {
            for at in 0..group.members.len() {
                *serials += 1;
                group.members[at].serial = *serials;
                group.keep_alive(at, env);
            }
        }
    }

    /// The broker does not lead a partition of `__consumer_offsets` any more.
    pub fn unload(&mut self, queue: QueueId, env: &mut CoordinatorEnv<'_, '_>) {
        self.queues.retain(|&q| q != queue);
        let gone: Vec<GroupId> = self
            .groups
            .values()
            .filter(|g| g.queue == queue)
            .map(|g| g.id)
            .collect();
        for id in gone {
            if let Some(mut group) = self.groups.remove(&id) {
                group.abandon(Error::NotCoordinator, env);
            }
        }
    }
}
