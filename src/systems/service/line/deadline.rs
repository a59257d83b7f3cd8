//! The earliest deadline first (Liu and Layland, "Scheduling Algorithms for Multiprogramming in a Hard-Real-Time Environment", JACM
//! 20(1), 1973, the deadline driven algorithm). As long as there is time enough for all, few orders meet more deadlines. Under
//! overload it would only serve those that are late already, so they are dropped.

use std::collections::VecDeque;

use super::{Dropped, Refused, Rule, Ticket, Waiting};

/// In the order of their deadlines. Deadlines mostly come in their order, since callers wait for about as long as one another:
/// then a newcomer goes close to the end, and a ring that is kept in order does less than a heap.
#[derive(Clone, Debug)]
pub(super) struct Deadline<T> {
    waiting: VecDeque<Waiting<T>>,
}

impl<T> Default for Deadline<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
        }
    }
}

/// Whether an answer would come too late in any case.
fn late<T>(waiting: &Waiting<T>, now: u64) -> bool {
    waiting.ticket.deadline <= now
}

impl<T> Rule<T> for Deadline<T> {
    fn push(&mut self, now: u64, newcomer: Waiting<T>, full: bool) -> Result<(), Refused<T>> {
        if full && late(&newcomer, now) {
            return Err(newcomer.refused(true));
        }
        let deadline = newcomer.ticket.deadline;
        let place = self
            .waiting
            .partition_point(|w| w.ticket.deadline <= deadline);
        if !full {
            self.waiting.insert(place, newcomer);
            return Ok(());
        }
        let gone = if self.waiting.front().is_some_and(|w| late(w, now)) {
            let gone = self.waiting.pop_front();
            self.waiting.insert(place - 1, newcomer);
            gone
        } else if place == self.waiting.len() {
            return Err(newcomer.refused(true));
        } else {
            let gone = self.waiting.pop_back();
            self.waiting.insert(place, newcomer);
            gone
        };
        gone.map_or(Ok(()), |w| Err(w.refused(false)))
    }

    fn pop(&mut self, now: u64, dropped: &mut Vec<(T, Dropped)>) -> Option<Waiting<T>> {
        loop {
            let next = self.waiting.pop_front()?;
            if !late(&next, now) {
                return Some(next);
            }
            dropped.push((next.item, Dropped::Late));
        }
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn oldest(&self) -> Option<&Waiting<T>> {
        self.waiting.iter().min_by_key(|w| w.ticket.at)
    }

    fn drain(&mut self, out: &mut Vec<(Ticket, T)>) {
        out.extend(self.waiting.drain(..).map(Waiting::taken));
    }
}
