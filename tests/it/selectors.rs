//! Faults that are aimed at a part, not at a machine: they strike whoever plays it just then, and nobody else.

use std::collections::BTreeSet;

use splitbrain::sim::{Fact, SECOND};

use super::kafka_clients::{Run, play};

/// Two clusters of four brokers. Of `a/t` each partition has copies on three of them.
fn text(faults: &str) -> String {
    format!(
        r#"(
        title: "selectors", seed: 5, duration: "60s",
        nodes: [(name: "left", count: 4), (name: "right", count: 4), (name: "web")],
        systems: [
            Kafka(name: "a", nodes: "left", topics: [(name: "t", partitions: 2, replication_factor: 3)]),
            {SECOND_SYSTEM}
        ],
        workloads: [Producer(name: "p", nodes: "web", to: "a/t", arrivals: Poisson("100/s"), acks: All)],
        faults: [{faults}],
    )"#
    )
}

const SECOND_SYSTEM: &str = r#"Kafka(name: "b", nodes: "right", topics: [(name: "t", partitions: 2, replication_factor: 3)]),"#;

/// The same with only the first cluster.
fn alone(faults: &str) -> String {
    text(faults).replace(SECOND_SYSTEM, "")
}

fn strike(faults: &str) -> Run {
    play(&text(faults))
}

/// Whose processes were killed at 20 s.
fn killed(run: &Run) -> BTreeSet<String> {
    let killed = run
        .records
        .iter()
        .filter(|r| matches!(r.fact, Fact::Crashed { .. }) && r.at / SECOND == 20);
    killed
        .map(|r| run.sim.names().process(r.pid).to_owned())
        .collect()
}

/// Who took messages of `a/t/0` from its leader before 20 s.
fn followers(run: &Run) -> BTreeSet<String> {
    let names = run.sim.names();
    let copied = run.records.iter().filter(|r| match r.fact {
        Fact::Stored {
            queue, first_copy, ..
        } => !first_copy && r.at < 20 * SECOND && names.queue(queue) == "a/t/0",
        _ => false,
    });
    copied.map(|r| names.process(r.pid).to_owned()).collect()
}

#[test]
fn followers_of_are_all_who_copy_from_the_leader() {
    let run = strike(r#"At("20s", Crash(FollowersOf("a/t/0")))"#);
    assert_eq!(followers(&run).len(), 2);
    assert_eq!(killed(&run), followers(&run));
}

#[test]
fn a_follower_of_is_one_of_them() {
    let run = strike(r#"At("20s", Crash(FollowerOf("a/t/0")))"#);
    assert_eq!(killed(&run).len(), 1);
    assert!(
        killed(&run).is_subset(&followers(&run)),
        "{:?}",
        killed(&run)
    );
}

#[test]
fn the_controller_of_a_system_is_its_own() {
    for system in ["a", "b"] {
        let run = strike(&format!(r#"At("20s", Crash(ControllerOf("{system}")))"#));
        let own = BTreeSet::from([format!("{system}/controller")]);
        assert_eq!(killed(&run), own);
    }
}

#[test]
fn where_there_is_one_system_the_controller_needs_no_name() {
    let run = play(&alone(r#"At("20s", Crash(Controller))"#));
    assert_eq!(killed(&run), BTreeSet::from(["a/controller".to_owned()]));
}

/// When a new leader of `a/t/0` was elected after its old one died at 21 s, in seconds.
fn elected(run: &Run) -> Option<u64> {
    let names = run.sim.names();
    let mut after = run.records.iter().filter(|r| r.at > 21 * SECOND);
    let elected = after.find(|r| match r.fact {
        Fact::Elected { queue, .. } => names.queue(queue) == "a/t/0",
        _ => false,
    })?;
    Some(elected.at / SECOND)
}

#[test]
fn without_its_controller_a_cluster_elects_nobody() {
    let leader = r#"At("21s", Crash(LeaderOf("a/t/0")))"#;
    let with = elected(&strike(leader)).expect("a new leader");
    assert!(with <= 30, "the session is 9 s: {with}");
    let gone = |controller: &str| {
        let faults = format!(r#"During("20s", "45s", Crash({controller})), {leader}"#);
        elected(&strike(&faults))
    };
    let own = gone(r#"ControllerOf("a")"#);
    assert!(own.is_none_or(|at| at >= 45), "{own:?}");
    assert_eq!(gone(r#"ControllerOf("b")"#), Some(with));
}
