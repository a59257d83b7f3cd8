//! Reads the records of a run for messages and tasks that are looked for, and keeps what became of each.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::call::{CallEnd, CallFact};
use crate::sim::ledger::{Ledger, State, What};
use crate::sim::lens::Followed;
use crate::sim::{Fact, FlowId, LaneId, Names, Observer, Record, ServiceId, Task};
use crate::stats::Latency;

use super::LATE_TIMES;
use super::find::{Among, Found, Wanted};
use super::story::name;
use super::verdict::Kind;

/// So many are listed, the worst first; further ones are counted.
const LISTED_MAX: usize = 2_000;
/// Whenever so many more may be late, those are forgotten that can hardly be.
const SLOW_STEP: usize = 1 << 16;

/// What became of one, when, and how long it took.
type Entry = (Kind, u64, Option<u64>);

/// Reads the records of a run for what is looked for.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    wanted: Wanted,
    names: Arc<Names>,
    ledger: Ledger,
    listed: BTreeMap<Followed, Entry>,
    took: Latency,
    /// Those that may be late, which is known at the end: how long, which, when.
    slow: Vec<(u64, Followed, u64)>,
    /// When so many may be late, it is looked which of them can hardly be.
    slow_max: usize,
    fastest_ns: u64,
    flows: Vec<Vec<Open>>,
}

/// What is known of a task.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    asked_at: u64,
    accepted_at: u64,
    effects: u8,
    is_refused: bool,
    /// Whether the service that is asked about was called for it; whether that failed.
    is_called: bool,
    is_failed: bool,
}

impl Sieve {
    pub(super) fn new(wanted: Wanted, names: &Arc<Names>) -> Self {
        Self {
            wanted,
            names: Arc::clone(names),
            ledger: Ledger::new(Arc::clone(names)),
            listed: BTreeMap::new(),
            took: Latency::default(),
            slow: Vec::new(),
            slow_max: SLOW_STEP,
            fastest_ns: u64::MAX,
            flows: vec![Vec::new(); names.flows.len()],
        }
    }

    fn is_troubled(&self) -> bool {
        matches!(self.wanted, Wanted::Troubled(_))
    }

    /// Whether one is of those among which trouble is looked for; of tasks that is known at the end.
    fn is_among(&self, what: Followed) -> bool {
        match (self.wanted, what) {
            (Wanted::Troubled(Among::Queue(queue)), Followed::Message { lane, .. }) => {
                let lane = self.names.lanes.get(lane.0 as usize);
                lane.is_some_and(|lane| lane.queue == queue)
            }
            (Wanted::Troubled(Among::Queue(_)), Followed::Task(_))
            | (Wanted::Troubled(Among::Service(_)), Followed::Message { .. }) => false,
            _ => true,
        }
    }

    fn list(&mut self, what: Followed, entry: Entry) {
        if self.is_among(what) {
            self.listed.insert(what, entry);
        }
    }

    /// Something became of a message: it is told of, if it is one that is looked for.
    fn became(&mut self, what: Followed, entry: Entry) {
        if self.is_troubled() {
            self.list(what, entry);
        } else if let Some(known) = self.listed.get_mut(&what) {
            *known = entry;
        }
    }

    fn made(&mut self, record: &Record) {
        let (span, first) = match (record.fact, self.wanted) {
            (
                Fact::Produced {
                    span,
                    key: Some(key),
                    ..
                },
                Wanted::Key(wanted),
            ) if key == wanted => (span, None),
            (
                Fact::Stored {
                    queue,
                    span,
                    offset,
                    first_copy: true,
                },
                Wanted::Offset(wanted, at),
            ) if queue == wanted && (offset..offset + u64::from(span.count)).contains(&at) => {
                (span, Some((at - offset) as u32))
            }
            _ => return,
        };
        for number in span.numbers() {
            if first.is_none_or(|first| number == span.first + first) {
                let what = Followed::Message {
                    lane: span.lane,
                    number,
                };
                self.list(what, (Kind::Open, record.at, None));
            }
        }
    }

    fn heed(&mut self, record: &Record) {
        for at in 0..self.ledger.changes().len() {
            let change = self.ledger.changes()[at];
            for number in change.span.numbers() {
                self.changed(record.at, change.span.lane, number, change.what);
            }
        }
    }

    fn changed(&mut self, at: u64, lane: LaneId, number: u32, what: What) {
        let message = Followed::Message { lane, number };
        match what {
            What::Delivered { again: true, .. } => self.became(message, (Kind::Again, at, None)),
            What::Delivered { ns, .. } => {
                self.took.record(ns, 1);
                if self.is_troubled() {
                    self.slow(ns, message, at);
                } else {
                    self.became(message, (Kind::Once, at, Some(ns)));
                }
            }
            What::Became { to, from, .. } => match to {
                State::Lost => self.became(message, (Kind::Lost, at, None)),
                State::Expired => self.became(message, (Kind::Expired, at, None)),
                // What an old leader brings back was not lost.
                State::InFlight | State::Delivered
                    if from != State::InFlight && self.is_troubled() =>
                {
                    self.listed.remove(&message);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn slow(&mut self, ns: u64, what: Followed, at: u64) {
        self.fastest_ns = self.fastest_ns.min(ns);
        if !self.is_among(what) {
            return;
        }
        self.slow.push((ns, what, at));
        if self.slow.len() >= self.slow_max {
            // Late is what took several times as long as the median. That will not be below the fastest of so many.
            let least = self.fastest_ns.saturating_mul(LATE_TIMES);
            self.slow.retain(|s| s.0 > least);
            self.slow_max = self.slow.len() + SLOW_STEP;
        }
    }

    /// Notes which tasks called the service that is asked about.
    fn of_service(&mut self, wanted: ServiceId, fact: CallFact) {
        let (task, of, failed) = match fact {
            CallFact::Called { service, task, .. } => (task, service, false),
            CallFact::Returned {
                service, task, end, ..
            } => (
                task,
                service,
                !matches!(end, CallEnd::Ok | CallEnd::Superseded),
            ),
            CallFact::NotCalled { service, task, .. } | CallFact::Shed { service, task, .. } => {
                (task, service, true)
            }
            CallFact::Served {
                service, task, ok, ..
            } => (task, service, !ok),
            _ => return,
        };
        if of == wanted
            && let Some(open) = self.open(task)
        {
            open.is_called = true;
            open.is_failed |= failed;
        }
    }

    fn of_task(&mut self, at: u64, fact: CallFact) {
        let (CallFact::Asked { task }
        | CallFact::Answered { task, .. }
        | CallFact::Effect { task, .. }) = fact
        else {
            return;
        };
        let Some(late_ns) = self
            .names
            .flows
            .get(task.flow.index())
            .map(|f| f.late_after_ns)
        else {
            return;
        };
        let all = self.all_effects(task.flow);
        let Some(open) = self.open(task) else { return };
        let entry = match fact {
            CallFact::Asked { .. } => {
                open.asked_at = at;
                None
            }
            CallFact::Answered { how, .. } if how.is_good() => {
                open.accepted_at = at.max(1);
                None
            }
            CallFact::Answered { .. } => {
                open.is_refused = true;
                Some((Kind::GivenUp, at, None))
            }
            CallFact::Effect { effect, .. } => {
                let bit = 1_u8.checked_shl(u32::from(effect)).unwrap_or(0);
                let again = open.effects & bit != 0;
                open.effects |= bit;
                let took = at - open.asked_at;
                if again {
                    Some((Kind::Again, at, None))
                } else if open.effects == all && !open.is_refused && took > late_ns {
                    Some((Kind::Late, at, Some(took)))
                } else {
                    None
                }
            }
            _ => None,
        };
        if let Some(entry) = entry.filter(|_| self.is_troubled()) {
            self.list(Followed::Task(task), entry);
        }
    }

    fn all_effects(&self, flow: FlowId) -> u8 {
        let effects = self.names.flows[flow.index()].effects.len().min(8);
        ((1_u16 << effects) - 1) as u8
    }

    fn open(&mut self, task: Task) -> Option<&mut Open> {
        let flow = self.flows.get_mut(task.flow.index())?;
        let number = task.number as usize;
        // Tasks are numbered one after another, by several users in turn.
        if number >= flow.len() + (1 << 20) {
            return None;
        }
        if flow.len() <= number {
            flow.resize(number + 1, Open::default());
        }
        flow.get_mut(number)
    }

    /// What was found in a run that stands at a moment, and how many more there were.
    pub(super) fn done(mut self, now: u64) -> (Vec<Found>, u64) {
        if self.is_troubled() {
            let usual = self.took.quantile_ns(0.5).unwrap_or(u64::MAX);
            for (ns, what, at) in std::mem::take(&mut self.slow) {
                if ns > usual.saturating_mul(LATE_TIMES) && !self.listed.contains_key(&what) {
                    self.list(what, (Kind::Late, at, Some(ns)));
                }
            }
            self.lost_tasks(now);
            if matches!(self.wanted, Wanted::Troubled(Among::Service(_))) {
                self.only_called();
            }
        }
        let mut all: Vec<(Followed, Entry)> =
            std::mem::take(&mut self.listed).into_iter().collect();
        let order = |&(what, (kind, at, _)): &(Followed, Entry)| (Reverse(kind), at, what);
        let more = all.len().saturating_sub(LISTED_MAX);
        if more > 0 {
            all.select_nth_unstable_by_key(LISTED_MAX, order);
            all.truncate(LISTED_MAX);
        }
        all.sort_by_key(order);
        let named = all.into_iter().map(|(what, (kind, at, took_ns))| Found {
            what,
            name: name(what, &self.names),
            kind,
            at,
            took_ns,
        });
        (named.collect(), more as u64)
    }

    /// Of the tasks only those for which the service was called; also those that were helped after a call had failed.
    fn only_called(&mut self) {
        for (flow, tasks) in (0u16..).zip(std::mem::take(&mut self.flows)) {
            let flow = FlowId(flow);
            for (number, open) in (0u32..).zip(tasks) {
                let what = Followed::Task(Task { flow, number });
                if !open.is_called {
                    self.listed.remove(&what);
                } else if open.is_failed {
                    let entry = match open.accepted_at {
                        0 => (Kind::Open, open.asked_at, None),
                        at => (Kind::Once, at, Some(at.saturating_sub(open.asked_at))),
                    };
                    self.listed.entry(what).or_insert(entry);
                }
            }
        }
    }

    /// Tasks that were accepted and have waited too long for an effect.
    fn lost_tasks(&mut self, now: u64) {
        let flows = std::mem::take(&mut self.flows);
        for (flow, tasks) in (0u16..).zip(&flows) {
            let flow = FlowId(flow);
            let all = self.all_effects(flow);
            let lost_ns = self.names.flows[flow.index()].lost_after_ns;
            for (number, open) in (0u32..).zip(tasks) {
                let lost_at = open.accepted_at.saturating_add(lost_ns);
                if open.accepted_at > 0 && open.effects != all && lost_at <= now {
                    let task = Task { flow, number };
                    self.list(Followed::Task(task), (Kind::Lost, lost_at, None));
                }
            }
        }
        self.flows = flows;
    }
}

impl Observer for Sieve {
    fn record(&mut self, record: &Record) {
        if let Fact::Call(fact) = record.fact {
            self.of_task(record.at, fact);
            if let Wanted::Troubled(Among::Service(service)) = self.wanted {
                self.of_service(service, fact);
            }
        } else {
            self.ledger.apply(record, &mut |_, _, _| ());
            if !self.ledger.changes().is_empty() {
                self.heed(record);
            }
            if !self.is_troubled() {
                self.made(record);
            }
        }
    }
}
