//! From the settings of a cluster to its processes.

use std::sync::Arc;

use crate::sim::names::QueueName;
use crate::sim::{NodeId, Pid, QueueId};

use super::Builder;
use super::broker::{Broker, Known};
use super::cluster::{Cluster, Topic};
use super::controller::{Controller, place};
use super::protocol::PartitionState;
use super::settings::{Settings, TopicSettings};
use crate::systems::{Export, Process};

/// Brokers talk to the controller and to one another; of many, each to its neighbours, which connects them as well.
fn link(builder: &mut Builder, cluster: &Cluster) {
    let brokers = &cluster.brokers;
    let near = if brokers.len() <= 16 {
        brokers.len()
    } else {
        2
    };
    for (index, &broker) in brokers.iter().enumerate() {
        builder.add_link(broker, cluster.controller);
        for &other in brokers.iter().skip(index + 1).take(near) {
            builder.add_link(broker, other);
        }
    }
}

impl Settings {
    /// A cluster is whole before anybody looks for it.
    pub(in super::super) fn build(&self, _: &mut Builder) {}

    pub(in super::super) fn found(&self, builder: &mut Builder) {
        let nodes = builder.nodes(&self.nodes);
        let brokers: Vec<Pid> = nodes
            .iter()
            .map(|&node| {
                builder.set_cores(node, self.num_io_threads);
                let name = format!("{}/{}", self.name, builder.names.node(node));
                builder.reserve(&name, node, &self.name, "broker", 1)
            })
            .collect();
        let (controller, home) = self.controller(builder);
        let zones: Vec<Option<String>> = nodes.iter().map(|&n| builder.zone(n)).collect();
        let topics = self.topics(builder, brokers.len() as u32);
        let cluster = Arc::new(Cluster {
            name: self.name.clone(),
            brokers,
            zones,
            controller,
            first: topics.first().map_or(QueueId(0), |t| t.first),
            topics,
            settings: Arc::new(self.clone()),
            left_out: builder.left_out,
        });
        link(builder, &cluster);
        let partitions = initial(&cluster);
        let known = Known::new(&partitions);
        let held = held(&cluster, &partitions);
        for (index, (&pid, held)) in cluster.brokers.iter().zip(&held).enumerate() {
            let name = builder.names.process(pid).to_owned();
            let broker = Broker::new(index, &cluster, (&known, held), builder.seed, &name);
            builder.put(pid, Process::KafkaBroker(Box::new(broker)));
        }
        let process = Controller::new(&cluster, partitions);
        builder.put(controller, Process::KafkaController(Box::new(process)));
        let mut all = nodes;
        all.extend((!all.contains(&home)).then_some(home));
        builder.add_set(&self.name, all);
        builder
            .exports
            .insert(self.name.clone(), Export::Kafka(cluster));
    }

    fn controller(&self, builder: &mut Builder) -> (Pid, NodeId) {
        let given = self.controller.as_ref().map(|name| builder.nodes(name));
        let home = match given.as_deref() {
            Some([first, ..]) => *first,
            _ => builder.add_node(&format!("{}-controller", self.name), None),
        };
        let name = format!("{}/controller", self.name);
        (
            builder.reserve(&name, home, &self.name, "controller", 1),
            home,
        )
    }

    fn topics(&self, builder: &mut Builder, brokers: u32) -> Vec<Topic> {
        let own = self.offsets_topic(brokers);
        let all = self.topics.iter().map(|t| (t, false));
        let mut topics = Vec::new();
        for (settings, internal) in all.chain([(&own, true)]) {
            let mut first = None;
            for number in 0..settings.partitions {
                let queue = builder.add_queue(QueueName {
                    name: format!("{}/{}/{number}", self.name, settings.name),
                    short: format!("{}/{number}", settings.name),
                    family: format!("{}/{}", self.name, settings.name),
                    internal,
                    copies: settings.replication_factor,
                    singly: false,
                });
                first.get_or_insert(queue);
            }
            topics.push(Topic {
                settings: settings.clone(),
                first: first.unwrap_or(QueueId(builder.names.queues.len() as u32)),
                partitions: settings.partitions,
                internal,
            });
        }
        topics
    }
}

/// The partitions as the run finds them: everybody is in sync, and the preferred leader leads.
fn initial(cluster: &Cluster) -> Vec<PartitionState> {
    let mut partitions = Vec::with_capacity(cluster.partitions());
    for topic in &cluster.topics {
        let placed = replicas(cluster, &topic.settings);
        for (queue, brokers) in topic.queues().zip(placed) {
            let replicas: Vec<Pid> = brokers.iter().map(|&b| cluster.brokers[b]).collect();
            partitions.push(PartitionState {
                queue,
                isr: replicas.clone(),
                leader: replicas.first().copied(),
                replicas,
                leader_epoch: 0,
                partition_epoch: 0,
            });
        }
    }
    partitions
}

/// The places of the partitions that each broker has a copy of, in order.
fn held(cluster: &Cluster, partitions: &[PartitionState]) -> Vec<Vec<usize>> {
    let mut held = vec![Vec::new(); cluster.brokers.len()];
    for state in partitions {
        let place = cluster.place(state.queue);
        for broker in state.replicas.iter().filter_map(|&r| cluster.broker(r)) {
            held[broker].push(place);
        }
    }
    held
}

/// The brokers of each partition of a topic, by the assignment if there is one.
fn replicas(cluster: &Cluster, topic: &TopicSettings) -> Vec<Vec<usize>> {
    let copies = topic.replication_factor as usize;
    let mut placed = place::spread(&cluster.zones, topic.partitions, copies);
    let brokers = cluster.brokers.len();
    let assigned = topic.replica_assignment.iter().flatten();
    for (replicas, list) in placed.iter_mut().zip(assigned) {
        let indexes = list.iter().map(|&n| (n as usize).wrapping_sub(1));
        let known: Vec<usize> = indexes.filter(|&i| i < brokers).collect();
        if !known.is_empty() {
            *replicas = known;
        }
    }
    placed
}
