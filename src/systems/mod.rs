//! The modelled systems, one folder each, and the registry of them.
//!
//! A system is: settings (plain types that the scenario language reads), messages, processes, a [`build`](Builder) step
//! that puts its processes into a world, and what it shows of itself ([`Inspect`]). A system that others use exports a
//! client, which any process may embed.

mod alarm;
mod build;
mod check;
mod index;
mod inspect;
pub mod kafka;
mod pace;
mod plan;
pub mod ports;
mod registry;
pub mod rpc;
pub mod rules;
pub mod safeguard;
pub mod service;
mod slots;
pub mod slow;
pub mod sqs;
pub mod store;
mod tune;

pub use build::{Builder, Known, KnownSet};
pub use inspect::{Badge, Belief, Cell, Inspect, Row, Standing, amount};
pub use plan::Plan;
pub use registry::{
    AnyInlet, AnyOutlet, Export, Message, Note, Process, SystemSettings, WorkloadSettings, limits,
    note, notes, rules,
};
pub use tune::Tune;

/// A simulation of the modelled systems.
pub type Sim = crate::sim::Sim<Process>;

/// What a process of the modelled systems may do.
pub type Ctx<'a> = crate::sim::Ctx<'a, Message>;
