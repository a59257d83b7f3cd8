//! One try: whether something smaller still breaks the same.

use std::sync::Arc;

use super::super::failure::{self, Failure};
use super::super::parallel::Stop;
use super::super::{Loaded, Options, Session, complete};
use super::Control;
use super::mend::mend;
use super::propose::{Now, Proposal};
use crate::checks::{Checked, Checks, Expect, Outcome};
use crate::scenario::document::Document;
use crate::scenario::{Files, Tree};
use crate::sim::ledger::Ledger;
use crate::systems::rules::LeftOut;

/// Events between two looks at whether to stop.
const SLICE: u64 = 50_000;
/// What is mended in more places than this is given up.
const MENDS_MAX: usize = 12;

/// Who says whether something is still the same failure.
#[derive(Debug)]
pub(super) struct Judge {
    /// What the scenario is called.
    pub name: String,
    /// The files it names.
    pub files: Vec<(String, String)>,
    /// Which rules of its systems are left out.
    pub left_out: LeftOut,
    /// What must stay untrue.
    pub goal: Expect,
    /// In which control it must stay true.
    pub control: Control,
    /// So many warnings the scenario had.
    pub warnings: usize,
    /// A run with more events is no smaller one.
    pub events_max: u64,
}

/// What came of a try.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It still breaks. What does may be less than what was proposed.
    Breaks(Box<Now>),
    /// It holds, with nothing changed but what was proposed.
    Holds,
    /// It is no scenario, or another failure, or nothing can be said.
    Otherwise,
}

/// A try.
#[derive(Debug)]
pub(super) struct Tried {
    pub verdict: Verdict,
    /// How many events were played; 0 if it cannot run.
    pub events: u64,
}

/// What came of a run.
struct Played {
    failure: Option<Failure>,
    /// Whether what should be true is: where neither is known, nothing can be said.
    holds: bool,
    events: u64,
}

impl Judge {
    /// Reads a tree; the mistakes, or the warnings if there are more than there were, are in the document.
    pub fn read(&self, tree: &Tree) -> Result<Loaded, Box<Document>> {
        let files = Files::Given(&self.files);
        let read = Loaded::from_parts(&self.name, &tree.text(), &[], files);
        let mut loaded = read.and_then(complete)?;
        if loaded.document.diagnostics().len() > self.warnings {
            return Err(Box::new(loaded.document));
        }
        loaded.plan.left_out = self.left_out;
        if let Some(control) = &mut loaded.control {
            control.1.left_out = self.left_out;
        }
        Ok(loaded)
    }

    /// Tries a change. `None` if it was stopped.
    pub fn try_it(&self, proposal: &Proposal, stop: &Stop) -> Option<Tried> {
        let otherwise = |events| {
            let verdict = Verdict::Otherwise;
            Some(Tried { verdict, events })
        };
        let mut tree = proposal.tree.clone();
        let mut mended = 0;
        let loaded = loop {
            match self.read(&tree) {
                Ok(loaded) => break Arc::new(loaded),
                Err(_) if mended == MENDS_MAX => return otherwise(0),
                Err(document) => match mend(&tree, &document, proposal, mended == 0) {
                    Some(better) => tree = better,
                    None => return otherwise(0),
                },
            }
            mended += 1;
        };
        let played = self.play(&loaded, false, stop)?;
        let Some(failure) = played.failure else {
            // What else was mended may be why it holds.
            let verdict = if played.holds && mended == 0 {
                Verdict::Holds
            } else {
                Verdict::Otherwise
            };
            let events = played.events;
            return Some(Tried { verdict, events });
        };
        let mut events = played.events;
        if self.control == Control::Own && loaded.scenario.control_set.is_empty() {
            return otherwise(events);
        }
        if self.control != Control::None {
            let control = self.play(&loaded, true, stop)?;
            events += control.events;
            if !control.holds {
                return otherwise(events);
            }
        }
        let left = Now {
            tree,
            loaded,
            failure,
        };
        let verdict = Verdict::Breaks(Box::new(left));
        Some(Tried { verdict, events })
    }

    /// Whether what should be true is true in the control. `None` if it was stopped.
    pub fn control_holds(&self, loaded: &Arc<Loaded>, stop: &Stop) -> Option<bool> {
        Some(self.play(loaded, true, stop)?.holds)
    }

    fn play(&self, loaded: &Arc<Loaded>, control: bool, stop: &Stop) -> Option<Played> {
        let goal = &self.goal;
        let options = Options {
            control,
            unobserved: goal.metric().is_none(),
            ..Options::default()
        };
        let mut session = Session::new(Arc::clone(loaded), options);
        let mut checked = Checked {
            ledger: Ledger::new(Arc::clone(session.sim().names())),
            checks: Checks::of(goal.property().as_slice()),
        };
        let is_final = failure::is_final(goal) && !control;
        while session.advance_with(u64::MAX, SLICE, &mut checked) {
            if stop.is_asked_for() {
                return None;
            }
            let broke = is_final && failure::broken(goal, &checked.checks).is_some();
            if broke || session.sim().events() > self.events_max {
                break;
            }
        }
        let (end, events) = (session.end_ns(), session.sim().events());
        if session.is_over() {
            checked.checks.finish(end, &checked.ledger);
        }
        let metrics = session.watch().map(|watch| &watch.metrics);
        let metric = |name: &str| metrics.and_then(|m| m.metric(name));
        let outcome = goal.evaluate(|p| checked.checks.verdict(p), metric);
        let failure = match metrics {
            _ if !session.is_over() && !is_final => None,
            Some(metrics) => failure::missed(goal, metrics, end, events),
            None => failure::broken(goal, &checked.checks),
        };
        let holds = session.is_over() && outcome == Outcome::Met;
        Some(Played {
            failure,
            holds,
            events,
        })
    }
}
