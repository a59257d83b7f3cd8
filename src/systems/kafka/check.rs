//! What a cluster declares, and what is wrong with its settings.

use crate::sim::complaint::{Complaint, Path};

use super::{Known, Settings};

impl Settings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        known.systems.insert(self.name.clone(), "Kafka");
        for topic in &self.topics {
            let name = format!("{}/{}", self.name, topic.name);
            known.queues.insert(name, topic.partitions);
        }
    }

    pub(in super::super) fn check(&self, _at: &Path, _known: &Known, _out: &mut Vec<Complaint>) {}
}
