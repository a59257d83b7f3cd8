//! What a handler remembers of messages it has handled, so that one that comes twice has its effect once.
//!
//! The inbox of an idempotent consumer (Hohpe and Woolf, "Enterprise Integration Patterns", 2003, "Idempotent Receiver"): the id of
//! each message is kept for as long as a copy may still come. What comes again later than that, or after the table was lost, counts
//! as new. A copy does not prolong the time of its id, as in SQS, where the interval counts from the first message (Amazon SQS
//! developer guide, "Exactly-once processing").

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::yes;
use crate::sim::units::Duration;
use crate::systems::index::Index;

/// A table of ids of messages that were handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DedupSettings {
    /// How long an id is known (the deduplication interval of SQS FIFO queues: 5 minutes).
    #[serde(default = "five_minutes")]
    pub retention: Duration,
    /// How many ids there is room for: the oldest makes room for the newest. `None`: for all within `retention`.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// Whether it is stored along with the effects. If not, it lives in memory, and a crash loses it.
    #[serde(default = "yes")]
    pub persistent: bool,
}

impl Default for DedupSettings {
    fn default() -> Self {
        Self {
            retention: five_minutes(),
            capacity: None,
            persistent: yes(),
        }
    }
}

impl DedupSettings {
    /// Looks for mistakes; `at` is where these settings stand.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.retention.is_zero() {
            let why = "an id that is forgotten at once recognises nothing";
            out.push(Complaint::error(at.field("retention"), why));
        }
        if self.capacity == Some(0) {
            let why = "a table without room recognises nothing";
            out.push(Complaint::error(at.field("capacity"), why));
        }
    }
}

/// A running table of ids.
#[derive(Clone, Debug)]
pub struct Dedup {
    retention_ns: u64,
    capacity: usize,
    persistent: bool,
    known: Index<()>,
    /// When each came, ns, the oldest in front.
    since: VecDeque<(u64, u64)>,
}

impl Dedup {
    /// An empty table.
    pub fn new(settings: &DedupSettings) -> Self {
        Self {
            retention_ns: settings.retention.ns(),
            capacity: settings.capacity.map_or(usize::MAX, |n| n.max(1) as usize),
            persistent: settings.persistent,
            known: Index::default(),
            since: VecDeque::new(),
        }
    }

    /// Whether `id` is known; from now on it is. An id that came at `t` is known until just before `t + retention`. Times must not
    /// fall from call to call.
    pub fn seen(&mut self, now: u64, id: u64) -> bool {
        self.expire(now);
        if self.known.get(id).is_some() {
            return true;
        }
        if self.since.len() >= self.capacity {
            self.forget_oldest();
        }
        self.known.insert(id, ());
        self.since.push_back((now, id));
        false
    }

    /// Whether `id` is known, without learning it.
    pub fn knows(&mut self, now: u64, id: u64) -> bool {
        self.expire(now);
        self.known.get(id).is_some()
    }

    /// How many ids are known, as of the last call that was told the time.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no id is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The process crashed: a table that is not persistent is empty afterwards.
    pub fn crash(&mut self) {
        if !self.persistent {
            self.known.clear();
            self.since.clear();
        }
    }

    fn expire(&mut self, now: u64) {
        let retention_ns = self.retention_ns;
        let expired = |&(at, _): &(u64, u64)| now.saturating_sub(at) >= retention_ns;
        while self.since.front().is_some_and(expired) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, id)) = self.since.pop_front() {
            self.known.remove(id);
        }
    }
}

const fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SECOND;

    fn table(capacity: Option<u32>, persistent: bool) -> Dedup {
        Dedup::new(&DedupSettings {
            retention: Duration::from_secs(10),
            capacity,
            persistent,
        })
    }

    #[test]
    fn a_copy_is_recognised_until_retention_is_over() {
        let mut table = table(None, true);
        assert!(!table.seen(SECOND, 7));
        assert!(table.seen(SECOND, 7));
        // A copy does not prolong the time.
        assert!(table.seen(11 * SECOND - 1, 7));
        assert!(!table.seen(11 * SECOND, 7));
        assert!(table.seen(11 * SECOND, 7));
        assert!(!table.knows(11 * SECOND, 8));
        assert!(!table.seen(11 * SECOND, 8), "asking does not teach");
    }

    #[test]
    fn a_full_table_forgets_the_oldest() {
        let mut table = table(Some(2), true);
        for id in [1, 2, 1, 3] {
            table.seen(0, id);
        }
        let known = [1, 2, 3].map(|id| table.knows(0, id));
        assert_eq!(known, [false, true, true]);
    }

    #[test]
    fn a_crash_loses_what_is_not_persistent() {
        for persistent in [true, false] {
            let mut table = table(None, persistent);
            table.seen(0, 1);
            table.crash();
            assert_eq!(table.seen(SECOND, 1), persistent);
        }
    }

    #[test]
    fn no_more_is_kept_than_came_within_retention() {
        // One each 10 ms, every id twice at some distance: 1000 come within 10 s.
        let mut table = table(None, true);
        for n in 0..100_000 {
            let now = n * SECOND / 100;
            assert!(!table.seen(now, n));
            assert!(table.knows(now, n.saturating_sub(999)));
            assert!(n < 1000 || !table.knows(now, n - 1000));
            assert_eq!(table.len() as u64, (n + 1).min(1000));
        }
    }

    #[test]
    fn settings_that_recognise_nothing_are_named() {
        let complaints = |settings: DedupSettings| {
            let mut out = Vec::new();
            settings.check(&Path::root().field("dedup"), &mut out);
            out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
        };
        assert!(complaints(DedupSettings::default()).is_empty());
        let nothing = DedupSettings {
            retention: Duration::ZERO,
            capacity: Some(0),
            persistent: true,
        };
        assert_eq!(complaints(nothing), ["dedup.retention", "dedup.capacity"]);
    }
}
