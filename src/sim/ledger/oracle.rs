//! An account kept naively: plain maps that forget nothing, replayed from the first record each time. What the ledger says
//! must be the same after every record.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, State};
use crate::sim::record::{Gone, Outcome, Why};
use crate::sim::{Fact, GroupId, LaneId, Pid, Record, Span};

type Id = (LaneId, u32);

#[derive(Default)]
struct Known {
    acked: bool,
    refused: bool,
    unsent: bool,
    stored: bool,
    /// The log that counts does not have it, and nobody can bring it back by going on as he does.
    gone: bool,
    /// Retention took it from the log that counts.
    removed: bool,
    delivered: BTreeSet<GroupId>,
    skipped: BTreeSet<GroupId>,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Handed(Pid),
    Returned,
    Over,
}

#[derive(Default)]
struct Position {
    open: u64,
    handed: u64,
    committed: u64,
    steps: BTreeMap<u64, Step>,
}

impl Position {
    fn fill(&mut self, to: u64) {
        if to > self.handed {
            if self.open == self.handed {
                self.open = to;
            }
            for offset in self.handed.max(self.open)..to {
                self.steps.insert(offset, Step::Over);
            }
            self.handed = to;
        }
    }

    fn advance(&mut self) {
        while self.open < self.handed && self.steps.get(&self.open) == Some(&Step::Over) {
            self.open += 1;
        }
    }
}

/// The naive account of one queue.
pub(super) struct Oracle {
    groups: Vec<GroupId>,
    messages: BTreeMap<Id, Known>,
    logs: BTreeMap<Pid, BTreeMap<u64, Id>>,
    ends: BTreeMap<Pid, u64>,
    leader: Option<Pid>,
    /// The leader's log and its end, before it lost what was not on the disk.
    before_loss: Option<(BTreeMap<u64, Id>, u64)>,
    epoch: u32,
    stored_below: BTreeMap<LaneId, u32>,
    positions: BTreeMap<GroupId, Position>,
    /// By lane: everything below is settled.
    settled_below: BTreeMap<LaneId, u32>,
    /// Delivered when all before them in their lane were settled: nothing is asked of them any more.
    over: BTreeSet<Id>,
}

impl Oracle {
    /// The account after some records.
    pub fn replay(groups: u32, records: &[Record]) -> Self {
        let groups: Vec<GroupId> = (0..groups).map(GroupId).collect();
        let mut oracle = Self {
            positions: groups.iter().map(|&g| (g, Position::default())).collect(),
            groups,
            messages: BTreeMap::new(),
            logs: BTreeMap::new(),
            ends: BTreeMap::new(),
            leader: None,
            before_loss: None,
            epoch: 0,
            stored_below: BTreeMap::new(),
            settled_below: BTreeMap::new(),
            over: BTreeSet::new(),
        };
        for record in records {
            oracle.apply(record);
            oracle.settle();
        }
        oracle
    }

    /// What has become of each message.
    pub fn verdicts(&self) -> BTreeMap<Id, State> {
        let all = self.messages.keys();
        all.map(|&id| (id, self.verdict(id))).collect()
    }

    /// The totals.
    pub fn account(&self) -> Account {
        let mut account = Account::default();
        for (id, known) in &self.messages {
            let state = self.verdict(*id);
            account.produced += 1;
            *account.of(state) += 1;
            account.waiting += u64::from(state == State::InFlight && !self.groups.is_empty());
            account.lost_acked += u64::from(state == State::Lost && known.acked);
        }
        account
    }

    fn copies(&self, id: Id, of: Option<Pid>) -> usize {
        let logs = self
            .logs
            .iter()
            .filter(|(pid, _)| of.is_none_or(|p| p == **pid));
        logs.flat_map(|(_, log)| log.values())
            .filter(|&&m| m == id)
            .count()
    }

    fn in_log(&self, id: Id) -> bool {
        self.leader
            .is_some_and(|leader| self.copies(id, Some(leader)) > 0)
    }

    fn verdict(&self, id: Id) -> State {
        let known = &self.messages[&id];
        let read = !self.groups.is_empty();
        if read && self.groups.iter().all(|g| known.delivered.contains(g)) {
            return State::Delivered;
        }
        let passed = |g| known.delivered.contains(g) || known.skipped.contains(g);
        let passed = read && self.groups.iter().all(passed);
        let in_log = self.in_log(id);
        if !in_log && known.removed {
            return if passed { State::Lost } else { State::Expired };
        }
        if !in_log && (known.gone || !known.stored) {
            return match (known.acked && known.gone, known.refused) {
                (true, _) => State::Lost,
                (false, true) => State::Expired,
                (false, false) => State::InFlight,
            };
        }
        if passed { State::Lost } else { State::InFlight }
    }

    fn settle(&mut self) {
        let lanes: BTreeSet<LaneId> = self.messages.keys().map(|id| id.0).collect();
        for lane in lanes {
            let mut next = self.settled_below.get(&lane).copied().unwrap_or(0);
            while let Some(known) = self.messages.get(&(lane, next)) {
                let state = self.verdict((lane, next));
                if !(known.acked || known.refused) || state == State::InFlight {
                    break;
                }
                if state == State::Delivered || known.unsent {
                    self.over.insert((lane, next));
                }
                next += 1;
            }
            self.settled_below.insert(lane, next);
        }
    }

    fn each(&mut self, span: Span, mut act: impl FnMut(&mut Known)) {
        for number in span.numbers() {
            if let Some(known) = self.messages.get_mut(&(span.lane, number)) {
                act(known);
            }
        }
    }

    fn apply(&mut self, record: &Record) {
        let pid = record.pid;
        match record.fact {
            Fact::Produced { span, .. } => {
                for number in span.numbers() {
                    self.messages.entry((span.lane, number)).or_default();
                }
            }
            Fact::Acked { span, .. } => self.each(span, |m| m.acked = true),
            Fact::Refused { span, why, .. } => self.each(span, |m| {
                m.refused = true;
                m.unsent |= why == Why::BufferFull;
            }),
            Fact::Stored {
                span,
                offset,
                first_copy,
                ..
            } => self.stored(pid, span, offset, first_copy),
            Fact::Unstored {
                span, offset, why, ..
            } => self.unstored(pid, span, offset, why),
            Fact::Leads { epoch, .. } => self.leads(pid, epoch),
            Fact::Handed {
                group,
                span,
                offset,
                ..
            } => self.handed(group, pid, offset, u64::from(span.count)),
            Fact::Processed {
                group,
                span,
                offset,
                outcome,
                ..
            } if outcome != Outcome::Failed => self.processed(group, span, offset),
            Fact::Committed { group, offset, .. } => self.committed(group, offset),
            Fact::Reset { group, offset, .. } => self.reset(group, offset),
            Fact::Revoked { group, .. } => self.give_back(pid, Some(group)),
            Fact::Crashed { .. } => self.give_back(pid, None),
            _ => {}
        }
    }

    fn stored(&mut self, pid: Pid, span: Span, offset: u64, first_copy: bool) {
        let counts = self.leader == Some(pid);
        let log = self.logs.entry(pid).or_default();
        for (number, offset) in span.numbers().zip(offset..) {
            log.insert(offset, (span.lane, number));
        }
        self.ends.insert(pid, offset + u64::from(span.count));
        self.each(span, |m| {
            m.stored = true;
            if counts {
                (m.gone, m.removed) = (false, false);
            }
        });
        if first_copy {
            let from = self.stored_below.entry(span.lane).or_default();
            let overtaken = *from..span.first;
            *from = (*from).max(span.first + span.count);
            for number in overtaken {
                if let Some(m) = self.messages.get_mut(&(span.lane, number)) {
                    m.gone |= m.acked && !m.stored;
                }
            }
        }
    }

    fn unstored(&mut self, pid: Pid, span: Span, offset: u64, why: Gone) {
        let behind = offset + u64::from(span.count);
        if why == Gone::Unsynced && self.leader == Some(pid) && self.before_loss.is_none() {
            self.before_loss = Some(self.log_of(pid));
        }
        let log = self.logs.entry(pid).or_default();
        log.retain(|at, _| !(offset..behind).contains(at));
        if why != Gone::Expired {
            self.ends.insert(pid, offset);
        }
        let counts = self.leader == Some(pid);
        for number in span.numbers() {
            let id = (span.lane, number);
            let (in_log, nowhere) = (self.in_log(id), self.copies(id, None) == 0);
            if let Some(m) = self.messages.get_mut(&id) {
                if why == Gone::Expired {
                    m.removed |= (counts && !in_log) || nowhere;
                } else {
                    m.gone |= nowhere;
                }
            }
        }
    }

    /// The first offset at which one log has a message about which something is asked, and the other has not the same.
    fn log_of(&self, pid: Pid) -> (BTreeMap<u64, Id>, u64) {
        let end = self.ends.get(&pid).copied().unwrap_or(0);
        (self.logs.get(&pid).cloned().unwrap_or_default(), end)
    }

    fn parting(&self, a: &(BTreeMap<u64, Id>, u64), b: &(BTreeMap<u64, Id>, u64)) -> u64 {
        let at = |log: &(BTreeMap<u64, Id>, u64), offset| {
            let id = *log.0.get(&offset)?;
            (!self.over.contains(&id)).then_some(id)
        };
        let limit = a.1.min(b.1);
        let parts = |&offset: &u64| at(a, offset) != at(b, offset);
        (0..limit).find(parts).unwrap_or(limit)
    }

    fn leads(&mut self, pid: Pid, epoch: u32) {
        if epoch < self.epoch {
            return;
        }
        self.epoch = epoch;
        let Some(old) = self.leader.replace(pid) else {
            return;
        };
        let before_loss = self.before_loss.take();
        if old != pid || before_loss.is_some() {
            let seen = before_loss.unwrap_or_else(|| self.log_of(old));
            let from = self.parting(&self.log_of(pid), &seen);
            for position in self.positions.values_mut().filter(|p| from < p.handed) {
                position.open = position.open.min(from);
                position.handed = from;
                let open = position.open;
                position.steps.retain(|&at, _| (open..from).contains(&at));
            }
        }
        let everywhere: BTreeSet<Id> = self
            .logs
            .values()
            .flat_map(|l| l.values().copied())
            .collect();
        for id in everywhere {
            let in_log = self.in_log(id);
            if let Some(m) = self.messages.get_mut(&id) {
                if in_log {
                    (m.gone, m.removed) = (false, false);
                } else if !m.removed {
                    m.gone = true;
                }
            }
        }
    }

    fn skip(&mut self, group: GroupId, from: u64, to: u64) {
        let Some(log) = self.leader.and_then(|l| self.logs.get(&l)) else {
            return;
        };
        let position = &self.positions[&group];
        for (offset, id) in log.range(from..to.max(from)) {
            let is_held = *offset >= position.open
                && matches!(position.steps.get(offset), Some(Step::Handed(_)));
            if let Some(m) = self.messages.get_mut(id)
                && !m.delivered.contains(&group)
                && !is_held
            {
                m.skipped.insert(group);
            }
        }
    }

    fn position(&mut self, group: GroupId) -> &mut Position {
        self.positions.entry(group).or_default()
    }

    fn handed(&mut self, group: GroupId, pid: Pid, offset: u64, count: u64) {
        if !self.positions.contains_key(&group) {
            return;
        }
        let before = self.position(group).handed;
        self.skip(group, before, offset);
        let position = self.position(group);
        position.fill(offset);
        for at in offset.max(position.open)..offset + count {
            position.steps.insert(at, Step::Handed(pid));
        }
        position.handed = position.handed.max(offset + count);
    }

    fn processed(&mut self, group: GroupId, span: Span, offset: u64) {
        if !self.positions.contains_key(&group) {
            return;
        }
        let position = self.position(group);
        for at in offset..offset + u64::from(span.count) {
            if (position.open..position.handed).contains(&at) {
                position.steps.insert(at, Step::Over);
            }
        }
        position.advance();
        self.each(span, |m| {
            m.delivered.insert(group);
        });
    }

    fn committed(&mut self, group: GroupId, offset: u64) {
        if !self.positions.contains_key(&group) {
            return;
        }
        let position = self.position(group);
        position.committed = offset;
        let handed = position.handed;
        if offset > handed {
            self.skip(group, handed, offset);
            let position = self.position(group);
            position.fill(offset);
            position.advance();
        }
        self.pass_returned(group);
    }

    fn pass_returned(&mut self, group: GroupId) {
        let position = self.position(group);
        let passed = position.open..position.committed.min(position.handed);
        for at in passed {
            let position = self.position(group);
            if position.steps.get(&at) == Some(&Step::Returned) {
                position.steps.insert(at, Step::Over);
                self.skip(group, at, at + 1);
            }
        }
        self.position(group).advance();
    }

    fn reset(&mut self, group: GroupId, offset: u64) {
        if !self.positions.contains_key(&group) {
            return;
        }
        let open = self.position(group).open;
        if offset > open {
            self.skip(group, open, offset);
            let position = self.position(group);
            for at in open..offset {
                if position.steps.get(&at) == Some(&Step::Returned) {
                    position.steps.insert(at, Step::Over);
                }
            }
            position.fill(offset);
            position.advance();
        }
    }

    fn give_back(&mut self, pid: Pid, only: Option<GroupId>) {
        for group in self.groups.clone() {
            if only.is_some_and(|g| g != group) {
                continue;
            }
            let position = self.position(group);
            let mut any = false;
            for (_, step) in position.steps.range_mut(position.open..) {
                if *step == Step::Handed(pid) {
                    *step = Step::Returned;
                    any = true;
                }
            }
            if any {
                self.pass_returned(group);
            }
        }
    }
}
