//! The kernel alone: M/M/1 (W1), the hold model on the event queue (W2), and a brokered pipeline of bare messages (W3).

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use splitbrain::sim::dist::{Dist, Sampler};
use splitbrain::sim::host::{HostPlan, Survival};
use splitbrain::sim::names::{Names, NodeName, ProcessName};
use splitbrain::sim::net::{LinkPlan, NetworkPlan};
use splitbrain::sim::queue::EventQueue;
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;
use splitbrain::sim::{Cost, Ctx, NodeId, NodePlan, Pid, Process, SECOND, Sim, Token, WorldPlan};

/// Sends to the next in a chain at random moments, or passes on what it gets.
#[derive(Clone)]
struct Part {
    next: Vec<Pid>,
    gap: Option<Sampler>,
    service: Option<Sampler>,
    stream: Stream,
}

impl Process for Part {
    type Message = u64;

    fn cost(&mut self, _: &u64, _: u64) -> Cost {
        match &self.service {
            Some(service) => Cost::cpu(service.sample(&mut self.stream).max(1)),
            None => Cost::FREE,
        }
    }

    fn start(&mut self, ctx: &mut Ctx<'_, u64>) {
        if self.gap.is_some() {
            self.timer(Token::of(0), ctx);
        }
    }

    fn message(&mut self, _: Pid, message: u64, ctx: &mut Ctx<'_, u64>) {
        for i in 0..self.next.len() {
            ctx.send(self.next[i], message, 100);
        }
    }

    fn timer(&mut self, _: Token, ctx: &mut Ctx<'_, u64>) {
        if let Some(gap) = &self.gap {
            let after = gap.sample(&mut self.stream);
            ctx.timer(after, Token::of(0));
            ctx.send(self.next[0], 1, 100);
        }
    }

    fn crash(&mut self, _: &Survival, _: &mut Ctx<'_, u64>) {}
}

fn exponential(mean_ns: u64) -> Sampler {
    let mean = Duration::from_ns(mean_ns);
    Dist::Exponential { mean }.compile()
}

fn world(parts: Vec<(Vec<u32>, Option<u64>, Option<u64>)>, latency: Dist) -> Sim<Part> {
    let mut plan = WorldPlan {
        network: NetworkPlan {
            link: LinkPlan {
                latency,
                ..LinkPlan::default()
            },
            ..NetworkPlan::default()
        },
        ..WorldPlan::default()
    };
    let mut names = Names::default();
    let mut processes = Vec::new();
    for (i, (next, gap, service)) in parts.into_iter().enumerate() {
        let name = format!("n{i}");
        plan.nodes.push(NodePlan {
            name: NodeName {
                name: name.clone(),
                zone: None,
            },
            host: HostPlan {
                cores: 1,
                ..HostPlan::default()
            },
        });
        names.processes.push(ProcessName {
            name: name.clone(),
            node: NodeId(i as u32),
            system: String::new(),
            part: "",
            layer: 0,
        });
        processes.push(Part {
            next: next.into_iter().map(Pid).collect(),
            gap: gap.map(exponential),
            service: service.map(exponential),
            stream: Stream::named(1, "bench", &name),
        });
    }
    Sim::new(1, plan, names, processes)
}

/// A million events of a world that runs on.
fn events(criterion: &mut Criterion, name: &str, mut sim: Sim<Part>) {
    const EVENTS: u64 = 1_000_000;
    let mut group = criterion.benchmark_group("kernel");
    group
        .throughput(Throughput::Elements(EVENTS))
        .sample_size(10);
    sim.run_until(SECOND / 10, &mut ());
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for _ in 0..EVENTS {
                sim.step(u64::MAX, &mut ());
            }
            black_box(sim.digest().value())
        });
    });
    group.finish();
}

fn w1(criterion: &mut Criterion) {
    let parts = vec![
        (vec![1], Some(1_111), None),
        (Vec::new(), None, Some(1_000)),
    ];
    events(criterion, "W1 M/M/1 over a link", world(parts, Dist::ZERO));
}

fn w2(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("W2 hold model");
    for pending in [100_u64, 10_000, 1_000_000] {
        let mut queue = EventQueue::default();
        let mut stream = Stream::named(1, "bench", "hold");
        let gap = exponential(1_000_000);
        for i in 0..pending {
            queue.schedule(gap.sample(&mut stream), i);
        }
        group
            .throughput(Throughput::Elements(100_000))
            .sample_size(10);
        group.bench_function(BenchmarkId::from_parameter(pending), |bencher| {
            bencher.iter(|| {
                for _ in 0..100_000 {
                    if let Some((time, event)) = queue.pop() {
                        queue.schedule(time + gap.sample(&mut stream), black_box(event));
                    }
                }
            });
        });
    }
    group.finish();
}

fn w3(criterion: &mut Criterion) {
    // Ten producers → a leader → two followers and a consumer, hops with a median of 500 µs.
    let latency = Dist::LogNormal {
        median: Duration::from_us(500),
        p99: Duration::from_us(1_600),
    };
    let mut parts = vec![
        (vec![1, 2, 3], None, None),
        (Vec::new(), None, None),
        (Vec::new(), None, None),
        (Vec::new(), None, None),
    ];
    parts.extend((0..10).map(|_| (vec![0], Some(100_000), None)));
    events(criterion, "W3 pipeline", world(parts, latency));
}

criterion_group!(kernel, w1, w2, w3);
criterion_main!(kernel);
