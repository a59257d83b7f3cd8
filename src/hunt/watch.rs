//! Everything that watches a run. It is fed record by record, and changes nothing.

use std::sync::Arc;

use crate::checks::{Checks, Expect};
use crate::sim::ledger::Ledger;
use crate::sim::{Names, Observer, Record};
use crate::stats::Metrics;
use crate::systems::Sim;
use crate::trace::marks::Marks;

/// All observers of a session.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The life of each message.
    pub ledger: Ledger,
    /// The numbers.
    pub metrics: Metrics,
    /// The properties.
    pub checks: Checks,
    /// What is worth jumping to.
    pub marks: Marks,
}

impl Watch {
    /// At the beginning of a run.
    pub fn new(sim: &Sim, expect: &[Expect]) -> Self {
        let names = sim.names();
        Self {
            ledger: Ledger::new(Arc::clone(names)),
            metrics: Metrics::new(names),
            checks: Checks::new(expect, names),
            marks: Marks::new(Arc::clone(names)),
        }
    }

    /// Things are called this from now on: more of them have names than before.
    pub fn learn(&mut self, names: &Arc<Names>) {
        self.ledger.learn(names);
        self.metrics.learn(names);
        self.marks.learn(names);
    }

    /// Virtual time went on without a record.
    pub fn advance_to(&mut self, now_ns: u64) {
        self.metrics.advance(now_ns, &self.ledger);
        self.checks.advance(now_ns, &self.ledger);
    }

    /// The run is over.
    pub fn finish(&mut self, now_ns: u64) {
        self.metrics.finish(now_ns, &self.ledger);
        self.checks.finish(now_ns, &self.ledger);
    }
}

impl Observer for Watch {
    #[inline]
    fn record(&mut self, record: &Record) {
        // What was true until now is closed before anything changes: so nothing depends on where a run is looked at.
        self.metrics.advance(record.at, &self.ledger);
        self.checks.advance(record.at, &self.ledger);
        let latency = &mut self.metrics.latency;
        self.ledger
            .apply(record, &mut |hop, ns, count| latency.took(hop, ns, count));
        self.metrics.apply(record, &self.ledger);
        self.checks.apply(record, &self.ledger);
        self.marks.apply(record);
    }
}
