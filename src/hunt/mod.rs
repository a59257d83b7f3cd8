//! hunt.
