//! Leaders of queues: who leads, how often it changed, how long nobody did, and how many copies are in sync.

use crate::sim::{Fact, Names, NodeId, Pid, Record};

/// The leadership of one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leadership {
    /// Who leads or led last.
    pub leader: Option<Pid>,
    /// In which epoch.
    pub epoch: u32,
    /// Since when nobody leads, ns; `None` while somebody does, and before the first.
    pub without_since: Option<u64>,
    /// How long nobody led in all, ns, not counting a time that has not ended.
    pub without_ns: u64,
    /// The longest such time, ns.
    pub without_max_ns: u64,
    /// How often another process than before began to lead.
    pub failovers: u64,
    /// Of those: how often the new one might have lacked stored messages.
    pub unclean: u64,
    /// How often the set of copies in sync shrank.
    pub shrinks: u64,
    /// How often it grew.
    pub expands: u64,
    /// Copies in sync, and copies there should be; (0, 0) until told.
    pub in_sync: (u32, u32),
    /// Since when fewer copies are in sync than there should be.
    pub short_since: Option<u64>,
    /// How long that was in all, ns, not counting a time that has not ended.
    pub short_ns: u64,
    elected_clean: bool,
}

impl Leadership {
    fn lose(&mut self, at: u64) {
        if self.leader.is_some() && self.without_since.is_none() {
            self.without_since = Some(at);
        }
    }

    fn regain(&mut self, at: u64) {
        if let Some(since) = self.without_since.take() {
            self.without_ns += at - since;
            self.without_max_ns = self.without_max_ns.max(at - since);
        }
    }

    fn leads(&mut self, pid: Pid, epoch: u32, at: u64) {
        self.regain(at);
        if self.leader.is_some_and(|old| old != pid) {
            self.failovers += 1;
            self.unclean += u64::from(!self.elected_clean);
        }
        self.leader = Some(pid);
        self.epoch = epoch;
        self.elected_clean = true;
    }

    fn in_sync(&mut self, members: u32, of: u32, grew: bool, at: u64) {
        self.in_sync = (members, of);
        if grew {
            self.expands += 1;
        } else {
            self.shrinks += 1;
        }
        if members < of {
            self.short_since.get_or_insert(at);
        } else if let Some(since) = self.short_since.take() {
            self.short_ns += at - since;
        }
    }

    /// How long nobody led up to `now`, ns.
    pub fn without_total_ns(&self, now: u64) -> u64 {
        self.without_ns + self.without_since.map_or(0, |s| now.saturating_sub(s))
    }

    /// The longest time that nobody led up to `now`, ns.
    pub fn without_longest_ns(&self, now: u64) -> u64 {
        let current = self.without_since.map_or(0, |s| now.saturating_sub(s));
        self.without_max_ns.max(current)
    }

    /// How long fewer copies were in sync than there should be, up to `now`, ns.
    pub fn short_total_ns(&self, now: u64) -> u64 {
        self.short_ns + self.short_since.map_or(0, |s| now.saturating_sub(s))
    }
}

/// The leadership of all queues. A leader that is dead or frozen does not lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaders {
    /// By queue.
    pub queues: Vec<Leadership>,
}

impl Leaders {
    pub(super) fn new(names: &Names) -> Self {
        let one = Leadership {
            elected_clean: true,
            ..Leadership::default()
        };
        Self {
            queues: vec![one; names.queues.len()],
        }
    }

    fn on_node<'a>(
        &'a mut self,
        names: &'a Names,
        node: NodeId,
    ) -> impl Iterator<Item = &'a mut Leadership> {
        let there = move |p: Pid| {
            names
                .processes
                .get(p.index())
                .is_some_and(|p| p.node == node)
        };
        self.queues
            .iter_mut()
            .filter(move |q| q.leader.is_some_and(there))
    }

    pub(super) fn record(&mut self, record: &Record, names: &Names) {
        let (at, pid) = (record.at, record.pid);
        match record.fact {
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                let led = self.queues.iter_mut().filter(|q| q.leader == Some(pid));
                led.for_each(|q| q.lose(at));
            }
            Fact::Paused { node } => self.on_node(names, node).for_each(|q| q.lose(at)),
            Fact::Resumed { node } => self.on_node(names, node).for_each(|q| q.regain(at)),
            Fact::Elected {
                queue,
                leader,
                clean,
                ..
            } => {
                if let Some(queue) = self.queues.get_mut(queue.index()) {
                    queue.elected_clean = clean;
                    if queue.leader != leader {
                        queue.lose(at);
                    }
                }
            }
            Fact::Leads { queue, epoch } => {
                if let Some(queue) = self.queues.get_mut(queue.index()) {
                    queue.leads(pid, epoch, at);
                }
            }
            Fact::InSync {
                queue,
                members,
                of,
                grew,
            } => {
                if let Some(queue) = self.queues.get_mut(queue.index()) {
                    queue.in_sync(members, of, grew, at);
                }
            }
            _ => {}
        }
    }

    /// A sum over the queues that hold people's messages.
    pub(super) fn sum(&self, names: &Names, of: impl Fn(&Leadership) -> u64) -> u64 {
        self.outer(names).map(of).sum()
    }

    /// The queues that hold people's messages.
    pub(super) fn outer<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a Leadership> {
        let people = self.queues.iter().zip(&names.queues);
        people.filter(|(_, name)| !name.internal).map(|(q, _)| q)
    }
}
