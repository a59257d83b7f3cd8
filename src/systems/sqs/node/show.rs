//! What a node shows of its queues.

use crate::sim::{Names, QueueId, SECOND, Token};

use crate::systems::amount;

use super::super::{Badge, Inspect, Row, Standing};
use super::{COPIES, DUE, Line, Node, REDRIVE};

/// So many queues are told of in the topology.
const LINES_MAX: usize = 3;

impl Inspect for Node {
    fn badge(&self, names: &Names) -> Badge {
        let busy = self.lines.iter().any(|l| l.queue.end() > 0);
        let line = |l: &Line| {
            let visible = amount(l.queue.visible() as u64);
            let in_flight = amount(l.queue.in_flight() as u64);
            format!("{} {visible}+{in_flight}", names.queue_short(l.id))
        };
        Badge {
            standing: if busy {
                Standing::Leader
            } else {
                Standing::Idle
            },
            lines: self.lines.iter().take(LINES_MAX).map(line).collect(),
            reads: None,
        }
    }

    fn rows(&self, names: &Names) -> Vec<Row> {
        let fanouts = self.fanouts.len() as u64;
        let mut rows = vec![Row::count("fan-outs under way", fanouts)];
        for line in &self.lines {
            let queue = &line.queue;
            let row = Row::of(names.queue_short(line.id))
                .and(queue.visible() as u64, "visible")
                .and(queue.in_flight() as u64, "in flight")
                .and(queue.delayed() as u64, "delayed")
                .and(line.polls.len() as u64, "polls waiting")
                .and(line.timed_out, "timed out");
            rows.push(row);
        }
        rows
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind {
            DUE => "visible again, or a poll is over",
            REDRIVE => "move dead letters back",
            COPIES => "deliver copies",
            _ => "timer",
        }
    }

    fn queue_rows(&self, queue: QueueId, _names: &Names) -> Vec<Row> {
        let Some(line) = self.lines.iter().find(|l| l.id == queue) else {
            return Vec::new();
        };
        let oldest = line.queue.oldest().map_or("none".to_owned(), |sent_at| {
            format!("sent at {:.3} s", sent_at as f64 / SECOND as f64)
        });
        let queue = &line.queue;
        let rows = [
            ("visible", queue.visible().to_string()),
            ("in flight", queue.in_flight().to_string()),
            ("delayed", queue.delayed().to_string()),
            ("oldest", oldest),
            ("most receives in flight", queue.receives_max().to_string()),
            ("visibility timeouts", line.timed_out.to_string()),
            ("empty receives", line.empty.to_string()),
            ("refused receives", line.refused.to_string()),
        ];
        rows.into_iter()
            .map(|(name, value)| Row::new(name, value))
            .collect()
    }
}
