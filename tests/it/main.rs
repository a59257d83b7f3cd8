//! All integration tests, one binary.

mod bad_files;
mod cli;
mod determinism;
mod kafka_clients;
mod kernel;
mod layers;
mod properties;
mod quantities;
mod scenario_syntax;
mod terminal;
mod theory;
