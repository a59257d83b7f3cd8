//! Both works on nexosim, as its documentation has it: models with ports, delays as events that a model schedules on itself.
//! One thread, as everywhere here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use rand_distr::{Distribution, Exp, LogNormal};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::work::{Done, W1, W3};

/// A drawn time. Nothing can be scheduled for now.
fn duration(drawn_ns: f64) -> Duration {
    Duration::from_nanos((drawn_ns as u64).max(1))
}

/// How many were served, and how long they stayed in all, ns.
type Served = Arc<Mutex<(u64, u64)>>;

#[derive(Serialize, Deserialize)]
struct Counter {
    gap_ns: Exp<f64>,
    service_ns: Exp<f64>,
    random: Pcg64,
    came: VecDeque<MonotonicTime>,
    #[serde(skip)]
    served: Served,
}

#[Model]
impl Counter {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.await_next(cx);
    }

    fn await_next(&mut self, cx: &Context<Self>) {
        let gap = duration(self.gap_ns.sample(&mut self.random));
        cx.schedule_event(gap, schedulable!(Self::arrives), ())
            .expect("later");
    }

    fn serve(&mut self, cx: &Context<Self>) {
        let service = duration(self.service_ns.sample(&mut self.random));
        cx.schedule_event(service, schedulable!(Self::leaves), ())
            .expect("later");
    }

    #[nexosim(schedulable)]
    fn arrives(&mut self, (): (), cx: &Context<Self>) {
        self.came.push_back(cx.time());
        self.await_next(cx);
        if self.came.len() == 1 {
            self.serve(cx);
        }
    }

    #[nexosim(schedulable)]
    fn leaves(&mut self, (): (), cx: &Context<Self>) {
        let came = self.came.pop_front().expect("somebody leaves");
        let stayed = cx.time().duration_since(came);
        let mut served = self.served.lock().expect("one thread");
        served.0 += 1;
        served.1 += stayed.as_nanos() as u64;
        drop(served);
        if !self.came.is_empty() {
            self.serve(cx);
        }
    }
}

/// M/M/1, a microsecond the unit of time.
pub fn w1() -> Done {
    let served = Served::default();
    let counter = Counter {
        gap_ns: Exp::new(W1::ARRIVALS / 1e3).expect("a rate"),
        service_ns: Exp::new(W1::SERVICES / 1e3).expect("a rate"),
        random: Pcg64::new(1, 1),
        came: VecDeque::new(),
        served: served.clone(),
    };
    let mut sim = SimInit::with_num_threads(1)
        .add_model(counter, Mailbox::new(), "counter")
        .init(MonotonicTime::EPOCH)
        .expect("a simulation");
    let units = |units: f64| Duration::from_secs_f64(units * 1e-6);
    sim.step_until(units(W1::WARM_UP)).expect("it goes on");
    let before = *served.lock().expect("one thread");
    let begun = Instant::now();
    sim.step_until(units(W1::LENGTH)).expect("it goes on");
    let seconds = begun.elapsed().as_secs_f64();
    let after = *served.lock().expect("one thread");
    let count = after.0 - before.0;
    Done {
        count,
        seconds,
        mean: (after.1 - before.1) as f64 / 1e3 / count as f64,
    }
}

/// Random numbers and hops of a model.
#[derive(Serialize, Deserialize)]
struct Hops {
    hop_ns: LogNormal<f64>,
    random: Pcg64,
}

/// When the last message on a directed link arrives. What is sent later does not arrive earlier.
type Link = MonotonicTime;

impl Hops {
    /// Of a model; each has random numbers of its own.
    fn of(number: u32) -> Self {
        let median_ns = W3::HOP_MEDIAN * 1e9;
        Self {
            hop_ns: LogNormal::new(median_ns.ln(), W3::HOP_SIGMA).expect("a distribution"),
            random: Pcg64::new(1, number.into()),
        }
    }

    /// When what is sent now arrives.
    fn arrival(&mut self, now: MonotonicTime, link: &mut Link) -> MonotonicTime {
        let hop = duration(self.hop_ns.sample(&mut self.random));
        *link = (now + hop).max(*link);
        *link
    }
}

type Latencies = Arc<Mutex<Option<Histogram<u64>>>>;

#[derive(Serialize, Deserialize)]
struct Producer {
    number: u32,
    gap_ns: Exp<f64>,
    hops: Hops,
    link: Link,
    produce: Output<(u32, MonotonicTime)>,
    #[serde(skip)]
    latencies: Latencies,
}

#[Model]
impl Producer {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        cx.schedule_event(duration(1.0), schedulable!(Self::make), ())
            .expect("later");
    }

    #[nexosim(schedulable)]
    fn make(&mut self, (): (), cx: &Context<Self>) {
        let gap = duration(self.gap_ns.sample(&mut self.hops.random));
        cx.schedule_event(gap, schedulable!(Self::make), ())
            .expect("later");
        let at = self.hops.arrival(cx.time(), &mut self.link);
        cx.schedule_event(at, schedulable!(Self::sent), cx.time())
            .expect("later");
    }

    #[nexosim(schedulable)]
    async fn sent(&mut self, born: MonotonicTime) {
        self.produce.send((self.number, born)).await;
    }

    fn stored(&mut self, born: MonotonicTime, cx: &Context<Self>) {
        let took = cx.time().duration_since(born).as_nanos() as u64;
        if let Some(latencies) = self.latencies.lock().expect("one thread").as_mut() {
            latencies.saturating_record(took);
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Pending {
    from: u32,
    copies: u32,
    born: MonotonicTime,
}

#[derive(Serialize, Deserialize)]
struct Leader {
    hops: Hops,
    to_followers: Vec<Link>,
    to_producers: Vec<Link>,
    to_consumer: Link,
    copy: Vec<Output<(u32, u32)>>,
    stored: Vec<Output<MonotonicTime>>,
    deliver: Output<u32>,
    window: Vec<Pending>,
    next: u32,
    committed: u32,
}

#[Model]
impl Leader {
    fn produce(&mut self, (from, born): (u32, MonotonicTime), cx: &Context<Self>) {
        let number = self.next;
        self.next += 1;
        self.window[number as usize % W3::WINDOW] = Pending {
            from,
            copies: 0,
            born,
        };
        for follower in 0..W3::FOLLOWERS {
            let link = &mut self.to_followers[follower as usize];
            let at = self.hops.arrival(cx.time(), link);
            cx.schedule_event(at, schedulable!(Self::copy_sent), (follower, number))
                .expect("later");
        }
    }

    #[nexosim(schedulable)]
    async fn copy_sent(&mut self, (follower, number): (u32, u32)) {
        self.copy[follower as usize].send((follower, number)).await;
    }

    fn copied(&mut self, number: u32, cx: &Context<Self>) {
        let pending = &mut self.window[number as usize % W3::WINDOW];
        pending.copies += 1;
        if pending.copies == W3::FOLLOWERS {
            let Pending { from, born, .. } = *pending;
            let link = &mut self.to_producers[from as usize];
            let at = self.hops.arrival(cx.time(), link);
            cx.schedule_event(at, schedulable!(Self::stored_sent), (from, born))
                .expect("later");
            let at = self.hops.arrival(cx.time(), &mut self.to_consumer);
            cx.schedule_event(at, schedulable!(Self::deliver_sent), number)
                .expect("later");
        }
    }

    #[nexosim(schedulable)]
    async fn stored_sent(&mut self, (to, born): (u32, MonotonicTime)) {
        self.stored[to as usize].send(born).await;
    }

    #[nexosim(schedulable)]
    async fn deliver_sent(&mut self, number: u32) {
        self.deliver.send(number).await;
    }

    fn commit(&mut self, number: u32) {
        self.committed = self.committed.max(number);
    }
}

#[derive(Serialize, Deserialize)]
struct Follower {
    hops: Hops,
    link: Link,
    copied: Output<u32>,
}

#[Model]
impl Follower {
    fn copy(&mut self, (_, number): (u32, u32), cx: &Context<Self>) {
        let at = self.hops.arrival(cx.time(), &mut self.link);
        cx.schedule_event(at, schedulable!(Self::sent), number)
            .expect("later");
    }

    #[nexosim(schedulable)]
    async fn sent(&mut self, number: u32) {
        self.copied.send(number).await;
    }
}

#[derive(Serialize, Deserialize)]
struct Consumer {
    hops: Hops,
    link: Link,
    commit: Output<u32>,
}

#[Model]
impl Consumer {
    fn deliver(&mut self, number: u32, cx: &Context<Self>) {
        let at = self.hops.arrival(cx.time(), &mut self.link);
        cx.schedule_event(at, schedulable!(Self::sent), number)
            .expect("later");
    }

    #[nexosim(schedulable)]
    async fn sent(&mut self, number: u32) {
        self.commit.send(number).await;
    }
}

/// The pipeline.
pub fn w3() -> Done {
    let latencies = Latencies::default();
    let (leader_box, consumer_box) = (Mailbox::new(), Mailbox::new());
    let mut init = SimInit::with_num_threads(1);
    let mut leader = Leader {
        hops: Hops::of(0),
        to_followers: vec![Link::EPOCH; W3::FOLLOWERS as usize],
        to_producers: vec![Link::EPOCH; W3::PRODUCERS as usize],
        to_consumer: Link::EPOCH,
        copy: Vec::new(),
        stored: Vec::new(),
        deliver: Output::default(),
        window: vec![
            Pending {
                from: 0,
                copies: 0,
                born: MonotonicTime::EPOCH,
            };
            W3::WINDOW
        ],
        next: 0,
        committed: 0,
    };
    let mut consumer = Consumer {
        hops: Hops::of(1),
        link: Link::EPOCH,
        commit: Output::default(),
    };
    leader.deliver.connect(Consumer::deliver, &consumer_box);
    consumer.commit.connect(Leader::commit, &leader_box);
    for i in 0..W3::FOLLOWERS {
        let mut follower = Follower {
            hops: Hops::of(2 + i),
            link: Link::EPOCH,
            copied: Output::default(),
        };
        let follower_box = Mailbox::new();
        let mut copy = Output::default();
        copy.connect(Follower::copy, &follower_box);
        leader.copy.push(copy);
        follower.copied.connect(Leader::copied, &leader_box);
        init = init.add_model(follower, follower_box, &format!("follower-{i}"));
    }
    for number in 0..W3::PRODUCERS {
        let mut producer = Producer {
            number,
            gap_ns: Exp::new(W3::RATE / 1e9).expect("a rate"),
            hops: Hops::of(2 + W3::FOLLOWERS + number),
            link: Link::EPOCH,
            produce: Output::default(),
            latencies: latencies.clone(),
        };
        let producer_box = Mailbox::new();
        let mut stored = Output::default();
        stored.connect(Producer::stored, &producer_box);
        leader.stored.push(stored);
        producer.produce.connect(Leader::produce, &leader_box);
        init = init.add_model(producer, producer_box, &format!("producer-{number}"));
    }
    let mut sim = init
        .add_model(consumer, consumer_box, "consumer")
        .add_model(leader, leader_box, "leader")
        .init(MonotonicTime::EPOCH)
        .expect("a simulation");
    sim.step_until(Duration::from_secs_f64(W3::WARM_UP))
        .expect("it goes on");
    let histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("bounds");
    *latencies.lock().expect("one thread") = Some(histogram);
    let begun = Instant::now();
    sim.step_until(Duration::from_secs_f64(W3::LENGTH))
        .expect("it goes on");
    let seconds = begun.elapsed().as_secs_f64();
    let latencies = latencies.lock().expect("one thread").take();
    let latencies = latencies.expect("a histogram");
    Done {
        count: latencies.len(),
        seconds,
        mean: latencies.mean() / 1e9,
    }
}
