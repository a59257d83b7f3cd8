//! The time after the last disturbance: what a liveness property waits for. While something goes wrong nothing is asked of a
//! system; a time later it must be well again.

use crate::sim::Record;

use super::{Findings, Kinds, TOO_SHORT, kind};

/// More than before the first disturbance, by half and this many, counts as still disturbed.
const SLACK: u64 = 50;

/// Whether so much is clearly more than was usual.
pub(super) fn is_more(now: u64, usual: u64) -> bool {
    now > usual + usual / 2 + SLACK
}

/// When a run was disturbed last, and whether somebody looked when the time after it was up.
#[derive(Clone, Debug)]
pub(super) struct Calm {
    within_ns: u64,
    last: Option<Record>,
    looked: bool,
}

impl Calm {
    /// The kinds of records to be taken in.
    pub const KINDS: Kinds = Kinds::of(&[
        kind::STARTED,
        kind::CRASHED,
        kind::HALTED,
        kind::PAUSED,
        kind::RESUMED,
        kind::FAULT_BEGAN,
        kind::FAULT_ENDED,
    ]);

    pub fn new(within_ns: u64) -> Self {
        Self {
            within_ns,
            last: None,
            looked: false,
        }
    }

    /// How long after it somebody looks, ns.
    pub fn within_ns(&self) -> u64 {
        self.within_ns
    }

    /// Takes a record in; whether it is a disturbance. What was found after an earlier one is not about this one.
    pub fn take(&mut self, record: &Record, found: &mut Findings) -> bool {
        if !record.is_disturbance() {
            return false;
        }
        if found.count() > 0 {
            found.take_back();
        }
        self.last = Some(*record);
        self.looked = false;
        true
    }

    /// The last disturbance.
    pub fn last(&self) -> Option<&Record> {
        self.last.as_ref()
    }

    /// When to look, ns.
    pub fn due(&self) -> u64 {
        match self.last {
            Some(last) if !self.looked => last.at.saturating_add(self.within_ns),
            _ => u64::MAX,
        }
    }

    /// Somebody looks: after which disturbance.
    pub fn look(&mut self) -> Option<Record> {
        self.looked = true;
        self.last
    }

    /// Why nothing can be said yet, if so.
    pub fn open(&self) -> Option<&'static str> {
        (self.last.is_some() && !self.looked).then_some(TOO_SHORT)
    }
}
