//! When an application that makes work does so: the arrivals of a workload, dealt out to its processes.

use std::sync::Arc;

use crate::sim::arrivals::{ArrivalProcess, Arrivals};
use crate::sim::dist::Sampler;
use crate::sim::stream::Stream;
use crate::sim::units::Duration;
use crate::sim::{Token, US};

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

/// The pace of one process of a workload.
#[derive(Clone, Debug)]
pub struct Pace {
    arrivals: ArrivalProcess,
    stream: Stream,
    timers: u16,
    /// The rate of the scenario for this process, as a part of the workload's.
    share: f64,
    /// Delay of the first arrival, where that must differ between processes.
    first_ns: Option<u64>,
    think: Option<Sampler>,
    /// Of a closed loop: the clients of this process.
    clients: u32,
    start_ns: u64,
    stop_ns: u64,
    count: u64,
    made: u64,
    /// Whether the arrival process was asked for its first arrival in this run.
    begun: bool,
    stopping: bool,
    /// An arrival is being dealt with.
    arriving: bool,
    factor: f64,
}

impl Pace {
    /// The pace of the `nth` of `of` processes; `name` names its random numbers, `timers` is the first of [`PACE_TIMERS`]
    /// kinds of timers that its owner leaves to it.
    pub fn new(plan: &PacePlan, nth: u32, of: u32, timers: u16, seed: u64, name: &str) -> Self {
        let deal = |all: u64| all / u64::from(of) + u64::from(u64::from(nth) < all % u64::from(of));
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
            Arrivals::ClosedLoop { clients, .. } => deal(u64::from(*clients)) as u32,
            _ => 0,
        };
        let arrivals = plan.arrivals.compile(trace);
        Self {
            think: arrivals.closed().map(|(_, think)| think.clone()),
            arrivals,
            stream: Stream::named(seed, "arrivals", name),
            timers,
            share: 1.0 / f64::from(of),
            first_ns,
            clients,
            start_ns: plan.start.ns(),
            stop_ns: plan.stop.map_or(u64::MAX, Duration::ns),
            count: plan.count.map_or(u64::MAX, deal),
            made: 0,
            begun: false,
            stopping: false,
            arriving: false,
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

    /// Multiplies the rate that the scenario gives, from the next arrival on.
    pub fn set_factor(&mut self, factor: f64) {
        self.factor = factor;
        self.arrivals.set_factor(self.share * factor);
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
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.set_factor(self.factor);
        if self.is_closed() {
            for _ in 0..self.clients {
                self.ended(ctx);
            }
            return;
        }
        let first = !std::mem::replace(&mut self.begun, true);
        let delay = self.arrivals.next(ctx.now(), &mut self.stream);
        let delay = self.first_ns.filter(|_| first).or(delay);
        self.arrive_after(delay, ctx);
    }

    fn arrive_after(&mut self, delay: Option<u64>, ctx: &mut Ctx<'_>) {
        if let Some(delay) = delay
            && !self.is_over(ctx.now().saturating_add(delay))
        {
            ctx.timer(delay, Token::of(self.timers + ARRIVE));
        }
    }

    /// What a client of a closed loop asked for is done: it thinks about its next request. Nothing otherwise.
    pub fn ended(&mut self, ctx: &mut Ctx<'_>) {
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

    /// Whether a timer is its own.
    pub fn owns(&self, token: Token) -> bool {
        (self.timers..self.timers + PACE_TIMERS).contains(&token.kind)
    }

    /// A timer of its own fires: whether the owner is to make something now. It does so, and then calls [`Pace::proceed`].
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) -> bool {
        match token.kind - self.timers {
            ARRIVE => {
                self.arriving = true;
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
