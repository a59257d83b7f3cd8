//! How the values of a node came to be what they are: its state at moments spread over the run so far.

use std::collections::VecDeque;

use crate::hunt::Session;
use crate::hunt::past::{Inquiry, Past, Progress};
use crate::sim::Pid;

use super::{Fact, Subject, facts, parts};

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
    kept: Option<VecDeque<Session>>,
    run: Option<Session>,
    column: u64,
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
            kept: None,
            run: None,
            column: 1,
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
        let mut named: Vec<&Fact> = Vec::new();
        for sample in samples.iter().rev() {
            for fact in &sample.facts {
                if !named
                    .iter()
                    .any(|f| (f.pid, &f.name) == (fact.pid, &fact.name))
                {
                    named.push(fact);
                }
            }
        }
        named.iter().map(|fact| track(fact, &samples)).collect()
    }

    /// When the column of this number ends, ns.
    fn ends(&self, column: u64) -> u64 {
        let part = u128::from(self.now_ns) * u128::from(column) / u128::from(self.columns);
        part as u64
    }
}

impl Inquiry for History {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        let kept = self.kept.get_or_insert_with(|| past.kept().into());
        // A checkpoint beyond now belongs to a future that was visited.
        while kept.back().is_some_and(|k| k.sim().events() > self.upto) {
            kept.pop_back();
        }
        let mut left = events.max(1);
        while self.column < self.columns {
            let (begin, end) = (self.ends(self.column - 1), self.ends(self.column));
            let mut within = None;
            while let Some(kept) = &mut self.kept
                && kept.front().is_some_and(|k| k.sim().now() <= end)
            {
                within = kept.pop_front();
            }
            let is_dense = within.as_ref().is_some_and(|k| k.sim().now() > begin);
            if let Some(mut within) = within {
                within.unwatch();
                self.run = Some(within);
            }
            let Some(run) = &mut self.run else {
                self.column += 1;
                continue;
            };
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
        }
        self.run = None;
        self.kept = None;
        Progress::Done
    }
}

fn sample(run: &Session, subject: Subject) -> Sample {
    Sample {
        at_ns: run.sim().now(),
        event: run.sim().events(),
        facts: facts(&parts(run.sim(), subject)),
    }
}

fn track(of: &Fact, samples: &[&Sample]) -> Track {
    let find = |sample: &&Sample| {
        let same = |f: &&Fact| (f.pid, &f.name) == (of.pid, &of.name);
        sample.facts.iter().find(same).cloned()
    };
    let found: Vec<Option<Fact>> = samples.iter().map(find).collect();
    let text = |f: &Option<Fact>| f.as_ref().map_or_else(String::new, |f| f.text.clone());
    let varies = found.windows(2).any(|w| text(&w[0]) != text(&w[1]));
    let values = if of.number.is_some() {
        let number = |f: &Option<Fact>| f.as_ref().and_then(|f| f.number);
        Values::Numbers(found.iter().map(number).collect())
    } else {
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, fact) in found.iter().enumerate() {
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
