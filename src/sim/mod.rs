//! sim.

pub mod dist;
pub mod stream;
pub mod units;
