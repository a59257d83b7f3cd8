//! What consumers are given, poll by poll: the anomalies that Jepsen's Kafka workload calls `poll-skip`, `nonmonotonic-poll`,
//! `int-poll-skip` and `int-nonmonotonic-poll` (`jepsen.tests.kafka`, <https://jepsen-io.github.io/jepsen/jepsen.tests.kafka.html>).
//! As there, nothing is said of a consumer and a queue that was given to it anew in between: it may go back to the position
//! that is stored. A poll is what a consumer is given in one event.

use std::collections::BTreeMap;

use crate::sim::{Fact, GroupId, Pid, QueueId};

use super::{Check, Findings, Kinds, Scene, kind};

/// Where a consumer is in a queue.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// Behind the last message it was given.
    next: u64,
    event: u64,
}

/// One of the anomalies.
#[derive(Clone, Debug)]
pub(super) struct Polls {
    /// Whether messages are left out; else they come again or in another order.
    skips: bool,
    /// Whether within a poll; else from one to the next.
    internal: bool,
    positions: BTreeMap<(Pid, GroupId, QueueId), Position>,
}

impl Polls {
    pub fn new(skips: bool, internal: bool) -> Self {
        Self {
            skips,
            internal,
            positions: BTreeMap::new(),
        }
    }

    fn name(&self) -> &'static str {
        match (self.skips, self.internal) {
            (true, false) => "poll skip",
            (true, true) => "internal poll skip",
            (false, false) => "non-monotonic poll",
            (false, true) => "internal non-monotonic poll",
        }
    }
}

impl Check for Polls {
    const KINDS: Kinds = Kinds::of(&[
        kind::HANDED,
        kind::ASSIGNED,
        kind::REVOKED,
        kind::STARTED,
        kind::CRASHED,
        kind::HALTED,
        kind::STOPPED,
    ]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let record = scene.record;
        let (group, queue, span, offset) = match record.fact {
            Fact::Handed {
                group,
                queue,
                span,
                offset,
            } => (group, queue, span, offset),
            Fact::Assigned { group, queue, .. } | Fact::Revoked { group, queue, .. } => {
                self.positions.remove(&(record.pid, group, queue));
                return;
            }
            _ => return self.positions.retain(|of, _| of.0 != record.pid),
        };
        if scene.ledger.queue(queue).is_none_or(|q| q.is_singly()) {
            return;
        }
        let now = Position {
            next: offset + u64::from(span.count),
            event: record.event,
        };
        let Some(was) = self.positions.insert((record.pid, group, queue), now) else {
            return;
        };
        let is_odd = if self.skips {
            offset > was.next
        } else {
            offset < was.next
        };
        if is_odd && self.internal == (was.event == record.event) {
            let names = scene.ledger.names();
            found.report(record, &[(was.event, "what it was given before")], || {
                format!(
                    "{}: {} of {} was given {} from offset {offset} on after all below {}",
                    self.name(),
                    names.process(record.pid),
                    names.group(group),
                    names.queue_short(queue),
                    was.next
                )
            });
        }
    }
}
