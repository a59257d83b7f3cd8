//! The newest first.

use std::collections::VecDeque;

use super::{Dropped, Refused, Rule, Ticket, Waiting};

/// The oldest in front.
#[derive(Clone, Debug)]
pub(super) struct Lifo<T> {
    waiting: VecDeque<Waiting<T>>,
}

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
        }
    }
}

impl<T> Rule<T> for Lifo<T> {
    fn push(&mut self, _now: u64, newcomer: Waiting<T>, full: bool) -> Result<(), Refused<T>> {
        let oldest = if full { self.waiting.pop_front() } else { None };
        self.waiting.push_back(newcomer);
        oldest.map_or(Ok(()), |w| Err(w.refused(false)))
    }

    fn pop(&mut self, _now: u64, _dropped: &mut Vec<(T, Dropped)>) -> Option<Waiting<T>> {
        self.waiting.pop_back()
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn oldest(&self) -> Option<&Waiting<T>> {
        self.waiting.front()
    }

    fn drain(&mut self, out: &mut Vec<(Ticket, T)>) {
        out.extend(self.waiting.drain(..).rev().map(Waiting::taken));
    }
}
