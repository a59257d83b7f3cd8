//! Which replica a client calls: its balance, and what it thinks of each one's health. Every link takes a millisecond.

use std::collections::BTreeMap;

use splitbrain::sim::call::{Answer, CallFact, NoCall};
use splitbrain::sim::{MS, Pid, SECOND};

use super::calls::{answered, asks, leaf, refused, steady};
use super::kafka_clients::Run;
use super::services::{calls, scene};

/// How many requests each replica served from a time on.
fn shares(run: &Run, from_ns: u64) -> Vec<u32> {
    let mut by_pid: BTreeMap<Pid, u32> = BTreeMap::new();
    for (record, fact) in calls(run) {
        if matches!(fact, CallFact::Served { .. }) && record.at >= from_ns {
            *by_pid.entry(record.pid).or_default() += 1;
        }
    }
    by_pid.into_values().collect()
}

#[test]
fn requests_are_shared_out_as_the_balance_says() {
    let run = |balance: &str, faults: &str| {
        let client = format!("balance: {balance}");
        let system = leaf("app", "threads: 4,");
        scene(10, &system, &asks("do", &steady(400), &client), faults)
    };
    assert_eq!(shares(&run("RoundRobin", ""), 0), [100; 4]);
    let weighted = run("Weighted(weights: [4, 3, 2, 1])", "");
    assert_eq!(shares(&weighted, 0), [160, 120, 80, 40]);
    // The standard deviation is √(400 × 1/4 × 3/4) = 8.7.
    let random = shares(&run("Random", ""), 0);
    assert!(random.iter().all(|&n| (65..135).contains(&n)), "{random:?}");
    // One that is twenty times slower has always something under way: others are less busy.
    let slow = r#"At("1ms", Slow(target: "app-1", factor: 20))"#;
    let turns = shares(&run("RoundRobin", slow), 0);
    let busy = shares(&run("LeastBusy", slow), 0);
    let choices = shares(&run("PowerOfChoices()", slow), 0);
    assert_eq!(turns, [100; 4]);
    assert!(busy[0] < 40, "{busy:?}");
    assert!(choices[0] < 60, "{choices:?}");
}

#[test]
fn consistent_hashing_sends_a_key_to_one_replica() {
    let client = "balance: ConsistentHash()";
    let load = asks("do", &steady(200), client).replace("client:", "keys: Uniform(n: 1), client:");
    let one = shares(&scene(5, &leaf("app", ""), &load, ""), 0);
    assert_eq!(one, [200]);
    let load =
        asks("do", &steady(400), client).replace("client:", "keys: Uniform(n: 1000), client:");
    let many = shares(&scene(5, &leaf("app", ""), &load, ""), 0);
    assert!(many.len() == 4 && many.iter().all(|&n| n > 30), "{many:?}");
}

/// A hundred requests a second to four replicas, of which some stand still from 1 s to 6 s. Who waits longer than 20 ms gives up.
fn paused(nodes: &[&str], client: &str) -> Run {
    let faults: String = nodes
        .iter()
        .map(|node| format!(r#"During("1s", "6s", Pause("{node}")),"#))
        .collect();
    let client = format!(r#"timeout: "20ms", {client}"#);
    let system = leaf("app", "");
    scene(12, &system, &asks("do", &steady(1000), &client), &faults)
}

fn judged(run: &Run) -> Vec<(bool, u64)> {
    let judged = calls(run).filter_map(|(r, f)| match f {
        CallFact::Judged { well, .. } => Some((well, r.at / MS)),
        _ => None,
    });
    judged.collect()
}

const CHECKS: &str = r#"health_check: (interval: "100ms", timeout: "50ms", unhealthy_threshold: 2, healthy_threshold: 3)"#;

#[test]
fn a_replica_that_does_not_answer_checks_gets_no_calls_until_it_does() {
    let blind = paused(&["app-1"], "");
    // Each fourth, in 5 s of a hundred a second, and a few that come to it while it works off what had come.
    let given_up = answered(&blind, Answer::TimedOut);
    assert!((124..=135).contains(&given_up), "{given_up}");
    let run = paused(&["app-1"], CHECKS);
    let [(false, out), (true, back)] = judged(&run)[..] else {
        panic!("{:?}", judged(&run));
    };
    // Two checks fail, the second at most 200 ms after the beginning, and 50 ms later that is known. Then three succeed.
    assert!((1150..=1250).contains(&out), "{out}");
    assert!((6200..=6303).contains(&back), "{back}");
    // Each fourth, of a quarter of a second; what is paused answers late.
    let given_up = answered(&run, Answer::TimedOut);
    assert!((3..=7).contains(&given_up), "{given_up}");
    assert!(shares(&run, 7 * SECOND).len() == 4);
}

#[test]
fn a_client_that_comes_back_checks_again() {
    let system = leaf("app", "");
    let faults = r#"During("2s", "3s", Crash("web")), At("5s", Pause("app-1"))"#;
    let client = format!(r#"timeout: "20ms", {CHECKS}"#);
    let load = asks("do", &steady(1000), &client);
    let run = scene(8, &system, &load, faults);
    let [(false, out)] = judged(&run)[..] else {
        panic!("{:?}", judged(&run));
    };
    assert!((5150..=5250).contains(&out), "{out}");
}

#[test]
fn passive_checks_leave_a_replica_out_after_a_failure_and_try_it_once_in_a_while() {
    let run = paused(&["app-1"], r#"passive_health_check: (fail_timeout: "1s")"#);
    // One failure, and one for each try after a second or a little more.
    let given_up = answered(&run, Answer::TimedOut);
    assert!((4..=6).contains(&given_up), "{given_up}");
    assert_eq!(shares(&run, 8 * SECOND).len(), 4);
    let twice = r#"passive_health_check: (max_fails: 2, fail_timeout: "10s")"#;
    assert_eq!(answered(&paused(&["app-1"], twice), Answer::TimedOut), 2);
}

#[test]
fn an_outlier_is_left_out_after_so_many_failures_in_a_row() {
    let outliers = |more: &str| {
        let client =
            format!(r#"outlier_detection: (interval: "1s", base_ejection_time: "3s", {more})"#);
        paused(&["app-1"], &client)
    };
    // No more than a tenth of four is nobody; half is two.
    let nobody = outliers("");
    assert!(judged(&nobody).is_empty());
    let run = outliers(r#"max_ejection_percent: "50%""#);
    // Five in a row, each fourth of a hundred a second; back at a look after 3 s, out again for twice as long.
    let [(false, out), (true, back), (false, again), (true, last)] = judged(&run)[..] else {
        panic!("{:?}", judged(&run));
    };
    assert!((1180..=1230).contains(&out), "{out}");
    assert!((out + 3000..out + 4000).contains(&back), "{back}");
    assert!((back + 180..back + 230).contains(&again), "{again}");
    assert!((again + 6000..again + 7000).contains(&last), "{last}");
    assert_eq!(answered(&run, Answer::TimedOut), 10);
}

#[test]
fn with_too_few_that_are_well_all_are_called_again() {
    let late = |run: &Run| {
        let all = calls(run).filter(|(r, _)| (2 * SECOND..6 * SECOND).contains(&r.at));
        let gave_up = |f| {
            matches!(
                f,
                CallFact::Answered {
                    how: Answer::TimedOut,
                    ..
                }
            )
        };
        all.filter(|(_, f)| gave_up(*f)).count()
    };
    let three = ["app-1", "app-2", "app-3"];
    // One of four is less than half: three quarters of 4 s of a hundred a second.
    assert_eq!(late(&paused(&three, CHECKS)), 300);
    let trusting = format!(r#"{CHECKS}, healthy_panic_threshold: "25%""#);
    assert_eq!(late(&paused(&three, &trusting)), 0);
    assert_eq!(late(&paused(&three[..2], CHECKS)), 0);
    // Nobody is well, and nobody is called.
    let all = ["app-1", "app-2", "app-3", "app-4"];
    let strict = format!(r#"{CHECKS}, healthy_panic_threshold: "0%""#);
    let run = paused(&all, &strict);
    assert_eq!(late(&run), 0);
    assert!(refused(&run, NoCall::NoReplica) > 400);
}

#[test]
fn a_check_of_a_replica_that_died_fails_at_once() {
    let faults = r#"During("1s", "3s", Crash("app-1"))"#;
    let client = CHECKS.replace("50ms", "100ms");
    let run = scene(
        5,
        &leaf("app", ""),
        &asks("do", &steady(400), &client),
        faults,
    );
    let [(false, out), (true, back)] = judged(&run)[..] else {
        panic!("{:?}", judged(&run));
    };
    // At the second check, which comes within 200 ms, and the way there and back.
    assert!((1100..=1202).contains(&out), "{out}");
    assert!((3200..=3303).contains(&back), "{back}");
    let failed = answered(&run, Answer::Failed);
    assert!((1..=7).contains(&failed), "{failed}");
}
