//! First come, first served.

use std::collections::VecDeque;

use super::{Dropped, Refused, Rule, Ticket, Waiting};

#[derive(Clone, Debug)]
pub(super) struct Fifo<T> {
    waiting: VecDeque<Waiting<T>>,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
        }
    }
}

impl<T> Rule<T> for Fifo<T> {
    #[inline]
    fn push(&mut self, _now: u64, newcomer: Waiting<T>, full: bool) -> Result<(), Refused<T>> {
        if full {
            return Err(newcomer.refused(true));
        }
        self.waiting.push_back(newcomer);
        Ok(())
    }

    #[inline]
    fn pop(&mut self, _now: u64, _dropped: &mut Vec<(T, Dropped)>) -> Option<Waiting<T>> {
        self.waiting.pop_front()
    }

    #[inline]
    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn oldest(&self) -> Option<&Waiting<T>> {
        self.waiting.front()
    }

    fn drain(&mut self, out: &mut Vec<(Ticket, T)>) {
        out.extend(self.waiting.drain(..).map(Waiting::taken));
    }
}
