//! Services: replicas that answer requests with a limited number of threads, a queue before them, and what makes them slow.

pub mod dedup;
pub mod gc;
pub mod line;
pub mod scale;
pub mod slow;
