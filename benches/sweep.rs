//! Many seeds at once: how much faster a sweep is with all cores than with one, in one interleaved run.
//!
//! `cargo bench --bench sweep` prints the medians and the best of the rounds, and their ratios. Also with how long a run is (virtual seconds, 5 if nothing
//! is said) and how many seeds there are: `cargo bench --bench sweep -- 60 16`.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use splitbrain::hunt::sweep::{SeedOutcome, Sweep};
use splitbrain::hunt::tally::Tally;
use splitbrain::hunt::{self, parallel};
use splitbrain::scenario::library;
use splitbrain::sim::SECOND;

const ROUNDS: usize = 7;

/// How long all seeds take, and what they come to.
fn swept(sweep: &Sweep, jobs: NonZeroUsize) -> (f64, Tally) {
    let mut tally = Tally::new(sweep.expect().len());
    let mut add = |seed, result: Result<SeedOutcome, _>| tally.add(seed, &result);
    let begun = Instant::now();
    let done = sweep.run(jobs, &mut add);
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(done, Ok(sweep.seeds.end));
    (took, tally)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse().ok());
    let (seconds, seeds) = (numbers.next().unwrap_or(5), numbers.next().unwrap_or(48));
    let Ok(loaded) = hunt::load(library::DEFAULT, &[]) else {
        panic!("the default scenario does not load");
    };
    let sweep = Sweep {
        loaded: Arc::new(loaded),
        seeds: 0..seeds,
        control: false,
        until_ns: Some(seconds * SECOND),
    };
    let (one, all) = (NonZeroUsize::MIN, parallel::all_cores());
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    let mut events = 0;
    for _ in 0..ROUNDS {
        let (took, tally) = swept(&sweep, one);
        alone.push(took);
        let (took, same) = swept(&sweep, all);
        together.push(took);
        assert_eq!(tally.digest(), same.digest(), "the same runs");
        events = tally.events;
    }
    let rate = |seconds: &f64| events as f64 / seconds / 1e6;
    let ratios = alone.iter().zip(&together).map(|(a, t)| a / t).collect();
    let rates = |seconds: &[f64]| seconds.iter().map(rate).collect::<Vec<_>>();
    let (alone, together) = (rates(&alone), rates(&together));
    let best = |rates: &[f64]| rates.iter().copied().fold(0.0, f64::max);
    let best_ratio = best(&together) / best(&alone);
    println!(
        "{} for {seconds} s with {seeds} seeds, {ROUNDS} interleaved rounds",
        library::DEFAULT
    );
    println!("million events a second   median    best");
    let (a, t) = (best(&alone), best(&together));
    println!("1 job                     {:6.2}  {a:6.2}", median(alone));
    println!(
        "{all} jobs                    {:6.2}  {t:6.2}",
        median(together)
    );
    println!(
        "ratio                     {:6.2}  {best_ratio:6.2}",
        median(ratios)
    );
}
