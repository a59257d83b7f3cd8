//! What a consumer shows of itself.

use crate::sim::{Names, QueueId};

use super::super::super::{Badge, Inspect, Row, Standing};
use super::ConsumerApp;
use super::threads::Thread;

impl crate::systems::Tune for ConsumerApp {}

impl Inspect for ConsumerApp {
    fn badge(&self, names: &Names) -> Badge {
        let owned: Vec<(QueueId, Option<u64>, u64)> = self.client.owned().collect();
        let busy = self.threads.len() - self.idle.len();
        let stuck = |t: &Thread| matches!(t, Thread::Waits(..) | Thread::Buries(..));
        let stuck = busy > 0 && self.threads.iter().filter(|t| stuck(t)).count() == busy;
        let standing = if stuck {
            Standing::Stuck
        } else if owned.is_empty() {
            Standing::Idle
        } else {
            Standing::Member
        };
        let mut lines = Vec::new();
        if !self.running {
            lines.push("stopped".to_owned());
        } else if self.client.generation().is_none() {
            lines.push("joining".to_owned());
        } else {
            let queues: Vec<&str> = owned
                .iter()
                .map(|o| number(names.queue_short(o.0)))
                .collect();
            lines.push(if queues.is_empty() {
                "nothing to read".to_owned()
            } else {
                format!("reads {}", queues.join(" "))
            });
        }
        if stuck {
            lines.insert(0, "retrying".to_owned());
        }
        let reads =
            (!owned.is_empty()).then(|| (self.duty.group, owned.iter().map(|o| o.0).collect()));
        Badge {
            standing,
            lines,
            reads,
        }
    }

    fn rows(&self, names: &Names) -> Vec<Row> {
        let generation = self.client.generation();
        let coordinator = self.client.coordinator();
        let mut rows = vec![
            Row::new("group", names.group(self.duty.group).to_owned()),
            Row::new(
                "generation",
                generation.map_or("not a member".to_owned(), |g| g.to_string()),
            ),
            Row::new(
                "coordinator",
                coordinator.map_or("unknown".to_owned(), |c| names.process(c).to_owned()),
            ),
            Row::new("done", self.done.to_string()),
            Row::new("failed tries", self.failed.to_string()),
            Row::new("in hand", self.unfinished().to_string()),
            Row::new(
                "in a poll",
                if self.polling { "yes" } else { "no" }.to_owned(),
            ),
        ];
        for (queue, position, behind) in self.client.owned() {
            let fetched = position.map_or("no position yet".to_owned(), |p| {
                format!("fetched up to {p}, {behind} to fetch")
            });
            rows.push(Row::new(names.queue_short(queue), fetched));
        }
        rows
    }
}

/// The number of a partition in its short name.
pub(super) fn number(short: &str) -> &str {
    short.rsplit('/').next().unwrap_or(short)
}
