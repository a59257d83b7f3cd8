//! The event queue alone, wheel beside heap: the hold model (W2), M/M/1 (W1), and W3's timeouts that never fire.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use splitbrain::sim::SECOND;
use splitbrain::sim::dist::{Dist, Sampler};
use splitbrain::sim::queue::heap::{HeapQueue, HeapTicket};
use splitbrain::sim::queue::{EventQueue, Ticket};
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;

fn exponential(mean_ns: u64) -> Sampler {
    let mean = Duration::from_ns(mean_ns);
    Dist::Exponential { mean }.compile()
}

/// As large as an event of the kernel with its cause and a Kafka message: 80 bytes.
#[derive(Clone)]
struct Load([u64; 10]);

/// The wheel and the heap behind one face.
trait Queue: Default {
    type Ticket: Copy;
    fn schedule(&mut self, time: u64, load: Load) -> Self::Ticket;
    fn cancel(&mut self, ticket: Self::Ticket) -> Option<Load>;
    fn pop(&mut self) -> Option<(u64, Load)>;
}

macro_rules! queue {
    ($queue:ident, $ticket:ident) => {
        impl Queue for $queue<Load> {
            type Ticket = $ticket;
            fn schedule(&mut self, time: u64, load: Load) -> $ticket {
                self.schedule(time, load)
            }
            fn cancel(&mut self, ticket: $ticket) -> Option<Load> {
                self.cancel(ticket)
            }
            fn pop(&mut self) -> Option<(u64, Load)> {
                self.pop()
            }
        }
    };
}

queue!(EventQueue, Ticket);
queue!(HeapQueue, HeapTicket);

const STEPS: u64 = 100_000;

/// Gaps that are drawn beforehand, so that the queue alone is measured.
fn gaps(mean_ns: u64) -> impl Iterator<Item = u64> {
    let (gap, mut stream) = (exponential(mean_ns), Stream::named(1, "bench", "gaps"));
    let drawn: Vec<u64> = (0..65_536).map(|_| gap.sample(&mut stream)).collect();
    (0..).map(move |i: usize| drawn[i % drawn.len()])
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// K pending events; each that leaves schedules one more.
fn hold<Q: Queue>(group: &mut Group<'_>, name: &str, mut queue: Q, pending: u64) {
    let mut gaps = gaps(1_000_000);
    for (i, gap) in (0..pending).zip(&mut gaps) {
        queue.schedule(gap, Load([i; 10]));
    }
    group.bench_function(BenchmarkId::new(name, pending), |bencher| {
        bencher.iter(|| {
            for gap in gaps.by_ref().take(STEPS as usize) {
                if let Some((time, load)) = queue.pop() {
                    queue.schedule(time + gap, black_box(load));
                }
            }
        });
    });
}

/// 390 messages on their way, nine hops each; each sets a timeout of 30 s when it starts and takes it back at its end.
fn timeouts<Q: Queue>(group: &mut Group<'_>, name: &str, mut queue: Q) {
    const MESSAGES: usize = 390;
    const HOPS: u64 = 9;
    let mut gaps = gaps(500_000);
    let mut set: Vec<_> = (0..MESSAGES)
        .map(|message| {
            let load = Load([message as u64; 10]);
            queue.schedule(message as u64 * 1_000, load.clone());
            queue.schedule(30 * SECOND, load)
        })
        .collect();
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for gap in gaps.by_ref().take(STEPS as usize) {
                let Some((time, mut load)) = queue.pop() else {
                    return;
                };
                load.0[1] += 1;
                if load.0[1] % HOPS == 0 {
                    let timeout = &mut set[load.0[0] as usize];
                    black_box(queue.cancel(*timeout));
                    *timeout = queue.schedule(time + 30 * SECOND, load.clone());
                }
                queue.schedule(time + gap, black_box(load));
            }
        });
    });
}

fn w2(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("W2 hold model, queue alone");
    group
        .throughput(Throughput::Elements(STEPS))
        .sample_size(10);
    // A tick that a few events share, as long as 256 of them do not exceed the mean gap much.
    for (pending, tick_ns) in [(100, 1 << 13), (10_000, 1 << 10), (1_000_000, 1 << 4)] {
        let wheel = EventQueue::with_tick(tick_ns);
        hold(&mut group, "wheel", wheel, pending);
        hold(&mut group, "heap", HeapQueue::default(), pending);
    }
    group.finish();
}

/// W3's traffic and one timeout for each message, on the queue alone.
fn w3_timeouts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("W3 with cancelled 30 s timeouts, queue alone");
    group
        .throughput(Throughput::Elements(STEPS))
        .sample_size(10);
    timeouts(&mut group, "wheel", EventQueue::default());
    timeouts(&mut group, "heap", HeapQueue::default());
    group.finish();
}

/// Two events a customer: one arrives, one leaves; λ = 0.9 and µ = 1 a microsecond.
fn mm1<Q: Queue>(group: &mut Group<'_>, name: &str, mut queue: Q) {
    let (mut arrivals, mut services) = (gaps(1_111), gaps(1_000));
    let mut waiting = 0_u64;
    queue.schedule(0, Load([0; 10]));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for _ in 0..STEPS {
                let Some((time, load)) = queue.pop() else {
                    return;
                };
                let leaves = load.0[0] == 1;
                if leaves {
                    waiting -= 1;
                } else {
                    queue.schedule(time + arrivals.next().unwrap_or(1), load);
                    waiting += 1;
                }
                // The server is free if one has left, or if the one that came is alone.
                if waiting > 0 && (leaves || waiting == 1) {
                    queue.schedule(time + services.next().unwrap_or(1), Load([1; 10]));
                }
            }
        });
    });
}

fn w1_queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("W1 M/M/1, queue alone");
    group
        .throughput(Throughput::Elements(STEPS))
        .sample_size(10);
    mm1(&mut group, "wheel", EventQueue::with_tick(64));
    mm1(&mut group, "heap", HeapQueue::default());
    group.finish();
}

criterion_group!(queue, w1_queue, w2, w3_timeouts);
criterion_main!(queue);
