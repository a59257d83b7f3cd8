//! What a controller shows of itself.

use crate::sim::Names;

use super::super::{Badge, Inspect, Row, Standing, amount};
use super::Controller;

/// Rows for partitions beyond these are summed up.
const PARTITIONS_SHOWN_MAX: usize = 24;

impl crate::systems::Tune for Controller {}

impl Inspect for Controller {
    fn badge(&self, _names: &Names) -> Badge {
        let fenced = self.brokers.iter().filter(|b| b.fenced).count();
        let leaderless = self
            .partitions
            .iter()
            .filter(|p| p.leader.is_none())
            .count();
        let mut lines = vec!["controller".to_owned()];
        if leaderless > 0 {
            lines.push(format!("{} without leader", amount(leaderless as u64)));
        }
        if fenced > 0 {
            lines.push(format!("{} fenced", amount(fenced as u64)));
        }
        Badge {
            standing: Standing::Leader,
            lines,
            reads: None,
        }
    }

    fn rows(&self, names: &Names) -> Vec<Row> {
        let mut rows = vec![
            Row::new("role", "controller".to_owned()),
            Row::new("metadata", format!("offset {}", self.next)),
            Row::new("elections", self.elections.to_string()),
        ];
        for (&pid, broker) in self.cluster.brokers.iter().zip(&self.brokers) {
            let word = match (broker.fenced, broker.session.is_some()) {
                (false, _) => "active",
                (true, true) => "fenced, catching up",
                (true, false) => "fenced, silent",
            };
            let value = format!("{word}  broker epoch {}", broker.epoch);
            rows.push(Row::new(names.process(pid), value));
        }
        let internal = |queue| self.cluster.topic_of(queue).is_none_or(|t| t.internal);
        let shown = self.partitions.iter().filter(|p| !internal(p.queue));
        for p in shown.clone().take(PARTITIONS_SHOWN_MAX) {
            let leader = p.leader.map_or("nobody", |l| names.process(l));
            let isr: Vec<&str> = p.isr.iter().map(|&r| names.process(r)).collect();
            let value = format!(
                "led by {leader}  epoch {}  in sync {}",
                p.leader_epoch,
                isr.join(" ")
            );
            rows.push(Row::new(names.queue_short(p.queue), value));
        }
        let more = shown.count().saturating_sub(PARTITIONS_SHOWN_MAX);
        if more > 0 {
            rows.push(Row::new("…", format!("{more} more partitions")));
        }
        rows
    }
}
