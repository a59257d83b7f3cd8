//! Controlled delay (RFC 8289), for requests instead of packets.
//!
//! A request that waited for `target` or longer is a sign of a standing queue only if none waited less during a whole
//! `interval`. From then on one is dropped at once, the next after `interval`, and the n-th `interval / sqrt(n)` after the one
//! before, until one waited less than `target`: section 5's pseudocode. Where the RFC counts bytes and never drops the last
//! packet, this counts requests: with one or none left behind it, a request is served however long it waited.

use std::collections::VecDeque;

use super::{Dropped, Refused, Rule, Ticket, Waiting};

/// A queue that stood again within so many intervals is dropped from as often as before (section 5.5).
const SOON_INTERVALS: u64 = 16;

#[derive(Clone, Debug)]
pub(super) struct CoDel<T> {
    target_ns: u64,
    interval_ns: u64,
    waiting: VecDeque<Waiting<T>>,
    /// When the wait will have been too long for an interval, ns, if it was too long last time.
    too_long_at: Option<u64>,
    dropping: bool,
    /// When the next is dropped, ns.
    drop_next: u64,
    /// How many were dropped since dropping began, and as how many that began.
    count: u32,
    count_first: u32,
}

impl<T> CoDel<T> {
    pub(super) fn new(target_ns: u64, interval_ns: u64) -> Self {
        Self {
            target_ns,
            interval_ns,
            waiting: VecDeque::new(),
            too_long_at: None,
            dropping: false,
            drop_next: 0,
            count: 0,
            count_first: 0,
        }
    }

    /// The next one, and whether it may be dropped.
    fn take(&mut self, now: u64) -> Option<(Waiting<T>, bool)> {
        let Some(next) = self.waiting.pop_front() else {
            self.too_long_at = None;
            return None;
        };
        if next.waited(now) < self.target_ns || self.waiting.len() <= 1 {
            self.too_long_at = None;
            return Some((next, false));
        }
        match self.too_long_at {
            None => {
                self.too_long_at = Some(now.saturating_add(self.interval_ns));
                Some((next, false))
            }
            Some(at) => Some((next, now >= at)),
        }
    }

    /// As `take`; an empty line ends dropping.
    fn take_or_rest(&mut self, now: u64) -> Option<(Waiting<T>, bool)> {
        let next = self.take(now);
        self.dropping &= next.is_some();
        next
    }

    /// When to drop again after `from`: `from + interval / sqrt(count)`.
    fn after(&self, from: u64) -> u64 {
        let wait = self.interval_ns as f64 / libm::sqrt(f64::from(self.count));
        from.saturating_add(wait as u64)
    }

    /// Dropping begins: as slowly as ever, or, if it ended a short while ago, as often as it did then.
    fn begin(&mut self, now: u64) {
        self.dropping = true;
        let before = self.count - self.count_first;
        let soon =
            now.saturating_sub(self.drop_next) < SOON_INTERVALS.saturating_mul(self.interval_ns);
        self.count = if before > 1 && soon { before } else { 1 };
        self.count_first = self.count;
        self.drop_next = self.after(now);
    }
}

impl<T> Rule<T> for CoDel<T> {
    fn push(&mut self, _now: u64, newcomer: Waiting<T>, full: bool) -> Result<(), Refused<T>> {
        if full {
            return Err(newcomer.refused(true));
        }
        self.waiting.push_back(newcomer);
        Ok(())
    }

    fn pop(&mut self, now: u64, dropped: &mut Vec<(T, Dropped)>) -> Option<Waiting<T>> {
        let (mut next, mut may_drop) = self.take_or_rest(now)?;
        if self.dropping {
            self.dropping = may_drop;
            while self.dropping && now >= self.drop_next {
                dropped.push((next.item, Dropped::Delay));
                self.count = self.count.saturating_add(1);
                (next, may_drop) = self.take_or_rest(now)?;
                self.dropping = may_drop;
                if may_drop {
                    self.drop_next = self.after(self.drop_next);
                }
            }
        } else if may_drop {
            dropped.push((next.item, Dropped::Delay));
            let after = self.take(now);
            self.begin(now);
            return after.map(|(next, _)| next);
        }
        Some(next)
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn oldest(&self) -> Option<&Waiting<T>> {
        self.waiting.front()
    }

    fn drain(&mut self, out: &mut Vec<(Ticket, T)>) {
        out.extend(self.waiting.drain(..).map(Waiting::taken));
        *self = Self::new(self.target_ns, self.interval_ns);
    }
}
