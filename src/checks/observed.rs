//! Whether what was acknowledged is seen: the anomalies that Jepsen's Kafka workload calls `lost-write` and `unseen`
//! (`jepsen.tests.kafka`, <https://jepsen-io.github.io/jepsen/jepsen.tests.kafka.html>). Any group that was given a message has
//! seen it. As there, a message is known to be lost only if somebody was given one that stands behind it.

use std::collections::BTreeMap;

use crate::sim::ledger::Ledger;
use crate::sim::units::Duration;
use crate::sim::{Fact, LaneId, QueueId};

use super::budget::Moment;
use super::{Check, Findings, Kinds, Scene, TOO_SHORT, kind};

/// A message that is not both acknowledged and seen.
#[derive(Clone, Copy, Debug)]
struct Message {
    queue: QueueId,
    /// Where it was stored last; `None`: nowhere.
    offset: Option<u64>,
    acked: Option<Moment>,
    seen: bool,
}

/// What groups were given of a queue.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// The lowest offset.
    from: u64,
    /// The highest one.
    last: u64,
    /// The event in which that was given.
    event: u64,
}

/// Remembers messages until they are acknowledged and seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    /// How long after its acknowledgement a message must be seen, ns; `None`: only when one behind it is.
    within_ns: Option<u64>,
    messages: BTreeMap<(LaneId, u32), Message>,
    queues: BTreeMap<QueueId, Seen>,
    /// When the first message was acknowledged.
    first: Option<u64>,
    is_open: bool,
}

impl Observed {
    /// Lost writes.
    pub fn lost() -> Self {
        Self::default()
    }

    /// Messages that nobody sees within a time.
    pub fn unseen(within_ns: u64) -> Self {
        Self {
            within_ns: Some(within_ns),
            is_open: true,
            ..Self::default()
        }
    }

    fn message(&mut self, queue: QueueId, lane: LaneId, number: u32) -> &mut Message {
        self.messages.entry((lane, number)).or_insert(Message {
            queue,
            offset: None,
            acked: None,
            seen: false,
        })
    }

    fn note(
        &mut self,
        queue: QueueId,
        span: crate::sim::Span,
        mut change: impl FnMut(&mut Message, u64),
    ) {
        for (nth, number) in (0..).zip(span.numbers()) {
            let message = self.message(queue, span.lane, number);
            change(message, nth);
            if message.seen && message.acked.is_some() {
                self.messages.remove(&(span.lane, number));
            }
        }
    }

    fn judge(&self, message: &Message, now: u64) -> Option<(Moment, Option<Seen>)> {
        let acked = message.acked.filter(|_| !message.seen)?;
        if let Some(within) = self.within_ns {
            return (acked.0.saturating_add(within) <= now).then_some((acked, None));
        }
        let seen = self.queues.get(&message.queue)?;
        let offset = message.offset?;
        (seen.from..seen.last)
            .contains(&offset)
            .then_some((acked, Some(*seen)))
    }
}

impl Check for Observed {
    const KINDS: Kinds = Kinds::of(&[kind::STORED, kind::ACKED, kind::HANDED]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        let record = scene.record;
        let (Fact::Stored {
            queue,
            span,
            first_copy: true,
            ..
        }
        | Fact::Acked { queue, span }
        | Fact::Handed { queue, span, .. }) = record.fact
        else {
            return;
        };
        // Nobody sees what nobody reads.
        let of = scene.ledger.queue(queue);
        let Some(of) = of.filter(|q| !q.readers().is_empty()) else {
            return;
        };
        match record.fact {
            Fact::Stored { offset, .. } => {
                self.note(queue, span, |m, nth| m.offset = Some(offset + nth));
            }
            Fact::Acked { .. } => {
                self.first.get_or_insert(record.at);
                self.note(queue, span, |m, _| {
                    m.acked = Some((record.at, record.event));
                });
            }
            Fact::Handed { offset, .. } => {
                self.note(queue, span, |m, _| m.seen = true);
                if of.is_singly() {
                    return;
                }
                let last = offset + u64::from(span.count) - 1;
                let seen = self.queues.entry(queue).or_insert(Seen {
                    from: offset,
                    last,
                    event: record.event,
                });
                seen.from = seen.from.min(offset);
                if last > seen.last {
                    (seen.last, seen.event) = (last, record.event);
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, now: u64, ledger: &Ledger, found: &mut Findings) {
        let within = self.within_ns.unwrap_or(0);
        self.is_open = self
            .first
            .is_some_and(|first| first.saturating_add(within) > now);
        let of = self.messages.iter();
        let mut bad: Vec<_> = of
            .filter_map(|(id, message)| Some((self.judge(message, now)?, id, message)))
            .collect();
        bad.sort_unstable_by_key(|(((_, event), _), id, _)| (*event, **id));
        for (((at, event), seen), &(lane, number), message) in bad {
            let names = ledger.names();
            let evidence = seen.map_or(0, |seen| seen.event);
            let evidence = [(evidence, "one behind it was given to somebody")];
            found.report_at(at, event, &evidence, || {
                let name = names.message(lane, number);
                let queue = names.queue_short(message.queue);
                match (self.within_ns, message.offset) {
                    (None, offset) => format!(
                        "lost write: {name} was acknowledged at offset {} of {queue}, and nobody was given it",
                        offset.unwrap_or(0)
                    ),
                    (Some(within), _) => format!(
                        "unobserved: {name} was acknowledged, and {} later nobody had been given it",
                        Duration::from_ns(within)
                    ),
                }
            });
            found.last_is_about(lane, number);
        }
    }

    fn open(&self) -> Option<&str> {
        self.is_open.then_some(TOO_SHORT)
    }
}
