//! A hierarchical timing wheel: lists of places by time.
//!
//! Time is cut into ticks. An event of the next 2047 ticks lies in the near slot of its tick: the last eleven bits of its
//! number. The bits above are digits of base 256, and each digit has a level of 256 slots. An event further ahead lies on the
//! level of the highest digit in which its tick differs from the cursor's, in the slot of that digit. (The near slots begin
//! again with 0 at the end of a *lap* of 2048 ticks.) So what lies in the near slots behind the cursor's own comes before all
//! else; what lies there before it, in the next lap, and what the levels hold for that lap must be looked at together.
//! All of a level comes before all of the next, and a slot before those behind it. What such a slot holds moves down when
//! the cursor comes near. Seven levels reach the end of time. As long as only a few events are pending, they are all in the
//! run, and the cursor stands: it says something only of what is in slots.
//! The tick suits itself to what happens: it doubles while hardly any tick has more than one event, and halves while ticks
//! have many. Which of several ticks it is depends on the keys alone, and the order depends on none of them.
//!
//! Otherwise the cursor never passes what was asked for: the tick of the last popped event, or of the `until` of a pop that found
//! nothing. A key at or before it is sorted into the run, which is exact, and slow only if there are many.

use super::run::Run;
use super::slab::{NIL, Place, Slab, place_of, time_of};

const NEAR_BITS: u32 = 11;
/// Near slots.
const NEAR: usize = 1 << NEAR_BITS;
const WORDS: usize = NEAR / 64;

/// After so many ticks with events it is seen whether the tick suits.
const JUDGED: u32 = 512;
/// With fewer than so many ticks that have events at different times there are few: an occupied tick costs about as much as
/// another event in a run. (Many events of one time can't be told apart by any tick.)
const FEW: u32 = JUDGED * 10 / 100;
/// With more there are many.
const MANY: u32 = JUDGED * 30 / 100;
/// So many events are kept sorted without the wheel.
pub(super) const ALONE: usize = 8;
/// No tick is longer than 2^this nanoseconds: 17 s.
const SHIFT_MAX: u32 = 34;

/// The slots of the next ticks.
#[derive(Clone, Debug)]
struct Near {
    /// One bit for each word of `occupied` that is not 0.
    words: u32,
    /// One bit for each slot that holds events.
    occupied: [u64; WORDS],
    /// The newest place of each slot.
    newest: [u32; NEAR],
}

impl Near {
    const EMPTY: Self = Self {
        words: 0,
        occupied: [0; WORDS],
        newest: [NIL; NEAR],
    };

    /// The first occupied slot behind one, in its lap.
    #[inline]
    fn first_behind(&self, slot: usize) -> Option<usize> {
        let word = slot / 64 % WORDS;
        // All bits above the slot's.
        let bits = self.occupied[word] & (!1 << (slot % 64));
        if bits != 0 {
            return Some(word * 64 + bits.trailing_zeros() as usize);
        }
        self.first_in(self.words & (!1_u32 << word))
    }

    #[inline]
    fn first_in(&self, words: u32) -> Option<usize> {
        if words == 0 {
            return None;
        }
        let word = words.trailing_zeros() as usize % WORDS;
        Some(word * 64 + self.occupied[word].trailing_zeros() as usize)
    }

    #[inline]
    fn put<E>(&mut self, slot: usize, place: &mut Place<E>, number: u32) {
        let slot = slot % NEAR;
        self.occupied[slot / 64] |= 1 << (slot % 64);
        self.words |= 1 << (slot / 64);
        place.next = std::mem::replace(&mut self.newest[slot], number);
    }

    /// Empties a slot.
    #[inline]
    fn take(&mut self, slot: usize) -> u32 {
        let slot = slot % NEAR;
        let word = &mut self.occupied[slot / 64];
        *word &= !(1 << (slot % 64));
        if *word == 0 {
            self.words &= !(1 << (slot / 64));
        }
        std::mem::replace(&mut self.newest[slot], NIL)
    }

    fn take_all(&mut self, lists: &mut Vec<u32>) {
        lists.extend(self.newest.iter().filter(|n| **n != NIL));
        *self = Self::EMPTY;
    }
}

/// The 256 slots of a digit.
#[derive(Clone, Debug)]
struct Level {
    /// One bit for each slot that holds events.
    occupied: [u64; 4],
    /// The newest place of each slot.
    newest: [u32; 256],
}

impl Level {
    const EMPTY: Self = Self {
        occupied: [0; 4],
        newest: [NIL; 256],
    };

    fn first(&self) -> Option<usize> {
        let word = self.occupied.iter().position(|w| *w != 0)?;
        Some(word * 64 + self.occupied[word].trailing_zeros() as usize)
    }

    fn put<E>(&mut self, slot: usize, place: &mut Place<E>, number: u32) {
        self.occupied[slot / 64] |= 1 << (slot % 64);
        place.next = std::mem::replace(&mut self.newest[slot], number);
    }

    fn take(&mut self, slot: usize) -> u32 {
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        std::mem::replace(&mut self.newest[slot], NIL)
    }

    fn take_all(&mut self, lists: &mut Vec<u32>) {
        lists.extend(self.newest.iter().filter(|n| **n != NIL));
        *self = Self::EMPTY;
    }
}

/// Where the events of all but the next moment are.
#[derive(Clone, Debug)]
pub(super) struct Wheel {
    /// A tick has 2^shift nanoseconds.
    shift: u32,
    /// Ticks with events since the tick was last judged.
    ticks: u32,
    /// How many of them had events at different times.
    mixed: u32,
    /// All events in the slots have later ticks than this.
    cursor: u64,
    /// One bit for each level that holds events.
    far: u32,
    /// As many as were needed so far.
    levels: Vec<Level>,
    near: Near,
}

/// What the next tick has.
pub(super) enum Next {
    /// It is after the time that was asked for, or there is none.
    None,
    /// One event, in this place.
    One(u32),
    /// Several, or none that lives: they are in the run.
    Run,
}

impl Wheel {
    pub fn new(shift: u32) -> Self {
        Self {
            shift,
            ticks: 0,
            mixed: 0,
            cursor: 0,
            far: 0,
            levels: Vec::new(),
            near: Near::EMPTY,
        }
    }

    /// Puts a place into its list if that is one of the next ticks'.
    #[inline]
    pub fn insert_near<E>(&mut self, place: &mut Place<E>, number: u32) -> bool {
        let tick = place.time() >> self.shift;
        let is_near = self.is_near(tick);
        if is_near {
            self.near.put(tick as usize, place, number);
        }
        is_near
    }

    /// Puts a place into the list or the run where it belongs.
    pub fn insert<E>(&mut self, place: &mut Place<E>, number: u32, run: &mut Run) {
        if place.time() >> self.shift > self.cursor {
            self.put_behind(place, number);
        } else {
            run.insert(place.key());
        }
    }

    /// Whether it holds nothing.
    #[inline]
    pub fn is_bare(&self) -> bool {
        self.near.words | self.far == 0
    }

    /// Moves the keys of a run that grew without the wheel to where they belong: those of its first tick stay.
    pub fn spill<E>(&mut self, slab: &mut Slab<E>, run: &mut Run) {
        let first = run.first().map_or(0, |key| time_of(key) >> self.shift);
        self.cursor = self.cursor.max(first);
        let end = (self.cursor << self.shift) | ((1 << self.shift) - 1);
        for key in run.take_after(end) {
            let number = place_of(key);
            self.put_behind(slab.at_mut(number), number);
        }
    }

    /// Puts a place of a later tick than the cursor's into its list.
    #[inline]
    fn put_behind<E>(&mut self, place: &mut Place<E>, number: u32) {
        if !self.insert_near(place, number) {
            self.insert_far(place.time() >> self.shift, place, number);
        }
    }

    /// Whether a tick is one of the next.
    #[inline]
    fn is_near(&self, tick: u64) -> bool {
        tick.wrapping_sub(self.cursor).wrapping_sub(1) < NEAR as u64 - 1
    }

    #[cold]
    #[inline(never)]
    fn insert_far<E>(&mut self, tick: u64, place: &mut Place<E>, number: u32) {
        let at = (((tick ^ self.cursor).ilog2() - NEAR_BITS) / 8) as usize;
        let slot = (tick >> (NEAR_BITS as usize + at * 8)) as usize % 256;
        if at >= self.levels.len() {
            self.levels.resize(at + 1, Level::EMPTY);
        }
        self.levels[at].put(slot, place, number);
        self.far |= 1 << at;
    }

    /// Goes to the next tick that has events, unless that is after `until`.
    #[inline]
    pub fn advance<E>(&mut self, until: u64, slab: &mut Slab<E>, run: &mut Run) -> Next {
        // Without this, dead places alone could take the cursor far ahead of the next event.
        if slab.len() == 0 {
            return Next::None;
        }
        if self.ticks >= JUDGED && self.judge(slab, run) {
            return Next::Run;
        }
        let Some(slot) = self.near.first_behind(self.cursor as usize % NEAR) else {
            return self.advance_far(until, slab, run);
        };
        let cursor = self.cursor & !(NEAR as u64 - 1) | slot as u64;
        if cursor > until >> self.shift {
            return Next::None;
        }
        self.cursor = cursor;
        let newest = self.near.take(slot);
        self.ticks += 1;
        if slab.at(newest).next == NIL {
            return Next::One(newest);
        }
        fill(newest, slab, run);
        self.mixed += u32::from(run.sort());
        Next::Run
    }

    /// The same where nothing is left of the cursor's own lap.
    #[inline(never)]
    fn advance_far<E>(&mut self, until: u64, slab: &mut Slab<E>, run: &mut Run) -> Next {
        let next = (self.cursor | (NEAR as u64 - 1)).wrapping_add(1);
        let near = self.near.first_in(self.near.words);
        let near = near.map(|slot| next | slot as u64);
        let far = self.far();
        let far = far.filter(|(_, _, begin)| near.is_none_or(|near| near >= *begin));
        let least = far.and_then(|(at, slot, _)| {
            let list = slab.list(self.levels[at].newest[slot]);
            list.map(|place| place.time() >> self.shift).min()
        });
        let Some(cursor) = near.into_iter().chain(least).min() else {
            return Next::None;
        };
        if cursor > until >> self.shift {
            return Next::None;
        }
        self.cursor = cursor;
        if near == Some(cursor) {
            fill(self.near.take(cursor as usize), slab, run);
        }
        if let Some((at, slot, _)) = far {
            let list = self.levels[at].take(slot);
            if self.levels[at].first().is_none() {
                self.far &= !(1 << at);
            }
            self.move_down(list, slab, run);
        }
        self.ticks += 1;
        self.mixed += u32::from(run.sort());
        Next::Run
    }

    /// The first slot of the levels: level, slot and the first tick that belongs there.
    fn far(&self) -> Option<(usize, usize, u64)> {
        if self.far == 0 {
            return None;
        }
        let at = self.far.trailing_zeros() as usize;
        let slot = self.levels[at].first()?;
        let shift = NEAR_BITS + at as u32 * 8;
        // Digits above this level are the cursor's own; those below are not known yet.
        Some((
            at,
            slot,
            (self.cursor >> shift & !255 | slot as u64) << shift,
        ))
    }

    /// Moves the places of a list to where they belong now; those of the cursor's tick into a run that is being filled.
    fn move_down<E>(&mut self, list: u32, slab: &mut Slab<E>, run: &mut Run) {
        let mut next = list;
        while next != NIL {
            let number = next;
            let place = slab.at_mut(number);
            next = place.next;
            let tick = place.time() >> self.shift;
            if tick <= self.cursor {
                run.fill(place.key());
            } else {
                self.put_behind(place, number);
            }
        }
    }

    /// Doubles or halves the tick if that suits what happened lately better. The run is empty; whether something is in it now.
    #[cold]
    #[inline(never)]
    fn judge<E>(&mut self, slab: &mut Slab<E>, run: &mut Run) -> bool {
        slab.check_sequence();
        let few = self.mixed < FEW && self.shift < SHIFT_MAX;
        let many = self.mixed > MANY && self.shift > 0;
        (self.ticks, self.mixed) = (0, 0);
        if few || many {
            let begin = self.cursor << self.shift;
            self.shift = if few { self.shift + 1 } else { self.shift - 1 };
            self.cursor = begin >> self.shift;
            self.sweep(slab, run);
            run.sort();
            !run.is_empty()
        } else {
            false
        }
    }

    /// Puts all places where they belong now, and frees those of cancelled events. What belongs into the run is filled in.
    pub fn sweep<E>(&mut self, slab: &mut Slab<E>, run: &mut Run) {
        let mut lists = Vec::new();
        self.near.take_all(&mut lists);
        self.levels
            .iter_mut()
            .for_each(|level| level.take_all(&mut lists));
        self.far = 0;
        for list in lists {
            let mut live = NIL;
            let mut next = list;
            while next != NIL {
                let place = slab.at_mut(next);
                let after = place.next;
                if place.is_live() {
                    place.next = live;
                    live = next;
                } else {
                    slab.take(next);
                }
                next = after;
            }
            self.move_down(live, slab, run);
        }
    }

    /// Time of the first event in the lists.
    pub fn next_time<E>(&self, slab: &Slab<E>) -> Option<u64> {
        let live = |newest: &u32| {
            let live = slab.list(*newest).filter(|place| place.is_live());
            live.map(Place::time).min()
        };
        let near = self.near.newest.iter().filter_map(live).min();
        let levels = self.levels.iter();
        let far = levels.flat_map(|l| &l.newest).find_map(live);
        near.into_iter().chain(far).min()
    }

    /// How many places are in its lists.
    #[cfg(test)]
    pub fn held<E>(&self, slab: &Slab<E>) -> usize {
        let levels = self.levels.iter().flat_map(|l| &l.newest);
        let lists = self.near.newest.iter().chain(levels);
        lists.map(|newest| slab.list(*newest).count()).sum()
    }
}

#[inline]
fn fill<E>(list: u32, slab: &Slab<E>, run: &mut Run) {
    let mut next = list;
    while next != NIL {
        let place = slab.at(next);
        run.fill(place.key());
        next = place.next;
    }
}
