//! One node or process of a session closely: how it stands now, what came to it, and how it came to be so.

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
    handled: Handled,
    history: History,
    next: Next,
    /// Which of the three is worked on.
    stage: usize,
    tracks: (Vec<TrackRow>, usize, (u64, u64)),
}

impl Inspection {
    pub(super) fn new(session: &Session, of: Inspectee) -> Self {
        let subject = subject(session, of);
        Self {
            of,
            handled: Handled::new(session, subject, HANDLED_MAX),
            history: History::new(session, subject, COLUMNS),
            next: Next::new(session, subject, NEXT_MAX),
            stage: 0,
            tracks: (Vec::new(), 0, (0, 0)),
        }
    }

    /// Works on it: what came first, then what it was like, and at last what comes next.
    pub(super) fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        let progress = match self.stage {
            0 => self.handled.work(past, events),
            1 => self.history.work(past, events),
            2 => self.next.work(past, events),
            _ => return Progress::Done,
        };
        match progress {
            Progress::More(share) => {
                return Progress::More((self.stage as f64 + share) / 3.0);
            }
            Progress::Done => self.stage += 1,
        }
        if self.stage == 2 {
            self.tracks = tracks(&self.history);
        }
        if self.stage > 2 {
            Progress::Done
        } else {
            Progress::More(self.stage as f64 / 3.0)
        }
    }

    /// What is known so far, beside how it stands now in a session.
    pub(super) fn view(&self, session: &Session) -> Inspected {
        let sim = session.sim();
        let names = sim.names();
        let subject = subject(session, self.of);
        let residents = Subject::Node(NodeId(self.of.node as u32)).processes(sim);
        let several = subject.processes(sim).len() > 1;
        let who = |pid: Option<Pid>| pid.filter(|_| several).map(|p| names.process(p).to_owned());
        let handled: Vec<HandledRow> = self
            .handled
            .entries()
            .map(|entry| row(entry, who(entry.pid), names))
            .collect();
        let parts = inspect::parts(sim, subject);
        let part = |part: &inspect::Part| InspectedPart {
            name: part.name.clone(),
            word: part.word.clone(),
            is_alive: part.is_alive,
            rows: part
                .rows
                .iter()
                .map(|r| (r.name.clone(), r.value()))
                .collect(),
        };
        let belief = |held: inspect::Held| BeliefRow {
            who: who(Some(held.pid)),
            about: held.about,
            believes: held.believes,
            truth: held.truth,
            differs: held.differs,
        };
        Inspected {
            name: subject.name(names).to_owned(),
            upto: self.handled.upto(),
            processes: residents
                .iter()
                .map(|&p| names.process(p).to_owned())
                .collect(),
            parts: parts.iter().map(part).collect(),
            beliefs: inspect::beliefs(sim, subject)
                .into_iter()
                .map(belief)
                .collect(),
            timers: timers(&inspect::timers(sim, subject)),
            inbox: inbox(&inspect::inbox(sim, subject), names),
            last: self
                .handled
                .detail()
                .map(|detail| last(detail, &who, names)),
            handled,
            has_older: self.handled.has_more(),
            next_events: self.next.events().to_vec(),
            tracks: self.tracks.0.clone(),
            same: self.tracks.1,
            span_ns: self.tracks.2,
        }
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
