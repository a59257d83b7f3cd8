//! The fewest and shortest faults of a schedule that still break what it broke.

use super::super::failure::{self, Failure};
use super::super::parallel::Stop;
use super::play::{Base, Player};
use super::schedule::{Entry, Schedule};
use crate::checks::Expect;
use crate::sim::MS;

/// A fault is made shorter by half so often at most.
const HALVES: usize = 4;

/// What is left of a schedule.
#[derive(Debug)]
pub(super) struct Reduced {
    pub schedule: Schedule,
    /// How it fails.
    pub broken: Failure,
    /// How many runs it took.
    pub runs: u64,
    pub events: u64,
}

/// Reduces a schedule.
pub(super) struct Reducer<'a> {
    pub player: &'a Player,
    pub base: Option<&'a Base>,
    pub seed: u64,
    pub goal: &'a Expect,
    pub stop: &'a Stop,
}

impl Reducer<'_> {
    /// What is left of a schedule that fails like this; `None` if it was stopped.
    pub(super) fn reduce(&self, schedule: Schedule, broken: Failure) -> Option<Reduced> {
        let mut left = Reduced {
            schedule,
            broken,
            runs: 0,
            events: 0,
        };
        if !self.find_one(&mut left)? {
            while self.leave_one_out(&mut left)? {}
        }
        self.shorten(&mut left)?;
        Some(left)
    }

    /// Looks whether fewer or shorter faults do, and keeps them if they do. `None` if it was stopped.
    fn does(&self, left: &mut Reduced, entries: Vec<Entry>) -> Option<bool> {
        let schedule = Schedule { entries };
        let goal = Some(self.goal);
        let ran = self
            .player
            .play(self.base, self.seed, &schedule, goal, self.stop)?;
        left.runs += 1;
        left.events += ran.events;
        let broken = ran.broken.into_iter().find(|b| b.goal == *self.goal);
        let does = broken.is_some();
        if let Some(broken) = broken {
            (left.schedule, left.broken) = (schedule, broken);
        }
        Some(does)
    }

    /// Whether an entry may be left out: where something must come true again, what mends stays.
    fn may_go(&self, entry: &Entry) -> bool {
        !(entry.strike.mends && failure::is_liveness(self.goal))
    }

    /// Whether one of several faults does it alone.
    fn find_one(&self, left: &mut Reduced) -> Option<bool> {
        let all = left.schedule.entries.clone();
        if left.schedule.faults() > 1 {
            for one in all.iter().filter(|e| !e.strike.mends) {
                let kept = all.iter().filter(|e| *e == one || !self.may_go(e));
                if self.does(left, kept.cloned().collect())? {
                    return Some(true);
                }
            }
        }
        Some(false)
    }

    /// Leaves out the first fault without which it breaks as well; whether there is one.
    fn leave_one_out(&self, left: &mut Reduced) -> Option<bool> {
        let all = left.schedule.entries.clone();
        for (at, entry) in all.iter().enumerate().rev() {
            let is_last = left.schedule.faults() == 1 && !entry.strike.mends;
            if is_last || !self.may_go(entry) {
                continue;
            }
            let mut fewer = all.clone();
            fewer.remove(at);
            if self.does(left, fewer)? {
                return Some(true);
            }
        }
        Some(false)
    }

    fn shorten(&self, left: &mut Reduced) -> Option<()> {
        for at in 0..left.schedule.entries.len() {
            for _ in 0..HALVES {
                let mut entries = left.schedule.entries.clone();
                let entry = &mut entries[at];
                let half = entry.lasting_ns / 2 / MS * MS;
                if half == 0 {
                    break;
                }
                entry.lasting_ns = half;
                if !self.does(left, entries)? {
                    break;
                }
            }
        }
        Some(())
    }
}
