//! Steps of handlers that wait for messages, and workflows in both of their styles.

use splitbrain::hunt::{Loaded, Watch};
use splitbrain::scenario::Files;
use splitbrain::sim::call::{Answer, CallFact};
use splitbrain::sim::{MS, Observer, SECOND};

use super::kafka_clients::{Run, play};
use super::services::{answers, calls};

/// A metric at the end of a run; 0 for what was not measured.
fn metric(run: &Run, name: &str) -> f64 {
    let mut watch = Watch::new(&run.sim, &[]);
    watch.records(&run.records);
    watch.finish(run.sim.now());
    watch.metrics.metric(name).map_or(0.0, |m| m.value)
}

/// A user asks for an approval; who approves puts one into a queue, 300 ms and 500 ms after the start.
fn approvals(orders: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 7, duration: "10s",
        nodes: [(name: "node"), (name: "app"), (name: "web", count: 2)],
        network: (latency: Constant("1ms")),
        systems: [
            Sqs(name: "jobs", nodes: "node", queues: [(name: "approvals")]),
            Service(name: "desk", nodes: "app", handlers: [(name: "ask", steps: [Consume("jobs/approvals"), Work("5ms")])]),
            Service(name: "boss", nodes: "web-1", handlers: [(name: "sign", steps: [Publish("jobs/approvals")])]),
        ],
        workloads: [
            Requests(name: "clerks", nodes: "web-2", to: "desk/ask", arrivals: Constant("1000/s"), {orders}),
            Requests(name: "approver", nodes: "web-2", to: "boss/sign", arrivals: Constant("5/s"), start: "100ms", count: 2),
        ],
    )"#
    ))
}

#[test]
fn a_handler_waits_for_a_message_and_takes_it() {
    let run = approvals("count: 3");
    let answers = answers(&run);
    // Two approvals for three who ask: the first two get them in their order, the third waits for ever.
    let clerk = |n: u32| answers.get(&format!("clerks#{n}"));
    let (how, first) = clerk(0).copied().expect("the first approval");
    assert_eq!(how, Answer::Ok);
    assert!((300 * MS..330 * MS).contains(&first), "{first}");
    let second = clerk(1).expect("the second approval").1;
    assert!((500 * MS..530 * MS).contains(&second), "{second}");
    assert_eq!(clerk(2), None);
}

#[test]
fn a_message_that_nobody_waits_for_stays_in_its_queue() {
    // The one who asks comes when both approvals have been there for seconds.
    let run = approvals(r#"count: 1, start: "5s""#);
    let (how, ns) = answers(&run)["clerks#0"];
    assert_eq!(how, Answer::Ok);
    assert!(ns < 30 * MS, "{ns}");
    assert_eq!(metric(&run, "depth.now"), 1.0, "the other approval");
}

fn delivery(style: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 7, duration: "20s",
        nodes: [(name: "node"), (name: "app", count: 3), (name: "web")],
        network: (latency: Constant("1ms")),
        systems: [
            Sqs(name: "jobs", nodes: "node", queues: [(name: "pay"), (name: "match")]),
            Service(name: "orders", nodes: "app-1", threads: 4, handlers: [(name: "place", steps: [Work("1ms")])]),
            Service(name: "payment", nodes: "app-2", handlers: [(name: "charge", steps: [Work("100ms"), Effect("payment")])]),
            Service(name: "drivers", nodes: "app-3", handlers: [(name: "match", steps: [Work("100ms"), Effect("driver")])]),
            Workflow(name: "delivery", style: {style}, entry: "orders/place", stages: [
                (handler: "payment/charge", queue: "jobs/pay"), (handler: "drivers/match", queue: "jobs/match"),
            ]),
        ],
        workloads: [Requests(name: "customers", nodes: "web", to: "orders/place", arrivals: Constant("10/s"), stop: "10s", effects: ["payment", "driver"])],
    )"#
    ))
}

#[test]
fn one_setting_makes_a_workflow_synchronous_or_event_driven() {
    let synchronous = delivery("Synchronous");
    let events = delivery("EventDriven");
    for run in [&synchronous, &events] {
        assert_eq!(metric(run, "orders.complete"), 99.0);
        assert_eq!(metric(run, "orders.effects"), 198.0);
        assert_eq!(metric(run, "orders.effects.doubled"), 0.0);
    }
    // Who waits for both stages waits 201 ms and four ways; who only stores the order, a few ms.
    let slowest = |run: &Run| answers(run).values().map(|a| a.1).max().unwrap_or(0);
    assert!(slowest(&synchronous) >= 207 * MS);
    assert!(slowest(&events) < 50 * MS);
    // The coordinator calls; by events nobody calls anybody but the users the first service.
    let made = |run: &Run| {
        let called = calls(run).filter(|(_, fact)| matches!(fact, CallFact::Called { .. }));
        called.count()
    };
    assert_eq!(made(&synchronous), 3 * 99);
    assert_eq!(made(&events), 99);
    assert_eq!(metric(&synchronous, "messages.produced"), 0.0);
    assert_eq!(metric(&events, "messages.produced"), 198.0);
    // A thread of the coordinator is held as long as an order takes, or only until it is stored.
    let held = |run: &Run| metric(run, "service.orders.busy.mean");
    assert!(held(&synchronous) > 10.0 * held(&events));
    assert!(events.sim.now() >= 20 * SECOND);
}

#[test]
fn many_calls_that_end_at_once_do_not_stand_in_one_another() {
    // Nine thousand calls, each fifteen deep, that the client's own rate limit refuses.
    let call = format!("{}Call(\"b/do\"){}", "Try([".repeat(15), "])".repeat(15));
    let steps = vec![call; 600].join(", ");
    let run = play(&format!(
        r#"(
        title: "test", seed: 7, duration: "1s", nodes: [(name: "app"), (name: "web")],
        systems: [
            Service(name: "a", nodes: "app", handlers: [(name: "do", steps: [{steps}])],
                clients: [(to: "b", rate_limiter: (limit_for_period: 1, limit_refresh_period: "1000s", timeout_duration: "0s"))]),
            Service(name: "b", nodes: "app", handlers: [(name: "do", steps: [])]),
        ],
        workloads: [Requests(name: "users", nodes: "web", to: "a/do", arrivals: Constant("10/s"), count: 1)],
    )"#
    ));
    assert_eq!(answers(&run)["users#0"].0, Answer::Ok);
}

/// What is said about a scenario with these systems.
fn mistakes(systems: &str) -> String {
    let text = format!(
        r#"(
        title: "test", duration: "1s", nodes: [(name: "app"), (name: "node")],
        systems: [
            Sqs(name: "jobs", nodes: "node", queues: [(name: "one"), (name: "two"), (name: "three")]),
            Database(name: "db", nodes: "node", read: "1ms", write: "1ms"),
            {systems}
        ],
    )"#
    );
    let loaded = Loaded::from_parts("test", &text, &[], Files::Given(&[]));
    loaded.err().map_or_else(String::new, |d| d.render(false))
}

#[test]
fn workflows_and_handlers_that_would_do_nothing_or_something_else_are_explained() {
    let services = r#"
        Service(name: "a", nodes: "app", handlers: [(name: "do", steps: [])]),
        Service(name: "b", nodes: "app", handlers: [(name: "do", steps: [])]),
        Service(name: "c", nodes: "app", handlers: [(name: "do", steps: [])]),"#;
    let workflow = |name: &str, style: &str, stages: &str| {
        format!(r#"Workflow(name: "{name}", style: {style}, entry: "a/do", stages: [{stages}]),"#)
    };
    let store = r#"(handler: "db/write", queue: "jobs/one")"#;
    let said = mistakes(&format!(
        "{services} {}",
        workflow("w", "EventDriven", store)
    ));
    assert!(
        said.contains("`db/write` is no handler of a service"),
        "{said}"
    );
    let shared = r#"(handler: "b/do", queue: "jobs/one"), (handler: "c/do", queue: "jobs/two")"#;
    let two = |style: &str| {
        let one = workflow("v", style, r#"(handler: "b/do", queue: "jobs/three")"#);
        mistakes(&format!(
            "{services} {one} {}",
            workflow("w", style, shared)
        ))
    };
    let said = two("EventDriven");
    assert!(
        said.contains("`b/do` is a stage of two workflows"),
        "{said}"
    );
    assert_eq!(two("Synchronous"), "");
    let effects: Vec<String> = (0..257).map(|n| format!("Effect(\"e{n}\")")).collect();
    let handler = |steps: &str| {
        mistakes(&format!(
            r#"Service(name: "a", nodes: "app", response_size: "4GiB", handlers: [(name: "do", steps: [{steps}])]),"#
        ))
    };
    let said = handler(&effects.join(", "));
    assert!(
        said.contains("257 different effects are too many"),
        "{said}"
    );
    assert!(said.contains("4GiB is too large: at most 1GiB"), "{said}");
    let crowd = |per_node: u32| {
        mistakes(&format!(
            r#"Service(name: "a", nodes: "app", per_node: {per_node}, handlers: [(name: "do", steps: [Call("b/do")])]),
            Service(name: "b", nodes: "app", per_node: 10000, handlers: [(name: "do", steps: [])]),"#
        ))
    };
    let said = crowd(1001);
    assert!(
        said.contains("1001 processes that call 10000 replicas of `b` are too many"),
        "{said}"
    );
    assert_eq!(crowd(1000), "");
    let said = handler(&format!("Parallel(branches: [{}])", "[],".repeat(10_001)));
    assert!(said.contains("10001 branches are too many"), "{said}");
}
