//! Both works on simcore, as its documentation has it: components with a context, events as types of their own, random
//! numbers from the simulation's generator.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use hdrhistogram::Histogram;
use rand_distr::{Exp, LogNormal};
use serde::Serialize;
use simcore::{Event, EventHandler, Id, Simulation, SimulationContext, cast};

use crate::work::{Done, W1, W3};

#[derive(Clone, Serialize)]
struct Arrives {}

#[derive(Clone, Serialize)]
struct Leaves {}

struct Counter {
    ctx: SimulationContext,
    gap: Exp<f64>,
    service: Exp<f64>,
    came: VecDeque<f64>,
    served: u64,
    stayed: f64,
}

impl Counter {
    fn await_next(&self) {
        let gap = self.ctx.sample_from_distribution(&self.gap);
        self.ctx.emit_self(Arrives {}, gap);
    }

    fn serve(&self) {
        let service = self.ctx.sample_from_distribution(&self.service);
        self.ctx.emit_self(Leaves {}, service);
    }
}

impl EventHandler for Counter {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrives {} => {
                self.came.push_back(event.time);
                self.await_next();
                if self.came.len() == 1 {
                    self.serve();
                }
            }
            Leaves {} => {
                let came = self.came.pop_front().expect("somebody leaves");
                self.served += 1;
                self.stayed += event.time - came;
                if !self.came.is_empty() {
                    self.serve();
                }
            }
        })
    }
}

/// M/M/1.
pub fn w1() -> Done {
    let mut sim = Simulation::new(1);
    let counter = Rc::new(RefCell::new(Counter {
        ctx: sim.create_context("counter"),
        gap: Exp::new(W1::ARRIVALS).expect("a rate"),
        service: Exp::new(W1::SERVICES).expect("a rate"),
        came: VecDeque::new(),
        served: 0,
        stayed: 0.0,
    }));
    sim.add_handler("counter", counter.clone());
    counter.borrow().await_next();
    sim.step_until_time(W1::WARM_UP);
    let counted = || (counter.borrow().served, counter.borrow().stayed);
    let before = counted();
    let begun = Instant::now();
    sim.step_until_time(W1::WARM_UP + W1::LENGTH);
    let seconds = begun.elapsed().as_secs_f64();
    let after = counted();
    let count = after.0 - before.0;
    Done {
        count,
        seconds,
        mean: (after.1 - before.1) / count as f64,
    }
}

#[derive(Clone, Serialize)]
struct Make {}

#[derive(Clone, Serialize)]
struct Produce {
    born: f64,
}

#[derive(Clone, Serialize)]
struct Copy {
    number: u32,
}

#[derive(Clone, Serialize)]
struct Copied {
    number: u32,
}

#[derive(Clone, Serialize)]
struct Stored {
    born: f64,
}

#[derive(Clone, Serialize)]
struct Deliver {
    number: u32,
}

#[derive(Clone, Serialize)]
struct Commit {
    number: u32,
}

/// A directed link. What is sent later does not arrive earlier.
#[derive(Clone, Copy)]
struct Link {
    hop: LogNormal<f64>,
    last: f64,
}

impl Link {
    fn new() -> Self {
        let hop = LogNormal::new(W3::HOP_MEDIAN.ln(), W3::HOP_SIGMA).expect("a distribution");
        Self { hop, last: 0.0 }
    }

    /// How long it takes from now on.
    fn delay(&mut self, ctx: &SimulationContext) -> f64 {
        let now = ctx.time();
        self.last = (now + ctx.sample_from_distribution(&self.hop)).max(self.last);
        self.last - now
    }
}

type Latencies = Rc<RefCell<Histogram<u64>>>;

struct Producer {
    ctx: SimulationContext,
    link: Link,
    gap: Exp<f64>,
    leader: Id,
    latencies: Latencies,
}

impl EventHandler for Producer {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Make {} => {
                let gap = self.ctx.sample_from_distribution(&self.gap);
                self.ctx.emit_self(Make {}, gap);
                let (born, delay) = (event.time, self.link.delay(&self.ctx));
                self.ctx.emit(Produce { born }, self.leader, delay);
            }
            Stored { born } => {
                let ns = (event.time - born) * 1e9;
                self.latencies.borrow_mut().saturating_record(ns as u64);
            }
        })
    }
}

#[derive(Clone, Copy, Default)]
struct Pending {
    from: Id,
    copies: u32,
    born: f64,
}

struct Leader {
    ctx: SimulationContext,
    followers: Vec<(Id, Link)>,
    consumer: (Id, Link),
    /// To the producers, by their component.
    producers: Vec<Link>,
    window: Vec<Pending>,
    next: u32,
    committed: u32,
}

impl EventHandler for Leader {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Produce { born } => {
                let number = self.next;
                self.next += 1;
                self.window[number as usize % W3::WINDOW] = Pending {
                    from: event.src,
                    copies: 0,
                    born,
                };
                for (follower, link) in &mut self.followers {
                    let delay = link.delay(&self.ctx);
                    self.ctx.emit(Copy { number }, *follower, delay);
                }
            }
            Copied { number } => {
                let pending = &mut self.window[number as usize % W3::WINDOW];
                pending.copies += 1;
                if pending.copies == W3::FOLLOWERS {
                    let Pending { from, born, .. } = *pending;
                    let delay = self.producers[from as usize].delay(&self.ctx);
                    self.ctx.emit(Stored { born }, from, delay);
                    let delay = self.consumer.1.delay(&self.ctx);
                    self.ctx.emit(Deliver { number }, self.consumer.0, delay);
                }
            }
            Commit { number } => {
                self.committed = self.committed.max(number);
            }
        })
    }
}

/// Answers whoever sent it something.
struct Follower {
    ctx: SimulationContext,
    link: Link,
}

impl EventHandler for Follower {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Copy { number } => {
                let delay = self.link.delay(&self.ctx);
                self.ctx.emit(Copied { number }, event.src, delay);
            }
        })
    }
}

struct Consumer {
    ctx: SimulationContext,
    link: Link,
}

impl EventHandler for Consumer {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Deliver { number } => {
                let delay = self.link.delay(&self.ctx);
                self.ctx.emit(Commit { number }, event.src, delay);
            }
        })
    }
}

/// The pipeline.
pub fn w3() -> Done {
    let mut sim = Simulation::new(1);
    let histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("bounds");
    let latencies = Rc::new(RefCell::new(histogram));
    let mut followers = Vec::new();
    for i in 0..W3::FOLLOWERS {
        let name = format!("follower-{i}");
        let (ctx, link) = (sim.create_context(&name), Link::new());
        let follower = Rc::new(RefCell::new(Follower { ctx, link }));
        followers.push((sim.add_handler(&name, follower), Link::new()));
    }
    let (ctx, link) = (sim.create_context("consumer"), Link::new());
    let consumer = Rc::new(RefCell::new(Consumer { ctx, link }));
    let consumer = (sim.add_handler("consumer", consumer), Link::new());
    let leader = Rc::new(RefCell::new(Leader {
        ctx: sim.create_context("leader"),
        followers,
        consumer,
        // There are less than a hundred components; their numbers follow one another.
        producers: vec![Link::new(); 100],
        window: vec![Pending::default(); W3::WINDOW],
        next: 0,
        committed: 0,
    }));
    let leader = sim.add_handler("leader", leader);
    for i in 0..W3::PRODUCERS {
        let name = format!("producer-{i}");
        let ctx = sim.create_context(&name);
        ctx.emit_self(Make {}, 0.0);
        let producer = Rc::new(RefCell::new(Producer {
            ctx,
            link: Link::new(),
            gap: Exp::new(W3::RATE).expect("a rate"),
            leader,
            latencies: latencies.clone(),
        }));
        sim.add_handler(&name, producer);
    }
    sim.step_until_time(W3::WARM_UP);
    latencies.borrow_mut().reset();
    let begun = Instant::now();
    sim.step_until_time(W3::WARM_UP + W3::LENGTH);
    let seconds = begun.elapsed().as_secs_f64();
    let latencies = latencies.borrow();
    Done {
        count: latencies.len(),
        seconds,
        mean: latencies.mean() / 1e9,
    }
}
