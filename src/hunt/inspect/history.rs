//! How the values of a node came to be what they are: its state at moments spread over the run so far.

use crate::hunt::Session;
use crate::hunt::past::{Inquiry, Past, Progress};
use crate::sim::Pid;

use super::{Fact, Subject, facts, parts};

/// What a sample costs, as so many events.
const SAMPLE_EVENTS: u64 = 512;

/// The values at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// The moment, true time, ns.
    pub at_ns: u64,
    /// The last event that had happened.
    pub event: u64,
    /// The values.
    pub facts: Vec<Fact>,
}

/// A stretch of samples with the same text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The first.
    pub from: usize,
    /// Behind the last.
    pub to: usize,
    /// What it said.
    pub text: String,
}

/// How one value was.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// A number at each sample; `None` where there was none.
    Numbers(Vec<Option<f64>>),
    /// Texts, by stretches of samples.
    Words(Vec<Stretch>),
}

/// One value over the run.
#[derive(Clone, PartialEq, Debug)]
pub struct Track {
    /// Whose; `None`: the machine's.
    pub pid: Option<Pid>,
    /// What it is called: `orders/0 epoch`.
    pub name: String,
    /// How it was.
    pub values: Values,
    /// Whether it was ever otherwise.
    pub varies: bool,
}

/// The state of a subject at moments over the run so far. Where checkpoints are dense they are the moments; where they are not
/// the run is gone through again from the last one.
#[derive(Clone, Debug)]
pub struct History {
    subject: Subject,
    upto: u64,
    now_ns: u64,
    columns: u64,
    samples: Vec<Sample>,
    last: Option<Sample>,
    run: Option<Session>,
    column: u64,
    /// Whether what was kept before the end of the column was looked for.
    is_begun: bool,
}

impl History {
    /// From the beginning to where a run stands, by about so many samples.
    pub fn new(now: &Session, subject: Subject, columns: usize) -> Self {
        Self {
            subject,
            upto: now.sim().events(),
            now_ns: now.sim().now(),
            columns: columns.max(1) as u64,
            samples: Vec::new(),
            last: Some(sample(now, subject)),
            run: None,
            column: 1,
            is_begun: false,
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

    /// What was found so far, in order; the last is now.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().chain(&self.last)
    }

    /// Each value over the run, in the order in which the subject shows them now; then those that it no longer shows.
    pub fn tracks(&self) -> Vec<Track> {
        let samples: Vec<&Sample> = self.samples().collect();
        let mut named: Vec<(&Fact, usize)> = Vec::new();
        for sample in samples.iter().rev() {
            for (place, fact) in sample.facts.iter().enumerate() {
                let there = named.get(place).is_some_and(|(f, _)| is_same(f, fact));
                if !there && !named.iter().any(|(f, _)| is_same(f, fact)) {
                    named.push((fact, place));
                }
            }
        }
        let track = |&(fact, place): &(&Fact, usize)| track(fact, place, &samples);
        named.iter().map(track).collect()
    }

    /// A column begins with what was kept before its end, if that is further than the run is.
    fn begin(&mut self, mut kept: Session) {
        self.is_begun = true;
        let at = |run: &Session| run.sim().events();
        let is_further = self.run.as_ref().is_none_or(|run| at(run) < at(&kept));
        // A checkpoint of the same moment may stand behind more events than have happened now.
        if is_further && at(&kept) <= self.upto {
            kept.unwatch();
            self.run = Some(kept);
        }
    }

    /// When the column of this number ends, ns.
    fn ends(&self, column: u64) -> u64 {
        let part = u128::from(self.now_ns) * u128::from(column) / u128::from(self.columns);
        part as u64
    }
}

impl Inquiry for History {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        let mut left = events.max(1);
        while self.column < self.columns {
            let (begin, end) = (self.ends(self.column - 1), self.ends(self.column));
            if !self.is_begun {
                self.begin(past.before_ns(end));
            }
            let Some(run) = &mut self.run else {
                return Progress::Done;
            };
            let is_dense = run.sim().now() > begin;
            if !is_dense {
                let from = run.sim().events();
                let missing = self.upto.saturating_sub(from);
                let more = run.advance(end, left.min(missing));
                left -= (run.sim().events() - from).min(left);
                if more && left == 0 && run.sim().events() < self.upto {
                    return Progress::More(self.column as f64 / self.columns as f64);
                }
            }
            let sample = sample(run, self.subject);
            self.samples.push(sample);
            self.column += 1;
            self.is_begun = false;
            // A checkpoint is not for nothing either.
            left = left.saturating_sub(SAMPLE_EVENTS);
            if left == 0 {
                return Progress::More(self.column as f64 / self.columns as f64);
            }
        }
        self.run = None;
        Progress::Done
    }
}

/// Whether two facts are of the same value.
fn is_same(a: &Fact, b: &Fact) -> bool {
    a.pid == b.pid && a.name == b.name
}

/// The fact of the same value; most stand where it stands.
fn find<'a>(all: &'a [Fact], of: &Fact, place: usize) -> Option<&'a Fact> {
    let there = all.get(place).filter(|fact| is_same(fact, of));
    there.or_else(|| all.iter().find(|fact| is_same(fact, of)))
}

fn sample(run: &Session, subject: Subject) -> Sample {
    Sample {
        at_ns: run.sim().now(),
        event: run.sim().events(),
        facts: facts(&parts(run.sim(), subject)),
    }
}

fn track(of: &Fact, place: usize, samples: &[&Sample]) -> Track {
    let found: Vec<Option<&Fact>> = samples
        .iter()
        .map(|sample| find(&sample.facts, of, place))
        .collect();
    let text = |f: Option<&Fact>| f.map_or("", |f| &f.text).to_owned();
    let varies = found.windows(2).any(|w| text(w[0]) != text(w[1]));
    let values = if of.number.is_some() {
        let number = |f: Option<&Fact>| f.and_then(|f| f.number);
        Values::Numbers(found.iter().copied().map(number).collect())
    } else {
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, fact) in found.iter().copied().enumerate() {
            match stretches.last_mut() {
                Some(last) if last.text == text(fact) => last.to = at + 1,
                _ => stretches.push(Stretch {
                    from: at,
                    to: at + 1,
                    text: text(fact),
                }),
            }
        }
        Values::Words(stretches)
    };
    Track {
        pid: of.pid,
        name: of.name.clone(),
        values,
        varies,
    }
}
