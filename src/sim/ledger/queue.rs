//! One queue: its copies, who leads it, and how far its groups have come.

use super::log::Log;
use super::{Pid, Reader};

/// A queue as its records tell.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) logs: Vec<Log>,
    pub(super) leader: Option<usize>,
    /// In which it leads.
    pub(super) epoch: u32,
    pub(super) visible: u64,
    pub(super) shown: u64,
    pub(super) start: u64,
    pub(super) readers: Vec<Reader>,
    /// One bit for each reader.
    pub(super) mask: u32,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            logs: Vec::new(),
            leader: None,
            epoch: 0,
            visible: 0,
            shown: 0,
            start: 0,
            readers: Vec::new(),
            mask: 0,
        }
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
