//! The client of a service, which any process may embed: it sends a call's attempts, and does what its settings say about
//! slowness and failure. Its owner passes on what concerns it: answers ([`Caller::message`]), timers ([`Caller::timer`]),
//! lost connections and crashes, and then takes what was done ([`Caller::next_done`]).

mod attempts;
mod ends;
mod gates;
mod replicas;
mod show;
mod tune;
mod watch;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::call::{CallEnd, CallFact, NoCall};
use crate::sim::stream::Stream;
use crate::sim::{Fact, Pid, ServiceId, Task, TimerId, Token};
use crate::systems::Ctx;
use crate::systems::alarm::Alarm;
use crate::systems::slots::{Key, Slots};

use super::breaker::BreakerSettings;
use super::client::ClientSettings;
use super::directory::Directory;
use super::protocol::Message;

pub use tune::CLIENT as CLIENT_KNOBS;

use gates::Gates;
use replicas::Replicas;

/// A client's timers use so many kinds, from the one it is given.
pub const CALLER_TIMERS: u16 = 8;

/// Timers, from the first kind on. `data` is the key of an attempt or a call.
const TIMEOUT: u16 = 0;
const RETRY: u16 = 1;
const HEDGE: u16 = 2;
const DEADLINE: u16 = 3;
const ADMITTED: u16 = 4;
const GATES: u16 = 5;
const REPLICAS: u16 = 6;
const HELD: u16 = 7;

/// What a process wants from a service.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The owner's number: it comes back with the end of the call.
    pub ticket: u32,
    /// Which handler.
    pub endpoint: u16,
    /// For what.
    pub task: Task,
    /// What it is about.
    pub key: u32,
    /// What the request says besides: a lease.
    pub value: u32,
    /// The stamp of the version of what it puts into a cache; 0: none.
    pub stamp: u16,
    /// Lower is more important.
    pub priority: u8,
    /// True time by which it must be over, ns; `u64::MAX` for never. The client's own deadline may be earlier.
    pub deadline: u64,
    /// Bytes of the request.
    pub bytes: u32,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Well, with a value.
    Ok,
    /// A substitute is used.
    Degraded,
    /// What was looked up is not there.
    Missing,
    /// Not there, and somebody fetches it already.
    Leased,
    /// Badly.
    Badly(CallEnd),
}

/// The end of a call.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// The owner's number.
    pub ticket: u32,
    /// How.
    pub ended: Ended,
    /// What the answer held.
    pub value: u32,
}

/// What a call has got from the gates for an attempt that is not out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holds {
    Nothing,
    /// The breaker's permission: it waits for its turn at the rate limit, or for a place in the bulkhead.
    Permission,
    /// A place as well: it waits for a replica that turned requests away.
    Place,
}

/// A call that is not over.
#[derive(Clone, Debug)]
struct Open {
    call: Call,
    /// Attempts that were begun.
    attempts: u16,
    /// Of those, sent and not over.
    flying: u16,
    /// Of those, hedges.
    hedges: u16,
    holds: Holds,
    /// The attempt that went out last.
    latest: Key,
    /// The wait before the last retry, ns.
    waited_ns: u64,
    /// For the deadline.
    deadline: Option<TimerId>,
    /// For the next retry or hedge, or for a gate.
    next: Option<TimerId>,
    last: CallEnd,
}

/// An attempt that is on its way.
#[derive(Clone, Debug)]
struct Attempt {
    open: Key,
    replica: u32,
    sent_at: u64,
    /// How many were on their way when it went out, itself included.
    in_flight: u32,
    timeout: Option<TimerId>,
    hedge: bool,
}

/// A client of one service.
#[derive(Clone, Debug)]
pub struct Caller {
    settings: Arc<ClientSettings>,
    /// The breaker that it was set up with, also while that is turned off.
    breaker: Option<BreakerSettings>,
    directory: Arc<Directory>,
    timers: u16,
    /// Tells this client from others of its process, in the tokens of its timers.
    place: u16,
    calls: Slots<Open>,
    attempts: Slots<Attempt>,
    gates: Gates,
    replicas: Replicas,
    stream: Stream,
    gates_alarm: Alarm,
    replicas_alarm: Alarm,
    done: VecDeque<Done>,
    /// What its bulkhead is called, if it is shown as a pool.
    pool: Option<ServiceId>,
    /// Places taken and calls waiting, as they were shown last.
    pool_shown: (u32, u32),
}

impl Caller {
    /// A client. `timers` is the first of [`CALLER_TIMERS`] kinds of timers that the owner leaves to it and to other clients
    /// of its; `place` tells it from those; `name` names its random numbers.
    pub fn new(
        settings: Arc<ClientSettings>,
        directory: Arc<Directory>,
        timers: u16,
        place: u16,
        seed: u64,
        name: &str,
    ) -> Self {
        let entity = format!("{name}→{}", directory.name);
        Self {
            gates: Gates::new(&settings),
            replicas: Replicas::new(&settings, &directory, seed, &entity),
            stream: Stream::named(seed, "call", &entity),
            breaker: settings.circuit_breaker,
            settings,
            directory,
            timers,
            place,
            calls: Slots::default(),
            attempts: Slots::default(),
            gates_alarm: Alarm::default(),
            replicas_alarm: Alarm::default(),
            done: VecDeque::new(),
            pool: None,
            pool_shown: (0, 0),
        }
    }

    /// Shows its bulkhead as a pool.
    pub fn with_pool(mut self, pool: Option<ServiceId>) -> Self {
        self.pool = pool;
        self
    }

    /// Whom it calls.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// How many calls are not over.
    pub fn open(&self) -> usize {
        self.calls.len()
    }

    /// The process starts.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(scaler) = self.directory.scaler {
            ctx.send(scaler, Message::Subscribe.into(), 64);
        }
        self.replicas.start(ctx.now());
        self.tend_replicas(ctx);
    }

    /// The process dies.
    pub fn crash(&mut self) {
        self.calls.clear();
        self.attempts.clear();
        self.gates = Gates::new(&self.settings);
        self.replicas.forget(&self.directory);
        self.gates_alarm = Alarm::default();
        self.replicas_alarm = Alarm::default();
        self.done.clear();
        self.pool_shown = (0, 0);
    }

    /// Calls. The end comes later, from [`Caller::next_done`].
    pub fn call(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let own = self
            .settings
            .deadline
            .map_or(u64::MAX, |d| now.saturating_add(d.ns()));
        let call = Call {
            deadline: call.deadline.min(own),
            ..call
        };
        let open = Open {
            call,
            attempts: 0,
            flying: 0,
            hedges: 0,
            holds: Holds::Nothing,
            latest: 0,
            waited_ns: 0,
            deadline: None,
            next: None,
            last: CallEnd::Rejected,
        };
        let Ok(key) = self.calls.insert(open) else {
            let ended = self.one_too_many(call.task, ctx);
            self.done.push_back(Done {
                ticket: call.ticket,
                ended,
                value: 0,
            });
            return;
        };
        if call.deadline != u64::MAX {
            let timer = ctx.timer(call.deadline.saturating_sub(now), self.token(DEADLINE, key));
            if let Some(open) = self.calls.get_mut(key) {
                open.deadline = Some(timer);
            }
        }
        self.gates.request(now);
        self.begin(key, ctx);
        self.tend(ctx);
    }

    /// A call is not made, because as many are open as a process can have: 65,536, as many as it has ports. How it ends.
    pub fn one_too_many(&self, task: Task, ctx: &mut Ctx<'_>) -> Ended {
        ctx.record(Fact::Call(CallFact::NotCalled {
            service: self.directory.service,
            task,
            why: NoCall::TooManyOpen,
        }));
        self.or_substitute(CallEnd::Rejected)
    }

    /// What a call that ends badly ends with.
    fn or_substitute(&self, end: CallEnd) -> Ended {
        if self.settings.fallback {
            Ended::Degraded
        } else {
            Ended::Badly(end)
        }
    }

    /// The next call that is over, if there is one.
    pub fn next_done(&mut self) -> Option<Done> {
        self.done.pop_front()
    }

    /// Whether a timer is this client's.
    pub fn owns(&self, token: Token) -> bool {
        (self.timers..self.timers + CALLER_TIMERS).contains(&token.kind)
            && token.index == self.place
    }

    /// Whether a process is one that it calls, or that tells it whom to call.
    pub fn knows(&self, pid: Pid) -> bool {
        self.directory.replicas.contains(&pid) || self.directory.scaler == Some(pid)
    }

    fn token(&self, kind: u16, key: Key) -> Token {
        Token {
            kind: self.timers + kind,
            index: self.place,
            data: key,
        }
    }

    /// A timer of its own fires.
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        let key = token.data;
        match token.kind - self.timers {
            TIMEOUT => {
                if let Some(attempt) = self.attempts.get_mut(key) {
                    attempt.timeout = None;
                    self.end_attempt(key, CallEnd::TimedOut, ctx);
                }
            }
            RETRY => {
                self.forget_next(key);
                self.begin(key, ctx);
            }
            HEDGE => {
                self.forget_next(key);
                self.hedge(key, ctx);
            }
            DEADLINE => self.deadline_over(key, ctx),
            ADMITTED => self.admit(key, ctx),
            GATES => self.gates_due(ctx),
            HELD => self.send_held(key, ctx),
            _ => {
                self.replicas_alarm.rang(ctx.now());
            }
        }
        self.tend(ctx);
    }

    fn forget_next(&mut self, key: Key) {
        if let Some(open) = self.calls.get_mut(key) {
            open.next = None;
        }
    }

    /// What concerns it arrived from a process that it [knows](Caller::knows).
    pub fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Response(response) => self.answered(response, ctx),
            Message::Pong(number) => self.replicas.pong(from, number, ctx),
            Message::Members(running) => self.replicas.members(running, ctx),
            Message::Request(_)
            | Message::Ping(_)
            | Message::Subscribe
            | Message::Measure
            | Message::Measured { .. } => {}
        }
        self.tend(ctx);
    }

    /// A connection was lost.
    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        // A scaler remembers who asked it, and tells them again when it is back.
        let Some(replica) = self.directory.replicas.iter().position(|&r| r == peer) else {
            return;
        };
        self.replicas.disconnected(replica as u32, ctx);
        let lost: Vec<Key> = self
            .attempts
            .iter()
            .filter(|(_, a)| a.replica == replica as u32)
            .map(|(key, _)| key)
            .collect();
        for key in lost {
            self.end_attempt(key, CallEnd::Disconnected, ctx);
        }
        self.tend(ctx);
    }

    /// Sets the timers of what waits.
    fn tend(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(at) = self.gates.alarm() {
            self.gates_alarm.by(at, self.token(GATES, 0), ctx);
        }
        self.tend_replicas(ctx);
    }

    fn tend_replicas(&mut self, ctx: &mut Ctx<'_>) {
        let token = self.token(REPLICAS, 0);
        if let Some(at) = self.replicas.tend(ctx) {
            self.replicas_alarm.by(at, token, ctx);
        }
    }
}
