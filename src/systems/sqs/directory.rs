//! What is fixed about queues and topics when a run begins: who holds them. Clients are given it as a real client is given
//! the URLs of its queues.

use std::sync::Arc;

use crate::sim::{GroupId, Pid, QueueId};
use crate::systems::Builder;
use crate::systems::rules::LeftOut;

use super::settings::{Settings, TopicSettings};

/// A queue and its place.
#[derive(Clone, Debug)]
pub struct Home {
    /// Its identity.
    pub queue: QueueId,
    /// The process that holds it.
    pub pid: Pid,
    /// Its dead-letter queue, by its place.
    pub dead_letters: Option<u16>,
}

/// A topic and its place.
#[derive(Clone, Debug)]
pub struct TopicHome {
    /// Its settings.
    pub settings: TopicSettings,
    /// The process that takes what is published.
    pub pid: Pid,
    /// The subscribed queues by their places, each with the time from which on it is, ns.
    pub subscriptions: Vec<(u16, u64)>,
}

/// The queues and topics of a system.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The system's name: `jobs`.
    pub name: String,
    /// By place: the queues in the order of their declaration.
    pub queues: Vec<Home>,
    /// The topics, in that order too.
    pub topics: Vec<TopicHome>,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Rules that they do without.
    pub left_out: LeftOut,
}

impl Directory {
    /// The place of a queue, by its name.
    pub fn queue(&self, name: &str) -> Option<u16> {
        let at = self.settings.queues.iter().position(|q| q.name == name)?;
        u16::try_from(at).ok()
    }

    /// The place of a topic, by its name.
    pub fn topic(&self, name: &str) -> Option<u16> {
        let at = self.topics.iter().position(|t| t.settings.name == name)?;
        u16::try_from(at).ok()
    }

    /// Who holds a queue.
    pub fn home(&self, queue: u16) -> &Home {
        &self.queues[usize::from(queue)]
    }

    /// The processes that hold queues or topics, each once.
    pub fn nodes(&self) -> Vec<Pid> {
        let all = self.queues.iter().map(|q| q.pid);
        let mut all: Vec<Pid> = all.chain(self.topics.iter().map(|t| t.pid)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Directory {
    /// The group of all who read a queue, whoever they are: a message is given to one of them. It is called after whoever
    /// asks first.
    pub fn group(&self, builder: &mut Builder, queue: u16, name: &str) -> GroupId {
        let id = self.home(queue).queue;
        let groups = &builder.names.groups;
        if let Some(at) = groups.iter().position(|g| g.queues == [id]) {
            return GroupId(at as u32);
        }
        if groups.iter().any(|g| g.name == name) {
            let name = format!("{name}/{}", builder.names.queue_short(id));
            return builder.add_group(&name, vec![id]);
        }
        builder.add_group(name, vec![id])
    }
}
