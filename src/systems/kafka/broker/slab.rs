//! Things that wait for something, found again by their slot and a number that no other thing in the slot has.

/// A set of waiting things.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Option<(u32, T)>>,
    free: Vec<u32>,
    next: u32,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            next: 0,
        }
    }
}

impl<T> Slab<T> {
    /// The slot and the number that the next thing will have.
    pub fn next(&self) -> (u32, u32) {
        let slot = self.free.last().copied();
        (slot.unwrap_or(self.slots.len() as u32), self.next)
    }

    /// Adds a thing.
    pub fn insert(&mut self, thing: T) -> (u32, u32) {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.slots[slot as usize] = Some((number, thing));
        (slot, number)
    }

    /// A thing, if it still waits.
    pub fn get_mut(&mut self, slot: u32, number: u32) -> Option<&mut T> {
        match self.slots.get_mut(slot as usize) {
            Some(Some((n, thing))) if *n == number => Some(thing),
            _ => None,
        }
    }

    /// A thing, if it still waits.
    pub fn get(&self, slot: u32, number: u32) -> Option<&T> {
        match self.slots.get(slot as usize) {
            Some(Some((n, thing))) if *n == number => Some(thing),
            _ => None,
        }
    }

    /// Removes a thing.
    pub fn take(&mut self, slot: u32, number: u32) -> Option<T> {
        self.get_mut(slot, number)?;
        self.free.push(slot);
        self.slots[slot as usize].take().map(|(_, thing)| thing)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
