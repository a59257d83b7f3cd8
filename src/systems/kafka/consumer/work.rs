//! The work of a consumer's application: messages that wait for a thread, in the order that must be kept, and how far each
//! partition is done.

use std::collections::VecDeque;

use crate::sim::LaneId;

use super::super::batch::Item;
use super::settings::Ordering;

/// A message to be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Job {
    /// The partition, by its place in the subscription.
    pub part: u32,
    pub offset: u64,
    pub lane: LaneId,
    /// Its number in the lane.
    pub number: u32,
    pub item: Item,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    jobs: VecDeque<Job>,
    busy: bool,
    listed: bool,
}

/// Messages that wait for a thread. Those of a slot are worked on one after another, if order matters.
#[derive(Clone, Debug)]
pub(super) struct Backlog {
    ordering: Ordering,
    /// By partition, by key's hash, or a single one.
    slots: Vec<Slot>,
    /// Slots from which a thread may take.
    runnable: VecDeque<u32>,
    waiting: usize,
}

impl Backlog {
    pub fn new(ordering: Ordering, threads: u32, parts: usize) -> Self {
        // One thread works in the order of the poll in any case.
        let ordering = if threads == 1 {
            Ordering::None
        } else {
            ordering
        };
        let slots = match ordering {
            Ordering::Partition => parts,
            Ordering::Key => threads as usize,
            Ordering::None => 1,
        };
        Self {
            ordering,
            slots: vec![Slot::default(); slots.max(1)],
            runnable: VecDeque::new(),
            waiting: 0,
        }
    }

    /// The slot of a job.
    pub fn slot(&self, job: &Job) -> u32 {
        match self.ordering {
            Ordering::Partition => job.part,
            // Without a key there is nothing to keep in order.
            Ordering::Key => {
                let hash = job.item.key().map_or(u64::from(job.number), |k| {
                    u64::from(k).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
                });
                (hash % self.slots.len() as u64) as u32
            }
            Ordering::None => 0,
        }
    }

    pub fn push(&mut self, job: Job) {
        let at = self.slot(&job);
        self.slots[at as usize].jobs.push_back(job);
        self.waiting += 1;
        if self.keeps_order() {
            self.list(at);
        }
    }

    /// Whether a job may have to wait for another one. If not there is a single slot, which is never listed.
    fn keeps_order(&self) -> bool {
        self.ordering != Ordering::None
    }

    fn list(&mut self, at: u32) {
        let slot = &mut self.slots[at as usize];
        if !slot.listed && !slot.busy && !slot.jobs.is_empty() {
            slot.listed = true;
            self.runnable.push_back(at);
        }
    }

    /// The next job that a thread may begin.
    pub fn take(&mut self) -> Option<Job> {
        if !self.keeps_order() {
            let job = self.slots[0].jobs.pop_front()?;
            self.waiting -= 1;
            return Some(job);
        }
        while let Some(at) = self.runnable.pop_front() {
            let slot = &mut self.slots[at as usize];
            slot.listed = false;
            let Some(job) = slot.jobs.pop_front() else {
                continue;
            };
            self.waiting -= 1;
            slot.busy = true;
            self.list(at);
            return Some(job);
        }
        None
    }

    /// A job is done; the next of its slot may begin.
    pub fn done(&mut self, job: &Job) {
        if !self.keeps_order() {
            return;
        }
        let at = self.slot(job);
        self.slots[at as usize].busy = false;
        self.list(at);
    }

    /// Forgets what waits of a partition; says how many that were.
    pub fn drop_part(&mut self, part: u32) -> usize {
        let before = self.waiting;
        for slot in &mut self.slots {
            let had = slot.jobs.len();
            slot.jobs.retain(|j| j.part != part);
            self.waiting -= had - slot.jobs.len();
        }
        before - self.waiting
    }

    pub fn clear(&mut self) {
        self.slots.fill(Slot::default());
        self.runnable.clear();
        self.waiting = 0;
    }

    pub fn waiting(&self) -> usize {
        self.waiting
    }

    pub fn is_runnable(&self) -> bool {
        if self.keeps_order() {
            !self.runnable.is_empty()
        } else {
            self.waiting > 0
        }
    }
}

/// How far a partition is done: what was handed out and not committed as done yet, in order.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Progress {
    open: VecDeque<(u64, bool)>,
    /// Behind the last that was handed out.
    end: Option<u64>,
    /// What was committed last.
    committed: Option<u64>,
}

impl Progress {
    /// A message was handed out.
    pub fn hand(&mut self, offset: u64) {
        self.open.push_back((offset, false));
        self.end = Some(offset + 1);
    }

    /// A message is done with. Of a partition that was given back meanwhile nothing is remembered.
    pub fn done(&mut self, offset: u64) {
        if let Ok(at) = self.open.binary_search_by_key(&offset, |o| o.0) {
            self.open[at].1 = true;
        }
        while self.open.front().is_some_and(|o| o.1) {
            self.open.pop_front();
        }
    }

    /// The position to commit, if it has moved: everything before it is done.
    pub fn to_commit(&self) -> Option<u64> {
        let at = self.open.front().map(|o| o.0).or(self.end)?;
        (self.committed != Some(at) && self.end.is_some()).then_some(at)
    }

    pub fn committed(&mut self, offset: u64) {
        self.committed = Some(offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(part: u32, offset: u64, key: Option<u32>) -> Job {
        Job {
            part,
            offset,
            lane: LaneId(part),
            number: offset as u32,
            item: Item::new(key, 1, false),
        }
    }

    #[test]
    fn one_thread_keeps_the_order_of_the_poll() {
        let mut backlog = Backlog::new(Ordering::Partition, 1, 2);
        for (part, offset) in [(0, 0), (1, 0), (0, 1)] {
            backlog.push(job(part, offset, None));
        }
        let taken: Vec<(u32, u64)> =
            std::iter::from_fn(|| backlog.take().map(|j| (j.part, j.offset))).collect();
        assert_eq!(taken, [(0, 0), (1, 0), (0, 1)]);
    }

    #[test]
    fn a_partition_is_worked_on_by_one_thread_at_a_time() {
        let mut backlog = Backlog::new(Ordering::Partition, 4, 2);
        for (part, offset) in [(0, 0), (0, 1), (1, 0)] {
            backlog.push(job(part, offset, None));
        }
        let first = backlog.take().unwrap();
        assert_eq!((first.part, first.offset), (0, 0));
        assert_eq!(backlog.take().unwrap().part, 1);
        assert_eq!(backlog.take(), None);
        backlog.done(&first);
        assert_eq!(backlog.take().unwrap().offset, 1);
    }

    #[test]
    fn messages_of_a_key_are_worked_on_one_after_another() {
        let mut backlog = Backlog::new(Ordering::Key, 8, 1);
        backlog.push(job(0, 0, Some(5)));
        backlog.push(job(0, 1, Some(5)));
        let first = backlog.take().unwrap();
        assert_eq!(backlog.take(), None);
        backlog.done(&first);
        assert_eq!(backlog.take().unwrap().offset, 1);
    }

    #[test]
    fn without_order_all_threads_work() {
        let mut backlog = Backlog::new(Ordering::None, 4, 1);
        for offset in 0..3 {
            backlog.push(job(0, offset, None));
        }
        assert!((0..3).all(|_| backlog.take().is_some()));
        assert!(!backlog.is_runnable());
    }

    #[test]
    fn only_what_is_done_without_a_gap_is_committed() {
        let mut progress = Progress::default();
        assert_eq!(progress.to_commit(), None);
        for offset in [10, 11, 12] {
            progress.hand(offset);
        }
        progress.done(11);
        assert_eq!(progress.to_commit(), Some(10));
        progress.done(10);
        assert_eq!(progress.to_commit(), Some(12));
        progress.committed(12);
        assert_eq!(progress.to_commit(), None);
        progress.done(12);
        assert_eq!(progress.to_commit(), Some(13));
    }
}
