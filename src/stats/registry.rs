//! The table of all metrics: name, unit, meaning, and where the number comes from.

use serde::{Deserialize, Serialize};

use crate::sim::Names;
use crate::sim::amount::{Amount, Unit};
use crate::sim::ledger::{Hop, State};
use crate::sim::record::{Drop, Outcome, Why};

use super::{Metrics, Peak};

/// What a metric is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The whole run: `messages.produced`.
    Run,
    /// Each queue that holds people's messages: `queue.events/orders/0.depth.max`.
    Queue,
    /// Each group: `group.invoices.lag.max`.
    Group,
    /// Each machine: `node.broker-1.down_total`.
    Node,
    /// Each stream of requests: `flow.customers.asked`.
    Flow,
    /// Each service: `service.payment.waiting.max`.
    Service,
}

impl Scope {
    /// All, in the order in which their metrics are shown.
    pub const ALL: [Self; 6] = [
        Self::Run,
        Self::Flow,
        Self::Service,
        Self::Queue,
        Self::Group,
        Self::Node,
    ];

    /// The word before the name of the thing, empty for the run.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Run => "",
            Self::Queue => "queue",
            Self::Group => "group",
            Self::Node => "node",
            Self::Flow => "flow",
            Self::Service => "service",
        }
    }
}

/// Which of two values of a metric a user would rather have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The lower: what is lost, late or wasted.
    Lower,
    /// The higher: what is done, and done well.
    Higher,
    /// Neither: it says what was asked for, or how much there is.
    Neither,
}

impl Better {
    /// Its word in files: `lower`, `higher`, `neither`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Neither => "neither",
        }
    }
}

type Read = fn(&Metrics, usize) -> Option<f64>;

/// One line of the table.
pub struct Definition {
    /// What it is about.
    pub scope: Scope,
    /// Its name, for a thing that is not the run without the thing's name.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which of two values is the better one.
    pub better: Better,
    /// What it is and how to read it.
    pub what: &'static str,
    read: Read,
}

impl Definition {
    /// Its name with that of the thing it is about; for the run, its name.
    pub fn full_name(&self, thing: &str) -> String {
        match self.scope {
            Scope::Run => self.name.to_owned(),
            scope => format!("{}.{thing}.{}", scope.prefix(), self.name),
        }
    }
}

/// A metric at a moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    /// Its full name.
    pub name: String,
    /// Its value.
    pub amount: Amount,
    /// Which of two values is the better one.
    pub better: Better,
    /// What it is and how to read it.
    pub meaning: &'static str,
}

const fn define(
    scope: Scope,
    name: &'static str,
    unit: Unit,
    better: Better,
    what: &'static str,
    read: Read,
) -> Definition {
    Definition {
        scope,
        name,
        unit,
        better,
        what,
        read,
    }
}

/// A line for a number that is always there.
macro_rules! row {
    ($scope:ident, $name:expr, $unit:ident, $better:ident, $what:expr, |$m:ident, $i:pat_param| $value:expr) => {
        define(
            Scope::$scope,
            $name,
            Unit::$unit,
            Better::$better,
            $what,
            |$m, $i| Some($value as f64),
        )
    };
}

/// The six lines of a distribution of times.
macro_rules! times {
    ($name:literal, $what:literal, |$m:ident| $latency:expr) => {
        times!(Run, $name, $what, |$m, _i| $latency)
    };
    ($scope:ident, $name:literal, $what:literal, |$m:ident, $i:ident| $latency:expr) => {
        [
            define(
                Scope::$scope,
                concat!($name, ".mean"),
                Unit::Time,
                Better::Lower,
                concat!("Mean of: ", $what),
                |$m, $i| $latency.mean_ns(),
            ),
            define(
                Scope::$scope,
                concat!($name, ".p50"),
                Unit::Time,
                Better::Lower,
                concat!("Half were faster: ", $what),
                |$m, $i| $latency.quantile_ns(0.5).map(|ns| ns as f64),
            ),
            define(
                Scope::$scope,
                concat!($name, ".p90"),
                Unit::Time,
                Better::Lower,
                concat!("Nine of ten were faster: ", $what),
                |$m, $i| $latency.quantile_ns(0.9).map(|ns| ns as f64),
            ),
            define(
                Scope::$scope,
                concat!($name, ".p99"),
                Unit::Time,
                Better::Lower,
                concat!("99 of 100 were faster: ", $what),
                |$m, $i| $latency.quantile_ns(0.99).map(|ns| ns as f64),
            ),
            define(
                Scope::$scope,
                concat!($name, ".p999"),
                Unit::Time,
                Better::Lower,
                concat!("999 of 1000 were faster: ", $what),
                |$m, $i| $latency.quantile_ns(0.999).map(|ns| ns as f64),
            ),
            define(
                Scope::$scope,
                concat!($name, ".max"),
                Unit::Time,
                Better::Lower,
                concat!("The slowest: ", $what),
                |$m, $i| $latency.max_ns().map(|ns| ns as f64),
            ),
        ]
    };
}

mod calls;
mod columns;

pub use columns::Column;

fn per_s(count: u64, m: &Metrics) -> f64 {
    if m.now == 0 {
        return 0.0;
    }
    count as f64 * 1e9 / m.now as f64
}

fn lag_peak(m: &Metrics) -> Peak {
    let readers = m.queues.iter().flat_map(|q| &q.readers);
    readers.fold(Peak::default(), |p, r| p.higher(r.lag_max))
}

fn depth_peak(m: &Metrics) -> Peak {
    outer(m).fold(Peak::default(), |p, q| p.higher(q.depth_max))
}

fn outer(m: &Metrics) -> impl Iterator<Item = &super::QueueStats> {
    let named = m.queues.iter().zip(&m.names.queues);
    named.filter(|(_, name)| !name.internal).map(|(q, _)| q)
}

/// A group's lag over all its queues.
fn group_readers(m: &Metrics, group: usize) -> impl Iterator<Item = &super::ReaderStats> {
    let readers = m.queues.iter().flat_map(|q| &q.readers);
    readers.filter(move |r| r.group.index() == group)
}

#[rustfmt::skip]
const RUN: &[Definition] = &[
    row!(Run, "messages.produced", Count, Neither, "Messages that applications made", |m, _| m.counters.produced),
    row!(Run, "messages.delivered", Count, Higher, "Messages that every group reading their queue ended with at least once", |m, _| m.counters.in_state(State::Delivered)),
    row!(Run, "messages.in_flight", Count, Lower, "Messages that are neither delivered nor lost nor expired now: with their producer, on the way, or stored", |m, _| m.counters.in_flight()),
    row!(Run, "messages.lost", Count, Lower, "Accepted messages that a group never got and will not: acknowledged but gone from the log, or passed over by the group's position", |m, _| m.counters.in_state(State::Lost)),
    row!(Run, "messages.lost_acked", Count, Lower, "Of those: acknowledged and gone from the log, which is what `NoAckedLoss` forbids", |m, _| m.counters.lost_acked),
    row!(Run, "messages.passed_over", Count, Lower, "Of the lost: not gone from the log, but a group's position moved past them, as when it begins at `Latest`", |m, _| m.counters.passed_over),
    row!(Run, "messages.expired", Count, Lower, "Messages their producer gave up and nobody stored, or that retention removed before delivery", |m, _| m.counters.in_state(State::Expired)),
    row!(Run, "messages.acked", Count, Higher, "Messages whose producer was told that they are stored as safely as it had asked for", |m, _| m.counters.acked),
    row!(Run, "messages.refused", Count, Lower, "Messages whose producer was told that they failed (some may have been stored all the same)", |m, _| m.counters.refused_all()),
    row!(Run, "messages.refused.timed_out", Count, Lower, "Refused: not delivered within the time the producer allows", |m, _| m.counters.refused_for(Why::TimedOut)),
    row!(Run, "messages.refused.buffer_full", Count, Lower, "Refused: no room in the producer's buffer for too long", |m, _| m.counters.refused_for(Why::BufferFull)),
    row!(Run, "messages.refused.rejected", Count, Lower, "Refused: the broker would not have them", |m, _| m.counters.refused_for(Why::Rejected)),
    row!(Run, "messages.refused.died", Count, Lower, "Refused: their producer's process died with them", |m, _| m.counters.refused_for(Why::Died)),
    row!(Run, "messages.refused_but_delivered", Count, Lower, "Deliveries of messages whose producer had been told that they failed", |m, _| m.counters.refused_but_delivered),
    row!(Run, "messages.stored", Count, Neither, "Messages stored in a leader's log, again counted again", |m, _| m.counters.stored),
    row!(Run, "messages.stored_again", Count, Lower, "Messages stored in a leader's log that held them already (a retry without idempotence)", |m, _| m.counters.stored_again),
    row!(Run, "messages.handed", Count, Neither, "Messages handed to consumers' applications, again counted again", |m, _| m.counters.handed),
    row!(Run, "messages.deliveries", Count, Higher, "First times that a group ended with a message, counted for each group", |m, _| m.counters.delivered),
    row!(Run, "messages.duplicated", Count, Lower, "Further times that a group ended with a message it had ended with before", |m, _| m.counters.duplicated),
    row!(Run, "messages.reordered", Count, Lower, "First deliveries that came after a later message of the same producer and queue", |m, _| m.counters.reordered),
    row!(Run, "messages.reordered_by_key", Count, Lower, "First deliveries that came after a later message of the same producer, queue and key", |m, _| m.counters.reordered_by_key),
    row!(Run, "messages.skipped", Count, Lower, "Messages that a group's position moved past without the group having ended with them", |m, _| m.counters.skipped),
    row!(Run, "messages.failed_attempts", Count, Lower, "Times that processing a message failed and it was to be tried again", |m, _| m.counters.ended(Outcome::Failed)),
    row!(Run, "messages.dead_lettered", Count, Lower, "Times that a consumer put a message aside", |m, _| m.counters.ended(Outcome::DeadLettered)),
    row!(Run, "messages.given_up", Count, Lower, "Times that a consumer went on without a message it could not process", |m, _| m.counters.ended(Outcome::Skipped)),
    row!(Run, "messages.bytes", Bytes, Neither, "Bytes of keys and values that applications made", |m, _| m.counters.bytes_produced),
    row!(Run, "throughput.produced", Rate, Neither, "Messages made per second, over the whole run", |m, _| per_s(m.counters.produced, m)),
    row!(Run, "throughput.delivered", Rate, Higher, "Messages delivered to every group per second, over the whole run", |m, _| per_s(m.counters.in_state(State::Delivered), m)),
];

#[rustfmt::skip]
const END_TO_END: &[Definition] = &times!("latency.end_to_end", "from the application that makes a message until a group first ended with it", |m| m.latency.end_to_end);
#[rustfmt::skip]
const ACKED: &[Definition] = &times!("latency.acked", "from the application that makes a message until its producer is told that it is stored", |m| m.hop(Hop::Acked));
#[rustfmt::skip]
const STORED: &[Definition] = &times!("latency.stored", "from the application that makes a message until a leader first stored it", |m| m.hop(Hop::Stored));
#[rustfmt::skip]
const VISIBLE: &[Definition] = &times!("latency.visible", "from the leader's storing a message until consumers may see it", |m| m.hop(Hop::Visible));
#[rustfmt::skip]
const HANDED: &[Definition] = &times!("latency.handed", "from a message's being visible until a consumer's application has it", |m| m.hop(Hop::Handed));
#[rustfmt::skip]
const PROCESSED: &[Definition] = &times!("latency.processed", "from a consumer's having a message until it ended with it", |m| m.hop(Hop::Processed));

#[rustfmt::skip]
const REST: &[Definition] = &[
    define(Scope::Run, "latency.in_system.max", Unit::Time, Better::Lower, "The longest time that a message took to its end, or has been in flight so far, sampled each 100 ms and at the end", |m, _| (m.counters.produced > 0).then(|| m.in_system_max_ns() as f64)),
    row!(Run, "lag.now", Count, Lower, "Visible messages behind the stored positions: the sum of all queues and groups", |m, _| m.queues.iter().flat_map(|q| &q.readers).map(|r| r.lag).sum::<u64>()),
    row!(Run, "lag.max", Count, Lower, "The largest lag that one group ever had in one queue, not of a sum: visible messages behind its stored position", |m, _| lag_peak(m).max),
    row!(Run, "lag.max_at", Time, Neither, "When that was", |m, _| lag_peak(m).at),
    row!(Run, "depth.now", Count, Lower, "Visible messages from the first that a group has not ended with: the sum of all queues (of each, the group furthest behind)", |m, _| outer(m).map(|q| q.depth).sum::<u64>()),
    row!(Run, "depth.max", Count, Lower, "The largest depth that one queue ever had, not of a sum", |m, _| depth_peak(m).max),
    row!(Run, "depth.max_at", Time, Neither, "When that was", |m, _| depth_peak(m).at),
    row!(Run, "oldest.max", Time, Lower, "The greatest age of a visible message that waited for a group, sampled each 100 ms", |m, _| outer(m).fold(Peak::default(), |p, q| p.higher(q.oldest_max)).max),
    row!(Run, "failovers.count", Count, Lower, "Times that another process than before began to lead a queue", |m, _| m.leaders.sum(&m.names, |q| q.failovers)),
    row!(Run, "failovers.unclean", Count, Lower, "Of those: times that the new leader might have lacked stored messages", |m, _| m.leaders.sum(&m.names, |q| q.unclean)),
    row!(Run, "failovers.leaderless_total", Time, Lower, "Time without a leader, summed over queues: from its death, freezing or replacement until somebody leads", |m, _| m.leaders.sum(&m.names, |q| q.without_total_ns(m.now))),
    row!(Run, "failovers.leaderless_max", Time, Lower, "The longest time that a queue was without a leader", |m, _| m.leaders.outer(&m.names).map(|q| q.without_longest_ns(m.now)).max().unwrap_or(0)),
    row!(Run, "isr.shrinks", Count, Lower, "Times that a queue's set of in-sync copies shrank", |m, _| m.leaders.sum(&m.names, |q| q.shrinks)),
    row!(Run, "isr.expands", Count, Neither, "Times that a queue's set of in-sync copies grew", |m, _| m.leaders.sum(&m.names, |q| q.expands)),
    row!(Run, "isr.short_total", Time, Lower, "Time with fewer copies in sync than planned, summed over queues", |m, _| m.leaders.sum(&m.names, |q| q.short_total_ns(m.now))),
    row!(Run, "groups.rebalances", Count, Lower, "Times that a group agreed anew on who reads what", |m, _| m.groups.sum(|g| g.rebalances)),
    row!(Run, "groups.rebalancing_total", Time, Lower, "Time that groups spent on agreeing, summed over groups", |m, _| m.groups.sum(|g| g.rebalancing_total_ns(m.now))),
    row!(Run, "groups.evictions", Count, Lower, "Members that were thrown out of their group", |m, _| m.groups.sum(|g| g.evictions)),
    row!(Run, "groups.evictions_silent", Count, Lower, "Of those: because they were silent, not because they did not ask for messages in time", |m, _| m.groups.sum(|g| g.evictions_silent)),
    row!(Run, "nodes.crashes", Count, Lower, "Processes that died, by a fault or by themselves", |m, _| m.nodes.sum(|n| n.crashes)),
    row!(Run, "nodes.down_total", Time, Lower, "Time with a dead process, summed over machines", |m, _| m.nodes.sum(|n| n.down_total_ns(m.now))),
    row!(Run, "nodes.paused_total", Time, Lower, "Time frozen, summed over machines", |m, _| m.nodes.sum(|n| n.paused_total_ns(m.now))),
    row!(Run, "faults.begun", Count, Neither, "Times that a fault began, however many machines or links it took hold of", |m, _| m.counters.faults),
    row!(Run, "network.dropped.cut", Count, Lower, "Network messages lost to a cut", |m, _| m.counters.dropped_for(Drop::Cut)),
    row!(Run, "network.dropped.loss", Count, Lower, "Network messages that a link lost", |m, _| m.counters.dropped_for(Drop::Loss)),
    row!(Run, "network.dropped.down", Count, Lower, "Network messages for a machine that was down", |m, _| m.counters.dropped_for(Drop::Down)),
    row!(Run, "network.dropped.refused", Count, Lower, "Network messages for a process that did not run", |m, _| m.counters.dropped_for(Drop::Refused)),
    row!(Run, "little.number", Count, Lower, "L: mean number of messages in flight, averaged over time", |m, _| m.little.number(m.now)),
    row!(Run, "little.rate", Rate, Higher, "λ: messages per second that ended their way (delivered, lost or expired)", |m, _| m.little.rate_per_s(m.now)),
    define(Scope::Run, "little.time", Unit::Time, Better::Lower, "W: mean time that those were in flight; L = λ·W, but for what is still in flight", |m, _| m.little.time_ns()),
];

#[rustfmt::skip]
const SCOPED: &[Definition] = &[
    row!(Queue, "in", Count, Neither, "Messages stored in its leader's log", |m, i| m.queues[i].incoming),
    row!(Queue, "out", Count, Higher, "Messages that groups ended with", |m, i| m.queues[i].outgoing),
    row!(Queue, "in_rate", Rate, Neither, "Messages stored per second, over the whole run", |m, i| per_s(m.queues[i].incoming, m)),
    row!(Queue, "out_rate", Rate, Higher, "Messages that groups ended with per second, over the whole run", |m, i| per_s(m.queues[i].outgoing, m)),
    row!(Queue, "depth.now", Count, Lower, "Visible messages from the first that the group furthest behind has not ended with; without groups, those stored", |m, i| m.queues[i].depth),
    row!(Queue, "depth.max", Count, Lower, "The largest depth it had", |m, i| m.queues[i].depth_max.max),
    row!(Queue, "depth.max_at", Time, Neither, "When that was", |m, i| m
        .queues[i]
        .depth_max
        .at),
    row!(Queue, "lag.max", Count, Lower, "The largest lag that a group had in it", |m, i| m.queues[i].readers.iter().map(|r| r.lag_max.max).max().unwrap_or(0)),
    row!(Queue, "oldest.max", Time, Lower, "The greatest age of a visible message that waited for a group", |m, i| m.queues[i].oldest_max.max),
    row!(Queue, "failovers", Count, Lower, "Times that another process than before began to lead it", |m, i| m.leaders.queues[i].failovers),
    row!(Queue, "leaderless_total", Time, Lower, "Time without a leader", |m, i| m.leaders.queues[i].without_total_ns(m.now)),
    row!(Group, "delivered", Count, Higher, "Messages it ended with for the first time", |m, i| m.groups.groups[i].delivered),
    row!(Group, "duplicated", Count, Lower, "Messages it ended with again", |m, i| m.groups.groups[i].duplicated),
    row!(Group, "reordered", Count, Lower, "First deliveries after a later message of the same producer and queue", |m, i| m.groups.groups[i].reordered),
    row!(Group, "lag.now", Count, Lower, "Visible messages behind its stored positions: the sum of all its queues", |m, i| group_readers(m, i).map(|r| r.lag).sum::<u64>()),
    row!(Group, "lag.max", Count, Lower, "The largest lag that it ever had in one queue, not of a sum", |m, i| group_readers(m, i).map(|r| r.lag_max.max).max().unwrap_or(0)),
    row!(Group, "rebalances", Count, Lower, "Times that it agreed anew on who reads what", |m, i| m.groups.groups[i].rebalances),
    row!(Group, "rebalancing_total", Time, Lower, "Time spent on agreeing", |m, i| m.groups.groups[i].rebalancing_total_ns(m.now)),
    row!(Group, "evictions", Count, Lower, "Members that were thrown out", |m, i| m.groups.groups[i].evictions),
    row!(Node, "crashes", Count, Lower, "Processes on it that died", |m, i| m.nodes.nodes[i].crashes),
    row!(Node, "down_total", Time, Lower, "Time with a dead process", |m, i| m.nodes.nodes[i].down_total_ns(m.now)),
    row!(Node, "paused_total", Time, Lower, "Time frozen", |m, i| m
        .nodes
        .nodes[i]
        .paused_total_ns(m.now)),
];

type IsThere = fn(&Names) -> bool;

/// What a metric of the run speaks of, by how its name begins: a run that has nothing of the kind has no such number, instead
/// of a page of zeros.
#[rustfmt::skip]
const SPEAKS_OF: &[(&[&str], IsThere)] = &[
    (&["messages.", "throughput.produced", "throughput.delivered", "lag.", "depth.", "oldest.", "failovers.", "isr.", "groups.", "little.", "latency.end_to_end.", "latency.acked.", "latency.stored.", "latency.visible.", "latency.handed.", "latency.processed.", "latency.in_system."], |n| !n.queues.is_empty()),
    (&["requests.", "throughput.requests", "throughput.goodput", "goodput.", "recovery.", "latency.request."], |n| !n.flows.is_empty()),
    (&["orders.", "latency.complete."], |n| n.flows.iter().any(|f| !f.effects.is_empty())),
    (&["calls.", "threads.", "shed.", "breakers.", "served.", "judged.", "cache."], |n| !n.services.is_empty()),
];

/// All metrics, in the order in which they are shown.
pub const DEFINITIONS: &[&[Definition]] = &[
    calls::RUN,
    calls::LATENCY,
    calls::ORDERS,
    calls::COMPLETE,
    calls::TOTALS,
    RUN,
    END_TO_END,
    ACKED,
    STORED,
    VISIBLE,
    HANDED,
    PROCESSED,
    REST,
    calls::FLOW,
    calls::SERVICE,
    SCOPED,
];

impl Metrics {
    /// All definitions of a scope.
    pub fn definitions(scope: Scope) -> impl Iterator<Item = &'static Definition> {
        let all = DEFINITIONS.iter().flat_map(|part| part.iter());
        all.filter(move |d| d.scope == scope)
    }

    /// The names of what a scope speaks of, with their places; people's things only.
    fn things(&self, scope: Scope) -> Vec<(usize, &str)> {
        let names = &self.names;
        match scope {
            Scope::Run => vec![(0, "")],
            Scope::Queue => {
                let queues = names.queues.iter().enumerate();
                queues
                    .filter(|(_, q)| !q.internal)
                    .map(|(i, q)| (i, q.name.as_str()))
                    .collect()
            }
            Scope::Group => names
                .groups
                .iter()
                .enumerate()
                .map(|(i, g)| (i, g.name.as_str()))
                .collect(),
            Scope::Node => names
                .nodes
                .iter()
                .enumerate()
                .map(|(i, n)| (i, n.name.as_str()))
                .collect(),
            Scope::Flow => names
                .flows
                .iter()
                .enumerate()
                .map(|(i, f)| (i, f.name.as_str()))
                .collect(),
            Scope::Service => names
                .services
                .iter()
                .enumerate()
                .map(|(i, s)| (i, s.name.as_str()))
                .collect(),
        }
    }

    /// Whether the run has anything of what a metric speaks of.
    fn is_there(&self, definition: &Definition) -> bool {
        let of = |prefix: &&str| definition.name.starts_with(prefix);
        let mut kinds = SPEAKS_OF.iter();
        definition.scope != Scope::Run
            || kinds.all(|(names, is_there)| !names.iter().any(of) || is_there(&self.names))
    }

    /// The value of a metric that was [found](Metrics::find). `None`: nothing was there to be measured.
    pub fn read(&self, definition: &Definition, thing: usize) -> Option<Amount> {
        if !self.is_there(definition) {
            return None;
        }
        let value = (definition.read)(self, thing)?;
        Some(Amount::new(value, definition.unit))
    }

    /// The value of a metric by its full name. `None`: there is no such metric, or nothing was there to be measured.
    pub fn metric(&self, name: &str) -> Option<Amount> {
        let (definition, thing) = self.find(name)?;
        self.read(definition, thing)
    }

    /// The definition of a metric by its full name, and the place of the thing it is about.
    pub fn find(&self, name: &str) -> Option<(&'static Definition, usize)> {
        for scope in Scope::ALL.into_iter().filter(|s| *s != Scope::Run) {
            let rest = name
                .strip_prefix(scope.prefix())
                .and_then(|r| r.strip_prefix('.'));
            let Some(rest) = rest else { continue };
            for (at, thing) in self.things(scope) {
                let of_thing = rest.strip_prefix(thing).and_then(|r| r.strip_prefix('.'));
                let Some(own) = of_thing else { continue };
                if let Some(definition) = Self::definitions(scope).find(|d| d.name == own) {
                    return Some((definition, at));
                }
            }
        }
        let definition = Self::definitions(Scope::Run).find(|d| d.name == name)?;
        Some((definition, 0))
    }

    /// The full names of all metrics that this run may have a number for, in the order of the table.
    pub fn metric_names(&self) -> Vec<String> {
        self.columns().into_iter().map(|c| c.name).collect()
    }

    /// All metrics of all scopes, in the order of the table; those without a value are left out.
    pub fn all(&self) -> Vec<Metric> {
        Scope::ALL.into_iter().flat_map(|s| self.of(s)).collect()
    }

    /// The metrics of one thing of a scope, by its place there, called by their own names; those without a value are left
    /// out.
    pub fn own(&self, scope: Scope, thing: usize) -> Vec<Metric> {
        let of_thing = Self::definitions(scope).filter_map(|definition| {
            Some(Metric {
                name: definition.name.to_owned(),
                amount: self.read(definition, thing)?,
                better: definition.better,
                meaning: definition.what,
            })
        });
        of_thing.collect()
    }

    /// All metrics of a scope, thing by thing; those without a value are left out.
    pub fn of(&self, scope: Scope) -> Vec<Metric> {
        let mut all = Vec::new();
        for (at, thing) in self.things(scope) {
            for definition in Self::definitions(scope) {
                let Some(amount) = self.read(definition, at) else {
                    continue;
                };
                all.push(Metric {
                    name: definition.full_name(thing),
                    amount,
                    better: definition.better,
                    meaning: definition.what,
                });
            }
        }
        all
    }
}
