//! The broker: replicas of partitions, which it leads or copies from their leaders, and the group coordinator.
//!
//! A broker believes what the controller's metadata told it last; it can be wrong about who leads, and leader epochs keep
//! that harmless. Its logs and checkpoints survive a crash, everything else is learnt anew. It never acts on true time.
//!
//! Simpler than the product: one log directory; one fetcher for each leader; a fetcher's work and the requests of clients
//! share the I/O threads; metadata and answers of the controller cost nothing.

mod control;
mod deadlines;
mod fetch;
mod follow;
mod produce;
mod producers;
mod replica;
mod session;
mod show;
mod slab;
mod upkeep;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::dist::Sampler;
use crate::sim::host::Survival;
use crate::sim::record::Gone;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Fact, Names, Pid, QueueId, Role, Token};

use super::batch::{Batch, LogBatch};
use super::cluster::Cluster;
use super::coordinator::{Coordinator, CoordinatorEnv, TIMER_KINDS, offsets_queue};
use super::protocol::{Error, Metadata, PartitionState, Request, Response};
use super::settings::TopicSettings;
use super::shared::Shared;
use super::sparse::Sparse;
use super::{Ctx, Message, protocol};

use control::Control;
use deadlines::Deadlines;
use fetch::Parked;
use follow::Fetcher;
use produce::{Connection, Pending};
use replica::{AckWaiter, Part, Replica};
use session::{Session, Waiting};
use slab::Slab;

/// Kinds of timers.
mod kind {
    pub const REGISTER: u16 = 1;
    pub const HEARTBEAT: u16 = 2;
    pub const TICK: u16 = 3;
    pub const ISR: u16 = 4;
    pub const CHECKPOINT: u16 = 5;
    pub const RETENTION: u16 = 6;
    pub const FLUSH: u16 = 7;
    pub const FLUSHED: u16 = 8;
    pub const PRODUCE_TIMEOUT: u16 = 9;
    pub const FETCH_TIMEOUT: u16 = 10;
    pub const FOLLOWER_TIMEOUT: u16 = 11;
    pub const FETCHER_RETRY: u16 = 12;
    pub const PARTITION_RETRY: u16 = 13;
    pub const CLOSED: u16 = 14;
}

/// What the broker knows of the cluster, from the controller.
#[derive(Clone, Debug)]
struct Image {
    /// The next metadata offset.
    version: u64,
    /// By place; `None`: not heard of yet.
    partitions: Shared<Option<Arc<PartitionState>>>,
    /// Leader and leader epoch of each of them, for clients.
    leaders: Shared<(Option<Pid>, u32)>,
    /// Of each broker in the cluster's order.
    fenced: Vec<bool>,
    /// For clients, until something changes.
    answer: Option<Arc<Metadata>>,
}

impl Image {
    fn empty(cluster: &Cluster) -> Self {
        Self {
            version: 0,
            partitions: Shared::of(None, cluster.partitions()),
            leaders: Shared::of((None, 0), cluster.partitions()),
            fenced: vec![true; cluster.brokers.len()],
            answer: None,
        }
    }

    fn is_eligible(&self, cluster: &Cluster, pid: Pid) -> bool {
        cluster.broker(pid).is_some_and(|b| !self.fenced[b])
    }
}

/// The partitions as the run finds them, shared by all brokers.
pub(super) struct Known {
    states: Shared<Option<Arc<PartitionState>>>,
    leaders: Shared<(Option<Pid>, u32)>,
}

impl Known {
    pub fn new(partitions: &[PartitionState]) -> Self {
        let state = |p: &PartitionState| Some(Arc::new(p.clone()));
        let leader = |p: &PartitionState| (p.leader, p.leader_epoch);
        Self {
            states: partitions.iter().map(state).collect(),
            leaders: partitions.iter().map(leader).collect(),
        }
    }
}

/// A broker.
#[derive(Clone, Debug)]
pub struct Broker {
    me: Pid,
    /// Which of the cluster's brokers it is.
    index: usize,
    pub(super) cluster: Arc<Cluster>,
    /// Whether any topic has `flush.messages`.
    flushes: bool,
    request_time: Sampler,
    stream: Stream,
    /// By place, where it has a copy.
    replicas: Sparse<Replica>,
    image: Image,
    control: Control,
    /// Whether its logs were closed in good order when it ended (Kafka's file `.kafka_cleanshutdown`).
    closed: bool,
    produces: Slab<Pending>,
    produce_deadlines: Deadlines,
    /// Of the produce request at hand: what waits for the high watermark. Empty in between.
    waits: Vec<(usize, AckWaiter)>,
    connections: Vec<Connection>,
    /// Fetches of consumers that wait.
    readers: Slab<Parked>,
    reader_deadlines: Deadlines,
    /// Fetches of followers that wait, by broker.
    followers: Sparse<Option<Waiting>>,
    follower_deadlines: Deadlines,
    /// Fetch sessions of followers, by broker.
    sessions: Sparse<Session>,
    /// How many fetch sessions it has opened.
    session_ids: u32,
    /// One for each broker it copies from.
    fetchers: Sparse<Fetcher>,
    coordinator: Coordinator,
    todo: Todo,
    /// Number of the next request.
    number: u32,
    /// Counts seconds, to notice answers that never came.
    ticks: u32,
    producer_ids: u32,
}

/// What remains to be done before a call ends.
#[derive(Clone, Debug, Default)]
struct Todo {
    /// Partitions it leads whose log has grown.
    led: Vec<usize>,
    /// Followers whose waiting fetch may have something now.
    followers: Vec<usize>,
    /// Consumers' fetches of which the same is true.
    readers: Vec<(u32, u32)>,
    /// Connections whose next request may be served.
    connections: Vec<Pid>,
    /// Appends of the coordinator that have been decided.
    appended: VecDeque<(u64, Result<u64, Error>)>,
}

impl Broker {
    /// The broker of this index, in a cluster that has been running for a while: it knows the metadata, is registered, and
    /// has its (empty) logs of the partitions at `held`, in order.
    pub(super) fn new(
        index: usize,
        cluster: &Arc<Cluster>,
        (partitions, held): (&Known, &[usize]),
        seed: u64,
        name: &str,
    ) -> Self {
        let me = cluster.brokers[index];
        let image = Image {
            version: Cluster::FIRST_METADATA,
            partitions: partitions.states.clone(),
            leaders: partitions.leaders.clone(),
            fenced: vec![false; cluster.brokers.len()],
            answer: None,
        };
        let mut replicas = Sparse::new(cluster.partitions());
        for &place in held {
            let Some(Some(state)) = partitions.states.get(place) else {
                continue;
            };
            let topic = cluster.topic_index(state.queue).unwrap_or(0);
            let settings = &cluster.topics[topic].settings;
            replicas.set(place, Replica::new(topic, settings, state.replicas.len()));
        }
        let brokers = cluster.brokers.len();
        Self {
            me,
            index,
            cluster: Arc::clone(cluster),
            flushes: cluster
                .topics
                .iter()
                .any(|t| t.settings.flush_messages.is_some()),
            request_time: cluster.settings.request_time.compile(),
            stream: Stream::named(seed, "kafka request time", name),
            replicas,
            image,
            control: Control::registered(index),
            closed: false,
            produces: Slab::default(),
            produce_deadlines: Deadlines::new(kind::PRODUCE_TIMEOUT),
            waits: Vec::new(),
            connections: Vec::new(),
            readers: Slab::default(),
            reader_deadlines: Deadlines::new(kind::FETCH_TIMEOUT),
            followers: Sparse::new(brokers),
            follower_deadlines: Deadlines::new(kind::FOLLOWER_TIMEOUT),
            sessions: Sparse::new(brokers),
            session_ids: 0,
            fetchers: Sparse::new(brokers),
            coordinator: Coordinator::default(),
            todo: Todo::default(),
            number: 0,
            ticks: 0,
            producer_ids: 0,
        }
    }

    fn topic(&self, replica: &Replica) -> &TopicSettings {
        &self.cluster.topics[replica.topic].settings
    }

    /// The place of a partition of this cluster.
    fn place_of(&self, queue: QueueId) -> Option<usize> {
        let place = queue.0.checked_sub(self.cluster.first.0)? as usize;
        (place < self.replicas.len()).then_some(place)
    }

    fn queue_at(&self, place: usize) -> QueueId {
        QueueId(self.cluster.first.0 + place as u32)
    }

    /// A partition that it leads in just this epoch, or what is wrong with asking it.
    fn led(&self, queue: QueueId, epoch: u32) -> Result<(usize, &Replica), Error> {
        let place = self.place_of(queue).ok_or(Error::UnknownTopicOrPartition)?;
        let replica = self.replicas.get(place).ok_or(Error::NotLeaderOrFollower)?;
        replica.leads_in(epoch)?;
        Ok((place, replica))
    }

    fn send(&mut self, to: Pid, request: Request, ctx: &mut Ctx<'_>) -> u32 {
        self.number = self.number.wrapping_add(1);
        let message = Message::Request(self.number, request);
        let bytes = message.bytes();
        ctx.send(to, super::super::Message::Kafka(message), bytes);
        self.number
    }

    /// Puts bytes on the disk. A disk without room ends the broker, as the loss of its only log directory does in Kafka
    /// (KIP-112).
    fn write(ctx: &mut Ctx<'_>, bytes: u32) -> Option<u64> {
        let position = ctx.write(u64::from(bytes));
        if position.is_none() {
            ctx.halt(super::notes::DISK_FULL);
        }
        position
    }

    /// Cuts a log back, and says what is gone.
    #[cold]
    fn truncate(&mut self, place: usize, to: u64, ctx: &mut Ctx<'_>) {
        let queue = self.queue_at(place);
        let Some(replica) = self.replicas.get_mut(place) else {
            return;
        };
        if to >= replica.log.end() {
            // Who led and appended nothing has an epoch at its end that the next leader does not know (Kafka's
            // `UnifiedLog.truncateTo`). As long as it names it, it is told to cut its log back, and copies nothing.
            replica.log.forget_empty_epochs();
            return;
        }
        let freed = replica
            .log
            .truncate(to, |b| record_gone(ctx, queue, b, Gone::Truncated));
        Self::cut_back(replica, queue, freed, ctx);
    }

    #[cold]
    fn cut_back(replica: &mut Replica, queue: QueueId, freed: u64, ctx: &mut Ctx<'_>) {
        ctx.free(freed);
        replica.truncations += 1;
        replica.high_watermark = replica.high_watermark.min(replica.log.end());
        replica.producers.rebuild(replica.log.batches());
        ctx.record(Fact::Note {
            code: super::notes::TRUNCATED,
            a: queue.0,
            b: replica.log.end(),
        });
    }

    /// Calls the coordinator, and does what it wants done.
    #[cold]
    fn coordinate(
        &mut self,
        ctx: &mut Ctx<'_>,
        call: impl FnOnce(&mut Coordinator, &mut CoordinatorEnv<'_, '_>, &Sparse<Replica>),
    ) {
        let mut env = CoordinatorEnv {
            ctx,
            cluster: &self.cluster,
            appends: Vec::new(),
            replies: Vec::new(),
        };
        call(&mut self.coordinator, &mut env, &self.replicas);
        let CoordinatorEnv {
            appends, replies, ..
        } = env;
        for (to, number, response) in replies {
            reply(ctx, to, number, response);
        }
        for (queue, batch, ticket) in appends {
            self.append_internal(queue, batch, ticket, ctx);
        }
    }

    fn settle(&mut self, ctx: &mut Ctx<'_>) {
        loop {
            if let Some(place) = self.todo.led.pop() {
                self.advance(place, ctx);
            } else if let Some((ticket, result)) = self.todo.appended.pop_front() {
                self.coordinate(ctx, |c, env, _| c.appended(ticket, result, env));
            } else if let Some(follower) = self.todo.followers.pop() {
                self.wake_follower(follower, ctx);
            } else if let Some((slot, number)) = self.todo.readers.pop() {
                self.wake_reader(slot, number, ctx);
            } else if let Some(pid) = self.todo.connections.pop() {
                self.next_of(pid, ctx);
            } else {
                return;
            }
        }
    }

    fn serve(&mut self, from: Pid, number: u32, request: Request, ctx: &mut Ctx<'_>) {
        match request {
            Request::Produce(p) => self.produce(from, number, p, ctx),
            Request::Fetch(f) => self.fetch(from, number, f, ctx),
            other => self.serve_seldom(from, number, other, ctx),
        }
    }

    /// Requests that are not sent all the time: kept apart from those that are, so that these stay close together.
    #[cold]
    fn serve_seldom(&mut self, from: Pid, number: u32, request: Request, ctx: &mut Ctx<'_>) {
        match request {
            Request::OffsetsForLeaderEpoch(queries) => {
                let ends = queries.iter().map(|q| self.epoch_end(q)).collect();
                reply(ctx, from, number, Response::OffsetsForLeaderEpoch(ends));
            }
            Request::ListOffsets(queries) => {
                let offsets = queries.iter().map(|q| (q.queue, self.offset(*q))).collect();
                reply(ctx, from, number, Response::ListOffsets(offsets));
            }
            Request::Metadata => {
                let metadata = self.metadata();
                reply(ctx, from, number, Response::Metadata(metadata));
            }
            Request::InitProducerId => {
                // Kafka's controller hands out blocks of ids (KIP-730); here each life of each broker has its own range.
                let life = u64::from(ctx.incarnation()) << 32 | (self.index as u64) << 52;
                self.producer_ids += 1;
                let id = life | u64::from(self.producer_ids);
                reply(ctx, from, number, Response::InitProducerId(Ok(id)));
            }
            Request::FindCoordinator(group) => {
                let queue = offsets_queue(&self.cluster, ctx.names(), group);
                let leader = queue.and_then(|q| {
                    let place = self.place_of(q)?;
                    self.image.leaders.get(place)?.0
                });
                let answer = leader.ok_or(Error::CoordinatorNotAvailable);
                reply(ctx, from, number, Response::FindCoordinator(answer));
            }
            Request::JoinGroup(_)
            | Request::SyncGroup(_)
            | Request::Heartbeat(_)
            | Request::LeaveGroup(_)
            | Request::OffsetCommit(_)
            | Request::OffsetFetch(..) => {
                self.coordinate(ctx, |c, env, _| c.request(from, number, request, env));
            }
            // Served already; only a controller is asked for the others.
            Request::Produce(_)
            | Request::Fetch(_)
            | Request::BrokerRegistration { .. }
            | Request::BrokerHeartbeat { .. }
            | Request::AlterPartition { .. }
            | Request::MetadataFetch { .. } => {}
        }
    }

    fn metadata(&mut self) -> Arc<Metadata> {
        let image = &mut self.image;
        let answer = image.answer.get_or_insert_with(|| {
            Arc::new(Metadata {
                version: image.version,
                leaders: image.leaders.clone(),
            })
        });
        Arc::clone(answer)
    }
}

fn reply(ctx: &mut Ctx<'_>, to: Pid, number: u32, response: Response) {
    let message = Message::Response(number, response);
    let bytes = message.bytes();
    ctx.send(to, super::super::Message::Kafka(message), bytes);
}

fn record_stored(ctx: &mut Ctx<'_>, queue: QueueId, batch: &Batch, offset: u64, first_copy: bool) {
    if let Some(span) = batch.span() {
        ctx.record(Fact::Stored {
            queue,
            span,
            offset,
            first_copy,
        });
    }
}

#[cold]
fn record_gone(ctx: &mut Ctx<'_>, queue: QueueId, batch: &LogBatch, why: Gone) {
    if let Some(span) = batch.batch.span() {
        ctx.record(Fact::Unstored {
            queue,
            span,
            offset: batch.base,
            why,
        });
    }
}

/// What the kernel calls.
impl Broker {
    pub(in super::super) fn cost(&mut self, message: &Message, _now: u64) -> Cost {
        let per_kib = self.cluster.settings.request_time_per_kib.ns();
        let transfer = |bytes: u64| bytes * per_kib / 1024;
        match message {
            Message::Request(_, Request::Produce(p)) => {
                let batches = &p.asks.batches;
                let bytes = batches.iter().map(|(_, b)| u64::from(b.bytes())).sum();
                let sync = self.must_flush(batches);
                Cost {
                    cpu_ns: self.request_time.sample(&mut self.stream) + transfer(bytes),
                    write_bytes: bytes,
                    sync,
                    in_turn: true,
                }
            }
            Message::Request(..) => Cost {
                cpu_ns: self.request_time.sample(&mut self.stream),
                in_turn: true,
                ..Cost::FREE
            },
            Message::Response(_, Response::Fetch(f)) => {
                let bytes = u64::from(f.answer.bytes);
                let count = |b: &LogBatch| u64::from(b.batch.count());
                let sync = self.flushes
                    && f.answer
                        .parts()
                        .filter(|(p, _)| p.batches > 0)
                        .any(|(p, b)| self.is_flush_due(p.queue, b.iter().map(count).sum()));
                Cost {
                    cpu_ns: transfer(bytes),
                    write_bytes: bytes,
                    sync,
                    in_turn: true,
                }
            }
            Message::Response(..) => Cost::FREE,
        }
    }

    pub(in super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.number = ctx.incarnation() << 20;
        self.start_upkeep(ctx);
        self.control.clean_shutdown = std::mem::take(&mut self.closed);
        if ctx.incarnation() == 1 {
            self.assume_roles(ctx);
        }
        self.start_control(ctx);
        self.settle(ctx);
    }

    pub(in super::super) fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Request(number, request) => self.serve(from, number, request, ctx),
            Message::Response(number, Response::Fetch(call)) => {
                self.fetched(from, number, call, ctx);
            }
            Message::Response(number, response) => self.controlled(number, response, ctx),
        }
        self.settle(ctx);
    }

    pub(in super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            kind::REGISTER => self.register(ctx),
            kind::HEARTBEAT => self.heartbeat(ctx),
            kind::TICK => self.tick(ctx),
            kind::ISR => self.check_isr(ctx),
            kind::CHECKPOINT => self.checkpoint(ctx),
            kind::RETENTION => self.expire(ctx),
            kind::FLUSH => self.flush(usize::from(token.index), ctx),
            kind::PRODUCE_TIMEOUT => self.produces_timed_out(ctx),
            kind::FETCH_TIMEOUT => self.readers_timed_out(ctx),
            kind::FOLLOWER_TIMEOUT => self.followers_timed_out(ctx),
            kind::FETCHER_RETRY => self.retry_fetcher(usize::from(token.index), ctx),
            kind::PARTITION_RETRY => self.retry_partition(token, ctx),
            kind::CLOSED => {
                self.closed = true;
                ctx.exit();
            }
            k if k >= TIMER_KINDS => self.coordinate(ctx, |c, env, _| c.timer(token, env)),
            _ => {}
        }
        self.settle(ctx);
    }

    pub(in super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        if peer == self.cluster.controller {
            self.lost_controller(ctx);
        } else if let Some(broker) = self.cluster.broker(peer) {
            self.followers.set(broker, None);
            self.fetcher_failed(broker, ctx);
        }
        self.connections.retain(|c| c.pid != peer);
        self.settle(ctx);
    }

    pub(in super::super) fn crash(&mut self, survival: &Survival, ctx: &mut Ctx<'_>) {
        for nth in 0..self.replicas.count() {
            let place = self.replicas.place(nth);
            let queue = self.queue_at(place);
            let Some(replica) = self.replicas.get_mut(place) else {
                continue;
            };
            let lost = |b: &LogBatch| record_gone(ctx, queue, b, Gone::Unsynced);
            let freed = replica.log.recover(survival, lost);
            ctx.free(freed);
            replica.restart();
        }
        self.image = Image::empty(&self.cluster);
        self.control = Control::default();
        self.produces = Slab::default();
        self.produce_deadlines.clear();
        self.connections.clear();
        self.readers = Slab::default();
        self.reader_deadlines.clear();
        self.followers.clear();
        self.follower_deadlines.clear();
        self.sessions.clear();
        self.session_ids = 0;
        self.fetchers.clear();
        self.coordinator.crash();
        self.todo = Todo::default();
        self.producer_ids = 0;
    }

    /// The controller says who plays which part; a broker only has beliefs about it.
    pub(in super::super) fn nominate(&self, _role: &Role, _names: &Names, _out: &mut Vec<Pid>) {}
}

/// Questions about logs.
impl Broker {
    /// The log of a partition that it has a copy of.
    #[cfg(test)]
    pub(super) fn log_of(&self, queue: QueueId) -> &super::log::Log {
        let place = self.place_of(queue).expect("a partition of the cluster");
        &self.replicas.get(place).expect("a copy").log
    }

    /// Up to where a partition is committed, as far as it knows.
    #[cfg(test)]
    pub(super) fn high_watermark_of(&self, queue: QueueId) -> u64 {
        let place = self.place_of(queue).expect("a partition of the cluster");
        let replica = self.replicas.get(place).expect("a copy");
        replica.high_watermark
    }

    /// Whether it has a copy of a partition.
    #[cfg(test)]
    pub(super) fn has(&self, queue: QueueId) -> bool {
        self.place_of(queue)
            .is_some_and(|place| self.replicas.get(place).is_some())
    }

    fn epoch_end(&self, query: &protocol::EpochQuery) -> protocol::EpochEnd {
        let found = self.led(query.queue, query.current_leader_epoch);
        let (epoch, end, error) = match found.map(|(_, r)| r.log.end_of_epoch(query.epoch)) {
            Ok(Some((epoch, end))) => (Some(epoch), end, None),
            Ok(None) => (None, 0, None),
            Err(error) => (None, 0, Some(error)),
        };
        protocol::EpochEnd {
            queue: query.queue,
            epoch,
            end,
            error,
        }
    }

    fn offset(&self, query: protocol::OffsetQuery) -> Result<u64, Error> {
        let place = self
            .place_of(query.queue)
            .ok_or(Error::UnknownTopicOrPartition)?;
        let leading = self
            .replicas
            .get(place)
            .filter(|r| matches!(r.part, Part::Leader(_)));
        let replica = leading.ok_or(Error::NotLeaderOrFollower)?;
        Ok(if query.earliest {
            replica.log.start()
        } else {
            replica.high_watermark
        })
    }
}
