//! First come, first served, until a line forms: then the newest first, and who came too long ago is dropped (Maurer, "Fail at
//! Scale", ACM Queue 13(8), 2015, "Controlled Delay" and "Adaptive LIFO").
//!
//! How long a request may wait is settled when it comes, as in the article: `interval`, or only `target` if the line was not
//! empty for longer than `interval`. Whether it waited too long is looked at when somebody is taken, at both ends of the line.

use std::collections::VecDeque;

use super::{Dropped, Refused, Rule, Ticket, Waiting};

#[derive(Clone, Debug)]
pub(super) struct AdaptiveLifo<T> {
    lifo_after_ns: u64,
    lifo_beyond: usize,
    target_ns: u64,
    interval_ns: u64,
    /// The oldest in front, and until when each may wait, ns.
    waiting: VecDeque<(Waiting<T>, u64)>,
    /// When the line was last empty, ns. It is told when somebody comes to an empty line, since it was empty until then.
    empty_at: u64,
}

impl<T> AdaptiveLifo<T> {
    pub(super) fn new(
        lifo_after_ns: u64,
        lifo_beyond: usize,
        target_ns: u64,
        interval_ns: u64,
    ) -> Self {
        Self {
            lifo_after_ns,
            lifo_beyond,
            target_ns,
            interval_ns,
            waiting: VecDeque::new(),
            empty_at: 0,
        }
    }

    /// Whether the newest is next.
    fn newest_first(&self, now: u64) -> bool {
        let oldest = self.waiting.front();
        self.waiting.len() > self.lifo_beyond
            || oldest.is_some_and(|(w, _)| w.waited(now) > self.lifo_after_ns)
    }
}

impl<T> Rule<T> for AdaptiveLifo<T> {
    fn push(&mut self, now: u64, newcomer: Waiting<T>, full: bool) -> Result<(), Refused<T>> {
        let mut oldest = None;
        if full {
            if !self.newest_first(now) {
                return Err(newcomer.refused(true));
            }
            oldest = self.waiting.pop_front();
        }
        // A line of one place that changes hands was not empty in between.
        if self.waiting.is_empty() && oldest.is_none() {
            self.empty_at = now;
        }
        let standing = now - self.empty_at.min(now) > self.interval_ns;
        let patience_ns = if standing {
            self.target_ns
        } else {
            self.interval_ns
        };
        self.waiting
            .push_back((newcomer, now.saturating_add(patience_ns)));
        oldest.map_or(Ok(()), |(w, _)| Err(w.refused(false)))
    }

    fn pop(&mut self, now: u64, dropped: &mut Vec<(T, Dropped)>) -> Option<Waiting<T>> {
        while self.waiting.front().is_some_and(|(_, until)| *until < now) {
            let gone = self.waiting.pop_front();
            dropped.extend(gone.map(|(w, _)| (w.item, Dropped::Delay)));
        }
        if !self.newest_first(now) {
            return self.waiting.pop_front().map(|(w, _)| w);
        }
        while self.waiting.back().is_some_and(|(_, until)| *until < now) {
            let gone = self.waiting.pop_back();
            dropped.extend(gone.map(|(w, _)| (w.item, Dropped::Delay)));
        }
        self.waiting.pop_back().map(|(w, _)| w)
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn oldest(&self) -> Option<&Waiting<T>> {
        self.waiting.front().map(|(w, _)| w)
    }

    fn drain(&mut self, out: &mut Vec<(Ticket, T)>) {
        out.extend(self.waiting.drain(..).map(|(w, _)| w.taken()));
    }
}
