//! What the things of a run are called. Filled while a plan is built, read by whoever shows a record to a person; the
//! kernel itself needs names only to find the target of a fault.

use std::collections::BTreeMap;

use super::setting::Subject;
use super::{FlowId, GroupId, LaneId, NodeId, Pid, QueueId, ServiceId, Task};

/// A node's name, zone and processes.
#[derive(Clone, Debug)]
pub struct NodeName {
    /// Unique name: `broker-2`.
    pub name: String,
    /// The failure domain it stands in, if the scenario gave one.
    pub zone: Option<String>,
}

/// A process's name, node and part in its system.
#[derive(Clone, Debug)]
pub struct ProcessName {
    /// Unique name: `events/broker-2`, `checkout-1`.
    pub name: String,
    /// Where it runs.
    pub node: NodeId,
    /// The system or workload it belongs to: `events`, `checkout`.
    pub system: String,
    /// What it is for, in the system's own word: `broker`, `producer`.
    pub part: &'static str,
    /// The column it stands in when messages flow from left (0) to right.
    pub layer: u8,
}

/// A queue's name and where it belongs.
#[derive(Clone, Debug)]
pub struct QueueName {
    /// Unique name: `events/orders/0`.
    pub name: String,
    /// What a person sees in a list that already names the system: `orders/0`.
    pub short: String,
    /// The set of queues it is one of: `events/orders`.
    pub family: String,
    /// Whether it holds the system's own bookkeeping instead of a person's messages.
    pub internal: bool,
    /// How many copies the plan asks for.
    pub copies: u32,
    /// Whether each message leaves it for itself, when a consumer deletes it, instead of staying where it is while groups
    /// move a position over it. Of such a queue each record of a message stored, handed over or gone speaks of one message,
    /// and one process holds them all.
    pub singly: bool,
}

/// A group's name and the queues it reads.
#[derive(Clone, Debug)]
pub struct GroupName {
    /// Unique name: `invoices`.
    pub name: String,
    /// The queues it subscribes to.
    pub queues: Vec<QueueId>,
}

/// What is called by its name, and who answers.
#[derive(Clone, Debug)]
pub struct ServiceName {
    /// Unique name: `payment`.
    pub name: String,
    /// What it is, in the system's own word: `service`, `database`, `pool`.
    pub part: &'static str,
    /// Its replicas; of a pool, whose it is.
    pub replicas: Vec<Pid>,
    /// How many of them serve at the beginning.
    pub running: u32,
    /// How many requests they serve at once in all, if that is limited.
    pub threads: Option<u32>,
}

/// A stream of what users ask for.
#[derive(Clone, Debug)]
pub struct FlowName {
    /// Unique name: `customers`.
    pub name: String,
    /// What must take effect, once, for each task; at most [`FlowName::EFFECTS_MAX`].
    pub effects: Vec<String>,
    /// A task that has not had all its effects so long after it was asked for is late, ns.
    pub late_after_ns: u64,
    /// One that has not had them so long after it was accepted is lost, ns.
    pub lost_after_ns: u64,
}

impl FlowName {
    /// No more effects than this are told apart.
    pub const EFFECTS_MAX: usize = 8;
}

/// Who sends into a lane, and where to.
#[derive(Clone, Copy, Debug)]
pub struct LaneName {
    /// The producer.
    pub producer: Pid,
    /// The queue.
    pub queue: QueueId,
}

/// All names of a run.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// By [`NodeId`].
    pub nodes: Vec<NodeName>,
    /// By [`Pid`].
    pub processes: Vec<ProcessName>,
    /// By [`QueueId`].
    pub queues: Vec<QueueName>,
    /// By [`GroupId`].
    pub groups: Vec<GroupName>,
    /// By [`ServiceId`].
    pub services: Vec<ServiceName>,
    /// The caches, each with the store that it has copies of.
    pub copies: BTreeMap<ServiceId, ServiceId>,
    /// By [`FlowId`].
    pub flows: Vec<FlowName>,
    /// By [`LaneId`].
    pub lanes: Vec<LaneName>,
    /// Who talks to whom by design, each pair once: for pictures and for doubts.
    pub links: Vec<(Pid, Pid)>,
    /// Named sets of nodes: the `name` of a `nodes` entry, of a system, of a workload.
    pub sets: BTreeMap<String, Vec<NodeId>>,
    /// What has settings that can be changed while it runs.
    pub subjects: Vec<Subject>,
    /// The faults of the plan; by index.
    pub faults: Vec<FaultName>,
}

/// What a fault of the plan says, and where.
#[derive(Clone, Debug)]
pub struct FaultName {
    /// In a few words: `crash leader of events/orders/0`.
    pub label: String,
    /// The scenario's line it stands in; 0: none.
    pub line: u32,
    /// Whether it undoes what other faults did: a restart, a heal.
    pub mends: bool,
    /// Whether it lasts until its duration is over or it is healed.
    pub lasts: bool,
}

impl Names {
    /// Name of a node.
    pub fn node(&self, id: NodeId) -> &str {
        self.nodes.get(id.index()).map_or("?", |n| &n.name)
    }

    /// Name of a process.
    pub fn process(&self, id: Pid) -> &str {
        self.processes.get(id.index()).map_or("?", |p| &p.name)
    }

    /// Full name of a queue.
    pub fn queue(&self, id: QueueId) -> &str {
        self.queues.get(id.index()).map_or("?", |q| &q.name)
    }

    /// Short name of a queue.
    pub fn queue_short(&self, id: QueueId) -> &str {
        self.queues.get(id.index()).map_or("?", |q| &q.short)
    }

    /// Name of a group.
    pub fn group(&self, id: GroupId) -> &str {
        self.groups.get(id.index()).map_or("?", |g| &g.name)
    }

    /// Name of a service.
    pub fn service(&self, id: ServiceId) -> &str {
        self.services.get(id.index()).map_or("?", |s| &s.name)
    }

    /// Name of a flow.
    pub fn flow(&self, id: FlowId) -> &str {
        self.flows.get(id.index()).map_or("?", |f| &f.name)
    }

    /// A task as people read it: `customers#42`.
    pub fn task(&self, task: Task) -> String {
        if task.is_some() {
            format!("{}#{}", self.flow(task.flow), task.number)
        } else {
            "-".to_owned()
        }
    }

    /// The nodes on which processes of one kind share the work: of each part of each system and workload.
    pub fn teams(&self) -> Vec<Vec<NodeId>> {
        let mut teams: BTreeMap<(&str, &str), Vec<NodeId>> = BTreeMap::new();
        for process in &self.processes {
            let team = teams.entry((&process.system, process.part)).or_default();
            if !team.contains(&process.node) {
                team.push(process.node);
            }
        }
        teams.into_values().collect()
    }

    /// The nodes that a name stands for: one node, a set, or a zone is not a name.
    pub fn find_nodes(&self, name: &str) -> Option<Vec<NodeId>> {
        if let Some(at) = self.nodes.iter().position(|n| n.name == name) {
            return Some(vec![NodeId(at as u32)]);
        }
        if let Some(set) = self.sets.get(name) {
            return Some(set.clone());
        }
        let process = self.processes.iter().find(|p| p.name == name)?;
        Some(vec![process.node])
    }

    /// The processes that a name stands for: those of a system or workload, one process, or all on a node or a set of nodes.
    pub fn find_processes(&self, name: &str) -> Vec<Pid> {
        let those = |is_one: &dyn Fn(&ProcessName) -> bool| {
            let all = (0u32..).zip(&self.processes);
            let those = all.filter(|(_, p)| is_one(p)).map(|(i, _)| Pid(i));
            those.collect::<Vec<_>>()
        };
        let mut found = those(&|p| p.system == name);
        if found.is_empty() {
            found = those(&|p| p.name == name);
        }
        if found.is_empty() {
            let nodes = self.find_nodes(name).unwrap_or_default();
            found = those(&|p| nodes.contains(&p.node));
        }
        found
    }

    /// The nodes of a zone, in order.
    pub fn zone(&self, zone: &str) -> Vec<NodeId> {
        let in_zone = |n: &NodeName| n.zone.as_deref() == Some(zone);
        (0u32..)
            .zip(&self.nodes)
            .filter(|(_, n)| in_zone(n))
            .map(|(i, _)| NodeId(i))
            .collect()
    }

    /// A lane's identity, newly given to what one producer sends into one queue.
    pub fn add_lane(&mut self, producer: Pid, queue: QueueId) -> LaneId {
        self.lanes.push(LaneName { producer, queue });
        LaneId(self.lanes.len() as u32 - 1)
    }

    /// A message as people read it: `checkout-1→orders/0#42`.
    pub fn message(&self, lane: LaneId, number: u32) -> String {
        match self.lanes.get(lane.index()) {
            Some(l) => format!(
                "{}→{}#{number}",
                self.process(l.producer),
                self.queue_short(l.queue)
            ),
            None => format!("?#{number}"),
        }
    }
}
