//! A small Kafka cluster for tests of single settings: every link takes a millisecond, so that times can be reckoned.

use splitbrain::sim::record::Outcome;
use splitbrain::sim::{Fact, MS, Pid, Record};

use super::kafka_clients::{Run, play};

/// Brokers `broker-1` …, producers on `web-1` and `web-2`, consumers on `worker-1` and `worker-2`, a topic `k/t`.
pub struct Scene<'a> {
    pub seconds: u64,
    pub brokers: u32,
    /// More settings of the cluster.
    pub cluster: &'a str,
    /// Settings of the topic.
    pub topic: &'a str,
    /// The producer's; it begins at 5 s unless this says otherwise.
    pub producer: &'a str,
    /// The group's; without any there is none.
    pub group: &'a str,
    /// The nodes the group runs on.
    pub workers: &'a str,
    /// More topics of the cluster, and more workloads.
    pub more: (&'a str, &'a str),
    pub faults: &'a str,
}

/// One broker with one partition, and nobody.
pub const SMALL: Scene<'static> = Scene {
    seconds: 60,
    brokers: 1,
    cluster: "",
    topic: "",
    producer: "",
    group: "",
    workers: "worker-1",
    more: ("", ""),
    faults: "",
};

impl Scene<'_> {
    pub fn run(&self) -> Run {
        let Self {
            seconds,
            brokers,
            cluster,
            topic,
            producer,
            group,
            workers,
            more: (topics, workloads),
            faults,
        } = self;
        let group = if group.is_empty() {
            String::new()
        } else {
            format!("ConsumerGroup(name: \"g\", nodes: \"{workers}\", from: \"k/t\", {group}),")
        };
        let start = if producer.contains("start:") {
            ""
        } else {
            "start: \"5s\","
        };
        play(&format!(
            r#"(
            title: "one setting", seed: 11, duration: "{seconds}s",
            nodes: [(name: "broker", count: {brokers}), (name: "web", count: 2), (name: "worker", count: 2)],
            network: (latency: "1ms", loopback: "1ms"),
            systems: [Kafka(
                name: "k", nodes: "broker", offsets_topic_num_partitions: 1, {cluster}
                topics: [(name: "t", {topic}), {topics}],
            )],
            workloads: [
                Producer(name: "p", nodes: "web-1", to: "k/t", {start} {producer}),
                {group}
                {workloads}
            ],
            faults: [{faults}],
        )"#
        ))
    }
}

/// What tests ask about a run.
impl Run {
    /// Times at which something was recorded.
    pub fn times(&self, is: impl Fn(&Fact) -> bool) -> Vec<u64> {
        let hits = self.records.iter().filter(|r| is(&r.fact));
        hits.map(|r| r.at).collect()
    }

    /// The time of the first such record.
    pub fn first(&self, is: impl Fn(&Fact) -> bool) -> u64 {
        *self.times(is).first().expect("it happens")
    }

    /// What was recorded about a process.
    pub fn of(&self, pid: Pid) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |r| r.pid == pid)
    }

    /// How many messages were handed to consumers at each time.
    pub fn polls(&self) -> Vec<(u64, u32)> {
        let mut polls: Vec<(u64, u32)> = Vec::new();
        for record in &self.records {
            if let Fact::Handed { span, .. } = record.fact {
                match polls.last_mut() {
                    Some((at, count)) if *at == record.at => *count += span.count,
                    _ => polls.push((record.at, span.count)),
                }
            }
        }
        polls
    }

    /// How many messages ended in a way, of all groups.
    pub fn ended(&self, wanted: Outcome) -> u32 {
        self.count(|f| match f {
            Fact::Processed { span, outcome, .. } if *outcome == wanted => span.count,
            _ => 0,
        })
    }

    /// Whether a time lies between two others, in ms.
    pub fn is_between(at: u64, from_ms: u64, to_ms: u64) -> bool {
        (from_ms * MS..=to_ms * MS).contains(&at)
    }
}
