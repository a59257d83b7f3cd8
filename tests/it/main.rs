//! All integration tests, one binary.

mod quantities;
