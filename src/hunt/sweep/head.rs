//! What is known of a sweep before its first seed: the first line of its file. Whoever has it can read all the others, and run
//! each of them again.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::axis::{self, Axis};
use super::shard::Shard;
use crate::hunt::command::Command;
use crate::scenario::is_piped;
use crate::sim::units::Duration;
use crate::stats::Column;
use crate::trace::recording::{Hex, hash_text};

/// What is run, by which program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the program.
    pub splitbrain: String,
    /// What the scenario is called.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// Fingerprint of its text.
    pub scenario_hash: Hex,
    /// Settings that are changed in all cells.
    pub set: Vec<String>,
    /// Whether its control runs.
    pub control: bool,
    /// Another end than its own, virtual time in ns.
    pub until_ns: Option<u64>,
    /// The seeds.
    pub seeds: Seeds,
    /// The settings that vary.
    pub vary: Vec<Axis>,
    /// Which part of all runs this is.
    pub shard: Shard,
    /// What differs from cell to cell.
    pub cells: Vec<Cell>,
    /// The metrics of each run, in the order in which its line has their values.
    pub metrics: Vec<Column>,
    /// The scenario's text.
    pub text: String,
    /// The files it names, by name and text.
    pub files: Vec<(String, String)>,
}

/// Some seeds in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// The first.
    pub from: u64,
    /// The one behind the last.
    pub to: u64,
}

/// One choice of the settings that vary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// These settings.
    pub set: Vec<String>,
    /// Where its runs end, virtual time in ns.
    pub end_ns: u64,
    /// What is expected of them, in the notation of a scenario.
    pub expectations: Vec<String>,
}

impl Head {
    /// How many runs there are in all shards together. `None`: more than can be counted.
    pub fn runs(&self) -> Option<u64> {
        let seeds = self.seeds.to.checked_sub(self.seeds.from)?;
        seeds.checked_mul(self.cells.len() as u64)
    }

    /// The runs of this shard, by their numbers: all cells with the first seed, then with the next.
    pub fn items(&self) -> Range<u64> {
        self.shard.part(self.runs().unwrap_or(0))
    }

    /// The seed of a run, and the place of its cell.
    pub fn item(&self, item: u64) -> (u64, usize) {
        let cells = self.cells.len().max(1) as u64;
        (self.seeds.from + item / cells, (item % cells) as usize)
    }

    /// All settings that are changed in a cell.
    pub fn sets(&self, cell: usize) -> Vec<String> {
        let own = self.cells.get(cell).map_or(&[][..], |c| &c.set);
        [&self.set, own].concat()
    }

    /// What is not right with one that was read, as a clause.
    pub fn mistake(&self) -> Option<String> {
        let same = |(cell, set): (&Cell, &Vec<String>)| cell.set == *set;
        let cells = axis::cells(&self.vary);
        let is_right = cells.len() == self.cells.len()
            && self.cells.iter().zip(&cells).all(same)
            && self.vary.len() <= axis::AXES_MAX
            && (1..=self.shard.of).contains(&self.shard.number)
            && self.runs().is_some_and(|runs| runs > 0);
        if !is_right {
            return Some("its first line contradicts itself".to_owned());
        }
        let is_same = text_hash(&self.text, &self.files) == self.scenario_hash;
        (!is_same).then(|| "the scenario in it was changed after it was made".to_owned())
    }

    /// In what another differs from this one, as clauses that end with where this and the other stand; which shard it is, is not
    /// looked at.
    pub fn differences(&self, here: &str, other: &Self, there: &str) -> Vec<String> {
        let mut out = Vec::new();
        let mut compare = |what: &str, said: fn(&Self) -> String| {
            let (mine, theirs) = (said(self), said(other));
            if mine != theirs {
                out.push(format!("{what} {theirs} {there} and {mine} {here}"));
            }
        };
        compare("the version of splitbrain is", |h| h.splitbrain.clone());
        compare("the scenario is", |h| format!("`{}`", h.scenario));
        compare("--set is", |h| listed(&h.set));
        compare("what runs is", |h| {
            let what = if h.control {
                "the control"
            } else {
                "the scenario itself"
            };
            what.to_owned()
        });
        compare("the end is", |h| match h.until_ns {
            Some(ns) => Duration::from_ns(ns).to_string(),
            None => "the scenario's own".to_owned(),
        });
        compare("the seeds are", |h| {
            format!("{}..{}", h.seeds.from, h.seeds.to)
        });
        compare("--vary is", |h| {
            listed(&h.vary.iter().map(Axis::to_string).collect::<Vec<_>>())
        });
        compare("the fingerprint of the scenario's text is", |h| {
            h.scenario_hash.to_string()
        });
        let rest = |h: &Self| (h.cells.clone(), h.metrics.clone(), h.title.clone());
        if out.is_empty() && rest(self) != rest(other) {
            out.push(
                "what is measured or expected is not the same, as with another build of splitbrain"
                    .to_owned(),
            );
        }
        out
    }

    /// The command that runs one of its seeds, as a shell takes it.
    pub fn command(&self, cell: usize, seed: u64) -> String {
        self.with_command(cell, seed, |command| command.to_string())
    }

    /// What is made of that command.
    pub fn with_command<T>(
        &self,
        cell: usize,
        seed: u64,
        make: impl FnOnce(Command<'_>) -> T,
    ) -> T {
        make(Command {
            scenario: self.scenario_argument(),
            seed,
            control: self.control,
            set: &self.sets(cell),
            until: self.until_ns.map(Duration::from_ns),
        })
    }

    /// How the command line names the scenario.
    pub fn scenario_argument(&self) -> &str {
        // What came through a pipe comes through a pipe again.
        if is_piped(&self.scenario) {
            "-"
        } else {
            &self.scenario
        }
    }

    /// The settings of a cell in few words, those that vary; of the only one, nothing.
    pub fn cell_label(&self, cell: usize) -> String {
        self.cells
            .get(cell)
            .map_or_else(String::new, |c| c.set.join(" "))
    }
}

fn listed(texts: &[String]) -> String {
    match texts {
        [] => "nothing".to_owned(),
        texts => texts
            .iter()
            .map(|t| format!("`{t}`"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Fingerprint of a scenario's text and of the files it names.
pub fn text_hash(text: &str, files: &[(String, String)]) -> Hex {
    if files.is_empty() {
        return hash_text(text);
    }
    let hashes = files
        .iter()
        .map(|(name, text)| format!("{name} {}\n", hash_text(text)));
    hash_text(&format!(
        "{}\n{}",
        hash_text(text),
        hashes.collect::<String>()
    ))
}
