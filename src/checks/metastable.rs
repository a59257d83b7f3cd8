//! No metastable state: a system that was pushed over does not stay down when nobody pushes any more (N. Bronson et al.,
//! "Metastable Failures in Distributed Systems", `HotOS` 2021).

use std::collections::BTreeSet;

use crate::sim::call::CallFact;
use crate::sim::ledger::{Change, Ledger, What};
use crate::sim::windows::{WINDOW_NS, Windows};
use crate::sim::{Fact, Names, NodeId, Pid, Record};

use super::calm::Calm;
use super::{Check, Findings, Kinds, Scene, TOO_SHORT, kind};

/// A system is down while less than this share of what is asked of it is done well.
const DOWN: f64 = 0.5;

/// What keeps a system from its work just now.
#[derive(Clone, Debug, Default)]
struct Triggers {
    faults: Vec<u32>,
    /// The event in which the last one began.
    begun_in: u64,
    dead: BTreeSet<Pid>,
    frozen: BTreeSet<NodeId>,
}

impl Triggers {
    fn take(&mut self, record: &Record, names: &Names) {
        match record.fact {
            Fact::FaultBegan { fault, .. } => {
                let known = names.faults.get(fault as usize);
                // It is told once for each node that it strikes.
                let is_new = self.begun_in != record.event || self.faults.last() != Some(&fault);
                if is_new && known.is_some_and(|f| f.lasts) {
                    self.begun_in = record.event;
                    self.faults.push(fault);
                }
            }
            Fact::FaultEnded { fault } => {
                let at = self.faults.iter().rposition(|f| *f == fault);
                at.map(|at| self.faults.remove(at));
            }
            Fact::Crashed { .. } | Fact::Halted { .. } => {
                // A crash is over when the process lives again, whatever becomes of the fault.
                if self.begun_in == record.event {
                    self.begun_in = 0;
                    self.faults.pop();
                }
                self.dead.insert(record.pid);
            }
            Fact::Started { .. } => {
                self.dead.remove(&record.pid);
            }
            Fact::Paused { node } => {
                self.frozen.insert(node);
            }
            Fact::Resumed { node } => {
                self.frozen.remove(&node);
            }
            _ => {}
        }
    }

    fn are_gone(&self) -> bool {
        self.faults.is_empty() && self.dead.is_empty() && self.frozen.is_empty()
    }
}

/// Judges at the end, by the windows that metrics have too (`goodput.best_after`).
#[derive(Clone, Debug)]
pub(super) struct NotMetastable {
    requests: Windows,
    messages: Windows,
    triggers: Triggers,
    last: Option<Record>,
    open: Option<&'static str>,
}

impl Default for NotMetastable {
    fn default() -> Self {
        Self {
            requests: Windows::default(),
            messages: Windows::default(),
            triggers: Triggers::default(),
            last: None,
            open: Some(TOO_SHORT),
        }
    }
}

impl Check for NotMetastable {
    const KINDS: Kinds = Calm::KINDS.and(Kinds::of(&[kind::PRODUCED, kind::CALL]));
    const CHANGES: Kinds = Kinds::of(&[Change::ENDED_WELL]);

    fn record(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        let record = scene.record;
        match record.fact {
            Fact::Call(CallFact::Asked { .. }) => self.requests.ask(record.at),
            Fact::Call(CallFact::Answered { how, .. }) if how.is_good() => {
                self.requests.do_well(record.at);
            }
            Fact::Produced { queue, span, .. } => {
                let of = scene.ledger.queue(queue);
                if of.is_some_and(|q| !q.readers().is_empty()) {
                    (0..span.count).for_each(|_| self.messages.ask(record.at));
                }
            }
            _ => {
                self.triggers.take(record, scene.ledger.names());
                if record.is_disturbance() {
                    self.requests.disturb(record.at);
                    self.messages.disturb(record.at);
                    self.last = Some(*record);
                }
            }
        }
    }

    fn change(&mut self, change: &Change, scene: &Scene<'_>, _: &mut Findings) {
        if let What::Became { .. } = change.what {
            let at = scene.record.at;
            (0..change.span.count).for_each(|_| self.messages.do_well(at));
        }
    }

    fn finish(&mut self, now: u64, _: &Ledger, found: &mut Findings) {
        if !self.triggers.are_gone() {
            self.open = Some("what disturbs the run is still there at its end");
            return;
        }
        let (at, event) = self.last.map_or((0, 0), |last| (last.at, last.event));
        for (what, windows) in [
            ("requests answered well", self.requests),
            ("messages delivered", self.messages),
        ] {
            let Some(best) = windows.best(now) else {
                continue;
            };
            self.open = None;
            if best < DOWN {
                found.report_at(at, event, &[], || {
                    format!(
                        "in every {} s after the last disturbance, {what} were at most {} % of what was asked for",
                        WINDOW_NS / crate::sim::SECOND,
                        (best * 100.0) as u64
                    )
                });
            }
        }
    }

    fn open(&self) -> Option<&str> {
        self.open
    }
}
