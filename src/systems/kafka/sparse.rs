//! Something about a few of many: of a thousand brokers a client talks to some dozens, and of ten thousand partitions a
//! broker has copies of some dozens. What there is stands close together in the order of places, and costs nothing where
//! there is nothing, apart from two bytes.

/// A value for some places, kept in their order.
#[derive(Clone, Debug)]
pub(super) struct Sparse<T> {
    /// For each place where its value stands, [`NONE`] if it has none.
    at: Vec<u16>,
    places: Vec<u32>,
    values: Vec<T>,
}

const NONE: u16 = u16::MAX;

impl<T> Sparse<T> {
    /// None of so many places has a value. Fewer than 65,535 of them may get one.
    pub fn new(places: usize) -> Self {
        Self {
            at: vec![NONE; places],
            places: Vec::new(),
            values: Vec::new(),
        }
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// How many of them have a value.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The n-th place that has a value.
    pub fn place(&self, nth: usize) -> usize {
        self.places[nth] as usize
    }

    /// The value of a place.
    #[inline]
    pub fn get(&self, place: usize) -> Option<&T> {
        let at = *self.at.get(place)?;
        self.values.get(usize::from(at))
    }

    /// The value of a place.
    #[inline]
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        let at = *self.at.get(place)?;
        self.values.get_mut(usize::from(at))
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
        debug_assert!(self.count() < usize::from(NONE), "too many values");
        let nth = self.places.partition_point(|&p| (p as usize) < place);
        self.places.insert(nth, place as u32);
        self.values.insert(nth, value);
        for (at, &place) in self.places.iter().enumerate().skip(nth) {
            self.at[place as usize] = at as u16;
        }
    }

    /// Takes all values away.
    pub fn clear(&mut self) {
        for place in self.places.drain(..) {
            self.at[place as usize] = NONE;
        }
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
        if self.at[place] == NONE {
            self.insert(place, T::default());
        }
        &mut self.values[usize::from(self.at[place])]
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
        ) {
            let (mut sparse, mut map) = (Sparse::new(40), BTreeMap::new());
            for (place, value, kind) in steps {
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
                prop_assert_eq!(sparse.get(40), None);
            }
        }
    }
}
