//! Users: they ask a service for something and wait for the answer.

use serde::{Deserialize, Serialize};

use crate::sim::arrivals::Arrivals;
use crate::sim::call::{Answer, CallEnd, CallFact};
use crate::sim::defaults::{bytes, count, seconds};
use crate::sim::host::Survival;
use crate::sim::keys::{KeySampler, Keys};
use crate::sim::setting::Value;
use crate::sim::stream::Stream;
use crate::sim::units::{Duration, Size};
use crate::sim::{Change, Cost, Fact, FlowId, Names, Pid, Role, Task, Token};
use crate::systems::pace::Pace;
use crate::systems::rpc::{self, CALLER_TIMERS, Call, Caller, ClientSettings, Ended};
use crate::systems::slots::Slots;
use crate::systems::{Badge, Belief, Ctx, Inspect, Row, Standing, Tune, amount};

/// Users who ask a service for something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestsSettings {
    /// What they are called; what they ask for is named after it: `customers#42`.
    pub name: String,
    /// The nodes they are on.
    pub nodes: String,
    /// How many processes run on each node.
    #[serde(default = "count::<1>")]
    pub per_node: u32,
    /// What they call: `orders/place`.
    pub to: String,
    /// When they ask, all processes together: a rate is divided evenly among them, the clients of a closed loop and the times
    /// of a trace are dealt out.
    pub arrivals: Arrivals,
    /// What they ask about.
    #[serde(default)]
    pub keys: Keys,
    /// How important it is: the lower, the more.
    #[serde(default)]
    pub priority: u8,
    /// Bytes of a request.
    #[serde(default = "bytes::<1024>")]
    pub request_size: Size,
    /// When they begin.
    #[serde(default)]
    pub start: Duration,
    /// When they end; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Duration>,
    /// How much they ask for in all; `None`: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How they call.
    #[serde(default)]
    pub client: ClientSettings,
    /// What must take effect, each once, until what they asked for is complete: the names of `Effect` steps.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    /// What has not had all its effects so long after it was asked for is late.
    #[serde(default = "seconds::<10>")]
    pub late_after: Duration,
    /// What was accepted and has not had all its effects so long after it was asked for is lost.
    #[serde(default = "minute")]
    pub lost_after: Duration,
}

fn minute() -> Duration {
    Duration::from_secs(60)
}

/// Timers of the client, and behind them those of the pace.
const CLIENT: u16 = 0;
pub(super) const PACE: u16 = CALLER_TIMERS;

/// A process of users.
#[derive(Clone, Debug)]
pub struct RequestsApp {
    caller: Caller,
    pace: Pace,
    ask: Ask,
    keys_stream: Stream,
    /// What was asked for, and when.
    open: Slots<(Task, u64)>,
    answered: [u64; 5],
    stopping: bool,
}

/// What they ask for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub flow: FlowId,
    pub endpoint: u16,
    pub keys: KeySampler,
    pub priority: u8,
    pub bytes: u32,
    /// This process is the `nth` of `of`, which number what they ask for in turn.
    pub nth: u32,
    pub of: u32,
}

/// What the end of a call is to those who asked.
fn answer_of(ended: Ended) -> Answer {
    match ended {
        Ended::Ok | Ended::Missing | Ended::Leased => Answer::Ok,
        Ended::Degraded => Answer::Degraded,
        Ended::Badly(CallEnd::TimedOut) => Answer::TimedOut,
        Ended::Badly(CallEnd::Rejected) => Answer::Rejected,
        Ended::Badly(_) => Answer::Failed,
    }
}

impl RequestsApp {
    pub(super) fn new(caller: Caller, pace: Pace, ask: Ask, seed: u64, name: &str) -> Self {
        Self {
            caller,
            pace,
            ask,
            keys_stream: Stream::named(seed, "keys", name),
            open: Slots::default(),
            answered: [0; 5],
            stopping: false,
        }
    }

    /// The timers of a client begin here.
    pub(super) const CLIENT: u16 = CLIENT;

    pub(in super::super) fn cost<M>(&mut self, _: &M, _: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.caller.start(ctx);
        self.pace.start(ctx);
    }

    fn ask(&mut self, ctx: &mut Ctx<'_>) {
        let made = self.pace.made() as u32 - 1;
        let task = Task {
            flow: self.ask.flow,
            number: made * self.ask.of + self.ask.nth,
        };
        ctx.record(Fact::Call(CallFact::Asked { task }));
        let key = self.ask.keys.sample(&mut self.keys_stream);
        let Ok(ticket) = self.open.insert((task, ctx.now())) else {
            let ended = self.caller.one_too_many(task, ctx);
            return self.answered(task, ctx.now(), answer_of(ended), ctx);
        };
        let call = Call {
            ticket,
            endpoint: self.ask.endpoint,
            task,
            key: key.map_or(task.number, |k| k as u32),
            value: 0,
            stamp: 0,
            priority: self.ask.priority,
            deadline: u64::MAX,
            bytes: self.ask.bytes,
        };
        self.caller.call(call, ctx);
    }

    fn heed(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(done) = self.caller.next_done() {
            let Some((task, asked_at)) = self.open.take(done.ticket) else {
                continue;
            };
            self.answered(task, asked_at, answer_of(done.ended), ctx);
        }
        if self.stopping && self.open.is_empty() {
            ctx.exit();
        }
    }

    fn answered(&mut self, task: Task, asked_at: u64, how: Answer, ctx: &mut Ctx<'_>) {
        self.answered[how as usize] += 1;
        let ns = ctx.now() - asked_at;
        ctx.record(Fact::Call(CallFact::Answered { task, how, ns }));
        self.pace.ended(ctx);
    }

    pub(in super::super) fn message(
        &mut self,
        from: Pid,
        message: rpc::Message,
        ctx: &mut Ctx<'_>,
    ) {
        self.caller.message(from, message, ctx);
        self.heed(ctx);
    }

    pub(in super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        if self.pace.owns(token) {
            if self.pace.timer(token, ctx) {
                self.ask(ctx);
            }
            self.pace.proceed(ctx);
        } else {
            self.caller.timer(token, ctx);
        }
        self.heed(ctx);
    }

    pub(in super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.caller.disconnected(peer, ctx);
        self.heed(ctx);
    }

    /// They ask for nothing more, and wait for the answers that are due.
    pub(in super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.stopping = true;
        self.pace.stop();
        self.heed(ctx);
    }

    pub(in super::super) fn crash(&mut self, _: &Survival, _: &mut Ctx<'_>) {
        self.caller.crash();
        self.pace.crash();
        self.open.clear();
        self.stopping = false;
    }

    pub(in super::super) fn nominate(&self, _: &Role, _: &Names, _: &mut Vec<Pid>) {}
}

impl Tune for RequestsApp {
    fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
        match change {
            Change::Set { setting, value, .. } => self.caller.set(setting, *value, ctx),
            Change::Traffic { .. } => self.pace.tune(change, ctx),
        }
    }

    fn setting(&self, _: &str, setting: &str) -> Option<Value> {
        self.caller.setting(setting)
    }
}

impl Inspect for RequestsApp {
    fn badge(&self, _: &Names) -> Badge {
        let good = self.answered[Answer::Ok as usize] + self.answered[Answer::Degraded as usize];
        let bad = self.answered.iter().sum::<u64>() - good;
        let trouble = self.caller.trouble();
        let standing = if trouble.is_some() {
            Standing::Stuck
        } else if self.pace.made() == 0 {
            Standing::Idle
        } else {
            Standing::Member
        };
        let mut lines: Vec<String> = trouble.into_iter().collect();
        lines.push(format!("good {}", amount(good)));
        if bad > 0 {
            lines.push(format!("bad {}", amount(bad)));
        }
        Badge {
            standing,
            lines,
            reads: None,
        }
    }

    fn rows(&self, _: &Names) -> Vec<Row> {
        let mut rows = vec![
            Row::count("asked", self.pace.made()),
            Row::count("unanswered", self.open.len() as u64),
        ];
        for (how, word) in [
            (Answer::Ok, "done"),
            (Answer::Degraded, "substitutes"),
            (Answer::Failed, "failed"),
            (Answer::Rejected, "turned away"),
            (Answer::TimedOut, "gave up waiting"),
        ] {
            rows.push(Row::count(word, self.answered[how as usize]));
        }
        self.caller.rows(&mut rows);
        rows
    }

    fn beliefs(&self, now: u64, _: &Names) -> Vec<Belief> {
        self.caller.beliefs(now)
    }

    fn timer_name(&self, token: Token) -> &'static str {
        let caller = || Caller::timer_name(token.kind - CLIENT);
        self.pace.timer_name(token).unwrap_or_else(caller)
    }
}
