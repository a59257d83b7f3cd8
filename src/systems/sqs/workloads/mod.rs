//! Workloads that use queues: applications that send, and applications that work on what they receive.

mod build;
mod check;
mod sender;
mod settings;
mod worker;

pub(super) use build::find;
pub use sender::QueueSender;
pub use settings::{DeleteWhen, OnFailure, QueueSenderSettings, QueueWorkersSettings};
pub use worker::QueueWorker;
