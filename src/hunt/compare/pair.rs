//! Two runs that always stand at the same moment, and their pasts.

use super::super::Session;
use super::label;
use crate::trace::marks::Line;
use crate::trace::timeline::{BUDGET_BYTES, Timeline};

/// How far both run before either is looked at again, at first, virtual ns. It is then fitted to how much happens.
const STEP_NS: u64 = 1_000_000;
/// It is not fitted beyond these.
const STEP_MIN_NS: u64 = 1_000;
const STEP_MAX_NS: u64 = 1_000_000_000;

/// A mark of one of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, virtual time in ns.
    pub at_ns: u64,
    /// What it says.
    pub line: Line,
}

/// Two runs on one clock. Side 0 is called A, side 1 is B.
#[derive(Clone, Debug)]
pub struct Pair {
    runs: [Box<Session>; 2],
    pasts: [Timeline<Session>; 2],
    labels: [String; 2],
    marks: [Vec<Mark>; 2],
    end_ns: u64,
    /// Where each would end by itself.
    own_ends_ns: [u64; 2],
    step_ns: u64,
    /// So many whole seconds from the beginning are known to be the same.
    same_seconds: usize,
    /// Whether the second after them is known to differ.
    differs: bool,
    /// The furthest moment both ever stood at.
    known_ns: u64,
}

impl Pair {
    /// Of the runs that two sessions are of, from their beginnings. Both end where the earlier of them does, so that what is
    /// counted is counted over the same time.
    pub fn new(a: &Session, b: &Session) -> Self {
        let own_ends_ns = [a.end_ns(), b.end_ns()];
        let end_ns = a.end_ns().min(b.end_ns());
        let labels = [label(a, b), label(b, a)];
        let runs = [a, b].map(|run| Box::new(run.beginning().ending(end_ns)));
        let pasts = [0, 1].map(|side: usize| Timeline::new(&*runs[side], BUDGET_BYTES / 2));
        Self {
            runs,
            pasts,
            labels,
            marks: [Vec::new(), Vec::new()],
            end_ns,
            own_ends_ns,
            step_ns: STEP_NS,
            same_seconds: 0,
            differs: false,
            known_ns: 0,
        }
    }

    /// The same with other names for the two.
    #[must_use]
    pub fn named(mut self, a: &str, b: &str) -> Self {
        self.labels = [a.to_owned(), b.to_owned()];
        self
    }

    /// The two runs.
    pub fn runs(&self) -> &[Box<Session>; 2] {
        &self.runs
    }

    /// Their pasts.
    pub(super) fn pasts(&self) -> &[Timeline<Session>; 2] {
        &self.pasts
    }

    /// What each has that the other has not.
    pub fn labels(&self) -> &[String; 2] {
        &self.labels
    }

    /// The marks of each as far as the pair ever went, in their order.
    pub fn marks(&self) -> &[Vec<Mark>; 2] {
        &self.marks
    }

    /// Where both stand, virtual time in ns: everything up to it has happened on both sides. While they are on their way
    /// after a leap, where the one behind stands.
    pub fn now_ns(&self) -> u64 {
        self.runs[0].sim().now().min(self.runs[1].sim().now())
    }

    /// The furthest moment that both ever stood at, ns.
    pub fn known_ns(&self) -> u64 {
        self.known_ns
    }

    /// Where both end, ns.
    pub fn end_ns(&self) -> u64 {
        self.end_ns
    }

    /// Where each would end by itself, ns: both are played only up to the earlier of the two.
    pub fn own_ends_ns(&self) -> [u64; 2] {
        self.own_ends_ns
    }

    /// Whether both stand at the same moment: always, but on the way after a leap.
    pub fn is_level(&self) -> bool {
        self.runs[0].sim().now() == self.runs[1].sim().now()
    }

    /// Whether the end is reached.
    pub fn is_over(&self) -> bool {
        self.now_ns() >= self.end_ns
    }

    /// So many whole seconds from the beginning are known to be the same on both sides, by their digests.
    pub fn same_seconds(&self) -> u64 {
        self.same_seconds as u64
    }

    /// Whether something is known to differ.
    pub fn differs(&self) -> bool {
        self.differs
    }

    /// Exchanges A and B.
    pub fn swap(&mut self) {
        self.runs.swap(0, 1);
        self.pasts.swap(0, 1);
        self.labels.swap(0, 1);
        self.marks.swap(0, 1);
        self.own_ends_ns.swap(0, 1);
    }

    /// Lets about `events` events happen, none after `until_ns`. `true` if it stopped because of `events`.
    pub fn advance(&mut self, until_ns: u64, events: u64) -> bool {
        let until = until_ns.min(self.end_ns);
        let mut left = events;
        if self.catch_up(&mut left) {
            return true;
        }
        while self.now_ns() < until {
            if left == 0 {
                return true;
            }
            let to = until.min(self.now_ns().saturating_add(self.step_ns));
            let happened = self.run_both(to);
            if happened > events / 4 {
                self.step_ns = (self.step_ns / 2).max(STEP_MIN_NS);
            } else if happened < events / 16 {
                self.step_ns = (self.step_ns * 2).min(STEP_MAX_NS);
            }
            left = left.saturating_sub(happened);
        }
        false
    }

    /// Lets the one that stands behind come to where the other stands.
    fn catch_up(&mut self, left: &mut u64) -> bool {
        let to = self.runs[0].sim().now().max(self.runs[1].sim().now());
        for (run, past) in self.runs.iter_mut().zip(&mut self.pasts) {
            let before = run.sim().events();
            let more = run.advance(to, (*left).max(1));
            past.keep(run);
            *left = left.saturating_sub(run.sim().events() - before);
            if more {
                return true;
            }
        }
        self.look();
        false
    }

    /// Lets both run to a moment; so many events happened.
    fn run_both(&mut self, to_ns: u64) -> u64 {
        let mut happened = 0;
        for (run, past) in self.runs.iter_mut().zip(&mut self.pasts) {
            let before = run.sim().events();
            while run.advance(to_ns, past.spacing_events()) {
                past.keep(run);
            }
            past.keep(run);
            happened += run.sim().events() - before;
        }
        self.look();
        happened
    }

    /// Takes note of what is new, where both stand at the same moment.
    fn look(&mut self) {
        self.known_ns = self.known_ns.max(self.now_ns());
        for (run, marks) in self.runs.iter().zip(&mut self.marks) {
            let Some(watch) = run.watch() else { continue };
            if watch.marks.kept().len() > marks.len() {
                let new = watch.marks.lines(marks.len());
                let known = new.map(|line| Mark {
                    at_ns: line.at,
                    line,
                });
                marks.extend(known.collect::<Vec<_>>());
            }
        }
        let [a, b] = [0, 1].map(|side: usize| self.runs[side].sim().digest().chain());
        while !self.differs
            && let (Some(a), Some(b)) = (a.get(self.same_seconds), b.get(self.same_seconds))
        {
            if a == b {
                self.same_seconds += 1;
            } else {
                self.differs = true;
            }
        }
    }

    /// Puts both where running on to a moment (ns) is shortest; [`Pair::advance`] then gets there, in portions.
    pub fn leap(&mut self, ns: u64) {
        let ns = ns.min(self.end_ns);
        for (run, past) in self.runs.iter_mut().zip(&self.pasts) {
            past.leap_to(run, ns);
        }
    }

    /// Goes to a moment (ns), back or on.
    pub fn seek(&mut self, ns: u64) {
        self.leap(ns);
        while self.advance(ns, 1 << 20) {}
    }

    /// Goes on to the next moment at which something happens on either side. `false` at the end.
    pub fn step(&mut self) -> bool {
        while !self.is_over() {
            let to = self.next_moment();
            if self.run_both(to.max(self.now_ns())) > 0 {
                return true;
            }
        }
        false
    }

    /// Goes back to the moment before the last one at which something happened on either side. `false` at the beginning.
    pub fn step_back(&mut self) -> bool {
        let Some(before) = self.moment_back() else {
            return false;
        };
        self.seek(before);
        true
    }

    /// The next moment at which something happens on either side, ns; the end, where nothing more does.
    pub fn next_moment(&self) -> u64 {
        let next = self.runs.iter().filter_map(|run| run.next_ns());
        next.min().unwrap_or(self.end_ns).min(self.end_ns)
    }

    /// Where a step back goes: the moment before the last one at which something happened on either side, ns. None at the
    /// beginning.
    pub fn moment_back(&mut self) -> Option<u64> {
        let now = self.now_ns();
        let last = self.moment_before(now.saturating_add(1))?;
        let before = self.moment_before(last).unwrap_or(0);
        (before < now).then_some(before)
    }

    /// The last moment before this one (ns) at which something happened on either side.
    fn moment_before(&mut self, ns: u64) -> Option<u64> {
        let before = ns.checked_sub(1)?;
        let mut latest = None;
        for (run, past) in self.runs.iter().zip(&mut self.pasts) {
            let mut run = run.clone();
            past.seek(&mut run, before);
            let last = run.sim().events();
            if last > 0 {
                past.leap_to_event(&mut run, last);
                while run.sim().events() < last {
                    run.advance(before, last - run.sim().events());
                }
                latest = latest.max(Some(run.sim().now()));
            }
        }
        latest
    }

    /// The first known mark of either side after where both stand, ns.
    pub fn mark_after(&self) -> Option<u64> {
        let now = self.now_ns();
        let after = |marks: &Vec<Mark>| {
            let next = marks.partition_point(|mark| mark.at_ns <= now);
            marks.get(next).map(|mark| mark.at_ns)
        };
        self.marks.iter().filter_map(after).min()
    }

    /// The last mark of either side before where both stand, ns.
    pub fn mark_before(&self) -> Option<u64> {
        let now = self.now_ns();
        let before = |marks: &Vec<Mark>| {
            let next = marks.partition_point(|mark| mark.at_ns < now);
            Some(marks.get(next.checked_sub(1)?)?.at_ns)
        };
        self.marks.iter().filter_map(before).max()
    }
}
