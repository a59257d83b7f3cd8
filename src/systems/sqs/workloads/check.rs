//! What is wrong with the settings of workloads that use queues.

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;
use crate::systems::check;
use crate::systems::pace::Arrives;

use super::super::Known;
use super::settings::{QueueSenderSettings, QueueWorkersSettings};

/// More threads of a worker than this are a slip.
const THREADS_MAX: u32 = 10_000;

/// What both kinds of workloads have.
struct Common<'a> {
    nodes: &'a str,
    per_node: u32,
    start: Duration,
    stop: Option<Duration>,
    max_attempts: u32,
    timeout: Duration,
}

impl Common<'_> {
    fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        check::nodes(self.nodes, at, known, out);
        check::processes(self.nodes, self.per_node, at, known, out);
        check::order(self.start, self.stop, at, out);
        if self.max_attempts == 0 {
            let why = "there is at least one attempt";
            out.push(Complaint::error(at.field("max_attempts"), why));
        }
        if self.timeout < Duration::from_ms(1) {
            let why = "an attempt lasts at least a millisecond";
            out.push(Complaint::error(at.field("api_call_attempt_timeout"), why));
        }
    }
}

/// Whether a name is that of a queue or topic of a system of this kind.
fn known_queue(name: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    let names = known.queues_of("Sqs");
    if !names.clone().any(|n| n == name) {
        out.push(Complaint::unknown_name(at.clone(), "queue", name, names));
    }
}

impl Arrives for QueueSenderSettings {
    fn arrivals(&self) -> Option<(&'static str, &Arrivals)> {
        Some(("arrivals", &self.arrivals))
    }
}

impl Arrives for QueueWorkersSettings {}

impl QueueSenderSettings {
    pub(in super::super::super) fn declare(&self, _known: &mut Known) {}

    pub(in super::super::super) fn check(
        &self,
        at: &Path,
        known: &Known,
        out: &mut Vec<Complaint>,
    ) {
        let common = Common {
            nodes: &self.nodes,
            per_node: self.per_node,
            start: self.start,
            stop: self.stop,
            max_attempts: self.max_attempts,
            timeout: self.api_call_attempt_timeout,
        };
        common.check(at, known, out);
        known_queue(&self.to, &at.field("to"), known, out);
        for (field, result) in [
            ("arrivals", self.arrivals.check()),
            ("keys", check::keys(&self.keys)),
            ("message_size", check::message_size(self.message_size)),
        ] {
            if let Err(why) = result {
                out.push(Complaint::error(at.field(field), why));
            }
        }
    }
}

impl QueueWorkersSettings {
    pub(in super::super::super) fn declare(&self, known: &mut Known) {
        known.groups.push(self.name.clone());
    }

    pub(in super::super::super) fn check(
        &self,
        at: &Path,
        known: &Known,
        out: &mut Vec<Complaint>,
    ) {
        let common = Common {
            nodes: &self.nodes,
            per_node: self.per_node,
            start: self.start,
            stop: self.stop,
            max_attempts: self.max_attempts,
            timeout: self.api_call_attempt_timeout,
        };
        common.check(at, known, out);
        known_queue(&self.from, &at.field("from"), known, out);
        if let Err(why) = self.service_time.check() {
            out.push(Complaint::error(at.field("service_time"), why));
        }
        let counts = [
            ("concurrency", Some(self.concurrency), THREADS_MAX),
            (
                "max_number_of_messages",
                Some(self.max_number_of_messages),
                10,
            ),
            ("max_in_hand", self.max_in_hand, 1_000_000),
        ];
        for (field, count, most) in counts {
            if let Some(count) = count
                && (count == 0 || count > most)
            {
                let why = format!("{count} cannot be: from 1 to {most}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        let hidden_max = Duration::from_secs(12 * 3600);
        let times = [
            (
                "wait_time_seconds",
                self.wait_time_seconds,
                Duration::from_secs(20),
            ),
            ("visibility_timeout", self.visibility_timeout, hidden_max),
        ];
        for (field, time, most) in times {
            if let Some(time) = time.filter(|&time| time > most) {
                let why = format!("{time} cannot be: at most {most}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        if self.heartbeat.is_some_and(|t| t < Duration::from_ms(1)) {
            let why = "the least is 1ms";
            out.push(Complaint::error(at.field("heartbeat"), why));
        }
    }
}
