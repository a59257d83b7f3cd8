//! The broker and the controller: registration, heartbeats, metadata, and wishes about the in-sync replicas.

use std::sync::Arc;

use crate::sim::{MS, Pid, TimerId, Token};

use super::super::protocol::{
    AlterIsr, AlterPartition, Error, MetadataRecord, NewMetadata, PartitionState, Request, Response,
};
use super::super::{Ctx, rules};
use super::replica::{Leading, Part};
use super::{Broker, kind};

/// The first pause before a registration is tried again; it doubles (Kafka's `BrokerLifecycleManager`).
const REGISTER_BACKOFF_NS: u64 = 100 * MS;
/// Asks the controller again when it has not answered for so many seconds (see the fetchers' `RESEND_S`).
const RESEND_S: u32 = 2;

/// A request on its way to the controller: its number, and the second it was sent in.
type Asked = Option<(u32, u32)>;

/// How far a broker has come that was asked to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stopping {
    #[default]
    No,
    /// It waits until the controller has nothing more for it to do.
    Asks,
    /// It closes its logs, and has nothing more to say to the controller.
    Closes,
}

/// What the broker and the controller have to do with one another.
#[derive(Clone, Debug, Default)]
pub(super) struct Control {
    /// From the registration; `None`: not registered.
    pub epoch: Option<u64>,
    /// By the controller's last word.
    pub fenced: bool,
    /// Whether it was shut down in good order before this life.
    pub clean_shutdown: bool,
    stopping: Stopping,
    attempts: u32,
    registering: Asked,
    fetching: Asked,
    /// Wishes that have been sent.
    altering: Option<(u32, u32, Vec<usize>)>,
    /// Places of partitions with wishes that have not.
    wishes: Vec<usize>,
    heartbeat: Option<TimerId>,
}

impl Control {
    /// Of a broker that has registered before the run began.
    pub fn registered(index: usize) -> Self {
        Self {
            epoch: Some(index as u64),
            ..Self::default()
        }
    }

    /// The in-sync replicas of a partition should change.
    pub fn wish(&mut self, place: usize) {
        if !self.wishes.contains(&place) {
            self.wishes.push(place);
        }
    }
}

impl Broker {
    /// Registers, or goes on where it was before the run began.
    pub(super) fn start_control(&mut self, ctx: &mut Ctx<'_>) {
        if self.control.epoch.is_some() {
            self.heartbeat(ctx);
            self.ask_metadata(ctx);
        } else {
            self.control.fenced = true;
            self.register(ctx);
        }
    }

    pub(super) fn register(&mut self, ctx: &mut Ctx<'_>) {
        if self.control.stopping == Stopping::Closes {
            return;
        }
        let request = Request::BrokerRegistration {
            clean_shutdown: self.control.clean_shutdown,
        };
        let number = self.send(self.cluster.controller, request, ctx);
        self.control.registering = Some((number, self.ticks));
    }

    /// Says that it lives, and again after the interval. It also asks to be let in, or to stop: so a broker that closes must
    /// not send another one.
    pub(super) fn heartbeat(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(timer) = self.control.heartbeat.take() {
            ctx.cancel(timer);
        }
        if self.control.stopping == Stopping::Closes {
            return;
        }
        let Some(broker_epoch) = self.control.epoch else {
            return;
        };
        let request = Request::BrokerHeartbeat {
            broker_epoch,
            metadata_offset: self.image.version,
            want_shut_down: self.control.stopping == Stopping::Asks,
        };
        self.send(self.cluster.controller, request, ctx);
        let after = self.cluster.settings.broker_heartbeat_interval_ms.ns();
        self.control.heartbeat = Some(ctx.timer(after, Token::of(kind::HEARTBEAT)));
    }

    /// It is asked to stop: it asks the controller to let others lead (a controlled shutdown). A broker that takes no part
    /// in the cluster just ends (Kafka's `BrokerLifecycleManager`).
    pub(in super::super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        if self.control.stopping != Stopping::No {
            return;
        }
        let takes_part = self.control.epoch.is_some() && !self.control.fenced;
        if takes_part && self.cluster.settings.controlled_shutdown_enable {
            self.control.stopping = Stopping::Asks;
            self.heartbeat(ctx);
        } else {
            self.close(ctx);
        }
    }

    /// Puts all of its logs on the device, and ends. From now on it neither registers nor sends heartbeats: Kafka's
    /// `BrokerLifecycleManager` shuts its channel to the controller down before the logs are closed.
    fn close(&mut self, ctx: &mut Ctx<'_>) {
        self.control.stopping = Stopping::Closes;
        if let Some(timer) = self.control.heartbeat.take() {
            ctx.cancel(timer);
        }
        ctx.sync(Token::of(kind::CLOSED));
    }

    fn ask_metadata(&mut self, ctx: &mut Ctx<'_>) {
        let request = Request::MetadataFetch {
            broker_epoch: self.control.epoch.unwrap_or(0),
            from: self.image.version,
        };
        let number = self.send(self.cluster.controller, request, ctx);
        self.control.fetching = Some((number, self.ticks));
    }

    /// Sends what it wants changed, unless it waits for an answer about something.
    pub(super) fn send_wishes(&mut self, ctx: &mut Ctx<'_>) {
        let control = &mut self.control;
        let Some(broker_epoch) = control.epoch else {
            return;
        };
        if control.wishes.is_empty() || control.altering.is_some() {
            return;
        }
        self.alter_partitions(broker_epoch, ctx);
    }

    #[cold]
    fn alter_partitions(&mut self, broker_epoch: u64, ctx: &mut Ctx<'_>) {
        let control = &mut self.control;
        let places = std::mem::take(&mut control.wishes);
        let mut partitions = Vec::with_capacity(places.len());
        for &place in &places {
            let queue = self.queue_at(place);
            let replica = self.replicas.get(place);
            let leading = replica.and_then(|r| Some((r.epoch?, r.leading()?)));
            if let Some((leader_epoch, leading)) = leading
                && let Some(isr) = leading.pending()
            {
                partitions.push(AlterIsr {
                    queue,
                    leader_epoch,
                    partition_epoch: leading.partition_epoch,
                    isr: isr.to_vec(),
                });
            }
        }
        if partitions.is_empty() {
            return;
        }
        let request = Request::AlterPartition(Box::new(AlterPartition {
            broker_epoch,
            partitions,
        }));
        let number = self.send(self.cluster.controller, request, ctx);
        self.control.altering = Some((number, self.ticks, places));
    }

    /// The controller answers.
    #[cold]
    pub(super) fn controlled(&mut self, number: u32, response: Response, ctx: &mut Ctx<'_>) {
        match response {
            Response::BrokerRegistration(result) => self.registered(number, result, ctx),
            Response::BrokerHeartbeat {
                fenced,
                should_shut_down,
                error,
            } => {
                if error.is_some() {
                    self.lost_registration(ctx);
                } else {
                    self.control.fenced = fenced;
                    if should_shut_down && self.control.stopping == Stopping::Asks {
                        self.close(ctx);
                    }
                }
            }
            Response::MetadataFetch(new) => self.learn(number, *new, ctx),
            Response::AlterPartition(results) => self.altered(number, results, ctx),
            _ => {}
        }
    }

    fn registered(&mut self, number: u32, result: Result<u64, Error>, ctx: &mut Ctx<'_>) {
        if self.control.registering.is_none_or(|a| a.0 != number) {
            return;
        }
        self.control.registering = None;
        if let Ok(epoch) = result {
            self.control.epoch = Some(epoch);
            self.control.attempts = 0;
            self.heartbeat(ctx);
            self.ask_metadata(ctx);
        } else {
            self.register_later(ctx);
        }
    }

    fn register_later(&mut self, ctx: &mut Ctx<'_>) {
        let longest = self.cluster.settings.broker_session_timeout_ms.ns();
        let after = REGISTER_BACKOFF_NS << self.control.attempts.min(16);
        self.control.attempts += 1;
        ctx.timer(after.min(longest), Token::of(kind::REGISTER));
    }

    /// The controller does not know this life of the broker (any more).
    fn lost_registration(&mut self, ctx: &mut Ctx<'_>) {
        if self.control.epoch.take().is_some() {
            self.control.fenced = true;
            self.control.fetching = None;
            self.control.altering = None;
            self.register(ctx);
        }
    }

    /// The connection to the controller is gone: what was asked is asked again.
    pub(super) fn lost_controller(&mut self, ctx: &mut Ctx<'_>) {
        if self.control.registering.take().is_some() {
            self.register_later(ctx);
        }
        if let Some((_, _, places)) = self.control.altering.take() {
            places.into_iter().for_each(|p| self.control.wish(p));
        }
        // The next tick asks.
        if let Some(asked) = &mut self.control.fetching {
            asked.1 = self.ticks.wrapping_sub(RESEND_S + 1);
        }
    }

    /// Once a second: were answers lost?
    pub(super) fn check_control(&mut self, ctx: &mut Ctx<'_>) {
        let ticks = self.ticks;
        let late = |at: u32| ticks.wrapping_sub(at) > RESEND_S;
        if self.control.registering.is_some_and(|a| late(a.1)) {
            self.register(ctx);
        }
        if self.control.epoch.is_some() && self.control.fetching.is_some_and(|a| late(a.1)) {
            self.ask_metadata(ctx);
        }
        if let Some((_, _, places)) = self.control.altering.take_if(|a| late(a.1)) {
            places.into_iter().for_each(|p| self.control.wish(p));
        }
        self.send_wishes(ctx);
    }

    fn learn(&mut self, number: u32, new: NewMetadata, ctx: &mut Ctx<'_>) {
        let NewMetadata { next, records } = new;
        if self.control.fetching.is_none_or(|a| a.0 != number) {
            return;
        }
        if !records.is_empty() {
            self.image.answer = None;
        }
        self.image.version = next;
        for record in records {
            match record {
                MetadataRecord::Broker { broker, fenced } => {
                    if let Some(b) = self.cluster.broker(broker) {
                        self.image.fenced[b] = fenced;
                    }
                }
                MetadataRecord::Partition(state) => self.learn_partition(state, ctx),
            }
        }
        self.ask_metadata(ctx);
        // A broker that has caught up for the first time says so at once, and is let in.
        if self.control.fenced {
            self.heartbeat(ctx);
        }
        self.send_wishes(ctx);
    }

    fn learn_partition(&mut self, state: PartitionState, ctx: &mut Ctx<'_>) {
        let Some(place) = self.place_of(state.queue) else {
            return;
        };
        let state = Arc::new(state);
        let leader = (state.leader, state.leader_epoch);
        self.image.leaders.set(place, leader);
        self.image.partitions.set(place, Some(Arc::clone(&state)));
        self.assign(place, &state, ctx);
    }

    /// Takes up the roles that the cluster had before the run began.
    pub(super) fn assume_roles(&mut self, ctx: &mut Ctx<'_>) {
        for nth in 0..self.replicas.count() {
            let place = self.replicas.place(nth);
            if let Some(Some(state)) = self.image.partitions.get(place).cloned() {
                self.assign(place, &state, ctx);
            }
        }
    }

    /// A partition is like this now: lead it, follow its leader, or wait.
    fn assign(&mut self, place: usize, state: &PartitionState, ctx: &mut Ctx<'_>) {
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        let is_newer = replica.epoch.is_none_or(|e| state.leader_epoch > e);
        let without_epoch = || {
            self.cluster.left_out.has(rules::RAISE_LEADER_EPOCH)
                && !replica.obeys(state.leader, self.me)
        };
        if is_newer || without_epoch() {
            self.resign(place, ctx);
            if let Some(replica) = self.replicas.get_mut(place) {
                replica.epoch = Some(state.leader_epoch);
            }
            match state.leader {
                Some(leader) if leader == self.me => self.lead(place, state, ctx),
                Some(leader) => self.become_follower(place, leader, ctx),
                None => {}
            }
        } else if let Part::Leader(leading) = &mut replica.part
            && state.partition_epoch > leading.partition_epoch
        {
            leading.set_isr(&state.isr);
            leading.partition_epoch = state.partition_epoch;
            leading.set_pending(None);
            self.touch(place, true);
            self.advance(place, ctx);
        }
    }

    fn lead(&mut self, place: usize, state: &PartitionState, ctx: &mut Ctx<'_>) {
        let (me, clock) = (self.me, ctx.clock());
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        let start = replica.log.end();
        replica.log.begin_epoch(state.leader_epoch);
        replica.part = Part::Leader(Box::new(Leading::new(
            me,
            &state.replicas,
            state.isr.clone(),
            state.partition_epoch,
            start,
            clock,
        )));
        let topic = replica.topic;
        self.record_leads(place, state.leader_epoch, ctx);
        if self.cluster.topics[topic].internal {
            let queue = state.queue;
            self.coordinate(ctx, |c, env, replicas| {
                let log = replicas.get(place).map(|r| &r.log);
                c.load(queue, log.into_iter().flat_map(|log| log.batches()), env);
            });
        }
        self.advance(place, ctx);
    }

    fn become_follower(&mut self, place: usize, leader: Pid, ctx: &mut Ctx<'_>) {
        if !self.truncates_by_epoch() {
            self.truncate_to_high_watermark(place, ctx);
        }
        if let Some(replica) = self.replicas.get_mut(place) {
            replica.part = Part::Follower(leader);
        }
        self.follow(place, leader, ctx);
    }

    /// Gives up whatever it was for a partition.
    fn resign(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        let topic = replica.topic;
        self.touch(place, true);
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        match std::mem::replace(&mut replica.part, Part::Idle) {
            Part::Idle => {}
            Part::Follower(leader) => self.unfollow(place, leader),
            Part::Leader(leading) => {
                let fails = !self.cluster.left_out.has(rules::FAIL_ON_RESIGN);
                for waiter in leading.acks {
                    self.decide(waiter, fails.then_some(Error::NotLeaderOrFollower), ctx);
                }
                self.todo.readers.extend(leading.readers);
                if self.cluster.topics[topic].internal {
                    let queue = self.queue_at(place);
                    self.coordinate(ctx, |c, env, _| c.unload(queue, env));
                }
            }
        }
    }

    fn altered(
        &mut self,
        number: u32,
        results: Box<[(crate::sim::QueueId, Result<PartitionState, Error>)]>,
        ctx: &mut Ctx<'_>,
    ) {
        if self.control.altering.take_if(|a| a.0 == number).is_none() {
            return;
        }
        for (queue, result) in results {
            let Some(place) = self.place_of(queue) else {
                continue;
            };
            let Some(replica) = self.replicas.get_mut(place) else {
                continue;
            };
            let epoch = replica.epoch;
            let Part::Leader(leading) = &mut replica.part else {
                continue;
            };
            match result {
                Ok(state) if Some(state.leader_epoch) == epoch => {
                    if state.partition_epoch >= leading.partition_epoch {
                        leading.set_isr(&state.isr);
                        leading.partition_epoch = state.partition_epoch;
                        leading.set_pending(None);
                    }
                }
                Ok(_) => {}
                Err(Error::StaleBrokerEpoch) => self.control.wish(place),
                Err(_) => leading.set_pending(None),
            }
            self.touch(place, true);
            self.advance(place, ctx);
        }
        self.send_wishes(ctx);
    }
}
