//! Services: replicas that answer requests with a limited number of threads, a queue before them, and what makes them slow;
//! and the users who call them.

mod build;
mod check;
pub mod dedup;
pub mod gc;
pub mod line;
mod program;
mod replica;
mod requests;
mod rules;
mod safeguards;
pub mod scale;
mod scaler;
mod settings;
pub mod shedding;
mod workflow;

pub(super) use build::layers;
pub use replica::Replica;
pub use requests::{RequestsApp, RequestsSettings};
pub use rules::RULES;
pub use scaler::ScalerApp;
pub use settings::{ConsumeSettings, HandlerSettings, Settings, Step};
pub(super) use workflow::weave;
pub use workflow::{Stage, Style, WorkflowSettings};
