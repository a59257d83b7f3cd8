//! Machines: when they were down or frozen.

use crate::sim::{Fact, Names, NodeId, Record};

/// One machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeStats {
    /// How often a process on it died (by a fault, or by itself).
    pub crashes: u64,
    /// Processes on it that are dead now.
    pub dead: u32,
    /// Since when at least one is, ns.
    pub down_since: Option<u64>,
    /// How long at least one was in all, ns, not counting a time that has not ended.
    pub down_ns: u64,
    /// Since when it is frozen, ns.
    pub paused_since: Option<u64>,
    /// How long it was frozen in all, ns, not counting a time that has not ended.
    pub paused_ns: u64,
}

impl NodeStats {
    /// How long it was down up to `now`, ns.
    pub fn down_total_ns(&self, now: u64) -> u64 {
        self.down_ns + self.down_since.map_or(0, |s| now.saturating_sub(s))
    }

    /// How long it was frozen up to `now`, ns.
    pub fn paused_total_ns(&self, now: u64) -> u64 {
        self.paused_ns + self.paused_since.map_or(0, |s| now.saturating_sub(s))
    }
}

/// All machines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
    /// By [`NodeId`].
    pub nodes: Vec<NodeStats>,
}

impl Nodes {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            nodes: vec![NodeStats::default(); names.nodes.len()],
        }
    }

    fn of(&mut self, node: NodeId) -> Option<&mut NodeStats> {
        self.nodes.get_mut(node.index())
    }

    pub(super) fn record(&mut self, record: &Record, names: &Names) {
        let at = record.at;
        let home = names.processes.get(record.pid.index()).map(|p| p.node);
        match record.fact {
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                if let Some(node) = home.and_then(|n| self.of(n)) {
                    node.crashes += u64::from(record.fact != Fact::Stopped);
                    node.dead += 1;
                    node.down_since.get_or_insert(at);
                }
            }
            Fact::Started { incarnation } if incarnation > 1 => {
                if let Some(node) = home.and_then(|n| self.of(n)) {
                    node.dead = node.dead.saturating_sub(1);
                    if node.dead == 0
                        && let Some(since) = node.down_since.take()
                    {
                        node.down_ns += at - since;
                    }
                }
            }
            Fact::Paused { node } => {
                if let Some(node) = self.of(node) {
                    node.paused_since.get_or_insert(at);
                }
            }
            Fact::Resumed { node } => {
                if let Some(node) = self.of(node)
                    && let Some(since) = node.paused_since.take()
                {
                    node.paused_ns += at - since;
                }
            }
            _ => {}
        }
    }

    pub(super) fn sum(&self, of: impl Fn(&NodeStats) -> u64) -> u64 {
        self.nodes.iter().map(of).sum()
    }
}
