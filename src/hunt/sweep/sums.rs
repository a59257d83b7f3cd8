//! What the runs of a grid come to: of each cell how many failed, what broke, and how its metrics are spread; of all, the worst
//! runs by each metric. It is built up run by run and does not grow with them.

use super::file::Came;
use super::head::Head;
use super::sketch::Sketch;
use crate::checks::Property;
use crate::hunt::tally::Tally;
use crate::stats::Better;

/// Buckets of all sketches together: some 25 MB of each million.
const BUCKETS: usize = 4_000_000;
/// A sketch has at most so many buckets, which is enough for values that differ by a factor of 16 without a loss.
const BUCKETS_MAX: usize = 512;
/// And at least so many.
const BUCKETS_MIN: usize = 16;
/// How many of the worst runs are kept of each metric.
pub const WORST: usize = 5;

/// The sums of a grid.
#[derive(Clone, Debug)]
pub struct Sums {
    /// Of all cells together, without what was expected, which each cell has for itself.
    pub all: Tally,
    /// Of each cell.
    pub cells: Vec<CellSums>,
    /// By metric, the worst runs, the worst first; of a metric whose values are neither good nor bad, the highest.
    pub worst: Vec<Vec<Extreme>>,
    better: Vec<Better>,
}

/// The sums of a cell.
#[derive(Clone, Debug)]
pub struct CellSums {
    /// How many passed, failed, broke what.
    pub tally: Tally,
    /// Of each metric, how it is spread over the seeds.
    pub metrics: Vec<Sketch>,
    /// Of the seeds that failed, the one in which something broke first.
    pub failed: Option<Telling>,
    /// For each property that broke, the seed in which it did first, in virtual time.
    pub broken: Vec<(Property, Telling)>,
}

/// A seed that shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Telling {
    /// When something breaks in it, virtual time in ns; at the end, if nothing does.
    pub at: u64,
    /// The seed.
    pub seed: u64,
}

/// A run with its value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extreme {
    /// The value.
    pub value: f64,
    /// The seed.
    pub seed: u64,
    /// The place of the cell.
    pub cell: usize,
}

impl Sums {
    /// Of no run yet.
    pub fn new(head: &Head) -> Self {
        let sketches = (head.cells.len() * head.metrics.len()).max(1);
        let buckets = (BUCKETS / sketches).clamp(BUCKETS_MIN, BUCKETS_MAX);
        let cells = head.cells.iter().map(|cell| CellSums {
            tally: Tally::new(cell.expectations.len()),
            metrics: vec![Sketch::new(buckets); head.metrics.len()],
            failed: None,
            broken: Vec::new(),
        });
        Self {
            all: Tally::new(0),
            cells: cells.collect(),
            worst: vec![Vec::new(); head.metrics.len()],
            better: head.metrics.iter().map(|m| m.better).collect(),
        }
    }

    /// Adds a run; they come in the order of the items.
    pub fn add(&mut self, head: &Head, item: u64, came: &Came) {
        let (seed, cell) = head.item(item);
        self.all.add(seed, came);
        self.cells[cell].tally.add(seed, came);
        let Ok(outcome) = came else {
            return;
        };
        let sums = &mut self.cells[cell];
        for broken in &outcome.broken {
            let telling = Telling {
                at: broken.at,
                seed,
            };
            match sums.broken.iter_mut().find(|(p, _)| *p == broken.property) {
                Some((_, first)) => *first = telling.min(*first),
                None => sums.broken.push((broken.property, telling)),
            }
        }
        if !outcome.met {
            let at = outcome.broken.iter().map(|b| b.at).min();
            let telling = Telling {
                at: at.unwrap_or(head.cells[cell].end_ns),
                seed,
            };
            sums.failed = Some(sums.failed.map_or(telling, |first| telling.min(first)));
        }
        for (at, value) in outcome.metrics.iter().enumerate() {
            let Some(value) = *value else { continue };
            sums.metrics[at].add(seed, value);
            keep_worst(
                &mut self.worst[at],
                self.better[at],
                Extreme { value, seed, cell },
            );
        }
    }

    /// The seed that shows best what a cell is like: one that fails if one does, else the first.
    pub fn telling(&self, head: &Head, cell: usize) -> u64 {
        let failed = self.cells[cell].failed;
        failed.map_or(head.seeds.from, |telling| telling.seed)
    }
}

/// Keeps a run if it is among the worst; of two alike, the first.
fn keep_worst(worst: &mut Vec<Extreme>, better: Better, new: Extreme) {
    let is_worse = |than: &Extreme| match better {
        Better::Higher => new.value < than.value,
        Better::Lower | Better::Neither => new.value > than.value,
    };
    if worst.len() == WORST && !worst.last().is_some_and(is_worse) {
        return;
    }
    let at = worst.iter().position(is_worse).unwrap_or(worst.len());
    worst.insert(at, new);
    worst.truncate(WORST);
}
