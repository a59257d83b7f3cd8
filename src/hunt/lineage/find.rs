//! Finds messages and tasks that are worth a look: those that went wrong, those with a key, the one at an offset.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::call::CallFact;
use crate::sim::ledger::{Ledger, State, What};
use crate::sim::lens::Followed;
use crate::sim::{Fact, FlowId, LaneId, Names, Observer, QueueId, Record, Task};
use crate::stats::Latency;

use super::story::name;
use super::verdict::Kind;
use super::{LATE_TIMES, Session};
use crate::hunt::past::{Inquiry, Past, Progress};

/// So many are listed; further ones are counted.
const LISTED_MAX: usize = 2_000;
/// So many of the slowest are looked at.
const SLOW_MAX: usize = 200;

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// All that went wrong, or took much longer than most.
    Troubled,
    /// Messages with this key.
    Key(u32),
    /// The message at this offset of a queue, or the messages where it was stored anew.
    Offset(QueueId, u64),
}

/// One that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What.
    pub what: Followed,
    /// What it is called: `checkout-1→orders/0#42`.
    pub name: String,
    /// What became of it.
    pub kind: Kind,
    /// When that was certain, ns; of one that nothing has become of, when it was made.
    pub at: u64,
    /// How long it took, ns, if it ended.
    pub took_ns: Option<u64>,
}

/// Looks through a run for them.
#[derive(Clone, Debug)]
pub struct Finder {
    wanted: Wanted,
    until_ns: u64,
    run: Option<Box<(Session, Sieve)>>,
    found: Vec<Found>,
    more: u64,
}

impl Finder {
    /// Looks through the run up to a moment (ns).
    pub fn new(wanted: Wanted, until_ns: u64) -> Self {
        Self {
            wanted,
            until_ns,
            run: None,
            found: Vec::new(),
            more: 0,
        }
    }

    /// What was found: the worst first, and what is as bad in the order in which it came about.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// How many more there were.
    pub fn more(&self) -> u64 {
        self.more
    }
}

impl Inquiry for Finder {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        let mut run = self.run.take().unwrap_or_else(|| {
            let mut session = past.before(0);
            session.unwatch();
            let sieve = Sieve::new(self.wanted, session.sim().names());
            Box::new((session, sieve))
        });
        let (session, sieve) = &mut *run;
        if session.advance_with(self.until_ns, events, sieve) {
            let done = session.sim().now() as f64 / self.until_ns.max(1) as f64;
            self.run = Some(run);
            return Progress::More(done);
        }
        (self.found, self.more) = run.1.done(self.until_ns);
        Progress::Done
    }
}

/// What became of one, when, and how long it took.
type Entry = (Kind, u64, Option<u64>);

/// Reads the records of a run for what is looked for.
#[derive(Clone, Debug)]
struct Sieve {
    wanted: Wanted,
    names: Arc<Names>,
    ledger: Ledger,
    listed: BTreeMap<Followed, Entry>,
    more: u64,
    took: Latency,
    /// The slowest: how long, which, when.
    slow: Vec<(u64, Followed, u64)>,
    flows: Vec<Vec<Open>>,
}

/// What is known of a task.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    asked_at: u64,
    accepted_at: u64,
    effects: u8,
    is_refused: bool,
}

impl Sieve {
    fn new(wanted: Wanted, names: &Arc<Names>) -> Self {
        Self {
            wanted,
            names: Arc::clone(names),
            ledger: Ledger::new(Arc::clone(names)),
            listed: BTreeMap::new(),
            more: 0,
            took: Latency::default(),
            slow: Vec::new(),
            flows: vec![Vec::new(); names.flows.len()],
        }
    }

    fn is_troubled(&self) -> bool {
        self.wanted == Wanted::Troubled
    }

    fn list(&mut self, what: Followed, entry: Entry) {
        if self.listed.len() < LISTED_MAX || self.listed.contains_key(&what) {
            self.listed.insert(what, entry);
        } else {
            self.more += 1;
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
        if self.slow.len() >= SLOW_MAX && self.slow.last().is_some_and(|least| least.0 >= ns) {
            return;
        }
        let place = self.slow.partition_point(|s| s.0 >= ns);
        self.slow.insert(place, (ns, what, at));
        self.slow.truncate(SLOW_MAX);
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
    fn done(mut self, now: u64) -> (Vec<Found>, u64) {
        if self.is_troubled() {
            let usual = self.took.quantile_ns(0.5).unwrap_or(u64::MAX);
            for (ns, what, at) in std::mem::take(&mut self.slow) {
                if ns > usual.saturating_mul(LATE_TIMES) && !self.listed.contains_key(&what) {
                    self.list(what, (Kind::Late, at, Some(ns)));
                }
            }
            self.lost_tasks(now);
        }
        let named = self
            .listed
            .iter()
            .map(|(&what, &(kind, at, took_ns))| Found {
                what,
                name: name(what, &self.names),
                kind,
                at,
                took_ns,
            });
        let mut found: Vec<Found> = named.collect();
        found.sort_by_key(|f| (Reverse(f.kind), f.at, f.what));
        (found, self.more)
    }

    /// Tasks that were accepted and have waited too long for an effect.
    fn lost_tasks(&mut self, now: u64) {
        for (flow, tasks) in (0u16..).zip(std::mem::take(&mut self.flows)) {
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
    }
}

impl Observer for Sieve {
    fn record(&mut self, record: &Record) {
        if let Fact::Call(fact) = record.fact {
            self.of_task(record.at, fact);
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
