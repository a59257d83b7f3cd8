//! A client's place in its group: joining, the assignment, heartbeats, leaving.

use std::sync::Arc;

use crate::sim::{Fact, QueueId, Token};

use super::super::super::Ctx;
use super::super::super::assign::assign;
use super::super::super::protocol::{Error, JoinGroup, Joined, Request, SyncGroup};
use super::{Asked, ConsumerClient, Event, HEARTBEAT, Part, Phase, Position};

/// How much longer than the rebalance timeout a client waits for the answer to a join
/// (`AbstractCoordinator.JOIN_GROUP_TIMEOUT_LAPSE`).
const JOIN_LAPSE_NS: u64 = 5 * crate::sim::SECOND;

impl ConsumerClient {
    /// Before it joins, a client that commits by itself does so (`ConsumerCoordinator.onJoinPrepare`).
    #[cold]
    pub(super) fn prepare_join(&mut self, ctx: &mut Ctx<'_>) {
        let positions = self.positions();
        if self.config.auto_commit_ns.is_some()
            && !positions.is_empty()
            && let Some(to) = self.coordinator
        {
            self.phase = Phase::Committing;
            let request = self.commit_request(positions);
            let timeout = self.config.request_timeout_ns;
            self.requests
                .send(to, request, timeout, Asked::AutoCommit(true), ctx);
        } else {
            self.join(ctx);
        }
    }

    pub(super) fn join(&mut self, ctx: &mut Ctx<'_>) {
        let Some(to) = self.coordinator else {
            self.phase = Phase::Unjoined;
            return;
        };
        if self.config.is_cooperative() {
            self.remembered = self.owned_queues();
        } else if self.parts.iter().any(|p| p.owned) {
            // Eager: everybody gives everything back before joining.
            self.remembered = self.owned_queues();
            self.give_back(|_| true, Event::Revoked, ctx);
        }
        self.phase = Phase::Joining;
        self.rejoin = false;
        self.heartbeating = false;
        let join = JoinGroup {
            member: self.member,
            session_timeout_ns: self.config.session_timeout_ns,
            rebalance_timeout_ns: self.config.max_poll_interval_ns,
            assignors: self.config.assignors.clone(),
            subscription: Arc::clone(&self.subscription),
            owned: Arc::clone(&self.remembered),
        };
        let timeout =
            (self.config.max_poll_interval_ns + JOIN_LAPSE_NS).max(self.config.request_timeout_ns);
        let request = Request::JoinGroup(Box::new(join));
        self.requests.send(to, request, timeout, Asked::Join, ctx);
    }

    #[cold]
    pub(super) fn joined(&mut self, result: Result<Joined, Error>, ctx: &mut Ctx<'_>) {
        if self.phase != Phase::Joining {
            return;
        }
        match result {
            Ok(joined) => {
                self.failures = 0;
                self.member = joined.member;
                self.phase = Phase::Syncing;
                let leads = joined.leader == joined.member.member_id;
                let assignment = if leads {
                    assign(joined.assignor, &joined.members, &self.cluster)
                } else {
                    Vec::new()
                };
                let sync = SyncGroup {
                    member: self.member,
                    assignment,
                };
                self.begin_heartbeats(ctx);
                if let Some(to) = self.coordinator {
                    let timeout = self
                        .config
                        .request_timeout_ns
                        .max(self.config.max_poll_interval_ns);
                    let request = Request::SyncGroup(Box::new(sync));
                    self.requests.send(to, request, timeout, Asked::Sync, ctx);
                } else {
                    self.phase = Phase::Unjoined;
                }
            }
            Err(error) => {
                self.phase = Phase::Unjoined;
                self.group_error(error, ctx);
            }
        }
    }

    #[cold]
    pub(super) fn synced(&mut self, result: Result<Arc<[QueueId]>, Error>, ctx: &mut Ctx<'_>) {
        if self.phase != Phase::Syncing {
            return;
        }
        match result {
            Ok(assignment) => {
                self.phase = Phase::Stable;
                self.rejoin = false;
                self.assignment = Some(assignment);
            }
            Err(error) => {
                self.phase = Phase::Unjoined;
                self.group_error(error, ctx);
            }
        }
    }

    /// An assignment takes effect: all of it, or (cooperative) what is new, after what is not any more was given back.
    #[cold]
    pub(super) fn take_assignment(&mut self, assignment: &[QueueId], ctx: &mut Ctx<'_>) {
        let lost = |p: &Part| assignment.binary_search(&p.queue).is_err();
        if self.parts.iter().any(|p| p.owned && lost(p)) {
            self.give_back(lost, Event::Revoked, ctx);
            // Others wait for what was given back (KIP-429).
            self.rejoin = true;
        }
        let generation = self.member.generation;
        for (at, part) in (0_u32..).zip(&mut self.parts) {
            if !part.owned && assignment.binary_search(&part.queue).is_ok() {
                self.is_placed = false;
                part.owned = true;
                part.position = Position::Stored;
                part.epoch = None;
                part.not_before = 0;
                self.events.push(Event::Assigned(at));
                ctx.record(Fact::Assigned {
                    group: self.config.group,
                    queue: part.queue,
                    generation,
                });
            }
        }
        self.sort_by_leader();
    }

    pub(super) fn give_back(
        &mut self,
        which: impl Fn(&Part) -> bool,
        event: fn(u32) -> Event,
        ctx: &mut Ctx<'_>,
    ) {
        let generation = self.member.generation;
        for (at, part) in (0_u32..).zip(&mut self.parts) {
            if !part.owned || !which(part) {
                continue;
            }
            part.owned = false;
            part.asking = false;
            part.buffered.clear();
            self.full.retain(|&p| p != at);
            self.events.push(event(at));
            ctx.record(Fact::Revoked {
                group: self.config.group,
                queue: part.queue,
                generation,
            });
        }
        self.sort_by_leader();
    }

    /// What it reads, or who leads it, is not the same any more.
    #[cold]
    pub(super) fn sort_by_leader(&mut self) {
        self.led.values_mut().for_each(|l| l.parts.clear());
        self.leaderless.clear();
        for (at, part) in (0_u32..).zip(&self.parts).filter(|(_, p)| p.owned) {
            match self.view.leader(part.place) {
                None => self.leaderless.push(at),
                Some(leader) => {
                    if let Some(broker) = self.view.broker(leader) {
                        self.led.at(broker).parts.push(at);
                    }
                }
            }
        }
    }

    fn owned_queues(&self) -> Arc<[QueueId]> {
        let owned = self.parts.iter().filter(|p| p.owned);
        owned.map(|p| p.queue).collect()
    }

    /// An answer of the coordinator says that something is wrong with this client's place in the group.
    #[cold]
    pub(super) fn group_error(&mut self, error: Error, ctx: &mut Ctx<'_>) {
        match error {
            Error::UnknownMemberId | Error::IllegalGeneration => self.lose_membership(ctx),
            Error::RebalanceInProgress => self.rejoin = true,
            Error::FencedInstanceId => {
                self.lose_membership(ctx);
                self.stopped = true;
                self.events.push(Event::Fenced);
            }
            // `AbstractCoordinator.JoinGroupResponseHandler`: fatal.
            Error::InvalidSessionTimeout => {
                self.stopped = true;
                self.events.push(Event::InvalidSession);
            }
            error if error.is_lost_coordinator() => {
                self.coordinator = None;
                self.group_not_before = self.back_off(ctx);
            }
            _ => self.group_not_before = self.back_off(ctx),
        }
    }

    /// The group does not know this member (any more): it starts over as a newcomer, and what it read is others' now.
    fn lose_membership(&mut self, ctx: &mut Ctx<'_>) {
        self.give_back(|_| true, Event::Lost, ctx);
        self.member.member_id = 0;
        self.member.generation = 0;
        self.phase = Phase::Unjoined;
        self.assignment = None;
        self.remembered = Arc::from([]);
        self.heartbeating = false;
        self.heartbeat.off(ctx);
    }

    fn begin_heartbeats(&mut self, ctx: &mut Ctx<'_>) {
        self.heartbeating = true;
        let at = ctx.now() + self.config.heartbeat_ns;
        self.heartbeat
            .at(at, Token::of(self.timers + HEARTBEAT), ctx);
    }

    pub(super) fn beat(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        if !self.heartbeating {
            return;
        }
        let token = Token::of(self.timers + HEARTBEAT);
        self.heartbeat
            .by(now + self.config.heartbeat_ns, token, ctx);
        let Some(to) = self.coordinator else {
            self.find_coordinator(ctx);
            return;
        };
        let request = Request::Heartbeat(Box::new(self.member));
        let timeout = self.config.request_timeout_ns;
        self.requests
            .send(to, request, timeout, Asked::Heartbeat, ctx);
    }

    /// The application did not poll in time: the client leaves the group by itself (KIP-62). A static member only falls
    /// silent (KIP-345).
    #[cold]
    pub(super) fn leave_for_silence(&mut self, ctx: &mut Ctx<'_>) {
        if self.phase == Phase::Unjoined && self.member.member_id == 0 {
            return;
        }
        if let Some(to) = self.coordinator
            && self.member.instance.is_none()
        {
            ctx.record(Fact::Evicted {
                group: self.config.group,
                member: ctx.me(),
                silent: false,
            });
            let request = Request::LeaveGroup(Box::new(self.member));
            let timeout = self.config.request_timeout_ns;
            self.requests.send(to, request, timeout, Asked::Leave, ctx);
        }
        self.lose_membership(ctx);
    }
}
