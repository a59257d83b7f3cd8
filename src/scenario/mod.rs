//! scenario.

pub mod trace_csv;
