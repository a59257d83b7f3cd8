//! What goes wrong in logs, in small scenarios with the setting that lets it, and without.

use splitbrain::checks::Verdict;
use splitbrain::hunt::Session;

use super::liveness::run;

/// One partition on three brokers, with what differs.
fn shop(kafka: &str, topic: &str, producer: &str, faults: &str, expect: &str) -> String {
    format!(
        r#"(
        title: "logs", seed: 5, duration: "40s",
        nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing")],
        systems: [Kafka(name: "events", nodes: "broker", broker_session_timeout_ms: "3s", replica_lag_time_max_ms: "5s", {kafka}
            topics: [(name: "orders", partitions: 1, replication_factor: 3, {topic})])],
        workloads: [
            Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("500/s"), {producer}),
            ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders", service_time: Constant("100us"),
                auto_offset_reset: Earliest),
        ],
        faults: [{faults}],
        expect: [{expect}],
    )"#
    )
}

/// The properties that are broken.
fn broken(session: &Session) -> Vec<&'static str> {
    let checks = &session.watch().unwrap().checks;
    let broken = checks
        .verdicts()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_)));
    broken.map(|(property, _)| property.word()).collect()
}

const ANOMALIES: &str = r#"Holds(LogMatching), Holds(NoLostWrite), Holds(NoUnobserved(within: "15s")), Holds(NoDuplicate),
    Holds(NoPollSkip), Holds(NoInternalPollSkip), Holds(NoNonMonotonicPoll), Holds(NoInternalNonMonotonicPoll),
    Holds(NoNonMonotonicSend), Holds(NoInternalNonMonotonicSend)"#;

/// The leader is gone for a while.
const CRASH: &str = r#"During("15s", "20s", Crash(LeaderOf("events/orders/0")))"#;

#[test]
fn with_all_safeguards_a_crash_of_the_leader_causes_no_anomaly() {
    let text = shop(
        "",
        "min_insync_replicas: 2",
        "acks: All, enable_idempotence: true",
        CRASH,
        ANOMALIES,
    );
    assert_eq!(broken(&run(&text)), [""; 0]);
}

#[test]
fn nor_does_its_loss_of_power() {
    let power = CRASH.replace("Crash", "PowerLoss");
    let text = shop(
        "",
        "min_insync_replicas: 2",
        "acks: All, enable_idempotence: true",
        &power,
        ANOMALIES,
    );
    assert_eq!(broken(&run(&text)), [""; 0]);
}

#[test]
fn without_waiting_for_followers_acknowledged_writes_are_lost() {
    // Followers fetch late, so that the leader alone has the last messages.
    let faults = format!(
        r#"During("12s", "15s", LinkSlow(from: "broker", to: "broker", delay: "300ms")), {CRASH}"#
    );
    let text = shop(
        "",
        "min_insync_replicas: 1",
        "acks: One, enable_idempotence: false",
        &faults,
        ANOMALIES,
    );
    let session = run(&text);
    let found = broken(&session);
    assert!(found.contains(&"NoLostWrite"), "{found:?}");
    assert!(found.contains(&"NoUnobserved"), "{found:?}");
    assert!(!found.contains(&"LogMatching"), "{found:?}");
}

#[test]
fn a_producer_that_tries_again_without_sequence_numbers_stores_twice() {
    let faults = r#"Every(every: "2s", lasting: "1s", fault: LinkLossy(from: "web", to: "broker", loss: "60%")),
        Every(every: "3s", lasting: "700ms", fault: Pause(LeaderOf("events/orders/0"))),
        Every(every: "9s", lasting: "4s", fault: Crash(LeaderOf("events/orders/0")))"#;
    let producer = |idempotent| {
        format!(
            r#"acks: All, enable_idempotence: {idempotent}, request_timeout_ms: "300ms", linger_ms: "1ms""#
        )
    };
    let found = |idempotent| {
        let producer = producer(idempotent);
        broken(&run(&shop(
            "",
            "min_insync_replicas: 2",
            &producer,
            faults,
            ANOMALIES,
        )))
    };
    let careless = found(false);
    assert!(careless.contains(&"NoDuplicate"), "{careless:?}");
    assert!(careless.contains(&"NoNonMonotonicSend"), "{careless:?}");
    let careful = found(true);
    assert!(!careful.contains(&"NoDuplicate"), "{careful:?}");
    assert!(!careful.contains(&"NoNonMonotonicSend"), "{careful:?}");
}
