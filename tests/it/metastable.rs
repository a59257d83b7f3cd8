//! The shipped retry storms over a hundred seeds: the storm stays when its cause is gone, and does not come without one; jitter
//! changes nothing, and each cure ends it. And what feeds it: retries of several tiers multiply.

use std::sync::Arc;

use splitbrain::hunt::parallel::{all_cores, in_order};
use splitbrain::hunt::{self, Loaded, Options, Session};
use splitbrain::sim::call::CallFact;

use super::services::{calls, scene};

const SEEDS: u64 = 100;
const CURES: [&str; 5] = [
    "retry-storm-budget",
    "retry-storm-breaker",
    "retry-storm-shedding",
    "retry-storm-lifo",
    "retry-storm-deadline",
];

fn load(name: &str) -> Arc<Loaded> {
    Arc::new(hunt::load(name, &[]).unwrap_or_else(|e| panic!("{name}: {e:?}")))
}

fn run(loaded: &Arc<Loaded>, seed: u64, control: bool) -> Session {
    let options = Options {
        seed: Some(seed),
        control,
        ..Options::default()
    };
    let mut session = Session::new(Arc::clone(loaded), options);
    session.run();
    session
}

/// With how many seeds goodput stays under half of what is asked for, in each 5 s from shortly after the trigger until the end.
fn metastable(name: &str, control: bool) -> usize {
    let loaded = load(name);
    let stays_down = |session: &Session| {
        let best = session
            .watch()
            .unwrap()
            .metrics
            .metric("goodput.best_after");
        best.unwrap().value < 0.5
    };
    let mut down = 0;
    let mut count = |seed, result: Result<bool, _>| {
        down += usize::from(result.unwrap_or_else(|_| panic!("seed {seed}")));
    };
    let one = |seed, _: &_| Some(stays_down(&run(&loaded, seed, control)));
    assert_eq!(in_order(0..SEEDS, all_cores(), one, &mut count), Ok(SEEDS));
    down
}

#[test]
fn a_retry_storm_outlives_its_cause_and_does_not_come_without_one() {
    let (storm, control) = (
        metastable("retry-storm", false),
        metastable("retry-storm", true),
    );
    assert!(storm >= 95, "{storm} of {SEEDS}");
    assert_eq!(control, 0);
}

#[test]
fn jitter_alone_does_not_end_it() {
    let storm = metastable("retry-storm-jitter", false);
    assert!(storm >= 95, "{storm} of {SEEDS}");
}

#[test]
fn each_cure_ends_it() {
    assert_eq!(CURES.map(|name| metastable(name, false)), [0; 5]);
}

#[test]
fn a_cure_is_all_that_makes_its_scenario_different_from_the_storm() {
    let storm = run(&load("retry-storm"), 1, false);
    for name in CURES {
        let without = run(&load(name), 1, true);
        assert_eq!(
            without.sim().digest().value(),
            storm.sim().digest().value(),
            "{name}"
        );
    }
}

#[test]
fn retries_of_two_tiers_multiply() {
    // A request that fails at the leaf with chance p is tried n times by the middle, and the middle n times by the user. So the leaf
    // is asked until it succeeds once, n² times at most: Σ pⁱ for i < n².
    const REQUESTS: u32 = 20_000;
    let retry = r#"retry: Fixed(attempts: 3, delay: "10ms")"#;
    for p in [0.2, 0.6, 0.9] {
        let share = p * 100.0;
        let systems = format!(
            r#"
            Service(name: "middle", nodes: "app-1", threads: 1000, clients: [(to: "leaf", {retry})],
                handlers: [(name: "do", steps: [Call("leaf/do")])]),
            Service(name: "leaf", nodes: "app-2", handlers: [(name: "do", steps: [Fail("{share}%")])]),"#
        );
        let users = format!(
            r#"Requests(name: "users", nodes: "web", to: "middle/do", arrivals: Poisson("1000/s"), count: {REQUESTS},
                client: ({retry}))"#
        );
        let run = scene(40, &systems, &users, "");
        let services = &run.sim.names().services;
        let leaf = services.iter().position(|s| s.name == "leaf").unwrap();
        let attempts = calls(&run)
            .filter(|(_, fact)| matches!(fact, CallFact::Called { service, .. } if service.index() == leaf))
            .count();
        let found = attempts as f64 / f64::from(REQUESTS);
        // The number of attempts is geometric, cut off at 9.
        let chance = |i: i32| {
            if i < 9 {
                f64::powi(p, i - 1) * (1.0 - p)
            } else {
                f64::powi(p, 8)
            }
        };
        let moment = |k: i32| {
            (1..=9)
                .map(|i| f64::from(i).powi(k) * chance(i))
                .sum::<f64>()
        };
        let expected = (1.0 - f64::powi(p, 9)) / (1.0 - p);
        let error = ((moment(2) - expected * expected) / f64::from(REQUESTS)).sqrt();
        // Two-sided 99.9 % quantile of the normal distribution.
        assert!(
            (found - expected).abs() < 3.291 * error,
            "p = {p}: {found}, expected {expected} ± {error}"
        );
    }
}
