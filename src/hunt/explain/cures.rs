//! What was tried against a failure, and the command with which anybody can try the same.

use crate::checks::{Expect, Property};
use crate::hunt::command::{Command, quoted, shrinking};
use crate::hunt::lineage::{Judge, Owed, Trials, Tried};
use crate::hunt::{Loaded, Session};
use crate::scenario::{Files, is_piped};
use crate::sim::fault::FaultPlan;
use crate::sim::units::Duration;

/// More settings than this are not tried two at a time: 28 runs.
const PAIRED_MAX: usize = 8;

/// Where the run came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A scenario.
    Scenario,
    /// A recording.
    Recording {
        /// Its file.
        file: String,
        /// What is otherwise than it was recorded: settings.
        sets: Vec<String>,
        /// The same: the seed.
        seed: Option<u64>,
    },
}

impl Origin {
    /// The command that plays a run with some more settings. None for what cannot be played again, such as a scenario that
    /// came through a pipe.
    pub fn command(&self, run: &Session, more: &[String]) -> Option<String> {
        match self {
            Self::Recording { file, sets, seed } if more.is_empty() && !is_piped(file) => {
                let is_as_recorded = sets.is_empty() && seed.is_none() && !run.is_control();
                is_as_recorded.then(|| format!("splitbrain replay {}", quoted(file)))
            }
            Self::Recording { .. } => self.comparison(run, more),
            Self::Scenario => {
                let command = run.whole_command()?;
                let set = &[command.set, more].concat();
                Some(Command { set, ..command }.to_string())
            }
        }
    }

    /// The command that makes a run as small as it can be while a property still breaks. None for a control, which has no name
    /// of its own, and for what cannot be played again.
    pub fn shrinking(&self, run: &Session, property: &Property) -> Option<String> {
        let goal = Expect::Holds(*property);
        match self {
            Self::Scenario => run.whole_command()?.shrinking(Some(&goal)),
            Self::Recording { file, sets, seed } => {
                let shrink = || shrinking(file, *seed, sets, Some(&goal));
                (!is_piped(file) && !run.is_control()).then(shrink)
            }
        }
    }

    /// The command that holds a run against the same with some more settings. None for what cannot be played again.
    pub fn comparison(&self, run: &Session, more: &[String]) -> Option<String> {
        let (name, both) = match self {
            Self::Scenario => (&run.loaded().name, &run.loaded().sets),
            Self::Recording { file, sets, .. } => (file, sets),
        };
        let mut words = vec!["splitbrain".to_owned(), "compare".to_owned(), quoted(name)];
        let seed = match self {
            Self::Scenario => Some(run.seed()),
            Self::Recording { seed, .. } => *seed,
        };
        words.extend(seed.map(|seed| format!("--seed {seed}")));
        words.extend(both.iter().map(|set| format!("--both {}", quoted(set))));
        words.extend(more.iter().map(|set| format!("--set {}", quoted(set))));
        (!is_piped(name)).then(|| words.join(" "))
    }
}

/// Another run, and what became of it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    /// What was different: `acks=All`, `line 14 (crash leader of orders/0)`.
    pub what: String,
    /// The fault that was left out; `None`: it is a setting.
    pub is_fault: bool,
    /// Whether two settings were tried together.
    pub is_pair: bool,
    /// The line of the scenario that a fault stands in, if it stands in one.
    pub line: Option<u32>,
    /// As `--set` has it.
    pub sets: Vec<String>,
    /// What came of it: `delivered once`, `it breaks at 27s`.
    pub outcome: String,
    /// Whether that is better.
    pub helps: bool,
    /// The command that shows it, where there is one.
    pub command: Option<String>,
}

impl Cure {
    pub(super) fn of(
        tried: &Tried,
        outcome: &str,
        [helps, is_pair]: [bool; 2],
        run: &Session,
        origin: &Origin,
    ) -> Self {
        let sets = match tried {
            Tried::With { sets, .. } => sets.clone(),
            Tried::WithoutAny => vec!["faults=[]".to_owned()],
            Tried::Without { fault, .. } => put_off(*fault, run).unwrap_or_default(),
        };
        let line = match tried {
            Tried::Without { line, .. } if !matches!(*line, 0 | FaultPlan::BY_HAND) => Some(*line),
            _ => None,
        };
        // What somebody did to the run is in no scenario.
        let can_be_set = !sets.is_empty()
            && (*tried != Tried::WithoutAny || run.interventions().is_empty())
            && (matches!(tried, Tried::With { .. }) || !run.is_control());
        let command = can_be_set.then(|| origin.command(run, &sets)).flatten();
        Self {
            what: tried.words(),
            is_fault: !matches!(tried, Tried::With { .. }),
            is_pair,
            line,
            sets,
            outcome: outcome.to_owned(),
            helps,
            command,
        }
    }
}

/// The settings with which a fault of the scenario comes only after the end; `None` where it cannot be said so.
fn put_off(fault: u32, run: &Session) -> Option<Vec<String>> {
    let loaded = run.loaded();
    let planned = loaded.plan.world.faults.len();
    let place = fault as usize;
    if place >= loaded.scenario.faults.len() {
        return None;
    }
    let behind = Duration::from_ns(run.end_ns().div_ceil(1_000_000_000) * 2_000_000_000);
    let later = Duration::from_ns(run.end_ns().div_ceil(1_000_000_000) * 3_000_000_000);
    let from = format!("faults.{fault}.0={behind}");
    let to = format!("faults.{fault}.1={later}");
    let ways = [vec![from.clone()], vec![to, from]];
    ways.into_iter().find(|sets| {
        let all = [&loaded.sets[..], sets].concat();
        let files = Files::Given(&loaded.files);
        let other = Loaded::from_parts(&loaded.name, &loaded.text, &all, files);
        other.is_ok_and(|other| {
            let faults = &other.plan.world.faults;
            faults.len() == planned && faults[place].schedule.first_ns() > run.end_ns()
        })
    })
}

/// Trials, and if no setting helps alone, those of two settings at a time.
#[derive(Clone, Debug)]
pub(super) struct Trying<J: Judge> {
    trials: Trials<J>,
    owed: Owed<J::Says>,
    /// So many were tried alone; `None`: all so far.
    alone: Option<usize>,
}

impl<J: Judge> Trying<J> {
    pub(super) fn new(trials: Trials<J>) -> Self {
        Self {
            trials,
            owed: Owed::default(),
            alone: None,
        }
    }

    /// After each was tried alone.
    pub(super) fn after(trials: Trials<J>, owed: Owed<J::Says>) -> Self {
        Self {
            trials,
            owed,
            alone: None,
        }
    }

    pub(super) fn owed(&self) -> &Owed<J::Says> {
        &self.owed
    }

    /// So many were tried alone, before those that were tried two together.
    pub(super) fn alone(&self) -> usize {
        self.alone.unwrap_or(self.owed.trials.len())
    }

    pub(super) fn share(&self) -> f64 {
        let share = self.trials.share();
        if self.alone.is_some() {
            0.5 + 0.5 * share
        } else {
            0.5 * share
        }
    }

    /// Goes on for so many events. `false`: all is done.
    pub(super) fn work(&mut self, events: u64) -> bool {
        if self.trials.work(events, &mut self.owed) {
            return true;
        }
        if self.alone.is_some() || !self.owed.settings().is_empty() {
            return false;
        }
        self.alone = Some(self.owed.trials.len());
        let tried = self.owed.trials.iter().map(|trial| &trial.tried);
        self.trials.go_on_with(pairs(tried));
        true
    }
}

/// Two settings at a time, of those that were tried alone: the most telling first.
fn pairs<'a>(tried: impl Iterator<Item = &'a Tried>) -> Vec<Tried> {
    let settings: Vec<(&Vec<String>, &String)> = tried
        .filter_map(|tried| match tried {
            Tried::With { sets, words } => Some((sets, words)),
            _ => None,
        })
        .collect();
    // What has another in it says no more beside a third than that other.
    let has = |sets: &[String], other: &[String]| {
        other.len() < sets.len() && other.iter().all(|set| sets.contains(set))
    };
    let is_least =
        |(sets, _): &&(&Vec<String>, &String)| !settings.iter().any(|(other, _)| has(sets, other));
    let least = settings.iter().filter(is_least).take(PAIRED_MAX);
    let settings: Vec<_> = least.copied().collect();
    let path = |set: &String| set.split('=').next().unwrap_or_default().to_owned();
    let mut pairs = Vec::new();
    for (at, (one, one_words)) in settings.iter().enumerate() {
        for (other, other_words) in &settings[at + 1..] {
            let is_same = |set: &String| one.iter().any(|own| path(own) == path(set));
            if !other.iter().any(is_same) {
                pairs.push(Tried::With {
                    sets: [one.as_slice(), other.as_slice()].concat(),
                    words: format!("{one_words} and {other_words}"),
                });
            }
        }
    }
    pairs
}
