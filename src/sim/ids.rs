//! Small identities of simulated things. They are indexes, given out in the order of the plan, so they are the same in
//! every run of a scenario.

/// A process: one program on one node. Indexes the processes in the order they were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Pid(pub u32);

/// A node: one machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct NodeId(pub u32);

/// Anything that holds messages in an order: a topic's partition, a queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct QueueId(pub u32);

/// A set of consumers that share the work of reading.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct GroupId(pub u32);

/// The sequence of messages that one producer sends into one queue. A message is named by its lane and its number in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct LaneId(pub u32);

/// What is called by its name, whichever of its replicas answers: a service, a database, a cache. A pool of connections
/// is one too: it has a queue and threads of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct ServiceId(pub u16);

/// A stream of things that users ask for: the orders of a shop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct FlowId(pub u16);

impl ServiceId {
    /// As an index into a table of services.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl FlowId {
    /// As an index into a table of flows.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One thing that a user asked for, an order for instance. It may take many calls and messages, which all bear it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Task {
    /// The stream it belongs to.
    pub flow: FlowId,
    /// Its number there, from 0.
    pub number: u32,
}

impl Task {
    /// Stands for work that no user asked for.
    pub const NONE: Self = Self {
        flow: FlowId(u16::MAX),
        number: u32::MAX,
    };

    /// Whether a user asked for it.
    pub fn is_some(self) -> bool {
        self.flow.0 != u16::MAX
    }

    /// The task as one number, for tables of what was done already.
    pub fn id(self) -> u64 {
        u64::from(self.flow.0) << 32 | u64::from(self.number)
    }
}

impl Pid {
    /// As an index into a table of processes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl NodeId {
    /// As an index into a table of nodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl QueueId {
    /// As an index into a table of queues.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl GroupId {
    /// As an index into a table of groups.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl LaneId {
    /// As an index into a table of lanes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Some messages that follow one another in a lane: `count` of them, from number `first`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Span {
    /// The lane they belong to.
    pub lane: LaneId,
    /// Number of the first in its lane, from 0.
    pub first: u32,
    /// How many.
    pub count: u32,
}

impl Span {
    /// The span that holds one message.
    pub fn one(lane: LaneId, number: u32) -> Self {
        Self {
            lane,
            first: number,
            count: 1,
        }
    }

    /// The numbers in the lane.
    pub fn numbers(self) -> std::ops::Range<u32> {
        self.first..self.first + self.count
    }
}
