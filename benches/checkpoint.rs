//! Time travel: what a checkpoint of ten brokers with 100,000 records each costs, and how long it takes to get to any
//! moment of a run of ten minutes and ten million events.
//!
//! `cargo bench --bench checkpoint` prints both. Seconds are of the wall clock; memory is what one more clone of a whole
//! session (simulation and everything that watches it) takes, and what the run then copies because it is shared.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::scenario::Files;
use splitbrain::sim::SECOND;
use splitbrain::sim::stream::Stream;
use splitbrain::trace::timeline::{BUDGET_BYTES, Timeline};

/// Ten brokers; 20 partitions with three copies each.
const TEN: &str = include_str!("shapes/ten_brokers.ron");
/// 100,000 records of 1 KiB on each broker.
const LOADED_NS: u64 = 84 * SECOND;
const LONG_NS: u64 = 600 * SECOND;
const ROUNDS: usize = 51;
const SEEKS: usize = 60;

fn session() -> Session {
    let loaded = Loaded::from_parts("ten brokers", TEN, &[], Files::Nowhere);
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    Session::new(Arc::new(loaded), Options::default())
}

fn ms_of<T>(act: impl FnOnce() -> T) -> f64 {
    let begun = Instant::now();
    black_box(act());
    begun.elapsed().as_secs_f64() * 1e3
}

/// A value that so large a share of the others does not exceed.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}

/// A line of the first table.
fn cost<T>(name: &str, clone: impl Fn() -> T) {
    let mut kept = None;
    let used = allocation_counter::measure(|| kept = Some(clone()));
    drop(kept);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let mut one = None;
        times.push(ms_of(|| one = Some(clone())) * 1e3);
    }
    let (pieces, kib) = (used.count_total, used.bytes_current as f64 / 1024.0);
    let (median, least) = (quantile(&mut times, 0.5), quantile(&mut times, 0.0));
    println!("{name:12} {median:8.1} {least:8.1} {kib:8.1} {pieces:7}");
}

fn checkpoints() {
    let mut run = session();
    run.run_to(LOADED_NS);
    let Some(watch) = run.watch() else { return };
    println!(
        "a checkpoint after {} messages with three copies on ten brokers, {} events",
        watch.ledger.account().produced,
        run.sim().events()
    );
    println!("of           µs, median   least  new KiB  pieces");
    cost("all", || run.clone());
    cost("simulation", || run.sim().clone());
    cost("processes", || run.sim().processes().to_vec());
    cost("ledger", || watch.ledger.clone());
    cost("metrics", || watch.metrics.clone());
    cost("checks", || watch.checks.clone());
    cost("marks", || watch.marks.clone());
    // Of two that share nothing with each other that they change, one goes on with a checkpoint behind it.
    let go_on = |run: &mut Session| {
        let used = allocation_counter::measure(|| {
            run.advance(u64::MAX, 100_000);
        });
        used.bytes_current as f64 / 1024.0
    };
    let mut twins = vec![run.clone(), run.clone()];
    for twin in &mut twins {
        go_on(twin);
    }
    let [one, other] = &mut twins[..] else {
        unreachable!("there are two")
    };
    let kept = one.clone();
    let copied = go_on(one) - go_on(other);
    drop(kept);
    println!("copied by the next 100,000 events because it is shared: {copied:.1} KiB");
}

fn seeks() {
    let mut straight = session();
    let alone = ms_of(|| straight.run_to(LONG_NS)) / 1e3;
    let (events, digest) = (straight.sim().events(), straight.sim().digest().value());
    drop(straight);

    let mut run = session();
    let mut timeline = Timeline::new(&run, BUDGET_BYTES);
    let kept = ms_of(|| timeline.seek(&mut run, LONG_NS)) / 1e3;
    assert_eq!(run.sim().digest().value(), digest, "the same run");
    println!(
        "\na run of {} s and {events} events: {alone:.2} s, with checkpoints {kept:.2} s; {} of them, {} events apart",
        LONG_NS / SECOND,
        timeline.checkpoints(),
        timeline.spacing_events()
    );
    let mut places = Stream::named(1, "bench", "seek");
    let mut there = Vec::new();
    let mut back = Vec::new();
    for _ in 0..SEEKS {
        let ns = places.below(LONG_NS);
        there.push(ms_of(|| timeline.seek(&mut run, ns)));
        back.push(ms_of(|| timeline.step_back(&mut run)));
    }
    println!("ms                    median      95 %   longest");
    for (name, times) in [("to any moment", &mut there), ("one event back", &mut back)] {
        let [median, most, longest] = [0.5, 0.95, 1.0].map(|share| quantile(times, share));
        println!("{name:18} {median:9.1} {most:9.1} {longest:9.1}");
    }
}

fn main() {
    checkpoints();
    seeks();
}
