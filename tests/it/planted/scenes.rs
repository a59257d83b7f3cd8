//! Small systems in which nothing goes wrong that a promise speaks of, whatever the faults, as long as all rules are kept.

/// Three brokers that promise everything, a producer that is told only what is safe, and a group.
pub const KAFKA: &str = r#"(
    title: "a safe cluster", seed: 1, duration: "30s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "worker", count: 2)],
    network: (latency: LogNormal(median: "500us", p99: "3ms")),
    systems: [Kafka(
        name: "k", nodes: "broker", offsets_topic_num_partitions: 1, broker_session_timeout_ms: "2s", broker_heartbeat_interval_ms: "500ms",
        replica_lag_time_max_ms: "2s", leader_imbalance_check_interval_seconds: "5s", group_initial_rebalance_delay_ms: "0s",
        topics: [(name: "t", partitions: 2, replication_factor: 3, min_insync_replicas: 1, flush_messages: 1, replica_assignment: [[1, 2, 3], [2, 3, 1]])],
    )],
    workloads: [
        Producer(
            name: "p", nodes: "web", to: "k/t", acks: All, arrivals: Poisson("400/s"), start: "2s", stop: "22s",
            request_timeout_ms: "1s", delivery_timeout_ms: "20s",
        ),
        ConsumerGroup(
            name: "g", nodes: "worker", from: "k/t", session_timeout_ms: "6s", heartbeat_interval_ms: "1s",
            auto_offset_reset: Latest, commit: AfterEach,
        ),
    ],
    expect: [
        Holds(NoAckedLoss), Holds(SingleLeaderPerEpoch), Holds(OneOwnerPerPartition), Holds(CommittedPrefix),
        Holds(HighWatermarkWithinIsr), Holds(OrderPerPartition), Holds(AtLeastOnce), Holds(LogMatching), Holds(NoDuplicate),
    ],
)"#;

/// A FIFO queue and two who work on it.
pub const FIFO: &str = r#"(
    title: "a safe queue", seed: 1, duration: "40s",
    nodes: [(name: "queue"), (name: "web"), (name: "worker", count: 2)],
    network: (latency: LogNormal(median: "500us", p99: "3ms")),
    systems: [Sqs(
        name: "q", nodes: "queue",
        queues: [(name: "jobs.fifo", fifo_queue: true, visibility_timeout: "5s", receive_message_wait_time_seconds: "5s")],
    )],
    workloads: [
        QueueSender(
            name: "p", nodes: "web", to: "q/jobs.fifo", arrivals: Poisson("100/s"), keys: Uniform(n: 20), stop: "22s",
            max_attempts: 20, message_deduplication_id: true, api_call_attempt_timeout: "1s",
        ),
        QueueWorkers(
            name: "g", nodes: "worker", from: "q/jobs.fifo", concurrency: 4, service_time: Exponential(mean: "5ms"),
            api_call_attempt_timeout: "1s",
        ),
    ],
    expect: [Holds(NoAckedLoss), Holds(AtLeastOnce)],
)"#;

/// The same in order: the sender does not try again, for what it sends again would come behind what it sent since.
pub fn in_order() -> String {
    let sender = r#"message_deduplication_id: true, api_call_attempt_timeout: "1s","#;
    changed(
        FIFO,
        &[
            ("keys: Uniform(n: 20)", "keys: Uniform(n: 500)"),
            ("max_attempts: 20,", "max_attempts: 1,"),
            (sender, "message_deduplication_id: true,"),
            (
                "Holds(NoAckedLoss), Holds(AtLeastOnce)",
                "Holds(OrderPerKey)",
            ),
        ],
    )
}

/// A queue that hands a message out once, for nobody waits so long that it comes back.
pub fn once() -> String {
    changed(
        FIFO,
        &[
            ("keys: Uniform(n: 20)", "keys: Uniform(n: 1000)"),
            ("visibility_timeout: \"5s\"", "visibility_timeout: \"10m\""),
            ("Holds(AtLeastOnce)", "Holds(AtMostOnce)"),
        ],
    )
}

/// Orders that are charged once, though the message that says so comes again.
pub const SHOP: &str = r#"(
    title: "nobody pays twice", seed: 1, duration: "60s",
    nodes: [(name: "web"), (name: "queue"), (name: "shop"), (name: "payment")],
    network: (latency: LogNormal(median: "500us", p99: "3ms")),
    systems: [
        Service(name: "orders", nodes: "shop", threads: 50, handlers: [(name: "place", steps: [Work(Exponential(mean: "1ms"))])]),
        Service(
            name: "ledger", nodes: "payment", threads: 50,
            handlers: [(name: "charge", idempotent: (), steps: [Work(Exponential(mean: "10ms")), Effect("payment"), Wait(Exponential(mean: "300ms"))])],
        ),
        Sqs(name: "jobs", nodes: "queue", queues: [(name: "pay", visibility_timeout: "5s")]),
        Workflow(name: "orders-way", style: EventDriven, entry: "orders/place", stages: [(handler: "ledger/charge", queue: "jobs/pay")]),
    ],
    workloads: [Requests(name: "customers", nodes: "web", to: "orders/place", arrivals: Poisson("50/s"), stop: "30s", effects: ["payment"])],
    expect: [Holds(EffectsOnce)],
)"#;

/// Several producers, whose messages a new leader gets in another order; and a record in each batch, so that logs that parted
/// fit together.
pub fn kafka_with_many_producers() -> String {
    changed(
        KAFKA,
        &[
            ("acks: All,", "acks: All, batch_size: \"1B\","),
            ("(name: \"web\")", "(name: \"web\", count: 8)"),
        ],
    )
}

/// A scene in which some words are others. Each of them is there.
fn changed(scene: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(scene.to_owned(), |scene, (from, to)| {
        assert!(scene.contains(from), "{from}");
        scene.replace(from, to)
    })
}
