//! What a consumer shows of itself.

use crate::sim::{Names, QueueId, Token};

use super::super::super::{Badge, Belief, Inspect, Row, Standing};
use super::threads::Thread;
use super::{AGAIN, BEGIN, ConsumerApp, END, WORK};

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
        let busy = self.threads.len() - self.idle.len();
        let mut rows = vec![
            Row::new("group", names.group(self.duty.group).to_owned()),
            match generation {
                Some(generation) => Row::count("generation", u64::from(generation)),
                None => Row::new("generation", "not a member"),
            },
            Row::new(
                "coordinator",
                coordinator.map_or("unknown".to_owned(), |c| names.process(c).to_owned()),
            ),
            Row::count("done", self.done),
            Row::count("failed tries", self.failed),
            Row::count("in hand", self.unfinished() as u64),
            Row::of("threads").part(busy as u64, self.threads.len() as u64, "busy"),
            Row::new(
                "in a poll",
                if self.polling { "yes" } else { "no" }.to_owned(),
            ),
        ];
        for (queue, position, behind) in self.client.owned() {
            let row = Row::of(names.queue_short(queue));
            rows.push(match position {
                Some(position) => row.with("fetched up to", position).and(behind, "to fetch"),
                None => row.text("", "no position yet"),
            });
        }
        rows
    }

    fn beliefs(&self, _: u64, _: &Names) -> Vec<Belief> {
        self.client.beliefs()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match (token.kind, &self.dead_letters) {
            (WORK, _) => "work is done",
            (AGAIN, _) => "try a message again",
            (BEGIN, _) => "begin",
            (END, _) => "end",
            (_, Some(producer)) if producer.owns_timer(token) => producer.timer_name(token),
            _ => self.client.timer_name(token),
        }
    }
}

/// The number of a partition in its short name.
pub(super) fn number(short: &str) -> &str {
    short.rsplit('/').next().unwrap_or(short)
}
