//! Members that speak up, fall silent or leave.

use crate::sim::{Fact, GroupId, Token};

use super::super::protocol::{Error, Member, Response};
use super::group::State;
use super::member::Asker;
use super::{Coordinator, CoordinatorEnv, JOIN, SESSION, SYNC};

impl Coordinator {
    /// A timer of kind [`super::TIMER_KINDS`] or above fired.
    pub fn timer(&mut self, token: Token, env: &mut CoordinatorEnv<'_, '_>) {
        let id = GroupId(u32::from(token.index));
        let Some(group) = self.groups.get(&id) else {
            return;
        };
        match token.kind {
            SESSION => self.session_ended(id, token.data, env),
            JOIN if token.data == group.round && group.state == State::PreparingRebalance => {
                self.join_wait_ended(id, env);
            }
            SYNC if token.data == group.sync_round
                && matches!(group.state, State::CompletingRebalance | State::Stable) =>
            {
                self.sync_wait_ended(id, env);
            }
            _ => {}
        }
    }

    fn session_ended(&mut self, id: GroupId, serial: u32, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        let Some(at) = group.members.iter().position(|m| m.serial == serial) else {
            return;
        };
        group.members[at].session = None;
        let member = &group.members[at];
        if member.joining.is_some() || member.syncing.is_some() {
            // Its connection is open: it waits for the coordinator, not the other way round.
            group.keep_alive(at, env);
            return;
        }
        env.ctx.record(Fact::Evicted {
            group: id,
            member: member.pid,
            silent: true,
        });
        self.remove(id, at, env);
    }

    /// A first rebalance waits on while newcomers come; any other has waited long enough.
    fn join_wait_ended(&mut self, id: GroupId, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        if group.newcomers && group.wait_left_ns > 0 {
            let delay_ns = env.cluster.settings.group_initial_rebalance_delay_ms.ns();
            let wait_ns = delay_ns.min(group.wait_left_ns);
            group.newcomers = false;
            group.wait_left_ns -= wait_ns;
            group.wait(JOIN, wait_ns, env);
            return;
        }
        self.complete_join(id, env);
    }

    /// Who has not even asked for its assignment is thrown out, whether or not the others have theirs
    /// (`GroupMetadataManager.expirePendingSync`).
    fn sync_wait_ended(&mut self, id: GroupId, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get(&id) else {
            return;
        };
        let pending = group.members.iter().filter(|m| m.pending_sync);
        let late: Vec<u64> = pending.map(|m| m.id).collect();
        for member in late {
            self.evict_late(id, member, env);
        }
    }

    fn evict_late(&mut self, id: GroupId, member: u64, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get(&id) else {
            return;
        };
        if let Some(at) = group.members.iter().position(|m| m.id == member) {
            env.ctx.record(Fact::Evicted {
                group: id,
                member: group.members[at].pid,
                silent: false,
            });
            self.remove(id, at, env);
        }
    }

    pub(super) fn heartbeat(
        &mut self,
        asker: Asker,
        member: Member,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let (group, at) = match self.find(&member) {
            Ok(found) => found,
            Err(error) => return env.reply(asker, Response::Heartbeat(Err(error))),
        };
        let result = match group.state {
            State::Empty => Err(Error::UnknownMemberId),
            _ if member.generation != group.generation => Err(Error::IllegalGeneration),
            State::PreparingRebalance => {
                group.keep_alive(at, env);
                Err(Error::RebalanceInProgress)
            }
            State::CompletingRebalance | State::Stable => {
                group.keep_alive(at, env);
                Ok(())
            }
        };
        env.reply(asker, Response::Heartbeat(result));
    }

    pub(super) fn leave(&mut self, asker: Asker, member: Member, env: &mut CoordinatorEnv<'_, '_>) {
        let found = self.find(&member).map(|(group, at)| (group.id, at));
        env.reply(asker, Response::LeaveGroup(found.map(|_| ())));
        if let Ok((group, at)) = found {
            self.remove(group, at, env);
        }
    }

    /// A member is out; the others share its work.
    pub(super) fn remove(&mut self, id: GroupId, at: usize, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        group.drop_member(at, env);
        match group.state {
            State::Empty => {}
            State::PreparingRebalance if group.initial && !group.members.is_empty() => {}
            _ => self.prepare(id, env),
        }
    }
}
