//! One queue: its copies, who leads it, and how far its groups have come.

use super::log::{Log, Run};
use super::{Pid, Reader};

/// A queue as its records tell.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) logs: Vec<Log>,
    pub(super) leader: Option<usize>,
    /// The log that counts as it was before its process lost what was not on the disk: what consumers could see is that.
    pub(super) before_loss: Option<Log>,
    /// In which it leads.
    pub(super) epoch: u32,
    pub(super) visible: u64,
    pub(super) shown: u64,
    pub(super) start: u64,
    pub(super) readers: Vec<Reader>,
    /// One bit for each reader.
    pub(super) mask: u32,
    /// Its messages leave one by one.
    pub(super) singly: bool,
    /// How many have left it, where they do so one by one.
    pub(super) gone: u64,
}

impl Queue {
    pub(super) fn new(singly: bool) -> Self {
        Self {
            logs: Vec::new(),
            leader: None,
            before_loss: None,
            epoch: 0,
            visible: 0,
            shown: 0,
            start: 0,
            readers: Vec::new(),
            mask: 0,
            singly,
            gone: 0,
        }
    }

    /// Whether its messages leave it one by one.
    pub fn is_singly(&self) -> bool {
        self.singly
    }

    /// How many messages are visible, taken or not, that have not left it.
    pub fn held(&self) -> u64 {
        if self.singly {
            return self.visible.saturating_sub(self.gone);
        }
        self.visible.saturating_sub(self.start)
    }

    /// Visible messages that a new owner would be given: those behind a group's stored position, or, where messages leave
    /// one by one, those that are not deleted.
    #[inline]
    pub fn lag(&self, reader: &Reader) -> u64 {
        if self.singly {
            return self.held();
        }
        // What retention removed is not behind any more.
        self.visible
            .saturating_sub(reader.committed().max(self.start))
    }

    /// Visible messages from the first one that a group has not ended with; where messages leave one by one, those that
    /// nobody has ended with, whether a consumer has them or not.
    #[inline]
    pub fn depth(&self, reader: &Reader) -> u64 {
        if self.singly {
            return self.held().saturating_sub(reader.bag.ended());
        }
        self.visible.saturating_sub(reader.open().max(self.start))
    }

    /// Offset of the oldest visible message that a group has not ended with.
    pub fn oldest(&self, reader: &Reader) -> Option<u64> {
        if !self.singly {
            return Some(reader.open().max(self.start)).filter(|&open| open < self.visible);
        }
        let waits = |run: &&Run| run.count > 0 && !reader.bag.is_ended(run.offset);
        let first = self.logs[self.leader?].runs.iter().find(waits)?.offset;
        Some(first).filter(|&first| first < self.visible)
    }

    /// First offset that consumers cannot see.
    pub fn visible(&self) -> u64 {
        self.visible
    }

    /// The oldest offset that retention has left.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// End of the leader's log.
    pub fn end(&self) -> u64 {
        self.leader.map_or(0, |at| self.logs[at].end)
    }

    /// The process whose log counts.
    pub fn leader(&self) -> Option<Pid> {
        self.leader.map(|at| self.logs[at].pid)
    }

    /// The groups that read it.
    pub fn readers(&self) -> &[Reader] {
        &self.readers
    }

    /// The processes that hold copies, each with the end of its log.
    pub fn copies(&self) -> impl Iterator<Item = (Pid, u64)> + '_ {
        self.logs.iter().map(|log| (log.pid, log.end))
    }

    /// How many processes hold everything below an offset.
    pub fn copies_to(&self, offset: u64) -> usize {
        self.logs.iter().filter(|l| l.end >= offset).count()
    }

    #[inline]
    pub(super) fn log_of(&mut self, pid: Pid) -> usize {
        if let Some(at) = self.logs.iter().position(|l| l.pid == pid) {
            return at;
        }
        self.logs.push(Log::new(pid));
        self.logs.len() - 1
    }
}
