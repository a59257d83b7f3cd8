//! After the last disturbance, copies and groups come to the same end within a time.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::ledger::{Ledger, Queue};
use crate::sim::units::Duration;
use crate::sim::{Fact, NodeId, Pid, QueueId};

use super::calm::Calm;
use super::{Check, Findings, Kinds, Scene};

/// Notes how far logs are when half of the time is up, and looks at all of it at its end.
#[derive(Clone, Debug)]
pub(super) struct Converges {
    calm: Calm,
    dead: BTreeSet<Pid>,
    /// The nodes that faults at work strike, by fault.
    struck: BTreeMap<u32, Vec<NodeId>>,
    /// By queue: the end of its leader's log at half of the time, once that is up.
    ends: Option<Vec<u64>>,
}

impl Converges {
    pub fn new(within_ns: u64) -> Self {
        Self {
            calm: Calm::new(within_ns),
            dead: BTreeSet::new(),
            struck: BTreeMap::new(),
            ends: None,
        }
    }

    /// Which faults strike whom, and who lives.
    fn take(&mut self, scene: &Scene<'_>) {
        let names = scene.ledger.names();
        match scene.record.fact {
            Fact::Started { .. } => {
                self.dead.remove(&scene.record.pid);
            }
            Fact::Crashed { .. } | Fact::Halted { .. } => {
                self.dead.insert(scene.record.pid);
            }
            Fact::FaultBegan {
                fault,
                node: Some(node),
            } if names.faults.get(fault as usize).is_some_and(|f| f.lasts) => {
                self.struck.entry(fault).or_default().push(node);
            }
            Fact::FaultEnded { fault } => {
                self.struck.remove(&fault);
            }
            _ => {}
        }
    }

    /// Whether nothing keeps a process from its work.
    fn is_well(&self, pid: Pid, ledger: &Ledger) -> bool {
        let process = ledger.names().processes.get(pid.index());
        let is_struck = |node: NodeId| self.struck.values().flatten().any(|n| *n == node);
        !self.dead.contains(&pid) && process.is_some_and(|p| !is_struck(p.node))
    }

    fn note(&mut self, ledger: &Ledger) {
        self.ends = Some(ledger.queues().iter().map(Queue::end).collect());
    }

    fn look(&mut self, ledger: &Ledger, found: &mut Findings) {
        let Some(last) = self.calm.look() else { return };
        let ends = self.ends.take().unwrap_or_default();
        let within = Duration::from_ns(self.calm.within_ns());
        let names = ledger.names();
        for ((id, queue), end) in (0..).zip(ledger.queues()).zip(ends) {
            let plan = &names.queues[id as usize];
            if plan.internal || queue.is_singly() {
                continue;
            }
            let short = names.queue_short(QueueId(id));
            let mut report = |what: String| {
                found.report(&last, &[], || {
                    format!("{within} after the last disturbance, {what}")
                });
            };
            if queue
                .leader()
                .is_none_or(|leader| self.dead.contains(&leader))
            {
                report(format!("{short} has no leader that lives"));
                continue;
            }
            for (pid, held) in queue.copies() {
                if plan.copies > 1 && held < end && self.is_well(pid, ledger) {
                    let name = names.process(pid);
                    report(format!(
                        "{name} holds {short} up to offset {held}, and the leader held it up to {end} half of that time before"
                    ));
                }
            }
            for reader in queue.readers() {
                let open = reader.open();
                if open < end {
                    let group = names.group(reader.group());
                    report(format!(
                        "{group} has ended with {short} up to offset {open}, and the leader held it up to {end} half of that time before"
                    ));
                }
            }
        }
    }
}

impl Check for Converges {
    const KINDS: Kinds = Calm::KINDS;
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        self.take(scene);
        if self.calm.take(scene.record, found) {
            self.ends = None;
        }
    }

    fn alarm(&self) -> u64 {
        match self.calm.due() {
            u64::MAX => u64::MAX,
            due if self.ends.is_none() => due - self.calm.within_ns() / 2,
            due => due,
        }
    }

    fn ring(&mut self, ledger: &Ledger, found: &mut Findings) {
        if self.ends.is_none() {
            self.note(ledger);
        } else {
            self.look(ledger, found);
        }
    }

    fn open(&self) -> Option<&str> {
        self.calm.open()
    }
}
