//! The application of a workload that sends: it makes messages when its arrivals say so.

use crate::sim::host::Survival;
use crate::sim::keys::KeySampler;
use crate::sim::stream::Stream;
use crate::sim::{Change, Cost, Names, Pid, Role, Task, Token};
use crate::systems::pace::Pace;
use crate::systems::{Tune, amount};

use super::super::{Badge, Ctx, Inspect, Message, Row, SENDER_TIMERS, SqsSender, Standing};

/// Timers of the pace begin behind the client's.
pub(super) const PACE: u16 = SENDER_TIMERS;

/// What the messages of a workload are.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub keys: KeySampler,
    pub bytes: u32,
    pub poison: f64,
}

/// A process that makes messages.
#[derive(Clone, Debug)]
pub struct QueueSender {
    client: SqsSender,
    pace: Pace,
    load: Load,
    keys_stream: Stream,
    poison_stream: Stream,
}

impl QueueSender {
    pub(super) fn new(client: SqsSender, pace: Pace, load: Load, seed: u64, name: &str) -> Self {
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
        self.client.send(0, key, bytes, poison, Task::NONE, ctx);
    }

    /// In a closed loop, a client whose message is done with thinks about its next one.
    fn answered(&mut self, ctx: &mut Ctx<'_>) {
        if self.pace.is_closed() {
            for _ in self.client.take_done() {
                self.pace.ended(ctx);
            }
        }
        if self.pace.is_stopping() && self.client.is_done() {
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
        if self.pace.owns(token) {
            if self.pace.timer(token, ctx) {
                self.make(ctx);
            }
            self.pace.proceed(ctx);
        } else {
            self.client.timer(token, ctx);
            self.answered(ctx);
        }
    }

    pub(in super::super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.pace.stop();
        self.answered(ctx);
    }

    pub(in super::super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.client.disconnected(peer, ctx);
        self.answered(ctx);
    }

    pub(in super::super::super) fn crash(&mut self, _survival: &Survival, ctx: &mut Ctx<'_>) {
        self.client.crash(ctx);
        self.pace.crash();
    }

    pub(in super::super::super) fn nominate(&self, _: &Role, _: &Names, _: &mut Vec<Pid>) {}
}

impl Tune for QueueSender {
    fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
        self.pace.tune(change, ctx)
    }
}

impl Inspect for QueueSender {
    fn badge(&self, _names: &Names) -> Badge {
        let (acked, refused) = self.client.counts();
        let mut lines = vec![format!("acked {}", amount(acked))];
        if refused > 0 {
            lines.push(format!("refused {}", amount(refused)));
        }
        Badge {
            standing: if self.pace.made() == 0 {
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
            ("made", self.pace.made()),
            ("acked", acked),
            ("refused", refused),
            ("waiting for an answer", self.client.waiting() as u64),
        ];
        rows.into_iter()
            .map(|(name, value)| Row::count(name, value))
            .collect()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match self.pace.timer_name(token) {
            Some(name) => name,
            None => self.client.timer_name(token),
        }
    }
}
