//! `splitbrain` simulates event-driven distributed systems in the terminal: deterministically, from a scenario file and
//! a seed. See `ARCHITECTURE.md` for the map of this crate and the rules its modules keep.

pub mod checks;
pub mod cli;
pub mod export;
pub mod hunt;
pub mod scenario;
pub mod sim;
pub mod stats;
pub mod systems;
pub mod trace;
pub mod ui;
