//! What is fixed about a cluster when a run begins: who its processes are, and which partitions there are. Clients are
//! given it as a real client is given `bootstrap.servers` and topic names; who leads what they must ask.

use std::sync::Arc;

use crate::sim::{Pid, QueueId};

use crate::systems::rules::LeftOut;

use super::settings::{Settings, TopicSettings};

/// A topic and its partitions.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its settings.
    pub settings: TopicSettings,
    /// Its first partition; the others follow.
    pub first: QueueId,
    /// How many there are.
    pub partitions: u32,
    /// Whether it is `__consumer_offsets`.
    pub internal: bool,
}

impl Topic {
    /// A partition by its number.
    pub fn partition(&self, number: u32) -> QueueId {
        QueueId(self.first.0 + number)
    }

    /// All partitions.
    pub fn queues(&self) -> impl Iterator<Item = QueueId> + use<> {
        (self.first.0..self.first.0 + self.partitions).map(QueueId)
    }
}

/// A cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The system's name: `events`.
    pub name: String,
    /// The brokers, in order.
    pub brokers: Vec<Pid>,
    /// The zone of each broker.
    pub zones: Vec<Option<String>>,
    /// The controller.
    pub controller: Pid,
    /// The topics; their partitions are consecutive from `first`.
    pub topics: Vec<Topic>,
    /// The first partition of the first topic.
    pub first: QueueId,
    /// The brokers' settings.
    pub settings: Arc<Settings>,
    /// Rules that it does without.
    pub left_out: LeftOut,
}

impl Cluster {
    /// The metadata offset at which a run begins: the topics have been created, the brokers have registered.
    pub(super) const FIRST_METADATA: u64 = 1;

    /// Which broker a process is.
    pub fn broker(&self, pid: Pid) -> Option<usize> {
        // They are made one after another, so that the first says where each is.
        let at = pid.0.checked_sub(self.brokers.first()?.0)? as usize;
        if self.brokers.get(at) == Some(&pid) {
            return Some(at);
        }
        self.brokers.iter().position(|&b| b == pid)
    }

    /// Index of a partition's topic.
    pub fn topic_index(&self, queue: QueueId) -> Option<usize> {
        self.topics
            .iter()
            .position(|t| (t.first.0..t.first.0 + t.partitions).contains(&queue.0))
    }

    /// A partition's place among all partitions of the cluster.
    pub fn place(&self, queue: QueueId) -> usize {
        (queue.0 - self.first.0) as usize
    }

    /// How many partitions there are in all.
    pub fn partitions(&self) -> usize {
        self.topics.iter().map(|t| t.partitions as usize).sum()
    }

    /// The topic of a partition.
    pub fn topic_of(&self, queue: QueueId) -> Option<&Topic> {
        self.topics
            .iter()
            .find(|t| (t.first.0..t.first.0 + t.partitions).contains(&queue.0))
    }

    /// A topic by its name.
    pub fn topic(&self, name: &str) -> Option<&Topic> {
        self.topics.iter().find(|t| t.settings.name == name)
    }
}
