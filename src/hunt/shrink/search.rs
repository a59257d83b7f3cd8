//! Pass after pass, until no change is left that could be taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::failure::{self, Failure};
use super::super::parallel::{self, Collect, Panic, Stop, Watcher};
use super::super::{Loaded, Options as Run, Outcome, Session, Watch};
use super::propose::{Now, Pass, Proposal};
use super::sizes::{Sizes, measure};
use super::trial::{Judge, Tried, Verdict};
use super::{
    Control, Options, Refused, Shrunk, cut, dists, earlier, faults, leave_out, notes, numbers,
    strikes, text, times,
};
use crate::checks::{Expect, Verdict as Known};
use crate::scenario::{Tree, tree_of};
use crate::trace::recording::hash_text;

/// The passes, the cheapest first: what makes runs shorter and quicker, then the rest.
const PASSES: [(&str, Pass); 13] = [
    ("cutting the end off", cut::pass),
    ("leaving faults out", faults::leave_out),
    ("writing strikes down", strikes::pass),
    ("leaving strikes out", faults::leave_out),
    ("beginning earlier", earlier::pass),
    ("making amounts less", numbers::amounts),
    ("leaving things out", leave_out::pass),
    ("counting down", numbers::counts),
    ("making chance regular", dists::pass),
    ("shortening faults", faults::shorten),
    ("beginning earlier", earlier::pass),
    ("ending just behind it", cut::pass),
    ("rounding", times::pass),
];

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// How many changes were tried.
    pub runs: u64,
    /// How many were taken.
    pub steps: u64,
    /// What is being tried, in words.
    pub pass: &'static str,
}

/// A scenario that is to be shrunk. See the [module](super).
#[derive(Debug)]
pub struct Shrink {
    judge: Judge,
    now: Now,
    before: Sizes,
    from: text::From,
    options: Options,
    /// What was tried, by its text: whether it holds, as proposed.
    tried: BTreeMap<u64, bool>,
    runs: u64,
    steps: u64,
    events: u64,
    pass: &'static str,
}

/// It was ended.
struct Ended;

impl Shrink {
    /// Runs the scenario once, and once more without the cause, to see what breaks and where it holds. The plan is taken as it
    /// is: it may be another than the text says.
    pub fn new(loaded: &Loaded, options: Options) -> Result<Self, Refused> {
        if let Some(goal) = &options.breaks {
            failure::check(loaded, goal).map_err(Refused::Mistake)?;
        }
        let mut watched = loaded.clone();
        watched.scenario.expect.extend(options.breaks.clone());
        let seed = options.seed.unwrap_or(loaded.scenario.seed);
        let Some(before) = measure(&Arc::new(watched), Some(seed), || true) else {
            return Err(Refused::Holds(options.breaks));
        };
        let goal = options
            .breaks
            .clone()
            .or_else(|| first_broken(&before.session, loaded));
        let Some(failure) = goal
            .as_ref()
            .and_then(|goal| failure_of(&before.session, goal))
        else {
            return Err(Refused::Holds(options.breaks));
        };
        let tree = tree_of(&loaded.document)
            .ok_or_else(|| Refused::Mistake("the scenario says nothing".to_owned()))?;
        let judge = Judge {
            name: loaded.name.clone(),
            files: loaded.files.clone(),
            left_out: loaded.plan.left_out,
            goal: failure.goal.clone(),
            control: Control::None,
            warnings: 0,
            events_max: before
                .sizes
                .events
                .saturating_mul(2)
                .saturating_add(100_000),
        };
        let from = text::From::new(loaded, seed, &before.session, options.command.clone());
        let mut shrink = Self {
            judge,
            now: Now {
                tree: begin(tree, seed, &failure.goal),
                loaded: Arc::new(loaded.clone()),
                failure,
            },
            before: before.sizes,
            from,
            options,
            tried: BTreeMap::new(),
            runs: 0,
            steps: 0,
            events: 0,
            pass: PASSES[0].0,
        };
        shrink.find_control(loaded)?;
        Ok(shrink)
    }

    /// What must stay untrue.
    pub fn goal(&self) -> &Expect {
        &self.judge.goal
    }

    /// How it breaks in the scenario as it was.
    pub fn failure(&self) -> &Failure {
        &self.now.failure
    }

    /// The seed of all runs.
    pub fn seed(&self) -> u64 {
        self.from.seed
    }

    /// How large it was.
    pub fn before(&self) -> &Sizes {
        &self.before
    }

    /// Takes the first control in which it holds: the scenario's own, then the one without faults, then none.
    fn find_control(&mut self, loaded: &Loaded) -> Result<(), Refused> {
        let bare = self.now.tree.clone();
        let with = |tree: &Tree, goal: &Expect| {
            let goal = tree_of(&crate::scenario::document::Document::parse(
                "",
                format!("[{goal}]"),
            ));
            tree.with_field("control", goal)
        };
        let no_set = bare
            .with_field("control_set", None)
            .with_field("control_faults", None);
        let own = !loaded.scenario.control_set.is_empty();
        let has_faults = !loaded.scenario.faults.is_empty();
        let controls = [
            (Control::Own, own, with(&bare, &self.judge.goal)),
            (
                Control::NoFaults,
                has_faults,
                with(&no_set, &self.judge.goal),
            ),
            (Control::None, true, no_set),
        ];
        self.judge.warnings = usize::MAX;
        for (control, _, tree) in controls.into_iter().filter(|(_, may_be, _)| *may_be) {
            let Ok(read) = self.judge.read(&tree) else {
                continue;
            };
            let read = Arc::new(read);
            let holds = control == Control::None
                || self.judge.control_holds(&read, &Stop::default()) == Some(true);
            if holds {
                self.judge.control = control;
                self.judge.warnings = read.document.diagnostics().len();
                self.now.tree = tree;
                self.now.loaded = read;
                return Ok(());
            }
        }
        Err(Refused::Mistake(
            "it cannot be written down as a scenario of its own".to_owned(),
        ))
    }

    /// Shrinks. The error says why it could not begin.
    pub fn run(mut self, watcher: &mut impl Watcher<Progress>) -> Result<Shrunk, String> {
        let mut is_whole = false;
        loop {
            let steps = self.steps;
            match self.round(watcher)? {
                Err(Ended) => break,
                Ok(()) if self.steps == steps => {
                    is_whole = true;
                    break;
                }
                Ok(()) => {}
            }
        }
        Ok(self.finish(is_whole))
    }

    /// All passes once.
    fn round(&mut self, watcher: &mut impl Watcher<Progress>) -> Result<Result<(), Ended>, String> {
        for (words, pass) in PASSES {
            self.pass = words;
            let mut from = 0;
            loop {
                let proposals = pass(&self.now);
                if from >= proposals.len() {
                    break;
                }
                match self.first(&proposals[from..], watcher)? {
                    // What is behind it has moved up to its place.
                    Ok(Some(taken)) => from += taken,
                    Ok(None) => break,
                    Err(Ended) => return Ok(Err(Ended)),
                }
            }
        }
        Ok(Ok(()))
    }

    /// Tries changes, and takes the first that still breaks; which that is.
    fn first(
        &mut self,
        proposals: &[Proposal],
        watcher: &mut impl Watcher<Progress>,
    ) -> Result<Result<Option<usize>, Ended>, String> {
        let hash = |p: &Proposal| hash_text(&p.tree.text()).0;
        let current = hash_text(&self.now.tree.text()).0;
        let mut todo: Vec<(usize, u64)> = Vec::new();
        for (number, proposal) in proposals.iter().enumerate() {
            let hash = hash(proposal);
            let is_new = hash != current && !self.tried.contains_key(&hash);
            if is_new && !todo.iter().any(|(_, other)| *other == hash) {
                todo.push((number, hash));
            }
        }
        let jobs = self.options.jobs;
        let judge = &self.judge;
        let run = |at: u64, stop: &Stop| judge.try_it(&proposals[todo[at as usize].0], stop);
        let mut tries = Tries {
            todo: &todo,
            progress: Progress {
                runs: self.runs,
                steps: self.steps,
                pass: self.pass,
            },
            runs_max: self.options.runs.unwrap_or(u64::MAX),
            tried: &mut self.tried,
            events: &mut self.events,
            taken: None,
            has_ended: false,
            watcher,
        };
        let all = todo.len() as u64;
        parallel::in_order(0..all, jobs, run, &mut tries)?;
        let (taken, has_ended, runs) = (tries.taken, tries.has_ended, tries.progress.runs);
        self.runs = runs;
        let Some((number, found)) = taken else {
            return Ok(if has_ended { Err(Ended) } else { Ok(None) });
        };
        self.tried.insert(current, false);
        self.now = *found;
        self.steps += 1;
        Ok(if has_ended {
            Err(Ended)
        } else {
            Ok(Some(number))
        })
    }

    fn finish(mut self, is_whole: bool) -> Shrunk {
        let notes = notes::notes(&self.now, &PASSES.map(|(_, pass)| pass), |text| {
            self.tried.get(&hash_text(text).0) == Some(&true)
        });
        let written = text::written(&self.judge, &self.now, &self.from, &self.before, notes);
        self.events += written.sizes.events;
        Shrunk {
            text: written.text,
            failure: written.failure.unwrap_or(self.now.failure),
            control: self.judge.control,
            before: self.before,
            after: written.sizes,
            runs: self.runs,
            steps: self.steps,
            events: self.events,
            is_whole,
            is_proven: written.is_proven,
        }
    }
}

/// Takes what comes of tries, in their order.
struct Tries<'a, W> {
    todo: &'a [(usize, u64)],
    progress: Progress,
    runs_max: u64,
    tried: &'a mut BTreeMap<u64, bool>,
    events: &'a mut u64,
    taken: Option<(usize, Box<Now>)>,
    has_ended: bool,
    watcher: &'a mut W,
}

impl<W: Watcher<Progress>> Collect<Tried> for Tries<'_, W> {
    fn take(&mut self, at: u64, result: Result<Tried, Panic>) {
        if self.taken.is_some() || self.has_ended {
            return;
        }
        let (number, hash) = self.todo[at as usize];
        // What panics is no scenario to hand to anybody.
        let Ok(tried) = result else { return };
        if tried.events > 0 {
            self.progress.runs += 1;
            *self.events += tried.events;
        }
        self.tried
            .insert(hash, matches!(tried.verdict, Verdict::Holds));
        if let Verdict::Breaks(found) = tried.verdict {
            self.taken = Some((number, found));
        }
        self.has_ended = self.progress.runs >= self.runs_max;
    }

    fn goes_on(&mut self) -> bool {
        if self.taken.is_none() && !self.has_ended {
            self.has_ended = !self.watcher.goes_on(self.progress);
        }
        self.taken.is_none() && !self.has_ended
    }
}

/// The tree with which it begins: the seed, and what is expected.
fn begin(tree: Tree, seed: u64, goal: &Expect) -> Tree {
    let parsed = |text: String| tree_of(&crate::scenario::document::Document::parse("", text));
    // What is expected of the shrunk scenario is written in the end; until then this sees to it that it can be asked.
    let expect = match goal.property() {
        Some(property) => Expect::Breaks(property),
        None => goal.clone(),
    };
    tree.with_field("seed", parsed(seed.to_string()))
        .with_field("group", None)
        // Nothing is known of other seeds.
        .with_field("over", None)
        .with_field("control_over", None)
        .with_field("expect", parsed(format!("[{expect}]")))
        .with_field("control", None)
}

/// What of a run breaks first: a property, an expectation, or what the scenario says of its control.
fn first_broken(session: &Session, loaded: &Loaded) -> Option<Expect> {
    let watch = session.watch()?;
    let broken = watch
        .checks
        .verdicts()
        .filter_map(|(property, known)| match known {
            Known::Broken(first) => Some((first.event, property)),
            _ => None,
        });
    if let Some((_, property)) = broken.min_by_key(|(event, _)| *event) {
        return Some(Expect::Holds(property));
    }
    let missed = |e: &&Expect| e.metric().is_some() && failure_of(session, e).is_some();
    let stated = loaded
        .scenario
        .expect
        .iter()
        .chain(&loaded.scenario.control);
    stated
        .filter(|e| !matches!(e, Expect::Breaks(_)))
        .find(missed)
        .cloned()
}

/// How something is not as it should be in a run that is over.
pub(super) fn failure_of(session: &Session, goal: &Expect) -> Option<Failure> {
    let watch: &Watch = session.watch()?;
    let (end, events) = (session.end_ns(), session.sim().events());
    match goal.metric() {
        Some(_) => failure::missed(goal, &watch.metrics, end, events),
        None => failure::broken(goal, &watch.checks),
    }
}

/// Whether a scenario's text does, all by itself, what it says, and so does its control.
pub(super) fn does_as_it_says(loaded: &Arc<Loaded>) -> bool {
    let variants = [false, true]
        .into_iter()
        .filter(|&c| !c || loaded.control.is_some());
    let mut variants = variants.map(|control| {
        let options = Run {
            control,
            ..Run::default()
        };
        let mut session = Session::new(Arc::clone(loaded), options);
        session.run();
        Outcome::of(&session).is_some_and(|outcome| outcome.is_met())
    });
    variants.all(|met| met)
}
