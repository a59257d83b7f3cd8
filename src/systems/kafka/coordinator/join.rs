//! Joining a group: newcomers, members that join anew, static members that are back.

use std::sync::Arc;

use crate::sim::QueueId;

use super::super::protocol::{Error, JoinGroup, Joined};
use super::env::joined;
use super::group::{Group, State};
use super::member::{Asker, GroupMember};
use super::offsets::Pending;
use super::{Coordinator, CoordinatorEnv};

impl Coordinator {
    pub(super) fn join(
        &mut self,
        asker: Asker,
        queue: QueueId,
        join: JoinGroup,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let settings = &env.cluster.settings;
        let (min, max) = (
            settings.group_min_session_timeout_ms.ns(),
            settings.group_max_session_timeout_ms.ns(),
        );
        if !(min..=max).contains(&join.session_timeout_ns) {
            env.reply(asker, joined(Err(Error::InvalidSessionTimeout)));
            return;
        }
        let id = join.member.group;
        let group = self.groups.entry(id).or_insert(Group::new(id, queue));
        if !group.can_do(&join.assignors) {
            env.reply(asker, joined(Err(Error::InconsistentGroupProtocol)));
            return;
        }
        let named = join.member.instance.and_then(|i| group.named(i));
        let known = group
            .members
            .iter()
            .position(|m| m.id == join.member.member_id);
        match (join.member.member_id, named, known) {
            (0, Some(at), _) => self.rejoin_static(asker, at, join, env),
            (0, None, _) => self.newcomer(asker, join, env),
            (_, Some(named), Some(known)) if named != known => {
                env.reply(asker, joined(Err(Error::FencedInstanceId)));
            }
            (_, Some(_), None) => env.reply(asker, joined(Err(Error::FencedInstanceId))),
            (_, None, None) => env.reply(asker, joined(Err(Error::UnknownMemberId))),
            (_, _, Some(at)) => self.rejoin(asker, at, join, env),
        }
    }

    /// A member id: unique over all brokers and their lives.
    fn new_id(&mut self, env: &CoordinatorEnv<'_, '_>) -> (u64, u32) {
        self.serials += 1;
        let broker = u64::from(env.ctx.me().0) + 1;
        (broker << 32 | u64::from(self.serials), self.serials)
    }

    fn newcomer(&mut self, asker: Asker, join: JoinGroup, env: &mut CoordinatorEnv<'_, '_>) {
        let (id, serial) = self.new_id(env);
        let Some(group) = self.groups.get_mut(&join.member.group) else {
            return;
        };
        group
            .members
            .push(GroupMember::new(id, serial, asker, &join));
        group.newcomers = true;
        let at = group.members.len() - 1;
        group.keep_alive(at, env);
        self.prepare(join.member.group, env);
    }

    /// A known member joins again: because the group rebalances, because what it wants changed, or because it leads the
    /// group and wants a new assignment.
    fn rejoin(
        &mut self,
        asker: Asker,
        at: usize,
        join: JoinGroup,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let Some(group) = self.groups.get_mut(&join.member.group) else {
            return;
        };
        let leads = group.leader == Some(group.members[at].id);
        let changed = group.members[at].wants_otherwise(&join);
        let as_it_was = match group.state {
            State::CompletingRebalance => !changed,
            State::Stable => !changed && !leads,
            State::PreparingRebalance | State::Empty => false,
        };
        if as_it_was {
            group.answer_join(at, asker, env);
            group.keep_alive(at, env);
            return;
        }
        group.members[at].update(asker, &join);
        self.prepare(join.member.group, env);
    }

    /// A static member is back after a restart (KIP-345): it takes its own place, under a new id; the old id is fenced.
    fn rejoin_static(
        &mut self,
        asker: Asker,
        at: usize,
        join: JoinGroup,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let (id, serial) = self.new_id(env);
        let Some(group) = self.groups.get_mut(&join.member.group) else {
            return;
        };
        let old = group.members[at].id;
        let led = group.leader == Some(old);
        group.members[at].fence(env);
        let changed = group.members[at].subscription != join.subscription
            || group.members[at].assignors[..] != join.assignors[..];
        let assignment = Arc::clone(&group.members[at].assignment);
        group.members[at] = GroupMember {
            assignment,
            ..GroupMember::new(id, serial, asker, &join)
        };
        if led {
            group.leader = Some(id);
        }
        group.keep_alive(at, env);
        if group.state == State::Stable && !changed {
            // The assignment stands. A leader is told of another leader, so that it makes no new one (KIP-814).
            group.members[at].joining = None;
            let other = group.leader.filter(|_| !led);
            let leader = other.unwrap_or(old);
            let answer = Joined {
                member: group.member(at),
                leader,
                assignor: group.assignor,
                members: Vec::new(),
            };
            env.reply(asker, joined(Ok(answer)));
            let stored = group.stored(env);
            self.append(Pending::Trace, stored, env);
            return;
        }
        self.prepare(join.member.group, env);
    }
}
