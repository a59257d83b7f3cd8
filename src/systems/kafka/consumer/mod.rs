//! Consumers: the client that any process may embed, and the application of a group of consumers.

mod app;
mod client;
mod settings;
mod work;

pub use app::ConsumerApp;
pub(super) use app::{CLIENT_TIMERS, DEAD_LETTER_TIMERS, Duty};
pub use client::{CONSUMER_TIMERS, ConsumerClient, Event, Polled};
pub use settings::{
    Commit, ConsumerConfig, ConsumerGroupSettings, OffsetReset, OnError, Ordering, Topics,
};
pub(super) use work::{Job, Progress};
