//! Things that wait for something, found again by one small number that no other thing bears for a long time: for calls
//! and timers, whose answers may come when what they were for is over.

use std::collections::VecDeque;

/// A slot is not used again before this many others.
const RESERVE: usize = 256;

/// The number of a thing: its slot, and which of the slot's things it is.
pub type Key = u32;

/// A set of waiting things, at most 65,536 at once.
#[derive(Clone, Debug)]
pub struct Slots<T> {
    slots: Vec<(u16, Option<T>)>,
    free: VecDeque<u16>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: VecDeque::new(),
        }
    }
}

impl<T> Slots<T> {
    /// Adds a thing; its number, or the thing again if there are too many. A number comes back after some 16 million
    /// others at the earliest, which no answer is late by.
    pub fn insert(&mut self, thing: T) -> Result<Key, T> {
        let slot = if self.free.len() >= RESERVE || self.slots.len() > usize::from(u16::MAX) {
            self.free.pop_front()
        } else {
            self.slots.push((0, None));
            Some((self.slots.len() - 1) as u16)
        };
        let Some(slot) = slot else {
            return Err(thing);
        };
        let (generation, place) = &mut self.slots[usize::from(slot)];
        *place = Some(thing);
        Ok(u32::from(*generation) << 16 | u32::from(slot))
    }

    fn slot(key: Key) -> (usize, u16) {
        ((key & 0xffff) as usize, (key >> 16) as u16)
    }

    /// A thing, if it is still there.
    pub fn get(&self, key: Key) -> Option<&T> {
        let (slot, generation) = Self::slot(key);
        match self.slots.get(slot) {
            Some((g, thing)) if *g == generation => thing.as_ref(),
            _ => None,
        }
    }

    /// A thing, if it is still there.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let (slot, generation) = Self::slot(key);
        match self.slots.get_mut(slot) {
            Some((g, thing)) if *g == generation => thing.as_mut(),
            _ => None,
        }
    }

    /// Takes a thing out.
    pub fn take(&mut self, key: Key) -> Option<T> {
        let (slot, generation) = Self::slot(key);
        match self.slots.get_mut(slot) {
            Some((g, thing)) if *g == generation && thing.is_some() => {
                *g = g.wrapping_add(1);
                self.free.push_back(slot as u16);
                thing.take()
            }
            _ => None,
        }
    }

    /// All things, with their numbers, in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        let slots = (0u32..).zip(&self.slots);
        slots.filter_map(|(slot, (g, thing))| {
            thing.as_ref().map(|t| (u32::from(*g) << 16 | slot, t))
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all things; their numbers stay used.
    pub fn clear(&mut self) {
        for (slot, (generation, thing)) in self.slots.iter_mut().enumerate() {
            if thing.take().is_some() {
                *generation = generation.wrapping_add(1);
                self.free.push_back(slot as u16);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_one_thing_only() {
        let mut slots = Slots::default();
        let first = slots.insert('a').unwrap();
        assert_eq!(slots.get(first), Some(&'a'));
        assert_eq!(slots.take(first), Some('a'));
        assert_eq!(slots.take(first), None);
        for _ in 0..200_000 {
            let key = slots.insert('b').unwrap();
            assert_ne!(key, first, "a late answer would be taken for another's");
            assert_eq!(slots.get(first), None);
            assert_eq!(slots.take(key), Some('b'));
        }
        assert!(slots.slots.len() <= RESERVE + 1);
    }

    #[test]
    fn there_is_an_end_of_slots() {
        let mut slots = Slots::default();
        let keys: Vec<Key> = (0..65_536).map(|n| slots.insert(n).unwrap()).collect();
        assert_eq!(slots.insert(0), Err(0));
        assert_eq!(slots.take(keys[7]), Some(7));
        assert_eq!(slots.insert(1).map(|key| key & 0xffff), Ok(7));
        assert_eq!(slots.len(), 65_536);
        slots.clear();
        assert!(slots.is_empty() && slots.get(keys[3]).is_none());
    }
}
