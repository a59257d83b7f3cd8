//! What one process holds of one queue, as its records tell.

use super::message::{Fate, Lane};
use super::ranges::{Part, Ranges};
use super::{LaneId, Pid, Span};
use crate::sim::history::History;

/// A log of fewer runs is not searched for forgotten ones.
const COMPACT_MIN: usize = 64;

/// So many runs are looked through from the end.
const NEAR: usize = 8;

/// Messages that stand one after another in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Offset of the first.
    pub offset: u64,
    /// When it was stored here, ns.
    pub at: u64,
    pub lane: LaneId,
    pub first: u32,
    pub count: u32,
}

impl Run {
    pub fn new(span: Span, offset: u64, at: u64) -> Self {
        Self {
            offset,
            at,
            lane: span.lane,
            first: span.first,
            count: span.count,
        }
    }

    pub fn end(&self) -> u64 {
        self.offset + u64::from(self.count)
    }

    /// The part that lies in a range of offsets.
    pub fn within(&self, from: u64, to: u64) -> Option<Self> {
        let (start, end) = (self.offset.max(from), self.end().min(to));
        if start >= end {
            return None;
        }
        Some(Self {
            offset: start,
            first: self.first + (start - self.offset) as u32,
            count: (end - start) as u32,
            ..*self
        })
    }

    pub fn span(&self) -> Span {
        Span {
            lane: self.lane,
            first: self.first,
            count: self.count,
        }
    }
}

/// A copy of a queue. Its oldest messages are forgotten once their life is over.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub pid: Pid,
    /// First offset behind it.
    pub end: u64,
    pub runs: History<Run>,
    /// With so many runs it is time to look for forgotten ones in the middle.
    compact_at: usize,
    /// How often settled messages of a queue that nobody reads stand here, lane by lane. All stand before the runs.
    aside: Vec<(LaneId, Ranges<u16>)>,
    /// The offset behind them.
    aside_end: u64,
}

impl Log {
    pub fn new(pid: Pid) -> Self {
        Self {
            pid,
            end: 0,
            runs: History::default(),
            compact_at: COMPACT_MIN,
            aside: Vec::new(),
            aside_end: 0,
        }
    }

    /// Forgets the runs of which nothing is remembered, and puts those that are settled in a queue that nobody reads aside,
    /// but not before they are visible. Forgotten ones behind a remembered one go once there are many, so that each is
    /// looked at a few times only.
    #[inline]
    pub fn trim(&mut self, lanes: &[Lane], visible: u64) {
        while let Some(&run) = self.runs.front() {
            match lanes[run.lane.index()].fate(run.first, run.count) {
                _ if run.count == 0 => {}
                Fate::Remembered => break,
                Fate::Shelved if run.end() > visible => break,
                Fate::Shelved => self.put_aside(run),
                Fate::Forgotten => {}
            }
            self.runs.pop_front();
        }
        if self.runs.len() >= self.compact_at {
            self.compact(lanes);
        }
    }

    #[cold]
    fn compact(&mut self, lanes: &[Lane]) {
        self.runs.retain(|r| {
            r.count > 0 && lanes[r.lane.index()].fate(r.first, r.count) != Fate::Forgotten
        });
        self.compact_at = COMPACT_MIN.max(2 * self.runs.len());
    }

    fn put_aside(&mut self, run: Run) {
        let known = self.aside.iter().position(|(lane, _)| *lane == run.lane);
        let at = known.unwrap_or_else(|| {
            self.aside.push((run.lane, Ranges::default()));
            self.aside.len() - 1
        });
        let end = run.first + run.count;
        self.aside[at]
            .1
            .edit(run.first, end, |n| Some(n.unwrap_or(0).saturating_add(1)));
        self.aside_end = run.end();
    }

    /// A run is gone; what was put aside of it goes too.
    pub fn take_aside(&mut self, span: Span, offset: u64) {
        let count = self.aside_end.saturating_sub(offset);
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(span.count);
        if let Some((_, aside)) = self.aside.iter_mut().find(|(lane, _)| *lane == span.lane) {
            aside.edit(span.first, span.first + count, |n| {
                n.filter(|&n| n > 1).map(|n| n - 1)
            });
        }
    }

    /// How often the messages of a lane below a number stand here.
    pub fn counts(&self, lane: LaneId, below: u32) -> impl Iterator<Item = Part<u16>> + '_ {
        let aside = self.aside.iter().filter(move |(l, _)| *l == lane);
        let aside = aside.flat_map(move |(_, ranges)| ranges.between(0, below));
        let runs = self.runs.iter().filter(move |r| r.lane == lane);
        let runs = runs.map(move |r| Part {
            first: r.first,
            end: (r.first + r.count).min(below),
            value: 1,
        });
        aside.chain(runs.filter(|p| p.first < p.end))
    }

    #[inline]
    pub fn push(&mut self, run: Run) {
        if run.offset < self.end {
            self.cut(run.offset);
        }
        self.end = run.end();
        self.runs.push_back(run);
    }

    /// Removes everything from an offset on.
    pub fn cut(&mut self, offset: u64) {
        while let Some(last) = self.runs.back_mut() {
            if last.offset < offset {
                last.count = last.count.min((offset - last.offset) as u32);
                break;
            }
            self.runs.pop_back();
        }
        self.end = self.end.min(offset);
        self.aside_end = self.aside_end.min(offset);
    }

    /// Removes everything below an offset.
    pub fn drop_front(&mut self, below: u64) {
        while let Some(first) = self.runs.front().copied() {
            if first.end() > below {
                if let (Some(rest), Some(front)) =
                    (first.within(below, u64::MAX), self.runs.front_mut())
                {
                    *front = rest;
                }
                break;
            }
            self.runs.pop_front();
        }
        self.end = self.end.max(below);
    }

    /// The first run that reaches beyond an offset. What is asked for is nearly always near the end.
    #[inline]
    fn place(&self, offset: u64) -> usize {
        let len = self.runs.len();
        for at in (len.saturating_sub(NEAR)..len).rev() {
            if self.runs[at].end() <= offset {
                return at + 1;
            }
        }
        if len <= NEAR { 0 } else { self.search(offset) }
    }

    #[cold]
    fn search(&self, offset: u64) -> usize {
        self.runs.partition_point(|r| r.end() <= offset)
    }

    /// Removes the message at an offset from a log in which each run is one message.
    pub fn take_out(&mut self, offset: u64) {
        let place = self.place(offset);
        if let Some(run) = self.runs.get_mut(place).filter(|r| r.offset == offset) {
            // What is empty is forgotten with the next that is trimmed.
            run.count = 0;
        }
    }

    /// Whether a message stands at an offset.
    pub fn holds(&self, offset: u64) -> bool {
        let run = self.runs.get(self.place(offset));
        run.is_some_and(|r| r.offset <= offset)
    }

    /// The messages between two offsets.
    pub fn between(&self, from: u64, to: u64) -> impl Iterator<Item = Run> + '_ {
        self.runs
            .range(self.place(from))
            .map_while(move |run| (run.offset < to).then(|| run.within(from, to)))
            .flatten()
    }

    /// The messages that are still remembered, each with its offset.
    fn remembered<'a>(
        &'a self,
        knows: impl Fn(LaneId, u32) -> bool + 'a,
    ) -> impl Iterator<Item = (u64, LaneId, u32)> + 'a {
        let all = self.runs.iter().flat_map(|run| {
            let numbers = run.span().numbers();
            (run.offset..).zip(numbers).map(|(o, n)| (o, run.lane, n))
        });
        all.filter(move |&(_, lane, number)| knows(lane, number))
    }

    /// The first offset at which two logs differ in what is remembered (`knows`) of them. A message that is forgotten is
    /// forgotten in both, so where one log has a remembered message the other must have the same.
    pub fn parts_from(&self, other: &Self, knows: impl Fn(LaneId, u32) -> bool + Copy) -> u64 {
        let limit = self.end.min(other.end);
        let (mut mine, mut theirs) = (self.remembered(knows), other.remembered(knows));
        loop {
            let (own, their) = (mine.next(), theirs.next());
            if own.is_some() && own == their {
                continue;
            }
            let at = |one: Option<(u64, LaneId, u32)>| one.map_or(limit, |(offset, ..)| offset);
            return limit.min(at(own)).min(at(their));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(runs: &[(u64, u32, u32)]) -> Log {
        let mut log = Log::new(Pid(0));
        for &(offset, first, count) in runs {
            log.push(Run {
                offset,
                at: 0,
                lane: LaneId(0),
                first,
                count,
            });
        }
        log
    }

    #[test]
    fn logs_part_where_their_messages_do() {
        // The same ten messages, in batches cut differently.
        let all = |_, _| true;
        let a = log(&[(0, 0, 4), (4, 4, 6)]);
        assert_eq!(a.parts_from(&log(&[(0, 0, 10)]), all), 10);
        assert_eq!(a.parts_from(&log(&[(0, 0, 7)]), all), 7);
        assert_eq!(a.parts_from(&log(&[(0, 0, 5), (5, 20, 9)]), all), 5);
        assert_eq!(log(&[]).parts_from(&a, all), 0);
    }

    #[test]
    fn a_forgotten_beginning_is_no_difference() {
        let mut a = log(&[(0, 0, 4), (4, 4, 6)]);
        let b = log(&[(0, 0, 10)]);
        a.runs.pop_front();
        assert_eq!(a.parts_from(&b, |_, number| number >= 4), 10);
        a.runs.clear();
        assert_eq!(a.parts_from(&b, |_, _| false), 10);
    }

    #[test]
    fn logs_part_at_a_message_where_the_other_has_a_forgotten_one() {
        let mut a = log(&[(0, 0, 8), (8, 8, 2)]);
        let b = log(&[(0, 0, 5), (5, 10, 5)]);
        a.runs.pop_front();
        assert_eq!(a.parts_from(&b, |_, number| number >= 8), 5);
        assert_eq!(b.parts_from(&a, |_, number| number >= 8), 5);
    }

    #[test]
    fn cutting_and_dropping_split_a_run() {
        let mut a = log(&[(0, 0, 4), (4, 4, 6)]);
        a.cut(7);
        a.drop_front(2);
        let left: Vec<_> = a
            .runs
            .iter()
            .map(|r| (r.offset, r.first, r.count))
            .collect();
        assert_eq!(left, [(2, 2, 2), (4, 4, 3)]);
        assert_eq!(a.end, 7);
        let part: Vec<_> = a.between(3, 5).map(|r| (r.offset, r.count)).collect();
        assert_eq!(part, [(3, 1), (4, 1)]);
    }
}
