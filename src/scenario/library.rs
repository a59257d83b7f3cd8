//! The scenarios that come with the program, in it: nothing else need be installed.

/// A built-in scenario.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// What it is called.
    pub name: &'static str,
    /// Its RON text.
    pub text: &'static str,
}

macro_rules! library {
    ($($name:literal),* $(,)?) => {
        /// All of them; the first is the default.
        pub const ALL: &[BuiltIn] = &[$(BuiltIn {
            name: $name,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/", $name, ".ron")),
        }),*];
    };
}

library![
    "leader-crash",
    "healthy",
    "acks-one-leader-crash",
    "unclean-election",
    "min-insync-lost",
    "kip-101-divergence",
    "slow-follower",
    "rebalance-storm",
    "poison-record",
    "hot-key",
    "visibility-timeout-too-short",
    "poison-message",
    "durable-queue",
    "connection-pool-exhaustion",
    "cache-stampede",
    "cache-loss",
    "checkout-oversells",
    "food-coordinator-crash",
    "food-payment-outage",
    "food-drivers-slow",
    "food-notification-spike",
    "food-analytics-joins",
    "food-lost-dedup-table",
    "retry-storm",
    "retry-storm-jitter",
    "retry-storm-budget",
    "retry-storm-breaker",
    "retry-storm-shedding",
    "retry-storm-lifo",
    "retry-storm-deadline",
    "gc-death-spiral",
    "timeout-cascade",
    "stale-queue",
    "thundering-herd",
    "fan-out-tail",
    "gray-failure",
    "least-busy-sink-hole",
    "health-check-delay",
    "hot-replica",
    "slow-dependency",
    "iot-morning-surge",
];

/// The one that runs when none is named.
pub const DEFAULT: &str = ALL[0].name;

/// By its name, with or without `.ron`.
pub fn find(name: &str) -> Option<&'static BuiltIn> {
    let name = name.strip_suffix(".ron").unwrap_or(name);
    ALL.iter().find(|s| s.name == name)
}
