//! The queue that no run uses: a heap with the same rules as [`EventQueue`](super::EventQueue). It is the oracle of the
//! wheel's tests and what the benches measure the wheel against.
//!
//! A 4-ary heap of 16-byte keys with the payloads in a slab beside it; sifting is bottom-up, since a popped queue's last
//! key nearly always belongs near the bottom.

/// Names an event in the heap, to cancel it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeapTicket {
    slot: u32,
    sequence: u64,
}

const SLOT_BITS: u32 = 24;
const SLOT_MASK: u128 = (1 << SLOT_BITS) - 1;

#[derive(Clone, Debug)]
struct Slot<E> {
    sequence: u64,
    event: Option<E>,
}

/// Pending events in (time, schedule order).
#[derive(Clone, Debug)]
pub struct HeapQueue<E> {
    /// time (64 bits), sequence (40), slot (24); at most 2^24 events may be pending at once.
    heap: Vec<u128>,
    slab: Vec<Slot<E>>,
    free: Vec<u32>,
    sequence: u64,
    live: usize,
    /// Keys of cancelled events that are still in the heap; never its first.
    dead: usize,
}

/// Fewer dead keys than this are not worth the sweep.
const SWEEP_MIN: usize = 1024;

impl<E> Default for HeapQueue<E> {
    fn default() -> Self {
        Self {
            heap: Vec::new(),
            slab: Vec::new(),
            free: Vec::new(),
            sequence: 0,
            live: 0,
            dead: 0,
        }
    }
}

impl<E> HeapQueue<E> {
    /// Puts an event at a time, behind all that are already there.
    pub fn schedule(&mut self, time: u64, event: E) -> HeapTicket {
        let sequence = self.sequence;
        self.sequence += 1;
        self.live += 1;
        let entry = Slot {
            sequence,
            event: Some(event),
        };
        let slot = if let Some(slot) = self.free.pop() {
            self.slab[slot as usize] = entry;
            slot
        } else {
            assert!(self.slab.len() < 1 << SLOT_BITS, "the heap is full");
            self.slab.push(entry);
            self.slab.len() as u32 - 1
        };
        let key = u128::from(time) << 64 | u128::from(sequence) << SLOT_BITS | u128::from(slot);
        self.heap.push(key);
        self.sift_up(self.heap.len() - 1, key);
        HeapTicket { slot, sequence }
    }

    /// Takes back an event that has not happened; `None` if it has, or was cancelled before.
    pub fn cancel(&mut self, ticket: HeapTicket) -> Option<E> {
        let slot = self.slab.get_mut(ticket.slot as usize)?;
        if slot.sequence != ticket.sequence {
            return None;
        }
        let event = slot.event.take()?;
        self.live -= 1;
        self.dead += 1;
        if self.dead >= SWEEP_MIN && self.dead > self.live {
            self.sweep();
        } else {
            self.drop_cancelled();
        }
        Some(event)
    }

    /// Time of the next event.
    pub fn next_time(&self) -> Option<u64> {
        self.heap.first().map(|key| (key >> 64) as u64)
    }

    /// Takes the next event with its time.
    pub fn pop(&mut self) -> Option<(u64, E)> {
        self.pop_until(u64::MAX)
    }

    /// Takes the next event with its time, if that is not after `until`.
    pub fn pop_until(&mut self, until: u64) -> Option<(u64, E)> {
        let key = *self.heap.first()?;
        let time = (key >> 64) as u64;
        if time > until {
            return None;
        }
        let slot = (key & SLOT_MASK) as u32;
        let event = self.slab[slot as usize].event.take()?;
        self.live -= 1;
        self.remove_first(slot);
        if self.dead > 0 {
            self.drop_cancelled();
        }
        Some((time, event))
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether nothing will happen any more.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    fn drop_cancelled(&mut self) {
        while let Some(&key) = self.heap.first() {
            let slot = (key & SLOT_MASK) as u32;
            if self.slab[slot as usize].event.is_some() {
                return;
            }
            self.dead -= 1;
            self.remove_first(slot);
        }
    }

    /// Removes all dead keys. Most timeouts are cancelled long before their time, and must not pile up until then.
    fn sweep(&mut self) {
        let (slab, free) = (&self.slab, &mut self.free);
        self.heap.retain(|key| {
            let slot = (key & SLOT_MASK) as u32;
            let alive = slab[slot as usize].event.is_some();
            if !alive {
                free.push(slot);
            }
            alive
        });
        // A sorted list is a heap; the order of the keys is total, so no event moves.
        self.heap.sort_unstable();
        self.dead = 0;
    }

    fn remove_first(&mut self, slot: u32) {
        self.free.push(slot);
        let Some(last) = self.heap.pop() else { return };
        if self.heap.is_empty() {
            return;
        }
        let hole = self.sink_hole();
        self.sift_up(hole, last);
    }

    /// Moves the hole at the root down to a leaf along the smallest children.
    fn sink_hole(&mut self) -> usize {
        let heap = &mut self.heap[..];
        let mut hole = 0;
        loop {
            let first = hole * 4 + 1;
            if first >= heap.len() {
                return hole;
            }
            let end = (first + 4).min(heap.len());
            let mut least = first;
            for child in first + 1..end {
                if heap[child] < heap[least] {
                    least = child;
                }
            }
            heap[hole] = heap[least];
            hole = least;
        }
    }

    fn sift_up(&mut self, mut at: usize, key: u128) {
        let heap = &mut self.heap[..];
        while at > 0 {
            let parent = (at - 1) / 4;
            if heap[parent] <= key {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = key;
    }
}
