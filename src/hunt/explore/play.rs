//! One run of a schedule: what broke in it, and what it went through.

use std::sync::Arc;

use super::super::failure::{self, Failure};
use super::super::parallel::{Original, Stop};
use super::super::{Loaded, Options, Session};
use super::aim::{self, Aim};
use super::schedule::Schedule;
use super::shape::Shape;
use crate::checks::{Checked, Checks, Expect};
use crate::sim::ledger::Ledger;

/// Events between two looks at whether to stop.
const SLICE: u64 = 50_000;
/// The run without faults is kept at so many moments, from which others go on.
const POINTS: u64 = 12;

/// What watches a run of a search.
type Eyes = (Checked, Shape);

/// Runs schedules of a scenario.
#[derive(Debug)]
pub(super) struct Player {
    /// The scenario, with the faults that strike in each run.
    pub loaded: Arc<Loaded>,
    /// What is looked for.
    pub aim: Aim,
}

/// A run on its way, from which others go on.
#[derive(Debug)]
struct Point {
    now_ns: u64,
    run: Original<(Session, Eyes)>,
}

/// A run of a seed with no fault but those that always strike.
#[derive(Debug)]
pub(super) struct Base {
    pub seed: u64,
    /// What breaks by itself: nothing that a search could find.
    pub broken: Vec<Expect>,
    points: Vec<Point>,
    pub ran: Ran,
    /// How many queues each process led at its end.
    pub leads: Vec<u32>,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    /// What of that which is looked for failed.
    pub broken: Vec<Failure>,
    /// See [`Shape::seen`].
    pub seen: Vec<u64>,
    /// See [`Shape::moments`].
    pub moments: Vec<u64>,
    /// How many events were played.
    pub events: u64,
}

impl Player {
    pub(super) fn session(&self, seed: u64) -> Session {
        let options = Options {
            seed: Some(seed),
            unobserved: !self.aim.has_metrics(),
            ..Options::default()
        };
        Session::new(Arc::clone(&self.loaded), options)
    }

    fn begin(&self, seed: u64) -> (Session, Eyes) {
        let session = self.session(seed);
        let names = session.sim().names();
        let checked = Checked {
            ledger: Ledger::new(Arc::clone(names)),
            checks: Checks::of(&self.aim.properties()),
        };
        let shape = Shape::new(names);
        (session, (checked, shape))
    }

    /// The run of a seed without a schedule, kept at moments from `from_ns` to `to_ns`; `None` if it was stopped.
    pub(super) fn base(&self, seed: u64, from_ns: u64, to_ns: u64, stop: &Stop) -> Option<Base> {
        let (mut session, mut eyes) = self.begin(seed);
        let mut points = Vec::new();
        for point in 0..POINTS {
            let at = from_ns + (to_ns - from_ns) / POINTS * point;
            // Just before: what begins at this moment can begin from here.
            while session.advance_with(at.saturating_sub(1), SLICE, &mut eyes) {
                if stop.is_asked_for() {
                    return None;
                }
            }
            points.push(Point {
                now_ns: session.sim().now(),
                run: Original::new((session.clone(), eyes.clone())),
            });
        }
        let leads = eyes.1.leads();
        let ran = self.finish(session, eyes, None, stop)?;
        Some(Base {
            seed,
            broken: ran.broken.iter().map(|b| b.goal.clone()).collect(),
            points,
            ran,
            leads,
        })
    }

    /// A run of a schedule with a seed. With a `goal` it may end as soon as that is broken. `None` if it was stopped.
    pub(super) fn play(
        &self,
        base: Option<&Base>,
        seed: u64,
        schedule: &Schedule,
        goal: Option<&Expect>,
        stop: &Stop,
    ) -> Option<Ran> {
        let points = base.filter(|b| b.seed == seed).map(|b| &b.points[..]);
        let mut before = points.unwrap_or_default().iter().rev();
        let point = before.find(|p| p.now_ns < schedule.first_ns());
        let (mut session, eyes) = point.map_or_else(|| self.begin(seed), |p| p.run.copy());
        let played = session.sim().events();
        session.follow(&schedule.interventions());
        let ran = self.finish(session, eyes, goal, stop)?;
        Some(Ran {
            events: ran.events - played,
            ..ran
        })
    }

    fn finish(
        &self,
        mut session: Session,
        mut eyes: Eyes,
        goal: Option<&Expect>,
        stop: &Stop,
    ) -> Option<Ran> {
        let goal = goal.filter(|p| failure::is_final(p));
        while session.advance_with(u64::MAX, SLICE, &mut eyes) {
            if stop.is_asked_for() {
                return None;
            }
            if goal.is_some_and(|g| failure::broken(g, &eyes.0.checks).is_some()) {
                break;
            }
        }
        let (mut checked, shape) = eyes;
        let (end, events) = (session.end_ns(), session.sim().events());
        if session.is_over() {
            checked.checks.finish(end, &checked.ledger);
        }
        let metrics = session.watch().map(|watch| &watch.metrics);
        let broken = aim::failures(&self.aim, &checked, metrics, end, events);
        Some(Ran {
            broken,
            seen: shape.seen().collect(),
            moments: shape.moments().to_vec(),
            events,
        })
    }
}
