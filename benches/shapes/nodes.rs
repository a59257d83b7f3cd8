//! Clusters of a hundred nodes and of five hundred, for the screen.

/// A hundred nodes, and the controller's own.
pub const HUNDRED: &str = r#"(
    title: "a hundred nodes", seed: 7, duration: "60s",
    nodes: [(name: "broker", count: 30, zones: ["a", "b", "c"]), (name: "web", count: 40), (name: "worker", count: 30)],
    systems: [Kafka(name: "events", nodes: "broker", topics: [(name: "orders", partitions: 60, replication_factor: 3)])],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("1000/s")),
        ConsumerGroup(name: "invoices", nodes: "worker", from: "events/orders", service_time: Exponential(mean: "1ms")),
    ],
    faults: [At("5s", Crash(LeaderOf("events/orders/0")))],
)"#;

/// Five hundred of them.
#[allow(dead_code, reason = "not every bench needs so many")]
pub const FIVE_HUNDRED: &str = r#"(
    title: "five hundred nodes", seed: 7, duration: "60s",
    nodes: [(name: "broker", count: 100, zones: ["a", "b", "c"]), (name: "web", count: 200), (name: "worker", count: 200)],
    systems: [Kafka(name: "events", nodes: "broker", topics: [(name: "orders", partitions: 200, replication_factor: 3)])],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("1000/s")),
        ConsumerGroup(name: "invoices", nodes: "worker", from: "events/orders", service_time: Exponential(mean: "1ms")),
    ],
    faults: [At("5s", Crash(LeaderOf("events/orders/0")))],
)"#;
