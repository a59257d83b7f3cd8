//! A replica of a service: requests wait in its queue for a thread, and then run through the steps of their handler.

mod accept;
mod duty;
mod fetch;
mod messages;
mod once;
mod run;
mod show;
mod steps;
mod tune;
mod world;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::call::CallFact;
use crate::sim::host::Survival;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Fact, Names, Pid, Role, ServiceId, Token};
use crate::systems::rpc::{self, CALLER_TIMERS, Caller};
use crate::systems::rules::LeftOut;
use crate::systems::slots::{Key, Slots};
use crate::systems::{Ctx, Message};

use super::gc::Gc;
use super::line::{Dropped, Line};
use super::program::Programs;
use super::settings::Settings;

use accept::Waiting;
pub(super) use duty::Duty;
use fetch::Fetches;
pub(super) use messages::Ports;
use once::Once;
use run::Run;
use tune::Live;
pub(super) use tune::SERVICE as SERVICE_KNOBS;
use world::Stalled;

/// Timers of the replica's own; those of its clients begin behind them.
const WORK: u16 = 0;
const WAIT: u16 = 1;
const GC: u16 = 7;
pub(super) const CLIENT_TIMERS: u16 = 8;
/// And behind those the ones of its outlets and inlets.
pub(super) const FIRST_PORT: u16 = CLIENT_TIMERS + CALLER_TIMERS;

/// What all replicas of a service have in common.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub service: ServiceId,
    pub settings: Settings,
    pub programs: Programs,
    /// For each effect of the service, by flow: the flow's number of it.
    pub effects: Vec<Vec<Option<u8>>>,
    /// Rules that it does without.
    pub left_out: LeftOut,
}

/// A replica.
#[derive(Clone, Debug)]
pub struct Replica {
    config: Arc<Config>,
    /// What of its settings may change.
    live: Live,
    line: Line<Waiting>,
    /// Threads that are held.
    busy: u32,
    runs: Slots<Run>,
    /// Runs of requests, without their branches.
    requests: u32,
    /// Runs that go on as soon as those before them have, and whether that is being done.
    todo: VecDeque<(Key, bool)>,
    going: bool,
    /// Runs that want a thread to go on with; only where they give it back while they wait.
    ready: VecDeque<Key>,
    callers: Vec<Caller>,
    /// Which requests were handled, where that is remembered.
    once: Once,
    gc: Option<Gc>,
    /// Whether the world stands still, and what came since.
    stopped: bool,
    stalled: VecDeque<Stalled>,
    /// Whether it was asked to stop.
    stopping: bool,
    /// Its part in a service that scales.
    duty: Option<Duty>,
    fetches: Fetches,
    /// Whom each process that sends something concerns, in order.
    routes: Vec<(Pid, u16)>,
    ports: Ports,
    time_stream: Stream,
    chance_stream: Stream,
    error_stream: Stream,
    /// Who was taken out of the line in vain.
    dropped: Vec<(Waiting, Dropped)>,
    /// Waiting and busy, as they were told last.
    told: (u32, u32),
    served: u64,
    failed: u64,
    shed: u64,
    repeated: u64,
}

impl Replica {
    pub(super) fn new(
        config: Arc<Config>,
        callers: Vec<Caller>,
        ports: Ports,
        duty: Option<Duty>,
        seed: u64,
        name: &str,
    ) -> Self {
        let mut routes = Vec::new();
        for (place, caller) in (0u16..).zip(&callers) {
            let directory = caller.directory();
            let all = directory.replicas.iter().chain(&directory.scaler);
            routes.extend(all.map(|&pid| (pid, place)));
        }
        routes.sort_unstable();
        let settings = &config.settings;
        Self {
            live: Live::new(settings),
            line: Line::new(&settings.queue),
            busy: 0,
            runs: Slots::default(),
            requests: 0,
            todo: VecDeque::new(),
            going: false,
            ready: VecDeque::new(),
            once: Once::new(
                settings
                    .handlers
                    .iter()
                    .map(|h| (h.idempotent.as_ref(), h.effects())),
                config.left_out,
            ),
            gc: settings.gc.as_ref().map(Gc::new),
            stopped: false,
            stalled: VecDeque::new(),
            stopping: false,
            duty,
            callers,
            fetches: Fetches::default(),
            routes,
            ports,
            time_stream: Stream::named(seed, "service", name),
            chance_stream: Stream::named(seed, "chance", name),
            error_stream: Stream::named(seed, "errors", name),
            dropped: Vec::new(),
            told: (0, 0),
            served: 0,
            failed: 0,
            shed: 0,
            repeated: 0,
            config,
        }
    }

    /// It shares out its threads itself.
    pub(in super::super) fn cost<M>(&mut self, _: &M, _: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.report_for_duty(ctx);
        for caller in &mut self.callers {
            caller.start(ctx);
        }
        self.ports.start(ctx);
        self.open_inlets(ctx);
        self.settle(ctx);
    }

    pub(in super::super) fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
        let at = ctx.now();
        if self.stopped {
            return self
                .stalled
                .push_back(Stalled::Message { from, message, at });
        }
        self.heard(from, message, at, ctx);
        self.settle(ctx);
    }

    /// Somebody said something at a moment, which may be past.
    fn heard(&mut self, from: Pid, message: Message, at: u64, ctx: &mut Ctx<'_>) {
        if let Message::Rpc(message) = message {
            self.spoken_to(from, message, at, ctx);
        } else {
            self.ports.message(from, message, ctx);
            self.heed_outlets(ctx);
        }
    }

    /// A caller, or somebody who was called, says something.
    fn spoken_to(&mut self, from: Pid, message: rpc::Message, at: u64, ctx: &mut Ctx<'_>) {
        match message {
            rpc::Message::Request(request) => self.accept(from, &request, at, ctx),
            rpc::Message::Ping(_) if self.stopping => {}
            rpc::Message::Ping(number) => ctx.send(from, rpc::Message::Pong(number).into(), 64),
            rpc::Message::Measure => self.tell_load(from, ctx),
            message => {
                if let rpc::Message::Members(running) = message {
                    self.on_duty(from, running, ctx);
                }
                if let Some(place) = self.route(from) {
                    self.callers[place].message(from, message, ctx);
                    self.heed(place, ctx);
                }
            }
        }
    }

    fn route(&self, from: Pid) -> Option<usize> {
        let at = self.routes.binary_search_by_key(&from, |r| r.0).ok()?;
        Some(usize::from(self.routes[at].1))
    }

    pub(in super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            GC => self.go_on_after_pause(ctx),
            WORK if self.owes_work(token.data, ctx) => return,
            _ if self.stopped => return self.stalled.push_back(Stalled::Timer(token)),
            _ => self.rang(token, ctx),
        }
        self.settle(ctx);
    }

    fn rang(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            WORK => self.worked(token.data, ctx),
            WAIT => self.go_on(token.data, true, ctx),
            CLIENT_TIMERS.. if token.kind < CLIENT_TIMERS + CALLER_TIMERS => {
                let place = usize::from(token.index);
                if let Some(caller) = self.callers.get_mut(place) {
                    caller.timer(token, ctx);
                    self.heed(place, ctx);
                }
            }
            _ => {
                self.ports.timer(token, ctx);
                self.heed_outlets(ctx);
            }
        }
    }

    pub(in super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        if self.stopped {
            return self.stalled.push_back(Stalled::Disconnected(peer));
        }
        self.lost_connection(peer, ctx);
        self.settle(ctx);
    }

    fn lost_connection(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        if let Some(place) = self.route(peer) {
            self.callers[place].disconnected(peer, ctx);
            self.heed(place, ctx);
        }
        self.ports.disconnected(peer, ctx);
        self.heed_outlets(ctx);
    }

    /// It ends what it has, and takes nothing more: whom it turns away may ask another one, and it does not say that it is well.
    pub(in super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.stopping = true;
        self.open_inlets(ctx);
        self.settle(ctx);
    }

    pub(in super::super) fn crash(&mut self, _: &Survival, ctx: &mut Ctx<'_>) {
        for (_, waiting) in self.line.drain() {
            self.lose(waiting.task(), ctx);
        }
        let lost: Vec<_> = self.runs.iter().map(|(_, run)| run.lost()).collect();
        for task in lost.into_iter().flatten() {
            self.lose(task, ctx);
        }
        self.lose_stalled(ctx);
        self.stopping = false;
        self.runs.clear();
        self.requests = 0;
        self.once.crash();
        self.todo.clear();
        self.going = false;
        self.fetches.clear();
        self.ready.clear();
        self.busy = 0;
        self.told = (0, 0);
        for caller in &mut self.callers {
            caller.crash();
        }
        self.ports.crash(ctx);
    }

    pub(in super::super) fn nominate(&self, _: &Role, _: &Names, _: &mut Vec<Pid>) {}

    /// Takes what a client has done.
    fn heed(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        while let Some(done) = self.callers[place].next_done() {
            self.called(done, ctx);
        }
    }

    /// Gives free threads to who waits, and says how much there is to do.
    fn settle(&mut self, ctx: &mut Ctx<'_>) {
        self.start_next(ctx);
        let load = (self.line.len() as u32 + self.ports.waiting(), self.busy);
        if load != self.told {
            if let Some(duty) = &mut self.duty {
                duty.measure(ctx.now(), self.told);
            }
            self.told = load;
            ctx.record(Fact::Call(CallFact::Load {
                service: self.config.service,
                waiting: load.0,
                busy: load.1,
            }));
        }
        if self.stopping && self.in_flight() == 0 && self.ports.are_idle() {
            ctx.exit();
        }
    }
}
