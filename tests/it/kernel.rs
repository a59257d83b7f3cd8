//! The kernel by itself, with a small process of its own: what DESIGN says about time, machines, links and faults.

mod by_theory;
mod docs;
mod faults;
mod loss;
mod machines;
mod network;
mod probe;
mod same_run;
