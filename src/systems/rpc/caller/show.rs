//! What a client shows of itself.

use crate::sim::call::Switch;
use crate::systems::{Belief, Row, amount};

use super::{ADMITTED, Caller, DEADLINE, GATES, HEDGE, HELD, REPLICAS, RETRY, TIMEOUT};

impl Caller {
    /// A few words about what keeps it from calling; nothing if all is well.
    pub fn trouble(&self) -> Option<String> {
        let to = &self.directory.name;
        match self.gates.breaker() {
            Some(Switch::Open) => return Some(format!("breaker open: {to}")),
            Some(Switch::HalfOpen) => return Some(format!("breaker half open: {to}")),
            _ => {}
        }
        if let Some((_, waiting @ 1.., _)) = self.gates.pool() {
            return Some(format!("{} wait to call {to}", amount(u64::from(waiting))));
        }
        let (able, all) = self.replicas.able();
        (able == 0 && all > 0).then(|| format!("no {to} to call"))
    }

    /// For the inspector.
    pub fn rows(&self, out: &mut Vec<Row>) {
        let to = &self.directory.name;
        let calls = Row::of(format!("calls {to}")).and(self.calls.len() as u64, "open");
        out.push(calls.and(self.attempts.len() as u64, "attempts on their way"));
        let (able, all) = self.replicas.able();
        let row = Row::of(format!("{to} replicas"));
        out.push(row.part(able as u64, all as u64, "called"));
        if let Some(state) = self.gates.breaker() {
            let state = match state {
                Switch::Closed => "closed",
                Switch::Open => "open",
                Switch::HalfOpen => "half open",
            };
            out.push(Row::new(format!("{to} breaker"), state));
        }
        if let Some((busy, waiting, places)) = self.gates.pool() {
            let row = Row::of(format!("{to} pool"));
            let row = row.part(u64::from(busy), u64::from(places), "taken");
            out.push(row.and(u64::from(waiting), "wait"));
        }
        if let Some(limit) = self.gates.limit() {
            out.push(Row::count(format!("{to} limit"), u64::from(limit)));
        }
    }

    /// For the inspector: which replicas serve and are well, as far as it knows.
    pub fn beliefs(&self, now: u64) -> Vec<Belief> {
        let service = self.directory.service;
        let (well, count) = self.replicas.judged(now);
        let mut beliefs = Vec::new();
        if self.directory.scaler.is_some() {
            beliefs.push(Belief::Serve { service, count });
        }
        beliefs.extend(well.map(|(who, well)| Belief::Well { who, well }));
        beliefs
    }

    /// What a timer is for, by its kind from the client's first on.
    pub fn timer_name(kind: u16) -> &'static str {
        match kind {
            TIMEOUT => "timeout of an attempt",
            RETRY => "retry",
            HEDGE => "hedge",
            DEADLINE => "deadline of a call",
            ADMITTED => "rate limit lets a call through",
            GATES => "breaker or pool",
            REPLICAS => "health of replicas",
            HELD => "replica is called again",
            _ => "timer",
        }
    }
}
