//! A replica's log: batches in the order of their offsets, divided into segments, with the epochs of the leaders that
//! appended them and the place of each batch on the disk.
//!
//! Batches are kept in a history that clones share, so that a checkpoint of a long log costs little. Segments are what
//! retention removes, always whole; a batch is never cut.

use std::collections::{BTreeMap, VecDeque};

use crate::sim::history::History;
use crate::sim::host::Survival;

use super::batch::LogBatch;

/// Between one and two times so many batches are copied with a clone. Few, because there are many logs.
const CHUNK: usize = 24;

/// So many batches at the end are looked through one by one.
const NEAR: usize = 4;

/// The position on the disk of what was synced apart from all else: before everything that could be lost.
const SYNCED: u64 = 0;

/// A batch and where it ends on the disk.
#[derive(Clone, Debug)]
struct Stored {
    batch: LogBatch,
    position: u64,
}

/// What is known of a segment.
#[derive(Clone, Debug)]
struct Segment {
    base: u64,
    bytes: u64,
    first_timestamp_ns: i64,
    max_timestamp_ns: i64,
}

impl Segment {
    fn at(base: u64) -> Self {
        Self {
            base,
            bytes: 0,
            first_timestamp_ns: 0,
            max_timestamp_ns: i64::MIN,
        }
    }
}

/// Puts a batch into the last of some segments, or into a new one if that would be too large.
fn add_to(segments: &mut VecDeque<Segment>, batch: &LogBatch, bytes_max: u64) {
    let bytes = u64::from(batch.batch.bytes());
    let timestamp = batch.batch.timestamp_ns;
    if segments.back().is_none_or(|s| s.bytes + bytes > bytes_max) {
        segments.push_back(Segment {
            first_timestamp_ns: timestamp,
            ..Segment::at(batch.base)
        });
    }
    if let Some(segment) = segments.back_mut() {
        segment.bytes += bytes;
        segment.max_timestamp_ns = segment.max_timestamp_ns.max(timestamp);
    }
}

/// How much of a log is kept (`retention.ms`, `retention.bytes`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    /// Segments whose youngest record is older than this go, ns.
    pub age_ns: Option<u64>,
    /// While the log stays at least this large, its oldest segments go.
    pub bytes: Option<u64>,
}

/// A log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    stored: History<Stored, CHUNK>,
    /// The segment that grows: it lies here because every append looks at it.
    last: Segment,
    /// Those before it.
    closed: VecDeque<Segment>,
    /// (epoch, its first offset), both growing (KIP-101, "leader epoch sequence file").
    epochs: Vec<(u32, u64)>,
    /// The last of them.
    latest_epoch: Option<u32>,
    start: u64,
    end: u64,
    bytes: u64,
    segment_bytes: u64,
    segment_ns: u64,
    /// Below this it was compacted.
    cleaned: u64,
}

impl Log {
    /// An empty log that closes a segment when it is so large, or spans so much time.
    pub fn new(segment_bytes: u64, segment_ns: u64) -> Self {
        Self {
            stored: History::default(),
            last: Segment::at(0),
            closed: VecDeque::new(),
            epochs: Vec::new(),
            latest_epoch: None,
            start: 0,
            end: 0,
            bytes: 0,
            segment_bytes,
            segment_ns,
            cleaned: 0,
        }
    }

    /// Offset of the first record that is kept.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Offset behind the last record: where the next goes ("log end offset").
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes of all batches.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many segments.
    pub fn segments(&self) -> usize {
        self.closed.len() + 1
    }

    /// Epoch of the last record, or the one that began last.
    pub fn latest_epoch(&self) -> Option<u32> {
        self.latest_epoch
    }

    fn changed_epochs(&mut self) {
        self.latest_epoch = self.epochs.last().map(|e| e.0);
    }

    /// All epochs with their first offsets.
    #[cfg(test)]
    pub fn epochs(&self) -> &[(u32, u64)] {
        &self.epochs
    }

    /// All batches, from the first.
    pub fn batches(&self) -> impl Iterator<Item = &LogBatch> {
        self.stored.iter().map(|s| &s.batch)
    }

    /// A leader's epoch begins at the end of the log.
    pub fn begin_epoch(&mut self, epoch: u32) {
        self.assign_epoch(epoch, self.end);
    }

    /// An epoch that is not known yet begins at an offset, at or behind the end (Kafka's `LeaderEpochFileCache.assign`).
    #[inline]
    fn assign_epoch(&mut self, epoch: u32, from: u64) {
        if self.latest_epoch().is_none_or(|latest| latest < epoch) {
            self.note_epoch(epoch, from);
        }
    }

    #[cold]
    fn note_epoch(&mut self, epoch: u32, from: u64) {
        while self.epochs.last().is_some_and(|e| e.1 >= from) {
            self.epochs.pop();
        }
        self.epochs.push((epoch, from));
        self.changed_epochs();
    }

    /// Appends a batch that begins where the log ends, or behind a gap; `position` is where it ends on the disk.
    pub fn append(&mut self, batch: LogBatch, position: u64) {
        debug_assert!(
            batch.base >= self.end,
            "a log grows, with gaps where its leader's was compacted"
        );
        self.assign_epoch(batch.epoch, batch.base);
        let bytes = u64::from(batch.batch.bytes());
        let timestamp = batch.batch.timestamp_ns;
        self.roll_if_due(bytes, timestamp);
        let segment = &mut self.last;
        if segment.bytes == 0 {
            segment.first_timestamp_ns = timestamp;
        }
        segment.bytes += bytes;
        segment.max_timestamp_ns = segment.max_timestamp_ns.max(timestamp);
        self.bytes += bytes;
        self.end = batch.end();
        self.stored.push_back(Stored { batch, position });
    }

    /// `segment.bytes`, `segment.ms` (by the timestamps of the records, as Kafka does).
    fn roll_if_due(&mut self, bytes: u64, timestamp_ns: i64) {
        let segment = &self.last;
        let age = timestamp_ns.saturating_sub(segment.first_timestamp_ns);
        let old = u64::try_from(age).is_ok_and(|age| age > self.segment_ns);
        if segment.bytes > 0 && (segment.bytes + bytes > self.segment_bytes || old) {
            let next = Segment::at(self.end);
            self.closed
                .push_back(std::mem::replace(&mut self.last, next));
        }
    }

    /// The oldest segment.
    fn first(&self) -> &Segment {
        self.closed.front().unwrap_or(&self.last)
    }

    /// Where the second segment begins, if there is one.
    fn second_base(&self) -> Option<u64> {
        match self.closed.len() {
            0 => None,
            1 => Some(self.last.base),
            _ => Some(self.closed[1].base),
        }
    }

    /// Where the batch that holds an offset stands.
    fn find(&self, offset: u64) -> Option<usize> {
        let len = self.stored.len();
        if offset >= self.end || len == 0 {
            return None;
        }
        // A batch ends where the next begins; nearly everybody reads near the end.
        let mut near = (len.saturating_sub(NEAR)..len).rev();
        let at = near
            .find(|&at| self.stored[at].batch.base <= offset)
            .unwrap_or_else(|| self.find_far(offset));
        // What was compacted away is skipped.
        let skipped = self.stored[at].batch.end() <= offset;
        Some(at + usize::from(skipped))
    }

    #[cold]
    fn find_far(&self, offset: u64) -> usize {
        let begun = self.stored.partition_point(|s| s.batch.base <= offset);
        begun.saturating_sub(1)
    }

    /// Reads whole batches from the one that holds `from` on, as long as they end at or before `below` and make no more
    /// than `bytes_max` (but at least one if `one_at_least`). Returns their bytes.
    pub fn read(
        &self,
        from: u64,
        below: u64,
        bytes_max: u32,
        one_at_least: bool,
        out: &mut Vec<LogBatch>,
    ) -> u32 {
        let mut bytes = 0_u32;
        let Some(at) = self.find(from) else {
            return 0;
        };
        for stored in self.stored.range(at) {
            let more = stored.batch.batch.bytes();
            let free = one_at_least && out.is_empty();
            if stored.batch.end() > below || (!free && bytes.saturating_add(more) > bytes_max) {
                return bytes;
            }
            bytes = bytes.saturating_add(more);
            out.push(stored.batch.clone());
        }
        bytes
    }

    /// The largest epoch of the log that is not larger than the one asked for, and the offset behind its last record;
    /// `None` if the log knows only smaller ones (KIP-101; Kafka's `LeaderEpochFileCache.endOffsetFor`).
    pub fn end_of_epoch(&self, epoch: u32) -> Option<(u32, u64)> {
        if self.latest_epoch() == Some(epoch) {
            return Some((epoch, self.end));
        }
        let higher = self.epochs.partition_point(|e| e.0 <= epoch);
        let next = self.epochs.get(higher)?;
        Some(match higher.checked_sub(1) {
            Some(floor) => (self.epochs[floor].0, next.1),
            None => (epoch, next.1),
        })
    }

    /// Removes every batch that reaches beyond an offset, and says which. Returns the bytes it freed.
    pub fn truncate(&mut self, to: u64, mut gone: impl FnMut(&LogBatch)) -> u64 {
        let before = self.bytes;
        while self.stored.back().is_some_and(|s| s.batch.end() > to) {
            if let Some(stored) = self.stored.pop_back() {
                gone(&stored.batch);
                self.end = stored.batch.base;
                self.forget_last(u64::from(stored.batch.batch.bytes()));
            }
        }
        // The offset may lie where something was compacted away.
        self.end = self.end.min(to);
        self.start = self.start.min(self.end);
        self.cleaned = self.cleaned.min(self.end);
        self.forget_empty_epochs();
        before - self.bytes
    }

    /// Forgets the epochs in which nothing was appended that is there.
    pub fn forget_empty_epochs(&mut self) {
        let end = self.end;
        while self.epochs.last().is_some_and(|e| e.1 >= end) {
            self.epochs.pop();
        }
        self.changed_epochs();
    }

    fn forget_last(&mut self, bytes: u64) {
        self.bytes -= bytes;
        while self.last.bytes == 0
            && let Some(before) = self.closed.pop_back()
        {
            self.last = before;
        }
        self.last.bytes = self.last.bytes.saturating_sub(bytes);
    }

    /// Removes everything, to go on from an offset that has nothing to do with what was there.
    pub fn restart_at(&mut self, offset: u64, gone: impl FnMut(&LogBatch)) -> u64 {
        let freed = self.truncate(0, gone);
        self.closed.clear();
        self.last = Segment::at(offset);
        self.epochs.clear();
        self.changed_epochs();
        self.start = offset;
        self.end = offset;
        self.cleaned = offset;
        freed
    }

    /// Removes old segments as configured, by the local clock; never one that reaches beyond `visible` (the high
    /// watermark). Returns the bytes it freed.
    pub fn expire(
        &mut self,
        clock_ns: i64,
        retention: Retention,
        visible: u64,
        mut gone: impl FnMut(&LogBatch),
    ) -> u64 {
        let before = self.bytes;
        loop {
            let first = self.first();
            let behind = self.second_base().unwrap_or(self.end);
            let age = clock_ns.saturating_sub(first.max_timestamp_ns);
            let too_old = retention
                .age_ns
                .is_some_and(|max| u64::try_from(age).is_ok_and(|age| age > max));
            let too_large = retention
                .bytes
                .is_some_and(|max| self.bytes - first.bytes >= max);
            if first.bytes == 0 || behind > visible || !(too_old || too_large) {
                break;
            }
            self.drop_first_segment(behind, &mut gone);
        }
        before - self.bytes
    }

    /// Compacts the closed segments (`cleanup.policy=compact`), if they lie below `visible` (the high watermark) and at least
    /// half of their bytes came since the last time (`min.cleanable.dirty.ratio`, 0.5): batches none of whose records is the
    /// last of its key go, and what is left is put into fewer segments. Offsets stay, so that there are gaps, but none at the
    /// end: the last batch of the log stays, for followers know how far they are by what they have. Returns the bytes it freed.
    ///
    /// What is left of the closed segments is synced then: the cleaner writes it into new files, and flushes each before it
    /// takes the place of the old ones (Kafka's `Cleaner.cleanSegments`). So a power loss never takes what superseded
    /// something that is gone. That the cleaner reads and writes costs nothing here.
    ///
    /// Kafka documentation, "Log Compaction". Its cleaner removes single records; here a batch goes or stays.
    pub fn compact(&mut self, visible: u64) -> u64 {
        let behind = self.last.base;
        let of = |segments: &mut dyn Iterator<Item = &Segment>| -> u64 {
            segments.map(|s| s.bytes).sum()
        };
        let dirty = of(&mut self.closed.iter().filter(|s| s.base >= self.cleaned));
        if dirty == 0 || behind > visible || dirty * 2 < of(&mut self.closed.iter()) {
            return 0;
        }
        let before = self.bytes;
        let old = || self.stored.iter().take_while(|s| s.batch.base < behind);
        let mut last = BTreeMap::new();
        for stored in old() {
            let base = stored.batch.base;
            last.extend(stored.batch.batch.payload.keys().map(|key| (key, base)));
        }
        let newest = self.stored.back().map(|s| s.batch.base);
        let counts = |s: &Stored| {
            let base = s.batch.base;
            let mut keys = s.batch.batch.payload.keys();
            keys.any(|key| last.get(&key) == Some(&base)) || newest == Some(base)
        };
        let mut closed = VecDeque::new();
        for stored in old().filter(|s| counts(s)) {
            add_to(&mut closed, &stored.batch, self.segment_bytes);
        }
        self.stored.retain(|s| s.batch.base >= behind || counts(s));
        for at in 0..self.stored.partition_point(|s| s.batch.base < behind) {
            if let Some(stored) = self.stored.get_mut(at) {
                stored.position = SYNCED;
            }
        }
        (self.closed, self.cleaned) = (closed, behind);
        self.bytes = self.last.bytes + of(&mut self.closed.iter());
        before - self.bytes
    }

    /// The leader's log begins at an offset now: so does this one, and segments that lie before it go.
    pub fn start_at_least(&mut self, offset: u64, mut gone: impl FnMut(&LogBatch)) -> u64 {
        let before = self.bytes;
        self.start = self.start.max(offset.min(self.end));
        while let Some(behind) = self.second_base() {
            if behind > self.start {
                break;
            }
            self.drop_first_segment(behind, &mut gone);
        }
        before - self.bytes
    }

    fn drop_first_segment(&mut self, behind: u64, gone: &mut impl FnMut(&LogBatch)) {
        while self.stored.front().is_some_and(|s| s.batch.end() <= behind) {
            if let Some(stored) = self.stored.pop_front() {
                gone(&stored.batch);
            }
        }
        let first = self.closed.pop_front().unwrap_or_else(|| {
            let next = Segment::at(self.end);
            std::mem::replace(&mut self.last, next)
        });
        self.bytes -= first.bytes;
        self.start = self.start.max(behind);
        let passed = self.epochs.partition_point(|e| e.1 <= self.start);
        if passed > 1 {
            self.epochs.drain(..passed - 1);
        }
        if let Some(first) = self.epochs.first_mut() {
            first.1 = first.1.max(self.start);
        }
        self.changed_epochs();
    }

    /// What a crash left: everything before the first batch that did not survive (Kafka's log recovery cuts at the first
    /// batch that it cannot read). Returns the bytes that are gone.
    pub fn recover(&mut self, survival: &Survival, gone: impl FnMut(&LogBatch)) -> u64 {
        if !survival.power && survival.lost.is_empty() {
            return 0;
        }
        let mut stored = self.stored.iter();
        let first_lost = stored
            .find(|s| !survival.keeps(s.position))
            .map(|s| s.batch.base);
        first_lost.map_or(0, |base| self.truncate(base, gone))
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
