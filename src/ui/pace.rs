//! How a run on a screen moves: it follows the clock at a speed, or goes to a place as fast as it can, in slices short
//! enough that a key never waits for it. It reads no clock itself: times are since the screen opened.

use std::time::Duration;

use super::engine::{Engine, Progress, Until};

/// For how long the run may move before keys are looked at again.
pub const SLICE: Duration = Duration::from_millis(8);
/// Events between two looks at the clock.
const CHUNK: u32 = 1024;

/// Says how long the screen has been open.
pub type Clock<'a> = &'a dyn Fn() -> Duration;

/// A moment of the person's time, and where the run stood in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anchor {
    /// Since the screen opened.
    pub at: Duration,
    /// The run's time, ns.
    pub virtual_ns: u64,
}

impl Anchor {
    /// Now.
    pub fn new(engine: &dyn Engine, clock: Clock<'_>) -> Self {
        Self {
            at: clock(),
            virtual_ns: engine.now_ns(),
        }
    }
}

/// What a slice did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Nothing was due.
    No,
    /// The run went on.
    On,
    /// It stands where it was told to go.
    Arrived,
    /// It is at its end.
    Ended,
    /// It stands at a breakpoint.
    Broke,
}

/// Where a run goes, and how far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From here it follows the clock.
    anchor: Anchor,
    goal: Option<Until>,
    /// Whether the run has more to do than it had time for.
    behind: bool,
}

impl Pace {
    /// Follows the clock from a moment on.
    pub fn new(anchor: Anchor) -> Self {
        Self {
            anchor,
            goal: None,
            behind: false,
        }
    }

    /// Where it goes as fast as it can, if it does.
    pub fn goal(&self) -> Option<Until> {
        self.goal
    }

    /// Whether it has something to do at once.
    pub fn is_pressed(&self) -> bool {
        self.goal.is_some() || self.behind
    }

    /// Goes to a place as fast as it can.
    pub fn seek(&mut self, goal: Until) {
        self.goal = Some(goal);
    }

    /// Goes nowhere in particular any more, and follows the clock from a moment on.
    pub fn follow(&mut self, anchor: Anchor) {
        *self = Self::new(anchor);
    }

    /// Lets the run move for one slice; `speed` is in virtual seconds per second.
    pub fn move_on(&mut self, engine: &mut dyn Engine, speed: f64, clock: Clock<'_>) -> Moved {
        self.move_for(SLICE, engine, speed, clock)
    }

    /// The same for a slice of another length.
    pub fn move_for(
        &mut self,
        most: Duration,
        engine: &mut dyn Engine,
        speed: f64,
        clock: Clock<'_>,
    ) -> Moved {
        let until = if let Some(goal) = self.goal {
            goal
        } else {
            let target = self.target_ns(engine, speed, clock());
            if target <= engine.now_ns() && target < engine.end_ns() {
                self.behind = false;
                return Moved::No;
            }
            Until::Time(target)
        };
        let progress = slice(most, engine, until, clock);
        self.behind = self.goal.is_none() && progress == Progress::More;
        // What the machine could not do in time is not owed: the run is slower than asked.
        if self.behind || self.goal.is_some() && progress != Progress::More {
            self.anchor = Anchor::new(engine, clock);
        }
        match progress {
            Progress::More => Moved::On,
            Progress::Reached if self.goal.take().is_some() => Moved::Arrived,
            Progress::Reached => Moved::On,
            Progress::Ended => {
                self.goal = None;
                Moved::Ended
            }
            Progress::Broke => {
                self.goal = None;
                Moved::Broke
            }
        }
    }

    fn target_ns(&self, engine: &dyn Engine, speed: f64, now: Duration) -> u64 {
        let end = engine.end_ns();
        if speed.is_infinite() {
            return end;
        }
        let ahead = now.saturating_sub(self.anchor.at).as_nanos() as f64 * speed;
        self.anchor.virtual_ns.saturating_add(ahead as u64).min(end)
    }
}

fn slice(most: Duration, engine: &mut dyn Engine, until: Until, clock: Clock<'_>) -> Progress {
    let start = clock();
    loop {
        let progress = engine.run(until, CHUNK);
        if progress != Progress::More || clock().saturating_sub(start) >= most {
            return progress;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::ui::fixture::Fake;

    #[test]
    fn it_follows_the_clock_and_owes_nothing_for_time_it_did_not_have() {
        let mut run = Fake::new(1);
        // Each look at the clock takes 20 ms: a slice is over after one chunk, which is 1.024 s of this run.
        let now = Cell::new(Duration::ZERO);
        let slow = || {
            now.set(now.get() + Duration::from_millis(20));
            now.get()
        };
        let mut pace = Pace::new(Anchor::default());
        assert_eq!(pace.move_on(&mut run, 100.0, &slow), Moved::On);
        assert_eq!((run.events, pace.is_pressed()), (1024, true));
        let before = now.get();
        let fast = || before + Duration::from_millis(5);
        assert_eq!(pace.move_on(&mut run, 100.0, &fast), Moved::On);
        assert_eq!((run.events, pace.is_pressed()), (1024 + 500, false));
    }

    #[test]
    fn a_slice_on_the_way_to_a_place_ends_with_its_time() {
        let mut run = Fake::new(1);
        let now = Cell::new(Duration::ZERO);
        let clock = || {
            now.set(now.get() + Duration::from_millis(3));
            now.get()
        };
        let mut pace = Pace::new(Anchor::default());
        pace.seek(Until::Event(5000));
        assert_eq!(pace.move_on(&mut run, 1.0, &clock), Moved::On);
        assert_eq!(run.events, 3 * 1024);
        assert_eq!(pace.move_on(&mut run, 1.0, &clock), Moved::Arrived);
        assert_eq!((run.events, pace.goal()), (5000, None));
    }
}
