//! Entries in the order of their last use: exact, and in the same time however many there are.

use std::num::NonZeroU32;

use crate::systems::index::Index;

/// Values by key. They stand in a slab and are linked from the one that was used last to the one whose use is longest ago.
#[derive(Clone, Debug)]
pub(super) struct Lru<V> {
    places: Vec<Place<V>>,
    /// The place of each key, counted from 1.
    index: Index<NonZeroU32>,
    /// Places that are empty.
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
}

#[derive(Clone, Debug)]
struct Place<V> {
    key: u64,
    value: V,
    newer: u32,
    older: u32,
}

/// No place.
const NONE: u32 = u32::MAX;

impl<V> Default for Lru<V> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            index: Index::default(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
        }
    }
}

impl<V: Copy> Lru<V> {
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The value of a key, which is not a use of it.
    pub fn peek(&self, key: u64) -> Option<V> {
        let at = self.find(key)?;
        Some(self.places[at as usize].value)
    }

    /// The key is the one that was used last now.
    pub fn touch(&mut self, key: u64) {
        if let Some(at) = self.find(key)
            && at != self.newest
        {
            self.unlink(at);
            self.link_newest(at);
        }
    }

    /// Gives a key a value, which is a use of it. Returns whether it is new.
    pub fn put(&mut self, key: u64, value: V) -> bool {
        if let Some(at) = self.find(key) {
            self.places[at as usize].value = value;
            self.touch(key);
            return false;
        }
        let place = Place {
            key,
            value,
            newer: NONE,
            older: NONE,
        };
        let at = if let Some(at) = self.free.pop() {
            self.places[at as usize] = place;
            at
        } else {
            self.places.push(place);
            self.places.len() as u32 - 1
        };
        self.index.insert(key, NonZeroU32::MIN.saturating_add(at));
        self.link_newest(at);
        true
    }

    pub fn remove(&mut self, key: u64) -> Option<V> {
        let at = self.find(key)?;
        self.unlink(at);
        self.index.remove(key);
        self.free.push(at);
        Some(self.places[at as usize].value)
    }

    /// The key whose use is longest ago.
    pub fn oldest(&self) -> Option<u64> {
        self.places.get(self.oldest as usize).map(|p| p.key)
    }

    pub fn clear(&mut self) {
        self.index.clear();
        self.places.clear();
        self.free.clear();
        (self.newest, self.oldest) = (NONE, NONE);
    }

    fn find(&self, key: u64) -> Option<u32> {
        self.index.get(key).map(|at| at.get() - 1)
    }

    fn unlink(&mut self, at: u32) {
        let (newer, older) = {
            let place = &self.places[at as usize];
            (place.newer, place.older)
        };
        match self.places.get_mut(newer as usize) {
            Some(place) => place.older = older,
            None => self.newest = older,
        }
        match self.places.get_mut(older as usize) {
            Some(place) => place.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link_newest(&mut self, at: u32) {
        let older = self.newest;
        let place = &mut self.places[at as usize];
        (place.newer, place.older) = (NONE, older);
        match self.places.get_mut(older as usize) {
            Some(place) => place.newer = at,
            None => self.oldest = at,
        }
        self.newest = at;
    }
}
