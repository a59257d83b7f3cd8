//! Services: replicas that answer requests with a limited number of threads, a queue before them, and what makes them slow.

pub mod line;
