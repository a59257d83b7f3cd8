//! From the settings of workloads to processes.

use std::sync::Arc;

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;
use crate::sim::{LaneId, Pid, QueueId};

use super::consumer::{
    CLIENT_TIMERS, ConsumerClient, ConsumerConfig, DEAD_LETTER_TIMERS, Duty, OnError,
};
use super::producer::{Load, PACE, ProducerClient, ProducerConfig};
use super::protocol::Acks;
use super::{
    Builder, Cluster, ConsumerApp, ConsumerGroupSettings, Known, ProducerApp, ProducerSettings,
};
use crate::systems::check;
use crate::systems::pace::{Arrives, Pace, PacePlan};
use crate::systems::{Export, Process};

/// More threads of a consumer than this are a slip.
const THREADS_MAX: u32 = 10_000;

/// Of a large cluster, a client is drawn with this many brokers: pictures and doubts need no more.
const LINKED_BROKERS_MAX: usize = 16;

/// A client may talk to every broker.
pub(super) fn link_to_brokers(builder: &mut Builder, client: Pid, cluster: &Cluster) {
    for &broker in cluster.brokers.iter().take(LINKED_BROKERS_MAX) {
        builder.add_link(client, broker);
    }
}

impl Arrives for ProducerSettings {
    fn arrivals(&self) -> Option<(&'static str, &Arrivals)> {
        Some(("arrivals", &self.arrivals))
    }
}

impl Arrives for ConsumerGroupSettings {}

impl ProducerSettings {
    pub(in super::super) fn declare(&self, _known: &mut Known) {}

    pub(in super::super) fn found(&self, _: &mut Builder) {}

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        check::nodes(&self.nodes, at, known, out);
        known_queues(&self.to, &at.field("to"), known, out);
        check::processes(&self.nodes, self.per_node, at, known, out);
        pairs(&self.nodes, self.per_node, &[&self.to], at, known, out);
        let mut complain = |field: &str, result: Result<(), String>| {
            if let Err(why) = result {
                out.push(Complaint::error(at.field(field), why));
            }
        };
        complain("arrivals", self.arrivals.check());
        complain("keys", check::keys(&self.keys));
        complain("message_size", check::message_size(self.message_size));
        check::order(self.start, self.stop, at, out);
        self.check_client(at, out);
    }

    /// What Kafka's `ProducerConfig` refuses with a `ConfigException`.
    fn check_client(&self, at: &Path, out: &mut Vec<Complaint>) {
        let in_flight = self.max_in_flight_requests_per_connection;
        if in_flight == 0 {
            let field = at.field("max_in_flight_requests_per_connection");
            out.push(Complaint::error(
                field,
                "at least 1 request must be allowed in flight",
            ));
        }
        if self.enable_idempotence == Some(true) && self.acks != Acks::All {
            let why = "an idempotent producer needs acks: All";
            out.push(Complaint::error(at.field("acks"), why).related(
                at.field("enable_idempotence"),
                "idempotence is asked for here",
            ));
        }
        if self.enable_idempotence == Some(true) && self.retries == 0 {
            let why = "an idempotent producer needs retries above 0";
            out.push(Complaint::error(at.field("retries"), why).related(
                at.field("enable_idempotence"),
                "idempotence is asked for here",
            ));
        }
        if self.is_idempotent() && in_flight > 5 {
            let field = at.field("max_in_flight_requests_per_connection");
            let why = format!(
                "an idempotent producer may have 5 requests in flight at most, not {in_flight}"
            );
            let complaint = Complaint::error(field, why)
                .rests_on_own(at, &["enable_idempotence", "acks", "retries"]);
            out.push(complaint.help("or say enable_idempotence: false"));
        }
        let least = self
            .linger_ms
            .ns()
            .saturating_add(self.request_timeout_ms.ns());
        if self.delivery_timeout_ms.ns() < least {
            let why = format!(
                "delivery_timeout_ms ({}) must be at least linger_ms + request_timeout_ms ({} + {})",
                self.delivery_timeout_ms, self.linger_ms, self.request_timeout_ms
            );
            let complaint = Complaint::error(at.field("delivery_timeout_ms"), why);
            out.push(complaint.rests_on_own(at, &["linger_ms", "request_timeout_ms"]));
        }
        if self.batch_size > self.buffer_memory {
            let why = format!(
                "no batch of {} fits into a buffer of {}",
                self.batch_size, self.buffer_memory
            );
            let complaint = Complaint::error(at.field("buffer_memory"), why);
            out.push(complaint.rests_on_own(at, &["batch_size"]));
        }
    }

    pub(in super::super) fn build(&self, builder: &mut Builder) {
        let Some((cluster, queues)) = find_topic(builder, &self.to) else {
            return;
        };
        let nodes = builder.nodes(&self.nodes);
        let count = nodes.len() as u32 * self.per_node;
        let config = Arc::new(ProducerConfig::from(self));
        let lasts = (self.start, self.stop);
        let plan = PacePlan::new(builder, &self.arrivals, lasts, self.count);
        let load = Load {
            keys: self.keys.compile(),
            bytes: self.message_size.bytes() as u32,
            poison: self.poison.p(),
        };
        for nth in 0..count {
            let node = nodes[(nth / self.per_node) as usize];
            let name = format!("{}-{}", self.name, nth + 1);
            let pid = builder.reserve(&name, node, &self.name, "producer", 0);
            link_to_brokers(builder, pid, &cluster);
            let topics = [lanes(builder, pid, &queues)];
            let (config, cluster) = (Arc::clone(&config), Arc::clone(&cluster));
            let seed = builder.seed;
            let client = ProducerClient::new(config, cluster, &topics, 0, 0, seed, &name);
            let pace = Pace::new(&plan, nth, count, PACE, seed, &name);
            let app = ProducerApp::new(client, pace, load.clone(), seed, &name);
            builder.put(pid, Process::KafkaProducer(Box::new(app)));
        }
        builder.add_set(&self.name, nodes);
    }
}

impl ConsumerGroupSettings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        known.groups.push(self.name.clone());
    }

    pub(in super::super) fn found(&self, _: &mut Builder) {}

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        check::nodes(&self.nodes, at, known, out);
        check::processes(&self.nodes, self.per_node, at, known, out);
        let topics: Vec<&str> = self.from.0.iter().map(String::as_str).collect();
        pairs(&self.nodes, self.per_node, &topics, at, known, out);
        self.check_topics(at, known, out);
        if let Err(why) = self.service_time.check() {
            out.push(Complaint::error(at.field("service_time"), why));
        }
        if self.concurrency == 0 || self.concurrency > THREADS_MAX {
            let why = format!(
                "concurrency must be from 1 to {THREADS_MAX}, not {}",
                self.concurrency
            );
            out.push(Complaint::error(at.field("concurrency"), why));
        }
        check::order(self.start, self.stop, at, out);
        self.check_client(at, known, out);
    }

    fn check_topics(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let field = at.field("from");
        let many = self.from.0.len() > 1;
        for (nth, topic) in self.from.0.iter().enumerate() {
            let place = if many {
                field.index(nth)
            } else {
                field.clone()
            };
            known_queues(topic, &place, known, out);
            let system = |t: &str| t.split('/').next().map(str::to_owned);
            if system(topic) != system(&self.from.0[0]) {
                let why = format!(
                    "`{topic}` is not a topic of the same system as `{}`",
                    self.from.0[0]
                );
                out.push(Complaint::error(place, why).rests_on_own(at, &["from"]));
            }
        }
        if self.from.0.is_empty() {
            out.push(Complaint::error(
                field,
                "there must be a topic to read from",
            ));
        }
        if let OnError::DeadLetter { to, .. } = &self.on_error {
            let place = at.field("on_error").field("to");
            known_queues(to, &place, known, out);
            if self.from.0.contains(to) {
                let why = format!("dead letters would come back: the group itself reads `{to}`");
                out.push(Complaint::error(place, why).rests_on_own(at, &["from"]));
            }
        }
    }

    fn check_client(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let mut complain =
            |field: &str, why: String| out.push(Complaint::error(at.field(field), why));
        if self.max_poll_records == 0 {
            complain(
                "max_poll_records",
                "a poll must return at least 1 record".to_owned(),
            );
        }
        if self.partition_assignment_strategy.is_empty() {
            let why = "there must be at least one strategy".to_owned();
            complain("partition_assignment_strategy", why);
        }
        if self.heartbeat_interval_ms >= self.session_timeout_ms {
            let why = format!(
                "heartbeats every {} cannot keep a session of {} alive",
                self.heartbeat_interval_ms, self.session_timeout_ms
            );
            let complaint = Complaint::error(at.field("heartbeat_interval_ms"), why);
            out.push(complaint.rests_on_own(at, &["session_timeout_ms"]));
        }
        if self.commit.is_some() && self.enable_auto_commit == Some(true) {
            let why =
                "either the application commits (commit) or the client does (enable_auto_commit)";
            out.push(
                Complaint::error(at.field("enable_auto_commit"), why)
                    .related(at.field("commit"), "the application commits by this"),
            );
        }
        if self.commit.is_none() && self.enable_auto_commit == Some(false) {
            let why = "nobody commits: a new owner of a partition starts over";
            out.push(
                Complaint::warning(at.field("enable_auto_commit"), why)
                    .help("say when the application commits: commit: AfterProcessing")
                    .rests_on_own(at, &["commit"]),
            );
        }
        self.check_idle(at, known, out);
    }

    /// More consumers than partitions: some have nothing to do.
    fn check_idle(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let nodes = known.nodes.get(&self.nodes).map_or(0, |n| n.count);
        let consumers = nodes.saturating_mul(self.per_node);
        let partitions = self
            .from
            .0
            .iter()
            .filter_map(|t| known.queues.get(t))
            .sum::<u32>();
        if partitions > 0 && consumers > partitions {
            let why = format!(
                "{consumers} consumers share {partitions} partitions: {} will be idle",
                consumers - partitions
            );
            let complaint = Complaint::warning(at.field("nodes"), why);
            let complaint = complaint.rests_on_own(at, &["per_node", "from"]);
            out.push(complaint.rests_on(&["nodes", "systems"]));
        }
    }

    pub(in super::super) fn build(&self, builder: &mut Builder) {
        let mut subscription: Vec<QueueId> = Vec::new();
        let mut cluster = None;
        for topic in &self.from.0 {
            if let Some((of, queues)) = find_topic(builder, topic) {
                subscription.extend(queues);
                cluster = Some(of);
            }
        }
        let Some(cluster) = cluster else {
            return;
        };
        subscription.sort_unstable();
        subscription.dedup();
        let group = builder.add_group(&self.name, subscription.clone());
        let subscription: Arc<[QueueId]> = subscription.into();
        let config = Arc::new(ConsumerConfig::new(self, group));
        let nodes = builder.nodes(&self.nodes);
        for nth in 0..nodes.len() as u32 * self.per_node {
            let node = nodes[(nth / self.per_node) as usize];
            let name = format!("{}-{}", self.name, nth + 1);
            let pid = builder.reserve(&name, node, &self.name, "consumer", 2);
            link_to_brokers(builder, pid, &cluster);
            let client = ConsumerClient::new(
                Arc::clone(&config),
                Arc::clone(&cluster),
                Arc::clone(&subscription),
                self.static_membership.then_some(nth),
                CLIENT_TIMERS,
                0,
                builder.seed,
                &name,
            );
            let duty = Duty {
                group,
                service: self.service_time.compile(),
                threads: self.concurrency,
                ordering: self.ordering,
                failure: self.failure.p(),
                on_error: self.on_error.clone(),
                commit: self.commit,
                start_ns: self.start.ns(),
                stop_ns: self.stop.map_or(u64::MAX, Duration::ns),
                max_poll_records: self.max_poll_records,
            };
            let parts = subscription.len();
            let dead_letters = self.dead_letters(builder, pid, &cluster, &name);
            let app = ConsumerApp::new(client, dead_letters, duty, parts, builder.seed, &name);
            builder.put(pid, Process::KafkaConsumer(Box::new(app)));
        }
        builder.add_set(&self.name, nodes);
    }

    fn dead_letters(
        &self,
        builder: &mut Builder,
        pid: Pid,
        cluster: &Arc<Cluster>,
        name: &str,
    ) -> Option<ProducerClient> {
        let OnError::DeadLetter { to, .. } = &self.on_error else {
            return None;
        };
        let (_, queues) = find_topic(builder, to)?;
        let topics = [lanes(builder, pid, &queues)];
        // A dead letter should not wait for company: the consumer waits for it.
        let config = Arc::new(ProducerConfig::default().without_linger());
        let (cluster, seed) = (Arc::clone(cluster), builder.seed);
        let name = format!("{name}/dead-letters");
        let timers = DEAD_LETTER_TIMERS;
        Some(ProducerClient::new(
            config, cluster, &topics, timers, 1, seed, &name,
        ))
    }
}

/// The cluster and the partitions of a topic, by its name `system/topic`.
pub(super) fn find_topic(builder: &Builder, name: &str) -> Option<(Arc<Cluster>, Vec<QueueId>)> {
    let (system, topic) = name.split_once('/')?;
    let Export::Kafka(cluster) = builder.exports.get(system)? else {
        return None;
    };
    let topic = cluster.topic(topic)?;
    Some((Arc::clone(cluster), topic.queues().collect()))
}

pub(super) fn lanes(builder: &mut Builder, pid: Pid, queues: &[QueueId]) -> Vec<(QueueId, LaneId)> {
    let names = &mut builder.names;
    queues
        .iter()
        .map(|&q| (q, names.add_lane(pid, q)))
        .collect()
}

fn known_queues(topic: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    let names = known.queues_of("Kafka");
    if !names.clone().any(|name| name == topic) {
        out.push(Complaint::unknown_name(at.clone(), "topic", topic, names));
    }
}

/// Whether the processes of a workload, and the ways between them and partitions, are few enough to be simulated.
fn pairs(
    nodes: &str,
    per_node: u32,
    topics: &[&str],
    at: &Path,
    known: &Known,
    out: &mut Vec<Complaint>,
) {
    let nodes = known.nodes.get(nodes).map_or(0, |n| u64::from(n.count));
    let processes = nodes * u64::from(per_node);
    let partitions = topics.iter().filter_map(|t| known.queues.get(*t));
    let partitions: u64 = partitions.map(|&n| u64::from(n)).sum();
    // Of too many processes alone somebody else complains.
    if processes > check::PROCESSES_MAX || processes.saturating_mul(partitions) <= check::PAIRS_MAX
    {
        return;
    }
    let why = format!(
        "{processes} processes with {partitions} partitions each are too many: at most {} pairs",
        check::PAIRS_MAX
    );
    let complaint = Complaint::error(at.field("nodes"), why);
    let complaint = complaint.rests_on_own(at, &["per_node", "to", "from"]);
    out.push(complaint.rests_on(&["nodes", "systems"]));
}
