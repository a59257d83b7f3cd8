//! The past of a run, to go back to: checkpoints along it, so that any moment is reached by running on from one before it.
//!
//! Checkpoints stand at equal distances, measured in events, because that is what running costs. When memory does not
//! allow for another, every second one is let go and the distance doubles: so a seek costs at most a fixed share of the
//! run, however long that is. A timeline belongs to one run: one scenario, one seed, one list of interventions. What two of them have in common
//! they share.

use std::sync::Arc;

/// Events between two checkpoints at first: some milliseconds of running.
const SPACING_MIN: u64 = 25_000;

/// No more checkpoints than this are kept, however small: a run of ten million events is then nowhere further than
/// 200 000 events from one.
const KEPT_MAX: usize = 128;

/// Fewer than this are of no use, however large they are.
const KEPT_MIN: usize = 8;

/// Memory that checkpoints may take, by default, bytes.
pub const BUDGET_BYTES: u64 = 256 << 20;

/// A run that can be kept and played on. A clone of it is a checkpoint.
pub trait Playable: Clone {
    /// Where it stands, virtual time in ns: everything up to this moment that it knows of has happened.
    fn now_ns(&self) -> u64;

    /// How many events have happened.
    fn events(&self) -> u64;

    /// How much memory a clone takes, bytes, roughly.
    fn clone_bytes(&self) -> u64;

    /// Lets at most `events` events happen, none after `until_ns`. `true` if it stopped because of `events`.
    fn advance(&mut self, until_ns: u64, events: u64) -> bool;
}

/// Checkpoints of a run.
#[derive(Clone, Debug)]
pub struct Timeline<R> {
    /// In their order; the first is the beginning.
    kept: Vec<Arc<R>>,
    /// So many events lie between two.
    spacing: u64,
    kept_max: usize,
    /// Those that are let go, one after the other: half of them at once would take as long as some frames.
    gone: Vec<Arc<R>>,
}

impl<R: Playable> Timeline<R> {
    /// The past of a run that stands at its beginning. Checkpoints may take about so many bytes, but there are always some.
    pub fn new(beginning: &R, budget_bytes: u64) -> Self {
        let affordable = budget_bytes / beginning.clone_bytes().max(1);
        let kept_max = usize::try_from(affordable).unwrap_or(KEPT_MAX);
        Self {
            kept: vec![Arc::new(beginning.clone())],
            spacing: SPACING_MIN,
            kept_max: kept_max.clamp(KEPT_MIN, KEPT_MAX),
            gone: Vec::new(),
        }
    }

    /// Takes a checkpoint if the run has gone far enough beyond the last one. To be called often while it runs: what lies
    /// between two calls cannot be cut.
    #[inline]
    pub fn keep(&mut self, run: &R) {
        if run.events() >= self.last().events().saturating_add(self.spacing) {
            self.keep_now(run);
        } else if !self.gone.is_empty() {
            self.gone.pop();
        }
    }

    #[cold]
    fn keep_now(&mut self, run: &R) {
        if self.kept.len() >= self.kept_max {
            let (mut kept, mut gone) = (Vec::with_capacity(self.kept_max), Vec::new());
            for (at, checkpoint) in self.kept.drain(..).enumerate() {
                let list = if at % 2 == 0 { &mut kept } else { &mut gone };
                list.push(checkpoint);
            }
            (self.kept, self.gone) = (kept, gone);
            self.spacing = self.spacing.saturating_mul(2);
            return self.keep(run);
        }
        self.kept.push(Arc::new(run.clone()));
    }

    /// The same up to where an event was the last that had happened, at a moment (ns): what another run has in common with
    /// this one that leaves it there.
    pub fn until(&self, event: u64, ns: u64) -> Self {
        let common = |c: &&Arc<R>| c.events() <= event && c.now_ns() <= ns;
        let mut kept: Vec<Arc<R>> = self.kept.iter().filter(common).cloned().collect();
        if kept.is_empty() {
            kept.push(Arc::clone(&self.kept[0]));
        }
        Self {
            kept,
            spacing: self.spacing,
            kept_max: self.kept_max,
            gone: Vec::new(),
        }
    }

    /// Lets checkpoints go, every second one, until there are at most so many.
    pub fn thin(&mut self, most: usize) {
        while self.kept.len() > most.max(1) {
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.spacing = self.spacing.saturating_mul(2);
        }
    }

    /// Those that are kept, in their order; the first is the beginning.
    pub fn kept(&self) -> &[Arc<R>] {
        &self.kept
    }

    fn last(&self) -> &R {
        &self.kept[self.kept.len() - 1]
    }

    /// How many checkpoints there are.
    pub fn checkpoints(&self) -> usize {
        self.kept.len()
    }

    /// How many events lie between two of them.
    pub fn spacing_events(&self) -> u64 {
        self.spacing
    }

    /// The last checkpoint at which no more than so many events have happened.
    pub fn before_event(&self, events: u64) -> &R {
        let behind = self.kept.partition_point(|c| c.events() <= events);
        &self.kept[behind.saturating_sub(1)]
    }

    /// The last checkpoint that stands at a moment or before it, ns.
    pub fn before_moment(&self, ns: u64) -> &R {
        let behind = self.kept.partition_point(|c| c.now_ns() <= ns);
        &self.kept[behind.saturating_sub(1)]
    }

    /// Puts a run where running on to a moment (ns) is shortest: at a checkpoint, or where it stands.
    pub fn leap_to(&self, run: &mut R, ns: u64) {
        let behind = self.kept.partition_point(|c| c.now_ns() <= ns);
        self.leap(run, behind, run.now_ns() > ns);
    }

    /// Puts a run where running on to the end of an event (the first is 1) is shortest.
    pub fn leap_to_event(&self, run: &mut R, event: u64) {
        // A checkpoint may stand at a later moment than its last event: only what happens after it has a clear place.
        let behind = self.kept.partition_point(|c| c.events() < event);
        self.leap(run, behind, run.events() >= event);
    }

    fn leap(&self, run: &mut R, behind: usize, too_far: bool) {
        let nearest = &self.kept[behind.saturating_sub(1)];
        if too_far || nearest.events() > run.events() {
            run.clone_from(nearest.as_ref());
        }
    }

    /// Goes to a moment (ns), back or on: everything up to it has happened, and nothing after it.
    pub fn seek(&mut self, run: &mut R, ns: u64) {
        self.leap_to(run, ns);
        while run.advance(ns, self.spacing) {
            self.keep(run);
        }
    }

    /// Goes to where an event (the first is 1) is the last that has happened; 0 is the beginning.
    pub fn seek_event(&mut self, run: &mut R, event: u64) {
        self.leap_to_event(run, event);
        loop {
            let missing = event.saturating_sub(run.events());
            if missing == 0 || !run.advance(u64::MAX, missing.min(self.spacing)) {
                return;
            }
            self.keep(run);
        }
    }

    /// Goes back by one event. `false` at the beginning.
    pub fn step_back(&mut self, run: &mut R) -> bool {
        let Some(before) = run.events().checked_sub(1) else {
            return false;
        };
        self.seek_event(run, before);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event every 10 ns. Knows how far it has been played since it was made.
    #[derive(Clone, Debug, PartialEq)]
    struct Ticks {
        now: u64,
        events: u64,
        played: u64,
    }

    impl Playable for Ticks {
        fn now_ns(&self) -> u64 {
            self.now
        }

        fn events(&self) -> u64 {
            self.events
        }

        fn clone_bytes(&self) -> u64 {
            1 << 20
        }

        fn advance(&mut self, until_ns: u64, events: u64) -> bool {
            let possible = (until_ns / 10).saturating_sub(self.events);
            self.events += possible.min(events);
            self.played += possible.min(events);
            self.now = if possible < events {
                until_ns
            } else {
                self.events * 10
            };
            possible >= events
        }
    }

    const BEGINNING: Ticks = Ticks {
        now: 0,
        events: 0,
        played: 0,
    };

    #[test]
    fn a_seek_runs_on_for_a_small_share_of_the_run_whatever_its_length() {
        for end in [3_000_000_u64, 100_000_000, 10_000_000_000] {
            let mut run = BEGINNING;
            let mut timeline = Timeline::new(&run, BUDGET_BYTES);
            timeline.seek(&mut run, end);
            assert!(timeline.checkpoints() <= KEPT_MAX);
            let longest = SPACING_MIN.max(end / 10 / 32);
            for part in 0..=97 {
                let ns = end / 97 * part;
                run.played = 0;
                timeline
                    .kept
                    .iter_mut()
                    .for_each(|c| Arc::make_mut(c).played = 0);
                timeline.seek(&mut run, ns);
                assert_eq!((run.now, run.events), (ns, ns / 10));
                assert!(run.played <= longest, "{} of {end}", run.played);
            }
        }
    }

    #[test]
    fn checkpoints_are_let_go_one_by_one() {
        let mut run = BEGINNING;
        let mut timeline = Timeline::new(&run, BUDGET_BYTES);
        let mut had = 0;
        for _ in 0..10_000 {
            run.advance(u64::MAX, 1000);
            timeline.keep(&run);
            let has = timeline.kept.len() + timeline.gone.len();
            assert!(has + 1 >= had, "{had} and then {has}");
            assert!(has <= KEPT_MAX * 3 / 2);
            had = has;
        }
        assert!(timeline.spacing_events() > SPACING_MIN && timeline.gone.is_empty());
    }

    #[test]
    fn large_checkpoints_are_few() {
        let mut run = BEGINNING;
        let mut timeline = Timeline::new(&run, 20 << 20);
        timeline.seek(&mut run, 1_000_000_000);
        assert!((10..=20).contains(&timeline.checkpoints()));
    }

    #[test]
    fn an_event_is_the_last_that_happened_and_one_back_is_the_one_before() {
        let mut run = BEGINNING;
        let mut timeline = Timeline::new(&run, BUDGET_BYTES);
        timeline.seek(&mut run, 2_000_005);
        for event in [200_000, 150_000, 150_001, SPACING_MIN, 1] {
            timeline.seek_event(&mut run, event);
            assert_eq!((run.events, run.now), (event, event * 10));
        }
        assert!(timeline.step_back(&mut run));
        assert_eq!((run.events, run.now), (0, 0));
        assert!(!timeline.step_back(&mut run));
    }
}
