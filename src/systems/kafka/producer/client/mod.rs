//! The producer client: what an application embeds to send messages.
//!
//! It follows Kafka's `KafkaProducer`: messages are gathered into batches per partition, one request to a broker carries
//! the first batch of each partition that it leads, and what fails is sent again until the delivery timeout. The sender's
//! loop becomes events here: the client sends whenever a batch is ready, a request may be in flight and the leader is known.

mod answers;
mod appending;
mod led;
mod metadata;
mod sending;
mod timers;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::record::Why;
use crate::sim::stream::Stream;
use crate::sim::{LaneId, QueueId, Span, Token};

use super::super::Ctx;
use super::super::client::{Requests, View};
use super::super::cluster::Cluster;
use super::super::protocol::ProduceCall;
use super::super::sparse::Sparse;
use super::accumulator::{OutBatch, Part};
use super::partitioner::Sticky;
use super::settings::ProducerConfig;
use crate::systems::Belief;
use crate::systems::alarm::Alarm;

use appending::Waiting;
use led::Led;

/// A client's timers use so many kinds, from the one it is given.
pub const PRODUCER_TIMERS: u16 = 5;

/// Timers, from the first kind on.
const REQUESTS: u16 = 0;
const WAKE: u16 = 1;
const EXPIRE: u16 = 2;
const BLOCKED: u16 = 3;
const ADMIN: u16 = 4;

/// What a request was for.
#[derive(Clone, Debug)]
enum Asked {
    Metadata,
    ProducerId,
    /// Partitions (by index) and the batches for them.
    Produce(Vec<(u32, OutBatch)>),
}

/// A topic that the client sends to.
#[derive(Clone, Debug)]
struct Out {
    first: u32,
    partitions: u32,
    sticky: Sticky,
}

/// A producer client. Its owner passes on what concerns it: answers ([`Self::response`]), timers ([`Self::timer`]), lost
/// connections and crashes.
#[derive(Clone, Debug)]
pub struct ProducerClient {
    config: Arc<ProducerConfig>,
    cluster: Arc<Cluster>,
    stream: Stream,
    timers: u16,
    tag: u32,
    outs: Vec<Out>,
    parts: Vec<Part>,
    /// What each broker leads, and is asked.
    led: Sparse<Led>,
    /// Brokers (by place) for which there is something to send, now or later, in order.
    stirring: Vec<u32>,
    /// Partitions (by index) of which nobody is known to lead them, once the client was told.
    leaderless: Vec<u32>,
    /// Memory of requests that were answered, for the next ones.
    #[allow(clippy::vec_box, reason = "it is the boxes that are sent again")]
    spare_calls: Vec<Box<ProduceCall>>,
    spare_batches: Vec<Vec<(u32, OutBatch)>>,
    requests: Requests<Asked>,
    view: View,
    /// Producer id and epoch.
    id: Option<(u64, u16)>,
    id_asked: bool,
    id_not_before: u64,
    id_failures: u32,
    metadata_asked: bool,
    used: u64,
    waiting: VecDeque<Waiting>,
    waiting_since: u64,
    unblocking: bool,
    /// Every batch is ready: there will be no more.
    flushing: bool,
    wake: Alarm,
    expire: Alarm,
    blocked: Alarm,
    admin: Alarm,
    /// Messages that were acknowledged or refused, for an owner that asks.
    done: Option<Vec<(Span, bool)>>,
    acked: u64,
    refused: u64,
    retried: u64,
}

impl ProducerClient {
    /// A client. `topics` gives for each topic its partitions' queues and lanes; `timers` is the first of
    /// [`PRODUCER_TIMERS`] kinds of timers that the owner leaves to it; `tag` (below 8) differs from those of other clients
    /// in the process; `name` names its random numbers.
    pub fn new(
        config: Arc<ProducerConfig>,
        cluster: Arc<Cluster>,
        topics: &[Vec<(QueueId, LaneId)>],
        timers: u16,
        tag: u32,
        seed: u64,
        name: &str,
    ) -> Self {
        let mut parts = Vec::new();
        let mut outs = Vec::new();
        for topic in topics {
            outs.push(Out {
                first: parts.len() as u32,
                partitions: topic.len() as u32,
                sticky: Sticky::default(),
            });
            let part =
                |&(queue, lane): &(QueueId, LaneId)| Part::new(queue, cluster.place(queue), lane);
            parts.extend(topic.iter().map(part));
        }
        let brokers = cluster.brokers.len();
        Self {
            stream: Stream::named(seed, "producer", name),
            timers,
            tag,
            outs,
            parts,
            led: Sparse::new(brokers),
            stirring: Vec::new(),
            leaderless: Vec::new(),
            spare_calls: Vec::new(),
            spare_batches: Vec::new(),
            requests: Requests::new(tag, 0, Token::of(timers + REQUESTS)),
            view: View::new(&cluster),
            id: None,
            id_asked: false,
            id_not_before: 0,
            id_failures: 0,
            metadata_asked: false,
            used: 0,
            waiting: VecDeque::new(),
            waiting_since: 0,
            unblocking: false,
            flushing: false,
            wake: Alarm::default(),
            expire: Alarm::default(),
            blocked: Alarm::default(),
            admin: Alarm::default(),
            done: None,
            acked: 0,
            refused: 0,
            retried: 0,
            config,
            cluster,
        }
    }

    /// Keeps what was acknowledged or refused, for [`Self::take_done`].
    pub fn keep_done(mut self) -> Self {
        self.done = Some(Vec::new());
        self
    }

    /// What was acknowledged (`true`) or refused since it was asked last, if that is kept.
    pub fn take_done(&mut self) -> Vec<(Span, bool)> {
        self.done.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Starts a life.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        let token = Token::of(self.timers + REQUESTS);
        self.requests = Requests::new(self.tag, ctx.incarnation(), token);
        self.ask(ctx);
    }

    /// The process died: what was not acknowledged is lost with it.
    pub fn crash(&mut self, ctx: &mut Ctx<'_>) {
        for at in 0..self.parts.len() {
            let batches = std::mem::take(&mut self.parts[at].batches);
            for batch in batches {
                self.refuse(at as u32, batch.span, Why::Died, ctx);
            }
        }
        for open in std::mem::take(&mut self.requests.open) {
            if let Asked::Produce(batches) = open.what {
                for (part, batch) in batches {
                    self.refuse(part, batch.span, Why::Died, ctx);
                }
            }
        }
        while let Some(message) = self.waiting.pop_front() {
            let span = Span::one(self.parts[message.part as usize].lane, message.number);
            self.refuse(message.part, span, Why::Died, ctx);
        }
        self.parts.iter_mut().for_each(Part::forget);
        for out in &mut self.outs {
            out.sticky = Sticky::default();
        }
        self.led.clear();
        self.stirring.clear();
        self.leaderless.clear();
        self.parts.iter_mut().for_each(|p| p.home = None);
        self.view = View::new(&self.cluster);
        (self.id, self.id_asked, self.id_not_before, self.id_failures) = (None, false, 0, 0);
        self.metadata_asked = false;
        self.flushing = false;
        self.used = 0;
        self.wake = Alarm::default();
        self.expire = Alarm::default();
        self.blocked = Alarm::default();
        self.admin = Alarm::default();
        if let Some(done) = &mut self.done {
            done.clear();
        }
    }

    /// Sends all that it holds without lingering, for there will be no more (`KafkaProducer.close`).
    pub fn flush(&mut self, ctx: &mut Ctx<'_>) {
        self.flushing = true;
        self.pump_all(ctx.now(), ctx);
    }

    /// Whether every message was acknowledged or refused.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.used == 0
    }

    /// Whether the application has to wait before its next message is taken.
    pub fn is_blocked(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Messages that wait for room.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Messages acknowledged, messages refused, batches sent again; since the run began.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.acked, self.refused, self.retried)
    }

    /// Bytes in the buffer, and how many there may be.
    pub fn buffer(&self) -> (u64, u64) {
        (self.used, self.config.memory)
    }

    /// Requests that wait for answers.
    pub fn in_flight(&self) -> usize {
        self.led.values().map(|l| l.in_flight).sum()
    }

    /// Producer id and epoch, of an idempotent producer that has got one.
    pub fn producer_id(&self) -> Option<(u64, u16)> {
        self.id
    }

    /// What a timer of its own is for.
    pub fn timer_name(&self, token: Token) -> &'static str {
        match token.kind.checked_sub(self.timers) {
            Some(REQUESTS) => "request timeout",
            Some(WAKE) => "next batch is due",
            Some(EXPIRE) => "delivery timeout",
            Some(BLOCKED) => "longest wait for room",
            Some(ADMIN) => "ask for metadata",
            _ => "timer",
        }
    }

    /// Who leads what, as far as it was told.
    pub fn beliefs(&self) -> Vec<Belief> {
        let of = |part: &Part| self.view.belief(part.queue, part.place);
        self.parts.iter().filter_map(of).collect()
    }

    /// The partitions (queue, waiting batches, batches in flight, next sequence).
    pub fn partitions(&self) -> impl Iterator<Item = (QueueId, usize, u32, u32)> + '_ {
        self.parts
            .iter()
            .map(|p| (p.queue, p.batches.len(), p.in_flight, p.next_sequence))
    }
}
