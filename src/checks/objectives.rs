//! Objectives: how soon, how often, and how evenly a system does what is asked of it (B. Beyer et al., "Site Reliability
//! Engineering", chapter 4, "Service Level Objectives"). Latency is that of the metrics `latency.request.*` and
//! `latency.end_to_end.*`; an error is a request that was not answered well, or a message that its producer was told it failed.

use crate::sim::Fact;
use crate::sim::call::CallFact;
use crate::sim::ledger::{Change, Ledger, What};
use crate::sim::units::{Chance, Duration, Percentile};

use super::budget::{Budget, Of, Rolling};
use super::{Check, Findings, Kinds, Scene, kind};

/// How soon.
#[derive(Clone, Debug)]
pub(super) struct Latency {
    of: Of,
    at_most_ns: u64,
    budget: Budget,
}

impl Latency {
    pub fn new(of: Of, percentile: Percentile, at_most: Duration) -> Self {
        Self {
            of,
            at_most_ns: at_most.ns(),
            budget: Budget::new(percentile.share()),
        }
    }

    fn took(&mut self, scene: &Scene<'_>, ns: u64, count: u32) {
        if ns > self.at_most_ns {
            self.budget.bad(scene.record, count);
        } else {
            self.budget.good(count);
        }
    }
}

impl Check for Latency {
    const KINDS: Kinds = Kinds::of(&[kind::CALL]);
    const CHANGES: Kinds = Kinds::of(&[Change::DELIVERED, Change::DELIVERED_ODDLY]);

    fn record(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        if let Fact::Call(CallFact::Answered { how, ns, .. }) = scene.record.fact
            && self.of == Of::Requests
            && how.is_good()
        {
            self.took(scene, ns, 1);
        }
    }

    fn change(&mut self, change: &Change, scene: &Scene<'_>, _: &mut Findings) {
        if let What::Delivered {
            ns, again: false, ..
        } = change.what
            && self.of == Of::Messages
        {
            self.took(scene, ns, change.span.count);
        }
    }

    fn finish(&mut self, _: u64, _: &Ledger, found: &mut Findings) {
        let (of, at_most) = (self.of, Duration::from_ns(self.at_most_ns));
        self.budget.close(found, || {
            format!("{} took longer than {at_most}", of.word())
        });
    }

    fn open(&self) -> Option<&str> {
        self.budget.open(self.of)
    }
}

/// Whether something that was asked for went wrong, and how much of it; `None`: it did not end here.
fn ended(of: Of, fact: &Fact) -> Option<(bool, u32)> {
    match (of, fact) {
        (Of::Requests, Fact::Call(CallFact::Answered { how, .. })) => Some((!how.is_good(), 1)),
        (Of::Messages, Fact::Acked { span, .. }) => Some((false, span.count)),
        (Of::Messages, Fact::Refused { span, .. }) => Some((true, span.count)),
        _ => None,
    }
}

const ENDS: Kinds = Kinds::of(&[kind::CALL, kind::ACKED, kind::REFUSED]);

/// How often, over a whole run.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    of: Of,
    budget: Budget,
}

impl Availability {
    pub fn new(of: Of, at_least: Chance) -> Self {
        Self {
            of,
            budget: Budget::new(at_least.p()),
        }
    }
}

impl Check for Availability {
    const KINDS: Kinds = ENDS;
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        match ended(self.of, &scene.record.fact) {
            Some((true, count)) => self.budget.bad(scene.record, count),
            Some((false, count)) => self.budget.good(count),
            None => {}
        }
    }

    fn finish(&mut self, _: u64, _: &Ledger, found: &mut Findings) {
        let of = self.of;
        self.budget
            .close(found, || format!("{} went wrong", of.word()));
    }

    fn open(&self) -> Option<&str> {
        self.budget.open(self.of)
    }
}

/// How evenly: in each length of time.
#[derive(Clone, Debug)]
pub(super) struct ErrorBudget {
    of: Of,
    rolling: Rolling,
}

impl ErrorBudget {
    pub fn new(of: Of, at_least: Chance, over: Duration) -> Self {
        Self {
            of,
            rolling: Rolling::new(at_least.p(), over.ns()),
        }
    }
}

impl Check for ErrorBudget {
    const KINDS: Kinds = ENDS;
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        if let Some((bad, count)) = ended(self.of, &scene.record.fact) {
            self.rolling.add(scene.record, bad, count, self.of, found);
        }
    }

    fn finish(&mut self, now: u64, _: &Ledger, found: &mut Findings) {
        self.rolling.advance(now, self.of, found);
    }

    fn open(&self) -> Option<&str> {
        self.rolling.open(self.of)
    }
}
