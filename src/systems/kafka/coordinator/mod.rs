//! The group coordinator: the part of a broker that keeps consumer groups.
//!
//! A group belongs to the broker that leads its partition of `__consumer_offsets`. Whatever must outlive the broker (the
//! stored positions, the generation and its members) goes through that partition's log: the coordinator asks its broker to
//! append, and answers when the append is acknowledged by all in-sync replicas.
//!
//! The group's states and the rules of joining are those of the classic protocol (Kafka's `ClassicGroup`; the KIPs are
//! named where they matter). One round trip is left out: a newcomer is not sent back with its new member id to join again
//! (KIP-394).

mod env;
mod group;
mod join;
mod loading;
mod member;
mod offsets;
mod place;
mod rebalance;
mod sessions;
mod show;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::{GroupId, Pid, QueueId};

use super::Ctx;
use super::batch::Batch;
use super::cluster::Cluster;
use super::protocol::{Error, Member, Request, Response};

use group::Group;
use offsets::Pending;
pub(super) use place::offsets_queue;

/// Kinds of a coordinator's timers begin here; a broker's own stay below.
pub(super) const TIMER_KINDS: u16 = 200;

/// A member was silent for its session timeout.
const SESSION: u16 = TIMER_KINDS;
/// A rebalance has waited long enough for members to join.
const JOIN: u16 = TIMER_KINDS + 1;
/// A rebalance has waited long enough for members to fetch their assignment.
const SYNC: u16 = TIMER_KINDS + 2;

/// What the coordinator works with during one call, and what it wants done after it.
pub(super) struct CoordinatorEnv<'a, 'c> {
    /// The broker's own.
    pub ctx: &'a mut Ctx<'c>,
    /// The cluster.
    pub cluster: &'a Arc<Cluster>,
    /// To be appended with `acks` all to partitions that this broker leads: (partition, batch, ticket). The broker says
    /// what became of it with [`Coordinator::appended`].
    pub appends: Vec<(QueueId, Batch, u64)>,
    /// To be sent: (to whom, number of the request, answer).
    pub replies: Vec<(Pid, u32, Response)>,
}

/// The coordinator in a broker. Its state is memory: a crash loses it, and the log brings it back.
#[derive(Clone, Debug, Default)]
pub(super) struct Coordinator {
    /// The partitions of `__consumer_offsets` that the broker leads, sorted.
    queues: Vec<QueueId>,
    groups: BTreeMap<GroupId, Group>,
    pending: BTreeMap<u64, Pending>,
    tickets: u64,
    serials: u32,
}

impl Coordinator {
    /// Join, sync, heartbeat, leave, commit, fetch of positions. (`FindCoordinator` any broker answers from its metadata
    /// with [`offsets_queue`].)
    pub fn request(
        &mut self,
        from: Pid,
        number: u32,
        request: Request,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let asker = (from, number);
        let group = match &request {
            Request::JoinGroup(join) => join.member.group,
            Request::SyncGroup(sync) => sync.member.group,
            Request::Heartbeat(member) | Request::LeaveGroup(member) => member.group,
            Request::OffsetCommit(commit) => commit.member.group,
            Request::OffsetFetch(group, _) => *group,
            _ => return,
        };
        let queue = offsets_queue(env.cluster, env.ctx.names(), group);
        let Some(queue) = queue.filter(|q| self.queues.binary_search(q).is_ok()) else {
            env.refuse(asker, &request, Error::NotCoordinator);
            return;
        };
        match request {
            Request::JoinGroup(join) => self.join(asker, queue, *join, env),
            Request::SyncGroup(sync) => self.sync(asker, *sync, env),
            Request::Heartbeat(member) => self.heartbeat(asker, *member, env),
            Request::LeaveGroup(member) => self.leave(asker, *member, env),
            Request::OffsetCommit(commit) => self.commit(asker, queue, *commit, env),
            Request::OffsetFetch(group, queues) => {
                let stored = self.groups.get(&group).map(|g| &g.offsets);
                let of = |q: QueueId| (q, stored.and_then(|s| s.get(&q).copied()));
                let offsets = queues.into_iter().map(of).collect();
                env.reply(asker, Response::OffsetFetch(Ok(offsets)));
            }
            _ => {}
        }
    }

    /// The broker died.
    pub fn crash(&mut self) {
        // The numbers go on: a member id is never given twice, a ticket of a former life means nothing.
        let (tickets, serials) = (self.tickets, self.serials);
        *self = Self {
            tickets,
            serials,
            ..Self::default()
        };
    }

    /// The member that a request claims to come from.
    fn find(&mut self, member: &Member) -> Result<(&mut Group, usize), Error> {
        let group = self
            .groups
            .get_mut(&member.group)
            .ok_or(Error::UnknownMemberId)?;
        let known = group.members.iter().position(|m| m.id == member.member_id);
        let named = member.instance.and_then(|i| group.named(i));
        match (known, named) {
            (Some(known), Some(named)) if known != named => Err(Error::FencedInstanceId),
            (None, Some(_)) => Err(Error::FencedInstanceId),
            (Some(at), _) => Ok((group, at)),
            (None, None) => Err(Error::UnknownMemberId),
        }
    }
}
