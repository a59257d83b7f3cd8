//! Each setting of a consumer about reading and working does what its documentation says: changed, it changes what a person
//! can see.

use std::collections::BTreeMap;

use splitbrain::sim::record::Outcome;
use splitbrain::sim::{Fact, MS, SECOND};

use super::kafka_clients::Run;
use super::scene::{SMALL, Scene};

const EARLIEST: &str = "auto_offset_reset: Earliest,";

fn is_committed(fact: &Fact) -> bool {
    matches!(fact, Fact::Committed { .. })
}

fn is_handed(fact: &Fact) -> bool {
    matches!(fact, Fact::Handed { .. })
}

/// Ms between the making of each message and its consumer's getting it, of one partition.
fn delays(run: &Run) -> Vec<u64> {
    let mut made = BTreeMap::new();
    let mut delays = Vec::new();
    for record in &run.records {
        match record.fact {
            Fact::Produced { span, .. } => {
                made.insert(span.first, record.at);
            }
            Fact::Handed { span, .. } => {
                delays.extend(span.numbers().map(|n| (record.at - made[&n]) / MS));
            }
            _ => {}
        }
    }
    delays
}

/// A message each second, in a batch of 161 bytes, to an idle consumer.
fn slow_stream(group: &str) -> Run {
    let group = format!("{EARLIEST} {group}");
    Scene {
        producer: "arrivals: Constant(\"1/s\"), start: \"10s\", count: 30, linger_ms: \"0ms\"",
        group: &group,
        ..SMALL
    }
    .run()
}

#[test]
fn a_fetch_waits_for_fetch_min_bytes_but_not_longer_than_fetch_max_wait() {
    let at_once = delays(&slow_stream(""));
    assert_eq!(at_once.len(), 30);
    assert!(at_once.iter().all(|&d| d < 10), "{at_once:?}");
    // Three batches are 483 bytes: the first of them waits for two more seconds.
    let three = slow_stream("fetch_min_bytes: \"400B\", fetch_max_wait_ms: \"20s\"");
    assert!(
        three.polls().iter().all(|p| p.1 == 3),
        "{:?}",
        three.polls()
    );
    let waited = delays(&three);
    assert!((2_000..2_010).contains(waited.iter().max().unwrap()));
    // Half a second is the default.
    let half = delays(&slow_stream("fetch_min_bytes: \"400B\""));
    let longest = *half.iter().max().unwrap();
    assert!((100..=510).contains(&longest), "{longest}");
    let short = delays(&slow_stream(
        "fetch_min_bytes: \"400B\", fetch_max_wait_ms: \"50ms\"",
    ));
    let longest = *short.iter().max().unwrap();
    assert!((20..=60).contains(&longest), "{longest}");
}

/// Two hundred messages in batches of one wait for a consumer of four partitions. How many it gets at a time.
fn backlog(group: &str) -> Vec<u32> {
    let group = format!("{EARLIEST} start: \"20s\", {group}");
    let run = Scene {
        topic: "partitions: 4",
        producer: "arrivals: Constant(\"100/s\"), count: 200, keys: Uniform(n: 1000), batch_size: \"0B\"",
        group: &group,
        ..SMALL
    }
    .run();
    assert_eq!(run.ended(Outcome::Done), 200);
    run.polls().into_iter().map(|p| p.1).collect()
}

#[test]
fn fetch_limits_bound_what_an_answer_brings() {
    assert_eq!(backlog(""), [200]);
    // Three batches of 161 bytes are 483.
    let all = backlog("fetch_max_bytes: \"483B\"");
    assert!(all.iter().all(|&n| n <= 3) && all.contains(&3), "{all:?}");
    let each = backlog("max_partition_fetch_bytes: \"483B\"");
    assert!(each.iter().all(|&n| n <= 12), "{each:?}");
    assert_eq!(each[0], 12, "three of each partition");
    // What is larger than the limit comes alone, so that the consumer gets on (KIP-74).
    assert_eq!(backlog("fetch_max_bytes: \"1B\""), [1; 200]);
}

#[test]
fn max_poll_records_is_what_one_poll_returns() {
    let work = "service_time: \"1ms\"";
    assert_eq!(backlog(&format!("{work}, max_poll_records: 50")), [50; 4]);
    assert_eq!(backlog(&format!("{work}, max_poll_records: 200")), [200]);
}

#[test]
fn failure_is_the_chance_that_work_on_a_message_fails() {
    let skipped = |failure: &str| {
        let group = format!("{EARLIEST} failure: \"{failure}\", on_error: Skip");
        let run = Scene {
            producer: "arrivals: Constant(\"100/s\"), count: 4000",
            group: &group,
            ..SMALL
        }
        .run();
        let (done, skipped) = (run.ended(Outcome::Done), run.ended(Outcome::Skipped));
        assert_eq!(done + skipped, 4000);
        f64::from(skipped) / 4000.0
    };
    assert_eq!(skipped("0%").to_bits(), 0.0f64.to_bits());
    // 99.9 % of samples of 4000 lie within 3.29 standard deviations.
    let half: f64 = 3.29 * (0.3 * 0.7 / 4000.0_f64).sqrt();
    let share = skipped("30%");
    assert!((share - 0.3).abs() < half, "{share}");
}

#[test]
fn a_failure_is_drawn_anew_for_each_try() {
    // With a chance of one half a message takes two tries on average, and none fails for ever.
    let group = format!("{EARLIEST} failure: \"50%\", on_error: Retry(backoff: \"1ms\")");
    let run = Scene {
        producer: "arrivals: Constant(\"50/s\"), count: 2000",
        group: &group,
        ..SMALL
    }
    .run();
    assert_eq!(run.ended(Outcome::Done), 2000);
    // Failures before a success: mean 1, variance 2.
    let mean = f64::from(run.ended(Outcome::Failed)) / 2000.0;
    assert!(
        (mean - 1.0).abs() < 3.29 * (2.0_f64 / 2000.0).sqrt(),
        "{mean}"
    );
}

#[test]
fn a_group_reads_every_topic_it_is_given() {
    let done = |from: &str| {
        let other = r#"Producer(name: "q", nodes: "web-2", to: "k/u", start: "5s", arrivals: Constant("10/s"), count: 30)"#;
        let group = format!(
            "ConsumerGroup(name: \"h\", nodes: \"worker-2\", from: {from}, auto_offset_reset: Earliest)"
        );
        let workloads = format!("{other}, {group}");
        let run = Scene {
            producer: "arrivals: Constant(\"10/s\"), count: 50",
            more: ("(name: \"u\", partitions: 2)", &workloads),
            ..SMALL
        }
        .run();
        run.ended(Outcome::Done)
    };
    assert_eq!(done("\"k/u\""), 30);
    assert_eq!(done("[\"k/t\", \"k/u\"]"), 80);
}

#[test]
fn what_must_stay_in_order_does_and_the_rest_need_not() {
    // For each ordering: whether the work on each partition, and on each key, ends in the order of the messages.
    let sorted = |ordering: &str| {
        let group = format!(
            "{EARLIEST} concurrency: 8, ordering: {ordering}, service_time: Exponential(mean: \"20ms\")"
        );
        let run = Scene {
            topic: "partitions: 2",
            producer: "arrivals: Constant(\"60/s\"), count: 1500, keys: Uniform(n: 10)",
            group: &group,
            ..SMALL
        }
        .run();
        let mut keys = BTreeMap::new();
        let (mut by_part, mut by_key) = (BTreeMap::new(), BTreeMap::new());
        for record in &run.records {
            match record.fact {
                Fact::Produced { span, key, .. } => {
                    keys.insert((span.lane.0, span.first), key);
                }
                Fact::Processed { span, offset, .. } => {
                    let key = keys[&(span.lane.0, span.first)];
                    by_part
                        .entry(span.lane.0)
                        .or_insert_with(Vec::new)
                        .push(offset);
                    by_key
                        .entry((span.lane.0, key))
                        .or_insert_with(Vec::new)
                        .push(offset);
                }
                _ => {}
            }
        }
        (
            by_part.values().all(|o| o.is_sorted()),
            by_key.values().all(|o| o.is_sorted()),
        )
    };
    assert_eq!(sorted("Partition"), (true, true));
    assert_eq!(sorted("Key"), (false, true));
    assert_eq!(sorted("None"), (false, false));
}

/// A leader that freezes at 40 s; when its consumer goes on with the next one.
fn goes_on_at(group: &str) -> u64 {
    let group = format!("{EARLIEST} {group}");
    let run = Scene {
        seconds: 200,
        brokers: 3,
        cluster: "offsets_topic_replication_factor: 3,",
        topic: "replication_factor: 3, replica_assignment: [[1, 2, 3]]",
        producer: "arrivals: Constant(\"10/s\"), request_timeout_ms: \"1s\"",
        group: &group,
        faults: "At(\"40s\", Pause(\"broker-1\"))",
        ..SMALL
    }
    .run();
    let after = run.times(is_handed);
    *after
        .iter()
        .find(|&&at| at > 41 * SECOND)
        .unwrap_or(&u64::MAX)
}

#[test]
fn request_timeout_is_when_a_consumer_gives_up_a_frozen_leader() {
    // Its fetch was sent within the half second before 40 s; the next leader is there about 9 s after.
    let at = goes_on_at("request_timeout_ms: \"20s\"");
    assert!(Run::is_between(at, 59_400, 63_000), "{at}");
    let at = goes_on_at("request_timeout_ms: \"40s\"");
    assert!(Run::is_between(at, 79_400, 83_000), "{at}");
}

#[test]
fn metadata_max_age_lets_a_consumer_hear_of_a_new_leader() {
    // Its fetch hangs for 500 s; it asked for metadata in its first seconds.
    let hangs = "request_timeout_ms: \"500s\"";
    let at = goes_on_at(&format!("{hangs}, metadata_max_age_ms: \"60s\""));
    assert!(Run::is_between(at, 60_000, 66_000), "{at}");
    assert_eq!(
        goes_on_at(hangs),
        u64::MAX,
        "in five minutes at the earliest"
    );
}

/// The broker is away from 30 s on. When it is back, the consumer's commit waits for its next attempt: how long, ms.
fn commits_after(back_s: u64, group: &str) -> u64 {
    let group = format!("{EARLIEST} commit: AfterEach, {group}");
    let faults = format!("During(\"30s\", \"{back_s}s\", Crash(\"broker\"))");
    let run = Scene {
        seconds: 130,
        cluster: "broker_session_timeout_ms: \"1s\", broker_heartbeat_interval_ms: \"200ms\",",
        producer: "arrivals: Constant(\"10/s\")",
        group: &group,
        faults: &faults,
        ..SMALL
    }
    .run();
    let times = run.times(is_committed);
    let next = times.iter().find(|&&at| at > back_s * SECOND);
    (next.expect("it commits again") - back_s * SECOND) / MS
}

#[test]
fn retry_backoff_spaces_out_a_consumers_attempts() {
    // After 40 s its attempts are a second apart, give or take a fifth, and it needs two: to find the coordinator and to
    // commit.
    let longest = |more: &str| commits_after(70, more);
    assert!(longest("") < 2_400);
    let seen = longest("retry_backoff_max_ms: \"20s\"");
    assert!((2_400..48_000).contains(&seen), "{seen}");
    // After 3 s they are that far apart, if the first wait was a tenth of a second: each is twice the one before.
    let first = |ms: u64| {
        commits_after(
            33,
            &format!("retry_backoff_ms: \"{ms}ms\", retry_backoff_max_ms: \"20s\""),
        )
    };
    assert!(first(100) < 8_000, "{}", first(100));
    let seen = first(20_000);
    assert!((13_000..48_000).contains(&seen), "{seen}");
}
