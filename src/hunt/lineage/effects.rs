//! What comes of an event: all that descends from it for a while, and, if it is the beginning of a fault, the marks that the
//! same run does not have without that fault.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::lens::{Happened, Happening, Lens, Phase};
use crate::sim::{Names, Observer, Record};
use crate::systems::Message;
use crate::trace::marks::{Line, describe, is_mark};

use super::causes::words;
use super::owed::{Tried, otherwise};
use crate::hunt::Session;
use crate::hunt::past::{Inquiry, Past, Progress};

/// Events that are looked through at most.
const EVENTS_MAX: u64 = 2_000_000;
/// Marks that are listed.
const MARKS_MAX: usize = 500;

/// Events of one kind that descend from it, at one process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effect {
    /// The process, or nothing.
    pub process: String,
    /// What they are.
    pub what: String,
    /// How many.
    pub times: u64,
    /// The first of them, by its number.
    pub event: u64,
    /// When that was, ns.
    pub at: u64,
}

/// What comes of an event, as a question about the past.
#[derive(Clone, Debug)]
pub struct Effects {
    event: u64,
    horizon_ns: u64,
    run: Option<Box<Run>>,
    control: Option<Box<Other>>,
    marks: Vec<(Line, bool)>,
    folded: Vec<Effect>,
    descendants: u64,
    is_done: bool,
}

/// The run itself.
#[derive(Clone, Debug)]
struct Run {
    session: Session,
    marks: Marks,
    /// By number since the event: whether it descends from it.
    heirs: Vec<bool>,
    folded: BTreeMap<(u32, String), Effect>,
    /// When the event was, ns.
    at: Option<u64>,
    fault: Option<u32>,
}

/// The same without the fault.
#[derive(Clone, Debug)]
struct Other {
    session: Session,
    marks: Marks,
    until_ns: u64,
}

/// The marks from a moment on.
#[derive(Clone, Debug)]
struct Marks {
    names: Arc<Names>,
    from_ns: u64,
    lines: Vec<Line>,
}

impl Observer for Marks {
    fn record(&mut self, record: &Record) {
        if record.at >= self.from_ns
            && self.lines.len() < MARKS_MAX
            && !record.fact.is_frequent()
            && is_mark(&record.fact)
        {
            self.lines.push(describe(record, &self.names));
        }
    }
}

impl Effects {
    /// Of an event, by its number, for so long after it (ns).
    pub fn new(event: u64, horizon_ns: u64) -> Self {
        Self {
            event,
            horizon_ns,
            run: None,
            control: None,
            marks: Vec::new(),
            folded: Vec::new(),
            descendants: 0,
            is_done: false,
        }
    }

    /// The marks among them, in their order, and whether they descend from the event; otherwise they happen only with the fault.
    pub fn marks(&self) -> &[(Line, bool)] {
        &self.marks
    }

    /// All other events that descend from it, by process and kind, in the order of the first of each.
    pub fn folded(&self) -> &[Effect] {
        &self.folded
    }

    /// How many events descend from it.
    pub fn descendants(&self) -> u64 {
        self.descendants
    }

    fn begin(&self, past: &dyn Past) -> Box<Run> {
        let mut session = past.before(self.event.saturating_sub(1));
        session.unwatch();
        session.look_closer(Lens::logging(Message::sight));
        let names = Arc::clone(session.sim().names());
        let marks = Marks {
            names,
            from_ns: u64::MAX,
            lines: Vec::new(),
        };
        Box::new(Run {
            session,
            marks,
            heirs: Vec::new(),
            folded: BTreeMap::new(),
            at: None,
            fault: None,
        })
    }

    /// The run is looked through.
    fn told(&mut self, run: Run, past: &dyn Past) {
        // The first of them is the event itself.
        let heirs = run.heirs.iter().skip(1);
        self.descendants = heirs.filter(|h| **h).count() as u64;
        self.folded = run.folded.into_values().collect();
        self.folded.sort_by_key(|e| e.event);
        let is_heir = |line: &Line| {
            let since = line.event.checked_sub(self.event);
            since.is_some_and(|s| run.heirs.get(s as usize).copied().unwrap_or(false))
        };
        let lines = run.marks.lines.into_iter();
        self.marks = lines
            .map(|line| (is_heir(&line), line))
            .map(|(h, l)| (l, h))
            .collect();
        let (Some(fault), Some(at)) = (run.fault, run.at) else {
            self.marks.retain(|(_, is_heir)| *is_heir);
            self.is_done = true;
            return;
        };
        let tried = Tried::Without {
            fault,
            line: 0,
            label: String::new(),
        };
        let beginning = past.before(0);
        self.control = otherwise(&beginning, &tried).map(|session| {
            let names = Arc::clone(session.sim().names());
            Box::new(Other {
                session,
                marks: Marks {
                    names,
                    from_ns: at,
                    lines: Vec::new(),
                },
                until_ns: run.session.sim().now(),
            })
        });
        self.is_done = self.control.is_none();
    }

    /// Takes out the marks that happen without the fault as well.
    fn compare(&mut self, other: &[Line]) {
        let mut left: Vec<(&str, &str)> =
            other.iter().map(|l| (l.word, l.subject.as_str())).collect();
        self.marks.retain(|(line, is_heir)| {
            let same = |l: &(&str, &str)| *l == (line.word, line.subject.as_str());
            match left.iter().position(same) {
                Some(at) => {
                    left.swap_remove(at);
                    *is_heir
                }
                None => true,
            }
        });
    }
}

impl Run {
    /// Takes in what happened.
    fn note(&mut self, event: u64) {
        let log = self
            .session
            .lens_mut()
            .map(Lens::take_log)
            .unwrap_or_default();
        let names = Arc::clone(self.session.sim().names());
        for happened in log {
            let Some(since) = happened.event.checked_sub(event) else {
                continue;
            };
            if since == 0 {
                self.at = Some(happened.at);
                if let Happening::Fault {
                    fault,
                    phase: Phase::Begins,
                } = happened.what
                {
                    self.fault = Some(fault);
                }
            }
            let of_heir = happened.cause.checked_sub(event);
            let of_heir = of_heir.and_then(|c| self.heirs.get(c as usize)).copied();
            let is_heir = since == 0 || of_heir == Some(true);
            self.heirs.resize(since as usize, false);
            self.heirs.push(is_heir);
            if is_heir && since > 0 {
                self.fold(&happened, &names);
            }
        }
    }

    fn fold(&mut self, happened: &Happened, names: &Names) {
        let what = words(happened, names);
        let entry = self.folded.entry((happened.pid.0, what.clone()));
        let effect = entry.or_insert_with(|| Effect {
            process: if happened.pid == Record::NOBODY {
                String::new()
            } else {
                names.process(happened.pid).to_owned()
            },
            what,
            times: 0,
            event: happened.event,
            at: happened.at,
        });
        effect.times += 1;
    }
}

impl Inquiry for Effects {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        if self.is_done {
            return Progress::Done;
        }
        if let Some(mut other) = self.control.take() {
            let Other {
                session,
                marks,
                until_ns,
            } = &mut *other;
            if session.advance_with(*until_ns, events, marks) {
                let done = session.sim().now() as f64 / (*until_ns).max(1) as f64;
                self.control = Some(other);
                return Progress::More(0.5 + 0.5 * done);
            }
            self.compare(&other.marks.lines);
            self.is_done = true;
            return Progress::Done;
        }
        let mut run = match self.run.take() {
            Some(run) => run,
            None => self.begin(past),
        };
        let before = run.session.sim().events() < self.event;
        let last = if before {
            self.event
        } else {
            self.event.saturating_add(EVENTS_MAX)
        };
        let until_ns = run
            .at
            .map_or(u64::MAX, |at| at.saturating_add(self.horizon_ns));
        let missing = last.saturating_sub(run.session.sim().events());
        // The marks of the event itself are among those that are looked for.
        if missing <= events && before {
            run.marks.from_ns = 0;
        }
        let portion = if before {
            missing.saturating_sub(1).clamp(1, events.max(1))
        } else {
            missing.min(events)
        };
        let Run { session, marks, .. } = &mut *run;
        let more = portion > 0 && session.advance_with(until_ns, portion, marks);
        run.note(self.event);
        run.marks.lines.retain(|line| line.event > self.event);
        if more {
            self.run = Some(run);
            return Progress::More(0.25);
        }
        self.told(*run, past);
        if self.is_done {
            Progress::Done
        } else {
            Progress::More(0.5)
        }
    }
}
