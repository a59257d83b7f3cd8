//! Many seeds at once: how much faster a sweep is with all cores than with one, and what it costs beside the runs themselves, one
//! after the other, in one interleaved run. The sweep keeps each run in a file and sums it up, as `splitbrain sweep -o` does.
//!
//! `cargo bench --bench sweep` prints the medians and the best of the rounds, and their ratios. Also with how long a run is (virtual seconds, 5 if nothing
//! is said) and how many seeds there are: `cargo bench --bench sweep -- 60 16`.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use splitbrain::hunt::parallel::{self, Panic};
use splitbrain::hunt::sweep::store::Store;
use splitbrain::hunt::sweep::{Grid, SeedOutcome, Shard, Sums, grid};
use splitbrain::hunt::{Options, Session};
use splitbrain::scenario::library;
use splitbrain::sim::SECOND;

const ROUNDS: usize = 7;

/// How long all seeds take, and what they come to.
fn swept(grid: &Grid, jobs: NonZeroUsize) -> (f64, Sums) {
    let head = grid.head();
    let file = std::env::temp_dir().join(format!("splitbrain-bench-{}", std::process::id()));
    let mut sums = Sums::new(head);
    let begun = Instant::now();
    let mut store = Store::open(&file, head, |_, _| {}).expect("a new file");
    let mut add = |item, came: Result<SeedOutcome, Panic>| {
        store.add(head, &came).expect("written");
        sums.add(head, item, &came);
    };
    let done = grid.run(head.items(), jobs, &mut add);
    store.finish(head, &sums).expect("written");
    let took = begun.elapsed().as_secs_f64();
    let _ = std::fs::remove_file(&file);
    assert_eq!(done, Ok(head.items().end));
    (took, sums)
}

/// How long the same runs take without a sweep, one after the other on one core.
fn by_hand(grid: &Grid) -> f64 {
    let sweep = grid.sweep(0);
    let begun = Instant::now();
    for seed in sweep.seeds.clone() {
        let options = Options {
            seed: Some(seed),
            until_ns: sweep.until_ns,
            ..Options::default()
        };
        let mut session = Session::new(Arc::clone(&sweep.loaded), options);
        while session.advance(u64::MAX, 400_000) {}
    }
    begun.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse().ok());
    let (seconds, seeds) = (numbers.next().unwrap_or(5), numbers.next().unwrap_or(48));
    let wanted = grid::Wanted {
        set: &[],
        vary: &[],
        seeds: 0..seeds,
        control: false,
        until_ns: Some(seconds * SECOND),
        shard: Shard::WHOLE,
    };
    let Ok(loaded) = grid::load(library::DEFAULT, &wanted) else {
        panic!("the default scenario does not load");
    };
    let grid = Grid::new(loaded, &wanted);
    let (one, all) = (NonZeroUsize::MIN, parallel::all_cores());
    let (mut hand, mut alone, mut together) = (Vec::new(), Vec::new(), Vec::new());
    let mut events = 0;
    for _ in 0..ROUNDS {
        hand.push(by_hand(&grid));
        let (took, sums) = swept(&grid, one);
        alone.push(took);
        let (took, same) = swept(&grid, all);
        together.push(took);
        assert_eq!(sums.all.digest(), same.all.digest(), "the same runs");
        events = sums.all.events;
    }
    let rate = |seconds: &f64| events as f64 / seconds / 1e6;
    let ratios = |of: &[f64], to: &[f64]| of.iter().zip(to).map(|(a, t)| a / t).collect();
    let (faster, kept) = (ratios(&alone, &together), ratios(&hand, &alone));
    let rates = |seconds: &[f64]| seconds.iter().map(rate).collect::<Vec<_>>();
    let (hand, alone, together) = (rates(&hand), rates(&alone), rates(&together));
    let best = |rates: &[f64]| rates.iter().copied().fold(0.0, f64::max);
    let (h, a, t) = (best(&hand), best(&alone), best(&together));
    println!(
        "{} for {seconds} s with {seeds} seeds, {ROUNDS} interleaved rounds",
        library::DEFAULT
    );
    println!("million events a second   median    best");
    println!("runs without a sweep      {:6.2}  {h:6.2}", median(hand));
    println!("1 job                     {:6.2}  {a:6.2}", median(alone));
    println!(
        "{all} jobs                    {:6.2}  {t:6.2}",
        median(together)
    );
    println!(
        "all jobs to one           {:6.2}  {:6.2}",
        median(faster),
        t / a
    );
    println!(
        "one job to no sweep       {:6.2}  {:6.2}",
        median(kept),
        a / h
    );
}
