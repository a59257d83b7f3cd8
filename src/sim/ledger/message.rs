//! One message in the account, and the lane it belongs to.

use super::State;
use super::shelf::{Settled, Shelf};
use crate::sim::history::History;

/// The producer was told that it is stored.
pub(super) const ACKED: u8 = 1;
/// The producer gave up on it.
pub(super) const REFUSED: u8 = 2;
/// A copy of it was stored at least once.
pub(super) const STORED: u8 = 4;
/// No reader can come by it any more: no copy is left, or the leader has none.
pub(super) const GONE: u8 = 8;
/// Retention removed it.
pub(super) const REMOVED: u8 = 16;
/// It never was: its number was left out by its producer.
pub(super) const VOID: u8 = 32;
/// Its producer never sent it (no room in its buffer), so it cannot turn up later.
pub(super) const UNSENT: u8 = 64;
/// It is lost because a group's position moved past it, and not because the log lost it.
pub(super) const PASSED: u8 = 128;

/// Where messages leave their queue one by one, a lane of fewer is not thinned out.
const THIN_MIN: usize = 4096;

/// At most so many lost or expired messages of a lane are remembered in case they turn up again.
const STRAGGLERS_MAX: usize = 4096;

/// A message whose life is not over.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// When its application made it, ns.
    pub born: u64,
    /// When consumers could first see it, ns; 0: not yet.
    pub visible_at: u64,
    /// Its key; `u32::MAX` for none.
    pub key: u32,
    /// Groups that ended with it, one bit each.
    pub delivered: u32,
    /// Groups that passed over it, one bit each.
    pub skipped: u32,
    /// Copies anywhere.
    pub copies: u16,
    /// Offsets at which it stands in the leader's log.
    pub in_log: u16,
    pub flags: u8,
    pub state: State,
    /// It was handed to a consumer; kept only where messages leave their queue one by one.
    pub handed: bool,
}

impl Message {
    pub fn new(born: u64, key: Option<u32>) -> Self {
        Self {
            born,
            visible_at: 0,
            key: key.unwrap_or(u32::MAX),
            delivered: 0,
            skipped: 0,
            copies: 0,
            in_log: 0,
            flags: 0,
            state: State::InFlight,
            handed: false,
        }
    }

    fn void() -> Self {
        Self {
            flags: VOID | ACKED,
            state: State::Delivered,
            ..Self::new(0, None)
        }
    }

    /// Now this is known of it.
    pub fn set(&mut self, settled: Settled) {
        self.flags = settled.flags;
        self.copies = settled.copies;
        self.in_log = settled.in_log;
    }

    #[inline]
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// What has become of it, given the groups that read its queue.
    pub fn judge(&self, readers: u32) -> State {
        if self.has(VOID) || (readers != 0 && self.delivered & readers == readers) {
            return State::Delivered;
        }
        let over = readers != 0 && (self.delivered | self.skipped) & readers == readers;
        if self.in_log == 0 {
            if self.has(REMOVED) {
                // What a group had passed over before was lost already.
                return if over { State::Lost } else { State::Expired };
            }
            if self.has(GONE) || !self.has(STORED) {
                return if self.has(ACKED) && self.has(GONE) {
                    State::Lost
                } else if self.has(REFUSED) {
                    State::Expired
                } else {
                    State::InFlight
                };
            }
        }
        if over { State::Lost } else { State::InFlight }
    }
}

/// What is known of the messages of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// At least one of them is remembered.
    Remembered,
    /// They are settled, in a queue that nobody reads.
    Shelved,
    /// Nothing. Once so, always so.
    Forgotten,
}

/// What one producer sends into one queue. There is one for every producer and partition, and each message looks at several:
/// so it is one line of the cache, and what few lanes have lies elsewhere.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub(super) struct Lane {
    pub ring: History<Message, 512>,
    /// Number of the first message in the ring.
    pub base: u32,
    /// Everything below has been stored, or was passed over by something stored.
    pub stored_below: u32,
    /// One more than the highest number that the queue's first group ended with.
    high: u32,
    /// No group reads the queue.
    pub unread: bool,
    /// Messages leave the queue one by one: one that stays does not keep those behind it.
    singly: bool,
    /// It is in the ledger's list of lanes in which something may be in flight.
    pub busy: bool,
    past: Option<Box<Past>>,
}

const _: () = assert!(size_of::<Lane>() == 64, "a lane is one line of the cache");

/// What only some lanes have.
#[derive(Clone, Debug, Default)]
struct Past {
    /// Where no group reads: all settled messages from before the ring.
    shelf: Shelf,
    /// Lost and expired messages from before the ring, by their numbers, which grow; where messages leave one by one, those
    /// in flight too.
    stragglers: History<(u32, Message)>,
    /// With so many in the ring it is time to look whether most of them have left.
    thin_at: usize,
    /// By group but the first: one more than the highest number it ended with.
    high: Vec<u32>,
}

impl Lane {
    pub fn new(unread: bool, singly: bool) -> Self {
        Self {
            unread,
            singly,
            ..Self::default()
        }
    }

    /// All settled messages from before the ring, where no group reads.
    pub fn shelf_mut(&mut self) -> Option<&mut Shelf> {
        self.past.as_mut().map(|past| &mut past.shelf)
    }

    fn stragglers(&self) -> Option<&History<(u32, Message)>> {
        self.past.as_ref().map(|past| &past.stragglers)
    }

    /// One more than the highest number that the group with this bit ended with.
    pub fn high(&self, bit: usize) -> u32 {
        let Some(other) = bit.checked_sub(1) else {
            return self.high;
        };
        let high = self.past.as_ref().and_then(|past| past.high.get(other));
        high.copied().unwrap_or(0)
    }

    fn set_high(&mut self, bit: usize, high: u32) {
        let Some(other) = bit.checked_sub(1) else {
            self.high = high;
            return;
        };
        let of = &mut self.past.get_or_insert_default().high;
        if of.len() <= other {
            of.resize(other + 1, 0);
        }
        of[other] = high;
    }

    /// Number the next message will have.
    pub fn next(&self) -> u32 {
        self.base + self.ring.len() as u32
    }

    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Message> {
        if number >= self.base {
            self.ring.get_mut((number - self.base) as usize)
        } else {
            self.straggler_mut(number)
        }
    }

    /// Where the straggler with a number is.
    #[cold]
    #[inline(never)]
    fn straggler(&self, number: u32) -> Option<usize> {
        let stragglers = self.stragglers()?;
        let at = stragglers.partition_point(|s| s.0 < number);
        stragglers
            .get(at)
            .is_some_and(|s| s.0 == number)
            .then_some(at)
    }

    #[cold]
    #[inline(never)]
    fn straggler_mut(&mut self, number: u32) -> Option<&mut Message> {
        let at = self.straggler(number)?;
        let stragglers = &mut self.past.as_mut()?.stragglers;
        stragglers.get_mut(at).map(|s| &mut s.1)
    }

    /// A process that does not lead stored a copy of messages: whether that was all there is to note.
    #[inline]
    pub fn copied(&mut self, first: u32, count: u32) -> bool {
        let Some(from) = first.checked_sub(self.base) else {
            return false;
        };
        let places = from as usize..(from + count) as usize;
        let is_stored = |at| self.ring.get(at).is_some_and(|m| m.has(STORED));
        if !places.clone().all(is_stored) {
            return false;
        }
        for at in places {
            if let Some(message) = self.ring.get_mut(at) {
                message.copies = message.copies.saturating_add(1);
            }
        }
        true
    }

    pub fn get(&self, number: u32) -> Option<&Message> {
        if number >= self.base {
            self.ring.get((number - self.base) as usize)
        } else {
            let at = self.straggler(number)?;
            self.stragglers()?.get(at).map(|s| &s.1)
        }
    }

    /// Makes room for a message with this number; `false` if there already was one.
    #[inline]
    pub fn open(&mut self, number: u32) -> bool {
        let next = self.next();
        number == next || (number > next && self.leave_out(number))
    }

    #[cold]
    fn leave_out(&mut self, number: u32) -> bool {
        // Numbers follow one another; should a producer leave some out, they must not shift the others.
        while self.next() < number {
            if self.ring.is_empty() {
                self.base = number;
            } else {
                self.ring.push_back(Message::void());
            }
        }
        true
    }

    /// Forgets the oldest messages as far as their life is over.
    #[inline]
    pub fn retire(&mut self) {
        while let Some(front) = self.ring.front() {
            let is_settled = front.state != State::InFlight || (self.unread && front.has(STORED));
            if !front.has(ACKED | REFUSED) || !is_settled {
                if self.singly && self.ring.len() >= THIN_MIN {
                    self.thin_out();
                }
                return;
            }
            self.retire_first();
        }
    }

    /// Takes the older half of the ring out of it, if few of them are still in flight: those wait among the stragglers. Whether
    /// one of them comes after a later one of its key is not told any more.
    #[cold]
    fn thin_out(&mut self) {
        let len = self.ring.len();
        let past = self.past.get_or_insert_default();
        if self.unread || len < past.thin_at {
            return;
        }
        let stays = |m: &Message| m.state == State::InFlight || !m.has(ACKED | REFUSED);
        past.thin_at = THIN_MIN;
        if self.ring.iter().filter(|m| stays(m)).count() > len / 4 {
            past.thin_at = 2 * len;
            return;
        }
        past.stragglers.retain(|(_, m)| m.state != State::Delivered);
        for _ in 0..len / 2 {
            if let Some(message) = self.ring.pop_front() {
                let is_known = !message.has(VOID) && !message.has(UNSENT);
                if is_known && (stays(&message) || message.state != State::Delivered) {
                    past.stragglers.push_back((self.base, message));
                }
                self.base += 1;
            }
        }
    }

    #[inline]
    fn retire_first(&mut self) {
        let Some(message) = self.ring.pop_front() else {
            return;
        };
        let number = self.base;
        self.base += 1;
        let is_known = !message.has(VOID) && !message.has(UNSENT);
        if self.unread {
            if is_known {
                let past = self.past.get_or_insert_default();
                past.shelf.add(number, &message);
            }
        } else if message.state != State::Delivered && is_known {
            self.keep_straggler(number, message);
        }
    }

    #[cold]
    fn keep_straggler(&mut self, number: u32, message: Message) {
        let stragglers = &mut self.past.get_or_insert_default().stragglers;
        stragglers.push_back((number, message));
        if stragglers.len() > STRAGGLERS_MAX {
            let is_over = |m: &(u32, Message)| m.1.state != State::InFlight;
            if stragglers.front().is_some_and(is_over) {
                stragglers.pop_front();
            }
        }
    }

    /// Notes that the group with this bit ended with a message; tells whether (and after which) later one it did so.
    pub fn pass(&mut self, number: u32, bit: usize) -> Option<u32> {
        let high = self.high(bit);
        if number >= high {
            self.set_high(bit, number + 1);
            None
        } else {
            Some(high - 1)
        }
    }

    /// A later message with the same key that the group already ended with. The message itself keeps later ones from
    /// being retired, so all that matter are in the ring.
    pub fn later_with_key(&self, number: u32, key: u32, bit: usize) -> Option<u32> {
        let from = number.checked_sub(self.base)? as usize + 1;
        let below = self.high(bit).saturating_sub(self.base) as usize;
        let of_group = 1 << bit;
        (from..below.min(self.ring.len()))
            .rev()
            .find(|&at| self.ring[at].key == key && self.ring[at].delivered & of_group != 0)
            .map(|at| self.base + at as u32)
    }

    /// What is known of a run of numbers.
    #[inline]
    pub fn fate(&self, first: u32, count: u32) -> Fate {
        let end = first + count;
        // Where they leave one by one, what stands in a log stands there until it leaves.
        if end > self.base || self.singly {
            return Fate::Remembered;
        }
        if self.unread {
            return Fate::Shelved;
        }
        let Some(stragglers) = self.stragglers() else {
            return Fate::Forgotten;
        };
        let at = stragglers.partition_point(|s| s.0 < first);
        match stragglers.get(at) {
            Some(straggler) if straggler.0 < end => Fate::Remembered,
            _ => Fate::Forgotten,
        }
    }

    /// When the first message in flight was made.
    pub fn oldest_in_flight(&self) -> Option<u64> {
        let waits = |m: &&Message| m.state == State::InFlight;
        if self.singly
            && let Some(stragglers) = self.stragglers()
            && let Some(oldest) = stragglers.iter().map(|s| &s.1).find(waits)
        {
            return Some(oldest.born);
        }
        self.ring.iter().find(waits).map(|m| m.born)
    }

    pub fn remembered(&self) -> usize {
        let past = self.past.as_ref();
        self.ring.len() + past.map_or(0, |p| p.stragglers.len() + p.shelf.len())
    }
}
