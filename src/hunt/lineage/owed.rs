//! To whom the end of a message is owed: found out by control. The run is made again without a fault, or with a setting
//! changed, and all else the same.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::fault::{FaultPlan, Schedule};
use crate::sim::lens::Followed;
use crate::sim::{Names, Observer, QueueId};
use crate::systems::safeguard::Safeguard;

use super::fate::Fate;
use super::story::Story;
use super::verdict::Verdict;
use crate::hunt::{Loaded, Session};
use crate::scenario::Files;

/// More faults than this are not left out one by one.
const FAULTS_MAX: usize = 16;
/// More settings than this are not tried.
const SETTINGS_MAX: usize = 24;

/// What was different in another run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// A fault was left out.
    Without {
        /// Index in the plan.
        fault: u32,
        /// The line of the scenario; 0: it stands in none.
        line: u32,
        /// What it says: `crash leader of orders/0`.
        label: String,
    },
    /// All faults were left out.
    WithoutAny,
    /// A setting was another.
    With {
        /// As `--set` has it.
        sets: Vec<String>,
        /// In a word or two: `acks=All`.
        words: String,
    },
}

impl Tried {
    /// In words: `line 14 (crash leader of orders/0)`.
    pub fn words(&self) -> String {
        match self {
            Self::Without { line: 0, label, .. } => label.clone(),
            Self::Without {
                line: FaultPlan::BY_HAND,
                label,
                ..
            } => format!("what was done by hand ({label})"),
            Self::Without { line, label, .. } => format!("line {line} ({label})"),
            Self::WithoutAny => "the faults together".to_owned(),
            Self::With { words, .. } => words.clone(),
        }
    }
}

/// Another run, and what became of it there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial<V = Verdict> {
    /// What was different.
    pub tried: Tried,
    /// What became of it.
    pub verdict: V,
    /// Whether that is better.
    pub helps: bool,
}

/// What was found out so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owed<V = Verdict> {
    /// The runs that were made, faults first.
    pub trials: Vec<Trial<V>>,
    /// How many more are to be made.
    pub left: usize,
}

impl<V> Default for Owed<V> {
    fn default() -> Self {
        Self {
            trials: Vec::new(),
            left: 0,
        }
    }
}

impl<V> Owed<V> {
    fn helpful(&self, is: impl Fn(&Tried) -> bool) -> Vec<&Trial<V>> {
        let trials = self.trials.iter();
        trials.filter(|t| t.helps && is(&t.tried)).collect()
    }

    /// The faults without each of which it fares better.
    pub fn faults(&self) -> Vec<&Trial<V>> {
        self.helpful(|t| matches!(t, Tried::Without { .. }))
    }

    /// The settings with each of which it fares better.
    pub fn settings(&self) -> Vec<&Trial<V>> {
        self.helpful(|t| matches!(t, Tried::With { .. }))
    }

    /// Whether anything without a fault was tried, and nothing helped.
    fn is_no_fault(&self) -> bool {
        let mut faults = self.trials.iter();
        faults.any(|t| !matches!(t.tried, Tried::With { .. }))
            && self
                .helpful(|t| !matches!(t, Tried::With { .. }))
                .is_empty()
    }

    /// To which faults it is owed: `owed to line 14 (crash leader of orders/0)`; `None`: without any, nothing was tried.
    pub fn to_faults(&self) -> Option<String> {
        let faults: Vec<String> = self.faults().iter().map(|t| t.tried.words()).collect();
        match faults.as_slice() {
            [] if !self.helpful(|t| *t == Tried::WithoutAny).is_empty() => {
                Some("owed to several faults together".to_owned())
            }
            [] if self.is_no_fault() => {
                Some("owed to no fault: without them it is the same".to_owned())
            }
            [] => None,
            [one] => Some(format!("owed to {one}")),
            some => Some(format!(
                "owed to {}, each of them needed",
                some.join(" and ")
            )),
        }
    }
}

impl Owed {
    /// The answer in a sentence: `lost: owed to line 14 (crash leader of orders/0); with acks=All it is delivered once`.
    pub fn sentence(&self, verdict: &Verdict) -> String {
        let mut said: Vec<String> = self.to_faults().into_iter().collect();
        if let Some(best) = self.settings().iter().min_by_key(|t| t.verdict.kind) {
            said.push(format!(
                "with {} it is {}",
                best.tried.words(),
                best.verdict.words()
            ));
        }
        if said.is_empty() {
            return verdict.words();
        }
        format!("{}: {}", verdict.words(), said.join("; "))
    }
}

/// Judges other runs by one thing: who looks at it there, and what that comes to.
pub(in crate::hunt) trait Judge: Clone + std::fmt::Debug {
    /// Who looks.
    type Eyes: Observer + Clone + std::fmt::Debug;
    /// What is said.
    type Says: Clone + std::fmt::Debug;
    /// Somebody who looks at a run from its beginning.
    fn eyes(&self, names: &Arc<Names>) -> Self::Eyes;
    /// What was seen, where a run stands at a moment (ns).
    fn says(&self, eyes: Self::Eyes, until_ns: u64) -> Self::Says;
    /// Whether that is better than in the run that it is about.
    fn helps(&self, says: &Self::Says) -> bool;
}

/// Judges by what becomes of one message or task.
#[derive(Clone, Debug)]
pub(in crate::hunt) struct OfFate {
    what: Followed,
    told: Verdict,
    late_ns: Option<u64>,
}

impl Judge for OfFate {
    type Eyes = Fate;
    type Says = Verdict;

    fn eyes(&self, names: &Arc<Names>) -> Fate {
        Fate::new(self.what, names)
    }

    fn says(&self, eyes: Fate, until_ns: u64) -> Verdict {
        eyes.verdict(until_ns, self.late_ns)
    }

    fn helps(&self, says: &Verdict) -> bool {
        says.is_better_than(&self.told)
    }
}

/// The runs that are to be made.
#[derive(Clone, Debug)]
pub(in crate::hunt) struct Trials<J: Judge> {
    judge: J,
    until_ns: u64,
    beginning: Session,
    left: VecDeque<Tried>,
    all: usize,
    now: Option<(Tried, Box<Session>, Box<J::Eyes>)>,
}

impl Trials<OfFate> {
    /// What is worth trying, for a story that was told of `told`.
    pub(super) fn new(
        story: &Story,
        told: &Session,
        beginning: Session,
        until_ns: u64,
        late_ns: Option<u64>,
    ) -> Self {
        let mut left = faults(told, story.verdict.at);
        left.extend(settings(story, told));
        let judge = OfFate {
            what: story.what,
            told: story.verdict,
            late_ns,
        };
        Self::of(judge, left, beginning, until_ns)
    }
}

impl<J: Judge> Trials<J> {
    /// Of some changes, one after the other.
    pub(in crate::hunt) fn of(
        judge: J,
        left: Vec<Tried>,
        beginning: Session,
        until_ns: u64,
    ) -> Self {
        Self {
            judge,
            until_ns,
            beginning,
            all: left.len(),
            left: left.into(),
            now: None,
        }
    }

    /// The same judge, and other changes: those of several settings at once of which none helped alone.
    pub(in crate::hunt) fn go_on_with(&mut self, left: Vec<Tried>) {
        self.all = left.len();
        self.left = left.into();
    }

    /// How much of it is done.
    pub(in crate::hunt) fn share(&self) -> f64 {
        let within = self.now.as_ref().map_or(0.0, |(_, session, _)| {
            session.sim().now() as f64 / self.until_ns.max(1) as f64
        });
        let begun = self.left.len() + usize::from(self.now.is_some());
        ((self.all - begun) as f64 + within) / self.all.max(1) as f64
    }

    /// Goes on for so many events. `false`: all is done.
    pub(in crate::hunt) fn work(&mut self, events: u64, owed: &mut Owed<J::Says>) -> bool {
        let Some((tried, mut session, mut eyes)) = self.now.take().or_else(|| self.next()) else {
            owed.left = 0;
            return false;
        };
        if session.advance_with(self.until_ns, events, &mut *eyes) {
            self.now = Some((tried, session, eyes));
        } else {
            let verdict = self.judge.says(*eyes, self.until_ns);
            owed.trials.push(Trial {
                helps: self.judge.helps(&verdict),
                tried,
                verdict,
            });
        }
        owed.left = self.left.len() + usize::from(self.now.is_some());
        true
    }

    fn next(&mut self) -> Option<(Tried, Box<Session>, Box<J::Eyes>)> {
        while let Some(tried) = self.left.pop_front() {
            if let Some(session) = otherwise(&self.beginning, &tried) {
                let eyes = self.judge.eyes(session.sim().names());
                return Some((tried, Box::new(session), Box::new(eyes)));
            }
        }
        None
    }
}

/// The faults that began before a moment (ns), unless they mend what others broke; and, of several, all of them together.
pub(in crate::hunt) fn faults(told: &Session, before_ns: u64) -> Vec<Tried> {
    let sim = told.sim();
    let names = &sim.names().faults;
    let begun = sim.faults().begun().iter();
    let before = begun.filter(|active| active.since_ns <= before_ns);
    let mut seen: Vec<u32> = before.map(|active| active.fault).collect();
    seen.sort_unstable();
    seen.dedup();
    let named = seen.into_iter().filter_map(|fault| {
        let name = names.get(fault as usize).filter(|name| !name.mends)?;
        Some(Tried::Without {
            fault,
            line: name.line,
            label: name.label.clone(),
        })
    });
    let mut all: Vec<Tried> = named.take(FAULTS_MAX).collect();
    if all.len() > 1 {
        all.push(Tried::WithoutAny);
    }
    all
}

/// The settings of all that it had to do with.
fn settings(story: &Story, told: &Session) -> Vec<Tried> {
    let names = told.sim().names();
    let plan = &told.loaded().plan;
    let queue = match story.what {
        Followed::Message { lane, .. } => names.lanes.get(lane.index()).map(|l| l.queue),
        Followed::Task(_) => None,
    };
    let family = |queue: QueueId| names.queues.get(queue.index()).map(|q| &q.family);
    let family = queue.and_then(family);
    let concerns = |guard: &Safeguard| match (&guard.about, family) {
        (Some(about), Some(family)) => about == family,
        _ => true,
    };
    let is_in = |name: &str| {
        let reads = |group: &crate::sim::names::GroupName| {
            group.name == name && queue.is_some_and(|q| group.queues.contains(&q))
        };
        story.systems.iter().any(|s| s == name) || names.groups.iter().any(reads)
    };
    let workloads = plan.workloads.iter().filter(|w| is_in(w.name()));
    let systems = plan.systems.iter().filter(|s| is_in(s.name()));
    let all = workloads
        .flat_map(crate::systems::WorkloadSettings::safeguards)
        .chain(systems.flat_map(crate::systems::SystemSettings::safeguards));
    named(all.filter(concerns).take(SETTINGS_MAX).collect())
}

/// The settings of everything in a run.
pub(in crate::hunt) fn all_settings(told: &Session) -> Vec<Tried> {
    let plan = &told.loaded().plan;
    let workloads = plan.workloads.iter();
    let systems = plan.systems.iter();
    let all = workloads
        .flat_map(crate::systems::WorkloadSettings::safeguards)
        .chain(systems.flat_map(crate::systems::SystemSettings::safeguards));
    named(all.take(SETTINGS_MAX).collect())
}

/// What they are called: in a word or two, where that says which it is.
fn named(guards: Vec<Safeguard>) -> Vec<Tried> {
    let is_alone = |words: &str| guards.iter().filter(|g| g.words == words).count() == 1;
    let tried = guards.iter().map(|guard| Tried::With {
        sets: guard.sets.clone(),
        words: if is_alone(&guard.words) {
            guard.words.clone()
        } else {
            guard.sets.join(" and ")
        },
    });
    tried.collect()
}

/// The same run with something different, at its beginning; `None` if it cannot be so.
pub(super) fn otherwise(beginning: &Session, tried: &Tried) -> Option<Session> {
    let loaded = beginning.loaded();
    let mut other: Loaded = match tried {
        Tried::With { sets, .. } => {
            let mut all = loaded.sets.clone();
            all.extend(sets.iter().cloned());
            let files = Files::Given(&loaded.files);
            Loaded::from_parts(&loaded.name, &loaded.text, &all, files).ok()?
        }
        Tried::Without { .. } | Tried::WithoutAny => Loaded::clone(loaded),
    };
    let plan = match &mut other.control {
        Some(both) if beginning.is_control() => &mut both.1,
        _ => &mut other.plan,
    };
    // The fault stays in the plan, so that the others keep their numbers and what they draw; its time never comes.
    let is_out = |at: u32| match tried {
        Tried::Without { fault, .. } => at == *fault,
        Tried::WithoutAny => true,
        Tried::With { .. } => false,
    };
    for (at, fault) in (0u32..).zip(&mut plan.world.faults) {
        if is_out(at) {
            fault.schedule = Schedule::NEVER;
        }
    }
    // What was done by hand comes behind the faults of the plan.
    let first = plan.world.faults.len() as u32;
    let by_hand = (first..).zip(beginning.interventions().iter());
    let by_hand = by_hand.filter(|(at, _)| !is_out(*at));
    let by_hand = by_hand.map(|(_, intervention)| intervention.clone());
    Some(beginning.otherwise(Arc::new(other), by_hand.collect()))
}
