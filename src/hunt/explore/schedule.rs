//! A schedule: which fault strikes when, and for how long.

use std::sync::Arc;

use super::super::Intervention;
use super::super::intervention;
use super::space::Strike;
use crate::sim::fault::{FaultPlan, Schedule as Times};

/// A fault of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it begins, virtual time in ns.
    pub at_ns: u64,
    /// How long it lasts, ns; 0 for what is over at once.
    pub lasting_ns: u64,
    /// What it does.
    pub strike: Arc<Strike>,
}

impl Entry {
    /// When it is over, ns.
    pub fn end_ns(&self) -> u64 {
        self.at_ns.saturating_add(self.lasting_ns)
    }

    fn lasting(&self) -> Option<u64> {
        self.strike.lasts.then_some(self.lasting_ns)
    }

    /// How it stands in a scenario.
    pub fn text(&self) -> String {
        intervention::entry(self.at_ns, &self.strike.text, self.lasting())
    }

    fn intervention(&self) -> Intervention {
        Intervention {
            at_ns: self.at_ns,
            text: self.text(),
            plan: FaultPlan {
                line: FaultPlan::BY_HAND,
                schedule: Times::At(self.at_ns),
                lasting_ns: self.lasting(),
                action: self.strike.action.clone(),
            },
        }
    }
}

/// Faults in the order of time, no two of which begin at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// They.
    pub entries: Vec<Entry>,
}

impl Schedule {
    /// How many faults there are in it. What only mends is none.
    pub fn faults(&self) -> usize {
        self.entries.iter().filter(|e| !e.strike.mends).count()
    }

    /// When the first one begins, ns.
    pub fn first_ns(&self) -> u64 {
        self.entries.first().map_or(u64::MAX, |e| e.at_ns)
    }

    /// Which kinds of fault it has, each once, sorted.
    pub fn kinds(&self) -> Vec<&'static str> {
        let faults = self.entries.iter().filter(|e| !e.strike.mends);
        let mut kinds: Vec<_> = faults.map(|e| e.strike.word).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// What it comes down to.
    pub fn interventions(&self) -> Arc<[Intervention]> {
        self.entries.iter().map(Entry::intervention).collect()
    }

    /// How it stands in a scenario, entry by entry.
    pub fn texts(&self) -> Vec<String> {
        self.entries.iter().map(Entry::text).collect()
    }

    /// The most nodes that are struck at once.
    pub(super) fn width(&self) -> u32 {
        let at = |moment: u64| {
            let there = |e: &&Entry| e.at_ns <= moment && moment <= e.end_ns();
            let there = self.entries.iter().filter(there);
            there.map(|e| e.strike.width).sum()
        };
        self.entries.iter().map(|e| at(e.at_ns)).max().unwrap_or(0)
    }
}
