//! The most important first.

use std::collections::VecDeque;

use super::{Dropped, Refused, Rule, Ticket, Waiting};

/// A queue for each priority, so that whoever is next, and whoever must go, is found at once.
#[derive(Clone, Debug)]
pub(super) struct Priority<T> {
    /// By priority, as far as any was seen.
    levels: Vec<VecDeque<Waiting<T>>>,
    /// A bit for each level where somebody waits.
    occupied: [u64; 4],
    len: usize,
}

impl<T> Default for Priority<T> {
    fn default() -> Self {
        Self {
            levels: Vec::new(),
            occupied: [0; 4],
            len: 0,
        }
    }
}

impl<T> Priority<T> {
    /// The lowest number for which somebody waits.
    fn first(&self) -> Option<usize> {
        let word = self.occupied.iter().position(|&bits| bits != 0)?;
        Some(word * 64 + self.occupied[word].trailing_zeros() as usize)
    }

    /// The highest number for which somebody waits.
    fn last(&self) -> Option<usize> {
        let word = self.occupied.iter().rposition(|&bits| bits != 0)?;
        Some(word * 64 + 63 - self.occupied[word].leading_zeros() as usize)
    }

    fn enter(&mut self, newcomer: Waiting<T>) {
        let level = usize::from(newcomer.ticket.priority);
        if level >= self.levels.len() {
            self.levels.resize_with(level + 1, VecDeque::new);
        }
        self.levels[level].push_back(newcomer);
        self.occupied[level / 64] |= 1 << (level % 64);
        self.len += 1;
    }

    /// Takes somebody out of a level: with `newest` the last one there, else the first.
    fn leave(&mut self, level: usize, newest: bool) -> Option<Waiting<T>> {
        let queue = &mut self.levels[level];
        let gone = if newest {
            queue.pop_back()
        } else {
            queue.pop_front()
        };
        if queue.is_empty() {
            self.occupied[level / 64] &= !(1 << (level % 64));
        }
        self.len -= usize::from(gone.is_some());
        gone
    }
}

impl<T> Rule<T> for Priority<T> {
    fn push(&mut self, _now: u64, newcomer: Waiting<T>, full: bool) -> Result<(), Refused<T>> {
        if !full {
            self.enter(newcomer);
            return Ok(());
        }
        let level = usize::from(newcomer.ticket.priority);
        let less = self.last().filter(|&last| last > level);
        match less.and_then(|last| self.leave(last, true)) {
            Some(gone) => {
                self.enter(newcomer);
                Err(gone.refused(false))
            }
            None => Err(newcomer.refused(true)),
        }
    }

    fn pop(&mut self, _now: u64, _dropped: &mut Vec<(T, Dropped)>) -> Option<Waiting<T>> {
        let level = self.first()?;
        self.leave(level, false)
    }

    fn len(&self) -> usize {
        self.len
    }

    fn oldest(&self) -> Option<&Waiting<T>> {
        let fronts = self.levels.iter().filter_map(VecDeque::front);
        fronts.min_by_key(|w| w.ticket.at)
    }

    fn drain(&mut self, out: &mut Vec<(Ticket, T)>) {
        for level in &mut self.levels {
            out.extend(level.drain(..).map(Waiting::taken));
        }
        self.occupied = [0; 4];
        self.len = 0;
    }
}
