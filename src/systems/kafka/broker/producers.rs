//! What a partition remembers of idempotent producers, so that a batch that is sent twice is stored once (KIP-98).

use super::super::batch::{LogBatch, Sequence};
use super::super::protocol::Error;

/// How many batches of a producer are remembered: as many as may be in flight (Kafka: `ProducerStateEntry`,
/// `NUM_BATCHES_TO_RETAIN` 5).
const REMEMBERED: usize = 5;

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    first: u32,
    count: u32,
    base: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    epoch: u16,
    /// The first `len` count.
    batches: [Known; REMEMBERED],
    len: u8,
    /// Which of them is the youngest; the next is written behind it, over the oldest.
    youngest: u8,
}

impl Entry {
    fn new(epoch: u16) -> Self {
        Self {
            epoch,
            batches: [Known::default(); REMEMBERED],
            len: 0,
            youngest: 0,
        }
    }

    fn batches(&self) -> &[Known] {
        &self.batches[..REMEMBERED.min(self.len.into())]
    }

    fn youngest(&self) -> Option<&Known> {
        self.batches().get(usize::from(self.youngest))
    }

    fn push(&mut self, known: Known) {
        let last = REMEMBERED as u8 - 1;
        self.youngest = match self.youngest {
            _ if self.len == 0 => 0,
            youngest if youngest < last => youngest + 1,
            _ => 0,
        };
        self.len = REMEMBERED.min(usize::from(self.len) + 1) as u8;
        self.batches[usize::from(self.youngest)] = known;
    }
}

/// What a batch is to the partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Verdict {
    /// The next one: append it.
    New,
    /// It is there already, from this offset on.
    Duplicate(u64),
    /// It must not be appended.
    Refused(Error),
}

/// The producers of a partition. Their ids stand apart from what is known of each, close together: who looks for one among
/// fifty looks at two or three lines of the cache.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Producers {
    /// Growing.
    ids: Vec<u64>,
    /// In the same order.
    entries: Vec<Entry>,
}

impl Producers {
    /// Forgets everything, and learns it again from a log.
    pub fn rebuild<'a>(&mut self, batches: impl Iterator<Item = &'a LogBatch>) {
        self.ids.clear();
        self.entries.clear();
        batches.for_each(|b| self.appended(b));
    }

    /// Judges a batch that wants to be appended. Of a producer that is not known (any more) every sequence is accepted, as
    /// Kafka does (`ProducerAppendInfo.checkSequence`).
    pub fn judge(&self, sequence: Sequence, count: u32) -> Verdict {
        let Ok(at) = self.ids.binary_search(&sequence.producer_id) else {
            return Verdict::New;
        };
        let entry = &self.entries[at];
        if sequence.producer_epoch < entry.epoch {
            return Verdict::Refused(Error::InvalidProducerEpoch);
        }
        if sequence.producer_epoch > entry.epoch {
            return match sequence.base {
                0 => Verdict::New,
                _ => Verdict::Refused(Error::OutOfOrderSequenceNumber),
            };
        }
        let same = |k: &&Known| k.first == sequence.base && k.count == count;
        if let Some(known) = entry.batches().iter().find(same) {
            return Verdict::Duplicate(known.base);
        }
        match entry.youngest() {
            Some(last) if last.first.wrapping_add(last.count) != sequence.base => {
                Verdict::Refused(Error::OutOfOrderSequenceNumber)
            }
            _ => Verdict::New,
        }
    }

    /// A batch was appended.
    pub fn appended(&mut self, batch: &LogBatch) {
        let Some(sequence) = batch.batch.sequence() else {
            return;
        };
        let id = sequence.producer_id;
        let at = self.ids.partition_point(|&known| known < id);
        if self.ids.get(at) != Some(&id) {
            self.ids.insert(at, id);
            self.entries.insert(at, Entry::new(sequence.producer_epoch));
        }
        let entry = &mut self.entries[at];
        if entry.epoch != sequence.producer_epoch {
            entry.epoch = sequence.producer_epoch;
            entry.len = 0;
        }
        entry.push(Known {
            first: sequence.base,
            count: batch.batch.count(),
            base: batch.base,
        });
    }

    /// How many producers are known.
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::batch::{Batch, Item, Payload};
    use super::*;
    use crate::sim::LaneId;

    fn sequence(base: u32, producer_epoch: u16) -> Sequence {
        Sequence {
            producer_id: 7,
            producer_epoch,
            base,
        }
    }

    fn stored(first: u32, epoch: u16, offset: u64) -> LogBatch {
        let item = Item::new(None, 1, false);
        LogBatch {
            base: offset,
            epoch: 0,
            batch: Arc::new(Batch::new(
                0,
                Some(sequence(first, epoch)),
                Payload::messages(LaneId(0), first, &[item; 2]),
            )),
        }
    }

    #[test]
    fn a_repeated_batch_is_recognised_and_a_gap_refused() {
        let mut producers = Producers::default();
        assert_eq!(producers.judge(sequence(0, 0), 2), Verdict::New);
        for n in 0..6 {
            producers.appended(&stored(n * 2, 0, 100 + u64::from(n) * 2));
        }
        assert_eq!(producers.judge(sequence(12, 0), 2), Verdict::New);
        assert_eq!(
            producers.judge(sequence(10, 0), 2),
            Verdict::Duplicate(110),
            "the last one"
        );
        assert_eq!(
            producers.judge(sequence(2, 0), 2),
            Verdict::Duplicate(102),
            "the fifth from the end"
        );
        let refused = Verdict::Refused(Error::OutOfOrderSequenceNumber);
        assert_eq!(
            producers.judge(sequence(0, 0), 2),
            refused,
            "only five are remembered"
        );
        assert_eq!(
            producers.judge(sequence(14, 0), 2),
            refused,
            "12 is missing"
        );
    }

    #[test]
    fn a_new_life_of_a_producer_starts_at_zero_and_shuts_out_the_old() {
        let mut producers = Producers::default();
        producers.appended(&stored(0, 1, 0));
        assert_eq!(
            producers.judge(sequence(2, 0), 2),
            Verdict::Refused(Error::InvalidProducerEpoch)
        );
        assert_eq!(
            producers.judge(sequence(2, 2), 2),
            Verdict::Refused(Error::OutOfOrderSequenceNumber)
        );
        assert_eq!(producers.judge(sequence(0, 2), 2), Verdict::New);
    }

    #[test]
    fn of_the_batches_of_an_older_epoch_none_is_remembered() {
        let mut producers = Producers::default();
        for n in 0..7 {
            producers.appended(&stored(n * 2, 0, u64::from(n) * 2));
        }
        producers.appended(&stored(0, 1, 14));
        assert_eq!(
            producers.judge(sequence(0, 1), 2),
            Verdict::Duplicate(14),
            "not the first batch of the older epoch"
        );
        assert_eq!(producers.judge(sequence(2, 1), 2), Verdict::New);
        for old in [4, 12, 14] {
            assert_eq!(
                producers.judge(sequence(old, 1), 2),
                Verdict::Refused(Error::OutOfOrderSequenceNumber),
                "{old}"
            );
        }
    }
}
