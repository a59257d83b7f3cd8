//! Everything that watches a run.

use crate::checks::Expect;
use crate::sim::{Observer, Record};
use crate::systems::Sim;

/// All observers of a session.
#[derive(Clone, Debug)]
pub struct Watch {
    /// How many records of each kind there were.
    pub kinds: [u64; 32],
}

impl Watch {
    /// At the beginning of a run.
    pub fn new(sim: &Sim, expect: &[Expect]) -> Self {
        let _ = (sim, expect);
        Self { kinds: [0; 32] }
    }

    /// How many marks there were so far.
    pub fn marks_seen(&self) -> u64 {
        0
    }

    /// Virtual time went on without a record.
    pub fn advance_to(&mut self, now_ns: u64) {
        let _ = now_ns;
    }

    /// The run is over.
    pub fn finish(&mut self, now_ns: u64) {
        let _ = now_ns;
    }
}

impl Observer for Watch {
    fn record(&mut self, record: &Record) {
        self.kinds[usize::from(record.fact.kind())] += 1;
    }
}
