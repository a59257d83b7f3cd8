//! What becomes of one message or task, told from the records of a run: those that are about it, and its verdict.

use std::sync::Arc;

use crate::sim::call::CallFact;
use crate::sim::ledger::{Change, Ledger, State, What};
use crate::sim::lens::Followed;
use crate::sim::record::Outcome;
use crate::sim::{Fact, GroupId, LaneId, Names, Observer, Pid, QueueId, Record, Span, Task};

use super::verdict::{Kind, Verdict};

/// So many records about it are kept, and as many about what happens meanwhile.
const KEPT_MAX: usize = 4096;

/// Who ended with it, how often, and when the first time and the last (ns, event).
type Ends = (u32, u32, (u64, u64), (u64, u64));

/// Follows one thing through a run.
#[derive(Clone, Debug)]
pub struct Fate {
    what: Followed,
    names: Arc<Names>,
    ledger: Ledger,
    /// The records about it, in their order.
    pub about: Vec<Record>,
    /// What befell machines and leaders meanwhile.
    pub around: Vec<Record>,
    /// When it was made or asked for, ns, and in which event.
    pub born: Option<(u64, u64)>,
    /// How it stands in the account, since when (ns), and by which event.
    state: (State, u64, u64),
    /// The producer was told that it failed, or the user was.
    refused: Option<(u64, u64)>,
    accepted: Option<(u64, u64)>,
    /// When a group ended with it, or an effect of it happened: who or which, ns, in which event.
    ends: Vec<(u32, u64, u64)>,
    aside: bool,
    /// Where it stands in its leader's log.
    offset: Option<u64>,
    /// Who has a copy, and where it stands there.
    holders: Vec<(Pid, u64)>,
    visible: bool,
    committed: Vec<GroupId>,
}

impl Fate {
    /// From the beginning of a run.
    pub fn new(what: Followed, names: &Arc<Names>) -> Self {
        Self::going_on(what, Ledger::new(Arc::clone(names)))
    }

    /// From where an account stands, before it was made.
    pub fn going_on(what: Followed, ledger: Ledger) -> Self {
        Self {
            what,
            names: Arc::clone(ledger.names()),
            ledger,
            about: Vec::new(),
            around: Vec::new(),
            born: None,
            state: (State::InFlight, 0, 0),
            refused: None,
            accepted: None,
            ends: Vec::new(),
            aside: false,
            offset: None,
            holders: Vec::new(),
            visible: false,
            committed: Vec::new(),
        }
    }

    /// What is followed.
    pub fn what(&self) -> Followed {
        self.what
    }

    /// The queue of a message.
    pub fn queue(&self) -> Option<QueueId> {
        match self.what {
            Followed::Message { lane, .. } => Some(self.names.lanes.get(lane.index())?.queue),
            Followed::Task(_) => None,
        }
    }

    /// What can be said when the run stands at a moment (ns). What took longer than `late_after_ns` is late.
    pub fn verdict(&self, now: u64, late_after_ns: Option<u64>) -> Verdict {
        let is_task = matches!(self.what, Followed::Task(_));
        let open = Verdict {
            kind: Kind::Open,
            at: now,
            event: 0,
            times: 0,
            apart_ns: 0,
            took_ns: None,
            is_task,
        };
        let Some((born, _)) = self.born else {
            return Verdict {
                kind: Kind::Unborn,
                ..open
            };
        };
        let verdict = match self.what {
            Followed::Message { .. } => self.of_message(born, open),
            Followed::Task(task) => self.of_task(task, born, now, open),
        };
        let is_late = |v: &Verdict| v.took_ns > late_after_ns && late_after_ns.is_some();
        if verdict.kind == Kind::Once && is_late(&verdict) {
            return Verdict {
                kind: Kind::Late,
                ..verdict
            };
        }
        verdict
    }

    fn ends_of_each(&self) -> Vec<Ends> {
        let mut each: Vec<Ends> = Vec::new();
        for &(who, at, event) in &self.ends {
            match each.iter_mut().find(|e| e.0 == who) {
                Some(entry) => (entry.1, entry.3) = (entry.1 + 1, (at, event)),
                None => each.push((who, 1, (at, event), (at, event))),
            }
        }
        each
    }

    fn of_message(&self, born: u64, open: Verdict) -> Verdict {
        let each = self.ends_of_each();
        let first_ends = each.iter().map(|e| e.2).max();
        let took_ns = first_ends.map(|(at, _)| at - born);
        let (state, since, by) = self.state;
        let at = |kind, at, event| Verdict {
            kind,
            at,
            event,
            took_ns,
            times: each.iter().map(|e| e.1).max().unwrap_or(0),
            ..open
        };
        if state == State::Lost {
            return at(Kind::Lost, since, by);
        }
        if let Some(twice) = each.iter().filter(|e| e.1 > 1).max_by_key(|e| e.1) {
            let (first, last) = (twice.2, twice.3);
            return Verdict {
                apart_ns: last.0 - first.0,
                ..at(Kind::Again, last.0, last.1)
            };
        }
        match (state, self.refused) {
            (State::Expired, Some((told, event))) => at(Kind::GivenUp, told.max(since), event),
            (State::Expired, None) => at(Kind::Expired, since, by),
            (State::Delivered, _) => {
                let kind = if self.aside { Kind::Aside } else { Kind::Once };
                let (when, event) = first_ends.unwrap_or((since, by));
                at(kind, when, event)
            }
            _ if self.is_unread() && self.accepted.is_some() => {
                let (when, event) = self.accepted.unwrap_or_default();
                at(Kind::Once, when, event)
            }
            _ => at(Kind::Open, open.at, 0),
        }
    }

    /// Nobody reads the queue: then a message is where it belongs once it is stored.
    fn is_unread(&self) -> bool {
        let queue = self.queue().and_then(|q| self.ledger.queue(q));
        queue.is_some_and(|q| q.readers().is_empty())
    }

    fn of_task(&self, task: Task, born: u64, now: u64, open: Verdict) -> Verdict {
        let flow = self.names.flows.get(task.flow.index());
        let (wanted, late_ns, lost_ns) = flow.map_or((0, u64::MAX, u64::MAX), |f| {
            (f.effects.len(), f.late_after_ns, f.lost_after_ns)
        });
        let each = self.ends_of_each();
        let is_complete = each.len() >= wanted;
        let done = each.iter().map(|e| e.2).max().or(self.accepted);
        let done = done.filter(|_| is_complete);
        let took_ns = done.map(|(at, _)| at - born);
        let at = |kind, (at, event): (u64, u64)| Verdict {
            kind,
            at,
            event,
            took_ns,
            times: each.iter().map(|e| e.1).max().unwrap_or(0),
            ..open
        };
        if let Some(twice) = each.iter().filter(|e| e.1 > 1).max_by_key(|e| e.1) {
            return Verdict {
                apart_ns: twice.3.0 - twice.2.0,
                ..at(Kind::Again, twice.3)
            };
        }
        if let Some(refused) = self.refused {
            return at(Kind::GivenUp, refused);
        }
        match (self.accepted, done) {
            (Some(accepted), Some(done)) => {
                let end = if done.0 > accepted.0 { done } else { accepted };
                let is_late = took_ns.is_some_and(|ns| ns > late_ns);
                at(if is_late { Kind::Late } else { Kind::Once }, end)
            }
            (Some((accepted, _)), None) if now >= accepted.saturating_add(lost_ns) => {
                at(Kind::Lost, (accepted.saturating_add(lost_ns), 0))
            }
            _ => at(Kind::Open, (open.at, 0)),
        }
    }

    fn keep(&mut self, record: &Record) {
        if self.about.len() < KEPT_MAX {
            self.about.push(*record);
        }
    }

    /// A record about the message: whether it is one.
    fn of_lane(&mut self, record: &Record, lane: LaneId, number: u32) -> bool {
        let here = (record.at, record.event);
        let has = |span: Span| span.lane == lane && span.numbers().contains(&number);
        match record.fact {
            Fact::Produced { span, .. } if has(span) => self.born = Some(here),
            Fact::Refused { span, .. } if has(span) => self.refused = Some(here),
            Fact::Acked { span, .. } if has(span) => self.accepted = Some(here),
            Fact::Stored {
                span,
                offset,
                first_copy,
                ..
            } if has(span) => {
                let offset = offset + u64::from(number - span.first);
                self.holders.push((record.pid, offset));
                if first_copy {
                    self.offset = Some(offset);
                    self.visible = false;
                }
            }
            Fact::Unstored { span, .. } if has(span) => {
                self.holders.retain(|(holder, _)| *holder != record.pid);
            }
            Fact::Handed { span, .. } if has(span) => {}
            Fact::Processed { span, outcome, .. } if has(span) => {
                self.aside |= matches!(outcome, Outcome::Skipped | Outcome::DeadLettered);
            }
            Fact::Visible { queue, below, .. }
                if Some(queue) == self.queue() && !self.visible && self.offset < Some(below) =>
            {
                self.visible = self.offset.is_some();
                return self.visible;
            }
            Fact::Committed {
                group,
                queue,
                offset,
            } if Some(queue) == self.queue()
                && self.offset.is_some_and(|o| o < offset)
                && !self.committed.contains(&group) =>
            {
                self.committed.push(group);
            }
            _ => return false,
        }
        true
    }

    fn of_calls(&mut self, record: &Record, task: Task, fact: CallFact) -> bool {
        let here = (record.at, record.event);
        match fact {
            CallFact::Asked { task: t } if t == task => self.born = Some(here),
            CallFact::Answered { task: t, how, .. } if t == task => {
                if how.is_good() {
                    self.accepted = Some(here);
                } else {
                    self.refused = Some(here);
                }
            }
            CallFact::Effect { task: t, effect } if t == task => {
                self.ends.push((u32::from(effect), here.0, here.1));
            }
            CallFact::Called { task: t, .. }
            | CallFact::Returned { task: t, .. }
            | CallFact::NotCalled { task: t, .. }
            | CallFact::Shed { task: t, .. }
            | CallFact::Served { task: t, .. } => return t == task,
            _ => return false,
        }
        true
    }

    /// What the account says changed.
    fn heed(&mut self, record: &Record, lane: LaneId, number: u32) {
        let here = (record.at, record.event);
        for change in self.ledger.changes() {
            let Change { span, what, .. } = *change;
            if span.lane != lane || !span.numbers().contains(&number) {
                continue;
            }
            match what {
                What::Delivered { group, .. } => {
                    self.ends.push((group.0, here.0, here.1));
                }
                What::Became { to, .. } => self.state = (to, here.0, here.1),
                _ => {}
            }
        }
    }
}

impl Observer for Fate {
    fn record(&mut self, record: &Record) {
        match self.what {
            Followed::Message { lane, number } => {
                if record.fact.is_of_messages() && self.of_lane(record, lane, number) {
                    self.keep(record);
                }
                self.ledger.apply(record, &mut |_, _, _| ());
                if !self.ledger.changes().is_empty() {
                    self.heed(record, lane, number);
                }
            }
            Followed::Task(task) => {
                if let Fact::Call(fact) = record.fact
                    && self.of_calls(record, task, fact)
                {
                    self.keep(record);
                }
            }
        }
        if let Fact::Leads { queue, .. } = record.fact
            && Some(queue) == self.queue()
        {
            // Where a new leader does not have it, others stand at its offset.
            let holder = self
                .holders
                .iter()
                .find(|(holder, _)| *holder == record.pid);
            self.offset = holder.map(|(_, offset)| *offset);
        }
        let is_around = matches!(
            record.fact,
            Fact::FaultBegan { .. }
                | Fact::FaultEnded { .. }
                | Fact::Crashed { .. }
                | Fact::Halted { .. }
                | Fact::Stopped
                | Fact::Started { .. }
                | Fact::Paused { .. }
                | Fact::Resumed { .. }
                | Fact::Leads { .. }
                | Fact::Elected { .. }
        );
        if is_around && self.born.is_some() && self.around.len() < KEPT_MAX {
            let is_mine = match record.fact {
                Fact::Leads { queue, .. } | Fact::Elected { queue, .. } => {
                    Some(queue) == self.queue()
                }
                _ => true,
            };
            if is_mine {
                self.around.push(*record);
            }
        }
    }
}
