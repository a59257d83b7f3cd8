//! Settings of queues and their clients that keep messages from being lost, repeated or late.

use crate::sim::units::Duration;
use crate::systems::safeguard::{Guarded, Safeguard, Safeguards};

use super::settings::Settings;
use super::workloads::{DeleteWhen, OnFailure, QueueSenderSettings, QueueWorkersSettings};

impl Guarded for Settings {
    fn safeguards(&self) -> Vec<Safeguard> {
        let mut all = Vec::new();
        for queue in &self.queues {
            let place = format!("systems.{}.queues.{}", self.name, queue.name);
            let of_queue = Safeguards::of(place)
                .about(format!("{}/{}", self.name, queue.name))
                .offer(
                    queue.visibility_timeout < Duration::from_secs(600),
                    "visibility_timeout=\"10m\"",
                )
                .offer(
                    queue.message_retention_period < Duration::from_secs(345_600),
                    "message_retention_period=\"4d\"",
                )
                .offer(queue.redrive_policy.is_some(), "redrive_policy=None");
            all.extend(of_queue.done());
        }
        all
    }
}

impl Guarded for QueueSenderSettings {}

impl Guarded for QueueWorkersSettings {
    fn safeguards(&self) -> Vec<Safeguard> {
        Safeguards::of(format!("workloads.{}", self.name))
            .offer(
                self.delete == DeleteWhen::BeforeProcessing,
                "delete=AfterProcessing",
            )
            .offer(self.on_failure == OnFailure::Delete, "on_failure=Leave")
            .offer(self.heartbeat.is_none(), "heartbeat=\"1s\"")
            .offer(
                self.visibility_timeout.is_some(),
                "visibility_timeout=\"10m\"",
            )
            .done()
    }
}
