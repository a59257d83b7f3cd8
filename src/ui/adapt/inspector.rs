//! One node or process of a session closely: how it stands now, what came to it, and how it came to be so.

use std::sync::Arc;

use crate::hunt::Session;
use crate::hunt::inspect::{
    self, Entry, Handled, History, Kind, Next, Subject, Timer, Track, Values, Whereabouts,
};
use crate::hunt::past::{Inquiry, Past, Progress};
use crate::sim::{Names, NodeId, Pid};
use crate::trace::marks::Line;
use crate::ui::view::{
    BeliefRow, Came, HandledRow, Inspected, InspectedPart, Inspectee, LastEvent, MailRow, TimerRow,
    TrackRow, TrackValues,
};

/// So many events are listed.
const HANDLED_MAX: usize = 200;
/// So many of the next events are looked for, so that somebody who goes on quickly need not wait.
const NEXT_MAX: usize = 24;
/// So many samples make a history.
const COLUMNS: usize = 60;

/// A question about a node, and how far its answer is.
#[derive(Clone, Debug)]
pub(super) struct Inspection {
    of: Inspectee,
    names: Arc<Names>,
    /// Whether it is about several processes.
    several: bool,
    handled: Handled,
    next: Next,
    history: History,
    /// Which of the three is worked on.
    stage: usize,
    /// What is known of what came and comes.
    events: Events,
    /// How its values were; how many were always the same; over which time.
    tracks: (Vec<TrackRow>, usize, (u64, u64)),
}

/// What came and what comes, as it is known together; until that is so, as it was known before.
#[derive(Clone, Debug, Default)]
struct Events {
    upto: u64,
    handled: Vec<HandledRow>,
    has_older: bool,
    next: Vec<u64>,
    last: Option<LastEvent>,
}

impl Inspection {
    /// Of where a session stands; `before` is what was asked before that.
    pub(super) fn new(session: &Session, of: Inspectee, before: Option<&Self>) -> Self {
        let subject = subject(session, of);
        let before = before.filter(|before| before.of == of);
        Self {
            of,
            names: Arc::clone(session.sim().names()),
            several: subject.processes(session.sim()).len() > 1,
            handled: Handled::new(session, subject, HANDLED_MAX),
            next: Next::new(session, subject, NEXT_MAX),
            history: History::new(session, subject, COLUMNS),
            stage: 0,
            events: before.map_or_else(Events::default, |b| b.events.clone()),
            tracks: before.map_or_else(Default::default, |b| b.tracks.clone()),
        }
    }

    /// Works on it: what came first, then what comes next, and at last how it came to be so.
    pub(super) fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        let progress = match self.stage {
            0 => self.handled.work(past, events),
            1 => self.next.work(past, events),
            2 => self.history.work(past, events),
            _ => return Progress::Done,
        };
        if let Progress::More(share) = progress {
            return Progress::More((self.stage as f64 + share) / 3.0);
        }
        self.stage += 1;
        match self.stage {
            2 => self.events = self.events_now(),
            3 => {
                self.tracks = tracks(&self.history);
                return Progress::Done;
            }
            _ => {}
        }
        Progress::More(self.stage as f64 / 3.0)
    }

    /// What is known of events by now.
    fn events_now(&self) -> Events {
        let (names, several) = (&self.names, self.several);
        let who = |pid: Option<Pid>| pid.filter(|_| several).map(|p| names.process(p).to_owned());
        let rows = self.handled.entries();
        Events {
            upto: self.handled.upto(),
            handled: rows.map(|e| row(e, who(e.pid), names)).collect(),
            has_older: self.handled.has_more(),
            next: self.next.events().to_vec(),
            last: self
                .handled
                .detail()
                .map(|detail| last(detail, &who, names)),
        }
    }

    /// What is known so far, beside how it stands now in a session.
    pub(super) fn view(&self, session: &Session) -> Inspected {
        let sim = session.sim();
        let names = sim.names();
        let subject = subject(session, self.of);
        let residents = Subject::Node(NodeId(self.of.node as u32)).processes(sim);
        let who = |pid: Pid| self.several.then(|| names.process(pid).to_owned());
        let belief = |held: inspect::Held| BeliefRow {
            who: who(held.pid),
            about: held.about,
            believes: held.believes,
            truth: held.truth,
            differs: held.differs,
            in_vain: held.in_vain,
        };
        let name = |pid: &Pid| names.process(*pid).to_owned();
        let events = if self.stage < 2 && self.events.handled.is_empty() {
            self.events_now()
        } else {
            self.events.clone()
        };
        let (tracks, same, span_ns) = self.tracks.clone();
        Inspected {
            name: subject.name(names).to_owned(),
            upto: events.upto,
            processes: residents.iter().map(name).collect(),
            parts: inspect::parts(sim, subject).iter().map(part).collect(),
            beliefs: (inspect::beliefs(sim, subject).into_iter())
                .map(belief)
                .collect(),
            timers: timers(&inspect::timers(sim, subject)),
            inbox: inbox(&inspect::inbox(sim, subject), names),
            last: events.last,
            handled: events.handled,
            has_older: events.has_older,
            next_events: events.next,
            tracks,
            same,
            span_ns,
        }
    }
}

fn part(part: &inspect::Part) -> InspectedPart {
    let rows = part.rows.iter().map(|r| (r.name.clone(), r.value()));
    InspectedPart {
        name: part.name.clone(),
        word: part.word.clone(),
        is_alive: part.is_alive,
        rows: rows.collect(),
    }
}

fn subject(session: &Session, of: Inspectee) -> Subject {
    let node = NodeId(of.node as u32);
    let residents = session.sim().residents(node);
    match of.process.and_then(|at| residents.get(at)) {
        Some(&pid) => Subject::Process(pid),
        None => Subject::Node(node),
    }
}

fn row(entry: &Entry, who: Option<String>, names: &Names) -> HandledRow {
    HandledRow {
        event: entry.event,
        at_ns: entry.at_ns,
        cause: entry.cause,
        who,
        came: match entry.kind {
            Kind::Message => Came::Message,
            Kind::Timer => Came::Timer,
            Kind::Life => Came::Life,
            Kind::Fault => Came::Fault,
        },
        text: entry.text.clone(),
        from: entry.from.map(|pid| names.process(pid).to_owned()),
    }
}

/// Timers by what they are for; the list has the next first.
fn timers(all: &[Timer]) -> Vec<TimerRow> {
    let mut rows: Vec<TimerRow> = Vec::new();
    for timer in all {
        match rows.iter_mut().find(|r| r.name == timer.name) {
            Some(row) => row.count += 1,
            None => rows.push(TimerRow {
                name: timer.name.to_owned(),
                count: 1,
                next_ns: timer.at_ns,
            }),
        }
    }
    rows
}

fn inbox(all: &[inspect::Mail], names: &Names) -> Vec<MailRow> {
    let mut rows: Vec<MailRow> = Vec::new();
    for mail in all {
        let place = match mail.whereabouts {
            Whereabouts::Served => "a core serves it",
            Whereabouts::Waits => "waits for a core",
            Whereabouts::Held => "held back",
            Whereabouts::OnItsWay => "on its way",
        };
        let from = names.process(mail.from);
        let same = |r: &&mut MailRow| r.word == mail.word && r.from == from && r.place == place;
        match rows.iter_mut().find(same) {
            Some(row) => row.count += 1,
            None => rows.push(MailRow {
                word: mail.word.to_owned(),
                from: from.to_owned(),
                place: place.to_owned(),
                count: 1,
            }),
        }
    }
    rows
}

fn last(
    detail: &inspect::Detail,
    who: &dyn Fn(Option<Pid>) -> Option<String>,
    names: &Names,
) -> LastEvent {
    let changed = detail.changed.iter().map(|change| {
        let name = match who(change.pid) {
            Some(who) => format!("{who} {}", change.name),
            None => change.name.clone(),
        };
        (name, change.before.clone(), change.after.clone())
    });
    let mut sent: Vec<(String, String, usize)> = Vec::new();
    for (to, word) in &detail.sent {
        let to = names.process(*to);
        match sent.last_mut() {
            Some(last) if last.0 == *word && last.1 == to => last.2 += 1,
            _ => sent.push(((*word).to_owned(), to.to_owned(), 1)),
        }
    }
    let told = |line: &Line| match line.text.as_str() {
        "" => format!("{} {}", line.word, line.subject),
        text => format!("{} {}: {text}", line.word, line.subject),
    };
    LastEvent {
        row: row(&detail.entry, who(detail.entry.pid), names),
        changed: changed.collect(),
        timers: reset(&detail.set, &detail.cancelled),
        sent,
        told: detail.records.iter().map(told).collect(),
    }
}

/// Timers that were set and cancelled; one that was both was set anew.
fn reset(set: &[Timer], cancelled: &[Timer]) -> Vec<(char, String)> {
    let mut gone: Vec<&str> = cancelled.iter().map(|t| t.name).collect();
    let mut out: Vec<(char, String)> = Vec::new();
    for timer in set {
        let again = gone.iter().position(|name| *name == timer.name);
        let sign = again.map_or('+', |at| {
            gone.swap_remove(at);
            '='
        });
        out.push((sign, timer.name.to_owned()));
    }
    out.extend(gone.into_iter().map(|name| ('-', name.to_owned())));
    out.sort();
    out.dedup();
    out
}

/// The values that were ever otherwise, how many were not, and over which time.
fn tracks(history: &History) -> (Vec<TrackRow>, usize, (u64, u64)) {
    let samples = history.samples().count();
    let moment = |s: Option<&inspect::Sample>| s.map_or(0, |s| s.at_ns);
    let span = (
        moment(history.samples().next()),
        moment(history.samples().last()),
    );
    let all = history.tracks();
    let same = all.iter().filter(|t| !t.varies).count();
    let varying = all.into_iter().filter(|t| t.varies);
    let rows = varying.map(|track| TrackRow {
        name: track.name.clone(),
        now: now(history, &track),
        values: values(track.values, samples),
    });
    (rows.collect(), same, span)
}

fn now(history: &History, track: &Track) -> String {
    let last = history.samples().last();
    let facts = last.map(|s| s.facts.iter());
    let mut of = facts.into_iter().flatten();
    of.find(|f| (f.pid, &f.name) == (track.pid, &track.name))
        .map_or_else(String::new, |f| f.text.clone())
}

fn values(values: Values, samples: usize) -> TrackValues {
    match values {
        Values::Numbers(numbers) => {
            let known = || numbers.iter().flatten().copied();
            let low = known().fold(0.0, f64::min);
            let high = known().fold(low, f64::max);
            let range = (high - low).max(f64::MIN_POSITIVE);
            let step = |n: f64| ((n - low) / range * 1000.0).ceil() as u64;
            TrackValues::Numbers(numbers.iter().map(|n| n.map(step)).collect())
        }
        Values::Words(stretches) => {
            let stretches = stretches.into_iter().map(|s| (s.from, s.to, s.text));
            TrackValues::Words(stretches.collect(), samples)
        }
    }
}
