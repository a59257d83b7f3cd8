//! All integration tests, one binary.
mod cli;
mod determinism;
mod layers;
mod quantities;
mod scenario_syntax;
