//! The scaler of a service: it asks the replicas how much they have to do, decides as [`super::scale`] says, and tells everybody who
//! calls the service how many of its replicas are in service.
//!
//! Replicas are there from the beginning; of those the first so many are in service. One that is added serves after its start delay,
//! one that is removed gets no new calls and ends what it has. What was decided is stored, as in the cluster's own store: while the
//! scaler is down nothing changes (replicas that were starting serve when it is back), and then it goes on from there, but knows
//! nothing of what was desired before.

use std::sync::Arc;

use crate::sim::call::CallFact;
use crate::sim::host::Survival;
use crate::sim::units::Duration;
use crate::sim::{Cost, Fact, Names, Pid, Role, Token};
use crate::systems::rpc::{Directory, Message};
use crate::systems::{Badge, Belief, Ctx, Inspect, Row, Standing};

use super::scale::{ScaleSettings, Scaler, Target};

const LOOK: u16 = 0;
const DECIDE: u16 = 1;
const READY: u16 = 2;

/// Bytes of what it says and asks.
const BYTES: u32 = 64;

/// The replicas have so long to answer, or half of the time between two looks.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Replicas that start.
#[derive(Clone, Copy, Debug)]
struct Starting {
    /// When they serve, ns.
    at: u64,
    /// So many serve then.
    upto: u32,
}

/// The scaler of a service.
#[derive(Clone, Debug)]
pub struct ScalerApp {
    settings: ScaleSettings,
    scaler: Scaler,
    service: Arc<Directory>,
    threads: u32,
    subscribers: Vec<Pid>,
    /// Replicas in service.
    running: u32,
    /// Replicas that there should be, with those that start.
    wanted: u32,
    starting: Vec<Starting>,
    /// What was measured since the last look: how many answered, and the sum of what they said.
    answered: u32,
    sum: f64,
    /// What it decided by last.
    metric: Option<f64>,
}

impl ScalerApp {
    pub(super) fn new(settings: &ScaleSettings, service: Arc<Directory>, threads: u32) -> Self {
        Self {
            scaler: Scaler::new(settings),
            settings: settings.clone(),
            threads,
            subscribers: Vec::new(),
            running: service.running,
            wanted: service.running,
            starting: Vec::new(),
            answered: 0,
            sum: 0.0,
            metric: None,
            service,
        }
    }

    pub(in super::super) fn cost<M>(&mut self, _: &M, _: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer(self.settings.every.ns(), Token::of(LOOK));
        for starting in self.starting.clone() {
            self.await_ready(starting, ctx);
        }
        self.tell_all(ctx);
    }

    fn await_ready(&self, starting: Starting, ctx: &mut Ctx<'_>) {
        let wait = starting.at.saturating_sub(ctx.now());
        ctx.timer(wait, Token::with(READY, starting.upto));
    }

    pub(in super::super) fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Subscribe => {
                if !self.subscribers.contains(&from) {
                    self.subscribers.push(from);
                }
                ctx.send(from, Message::Members(self.running).into(), BYTES);
            }
            Message::Measured {
                waiting_milli,
                busy_milli,
            } => {
                let is_in_service = |p: &Pid| *p == from;
                let in_service = &self.service.replicas[..self.running as usize];
                if in_service.iter().any(is_in_service) {
                    self.answered += 1;
                    self.sum += match self.settings.target {
                        Target::Utilisation(_) => {
                            f64::from(busy_milli) / 1000.0 / f64::from(self.threads)
                        }
                        Target::QueueLength(_) => f64::from(waiting_milli) / 1000.0,
                    };
                }
            }
            _ => {}
        }
    }

    pub(in super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            LOOK => self.look(ctx),
            DECIDE => self.decide(ctx),
            _ => self.ready(token.data, ctx),
        }
    }

    /// Asks all replicas in service. Who asks for the number of replicas and did not hear it is told again.
    fn look(&mut self, ctx: &mut Ctx<'_>) {
        (self.answered, self.sum) = (0, 0.0);
        for &replica in &self.service.replicas[..self.running as usize] {
            ctx.send(replica, Message::Measure.into(), BYTES);
        }
        self.tell_all(ctx);
        let every_ns = self.settings.every.ns();
        let within_ns = ANSWER_WITHIN.ns().min(every_ns / 2);
        ctx.timer(within_ns, Token::of(DECIDE));
        ctx.timer(every_ns, Token::of(LOOK));
    }

    fn decide(&mut self, ctx: &mut Ctx<'_>) {
        let mean = self.sum / f64::from(self.answered.max(1));
        self.metric = (self.answered > 0).then_some(mean);
        let (now, was) = (ctx.now(), self.wanted);
        let wanted = self.scaler.decide(now, was, self.answered, mean);
        self.wanted = wanted.min(self.service.replicas.len() as u32);
        if self.wanted > was {
            let starting = Starting {
                at: now.saturating_add(self.settings.start_delay.ns()),
                upto: self.wanted,
            };
            self.starting.push(starting);
            self.await_ready(starting, ctx);
        } else if self.wanted < was {
            self.remove(ctx);
        }
    }

    /// Fewer replicas are wanted: those that start go first.
    fn remove(&mut self, ctx: &mut Ctx<'_>) {
        for starting in &mut self.starting {
            starting.upto = starting.upto.min(self.wanted);
        }
        let running = self.running;
        self.starting.retain(|s| s.upto > running);
        // Of several that would bring the same number, the first does.
        self.starting.dedup_by_key(|s| s.upto);
        self.set_running(self.running.min(self.wanted), ctx);
    }

    /// Some that started may be ready.
    fn ready(&mut self, _: u32, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let ready = self.starting.iter().filter(|s| s.at <= now);
        let running = ready.map(|s| s.upto).max().unwrap_or(0);
        self.starting.retain(|s| s.at > now);
        self.set_running(self.running.max(running), ctx);
    }

    fn set_running(&mut self, running: u32, ctx: &mut Ctx<'_>) {
        let was = std::mem::replace(&mut self.running, running);
        if was != running {
            ctx.record(Fact::Call(CallFact::Scaled {
                service: self.service.service,
                was,
                running,
            }));
            self.tell_all(ctx);
        }
    }

    fn tell_all(&self, ctx: &mut Ctx<'_>) {
        for &subscriber in &self.subscribers {
            ctx.send(subscriber, Message::Members(self.running).into(), BYTES);
        }
    }

    pub(in super::super) fn disconnected(&mut self, _: Pid, _: &mut Ctx<'_>) {}

    pub(in super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        ctx.exit();
    }

    pub(in super::super) fn crash(&mut self, _: &Survival, _: &mut Ctx<'_>) {
        self.scaler = Scaler::new(&self.settings);
        (self.answered, self.sum, self.metric) = (0, 0.0, None);
    }

    /// It decides about its service: `ControllerOf("notification")`.
    pub(in super::super) fn nominate(&self, role: &Role, _: &Names, out: &mut Vec<Pid>) {
        if matches!(role, Role::Controller(system) if *system == self.service.name) {
            out.extend(self.service.scaler);
        }
    }

    /// What it tracks, in words.
    fn tracks(&self) -> String {
        let of = |value: f64| match self.settings.target {
            Target::Utilisation(_) => format!("{:.0}%", value * 100.0),
            Target::QueueLength(_) => format!("{value:.1}"),
        };
        let target = of(self.settings.target.value());
        match self.metric {
            Some(metric) => format!("{} of {target}", of(metric)),
            None => format!("target {target}"),
        }
    }
}

impl crate::systems::Tune for ScalerApp {}

impl Inspect for ScalerApp {
    fn badge(&self, _: &Names) -> Badge {
        let mut lines = vec![format!("{} serve", self.running)];
        if self.wanted > self.running {
            lines.push(format!("{} start", self.wanted - self.running));
        }
        Badge {
            standing: Standing::Leader,
            lines,
            reads: None,
        }
    }

    fn rows(&self, _: &Names) -> Vec<Row> {
        let word = match self.settings.target {
            Target::Utilisation(_) => "threads busy",
            Target::QueueLength(_) => "requests waiting",
        };
        let tracks = match self.metric {
            Some(metric) => Row::of(word).reads("", metric, self.tracks()),
            None => Row::new(word, self.tracks()),
        };
        let starting = self.wanted.saturating_sub(self.running);
        vec![
            Row::new("service", self.service.name.clone()),
            Row::count("in service", u64::from(self.running)),
            Row::count("starting", u64::from(starting)),
            Row::count("most", u64::from(self.settings.max)),
            tracks,
            Row::count("told", self.subscribers.len() as u64),
        ]
    }

    fn truth(&self, about: &Belief, _: &Names) -> Option<Belief> {
        let service = self.service.service;
        let mine = matches!(about, Belief::Serve { service: of, .. } if *of == service);
        let count = self.running;
        mine.then_some(Belief::Serve { service, count })
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind {
            LOOK => "look again",
            DECIDE => "decide",
            _ => "replicas are ready",
        }
    }
}
