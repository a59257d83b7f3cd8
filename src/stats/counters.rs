//! What is simply counted.

use crate::sim::ledger::{Change, State, What};
use crate::sim::record::{Drop, Outcome, Why};
use crate::sim::{Fact, Record, Span};

/// Counts since the beginning of a run. Messages unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Made by applications.
    pub produced: u64,
    /// Their bytes.
    pub bytes_produced: u64,
    /// Told to their producers as stored.
    pub acked: u64,
    /// Told to their producers as failed, by [`Why`].
    pub refused: [u64; 4],
    /// Stored in a leader's log, counting again what was stored again.
    pub stored: u64,
    /// Stored in a leader's log although it was there already.
    pub stored_again: u64,
    /// Handed to consumers' applications, counting again.
    pub handed: u64,
    /// First time that a group ended with a message, counting each group.
    pub delivered: u64,
    /// Further times.
    pub duplicated: u64,
    /// First deliveries after a later message of the same producer and queue.
    pub reordered: u64,
    /// First deliveries after a later message of the same producer, queue and key.
    pub reordered_by_key: u64,
    /// Delivered although the producer had been told that they failed.
    pub refused_but_delivered: u64,
    /// Passed over by a group.
    pub skipped: u64,
    /// By state: in flight (unused), delivered to all groups, lost, expired.
    pub became: [u64; 4],
    /// Of those lost: a group's position moved past them.
    pub passed_over: u64,
    /// Of those lost: acknowledged, and gone from the log.
    pub lost_acked: u64,
    /// Ends of processing, by [`Outcome`].
    pub outcomes: [u64; 4],
    /// Network messages that did not arrive, by [`Drop`].
    pub dropped: [u64; 4],
    /// Faults that took hold of something.
    pub faults: u64,
    /// The fault that began last, and the event it did in.
    began: Option<(u32, u64)>,
}

impl Counters {
    #[inline]
    pub(super) fn produced(&mut self, span: Span, bytes: u32) {
        self.produced += u64::from(span.count);
        self.bytes_produced += u64::from(bytes);
    }

    pub(super) fn record(&mut self, record: &Record) {
        match record.fact {
            Fact::Refused { span, why, .. } => self.refused[why as usize] += u64::from(span.count),
            Fact::Dropped { why, .. } => self.dropped[why as usize] += 1,
            // Once for each beginning, however many it strikes.
            Fact::FaultBegan { fault, .. } => {
                let beginning = Some((fault, record.event));
                if std::mem::replace(&mut self.began, beginning) != beginning {
                    self.faults += 1;
                }
            }
            _ => {}
        }
    }

    #[inline]
    pub(super) fn change(&mut self, change: &Change) {
        match change.what {
            What::Delivered { again: true, .. } => self.duplicated += 1,
            What::Delivered {
                refused,
                after,
                after_of_key,
                ..
            } => {
                self.delivered += 1;
                self.refused_but_delivered += u64::from(refused);
                self.reordered += u64::from(after.is_some());
                self.reordered_by_key += u64::from(after_of_key.is_some());
            }
            What::Became {
                from,
                to,
                acked,
                was_skipped,
                skipped,
                ..
            } => {
                self.became(from, to);
                self.passed_over -= u64::from(was_skipped);
                self.passed_over += u64::from(skipped);
                let leaves = from != to && from == State::Lost && !was_skipped;
                self.lost_acked -= u64::from(acked && leaves);
                self.lost_acked += u64::from(acked && to == State::Lost && !skipped);
            }
            What::Skipped { .. } => self.skipped += u64::from(change.span.count),
            What::StoredAgain => self.stored_again += u64::from(change.span.count),
            _ => {}
        }
    }

    fn became(&mut self, from: State, to: State) {
        if from == to {
            return;
        }
        if from != State::InFlight {
            self.became[from as usize] -= 1;
        }
        self.became[to as usize] += u64::from(to != State::InFlight);
    }

    /// All that producers were told had failed.
    pub fn refused_all(&self) -> u64 {
        self.refused.iter().sum()
    }

    /// Refused for a reason.
    pub fn refused_for(&self, why: Why) -> u64 {
        self.refused[why as usize]
    }

    /// Processing that ended in a way.
    pub fn ended(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    /// Network messages that did not arrive for a reason.
    pub fn dropped_for(&self, why: Drop) -> u64 {
        self.dropped[why as usize]
    }

    /// Messages in a state other than in flight.
    pub fn in_state(&self, state: State) -> u64 {
        self.became[state as usize]
    }

    /// Messages that are neither delivered to every group nor lost nor expired.
    pub fn in_flight(&self) -> u64 {
        self.produced - self.became.iter().sum::<u64>()
    }
}
