//! The kernel alone, with its digest, which is always on: M/M/1 (W1), in one process and over a link; the hold model (W2); the
//! brokered pipeline (W3), with a histogram as its observer and with none.

#![allow(missing_docs)]

#[path = "shapes/hold.rs"]
mod hold;
#[path = "shapes/mm1.rs"]
mod mm1;
#[path = "shapes/mm1_over_link.rs"]
mod mm1_over_link;
#[path = "shapes/pipeline.rs"]
mod pipeline;

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use splitbrain::sim::{Observer, Process, SECOND, Sim};

const EVENTS: u64 = 1_000_000;

/// A million events of a world that runs on.
fn events<P: Process, O: Observer>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut sim: Sim<P>,
    mut observer: O,
) {
    sim.run_until(SECOND / 10, &mut observer);
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for _ in 0..EVENTS {
                sim.step(u64::MAX, &mut observer);
            }
            black_box(sim.digest().value())
        });
    });
}

fn kernel(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel");
    group
        .throughput(Throughput::Elements(EVENTS))
        .sample_size(10);
    let group = &mut group;
    events(group, "W1 M/M/1", mm1::mm1(), ());
    events(group, "W1 M/M/1 over a link", mm1_over_link::world(), ());
    for pending in [100, 10_000, 1_000_000] {
        let name = format!("W2 hold model, {pending} pending");
        events(group, &name, hold::hold(pending), ());
    }
    let latencies = pipeline::Latencies::default();
    events(
        group,
        "W3 pipeline, observed",
        pipeline::pipeline(),
        latencies,
    );
    events(group, "W3 pipeline, unobserved", pipeline::pipeline(), ());
}

criterion_group!(benches, kernel);
criterion_main!(benches);
