//! Queues: what comes in and goes out, how much waits, and for how long.

use crate::sim::ledger::{Ledger, Queue};
use crate::sim::{GroupId, QueueId};

use super::rate::Rate;
use super::{Peak, Series};

/// How far a group is behind in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderStats {
    /// The group.
    pub group: GroupId,
    /// Visible messages behind the stored position (Kafka's lag); in a queue whose messages leave one by one, those that are
    /// not deleted.
    pub lag: u64,
    /// Its highest value.
    pub lag_max: Peak,
    /// Visible messages from the first one that the group has not ended with; in a queue whose messages leave one by one,
    /// those that it has not ended with, also while a consumer has them.
    pub depth: u64,
    /// Its highest value.
    pub depth_max: Peak,
    /// Lag at the end of each interval.
    pub trend: Series,
}

/// One queue.
#[derive(Clone, Debug)]
pub struct QueueStats {
    /// Messages stored in its leader's log.
    pub incoming: u64,
    /// Messages that groups ended with.
    pub outgoing: u64,
    incoming_rate: Rate,
    outgoing_rate: Rate,
    /// Depth at the end of each interval.
    pub depth_trend: Series,
    /// Depth of the group that is furthest behind; without groups, how many messages are stored and visible.
    pub depth: u64,
    /// Its highest value.
    pub depth_max: Peak,
    /// Age of the oldest message that is visible and waits for a group, ns, at the end of the last interval.
    pub oldest_ns: u64,
    /// Its highest value.
    pub oldest_max: Peak,
    /// The groups that read it.
    pub readers: Vec<ReaderStats>,
}

impl QueueStats {
    pub(super) fn new(queue: &Queue) -> Self {
        let reader = |group| ReaderStats {
            group,
            lag: 0,
            lag_max: Peak::default(),
            depth: 0,
            depth_max: Peak::default(),
            trend: Series::default(),
        };
        Self {
            incoming: 0,
            outgoing: 0,
            incoming_rate: Rate::default(),
            outgoing_rate: Rate::default(),
            depth_trend: Series::default(),
            depth: 0,
            depth_max: Peak::default(),
            oldest_ns: 0,
            oldest_max: Peak::default(),
            readers: queue.readers().iter().map(|r| reader(r.group())).collect(),
        }
    }

    /// Looks at how far the groups are behind now.
    #[inline]
    pub(super) fn measure(&mut self, at: u64, queue: &Queue) {
        let mut deepest = None;
        for (reader, stats) in queue.readers().iter().zip(&mut self.readers) {
            stats.lag = queue.lag(reader);
            stats.lag_max.see(stats.lag, at);
            stats.depth = queue.depth(reader);
            stats.depth_max.see(stats.depth, at);
            deepest = deepest.max(Some(stats.depth));
        }
        self.depth = deepest.unwrap_or_else(|| queue.held());
        self.depth_max.see(self.depth, at);
    }

    pub(super) fn tick(&mut self, id: QueueId, now: u64, ledger: &Ledger) {
        self.incoming_rate.push(self.incoming);
        self.outgoing_rate.push(self.outgoing);
        self.depth_trend.push(self.depth);
        for reader in &mut self.readers {
            reader.trend.push(reader.lag);
        }
        let Some(queue) = ledger.queue(id) else {
            return;
        };
        let oldest = queue.readers().iter().filter_map(|r| queue.oldest(r)).min();
        let born = oldest.and_then(|offset| ledger.born_at(id, offset));
        self.oldest_ns = born.map_or(0, |born| now.saturating_sub(born));
        self.oldest_max.see(self.oldest_ns, now);
    }

    /// Messages that came in during the last second, per second.
    pub fn in_per_s(&self) -> f64 {
        self.incoming_rate.per_s()
    }

    /// Messages that went out during the last second, per second.
    pub fn out_per_s(&self) -> f64 {
        self.outgoing_rate.per_s()
    }
}
