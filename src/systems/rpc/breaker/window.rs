//! The outcomes that a closed breaker judges by: the last calls, or the calls of the last seconds.

use crate::sim::SECOND;

/// Calls and how many of them failed or were slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

impl Tally {
    pub(super) fn of(failed: bool, slow: bool) -> Self {
        Self {
            calls: 1,
            failed: failed.into(),
            slow: slow.into(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slow += other.slow;
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

/// A sliding window of outcomes.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// One place for each call, or for each second.
    places: Box<[Tally]>,
    /// Whether a place is a second.
    timed: bool,
    /// The next place to overwrite; with time, the last second in which something was noted.
    at: u64,
    total: Tally,
}

impl Window {
    /// A window over the last `size` calls.
    pub(super) fn of_calls(size: u32) -> Self {
        Self::new(size, false)
    }

    /// A window over the last `size` seconds, the current one included.
    pub(super) fn of_seconds(size: u32) -> Self {
        Self::new(size, true)
    }

    fn new(size: u32, timed: bool) -> Self {
        Self {
            places: vec![Tally::default(); size.max(1) as usize].into(),
            timed,
            at: 0,
            total: Tally::default(),
        }
    }

    /// Notes an outcome and gives what the window then holds.
    pub(super) fn note(&mut self, now: u64, outcome: Tally) -> Tally {
        if self.timed {
            self.forget(now / SECOND);
        } else {
            let place = self.place(self.at);
            self.total.subtract(std::mem::take(&mut self.places[place]));
            self.at += 1;
        }
        let place = self.place(if self.timed { self.at } else { self.at - 1 });
        self.places[place].add(outcome);
        self.total.add(outcome);
        self.total
    }

    /// What the window holds.
    pub(super) fn total(&self) -> Tally {
        self.total
    }

    /// Empties the window.
    pub(super) fn clear(&mut self) {
        self.places.fill(Tally::default());
        self.total = Tally::default();
    }

    /// Makes `second` the current one.
    fn forget(&mut self, second: u64) {
        let gone = second.saturating_sub(self.at).min(self.places.len() as u64);
        for step in 1..=gone {
            let place = self.place(self.at + step);
            self.total.subtract(std::mem::take(&mut self.places[place]));
        }
        self.at = self.at.max(second);
    }

    fn place(&self, number: u64) -> usize {
        (number % self.places.len() as u64) as usize
    }
}
