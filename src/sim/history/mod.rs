//! A sequence that clones share: logs, and whatever else grows at its end and is forgotten at its beginning.
//!
//! A checkpoint of a run is a clone of it, and most of a run is what was. So all but the end of a history lies in chunks
//! that never change as long as somebody else holds them: a clone takes them over by counting a reference for every
//! [`BLOCK`] chunks. The end is the history's own, so that who adds to it or changes what is young pays nothing for that.
//! What is old may be changed too: the chunk is copied first, if it is shared.

mod shared;
#[cfg(test)]
mod tests;

pub use shared::Shared;

use std::collections::VecDeque;
use std::ops::Index;
use std::slice;
use std::sync::Arc;

/// So many chunks are shared under one reference.
pub const BLOCK: usize = 64;

type Chunk<T> = Arc<Vec<T>>;
type Block<T> = Arc<VecDeque<Chunk<T>>>;

/// A sequence of values whose clones share what is old. At most `2 * N` of the youngest are copied with a clone.
///
/// A large world has hundreds of thousands of them, and most are short: what only long ones have lies in a box. No history has
/// more than `u32::MAX` values.
#[derive(Debug)]
pub struct History<T, const N: usize = 64> {
    /// The old ones; never without any.
    chunks: Option<Box<Chunks<T>>>,
    /// So many values are in the chunks, not counting those that are removed.
    old: u32,
    /// So many young values at the beginning are removed already: none while there are old ones.
    head: u32,
    /// The young ones, never more than `2 * N`.
    young: Vec<T>,
}

/// The old values of a history.
#[derive(Debug)]
struct Chunks<T> {
    /// Chunks of `N`. Every block but the first and the last has [`BLOCK`] of them, and no block is empty.
    blocks: VecDeque<Block<T>>,
    /// So many values at the beginning of the first chunk are removed already; fewer than `N`.
    skip: usize,
}

impl<T> Clone for Chunks<T> {
    fn clone(&self) -> Self {
        Self {
            blocks: self.blocks.clone(),
            skip: self.skip,
        }
    }
}

impl<T> Chunks<T> {
    /// The value at a place.
    fn get<const N: usize>(&self, at: usize) -> &T {
        let (block, chunk, at) = self.place::<N>(at);
        &self.blocks[block][chunk][at]
    }

    /// The chunk that holds a value, from that value on.
    fn from<const N: usize>(&self, at: usize) -> &[T] {
        let (block, chunk, at) = self.place::<N>(at);
        &self.blocks[block][chunk][at..]
    }

    /// Which block, which chunk in it and which value of that.
    fn place<const N: usize>(&self, at: usize) -> (usize, usize, usize) {
        let at = at + self.skip;
        if at < N {
            // Who changes or takes old values mostly does it one after another, from the oldest on.
            return (0, 0, at);
        }
        let first = self.blocks[0].len() * N;
        match at.checked_sub(first) {
            None => (0, at / N, at % N),
            Some(at) => (1 + at / (N * BLOCK), at / N % BLOCK, at % N),
        }
    }
}

impl<T: Clone, const N: usize> Clone for History<T, N> {
    fn clone(&self) -> Self {
        Self {
            chunks: self.chunks.clone(),
            old: self.old,
            young: self.young().to_vec(),
            head: 0,
        }
    }
}

impl<T, const N: usize> Default for History<T, N> {
    fn default() -> Self {
        Self {
            chunks: None,
            old: 0,
            young: Vec::new(),
            head: 0,
        }
    }
}

impl<T, const N: usize> History<T, N> {
    /// How many values there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.old as usize + self.young.len() - self.head as usize
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn young(&self) -> &[T] {
        &self.young[self.head as usize..]
    }

    /// Where a young value lies, counted from the oldest of all.
    #[inline]
    fn young_at(&self, at: usize) -> Option<usize> {
        let young = at.checked_sub(self.old as usize)?;
        Some(self.head as usize + young)
    }

    /// The value at a place, the oldest being at 0.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        match self.young_at(at) {
            Some(young) => self.young.get(young),
            None => self.chunks.as_ref().map(|c| c.get::<N>(at)),
        }
    }

    /// The oldest.
    #[inline]
    pub fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// The youngest.
    #[inline]
    pub fn back(&self) -> Option<&T> {
        match self.len() {
            0 => None,
            len => self.get(len - 1),
        }
    }

    /// The values from a place on; none if there are not so many.
    #[inline]
    pub fn range(&self, from: usize) -> Iter<'_, T, N> {
        let old = self.old as usize;
        let young = self.head as usize + from.saturating_sub(old);
        Iter {
            history: self,
            chunk: [].iter(),
            next: from.min(old),
            young: self.young.get(young..).unwrap_or_default().iter(),
        }
    }

    /// All values, the oldest first.
    #[inline]
    pub fn iter(&self) -> Iter<'_, T, N> {
        self.range(0)
    }

    /// The first place whose value a condition does not hold for. It must hold for a beginning of the history and for
    /// nothing behind that.
    pub fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        let old = self.old as usize;
        let Some(chunks) = &self.chunks else {
            return self.young().partition_point(holds);
        };
        if self.young.first().is_some_and(&holds) {
            return old + self.young().partition_point(holds);
        }
        let (mut low, mut high) = (0, old);
        while low < high {
            let middle = low.midpoint(high);
            if holds(chunks.get::<N>(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.chunks = None;
        self.old = 0;
        self.young.clear();
        self.head = 0;
    }
}

impl<T: Clone, const N: usize> History<T, N> {
    /// Adds a value behind the others.
    #[inline]
    pub fn push_back(&mut self, value: T) {
        if self.young.len() >= 2 * N {
            self.make_room();
        }
        self.young.push(value);
    }

    /// Room for `N` young values: those that are removed go, or the oldest become a chunk.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        let head = std::mem::take(&mut self.head) as usize;
        self.young.drain(..head);
        if self.young.len() <= N {
            return;
        }
        // The young ones keep their room.
        let chunk: Chunk<T> = Arc::new(self.young.drain(..N).collect());
        self.old += N as u32;
        let chunks = self.chunks.get_or_insert_with(|| {
            Box::new(Chunks {
                blocks: VecDeque::new(),
                skip: 0,
            })
        });
        match chunks.blocks.back_mut() {
            Some(block) if block.len() < BLOCK => Arc::make_mut(block).push_back(chunk),
            _ => chunks.blocks.push_back(Arc::new(VecDeque::from([chunk]))),
        }
    }

    /// Removes the oldest value.
    #[inline]
    pub fn pop_front(&mut self) -> Option<T> {
        if self.old > 0 {
            return self.pop_old();
        }
        let value = self.young.get(self.head as usize)?.clone();
        self.head += 1;
        self.forget_if_empty();
        Some(value)
    }

    #[cold]
    #[inline(never)]
    fn pop_old(&mut self) -> Option<T> {
        let chunks = self.chunks.as_mut()?;
        let value = chunks.blocks.front()?.front()?.get(chunks.skip)?.clone();
        chunks.skip += 1;
        self.old -= 1;
        if chunks.skip == N {
            chunks.skip = 0;
            self.drop_chunk();
        }
        Some(value)
    }

    #[inline]
    fn forget_if_empty(&mut self) {
        if self.head as usize == self.young.len() {
            self.young.clear();
            self.head = 0;
        }
    }

    /// Lets go of the first chunk.
    fn drop_chunk(&mut self) {
        let Some(chunks) = &mut self.chunks else {
            return;
        };
        if let Some(block) = chunks.blocks.front_mut() {
            if block.len() > 1 {
                Arc::make_mut(block).pop_front();
            } else {
                chunks.blocks.pop_front();
            }
        }
        if chunks.blocks.is_empty() {
            self.chunks = None;
        }
    }

    /// Removes the youngest value.
    #[inline]
    pub fn pop_back(&mut self) -> Option<T> {
        if self.young.is_empty() && self.old > 0 {
            self.unseal();
        }
        let value = self.young.pop();
        self.forget_if_empty();
        value
    }

    /// The last chunk becomes the young values.
    #[cold]
    #[inline(never)]
    fn unseal(&mut self) {
        let Some(chunks) = &mut self.chunks else {
            return;
        };
        let Some(block) = chunks.blocks.back_mut() else {
            return;
        };
        let Some(chunk) = Arc::make_mut(block).pop_back() else {
            return;
        };
        if block.is_empty() {
            chunks.blocks.pop_back();
        }
        let mut removed = 0;
        if chunks.blocks.is_empty() {
            removed = chunks.skip;
            self.chunks = None;
        }
        self.old -= (N - removed) as u32;
        self.young.extend_from_slice(&chunk[removed..]);
    }

    /// Keeps the oldest values only.
    pub fn truncate(&mut self, len: usize) {
        while self.len() > len {
            if let Some(young) = self.young_at(len) {
                self.young.truncate(young);
                self.forget_if_empty();
            } else {
                self.young.clear();
                self.unseal();
            }
        }
    }

    /// The value at a place, to change it.
    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        match self.young_at(at) {
            Some(young) => self.young.get_mut(young),
            None => self.old_mut(at),
        }
    }

    #[cold]
    #[inline(never)]
    fn old_mut(&mut self, at: usize) -> Option<&mut T> {
        let chunks = self.chunks.as_mut()?;
        let (block, chunk, at) = chunks.place::<N>(at);
        let block = Arc::make_mut(chunks.blocks.get_mut(block)?);
        Arc::make_mut(block.get_mut(chunk)?).get_mut(at)
    }

    /// The oldest, to change it.
    #[inline]
    pub fn front_mut(&mut self) -> Option<&mut T> {
        self.get_mut(0)
    }

    /// The youngest, to change it.
    #[inline]
    pub fn back_mut(&mut self) -> Option<&mut T> {
        match self.len() {
            0 => None,
            len => self.get_mut(len - 1),
        }
    }

    /// Keeps the values that a condition holds for.
    pub fn retain(&mut self, mut keeps: impl FnMut(&T) -> bool) {
        if self.old == 0 {
            let head = std::mem::take(&mut self.head) as usize;
            self.young.drain(..head);
            self.young.retain(keeps);
            return;
        }
        let mut kept = Self::default();
        for value in self.iter() {
            if keeps(value) {
                kept.push_back(value.clone());
            }
        }
        *self = kept;
    }
}

impl<T: Clone, const N: usize> Extend<T> for History<T, N> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        values.into_iter().for_each(|v| self.push_back(v));
    }
}

impl<T: Clone, const N: usize> FromIterator<T> for History<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut history = Self::default();
        history.extend(values);
        history
    }
}

impl<T, const N: usize> Index<usize> for History<T, N> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        match (self.young_at(at), &self.chunks) {
            (None, Some(chunks)) => chunks.get::<N>(at),
            (young, _) => &self.young[young.unwrap_or(usize::MAX)],
        }
    }
}

impl<T: PartialEq, const N: usize> PartialEq for History<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<T: Eq, const N: usize> Eq for History<T, N> {}

impl<'a, T, const N: usize> IntoIterator for &'a History<T, N> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T, N>;

    fn into_iter(self) -> Iter<'a, T, N> {
        self.iter()
    }
}

/// The values of a [`History`], the oldest first.
#[derive(Clone, Debug)]
pub struct Iter<'a, T, const N: usize> {
    history: &'a History<T, N>,
    /// What is left of the chunk at hand.
    chunk: slice::Iter<'a, T>,
    /// Place of the first old value behind it.
    next: usize,
    young: slice::Iter<'a, T>,
}

impl<'a, T, const N: usize> Iter<'a, T, N> {
    #[cold]
    fn next_chunk(&mut self) -> Option<&'a T> {
        let chunk = self.history.chunks.as_ref()?.from::<N>(self.next);
        self.next += chunk.len();
        self.chunk = chunk.iter();
        self.chunk.next()
    }
}

impl<'a, T, const N: usize> Iterator for Iter<'a, T, N> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        if let Some(value) = self.chunk.next() {
            return Some(value);
        }
        if self.next < self.history.old as usize {
            return self.next_chunk();
        }
        self.young.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let old = self.history.old as usize - self.next;
        let len = self.chunk.len() + old + self.young.len();
        (len, Some(len))
    }
}

impl<T, const N: usize> ExactSizeIterator for Iter<'_, T, N> {}
