//! The producer client: what an application embeds to send messages.
//!
//! It follows Kafka's `KafkaProducer`: messages are gathered into batches per partition, one request to a broker carries
//! the first batch of each partition that it leads, and what fails is sent again until the delivery timeout. The sender's
//! loop becomes events here: the client sends whenever a batch is ready, a request may be in flight and the leader is known.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::record::Why;
use crate::sim::stream::Stream;
use crate::sim::{Fact, LaneId, Pid, QueueId, Span, Token};

use super::super::Ctx;
use super::super::batch::{BATCH_HEADER_BYTES, Item};
use super::super::client::{Alarm, Requests, View};
use super::super::cluster::Cluster;
use super::super::protocol::{
    Acks, Error, Metadata, Produce, ProduceCall, Produced, Request, Response,
};
use super::accumulator::{OutBatch, Part};
use super::partitioner::{self, Sticky};
use super::settings::ProducerConfig;

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

/// A message whose sender waits for room.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    part: u32,
    number: u32,
    item: Item,
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
    /// Partitions (by index) that each broker leads, and where to begin with the next request.
    led: Vec<(Vec<u32>, usize)>,
    in_flight: Vec<usize>,
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
            led: vec![(Vec::new(), 0); brokers],
            in_flight: vec![0; brokers],
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
        self.led.iter_mut().for_each(|l| l.0.clear());
        self.in_flight.fill(0);
        self.view = View::new(&self.cluster);
        (self.id, self.id_asked, self.id_not_before, self.id_failures) = (None, false, 0, 0);
        self.metadata_asked = false;
        self.used = 0;
        self.wake = Alarm::default();
        self.expire = Alarm::default();
        self.blocked = Alarm::default();
        self.admin = Alarm::default();
        if let Some(done) = &mut self.done {
            done.clear();
        }
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
        self.in_flight.iter().sum()
    }

    /// Producer id and epoch, of an idempotent producer that has got one.
    pub fn producer_id(&self) -> Option<(u64, u16)> {
        self.id
    }

    /// The partitions (queue, waiting batches, batches in flight, next sequence).
    pub fn partitions(&self) -> impl Iterator<Item = (QueueId, usize, u32, u32)> + '_ {
        self.parts
            .iter()
            .map(|p| (p.queue, p.batches.len(), p.in_flight, p.next_sequence))
    }

    /// Sends a message to a topic (by its place in the list the client was made with). Returns its name. When there is no
    /// room it waits, and whatever is sent later waits behind it.
    pub fn send(
        &mut self,
        topic: usize,
        key: Option<u32>,
        bytes: u32,
        poison: bool,
        ctx: &mut Ctx<'_>,
    ) -> Span {
        let part = self.partition(topic, key, bytes);
        let item = Item {
            born_ns: ctx.now(),
            key,
            bytes,
            poison,
        };
        let at = &mut self.parts[part as usize];
        let number = at.next_number;
        at.next_number += 1;
        let (queue, span) = (at.queue, Span::one(at.lane, number));
        ctx.record(Fact::Produced {
            queue,
            span,
            key,
            bytes,
        });
        if u64::from(bytes + BATCH_HEADER_BYTES)
            > self.config.request_bytes_max.min(self.config.memory)
        {
            // RecordTooLargeException
            self.refuse(part, span, Why::Rejected, ctx);
            return span;
        }
        let message = Waiting { part, number, item };
        if !self.waiting.is_empty() || !self.append(message, ctx) {
            self.waiting.push_back(message);
            if self.waiting.len() == 1 {
                self.wait_from(ctx.now(), ctx);
            }
            if self.config.max_block_ns == 0 {
                self.give_up_waiting(ctx.now(), ctx);
            }
        }
        span
    }

    fn partition(&mut self, topic: usize, key: Option<u32>, bytes: u32) -> u32 {
        let out = &mut self.outs[topic];
        let number = if let Some(key) = key {
            partitioner::of_key(key, out.partitions)
        } else {
            let (parts, view, first) = (&self.parts, &self.view, out.first);
            let able = |p: u32| view.leader(parts[(first + p) as usize].place).is_some();
            let (bytes, full) = (u64::from(bytes), self.config.batch_bytes);
            let stream = &mut self.stream;
            out.sticky.next(bytes, full, out.partitions, able, stream)
        };
        out.first + number
    }

    /// Puts a message into a batch, if there is room.
    fn append(&mut self, message: Waiting, ctx: &mut Ctx<'_>) -> bool {
        if !self.view.known {
            return false;
        }
        let now = ctx.now();
        let batch_bytes = self.config.batch_bytes;
        let part = &mut self.parts[message.part as usize];
        let begun = if part.try_append(message.number, message.item, batch_bytes) {
            false
        } else {
            let memory = batch_bytes.max(u64::from(BATCH_HEADER_BYTES + message.item.bytes));
            if self.used + memory > self.config.memory {
                return false;
            }
            self.used += memory;
            part.open(message.number, message.item, memory, now);
            true
        };
        let ready_at = part.ready_at(self.config.linger_ns, batch_bytes);
        if begun {
            let token = Token::of(self.timers + EXPIRE);
            let expires_at = now.saturating_add(self.config.delivery_timeout_ns);
            self.expire.by(expires_at, token, ctx);
        }
        if ready_at <= now {
            match self.leader(message.part) {
                Some(broker) => self.pump(broker, now, ctx),
                None => self.want_metadata(now, ctx),
            }
        } else if begun {
            self.wake.by(ready_at, Token::of(self.timers + WAKE), ctx);
        }
        true
    }

    fn leader(&self, part: u32) -> Option<usize> {
        let pid = self.view.leader(self.parts[part as usize].place)?;
        self.view.broker(pid)
    }

    fn wait_from(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        self.waiting_since = now;
        let until = now.saturating_add(self.config.max_block_ns);
        self.blocked
            .at(until, Token::of(self.timers + BLOCKED), ctx);
        // A full buffer makes every batch ready.
        self.pump_all(now, ctx);
    }

    /// Room was freed, or the leaders became known.
    fn unblock(&mut self, ctx: &mut Ctx<'_>) {
        // What is sent may free room at once (`acks` 0): the loop that is under way sees to it.
        if self.unblocking {
            return;
        }
        self.unblocking = true;
        let mut moved = false;
        while let Some(message) = self.waiting.pop_front() {
            if !self.append(message, ctx) {
                self.waiting.push_front(message);
                break;
            }
            moved = true;
        }
        self.unblocking = false;
        if self.waiting.is_empty() {
            self.blocked.off(ctx);
        } else if moved {
            self.wait_from(ctx.now(), ctx);
        }
    }

    /// The first message has waited for room for too long.
    fn give_up_waiting(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        while let Some(&message) = self.waiting.front() {
            if now < self.waiting_since.saturating_add(self.config.max_block_ns) {
                break;
            }
            self.waiting.pop_front();
            let span = Span::one(self.parts[message.part as usize].lane, message.number);
            let why = if self.view.known {
                Why::BufferFull
            } else {
                Why::TimedOut
            };
            self.refuse(message.part, span, why, ctx);
            // The next one called only now.
            if !self.waiting.is_empty() {
                self.wait_from(now, ctx);
                self.unblock(ctx);
            }
        }
        if self.waiting.is_empty() {
            self.blocked.off(ctx);
        }
    }

    fn refuse(&mut self, part: u32, span: Span, why: Why, ctx: &mut Ctx<'_>) {
        let queue = self.parts[part as usize].queue;
        self.refused += u64::from(span.count);
        ctx.record(Fact::Refused { queue, span, why });
        if let Some(done) = &mut self.done {
            done.push((span, false));
        }
    }

    fn accept(&mut self, part: u32, span: Span, ctx: &mut Ctx<'_>) {
        let queue = self.parts[part as usize].queue;
        self.acked += u64::from(span.count);
        ctx.record(Fact::Acked { queue, span });
        if let Some(done) = &mut self.done {
            done.push((span, true));
        }
    }

    fn pump_all(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        for broker in 0..self.led.len() {
            self.pump(broker, now, ctx);
        }
    }

    /// Sends to a broker as long as something is ready and it may be sent.
    fn pump(&mut self, broker: usize, now: u64, ctx: &mut Ctx<'_>) {
        while self.in_flight[broker] < self.config.in_flight_max {
            let up_at = self.view.up_at(broker);
            let ready_at = self.ready_at(broker).max(up_at);
            if ready_at > now {
                self.wake.by(ready_at, Token::of(self.timers + WAKE), ctx);
                return;
            }
            if self.config.idempotent && self.id.is_none() {
                self.ask(ctx);
                return;
            }
            if !self.send_to(broker, now, ctx) {
                return;
            }
        }
    }

    /// When the first batch for a broker is ready. With messages that wait for room, every batch is.
    fn ready_at(&self, broker: usize) -> u64 {
        let (linger, size) = (self.config.linger_ns, self.config.batch_bytes);
        let linger = if self.waiting.is_empty() { linger } else { 0 };
        let one = self.config.in_flight_max == 1;
        let id = self.id.filter(|_| self.config.idempotent);
        let mut earliest = u64::MAX;
        for &at in &self.led[broker].0 {
            let part = &self.parts[at as usize];
            if part.may_send(id, one) {
                earliest = earliest.min(part.ready_at(linger, size));
            }
        }
        earliest
    }

    /// One request: the first batch of every partition that the broker leads, ready or not
    /// (`RecordAccumulator.drainBatchesForOneNode`).
    fn send_to(&mut self, broker: usize, now: u64, ctx: &mut Ctx<'_>) -> bool {
        let one = self.config.in_flight_max == 1;
        let id = self.id.filter(|_| self.config.idempotent);
        let count = self.led[broker].0.len();
        let begin = self.led[broker].1;
        let timestamp_ns = ctx.clock();
        let mut bytes = 0;
        let mut batches = self.spare_batches.pop().unwrap_or_default();
        let mut call = self
            .spare_calls
            .pop()
            .unwrap_or_else(|| Box::new(self.empty_call()));
        let wire = &mut call.asks.batches;
        for step in 0..count {
            let nth = (begin + step) % count;
            let at = self.led[broker].0[nth];
            let part = &mut self.parts[at as usize];
            let Some(first) = part.batches.front() else {
                continue;
            };
            if first.not_before > now || !part.may_send(id, one) {
                continue;
            }
            if bytes + first.bytes > self.config.request_bytes_max && !wire.is_empty() {
                self.led[broker].1 = nth;
                break;
            }
            if let Some(batch) = part.take(id, timestamp_ns) {
                bytes += batch.bytes;
                if let Some(sealed) = &batch.sealed {
                    wire.push((part.queue, Arc::clone(sealed)));
                }
                batches.push((at, batch));
            }
        }
        if wire.is_empty() {
            self.spare_batches.push(batches);
            self.spare_calls.push(call);
            return false;
        }
        let produce = Request::Produce(call);
        let to = self.view.brokers()[broker];
        if self.config.acks == Acks::Zero {
            self.requests.send_only(to, produce, ctx);
            for (part, batch) in batches.drain(..) {
                self.parts[part as usize].in_flight -= 1;
                self.used -= batch.memory;
                self.accept(part, batch.span, ctx);
            }
            self.spare_batches.push(batches);
            self.unblock(ctx);
        } else {
            let timeout = self.config.request_timeout_ns;
            let what = Asked::Produce(batches);
            self.requests.send(to, produce, timeout, what, ctx);
            self.in_flight[broker] += 1;
        }
        true
    }

    /// A request with nothing in it.
    fn empty_call(&self) -> ProduceCall {
        ProduceCall {
            asks: Produce {
                acks: self.config.acks,
                timeout_ns: self.config.request_timeout_ns,
                batches: Vec::new(),
            },
            answer: Vec::new(),
        }
    }

    /// Whether an answer is for this client.
    pub fn owns(&self, number: u32) -> bool {
        self.requests.owns(number)
    }

    /// An answer arrived.
    pub fn response(&mut self, from: Pid, number: u32, response: Response, ctx: &mut Ctx<'_>) {
        let Some(open) = self.requests.take(number) else {
            return;
        };
        let now = ctx.now();
        let broker = self.view.broker(from);
        if let Some(broker) = broker {
            self.view.answers(broker);
        }
        match (open.what, response) {
            (Asked::Metadata, Response::Metadata(metadata)) => self.told(&metadata, ctx),
            (Asked::ProducerId, Response::InitProducerId(result)) => {
                self.id_asked = false;
                match result {
                    Ok(id) => {
                        (self.id, self.id_failures) = (Some(id), 0);
                        self.pump_all(now, ctx);
                    }
                    Err(_) => self.id_failed(ctx),
                }
            }
            (Asked::Produce(batches), response) => {
                if let Some(broker) = broker {
                    self.in_flight[broker] -= 1;
                }
                if let Response::Produce(mut call) = response {
                    self.produced(batches, &call.answer, ctx);
                    call.asks.batches.clear();
                    self.spare_calls.push(call);
                } else {
                    self.produced(batches, &[], ctx);
                }
                if let Some(broker) = broker {
                    self.pump(broker, now, ctx);
                }
            }
            _ => {}
        }
    }

    fn produced(
        &mut self,
        mut batches: Vec<(u32, OutBatch)>,
        results: &[Produced],
        ctx: &mut Ctx<'_>,
    ) {
        for (nth, (part, batch)) in batches.drain(..).enumerate() {
            let queue = self.parts[part as usize].queue;
            self.parts[part as usize].in_flight -= 1;
            let same = results.get(nth).filter(|r| r.queue == queue);
            let result = same.or_else(|| results.iter().find(|r| r.queue == queue));
            match result.map(|r| r.result) {
                Some(Ok(_) | Err(Error::DuplicateSequenceNumber)) => self.stored(part, &batch, ctx),
                Some(Err(error)) => self.failed(part, batch, Some(error), ctx),
                None => self.failed(part, batch, None, ctx),
            }
        }
        self.spare_batches.push(batches);
        self.unblock(ctx);
    }

    fn stored(&mut self, part: u32, batch: &OutBatch, ctx: &mut Ctx<'_>) {
        self.used -= batch.memory;
        self.view.is_good();
        self.parts[part as usize].acknowledge(batch);
        self.accept(part, batch.span, ctx);
        self.resolve(part);
    }

    /// A batch was not stored, or nobody knows (`error` is `None`: the connection was lost). It is sent again if that may
    /// help (`Sender.canRetry`).
    fn failed(&mut self, part: u32, mut batch: OutBatch, error: Option<Error>, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if error.is_none_or(Error::is_stale_metadata) {
            self.want_metadata(now, ctx);
        }
        let expired = batch
            .created_at
            .saturating_add(self.config.delivery_timeout_ns)
            <= now;
        let again = !expired
            && batch.attempts < self.config.retries
            && self.can_retry(part, &mut batch, error);
        if !again {
            let fatal = error.is_some_and(|e| !e.is_retriable());
            let why = if fatal { Why::Rejected } else { Why::TimedOut };
            self.give_up(part, &batch, why, ctx);
            return;
        }
        self.retried += 1;
        batch.attempts += 1;
        batch.not_before = now + self.config.backoff.ns(batch.attempts, &mut self.stream);
        let wake_at = batch.not_before;
        self.parts[part as usize].put_back(batch, self.config.idempotent);
        self.wake.by(wake_at, Token::of(self.timers + WAKE), ctx);
    }

    /// Whether sending again may help; if an idempotent producer's sequence is broken, a new epoch begins
    /// (`TransactionManager.canRetry`, KIP-360).
    fn can_retry(&mut self, part: u32, batch: &mut OutBatch, error: Option<Error>) -> bool {
        let Some(error) = error else {
            return true;
        };
        let at = &mut self.parts[part as usize];
        match (error, batch.sequence) {
            (Error::OutOfOrderSequenceNumber, Some(sequence)) => {
                let earlier_is_missing = !at.unresolved && !at.is_next(sequence);
                if !earlier_is_missing
                    || at.epoch != Some((sequence.producer_id, sequence.producer_epoch))
                {
                    self.new_epoch(part, batch);
                }
                true
            }
            (Error::UnknownProducerId | Error::InvalidProducerEpoch, Some(_)) => {
                self.new_epoch(part, batch);
                true
            }
            (error, _) => error.is_retriable(),
        }
    }

    fn new_epoch(&mut self, part: u32, batch: &mut OutBatch) {
        let at = &mut self.parts[part as usize];
        let stale = batch
            .sequence
            .is_some_and(|s| Some((s.producer_id, s.producer_epoch)) != self.id);
        at.unsequence(batch);
        // A batch of an epoch that has ended already only needs a place in the present one.
        if !stale {
            self.bump();
        }
    }

    /// The next epoch; a client may raise it by itself (KIP-360). When there is none left it asks for a new id.
    fn bump(&mut self) {
        self.id = self
            .id
            .and_then(|(id, epoch)| epoch.checked_add(1).map(|epoch| (id, epoch)));
    }

    /// A batch will not be sent again.
    fn give_up(&mut self, part: u32, batch: &OutBatch, why: Why, ctx: &mut Ctx<'_>) {
        self.used -= batch.memory;
        let at = &mut self.parts[part as usize];
        at.settle(batch);
        if batch.sequence.is_some() {
            at.unresolved = true;
        }
        self.refuse(part, batch.span, why, ctx);
        self.resolve(part);
    }

    /// Once nothing of a partition is on the way any more, sequences in doubt are left behind with a new epoch
    /// (`TransactionManager.maybeResolveSequences`).
    fn resolve(&mut self, part: u32) {
        let at = &mut self.parts[part as usize];
        if !at.unresolved || !at.unacked.is_empty() {
            return;
        }
        at.unresolved = false;
        if at.last_acked.map_or(0, |last| last + 1) != at.next_sequence {
            self.bump();
        }
    }

    fn told(&mut self, metadata: &Metadata, ctx: &mut Ctx<'_>) {
        self.metadata_asked = false;
        let now = ctx.now();
        self.view.learn(metadata, now);
        self.led.iter_mut().for_each(|l| l.0.clear());
        let mut leaderless = false;
        for at in 0..self.parts.len() as u32 {
            match self.leader(at) {
                Some(broker) => self.led[broker].0.push(at),
                None => leaderless |= !self.parts[at as usize].batches.is_empty(),
            }
        }
        if leaderless {
            self.want_metadata(now, ctx);
        }
        let token = Token::of(self.timers + ADMIN);
        let old_at = now.saturating_add(self.config.metadata_max_age_ns);
        self.admin.by(old_at, token, ctx);
        self.unblock(ctx);
        self.pump_all(now, ctx);
    }

    fn want_metadata(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        self.view.want(now, self.config.backoff, &mut self.stream);
        self.ask(ctx);
    }

    /// Asks for what is lacking: who leads what, and the producer id.
    fn ask(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let token = Token::of(self.timers + ADMIN);
        if self.view.wanted && !self.metadata_asked {
            let any = self.view.any_broker(now, &mut self.stream);
            match any {
                Ok(to) if self.view.not_before <= now => {
                    self.metadata_asked = true;
                    let timeout = self.config.request_timeout_ns;
                    self.requests
                        .send(to, Request::Metadata, timeout, Asked::Metadata, ctx);
                }
                Ok(_) => self.admin.by(self.view.not_before, token, ctx),
                Err(at) => self.admin.by(at.max(self.view.not_before), token, ctx),
            }
        }
        if self.config.idempotent && self.id.is_none() && !self.id_asked {
            match self.view.any_broker(now, &mut self.stream) {
                Ok(to) if self.id_not_before <= now => {
                    self.id_asked = true;
                    let timeout = self.config.request_timeout_ns;
                    let request = Request::InitProducerId;
                    self.requests
                        .send(to, request, timeout, Asked::ProducerId, ctx);
                }
                Ok(_) => self.admin.by(self.id_not_before, token, ctx),
                Err(at) => self.admin.by(at.max(self.id_not_before), token, ctx),
            }
        }
    }

    fn id_failed(&mut self, ctx: &mut Ctx<'_>) {
        self.id_asked = false;
        self.id_failures += 1;
        let wait = self.config.backoff.ns(self.id_failures, &mut self.stream);
        self.id_not_before = ctx.now() + wait;
        self.ask(ctx);
    }

    /// The connection to a broker was reset.
    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        let Some(broker) = self.view.broker(peer) else {
            return;
        };
        let now = ctx.now();
        self.view.lost(broker, now, &mut self.stream);
        for open in self.requests.drop_peer(peer) {
            match open.what {
                Asked::Metadata => {
                    self.metadata_asked = false;
                    self.view.failed(now, self.config.backoff, &mut self.stream);
                }
                Asked::ProducerId => self.id_failed(ctx),
                Asked::Produce(batches) => {
                    self.in_flight[broker] -= 1;
                    self.produced(batches, &[], ctx);
                }
            }
        }
        self.want_metadata(now, ctx);
    }

    /// Whether a timer is this client's.
    pub fn owns_timer(&self, token: Token) -> bool {
        (self.timers..self.timers + PRODUCER_TIMERS).contains(&token.kind)
    }

    /// A timer of this client fired.
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind - self.timers {
            REQUESTS => {
                for peer in self.requests.late(ctx) {
                    self.disconnected(peer, ctx);
                }
            }
            WAKE => {
                let now = self.wake.rang(ctx.now());
                self.want_leaders(now, ctx);
                self.pump_all(now, ctx);
            }
            EXPIRE => {
                let now = self.expire.rang(ctx.now());
                self.expire(now, ctx);
            }
            BLOCKED => {
                let now = self.blocked.rang(ctx.now());
                self.give_up_waiting(now, ctx);
            }
            _ => {
                let now = self.admin.rang(ctx.now());
                let old_at = self
                    .view
                    .told_at
                    .saturating_add(self.config.metadata_max_age_ns);
                if self.view.known && now >= old_at {
                    self.view.wanted = true;
                } else if self.view.known {
                    self.admin.by(old_at, Token::of(self.timers + ADMIN), ctx);
                }
                self.ask(ctx);
            }
        }
    }

    /// Batches of partitions without a known leader wait for news.
    fn want_leaders(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let lost = (0..self.parts.len() as u32)
            .any(|at| !self.parts[at as usize].batches.is_empty() && self.leader(at).is_none());
        if lost {
            self.want_metadata(now, ctx);
        }
    }

    /// Gives up what is older than the delivery timeout, on the wire or not (KIP-91).
    fn expire(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let timeout = self.config.delivery_timeout_ns;
        let is_old = |b: &OutBatch| b.created_at.saturating_add(timeout) <= now;
        let mut old = Vec::new();
        for (at, part) in self.parts.iter_mut().enumerate() {
            while let Some(nth) = part.batches.iter().position(is_old) {
                old.extend(part.batches.remove(nth).map(|b| (at as u32, b)));
            }
        }
        for open in &mut self.requests.open {
            if let Asked::Produce(batches) = &mut open.what {
                for nth in (0..batches.len()).rev() {
                    if is_old(&batches[nth].1) {
                        let (part, batch) = batches.remove(nth);
                        self.parts[part as usize].in_flight -= 1;
                        old.push((part, batch));
                    }
                }
            }
        }
        old.sort_by_key(|(part, batch)| (*part, batch.span.first));
        for (part, batch) in old {
            self.give_up(part, &batch, Why::TimedOut, ctx);
        }
        if let Some(oldest) = self.oldest() {
            let token = Token::of(self.timers + EXPIRE);
            self.expire.by(oldest.saturating_add(timeout), token, ctx);
        }
        self.unblock(ctx);
        self.pump_all(now, ctx);
    }

    fn oldest(&self) -> Option<u64> {
        let waiting = self.parts.iter().flat_map(|p| &p.batches);
        let sent = self.requests.open.iter().flat_map(|o| match &o.what {
            Asked::Produce(batches) => batches.as_slice(),
            _ => &[],
        });
        let created = waiting.map(|b| b.created_at);
        created.chain(sent.map(|(_, b)| b.created_at)).min()
    }
}
