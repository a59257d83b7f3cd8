//! Liveness in small scenarios: what must come true again comes true, and does not where it cannot.

use std::sync::Arc;

use splitbrain::checks::{Property, Verdict};
use splitbrain::hunt::{Loaded, Options, Outcome, Session};

/// Runs a scenario to its end.
pub fn run(text: &str) -> Session {
    let loaded = Loaded::from_text("liveness.ron", text, &[])
        .unwrap_or_else(|document| panic!("{}", document.render(false)));
    let mut session = Session::new(Arc::new(loaded), Options::default());
    session.run();
    session
}

/// Whether each expectation is met.
pub fn answers(session: &Session) -> Vec<String> {
    let outcome = Outcome::of(session).unwrap();
    let text = |e: &splitbrain::hunt::Expectation| {
        let why = e.answer.why().map(|why| format!(": {why}"));
        format!("{}{}", e.answer.word(), why.unwrap_or_default())
    };
    outcome.expectations.iter().map(text).collect()
}

/// A topic with two copies on three brokers, a producer and a group.
fn shop(duration: &str, faults: &str, expect: &str) -> String {
    format!(
        r#"(
        title: "liveness", seed: 11, duration: "{duration}",
        nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing", count: 2)],
        systems: [Kafka(name: "events", nodes: "broker", replica_lag_time_max_ms: "5s", broker_session_timeout_ms: "3s",
            topics: [(name: "orders", partitions: 2, replication_factor: 2)])],
        workloads: [
            Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("100/s"), delivery_timeout_ms: "30s",
                request_timeout_ms: "3s"),
            ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders", service_time: Constant("1ms"),
                auto_offset_reset: Earliest, session_timeout_ms: "6s"),
        ],
        faults: [{faults}],
        expect: [{expect}],
    )"#
    )
}

const ALL: &str = r#"Holds(EveryMessageEnds(within: "15s")), Holds(LagReturns(within: "15s")), Recovers(within: "15s"),
    Holds(NotMetastable)"#;

#[test]
fn a_cluster_that_loses_a_leader_for_a_while_is_as_before() {
    let fault = r#"During("20s", "26s", Crash(LeaderOf("events/orders/0")))"#;
    let session = run(&shop("50s", fault, ALL));
    assert_eq!(answers(&session), ["met"; 4]);
}

#[test]
fn without_its_consumers_nothing_ends_and_the_lag_stays() {
    let fault = r#"At("20s", Crash("billing"))"#;
    let session = run(&shop("50s", fault, ALL));
    let checks = &session.watch().unwrap().checks;
    let broken: Vec<_> = checks
        .verdicts()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_)))
        .map(|(property, _)| property.word())
        .collect();
    assert_eq!(broken, ["EveryMessageEnds", "LagReturns", "Recovers"]);
    // The consumers are still dead: this is no metastable state.
    assert_eq!(
        answers(&session)[3],
        "unknown: what disturbs the run is still there at its end"
    );
}

#[test]
fn a_storm_of_retries_is_metastable_and_its_cure_is_not() {
    let storm = |more: &str| {
        format!(
            r#"(
            title: "storm", seed: 3, duration: "40s",
            nodes: [(name: "app"), (name: "web")],
            systems: [Service(name: "shop", nodes: "app", threads: 10, queue: (limit: 500),
                handlers: [(name: "buy", steps: [Work(Constant("50ms"))])])],
            workloads: [Requests(name: "customers", nodes: "web", to: "shop/buy", arrivals: Poisson("100/s"),
                client: (timeout: "1s", retry: Fixed(attempts: 4, delay: "10ms"){more}))],
            faults: [During("10s", "14s", Traffic(of: "customers", factor: 4))],
            expect: [Holds(NotMetastable)],
        )"#
        )
    };
    let verdict = |text: &str| {
        let session = run(text);
        let checks = &session.watch().unwrap().checks;
        checks.verdict(&Property::NotMetastable).unwrap().word()
    };
    assert_eq!(verdict(&storm("")), "broken");
    assert_eq!(verdict(&storm(", retry_budget: Tokens()")), "holds");
}
