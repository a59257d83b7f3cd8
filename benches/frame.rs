//! A frame of the dashboard at 200×60, of a run with 100 nodes and of one with 500: collecting what there is to see, and drawing it.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::sim::SECOND;
use splitbrain::ui::adapt::Run;
use splitbrain::ui::model::Model;
use splitbrain::ui::widgets::topology::{Groups, Item};
use splitbrain::ui::{Engine, GlyphSet, Look, Until, screen};

const SIZE: (u16, u16) = (200, 60);

const HUNDRED: &str = r#"(
    title: "a hundred nodes", seed: 7, duration: "60s",
    nodes: [(name: "broker", count: 30, zones: ["a", "b", "c"]), (name: "web", count: 40), (name: "worker", count: 30)],
    systems: [Kafka(name: "events", nodes: "broker", topics: [(name: "orders", partitions: 60, replication_factor: 3)])],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("1000/s")),
        ConsumerGroup(name: "invoices", nodes: "worker", from: "events/orders", service_time: Exponential(mean: "1ms")),
    ],
    faults: [At("5s", Crash(LeaderOf("events/orders/0")))],
)"#;

const FIVE_HUNDRED: &str = r#"(
    title: "five hundred nodes", seed: 7, duration: "60s",
    nodes: [(name: "broker", count: 100, zones: ["a", "b", "c"]), (name: "web", count: 200), (name: "worker", count: 200)],
    systems: [Kafka(name: "events", nodes: "broker", topics: [(name: "orders", partitions: 200, replication_factor: 3)])],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("1000/s")),
        ConsumerGroup(name: "invoices", nodes: "worker", from: "events/orders", service_time: Exponential(mean: "1ms")),
    ],
    faults: [At("5s", Crash(LeaderOf("events/orders/0")))],
)"#;

fn run(scenario: &str) -> Run {
    let loaded = match Loaded::from_text("nodes", scenario, &[]) {
        Ok(loaded) => loaded,
        Err(document) => panic!("{}", document.render(false)),
    };
    let mut run = Run::new(Session::new(Arc::new(loaded), Options::default()));
    run.run(Until::Time(10 * SECOND), u32::MAX);
    run
}

fn frame(criterion: &mut Criterion) {
    // Those of the scenario, and the controller's own.
    frames(criterion, "frame 200x60, 100 nodes", HUNDRED, 101);
    frames(criterion, "frame 200x60, 500 nodes", FIVE_HUNDRED, 501);
}

fn frames(criterion: &mut Criterion, name: &str, scenario: &str, nodes: usize) {
    let run = run(scenario);
    let look = Look::from_env(GlyphSet::Block);
    let mut model = Model::new(run.frame(), look, 1.0);
    assert_eq!(model.frame.topology.nodes.len(), nodes);
    model.size = SIZE;
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    let mut group = criterion.benchmark_group(name);
    group.bench_function("collect", |bencher| {
        bencher.iter(|| black_box(run.frame()));
    });
    group.bench_function("draw", |bencher| {
        bencher.iter(|| {
            buffer.reset();
            screen::draw(&model, &mut buffer);
            black_box(&buffer);
        });
    });
    // With every group open there is most to place and to link.
    let topology = &model.frame.topology;
    let closed: Vec<Item> = vec![(0..topology.nodes.len()).collect()];
    model.groups.toggle_all(topology, &closed);
    group.bench_function("draw with all groups open", |bencher| {
        bencher.iter(|| {
            buffer.reset();
            screen::draw(&model, &mut buffer);
            black_box(&buffer);
        });
    });
    model.groups = Groups::default();
    group.bench_function("both", |bencher| {
        bencher.iter(|| {
            model.show(run.frame());
            buffer.reset();
            screen::draw(&model, &mut buffer);
            black_box(&buffer);
        });
    });
    group.finish();
}

criterion_group!(benches, frame);
criterion_main!(benches);
