//! Services that work on messages: how often what they do takes effect, when a message comes again.

use splitbrain::sim::call::CallFact;

use super::kafka_clients::{Run, play};
use super::services::count;

/// A user asks once; what it asks for goes through a queue to a worker.
fn run(handler: &str, steps: &str, faults: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 7, duration: "20s",
        network: (latency: "1ms"),
        nodes: [(name: "node"), (name: "front"), (name: "worker"), (name: "web")],
        systems: [
            Sqs(name: "jobs", nodes: "node", queues: [(name: "q", visibility_timeout: "3s")]),
            Service(name: "shop", nodes: "front", handlers: [(name: "order", steps: [Publish("jobs/q")])]),
            Service(name: "pay", nodes: "worker", consumes: [(from: "jobs/q", handler: "charge")],
                    handlers: [(name: "charge", {handler} steps: [{steps}])]),
        ],
        workloads: [Requests(name: "a", nodes: "web", to: "shop/order", arrivals: Constant("1/s"), count: 1, effects: ["paid"])],
        faults: [{faults}],
    )"#
    ))
}

fn effects(run: &Run) -> usize {
    count(run, |f| matches!(f, CallFact::Effect { .. }))
}

/// It charges at a second and some milliseconds, and has half a second to go.
const CHARGE: &str = r#"Effect("paid"), Wait(Constant("500ms"))"#;
const CRASH: &str = r#"During("1200ms", "2s", Crash("worker"))"#;

#[test]
fn a_message_that_comes_again_after_a_crash_takes_effect_once_if_the_handler_is_idempotent() {
    assert_eq!(effects(&run("", CHARGE, "")), 1);
    assert_eq!(effects(&run("", CHARGE, CRASH)), 2);
    assert_eq!(effects(&run("idempotent: (),", CHARGE, CRASH)), 1);
    // What it remembered in memory alone is gone.
    let forgets = "idempotent: (persistent: false),";
    assert_eq!(effects(&run(forgets, CHARGE, CRASH)), 2);
}

#[test]
fn two_effects_of_one_name_in_one_handling_are_two() {
    let twice = format!(r#"Effect("paid"), {CHARGE}"#);
    assert_eq!(effects(&run("", &twice, "")), 2);
    assert_eq!(effects(&run("idempotent: (),", &twice, "")), 2);
    // Both took effect before the crash, and neither again after it.
    assert_eq!(effects(&run("idempotent: (),", &twice, CRASH)), 2);
    assert_eq!(effects(&run("", &twice, CRASH)), 4);
}
