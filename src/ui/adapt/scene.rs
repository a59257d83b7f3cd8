//! A moment of a session as it is shown: what the session knows, and what only the screen wants to know of its past.

use std::sync::Arc;

use super::log::Log;
use super::numbers;
use super::topology::{self, Rates};
use crate::hunt::breaks::{Guard, Hit};
use crate::hunt::{Intervention, Session, Watch};
use crate::sim::{Observer, Played};
use crate::trace::timeline::Playable;
use crate::trace::tree::Branching;
use crate::ui::engine::{Progress, Until};
use crate::ui::view::{Frame, Header};

/// Marks and findings so far.
fn marks_seen(watch: Option<&Watch>) -> u64 {
    watch.map_or(0, |w| w.marks.seen() + w.checks.count())
}

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
        marks_seen(self.session.watch())
    }

    /// Lets at most `events` events happen up to a moment, and counts traffic at each full second on the way, so that
    /// what is shown does not depend on when it is drawn. `true` if it stopped because of `events`.
    fn play(&mut self, until_ns: u64, events: u64) -> bool {
        let mut left = events;
        loop {
            let second = self.second(until_ns);
            let before = self.session.sim().events();
            if self.session.advance(second, left) {
                return true;
            }
            left -= (self.session.sim().events() - before).min(left);
            if self.close(second, until_ns) {
                return false;
            }
        }
    }

    /// The same with somebody who reads the records and may stop it, after an event or at the end of a second.
    fn play_until<O: Observer>(
        &mut self,
        until_ns: u64,
        events: u64,
        observer: &mut O,
        mut stops: impl FnMut(Option<&Watch>, &mut O) -> bool,
    ) -> Played {
        let mut left = events;
        loop {
            let second = self.second(until_ns);
            let before = self.session.sim().events();
            let played = self
                .session
                .advance_until(second, left, observer, &mut stops);
            if played != Played::Over {
                return played;
            }
            left -= (self.session.sim().events() - before).min(left);
            let is_over = self.close(second, until_ns);
            // Something may have come to be known without an event.
            if stops(self.session.watch(), observer) {
                return Played::Stopped;
            }
            if is_over {
                return Played::Over;
            }
        }
    }

    /// How far it may go at once: to the end of a second, or to a moment before that.
    fn second(&self, until_ns: u64) -> u64 {
        let second = self.rates.next_ns().min(until_ns);
        second.min(self.session.end_ns())
    }

    /// It has come so far. Whether there is no more to do.
    fn close(&mut self, second: u64, until_ns: u64) -> bool {
        if second >= self.rates.next_ns() {
            self.rates.count(&self.session);
        }
        second >= until_ns || self.session.is_over()
    }

    fn run_to_mark(&mut self, events: u64) -> Progress {
        let seen = self.marks_seen();
        let end = self.session.end_ns();
        let stops = |watch: Option<&Watch>, (): &mut ()| marks_seen(watch) > seen;
        match self.play_until(end, events, &mut (), stops) {
            Played::Stopped => Progress::Reached,
            Played::Over => Progress::Ended,
            Played::More => Progress::More,
        }
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

    /// The same as [`Scene::run`], until something happens that it shall stop at. Gives that too.
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
        let mut hits = Vec::new();
        let stops = |watch: Option<&Watch>, guard: &mut Guard<'_>| {
            hits.extend(guard.look(watch).into_iter().flatten());
            !hits.is_empty() || until == Until::NextMark && marks_seen(watch) > seen
        };
        let events = most.min(u64::from(events_max));
        let played = self.play_until(limit_ns, events, guard, stops);
        self.log.read(&self.session);
        let progress = match played {
            Played::Stopped if hits.is_empty() => Progress::Reached,
            Played::Stopped => Progress::Broke,
            _ if self.session.is_over() => Progress::Ended,
            Played::More if most > u64::from(events_max) => Progress::More,
            Played::More => Progress::Reached,
            Played::Over if matches!(until, Until::Time(_)) => Progress::Reached,
            Played::Over => Progress::Ended,
        };
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
