//! A request that runs through the steps of its handler.

use crate::sim::{Pid, Task};
use crate::systems::slots::Key;

use super::accept::Waiting;

/// Who wants to know how it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Origin {
    /// A caller.
    Call { from: Pid, call: u32 },
    /// A message, by the place of its inlet.
    Message { inlet: u16, token: u32 },
    /// Another run, which goes on when this one and others are over; which of its splits.
    Branch { parent: Key, split: u16 },
    /// Nobody (any more).
    Nobody,
}

/// What it waits for besides a timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Split {
    /// Which of the run's, so that one that is left behind is not taken for the next.
    pub number: u16,
    /// Branches or calls that are not over.
    pub open: u32,
    /// How many must still succeed.
    pub need: u32,
    /// Whether it goes on only when all are over.
    pub all: bool,
}

/// A run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub origin: Origin,
    pub task: Task,
    pub key: u32,
    pub priority: u8,
    /// The handler of the request; also of a branch.
    pub handler: u16,
    pub program: u16,
    /// The next operation.
    pub at: u16,
    /// Whether it holds a thread.
    pub holds: bool,
    /// Whether it is the run of a request, and not a branch of one.
    pub is_request: bool,
    pub split: Split,
    pub deadline: u64,
    pub patient_until: u64,
    pub waited_ns: u64,
    /// How long the replica had stood still in all when it began to work, ns.
    pub paused_ns: u64,
}

impl Run {
    pub fn new(waiting: &Waiting, waited_ns: u64) -> Self {
        Self {
            origin: waiting.from,
            task: waiting.task,
            key: waiting.key,
            priority: waiting.priority,
            handler: waiting.endpoint,
            program: waiting.endpoint,
            at: 0,
            holds: true,
            is_request: true,
            split: Split::default(),
            deadline: waiting.deadline,
            patient_until: waiting.patient_until,
            waited_ns,
            paused_ns: 0,
        }
    }

    /// A branch of it.
    pub fn branch(&self, parent: Key, program: u16) -> Self {
        Self {
            origin: Origin::Branch {
                parent,
                split: self.split.number,
            },
            program,
            at: 0,
            holds: false,
            is_request: false,
            split: Split::default(),
            ..self.clone()
        }
    }

    /// What is lost if the process dies.
    pub fn lost(&self) -> Option<Task> {
        self.is_request.then_some(self.task)
    }
}
