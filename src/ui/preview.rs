//! The run that plays in the picker while a scenario is highlighted. Pure: it is told the time, and which scenario.

use std::time::Duration;

use super::engine::{Engine, Until};
use super::model::Playback;
use super::pace::{Anchor, Clock, Moved, Pace};
use super::view::Frame;

/// A scenario must be highlighted for so long before it plays: going through the list costs nothing.
pub const DWELL: Duration = Duration::from_millis(200);
/// So long a run may go as fast as it can to where its preview begins; one that takes longer is shown from where it is.
pub const APPROACH_MAX: Duration = Duration::from_secs(3);
/// So long a run stands at its end before it plays again.
pub const REST: Duration = Duration::from_secs(2);
/// Virtual seconds per second: a failover of nine seconds takes two.
pub const SPEED: f64 = 5.0;
/// So much of a run is shown before its first fault, virtual time in ns: a second on the screen.
pub const LEAD_NS: u64 = 5_000_000_000;

/// What shall play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which of the picker's entries.
    pub entry: usize,
    /// The seed, where it is another than the scenario's own.
    pub seed: Option<u64>,
    /// From where on, virtual time in ns.
    pub from_ns: u64,
}

/// What there is to see of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The run.
    pub frame: Frame,
    /// How it moves.
    pub playback: Playback,
}

/// Starts the run of a choice; none if there is nothing to run.
pub type Open<'a> = &'a mut dyn FnMut(Choice) -> Option<Box<dyn Engine>>;

/// What plays now, or will.
#[derive(Default)]
pub struct Preview {
    wanted: Option<Choice>,
    since: Duration,
    stage: Stage,
}

#[derive(Default)]
enum Stage {
    /// Nothing was started yet.
    #[default]
    Waiting,
    /// There is nothing to run.
    Empty,
    Playing(Play),
}

struct Play {
    engine: Box<dyn Engine>,
    pace: Pace,
    from_ns: u64,
    began: Duration,
    ended: Option<Duration>,
    held: bool,
}

impl Preview {
    /// Lets the wanted run begin or move for a slice. Where `held`, it stands as soon as it is where its preview begins.
    /// `true` if there is something new to see.
    pub fn step(
        &mut self,
        wanted: Option<Choice>,
        held: bool,
        clock: Clock<'_>,
        open: Open<'_>,
    ) -> bool {
        if wanted != self.wanted {
            (self.wanted, self.since) = (wanted, clock());
            self.stage = Stage::Waiting;
            return true;
        }
        match (&mut self.stage, wanted) {
            (Stage::Playing(play), _) => play.step(held, clock),
            (Stage::Waiting, Some(choice)) if clock().saturating_sub(self.since) >= DWELL => {
                self.stage = open(choice).map_or(Stage::Empty, |engine| {
                    Stage::Playing(Play::new(engine, choice.from_ns, clock))
                });
                true
            }
            (Stage::Waiting | Stage::Empty, _) => false,
        }
    }

    /// How long nothing happens by itself: none for work to do at once, or as long as nobody does anything.
    pub fn patience(&self, held: bool, now: Duration, frame: Duration) -> Option<Duration> {
        match &self.stage {
            Stage::Playing(play) => play.patience(held, now, frame),
            Stage::Waiting if self.wanted.is_some() => {
                Some(DWELL.saturating_sub(now.saturating_sub(self.since)))
            }
            Stage::Waiting | Stage::Empty => None,
        }
    }

    /// Time that went by while nobody could look, in the shell, is no time of the run.
    pub fn resume(&mut self, clock: Clock<'_>) {
        if let Stage::Playing(play) = &mut self.stage
            && play.pace.goal().is_none()
        {
            play.follow(clock);
        }
    }

    /// What there is to see, if something plays.
    pub fn live(&self, held: bool) -> Option<Live> {
        let Stage::Playing(play) = &self.stage else {
            return None;
        };
        Some(Live {
            frame: play.engine.frame(),
            playback: Playback {
                paused: held,
                ended: play.ended.is_some(),
                speed: SPEED,
                goal: play.pace.goal(),
                waiting: Vec::new(),
                measured: None,
            },
        })
    }
}

impl Play {
    fn new(engine: Box<dyn Engine>, from_ns: u64, clock: Clock<'_>) -> Self {
        let mut play = Self {
            pace: Pace::new(Anchor::new(engine.as_ref(), clock)),
            engine,
            from_ns,
            began: clock(),
            ended: None,
            held: false,
        };
        play.begin(clock);
        play
    }

    /// To shortly before something happens.
    fn begin(&mut self, clock: Clock<'_>) {
        let begin = Until::Time(self.from_ns);
        self.engine.leap(begin);
        self.pace.seek(begin);
        (self.began, self.ended) = (clock(), None);
    }

    fn follow(&mut self, clock: Clock<'_>) {
        self.pace.follow(Anchor::new(self.engine.as_ref(), clock));
    }

    fn step(&mut self, held: bool, clock: Clock<'_>) -> bool {
        let now = clock();
        if self.pace.goal().is_some() {
            if now.saturating_sub(self.began) >= APPROACH_MAX {
                self.follow(clock);
            }
        } else if held {
            self.held = true;
            return false;
        } else if std::mem::take(&mut self.held) {
            self.follow(clock);
        }
        if let Some(ended) = self.ended {
            if now.saturating_sub(ended) < REST {
                return false;
            }
            self.begin(clock);
        }
        let moved = self.pace.move_on(self.engine.as_mut(), SPEED, clock);
        if moved == Moved::Ended {
            self.ended = Some(clock());
        }
        moved != Moved::No
    }

    fn patience(&self, held: bool, now: Duration, frame: Duration) -> Option<Duration> {
        if self.pace.goal().is_some() {
            return Some(Duration::ZERO);
        }
        if held {
            return None;
        }
        if let Some(ended) = self.ended {
            return Some(REST.saturating_sub(now.saturating_sub(ended)));
        }
        Some(if self.pace.is_pressed() {
            Duration::ZERO
        } else {
            frame
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::ui::fixture::Fake;

    const SECOND_NS: u64 = 1_000_000_000;
    const FRAME: Duration = Duration::from_millis(33);

    /// A person before the picker, whose time goes by in frames.
    #[derive(Default)]
    struct Person {
        preview: Preview,
        now: Duration,
        opened: Vec<Choice>,
        held: bool,
    }

    impl Person {
        fn watches(&mut self, choice: Choice, for_ms: u64) {
            let end = self.now + Duration::from_millis(for_ms);
            while self.now < end {
                let now = self.now;
                let mut open = |choice: Choice| -> Option<Box<dyn Engine>> {
                    self.opened.push(choice);
                    Some(Box::new(Fake::new(choice.seed.unwrap_or(42))))
                };
                self.preview
                    .step(Some(choice), self.held, &|| now, &mut open);
                self.now += FRAME;
            }
        }

        fn sees_ns(&self) -> Option<u64> {
            Some(self.preview.live(self.held)?.frame.header.now_ns)
        }
    }

    fn entry(entry: usize, from_s: u64) -> Choice {
        Choice {
            entry,
            seed: None,
            from_ns: from_s * SECOND_NS,
        }
    }

    #[test]
    fn what_is_passed_on_the_way_is_not_started() {
        let mut person = Person::default();
        for at in 0..10 {
            person.watches(entry(at, 0), 100);
        }
        assert_eq!((person.opened.len(), person.sees_ns()), (0, None));
        person.watches(entry(10, 0), 400);
        assert_eq!(person.opened, [entry(10, 0)]);
    }

    #[test]
    fn it_plays_from_before_the_fault_at_five_times_real_time() {
        let mut person = Person::default();
        person.watches(entry(0, 15), 300);
        let before = person.sees_ns().expect("it plays");
        assert!(before >= 15 * SECOND_NS, "{before}");
        person.watches(entry(0, 15), 1000);
        let moved = person.sees_ns().expect("it plays") - before;
        // A second, and at most one frame more or less.
        let frame_ns = 5 * FRAME.as_nanos() as u64;
        assert!(moved.abs_diff(5 * SECOND_NS) <= frame_ns, "{moved}");
    }

    #[test]
    fn it_rests_at_its_end_and_plays_again_from_before_the_fault() {
        let mut person = Person::default();
        // The run has 30 s, so there are 3 s to see.
        person.watches(entry(0, 15), 300 + 3300);
        let live = person.preview.live(false).expect("it plays");
        assert!(live.playback.ended);
        assert_eq!(live.frame.header.now_ns, 30 * SECOND_NS);
        person.watches(entry(0, 15), REST.as_millis() as u64 + 100);
        let live = person.preview.live(false).expect("it plays");
        assert!(!live.playback.ended);
        assert!(live.frame.header.now_ns < 20 * SECOND_NS);
        assert_eq!(person.opened.len(), 1, "the same run");
    }

    #[test]
    fn another_scenario_or_seed_begins_anew() {
        let mut person = Person::default();
        person.watches(entry(0, 15), 1000);
        person.watches(entry(1, 0), 100);
        assert_eq!(person.sees_ns(), None, "the one before is gone");
        person.watches(entry(1, 0), 200);
        assert!(person.sees_ns().is_some_and(|ns| ns < SECOND_NS));
        let other = Choice {
            seed: Some(7),
            ..entry(1, 0)
        };
        person.watches(other, 300);
        let live = person.preview.live(false).expect("it plays");
        assert_eq!(live.frame.header.seed, 7);
        assert_eq!(person.opened, [entry(0, 15), entry(1, 0), other]);
    }

    #[test]
    fn held_it_stands_and_then_goes_on_from_there() {
        let mut person = Person::default();
        person.watches(entry(0, 15), 1000);
        person.held = true;
        let stood = person.sees_ns().expect("it plays");
        person.watches(entry(0, 15), 5000);
        assert_eq!(person.sees_ns(), Some(stood));
        assert_eq!(person.preview.patience(true, person.now, FRAME), None);
        person.held = false;
        person.watches(entry(0, 15), 200);
        let moved = person.sees_ns().expect("it plays") - stood;
        assert!((1..=SECOND_NS).contains(&moved), "{moved}");
    }

    #[test]
    fn held_beforehand_it_stands_where_it_would_begin() {
        let mut person = Person {
            held: true,
            ..Person::default()
        };
        person.watches(entry(0, 15), 2000);
        assert_eq!(person.sees_ns(), Some(15 * SECOND_NS));
    }

    #[test]
    fn a_run_too_slow_for_its_beginning_is_shown_from_where_it_is() {
        let mut preview = Preview::default();
        let mut open = |_| -> Option<Box<dyn Engine>> { Some(Box::new(Fake::new(1))) };
        // Each look at the clock takes 200 ms, and there is one after every 1,024 events: 25,000 would take 5 s.
        let now = Cell::new(Duration::ZERO);
        let clock = || {
            now.set(now.get() + Duration::from_millis(200));
            now.get()
        };
        let choice = Some(entry(0, 25));
        while now.get() < DWELL + APPROACH_MAX + Duration::from_secs(1) {
            preview.step(choice, false, &clock, &mut open);
        }
        let live = preview.live(false).expect("it plays");
        assert_eq!(live.playback.goal, None);
        assert!(live.frame.header.now_ns < 25 * SECOND_NS);
    }
}
