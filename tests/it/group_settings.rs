//! Each setting of a group about who belongs to it and where it goes on, and each of the brokers' about groups, does what its
//! documentation says: changed, it changes what a person can see.

use std::collections::BTreeSet;

use splitbrain::sim::record::Outcome;
use splitbrain::sim::{Fact, MS, SECOND};

use super::kafka_clients::Run;
use super::scene::{SMALL, Scene};

const EARLIEST: &str = "auto_offset_reset: Earliest,";

fn is_committed(fact: &Fact) -> bool {
    matches!(fact, Fact::Committed { .. })
}

fn is_assigned(fact: &Fact) -> bool {
    matches!(fact, Fact::Assigned { .. })
}

fn is_handed(fact: &Fact) -> bool {
    matches!(fact, Fact::Handed { .. })
}

#[test]
fn per_node_is_how_many_consumers_run() {
    for consumers in [1, 3] {
        let group = format!("{EARLIEST} per_node: {consumers}");
        let run = Scene {
            topic: "partitions: 3",
            producer: "arrivals: Constant(\"50/s\"), keys: Uniform(n: 1000)",
            group: &group,
            ..SMALL
        }
        .run();
        let busy = run.records.iter().filter(|r| is_handed(&r.fact));
        let busy: BTreeSet<_> = busy.map(|r| r.pid).collect();
        assert_eq!(busy.len(), consumers);
    }
}

/// A hundred messages, then a consumer; it dies in the middle of its work and comes back.
fn interrupted(commit: &str) -> Run {
    let group = format!(
        "{EARLIEST} service_time: \"100ms\", commit: {commit}, start: \"20s\", session_timeout_ms: \"10s\""
    );
    Scene {
        seconds: 90,
        producer: "arrivals: Constant(\"100/s\"), count: 100, batch_size: \"0B\"",
        group: &group,
        faults: "At(\"28050ms\", Crash(\"worker-1\")), At(\"29s\", Restart(\"worker-1\"))",
        ..SMALL
    }
    .run()
}

#[test]
fn committing_after_each_message_repeats_at_most_the_one_at_work() {
    let repeated = |run: &Run| {
        let done = run.processed(Outcome::Done);
        assert_eq!(done.len(), 100, "at least once");
        done.values().filter(|&&times| times > 1).count()
    };
    let each = interrupted("AfterEach");
    assert!(repeated(&each) <= 1);
    assert!(each.times(is_committed).len() >= 100, "one for each");
    let after = interrupted("AfterProcessing");
    assert!(
        repeated(&after) > 10,
        "what was done of its poll is done again"
    );
    assert_eq!(
        after.times(is_committed).len(),
        1,
        "one for its only whole poll"
    );
}

#[test]
fn auto_offset_reset_says_where_to_begin_without_a_position() {
    let run = |reset: &str| {
        let group = format!("auto_offset_reset: {reset}, start: \"20s\"");
        Scene {
            producer: "arrivals: Constant(\"10/s\"), count: 500",
            group: &group,
            seconds: 70,
            ..SMALL
        }
        .run()
    };
    let first = |run: &Run| {
        let of = |f: &Fact| match f {
            Fact::Handed { span, .. } => Some(span.first),
            _ => None,
        };
        run.records.iter().find_map(|r| of(&r.fact))
    };
    let earliest = run("Earliest");
    assert_eq!(
        (first(&earliest), earliest.ended(Outcome::Done)),
        (Some(0), 500)
    );
    let latest = run("Latest");
    let begun = first(&latest).expect("it reads");
    assert!(
        begun >= 150,
        "{begun}: what was there before it came is not read"
    );
    assert_eq!(latest.ended(Outcome::Done), 500 - begun);
    let none = run("None");
    assert_eq!(first(&none), None);
    let consumer = none.pid("g-1");
    let stopped = |f: &Fact| matches!(f, Fact::Halted { .. });
    assert_eq!(none.of(consumer).filter(|r| stopped(&r.fact)).count(), 1);
}

#[test]
fn a_group_begins_at_its_start() {
    let assigned_at = |start: &str| {
        let run = Scene {
            producer: "arrivals: Constant(\"10/s\")",
            group: start,
            ..SMALL
        }
        .run();
        run.first(is_assigned)
    };
    // The first rebalance waits for 3 s.
    assert!(Run::is_between(assigned_at("start: \"0s\""), 3_000, 5_000));
    assert!(Run::is_between(
        assigned_at("start: \"30s\""),
        33_000,
        34_000
    ));
}

#[test]
fn the_client_commits_every_auto_commit_interval_if_at_all() {
    let commits = |more: &str| {
        let group = format!("{EARLIEST} {more}");
        let run = Scene {
            producer: "arrivals: Constant(\"50/s\")",
            group: &group,
            seconds: 65,
            ..SMALL
        }
        .run();
        run.times(is_committed)
    };
    for (more, seconds) in [("", 5), ("auto_commit_interval_ms: \"1s\"", 1)] {
        let times = commits(more);
        // It happens in the first poll after the interval: up to 20 ms later, when the next message comes.
        let apart =
            |w: &[u64]| (seconds * SECOND..=seconds * SECOND + 25 * MS).contains(&(w[1] - w[0]));
        assert!(times.windows(2).skip(1).all(apart), "{times:?}");
        assert!(times.len() as u64 > 50 / seconds);
    }
    assert!(commits("enable_auto_commit: false").is_empty());
}

#[test]
fn the_first_rebalance_waits_for_more_members() {
    let assigned_at = |cluster: &str| {
        let run = Scene {
            cluster,
            producer: "arrivals: Constant(\"10/s\")",
            group: "start: \"20s\"",
            ..SMALL
        }
        .run();
        run.first(is_assigned)
    };
    assert!(Run::is_between(assigned_at(""), 23_000, 23_100));
    let longer = "group_initial_rebalance_delay_ms: \"10s\",";
    assert!(Run::is_between(assigned_at(longer), 30_000, 30_100));
    let none = "group_initial_rebalance_delay_ms: \"0s\",";
    assert!(Run::is_between(assigned_at(none), 20_000, 20_100));
}

#[test]
fn brokers_bound_the_session_timeout_a_consumer_may_ask_for() {
    let works = |cluster: &str, session: &str| {
        let group = format!("session_timeout_ms: \"{session}\"");
        let run = Scene {
            cluster,
            producer: "arrivals: Constant(\"10/s\")",
            group: &group,
            ..SMALL
        }
        .run();
        let consumer = run.pid("g-1");
        let ended = run
            .of(consumer)
            .any(|r| matches!(r.fact, Fact::Halted { .. }));
        let works = run.ended(Outcome::Done) > 0;
        assert_ne!(
            ended, works,
            "{session}: who is turned away says so and ends"
        );
        works
    };
    assert!(works("", "6s"));
    assert!(!works("", "5999ms"));
    assert!(works("group_min_session_timeout_ms: \"5s\",", "5999ms"));
    assert!(works("", "1800s"));
    assert!(!works("", "1801s"));
    assert!(!works("group_max_session_timeout_ms: \"40s\",", "45s"));
}

#[test]
fn max_poll_interval_is_how_long_an_application_may_work() {
    let evicted_after = |interval: &str| {
        let group =
            format!("{EARLIEST} service_time: \"1000s\", max_poll_interval_ms: \"{interval}\"");
        let run = Scene {
            seconds: 120,
            producer: "arrivals: Constant(\"10/s\"), count: 1",
            group: &group,
            ..SMALL
        }
        .run();
        let handed = run.first(is_handed);
        run.evicted()
            .iter()
            .map(|e| e.0 - handed)
            .collect::<Vec<_>>()
    };
    assert_eq!(evicted_after("20s"), [20 * SECOND]);
    assert_eq!(evicted_after("70s"), [70 * SECOND]);
    assert!(evicted_after("300s").is_empty());
}

#[test]
fn session_timeout_is_how_long_a_member_may_be_silent() {
    let evicted_after = |session: u64| {
        let group = format!("session_timeout_ms: \"{session}s\"");
        let run = Scene {
            seconds: 130,
            producer: "arrivals: Constant(\"10/s\")",
            group: &group,
            faults: "At(\"40s\", Crash(\"worker-1\"))",
            ..SMALL
        }
        .run();
        run.evicted()[0].0 - 40 * SECOND
    };
    for session in [10, 60] {
        // It spoke last at most one heartbeat of 3 s before.
        let after = evicted_after(session);
        assert!(
            ((session - 3) * SECOND..=session * SECOND + 10 * MS).contains(&after),
            "{session} s: {after}"
        );
    }
}

#[test]
fn heartbeat_interval_is_how_soon_members_hear_of_a_rebalance() {
    // A second consumer comes when its machine is reachable. The first one hears of it in the answer to a heartbeat.
    let took = |seconds: u64| {
        let group = format!("heartbeat_interval_ms: \"{seconds}s\", session_timeout_ms: \"60s\"");
        let run = Scene {
            seconds: 100,
            topic: "partitions: 2",
            producer: "arrivals: Constant(\"10/s\"), keys: Uniform(n: 100)",
            group: &group,
            workers: "worker",
            faults: "During(\"0s\", \"30s\", Isolate(\"worker-2\"))",
            ..SMALL
        }
        .run();
        let begun = run.times(|f| matches!(f, Fact::RebalanceBegan { .. }));
        let ended = run.times(|f| matches!(f, Fact::Rebalanced { .. }));
        assert_eq!((begun.len(), ended.len()), (2, 2));
        ended[1] - begun[1]
    };
    assert!(took(1) <= SECOND + 10 * MS);
    assert!((SECOND + 10 * MS..=20 * SECOND + 10 * MS).contains(&took(20)));
}
