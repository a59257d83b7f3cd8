//! Workflows: one setting tells who calls whom, or who hands on to whom.

use splitbrain::hunt::Loaded;

const TWO_STAGES: &str = r#"(
    title: "workflow", duration: "10s",
    nodes: [(name: "web"), (name: "app", count: 3), (name: "queue")],
    systems: [
        Service(name: "orders", nodes: "app", clients: [(to: "payment", timeout: "2s"), CLIENT], handlers: [(name: "place", steps: [])]),
        Service(name: "payment", nodes: "app", handlers: [(name: "charge", steps: [Work("1ms"), Effect("payment")])]),
        Service(name: "billing", nodes: "app", handlers: [(name: "bill", steps: [Work("1ms")])]),
        Sqs(name: "jobs", nodes: "queue", queues: [(name: "pay")]),
        Workflow(name: "delivery", style: STYLE, entry: "orders/place", stages: [(handler: "payment/charge", queue: "jobs/pay")]),
    ],
    workloads: [Requests(name: "users", nodes: "web", to: "orders/place", arrivals: Constant("10/s"), effects: ["payment"])],
)"#;

fn warnings(style: &str, client: &str) -> Vec<String> {
    let text = TWO_STAGES.replace("STYLE", style).replace("CLIENT", client);
    let loaded = Loaded::from_text("workflow.ron", &text, &[])
        .unwrap_or_else(|document| panic!("{}", document.render(false)));
    let all = loaded.document.diagnostics();
    all.into_iter().map(|d| d.message).collect()
}

#[test]
fn a_coordinator_may_say_how_it_calls_a_stage_in_either_style() {
    for style in ["Synchronous", "EventDriven"] {
        assert_eq!(warnings(style, ""), Vec::<String>::new(), "{style}");
        // It has nothing to do with what is no stage.
        let other = warnings(style, r#"(to: "billing", timeout: "2s")"#);
        assert_eq!(other, ["no step of `orders` calls `billing`"], "{style}");
    }
}
