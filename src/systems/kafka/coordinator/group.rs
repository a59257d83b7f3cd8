//! A group: its state, its members and the rules they agree by.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::{GroupId, QueueId, Token};

use super::super::batch::{Batch, Payload, StoredMember};
use super::super::protocol::{Assignor, Error, Joined, JoinedMember, Member, Response};
use super::env::joined;
use super::member::{Asker, GroupMember};
use super::{CoordinatorEnv, SESSION};

/// Where a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Without members.
    Empty,
    /// Members join anew.
    PreparingRebalance,
    /// The leader of the group makes the assignment.
    CompletingRebalance,
    /// Everybody has an assignment.
    Stable,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) id: GroupId,
    pub(super) queue: QueueId,
    pub(super) state: State,
    pub(super) generation: u32,
    pub(super) assignor: Assignor,
    pub(super) leader: Option<u64>,
    /// In the order they came.
    pub(super) members: Vec<GroupMember>,
    pub(super) offsets: BTreeMap<QueueId, u64>,
    /// Whether this is the first rebalance, which waits for more members.
    pub(super) initial: bool,
    /// Whether somebody joined since the first rebalance began to wait, and how much longer it may wait, ns.
    pub(super) newcomers: bool,
    pub(super) wait_left_ns: u64,
    /// Names the timers of a round of joining or syncing; the former ones mean nothing any more.
    pub(super) round: u32,
    /// The round in which members of this generation were told to ask for their shares.
    pub(super) sync_round: u32,
}

impl Group {
    pub(super) fn new(id: GroupId, queue: QueueId) -> Self {
        Self {
            id,
            queue,
            state: State::Empty,
            generation: 0,
            assignor: Assignor::Range,
            leader: None,
            members: Vec::new(),
            offsets: BTreeMap::new(),
            initial: false,
            newcomers: false,
            wait_left_ns: 0,
            round: 0,
            sync_round: 0,
        }
    }

    /// As the log tells it: a group that was rebalancing goes on with its last generation.
    pub(super) fn restore(&mut self, generation: u32, members: &[StoredMember]) {
        self.generation = generation;
        self.leader = members.iter().find(|m| m.leads).map(|m| m.member_id);
        self.members = members.iter().map(GroupMember::restored).collect();
        self.state = if members.is_empty() {
            State::Empty
        } else {
            self.assignor = self.vote();
            State::Stable
        };
    }

    /// The group as the internal topic keeps it.
    pub(super) fn stored(&self, env: &CoordinatorEnv<'_, '_>) -> (QueueId, Batch) {
        let of = |m: &GroupMember| StoredMember {
            member_id: m.id,
            instance: m.instance,
            pid: m.pid,
            leads: self.leader == Some(m.id),
            session_timeout_ns: m.session_timeout_ns,
            rebalance_timeout_ns: m.rebalance_timeout_ns,
            assignors: Arc::clone(&m.assignors),
            subscription: Arc::clone(&m.subscription),
            assignment: Arc::clone(&m.assignment),
        };
        let payload = Payload::Group {
            group: self.id,
            generation: self.generation,
            members: self.members.iter().map(of).collect(),
        };
        let batch = Batch::new(env.ctx.clock(), None, payload);
        (self.queue, batch)
    }

    pub(super) fn named(&self, instance: u32) -> Option<usize> {
        self.members
            .iter()
            .position(|m| m.instance == Some(instance))
    }

    /// Whether a newcomer's assignors have one that all members can do.
    pub(super) fn can_do(&self, assignors: &[Assignor]) -> bool {
        let all_can = |a: &Assignor| self.members.iter().all(|m| m.assignors.contains(a));
        assignors.iter().any(all_can)
    }

    /// Each member votes for its first assignor among those that all can do; most votes win, the first voter's in a tie.
    pub(super) fn vote(&self) -> Assignor {
        let all_can = |a: &&Assignor| self.members.iter().all(|m| m.assignors.contains(a));
        let mut votes: Vec<(Assignor, usize)> = Vec::new();
        for member in &self.members {
            let Some(&choice) = member.assignors.iter().find(all_can) else {
                continue;
            };
            match votes.iter_mut().find(|(a, _)| *a == choice) {
                Some((_, count)) => *count += 1,
                None => votes.push((choice, 1)),
            }
        }
        let most = votes.iter().map(|v| v.1).max();
        let winner = votes.iter().find(|v| Some(v.1) == most);
        winner.map_or(self.assignor, |v| v.0)
    }

    /// The rebalance waits for the slowest member that has a right to be waited for.
    pub(super) fn rebalance_timeout_ns(&self) -> u64 {
        let timeouts = self.members.iter().map(|m| m.rebalance_timeout_ns);
        timeouts.max().unwrap_or(0)
    }

    pub(super) fn is_waiting_for_more(&self) -> bool {
        self.initial || self.members.iter().any(|m| m.joining.is_none())
    }

    pub(super) fn member(&self, at: usize) -> Member {
        Member {
            group: self.id,
            generation: self.generation,
            member_id: self.members[at].id,
            instance: self.members[at].instance,
        }
    }

    pub(super) fn answer_join(&self, at: usize, asker: Asker, env: &mut CoordinatorEnv<'_, '_>) {
        let leads = self.leader == Some(self.members[at].id);
        let of = |m: &GroupMember| JoinedMember {
            member_id: m.id,
            instance: m.instance,
            subscription: Arc::clone(&m.subscription),
            owned: Arc::clone(&m.owned),
        };
        let answer = Joined {
            member: self.member(at),
            leader: self.leader.unwrap_or(0),
            assignor: self.assignor,
            members: if leads {
                self.members.iter().map(of).collect()
            } else {
                Vec::new()
            },
        };
        env.reply(asker, joined(Ok(answer)));
    }

    /// The member was heard of: its session begins anew.
    pub(super) fn keep_alive(&mut self, at: usize, env: &mut CoordinatorEnv<'_, '_>) {
        let member = &mut self.members[at];
        if let Some(timer) = member.session.take() {
            env.ctx.cancel(timer);
        }
        let token = Token {
            kind: SESSION,
            index: self.id.0 as u16,
            data: member.serial,
        };
        member.session = Some(env.ctx.timer(member.session_timeout_ns, token));
    }

    pub(super) fn wait(&mut self, kind: u16, wait_ns: u64, env: &mut CoordinatorEnv<'_, '_>) {
        self.round += 1;
        let token = Token {
            kind,
            index: self.id.0 as u16,
            data: self.round,
        };
        env.ctx.timer(wait_ns, token);
    }

    pub(super) fn fail_syncs(&mut self, error: Error, env: &mut CoordinatorEnv<'_, '_>) {
        for at in 0..self.members.len() {
            self.members[at].assignment = Arc::from([]);
            if let Some(asker) = self.members[at].syncing.take() {
                env.reply(asker, Response::SyncGroup(Err(error)));
                self.keep_alive(at, env);
            }
        }
    }

    pub(super) fn drop_member(&mut self, at: usize, env: &mut CoordinatorEnv<'_, '_>) {
        let member = self.members.remove(at);
        if let Some(timer) = member.session {
            env.ctx.cancel(timer);
        }
        if let Some(asker) = member.joining {
            env.reply(asker, joined(Err(Error::UnknownMemberId)));
        }
        if let Some(asker) = member.syncing {
            env.reply(asker, Response::SyncGroup(Err(Error::UnknownMemberId)));
        }
        if self.leader == Some(member.id) {
            self.leader = None;
        }
    }

    /// The group goes to another coordinator.
    pub(super) fn abandon(&mut self, error: Error, env: &mut CoordinatorEnv<'_, '_>) {
        for member in &mut self.members {
            if let Some(timer) = member.session.take() {
                env.ctx.cancel(timer);
            }
            if let Some(asker) = member.joining.take() {
                env.reply(asker, joined(Err(error)));
            }
            if let Some(asker) = member.syncing.take() {
                env.reply(asker, Response::SyncGroup(Err(error)));
            }
        }
    }
}
