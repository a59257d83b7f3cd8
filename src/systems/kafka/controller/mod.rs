//! The controller: it knows which brokers live, and decides who leads what.
//!
//! Its metadata is durable: a crash loses sessions and waiting requests only. What it decides is a record in a log that the
//! brokers follow, so that a quorum of controllers can take the place of this one process. The rules are those of KRaft
//! (KIP-500, KIP-631, KIP-841).

mod elect;
pub(super) mod place;
mod show;
mod shutdown;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::host::Survival;
use crate::sim::{Cost, Fact, MS, Names, Pid, Role, TimerId, Token};

use super::cluster::Cluster;
use super::coordinator::offsets_queue;
use super::notes;
use super::protocol::{Error, MetadataRecord, NewMetadata, PartitionState, Request, Response};
use super::{Ctx, Message};

/// Kinds of timers.
mod kind {
    pub const SESSION: u16 = 1;
    pub const FETCH: u16 = 2;
    pub const BALANCE: u16 = 3;
}

/// How long a fetch of metadata waits when there is nothing new (Kafka: `MAX_FETCH_WAIT_MS` of its Raft client, 500).
const FETCH_WAIT_NS: u64 = 500 * MS;
/// So many records are kept for brokers that lag behind; who lacks more is told everything.
const RECORDS_KEPT: usize = 4096;

/// What the controller knows of a broker.
#[derive(Clone, Debug)]
struct Registration {
    /// Grows with each registration; also the metadata offset it must have seen to be let in.
    epoch: u64,
    fenced: bool,
    /// It wants to stop, and may when all others have seen the metadata up to here. Until it registers anew.
    shutting_down: Option<u64>,
    /// How much of the metadata it has seen, by its last heartbeat.
    seen: u64,
    /// Runs out when nothing is heard. Memory.
    session: Option<TimerId>,
    /// The process's fetch that waits for news. Memory.
    fetch: Option<(u32, u64, TimerId)>,
}

impl Registration {
    /// Whether the broker may lead and be in sync.
    fn takes_part(&self) -> bool {
        !self.fenced && self.shutting_down.is_none()
    }
}

/// A controller.
#[derive(Clone, Debug)]
pub struct Controller {
    pub(super) cluster: Arc<Cluster>,
    partitions: Vec<PartitionState>,
    brokers: Vec<Registration>,
    /// The latest records, and the offset behind them.
    records: VecDeque<MetadataRecord>,
    next: u64,
    /// All brokers that wait for news have been told everything before this offset.
    published: u64,
    elections: u64,
}

impl Controller {
    /// Of a cluster that has been running for a while.
    pub(super) fn new(cluster: &Arc<Cluster>, partitions: Vec<PartitionState>) -> Self {
        let registration = |index: u64| Registration {
            epoch: index,
            fenced: false,
            shutting_down: None,
            seen: 0,
            session: None,
            fetch: None,
        };
        Self {
            cluster: Arc::clone(cluster),
            partitions,
            brokers: (0..cluster.brokers.len() as u64)
                .map(registration)
                .collect(),
            records: VecDeque::new(),
            next: Cluster::FIRST_METADATA,
            published: Cluster::FIRST_METADATA,
            elections: 0,
        }
    }

    /// Whether a broker may lead and be in sync.
    fn is_active(&self, pid: Pid) -> bool {
        self.cluster
            .broker(pid)
            .is_some_and(|b| self.brokers[b].takes_part())
    }

    /// A decision: it goes into the log.
    fn log(&mut self, record: MetadataRecord) {
        self.records.push_back(record);
        self.next += 1;
        if self.records.len() > RECORDS_KEPT {
            self.records.pop_front();
        }
    }

    /// What a broker lacks that has seen everything before an offset.
    fn since(&self, from: u64) -> Vec<MetadataRecord> {
        let first = self.next - self.records.len() as u64;
        if from >= first {
            let skip = (from - first) as usize;
            return self.records.iter().skip(skip).cloned().collect();
        }
        let brokers = self.cluster.brokers.iter().zip(&self.brokers);
        let brokers = brokers.map(|(&broker, r)| MetadataRecord::Broker {
            broker,
            fenced: !r.takes_part(),
        });
        let partitions = self.partitions.iter().cloned();
        brokers
            .chain(partitions.map(MetadataRecord::Partition))
            .collect()
    }

    fn reply(&self, ctx: &mut Ctx<'_>, to: Pid, number: u32, response: Response) {
        let message = Message::Response(number, response);
        let bytes = message.bytes();
        ctx.send(to, super::super::Message::Kafka(message), bytes);
    }

    /// Tells the brokers that wait for news.
    fn publish(&mut self, ctx: &mut Ctx<'_>) {
        // Who asks for what is there already is not let wait.
        if self.published == self.next {
            return;
        }
        self.published = self.next;
        for index in 0..self.brokers.len() {
            if self.brokers[index].fetch.is_some_and(|f| f.1 < self.next) {
                self.answer_fetch(index, ctx);
            }
        }
    }

    fn answer_fetch(&mut self, index: usize, ctx: &mut Ctx<'_>) {
        if let Some((number, from, timer)) = self.brokers[index].fetch.take() {
            ctx.cancel(timer);
            let new = NewMetadata {
                next: self.next,
                records: self.since(from),
            };
            let response = Response::MetadataFetch(Box::new(new));
            self.reply(ctx, self.cluster.brokers[index], number, response);
        }
    }

    fn fetch(&mut self, index: usize, number: u32, from: u64, ctx: &mut Ctx<'_>) {
        if let Some((_, _, timer)) = self.brokers[index].fetch.take() {
            ctx.cancel(timer);
        }
        let timer = ctx.timer(FETCH_WAIT_NS, Token::with(kind::FETCH, index as u32));
        self.brokers[index].fetch = Some((number, from, timer));
        if from < self.next {
            self.answer_fetch(index, ctx);
        }
    }

    /// A broker registers. While the session of its former life runs, the controller cannot tell it from an impostor and
    /// refuses (Kafka's `ClusterControlManager.registerBroker`): so a broker that restarts quickly is out until then,
    /// unless it had said that it stops.
    fn register(&mut self, index: usize, number: u32, ctx: &mut Ctx<'_>) {
        let broker = self.cluster.brokers[index];
        let registered = &self.brokers[index];
        let result = if registered.session.is_some() && registered.shutting_down.is_none() {
            Err(Error::DuplicateBrokerRegistration)
        } else {
            self.log(MetadataRecord::Broker {
                broker,
                fenced: true,
            });
            let registration = &mut self.brokers[index];
            registration.epoch = self.next;
            registration.fenced = true;
            registration.shutting_down = None;
            ctx.record(Fact::Note {
                code: notes::REGISTERED,
                a: broker.0,
                b: self.next,
            });
            self.touch(index, ctx);
            Ok(self.next)
        };
        self.reply(ctx, broker, number, Response::BrokerRegistration(result));
    }

    /// A broker was heard of.
    fn touch(&mut self, index: usize, ctx: &mut Ctx<'_>) {
        let after = self.cluster.settings.broker_session_timeout_ms.ns();
        let token = Token::with(kind::SESSION, index as u32);
        let timer = ctx.timer(after, token);
        if let Some(old) = self.brokers[index].session.replace(timer) {
            ctx.cancel(old);
        }
    }

    /// A broker lives, and has seen so much of the metadata. Who is fenced and has seen its registration is let in, but never
    /// who has asked to stop, whatever it says later: a broker leaves its controlled shutdown by a new registration only
    /// (KIP-841). Kafka's `BrokerHeartbeatManager` would let a fenced one in; it relies on brokers that say nothing more.
    fn heartbeat(
        &mut self,
        index: usize,
        number: u32,
        (epoch, seen): (u64, u64),
        want_shut_down: bool,
        ctx: &mut Ctx<'_>,
    ) {
        let registration = &mut self.brokers[index];
        let (mut error, mut should_shut_down) = (None, false);
        if registration.epoch == epoch {
            registration.seen = seen;
            self.touch(index, ctx);
            if want_shut_down || self.brokers[index].shutting_down.is_some() {
                should_shut_down = self.shut_down(index, ctx);
            } else if self.brokers[index].fenced && seen >= epoch {
                self.unfence(index, ctx);
            }
        } else {
            error = Some(Error::StaleBrokerEpoch);
        }
        let response = Response::BrokerHeartbeat {
            fenced: self.brokers[index].fenced,
            should_shut_down,
            error,
        };
        self.reply(ctx, self.cluster.brokers[index], number, response);
    }

    fn session_over(&mut self, index: usize, ctx: &mut Ctx<'_>) {
        self.brokers[index].session = None;
        if !self.brokers[index].fenced {
            self.fence(index, ctx);
        }
    }
}

/// What the kernel calls.
impl Controller {
    pub(in super::super) fn cost(&mut self, _message: &Message, _now: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        if ctx.incarnation() == 1 {
            self.partitions.iter().for_each(|p| {
                ctx.record(Fact::Elected {
                    queue: p.queue,
                    leader: p.leader,
                    epoch: p.leader_epoch,
                    clean: true,
                });
            });
        }
        // Whoever decides anew gives every broker the whole time to be heard of.
        for index in 0..self.brokers.len() {
            if !self.brokers[index].fenced {
                self.touch(index, ctx);
            }
        }
        self.balance_later(ctx);
    }

    pub(in super::super) fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
        let (Message::Request(number, request), Some(index)) = (message, self.cluster.broker(from))
        else {
            return;
        };
        match request {
            Request::BrokerRegistration { .. } => self.register(index, number, ctx),
            Request::BrokerHeartbeat {
                broker_epoch,
                metadata_offset,
                want_shut_down,
            } => {
                let seen = (broker_epoch, metadata_offset);
                self.heartbeat(index, number, seen, want_shut_down, ctx);
            }
            Request::MetadataFetch { from, .. } => self.fetch(index, number, from, ctx),
            Request::AlterPartition(wishes) => {
                let current = self.brokers[index].epoch == wishes.broker_epoch;
                let mut results = Vec::with_capacity(wishes.partitions.len());
                for wish in wishes.partitions {
                    let result = if current {
                        self.alter(from, &wish, ctx)
                    } else {
                        Err(Error::StaleBrokerEpoch)
                    };
                    results.push((wish.queue, result));
                }
                self.reply(ctx, from, number, Response::AlterPartition(results.into()));
            }
            _ => {}
        }
        self.publish(ctx);
    }

    pub(in super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            kind::SESSION => self.session_over(token.data as usize, ctx),
            kind::FETCH => self.answer_fetch(token.data as usize, ctx),
            kind::BALANCE => {
                self.balance(ctx);
                self.balance_later(ctx);
            }
            _ => {}
        }
        self.publish(ctx);
    }

    pub(in super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        ctx.exit();
    }

    pub(in super::super) fn disconnected(&mut self, _peer: Pid, _ctx: &mut Ctx<'_>) {}

    pub(in super::super) fn crash(&mut self, _survival: &Survival, _ctx: &mut Ctx<'_>) {
        // KRaft syncs its metadata log before it counts.
        for registration in &mut self.brokers {
            registration.session = None;
            registration.fetch = None;
        }
    }

    pub(in super::super) fn nominate(&self, role: &Role, names: &Names, out: &mut Vec<Pid>) {
        let find = |name: &str| {
            let named = |p: &&PartitionState| names.queue(p.queue) == name;
            self.partitions.iter().find(named)
        };
        match role {
            Role::Controller(system) if system.is_empty() || *system == self.cluster.name => {
                out.push(self.cluster.controller);
            }
            Role::Controller(_) => {}
            Role::Leader(name) => out.extend(find(name).and_then(|p| p.leader)),
            Role::Follower(name) => {
                if let Some(p) = find(name) {
                    out.extend(p.replicas.iter().filter(|&&r| Some(r) != p.leader));
                }
            }
            Role::Coordinator(name) => {
                let group = (0u32..)
                    .zip(&names.groups)
                    .find(|(_, g)| g.name == *name)
                    .map(|(id, _)| crate::sim::GroupId(id));
                let queue = group.and_then(|g| offsets_queue(&self.cluster, names, g));
                let state = queue.map(|q| &self.partitions[self.cluster.place(q)]);
                out.extend(state.and_then(|p| p.leader));
            }
        }
    }
}
