//! Settings of Kafka and its clients that keep messages from being lost, repeated or late.

use crate::sim::units::Duration;
use crate::systems::safeguard::{Guarded, Safeguard, Safeguards};

use super::consumer::{Commit, ConsumerGroupSettings, OffsetReset, OnError};
use super::producer::ProducerSettings;
use super::protocol::Acks;
use super::settings::{Settings, Truncation};

impl Guarded for Settings {
    fn safeguards(&self) -> Vec<Safeguard> {
        let mut all = Vec::new();
        for topic in &self.topics {
            let place = format!("systems.{}.topics.{}", self.name, topic.name);
            let copies = topic.replication_factor;
            let of_topic = Safeguards::of(place)
                .about(format!("{}/{}", self.name, topic.name))
                .offer(
                    topic.unclean_leader_election_enable,
                    "unclean_leader_election_enable=false",
                )
                .offer(
                    topic.min_insync_replicas < 2 && copies > 2,
                    "min_insync_replicas=2",
                )
                .offer(
                    copies < 3 && topic.replica_assignment.is_none(),
                    "replication_factor=3",
                )
                .offer(
                    topic.retention_ms.is_some() || topic.retention_bytes.is_some(),
                    "retention_ms=None",
                )
                .offer(topic.flush_messages != Some(1), "flush_messages=1");
            all.extend(of_topic.done());
        }
        let of_cluster = Safeguards::of(format!("systems.{}", self.name)).offer(
            self.truncation == Truncation::HighWatermark,
            "truncation=LeaderEpoch",
        );
        all.extend(of_cluster.done());
        all
    }
}

impl Guarded for ProducerSettings {
    fn safeguards(&self) -> Vec<Safeguard> {
        let idempotent = self.is_idempotent();
        let all = self.acks == Acks::All;
        Safeguards::of(format!("workloads.{}", self.name))
            .offer(!all, "acks=All")
            .offer(!idempotent && all, "enable_idempotence=true")
            .offer_all(
                !idempotent && !all,
                &["acks=All", "enable_idempotence=true"],
            )
            .offer(self.retries < 10, "retries=2147483647")
            .offer(
                self.delivery_timeout_ms < Duration::from_secs(120),
                "delivery_timeout_ms=\"120s\"",
            )
            .offer_all(
                self.request_timeout_ms < Duration::from_secs(30),
                &["request_timeout_ms=\"30s\"", "delivery_timeout_ms=\"120s\""],
            )
            .offer(
                self.max_in_flight_requests_per_connection > 1 && !idempotent,
                "max_in_flight_requests_per_connection=1",
            )
            .done()
    }
}

impl Guarded for ConsumerGroupSettings {
    fn safeguards(&self) -> Vec<Safeguard> {
        Safeguards::of(format!("workloads.{}", self.name))
            .offer(
                self.commit == Some(Commit::BeforeProcessing),
                "commit=AfterProcessing",
            )
            .offer(self.commit != Some(Commit::AfterEach), "commit=AfterEach")
            .offer(
                self.auto_offset_reset != OffsetReset::Earliest,
                "auto_offset_reset=Earliest",
            )
            .offer(matches!(self.on_error, OnError::Skip), "on_error=Retry()")
            .offer(
                self.max_poll_interval_ms < Duration::from_secs(300),
                "max_poll_interval_ms=\"300s\"",
            )
            .offer(
                self.session_timeout_ms < Duration::from_secs(45),
                "session_timeout_ms=\"45s\"",
            )
            .offer(!self.static_membership, "static_membership=true")
            .done()
    }
}
