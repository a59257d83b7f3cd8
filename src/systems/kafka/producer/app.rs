//! The application of a producer workload: it makes messages when its arrivals say so and sends them.

use crate::sim::arrivals::ArrivalProcess;
use crate::sim::dist::Sampler;
use crate::sim::host::Survival;
use crate::sim::keys::KeySampler;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Names, Pid, Role, Token};

use super::super::{Badge, Ctx, Inspect, Message, Row, Standing, amount};
use super::client::{PRODUCER_TIMERS, ProducerClient};

/// Timers of the application begin behind the client's.
const ARRIVE: u16 = PRODUCER_TIMERS;
const BEGIN: u16 = PRODUCER_TIMERS + 1;
const THINK: u16 = PRODUCER_TIMERS + 2;

/// One process's part of a workload.
#[derive(Clone, Debug)]
pub(in super::super) struct Load {
    pub arrivals: ArrivalProcess,
    /// The rate of the scenario for this process, as a part of the workload's.
    pub share: f64,
    /// Delay of the first arrival, where that must differ between processes.
    pub first_ns: Option<u64>,
    pub keys: KeySampler,
    pub bytes: u32,
    pub poison: f64,
    pub start_ns: u64,
    pub stop_ns: u64,
    pub count: u64,
    /// Of a closed loop: the clients of this process.
    pub clients: u32,
}

/// A process that makes messages.
#[derive(Clone, Debug)]
pub struct ProducerApp {
    client: ProducerClient,
    load: Load,
    arrivals_stream: Stream,
    keys_stream: Stream,
    poison_stream: Stream,
    think: Option<Sampler>,
    made: u64,
    /// Whether the arrival process was asked for its first arrival in this run.
    begun: bool,
    /// It was asked to stop: it makes no more, and ends when all is sent.
    stopping: bool,
    factor: f64,
}

impl ProducerApp {
    pub(in super::super) fn new(client: ProducerClient, load: Load, seed: u64, name: &str) -> Self {
        let think = load.arrivals.closed().map(|(_, think)| think.clone());
        let client = if think.is_some() {
            client.keep_done()
        } else {
            client
        };
        Self {
            client,
            arrivals_stream: Stream::named(seed, "arrivals", name),
            keys_stream: Stream::named(seed, "keys", name),
            poison_stream: Stream::named(seed, "poison", name),
            think,
            load,
            made: 0,
            begun: false,
            stopping: false,
            factor: 1.0,
        }
    }

    /// The client it sends with.
    pub fn client(&self) -> &ProducerClient {
        &self.client
    }

    /// Multiplies the rate that the scenario gives, from the next arrival on.
    pub fn set_rate_factor(&mut self, factor: f64) {
        self.factor = factor;
        self.load.arrivals.set_factor(self.load.share * factor);
    }

    pub(in super::super::super) fn cost(&mut self, _message: &Message, _now: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.client.start(ctx);
        let wait = self.load.start_ns.saturating_sub(ctx.now());
        if wait > 0 {
            ctx.timer(wait, Token::of(BEGIN));
        } else {
            self.begin(ctx);
        }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.set_rate_factor(self.factor);
        if self.think.is_some() {
            for _ in 0..self.load.clients {
                self.think(ctx);
            }
            return;
        }
        let first = !self.begun;
        self.begun = true;
        let delay = self
            .load
            .arrivals
            .next(ctx.now(), &mut self.arrivals_stream);
        let delay = self.load.first_ns.filter(|_| first).or(delay);
        self.arrive_after(delay, ctx);
    }

    fn arrive_after(&mut self, delay: Option<u64>, ctx: &mut Ctx<'_>) {
        if let Some(delay) = delay
            && !self.is_over(ctx.now().saturating_add(delay))
        {
            ctx.timer(delay, Token::of(ARRIVE));
        }
    }

    fn think(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(think) = &self.think {
            // Who neither thinks nor waits for an answer would stop time.
            let delay = think.sample(&mut self.arrivals_stream).max(crate::sim::US);
            if !self.is_over(ctx.now().saturating_add(delay)) {
                ctx.timer(delay, Token::of(THINK));
            }
        }
    }

    fn is_over(&self, at: u64) -> bool {
        self.stopping || self.made >= self.load.count || at >= self.load.stop_ns
    }

    fn make(&mut self, ctx: &mut Ctx<'_>) {
        if self.is_over(ctx.now()) {
            return;
        }
        self.made += 1;
        let key = self.load.keys.sample(&mut self.keys_stream);
        let poison = self.load.poison > 0.0 && self.poison_stream.chance(self.load.poison);
        let (key, bytes) = (key.map(|k| k as u32), self.load.bytes);
        self.client.send(0, key, bytes, poison, ctx);
    }

    /// In a closed loop, a client whose message is done with thinks about its next one.
    fn answer(&mut self, ctx: &mut Ctx<'_>) {
        if self.think.is_none() {
            return;
        }
        for (span, _) in self.client.take_done() {
            for _ in 0..span.count {
                self.think(ctx);
            }
        }
    }

    pub(in super::super::super) fn message(
        &mut self,
        from: Pid,
        message: Message,
        ctx: &mut Ctx<'_>,
    ) {
        if let Message::Response(number, response) = message {
            self.client.response(from, number, response, ctx);
            self.answer(ctx);
            self.exit_if_done(ctx);
        }
    }

    pub(in super::super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            ARRIVE => {
                self.make(ctx);
                let delay = self
                    .load
                    .arrivals
                    .next(ctx.now(), &mut self.arrivals_stream);
                self.arrive_after(delay, ctx);
            }
            THINK => {
                self.make(ctx);
                self.answer(ctx);
            }
            BEGIN => self.begin(ctx),
            _ => {
                self.client.timer(token, ctx);
                self.answer(ctx);
            }
        }
        self.exit_if_done(ctx);
    }

    pub(in super::super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.stopping = true;
        self.client.flush(ctx);
        self.exit_if_done(ctx);
    }

    fn exit_if_done(&mut self, ctx: &mut Ctx<'_>) {
        if self.stopping && self.client.is_done() {
            ctx.exit();
        }
    }

    pub(in super::super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.client.disconnected(peer, ctx);
        self.answer(ctx);
        self.exit_if_done(ctx);
    }

    pub(in super::super::super) fn crash(&mut self, _survival: &Survival, ctx: &mut Ctx<'_>) {
        self.client.crash(ctx);
        self.stopping = false;
    }

    pub(in super::super::super) fn nominate(
        &self,
        _role: &Role,
        _names: &Names,
        _out: &mut Vec<Pid>,
    ) {
    }
}

impl Inspect for ProducerApp {
    fn badge(&self, _names: &Names) -> Badge {
        let (acked, refused, _) = self.client.counts();
        let mut lines = Vec::new();
        let waiting = self.client.waiting();
        let standing = if waiting > 0 {
            lines.push(format!("blocked {}", amount(waiting as u64)));
            Standing::Stuck
        } else if self.made == 0 {
            Standing::Idle
        } else {
            Standing::Member
        };
        lines.push(format!("acked {}", amount(acked)));
        if refused > 0 {
            lines.push(format!("refused {}", amount(refused)));
        }
        Badge {
            standing,
            lines,
            reads: None,
        }
    }

    fn rows(&self, names: &Names) -> Vec<Row> {
        let (acked, refused, retried) = self.client.counts();
        let (used, memory) = self.client.buffer();
        let mut rows = vec![
            row("made", self.made.to_string()),
            row("acked", acked.to_string()),
            row("refused", refused.to_string()),
            row("batches retried", retried.to_string()),
            row("requests in flight", self.client.in_flight().to_string()),
            row("buffer", format!("{used} of {memory} bytes")),
            row("waiting for room", self.client.waiting().to_string()),
        ];
        if let Some((id, epoch)) = self.client.producer_id() {
            rows.push(row("producer id", format!("{id}, epoch {epoch}")));
        }
        for (queue, waiting, sent, next) in self.client.partitions() {
            let value =
                format!("{waiting} batches waiting, {sent} in flight, next sequence {next}");
            rows.push(row(names.queue_short(queue), value));
        }
        rows
    }
}

fn row(name: &str, value: String) -> Row {
    Row {
        name: name.to_owned(),
        value,
    }
}
