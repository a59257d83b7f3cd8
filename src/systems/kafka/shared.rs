//! A table that many hold, each of whom may change a little of it: what a thousand brokers and ten thousand clients know of
//! ten thousand partitions is nearly the same. Clones share what none of them has changed.

use std::sync::Arc;

/// So many entries are shared or not together: a power of two.
const CHUNK: usize = 64;

/// A table of fixed length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared<T> {
    /// The list of chunks is shared too, until one of them is another.
    chunks: Arc<Vec<Arc<[T]>>>,
    len: usize,
}

impl<T: Clone + PartialEq> Shared<T> {
    /// So many of the same.
    pub fn of(value: T, len: usize) -> Self {
        let whole: Arc<[T]> = vec![value; len.min(CHUNK)].into();
        let mut chunks = vec![Arc::clone(&whole); len / CHUNK];
        let rest = len % CHUNK;
        if rest > 0 {
            chunks.push(whole[..rest].into());
        }
        Self {
            chunks: Arc::new(chunks),
            len,
        }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// An entry.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// Changes an entry, for this one alone.
    pub fn set(&mut self, at: usize, value: T) {
        if self.get(at).is_some_and(|old| *old != value) {
            let chunks = Arc::make_mut(&mut self.chunks);
            Arc::make_mut(&mut chunks[at / CHUNK])[at % CHUNK] = value;
        }
    }

    /// Takes over each entry of another table (of the same length) that may replace one's own.
    pub fn merge(&mut self, other: &Self, replaces: impl Fn(&T, &T) -> bool) {
        let is_old = |mine: &Arc<[T]>, other: &Arc<[T]>| {
            Arc::ptr_eq(mine, other) || mine.iter().zip(&**other).all(|(m, o)| replaces(o, m))
        };
        if Arc::ptr_eq(&self.chunks, &other.chunks) {
            return;
        }
        let mut both = self.chunks.iter().zip(&*other.chunks);
        if both.all(|(mine, other)| is_old(mine, other)) {
            self.chunks = Arc::clone(&other.chunks);
            return;
        }
        let chunks = Arc::make_mut(&mut self.chunks);
        for (mine, other) in chunks.iter_mut().zip(&*other.chunks) {
            if is_old(mine, other) {
                *mine = Arc::clone(other);
                continue;
            }
            for (at, new) in other.iter().enumerate() {
                if mine[at] != *new && replaces(new, &mine[at]) {
                    Arc::make_mut(mine)[at] = new.clone();
                }
            }
        }
    }
}

impl<T> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let all: Vec<T> = entries.into_iter().collect();
        let len = all.len();
        let mut all = all.into_iter();
        let chunk = |_| all.by_ref().take(CHUNK).collect();
        let chunks = (0..len.div_ceil(CHUNK)).map(chunk).collect();
        Self {
            chunks: Arc::new(chunks),
            len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_the_one_that_made_it() {
        let first: Shared<u32> = (0..150).collect();
        let mut second = first.clone();
        second.set(70, 7);
        assert_eq!((first.get(70), second.get(70)), (Some(&70), Some(&7)));
        assert_eq!((first.get(149), first.get(150)), (Some(&149), None));
        let shared = |a: &Shared<u32>, b: &Shared<u32>| {
            let both = a.chunks.iter().zip(&*b.chunks);
            both.map(|(a, b)| Arc::ptr_eq(a, b)).collect::<Vec<_>>()
        };
        assert_eq!(shared(&first, &second), [true, false, true]);
        second.set(1, 1);
        assert!(shared(&first, &second)[0], "nothing has changed there");
        assert_eq!(Shared::of(3, 150).len(), 150);
        assert!((0..150).all(|at| Shared::of(3, 150).get(at) == Some(&3)));
    }

    #[test]
    fn a_merge_takes_what_is_newer_and_keeps_what_is_not() {
        let old: Shared<u32> = (0..150).collect();
        let (mut mine, mut told) = (old.clone(), old);
        mine.set(3, 100);
        told.set(3, 50);
        told.set(4, 200);
        told.set(140, 300);
        mine.merge(&told, |new, old| new >= old);
        let seen = [3, 4, 5, 140].map(|at| mine.get(at).copied());
        assert_eq!(seen, [Some(100), Some(200), Some(5), Some(300)]);
    }
}
