//! A session: one run with everything that watches it. The dashboard, the headless run, a replay and a sweep all drive the
//! same session; in portions of whatever size it is the same run.

use std::sync::Arc;

use super::command::Command;
use super::intervention::{self, Intervention};
use super::{Loaded, Watch, apart};
use crate::scenario::document::Document;
use crate::scenario::{Files, Scenario, is_piped};
use crate::sim::lens::Lens;
use crate::sim::units::Duration;
use crate::sim::{Observer, Pid, Played, Seen};
use crate::systems::{Message, Plan, Sim};
use crate::trace::recording::{ByHand, FORMAT, Hex, Recording, hash_text};
use crate::trace::timeline::Playable;
use crate::trace::tree::Branching;

/// How a run departs from what its scenario says.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Another seed.
    pub seed: Option<u64>,
    /// The scenario's control instead of itself.
    pub control: bool,
    /// Another end, virtual time in ns.
    pub until_ns: Option<u64>,
    /// Nothing watches: only the digest is kept.
    pub unobserved: bool,
}

/// A run in progress. `Clone` is a checkpoint: it goes on by itself, as the run would have.
#[derive(Clone, Debug)]
pub struct Session {
    loaded: Arc<Loaded>,
    options: Options,
    seed: u64,
    end_ns: u64,
    sim: Sim,
    watch: Option<Box<Watch>>,
    ended: bool,
    /// What somebody does to it, in the order of time.
    interventions: Arc<[Intervention]>,
    /// How many of them have happened.
    done: usize,
}

impl Session {
    /// A run at its beginning. A control that the scenario does not have is the scenario itself.
    pub fn new(loaded: Arc<Loaded>, options: Options) -> Self {
        let (scenario, plan) = variant(&loaded, options.control);
        let seed = options.seed.unwrap_or(scenario.seed);
        let end_ns = options.until_ns.unwrap_or(plan.duration_ns);
        let sim = plan.build(seed);
        let watch = (!options.unobserved).then(|| Box::new(Watch::new(&sim, &scenario.expect)));
        Self {
            loaded,
            options,
            seed,
            end_ns,
            sim,
            watch,
            ended: false,
            interventions: Arc::new([]),
            done: 0,
        }
    }

    /// The same from its beginning, perhaps with another seed. What was done by hand is done again.
    pub fn restart(&self, seed: u64) -> Self {
        let options = Options {
            seed: Some(seed),
            ..self.options.clone()
        };
        let mut run = Self::new(Arc::clone(&self.loaded), options);
        run.interventions = Arc::clone(&self.interventions);
        run
    }

    /// The same seed and end with another scenario and other interventions, from its beginning. Nothing watches.
    pub fn otherwise(&self, loaded: Arc<Loaded>, interventions: Arc<[Intervention]>) -> Self {
        let options = Options {
            seed: Some(self.seed),
            unobserved: true,
            ..self.options.clone()
        };
        let mut run = Self::new(loaded, options);
        run.interventions = interventions;
        run
    }

    /// The same from its beginning, of a scenario that was read again. What was done by hand is done again where it can be;
    /// what cannot comes beside it, as it was written. `None` if this is a control, and the scenario has none any more.
    pub fn reloaded(&self, loaded: Arc<Loaded>) -> Option<(Self, Vec<String>)> {
        if self.options.control && loaded.control.is_none() {
            return None;
        }
        let (deeds, impossible) = intervention::read_possible(&loaded, &self.interventions);
        let options = Options {
            seed: Some(self.seed),
            ..self.options.clone()
        };
        let mut session = Self::new(loaded, options);
        session.follow(&deeds.into());
        Some((session, impossible))
    }

    /// The same run at its beginning.
    pub fn beginning(&self) -> Self {
        self.restart(self.seed)
    }

    /// Another scenario, its control perhaps, or another seed, at its beginning, with nothing done by hand and everything else
    /// as it is here.
    pub fn varied(&self, loaded: Arc<Loaded>, control: bool, seed: u64) -> Self {
        let options = Options {
            seed: Some(seed),
            control,
            ..self.options.clone()
        };
        Self::new(loaded, options)
    }

    /// The same run with another end, virtual time in ns. For one that has not come to its end.
    #[must_use]
    pub fn ending(mut self, end_ns: u64) -> Self {
        self.options.until_ns = Some(end_ns);
        self.end_ns = end_ns;
        self
    }

    /// How it departs from what its scenario says.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Where the scenario came from.
    pub fn loaded(&self) -> &Arc<Loaded> {
        &self.loaded
    }

    /// The scenario that runs: the control, if that was asked for.
    pub fn scenario(&self) -> &Scenario<crate::checks::Expect> {
        variant(&self.loaded, self.options.control).0
    }

    /// Whether nobody intervened in it so far.
    pub fn is_untouched(&self) -> bool {
        self.done == 0
    }

    /// The command that runs it as far as it is now, if nobody intervened. There is none for a scenario that came through a
    /// pipe.
    pub fn command(&self) -> Option<Command<'_>> {
        let now_ns = self.sim.now();
        (self.is_untouched() && !is_piped(&self.loaded.name)).then(|| Command {
            scenario: &self.loaded.name,
            seed: self.seed,
            control: self.options.control,
            set: &self.loaded.sets,
            until: (now_ns > 0).then(|| Duration::from_ns(now_ns)),
        })
    }

    /// The command that runs it to the end that it was given, under the same conditions.
    pub fn whole_command(&self) -> Option<Command<'_>> {
        let until = self.options.until_ns.map(Duration::from_ns);
        self.command().map(|command| Command { until, ..command })
    }

    /// Whether this is the control.
    pub fn is_control(&self) -> bool {
        self.options.control
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The virtual time at which it ends, ns.
    pub fn end_ns(&self) -> u64 {
        self.end_ns
    }

    /// The simulation.
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// What watches; `None` if nothing does.
    pub fn watch(&self) -> Option<&Watch> {
        self.watch.as_deref()
    }

    /// What somebody does to it, in the order of time: what was done, and what is to be done when it comes there.
    pub fn interventions(&self) -> &Arc<[Intervention]> {
        &self.interventions
    }

    /// From now on these are done to it. Those that have happened must be the same.
    pub fn follow(&mut self, interventions: &Arc<[Intervention]>) {
        debug_assert!(self.done <= interventions.len());
        self.interventions = Arc::clone(interventions);
    }

    /// What a fault would be that somebody makes begin here and now, in the words of the scenario language
    /// (`Crash("broker-1")`), for so long or until it is healed; the mistakes are in the document. It is only done by a run that
    /// [follows](Session::follow) it. What the scenario's control is made of cannot be said in its own text: a control is
    /// [written as a scenario](Session::as_scenario) first.
    pub fn intervention(
        &self,
        action: &str,
        lasting_ns: Option<u64>,
    ) -> Result<Intervention, Box<Document>> {
        let at = self.sim.open_ns();
        // With those before it: a heal, for one, needs something to heal.
        let before = self.interventions[..self.done].iter();
        let mut entries: Vec<String> = before.map(|i| i.text.clone()).collect();
        entries.push(intervention::entry(at, action, lasting_ns));
        let mut read = intervention::read(&self.loaded, &entries)?;
        // There is one for each entry.
        Ok(read.swap_remove(entries.len() - 1))
    }

    /// The number of interventions that have happened.
    pub fn done(&self) -> usize {
        self.done
    }

    /// The same run as an ordinary scenario: what was done by hand, up to now, stands among its faults. Comments are kept
    /// where the scenario ran as it is written. The error says, as a sentence, why it cannot be written.
    pub fn as_scenario(&self) -> Result<String, String> {
        let entries: Vec<String> = self.interventions[..self.done]
            .iter()
            .map(|i| i.text.clone())
            .collect();
        let plain = !self.options.control && self.loaded.sets.is_empty();
        let text = if plain {
            self.loaded.text.clone()
        } else {
            crate::scenario::effective(self.scenario())
        };
        crate::scenario::with_more_faults(&text, self.seed, &entries)
    }

    /// Whether the end is reached.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// From now on somebody looks closer at all that happens. The run stays the same, but it is slower.
    pub fn look_closer(&mut self, lens: Lens<Message>) {
        self.sim.look_closer(lens);
    }

    /// Who looks closer.
    pub fn lens_mut(&mut self) -> Option<&mut Lens<Message>> {
        self.sim.lens_mut()
    }

    /// Lets at most `events` events happen, none after `until_ns`. `true` if it stopped because of `events`.
    pub fn advance(&mut self, until_ns: u64, events: u64) -> bool {
        self.advance_with(until_ns, events, &mut ())
    }

    /// The same as [`Session::advance`], with somebody who reads the records beside what watches.
    pub fn advance_with<O: Observer>(
        &mut self,
        until_ns: u64,
        events: u64,
        observer: &mut O,
    ) -> bool {
        let until = until_ns.min(self.end_ns);
        let last = self.sim.events().saturating_add(events);
        while let Some(at) = self.next_intervention(until) {
            let left = last - self.sim.events();
            if self.play(at - 1, left, observer) || left == 0 {
                return true;
            }
            if self.sim.events() == last {
                return true;
            }
            self.intervene(observer);
        }
        let more = self.play(until, last - self.sim.events(), observer);
        if !more {
            self.close(until);
        }
        more
    }

    /// The same as [`Session::advance_with`], but the observer is told after each event of which there are records, and asked
    /// whether to stop there.
    pub fn advance_until<O: Observer>(
        &mut self,
        until_ns: u64,
        events: u64,
        observer: &mut O,
        stops: &mut impl FnMut(Option<&Watch>, &mut O) -> bool,
    ) -> Played {
        let until = until_ns.min(self.end_ns);
        let last = self.sim.events().saturating_add(events);
        loop {
            let next = self.next_intervention(until);
            let before = next.map_or(until, |at| at - 1);
            let left = last - self.sim.events();
            let played = if let Some(watch) = &mut self.watch {
                let mut both = (watch.as_mut(), &mut *observer);
                let stops = |both: &mut (&mut Watch, &mut O)| stops(Some(&*both.0), &mut *both.1);
                self.sim.play_until(before, left, &mut both, stops)
            } else {
                let stops = |observer: &mut O| stops(None, observer);
                self.sim.play_until(before, left, observer, stops)
            };
            if played != Played::Over {
                return played;
            }
            if next.is_none() {
                self.close(until);
                return Played::Over;
            }
            if self.sim.events() == last {
                return Played::More;
            }
            self.intervene(observer);
            if stops(self.watch.as_deref(), observer) {
                return Played::Stopped;
            }
        }
    }

    /// When something happens next, virtual time in ns: an event or an intervention; `None` if nothing will.
    pub fn next_ns(&self) -> Option<u64> {
        let next = self.next_intervention(u64::MAX);
        next.into_iter().chain(self.sim.next_time()).min()
    }

    /// When the next intervention is, if it is not later than this, ns.
    fn next_intervention(&self, until_ns: u64) -> Option<u64> {
        let next = self.interventions.get(self.done)?;
        (next.at_ns <= until_ns).then_some(next.at_ns)
    }

    fn play<O: Observer>(&mut self, until_ns: u64, events: u64, observer: &mut O) -> bool {
        match &mut self.watch {
            Some(watch) => {
                let mut both = (watch.as_mut(), observer);
                self.sim.play(until_ns, events, &mut both)
            }
            None => self.sim.play(until_ns, events, observer),
        }
    }

    /// Does what somebody did. The run stands before everything of that moment.
    fn intervene<O: Observer>(&mut self, observer: &mut O) {
        let next = &self.interventions[self.done];
        self.done += 1;
        let mut records = Vec::new();
        self.sim
            .intervene(next.at_ns, next.plan.clone(), &mut records);
        if let Some(watch) = &mut self.watch {
            // The records speak of what has its name only since then.
            watch.learn(self.sim.names());
            watch.records(&records);
        }
        observer.records(&records);
    }

    /// Nothing watches any more: for a question that is only about where the run goes.
    pub fn unwatch(&mut self) {
        self.watch = None;
    }

    /// From now on the findings up to this number are kept. For one at its beginning.
    pub fn keep_findings(&mut self, up_to: usize) {
        if let Some(watch) = &mut self.watch {
            watch.checks.keep_up_to(up_to);
        }
    }

    /// From now on the events that come to these processes are kept, until [`Session::take_seen`]. It changes nothing else.
    pub fn look_at(&mut self, whom: &[Pid]) {
        self.sim.look_at(whom);
    }

    /// What came to those who are looked at since this was asked last.
    pub fn take_seen(&mut self) -> Vec<Seen<Message>> {
        self.sim.take_seen()
    }

    /// The same as [`Session::advance`], and quicker where a second core is free: what watches works there. For few and
    /// long portions.
    pub fn advance_apart(&mut self, until_ns: u64, events: u64) -> bool {
        let until = until_ns.min(self.end_ns);
        if self.next_intervention(until).is_some() {
            return self.advance(until_ns, events);
        }
        let sim = &mut self.sim;
        let more = match &mut self.watch {
            Some(watch) if apart::is_worth_it() => {
                apart::watch_apart(watch.as_mut(), |courier| sim.play(until, events, courier))
            }
            _ => return self.advance(until_ns, events),
        };
        if !more {
            self.close(until);
        }
        more
    }

    /// Lets everything happen up to a moment.
    pub fn run_to(&mut self, until_ns: u64) {
        while self.advance(until_ns, u64::MAX) {}
    }

    /// Lets the whole run happen.
    pub fn run(&mut self) {
        self.run_to(self.end_ns);
    }

    /// Lets one event happen; `false` at the end.
    pub fn step(&mut self) -> bool {
        self.advance(self.end_ns, 1)
    }

    /// Goes on to the next mark, or through `events` events: `true` if it stopped because of `events`.
    pub fn to_next_mark(&mut self, events: u64) -> bool {
        let marks = self.marks_seen();
        let mut stops = |watch: Option<&Watch>, (): &mut ()| {
            let seen = watch.map_or(0, |w| w.marks.seen());
            seen > marks
        };
        self.advance_until(self.end_ns, events, &mut (), &mut stops) == Played::More
    }

    /// The event of the last mark before the event that happened last.
    pub fn mark_before(&self) -> Option<u64> {
        let now = self.sim.events();
        let marks = self.watch()?.marks.kept();
        let before = marks.partition_point(|mark| mark.event < now);
        Some(marks.get(before.checked_sub(1)?)?.event)
    }

    fn marks_seen(&self) -> u64 {
        self.watch.as_ref().map_or(0, |w| w.marks.seen())
    }

    fn close(&mut self, until_ns: u64) {
        self.sim.run_until(until_ns, &mut ());
        if let Some(watch) = &mut self.watch {
            watch.advance_to(until_ns);
        }
        if until_ns >= self.end_ns && !self.ended {
            self.ended = true;
            if let Some(watch) = &mut self.watch {
                watch.finish(until_ns);
            }
        }
    }

    /// A recording of the run so far. It ends with a whole moment: what is between two events of one is recorded to the end of
    /// that moment.
    pub fn recording(&self) -> Recording {
        let mut whole = self.clone();
        whole.run_to(self.sim.now());
        whole.recorded()
    }

    fn recorded(&self) -> Recording {
        let digest = self.sim.digest();
        let by_hand = self.interventions[..self.done].iter();
        let by_hand: Vec<ByHand> = by_hand
            .map(|i| ByHand {
                at_ns: i.at_ns,
                fault: i.text.clone(),
            })
            .collect();
        Recording {
            format: if by_hand.is_empty() { 1 } else { FORMAT },
            interventions: by_hand,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: self.loaded.name.clone(),
            scenario_hash: hash_text(&self.loaded.text),
            set: self.loaded.sets.clone(),
            control: self.options.control,
            seed: self.seed,
            until_ns: self.sim.now(),
            events: self.sim.events(),
            digest: Hex(digest.value()),
            chain: digest.chain().iter().map(|&d| Hex(d)).collect(),
            text: self.loaded.text.clone(),
            files: self.loaded.files.clone(),
        }
    }

    /// The run of a recording, at its beginning; the error says what is wrong with the scenario in it.
    pub fn of_recording(recording: &Recording) -> Result<Self, String> {
        let loaded = Loaded::from_parts(
            &recording.scenario,
            &recording.text,
            &recording.set,
            Files::Given(&recording.files),
        )
        .map_err(|document| document.render(false))?;
        super::can_end_at(&loaded, recording.until_ns)
            .map_err(|document| document.render(false))?;
        let options = Options {
            seed: Some(recording.seed),
            control: recording.control,
            until_ns: Some(recording.until_ns),
            unobserved: false,
        };
        let entries: Vec<String> = recording
            .interventions
            .iter()
            .map(|i| i.fault.clone())
            .collect();
        let interventions =
            intervention::read(&loaded, &entries).map_err(|document| document.render(false))?;
        let mut session = Self::new(Arc::new(loaded), options);
        session.follow(&interventions.into());
        Ok(session)
    }
}

impl Branching for Session {
    type Deed = Intervention;

    fn follow(&mut self, deeds: &Arc<[Intervention]>) {
        Self::follow(self, deeds);
    }

    fn done(&self) -> usize {
        self.done
    }
}

impl Playable for Session {
    fn now_ns(&self) -> u64 {
        self.sim.now()
    }

    fn events(&self) -> u64 {
        self.sim.events()
    }

    fn clone_bytes(&self) -> u64 {
        // As measured (`cargo bench --bench checkpoint`), rounded up.
        const FIXED: u64 = 512 << 10;
        const PROCESS: u64 = 16 << 10;
        const QUEUE: u64 = 8 << 10;
        const LINK: u64 = 1 << 10;
        let names = self.sim.names();
        FIXED
            + names.processes.len() as u64 * PROCESS
            + names.queues.len() as u64 * QUEUE
            + self.sim.network().links().len() as u64 * LINK
    }

    fn advance(&mut self, until_ns: u64, events: u64) -> bool {
        Self::advance(self, until_ns, events)
    }
}

fn variant(loaded: &Loaded, control: bool) -> (&Scenario<crate::checks::Expect>, &Plan) {
    match &loaded.control {
        Some(both) if control => (&both.0, &both.1),
        _ => (&loaded.scenario, &loaded.plan),
    }
}
