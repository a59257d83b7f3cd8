//! One queue: which messages it has, who may not see them, and until when. It knows neither processes nor time; the node
//! tells it the reading of its clock, ns.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::sim::history::History;
use crate::sim::setting::Value;
use crate::sim::stream::Stream;
use crate::sim::units::Duration;
use crate::sim::{LaneId, SECOND};
use crate::systems::rules::LeftOut;

use super::protocol::{Entry, Error, Receipt, Received};
use super::settings::QueueSettings;
use super::shelf::{Shelf, Stored};

/// No message can be hidden longer, counted from its receive (API, `ChangeMessageVisibility`).
const HIDDEN_MAX_NS: i64 = 12 * 3600 * SECOND as i64;

/// What is too old is looked for so often: the product promises no exact moment.
const EXPIRE_EVERY_NS: i64 = SECOND as i64;

/// A message that was received and not deleted.
#[derive(Clone, Copy, Debug)]
struct Held {
    stored: Stored,
    received_at: i64,
    until: i64,
}

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It stands at this offset.
    Stored(u64),
    /// The queue had it already and took no second one.
    Duplicate,
}

/// What a receive found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    /// For the consumer.
    pub messages: Vec<Received>,
    /// Received too often: they are to be moved to the dead-letter queue.
    pub dead: Vec<Stored>,
}

/// What became visible with time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Woke {
    /// Something did.
    pub any: bool,
    /// Offsets of messages that were received, and whose visibility timeout is over.
    pub returned: Vec<u64>,
}

/// A queue. It survives whatever happens to its node.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    fifo: bool,
    by_content: bool,
    size_max: u64,
    visibility_ns: u64,
    retention_ns: i64,
    delay_ns: i64,
    interval_ns: i64,
    in_flight_max: usize,
    receives_max: Option<u32>,
    shelf: Shelf,
    /// Not to be seen yet, with the time when they are.
    delayed: History<(i64, Stored)>,
    held: BTreeMap<u64, Held>,
    /// When those become visible again.
    deadlines: BTreeSet<(i64, u64)>,
    /// What a FIFO queue recognises, and until when.
    known: BTreeSet<(LaneId, u32)>,
    known_until: VecDeque<(i64, LaneId, u32)>,
    next_offset: u64,
    handles: u32,
    /// Nothing is too old before, by the clock.
    old_at: i64,
    stream: Stream,
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.ns()).unwrap_or(i64::MAX)
}

impl Queue {
    /// An empty queue.
    pub fn new(settings: &QueueSettings, servers: u32, stream: Stream, left_out: LeftOut) -> Self {
        Self {
            fifo: settings.fifo_queue,
            by_content: settings.content_based_deduplication,
            size_max: settings.maximum_message_size.bytes(),
            visibility_ns: settings.visibility_timeout.ns(),
            retention_ns: ns(settings.message_retention_period),
            delay_ns: ns(settings.delay_seconds),
            interval_ns: ns(settings.deduplication_interval),
            in_flight_max: settings.in_flight_max(),
            receives_max: settings
                .redrive_policy
                .as_ref()
                .map(|p| p.max_receive_count),
            shelf: Shelf::new(settings.fifo_queue, servers, left_out),
            delayed: History::default(),
            held: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            known: BTreeSet::new(),
            known_until: VecDeque::new(),
            next_offset: 0,
            handles: 0,
            old_at: i64::MAX,
            stream,
        }
    }

    /// What a setting is that can be changed.
    pub fn setting(&self, setting: &str) -> Option<Value> {
        let ns = |ns| Duration::from_ns(ns).into();
        Some(match setting {
            "visibility_timeout" => ns(self.visibility_ns),
            "delay_seconds" => ns(self.delay_ns as u64),
            "redrive_policy.max_receive_count" => self.receives_max?.into(),
            _ => return None,
        })
    }

    /// Changes a setting; whether there is such a one. Messages that are hidden already stay so as long as they were to.
    pub fn set(&mut self, setting: &str, value: Value) -> bool {
        let duration = value.duration().unwrap_or_default();
        match setting {
            "visibility_timeout" => self.visibility_ns = duration.ns(),
            "delay_seconds" => self.delay_ns = ns(duration),
            "redrive_policy.max_receive_count" if self.receives_max.is_some() => {
                self.receives_max = value.count();
            }
            _ => return false,
        }
        true
    }

    /// Whether a message would be taken.
    pub fn check(&self, entry: &Entry, named: bool) -> Result<(), Error> {
        let unnamed = self.fifo && !self.by_content && !named;
        if unnamed || u64::from(entry.bytes) > self.size_max {
            return Err(Error::InvalidParameterValue);
        }
        Ok(())
    }

    /// A message is sent, and was [checked](Self::check).
    pub fn send(&mut self, entry: Entry, now: i64) -> Sent {
        if self.fifo {
            while let Some(&(until, lane, number)) = self.known_until.front()
                && until <= now
            {
                self.known_until.pop_front();
                self.known.remove(&(lane, number));
            }
            // The interval counts from the first time (guide, "Exactly-once processing").
            if !self.known.insert((entry.lane, entry.number)) {
                return Sent::Duplicate;
            }
            let until = now.saturating_add(self.interval_ns);
            self.known_until
                .push_back((until, entry.lane, entry.number));
        }
        Sent::Stored(self.store(entry, now, None, now))
    }

    /// Puts a message in that was first sent at some time, maybe elsewhere.
    pub fn store(&mut self, entry: Entry, sent_at: i64, source: Option<u16>, now: i64) -> u64 {
        let offset = self.next_offset;
        self.next_offset += 1;
        let stored = Stored {
            offset,
            entry,
            sent_at,
            receives: 0,
            handle: 0,
            source,
        };
        let old_at = sent_at.saturating_add(self.retention_ns);
        self.old_at = self.old_at.min(old_at.saturating_add(1));
        if self.delay_ns > 0 {
            self.delayed
                .push_back((now.saturating_add(self.delay_ns), stored));
        } else {
            self.shelf.push(stored, &mut self.stream);
        }
        offset
    }

    /// The first offset that was never visible.
    pub fn visible_below(&self) -> u64 {
        self.delayed
            .front()
            .map_or(self.next_offset, |d| d.1.offset)
    }

    /// The offset behind the last message.
    pub fn end(&self) -> u64 {
        self.next_offset
    }

    /// Time has come to `now`: what was hidden until then is visible.
    pub fn wake(&mut self, now: i64) -> Woke {
        let mut woke = Woke::default();
        while let Some(&(at, stored)) = self.delayed.front()
            && at <= now
        {
            self.delayed.pop_front();
            self.shelf.push(stored, &mut self.stream);
            woke.any = true;
        }
        while let Some(&(until, offset)) = self.deadlines.first()
            && until <= now
        {
            self.deadlines.pop_first();
            if let Some(held) = self.held.remove(&offset) {
                self.shelf.give_back(held.stored);
                woke.returned.push(offset);
                woke.any = true;
            }
        }
        woke
    }

    /// Removes what has been kept for longer than the retention period, received or not.
    pub fn expire(&mut self, now: i64) -> Vec<Stored> {
        let mut old = Vec::new();
        if now < self.old_at {
            return old;
        }
        let before = now.saturating_sub(self.retention_ns);
        self.shelf.expire(before, &mut old);
        let held = self.held.values().filter(|h| h.stored.sent_at < before);
        let held: Vec<Held> = held.copied().collect();
        for held in held {
            old.extend(self.release(held.stored.offset));
            self.shelf.settled(&held.stored);
        }
        if self.delayed.iter().any(|(_, m)| m.sent_at < before) {
            old.extend(
                self.delayed
                    .iter()
                    .map(|(_, m)| *m)
                    .filter(|m| m.sent_at < before),
            );
            self.delayed.retain(|(_, m)| m.sent_at >= before);
        }
        let delayed = self.delayed.iter().map(|(_, m)| m.sent_at).min();
        let held = self.held.values().map(|h| h.stored.sent_at).min();
        let oldest = [self.shelf.oldest(), delayed, held]
            .into_iter()
            .flatten()
            .min();
        self.old_at = oldest.map_or(i64::MAX, |sent_at| {
            let old_at = sent_at.saturating_add(self.retention_ns).saturating_add(1);
            old_at.max(now.saturating_add(EXPIRE_EVERY_NS))
        });
        old.sort_by_key(|m| m.offset);
        old
    }

    /// Nothing is recognised any more that was sent before.
    pub fn forget_ids(&mut self) {
        self.known.clear();
        self.known_until.clear();
    }

    /// When something will happen by itself, by the clock.
    pub fn next_due(&self) -> i64 {
        let delayed = self.delayed.front().map_or(i64::MAX, |d| d.0);
        let hidden = self.deadlines.first().map_or(i64::MAX, |d| d.0);
        delayed.min(hidden).min(self.old_at)
    }

    /// Hands messages out, hidden from others for `visibility_ns` (`None`: as long as the queue says).
    pub fn receive(
        &mut self,
        max: u32,
        visibility_ns: Option<u64>,
        short: bool,
        now: i64,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        let room = self.in_flight_max.saturating_sub(self.held.len());
        if room == 0 {
            // "If you use long polling, Amazon SQS returns no error messages", nor does a FIFO queue (guide, "quotas").
            let over = short && !self.fifo;
            return if over {
                Err(Error::OverLimit)
            } else {
                Ok(found)
            };
        }
        let visibility_ns = visibility_ns.unwrap_or(self.visibility_ns);
        let until = now.saturating_add(i64::try_from(visibility_ns).unwrap_or(i64::MAX));
        let max = room.min(max as usize);
        let mut taken = Vec::new();
        while found.messages.len() < max {
            self.shelf.take(
                max - found.messages.len(),
                short,
                &mut self.stream,
                &mut taken,
            );
            if taken.is_empty() {
                break;
            }
            for stored in taken.drain(..) {
                if self
                    .receives_max
                    .is_some_and(|most| stored.receives >= most)
                {
                    self.shelf.settled(&stored);
                    found.dead.push(stored);
                } else {
                    found.messages.push(self.hold(stored, until, now));
                }
            }
        }
        Ok(found)
    }

    fn hold(&mut self, mut stored: Stored, until: i64, now: i64) -> Received {
        self.handles = self.handles.wrapping_add(1).max(1);
        stored.handle = self.handles;
        stored.receives += 1;
        self.deadlines.insert((until, stored.offset));
        let held = Held {
            stored,
            received_at: now,
            until,
        };
        self.held.insert(stored.offset, held);
        Received {
            entry: stored.entry,
            receipt: Receipt {
                offset: stored.offset,
                handle: stored.handle,
            },
            receive_count: stored.receives,
            sent_at: stored.sent_at,
        }
    }

    /// No longer in flight.
    fn release(&mut self, offset: u64) -> Option<Stored> {
        let held = self.held.remove(&offset)?;
        self.deadlines.remove(&(held.until, offset));
        Some(held.stored)
    }

    /// A consumer deletes what it received; `None` if nothing was to be deleted.
    ///
    /// In a standard queue the receipt of the last receive is good until the message is received again; with an older one
    /// "the request succeeds, but the message will not be deleted" (API, `DeleteMessage`). A FIFO queue refuses a receipt
    /// when its visibility timeout is over.
    pub fn delete(&mut self, receipt: Receipt) -> Result<Option<Stored>, Error> {
        let Receipt { offset, handle } = receipt;
        if let Some(held) = self.held.get(&offset) {
            if held.stored.handle == handle {
                let gone = self.release(offset);
                gone.iter().for_each(|stored| self.shelf.settled(stored));
                return Ok(gone);
            }
            return self.too_late();
        }
        match self.shelf.find_returned(offset) {
            None => Ok(None),
            Some(_) if self.fifo => self.too_late(),
            Some(stored) if stored.handle != handle => Ok(None),
            Some(_) => Ok(self.shelf.remove_returned(offset)),
        }
    }

    fn too_late(&self) -> Result<Option<Stored>, Error> {
        if self.fifo {
            return Err(Error::ReceiptHandleIsInvalid);
        }
        Ok(None)
    }

    /// A received message is to be hidden for so long from now on, ns; for no time gives it back.
    pub fn change(&mut self, receipt: Receipt, timeout_ns: u64, now: i64) -> Result<(), Error> {
        let Receipt { offset, handle } = receipt;
        let held = self
            .held
            .get_mut(&offset)
            .filter(|h| h.stored.handle == handle);
        let Some(held) = held else {
            return Err(Error::MessageNotInflight);
        };
        let until = now.saturating_add(i64::try_from(timeout_ns).unwrap_or(i64::MAX));
        if until > held.received_at.saturating_add(HIDDEN_MAX_NS) {
            return Err(Error::InvalidParameterValue);
        }
        if timeout_ns == 0 {
            let back = self.release(offset);
            back.into_iter()
                .for_each(|stored| self.shelf.give_back(stored));
            return Ok(());
        }
        self.deadlines.remove(&(held.until, offset));
        held.until = until;
        self.deadlines.insert((until, offset));
        Ok(())
    }

    /// Takes the oldest messages out that can be received, to be moved to another queue.
    pub fn take_away(&mut self, max: usize) -> Vec<Stored> {
        let mut taken = Vec::new();
        self.shelf.take(max, false, &mut self.stream, &mut taken);
        taken.iter().for_each(|stored| self.shelf.settled(stored));
        taken
    }

    /// How many can be received now (`ApproximateNumberOfMessages`).
    pub fn visible(&self) -> usize {
        self.shelf.len()
    }

    /// How many are in flight (`ApproximateNumberOfMessagesNotVisible`).
    pub fn in_flight(&self) -> usize {
        self.held.len()
    }

    /// How many are not to be seen yet (`ApproximateNumberOfMessagesDelayed`).
    pub fn delayed(&self) -> usize {
        self.delayed.len()
    }

    /// When the oldest was sent, by the clock, ns (`ApproximateAgeOfOldestMessage`). Looks at all.
    pub fn oldest(&self) -> Option<i64> {
        let delayed = self.delayed.iter().map(|(_, m)| m.sent_at).min();
        let held = self.held.values().map(|h| h.stored.sent_at).min();
        [self.shelf.oldest(), delayed, held]
            .into_iter()
            .flatten()
            .min()
    }

    /// How often the message in flight that was received most often was received.
    pub fn receives_max(&self) -> u32 {
        let held = self.held.values().map(|h| h.stored.receives);
        held.max().unwrap_or(0)
    }
}
