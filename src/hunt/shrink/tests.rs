//! Each pass alone: what it proposes.

use std::sync::Arc;

use super::super::failure::Failure;
use super::super::{Loaded, complete};
use super::propose::{Now, Pass};
use super::{cut, dists, earlier, faults, leave_out, numbers, strikes, times};
use crate::checks::{Expect, Property};
use crate::scenario::tree_of;

/// Four nodes, two faults, a queue and what is drawn by chance.
const TEXT: &str = r#"(
    title: "t", seed: 3, duration: "40s",
    nodes: [(name: "queue"), (name: "web"), (name: "worker", count: 3, cores: 3)],
    network: (latency: LogNormal(median: "500us", p99: "3ms")),
    systems: [Sqs(name: "q", nodes: "queue", queues: [(name: "jobs", visibility_timeout: "5s")])],
    workloads: [
        QueueSender(name: "p", nodes: "web", to: "q/jobs", arrivals: Poisson("400/s"), keys: Zipf(n: 20, s: 1.1)),
        QueueWorkers(name: "g", nodes: "worker", from: "q/jobs", service_time: Exponential(mean: "5ms")),
    ],
    faults: [
        During("12483127us", "16483127us", Pause("worker-3")),
        Every(every: "9s", lasting: "2s", fault: Crash("queue")),
    ],
)"#;

/// A run that fails at 20.3 s.
fn now(text: &str, goal: Expect) -> Now {
    let loaded = Loaded::from_text("t.ron", text, &[]).and_then(complete);
    let loaded = loaded.unwrap_or_else(|d| panic!("{}", d.render(false)));
    let failure = Failure {
        goal,
        at: 20_300_000_000,
        event: 1,
        message: String::new(),
        measured: None,
    };
    Now {
        tree: tree_of(&loaded.document).expect("a tree"),
        loaded: Arc::new(loaded),
        failure,
    }
}

/// What a pass proposes, each on one line.
fn proposed(pass: Pass) -> Vec<String> {
    let now = now(TEXT, Expect::Holds(Property::AtMostOnce));
    let proposals = pass(&now).into_iter();
    proposals.map(|p| p.tree.line()).collect()
}

/// Where in what is proposed a change stands first.
fn place(all: &[String], is_it: impl Fn(&str) -> bool) -> usize {
    let found = all.iter().position(|line| is_it(line));
    found.unwrap_or_else(|| panic!("{all:#?}"))
}

#[test]
fn a_tree_of_a_text_is_that_text() {
    let now = now(TEXT, Expect::Holds(Property::AtMostOnce));
    let again = Loaded::from_text("t.ron", &now.tree.text(), &[]).expect("good");
    assert_eq!(again.scenario, now.loaded.scenario);
}

#[test]
fn the_end_comes_just_behind_what_breaks() {
    let all = proposed(cut::pass);
    let place = |text: &str| place(&all, |line| line.contains(&format!("duration: \"{text}\"")));
    assert!(place("21s") < place("30s"));
    assert!(!all.iter().any(|line| line.contains("duration: \"40s\"")));
}

#[test]
fn faults_are_left_out_all_at_once_and_one_by_one() {
    let all = proposed(faults::leave_out);
    let (pause, every) = ("Pause(", "Every(");
    let none = place(&all, |line| !line.contains(pause) && !line.contains(every));
    let one = place(&all, |line| line.contains(pause) && !line.contains(every));
    let other = place(&all, |line| !line.contains(pause) && line.contains(every));
    assert!(none < one && one < other);
}

#[test]
fn what_mends_stays_where_it_must_come_true_again() {
    let text = TEXT.replace("faults: [", "faults: [At(\"30s\", Restart(All)),");
    let within = "5s".parse().unwrap();
    let now = now(&text, Expect::Holds(Property::Recovers { within }));
    let all = faults::leave_out(&now);
    assert!(all.iter().all(|p| p.tree.line().contains("Restart(All)")));
}

#[test]
fn faults_last_half_as_long() {
    let all = proposed(faults::shorten);
    place(&all, |line| line.contains("\"14.483127s\", Pause"));
    place(&all, |line| line.contains("lasting: \"1s\""));
}

#[test]
fn each_strike_becomes_a_fault_of_its_own() {
    let all = proposed(strikes::pass);
    let crash = |at: u32| format!("During(\"{at}s\", \"{}s\", Crash(\"queue\"))", at + 2);
    let line = &all[place(&all, |line| line.contains(&crash(9)))];
    assert!(
        line.contains(&crash(18)) && !line.contains("Every("),
        "{line}"
    );
    assert!(!line.contains(&crash(27)), "it broke before: {line}");
}

#[test]
fn all_faults_begin_earlier_and_the_end_comes_as_much_earlier() {
    let text = TEXT
        .replace("\"12483127us\", \"16483127us\"", "\"12s\", \"16s\"")
        .replace("every: \"9s\"", "every: \"9s\", first: \"20s\"");
    let now = now(&text, Expect::Holds(Property::AtMostOnce));
    let all: Vec<String> = earlier::pass(&now)
        .into_iter()
        .map(|p| p.tree.line())
        .collect();
    let line = &all[place(&all, |line| line.contains("During(\"2s\", \"6s\""))];
    assert!(
        line.contains("first: \"10s\"") && line.contains("duration: \"30s\""),
        "{line}"
    );
}

#[test]
fn entries_and_fields_are_left_out_the_outer_first() {
    let all = proposed(leave_out::pass);
    let network = place(&all, |line| !line.contains("network:"));
    let worker = place(&all, |line| {
        !line.contains("QueueWorkers(") && line.contains("QueueSender(")
    });
    let timeout = place(&all, |line| line.contains("queues: [(name: \"jobs\")]"));
    assert!(network < worker && worker < timeout);
    let given = ["title: ", "seed: ", "duration: "];
    assert!(
        all.iter()
            .all(|line| given.iter().all(|g| line.contains(g)))
    );
}

#[test]
fn less_happens_and_less_often() {
    let all = proposed(numbers::amounts);
    let place = |rate: &str| place(&all, |line| line.contains(&format!("Poisson(\"{rate}\")")));
    assert!(place("4/s") < place("40/s") && place("40/s") < place("200/s"));
}

#[test]
fn numbers_that_are_alike_get_less_together_and_names_become_the_first() {
    let all = proposed(numbers::counts);
    place(&all, |line| line.contains("count: 2, cores: 2"));
    place(&all, |line| line.contains("count: 1, cores: 3"));
    place(&all, |line| line.contains("Pause(\"worker-1\")"));
    assert!(all.iter().all(|line| line.contains("seed: 3")));
}

#[test]
fn what_chance_decides_becomes_regular() {
    let all = proposed(dists::pass);
    place(&all, |line| line.contains("service_time: \"5ms\""));
    place(&all, |line| line.contains("arrivals: Constant(\"400/s\")"));
    place(&all, |line| line.contains("keys: Uniform(n: 20)"));
}

#[test]
fn times_become_rounder_the_roundest_first() {
    let all = proposed(times::pass);
    let begins = |text: &str| place(&all, |line| line.contains(&format!("During(\"{text}\"")));
    assert!(begins("10s") < begins("12s") && begins("12s") < begins("12.5s"));
    assert!(all.iter().all(|line| line.contains("duration: \"40s\"")));
}
