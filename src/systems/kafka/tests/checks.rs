//! What a person is told about settings that cannot be, or should not.

use super::super::Settings;
use super::bench::Bench;
use crate::sim::complaint::{Path, Severity};
use crate::systems::{Known, KnownSet};

/// The places and severities of what is said about a cluster of three brokers in two zones.
fn said(settings: &Settings) -> Vec<(Severity, String)> {
    let mut known = Known::default();
    let zones = ["a", "b", "a"].map(|z| Some(z.to_owned())).to_vec();
    let brokers = KnownSet { count: 3, zones };
    known.nodes.insert("brokers".to_owned(), brokers);
    let mut out = Vec::new();
    settings.check(&Path::root(), &known, &mut out);
    out.iter().map(|c| (c.severity, c.at.to_string())).collect()
}

fn about(topic: &str) -> Vec<(Severity, String)> {
    said(&Bench::new(3, topic).settings)
}

fn error(at: &str) -> Vec<(Severity, String)> {
    vec![(Severity::Error, at.to_owned())]
}

#[test]
fn a_sound_cluster_is_accepted_without_a_word() {
    assert_eq!(
        about("partitions: 6, replication_factor: 3, min_insync_replicas: 2"),
        []
    );
}

#[test]
fn impossible_topics_are_refused_where_they_are_wrong() {
    let topic = "topics[0]";
    assert_eq!(
        about("replication_factor: 4"),
        error(&format!("{topic}.replication_factor"))
    );
    assert_eq!(
        about("replication_factor: 2, min_insync_replicas: 3"),
        error(&format!("{topic}.min_insync_replicas"))
    );
    assert_eq!(
        about("replication_factor: 2, partitions: 0"),
        error(&format!("{topic}.partitions"))
    );
    assert_eq!(
        about("replication_factor: 2, partitions: 1000000"),
        error("topics")
    );
    assert_eq!(
        about("replication_factor: 2, replica_assignment: [[1, 4]]"),
        error(&format!("{topic}.replica_assignment[0][1]"))
    );
    assert_eq!(
        about("replication_factor: 2, replica_assignment: [[2, 2]]"),
        error(&format!("{topic}.replica_assignment[0][1]"))
    );
    assert_eq!(
        about("replication_factor: 2, replica_assignment: [[1, 2], [2, 1]]"),
        error(&format!("{topic}.replica_assignment"))
    );
}

#[test]
fn one_copy_is_a_warning() {
    let warning = (Severity::Warning, "topics[0].replication_factor".to_owned());
    assert_eq!(about(""), [warning]);
}

#[test]
fn two_topics_of_one_name_and_unknown_nodes_are_refused() {
    let mut settings = Bench::new(3, "replication_factor: 2").settings;
    settings.topics.push(settings.topics[0].clone());
    assert_eq!(said(&settings), error("topics[1].name"));
    settings.topics.pop();
    settings.controller = Some("broker".to_owned());
    assert_eq!(said(&settings), error("controller"));
    settings.controller = None;
    settings.nodes = "brokrs".to_owned();
    assert_eq!(said(&settings), error("nodes"));
}

#[test]
fn times_that_cannot_work_are_refused() {
    let mut settings = Bench::new(3, "replication_factor: 2").settings;
    settings.broker_heartbeat_interval_ms = settings.broker_session_timeout_ms;
    assert_eq!(said(&settings), error("broker_heartbeat_interval_ms"));
    settings.broker_heartbeat_interval_ms = crate::sim::units::Duration::ZERO;
    assert_eq!(said(&settings), error("broker_heartbeat_interval_ms"));
}
