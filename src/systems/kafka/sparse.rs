//! Something about a few of many: of a thousand brokers a client talks to some dozens, and of ten thousand partitions a
//! broker has copies of some dozens. What there is stands close together in the order of places, and costs nothing where
//! there is nothing, apart from two bytes if there are few places.

/// A value for some places, kept in their order.
#[derive(Clone, Debug)]
pub(super) struct Sparse<T> {
    len: usize,
    /// For each place where its value stands, [`NONE`] (behind all of them) if it has none. Empty if there are many places: then a value is looked
    /// for among the others, which takes a few more steps and far less memory.
    at: Vec<u16>,
    places: Vec<u32>,
    values: Vec<T>,
}

const NONE: u16 = u16::MAX;

/// More places than this are many.
const INDEXED_MAX: usize = 2048;

impl<T> Sparse<T> {
    /// None of so many places has a value. Fewer than 65,535 of them may get one.
    pub fn new(places: usize) -> Self {
        let indexed = if places > INDEXED_MAX { 0 } else { places };
        Self {
            len: places,
            at: vec![NONE; indexed],
            places: Vec::new(),
            values: Vec::new(),
        }
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Where the value of a place stands; behind all values if it has none.
    #[inline]
    fn find(&self, place: usize) -> usize {
        match self.at.get(place) {
            Some(&at) => usize::from(at),
            None => self.search(place),
        }
    }

    #[cold]
    #[inline(never)]
    fn search(&self, place: usize) -> usize {
        let of_many = |place: usize| match u32::try_from(place) {
            Ok(place) if self.at.is_empty() => self.places.binary_search(&place).ok(),
            _ => None,
        };
        of_many(place).unwrap_or(usize::MAX)
    }

    /// How many of them have a value.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The n-th value.
    #[inline]
    pub fn nth(&self, nth: usize) -> Option<&T> {
        self.values.get(nth)
    }

    /// The n-th place that has a value.
    pub fn place(&self, nth: usize) -> usize {
        self.places[nth] as usize
    }

    /// The value of a place.
    #[inline]
    pub fn get(&self, place: usize) -> Option<&T> {
        self.values.get(self.find(place))
    }

    /// The value of a place.
    #[inline]
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        let at = self.find(place);
        self.values.get_mut(at)
    }

    /// Gives a place its value.
    pub fn set(&mut self, place: usize, value: T) {
        match self.get_mut(place) {
            Some(old) => *old = value,
            None => self.insert(place, value),
        }
    }

    #[cold]
    fn insert(&mut self, place: usize, value: T) {
        debug_assert!(place < self.len, "no such place");
        debug_assert!(self.count() < usize::from(NONE), "too many values");
        let nth = self.places.partition_point(|&p| (p as usize) < place);
        self.places.insert(nth, place as u32);
        self.values.insert(nth, value);
        if self.at.is_empty() {
            return;
        }
        for (at, &place) in self.places.iter().enumerate().skip(nth) {
            self.at[place as usize] = at as u16;
        }
    }

    /// Takes all values away.
    pub fn clear(&mut self) {
        self.places.clear();
        self.at.fill(NONE);
        self.values.clear();
    }

    /// The values, in the order of their places.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }

    /// The values, in the order of their places.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.values.iter_mut()
    }

    /// Places and their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.places
            .iter()
            .zip(&self.values)
            .map(|(&p, v)| (p as usize, v))
    }
}

impl<T: Default> Sparse<T> {
    /// The value of a place, which gets the usual one if it has none.
    #[inline]
    pub fn at(&mut self, place: usize) -> &mut T {
        let mut at = self.find(place);
        if at >= self.values.len() {
            self.insert(place, T::default());
            at = self.find(place);
        }
        &mut self.values[at]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_from_places_in_their_order(
            steps in prop::collection::vec((0usize..40, any::<u8>(), 0u8..20), 0..200),
            apart in prop::sample::select(vec![1, 2 * INDEXED_MAX / 40]),
        ) {
            let places = 40 * apart;
            let (mut sparse, mut map) = (Sparse::new(places), BTreeMap::new());
            for (place, value, kind) in steps {
                let place = place * apart;
                match kind {
                    0 => {
                        sparse.clear();
                        map.clear();
                    }
                    1..10 => {
                        sparse.set(place, value);
                        map.insert(place, value);
                    }
                    _ => {
                        let (a, b) = (sparse.at(place), map.entry(place).or_default());
                        *a = a.wrapping_add(value);
                        *b = b.wrapping_add(value);
                    }
                }
                prop_assert_eq!(sparse.get(place), map.get(&place));
                prop_assert!(sparse.iter().eq(map.iter().map(|(&p, v)| (p, v))));
                prop_assert!((0..sparse.count()).map(|n| sparse.place(n)).eq(map.keys().copied()));
                prop_assert_eq!(sparse.get(places), None);
                prop_assert_eq!(sparse.get(place + 1).is_some(), map.contains_key(&(place + 1)));
            }
        }
    }
}
