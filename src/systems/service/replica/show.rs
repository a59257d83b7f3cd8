//! What a replica shows of itself.

use crate::sim::units::{Duration, Size};
use crate::sim::{Names, Token};
use crate::systems::rpc::Caller;
use crate::systems::{Badge, Belief, Inspect, Row, Standing, amount};

use super::{CLIENT_TIMERS, FIRST_PORT, GC, Replica, WAIT, WORK};

impl Inspect for Replica {
    fn badge(&self, _: &Names) -> Badge {
        let threads = self.live.threads;
        let waiting = self.line.len();
        let trouble = self.callers.iter().find_map(|c| c.trouble());
        let trouble = trouble.or_else(|| self.ports.trouble());
        let full = self.busy >= threads && waiting > 0;
        let standing = if trouble.is_some() || self.stopped {
            Standing::Stuck
        } else if self.busy > 0 || !self.runs.is_empty() {
            Standing::Member
        } else {
            Standing::Idle
        };
        let mut lines = vec![format!("{} of {threads} busy", self.busy)];
        if waiting > 0 {
            lines.insert(
                usize::from(!full),
                format!("{} wait", amount(waiting as u64)),
            );
        }
        if self.stopped {
            lines.insert(0, "collects garbage".to_owned());
        } else if !self.in_service() {
            lines.insert(0, "not in service".to_owned());
        }
        lines.extend(trouble);
        Badge {
            standing,
            lines,
            reads: None,
        }
    }

    fn rows(&self, _: &Names) -> Vec<Row> {
        let threads = u64::from(self.live.threads);
        let mut rows = vec![
            Row::of("threads").part(u64::from(self.busy), threads, "held"),
            Row::of("queue").and(self.line.len() as u64, "wait"),
            Row::count("under way", self.runs.len() as u64),
            Row::of("served")
                .with("", self.served)
                .and(self.failed, "failed"),
            Row::count("turned away", self.shed),
        ];
        if let Some(known) = self.once.known() {
            let row = Row::count("repetitions", self.repeated);
            rows.push(row.with("knows", known as u64));
        }
        if let Some(gc) = &self.gc {
            let bytes =
                |row: Row, label, n| row.reads(label, n as f64, Size::from_bytes(n).to_string());
            let heap = bytes(Row::of("heap"), "used", gc.used_bytes());
            rows.push(bytes(heap, "live", gc.live_bytes()));
            let paused = Duration::from_ns(gc.paused_ns()).to_string();
            let row = Row::count("collections", gc.collections());
            rows.push(row.reads("paused", gc.paused_ns() as f64, paused));
        }
        if self.duty.is_some() {
            let word = if self.in_service() { "yes" } else { "no" };
            rows.push(Row::new("in service", word));
        }
        for caller in &self.callers {
            caller.rows(&mut rows);
        }
        rows.extend(self.ports.rows());
        rows
    }

    fn beliefs(&self, now: u64, _: &Names) -> Vec<Belief> {
        let callers = self.callers.iter().flat_map(|c| c.beliefs(now));
        callers.chain(self.ports.beliefs()).collect()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind {
            WORK => "work is done",
            WAIT => "wait is over",
            GC => "end of the collection",
            CLIENT_TIMERS..FIRST_PORT => Caller::timer_name(token.kind - CLIENT_TIMERS),
            _ => self.ports.timer_name(token),
        }
    }
}
