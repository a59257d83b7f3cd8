//! Whatever befalls a scenario: what `shrink` leaves of it breaks the same, is no larger, and nothing more can be taken from it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use splitbrain::checks::Expect;
use splitbrain::hunt::shrink::{Options, Refused, Shrink, Shrunk};
use splitbrain::hunt::{self, Loaded, Session};

/// Each is some hundred runs.
const CASES: u32 = 12;

/// Three brokers, a leader that acknowledges for all and dies, and what else befalls them.
fn scenario(seed: u64, faults: &[String]) -> String {
    let faults = faults.join(", ");
    format!(
        r#"(
    title: "whatever comes", seed: {seed}, duration: "16s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "worker")],
    network: (latency: "20ms"),
    systems: [Kafka(
        name: "k", nodes: "broker", broker_heartbeat_interval_ms: "500ms", broker_session_timeout_ms: "2s",
        offsets_topic_num_partitions: 1,
        topics: [(name: "t", partitions: 1, replication_factor: 3, min_insync_replicas: 1)],
    )],
    workloads: [
        Producer(name: "p", nodes: "web", to: "k/t", arrivals: Constant("40/s"), acks: One, enable_idempotence: false),
        ConsumerGroup(name: "g", nodes: "worker", from: "k/t"),
    ],
    faults: [{faults}],
)"#
    )
}

/// One of the usual faults, somewhere in the run.
fn fault() -> impl Strategy<Value = String> {
    let nodes = ["broker-1", "broker-2", "broker-3", "web", "worker"];
    let node = || prop::sample::select(nodes.to_vec());
    let what = prop_oneof![
        node().prop_map(|n| format!("Crash(\"{n}\")")),
        node().prop_map(|n| format!("Pause(\"{n}\")")),
        node().prop_map(|n| format!("Slow(target: \"{n}\", factor: 3)")),
        node().prop_map(|n| format!("DiskStalled(\"{n}\")")),
        (node(), node())
            .prop_filter("two", |(a, b)| a != b)
            .prop_map(|(a, b)| format!("Cut(from: \"{a}\", to: \"{b}\")")),
        (node(), node())
            .prop_filter("two", |(a, b)| a != b)
            .prop_map(|(a, b)| format!("LinkSlow(from: \"{a}\", to: \"{b}\", factor: 4)")),
    ];
    (2_000..12_000_u32, 100..4_000_u32, what).prop_map(|(at, lasting, what)| {
        format!("During(\"{at}ms\", \"{}ms\", {what})", at + lasting)
    })
}

fn load(text: &str) -> Loaded {
    let loaded = Loaded::from_text("whatever", text, &[]).and_then(hunt::complete);
    loaded.unwrap_or_else(|d| panic!("{}\n{text}", d.render(false)))
}

/// What is left of a scenario; `None` if nothing breaks in it.
fn shrunk(loaded: &Loaded, breaks: Option<Expect>) -> Option<Shrunk> {
    let options = Options {
        breaks,
        jobs: NonZeroUsize::new(2).unwrap(),
        ..Options::default()
    };
    match Shrink::new(loaded, options) {
        Ok(shrink) => Some(shrink.run(&mut ()).expect("it runs")),
        Err(Refused::Holds(_)) => None,
        Err(mistake) => panic!("{mistake:?}"),
    }
}

/// What is known of a property at the end of a scenario's run.
fn verdict(loaded: &Loaded, goal: &Expect) -> &'static str {
    let mut run = Session::new(Arc::new(loaded.clone()), hunt::Options::default());
    run.run();
    let property = goal.property().expect("a property");
    let checks = &run.watch().expect("watched").checks;
    checks.verdict(&property).expect("checked").word()
}

fn check(text: &str) -> Result<bool, TestCaseError> {
    let whole = load(text);
    let Some(first) = shrunk(&whole, None) else {
        return Ok(false);
    };
    let goal = first.failure.goal.clone();
    let left = load(&first.text);
    prop_assert_eq!(verdict(&whole, &goal), "broken");
    prop_assert_eq!(verdict(&left, &goal), "broken", "{}", &first.text);
    prop_assert!(first.is_whole && first.is_proven);
    for ((name, before), (_, after)) in first.before.rows().into_iter().zip(first.after.rows()) {
        // Three lines say what it is, what breaks in it and where not.
        let said = if name == "lines" { 3 } else { 0 };
        let left = &first.text;
        prop_assert!(
            after <= before + said,
            "{name}: {before} to {after}: {left}"
        );
    }
    let again = shrunk(&left, Some(goal.clone())).expect("it breaks");
    prop_assert_eq!(&again.failure.goal, &goal);
    prop_assert_eq!(again.steps, 0, "{}\nand then\n{}", &first.text, &again.text);
    prop_assert_eq!(again.after.rows(), first.after.rows());
    Ok(true)
}

#[test]
fn what_is_left_breaks_the_same_is_no_larger_and_nothing_more_can_be_taken() {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let more = prop::collection::vec(fault(), 0..5);
    let broke = std::cell::Cell::new(0);
    let result = runner.run(
        &(0..1_000_u64, 4_000..11_000_u32, more),
        |(seed, at, more)| {
            let crash = format!("At(\"{at}ms\", Crash(LeaderOf(\"k/t/0\")))");
            let faults: Vec<String> = std::iter::once(crash).chain(more).collect();
            let is_broken = check(&scenario(seed, &faults))?;
            broke.set(broke.get() + u32::from(is_broken));
            Ok(())
        },
    );
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(broke.get() * 2 >= CASES, "{} of {CASES} broke", broke.get());
}
