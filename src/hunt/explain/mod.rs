//! Explains a message, a task or a finding: what happened to it, in order, to which fault and setting that is owed, and which
//! setting would have prevented it. What it is owed to is not guessed: each answer is a run that was made ([`super::lineage`]).

mod broken;
mod condense;
mod cures;
mod named;
mod steps;

pub use broken::Held;
pub use condense::{Row, condensed};
pub use cures::{Cure, Origin};
pub use named::named;
pub use steps::Step;

use std::sync::Arc;

use super::Session;
use super::lineage::{
    Causes, Lineage, OfFate, Owed, Story, Trials, Tried, Verdict, all_settings, faults,
};
use super::past::{Inquiry, Past, Progress};
use crate::checks::Finding;
use crate::sim::Names;
use crate::sim::lens::Followed;
use broken::{Evidence, OfProperty};
use cures::Trying;

/// What is to be explained.
#[derive(Clone, Debug)]
pub enum About {
    /// The life of a message or task.
    Thing(Followed),
    /// That a property broke: the finding, which of how many, counted from 1.
    Finding(Box<Finding>, usize, u64),
}

/// An explanation, as a question about the past of a run that was played to its end.
#[derive(Clone, Debug)]
pub struct Explain {
    about: About,
    until_ns: u64,
    /// When all that proves the finding had happened, ns: what befell the run by then may be what it is owed to.
    known_ns: u64,
    names: Arc<Names>,
    phase: Phase,
    story: Option<Story>,
    steps: Vec<Step>,
    found: Found,
}

#[derive(Clone, Debug)]
enum Phase {
    Follow(Box<Lineage>),
    Look(Box<Evidence>),
    Causes(Box<Causes>),
    TryLife(Box<Trying<OfFate>>),
    Try(Box<Trying<OfProperty>>),
    Done,
}

/// What was found out by trying.
#[derive(Clone, Debug, Default)]
struct Found {
    owed: Option<String>,
    tried: Vec<Tally>,
}

/// What was tried, what came of it, whether that is better, and whether it was two settings together.
type Tally = (Tried, String, [bool; 2]);

impl Explain {
    /// Of a run that stands at its end.
    pub fn new(about: About, run: &Session) -> Self {
        let until_ns = run.end_ns();
        let phase = match &about {
            About::Thing(what) => Phase::Follow(Box::new(Lineage::new(*what, until_ns))),
            About::Finding(finding, ..) => {
                Phase::Look(Box::new(Evidence::of(finding, run.sim().names(), until_ns)))
            }
        };
        Self {
            about,
            until_ns,
            known_ns: 0,
            names: Arc::clone(run.sim().names()),
            phase,
            story: None,
            steps: Vec::new(),
            found: Found::default(),
        }
    }

    /// What is explained.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The life of the message or task; of a finding that of the one it is about, if it is about any. None until it is known.
    pub fn story(&self) -> Option<&Story> {
        self.story.as_ref()
    }

    /// What happened, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Which faults it is owed to, in words; `None` where nothing was tried or there are none.
    pub fn owed(&self) -> Option<&str> {
        self.found.owed.as_deref()
    }

    /// What was tried.
    pub fn cures(&self, run: &Session, origin: &Origin) -> Vec<Cure> {
        let tried = self.found.tried.iter();
        let cure = |(tried, says, is): &Tally| Cure::of(tried, says, *is, run, origin);
        tried.map(cure).collect()
    }

    fn tell(&mut self, lineage: &Lineage) {
        self.story = lineage.story().cloned();
        if let Some(story) = &self.story {
            self.steps.extend(steps::of_story(story, &self.names));
        }
    }

    /// The life of the message is known, and what it is owed to.
    fn followed(&mut self, lineage: &mut Lineage) -> Phase {
        self.tell(lineage);
        let owed = lineage.owed().clone();
        match lineage.take_trials() {
            Some(trials) => Phase::TryLife(Box::new(Trying::after(*trials, owed))),
            None => self.finished(&owed, usize::MAX, Verdict::words),
        }
    }

    /// What the finding's own evidence is is known.
    fn looked(&mut self, evidence: Evidence, past: &dyn Past) -> Phase {
        let About::Finding(finding, ..) = &self.about else {
            return Phase::Done;
        };
        let thing = evidence.thing();
        self.known_ns = evidence.known_ns();
        self.steps.extend(evidence.into_steps());
        match thing {
            Some(thing) => {
                let until_ns = self.until_ns;
                Phase::Follow(Box::new(Lineage::story_alone(thing, until_ns)))
            }
            None if finding.event > 0 => Phase::Causes(Box::new(Causes::new(finding.event))),
            None => self.begin_trials(past),
        }
    }

    /// Now it is asked without what the property would hold.
    fn begin_trials(&mut self, past: &dyn Past) -> Phase {
        let About::Finding(finding, ..) = &self.about else {
            return Phase::Done;
        };
        let mut told = past.before_ns(self.known_ns);
        told.unwatch();
        told.run_to(self.known_ns);
        let mut left = faults(&told, self.known_ns);
        left.extend(all_settings(&told));
        let judge = OfProperty::of(finding.property);
        let trials = Trials::of(judge, left, past.before(0), self.until_ns);
        Phase::Try(Box::new(Trying::new(trials)))
    }

    /// All is tried: so many alone, and the others two together.
    fn finished<V: Clone>(
        &mut self,
        owed: &Owed<V>,
        alone: usize,
        words: impl Fn(&V) -> String,
    ) -> Phase {
        let trials = owed.trials.iter().enumerate();
        let told = trials.map(|(at, t)| {
            let is = [t.helps, at >= alone];
            (t.tried.clone(), words(&t.verdict), is)
        });
        self.found = Found {
            owed: owed.to_faults(),
            tried: told.collect(),
        };
        self.steps.sort_by_key(|step| (step.at_ns, step.event));
        steps::without_repeats(&mut self.steps);
        Phase::Done
    }
}

impl Inquiry for Explain {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        let is_finding = matches!(self.about, About::Finding(..));
        let (phase, share) = match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Follow(mut lineage) => match lineage.work(past, events) {
                Progress::More(share) if is_finding => (Phase::Follow(lineage), 0.2 * share),
                Progress::More(share) => (Phase::Follow(lineage), 0.8 * share),
                Progress::Done if is_finding => {
                    self.tell(&lineage);
                    (self.begin_trials(past), 0.2)
                }
                Progress::Done => (self.followed(&mut lineage), 0.8),
            },
            Phase::Look(mut evidence) => {
                if evidence.work(past, events) {
                    (Phase::Look(evidence), 0.0)
                } else {
                    (self.looked(*evidence, past), 0.1)
                }
            }
            Phase::Causes(mut causes) => match causes.work(past, events) {
                Progress::More(share) => (Phase::Causes(causes), 0.2 * share),
                Progress::Done => {
                    let links = causes.links().iter();
                    self.steps.extend(links.map(steps::of_link));
                    (self.begin_trials(past), 0.2)
                }
            },
            Phase::TryLife(mut trying) => {
                if trying.work(events) {
                    let share = 0.8 + 0.2 * trying.share();
                    (Phase::TryLife(trying), share)
                } else {
                    (
                        self.finished(trying.owed(), trying.alone(), Verdict::words),
                        1.0,
                    )
                }
            }
            Phase::Try(mut trying) => {
                if trying.work(events) {
                    let share = 0.2 + 0.8 * trying.share();
                    (Phase::Try(trying), share)
                } else {
                    (
                        self.finished(trying.owed(), trying.alone(), Held::words),
                        1.0,
                    )
                }
            }
            Phase::Done => (Phase::Done, 1.0),
        };
        self.phase = phase;
        match self.phase {
            Phase::Done => Progress::Done,
            _ => Progress::More(share),
        }
    }
}
