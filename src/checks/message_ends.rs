//! Every message ends.

use crate::sim::history::History;
use crate::sim::ledger::Ledger;
use crate::sim::units::Duration;
use crate::sim::{Fact, Span};

use super::calm::Calm;
use super::{Check, Findings, Kinds, Scene, TOO_SHORT, kind};

/// With so many remembered it is time to forget those that have ended.
const PRUNE_MIN: usize = 1024;

/// Messages that were made in one event.
#[derive(Clone, Copy, Debug)]
struct Made {
    at: u64,
    event: u64,
    span: Span,
}

/// Remembers what was made, in its order, until it has ended.
#[derive(Clone, Debug)]
pub(super) struct EveryMessageEnds {
    calm: Calm,
    made: History<Made>,
    /// Of those, so many from the oldest on were looked at since the last disturbance.
    seen: usize,
    prune_at: usize,
    /// Whether any was due, since the last disturbance.
    judged: bool,
}

impl EveryMessageEnds {
    pub fn new(within_ns: u64) -> Self {
        Self {
            calm: Calm::new(within_ns),
            made: History::default(),
            seen: 0,
            prune_at: PRUNE_MIN,
            judged: false,
        }
    }

    /// When messages must have ended, ns.
    fn due(&self, made: Made) -> u64 {
        let calm_since = self.calm.last().map_or(0, |last| last.at);
        made.at
            .max(calm_since)
            .saturating_add(self.calm.within_ns())
    }

    fn look(&mut self, now: u64, ledger: &Ledger, found: &mut Findings) {
        while let Some(&made) = self.made.get(self.seen)
            && self.due(made) <= now
        {
            self.seen += 1;
            self.judged = true;
            for number in made.span.numbers() {
                if ledger.is_in_flight(made.span.lane, number) {
                    self.report(made, number, ledger, found);
                }
            }
        }
    }

    fn report(&self, made: Made, number: u32, ledger: &Ledger, found: &mut Findings) {
        let disturbed = self.calm.last().filter(|last| last.at > made.at);
        let within = Duration::from_ns(self.calm.within_ns());
        let evidence = disturbed.map_or(0, |last| last.event);
        found.report_at(
            made.at,
            made.event,
            &[(evidence, "the last disturbance")],
            || {
                let message = ledger.names().message(made.span.lane, number);
                let since = match disturbed {
                    Some(_) => "after the last disturbance",
                    None => "after it was made",
                };
                format!("message {message} has not ended {within} {since}")
            },
        );
    }

    fn prune(&mut self, ledger: &Ledger) {
        let (mut at, mut kept_seen, seen) = (0, 0, self.seen);
        self.made.retain(|made| {
            let mut numbers = made.span.numbers();
            let waits = numbers.any(|number| ledger.is_in_flight(made.span.lane, number));
            kept_seen += usize::from(waits && at < seen);
            at += 1;
            waits
        });
        self.seen = kept_seen;
        self.prune_at = PRUNE_MIN.max(2 * self.made.len());
    }
}

impl Check for EveryMessageEnds {
    const KINDS: Kinds = Calm::KINDS.and(Kinds::of(&[kind::PRODUCED]));
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let (record, ledger) = (scene.record, scene.ledger);
        let Fact::Produced { queue, span, .. } = record.fact else {
            if self.calm.take(record, found) {
                self.seen = 0;
                self.judged = false;
            }
            return;
        };
        // What nobody reads stays for good.
        if ledger.queue(queue).is_none_or(|q| q.readers().is_empty()) {
            return;
        }
        if self.made.len() >= self.prune_at {
            self.prune(ledger);
        }
        self.made.push_back(Made {
            at: record.at,
            event: record.event,
            span,
        });
    }

    fn alarm(&self) -> u64 {
        let next = self.made.get(self.seen);
        next.map_or(u64::MAX, |&made| self.due(made))
    }

    fn ring(&mut self, ledger: &Ledger, found: &mut Findings) {
        self.look(self.alarm(), ledger, found);
    }

    fn finish(&mut self, now: u64, ledger: &Ledger, found: &mut Findings) {
        self.look(now, ledger, found);
        let calm_since = self.calm.last().map_or(0, |last| last.at);
        self.judged |= now >= calm_since.saturating_add(self.calm.within_ns());
    }

    /// Those that were made last never have the time: it is enough that some had, or would have had.
    fn open(&self) -> Option<&str> {
        (!self.judged && !self.made.is_empty()).then_some(TOO_SHORT)
    }
}
