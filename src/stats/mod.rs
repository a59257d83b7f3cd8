//! Metrics: numbers about a run, from records and the ledger's changes. What a panel shows, what `--json` prints and what
//! an export holds are looked up in one table ([`DEFINITIONS`]), by name.
//!
//! Memory does not grow with the length of a run: counters, histograms of fixed size, rings, and a heatmap whose columns
//! widen.

#[cfg(test)]
pub(crate) mod calls_tests;
mod counters;
mod groups;
mod heatmap;
mod latency;
mod leaders;
mod little;
mod nodes;
mod peak;
mod queues;
mod rate;
mod registry;
mod requests;
mod series;
mod services;
mod tasks;
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
pub use registry::{Better, Column, DEFINITIONS, Definition, Metric, Scope};
pub use requests::{FlowStats, Requests};
pub use series::{INTERVAL_NS, Series};
pub use services::{Breakers, Level, ServiceStats, Services};
pub use tasks::{FlowTasks, Tasks};

use crate::sim::call::CallFact;
use crate::sim::ledger::{Change, Hop, Ledger, Queue, What};
use crate::sim::record::Outcome;
use crate::sim::{Fact, Names, QueueId, Record};

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
    /// Requests, as their users see them.
    pub requests: Requests,
    /// What became of what users asked for.
    pub tasks: Tasks,
    /// Services.
    pub services: Services,
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
            requests: Requests::new(&names),
            tasks: Tasks::new(&names),
            services: Services::new(&names),
            names,
        }
    }

    /// Things are called this from now on: more of them have names than before.
    pub fn learn(&mut self, names: &Arc<Names>) {
        self.names = Arc::clone(names);
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
            self.requests.tick();
            self.tasks.look(self.next_tick);
            self.services.tick();
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
        self.tasks.look(now);
    }

    /// Takes in a record that the ledger has just taken in.
    #[inline]
    pub fn apply(&mut self, record: &Record, ledger: &Ledger) {
        match record.fact {
            Fact::Call(ref fact) => return self.call(record, fact),
            Fact::Produced { span, bytes, .. } => {
                self.counters.produced(span, bytes);
                self.little.produced(span.count, record.at);
            }
            Fact::Acked { span, .. } => self.counters.acked += u64::from(span.count),
            Fact::Stored {
                queue,
                span,
                first_copy: true,
                ..
            } => {
                self.counters.stored += u64::from(span.count);
                if let Some(queue) = self.queues.get_mut(queue.index()) {
                    queue.incoming += u64::from(span.count);
                }
            }
            Fact::Unstored { queue, .. } if ledger.queue(queue).is_some_and(Queue::is_singly) => {
                self.measure(record.at, queue, 0, ledger);
            }
            Fact::Stored { .. } | Fact::Unstored { .. } => {}
            Fact::Handed { span, .. } => self.counters.handed += u64::from(span.count),
            Fact::Processed {
                queue,
                span,
                outcome,
                ..
            } => {
                self.counters.outcomes[outcome as usize] += u64::from(span.count);
                if outcome != Outcome::Failed {
                    self.measure(record.at, queue, span.count, ledger);
                }
            }
            Fact::Visible { queue, .. }
            | Fact::Committed { queue, .. }
            | Fact::Reset { queue, .. } => self.measure(record.at, queue, 0, ledger),
            _ => self.rare(record, ledger),
        }
        if !ledger.changes().is_empty() {
            self.changes(record.at, ledger);
        }
    }

    /// There are several of these for each request, and the ledger has nothing to do with them.
    #[inline]
    fn call(&mut self, record: &Record, fact: &CallFact) {
        let at = record.at;
        match *fact {
            CallFact::Load {
                service,
                waiting,
                busy,
            } => self.services.load(service, record.pid, waiting, busy, at),
            CallFact::Called {
                service,
                attempt,
                hedge,
                ..
            } => self.services.called(service, attempt, hedge),
            CallFact::Returned {
                service, end, ns, ..
            } => self.services.returned(service, end, ns),
            CallFact::Served {
                service,
                ok,
                useful,
                waited_ns,
                ..
            } => self.services.served(service, ok, useful, waited_ns),
            CallFact::Asked { task } => {
                self.requests.asked(task, at);
                self.tasks.asked(task, at);
            }
            CallFact::Answered { task, how, ns } => {
                self.requests.answered(task.flow, how, ns, at);
                self.tasks.answered(task, how, at);
            }
            CallFact::Effect { task, effect } => self.tasks.effect(task, effect, at),
            CallFact::Looked { service, look } => self.services.looked(service, look),
            CallFact::Accessed { .. } => {}
            CallFact::Shed { service, why, .. } => self.services.shed(service, why),
            CallFact::NotCalled { service, why, .. } => self.services.not_called(service, why),
            CallFact::Breaker { service, state } => {
                self.services.breaker(service, record.pid, state, at);
            }
            CallFact::Judged { service, well, .. } => self.services.judged(service, well),
            CallFact::Scaled {
                service,
                was,
                running,
            } => self.services.scaled(service, was, running),
            CallFact::Room { service, was, is } => self.services.room(service, was, is, at),
            CallFact::Stock {
                service,
                out,
                of,
                reserves,
                ..
            } => self.services.stock(service, reserves, out, of),
        }
    }

    #[inline(never)]
    fn changes(&mut self, at: u64, ledger: &Ledger) {
        for change in ledger.changes() {
            self.change(at, change);
        }
    }

    #[inline]
    fn measure(&mut self, at: u64, id: QueueId, outgoing: u32, ledger: &Ledger) {
        if let (Some(stats), Some(queue)) = (self.queues.get_mut(id.index()), ledger.queue(id)) {
            stats.outgoing += u64::from(outgoing);
            stats.measure(at, queue);
        }
    }

    /// What concerns processes, leaders, groups and the network is rare.
    #[cold]
    #[inline(never)]
    fn rare(&mut self, record: &Record, ledger: &Ledger) {
        self.counters.record(record);
        if let Fact::Leads { queue, .. } = record.fact {
            self.measure(record.at, queue, 0, ledger);
        }
        if let Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped = record.fact {
            self.services.died(record.pid, record.at);
        }
        if record.is_disturbance() {
            self.requests.disturb(record.at);
            self.tasks.disturb(record.at);
        }
        self.leaders.record(record, &self.names);
        self.groups.record(record);
        self.nodes.record(record, &self.names);
    }

    #[inline]
    fn change(&mut self, at: u64, change: &Change) {
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
                    self.heatmap.record(at, ns);
                }
            }
            What::Became {
                from, to, age_ns, ..
            } => self.little.became(from, to, age_ns, at),
            _ => {}
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
