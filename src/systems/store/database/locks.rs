//! Locks of rows: who wants one that is held waits, in turn.

use std::collections::{BTreeMap, VecDeque};

use crate::systems::slots::Key;

/// A row: whether it is one of the stock, and its key.
pub(super) type Row = (bool, u32);

/// The locks that are held.
#[derive(Clone, Debug, Default)]
pub(super) struct Locks(BTreeMap<Row, VecDeque<Key>>);

impl Locks {
    /// Takes a lock, or waits for it: whether it was free.
    pub fn lock(&mut self, row: Row, who: Key) -> bool {
        let Some(line) = self.0.get_mut(&row) else {
            self.0.insert(row, VecDeque::new());
            return true;
        };
        line.push_back(who);
        false
    }

    /// Gives a lock back. Who has it then.
    pub fn unlock(&mut self, row: Row) -> Option<Key> {
        let next = self.0.get_mut(&row)?.pop_front();
        if next.is_none() {
            self.0.remove(&row);
        }
        next
    }

    /// How many are held, and how many statements wait for one.
    pub fn count(&self) -> (usize, usize) {
        (self.0.len(), self.0.values().map(VecDeque::len).sum())
    }
}
