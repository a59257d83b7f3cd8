//! A moment of a session as it is shown: what the session knows, and what only the screen wants to know of its past.

use super::log::Log;
use super::numbers;
use super::topology::{self, Rates};
use crate::hunt::Session;
use crate::hunt::breaks::{Guard, Hit};
use crate::sim::Observer;
use std::sync::Arc;

use crate::hunt::Intervention;
use crate::trace::timeline::Playable;
use crate::trace::tree::Branching;
use crate::ui::engine::{Progress, Until};
use crate::ui::view::{Frame, Header};

/// A session and what is shown of it beside what it knows itself.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) session: Session,
    rates: Rates,
    log: Log,
}

impl Scene {
    /// From where the session stands.
    pub(super) fn new(session: Session) -> Self {
        let rates = Rates::new(&session);
        let mut run = Self {
            session,
            rates,
            log: Log::default(),
        };
        run.log.read(&run.session);
        run
    }

    /// Marks and findings so far.
    fn marks_seen(&self) -> u64 {
        self.session
            .watch()
            .map_or(0, |w| w.marks.seen() + w.checks.count())
    }

    /// Lets at most `events` events happen up to a moment, and counts traffic at each full second on the way, so that
    /// what is shown does not depend on when it is drawn. `true` if it stopped because of `events`.
    fn play(&mut self, until_ns: u64, events: u64) -> bool {
        self.play_with(until_ns, events, &mut ())
    }

    /// The same with somebody who reads the records.
    fn play_with<O: Observer>(&mut self, until_ns: u64, events: u64, observer: &mut O) -> bool {
        let mut left = events;
        loop {
            let second = self
                .rates
                .next_ns()
                .min(until_ns)
                .min(self.session.end_ns());
            let before = self.session.sim().events();
            if self.session.advance_with(second, left, observer) {
                return true;
            }
            left -= (self.session.sim().events() - before).min(left);
            if second >= self.rates.next_ns() {
                self.rates.count(&self.session);
            }
            if second >= until_ns || self.session.is_over() {
                return false;
            }
        }
    }

    fn run_to_mark(&mut self, events: u64) -> Progress {
        let seen = self.marks_seen();
        let end = self.session.end_ns();
        for _ in 0..events {
            let stopped = !self.play(end, 1);
            if self.marks_seen() > seen {
                return Progress::Reached;
            }
            if stopped {
                return Progress::Ended;
            }
        }
        Progress::More
    }

    fn header(&self) -> Header {
        let session = &self.session;
        let name = session.loaded().name.as_str();
        let scenario = match (name.rsplit('/').next(), session.is_control()) {
            (Some(file), true) => format!("{file} (control)"),
            (Some(file), false) => file.to_string(),
            (None, _) => name.to_string(),
        };
        let digest = format!("{:016x}", session.sim().digest().value());
        let findings = session.watch().map_or(0, |w| w.checks.count());
        Header {
            scenario,
            seed: session.seed(),
            now_ns: session.sim().now(),
            end_ns: session.end_ns(),
            events: session.sim().events(),
            digest: digest.chars().take(8).collect(),
            faults: session.sim().faults().at_work().count() as u32,
            findings: u32::try_from(findings).unwrap_or(u32::MAX),
            met: numbers::met(session),
        }
    }

    /// Runs on, but handles at most `events_max` events.
    pub(super) fn run(&mut self, until: Until, events_max: u32) -> Progress {
        let end = self.session.end_ns();
        let events_max = u64::from(events_max);
        let progress = match until {
            Until::Time(ns) => {
                if self.play(ns, events_max) {
                    Progress::More
                } else {
                    Progress::Reached
                }
            }
            Until::Event(number) => {
                let missing = number.saturating_sub(self.session.sim().events());
                if missing == 0 {
                    return Progress::Reached;
                }
                let stopped_by_count = self.play(end, missing.min(events_max));
                match stopped_by_count {
                    true if missing <= events_max => Progress::Reached,
                    true => Progress::More,
                    false => Progress::Ended,
                }
            }
            Until::NextMark => self.run_to_mark(events_max),
        };
        self.log.read(&self.session);
        if progress == Progress::Reached && self.session.is_over() {
            return Progress::Ended;
        }
        progress
    }

    /// The same as [`Scene::run`], by single events, until something happens that it shall stop at. Gives that too.
    pub(super) fn run_watched(
        &mut self,
        until: Until,
        events_max: u32,
        guard: &mut Guard<'_>,
    ) -> (Progress, Vec<Hit>) {
        let here = self.session.sim().events();
        let (limit_ns, most) = match until {
            Until::Time(ns) => (ns, u64::MAX),
            Until::Event(number) => (self.session.end_ns(), number.saturating_sub(here)),
            Until::NextMark => (self.session.end_ns(), u64::MAX),
        };
        let seen = self.marks_seen();
        let (mut progress, mut hits) = (Progress::More, Vec::new());
        for _ in 0..most.min(u64::from(events_max)) {
            let went = self.play_with(limit_ns, 1, guard);
            if let Some(found) = guard.look(&self.session) {
                (progress, hits) = (Progress::Broke, found);
            } else if until == Until::NextMark && self.marks_seen() > seen {
                progress = Progress::Reached;
            } else if !went {
                let timed = matches!(until, Until::Time(_)) && !self.session.is_over();
                progress = if timed {
                    Progress::Reached
                } else {
                    Progress::Ended
                };
            }
            if progress != Progress::More {
                break;
            }
        }
        if progress == Progress::More && most <= u64::from(events_max) {
            let over = self.session.is_over();
            progress = if over {
                Progress::Ended
            } else {
                Progress::Reached
            };
        }
        self.log.read(&self.session);
        (progress, hits)
    }

    /// What there is to see.
    pub(super) fn frame(&self) -> Frame {
        let mut frame = Frame {
            header: self.header(),
            topology: topology::topology(&self.session, &self.rates),
            events: self.log.newest(),
            timeline: self.log.timeline(&self.session),
            ..Frame::default()
        };
        numbers::fill(&self.session, &mut frame);
        frame
    }
}

impl Playable for Scene {
    fn now_ns(&self) -> u64 {
        self.session.sim().now()
    }

    fn events(&self) -> u64 {
        self.session.sim().events()
    }

    fn clone_bytes(&self) -> u64 {
        self.session.clone_bytes()
    }

    fn advance(&mut self, until_ns: u64, events: u64) -> bool {
        let stopped_by_count = self.play(until_ns, events);
        self.log.read(&self.session);
        stopped_by_count
    }
}

impl Branching for Scene {
    type Deed = Intervention;

    fn follow(&mut self, deeds: &Arc<[Intervention]>) {
        self.session.follow(deeds);
    }

    fn done(&self) -> usize {
        self.session.done()
    }
}
