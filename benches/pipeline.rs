//! W3 on the kernel beside the same pipeline by hand, in one interleaved run: what a kernel for everybody costs.
//!
//! `cargo bench --bench pipeline` prints the medians and their ratio. `cargo bench --bench pipeline -- once kernel` (or
//! `once hand`, with how many events behind it) runs one of them once, for a profiler: counted in instructions by valgrind
//! for two numbers of events, the difference is the cost of the events alone.

#![allow(missing_docs)]

#[path = "shapes/by_hand.rs"]
mod by_hand;
#[path = "shapes/pipeline.rs"]
mod pipeline;

use std::hint::black_box;
use std::time::Instant;

use by_hand::ByHand;
use pipeline::{Latencies, pipeline};

const EVENTS: u64 = 5_000_000;
const ROUNDS: usize = 9;
/// Until the pipeline is full.
const WARM_UP: u64 = 200_000;

/// Messages acknowledged in so many events on the kernel, and how long it took.
fn on_the_kernel(events: u64) -> (u64, f64) {
    let mut sim = pipeline();
    let mut latencies = Latencies::default();
    sim.play(u64::MAX, WARM_UP, &mut latencies);
    let begun = Instant::now();
    sim.play(u64::MAX, events, &mut latencies);
    let took = begun.elapsed().as_secs_f64();
    black_box(sim.digest().value());
    (latencies.0.len(), took)
}

/// The same by hand.
fn by_hand(events: u64) -> (u64, f64) {
    let mut world = ByHand::default();
    for _ in 0..WARM_UP {
        world.step();
    }
    let begun = Instant::now();
    for _ in 0..events {
        world.step();
    }
    let took = begun.elapsed().as_secs_f64();
    black_box(world.digest());
    (world.latencies.len(), took)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    if args.first().is_some_and(|a| a == "once") {
        let events = args.get(2).and_then(|n| n.parse().ok()).unwrap_or(EVENTS);
        let run = match args.get(1).map(String::as_str) {
            Some("hand") => by_hand,
            _ => on_the_kernel,
        };
        println!("{} messages", run(events).0);
        return;
    }
    let (mut kernel, mut hand) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (messages, took) = on_the_kernel(EVENTS);
        kernel.push(took);
        let (same, took) = by_hand(EVENTS);
        hand.push(took);
        // Nine events a message in both, up to what is on its way.
        assert!(
            messages.abs_diff(same) < messages / 50,
            "{messages}, {same}"
        );
    }
    let rate = |seconds: &f64| EVENTS as f64 / seconds / 1e6;
    let ratios = hand.iter().zip(&kernel).map(|(h, k)| h / k).collect();
    println!("W3, {ROUNDS} interleaved rounds of {EVENTS} events, medians");
    println!(
        "kernel   {:6.2} million events a second",
        median(kernel.iter().map(rate).collect())
    );
    println!(
        "by hand  {:6.2} million events a second",
        median(hand.iter().map(rate).collect())
    );
    println!("ratio    {:6.2}", median(ratios));
}
