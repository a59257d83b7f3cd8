//! After the last disturbance, work goes on as before within a time.

use crate::sim::ledger::{Change, Ledger, State, What};
use crate::sim::units::Duration;
use crate::sim::{Fact, Record};

use super::{Check, Findings, Kinds, Scene, kind};

/// More than before the first disturbance, by half and this many messages, counts as still disturbed.
const SLACK: u64 = 50;

/// Looks once, when the time is up: a moment of calm right after the blow is no recovery, for a failure takes time to show.
#[derive(Clone, Debug)]
pub(super) struct Recovers {
    within_ns: u64,
    /// Most messages that waited before the first disturbance.
    usual: u64,
    /// The last disturbance.
    last: Option<Record>,
    /// Messages delivered since.
    delivered: u64,
    /// Whether the time after it was up.
    looked: bool,
}

impl Recovers {
    pub fn new(within_ns: u64) -> Self {
        Self {
            within_ns,
            usual: 0,
            last: None,
            delivered: 0,
            looked: false,
        }
    }

    fn look(&mut self, ledger: &Ledger, found: &mut Findings) {
        let Some(last) = self.last else { return };
        self.looked = true;
        let waiting = ledger.account().waiting;
        let too_many = waiting > self.usual + self.usual / 2 + SLACK;
        if too_many || (self.delivered == 0 && waiting > 0) {
            found.report(&last, &[], || {
                format!(
                    "{} after the last disturbance, {waiting} messages wait (at most {} did before the first) and {} were delivered since",
                    Duration::from_ns(self.within_ns),
                    self.usual,
                    self.delivered
                )
            });
        }
    }
}

impl Check for Recovers {
    const KINDS: Kinds = Kinds::of(&[
        kind::STARTED,
        kind::CRASHED,
        kind::HALTED,
        kind::PAUSED,
        kind::RESUMED,
        kind::FAULT_BEGAN,
        kind::FAULT_ENDED,
        kind::PRODUCED,
    ]);
    const CHANGES: Kinds = Kinds::of(&[Change::ENDED_WELL, Change::BECAME]);

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        match scene.record.fact {
            Fact::Started { incarnation: 1 } => {}
            Fact::Produced { .. } => {
                if self.last.is_none() {
                    self.usual = self.usual.max(scene.ledger.account().waiting);
                }
            }
            _ => {
                // What was said of an earlier disturbance is not about the last one.
                if self.looked && found.count() > 0 {
                    found.take_back();
                }
                self.last = Some(*scene.record);
                self.delivered = 0;
                self.looked = false;
            }
        }
    }

    fn change(&mut self, change: &Change, _: &Scene<'_>, _: &mut Findings) {
        if let What::Became {
            to: State::Delivered,
            ..
        } = change.what
        {
            self.delivered += 1;
        }
    }

    fn alarm(&self) -> u64 {
        match self.last {
            Some(last) if !self.looked => last.at.saturating_add(self.within_ns),
            _ => u64::MAX,
        }
    }

    fn ring(&mut self, ledger: &Ledger, found: &mut Findings) {
        self.look(ledger, found);
    }

    /// A run may end just when the time is up.
    fn finish(&mut self, now: u64, ledger: &Ledger, found: &mut Findings) {
        if now >= self.alarm() {
            self.look(ledger, found);
        }
    }

    fn is_open(&self) -> bool {
        self.last.is_some() && !self.looked
    }
}
