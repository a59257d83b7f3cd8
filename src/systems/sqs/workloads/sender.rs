//! The application of a workload that sends: it makes messages when its arrivals say so.

use crate::sim::arrivals::ArrivalProcess;
use crate::sim::dist::Sampler;
use crate::sim::host::Survival;
use crate::sim::keys::KeySampler;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Names, Pid, Role, Task, Token};
use crate::systems::amount;

use super::super::{Badge, Ctx, Inspect, Message, Row, SENDER_TIMERS, SqsSender, Standing};

/// Timers of the application begin behind the client's.
const ARRIVE: u16 = SENDER_TIMERS;
const BEGIN: u16 = SENDER_TIMERS + 1;
const THINK: u16 = SENDER_TIMERS + 2;

/// One process's part of a workload.
#[derive(Clone, Debug)]
pub(super) struct Load {
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
pub struct QueueSender {
    client: SqsSender,
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
}

impl QueueSender {
    pub(super) fn new(client: SqsSender, load: Load, seed: u64, name: &str) -> Self {
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
        }
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
        self.load.arrivals.set_factor(self.load.share);
        if self.think.is_some() {
            for _ in 0..self.load.clients {
                self.think(ctx);
            }
            return;
        }
        let first = !std::mem::replace(&mut self.begun, true);
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
        self.client.send(0, key, bytes, poison, Task::NONE, ctx);
    }

    /// In a closed loop, a client whose message is done with thinks about its next one.
    fn answered(&mut self, ctx: &mut Ctx<'_>) {
        if self.think.is_some() {
            for _ in self.client.take_done() {
                self.think(ctx);
            }
        }
        if self.stopping && self.client.is_done() {
            ctx.exit();
        }
    }

    pub(in super::super::super) fn message(
        &mut self,
        _from: Pid,
        message: Message,
        ctx: &mut Ctx<'_>,
    ) {
        if let Some((number, response)) = message.into_answer() {
            self.client.response(number, response, ctx);
            self.answered(ctx);
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
            THINK => self.make(ctx),
            BEGIN => self.begin(ctx),
            _ => {
                self.client.timer(token, ctx);
                self.answered(ctx);
            }
        }
    }

    pub(in super::super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.stopping = true;
        self.answered(ctx);
    }

    pub(in super::super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.client.disconnected(peer, ctx);
        self.answered(ctx);
    }

    pub(in super::super::super) fn crash(&mut self, _survival: &Survival, ctx: &mut Ctx<'_>) {
        self.client.crash(ctx);
        self.stopping = false;
    }

    pub(in super::super::super) fn nominate(&self, _: &Role, _: &Names, _: &mut Vec<Pid>) {}
}

impl Inspect for QueueSender {
    fn badge(&self, _names: &Names) -> Badge {
        let (acked, refused) = self.client.counts();
        let mut lines = vec![format!("acked {}", amount(acked))];
        if refused > 0 {
            lines.push(format!("refused {}", amount(refused)));
        }
        Badge {
            standing: if self.made == 0 {
                Standing::Idle
            } else {
                Standing::Member
            },
            lines,
            reads: None,
        }
    }

    fn rows(&self, _names: &Names) -> Vec<Row> {
        let (acked, refused) = self.client.counts();
        let rows = [
            ("made", self.made),
            ("acked", acked),
            ("refused", refused),
            ("waiting for an answer", self.client.waiting() as u64),
        ];
        let row = |(name, value): (&str, u64)| Row {
            name: name.to_owned(),
            value: value.to_string(),
        };
        rows.into_iter().map(row).collect()
    }
}
