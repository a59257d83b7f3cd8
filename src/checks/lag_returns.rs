//! After the last disturbance, groups catch up within a time.

use crate::sim::ledger::Ledger;
use crate::sim::units::Duration;
use crate::sim::{Fact, GroupId, QueueId};

use super::calm::{Calm, is_more};
use super::{Check, Findings, Kinds, Scene, kind};

/// Of one group.
#[derive(Clone, Copy, Debug, Default)]
struct Behind {
    now: u64,
    /// Most before the first disturbance.
    usual: u64,
}

/// The lag of each group, summed up over its queues.
#[derive(Clone, Debug)]
pub(super) struct LagReturns {
    calm: Calm,
    /// By queue: the lag of each of its readers, as it was counted last.
    queues: Vec<Vec<u64>>,
    groups: Vec<Behind>,
}

impl LagReturns {
    pub fn new(within_ns: u64) -> Self {
        Self {
            calm: Calm::new(within_ns),
            queues: Vec::new(),
            groups: Vec::new(),
        }
    }

    fn count(&mut self, id: QueueId, ledger: &Ledger) {
        let Some(queue) = ledger.queue(id).filter(|q| !q.readers().is_empty()) else {
            return;
        };
        if self.queues.len() <= id.index() {
            self.queues.resize(id.index() + 1, Vec::new());
        }
        let known = &mut self.queues[id.index()];
        known.resize(queue.readers().len(), 0);
        for (reader, known) in queue.readers().iter().zip(known) {
            let GroupId(group) = reader.group();
            let group = group as usize;
            if self.groups.len() <= group {
                self.groups.resize(group + 1, Behind::default());
            }
            let lag = queue.lag(reader);
            let was = std::mem::replace(known, lag);
            let of = &mut self.groups[group];
            of.now = of.now + lag - was;
            if self.calm.last().is_none() {
                of.usual = of.usual.max(of.now);
            }
        }
    }

    fn look(&mut self, ledger: &Ledger, found: &mut Findings) {
        let Some(last) = self.calm.look() else { return };
        for (group, of) in (0..).zip(&self.groups) {
            if is_more(of.now, of.usual) {
                let within = Duration::from_ns(self.calm.within_ns());
                found.report(&last, &[], || {
                    let group = ledger.names().group(GroupId(group));
                    format!(
                        "{within} after the last disturbance, {group} is {} messages behind (at most {} before the first)",
                        of.now, of.usual
                    )
                });
            }
        }
    }
}

impl Check for LagReturns {
    const KINDS: Kinds =
        Calm::KINDS.and(Kinds::of(&[kind::VISIBLE, kind::COMMITTED, kind::UNSTORED]));
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        match scene.record.fact {
            Fact::Visible { queue, .. }
            | Fact::Committed { queue, .. }
            | Fact::Unstored { queue, .. } => self.count(queue, scene.ledger),
            _ => {
                self.calm.take(scene.record, found);
            }
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
