//! Hand-written histories for tests: three brokers, a producer, two consumers, one queue and one group.

use std::sync::Arc;

use super::super::names::{GroupName, NodeName, ProcessName, QueueName};
use super::super::record::{Gone, Outcome, Why};
use super::super::{Fact, GroupId, LaneId, MS, Names, NodeId, Pid, QueueId, Record, Span};

pub(crate) const B1: Pid = Pid(0);
pub(crate) const B2: Pid = Pid(1);
pub(crate) const B3: Pid = Pid(2);
pub(crate) const P1: Pid = Pid(3);
pub(crate) const C1: Pid = Pid(4);
pub(crate) const C2: Pid = Pid(5);
pub(crate) const QUEUE: QueueId = QueueId(0);
pub(crate) const GROUP: GroupId = GroupId(0);
pub(crate) const LANE: LaneId = LaneId(0);

/// The names of that little world, with so many groups.
pub(crate) fn names(groups: u32) -> Arc<Names> {
    let mut names = Names::default();
    for (at, name) in (0u32..).zip(["b1", "b2", "b3", "p1", "c1", "c2"]) {
        names.nodes.push(NodeName {
            name: format!("node-{name}"),
            zone: None,
        });
        names.processes.push(ProcessName {
            name: name.into(),
            node: NodeId(at),
            system: "events".into(),
            part: "part",
            layer: 0,
        });
    }
    names.queues.push(QueueName {
        name: "events/orders/0".into(),
        short: "orders/0".into(),
        family: "events/orders".into(),
        internal: false,
        copies: 3,
        singly: false,
    });
    for at in 0..groups {
        names.groups.push(GroupName {
            name: format!("group-{at}"),
            queues: vec![QUEUE],
        });
    }
    names.add_lane(P1, QUEUE);
    names.faults.push(crate::sim::names::FaultName {
        label: "crash b1".into(),
        line: 14,
        mends: false,
        lasts: true,
    });
    Arc::new(names)
}

/// A history under construction. Each line takes a millisecond and is an event of its own.
#[derive(Default)]
pub(crate) struct Script {
    pub records: Vec<Record>,
}

impl Script {
    pub fn tell(&mut self, pid: Pid, fact: Fact) -> &mut Self {
        let event = self.records.len() as u64 + 1;
        self.records.push(Record {
            at: event * MS,
            event,
            cause: event - 1,
            pid,
            fact,
        });
        self
    }

    pub fn produce(&mut self, first: u32, count: u32) -> &mut Self {
        for number in first..first + count {
            self.produce_key(number, None);
        }
        self
    }

    pub fn produce_key(&mut self, number: u32, key: Option<u32>) -> &mut Self {
        let fact = Fact::Produced {
            queue: QUEUE,
            span: Span::one(LANE, number),
            key,
            bytes: 100,
        };
        self.tell(P1, fact)
    }

    pub fn ack(&mut self, first: u32, count: u32) -> &mut Self {
        let fact = Fact::Acked {
            queue: QUEUE,
            span: span(first, count),
        };
        self.tell(P1, fact)
    }

    pub fn refuse(&mut self, first: u32, count: u32) -> &mut Self {
        let fact = Fact::Refused {
            queue: QUEUE,
            span: span(first, count),
            why: Why::TimedOut,
        };
        self.tell(P1, fact)
    }

    pub fn store(&mut self, pid: Pid, first: u32, count: u32, offset: u64) -> &mut Self {
        self.copy(pid, first, count, offset, true)
    }

    pub fn follow(&mut self, pid: Pid, first: u32, count: u32, offset: u64) -> &mut Self {
        self.copy(pid, first, count, offset, false)
    }

    fn copy(
        &mut self,
        pid: Pid,
        first: u32,
        count: u32,
        offset: u64,
        first_copy: bool,
    ) -> &mut Self {
        let fact = Fact::Stored {
            queue: QUEUE,
            span: span(first, count),
            offset,
            first_copy,
        };
        self.tell(pid, fact)
    }

    pub fn unstore(
        &mut self,
        pid: Pid,
        first: u32,
        count: u32,
        offset: u64,
        why: Gone,
    ) -> &mut Self {
        let fact = Fact::Unstored {
            queue: QUEUE,
            span: span(first, count),
            offset,
            why,
        };
        self.tell(pid, fact)
    }

    pub fn show(&mut self, pid: Pid, below: u64, end: u64) -> &mut Self {
        let queue = QUEUE;
        self.tell(pid, Fact::Visible { queue, below, end })
    }

    pub fn hand(&mut self, pid: Pid, first: u32, count: u32, offset: u64) -> &mut Self {
        self.hand_to(GROUP, pid, first, count, offset)
    }

    pub fn hand_to(
        &mut self,
        group: GroupId,
        pid: Pid,
        first: u32,
        count: u32,
        offset: u64,
    ) -> &mut Self {
        let fact = Fact::Handed {
            group,
            queue: QUEUE,
            span: span(first, count),
            offset,
        };
        self.tell(pid, fact)
    }

    pub fn process(&mut self, pid: Pid, first: u32, count: u32, offset: u64) -> &mut Self {
        self.process_for(GROUP, pid, first, count, offset)
    }

    pub fn process_for(
        &mut self,
        group: GroupId,
        pid: Pid,
        first: u32,
        count: u32,
        offset: u64,
    ) -> &mut Self {
        let fact = Fact::Processed {
            group,
            queue: QUEUE,
            span: span(first, count),
            offset,
            outcome: Outcome::Done,
        };
        self.tell(pid, fact)
    }

    pub fn commit(&mut self, offset: u64) -> &mut Self {
        let (group, queue) = (GROUP, QUEUE);
        let fact = Fact::Committed {
            group,
            queue,
            offset,
        };
        self.tell(B1, fact)
    }

    pub fn lead(&mut self, pid: Pid, epoch: u32) -> &mut Self {
        let queue = QUEUE;
        self.tell(pid, Fact::Leads { queue, epoch })
    }

    pub fn crash(&mut self, pid: Pid) -> &mut Self {
        self.tell(pid, Fact::Crashed { power: false })
    }
}

pub(crate) fn span(first: u32, count: u32) -> Span {
    let lane = LANE;
    Span { lane, first, count }
}
