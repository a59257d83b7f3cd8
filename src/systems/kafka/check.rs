//! What a cluster declares, and what is wrong with its settings.

use std::collections::BTreeMap;

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;

use crate::systems::check;

use super::{Known, Settings, TopicSettings};

/// More partitions than this in one cluster are a slip: Kafka's own documentation speaks of thousands for a broker.
pub const PARTITIONS_MAX: u64 = 20_000;

/// What fields can be, where that is less than their types can hold.
pub const LIMITS: &[(&str, u64, u64)] = &[("partitions", 1, PARTITIONS_MAX)];

/// More threads than this are a slip.
const THREADS_MAX: u32 = 10_000;

impl Settings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        known.systems.insert(self.name.clone(), "Kafka");
        for topic in &self.topics {
            let name = format!("{}/{}", self.name, topic.name);
            known.queues.insert(name, topic.partitions);
        }
        self.declare_knobs(known);
    }

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let sets = || known.nodes.keys().map(String::as_str);
        check::nodes(&self.nodes, at, known, out);
        if let Some(controller) = &self.controller
            && !known.nodes.contains_key(controller)
        {
            let field = at.field("controller");
            out.push(Complaint::unknown_name(field, "node", controller, sets()));
        }
        self.check_times(at, out);
        self.check_sizes(at, out);
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, topic) in self.topics.iter().enumerate() {
            let here = at.field("topics").index(index);
            if let Some(first) = names.insert(&topic.name, index) {
                let why = format!("there are two topics `{}`", topic.name);
                let other = at.field("topics").index(first).field("name");
                let complaint = Complaint::error(here.field("name"), why);
                out.push(complaint.related(other, "the other one"));
            }
            topic.check(&here, self, at, known, out);
        }
        let all = self.topics.iter().map(|t| u64::from(t.partitions));
        let all: u64 = all.sum::<u64>() + u64::from(self.offsets_topic_num_partitions);
        if all > PARTITIONS_MAX {
            let why =
                format!("{all} partitions are too many: at most {PARTITIONS_MAX} in a cluster");
            let complaint = Complaint::error(at.field("topics"), why);
            out.push(complaint.rests_on_own(at, &["offsets_topic_num_partitions"]));
        }
    }

    /// Timers of no time at all would never let time pass.
    fn check_times(&self, at: &Path, out: &mut Vec<Complaint>) {
        let least = Duration::from_ms(1);
        let times = [
            ("replica_lag_time_max_ms", self.replica_lag_time_max_ms),
            ("replica_fetch_wait_max_ms", self.replica_fetch_wait_max_ms),
            ("replica_fetch_backoff_ms", self.replica_fetch_backoff_ms),
            ("broker_session_timeout_ms", self.broker_session_timeout_ms),
            (
                "broker_heartbeat_interval_ms",
                self.broker_heartbeat_interval_ms,
            ),
            (
                "leader_imbalance_check_interval_seconds",
                self.leader_imbalance_check_interval_seconds,
            ),
            (
                "log_retention_check_interval_ms",
                self.log_retention_check_interval_ms,
            ),
        ];
        for (field, time) in times {
            if time < least {
                let why = format!("{time} is too short: at least {least}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        if self.broker_heartbeat_interval_ms >= self.broker_session_timeout_ms {
            let why = format!(
                "with a heartbeat every {} every session of {} runs out",
                self.broker_heartbeat_interval_ms, self.broker_session_timeout_ms
            );
            let field = at.field("broker_heartbeat_interval_ms");
            out.push(
                Complaint::error(field, why)
                    .related(at.field("broker_session_timeout_ms"), "the session"),
            );
        }
        if self.replica_fetch_wait_max_ms >= self.replica_lag_time_max_ms {
            let why = format!(
                "followers that wait {} at an idle leader fall out of sync after {}",
                self.replica_fetch_wait_max_ms, self.replica_lag_time_max_ms
            );
            let field = at.field("replica_fetch_wait_max_ms");
            out.push(
                Complaint::warning(field, why)
                    .related(at.field("replica_lag_time_max_ms"), "the longest lag"),
            );
        }
        if let Err(why) = self.request_time.check() {
            out.push(Complaint::error(at.field("request_time"), why));
        }
    }

    fn check_sizes(&self, at: &Path, out: &mut Vec<Complaint>) {
        let counts = [
            ("num_io_threads", self.num_io_threads, THREADS_MAX),
            (
                "offsets_topic_num_partitions",
                self.offsets_topic_num_partitions,
                PARTITIONS_MAX as u32,
            ),
            (
                "offsets_topic_replication_factor",
                self.offsets_topic_replication_factor,
                u32::from(u16::MAX),
            ),
        ];
        for (field, count, most) in counts {
            if count == 0 || count > most {
                let why = format!("{count} cannot be: from 1 to {most}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        if self.message_max_bytes.bytes() == 0 {
            let why = "no message fits into no bytes";
            out.push(Complaint::error(at.field("message_max_bytes"), why));
        }
        if self.offsets_topic_segment_bytes.bytes() == 0 {
            let why = "a segment holds at least one byte";
            out.push(Complaint::error(
                at.field("offsets_topic_segment_bytes"),
                why,
            ));
        }
    }
}

impl TopicSettings {
    fn check(
        &self,
        here: &Path,
        settings: &Settings,
        at: &Path,
        known: &Known,
        out: &mut Vec<Complaint>,
    ) {
        if self.partitions == 0 {
            let why = "a topic has at least one partition";
            out.push(Complaint::error(here.field("partitions"), why));
        }
        let copies = self.replication_factor;
        if copies == 0 {
            let why = "a partition has at least one copy";
            out.push(Complaint::error(here.field("replication_factor"), why));
        }
        if self.min_insync_replicas == 0 {
            let why = "at least one replica, the leader, is in sync";
            out.push(Complaint::error(here.field("min_insync_replicas"), why));
        } else if self.min_insync_replicas > copies && copies > 0 {
            // Kafka takes the smaller of the two, so that this is no more than a misunderstanding.
            let why = format!(
                "{} replicas can never be in sync where there are {copies}",
                self.min_insync_replicas
            );
            let complaint = Complaint::error(here.field("min_insync_replicas"), why);
            out.push(complaint.related(here.field("replication_factor"), "the number of copies"));
        }
        if let Some(set) = known.nodes.get(&settings.nodes) {
            if copies > set.count {
                let why = format!(
                    "{copies} copies need {copies} brokers, and there are {}",
                    set.count
                );
                let complaint = Complaint::error(here.field("replication_factor"), why);
                let complaint = complaint.related(at.field("nodes"), "the brokers");
                out.push(complaint.rests_on(&["nodes"]));
            }
            self.check_assignment(here, at, set.count, out);
            self.check_safety(here, at, &set.zones, out);
        }
        self.check_log(here, out);
    }

    fn check_assignment(&self, here: &Path, at: &Path, brokers: u32, out: &mut Vec<Complaint>) {
        let Some(assignment) = &self.replica_assignment else {
            return;
        };
        let field = here.field("replica_assignment");
        if assignment.len() != self.partitions as usize {
            let why = format!(
                "{} partitions are assigned, and there are {}",
                assignment.len(),
                self.partitions
            );
            let complaint = Complaint::error(field.clone(), why);
            out.push(complaint.related(here.field("partitions"), "the number of partitions"));
        }
        for (partition, replicas) in assignment.iter().enumerate() {
            let field = field.index(partition);
            if replicas.len() != self.replication_factor as usize {
                let why = format!(
                    "{} brokers for {} copies",
                    replicas.len(),
                    self.replication_factor
                );
                let complaint = Complaint::error(field.clone(), why);
                out.push(complaint.related(here.field("replication_factor"), "the copies"));
            }
            for (nth, &broker) in replicas.iter().enumerate() {
                if broker == 0 || broker > brokers {
                    let why = format!("there is no broker {broker}: they are 1 to {brokers}");
                    let complaint = Complaint::error(field.index(nth), why);
                    out.push(complaint.rests_on(&["nodes"]).rests_on_own(at, &["nodes"]));
                } else if replicas[..nth].contains(&broker) {
                    let why = format!("broker {broker} cannot have two copies of a partition");
                    out.push(Complaint::error(field.index(nth), why));
                }
            }
        }
    }

    /// What can run, but loses messages sooner than it looks.
    fn check_safety(
        &self,
        here: &Path,
        at: &Path,
        zones: &[Option<String>],
        out: &mut Vec<Complaint>,
    ) {
        let field = here.field("replication_factor");
        if self.replication_factor == 1 {
            let why = format!(
                "each partition of `{}` has one copy: it is gone while its broker is",
                self.name
            );
            out.push(Complaint::warning(field, why));
        } else if let [Some(first), rest @ ..] = zones
            && !rest.is_empty()
            && rest.iter().all(|z| z.as_ref() == Some(first))
        {
            let why = format!("all copies of `{}` stand in zone `{first}`", self.name);
            let complaint = Complaint::warning(field, why).rests_on(&["nodes"]);
            out.push(complaint.rests_on_own(at, &["nodes"]));
        }
    }

    fn check_log(&self, here: &Path, out: &mut Vec<Complaint>) {
        if self.segment_bytes.bytes() == 0 {
            let why = "a segment holds at least one byte";
            out.push(Complaint::error(here.field("segment_bytes"), why));
        }
        if self.segment_ms.is_zero() {
            let why = "a segment lasts at least a millisecond";
            out.push(Complaint::error(here.field("segment_ms"), why));
        }
        if self.flush_messages == Some(0) {
            let why = "1 is the least: sync every message";
            out.push(Complaint::error(here.field("flush_messages"), why));
        }
        if self.flush_ms.is_some_and(|t| t < Duration::from_ms(1)) {
            let why = "the least is 1ms; to sync every message say flush_messages: 1";
            out.push(Complaint::error(here.field("flush_ms"), why));
        }
    }
}
