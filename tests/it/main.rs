//! All integration tests, one binary.
#![allow(
    clippy::unwrap_used,
    reason = "a helper of a test fails the test as the test itself does"
)]

mod bad_files;
mod cli;
mod determinism;
mod digests;
mod kafka_clients;
mod kernel;
mod language_docs;
mod layers;
mod little;
mod mutations;
mod properties;
mod quantities;
mod scaffold;
mod scenario_syntax;
mod terminal;
mod theory;
