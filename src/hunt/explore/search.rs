//! The search: generation after generation of schedules, and what comes of each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::super::Loaded;
use super::super::failure::{self, Failure};
use super::super::parallel::{self, Collect, Panic, Stop, Watcher};
use super::aim::Aim;
use super::corpus::Corpus;
use super::found::{Found, Report, What};
use super::play::{Base, Player, Ran};
use super::reduce::{Reduced, Reducer};
use super::schedule::Schedule;
use super::space::Space;
use super::{Options, mutate, swarm, waves};
use crate::checks::{Expect, Property};
use crate::sim::fault::Action;
use crate::sim::stream::Stream;

/// So many schedules are drawn before the results of any of them are looked at. It must not depend on the machine.
const GENERATION: usize = 64;
/// Of one generation so many failures are reduced at most; those beyond come again.
const REDUCED_MAX: usize = 8;
/// So many ways to break the same are told.
const WAYS_MAX: usize = 8;
/// With so many schedules in a row that could not be drawn, there are no others.
const MISSES_MAX: usize = 1000;

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many schedules were tried.
    pub runs: u64,
    /// How many failures were found, reduced or not.
    pub failed: u64,
    /// Whether what was found is being reduced. That goes on when a search was ended, unless it is ended too.
    pub reducing: bool,
}

/// A search. See the [module](super).
#[derive(Debug)]
pub struct Search {
    player: Player,
    space: Space,
    options: Options,
    seed: u64,
    stream: Stream,
    corpus: Corpus,
    /// What is tried before chance has its turn.
    first: VecDeque<Schedule>,
    /// What is tried in turn with chance.
    second: VecDeque<Schedule>,
    base: Option<Base>,
    /// What breaks by itself, by seed.
    by_itself: BTreeMap<u64, Vec<Expect>>,
    report: Report,
}

/// A schedule with its seed.
type Try = (u64, Schedule);

/// A failure that is to be reduced.
#[derive(Clone, Debug)]
struct Candidate {
    run: u64,
    seed: u64,
    schedule: Schedule,
    broken: Failure,
}

impl Search {
    /// A search in a scenario, with its plan as it is: it may be another than its text says. The error says, as a sentence, why
    /// there is nothing to search.
    pub fn new(loaded: &Loaded, options: Options) -> Result<Self, String> {
        let mut loaded = loaded.clone();
        if !options.keep_faults {
            // What makes the run calm stands behind its faults, and stays.
            let own = loaded.scenario.faults.len();
            let faults = &mut loaded.plan.world.faults;
            faults.drain(..own.min(faults.len()));
            loaded.scenario.faults.clear();
        }
        let seed = options.seed.unwrap_or(loaded.scenario.seed);
        let loaded = Arc::new(loaded);
        let mut player = Player {
            loaded: Arc::clone(&loaded),
            aim: Aim::default(),
        };
        let session = player.session(seed);
        if let Some(goal) = &options.breaks {
            failure::check(&loaded, goal)?;
        }
        player.aim = Aim::new(
            options.breaks.clone(),
            &loaded.scenario.expect,
            session.sim().names(),
        );
        if player.aim.sought.is_empty() {
            return Err(
                "nothing that is checked in it could break: state what holds in its `expect`, or name it"
                    .to_owned(),
            );
        }
        let rest_ns = player.aim.rest_ns();
        let space = Space::new(&session, &options, rest_ns, player.aim.is_liveness())?;
        Ok(Self {
            player,
            space,
            options,
            seed,
            stream: Stream::named(seed, "explore", "schedules"),
            corpus: Corpus::default(),
            first: VecDeque::new(),
            second: VecDeque::new(),
            base: None,
            by_itself: BTreeMap::new(),
            report: Report::default(),
        })
    }

    /// What is looked for.
    pub fn sought(&self) -> &[Expect] {
        &self.player.aim.sought
    }

    /// What is not looked for, because the scenario says that it breaks.
    pub fn given_up(&self) -> &[Property] {
        &self.player.aim.given_up
    }

    /// The first seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The kinds of fault that are tried, words of the scenario language.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.space.kinds.iter().map(|&k| Action::WORDS[k])
    }

    /// No fault begins before the first moment, and none lasts longer than to the second, ns.
    pub fn window_ns(&self) -> (u64, u64) {
        (self.space.from_ns, self.space.heal_ns)
    }

    /// The scenario that is run, with the faults that strike in each run.
    pub fn loaded(&self) -> &Arc<Loaded> {
        &self.player.loaded
    }

    /// Searches. Called again, it goes on, and tells only of what it finds then. The error says why there are no workers.
    pub fn run(&mut self, watcher: &mut impl Watcher<Progress>) -> Result<Report, String> {
        loop {
            let left = self.options.runs.map_or(u64::MAX, |r| r - self.report.runs);
            let size = GENERATION.min(usize::try_from(left).unwrap_or(GENERATION));
            if size == 0 {
                self.report.is_whole = true;
                break;
            }
            if !self.renew_base(watcher)? {
                break;
            }
            let tries = self.generation(size);
            if tries.is_empty() {
                self.report.is_whole = true;
                break;
            }
            let (ended, candidates) = self.play(&tries, watcher)?;
            self.reduce(candidates, watcher)?;
            if self.options.first && !self.report.found.is_empty() {
                self.report.is_whole = true;
                break;
            }
            if ended {
                break;
            }
        }
        self.report.states = self.corpus.seen();
        self.sort();
        Ok(std::mem::take(&mut self.report))
    }

    fn progress(&self) -> Progress {
        Progress {
            runs: self.report.runs,
            failed: self.report.found.iter().map(|f| f.times).sum(),
            reducing: false,
        }
    }

    /// What is found is told goal by goal, the fewest faults first.
    fn sort(&mut self) {
        let sought = &self.player.aim.sought;
        let place = |f: &Found| {
            let goal = f.goal();
            sought.iter().position(|g| Some(g) == goal)
        };
        let order = |f: &Found| (place(f), f.faults(), f.run);
        self.report.found.sort_by_key(order);
    }

    /// Sees to it that the run without a schedule is there that the next generation goes out from: the first seed's as long as
    /// not only chance decides, another for each generation after that. `false` if it came to no end.
    fn renew_base(&mut self, watcher: &mut impl Watcher<Progress>) -> Result<bool, String> {
        let seed = match &self.base {
            None => self.seed,
            Some(_) if !self.first.is_empty() => return Ok(true),
            Some(base) => base.seed.wrapping_add(1),
        };
        let (from, to) = self.window_ns();
        let (player, progress) = (&self.player, self.progress());
        let run = |_: u64, stop: &Stop| player.base(seed, from, to, stop);
        let mut collected = Collected::new(watcher, progress);
        parallel::in_order(0..1, std::num::NonZeroUsize::MIN, run, &mut collected)?;
        let base = match collected.results.pop() {
            None => return Ok(false),
            Some(Err(panic)) => {
                self.panicked(seed, Schedule::default(), panic);
                return Ok(false);
            }
            Some(Ok(base)) => base,
        };
        self.report.unfaulted += 1;
        self.report.events += base.ran.events;
        for goal in &base.broken {
            let known = &mut self.report.by_itself;
            match known.iter_mut().find(|(g, _)| g == goal) {
                Some((_, seeds)) => *seeds += 1,
                None => known.push((goal.clone(), 1)),
            }
        }
        self.by_itself.insert(seed, base.broken.clone());
        self.corpus.look(&base.ran);
        if self.base.is_none() {
            self.plan_first(&base);
        }
        self.base = Some(base);
        Ok(true)
    }

    fn plan_first(&mut self, base: &Base) {
        let session = self.player.session(self.seed);
        let names = session.sim().names();
        let mut nodes = waves::ranked(names, &self.player.loaded.plan, &base.leads);
        nodes.retain(|n| self.space.may_strike(&n.node));
        let (space, stream) = (&mut self.space, &mut self.stream);
        self.first.extend(waves::singles(space, &nodes, stream));
        if space.faults_max > 1 {
            self.second.extend(waves::pairs(space, &nodes, stream));
        }
    }

    /// The next schedules.
    fn generation(&mut self, size: usize) -> Vec<Try> {
        let seed = self.base.as_ref().map_or(self.seed, |b| b.seed);
        let planned = !self.first.is_empty();
        let mut tries = Vec::new();
        let mut misses = 0;
        while tries.len() < size && misses < MISSES_MAX {
            let (space, stream) = (&mut self.space, &mut self.stream);
            let next = match self.first.pop_front() {
                Some(schedule) => Some((seed, schedule)),
                // What was just planned is not mixed with chance: it has another seed.
                None if planned => break,
                None if stream.chance(0.5) && !self.second.is_empty() => {
                    self.second.pop_front().map(|s| (seed, s))
                }
                None if stream.chance(0.5) => swarm::schedule(space, stream).map(|s| (seed, s)),
                None => mutate::schedule(space, &mut self.corpus, stream),
            };
            misses = if next.is_some() { 0 } else { misses + 1 };
            tries.extend(next);
        }
        tries
    }

    /// Runs a generation and takes in what came of it. Whether the search is to end, and what is to be reduced.
    fn play(
        &mut self,
        tries: &[Try],
        watcher: &mut impl Watcher<Progress>,
    ) -> Result<(bool, Vec<Candidate>), String> {
        let (player, base) = (&self.player, self.base.as_ref());
        let run = |at: u64, stop: &Stop| {
            let (seed, schedule) = &tries[at as usize];
            player.play(base, *seed, schedule, None, stop)
        };
        let (first, by_itself) = (self.options.first, &self.by_itself);
        let is_enough = |at: usize, result: &Result<Ran, Panic>| {
            let fails = |ran: &Ran| !new_broken(by_itself, tries[at].0, ran).is_empty();
            first && result.as_ref().map_or(true, fails)
        };
        let results = {
            let mut collected = Collected::new(watcher, self.progress());
            collected.is_enough = Some(&is_enough);
            let all = tries.len() as u64;
            parallel::in_order(0..all, self.options.jobs, run, &mut collected)?;
            collected.results
        };
        let ended = results.len() < tries.len();
        let mut candidates = Vec::new();
        for ((seed, schedule), result) in tries.iter().zip(results) {
            self.report.runs += 1;
            match result {
                Ok(ran) => candidates.extend(self.take(*seed, schedule, &ran, &candidates)),
                Err(panic) => self.panicked(*seed, schedule.clone(), panic),
            }
        }
        Ok((ended, candidates))
    }

    /// Takes in a run; what of it is to be reduced.
    fn take(
        &mut self,
        seed: u64,
        schedule: &Schedule,
        ran: &Ran,
        before: &[Candidate],
    ) -> Vec<Candidate> {
        self.report.events += ran.events;
        self.corpus.learn(seed, schedule, ran);
        let mut candidates = Vec::new();
        let kinds = schedule.kinds();
        for broken in new_broken(&self.by_itself, seed, ran) {
            let of = |f: &&mut Found| f.goal() == Some(&broken.goal) && f.is_within(&kinds);
            // Like what is known already, and no simpler.
            if let Some(known) = self.report.found.iter_mut().find(of) {
                known.times += 1;
                if known.faults() <= schedule.faults() {
                    continue;
                }
            }
            let same = |c: &Candidate| {
                let within = c.schedule.kinds().iter().all(|k| kinds.contains(k));
                c.broken.goal == broken.goal && within && c.schedule.faults() <= schedule.faults()
            };
            if before.len() + candidates.len() < REDUCED_MAX && !before.iter().any(same) {
                candidates.push(Candidate {
                    run: self.report.runs,
                    seed,
                    schedule: schedule.clone(),
                    broken: broken.clone(),
                });
            }
        }
        candidates
    }

    fn reduce(
        &mut self,
        candidates: Vec<Candidate>,
        watcher: &mut impl Watcher<Progress>,
    ) -> Result<(), String> {
        let (player, base) = (&self.player, self.base.as_ref());
        let run = |at: u64, stop: &Stop| {
            let candidate = &candidates[at as usize];
            let reducer = Reducer {
                player,
                base,
                seed: candidate.seed,
                goal: &candidate.broken.goal,
                stop,
            };
            reducer.reduce(candidate.schedule.clone(), candidate.broken.clone())
        };
        let mut progress = self.progress();
        progress.reducing = true;
        progress.failed += candidates.len() as u64;
        let mut collected = Collected::new(watcher, progress);
        let all = candidates.len() as u64;
        parallel::in_order(0..all, self.options.jobs, run, &mut collected)?;
        let mut results = collected.results.into_iter();
        for candidate in candidates {
            match results.next() {
                Some(Ok(reduced)) => self.found(candidate, Some(reduced)),
                Some(Err(panic)) => self.panicked(candidate.seed, candidate.schedule, panic),
                None => self.found(candidate, None),
            }
        }
        Ok(())
    }

    fn found(&mut self, candidate: Candidate, reduced: Option<Reduced>) {
        let is_reduced = reduced.is_some();
        let faults_before = candidate.schedule.faults();
        let (schedule, broken) = match reduced {
            Some(reduced) => {
                self.report.reducing += reduced.runs;
                self.report.events += reduced.events;
                (reduced.schedule, reduced.broken)
            }
            None => (candidate.schedule, candidate.broken),
        };
        let goal = broken.goal.clone();
        let mut new = Found {
            what: What::Broken(broken),
            seed: candidate.seed,
            schedule,
            run: candidate.run,
            faults_before,
            reduced: is_reduced,
            times: 1,
        };
        let (kinds, faults) = (new.schedule.kinds(), new.faults());
        let found = &mut self.report.found;
        let of = |f: &Found| f.goal() == Some(&goal);
        if let Some(known) = found
            .iter_mut()
            .find(|f| of(f) && f.is_within(&kinds) && f.faults() <= faults)
        {
            known.times += 1;
            return;
        }
        // What takes more faults of the same kinds and others is nothing else.
        found.retain(|f| {
            let goes = of(f) && new.is_within(&f.schedule.kinds()) && faults <= f.faults();
            if goes {
                new.times += f.times;
                new.run = new.run.min(f.run);
            }
            !goes
        });
        if found.iter().filter(|f| of(f)).count() < WAYS_MAX {
            found.push(new);
        }
    }

    /// A run panicked. One of each message is kept.
    fn panicked(&mut self, seed: u64, schedule: Schedule, panic: Panic) {
        let what = What::Panicked(panic);
        if let Some(known) = self.report.found.iter_mut().find(|f| f.what == what) {
            known.times += 1;
            return;
        }
        self.report.found.push(Found {
            what,
            seed,
            run: self.report.runs,
            faults_before: schedule.faults(),
            schedule,
            reduced: false,
            times: 1,
        });
    }
}

/// What broke in a run and does not break with its seed by itself.
fn new_broken<'a>(
    by_itself: &BTreeMap<u64, Vec<Expect>>,
    seed: u64,
    ran: &'a Ran,
) -> Vec<&'a Failure> {
    let known = by_itself.get(&seed).map_or(&[][..], |k| k);
    let broken = ran.broken.iter();
    broken.filter(|b| !known.contains(&b.goal)).collect()
}

type IsEnough<'a, T> = &'a dyn Fn(usize, &Result<T, Panic>) -> bool;

/// Takes results as they come.
struct Collected<'a, T, W> {
    results: Vec<Result<T, Panic>>,
    watcher: &'a mut W,
    progress: Progress,
    /// Whether a result is all that was wanted.
    is_enough: Option<IsEnough<'a, T>>,
    ended: bool,
}

impl<'a, T, W: Watcher<Progress>> Collected<'a, T, W> {
    fn new(watcher: &'a mut W, progress: Progress) -> Self {
        Self {
            results: Vec::new(),
            watcher,
            progress,
            is_enough: None,
            ended: false,
        }
    }
}

impl<T, W: Watcher<Progress>> Collect<T> for Collected<'_, T, W> {
    fn take(&mut self, at: u64, result: Result<T, Panic>) {
        if self.ended {
            return;
        }
        if let Some(is_enough) = &self.is_enough {
            self.ended = is_enough(at as usize, &result);
        }
        if !self.progress.reducing && self.is_enough.is_some() {
            self.progress.runs += 1;
        }
        self.results.push(result);
    }

    fn goes_on(&mut self) -> bool {
        !self.ended && self.watcher.goes_on(self.progress)
    }
}
