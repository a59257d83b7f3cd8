//! Groups of consumers.

use crate::sim::{Fact, GroupId, Names, Record};

/// One group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupStats {
    /// How often it agreed anew on who reads what.
    pub rebalances: u64,
    /// Since when it is at it, ns.
    pub rebalancing_since: Option<u64>,
    /// How long it was at it in all, ns, not counting a time that has not ended.
    pub rebalancing_ns: u64,
    /// Members thrown out.
    pub evictions: u64,
    /// Of those: because they were silent (the others did not ask for messages in time).
    pub evictions_silent: u64,
    /// Its generation.
    pub generation: u32,
    /// Its members.
    pub members: u32,
    /// Messages it ended with for the first time.
    pub delivered: u64,
    /// Messages it ended with again.
    pub duplicated: u64,
    /// First deliveries after a later message of the same producer and queue.
    pub reordered: u64,
}

impl GroupStats {
    /// How long it was rebalancing up to `now`, ns.
    pub fn rebalancing_total_ns(&self, now: u64) -> u64 {
        self.rebalancing_ns + self.rebalancing_since.map_or(0, |s| now.saturating_sub(s))
    }
}

/// All groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// By [`GroupId`].
    pub groups: Vec<GroupStats>,
}

impl Groups {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            groups: vec![GroupStats::default(); names.groups.len()],
        }
    }

    #[inline]
    pub(super) fn delivered(&mut self, group: GroupId, again: bool, late: bool) {
        if let Some(group) = self.groups.get_mut(group.index()) {
            group.delivered += u64::from(!again);
            group.duplicated += u64::from(again);
            group.reordered += u64::from(late);
        }
    }

    pub(super) fn record(&mut self, record: &Record) {
        match record.fact {
            Fact::RebalanceBegan { group, members, .. } => {
                if let Some(group) = self.groups.get_mut(group.index()) {
                    group.rebalancing_since.get_or_insert(record.at);
                    group.members = members;
                }
            }
            Fact::Rebalanced {
                group,
                generation,
                members,
            } => {
                if let Some(group) = self.groups.get_mut(group.index()) {
                    group.rebalances += 1;
                    group.generation = generation;
                    group.members = members;
                    let since = group.rebalancing_since.take();
                    group.rebalancing_ns += since.map_or(0, |s| record.at - s);
                }
            }
            Fact::Evicted { group, silent, .. } => {
                if let Some(group) = self.groups.get_mut(group.index()) {
                    group.evictions += 1;
                    group.evictions_silent += u64::from(silent);
                }
            }
            _ => {}
        }
    }

    pub(super) fn sum(&self, of: impl Fn(&GroupStats) -> u64) -> u64 {
        self.groups.iter().map(of).sum()
    }
}
