//! The keys whose tick has come, exactly sorted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Key;

/// A key that belongs further from both ends than this goes into the heap instead of moving so many others.
const REACH: usize = 64;

/// So few keys are sorted by insertion: what a tick holds is nearly always little, and nearly in order.
const INSERTED: usize = 24;

fn insertion_sort(keys: &mut [Key]) {
    for next in 1..keys.len() {
        let key = keys[next];
        let mut at = next;
        while at > 0 && key < keys[at - 1] {
            keys[at] = keys[at - 1];
            at -= 1;
        }
        keys[at] = key;
    }
}

/// Sorted keys that are taken from the front, and a heap for those that come late and belong far inside: it is used
/// only if very many share a tick, and keeps that from becoming quadratic.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    keys: Vec<Key>,
    /// Those before are taken already.
    head: usize,
    late: BinaryHeap<Reverse<Key>>,
}

impl Run {
    /// Takes the first, if it is not after `until`; `Err` says whether there is one at all.
    #[inline]
    pub fn pop_until(&mut self, until: u64) -> Result<Key, bool> {
        let sorted = self.keys.get(self.head).copied();
        if !self.late.is_empty() {
            return self.pop_late(sorted, until);
        }
        match sorted {
            Some(key) if key.time <= until => {
                self.head += 1;
                Ok(key)
            }
            first => Err(first.is_some()),
        }
    }

    #[cold]
    fn pop_late(&mut self, sorted: Option<Key>, until: u64) -> Result<Key, bool> {
        let late = self.late.peek().map(|key| key.0);
        match (sorted, late) {
            (Some(key), late) if late.is_none_or(|l| key < l) && key.time <= until => {
                self.head += 1;
                Ok(key)
            }
            (sorted, Some(key)) if sorted.is_none_or(|s| key < s) && key.time <= until => {
                self.late.pop();
                Ok(key)
            }
            _ => Err(true),
        }
    }

    /// Adds a key at its place.
    #[inline]
    pub fn insert(&mut self, key: Key) {
        if self.head == self.keys.len() {
            self.clear();
        } else if self.keys.len() == self.keys.capacity() {
            self.drop_taken();
        }
        match self.keys.last() {
            Some(last) if key < *last => self.insert_inside(key),
            _ => self.keys.push(key),
        }
    }

    #[inline]
    fn insert_inside(&mut self, key: Key) {
        if self.keys.len() - self.head > INSERTED {
            return self.insert_far(key);
        }
        let mut at = self.keys.len();
        self.keys.push(key);
        while at > self.head && key < self.keys[at - 1] {
            self.keys[at] = self.keys[at - 1];
            at -= 1;
        }
        self.keys[at] = key;
    }

    fn insert_far(&mut self, key: Key) {
        let at = self.head + self.keys[self.head..].partition_point(|k| *k < key);
        if at - self.head <= REACH && self.head > 0 {
            self.keys.copy_within(self.head..at, self.head - 1);
            self.head -= 1;
            self.keys[at - 1] = key;
        } else if self.keys.len() - at <= REACH {
            self.keys.insert(at, key);
        } else {
            self.late.push(Reverse(key));
        }
    }

    /// Makes room for a run that is added to as fast as it is taken from.
    fn drop_taken(&mut self) {
        if self.head > self.keys.len() / 2 {
            self.keys.drain(..self.head);
            self.head = 0;
        }
    }

    /// Adds a key to an empty run that is going to be sorted.
    pub fn fill(&mut self, key: Key) {
        self.keys.push(key);
    }

    /// How many keys it has, taken or not.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Takes out all that are left, in no order.
    pub fn take(&mut self) -> Vec<Key> {
        let mut keys = self.keys.split_off(self.head);
        keys.extend(self.late.drain().map(|key| key.0));
        self.clear();
        keys
    }

    /// Makes an exhausted run ready to be filled.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.head = 0;
    }

    /// Sorts what was filled in.
    #[inline]
    pub fn sort(&mut self) {
        if self.keys.len() <= INSERTED {
            insertion_sort(&mut self.keys);
        } else {
            self.keys.sort_unstable();
        }
    }

    pub fn next_time(&self, alive: impl Fn(Key) -> bool) -> Option<u64> {
        let sorted = self.keys[self.head..].iter().find(|k| alive(**k));
        let late = self.late.iter().map(|k| &k.0).filter(|k| alive(**k)).min();
        sorted.into_iter().chain(late).min().map(|k| k.time)
    }

    pub fn retain(&mut self, alive: impl Fn(Key) -> bool) {
        self.keys.drain(..self.head);
        self.head = 0;
        self.keys.retain(|k| alive(*k));
        self.late.retain(|k| alive(k.0));
    }

    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.keys.len() - self.head + self.late.len()
    }
}
