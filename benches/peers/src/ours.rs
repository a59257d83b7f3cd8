//! Both works on splitbrain's kernel, with its digest, and for W3 the histogram as an observer.

use std::time::Instant;

use splitbrain::sim::Sim;

use crate::mm1::{Counter, mm1};
use crate::pipeline::{Latencies, pipeline};
use crate::work::{Done, W1, W3};

/// M/M/1.
pub fn w1() -> Done {
    let mut sim = mm1();
    // Of the same lengths as the others': a microsecond is a unit of time.
    let ns = |units: f64| (units * 1e3) as u64;
    sim.run_until(ns(W1::WARM_UP), &mut ());
    let counted = |sim: &Sim<Counter>| {
        let counter: &Counter = &sim.processes()[0];
        (counter.served, counter.stayed_ns)
    };
    let before = counted(&sim);
    let begun = Instant::now();
    sim.run_until(ns(W1::WARM_UP + W1::LENGTH), &mut ());
    let seconds = begun.elapsed().as_secs_f64();
    let after = counted(&sim);
    let count = after.0 - before.0;
    Done {
        count,
        seconds,
        mean: (after.1 - before.1) as f64 / 1e3 / count as f64,
    }
}

/// The pipeline.
pub fn w3() -> Done {
    let mut sim = pipeline();
    let ns = |seconds: f64| (seconds * 1e9) as u64;
    sim.run_until(ns(W3::WARM_UP), &mut Latencies::default());
    let mut latencies = Latencies::default();
    let begun = Instant::now();
    sim.run_until(ns(W3::WARM_UP + W3::LENGTH), &mut latencies);
    Done {
        count: latencies.0.len(),
        seconds: begun.elapsed().as_secs_f64(),
        mean: latencies.0.mean() / 1e9,
    }
}
