//! Where events wait: places that are used again, so that a queue in steady state allocates nothing.

use super::Key;

/// The sequence of a place that nobody holds.
const VACANT: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct Place<E> {
    sequence: u64,
    event: Option<E>,
}

/// Events by place. The sequence tells one that waits from one that waited there before.
#[derive(Clone, Debug)]
pub(super) struct Slab<E> {
    places: Vec<Place<E>>,
    /// The place that was left last is taken first: it is still in the cache.
    free: Vec<u32>,
}

impl<E> Default for Slab<E> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<E> Slab<E> {
    #[allow(
        clippy::inline_always,
        reason = "an event is made in its place, not beside it and then copied"
    )]
    #[inline(always)]
    pub fn put(&mut self, sequence: u64, event: E) -> u32 {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => self.grow(),
        };
        let place = &mut self.places[slot as usize];
        place.sequence = sequence;
        // The place is empty: nothing has to be tidied up, and nobody need look.
        debug_assert!(place.event.is_none());
        std::mem::forget(place.event.replace(event));
        slot
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        let slot = self.places.len();
        assert!(slot < u32::MAX as usize, "four billion events are pending");
        self.places.push(Place {
            sequence: VACANT,
            event: None,
        });
        slot as u32
    }

    #[inline]
    pub fn take(&mut self, slot: u32, sequence: u64) -> Option<E> {
        let place = self.places.get_mut(slot as usize)?;
        if place.sequence != sequence {
            return None;
        }
        place.sequence = VACANT;
        self.free.push(slot);
        place.event.take()
    }

    /// Whether the event of a key still waits.
    pub fn has(&self, key: Key) -> bool {
        self.places[key.slot as usize].sequence == key.sequence
    }

    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}
