//! Metrics.

use crate::sim::amount::Amount;
use crate::sim::ledger::Ledger;
use crate::sim::{Names, Record};

/// The metrics of a run.
#[derive(Clone, Debug, Default)]
pub struct Metrics {}

/// One metric at a moment.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its stable name.
    pub name: String,
    /// Its value.
    pub amount: Amount,
    /// What it is.
    pub meaning: &'static str,
}

impl Metrics {
    /// At the beginning of a run.
    pub fn new(_names: &Names) -> Self {
        Self {}
    }

    /// Takes in a record that the ledger has just taken in.
    pub fn apply(&mut self, _record: &Record, _ledger: &Ledger) {}

    /// Time went on without a record.
    pub fn advance(&mut self, _now_ns: u64, _ledger: &Ledger) {}

    /// The run is over.
    pub fn finish(&mut self, _now_ns: u64, _ledger: &Ledger) {}

    /// A metric by its name.
    pub fn metric(&self, _name: &str) -> Option<Amount> {
        None
    }

    /// All metrics, in the order of the table.
    pub fn all(&self) -> Vec<Metric> {
        Vec::new()
    }
}
