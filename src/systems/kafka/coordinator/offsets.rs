//! Storing positions, and what is appended to the internal topic.

use std::sync::Arc;

use crate::sim::{Fact, GroupId, QueueId};

use super::super::batch::{Batch, Payload};
use super::super::protocol::{Error, OffsetCommit, Response};
use super::group::State;
use super::member::Asker;
use super::{Coordinator, CoordinatorEnv};

/// What an append was for.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    Commit {
        group: GroupId,
        asker: Asker,
        offsets: Vec<(QueueId, u64)>,
    },
    Assignment {
        group: GroupId,
        generation: u32,
        shares: Vec<(u64, Arc<[QueueId]>)>,
    },
    /// Nobody waits.
    Trace,
}

impl Coordinator {
    pub(super) fn commit(
        &mut self,
        asker: Asker,
        queue: QueueId,
        commit: OffsetCommit,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let result = match self.find(&commit.member) {
            Err(error) => Err(error),
            Ok((group, _)) if group.generation != commit.member.generation => {
                Err(Error::IllegalGeneration)
            }
            Ok((group, _)) if group.state == State::CompletingRebalance => {
                Err(Error::RebalanceInProgress)
            }
            Ok((group, at)) => {
                group.keep_alive(at, env);
                Ok(())
            }
        };
        if let Err(error) = result {
            let answers = commit
                .offsets
                .iter()
                .map(|&(q, _)| (q, Err(error)))
                .collect();
            return env.reply(asker, Response::OffsetCommit(answers));
        }
        let batch = Batch::new(
            env.ctx.clock(),
            None,
            Payload::Commits {
                group: commit.member.group,
                offsets: commit.offsets.clone().into_boxed_slice(),
            },
        );
        let pending = Pending::Commit {
            group: commit.member.group,
            asker,
            offsets: commit.offsets,
        };
        self.append(pending, (queue, batch), env);
    }

    pub(super) fn append(
        &mut self,
        pending: Pending,
        (queue, batch): (QueueId, Batch),
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        self.tickets += 1;
        self.pending.insert(self.tickets, pending);
        env.appends.push((queue, batch, self.tickets));
    }

    /// What became of an append: its offset, once all in-sync replicas have it, or why not.
    pub fn appended(
        &mut self,
        ticket: u64,
        result: Result<u64, Error>,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let result = result.map(|_| ()).map_err(of_append);
        match self.pending.remove(&ticket) {
            Some(Pending::Commit {
                group,
                asker,
                offsets,
            }) => {
                if let (Ok(()), Some(group)) = (result, self.groups.get_mut(&group)) {
                    for &(queue, offset) in &offsets {
                        group.offsets.insert(queue, offset);
                        env.ctx.record(Fact::Committed {
                            group: group.id,
                            queue,
                            offset,
                        });
                    }
                }
                let answers = offsets.iter().map(|&(q, _)| (q, result)).collect();
                env.reply(asker, Response::OffsetCommit(answers));
            }
            Some(Pending::Assignment {
                group,
                generation,
                shares,
            }) => self.assigned(group, generation, shares, result, env),
            Some(Pending::Trace) | None => {}
        }
    }
}

/// What a member is told when an append to the internal topic failed
/// (`GroupMetadataManager.appendForGroup`, `CoordinatorOperationExceptionHelper`).
fn of_append(error: Error) -> Error {
    match error {
        Error::NotLeaderOrFollower | Error::KafkaStorageError => Error::NotCoordinator,
        _ => Error::CoordinatorNotAvailable,
    }
}
