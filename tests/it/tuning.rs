//! Faults that change what processes were set up with: more traffic, other settings. They work while they last, and are undone.

use splitbrain::sim::call::CallFact;
use splitbrain::sim::{Fact, NodeId, SECOND};

use super::kafka_clients::{Run, play};

/// Every kind of workload that makes anything, each on a node of its own.
fn scene(arrivals: &str, faults: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 7, duration: "40s",
        nodes: [(name: "home"), (name: "a"), (name: "b"), (name: "c"), (name: "d")],
        systems: [
            Kafka(name: "k", nodes: "home", topics: [(name: "t", partitions: 2, replication_factor: 1)]),
            Sqs(name: "jobs", nodes: "home", queues: [(name: "q")]),
            Service(name: "app", nodes: "home", threads: 100, handlers: [(name: "do", steps: [Work(Constant("1ms"))])]),
        ],
        workloads: [
            Producer(name: "kafka", nodes: "a", per_node: 3, to: "k/t", arrivals: {arrivals}),
            QueueSender(name: "sqs", nodes: "b", per_node: 3, to: "jobs/q", arrivals: {arrivals}),
            Requests(name: "users", nodes: "c", per_node: 3, to: "app/do", arrivals: {arrivals}),
            ConsumerGroup(name: "readers", nodes: "d", from: "k/t"),
        ],
        faults: [{faults}],
    )"#
    ))
}

const MAKERS: [&str; 3] = ["kafka", "sqs", "users"];

/// How much a workload made between two moments, in seconds.
fn made(run: &Run, workload: &str, from: u64, to: u64) -> i64 {
    let is_its = |r: &&splitbrain::sim::Record| match r.fact {
        Fact::Produced { .. } => run.sim.names().processes[r.pid.index()].system == workload,
        Fact::Call(CallFact::Asked { task }) => run.sim.names().flow(task.flow) == workload,
        _ => false,
    };
    let records = run.records.iter().filter(is_its);
    records
        .filter(|r| (from * SECOND..to * SECOND).contains(&r.at))
        .count() as i64
}

/// On which nodes each fault began, and how often any ended.
fn begun(run: &Run) -> (Vec<String>, usize) {
    let mut nodes: Vec<Option<NodeId>> = Vec::new();
    let mut ended = 0;
    for record in &run.records {
        match record.fact {
            Fact::FaultBegan { node, .. } => nodes.push(node),
            Fact::FaultEnded { .. } => ended += 1,
            _ => {}
        }
    }
    let name = |node: Option<NodeId>| node.map_or("-", |n| run.sim.names().node(n)).to_owned();
    (nodes.into_iter().map(name).collect(), ended)
}

#[test]
fn traffic_comes_so_many_times_as_often_for_every_kind_of_workload() {
    let surge = r#"During("10s", "15s", Traffic(of: All, factor: 3))"#;
    let (calm, busy) = (
        scene(r#"Poisson("40/s")"#, ""),
        scene(r#"Poisson("40/s")"#, surge),
    );
    for maker in MAKERS {
        // The same draws: in the surge comes what would have come in three times as long, the rest ten seconds sooner. The
        // start of each process takes a moment, and each of three may round by one.
        assert_eq!(made(&calm, maker, 0, 10), made(&busy, maker, 0, 10));
        let near = |a: i64, b: i64| assert!((a - b).abs() <= 3, "{maker}: {a} and {b}");
        near(made(&calm, maker, 10, 25), made(&busy, maker, 10, 15));
        near(made(&calm, maker, 25, 40), made(&busy, maker, 15, 30));
        assert!(made(&busy, maker, 10, 15) > 400);
    }
    // The brokers, the services and the readers make nothing.
    assert_eq!(
        begun(&busy),
        (["a", "b", "c"].map(str::to_owned).to_vec(), 1)
    );
}

#[test]
fn traffic_of_one_workload_leaves_the_others_alone() {
    for (index, maker) in MAKERS.iter().enumerate() {
        let fault = format!(r#"During("10s", "20s", Traffic(of: "{maker}", factor: 0.5))"#);
        let run = scene(r#"Constant("60/s")"#, &fault);
        for other in MAKERS {
            let expected = if other == *maker { 300 } else { 600 };
            let found = made(&run, other, 10, 20);
            assert!((found - expected).abs() <= 3, "{other}: {found}");
            let found = made(&run, other, 20, 40);
            assert!((found - 1200).abs() <= 3, "{other}: {found}");
        }
        assert_eq!(begun(&run).0, [["a", "b", "c"][index]]);
    }
}

#[test]
fn traffic_multiplies_and_each_fault_takes_back_its_own() {
    let run = scene(
        r#"Constant("60/s")"#,
        r#"During("5s", "20s", Traffic(of: "users", factor: 3)), During("10s", "30s", Traffic(of: "c", factor: 2)),
           At("15s", Traffic(of: "users", factor: 0.5)), At("35s", Heal(Traffic))"#,
    );
    let windows = [
        (0, 5, 1.0),
        (5, 10, 3.0),
        (10, 15, 6.0),
        (15, 20, 3.0),
        (20, 30, 1.0),
        (30, 35, 0.5),
        (35, 40, 1.0),
    ];
    for (from, to, factor) in windows {
        let expected = 60.0 * factor * (to - from) as f64;
        let found = made(&run, "users", from, to) as f64;
        assert!((found - expected).abs() <= 4.0, "{from} to {to}: {found}");
    }
    assert_eq!(begun(&run).1, 3);
}

#[test]
fn traffic_outlasts_a_restart() {
    let faults = r#"During("5s", "30s", Traffic(of: "users", factor: 3)), During("10s", "12s", Crash("c")),
        During("20s", "35s", Crash("c"))"#;
    let run = scene(r#"Constant("60/s")"#, faults);
    let found = made(&run, "users", 12, 20);
    assert!((found - 8 * 180).abs() <= 4, "{found}");
    // It ended while they were down.
    let found = made(&run, "users", 35, 40);
    assert!((found - 5 * 60).abs() <= 4, "{found}");
}

#[test]
fn of_a_closed_loop_there_are_so_many_times_as_many_clients() {
    // An answer takes some milliseconds, a thought a second: about one request of each client in a second.
    let run = scene(
        r#"ClosedLoop(clients: 20, think: "1s")"#,
        r#"During("10s", "20s", Traffic(of: All, factor: 2.5)), During("25s", "35s", Traffic(of: All, factor: 0.1))"#,
    );
    for maker in MAKERS {
        // A client's time for one request goes beyond its thought, so that some are in the next window.
        for (from, to, clients) in [
            (2, 9, 20),
            (12, 19, 50),
            (21, 24, 20),
            (27, 34, 2),
            (36, 40, 20),
        ] {
            let found = made(&run, maker, from, to);
            let expected = clients * (to - from) as i64;
            assert!(
                (found - expected).abs() * 20 <= expected.max(60),
                "{maker} {from} to {to}: {found}"
            );
        }
    }
}

#[test]
fn how_much_a_service_can_do_at_once_is_told_when_it_changes() {
    let run = scene(
        "Constant(\"10/s\")",
        r#"At("5s", Set(of: "app", setting: "threads", to: 20)), At("15s", Heal(Settings))"#,
    );
    let mut rooms = Vec::new();
    for record in &run.records {
        if let Fact::Call(CallFact::Room { was, is, .. }) = record.fact {
            rooms.push((record.at / SECOND, was, is));
        }
    }
    assert_eq!(rooms, [(5, 100, 20), (15, 20, 100)]);
}
