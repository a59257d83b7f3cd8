//! Where events wait: places that are used again, so that a queue in steady state allocates nothing.
//!
//! A place says when its event happens and how it is called, and has a link to another place: the slots of the wheel and
//! the places that are free are lists through the places themselves.

/// No place.
pub(super) const NIL: u32 = u32::MAX;

/// So many low bits of a ticket are the number of its place; the others are the sequence.
const PLACE_BITS: u32 = 24;
/// At most so many places: 16.8 million.
const PLACES_MAX: u32 = 1 << PLACE_BITS;
/// At most so many events ever: 1.1 million million.
const EVENTS_MAX: u64 = 1 << (64 - PLACE_BITS);

/// When an event happens (the upper 64 bits) and its ticket (the lower). Keys sort as events leave: by time, then by sequence.
pub(super) type Key = u128;

/// When the event of a key happens.
#[inline]
pub(super) fn time_of(key: Key) -> u64 {
    (key >> 64) as u64
}

/// Where the event of a key waits.
#[inline]
pub(super) fn place_of(key: Key) -> u32 {
    key as u32 & (PLACES_MAX - 1)
}

#[derive(Clone, Debug)]
pub(super) struct Place<E> {
    time: u64,
    /// Sequence and own number.
    ticket: u64,
    /// The next place of the list in which it is.
    pub next: u32,
    /// `None` once it was cancelled; the place is free when it has left its list.
    event: Option<E>,
}

impl<E> Place<E> {
    #[inline]
    pub fn time(&self) -> u64 {
        self.time
    }

    #[inline]
    pub fn key(&self) -> Key {
        u128::from(self.time) << 64 | u128::from(self.ticket)
    }

    /// Its event, unless that was cancelled.
    #[inline]
    pub fn event(&self) -> Option<&E> {
        self.event.as_ref()
    }

    /// Whether its event waits still.
    pub fn is_live(&self) -> bool {
        self.event.is_some()
    }
}

/// Events by place.
#[derive(Clone, Debug)]
pub(super) struct Slab<E> {
    places: Vec<Place<E>>,
    /// The place that was left last is taken first: it is still in the cache.
    free: u32,
    /// Cancelled events whose places are in a list.
    dead: u32,
    /// How many events ever came, and how many were taken or cancelled.
    came: u64,
    gone: u64,
}

impl<E> Default for Slab<E> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: NIL,
            dead: 0,
            came: 0,
            gone: 0,
        }
    }
}

impl<E> Slab<E> {
    /// Lets an event wait; returns its place and its ticket.
    #[allow(
        clippy::inline_always,
        reason = "an event is made in its place, not beside it and then copied"
    )]
    #[inline(always)]
    pub fn put(&mut self, time: u64, event: E) -> (&mut Place<E>, u32) {
        if !self.has_room() {
            self.grow();
        }
        let number = self.free;
        let sequence = self.came;
        self.came += 1;
        let place = &mut self.places[number as usize];
        self.free = place.next;
        place.time = time;
        place.ticket = sequence << PLACE_BITS | u64::from(number);
        // The place is empty: nothing has to be tidied up, and nobody need look.
        debug_assert!(place.event.is_none());
        std::mem::forget(place.event.replace(event));
        (place, number)
    }

    /// Whether a place is free.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.free != NIL
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let number = self.places.len() as u32;
        assert!(number < PLACES_MAX, "16 million events are pending");
        self.places.push(Place {
            time: 0,
            ticket: 0,
            next: NIL,
            event: None,
        });
        self.free = number;
    }

    #[inline]
    pub fn at(&self, number: u32) -> &Place<E> {
        &self.places[number as usize]
    }

    #[inline]
    pub fn at_mut(&mut self, number: u32) -> &mut Place<E> {
        &mut self.places[number as usize]
    }

    /// Takes the event of a place that has left its list, and frees the place; `None` if it was cancelled.
    #[inline]
    pub fn take(&mut self, number: u32) -> Option<E> {
        let place = &mut self.places[number as usize];
        place.next = self.free;
        self.free = number;
        let event = place.event.take();
        if event.is_some() {
            self.gone += 1;
        } else {
            self.dead -= 1;
        }
        event
    }

    /// Takes the event with a ticket, and leaves its place in its list.
    pub fn cancel(&mut self, ticket: u64) -> Option<E> {
        let place = self.places.get_mut(place_of(Key::from(ticket)) as usize)?;
        if place.ticket != ticket {
            return None;
        }
        let event = place.event.take()?;
        self.gone += 1;
        self.dead += 1;
        Some(event)
    }

    /// Panics when no sequence numbers are left; to be asked now and then.
    pub fn check_sequence(&self) {
        // Long before the last: whoever asks does not do so each time.
        assert!(
            self.came < EVENTS_MAX / 2,
            "550 thousand million events have happened"
        );
    }

    /// As if so many events more had come and gone.
    #[cfg(test)]
    pub fn age(&mut self, events: u64) {
        self.came += events;
        self.gone += events;
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        (self.came - self.gone) as usize
    }

    /// How many cancelled events are in lists.
    pub fn dead(&self) -> usize {
        self.dead as usize
    }

    /// The events that wait.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.places.iter().filter_map(|place| place.event.as_ref())
    }

    /// The same with the times at which they happen.
    pub fn iter_timed(&self) -> impl Iterator<Item = (u64, &E)> {
        self.places
            .iter()
            .filter_map(|p| Some((p.time, p.event.as_ref()?)))
    }

    /// The places of a list.
    pub fn list(&self, first: u32) -> impl Iterator<Item = &Place<E>> {
        let place = |number: u32| self.places.get(number as usize);
        std::iter::successors(place(first), move |p| place(p.next))
    }
}
