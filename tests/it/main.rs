//! All integration tests, one binary.

mod layers;
mod quantities;
mod scenario_syntax;
mod terminal;
