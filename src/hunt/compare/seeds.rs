//! Two variants over many seeds: what differs by the change, and what by chance.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use super::super::intervention::Intervention;
use super::super::parallel::{self, Collect, Panic, Stop};
use super::super::{Loaded, Options, Session};
use super::{Pair, Paired, is_seed};
use crate::sim::amount::Unit;
use crate::stats::{Better, Metrics};

/// Events between two looks at whether to stop.
const SLICE: u64 = 50_000;

/// What is compared: two runs of which only the seed is still open.
#[derive(Clone, Debug)]
pub struct Variants {
    recipes: [Recipe; 2],
    rows: Arc<[Named]>,
}

/// All that makes a run but its seed.
#[derive(Clone, Debug)]
struct Recipe {
    loaded: Arc<Loaded>,
    options: Options,
    by_hand: Arc<[Intervention]>,
}

/// A metric that either variant may have a number for.
#[derive(Clone, Debug)]
struct Named {
    name: String,
    unit: Unit,
    better: Better,
}

/// What one seed says of each metric, in the order of the rows.
pub type SeedPair = Vec<Measured>;

/// What one seed says of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    /// Both have a number: B − A.
    Both(f64),
    /// Only this side has one, 0 or 1: there is no difference to be taken.
    Only(usize),
    /// There was nothing to be measured on either side.
    Neither,
}

/// Seeds that run beside whoever asked for them.
pub type Beside = parallel::Beside<Result<SeedPair, Panic>>;

/// A metric over many seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its full name.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
    /// Which of two values is the better one.
    pub better: Better,
    /// The differences B − A of the seeds with which both have a number.
    pub paired: Paired,
    /// With how many seeds only A had a number, and with how many only B.
    pub only: [u64; 2],
}

impl Row {
    /// The side that alone ever has a number, 0 or 1, if there is one.
    pub fn only_side(&self) -> Option<usize> {
        let [a, b] = self.only.map(|seeds| seeds > 0);
        (self.paired.pairs() == 0 && a != b).then_some(usize::from(b))
    }
}

/// What many seeds come to.
#[derive(Clone, Debug, PartialEq)]
pub struct OverSeeds {
    /// Metric by metric.
    pub rows: Vec<Row>,
    /// How many seeds there were.
    pub seeds: u64,
    /// How many of them panicked.
    pub panicked: u64,
}

impl Variants {
    /// Of a pair. `None` if nothing but the seed differs: over many seeds, such two are the same.
    pub fn of(pair: &Pair) -> Option<Self> {
        let [a, b] = pair.runs();
        let recipes = [a, b].map(|run| Recipe::of(run));
        if recipes[0].is_the_same(&recipes[1]) {
            return None;
        }
        let mut rows: Vec<Named> = Vec::new();
        for run in [a, b] {
            let metrics = Metrics::new(run.sim().names());
            for name in metrics.metric_names() {
                if rows.iter().any(|row| row.name == name) {
                    continue;
                }
                if let Some((definition, _)) = metrics.find(&name) {
                    rows.push(Named {
                        name,
                        unit: definition.unit,
                        better: definition.better,
                    });
                }
            }
        }
        Some(Self {
            recipes,
            rows: rows.into(),
        })
    }

    /// Nothing known yet.
    pub fn nothing(&self) -> OverSeeds {
        let row = |named: &Named| Row {
            name: named.name.clone(),
            unit: named.unit,
            better: named.better,
            paired: Paired::default(),
            only: [0, 0],
        };
        OverSeeds {
            rows: self.rows.iter().map(row).collect(),
            seeds: 0,
            panicked: 0,
        }
    }

    /// Runs both with each of the seeds; see [`parallel::in_order`].
    pub fn run(
        &self,
        seeds: Range<u64>,
        jobs: NonZeroUsize,
        collect: &mut impl Collect<SeedPair>,
    ) -> Result<u64, String> {
        parallel::in_order(seeds, jobs, |seed, stop| self.one(seed, stop), collect)
    }

    /// The same, beside whoever calls.
    pub fn beside(&self, seeds: Range<u64>, jobs: NonZeroUsize) -> Result<Beside, String> {
        let variants = self.clone();
        parallel::beside(seeds, jobs, move |seed, stop| variants.one(seed, stop))
    }

    /// Runs both with one seed; `None` if it was stopped.
    pub fn one(&self, seed: u64, stop: &Stop) -> Option<SeedPair> {
        let [a, b] = &self.recipes;
        let (a, b) = (a.values(seed, stop)?, b.values(seed, stop)?);
        let measured = |named: &Named| match (a.get(&named.name), b.get(&named.name)) {
            (Some(a), Some(b)) => Measured::Both(b - a),
            (Some(_), None) => Measured::Only(0),
            (None, Some(_)) => Measured::Only(1),
            (None, None) => Measured::Neither,
        };
        Some(self.rows.iter().map(measured).collect())
    }
}

impl Recipe {
    fn of(run: &Session) -> Self {
        Self {
            loaded: Arc::clone(run.loaded()),
            options: run.options().clone(),
            by_hand: Arc::clone(run.interventions()),
        }
    }

    fn is_the_same(&self, other: &Self) -> bool {
        let (a, b) = (&self.loaded, &other.loaded);
        let sets = |loaded: &Loaded| -> Vec<String> {
            let sets = loaded.sets.iter().filter(|set| !is_seed(set));
            sets.cloned().collect()
        };
        let texts = |recipe: &Self| -> Vec<String> {
            let done = recipe.by_hand.iter();
            done.map(|i| i.text.clone()).collect()
        };
        (&a.text, sets(a), &a.files) == (&b.text, sets(b), &b.files)
            && self.options.control == other.options.control
            && texts(self) == texts(other)
    }

    /// All metrics at the end of a run with this seed; `None` if it was stopped.
    fn values(&self, seed: u64, stop: &Stop) -> Option<BTreeMap<String, f64>> {
        let options = Options {
            seed: Some(seed),
            ..self.options.clone()
        };
        let mut run = Session::new(Arc::clone(&self.loaded), options);
        run.follow(&self.by_hand);
        while run.advance(u64::MAX, SLICE) {
            if stop.is_asked_for() {
                return None;
            }
        }
        let all = run.watch()?.metrics.all().into_iter();
        Some(all.map(|m| (m.name, m.amount.value)).collect())
    }
}

impl OverSeeds {
    /// Takes in what came of the next seed.
    pub fn add(&mut self, result: &Result<SeedPair, Panic>) {
        self.seeds += 1;
        let Ok(differences) = result else {
            self.panicked += 1;
            return;
        };
        for (row, measured) in self.rows.iter_mut().zip(differences) {
            match *measured {
                Measured::Both(difference) => row.paired.add(difference),
                Measured::Only(side) => row.only[side] += 1,
                Measured::Neither => {}
            }
        }
    }

    /// What is known of a metric.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}
