//! What a run went through, as a set of numbers: abstract states of its queues, groups and machines, and which rare facts
//! followed one another. A schedule whose run has a number that no run had before led to something new.
//!
//! It is made of records alone. What is said of a queue, a group or a machine does not say which one it is: that another
//! broker leads another partition is nothing new. Few records change anything here, and the others cost one look at their
//! kind.

use std::collections::BTreeSet;

use crate::sim::record::{Gone, Outcome};
use crate::sim::{Fact, Names, Observer, Pid, Record};

/// So many numbers of one run are kept.
const SEEN_MAX: usize = 2048;
/// So many moments of one run are kept.
const MOMENTS_MAX: usize = 64;
/// More than this of anything is many.
const MANY: u32 = 3;

/// What is known of a queue.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    leader: Option<Pid>,
    /// How many times a leader was found, or none.
    elections: u32,
    unclean: bool,
    /// Copies in sync that are missing.
    missing: u32,
    /// Who said last that it leads.
    acting: Option<Pid>,
}

/// What is known of a group.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    settling: bool,
    members: u32,
    /// How many times it shared its work anew.
    rounds: u32,
}

/// Watches what a run goes through.
#[derive(Clone, Debug)]
pub struct Shape {
    queues: Vec<Queue>,
    groups: Vec<Group>,
    /// Which processes are dead, by their number.
    down: Vec<bool>,
    dead: u32,
    paused: u32,
    faults: u32,
    /// The last rare fact.
    last: u64,
    seen: BTreeSet<u64>,
    moments: Vec<u64>,
}

impl Shape {
    /// Of a run at its beginning.
    pub fn new(names: &Names) -> Self {
        Self {
            queues: vec![Queue::default(); names.queues.len()],
            groups: vec![Group::default(); names.groups.len()],
            down: vec![false; names.processes.len()],
            dead: 0,
            paused: 0,
            faults: 0,
            last: 0,
            seen: BTreeSet::new(),
            moments: Vec::new(),
        }
    }

    /// The numbers, rising.
    pub fn seen(&self) -> impl Iterator<Item = u64> + '_ {
        self.seen.iter().copied()
    }

    /// When something rare changed, ns, rising: the first such moments.
    pub fn moments(&self) -> &[u64] {
        &self.moments
    }

    /// How many queues each process leads, by its number.
    pub fn leads(&self) -> Vec<u32> {
        let mut leads = vec![0; self.down.len()];
        for queue in &self.queues {
            if let Some(count) = queue.leader.and_then(|pid| leads.get_mut(pid.index())) {
                *count += 1;
            }
        }
        leads
    }

    fn note(&mut self, number: u64) {
        if self.seen.len() < SEEN_MAX {
            self.seen.insert(number);
        }
    }

    /// A rare fact, and which one came before it.
    fn pair(&mut self, at: u64, code: u64) {
        if code == self.last {
            return;
        }
        let number = hash(&[1, self.last, code]);
        self.last = code;
        self.note(number);
        if self.moments.len() < MOMENTS_MAX && self.moments.last() != Some(&at) {
            self.moments.push(at);
        }
    }

    fn machines(&self) -> u64 {
        let few = |n: u32| u64::from(n.min(MANY));
        few(self.dead) << 4 | few(self.paused) << 2 | few(self.faults)
    }

    fn queue(&mut self, at: usize) {
        let Some(queue) = self.queues.get(at).copied() else {
            return;
        };
        let dead = |pid: Option<Pid>| pid.is_some_and(|p| self.is_down(p));
        let parts = [
            2,
            u64::from(queue.leader.is_some()),
            u64::from(dead(queue.leader)),
            u64::from(queue.leader == queue.acting),
            u64::from(queue.elections.min(MANY)),
            u64::from(queue.unclean),
            u64::from(queue.missing.min(MANY)),
            self.machines(),
        ];
        self.note(hash(&parts));
    }

    fn group(&mut self, at: usize) {
        let Some(group) = self.groups.get(at).copied() else {
            return;
        };
        let parts = [
            3,
            u64::from(group.settling),
            u64::from(group.members.min(MANY)),
            u64::from(group.rounds.min(MANY)),
            self.machines(),
        ];
        self.note(hash(&parts));
    }

    fn is_down(&self, pid: Pid) -> bool {
        self.down.get(pid.index()).copied().unwrap_or(false)
    }

    fn died(&mut self, pid: Pid, is_down: bool) {
        if let Some(down) = self.down.get_mut(pid.index())
            && *down != is_down
        {
            *down = is_down;
            self.dead = if is_down {
                self.dead + 1
            } else {
                self.dead.saturating_sub(1)
            };
        }
    }

    #[inline(never)]
    fn rare(&mut self, record: &Record) {
        let (kind, at) = (u64::from(record.fact.kind()), record.at);
        let mut detail = 0;
        match record.fact {
            Fact::Started { .. } => self.died(record.pid, false),
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                self.died(record.pid, true);
            }
            Fact::Paused { .. } => self.paused += 1,
            Fact::Resumed { .. } => self.paused = self.paused.saturating_sub(1),
            Fact::FaultBegan { .. } => self.faults += 1,
            Fact::FaultEnded { .. } => self.faults = self.faults.saturating_sub(1),
            Fact::Dropped { why, .. } => detail = why as u64,
            Fact::Refused { why, .. } => detail = why as u64,
            Fact::Unstored { why, .. } => match why {
                Gone::Truncated | Gone::Unsynced => detail = why as u64,
                Gone::Expired | Gone::Deleted => return,
            },
            Fact::Processed { outcome, .. } => match outcome {
                Outcome::Done => return,
                other => detail = other as u64,
            },
            Fact::Call(fact) => {
                if fact.is_frequent() {
                    return;
                }
                detail = u64::from(fact.kind());
            }
            Fact::Note { code, .. } => detail = u64::from(code),
            Fact::Elected { .. } | Fact::Leads { .. } | Fact::InSync { .. } => {
                detail = self.of_queue(record);
            }
            Fact::RebalanceBegan { .. } | Fact::Rebalanced { .. } => self.of_group(record),
            Fact::Evicted { silent, .. } => detail = u64::from(silent),
            _ => {}
        }
        self.pair(at, kind << 16 | detail);
    }

    fn of_queue(&mut self, record: &Record) -> u64 {
        let (at, detail) = match record.fact {
            Fact::Elected {
                queue,
                leader,
                clean,
                ..
            } => {
                let Some(known) = self.queues.get_mut(queue.index()) else {
                    return 0;
                };
                known.leader = leader;
                known.elections += 1;
                known.unclean |= !clean;
                (queue, u64::from(leader.is_some()) << 1 | u64::from(clean))
            }
            Fact::Leads { queue, .. } => {
                let Some(known) = self.queues.get_mut(queue.index()) else {
                    return 0;
                };
                known.acting = Some(record.pid);
                (queue, 0)
            }
            Fact::InSync {
                queue,
                members,
                of,
                grew,
            } => {
                let Some(known) = self.queues.get_mut(queue.index()) else {
                    return 0;
                };
                known.missing = of.saturating_sub(members);
                (queue, u64::from(grew))
            }
            _ => return 0,
        };
        self.queue(at.index());
        detail
    }

    fn of_group(&mut self, record: &Record) {
        let (Fact::RebalanceBegan { group, members, .. } | Fact::Rebalanced { group, members, .. }) =
            record.fact
        else {
            return;
        };
        let Some(known) = self.groups.get_mut(group.index()) else {
            return;
        };
        known.settling = matches!(record.fact, Fact::RebalanceBegan { .. });
        known.members = members;
        known.rounds += u32::from(known.settling);
        self.group(group.index());
    }
}

/// The kinds of facts of which there is one for each message: by [`Fact::kind`].
const EACH_MESSAGE: u32 = bit(8) | bit(10) | bit(11) | bit(13) | bit(14) | bit(16);

const fn bit(kind: u8) -> u32 {
    1 << kind
}

impl Observer for Shape {
    #[inline]
    fn record(&mut self, record: &Record) {
        if EACH_MESSAGE >> record.fact.kind() & 1 == 0 {
            self.rare(record);
        }
    }
}

/// Some numbers as one (the finalizer of `SplitMix64`, chained).
fn hash(parts: &[u64]) -> u64 {
    parts
        .iter()
        .fold(0, |sum, part| crate::sim::stream::mix(sum ^ part))
}
