//! What a database shows of itself.

use crate::sim::Names;
use crate::systems::{Badge, Inspect, Row, Standing};

use super::Database;

impl crate::systems::Tune for Database {}

impl Inspect for Database {
    fn badge(&self, _: &Names) -> Badge {
        let (used, most) = (self.desk.len(), self.desk.limit());
        let standing = if used >= most {
            Standing::Stuck
        } else if used > 0 {
            Standing::Member
        } else {
            Standing::Idle
        };
        let mut lines = vec![format!("{used} of {most} conns")];
        if self.desk.waiting() > 0 {
            lines.push(format!("{} wait", self.desk.waiting()));
        }
        if let Some(stock) = &self.stock
            && stock.oversold > 0
        {
            lines.push(format!("oversold {}", stock.oversold));
        }
        Badge {
            standing,
            lines,
            reads: None,
        }
    }

    fn rows(&self, _: &Names) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String| rows.push(Row::new(name, value));
        let desk = &self.desk;
        row(
            "connections",
            format!("{} of {} used", desk.len(), desk.limit()),
        );
        row(
            "threads",
            format!("{} of {} busy", desk.busy(), desk.threads()),
        );
        row("waiting", desk.waiting().to_string());
        if let Some(locks) = &self.locks {
            let (held, waiting) = locks.count();
            row("row locks", format!("{held} held, {waiting} wait for one"));
        }
        if let Some(slow) = &self.slow_down {
            row("slower by", format!("{:.2}", slow.factor(desk.len())));
        }
        row(
            "done",
            format!("{}, of them {} failed", desk.served, desk.failed),
        );
        row("too many connections", desk.refused.to_string());
        if let Some(stock) = &self.stock {
            row("reserved", stock.reserved.to_string());
            row("released", stock.released.to_string());
            row("oversold", stock.oversold.to_string());
        }
        rows
    }
}
