//! After the last disturbance, work goes on as before within a time.

use crate::sim::Fact;
use crate::sim::call::CallFact;
use crate::sim::ledger::{Change, Ledger, State, What};
use crate::sim::units::Duration;

use super::calm::{Calm, is_more};
use super::{Check, Findings, Kinds, Scene, kind};

/// How much work there is of a kind, and how much of it is done.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    /// Most that was open before the first disturbance.
    usual: u64,
    /// Done well since the last one.
    done: u64,
}

impl Work {
    /// Whether so much that is open is a sign that it does not go on.
    fn is_stuck(self, open: u64) -> bool {
        is_more(open, self.usual) || (self.done == 0 && open > 0)
    }
}

/// Looks once, when the time is up: a moment of calm right after the blow is no recovery, for a failure takes time to show.
#[derive(Clone, Debug)]
pub(super) struct Recovers {
    calm: Calm,
    messages: Work,
    requests: Work,
    /// Requests that are neither answered nor given up.
    asked: u64,
}

impl Recovers {
    pub fn new(within_ns: u64) -> Self {
        Self {
            calm: Calm::new(within_ns),
            messages: Work::default(),
            requests: Work::default(),
            asked: 0,
        }
    }

    fn look(&mut self, ledger: &Ledger, found: &mut Findings) {
        let Some(last) = self.calm.look() else { return };
        let after = Duration::from_ns(self.calm.within_ns());
        let waiting = ledger.account().waiting;
        if self.messages.is_stuck(waiting) {
            let Work { usual, done } = self.messages;
            found.report(&last, &[], || {
                format!(
                    "{after} after the last disturbance, {waiting} messages wait (at most {usual} did before the first) and {done} were delivered since"
                )
            });
        }
        let open = self.asked;
        if self.requests.is_stuck(open) {
            let Work { usual, done } = self.requests;
            found.report(&last, &[], || {
                format!(
                    "{after} after the last disturbance, {open} requests are open (at most {usual} were before the first) and {done} were answered well since"
                )
            });
        }
    }

    fn call(&mut self, fact: CallFact) {
        match fact {
            CallFact::Asked { .. } => {
                self.asked += 1;
                if self.calm.last().is_none() {
                    self.requests.usual = self.requests.usual.max(self.asked);
                }
            }
            CallFact::Answered { how, .. } => {
                self.asked = self.asked.saturating_sub(1);
                self.requests.done += u64::from(how.is_good());
            }
            _ => {}
        }
    }
}

impl Check for Recovers {
    const KINDS: Kinds = Calm::KINDS.and(Kinds::of(&[kind::PRODUCED, kind::CALL]));
    const CHANGES: Kinds = Kinds::of(&[Change::ENDED_WELL, Change::BECAME]);

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        match scene.record.fact {
            Fact::Call(fact) => self.call(fact),
            Fact::Produced { .. } if self.calm.last().is_none() => {
                let waiting = scene.ledger.account().waiting;
                self.messages.usual = self.messages.usual.max(waiting);
            }
            _ if self.calm.take(scene.record, found) => {
                self.messages.done = 0;
                self.requests.done = 0;
            }
            _ => {}
        }
    }

    fn change(&mut self, change: &Change, _: &Scene<'_>, _: &mut Findings) {
        if let What::Became {
            to: State::Delivered,
            ..
        } = change.what
        {
            self.messages.done += 1;
        }
    }

    fn alarm(&self) -> u64 {
        self.calm.due()
    }

    fn ring(&mut self, ledger: &Ledger, found: &mut Findings) {
        self.look(ledger, found);
    }

    fn open(&self) -> Option<&str> {
        self.calm.open()
    }
}
