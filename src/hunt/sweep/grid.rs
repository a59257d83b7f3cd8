//! A scenario with many seeds, under each of several settings. A cell is one choice of the settings; it is loaded once, and all
//! workers share it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use super::axis::{self, Axis};
use super::head::{Cell, Head, Seeds, text_hash};
use super::shard::Shard;
use super::{SeedOutcome, Sweep};
use crate::hunt::parallel::{self, Collect, Stop};
use crate::hunt::{self, Loaded};
use crate::scenario::LoadError;
use crate::stats::{Column, Metrics};

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Grid {
    head: Head,
    sweeps: Vec<Sweep>,
    /// Of each cell, where its metrics stand among those of all.
    places: Vec<Vec<usize>>,
}

/// What a grid is made of.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Settings that are changed in all cells.
    pub set: &'a [String],
    /// Settings that vary.
    pub vary: &'a [Axis],
    /// The seeds.
    pub seeds: Range<u64>,
    /// The control instead of the scenario.
    pub control: bool,
    /// Another end, virtual time in ns.
    pub until_ns: Option<u64>,
    /// Which part of all.
    pub shard: Shard,
}

/// Reads a scenario once for each cell. The error says what is wrong with the first that cannot run.
pub fn load(which: &str, wanted: &Wanted<'_>) -> Result<Vec<Loaded>, LoadError> {
    let cells = axis::cells(wanted.vary);
    let sets: Vec<_> = cells
        .iter()
        .map(|cell| [wanted.set, cell].concat())
        .collect();
    hunt::load_each(which, &sets)
}

impl Grid {
    /// Of a scenario that was [`load`]ed for each cell.
    pub fn new(loaded: Vec<Loaded>, wanted: &Wanted<'_>) -> Self {
        let sweeps: Vec<Sweep> = loaded
            .into_iter()
            .map(|loaded| Sweep {
                loaded: Arc::new(loaded),
                seeds: wanted.seeds.clone(),
                control: wanted.control,
                until_ns: wanted.until_ns,
            })
            .collect();
        let (metrics, places) = columns(&sweeps);
        let cells = axis::cells(wanted.vary).into_iter().zip(&sweeps);
        let cells = cells.map(|(set, sweep)| Cell {
            set,
            end_ns: sweep.end_ns(),
            expectations: sweep.expect().iter().map(ToString::to_string).collect(),
        });
        let first = &sweeps[0].loaded;
        let files = all_files(&sweeps);
        let scenario = match &first.control {
            Some(both) if wanted.control => &both.0,
            _ => &first.scenario,
        };
        let head = Head {
            splitbrain: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: first.name.clone(),
            title: scenario.title.clone(),
            scenario_hash: text_hash(&first.text, &files),
            set: wanted.set.to_vec(),
            control: wanted.control,
            until_ns: wanted.until_ns,
            seeds: Seeds {
                from: wanted.seeds.start,
                to: wanted.seeds.end,
            },
            vary: wanted.vary.to_vec(),
            shard: wanted.shard,
            cells: cells.collect(),
            metrics,
            text: first.text.clone(),
            files,
        };
        Self {
            head,
            sweeps,
            places,
        }
    }

    /// What is known before the first run.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// What a cell runs.
    pub fn sweep(&self, cell: usize) -> &Sweep {
        &self.sweeps[cell]
    }

    /// Runs some of the items; see [`parallel::in_order`].
    pub fn run(
        &self,
        items: Range<u64>,
        jobs: NonZeroUsize,
        collect: &mut impl Collect<SeedOutcome>,
    ) -> Result<u64, String> {
        let run = |item, stop: &Stop| self.one(item, stop);
        parallel::in_order(items, jobs, run, collect)
    }

    /// Runs one; `None` if it was stopped. Its metrics stand where the head has their names.
    fn one(&self, item: u64, stop: &Stop) -> Option<SeedOutcome> {
        let (seed, cell) = self.head.item(item);
        let mut outcome = self.sweeps[cell].one(seed, stop)?;
        let mut row = vec![None; self.head.metrics.len()];
        for (place, value) in self.places[cell].iter().zip(&outcome.metrics) {
            row[*place] = *value;
        }
        outcome.metrics = row;
        Some(outcome)
    }
}

/// The metrics of all cells, each once, and where those of each cell stand among them.
fn columns(sweeps: &[Sweep]) -> (Vec<Column>, Vec<Vec<usize>>) {
    let mut all: Vec<Column> = Vec::new();
    let mut known = BTreeMap::new();
    let places = sweeps.iter().map(|sweep| {
        // What metrics there are depends on what machines and queues there are: only the simulation names them.
        let sim = sweep.plan().build(sweep.seeds.start);
        let own = Metrics::new(sim.names()).columns().into_iter();
        let own = own.map(|column| {
            *known.entry(column.name.clone()).or_insert_with(|| {
                all.push(column);
                all.len() - 1
            })
        });
        own.collect()
    });
    let places = places.collect();
    (all, places)
}

/// The files that the cells name, each once.
fn all_files(sweeps: &[Sweep]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for file in sweeps.iter().flat_map(|sweep| &sweep.loaded.files) {
        if !all.contains(file) {
            all.push(file.clone());
        }
    }
    all
}
