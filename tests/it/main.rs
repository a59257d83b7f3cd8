//! All integration tests, one binary.

mod bad_files;
mod kafka_clients;
mod kernel;
mod layers;
mod quantities;
mod scenario_syntax;
mod terminal;
