//! Metrics: numbers about a run, from records and the ledger's changes. What a panel shows, what `--json` prints and what
//! an export holds are looked up in one table ([`DEFINITIONS`]), by name.
//!
//! Memory does not grow with the length of a run: counters, histograms of fixed size, rings, and a heatmap whose columns
//! widen.

mod counters;
mod groups;
mod heatmap;
mod latency;
mod leaders;
mod little;
mod nodes;
mod peak;
mod queues;
mod registry;
mod series;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use counters::Counters;
pub use groups::{GroupStats, Groups};
pub use heatmap::{Heatmap, ROWS as HEATMAP_ROWS};
pub use latency::{Latencies, Latency};
pub use leaders::{Leaders, Leadership};
pub use little::Little;
pub use nodes::{NodeStats, Nodes};
pub use peak::Peak;
pub use queues::{QueueStats, ReaderStats};
pub use registry::{DEFINITIONS, Definition, Metric, Scope};
pub use series::{INTERVAL_NS, Series};

use crate::sim::ledger::{Hop, Ledger, What};
use crate::sim::{Names, QueueId, Record};

/// All metrics of a run.
#[derive(Clone, Debug)]
pub struct Metrics {
    names: Arc<Names>,
    now: u64,
    next_tick: u64,
    /// The greatest age of a message in flight at a tick, ns.
    oldest_max: u64,
    /// What was counted.
    pub counters: Counters,
    /// How long messages took.
    pub latency: Latencies,
    /// The same over time.
    pub heatmap: Heatmap,
    /// By [`QueueId`].
    pub queues: Vec<QueueStats>,
    /// Leaders of queues, and their absence.
    pub leaders: Leaders,
    /// Groups of consumers.
    pub groups: Groups,
    /// Machines.
    pub nodes: Nodes,
    /// Time averages.
    pub little: Little,
    /// Messages in flight at the end of each interval.
    pub in_flight: Series,
    /// Messages delivered in each interval.
    pub delivered: Series,
}

impl Metrics {
    /// At the beginning of a run.
    pub fn new(names: &Arc<Names>) -> Self {
        let names = Arc::clone(names);
        // Readers stand in the ledger's order.
        let ledger = Ledger::new(Arc::clone(&names));
        Self {
            now: 0,
            oldest_max: 0,
            next_tick: INTERVAL_NS,
            counters: Counters::default(),
            latency: Latencies::default(),
            heatmap: Heatmap::default(),
            queues: ledger.queues().iter().map(QueueStats::new).collect(),
            leaders: Leaders::new(&names),
            groups: Groups::new(&names),
            nodes: Nodes::new(&names),
            little: Little::default(),
            in_flight: Series::default(),
            delivered: Series::default(),
            names,
        }
    }

    /// What things are called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Virtual time of the last record or [`Metrics::advance`], ns.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Time goes on to `now`, ns. To be called before the ledger takes in a record of that time (and when a run is looked
    /// at), so that intervals end with what was true at their end, however the run is cut into portions.
    #[inline]
    pub fn advance(&mut self, now: u64, ledger: &Ledger) {
        if now > self.next_tick {
            self.tick(now, ledger);
        }
        self.little.advance(now);
        self.now = now;
    }

    #[cold]
    fn tick(&mut self, now: u64, ledger: &Ledger) {
        // After a long silence only the last intervals are kept anyway.
        let silent = (now - self.next_tick) / INTERVAL_NS;
        if silent > series::KEPT as u64 {
            self.next_tick += (silent - series::KEPT as u64) * INTERVAL_NS;
        }
        while self.next_tick < now {
            for (id, queue) in (0u32..).zip(&mut self.queues) {
                queue.tick(QueueId(id), self.next_tick, ledger);
            }
            let delivered = self.counters.delivered;
            self.delivered.push_since(delivered);
            self.in_flight.push(ledger.account().in_flight);
            self.next_tick += INTERVAL_NS;
        }
        self.see_oldest(self.next_tick - INTERVAL_NS, ledger);
    }

    fn see_oldest(&mut self, now: u64, ledger: &Ledger) {
        let age = ledger
            .oldest_in_flight()
            .map_or(0, |b| now.saturating_sub(b));
        self.oldest_max = self.oldest_max.max(age);
    }

    /// The run ended at a moment, ns.
    pub fn finish(&mut self, now: u64, ledger: &Ledger) {
        self.advance(now, ledger);
        self.see_oldest(now, ledger);
    }

    /// Takes in a record that the ledger has just taken in.
    #[inline]
    pub fn apply(&mut self, record: &Record, ledger: &Ledger) {
        self.counters.record(record);
        if let Some(queue) = queues::queue_of(&record.fact)
            && let Some(stats) = self.queues.get_mut(queue.index())
        {
            stats.record(record, ledger);
        }
        match record.fact.kind() {
            // What concerns processes, leaders and groups is rare.
            0..=6 | 18.. => {
                self.leaders.record(record, &self.names);
                self.groups.record(record);
                self.nodes.record(record, &self.names);
            }
            8 => self.little.produced(&record.fact),
            _ => {}
        }
        for change in ledger.changes() {
            self.counters.change(change);
            match change.what {
                What::Delivered {
                    ns,
                    again,
                    group,
                    after,
                    ..
                } => {
                    self.groups.delivered(group, again, after.is_some());
                    if !again {
                        self.latency.end_to_end.record(ns, 1);
                        self.heatmap.record(record.at, ns);
                    }
                }
                What::Became {
                    from, to, age_ns, ..
                } => self.little.became(from, to, age_ns),
                _ => {}
            }
        }
    }

    /// The longest time that a message took, or has been on its way until the last look, ns.
    fn in_system_max_ns(&self) -> u64 {
        self.oldest_max.max(self.little.age_max_ns())
    }

    fn hop(&self, hop: Hop) -> &Latency {
        self.latency.of(hop)
    }
}
