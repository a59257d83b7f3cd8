//! What queues and topics declare, and what is wrong with their settings.

use std::collections::BTreeMap;

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::{Duration, Size};

use crate::systems::check;

use super::{Known, QueueSettings, Settings, TopicSettings};

/// More queues or topics of a system than this are a slip.
const QUEUES_MAX: usize = 10_000;

/// More servers of a queue than this are a slip.
const SERVERS_MAX: u32 = 1_000;

/// More requests at once than this are a slip.
const REQUESTS_MAX: u32 = 100_000;

impl Settings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        known.systems.insert(self.name.clone(), "Sqs");
        let queues = self.queues.iter().map(|q| (&q.name, 1));
        // A topic has no messages of its own.
        let topics = self.topics.iter().map(|t| (&t.name, 0));
        for queue in &self.queues {
            known.whole.insert(format!("{}/{}", self.name, queue.name));
        }
        for (name, count) in queues.chain(topics) {
            known.queues.insert(format!("{}/{name}", self.name), count);
        }
        let topics = self.topics.iter();
        let topics = topics.map(|t| format!("{}/{}", self.name, t.name));
        known.fan_outs.extend(topics);
        self.declare_knobs(known);
        for queue in self.queues.iter().filter(|q| q.redrive_at.is_some()) {
            known
                .groups
                .push(format!("{}/{}-redrive", self.name, queue.name));
        }
    }

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        check::nodes(&self.nodes, at, known, out);
        for (field, count, most) in [
            ("servers", self.servers, SERVERS_MAX),
            (
                "concurrent_requests",
                self.concurrent_requests,
                REQUESTS_MAX,
            ),
        ] {
            if count == 0 || count > most {
                let why = format!("{count} cannot be: from 1 to {most}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        if let Err(why) = self.request_time.check() {
            out.push(Complaint::error(at.field("request_time"), why));
        }
        for (field, count) in [("queues", self.queues.len()), ("topics", self.topics.len())] {
            if count > QUEUES_MAX {
                let why = format!("{count} are too many: at most {QUEUES_MAX}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        self.check_names(at, out);
        for (index, queue) in self.queues.iter().enumerate() {
            let here = at.field("queues").index(index);
            queue.check(&here, out);
            self.check_dead_letters(queue, &here, out);
        }
        for (index, topic) in self.topics.iter().enumerate() {
            self.check_topic(topic, &at.field("topics").index(index), out);
        }
    }

    /// Queues and topics share their names: a sender is told one name.
    fn check_names(&self, at: &Path, out: &mut Vec<Complaint>) {
        let mut names: BTreeMap<&str, Path> = BTreeMap::new();
        let queues = self.queues.iter().map(|q| ("queues", &q.name));
        let topics = self.topics.iter().map(|t| ("topics", &t.name));
        let queues = queues.enumerate();
        for (index, (list, name)) in queues.chain(topics.enumerate()) {
            let here = at.field(list).index(index).field("name");
            if let Some(first) = names.get(name.as_str()) {
                let why = format!("there are two queues or topics `{name}`");
                let complaint = Complaint::error(here, why);
                out.push(complaint.related(first.clone(), "the other one"));
            } else {
                names.insert(name, here);
            }
        }
    }

    fn check_dead_letters(&self, queue: &QueueSettings, here: &Path, out: &mut Vec<Complaint>) {
        if let Some(policy) = &queue.redrive_policy {
            let place = here.field("redrive_policy").field("dead_letter_target");
            let target = self
                .queues
                .iter()
                .find(|q| q.name == policy.dead_letter_target);
            match target {
                None => {
                    let names = self.queues.iter().map(|q| q.name.as_str());
                    let name = &policy.dead_letter_target;
                    out.push(Complaint::unknown_name(place, "queue", name, names));
                }
                Some(target) if target.name == queue.name => {
                    let why = "a queue cannot be its own dead-letter queue";
                    out.push(Complaint::error(place, why));
                }
                Some(target) if target.fifo_queue != queue.fifo_queue => {
                    let kind = if queue.fifo_queue { "FIFO" } else { "standard" };
                    let why = format!("the dead-letter queue of a {kind} queue is one too");
                    out.push(Complaint::error(place, why));
                }
                Some(_) => {}
            }
            let receives = policy.max_receive_count;
            if receives == 0 || receives > 1000 {
                let place = here.field("redrive_policy").field("max_receive_count");
                let why = format!("{receives} cannot be: from 1 to 1000");
                out.push(Complaint::error(place, why));
            }
        }
        let is_target = self.queues.iter().any(|q| {
            let policy = q.redrive_policy.as_ref();
            policy.is_some_and(|p| p.dead_letter_target == queue.name)
        });
        if queue.redrive_at.is_some() && !is_target {
            let why = "only a dead-letter queue has messages to move back";
            out.push(Complaint::error(here.field("redrive_at"), why));
        }
    }

    fn check_topic(&self, topic: &TopicSettings, here: &Path, out: &mut Vec<Complaint>) {
        for (index, subscription) in topic.subscriptions.iter().enumerate() {
            let place = here.field("subscriptions").index(index).field("queue");
            let name = &subscription.queue;
            let earlier = &topic.subscriptions[..index];
            if !self.queues.iter().any(|q| q.name == *name) {
                let names = self.queues.iter().map(|q| q.name.as_str());
                out.push(Complaint::unknown_name(place, "queue", name, names));
            } else if earlier.iter().any(|s| s.queue == *name) {
                let why = format!("`{name}` subscribes twice");
                out.push(Complaint::error(place, why));
            }
        }
    }
}

impl QueueSettings {
    fn check(&self, here: &Path, out: &mut Vec<Complaint>) {
        let none = Duration::default();
        let times = [
            (
                "visibility_timeout",
                self.visibility_timeout,
                none,
                hours(12),
            ),
            (
                "message_retention_period",
                self.message_retention_period,
                Duration::from_secs(60),
                hours(14 * 24),
            ),
            (
                "delay_seconds",
                self.delay_seconds,
                none,
                Duration::from_secs(900),
            ),
            (
                "receive_message_wait_time_seconds",
                self.receive_message_wait_time_seconds,
                none,
                Duration::from_secs(20),
            ),
        ];
        for (field, time, least, most) in times {
            if time < least || time > most {
                let why = format!("{time} cannot be: from {least} to {most}");
                out.push(Complaint::error(here.field(field), why));
            }
        }
        let (least, most) = (Size::from_bytes(1024), Size::from_bytes(1 << 20));
        let size = self.maximum_message_size;
        if size < least || size > most {
            let why = format!("{size} cannot be: from {least} to {most}");
            out.push(Complaint::error(here.field("maximum_message_size"), why));
        }
        if self.content_based_deduplication && !self.fifo_queue {
            let why = "only a FIFO queue recognises what is sent again";
            let complaint = Complaint::error(here.field("content_based_deduplication"), why);
            out.push(complaint.rests_on_own(here, &["fifo_queue"]));
        }
        if self.in_flight_limit == Some(0) {
            let why = "with no message in flight none is ever received";
            out.push(Complaint::error(here.field("in_flight_limit"), why));
        }
        let rate = self.redrive_rate.per_s();
        if !(rate > 0.0 && rate <= 500.0) {
            let why = format!("{} cannot be: above 0, at most 500/s", self.redrive_rate);
            out.push(Complaint::error(here.field("redrive_rate"), why));
        }
    }
}

const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3600)
}
