//! All integration tests, one binary.

mod kernel;
mod layers;
mod quantities;
mod scenario_syntax;
mod terminal;
