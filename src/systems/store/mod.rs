//! Stores that services read and write.

pub mod cache;
mod lease;
mod lru;

pub use lease::{LeaseSettings, Token};
