//! All integration tests, one binary.
#![allow(
    clippy::unwrap_used,
    reason = "a helper of a test fails the test as the test itself does"
)]

mod bad_files;
mod call_targets;
mod calls;
mod calm;
mod claims;
mod cli;
mod compare;
mod compare_screen;
mod consumer_settings;
mod consuming;
mod determinism;
mod digests;
mod doubts;
mod explore;
mod graceful;
mod group_settings;
mod hangup;
mod idle;
mod interrupt;
mod kafka_clients;
mod kernel;
mod language_docs;
mod layers;
mod little;
mod live_settings;
mod liveness;
mod log_anomalies;
mod metastable;
mod mutations;
mod planted;
mod power_loss;
mod preferences;
mod producer_settings;
mod properties;
mod quantities;
mod queues;
mod reload;
mod scaffold;
mod scaling;
mod scenario_syntax;
mod scene;
mod screens;
mod seek;
mod selectors;
mod service_balance;
mod service_limits;
mod service_steps;
mod service_theory;
mod service_waits;
mod services;
mod stores;
mod sweep;
mod sweep_files;
mod sweep_merge;
mod sweep_shards;
mod tails;
mod terminal;
mod theory;
mod time_machine;
mod tuning;
mod walk;
mod workflows;
