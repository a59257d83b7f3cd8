//! What was seen so far, and the schedules that led to something new.

use std::collections::BTreeMap;

use super::play::Ran;
use super::schedule::Schedule;
use crate::sim::stream::Stream;

/// So many numbers are remembered.
const SEEN_MAX: usize = 1 << 16;
/// So many schedules are kept.
const PARENTS_MAX: usize = 128;

/// A schedule that led to something new.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    pub seed: u64,
    pub schedule: Schedule,
    /// When something rare changed in its run, ns.
    pub moments: Vec<u64>,
    /// How much was new.
    new: usize,
    /// How often it was changed into others.
    picked: usize,
}

/// What was seen so far, and the schedules that led to something new.
#[derive(Clone, Debug, Default)]
pub(super) struct Corpus {
    seen: BTreeMap<u64, u64>,
    parents: Vec<Parent>,
}

impl Corpus {
    /// How many abstract states and pairs of rare facts were seen.
    pub(super) fn seen(&self) -> usize {
        self.seen.len()
    }

    /// Takes note of what a run went through; how much of it was new.
    pub(super) fn look(&mut self, ran: &Ran) -> usize {
        let mut new = 0;
        for &number in &ran.seen {
            if let Some(times) = self.seen.get_mut(&number) {
                *times += 1;
            } else if self.seen.len() < SEEN_MAX {
                self.seen.insert(number, 1);
                new += 1;
            }
        }
        new
    }

    /// The same of a schedule's run, which is kept if there was something new.
    pub(super) fn learn(&mut self, seed: u64, schedule: &Schedule, ran: &Ran) {
        let new = self.look(ran);
        if new == 0 {
            return;
        }
        if self.parents.len() == PARENTS_MAX {
            let worth = |p: &Parent| p.worth();
            let least = (0..PARENTS_MAX).min_by_key(|&at| worth(&self.parents[at]));
            self.parents.remove(least.unwrap_or(0));
        }
        self.parents.push(Parent {
            seed,
            schedule: schedule.clone(),
            moments: ran.moments.clone(),
            new,
            picked: 0,
        });
    }

    /// One of those that led to something new: of three by chance the one that is worth most.
    pub(super) fn pick(&mut self, stream: &mut Stream) -> Option<Parent> {
        let count = self.parents.len() as u64;
        if count == 0 {
            return None;
        }
        let drawn = [(); 3].map(|()| stream.below(count) as usize);
        let best = drawn.into_iter().max_by_key(|&at| self.parents[at].worth());
        let parent = self.parents.get_mut(best?)?;
        parent.picked += 1;
        Some(parent.clone())
    }
}

impl Parent {
    /// More for what was new, less for how often it was tried.
    fn worth(&self) -> usize {
        1000 * self.new.min(64) / (1 + self.picked)
    }
}
