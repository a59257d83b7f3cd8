//! A rebalance, from its begin until everybody has an assignment.

use std::sync::Arc;

use crate::sim::{Fact, GroupId, QueueId};

use super::super::batch::{Payload, StoredMember};
use super::super::protocol::{Error, Response, SyncGroup};
use super::super::rules;
use super::group::{Group, State};
use super::member::{Asker, GroupMember};
use super::offsets::Pending;
use super::{Coordinator, CoordinatorEnv, JOIN, SYNC};

impl Coordinator {
    /// Begins a rebalance, unless one is being prepared; and ends it if nobody is missing.
    pub(super) fn prepare(&mut self, id: GroupId, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        if group.state == State::PreparingRebalance {
            if !group.is_waiting_for_more() {
                self.complete_join(id, env);
            }
            return;
        }
        if group.state == State::CompletingRebalance {
            group.fail_syncs(Error::RebalanceInProgress, env);
        }
        env.ctx.record(Fact::RebalanceBegan {
            group: id,
            generation: group.generation,
            members: group.members.len() as u32,
        });
        let delay_ns = env.cluster.settings.group_initial_rebalance_delay_ms.ns();
        let timeout_ns = group.rebalance_timeout_ns();
        let first = group.state == State::Empty;
        group.state = State::PreparingRebalance;
        group.newcomers = false;
        if first && delay_ns > 0 {
            // The first rebalance waits for more members, and again as long as more come (KIP-134).
            group.initial = true;
            group.wait_left_ns = timeout_ns.saturating_sub(delay_ns);
            group.wait(JOIN, delay_ns, env);
        } else {
            group.initial = false;
            group.wait_left_ns = 0;
            group.wait(JOIN, timeout_ns, env);
            if !group.is_waiting_for_more() {
                self.complete_join(id, env);
            }
        }
    }

    /// Everybody has joined who will: a new generation begins.
    pub(super) fn complete_join(&mut self, id: GroupId, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        group.initial = false;
        group.wait_left_ns = 0;
        group.drop_absent(env);
        if !group.choose_leader() {
            // Only static members, and none of them is back: wait on.
            let timeout_ns = group.rebalance_timeout_ns();
            group.wait(JOIN, timeout_ns, env);
            return;
        }
        if group.generation == 0 || !env.cluster.left_out.has(rules::RAISE_GENERATION) {
            group.generation += 1;
        }
        group.round += 1;
        if group.members.is_empty() {
            group.state = State::Empty;
            env.ctx.record(Fact::Rebalanced {
                group: id,
                generation: group.generation,
                members: 0,
            });
            let stored = group.stored(env);
            self.append(Pending::Trace, stored, env);
            return;
        }
        group.state = State::CompletingRebalance;
        group.assignor = group.vote();
        for at in 0..group.members.len() {
            group.members[at].pending_sync = true;
            if let Some(asker) = group.members[at].joining.take() {
                group.answer_join(at, asker, env);
                group.keep_alive(at, env);
            }
        }
        let timeout_ns = group.rebalance_timeout_ns();
        group.wait(SYNC, timeout_ns, env);
        group.sync_round = group.round;
    }

    pub(super) fn sync(&mut self, asker: Asker, sync: SyncGroup, env: &mut CoordinatorEnv<'_, '_>) {
        let refuse = |error| Response::SyncGroup(Err(error));
        let (group, at) = match self.find(&sync.member) {
            Ok(found) => found,
            Err(error) => return env.reply(asker, refuse(error)),
        };
        if sync.member.generation != group.generation {
            return env.reply(asker, refuse(Error::IllegalGeneration));
        }
        group.members[at].pending_sync = false;
        match group.state {
            State::Empty => env.reply(asker, refuse(Error::UnknownMemberId)),
            State::PreparingRebalance => env.reply(asker, refuse(Error::RebalanceInProgress)),
            State::Stable => {
                let assignment = Arc::clone(&group.members[at].assignment);
                group.keep_alive(at, env);
                env.reply(asker, Response::SyncGroup(Ok(assignment)));
            }
            State::CompletingRebalance => {
                group.members[at].syncing = Some(asker);
                if group.leader != Some(group.members[at].id) {
                    return;
                }
                let mut stored = group.stored(env);
                if let Payload::Group { members, .. } = &mut stored.1.payload {
                    let of = |m: &StoredMember| StoredMember {
                        assignment: share_of(&sync.assignment, m.member_id),
                        ..m.clone()
                    };
                    *members = members.iter().map(of).collect();
                }
                let pending = Pending::Assignment {
                    group: group.id,
                    generation: group.generation,
                    shares: sync.assignment,
                };
                self.append(pending, stored, env);
            }
        }
    }

    /// The assignment is stored: everybody gets his part.
    pub(super) fn assigned(
        &mut self,
        id: GroupId,
        generation: u32,
        shares: Vec<(u64, Arc<[QueueId]>)>,
        result: Result<(), Error>,
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        if group.state != State::CompletingRebalance || group.generation != generation {
            return;
        }
        if let Err(error) = result {
            group.fail_syncs(error, env);
            self.prepare(id, env);
            return;
        }
        group.state = State::Stable;
        group.round += 1;
        env.ctx.record(Fact::Rebalanced {
            group: id,
            generation,
            members: group.members.len() as u32,
        });
        for at in 0..group.members.len() {
            let member = &mut group.members[at];
            member.assignment = share_of(&shares, member.id);
            let assignment = Arc::clone(&member.assignment);
            if let Some(asker) = member.syncing.take() {
                env.reply(asker, Response::SyncGroup(Ok(assignment)));
                group.keep_alive(at, env);
            }
        }
    }
}

impl Group {
    /// Dynamic members that did not come back are out. Static ones may, until their session ends.
    fn drop_absent(&mut self, env: &mut CoordinatorEnv<'_, '_>) {
        for at in (0..self.members.len()).rev() {
            let member = &self.members[at];
            if member.joining.is_none() && member.instance.is_none() {
                env.ctx.record(Fact::Evicted {
                    group: self.id,
                    member: member.pid,
                    silent: false,
                });
                self.drop_member(at, env);
            }
        }
    }

    /// The leader stays if it has joined; otherwise the first that has leads. False if there are members and none has.
    fn choose_leader(&mut self) -> bool {
        let leads = |m: &GroupMember| Some(m.id) == self.leader && m.joining.is_some();
        if self.members.iter().any(leads) {
            return true;
        }
        let first = self.members.iter().find(|m| m.joining.is_some());
        match first.map(|m| m.id) {
            None if !self.members.is_empty() => return false,
            first => self.leader = first,
        }
        true
    }
}

fn share_of(shares: &[(u64, Arc<[QueueId]>)], member: u64) -> Arc<[QueueId]> {
    let mine = shares.iter().find(|s| s.0 == member);
    mine.map_or(Arc::from([]), |s| Arc::clone(&s.1))
}
