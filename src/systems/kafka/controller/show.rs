//! What a controller shows of itself.

use crate::sim::{Names, Pid, QueueId, Token};

use super::super::coordinator::offsets_queue;
use super::super::{Badge, Belief, Inspect, Row, Standing, amount};
use super::{Controller, kind};

/// Rows for partitions beyond these are summed up.
const PARTITIONS_SHOWN_MAX: usize = 24;

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
            Row::of("metadata").with("offset", self.next),
            Row::count("elections", self.elections),
        ];
        for (&pid, broker) in self.cluster.brokers.iter().zip(&self.brokers) {
            let word = match (broker.fenced, broker.session.is_some()) {
                (false, _) => "active",
                (true, true) => "fenced, catching up",
                (true, false) => "fenced, silent",
            };
            let row = Row::new(names.process(pid), word);
            rows.push(row.with("broker epoch", broker.epoch));
        }
        let internal = |queue| self.cluster.topic_of(queue).is_none_or(|t| t.internal);
        let shown = self.partitions.iter().filter(|p| !internal(p.queue));
        for p in shown.clone().take(PARTITIONS_SHOWN_MAX) {
            let leader = p.leader.map_or("nobody", |l| names.process(l));
            let isr: Vec<&str> = p.isr.iter().map(|&r| names.process(r)).collect();
            let row = Row::of(names.queue_short(p.queue)).text("led by", leader);
            let row = row.with("epoch", u64::from(p.leader_epoch));
            rows.push(row.text("in sync", isr.join(" ")));
        }
        let more = shown.count().saturating_sub(PARTITIONS_SHOWN_MAX);
        if more > 0 {
            rows.push(Row::new("…", format!("{more} more partitions")));
        }
        rows
    }

    fn beliefs(&self, _: u64, _: &Names) -> Vec<Belief> {
        let brokers = self.cluster.brokers.iter().zip(&self.brokers);
        let of = |(&who, broker): (&Pid, &super::Registration)| Belief::Well {
            who,
            well: !broker.fenced,
        };
        brokers.map(of).collect()
    }

    fn truth(&self, about: &Belief, names: &Names) -> Option<Belief> {
        let led = |queue: QueueId| self.partitions.iter().find(|p| p.queue == queue);
        match *about {
            Belief::Leads { queue, .. } => led(queue).map(|p| Belief::Leads {
                queue,
                who: p.leader,
                epoch: Some(p.leader_epoch),
            }),
            Belief::Coordinates { group, .. } => {
                let reads = names.groups.get(group.index())?.queues.iter();
                let mut mine = reads.filter(|queue| self.cluster.topic_of(**queue).is_some());
                mine.next()?;
                let kept = offsets_queue(&self.cluster, names, group)?;
                let who = led(kept).and_then(|p| p.leader);
                Some(Belief::Coordinates { group, who })
            }
            Belief::Well { .. } | Belief::Serve { .. } => None,
        }
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind {
            kind::SESSION => "session of a broker",
            kind::FETCH => "longest wait for news",
            kind::BALANCE => "balance leaders",
            _ => "timer",
        }
    }
}
