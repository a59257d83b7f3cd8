//! Putting systems into a world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::sim::arrivals::Arrivals;
use crate::sim::host::HostPlan;
use crate::sim::names::{FlowName, GroupName, NodeName, ProcessName, QueueName, ServiceName};
use crate::sim::setting::{Knob, Subject};
use crate::sim::{FlowId, GroupId, Names, NodeId, NodePlan, Pid, QueueId, ServiceId, WorldPlan};

use super::rules::LeftOut;
use super::{Export, Process, Sim};

/// A set of nodes, as far as checks need to know it.
#[derive(Clone, Debug)]
pub struct KnownSet {
    /// How many nodes.
    pub count: u32,
    /// Their zones, in order.
    pub zones: Vec<Option<String>>,
}

/// What a scenario declares, for the checks of settings that refer to it by name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Sets of nodes and single nodes, by name.
    pub nodes: BTreeMap<String, KnownSet>,
    /// Queues and families of queues that a workload can send to or read from (`events/orders`), with how many queues
    /// each has.
    pub queues: BTreeMap<String, u32>,
    /// Of those, the queues that are not divided: the name is the queue's own, and one process holds it.
    pub whole: BTreeSet<String>,
    /// Of those, the ones that keep nothing themselves, so that nobody can read from them.
    pub fan_outs: BTreeSet<String>,
    /// Groups of consumers.
    pub groups: Vec<String>,
    /// What can be called: `payment/charge`.
    pub handlers: BTreeSet<String>,
    /// Handlers that take part in workflows, as often as they do.
    pub stages: Vec<String>,
    /// How many replicas each service has.
    pub replicas: BTreeMap<String, u32>,
    /// Services that a workflow has call others, in one of its styles, and whom.
    pub coordinators: BTreeSet<(String, String)>,
    /// What services make happen.
    pub effects: BTreeSet<String>,
    /// Streams of what users ask for.
    pub flows: Vec<String>,
    /// Systems, with the word of their kind (`Kafka`).
    pub systems: BTreeMap<String, &'static str>,
    /// What has settings that can be changed while it runs.
    pub subjects: Vec<Subject>,
}

impl Known {
    /// Something has settings that can be changed while it runs.
    pub fn add_subject(&mut self, name: impl Into<String>, knobs: &'static [Knob]) {
        let name = name.into();
        self.subjects.push(Subject { name, knobs });
    }

    /// The names of the queues of the systems of a kind (`Kafka`).
    pub fn queues_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> + Clone {
        self.queues.keys().map(String::as_str).filter(move |name| {
            let system = name.split('/').next().unwrap_or_default();
            self.systems.get(system) == Some(&kind)
        })
    }
}

/// A world that is being put together.
pub struct Builder {
    /// The run's seed, for the streams of processes.
    pub seed: u64,
    /// What things are called.
    pub names: Names,
    /// Arrival times that were read from files, ns, rising, by the file's name in the scenario.
    pub traces: BTreeMap<String, Arc<[u64]>>,
    /// What each system offers to others, by its name.
    pub exports: BTreeMap<String, Export>,
    /// Rules that the systems do without.
    pub left_out: LeftOut,
    world: WorldPlan,
    processes: Vec<Option<Process>>,
}

impl Builder {
    pub(super) fn new(seed: u64, world: WorldPlan, sets: BTreeMap<String, Vec<NodeId>>) -> Self {
        let nodes = world.nodes.iter().map(|n| n.name.clone()).collect();
        let names = Names {
            nodes,
            sets,
            ..Names::default()
        };
        Self {
            seed,
            names,
            traces: BTreeMap::new(),
            exports: BTreeMap::new(),
            left_out: LeftOut::default(),
            world,
            processes: Vec::new(),
        }
    }

    /// The nodes of a name.
    pub fn nodes(&self, name: &str) -> Vec<NodeId> {
        self.names.find_nodes(name).unwrap_or_default()
    }

    /// A machine that the scenario did not name.
    pub fn add_node(&mut self, name: &str, zone: Option<String>) -> NodeId {
        let name = NodeName {
            name: name.to_owned(),
            zone,
        };
        self.names.nodes.push(name.clone());
        self.world.nodes.push(NodePlan {
            name,
            host: HostPlan::default(),
        });
        NodeId(self.names.nodes.len() as u32 - 1)
    }

    /// How many requests a machine serves at once, for a system that says so itself.
    pub fn set_cores(&mut self, node: NodeId, cores: u32) {
        self.world.nodes[node.index()].host.cores = cores.max(1);
    }

    /// The zone of a node.
    pub fn zone(&self, node: NodeId) -> Option<String> {
        self.names.nodes[node.index()].zone.clone()
    }

    /// A process's identity, before it exists: processes know one another. Each must be given with [`Self::put`].
    pub fn reserve(
        &mut self,
        name: &str,
        node: NodeId,
        system: &str,
        part: &'static str,
        layer: u8,
    ) -> Pid {
        let (name, system) = (name.to_owned(), system.to_owned());
        self.names.processes.push(ProcessName {
            name,
            node,
            system,
            part,
            layer,
        });
        self.processes.push(None);
        Pid(self.processes.len() as u32 - 1)
    }

    /// The process of a reserved identity.
    pub fn put(&mut self, pid: Pid, process: Process) {
        self.processes[pid.index()] = Some(process);
    }

    /// A queue's identity.
    pub fn add_queue(&mut self, name: QueueName) -> QueueId {
        self.names.queues.push(name);
        QueueId(self.names.queues.len() as u32 - 1)
    }

    /// A group's identity.
    pub fn add_group(&mut self, name: &str, queues: Vec<QueueId>) -> GroupId {
        self.names.groups.push(GroupName {
            name: name.to_owned(),
            queues,
        });
        GroupId(self.names.groups.len() as u32 - 1)
    }

    /// The group of that name; a new one with these queues if there is none.
    pub fn group(&mut self, name: &str, queues: &[QueueId]) -> GroupId {
        let known = self.names.groups.iter().position(|g| g.name == name);
        match known {
            Some(at) => GroupId(at as u32),
            None => self.add_group(name, queues.to_vec()),
        }
    }

    /// A service's identity.
    pub fn add_service(&mut self, name: ServiceName) -> ServiceId {
        self.names.services.push(name);
        ServiceId(self.names.services.len() as u16 - 1)
    }

    /// A flow's identity.
    pub fn add_flow(&mut self, name: FlowName) -> FlowId {
        self.names.flows.push(name);
        FlowId(self.names.flows.len() as u16 - 1)
    }

    /// The times of a workload's trace, if it has one.
    pub fn trace(&self, arrivals: &Arrivals) -> Option<Arc<[u64]>> {
        match arrivals {
            Arrivals::Trace { file } => self.traces.get(file).cloned(),
            _ => None,
        }
    }

    /// Remembers that two processes talk to one another.
    pub fn add_link(&mut self, a: Pid, b: Pid) {
        self.names.links.push((a, b));
    }

    /// Remembers that a system or workload runs on these nodes, so that faults can be aimed at it by its name.
    pub fn add_set(&mut self, name: &str, nodes: Vec<NodeId>) {
        self.names.sets.entry(name.to_owned()).or_insert(nodes);
    }

    pub(super) fn finish(self) -> Sim {
        let (seed, world, names, processes) = self.parts();
        Sim::new(seed, world, names, processes)
    }

    /// Everything that a simulation is made of.
    pub(super) fn parts(self) -> (u64, WorldPlan, Names, Vec<Process>) {
        // A reserved identity without a process would be a bug of a system's build step; its name goes with it.
        debug_assert!(
            self.processes.iter().all(Option::is_some),
            "every reserved process is put"
        );
        let processes = self.processes.into_iter().flatten().collect();
        (self.seed, self.world, self.names, processes)
    }
}
