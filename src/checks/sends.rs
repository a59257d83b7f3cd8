//! Where what a producer sends comes to stand: the anomalies that Jepsen's Kafka workload calls `nonmonotonic-send`,
//! `int-nonmonotonic-send` and `duplicate` (`jepsen.tests.kafka`,
//! <https://jepsen-io.github.io/jepsen/jepsen.tests.kafka.html>). A send is what a leader appends in one event.

use std::collections::BTreeMap;

use crate::sim::ledger::{Change, What};
use crate::sim::{Fact, LaneId};

use super::{Check, Findings, Kinds, Scene, kind};

/// So many sends of a producer are remembered in case the last ones are lost with their leader.
const REMEMBERED: usize = 8;

/// The last message of a send.
#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u32,
    offset: u64,
    event: u64,
}

/// An earlier message of a producer stands behind a later one.
#[derive(Clone, Debug)]
pub(super) struct Sends {
    /// Whether within a send; else from one to the next.
    internal: bool,
    /// By lane, the latest last: their numbers grow.
    last: BTreeMap<LaneId, Vec<Sent>>,
}

impl Sends {
    pub fn new(internal: bool) -> Self {
        Self {
            internal,
            last: BTreeMap::new(),
        }
    }
}

impl Check for Sends {
    const KINDS: Kinds = Kinds::of(&[kind::STORED]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let (record, ledger) = (scene.record, scene.ledger);
        let Fact::Stored {
            queue,
            span,
            offset,
            first_copy: true,
        } = record.fact
        else {
            return;
        };
        if ledger.queue(queue).is_none_or(|q| q.is_singly()) {
            return;
        }
        let last = self.last.entry(span.lane).or_default();
        // What a new leader does not have stands nowhere.
        while let Some(sent) = last.last()
            && (sent.offset >= offset
                || ledger.stands_at(queue, sent.offset) != Some((span.lane, sent.number)))
        {
            last.pop();
        }
        let is_again = |change: &Change| change.what == What::StoredAgain;
        if ledger.changes().iter().any(is_again) {
            return;
        }
        let end = span.first + span.count;
        if let Some(&later) = last.last()
            && later.number > span.first
        {
            if self.internal == (later.event == record.event) {
                let names = ledger.names();
                let name = if self.internal {
                    "internal non-monotonic send"
                } else {
                    "non-monotonic send"
                };
                found.report(record, &[(later.event, "the later one was stored")], || {
                    format!(
                        "{name}: {} stands at offset {offset}, behind {} at {}",
                        names.message(span.lane, span.first),
                        names.message(span.lane, later.number),
                        later.offset
                    )
                });
            }
            return;
        }
        if last.len() == REMEMBERED {
            last.remove(0);
        }
        last.push(Sent {
            number: end - 1,
            offset: offset + u64::from(span.count) - 1,
            event: record.event,
        });
    }
}

/// A message stands at more than one offset.
#[derive(Clone, Debug)]
pub(super) struct NoDuplicate;

impl Check for NoDuplicate {
    const KINDS: Kinds = Kinds::NONE;
    const CHANGES: Kinds = Kinds::of(&[Change::STORED_AGAIN]);

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        let names = scene.ledger.names();
        found.report_span(scene, change.span, &[], |messages| {
            format!(
                "duplicate: {} stored {messages} a second time in {}",
                names.process(scene.record.pid),
                names.queue_short(change.queue)
            )
        });
    }
}
