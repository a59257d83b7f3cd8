//! What the coordinator answers with.

use crate::sim::QueueId;

use super::super::protocol::{Error, Joined, Request, Response};
use super::CoordinatorEnv;
use super::member::Asker;

impl CoordinatorEnv<'_, '_> {
    pub(super) fn reply(&mut self, (to, number): Asker, response: Response) {
        self.replies.push((to, number, response));
    }

    /// Refuses a request of whatever kind.
    pub(super) fn refuse(&mut self, asker: Asker, request: &Request, error: Error) {
        let response = match request {
            Request::JoinGroup(_) => joined(Err(error)),
            Request::SyncGroup(_) => Response::SyncGroup(Err(error)),
            Request::Heartbeat(_) => Response::Heartbeat(Err(error)),
            Request::LeaveGroup(_) => Response::LeaveGroup(Err(error)),
            Request::OffsetCommit(commit) => {
                let of = |&(q, _): &(QueueId, u64)| (q, Err(error));
                Response::OffsetCommit(commit.offsets.iter().map(of).collect())
            }
            Request::OffsetFetch(..) => Response::OffsetFetch(Err(error)),
            _ => return,
        };
        self.reply(asker, response);
    }
}

pub(super) fn joined(result: Result<Joined, Error>) -> Response {
    Response::JoinGroup(Box::new(result))
}
