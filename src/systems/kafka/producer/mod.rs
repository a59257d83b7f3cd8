//! Producers: the client that any process may embed, and the application of a producer workload.

mod accumulator;
mod app;
mod client;
mod partitioner;
mod settings;

pub use app::ProducerApp;
pub(super) use app::{Load, PACE};
pub use client::{PRODUCER_TIMERS, ProducerClient};
pub use partitioner::{murmur2, of_key};
pub use settings::{ProducerConfig, ProducerSettings};
