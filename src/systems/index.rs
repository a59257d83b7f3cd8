//! A table from numbers to small values, whose order nobody sees: for keys of caches and ids of messages.
//!
//! Open addressing with a fixed hash, so that a run does not depend on the machine, and nothing is allocated while the table
//! does not grow. It cannot be walked through: the order in it means nothing.

/// From `u64` to `V`.
#[derive(Clone, Debug)]
pub(super) struct Index<V> {
    /// A power of two of places, or none. What does not stand in its own place stands in the next free one behind it.
    places: Vec<Option<(u64, V)>>,
    len: usize,
}

const PLACES_MIN: usize = 16;

impl<V> Default for Index<V> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            len: 0,
        }
    }
}

impl<V: Copy> Index<V> {
    /// How many keys are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The value of `key`.
    pub fn get(&self, key: u64) -> Option<V> {
        let at = self.find(key)?;
        self.places[at].map(|(_, value)| value)
    }

    /// Gives `key` a value; returns the one it had.
    pub fn insert(&mut self, key: u64, value: V) -> Option<V> {
        if self.len * 4 >= self.places.len() * 3 {
            self.grow();
        }
        let at = self.probe(key);
        let old = self.places[at].replace((key, value));
        self.len += usize::from(old.is_none());
        old.map(|(_, value)| value)
    }

    /// Takes `key` out; returns its value.
    pub fn remove(&mut self, key: u64) -> Option<V> {
        let mut hole = self.find(key)?;
        let gone = self.places[hole].take();
        self.len -= 1;
        // Who stands behind the hole and would be looked for through it moves into it.
        let mask = self.places.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let Some((other, _)) = self.places[at] else {
                return gone.map(|(_, value)| value);
            };
            let from_home = at.wrapping_sub(self.home(other)) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                self.places[hole] = self.places[at].take();
                hole = at;
            }
        }
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.places.fill(None);
        self.len = 0;
    }

    fn home(&self, key: u64) -> usize {
        mix(key) as usize & (self.places.len() - 1)
    }

    /// Where `key` stands, or the free place where it would.
    fn probe(&self, key: u64) -> usize {
        let mask = self.places.len() - 1;
        let mut at = self.home(key);
        while self.places[at].is_some_and(|(other, _)| other != key) {
            at = (at + 1) & mask;
        }
        at
    }

    fn find(&self, key: u64) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let at = self.probe(key);
        self.places[at].is_some().then_some(at)
    }

    #[cold]
    fn grow(&mut self) {
        let places = (self.places.len() * 2).max(PLACES_MIN);
        let old = std::mem::replace(&mut self.places, vec![None; places]);
        for (key, value) in old.into_iter().flatten() {
            let at = self.probe(key);
            self.places[at] = Some((key, value));
        }
    }
}

/// Spreads what is regular: the finalizer of `SplitMix64` (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
/// 2014).
fn mix(key: u64) -> u64 {
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Index;

    proptest! {
        /// Few keys in a small table: they collide, and what is taken out leaves holes among others.
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((0..3_u8, 0..40_u64, any::<u32>()), 0..400)) {
            let (mut index, mut map) = (Index::default(), BTreeMap::new());
            for (step, key, value) in steps {
                let (old, expected) = if step == 0 {
                    (index.remove(key), map.remove(&key))
                } else {
                    (index.insert(key, value), map.insert(key, value))
                };
                prop_assert_eq!(old, expected);
                prop_assert_eq!(index.len(), map.len());
                for key in 0..40 {
                    prop_assert_eq!(index.get(key), map.get(&key).copied());
                }
            }
            index.clear();
            prop_assert_eq!((index.len(), index.get(1)), (0, None));
        }
    }
}
