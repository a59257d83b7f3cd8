//! The record accumulator: batches that wait to be sent, in order, per partition; and what an idempotent producer knows
//! about each partition. Nothing here sends anything.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::{LaneId, QueueId, Span};

use super::super::batch::{BATCH_HEADER_BYTES, Batch, Item, Payload, Sequence};

/// A batch on its way: open while messages are added, sealed when it is first sent.
#[derive(Clone, Debug)]
pub(super) struct OutBatch {
    pub span: Span,
    /// Of an open batch.
    items: Vec<Item>,
    /// Of a sealed batch.
    pub sealed: Option<Arc<Batch>>,
    pub sequence: Option<Sequence>,
    /// Bytes with the header.
    pub bytes: u64,
    /// Bytes of the producer's memory that it holds.
    pub memory: u64,
    pub created_at: u64,
    /// How often it was sent in vain.
    pub attempts: u32,
    /// Not to be sent before.
    pub not_before: u64,
}

impl OutBatch {
    fn new(lane: LaneId, number: u32, memory: u64, items: Vec<Item>, now: u64) -> Self {
        Self {
            span: Span {
                lane,
                first: number,
                count: 0,
            },
            items,
            sealed: None,
            sequence: None,
            bytes: u64::from(BATCH_HEADER_BYTES),
            memory,
            created_at: now,
            attempts: 0,
            not_before: 0,
        }
    }

    /// Closes the batch and gives it its sequence; the same again if it is sealed and keeps its sequence.
    pub fn seal(&mut self, sequence: Option<Sequence>, timestamp_ns: i64) {
        let batch = match self.sealed.take() {
            Some(batch) if self.sequence == sequence => batch,
            Some(batch) => Arc::new(batch.resequenced(sequence)),
            None => {
                let payload = Payload::messages(self.span.lane, self.span.first, &self.items);
                Arc::new(Batch::new(timestamp_ns, sequence, payload))
            }
        };
        self.sequence = sequence;
        self.sealed = Some(batch);
    }
}

/// A partition that the producer sends to.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub queue: QueueId,
    /// Its place in the cluster.
    pub place: usize,
    pub lane: LaneId,
    /// The broker that leads it, by its place, and which of that broker's partitions it is; as far as is known.
    pub home: Option<(u32, u32)>,
    /// Number of the next message. It outlives the process: messages of a later life must not bear the same numbers.
    pub next_number: u32,
    /// What waits to be sent, the first first.
    pub batches: VecDeque<OutBatch>,
    /// How many batches are on the wire.
    pub in_flight: u32,
    /// Memory of sealed batches, for the next ones.
    spare: Vec<Vec<Item>>,

    /// The producer's epoch that the sequence belongs to.
    pub epoch: Option<(u64, u16)>,
    /// Sequence of the next batch.
    pub next_sequence: u32,
    /// First sequences of the batches that were sent and are neither acknowledged nor given up, in order.
    pub unacked: VecDeque<u32>,
    /// Sequence of the last message that was acknowledged.
    pub last_acked: Option<u32>,
    /// A batch was given up without knowing whether it was stored: its sequence may be missing at the broker.
    pub unresolved: bool,
}

impl Part {
    pub fn new(queue: QueueId, place: usize, lane: LaneId) -> Self {
        Self {
            queue,
            place,
            lane,
            home: None,
            next_number: 0,
            batches: VecDeque::new(),
            in_flight: 0,
            spare: Vec::new(),
            epoch: None,
            next_sequence: 0,
            unacked: VecDeque::new(),
            last_acked: None,
            unresolved: false,
        }
    }

    /// Memory is lost; the numbering goes on.
    #[cold]
    pub fn forget(&mut self) {
        let next_number = self.next_number;
        *self = Self::new(self.queue, self.place, self.lane);
        self.next_number = next_number;
    }

    /// Adds a message to the open batch, if there is one with room (`RecordAccumulator.tryAppend`).
    pub fn try_append(&mut self, number: u32, item: Item, batch_bytes: u64) -> bool {
        let Some(last) = self.batches.back_mut() else {
            return false;
        };
        let fits = last.sealed.is_none()
            && last.span.first + last.span.count == number
            && last.bytes + u64::from(item.bytes()) <= batch_bytes;
        if fits {
            last.items.push(item);
            last.span.count += 1;
            last.bytes += u64::from(item.bytes());
        }
        fits
    }

    /// Begins a batch with a message.
    pub fn open(&mut self, number: u32, item: Item, memory: u64, now: u64) {
        let items = self.spare.pop().unwrap_or_default();
        let mut batch = OutBatch::new(self.lane, number, memory, items, now);
        batch.items.push(item);
        batch.span.count = 1;
        batch.bytes += u64::from(item.bytes());
        self.batches.push_back(batch);
    }

    /// Takes out the first batch, to be sent. With an idempotent producer it gets its sequence now, once for all retries.
    pub fn take(&mut self, id: Option<(u64, u16)>, timestamp_ns: i64) -> Option<OutBatch> {
        let mut batch = self.batches.pop_front()?;
        let mut sequence = batch.sequence;
        if let (Some(id), None) = (id, sequence) {
            if self.epoch != Some(id) {
                self.epoch = Some(id);
                self.next_sequence = 0;
                self.last_acked = None;
            }
            sequence = Some(Sequence {
                producer_id: id.0,
                producer_epoch: id.1,
                base: self.next_sequence,
            });
            self.unacked.push_back(self.next_sequence);
            self.next_sequence = advance(self.next_sequence, batch.span.count);
        }
        batch.seal(sequence, timestamp_ns);
        let mut items = std::mem::take(&mut batch.items);
        if items.capacity() > 0 {
            items.clear();
            self.spare.push(items);
        }
        self.in_flight += 1;
        Some(batch)
    }

    /// Puts a batch back that will be sent again: an idempotent producer keeps the order, another one puts it first.
    #[cold]
    pub fn put_back(&mut self, batch: OutBatch, idempotent: bool) {
        let later = |b: &OutBatch| b.span.first > batch.span.first;
        let at = if idempotent {
            self.batches
                .iter()
                .position(later)
                .unwrap_or(self.batches.len())
        } else {
            0
        };
        self.batches.insert(at, batch);
    }

    /// The batch is done with, whatever became of it.
    pub fn settle(&mut self, batch: &OutBatch) {
        if let Some(sequence) = batch.sequence
            && let Some(at) = self.unacked.iter().position(|&s| s == sequence.base)
        {
            self.unacked.remove(at);
        }
    }

    /// The batch was stored.
    pub fn acknowledge(&mut self, batch: &OutBatch) {
        self.settle(batch);
        if let Some(sequence) = batch.sequence
            && self.epoch == Some((sequence.producer_id, sequence.producer_epoch))
        {
            self.last_acked = Some(advance(sequence.base, batch.span.count - 1));
        }
    }

    /// Whether a batch directly follows what was acknowledged last.
    pub fn is_next(&self, sequence: Sequence) -> bool {
        match self.last_acked {
            Some(last) => sequence.base == advance(last, 1),
            None => sequence.base == 0,
        }
    }

    /// The sequences of what waits count no more: they will be given anew, under a new epoch.
    #[cold]
    pub fn unsequence(&mut self, batch: &mut OutBatch) {
        self.settle(batch);
        batch.seal(None, 0);
        let mut waiting = std::mem::take(&mut self.batches);
        for other in waiting.iter_mut().filter(|b| b.sequence.is_some()) {
            self.settle(other);
            other.seal(None, 0);
        }
        self.batches = waiting;
        self.unresolved = false;
    }

    /// Whether the first batch may be sent as far as order is concerned (`RecordAccumulator.shouldStopDrainBatchesForPartition`):
    /// with one request in flight one at a time; with an idempotent producer no retry before an earlier one, and nothing
    /// new while sequences are in doubt.
    pub fn may_send(&self, id: Option<(u64, u16)>, one_at_a_time: bool) -> bool {
        let Some(first) = self.batches.front() else {
            return false;
        };
        if one_at_a_time && self.in_flight > 0 {
            return false;
        }
        let Some(id) = id else {
            return true;
        };
        if let Some(sequence) = first.sequence {
            return self.unacked.front() == Some(&sequence.base);
        }
        let stale = self.epoch.is_some_and(|e| e != id);
        !self.unresolved && (!stale || self.unacked.is_empty())
    }

    /// From when on the first batch is ready to be sent; it also is when another one waits behind it, or it is full.
    pub fn ready_at(&self, linger_ns: u64, batch_bytes: u64) -> u64 {
        let Some(first) = self.batches.front() else {
            return u64::MAX;
        };
        if first.attempts > 0 {
            return first.not_before;
        }
        if self.batches.len() > 1 || first.bytes >= batch_bytes {
            return 0;
        }
        first.created_at.saturating_add(linger_ns)
    }
}

/// Sequences wrap at 2³¹ (KIP-98).
fn advance(sequence: u32, by: u32) -> u32 {
    (sequence + by) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Option<(u64, u16)> = Some((7, 0));

    fn item() -> Item {
        Item::new(None, 100, false)
    }

    /// A partition with batches of two messages each.
    fn part(batches: u32) -> Part {
        let mut part = Part::new(QueueId(0), 0, LaneId(0));
        for batch in 0..batches {
            part.open(2 * batch, item(), 0, 0);
            assert!(part.try_append(2 * batch + 1, item(), 1000));
        }
        part
    }

    fn spans(batches: &VecDeque<OutBatch>) -> Vec<u32> {
        batches.iter().map(|b| b.span.first).collect()
    }

    #[test]
    fn a_batch_takes_messages_until_it_is_full() {
        let mut part = Part::new(QueueId(0), 0, LaneId(0));
        assert!(!part.try_append(0, item(), 300));
        part.open(0, item(), 300, 0);
        // 61 bytes of header and two messages are 261; a third would be 361.
        assert!(part.try_append(1, item(), 300));
        assert!(!part.try_append(2, item(), 300));
        assert_eq!(part.batches[0].span.count, 2);
        assert_eq!(part.batches[0].bytes, 261);
    }

    #[test]
    fn a_batch_waits_for_linger_unless_full_or_another_is_behind_it() {
        let mut part = Part::new(QueueId(0), 0, LaneId(0));
        assert_eq!(part.ready_at(5, 300), u64::MAX);
        part.open(0, item(), 300, 10);
        assert_eq!(part.ready_at(5, 300), 15);
        assert_eq!(part.ready_at(5, 161), 0);
        part.open(1, item(), 300, 11);
        assert_eq!(part.ready_at(5, 300), 0);
    }

    #[test]
    fn sequences_count_messages_and_stay_the_same_in_retries() {
        let mut part = part(3);
        let bases: Vec<u32> = (0..3)
            .map(|_| part.take(ID, 0).unwrap().sequence.unwrap().base)
            .collect();
        assert_eq!(bases, [0, 2, 4]);
        let mut again = super::tests::part(1);
        let mut batch = again.take(ID, 0).unwrap();
        let before = batch.sequence;
        batch.attempts = 1;
        again.put_back(batch, true);
        assert_eq!(again.take(ID, 0).unwrap().sequence, before);
        assert_eq!(again.next_sequence, 2);
    }

    #[test]
    fn idempotent_retries_keep_the_order_and_others_do_not() {
        for (idempotent, order) in [(true, [0, 2, 4]), (false, [2, 0, 4])] {
            let mut part = part(3);
            let id = ID.filter(|_| idempotent);
            let first = part.take(id, 0).unwrap();
            let second = part.take(id, 0).unwrap();
            part.put_back(first, idempotent);
            part.put_back(second, idempotent);
            assert_eq!(spans(&part.batches), order, "idempotent: {idempotent}");
        }
    }

    #[test]
    fn a_retry_waits_for_earlier_ones() {
        let mut part = part(3);
        let first = part.take(ID, 0).unwrap();
        let second = part.take(ID, 0).unwrap();
        part.put_back(second, true);
        assert!(!part.may_send(ID, false), "the first is on the wire");
        part.acknowledge(&first);
        assert!(part.may_send(ID, false));
    }

    #[test]
    fn with_one_request_in_flight_a_partition_sends_one_batch_at_a_time() {
        let mut part = part(2);
        assert!(part.may_send(None, true));
        let _ = part.take(None, 0).unwrap();
        assert!(!part.may_send(None, true));
        assert!(part.may_send(None, false));
    }

    #[test]
    fn after_doubt_a_new_epoch_begins_at_zero() {
        let mut part = part(2);
        let mut first = part.take(ID, 0).unwrap();
        part.unsequence(&mut first);
        part.put_back(first, true);
        let next = Some((7, 1));
        let sent = part.take(next, 0).unwrap();
        assert_eq!(sent.span.first, 0);
        let sequence = sent.sequence.unwrap();
        assert_eq!((sequence.producer_epoch, sequence.base), (1, 0));
        assert_eq!(sent.sealed.unwrap().items().len(), 2);
        assert_eq!(part.take(next, 0).unwrap().sequence.unwrap().base, 2);
    }
}
