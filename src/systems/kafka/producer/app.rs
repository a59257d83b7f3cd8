//! The application of a producer workload: it makes messages when its arrivals say so and sends them.

use crate::sim::host::Survival;
use crate::sim::keys::KeySampler;
use crate::sim::stream::Stream;
use crate::sim::{Change, Cost, Names, Pid, Role, Token};
use crate::systems::Tune;
use crate::systems::pace::Pace;

use super::super::{Badge, Belief, Ctx, Inspect, Message, Row, Standing, amount};
use super::client::{PRODUCER_TIMERS, ProducerClient};

/// Timers of the pace begin behind the client's.
pub(in super::super) const PACE: u16 = PRODUCER_TIMERS;

/// What the messages of a workload are.
#[derive(Clone, Debug)]
pub(in super::super) struct Load {
    pub keys: KeySampler,
    pub bytes: u32,
    pub poison: f64,
}

/// A process that makes messages.
#[derive(Clone, Debug)]
pub struct ProducerApp {
    client: ProducerClient,
    pace: Pace,
    load: Load,
    keys_stream: Stream,
    poison_stream: Stream,
}

impl ProducerApp {
    pub(in super::super) fn new(
        client: ProducerClient,
        pace: Pace,
        load: Load,
        seed: u64,
        name: &str,
    ) -> Self {
        let client = if pace.is_closed() {
            client.keep_done()
        } else {
            client
        };
        Self {
            client,
            pace,
            keys_stream: Stream::named(seed, "keys", name),
            poison_stream: Stream::named(seed, "poison", name),
            load,
        }
    }

    /// The client it sends with.
    pub fn client(&self) -> &ProducerClient {
        &self.client
    }

    pub(in super::super::super) fn cost(&mut self, _message: &Message, _now: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.client.start(ctx);
        self.pace.start(ctx);
    }

    fn make(&mut self, ctx: &mut Ctx<'_>) {
        let key = self.load.keys.sample(&mut self.keys_stream);
        let poison = self.load.poison > 0.0 && self.poison_stream.chance(self.load.poison);
        let (key, bytes) = (key.map(|k| k as u32), self.load.bytes);
        self.client.send(0, key, bytes, poison, ctx);
    }

    /// In a closed loop, a client whose message is done with thinks about its next one.
    fn answer(&mut self, ctx: &mut Ctx<'_>) {
        if !self.pace.is_closed() {
            return;
        }
        for (span, _) in self.client.take_done() {
            for _ in 0..span.count {
                self.pace.ended(ctx);
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
        if self.pace.owns(token) {
            if self.pace.timer(token, ctx) {
                self.make(ctx);
            }
            self.pace.proceed(ctx);
        } else {
            self.client.timer(token, ctx);
        }
        self.answer(ctx);
        self.exit_if_done(ctx);
    }

    pub(in super::super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.pace.stop();
        self.client.flush(ctx);
        self.exit_if_done(ctx);
    }

    fn exit_if_done(&mut self, ctx: &mut Ctx<'_>) {
        if self.pace.is_stopping() && self.client.is_done() {
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
        self.pace.crash();
    }

    pub(in super::super::super) fn nominate(
        &self,
        _role: &Role,
        _names: &Names,
        _out: &mut Vec<Pid>,
    ) {
    }
}

impl Tune for ProducerApp {
    fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
        self.pace.tune(change, ctx)
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
        } else if self.pace.made() == 0 {
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
            Row::count("made", self.pace.made()),
            Row::count("acked", acked),
            Row::count("refused", refused),
            Row::count("batches retried", retried),
            Row::count("requests in flight", self.client.in_flight() as u64),
            Row::of("buffer").part(used, memory, "bytes"),
            Row::count("waiting for room", self.client.waiting() as u64),
        ];
        if let Some((id, epoch)) = self.client.producer_id() {
            let row = Row::of("producer id").with("", id);
            rows.push(row.with("epoch", u64::from(epoch)));
        }
        for (queue, waiting, sent, next) in self.client.partitions() {
            let row = Row::of(names.queue_short(queue));
            let row = row.with("batches waiting", waiting as u64);
            let row = row.and(u64::from(sent), "in flight");
            rows.push(row.with("next sequence", u64::from(next)));
        }
        rows
    }

    fn beliefs(&self, _: u64, _: &Names) -> Vec<Belief> {
        self.client.beliefs()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match self.pace.timer_name(token) {
            Some(name) => name,
            None => self.client.timer_name(token),
        }
    }
}
