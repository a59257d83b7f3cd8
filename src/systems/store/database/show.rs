//! What a database shows of itself.

use crate::sim::{Names, Token};
use crate::systems::{Badge, Inspect, Row, Standing, amount};

use super::Database;

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
            lines.push(format!("{} wait", amount(u64::from(self.desk.waiting()))));
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
        let desk = &self.desk;
        let connections = Row::of("connections");
        let threads = Row::of("threads");
        let mut rows = vec![
            connections.part(u64::from(desk.len()), u64::from(desk.limit()), "used"),
            threads.part(u64::from(desk.busy()), u64::from(desk.threads()), "busy"),
            Row::count("waiting", u64::from(desk.waiting())),
        ];
        if let Some(locks) = &self.locks {
            let (held, waiting) = locks.count();
            let row = Row::of("row locks").and(held as u64, "held");
            rows.push(row.and(waiting as u64, "wait for one"));
        }
        if let Some(slow) = &self.slow_down {
            let factor = slow.factor(desk.len());
            rows.push(Row::of("slower by").reads("", factor, format!("{factor:.2}")));
        }
        rows.push(Row::count("done", desk.served).and(desk.failed, "failed"));
        rows.push(Row::count("too many connections", desk.refused));
        if let Some(stock) = &self.stock {
            rows.push(Row::count("reserved", stock.reserved));
            rows.push(Row::count("released", stock.released));
            rows.push(Row::count("oversold", stock.oversold));
        }
        rows
    }

    fn timer_name(&self, _: Token) -> &'static str {
        "work is done"
    }
}
