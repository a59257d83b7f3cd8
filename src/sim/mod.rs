//! sim.

pub mod arrivals;
pub mod dist;
pub mod keys;
pub mod stream;
pub mod units;
