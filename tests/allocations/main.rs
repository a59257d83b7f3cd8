//! What a run in steady state allocates: the kernel nothing at all, a Kafka cluster only the batches that its logs keep. And
//! what a checkpoint takes.
//! A test binary of its own, since it counts what the whole process allocates.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../benches/shapes/cluster.rs"]
#[allow(dead_code, reason = "the benches use more of it")]
mod cluster;
mod large;
#[path = "../../benches/shapes/pipeline.rs"]
#[allow(dead_code, reason = "the benches use more of it")]
mod pipeline;
mod policies;
mod sweeps;

use std::sync::Arc;

use splitbrain::hunt::{self, Loaded, Options, Session};
use splitbrain::scenario::Files;
use splitbrain::sim::SECOND;

use pipeline::{Latencies, pipeline};

#[test]
fn the_kernel_allocates_nothing_once_its_memory_has_grown() {
    let mut sim = pipeline();
    let mut latencies = Latencies::default();
    for _ in 0..500_000 {
        sim.step(u64::MAX, &mut latencies);
    }
    let seconds = sim.now() / SECOND;
    let used = allocation_counter::measure(|| {
        for _ in 0..1_000_000 {
            sim.step(u64::MAX, &mut latencies);
        }
    });
    // The digest of each second is kept, in a list that may have to grow; a burst may need more room than ever before.
    assert!(sim.now() / SECOND - seconds <= 2);
    assert!(used.count_total <= 8, "{used:?}");
}

#[test]
fn a_cluster_allocates_what_its_logs_keep() {
    let loaded = hunt::load("healthy", &[]).unwrap();
    let mut session = Session::new(Arc::new(loaded), Options::default());
    session.run_to(10 * SECOND);
    let (events, batches) = (session.sim().events(), made(&session));
    let used = allocation_counter::measure(|| session.run_to(20 * SECOND));
    let events = session.sim().events() - events;
    let batches = made(&session) - batches;
    assert!(events > 50_000, "{events}");
    // A batch is two pieces of memory: its records, and what all who hold it share. Commits, offsets and the chunks of the
    // logs come on top of that, and are few.
    let pieces = used.count_total as f64 / batches as f64;
    assert!(pieces < 2.0, "{pieces} for each message");
    let each = used.count_total as f64 / events as f64;
    assert!(each < 0.25, "{each} for each event");
}

/// Messages that were produced: at least as many as batches.
fn made(session: &Session) -> u64 {
    session.watch().unwrap().ledger.account().produced
}

#[test]
fn a_checkpoint_of_ten_brokers_with_a_hundred_thousand_records_each_takes_less_than_a_megabyte() {
    let text = include_str!("../../benches/shapes/ten_brokers.ron");
    let loaded = Loaded::from_parts("ten brokers", text, &[], Files::Nowhere);
    let mut run = Session::new(Arc::new(loaded.unwrap()), Options::default());
    let records = |run: &Session| {
        let queues = run.watch().unwrap().ledger.queues();
        queues.iter().map(|q| q.end()).sum::<u64>() * 3
    };
    while records(&run) < 10 * 100_000 {
        run.advance(u64::MAX, 100_000);
    }
    let go_on = |run: &mut Session| {
        let used = allocation_counter::measure(|| {
            run.advance(u64::MAX, 100_000);
        });
        used.bytes_current
    };
    // Two that have changed by themselves all that they change.
    let mut twins = vec![run.clone(), run.clone()];
    for twin in &mut twins {
        go_on(twin);
    }
    let [one, other] = &mut twins[..] else {
        unreachable!("there are two")
    };
    let mut checkpoint = None;
    let cloned = allocation_counter::measure(|| checkpoint = Some(one.clone())).bytes_current;
    // As it goes on, one copies what the checkpoint holds.
    let copied = go_on(one) - go_on(other);
    assert!(copied > 0, "{copied}");
    assert!(cloned < 1_000_000, "{cloned}");
    assert!(cloned + copied < 1_000_000, "{cloned} and then {copied}");
    drop(checkpoint);
}
