//! The event queue: what happens next.
//!
//! **Tie rule**: events leave in order of virtual time; events of the same time leave in the order in which they were
//! scheduled. A cancelled event leaves nothing behind that a run could notice.
//!
//! The events wait in a slab; their keys (24 bytes) go through a timing wheel and, once their tick has come, through an
//! exactly sorted run. How long a tick is decides the speed, never the order.

#[doc(hidden)]
pub mod heap;
mod run;
mod slab;
#[cfg(test)]
mod tests;
mod wheel;

use slab::Slab;
use wheel::Wheel;

/// Names a scheduled event, to cancel it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
    slot: u32,
    sequence: u64,
}

/// When an event happens, and where it waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Key {
    time: u64,
    sequence: u64,
    slot: u32,
}

impl Key {
    /// Sorts by time, then by schedule order.
    fn rank(self) -> u128 {
        u128::from(self.time) << 64 | u128::from(self.sequence)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// Pending events in (time, schedule order). `Clone` is a checkpoint.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    wheel: Wheel,
    slab: Slab<E>,
    sequence: u64,
    /// Keys of cancelled events that have not been dropped yet.
    dead: usize,
}

/// Fewer dead keys than this are not worth a sweep.
const SWEEP_MIN: usize = 1024;

/// 8.192 µs: for latencies around half a millisecond.
const TICK_NS: u64 = 1 << 13;

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self::with_tick(TICK_NS)
    }
}

impl<E> EventQueue<E> {
    /// An empty queue with ticks of so many nanoseconds, rounded down to a power of two; at least 1.
    ///
    /// The tick is right when most events are scheduled between 1 and 256 ticks ahead, and few share a tick. It has no
    /// influence on the order.
    pub fn with_tick(tick_ns: u64) -> Self {
        Self {
            wheel: Wheel::new(tick_ns.max(1).ilog2()),
            slab: Slab::default(),
            sequence: 0,
            dead: 0,
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
        let sequence = self.sequence;
        self.sequence += 1;
        let slot = self.slab.put(sequence, event);
        self.wheel.insert(Key {
            time,
            sequence,
            slot,
        });
        Ticket { slot, sequence }
    }

    /// Takes back an event that has not happened; `None` if it has, or was cancelled before.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<E> {
        let event = self.slab.take(ticket.slot, ticket.sequence)?;
        self.dead += 1;
        if self.dead >= SWEEP_MIN && self.dead > self.slab.len() {
            self.sweep();
        }
        Some(event)
    }

    /// Time of the next event. It looks for it, so that asking this changes nothing: not for the inner loop.
    pub fn next_time(&self) -> Option<u64> {
        if self.slab.len() == 0 {
            return None;
        }
        self.wheel.next_time(|key| self.slab.has(key))
    }

    /// Takes the next event with its time.
    pub fn pop(&mut self) -> Option<(u64, E)> {
        self.pop_until(u64::MAX)
    }

    /// Takes the next event with its time, if that is not after `until`.
    #[inline]
    pub fn pop_until(&mut self, until: u64) -> Option<(u64, E)> {
        // Without this, dead keys alone could take the wheel far ahead of the next schedule.
        if self.slab.len() == 0 {
            return None;
        }
        loop {
            let key = self.wheel.pop_until(until)?;
            if let Some(event) = self.slab.take(key.slot, key.sequence) {
                return Some((key.time, event));
            }
            self.dead -= 1;
        }
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether nothing will happen any more.
    pub fn is_empty(&self) -> bool {
        self.slab.len() == 0
    }

    /// Drops all dead keys. Most timeouts are cancelled long before their time, and must not pile up until then.
    #[cold]
    fn sweep(&mut self) {
        let slab = &self.slab;
        self.wheel.retain(|key| slab.has(key));
        self.dead = 0;
    }
}
