//! All integration tests, one binary.

mod quantities;
mod scenario_syntax;
