//! The event queue: what happens next.
//!
//! **Tie rule**: events leave in order of virtual time; events of the same time leave in the order in which they were
//! scheduled. A cancelled event leaves nothing behind that a run could notice.
//!
//! The events wait in places of a slab, which are linked into the slots of a timing wheel by their ticks. Once its tick has
//! come, an event is taken at once if it is alone there; otherwise the keys of the tick (16 bytes) go through an exactly
//! sorted run. How long a tick is decides the speed, never the order.

#[doc(hidden)]
pub mod heap;
mod run;
mod slab;
#[cfg(test)]
mod tests;
mod wheel;

use run::{First, Run};
use slab::{Key, Slab, place_of, time_of};
use wheel::{ALONE, Next, Wheel};

/// Names a scheduled event, to cancel it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket(u64);

impl Ticket {
    fn of(key: Key) -> Self {
        Self(key as u64)
    }
}

/// Where an event waits whose time has come.
pub(in crate::sim) struct Due(u32);

/// Pending events in (time, schedule order): at most 16 million at once. `Clone` is a checkpoint.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    run: Run,
    slab: Slab<E>,
    wheel: Wheel,
}

/// Fewer dead places than this are not worth a sweep.
const SWEEP_MIN: usize = 1024;

/// 2.048 µs: for latencies around half a millisecond.
const TICK_NS: u64 = 1 << 11;

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self::with_tick(TICK_NS)
    }
}

impl<E> EventQueue<E> {
    /// An empty queue with ticks of so many nanoseconds, rounded down to a power of two; at least 1.
    ///
    /// The tick is right when most events are scheduled between 1 and 2047 ticks ahead, and few share a tick. It has no
    /// influence on the order.
    pub fn with_tick(tick_ns: u64) -> Self {
        Self {
            run: Run::default(),
            slab: Slab::default(),
            wheel: Wheel::new(tick_ns.max(1).ilog2()),
        }
    }

    /// Puts an event at a time, behind all that are already there. Quick from the time of the last popped event on, and
    /// right at any time.
    #[allow(
        clippy::inline_always,
        reason = "an event is made in its place, not beside it and then copied"
    )]
    #[inline(always)]
    pub fn schedule(&mut self, time: u64, event: E) -> Ticket {
        let (place, number) = self.slab.put(time, event);
        let key = place.key();
        if self.wheel.is_bare() {
            if self.run.len() < ALONE {
                return Ticket::of(self.run.insert(key));
            }
        } else if self.wheel.insert_near(place, number) {
            return Ticket::of(key);
        }
        self.schedule_elsewhere(number)
    }

    /// The same where the event is for a later lap or at once, or where now there are so many that they need the wheel.
    #[inline(never)]
    fn schedule_elsewhere(&mut self, number: u32) -> Ticket {
        if self.wheel.is_bare() {
            self.wheel.spill(&mut self.slab, &mut self.run);
        }
        let place = self.slab.at_mut(number);
        let key = place.key();
        self.wheel.insert(place, number, &mut self.run);
        Ticket::of(key)
    }

    /// Whether an event can be scheduled without more memory than there is.
    #[inline]
    pub(in crate::sim) fn has_room(&self) -> bool {
        self.slab.has_room()
    }

    /// Takes back an event that has not happened; `None` if it has, or was cancelled before.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<E> {
        let event = self.slab.cancel(ticket.0)?;
        if self.slab.dead() >= SWEEP_MIN && self.slab.dead() > self.slab.len() {
            self.sweep();
        }
        Some(event)
    }

    /// Time of the next event. It looks for it, so that asking this changes nothing: not for the inner loop.
    pub fn next_time(&self) -> Option<u64> {
        let mut next = self.wheel.next_time(&self.slab);
        for key in self.run.left() {
            if self.slab.at(place_of(key)).is_live() {
                next = next.into_iter().chain([time_of(key)]).min();
            }
        }
        next
    }

    /// Takes the next event with its time.
    pub fn pop(&mut self) -> Option<(u64, E)> {
        self.pop_until(u64::MAX)
    }

    /// Takes the next event with its time, if that is not after `until`.
    #[inline]
    pub fn pop_until(&mut self, until: u64) -> Option<(u64, E)> {
        loop {
            let (time, due) = self.due(until)?;
            if let Some(event) = self.take(due) {
                return Some((time, event));
            }
        }
    }

    /// The time of the next event, if that is not after `until`, and where it waits. It is to be taken at once.
    #[allow(
        clippy::inline_always,
        reason = "an event goes from its place to where it is used, and is not copied in between"
    )]
    #[inline(always)]
    pub(in crate::sim) fn due(&mut self, until: u64) -> Option<(u64, Due)> {
        loop {
            match self.run.pop_until(until) {
                First::Due(key) => return Some((time_of(key), Due(place_of(key)))),
                First::Later => return None,
                First::Empty => match self.wheel.advance(until, &mut self.slab, &mut self.run) {
                    Next::One(number) => {
                        let place = self.slab.at(number);
                        if place.time() > until {
                            self.run.insert(place.key());
                            return None;
                        }
                        return Some((place.time(), Due(number)));
                    }
                    Next::Run => {}
                    Next::None => return None,
                },
            }
        }
    }

    /// The event whose time has come; `None` if it was cancelled.
    #[inline]
    pub(in crate::sim) fn look(&self, due: &Due) -> Option<&E> {
        self.slab.at(due.0).event()
    }

    /// Gives the place of an event free without a look at what that holds: for one that owns nothing.
    #[inline]
    pub(in crate::sim) fn forget(&mut self, due: Due) {
        std::mem::forget(self.slab.take(due.0));
    }

    /// Takes the event whose time has come; `None` if it was cancelled.
    #[inline]
    pub(in crate::sim) fn take(&mut self, due: Due) -> Option<E> {
        self.slab.take(due.0)
    }

    /// All pending events, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.slab.iter()
    }

    /// All pending events with their times, in no order.
    pub fn iter_timed(&self) -> impl Iterator<Item = (u64, &E)> {
        self.slab.iter_timed()
    }

    /// Panics when no sequence numbers are left; to be asked now and then, since the wheel asks only when it is used.
    pub(in crate::sim) fn check_sequence(&self) {
        self.slab.check_sequence();
    }

    /// As if so many events more had come and gone.
    #[cfg(test)]
    pub(in crate::sim) fn age(&mut self, events: u64) {
        self.slab.age(events);
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether nothing will happen any more.
    pub fn is_empty(&self) -> bool {
        self.slab.len() == 0
    }

    /// Frees all dead places. Most timeouts are cancelled long before their time, and must not pile up until then.
    #[cold]
    fn sweep(&mut self) {
        let mut run = Run::default();
        self.wheel.sweep(&mut self.slab, &mut run);
        // Nothing in the lists is of the cursor's tick or before.
        debug_assert!(run.is_empty());
    }
}
