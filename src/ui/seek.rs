//! A way of the run to a place, and how much of it is done: for the bar at the foot of the screen. It reads no clock itself:
//! times are since the screen opened.

use std::time::Duration;

use super::engine::{Engine, Until};
use super::text;

/// A way that takes longer than this is shown.
const LONG: Duration = Duration::from_millis(100);

/// On the way to a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seek {
    goal: Until,
    /// When somebody asked for it.
    since: Duration,
    /// From here it runs: a moment, ns, and so many events.
    from: (u64, u64),
}

/// What the foot of the screen says of a long way.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Where it goes.
    pub to: String,
    /// How much of it is done, from 0 to 1, where that is known.
    pub share: Option<f64>,
}

impl Seek {
    /// A way that begins where the run stands now, after its leap.
    pub fn new(goal: Until, engine: &dyn Engine, now: Duration) -> Self {
        Self {
            goal,
            since: now,
            from: (engine.now_ns(), engine.events()),
        }
    }

    /// The same way with another goal: somebody pressed a key on it.
    #[must_use]
    pub fn then(self, goal: Until, engine: &dyn Engine) -> Self {
        let from = (engine.now_ns(), engine.events());
        Self {
            goal,
            from: self.from.min(from),
            ..self
        }
    }

    /// How much of it is done, from 0 to 1. Of the way to the next mark nobody knows it.
    pub fn share(&self, engine: &dyn Engine) -> Option<f64> {
        let (from, at, to) = match self.goal {
            Until::Time(ns) => (self.from.0, engine.now_ns(), ns.min(engine.end_ns())),
            Until::Event(event) => (self.from.1, engine.events(), event),
            Until::NextMark => return None,
        };
        let all = to.saturating_sub(from).max(1) as f64;
        Some((at.saturating_sub(from) as f64 / all).min(1.0))
    }

    /// What is to be shown of it, if it is long.
    pub fn bar(&self, engine: &dyn Engine, now: Duration) -> Option<Bar> {
        if now.saturating_sub(self.since) < LONG {
            return None;
        }
        let to = match self.goal {
            Until::Time(ns) => format!("{}s", text::moment(ns.min(engine.end_ns()))),
            Until::Event(event) => format!("#{event}"),
            Until::NextMark => format!("the next mark, now at {}s", text::moment(engine.now_ns())),
        };
        Some(Bar {
            to,
            share: self.share(engine),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture::Fake;

    const MS: u64 = 1_000_000;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_long_way_says_where_it_goes_and_how_much_is_done() {
        // An event every millisecond.
        let mut run = Fake::new(1);
        run.events = 1000;
        for (goal, to) in [
            (Until::Time(5000 * MS), "5.000s"),
            (Until::Event(5000), "#5000"),
        ] {
            run.events = 1000;
            let seek = Seek::new(goal, &run, ms(20));
            assert_eq!(seek.bar(&run, ms(119)), None, "a short way is not shown");
            run.run(goal, 1000);
            let bar = seek.bar(&run, ms(120)).expect("a bar");
            assert_eq!((bar.to.as_str(), bar.share), (to, Some(0.25)));
            run.run(goal, u32::MAX);
            assert_eq!(seek.share(&run), Some(1.0));
        }
    }

    #[test]
    fn a_way_back_counts_from_where_the_leap_ended() {
        let mut run = Fake::new(1);
        run.events = 20_000;
        let goal = Until::Event(10_000);
        run.leap(goal);
        let seek = Seek::new(goal, &run, ms(0));
        assert_eq!(seek.share(&run), Some(0.0));
        run.run(goal, 5000);
        assert_eq!(seek.share(&run), Some(0.5));
    }

    #[test]
    fn keys_on_the_way_do_not_hide_it_and_the_next_mark_has_no_share() {
        let mut run = Fake::new(1);
        let seek = Seek::new(Until::Time(MS), &run, ms(0));
        run.run(Until::Time(MS), 1);
        let seek = seek.then(Until::Time(4 * MS), &run);
        let bar = seek.bar(&run, ms(150)).expect("a bar");
        assert_eq!((bar.to.as_str(), bar.share), ("0.004s", Some(0.25)));
        let seek = seek.then(Until::NextMark, &run);
        assert_eq!(seek.share(&run), None);
        let beyond = seek.then(Until::Time(u64::MAX), &run);
        assert_eq!(beyond.bar(&run, ms(150)).expect("a bar").to, "30.000s");
    }

    #[test]
    fn a_way_that_is_cancelled_ends_where_it_began() {
        let mut run = Fake::new(1);
        run.run(Until::Event(700), 700);
        for goal in [Until::Time(9000 * MS), Until::Event(5), Until::NextMark] {
            run.hold();
            run.leap(goal);
            run.run(goal, 3);
            run.cancel();
            assert_eq!((run.events, run.now_ns()), (700, 700 * MS));
        }
    }
}
