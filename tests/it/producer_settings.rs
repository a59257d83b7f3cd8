//! Each setting of a producer workload does what its documentation says: changed, it changes what a person can see.

use std::collections::BTreeSet;

use splitbrain::sim::record::Why;
use splitbrain::sim::{Fact, MS, SECOND};

use super::kafka_clients::Run;
use super::scene::{SMALL, Scene};

fn is_made(fact: &Fact) -> bool {
    matches!(fact, Fact::Produced { .. })
}

fn is_acked(fact: &Fact) -> bool {
    matches!(fact, Fact::Acked { .. })
}

fn is_refused(fact: &Fact) -> bool {
    matches!(fact, Fact::Refused { .. })
}

fn produce(producer: &str) -> Run {
    Scene { producer, ..SMALL }.run()
}

#[test]
fn per_node_is_how_many_processes_share_the_rate() {
    let makers = |per_node: u32| {
        let run = produce(&format!(
            "arrivals: Constant(\"100/s\"), stop: \"15s\", per_node: {per_node}"
        ));
        let made = run.times(is_made).len();
        assert!((990..=1000).contains(&made), "{made} in ten seconds");
        let pids = run.records.iter().filter(|r| is_made(&r.fact));
        pids.map(|r| r.pid).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(makers(1), 1);
    assert_eq!(makers(4), 4);
}

#[test]
fn start_stop_and_count_bound_what_is_made() {
    let made = |more: &str| {
        let producer = format!("arrivals: Constant(\"10/s\"), {more}");
        let times = Scene {
            producer: &producer,
            ..SMALL
        }
        .run()
        .times(is_made);
        (times[0], times[times.len() - 1], times.len())
    };
    let (first, last, _) = made("");
    assert!(Run::is_between(first, 5_000, 5_100) && Run::is_between(last, 59_900, 60_000));
    let (first, last, _) = made("stop: \"20s\"");
    assert!(Run::is_between(first, 5_000, 5_100) && Run::is_between(last, 19_900, 20_000));
    assert_eq!(made("count: 17").2, 17);
}

#[test]
fn message_size_is_what_a_message_weighs() {
    let size = |more: &str| {
        let run = produce(&format!("arrivals: Constant(\"10/s\"), count: 1, {more}"));
        let made = |f: &Fact| match f {
            Fact::Produced { bytes, .. } => *bytes,
            _ => 0,
        };
        run.count(made)
    };
    assert_eq!(size(""), 100);
    assert_eq!(size("message_size: \"2KiB\""), 2048);
}

#[test]
fn max_request_size_is_the_largest_message() {
    // 1000 bytes and a header of 61.
    for (most, acked, rejected) in [("1061B", 20, 0), ("1060B", 0, 20)] {
        let run = produce(&format!(
            "arrivals: Constant(\"10/s\"), count: 20, message_size: \"1000B\", max_request_size: \"{most}\""
        ));
        let seen = (run.acked(), run.refused(Why::Rejected));
        assert_eq!(seen, (acked, rejected), "{most}");
    }
}

#[test]
fn max_request_size_limits_what_partitions_share_a_request() {
    // Forty messages for eight partitions wait for the end of linger. One request at a time, two ways of a millisecond.
    let requests = |more: &str| {
        let producer = format!(
            "arrivals: Constant(\"100000/s\"), count: 40, keys: Uniform(n: 1000), linger_ms: \"1s\", \
             max_in_flight_requests_per_connection: 1, {more}"
        );
        let run = Scene {
            topic: "partitions: 8",
            producer: &producer,
            ..SMALL
        }
        .run();
        assert_eq!(run.acked(), 40);
        let times: BTreeSet<u64> = run.times(is_acked).into_iter().collect();
        times.len()
    };
    assert_eq!(requests(""), 1);
    // No room for two batches: a request for each partition.
    assert_eq!(
        requests("max_request_size: \"200B\", batch_size: \"150B\""),
        40
    );
    // 4000 bytes and a header of 61 for each partition.
    assert!((3..8).contains(&requests("max_request_size: \"1500B\"")));
}

#[test]
fn metadata_max_age_lets_an_idle_producer_hear_of_a_new_leader() {
    // broker-1 is away until broker-2 leads; at 60 s it gets its partition back. The message is made at 95 s: who asked
    // meanwhile sends it to the right broker, another one is told off first and waits for its backoff.
    let took = |age: &str| {
        let producer = format!(
            "arrivals: Constant(\"10/s\"), start: \"95s\", count: 1, metadata_max_age_ms: \"{age}\", retry_backoff_ms: \"500ms\""
        );
        let run = Scene {
            seconds: 130,
            brokers: 2,
            cluster: "leader_imbalance_check_interval_seconds: \"60s\",",
            topic: "replication_factor: 2, replica_assignment: [[1, 2]]",
            producer: &producer,
            // Its metadata is of 20 s: the producer is new then.
            faults: "At(\"1s\", Crash(\"broker-1\")), At(\"12s\", Restart(\"broker-1\")), \
                     At(\"19s\", Crash(\"web-1\")), At(\"20s\", Restart(\"web-1\"))",
            ..SMALL
        }
        .run();
        (run.first(is_acked) - run.first(is_made)) / MS
    };
    let (young, old) = (took("10s"), took("1000s"));
    assert!(young < 20, "{young}");
    assert!(old > 400, "{old}");
}

/// How long a producer tries that meets too few in-sync replicas, ms.
fn tries_for(more: &str) -> u64 {
    let producer = format!(
        "arrivals: Constant(\"10/s\"), start: \"30s\", count: 1, linger_ms: \"0ms\", {more}"
    );
    let run = Scene {
        brokers: 3,
        topic: "replication_factor: 3, min_insync_replicas: 2, replica_assignment: [[1, 2, 3]]",
        producer: &producer,
        faults: "At(\"1s\", Crash(\"broker-2\")), At(\"1s\", Crash(\"broker-3\"))",
        seconds: 120,
        ..SMALL
    }
    .run();
    assert_eq!(run.refused(Why::TimedOut), 1);
    (run.first(is_refused) - run.first(is_made)) / MS
}

#[test]
fn retries_and_their_backoff_decide_how_long_a_producer_tries() {
    // Each wait is twice the one before, up to the longest, give or take a fifth (KIP-580); each try takes 2 ms.
    let about = |ms: u64| ms * 8 / 10..=ms * 12 / 10 + 20;
    assert!(about(100 + 200 + 400).contains(&tries_for("retries: 3")));
    assert!(about(100 + 200 + 400 + 800 + 1000).contains(&tries_for("retries: 5")));
    let slow = "retries: 3, retry_backoff_ms: \"1s\"";
    assert!(about(3_000).contains(&tries_for(slow)));
    let cut = "retries: 3, retry_backoff_ms: \"9s\", retry_backoff_max_ms: \"2s\"";
    assert!(
        about(6_000).contains(&tries_for(cut)),
        "never longer than the longest"
    );
    let slower = format!("{slow}, retry_backoff_max_ms: \"10s\"");
    assert!(about(7_000).contains(&tries_for(&slower)));
}

#[test]
fn request_timeout_is_when_a_lost_answer_is_given_up() {
    // The answer to what is made at 6 s is cut off. The request is sent again after the timeout, to a leader that has it.
    let took = |timeout: &str| {
        let producer = format!(
            "arrivals: Constant(\"10/s\"), start: \"6s\", count: 1, linger_ms: \"0ms\", request_timeout_ms: \"{timeout}\""
        );
        let run = Scene {
            producer: &producer,
            faults: "During(\"5900ms\", \"6500ms\", Cut(from: \"broker\", to: \"web\", one_way: true))",
            ..SMALL
        }
        .run();
        run.first(is_acked) - run.first(is_made)
    };
    for timeout in [2, 10] {
        let took = took(&format!("{timeout}s"));
        // And a backoff of 0.1 s before it, and reconnecting.
        assert!(
            (timeout * SECOND..timeout * SECOND + SECOND).contains(&took),
            "{timeout} s: {took}"
        );
    }
}

#[test]
fn without_a_word_a_producer_is_idempotent_unless_acks_or_retries_rule_it_out() {
    // KIP-679. What is stored a second time after a lost answer tells.
    let copies = |more: &str| {
        let producer = format!(
            "arrivals: Constant(\"10/s\"), start: \"6s\", count: 1, linger_ms: \"0ms\", request_timeout_ms: \"1s\", {more}"
        );
        let run = Scene {
            producer: &producer,
            faults: "During(\"5900ms\", \"6500ms\", Cut(from: \"broker\", to: \"web\", one_way: true))",
            ..SMALL
        }
        .run();
        run.stored().len()
    };
    assert_eq!(copies(""), 1);
    assert_eq!(copies("acks: One"), 2);
    assert_eq!(copies("enable_idempotence: false"), 2);
}
