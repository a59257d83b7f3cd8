//! When an application that makes work does so: the arrivals of a workload, dealt out to its processes.

use std::sync::Arc;

use crate::sim::arrivals::{ArrivalProcess, Arrivals};
use crate::sim::dist::Sampler;
use crate::sim::stream::Stream;
use crate::sim::units::Duration;
use crate::sim::{Change, TimerId, Token, US};

use super::{Builder, Ctx};

/// A pace uses so many kinds of timers, from the one it is given.
pub const PACE_TIMERS: u16 = 3;

const ARRIVE: u16 = 0;
const BEGIN: u16 = 1;
const THINK: u16 = 2;

/// A workload, as far as it makes work at its time.
pub trait Arrives {
    /// When it does so, with the field that says it; `None`: it only works on what others make.
    fn arrivals(&self) -> Option<(&'static str, &Arrivals)> {
        None
    }
}

/// When and how much a workload makes in all.
#[derive(Clone, Debug)]
pub struct PacePlan {
    /// When it makes something.
    arrivals: Arrivals,
    /// When it begins.
    start: Duration,
    /// When it ends; `None`: never.
    stop: Option<Duration>,
    /// How much it makes in all; `None`: no limit.
    count: Option<u64>,
    /// The times of its trace, if it has one, ns.
    trace: Option<Arc<[u64]>>,
}

impl PacePlan {
    /// What the settings of a workload say.
    pub fn new(
        builder: &Builder,
        arrivals: &Arrivals,
        (start, stop): (Duration, Option<Duration>),
        count: Option<u64>,
    ) -> Self {
        Self {
            arrivals: arrivals.clone(),
            start,
            stop,
            count,
            trace: builder.trace(arrivals),
        }
    }
}

/// The part of the `nth` of `of` processes in what they have together.
fn deal(all: u64, nth: u32, of: u32) -> u64 {
    all / u64::from(of) + u64::from(u64::from(nth) < all % u64::from(of))
}

/// The pace of one process of a workload.
#[derive(Clone, Debug)]
pub struct Pace {
    arrivals: ArrivalProcess,
    stream: Stream,
    timers: u16,
    /// The rate of the scenario for this process, as a part of the workload's. Of a trace, whose times are dealt out, 1.
    share: f64,
    /// Delay of the first arrival, where that must differ between processes.
    first_ns: Option<u64>,
    think: Option<Sampler>,
    /// Of a closed loop: the clients of the workload, of which the `nth` of `of` processes has its part.
    clients: u32,
    nth: u32,
    of: u32,
    /// Of those that this process has, how many are there.
    at_work: u32,
    start_ns: u64,
    stop_ns: u64,
    count: u64,
    made: u64,
    /// Whether the arrival process was asked for its first arrival in this run.
    begun: bool,
    stopping: bool,
    /// An arrival is being dealt with.
    arriving: bool,
    /// Whether this life of the process is past its begin.
    running: bool,
    /// The arrival under way, with its timer if it comes before the end.
    due: Option<(u64, Option<TimerId>)>,
    factor: f64,
}

impl Pace {
    /// The pace of the `nth` of `of` processes; `name` names its random numbers, `timers` is the first of [`PACE_TIMERS`]
    /// kinds of timers that its owner leaves to it.
    pub fn new(plan: &PacePlan, nth: u32, of: u32, timers: u16, seed: u64, name: &str) -> Self {
        let trace = plan.trace.as_ref().map(|times| {
            let mine = times.iter().skip(nth as usize).step_by(of as usize);
            mine.copied().collect::<Arc<[u64]>>()
        });
        let first_ns = match &plan.arrivals {
            // Side by side they make the even spacing that one process would.
            Arrivals::Constant(rate) => Some((rate.gap_ns() * f64::from(nth + 1)) as u64),
            _ => None,
        };
        let clients = match &plan.arrivals {
            Arrivals::ClosedLoop { clients, .. } => *clients,
            _ => 0,
        };
        let is_trace = matches!(plan.arrivals, Arrivals::Trace { .. });
        let arrivals = plan.arrivals.compile(trace);
        Self {
            think: arrivals.closed().map(|(_, think)| think.clone()),
            arrivals,
            stream: Stream::named(seed, "arrivals", name),
            timers,
            share: if is_trace { 1.0 } else { 1.0 / f64::from(of) },
            first_ns,
            clients,
            nth,
            of,
            at_work: 0,
            start_ns: plan.start.ns(),
            stop_ns: plan.stop.map_or(u64::MAX, Duration::ns),
            count: plan.count.map_or(u64::MAX, |count| deal(count, nth, of)),
            made: 0,
            begun: false,
            stopping: false,
            arriving: false,
            running: false,
            due: None,
            factor: 1.0,
        }
    }

    /// How much was made.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Whether clients wait for their answers before they go on: each end is to be told with [`Pace::ended`].
    pub fn is_closed(&self) -> bool {
        self.think.is_some()
    }

    /// What is made is to come so many times as often from now on; whether the change was such a one. The factor stays over a
    /// crash. What becomes of the gap under way, [`ArrivalProcess::change_factor`] says. In a closed loop there are so many
    /// times as many clients: new ones begin by thinking, and those who are too many go when they have their answer.
    pub fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
        let Change::Traffic { factor } = change else {
            return false;
        };
        self.factor = *factor;
        if !self.running {
            return true;
        }
        if self.is_closed() {
            self.employ(ctx);
            return true;
        }
        let due = self.due.take();
        if let Some((_, Some(timer))) = due {
            ctx.cancel(timer);
        }
        let (now, due_ns) = (ctx.now(), due.map(|(at, _)| at));
        let factor = self.share * self.factor;
        let delay = self
            .arrivals
            .change_factor(factor, now, due_ns, &mut self.stream);
        self.arrive_after(delay, ctx);
        true
    }

    /// The process starts.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        let wait = self.start_ns.saturating_sub(ctx.now());
        if wait > 0 {
            ctx.timer(wait, Token::of(self.timers + BEGIN));
        } else {
            self.begin(ctx);
        }
    }

    /// The process is asked to stop: it makes no more.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// Whether it was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// The process dies.
    pub fn crash(&mut self) {
        self.stopping = false;
        self.running = false;
        self.due = None;
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.running = true;
        self.arrivals.set_factor(self.share * self.factor);
        if self.is_closed() {
            self.at_work = 0;
            self.employ(ctx);
            return;
        }
        let first = !std::mem::replace(&mut self.begun, true);
        let delay = self.arrivals.next(ctx.now(), &mut self.stream);
        let first_ns = self.first_ns.filter(|_| first);
        let delay = first_ns.map(|ns| self.sooner(ns)).or(delay);
        self.arrive_after(delay, ctx);
    }

    /// What takes so long by the scenario takes so long now.
    fn sooner(&self, ns: u64) -> u64 {
        if self.factor == 1.0 {
            ns
        } else {
            (ns as f64 / self.factor) as u64
        }
    }

    /// Of a closed loop: how many clients this process is to have.
    fn clients(&self) -> u32 {
        let all = (f64::from(self.clients) * self.factor + 0.5) as u64;
        deal(all, self.nth, self.of) as u32
    }

    /// The clients that are missing begin.
    fn employ(&mut self, ctx: &mut Ctx<'_>) {
        for _ in self.at_work..self.clients() {
            self.at_work += 1;
            self.think(ctx);
        }
    }

    fn arrive_after(&mut self, delay: Option<u64>, ctx: &mut Ctx<'_>) {
        let Some(delay) = delay else { return };
        let at = ctx.now().saturating_add(delay);
        let timer = (!self.is_over(at)).then(|| ctx.timer(delay, Token::of(self.timers + ARRIVE)));
        self.due = Some((at, timer));
    }

    /// What a client of a closed loop asked for is done: it thinks about its next request. Nothing otherwise.
    pub fn ended(&mut self, ctx: &mut Ctx<'_>) {
        if self.is_closed() && self.at_work > self.clients() {
            self.at_work -= 1;
        } else {
            self.think(ctx);
        }
    }

    fn think(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(think) = &self.think {
            // Who neither thinks nor waits for an answer would stop time.
            let delay = think.sample(&mut self.stream).max(US);
            if !self.is_over(ctx.now().saturating_add(delay)) {
                ctx.timer(delay, Token::of(self.timers + THINK));
            }
        }
    }

    fn is_over(&self, at: u64) -> bool {
        self.stopping || self.made >= self.count || at >= self.stop_ns
    }

    /// What a timer of its own is for; nothing of one that is not.
    pub fn timer_name(&self, token: Token) -> Option<&'static str> {
        self.owns(token).then(|| match token.kind - self.timers {
            ARRIVE => "next arrival",
            BEGIN => "begin",
            _ => "think",
        })
    }

    /// Whether a timer is its own.
    pub fn owns(&self, token: Token) -> bool {
        (self.timers..self.timers + PACE_TIMERS).contains(&token.kind)
    }

    /// A timer of its own fires: whether the owner is to make something now. It does so, and then calls [`Pace::proceed`].
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) -> bool {
        match token.kind - self.timers {
            ARRIVE => {
                self.arriving = true;
                self.due = None;
                self.make(ctx.now())
            }
            BEGIN => {
                self.begin(ctx);
                false
            }
            _ => self.make(ctx.now()),
        }
    }

    /// After a timer, and what was made because of it: the next arrival.
    pub fn proceed(&mut self, ctx: &mut Ctx<'_>) {
        if std::mem::take(&mut self.arriving) {
            let delay = self.arrivals.next(ctx.now(), &mut self.stream);
            self.arrive_after(delay, ctx);
        }
    }

    fn make(&mut self, now: u64) -> bool {
        let makes = !self.is_over(now);
        self.made += u64::from(makes);
        makes
    }
}
