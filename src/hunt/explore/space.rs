//! What can go wrong in a run: which faults can strike whom, and when they may.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::deeds::{self, Choices, Form};
use super::super::intervention;
use super::super::{Loaded, Session};
use super::Options;
use super::schedule::{Entry, Schedule};
use crate::sim::complaint::Path;
use crate::sim::fault::heal::What;
use crate::sim::fault::{Action, FaultPlan, Target};
use crate::sim::stream::Stream;
use crate::sim::{MS, Names};

/// Faults begin after this share of the run: before, it is only getting under way.
const WARM_UP: u64 = 8;
/// The last part of the run, of four, is without faults.
const CALM: u64 = 4;
/// A field is filled so often by chance before a kind of fault is given up.
const TRIES: usize = 8;

/// Something that can go wrong: a fault without its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Strike {
    /// The kind of fault, a word of the scenario language.
    pub word: &'static str,
    /// It, in that language: `Crash("broker-1")`.
    pub text: String,
    /// What it does.
    pub action: Action,
    /// Whether it lasts, and does not only happen.
    pub lasts: bool,
    /// Whether it only undoes what others did.
    pub mends: bool,
    /// How many nodes it strikes at once; 0 for what happens between nodes.
    pub width: u32,
    /// Whom it strikes first, in the same language; `None` for nobody in particular.
    pub whom: Option<String>,
}

/// What there is in a run, without what may not be struck. The error says which name is none, as a sentence.
fn allowed(session: &Session, targets: &[String]) -> Result<Choices, String> {
    let mut choices = deeds::choices(session);
    if targets.is_empty() {
        return Ok(choices);
    }
    let (names, sets) = (session.sim().names(), &session.loaded().plan.sets);
    let mut nodes: Vec<&str> = Vec::new();
    for name in targets {
        let node = names.nodes.iter().find(|n| n.name == *name);
        let set = sets.get(name).into_iter().flatten();
        let of_set = set.filter_map(|id| names.nodes.get(id.index()));
        let before = nodes.len();
        nodes.extend(node.into_iter().chain(of_set).map(|n| n.name.as_str()));
        if nodes.len() == before {
            return Err(format!("there is no node `{name}` and no `nodes` entry"));
        }
    }
    let is_allowed = |target: &String| {
        let name = target.trim_matches('"');
        let set = sets.get(name);
        let all_of = |set: &Vec<crate::sim::NodeId>| {
            let mut of = set.iter().filter_map(|id| names.nodes.get(id.index()));
            of.all(|n| nodes.contains(&n.name.as_str()))
        };
        nodes.contains(&name) || set.is_some_and(all_of)
    };
    // Who leads or decides may be anybody.
    choices.targets.retain(is_allowed);
    choices.zones.clear();
    choices.workloads.clear();
    Ok(choices)
}

/// What can go wrong in a run, and when.
#[derive(Debug)]
pub(super) struct Space {
    loaded: Arc<Loaded>,
    names: Arc<Names>,
    choices: Choices,
    /// The kinds of fault that can be, by their numbers.
    pub kinds: Vec<usize>,
    /// No fault begins before this, ns.
    pub from_ns: u64,
    /// All faults are over here, ns.
    pub heal_ns: u64,
    /// Moments are multiples of this, ns.
    pub grid_ns: u64,
    /// See [`Options::faults_max`].
    pub faults_max: usize,
    at_once: u32,
    /// Where liveness is demanded, what is still dead is started when all faults are over.
    restart: Option<Arc<Strike>>,
    /// What was checked already; `None` for what cannot be.
    known: BTreeMap<String, Option<Arc<Strike>>>,
}

impl Space {
    /// Of a run at its beginning, which must be left alone for so long at its end (ns). The error is a sentence.
    pub(super) fn new(
        session: &Session,
        options: &Options,
        rest_ns: u64,
        restarts: bool,
    ) -> Result<Self, String> {
        let end = session.end_ns();
        let from = end / WARM_UP;
        // What starts anew when the faults are over needs a moment for it.
        let rest = if rest_ns == 0 { 0 } else { rest_ns + end / 16 };
        let heal = (end - end / CALM).min(end.saturating_sub(rest));
        let calm = session.loaded().scenario.calm.map(|calm| calm.at.ns());
        let heal = heal.min(calm.unwrap_or(u64::MAX));
        if heal < from.saturating_add(10 * MS) {
            let (end_s, rest_s) = (end as f64 / 1e9, rest_ns as f64 / 1e9);
            return Err(format!(
                "the run is too short for faults: it lasts {end_s} s, and {rest_s} s of it must be left to recover"
            ));
        }
        let mut space = Self {
            loaded: Arc::clone(session.loaded()),
            names: Arc::clone(session.sim().names()),
            choices: allowed(session, &options.targets)?,
            kinds: Vec::new(),
            from_ns: from,
            heal_ns: heal / MS * MS,
            grid_ns: MS,
            faults_max: options.faults_max.max(1),
            at_once: options.at_once.max(1),
            restart: None,
            known: BTreeMap::new(),
        };
        space.from_ns = from.div_ceil(MS) * MS;
        space.grid_ns = match space.window_ns() / MS {
            0..2000 => MS,
            _ => 10 * MS,
        };
        if restarts {
            space.restart = space.checked("Restart(All)");
        }
        space.find_kinds(options)?;
        Ok(space)
    }

    /// From the first moment at which a fault may begin to the last at which it may end, ns.
    pub(super) fn window_ns(&self) -> u64 {
        self.heal_ns - self.from_ns
    }

    /// Those kinds that are asked for, do harm, and find somebody to do it to.
    fn find_kinds(&mut self, options: &Options) -> Result<(), String> {
        // The first that can stand in a field may be wider than is allowed, others not.
        let mut stream = Stream::named(0, "explore", "kinds");
        for kind in 0..Action::FORMS.len() {
            let word = Action::WORDS[kind];
            let listed = |list: &[String]| list.iter().any(|w| w == word);
            let is_wanted = options.only.is_empty() || listed(&options.only);
            if is_wanted && !listed(&options.without) {
                let found = self.draw(kind, None, &mut stream);
                self.kinds.extend(found.map(|_| kind));
            }
        }
        if self.kinds.is_empty() {
            return Err("there is no fault that could strike anything in it".to_owned());
        }
        Ok(())
    }

    /// Whether a target may be struck.
    pub(super) fn may_strike(&self, target: &String) -> bool {
        self.choices.targets.contains(target)
    }

    /// The number of a kind that can be.
    pub(super) fn kind(&self, word: &str) -> Option<usize> {
        let kinds = self.kinds.iter().copied();
        kinds.into_iter().find(|&k| Action::WORDS[k] == word)
    }

    /// Something of a kind that can go wrong, by chance; to this target, if one is given.
    pub(super) fn draw(
        &mut self,
        kind: usize,
        whom: Option<&str>,
        stream: &mut Stream,
    ) -> Option<Arc<Strike>> {
        for _ in 0..TRIES {
            let mut form = Form::of(kind);
            let mut whom = whom;
            for at in 0..form.fields.len() {
                let offered = form.offered(at, &self.choices);
                let is_choice = form.fields[at].name == "one_way" || form.fields[at].name == "how";
                if !form.fields[at].value.is_empty() && !is_choice {
                    continue;
                }
                let is_target = offered == self.choices.targets;
                let wished = if is_target {
                    whom.take()
                        .filter(|w| offered.iter().any(|o| o.as_str() == *w))
                } else {
                    None
                };
                // Two sides are not the same.
                let used = |v: &&String| !form.fields[..at].iter().any(|f| f.value == **v);
                let free: Vec<&String> = offered.iter().filter(used).collect();
                let drawn = || stream.pick(&free).map(|v| (*v).clone());
                form.fields[at].value = wished.map(str::to_owned).or_else(drawn)?;
            }
            let found = self.checked(&form.text());
            if let Some(strike) = found.filter(|s| !s.mends && s.width <= self.at_once) {
                return Some(strike);
            }
        }
        None
    }

    /// What a text of a fault is, if it can be in this scenario and is one.
    pub(super) fn checked(&mut self, text: &str) -> Option<Arc<Strike>> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let found = self.check(text).map(Arc::new);
        self.known.insert(text.to_owned(), found.clone());
        found
    }

    fn check(&self, text: &str) -> Option<Strike> {
        let entry = intervention::entry(self.from_ns, text, None);
        let read = intervention::read(&self.loaded, &[entry]).ok()?;
        let FaultPlan { action, .. } = read.into_iter().next()?.plan;
        // What an operator sets is no fault; what it is now is all that is known of what it can be.
        if action.heals_as() == Some(What::Settings) {
            return None;
        }
        let targets = action.targets(&Path::root());
        let whom = targets.first().map(|(_, target)| ron::to_string(target));
        Some(Strike {
            whom: whom.and_then(Result::ok),
            word: action.word(),
            text: text.to_owned(),
            lasts: action.lasts(),
            mends: action.mends(),
            width: if action.mends() {
                0
            } else {
                self.width(&action)
            },
            action,
        })
    }

    fn width(&self, action: &Action) -> u32 {
        let form = Action::FORMS
            .iter()
            .find(|(word, _)| *word == action.word());
        if form.is_some_and(|(_, form)| form.contains("{targets}")) {
            // One after the other.
            return 1;
        }
        match &action.targets(&Path::root())[..] {
            [(_, target)] => self.nodes_of(target),
            _ => 0,
        }
    }

    /// How many nodes a target is; what it is by chance or just then is one.
    fn nodes_of(&self, target: &Target) -> u32 {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let all = count(self.names.nodes.len());
        match target {
            Target::All => all,
            Target::Nodes(list) => list.iter().map(|t| self.nodes_of(t)).sum(),
            Target::AllBut(but) => all.saturating_sub(self.nodes_of(but)),
            Target::Zone(zone) => {
                let in_it = |n: &&crate::sim::names::NodeName| n.zone.as_ref() == Some(zone);
                count(self.names.nodes.iter().filter(in_it).count())
            }
            Target::AnyOf(_, n) => *n,
            Target::FollowersOf(name) => {
                let queue = self.names.queues.iter().find(|q| q.name == *name);
                queue.map_or(1, |q| q.copies.saturating_sub(1))
            }
            Target::Name(name) => match self.loaded.plan.sets.get(name) {
                Some(set) => count(set.len()),
                None => u32::from(self.names.nodes.iter().any(|n| n.name == *name)),
            },
            Target::LeaderOf(_)
            | Target::FollowerOf(_)
            | Target::CoordinatorOf(_)
            | Target::ControllerOf(_)
            | Target::Controller => 1,
        }
    }

    /// A moment by chance, ns.
    pub(super) fn moment(&self, stream: &mut Stream) -> u64 {
        self.from_ns + stream.below(self.window_ns() * 15 / 16)
    }

    /// How long something lasts, by chance: as often from a hundredth of the time there is to a tenth as from there to all of
    /// it, ns.
    pub(super) fn lasting(&self, stream: &mut Stream) -> u64 {
        let share = libm::exp10(-2.0 * stream.unit());
        ((self.window_ns() as f64 * share) as u64).max(self.grid_ns)
    }

    /// A fault of a kind that strikes by chance, from a moment on.
    pub(super) fn entry(
        &mut self,
        kind: usize,
        whom: Option<&str>,
        at_ns: u64,
        stream: &mut Stream,
    ) -> Option<Entry> {
        let strike = self.draw(kind, whom, stream)?;
        Some(Entry {
            at_ns,
            lasting_ns: if strike.lasts {
                self.lasting(stream)
            } else {
                0
            },
            strike,
        })
    }

    /// Some faults as a schedule: within the time there is, on the grid, each at a moment of its own. `None` if there are none, or
    /// more strike at once than may.
    pub(super) fn schedule(&self, mut entries: Vec<Entry>) -> Option<Schedule> {
        entries.retain(|e| !e.strike.mends);
        entries.truncate(self.faults_max);
        if entries.is_empty() {
            return None;
        }
        for entry in &mut entries {
            let grid = self.grid_ns.min(entry.lasting_ns.max(MS));
            let last = self.heal_ns - grid;
            let at = entry.at_ns.clamp(self.from_ns, last) / grid * grid;
            entry.at_ns = at.max(self.from_ns);
            if entry.strike.lasts {
                let lasting = (entry.lasting_ns / grid * grid).max(grid);
                entry.lasting_ns = lasting.min(self.heal_ns - entry.at_ns);
            }
        }
        entries.sort_by_key(|e| e.at_ns);
        if let Some(restart) = &self.restart {
            entries.push(Entry {
                at_ns: self.heal_ns,
                lasting_ns: 0,
                strike: Arc::clone(restart),
            });
        }
        self.part(&mut entries);
        let schedule = Schedule { entries };
        (schedule.width() <= self.at_once).then_some(schedule)
    }

    /// Gives each fault a moment of its own, at which the scenario says nothing.
    fn part(&self, entries: &mut [Entry]) {
        let plans = &self.loaded.plan.world.faults;
        let mut before = 0;
        for entry in entries {
            let is_taken = |at: u64| plans.iter().any(|p| p.schedule.begins_at(at));
            let mut at = entry.at_ns.max(before + MS);
            while is_taken(at) {
                at += MS;
            }
            let end = entry.end_ns();
            entry.at_ns = at;
            if entry.strike.lasts {
                entry.lasting_ns = end.saturating_sub(at).max(MS);
            }
            before = at;
        }
    }
}
