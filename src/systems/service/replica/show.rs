//! What a replica shows of itself.

use crate::sim::Names;
use crate::sim::units::{Duration, Size};
use crate::systems::{Badge, Inspect, Row, Standing};

use super::Replica;

impl crate::systems::Tune for Replica {}

impl Inspect for Replica {
    fn badge(&self, _: &Names) -> Badge {
        let threads = self.config.settings.threads;
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
            lines.insert(usize::from(!full), format!("{waiting} wait"));
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
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String| rows.push(Row::new(name, value));
        row(
            "threads",
            format!("{} of {} held", self.busy, self.config.settings.threads),
        );
        row("queue", format!("{} wait", self.line.len()));
        row("under way", self.runs.len().to_string());
        row(
            "served",
            format!("{}, of them {} failed", self.served, self.failed),
        );
        row("turned away", self.shed.to_string());
        if let Some(known) = self.once.known() {
            row("repetitions", format!("{}, knows {known}", self.repeated));
        }
        if let Some(gc) = &self.gc {
            let (used, live) = (gc.used_bytes(), gc.live_bytes());
            let bytes = |n| Size::from_bytes(n).to_string();
            row(
                "heap",
                format!("{} used, {} live", bytes(used), bytes(live)),
            );
            let pauses = format!(
                "{}, {} in all",
                gc.collections(),
                Duration::from_ns(gc.paused_ns())
            );
            row("collections", pauses);
        }
        if self.duty.is_some() {
            let word = if self.in_service() { "yes" } else { "no" };
            row("in service", word.to_owned());
        }
        for caller in &self.callers {
            caller.rows(&mut rows);
        }
        rows.extend(self.ports.rows());
        rows
    }
}
