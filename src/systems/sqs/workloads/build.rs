//! From the settings of workloads to processes.

use std::sync::Arc;

use crate::sim::units::Duration;
use crate::systems::pace::{Pace, PacePlan};
use crate::systems::{Builder, Export, Process};

use super::super::{Directory, ReceiverConfig, SenderConfig, SqsReceiver, SqsSender, Target};
use super::sender::{Load, PACE, QueueSender};
use super::settings::{QueueSenderSettings, QueueWorkersSettings};
use super::worker::{Duty, QueueWorker};

/// The system of a queue or topic, and its name there.
pub(in super::super) fn find<'a>(
    builder: &Builder,
    name: &'a str,
) -> Option<(Arc<Directory>, &'a str)> {
    let (system, name) = name.split_once('/')?;
    let Export::Sqs(directory) = builder.exports.get(system)? else {
        return None;
    };
    Some((Arc::clone(directory), name))
}

impl QueueSenderSettings {
    pub(in super::super::super) fn found(&self, _: &mut Builder) {}

    pub(in super::super::super) fn build(&self, builder: &mut Builder) {
        let Some((directory, target)) = find(builder, &self.to) else {
            return;
        };
        let nodes = builder.nodes(&self.nodes);
        let count = nodes.len() as u32 * self.per_node;
        let config = Arc::new(SenderConfig {
            max_attempts: self.max_attempts,
            attempt_timeout_ns: self.api_call_attempt_timeout.ns(),
            named: self.message_deduplication_id,
        });
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
            let pid = builder.reserve(&name, node, &self.name, "sender", 0);
            let target = Target::find(builder, &directory, target, pid);
            let targets = target.into_iter().collect();
            let seed = builder.seed;
            let client = SqsSender::new(Arc::clone(&config), targets, 0, 0, seed, &name);
            let pace = Pace::new(&plan, nth, count, PACE, seed, &name);
            let app = QueueSender::new(client, pace, load.clone(), seed, &name);
            builder.put(pid, Process::QueueSender(Box::new(app)));
        }
        builder.add_set(&self.name, nodes);
    }
}

impl QueueWorkersSettings {
    pub(in super::super::super) fn found(&self, _: &mut Builder) {}

    pub(in super::super::super) fn build(&self, builder: &mut Builder) {
        let Some((directory, place)) =
            find(builder, &self.from).and_then(|(d, name)| d.queue(name).map(|p| (d, p)))
        else {
            return;
        };
        let home = directory.home(place);
        let group = directory.group(builder, place, &self.name);
        let least = self.concurrency.max(self.max_number_of_messages);
        let config = Arc::new(ReceiverConfig {
            place,
            queue: home.queue,
            home: home.pid,
            group,
            batch: self.max_number_of_messages,
            in_hand_max: self.max_in_hand.unwrap_or(least),
            wait_ns: self.wait_time_seconds.map(Duration::ns),
            visibility_ns: self.visibility_timeout.map(Duration::ns),
            pause_ns: self.poll_pause.ns(),
            max_attempts: self.max_attempts,
            attempt_timeout_ns: self.api_call_attempt_timeout.ns(),
        });
        let settings = &directory.settings.queues[usize::from(place)];
        let hidden = self
            .visibility_timeout
            .unwrap_or(settings.visibility_timeout);
        let nodes = builder.nodes(&self.nodes);
        for nth in 0..nodes.len() as u32 * self.per_node {
            let node = nodes[(nth / self.per_node) as usize];
            let name = format!("{}-{}", self.name, nth + 1);
            let pid = builder.reserve(&name, node, &self.name, "worker", 2);
            builder.add_link(pid, home.pid);
            let seed = builder.seed;
            let client = SqsReceiver::new(Arc::clone(&config), 0, 0, seed, &name);
            let duty = Duty {
                service: self.service_time.compile(),
                threads: self.concurrency,
                failure: self.failure.p(),
                on_failure: self.on_failure,
                delete: self.delete,
                heartbeat: self.heartbeat.map(|every| (every.ns(), hidden.ns())),
                start_ns: self.start.ns(),
                stop_ns: self.stop.map_or(u64::MAX, Duration::ns),
            };
            let app = QueueWorker::new(client, duty, seed, &name);
            builder.put(pid, Process::QueueWorker(Box::new(app)));
        }
        builder.add_set(&self.name, nodes);
    }
}
