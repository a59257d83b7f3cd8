//! What came to a node: the events it handled, what the last of them changed, and which comes next.

use std::collections::VecDeque;

use crate::hunt::Session;
use crate::hunt::past::{Inquiry, Past, Progress};
use crate::sim::{Event, Fact as Told, Met, Names, NodeId, Observer, Pid, Rare, Record, Seen};
use crate::systems::{Inspect, Message, Sim};
use crate::trace::marks::{Line, describe};

use super::{Fact, Subject, Timer, facts, parts, timers};

/// What kind of event it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A message.
    Message,
    /// A timer, or the end of a sync.
    Timer,
    /// It started, was asked to stop, or lost a connection.
    Life,
    /// Something was done to it: a fault, a repair.
    Fault,
}

/// An event that came to a subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Number of the event.
    pub event: u64,
    /// True time, ns.
    pub at_ns: u64,
    /// Number of the event that scheduled it; 0: the scenario.
    pub cause: u64,
    /// To whom it came; `None`: to the machine.
    pub pid: Option<Pid>,
    /// What kind it was.
    pub kind: Kind,
    /// What it was: `fetch`, `heartbeat`, `crash b1`.
    pub text: String,
    /// Who sent it.
    pub from: Option<Pid>,
}

/// A value before and after an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// Whose; `None`: the machine's.
    pub pid: Option<Pid>,
    /// Of what: `orders/0 epoch`.
    pub name: String,
    /// How it read; `None`: there was none.
    pub before: Option<String>,
    /// How it reads; `None`: there is none.
    pub after: Option<String>,
}

/// All about one event.
#[derive(Clone, PartialEq, Debug)]
pub struct Detail {
    /// The event.
    pub entry: Entry,
    /// What is otherwise since.
    pub changed: Vec<Changed>,
    /// Timers that it set.
    pub set: Vec<Timer>,
    /// Timers that it cancelled, or that died with their process.
    pub cancelled: Vec<Timer>,
    /// Messages that it sent: to whom, and what.
    pub sent: Vec<(Pid, &'static str)>,
    /// What was told of it.
    pub records: Vec<Line>,
}

/// Nobody looks further back than about so many events for more, once there is something; nor further on for the next.
const REACH_EVENTS: u64 = 2_000_000;

/// The events that came to a subject up to a moment, and what the last of them changed. The run is gone through backwards,
/// part by part, until there are enough; meanwhile there is what was found.
#[derive(Clone, Debug)]
pub struct Handled {
    subject: Subject,
    /// So many are wanted.
    wanted: usize,
    /// Up to this event.
    upto: u64,
    /// Everything after this event has been gone through.
    from: u64,
    /// In their order.
    entries: VecDeque<Entry>,
    part: Option<Section>,
    detail: Option<Detail>,
    looking: Option<Session>,
}

/// A part of the run that is gone through.
#[derive(Clone, Debug)]
struct Section {
    run: Session,
    begins: u64,
    found: VecDeque<Entry>,
}

impl Handled {
    /// The last `wanted` events that came to a subject, up to and with the last that has happened in a run.
    pub fn new(now: &Session, subject: Subject, wanted: usize) -> Self {
        let upto = now.sim().events();
        Self {
            subject,
            wanted: wanted.max(1),
            upto,
            from: upto,
            entries: VecDeque::new(),
            part: None,
            detail: None,
            looking: None,
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// Up to which event.
    pub fn upto(&self) -> u64 {
        self.upto
    }

    /// What was found so far: the last first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// What the last of them changed, once that is known.
    pub fn detail(&self) -> Option<&Detail> {
        self.detail.as_ref()
    }

    /// Whether there may be more before those that were found.
    pub fn has_more(&self) -> bool {
        self.from > 0
    }

    fn is_complete(&self) -> bool {
        let is_far = !self.entries.is_empty() && self.upto - self.from >= REACH_EVENTS;
        self.from == 0 || is_far || self.entries.len() >= self.wanted
    }

    /// Goes through a part of the run; `true` at the end of one.
    fn gather(&mut self, past: &dyn Past, events: u64) -> bool {
        let (subject, from) = (self.subject, self.from);
        let part = self.part.get_or_insert_with(|| {
            let mut run = past.before(from.saturating_sub(1));
            run.unwatch();
            run.look_at(&subject.processes(run.sim()));
            Section {
                begins: run.sim().events(),
                run,
                found: VecDeque::new(),
            }
        });
        let missing = from.saturating_sub(part.run.sim().events());
        let mut told = Affairs::of(subject, part.run.sim().names());
        let more = part
            .run
            .advance_with(u64::MAX, missing.min(events), &mut told);
        let seen = part.run.take_seen();
        let entries = entries(part.run.sim(), &seen, &told.records);
        part.found.extend(entries);
        while part.found.len() > self.wanted {
            part.found.pop_front();
        }
        if more && part.run.sim().events() < from {
            return false;
        }
        if let Some(mut part) = self.part.take() {
            self.from = part.begins;
            while self.entries.len() < self.wanted
                && let Some(entry) = part.found.pop_back()
            {
                self.entries.push_front(entry);
            }
        }
        true
    }

    /// Looks closely at the last event; `true` when that is done.
    fn examine(&mut self, past: &dyn Past, events: u64) -> bool {
        let Some(entry) = self.entries.back().cloned() else {
            return true;
        };
        let before = entry.event - 1;
        let run = self.looking.get_or_insert_with(|| {
            let mut run = past.before(before);
            run.unwatch();
            run
        });
        let missing = before.saturating_sub(run.sim().events());
        if missing > 0 && run.advance(u64::MAX, missing.min(events)) && missing > events {
            return false;
        }
        if let Some(mut run) = self.looking.take() {
            self.detail = Some(detail(&mut run, self.subject, entry));
        }
        true
    }
}

impl Inquiry for Handled {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        let events = events.max(1);
        if self.detail.is_none() && !self.entries.is_empty() {
            self.examine(past, events);
        } else if !self.is_complete() {
            self.gather(past, events);
        }
        let is_examined = self.detail.is_some() || self.entries.is_empty();
        if self.is_complete() && is_examined {
            return Progress::Done;
        }
        let found = self.entries.len() as f64 / self.wanted as f64;
        let gone = 1.0 - self.from as f64 / self.upto.max(1) as f64;
        Progress::More(found.max(gone).min(0.99))
    }
}

/// The next events that come to a subject, behind where a run stands.
#[derive(Clone, Debug)]
pub struct Next {
    subject: Subject,
    run: Session,
    from: u64,
    /// So many are wanted.
    wanted: usize,
    found: Vec<u64>,
}

impl Next {
    /// So many from where a run stands.
    pub fn new(now: &Session, subject: Subject, wanted: usize) -> Self {
        let mut run = now.clone();
        run.unwatch();
        run.look_at(&subject.processes(run.sim()));
        Self {
            subject,
            from: run.sim().events(),
            run,
            wanted,
            found: Vec::new(),
        }
    }

    /// Their numbers, in order: those that were found so far, or that come soon.
    pub fn events(&self) -> &[u64] {
        &self.found
    }
}

impl Inquiry for Next {
    fn work(&mut self, _: &dyn Past, events: u64) -> Progress {
        if self.found.len() >= self.wanted {
            return Progress::Done;
        }
        let mut told = Affairs::of(self.subject, self.run.sim().names());
        let more = self.run.advance_with(u64::MAX, events.max(1), &mut told);
        let seen = self.run.take_seen();
        let came = entries(self.run.sim(), &seen, &told.records);
        self.found.extend(came.iter().map(|entry| entry.event));
        self.found.truncate(self.wanted);
        let gone = self.run.sim().events() - self.from;
        if self.found.len() >= self.wanted || !more || gone >= REACH_EVENTS {
            return Progress::Done;
        }
        Progress::More((gone as f64 / REACH_EVENTS as f64).min(0.99))
    }
}

/// Keeps what is told of the life of some processes and of their machine.
struct Affairs {
    whose: Vec<Pid>,
    node: NodeId,
    records: Vec<Record>,
}

impl Affairs {
    fn of(subject: Subject, names: &Names) -> Self {
        let node = subject.node(names);
        let all = (0u32..).zip(&names.processes);
        let whose = match subject {
            Subject::Process(pid) => vec![pid],
            Subject::Node(_) => all
                .filter(|(_, p)| p.node == node)
                .map(|(pid, _)| Pid(pid))
                .collect(),
        };
        Self {
            whose,
            node,
            records: Vec::new(),
        }
    }
}

impl Observer for Affairs {
    fn record(&mut self, record: &Record) {
        let concerns = match record.fact {
            Told::Crashed { .. } | Told::Halted { .. } | Told::Stopped => {
                self.whose.contains(&record.pid)
            }
            Told::Paused { node } | Told::Resumed { node } => node == self.node,
            Told::FaultBegan { node, .. } => node == Some(self.node),
            _ => false,
        };
        if concerns {
            self.records.push(*record);
        }
    }
}

/// What came to somebody, in order, each event once.
fn entries(sim: &Sim, seen: &[Seen<Message>], told: &[Record]) -> Vec<Entry> {
    let mut all: Vec<Entry> = seen
        .iter()
        // Of what waits for a core or for its machine to go on is told when it is handled.
        .filter(|s| s.met == Met::Handled)
        .map(|s| entry(sim, s))
        .collect();
    for record in told {
        if all.iter().any(|e| e.event == record.event) {
            continue;
        }
        let line = describe(record, sim.names());
        let text = match (line.word, line.text.as_str()) {
            (word, "") => word.to_lowercase(),
            ("FAULT", text) => text.to_owned(),
            (word, text) => format!("{}: {text}", word.to_lowercase()),
        };
        all.push(Entry {
            event: record.event,
            at_ns: record.at,
            cause: record.cause,
            pid: (record.pid != Record::NOBODY).then_some(record.pid),
            kind: Kind::Fault,
            text,
            from: None,
        });
    }
    all.sort_by_key(|e| e.event);
    all
}

fn entry(sim: &Sim, seen: &Seen<Message>) -> Entry {
    let timer = |token| sim.processes()[seen.to.index()].timer_name(token);
    let (kind, text, from) = match &seen.what {
        Event::Arrive { from, message, .. } | Event::Served { from, message, .. } => {
            (Kind::Message, message.word().to_owned(), Some(*from))
        }
        Event::Timer { token, .. } => (Kind::Timer, timer(*token).to_owned(), None),
        Event::Rare(Rare::Synced { token, .. }) => {
            (Kind::Timer, format!("disk synced: {}", timer(*token)), None)
        }
        Event::Rare(Rare::Reset { peer, .. }) => {
            (Kind::Life, "connection reset".to_owned(), Some(*peer))
        }
        Event::Rare(Rare::Stop { .. }) => (Kind::Life, "asked to stop".to_owned(), None),
        Event::Rare(Rare::Start { .. }) => (Kind::Life, "start".to_owned(), None),
        Event::Rare(_) => (Kind::Life, String::new(), None),
    };
    Entry {
        event: seen.event,
        at_ns: seen.at,
        cause: seen.cause,
        pid: Some(seen.to),
        kind,
        text,
        from,
    }
}

/// Lets the next event of a run happen, and says what it changed.
fn detail(run: &mut Session, subject: Subject, entry: Entry) -> Detail {
    let (before, timers_before) = (
        facts(&parts(run.sim(), subject)),
        timers(run.sim(), subject),
    );
    let mut records: Vec<Record> = Vec::new();
    run.advance_with(u64::MAX, 1, &mut records);
    let sim = run.sim();
    let (after, timers_after) = (facts(&parts(sim, subject)), timers(sim, subject));
    let event = sim.events();
    let fired = |t: &Timer| {
        let is_it = (t.cause, Some(t.pid)) == (entry.cause, entry.pid);
        is_it && t.at_ns == Some(entry.at_ns) && entry.kind == Kind::Timer
    };
    let cancelled = timers_before
        .iter()
        .filter(|t| !timers_after.contains(t) && !fired(t));
    Detail {
        changed: changes(&before, &after),
        set: (timers_after.iter().filter(|t| t.cause == event))
            .cloned()
            .collect(),
        cancelled: cancelled.cloned().collect(),
        sent: sent(sim, subject, event),
        records: records.iter().map(|r| describe(r, sim.names())).collect(),
        entry,
    }
}

/// The messages of an event that are on their way.
fn sent(sim: &Sim, subject: Subject, event: u64) -> Vec<(Pid, &'static str)> {
    let whose = subject.processes(sim);
    let news = sim.ahead().filter(|a| a.cause == event);
    let mut sent: Vec<(Pid, &'static str)> = news
        .filter_map(|ahead| match ahead.what {
            Event::Arrive {
                to, from, message, ..
            } if whose.contains(from) => Some((*to, message.word())),
            _ => None,
        })
        .collect();
    sent.sort_unstable();
    sent
}

/// What is otherwise, in the order of what is, and then what is gone.
fn changes(before: &[Fact], after: &[Fact]) -> Vec<Changed> {
    let find = |all: &[Fact], what: &Fact| {
        let same = |f: &&Fact| (f.pid, &f.name) == (what.pid, &what.name);
        all.iter().find(same).map(|f| f.text.clone())
    };
    let changed = |fact: &Fact, before: Option<String>, after: Option<String>| Changed {
        pid: fact.pid,
        name: fact.name.clone(),
        before,
        after,
    };
    let is_or_came = after.iter().filter_map(|fact| {
        let was = find(before, fact);
        let is = Some(fact.text.clone());
        (was != is).then(|| changed(fact, was, is))
    });
    let gone = before.iter().filter_map(|fact| {
        let is = find(after, fact);
        is.is_none()
            .then(|| changed(fact, Some(fact.text.clone()), None))
    });
    is_or_came.chain(gone).collect()
}
