//! Settings of topics that can be changed while the cluster runs (`kafka-configs --alter`; Apache Kafka documentation, 3.2 "Topic
//! Configs").

use crate::sim::Change;
use crate::sim::setting::{Kind, Knob, Value};
use crate::sim::units::Duration;
use crate::systems::{Known, Tune};

use super::Ctx;
use super::broker::Broker;
use super::cluster::Cluster;
use super::controller::Controller;
use super::settings::{Settings, TopicSettings};

/// Of a topic.
const TOPIC: &[Knob] = &[
    Knob::new(
        "min_insync_replicas",
        Kind::Count {
            least: 1,
            most: 1000,
        },
        "replicas in sync that a write with acks All needs",
    ),
    Knob::new(
        "unclean_leader_election_enable",
        Kind::Flag,
        "a replica not in sync may lead, from the next election on",
    ),
    Knob::optional(
        "retention_ms",
        Kind::Duration {
            least: Duration::ZERO,
            most: Duration::MAX,
        },
        "older segments are deleted",
    ),
    Knob::optional(
        "retention_bytes",
        Kind::Size,
        "oldest segments of larger partitions are deleted",
    ),
];

impl Settings {
    pub(super) fn declare_knobs(&self, known: &mut Known) {
        for topic in &self.topics {
            known.add_subject(format!("{}/{}", self.name, topic.name), TOPIC);
        }
    }
}

impl TopicSettings {
    fn value(&self, setting: &str) -> Option<Value> {
        Some(match setting {
            "min_insync_replicas" => self.min_insync_replicas.into(),
            "unclean_leader_election_enable" => self.unclean_leader_election_enable.into(),
            "retention_ms" => self.retention_ms.into(),
            "retention_bytes" => self.retention_bytes.into(),
            _ => return None,
        })
    }

    fn change(&mut self, setting: &str, value: Value) -> bool {
        match setting {
            "min_insync_replicas" => {
                self.min_insync_replicas = value.count().unwrap_or(self.min_insync_replicas);
            }
            "unclean_leader_election_enable" => self.unclean_leader_election_enable = value.is_on(),
            "retention_ms" => self.retention_ms = value.duration(),
            "retention_bytes" => self.retention_bytes = value.size(),
            _ => return false,
        }
        true
    }
}

impl Cluster {
    /// The index of a topic by its full name.
    fn subject(&self, of: &str) -> Option<usize> {
        let topic = of.strip_prefix(&self.name)?.strip_prefix('/')?;
        let mut own = self.topics.iter();
        own.position(|t| !t.internal && t.settings.name == topic)
    }

    fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        self.topics[self.subject(of)?].settings.value(setting)
    }

    /// Makes a change; which topic it is of.
    fn change(self: &mut std::sync::Arc<Self>, change: &Change) -> Option<usize> {
        let Change::Set { of, setting, value } = change else {
            return None;
        };
        let topic = self.subject(of)?;
        let cluster = std::sync::Arc::make_mut(self);
        let known = cluster.topics[topic].settings.change(setting, *value);
        known.then_some(topic)
    }
}

impl Tune for Controller {
    fn tune(&mut self, change: &Change, _: &mut Ctx<'_>) -> bool {
        self.cluster.change(change).is_some()
    }

    fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        self.cluster.setting(of, setting)
    }
}

impl Tune for Broker {
    fn tune(&mut self, change: &Change, _: &mut Ctx<'_>) -> bool {
        let Some(topic) = self.cluster.change(change) else {
            return false;
        };
        self.retune(topic);
        true
    }

    fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        self.cluster.setting(of, setting)
    }
}
