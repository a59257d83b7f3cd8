//! Clusters of any size that are alike but for that: what comes to a broker, a partition or a client is the same.

use std::fmt::Write as _;

/// What a topic keeps: so little that its logs are soon full.
pub const RETENTION: &str = r#"retention_bytes: Some("64KiB"), segment_bytes: "16KiB""#;

/// A cluster of ten brokers, a hundred partitions and a hundred clients for every topic.
pub fn cluster(topics: u32) -> String {
    let (brokers, apps) = (10 * topics, 2 * topics);
    let mut text = format!(
        r#"(
    title: "a large cluster", seed: 1, duration: "1h",
    nodes: [
        (name: "broker", count: {brokers}, zones: ["a", "b", "c"]),
        (name: "app", count: {apps}, zones: ["a", "b", "c"]),
    ],
    systems: [Kafka(name: "events", nodes: "broker", log_retention_check_interval_ms: "5s", topics: ["#
    );
    for topic in 1..=topics {
        let _ = writeln!(
            text,
            r#"(name: "t{topic}", partitions: 100, replication_factor: 3, min_insync_replicas: 2, {RETENTION}),"#
        );
    }
    text += "])],\n    workloads: [\n";
    for topic in 1..=topics {
        let (web, billing) = (2 * topic - 1, 2 * topic);
        let _ = writeln!(
            text,
            r#"Producer(name: "p{topic}", nodes: "app-{web}", per_node: 50, to: "events/t{topic}", arrivals: Poisson("1000/s")),
            ConsumerGroup(name: "g{topic}", nodes: "app-{billing}", per_node: 50, from: "events/t{topic}", service_time: Constant("200us")),"#
        );
    }
    text + "])\n"
}
