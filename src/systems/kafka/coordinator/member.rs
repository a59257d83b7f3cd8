//! A member of a group, as the coordinator knows it.

use std::sync::Arc;

use crate::sim::{Pid, QueueId, TimerId};

use super::super::batch::StoredMember;
use super::super::protocol::{Assignor, Error, JoinGroup, Response};
use super::CoordinatorEnv;
use super::env::joined;

/// Whom an answer is owed: the process and the number of its request.
pub(super) type Asker = (Pid, u32);

#[derive(Clone, Debug)]
pub(super) struct GroupMember {
    pub(super) id: u64,
    pub(super) instance: Option<u32>,
    pub(super) pid: Pid,
    pub(super) session_timeout_ns: u64,
    pub(super) rebalance_timeout_ns: u64,
    pub(super) assignors: Arc<[Assignor]>,
    pub(super) subscription: Arc<[QueueId]>,
    pub(super) owned: Arc<[QueueId]>,
    pub(super) assignment: Arc<[QueueId]>,
    pub(super) joining: Option<Asker>,
    pub(super) syncing: Option<Asker>,
    /// Was told of a new generation, and has not asked for its share in it.
    pub(super) pending_sync: bool,
    /// Names its session timer.
    pub(super) serial: u32,
    pub(super) session: Option<TimerId>,
}

impl GroupMember {
    pub(super) fn new(id: u64, serial: u32, asker: Asker, join: &JoinGroup) -> Self {
        Self {
            id,
            instance: join.member.instance,
            pid: asker.0,
            session_timeout_ns: join.session_timeout_ns,
            rebalance_timeout_ns: join.rebalance_timeout_ns,
            assignors: Arc::from(join.assignors.as_slice()),
            subscription: Arc::clone(&join.subscription),
            owned: Arc::clone(&join.owned),
            assignment: Arc::from([]),
            joining: Some(asker),
            syncing: None,
            pending_sync: false,
            serial,
            session: None,
        }
    }

    pub(super) fn restored(stored: &StoredMember) -> Self {
        Self {
            id: stored.member_id,
            instance: stored.instance,
            pid: stored.pid,
            session_timeout_ns: stored.session_timeout_ns,
            rebalance_timeout_ns: stored.rebalance_timeout_ns,
            assignors: Arc::clone(&stored.assignors),
            subscription: Arc::clone(&stored.subscription),
            owned: Arc::from([]),
            assignment: Arc::clone(&stored.assignment),
            joining: None,
            syncing: None,
            pending_sync: false,
            serial: 0,
            session: None,
        }
    }

    pub(super) fn wants_otherwise(&self, join: &JoinGroup) -> bool {
        self.subscription != join.subscription
            || self.owned != join.owned
            || self.assignors[..] != join.assignors[..]
    }

    pub(super) fn update(&mut self, asker: Asker, join: &JoinGroup) {
        self.pid = asker.0;
        self.session_timeout_ns = join.session_timeout_ns;
        self.rebalance_timeout_ns = join.rebalance_timeout_ns;
        self.assignors = Arc::from(join.assignors.as_slice());
        self.subscription = Arc::clone(&join.subscription);
        self.owned = Arc::clone(&join.owned);
        self.joining = Some(asker);
        self.syncing = None;
    }

    /// Whoever asked under the old id of a static member is told so; the member's session is over.
    pub(super) fn fence(&mut self, env: &mut CoordinatorEnv<'_, '_>) {
        if let Some(asker) = self.joining.take() {
            env.reply(asker, joined(Err(Error::FencedInstanceId)));
        }
        if let Some(asker) = self.syncing.take() {
            env.reply(asker, Response::SyncGroup(Err(Error::FencedInstanceId)));
        }
        if let Some(timer) = self.session.take() {
            env.ctx.cancel(timer);
        }
    }
}
