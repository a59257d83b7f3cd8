//! A hierarchical timing wheel of keys.
//!
//! Time is cut into ticks. A tick's number has eight digits of base 256, and each digit has a level of 256 slots. A key
//! of the next 255 ticks lies on the lowest level, in the slot of its last digit; another on the level of the highest digit
//! in which its tick differs from the cursor's, in the slot of that digit. So what lies on the lowest level behind the
//! cursor's own slot comes before all else; what lies there before it, with the next 256 ticks, and what the other levels
//! hold for these must be looked at together. From the second level on all of a level comes before all of the next, and a
//! slot before those behind it. Whatever such a slot holds when the cursor reaches it goes to lower levels or, at the
//! cursor's own tick, into the run. Eight levels reach the end of time.
//!
//! The tick suits itself to what happens: it doubles while hardly any tick has more than one key, and halves while ticks
//! have very many. Which of several ticks it is depends on the keys alone, and the order depends on none of them.
//!
//! The cursor never passes what was asked for: the tick of the last popped event, or of the `until` of a pop that found
//! nothing. A key before it is sorted into the run, which is exact, and slow only if there are many.

use super::Key;
use super::run::Run;

/// After so many ticks with keys it is seen whether the tick suits.
const JUDGED: u32 = 512;
/// Fewer keys a tick than this are few; a run of some keys costs less than as many ticks.
const FEW: u32 = 3;
/// More keys a tick than this are many.
const MANY: u32 = 16;
/// No tick is longer than 2^this nanoseconds: 17 s.
const SHIFT_MAX: u32 = 34;

/// Keys in a chunk: a power of two.
const CHUNK: usize = 8;
/// No chunk.
const NIL: u32 = u32::MAX;

/// A piece of a slot's keys.
#[derive(Clone, Debug)]
#[repr(C)]
struct Chunk {
    /// The chunk that was filled before, or the next free one.
    next: u32,
    len: u32,
    keys: [Key; CHUNK],
}

/// Chunks that are used again.
#[derive(Clone, Debug)]
struct Pool {
    chunks: Vec<Chunk>,
    free: u32,
}

impl Pool {
    #[inline]
    fn open(&mut self, next: u32, key: Key) -> u32 {
        let id = self.free;
        let Some(chunk) = self.chunks.get_mut(id as usize) else {
            return self.grow(next, key);
        };
        self.free = chunk.next;
        chunk.next = next;
        chunk.len = 1;
        chunk.keys[0] = key;
        id
    }

    #[cold]
    fn grow(&mut self, next: u32, key: Key) -> u32 {
        let id = self.chunks.len() as u32;
        let mut keys = [Key::default(); CHUNK];
        keys[0] = key;
        self.chunks.push(Chunk { next, len: 1, keys });
        id
    }
}

/// 256 slots.
#[derive(Clone, Debug)]
struct Level {
    /// One bit for each slot that holds keys.
    occupied: [u64; 4],
    /// The newest chunk of each occupied slot.
    newest: [u32; 256],
}

impl Level {
    const EMPTY: Self = Self {
        occupied: [0; 4],
        newest: [NIL; 256],
    };

    /// The first occupied slot.
    #[inline]
    fn first(&self) -> Option<usize> {
        let word = self.occupied.iter().position(|w| *w != 0)?;
        Some(word * 64 + self.occupied[word].trailing_zeros() as usize)
    }

    /// The first occupied slot behind one.
    #[inline]
    fn first_behind(&self, slot: usize) -> Option<usize> {
        let mut word = slot / 64;
        // All bits above the slot's.
        let mut bits = self.occupied[word] & (!1 << (slot % 64));
        while bits == 0 {
            word += 1;
            bits = *self.occupied.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }

    fn slots(&self) -> impl Iterator<Item = usize> {
        (0..256).filter(|slot| self.occupied[slot / 64] >> (slot % 64) & 1 == 1)
    }
}

/// The keys of all pending events.
#[derive(Clone, Debug)]
pub(super) struct Wheel {
    /// A tick has 2^shift nanoseconds.
    shift: u32,
    /// All keys in the slots have later ticks than this.
    cursor: u64,
    /// One bit for each level that holds keys.
    occupied: u32,
    /// As many as were needed so far.
    levels: Vec<Level>,
    pool: Pool,
    run: Run,
    /// The chunks of a slot, while they are taken out.
    chunks: Vec<u32>,
    /// Ticks with keys since the tick was last judged.
    ticks: u32,
    /// Keys in them.
    filled: u32,
}

impl Wheel {
    pub fn new(shift: u32) -> Self {
        Self {
            shift,
            cursor: 0,
            occupied: 0,
            levels: Vec::new(),
            pool: Pool {
                chunks: Vec::new(),
                free: NIL,
            },
            run: Run::default(),
            chunks: Vec::new(),
            ticks: 0,
            filled: 0,
        }
    }

    #[inline]
    pub fn insert(&mut self, key: Key) {
        let tick = key.time >> self.shift;
        if tick <= self.cursor {
            self.run.insert(key);
        } else {
            self.file(tick, key);
        }
    }

    /// Puts a key of a tick after the cursor's into its slot.
    #[inline]
    fn file(&mut self, tick: u64, key: Key) {
        let at = if tick - self.cursor < 256 {
            0
        } else {
            (tick ^ self.cursor).ilog2() / 8
        };
        let slot = (tick >> (at * 8)) as usize % 256;
        if at as usize >= self.levels.len() {
            self.levels.resize(at as usize + 1, Level::EMPTY);
        }
        let level = &mut self.levels[at as usize];
        let (word, bit) = (slot / 64, 1 << (slot % 64));
        let newest = &mut level.newest[slot];
        if level.occupied[word] & bit == 0 {
            level.occupied[word] |= bit;
            self.occupied |= 1 << at;
            *newest = self.pool.open(NIL, key);
            return;
        }
        let chunk = &mut self.pool.chunks[*newest as usize];
        let len = chunk.len as usize;
        if len < CHUNK {
            chunk.keys[len] = key;
            chunk.len += 1;
        } else {
            *newest = self.pool.open(*newest, key);
        }
    }

    /// Takes the first key, if it is not after `until`.
    #[inline]
    pub fn pop_until(&mut self, until: u64) -> Option<Key> {
        loop {
            match self.run.pop_until(until) {
                Ok(key) => return Some(key),
                Err(true) => return None,
                Err(false) if !self.advance(until) => return None,
                Err(false) => {}
            }
        }
    }

    /// Fills the empty run with the next tick that has keys, unless that is after `until`.
    fn advance(&mut self, until: u64) -> bool {
        if self.occupied == 0 {
            return false;
        }
        let until = until >> self.shift;
        let slot = self.cursor as usize % 256;
        let near = self.levels[0].first_behind(slot);
        let Some(cursor) = near.map(|slot| self.cursor & !255 | slot as u64) else {
            return self.advance_far(until);
        };
        if cursor > until {
            return false;
        }
        self.go_to(cursor);
        self.take_up(0, cursor as usize % 256);
        self.filled_run();
        true
    }

    /// The same where nothing is left of the cursor's own 256 ticks.
    fn advance_far(&mut self, until: u64) -> bool {
        let next = (self.cursor | 255).wrapping_add(1);
        let near = self.levels[0].first().map(|slot| next | slot as u64);
        let above = self.occupied & !1;
        let far = (above != 0).then(|| {
            let at = above.trailing_zeros();
            let slot = self.levels[at as usize].first().unwrap_or(0);
            // Digits above this level are the cursor's own; those below are not known yet.
            let begin = (self.cursor >> (at * 8) & !255 | slot as u64) << (at * 8);
            (at, slot, begin)
        });
        let far = far.filter(|(_, _, begin)| near.is_none_or(|near| near >= *begin));
        let least = far.map(|(at, slot, _)| {
            let newest = self.levels[at as usize].newest[slot];
            self.least(newest) >> self.shift
        });
        let Some(cursor) = near.into_iter().chain(least).min() else {
            return false;
        };
        if cursor > until {
            return false;
        }
        self.go_to(cursor);
        if near == Some(cursor) {
            self.take_up(0, cursor as usize % 256);
        }
        if let Some((at, slot, _)) = far {
            self.take_up(at, slot);
        }
        self.filled_run();
        true
    }

    #[inline]
    fn go_to(&mut self, cursor: u64) {
        self.cursor = cursor;
        self.run.clear();
    }

    /// Moves the keys of a slot to where they belong now, in the order in which they came: they are nearly sorted then.
    #[inline]
    fn take_up(&mut self, at: u32, slot: usize) {
        let newest = self.levels[at as usize].newest[slot];
        self.empty_slot(at, slot);
        if self.pool.chunks[newest as usize].next == NIL {
            self.spill(newest);
            return;
        }
        let mut chunks = std::mem::take(&mut self.chunks);
        let mut next = newest;
        while next != NIL {
            chunks.push(next);
            next = self.pool.chunks[next as usize].next;
        }
        for chunk in chunks.drain(..).rev() {
            self.spill(chunk);
        }
        self.chunks = chunks;
    }

    #[inline]
    fn filled_run(&mut self) {
        self.run.sort();
        self.ticks += 1;
        self.filled = self.filled.saturating_add(self.run.len() as u32);
        if self.ticks >= JUDGED {
            self.judge();
        }
    }

    /// Doubles or halves the tick if that suits what happened lately better.
    #[cold]
    fn judge(&mut self) {
        let (few, many) = (JUDGED * FEW, JUDGED * MANY);
        if self.filled < few && self.shift < SHIFT_MAX {
            self.set_shift(self.shift + 1);
        } else if self.filled > many && self.shift > 0 {
            self.set_shift(self.shift - 1);
        }
        (self.ticks, self.filled) = (0, 0);
    }

    /// Files all keys anew, under another tick.
    fn set_shift(&mut self, shift: u32) {
        let begin = self.cursor << self.shift;
        let mut keys = self.run.take();
        for at in 0..self.levels.len() {
            let slots: Vec<_> = self.levels[at].slots().collect();
            for slot in slots {
                let mut next = self.levels[at].newest[slot];
                keys.extend(self.keys(next));
                self.empty_slot(at as u32, slot);
                while next != NIL {
                    next = self.release(next);
                }
            }
        }
        self.shift = shift;
        self.cursor = begin >> shift;
        for key in keys {
            let tick = key.time >> shift;
            if tick <= self.cursor {
                self.run.fill(key);
            } else {
                self.file(tick, key);
            }
        }
        self.run.sort();
    }

    fn empty_slot(&mut self, at: u32, slot: usize) {
        let level = &mut self.levels[at as usize];
        level.occupied[slot / 64] &= !(1 << (slot % 64));
        if level.occupied == [0; 4] {
            self.occupied &= !(1 << at);
        }
    }

    /// Moves the keys of a chunk to where they belong now, and frees it.
    #[inline]
    fn spill(&mut self, id: u32) {
        let len = self.pool.chunks[id as usize].len as usize;
        for i in 0..len.min(CHUNK) {
            let key = self.pool.chunks[id as usize].keys[i];
            let tick = key.time >> self.shift;
            if tick == self.cursor {
                self.run.fill(key);
            } else {
                self.file(tick, key);
            }
        }
        self.release(id);
    }

    fn release(&mut self, id: u32) -> u32 {
        let free = self.pool.free;
        self.pool.free = id;
        std::mem::replace(&mut self.pool.chunks[id as usize].next, free)
    }

    /// The keys of a slot.
    fn keys(&self, newest: u32) -> impl Iterator<Item = Key> {
        let first = self.pool.chunks.get(newest as usize);
        std::iter::successors(first, |c| self.pool.chunks.get(c.next as usize))
            .flat_map(|c| c.keys.iter().take(c.len as usize).copied())
    }

    fn least(&self, newest: u32) -> u64 {
        let mut least = u64::MAX;
        let mut next = newest;
        while let Some(chunk) = self.pool.chunks.get(next as usize) {
            for key in chunk.keys.iter().take(chunk.len as usize) {
                least = least.min(key.time);
            }
            next = chunk.next;
        }
        least
    }

    /// Time of the first key that is alive.
    pub fn next_time(&self, alive: impl Fn(Key) -> bool) -> Option<u64> {
        let first_of = |level: &Level| {
            level.slots().find_map(|slot| {
                let alive = self.keys(level.newest[slot]).filter(|key| alive(*key));
                alive.map(|key| key.time).min()
            })
        };
        let (near, far) = self.levels.split_at(self.levels.len().min(1));
        let near = near.iter().flat_map(|level| {
            let keys = level.slots().flat_map(|slot| self.keys(level.newest[slot]));
            keys.filter(|key| alive(*key)).map(|key| key.time)
        });
        let far = far.iter().find_map(first_of);
        let waiting = || near.chain(far).min();
        self.run.next_time(&alive).or_else(waiting)
    }

    /// Drops the keys that are not alive.
    pub fn retain(&mut self, alive: impl Fn(Key) -> bool) {
        self.run.retain(&alive);
        for at in 0..self.levels.len() {
            let slots: Vec<_> = self.levels[at].slots().collect();
            for slot in slots {
                self.empty_slot(at as u32, slot);
                let mut next = self.levels[at].newest[slot];
                while next != NIL {
                    for i in 0..self.pool.chunks[next as usize].len as usize {
                        let key = self.pool.chunks[next as usize].keys[i];
                        if alive(key) {
                            self.file(key.time >> self.shift, key);
                        }
                    }
                    next = self.release(next);
                }
            }
        }
    }

    /// How many keys it holds, dead ones too.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        let level =
            |l: &Level| -> usize { l.slots().map(|s| self.keys(l.newest[s]).count()).sum() };
        self.run.held() + self.levels.iter().map(level).sum::<usize>()
    }
}
