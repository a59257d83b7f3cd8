//! splitbrain's kernel beside nexosim, simcore (crates.io) and, where it is installed, SimPy (PyPI): M/M/1 (W1) and a brokered
//! pipeline (W3), in one interleaved run.
//!
//! `cargo run --release` in this folder prints medians and ratios; a number behind `--` says how many rounds. Events are
//! counted by what the work is, two a customer and nine a message, whatever a simulator makes of them. All keep how long each
//! took, and links keep the order of what is sent over them. splitbrain alone also keeps a digest of every event, links that can be
//! cut and machines that can crash: that is what it is for, and it is not taken out here.

#[path = "../../shapes/mm1.rs"]
mod mm1;
mod ours;
#[path = "../../shapes/pipeline.rs"]
mod pipeline;
mod with_nexosim;
mod with_simcore;
mod with_simpy;
mod work;

use work::{Done, W1, W3};

const ROUNDS: usize = 5;

/// A simulator and how it does the works.
struct Simulator {
    name: &'static str,
    w1: fn() -> Done,
    w3: fn() -> Done,
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS).max(1);
    let mut simulators = vec![
        Simulator {
            name: "splitbrain",
            w1: ours::w1,
            w3: ours::w3,
        },
        Simulator {
            name: "simcore",
            w1: with_simcore::w1,
            w3: with_simcore::w3,
        },
        Simulator {
            name: "nexosim",
            w1: with_nexosim::w1,
            w3: with_nexosim::w3,
        },
    ];
    match with_simpy::version() {
        Ok(version) => {
            println!("{version}");
            simulators.push(Simulator {
                name: "SimPy",
                w1: with_simpy::w1,
                w3: with_simpy::w3,
            });
        }
        Err(why) => println!("without SimPy: {why}"),
    }
    println!("{rounds} interleaved rounds, medians");
    // By theory a customer stays 1 / (µ - λ); runs of this length come within a few percent of it.
    let stays = 1.0 / (W1::SERVICES - W1::ARRIVALS);
    let w1 = measure(&simulators, |s| s.w1, rounds);
    report("W1", &simulators, &w1, W1::EVENTS, "stay", stays, 0.3);
    let w3 = measure(&simulators, |s| s.w3, rounds);
    // There is no formula for what waits within links; all must agree with the first.
    let acknowledged = w3[0][0].mean;
    report("W3", &simulators, &w3, W3::EVENTS, "ack", acknowledged, 0.1);
}

/// What each simulator did, by round.
fn measure(
    simulators: &[Simulator],
    work: impl Fn(&Simulator) -> fn() -> Done,
    rounds: usize,
) -> Vec<Vec<Done>> {
    let mut done = vec![Vec::new(); simulators.len()];
    for _ in 0..rounds {
        for (simulator, done) in simulators.iter().zip(&mut done) {
            done.push(work(simulator)());
        }
    }
    done
}

fn report(
    work: &str,
    simulators: &[Simulator],
    done: &[Vec<Done>],
    events: u64,
    what: &str,
    expected: f64,
    within: f64,
) {
    println!("\n{work:<12} million events a second   ours to it   mean {what}");
    let rate = |d: &Done| (d.count * events) as f64 / d.seconds / 1e6;
    for (simulator, theirs) in simulators.iter().zip(done) {
        let rates = theirs.iter().map(rate).collect();
        let ratios = done[0].iter().zip(theirs).map(|(o, t)| rate(o) / rate(t));
        let mean = theirs[0].mean;
        println!(
            "{:<12} {:>24.3} {:>12.2} {mean:>11.3e}",
            simulator.name,
            median(rates),
            median(ratios.collect()),
        );
        assert!(
            (mean / expected - 1.0).abs() < within,
            "{}: {mean} instead of {expected}: not the same work",
            simulator.name
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
