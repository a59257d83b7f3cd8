//! The keys whose tick has come, exactly sorted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::slab::{Key, time_of};

/// A key that belongs further inside than this goes into the heap instead of moving so many others.
const REACH: usize = 64;

/// Room for so many keys is made at first.
const ROOM: usize = 16;

/// So few keys are sorted by insertion: what a tick holds is nearly always little, and nearly in order.
const INSERTED: usize = 32;

/// Sorted keys, and a heap for those that come late and belong far inside: it is used only if very many share a tick, and
/// keeps that from becoming quadratic.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// The first at the end. A list of the wheel begins with what was scheduled last, so events of one time come in this
    /// order by themselves.
    keys: Vec<Key>,
    late: BinaryHeap<Reverse<Key>>,
}

/// What a run has to give.
pub(super) enum First {
    /// This, which is not after the time that was asked for. It is taken.
    Due(Key),
    /// Something later.
    Later,
    /// Nothing.
    Empty,
}

impl Run {
    /// Takes the first, if it is not after `until`.
    #[inline]
    pub fn pop_until(&mut self, until: u64) -> First {
        if !self.late.is_empty() {
            return self.pop_late(until);
        }
        match self.keys.last() {
            Some(&key) if time_of(key) <= until => {
                self.keys.pop();
                First::Due(key)
            }
            Some(_) => First::Later,
            None => First::Empty,
        }
    }

    #[cold]
    fn pop_late(&mut self, until: u64) -> First {
        let sorted = self.keys.last().copied();
        let late = self.late.peek().map(|key| key.0);
        match (sorted, late) {
            (Some(key), late) if late.is_none_or(|l| key < l) && time_of(key) <= until => {
                self.keys.pop();
                First::Due(key)
            }
            (sorted, Some(key)) if sorted.is_none_or(|s| key < s) && time_of(key) <= until => {
                self.late.pop();
                First::Due(key)
            }
            _ => First::Later,
        }
    }

    /// Adds the key of an event that was scheduled after all others: it leaves behind those of its time. Gives it back, so that
    /// whoever calls this need keep nothing meanwhile.
    #[inline]
    pub fn insert(&mut self, key: Key) -> Key {
        let len = self.keys.len();
        if len == self.keys.capacity() {
            return self.grow(key);
        }
        let Some(&last) = self.keys.last() else {
            self.keys.push(key);
            return key;
        };
        // Where few are pending a new key is as often before the first as behind it: not to be guessed by a branch.
        let behind = time_of(key) >= time_of(last);
        let (first, second) = if behind { (last, key) } else { (key, last) };
        self.keys.push(first);
        self.keys[len - 1] = second;
        if len > 1 && behind && time_of(key) >= time_of(self.keys[len - 2]) {
            return self.insert_inside(len - 1, key);
        }
        key
    }

    /// Makes room before.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, key: Key) -> Key {
        self.keys.reserve(self.keys.len().max(ROOM));
        self.insert(key)
    }

    /// Moves a key from a place in the run to where it belongs, nearer to the beginning.
    #[inline(never)]
    fn insert_inside(&mut self, from: usize, key: Key) -> Key {
        let mut at = from;
        while at > 0 && time_of(key) >= time_of(self.keys[at - 1]) {
            if from - at >= REACH {
                // Too far inside: those that were moved for it go back, and it goes into the heap.
                self.keys.copy_within(at + 1..=from, at);
                self.keys.remove(from);
                self.late.push(Reverse(key));
                return key;
            }
            self.keys[at] = self.keys[at - 1];
            at -= 1;
        }
        self.keys[at] = key;
        key
    }

    /// The key that leaves first, if none came late.
    pub fn first(&self) -> Option<Key> {
        self.keys.last().copied()
    }

    /// Takes all keys that leave after a time, but for those that came late.
    pub fn take_after(&mut self, time: u64) -> impl Iterator<Item = Key> {
        let count = self.keys.partition_point(|key| time_of(*key) > time);
        self.keys.drain(..count)
    }

    /// How many keys it holds, without those that came late.
    #[inline]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a key to an exhausted run that is going to be sorted.
    #[inline]
    pub fn fill(&mut self, key: Key) {
        self.keys.push(key);
    }

    /// Sorts what was filled in. Whether that is of more than one time.
    #[inline]
    pub fn sort(&mut self) -> bool {
        if self.keys.len() <= INSERTED {
            insertion_sort(&mut self.keys);
        } else {
            self.keys.sort_unstable_by_key(|key| Reverse(*key));
        }
        let ends = self.keys.first().zip(self.keys.last());
        ends.is_some_and(|(last, first)| time_of(*last) != time_of(*first))
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.late.is_empty()
    }

    /// All that are left, in no order.
    pub fn left(&self) -> impl Iterator<Item = Key> {
        let late = self.late.iter().map(|key| key.0);
        self.keys.iter().copied().chain(late)
    }
}

/// Sorts so that the least is at the end.
fn insertion_sort(keys: &mut [Key]) {
    for next in 1..keys.len() {
        let key = keys[next];
        // Nearly always.
        if key < keys[next - 1] {
            continue;
        }
        let mut at = next;
        while at > 0 && key > keys[at - 1] {
            keys[at] = keys[at - 1];
            at -= 1;
        }
        keys[at] = key;
    }
}
