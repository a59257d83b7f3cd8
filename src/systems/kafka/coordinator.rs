//! The group coordinator: the part of a broker that keeps consumer groups.
//!
//! A group belongs to the broker that leads its partition of `__consumer_offsets`. Whatever must outlive the broker (the
//! stored positions, the generation and its members) goes through that partition's log: the coordinator asks its broker to
//! append, and answers when the append is acknowledged by all in-sync replicas.
//!
//! The group's states and the rules of joining are those of the classic protocol (Kafka's `ClassicGroup`; the KIPs are
//! named where they matter). One round trip is left out: a newcomer is not sent back with its new member id to join again
//! (KIP-394).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::{Fact, GroupId, Names, Pid, QueueId, TimerId, Token};

use super::Ctx;
use super::batch::{Batch, LogBatch, Payload, StoredMember};
use super::cluster::Cluster;
use super::protocol::{
    Assignor, Error, JoinGroup, Joined, JoinedMember, Member, OffsetCommit, Request, Response,
    SyncGroup,
};

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

/// The partition of `__consumer_offsets` that a group belongs to: `abs(hash(group.id)) % partitions`, with Java's hash of
/// strings (Kafka, `GroupMetadataManager.partitionFor`).
pub(super) fn offsets_queue(cluster: &Cluster, names: &Names, group: GroupId) -> Option<QueueId> {
    let topic = cluster.topics.iter().find(|t| t.internal)?;
    let number = java_hash(names.group(group)).unsigned_abs() & 0x7fff_ffff;
    Some(topic.partition(number % topic.partitions.max(1)))
}

/// `java.lang.String.hashCode` (Java SE API): s[0]·31^(n-1) + … + s[n-1] over UTF-16 units, in wrapping 32-bit arithmetic.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

/// Where a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Without members.
    Empty,
    /// Members join anew.
    PreparingRebalance,
    /// The leader of the group makes the assignment.
    CompletingRebalance,
    /// Everybody has an assignment.
    Stable,
}

/// Whom an answer is owed: the process and the number of its request.
type Asker = (Pid, u32);

#[derive(Clone, Debug)]
struct GroupMember {
    id: u64,
    instance: Option<u32>,
    pid: Pid,
    session_timeout_ns: u64,
    rebalance_timeout_ns: u64,
    assignors: Arc<[Assignor]>,
    subscription: Arc<[QueueId]>,
    owned: Arc<[QueueId]>,
    assignment: Arc<[QueueId]>,
    joining: Option<Asker>,
    syncing: Option<Asker>,
    /// Was told of a new generation, and has not asked for its share in it.
    pending_sync: bool,
    /// Names its session timer.
    serial: u32,
    session: Option<TimerId>,
}

#[derive(Clone, Debug)]
struct Group {
    id: GroupId,
    queue: QueueId,
    state: State,
    generation: u32,
    assignor: Assignor,
    leader: Option<u64>,
    /// In the order they came.
    members: Vec<GroupMember>,
    offsets: BTreeMap<QueueId, u64>,
    /// Whether this is the first rebalance, which waits for more members.
    initial: bool,
    /// Whether somebody joined since the first rebalance began to wait, and how much longer it may wait, ns.
    newcomers: bool,
    wait_left_ns: u64,
    /// Names the timers of a round of joining or syncing; the former ones mean nothing any more.
    round: u32,
    /// The round in which members of this generation were told to ask for their shares.
    sync_round: u32,
}

/// What an append was for.
#[derive(Clone, Debug)]
enum Pending {
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
            Request::Heartbeat(member) => self.heartbeat(asker, member, env),
            Request::LeaveGroup(member) => self.leave(asker, member, env),
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

    /// A timer of kind [`TIMER_KINDS`] or above fired.
    pub fn timer(&mut self, token: Token, env: &mut CoordinatorEnv<'_, '_>) {
        let group = GroupId(u32::from(token.index));
        let Some(group) = self.groups.get_mut(&group) else {
            return;
        };
        match token.kind {
            SESSION => {
                let Some(at) = group.members.iter().position(|m| m.serial == token.data) else {
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
                    group: group.id,
                    member: member.pid,
                    silent: true,
                });
                self.remove(token.index.into(), at, env);
            }
            JOIN if token.data == group.round && group.state == State::PreparingRebalance => {
                let delay_ns = env.cluster.settings.group_initial_rebalance_delay_ms.ns();
                if group.newcomers && group.wait_left_ns > 0 {
                    let wait_ns = delay_ns.min(group.wait_left_ns);
                    group.newcomers = false;
                    group.wait_left_ns -= wait_ns;
                    group.wait(JOIN, wait_ns, env);
                    return;
                }
                self.complete_join(token.index.into(), env);
            }
            SYNC if token.data == group.sync_round
                && matches!(group.state, State::CompletingRebalance | State::Stable) =>
            {
                // Who has not even asked for its assignment is thrown out, whether or not the others have theirs
                // (`GroupMetadataManager.expirePendingSync`).
                let late: Vec<u64> = group
                    .members
                    .iter()
                    .filter(|m| m.pending_sync)
                    .map(|m| m.id)
                    .collect();
                let id = group.id;
                for member in late {
                    self.evict_late(id, member, env);
                }
            }
            _ => {}
        }
    }

    fn evict_late(&mut self, group: GroupId, member: u64, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get(&group) else {
            return;
        };
        if let Some(at) = group.members.iter().position(|m| m.id == member) {
            env.ctx.record(Fact::Evicted {
                group: group.id,
                member: group.members[at].pid,
                silent: false,
            });
            let id = group.id;
            self.remove(id.0, at, env);
        }
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
                Payload::Messages { .. } => {}
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

    /// Whether it coordinates a group just now.
    pub fn coordinates(&self, group: GroupId) -> bool {
        self.groups.contains_key(&group)
    }

    fn join(
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
        if let Some(asker) = group.members[at].joining.take() {
            env.reply(asker, joined(Err(Error::FencedInstanceId)));
        }
        if let Some(asker) = group.members[at].syncing.take() {
            env.reply(asker, Response::SyncGroup(Err(Error::FencedInstanceId)));
        }
        let changed = group.members[at].subscription != join.subscription
            || group.members[at].assignors[..] != join.assignors[..];
        if let Some(timer) = group.members[at].session.take() {
            env.ctx.cancel(timer);
        }
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
            let leader = if led {
                old
            } else {
                group.leader.unwrap_or(old)
            };
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

    /// Begins a rebalance, unless one is being prepared; and ends it if nobody is missing.
    fn prepare(&mut self, id: GroupId, env: &mut CoordinatorEnv<'_, '_>) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        if group.state == State::PreparingRebalance {
            if !group.is_waiting_for_more() {
                self.complete_join(id.0, env);
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
                self.complete_join(id.0, env);
            }
        }
    }

    /// Everybody has joined who will: a new generation begins.
    fn complete_join(&mut self, id: u32, env: &mut CoordinatorEnv<'_, '_>) {
        let id = GroupId(id);
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        group.initial = false;
        group.wait_left_ns = 0;
        // Dynamic members that did not come back are out. Static ones may, until their session ends.
        for at in (0..group.members.len()).rev() {
            let member = &group.members[at];
            if member.joining.is_none() && member.instance.is_none() {
                env.ctx.record(Fact::Evicted {
                    group: id,
                    member: member.pid,
                    silent: false,
                });
                group.drop_member(at, env);
            }
        }
        let leads = |m: &GroupMember| Some(m.id) == group.leader && m.joining.is_some();
        if !group.members.iter().any(leads) {
            let first = group.members.iter().find(|m| m.joining.is_some());
            match first.map(|m| m.id) {
                Some(first) => group.leader = Some(first),
                None if group.members.is_empty() => group.leader = None,
                None => {
                    // Only static members, and none of them is back: wait on.
                    let timeout_ns = group.rebalance_timeout_ns();
                    group.wait(JOIN, timeout_ns, env);
                    return;
                }
            }
        }
        group.generation += 1;
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

    fn sync(&mut self, asker: Asker, sync: SyncGroup, env: &mut CoordinatorEnv<'_, '_>) {
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
    fn assigned(
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

    fn heartbeat(&mut self, asker: Asker, member: Member, env: &mut CoordinatorEnv<'_, '_>) {
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

    fn leave(&mut self, asker: Asker, member: Member, env: &mut CoordinatorEnv<'_, '_>) {
        let found = self.find(&member).map(|(group, at)| (group.id, at));
        env.reply(asker, Response::LeaveGroup(found.map(|_| ())));
        if let Ok((group, at)) = found {
            self.remove(group.0, at, env);
        }
    }

    fn commit(
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

    /// A member is out; the others share its work.
    fn remove(&mut self, id: u32, at: usize, env: &mut CoordinatorEnv<'_, '_>) {
        let id = GroupId(id);
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

    fn append(
        &mut self,
        pending: Pending,
        (queue, batch): (QueueId, Batch),
        env: &mut CoordinatorEnv<'_, '_>,
    ) {
        self.tickets += 1;
        self.pending.insert(self.tickets, pending);
        env.appends.push((queue, batch, self.tickets));
    }
}

impl Group {
    fn new(id: GroupId, queue: QueueId) -> Self {
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
    fn restore(&mut self, generation: u32, members: &[StoredMember]) {
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
    fn stored(&self, env: &CoordinatorEnv<'_, '_>) -> (QueueId, Batch) {
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

    fn named(&self, instance: u32) -> Option<usize> {
        self.members
            .iter()
            .position(|m| m.instance == Some(instance))
    }

    /// Whether a newcomer's assignors have one that all members can do.
    fn can_do(&self, assignors: &[Assignor]) -> bool {
        let all_can = |a: &Assignor| self.members.iter().all(|m| m.assignors.contains(a));
        assignors.iter().any(all_can)
    }

    /// Each member votes for its first assignor among those that all can do; most votes win, the first voter's in a tie.
    fn vote(&self) -> Assignor {
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
    fn rebalance_timeout_ns(&self) -> u64 {
        let timeouts = self.members.iter().map(|m| m.rebalance_timeout_ns);
        timeouts.max().unwrap_or(0)
    }

    fn is_waiting_for_more(&self) -> bool {
        self.initial || self.members.iter().any(|m| m.joining.is_none())
    }

    fn member(&self, at: usize) -> Member {
        Member {
            group: self.id,
            generation: self.generation,
            member_id: self.members[at].id,
            instance: self.members[at].instance,
        }
    }

    fn answer_join(&self, at: usize, asker: Asker, env: &mut CoordinatorEnv<'_, '_>) {
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
    fn keep_alive(&mut self, at: usize, env: &mut CoordinatorEnv<'_, '_>) {
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

    fn wait(&mut self, kind: u16, wait_ns: u64, env: &mut CoordinatorEnv<'_, '_>) {
        self.round += 1;
        let token = Token {
            kind,
            index: self.id.0 as u16,
            data: self.round,
        };
        env.ctx.timer(wait_ns, token);
    }

    fn fail_syncs(&mut self, error: Error, env: &mut CoordinatorEnv<'_, '_>) {
        for at in 0..self.members.len() {
            self.members[at].assignment = Arc::from([]);
            if let Some(asker) = self.members[at].syncing.take() {
                env.reply(asker, Response::SyncGroup(Err(error)));
                self.keep_alive(at, env);
            }
        }
    }

    fn drop_member(&mut self, at: usize, env: &mut CoordinatorEnv<'_, '_>) {
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
    fn abandon(&mut self, error: Error, env: &mut CoordinatorEnv<'_, '_>) {
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

impl GroupMember {
    fn new(id: u64, serial: u32, asker: Asker, join: &JoinGroup) -> Self {
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

    fn restored(stored: &StoredMember) -> Self {
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

    fn wants_otherwise(&self, join: &JoinGroup) -> bool {
        self.subscription != join.subscription
            || self.owned != join.owned
            || self.assignors[..] != join.assignors[..]
    }

    fn update(&mut self, asker: Asker, join: &JoinGroup) {
        self.pid = asker.0;
        self.session_timeout_ns = join.session_timeout_ns;
        self.rebalance_timeout_ns = join.rebalance_timeout_ns;
        self.assignors = Arc::from(join.assignors.as_slice());
        self.subscription = Arc::clone(&join.subscription);
        self.owned = Arc::clone(&join.owned);
        self.joining = Some(asker);
        self.syncing = None;
    }
}

impl CoordinatorEnv<'_, '_> {
    fn reply(&mut self, (to, number): Asker, response: Response) {
        self.replies.push((to, number, response));
    }

    /// Refuses a request of whatever kind.
    fn refuse(&mut self, asker: Asker, request: &Request, error: Error) {
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

fn joined(result: Result<Joined, Error>) -> Response {
    Response::JoinGroup(Box::new(result))
}

fn share_of(shares: &[(u64, Arc<[QueueId]>)], member: u64) -> Arc<[QueueId]> {
    let mine = shares.iter().find(|s| s.0 == member);
    mine.map_or(Arc::from([]), |s| Arc::clone(&s.1))
}

/// What a member is told when an append to the internal topic failed
/// (`GroupMetadataManager.appendForGroup`, `CoordinatorOperationExceptionHelper`).
fn of_append(error: Error) -> Error {
    match error {
        Error::NotLeaderOrFollower | Error::KafkaStorageError => Error::NotCoordinator,
        _ => Error::CoordinatorNotAvailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_javas() {
        // Values of "".hashCode(), "a".hashCode() and "hello".hashCode() as Java's documentation of the formula gives them.
        assert_eq!(java_hash(""), 0);
        assert_eq!(java_hash("a"), 97);
        assert_eq!(java_hash("hello"), 99_162_322);
    }
}
