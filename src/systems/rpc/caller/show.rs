//! What a client shows of itself.

use crate::sim::call::Switch;
use crate::systems::Row;

use super::Caller;

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
            return Some(format!("{waiting} wait to call {to}"));
        }
        let (able, all) = self.replicas.able();
        (able == 0 && all > 0).then(|| format!("no {to} to call"))
    }

    /// For the inspector.
    pub fn rows(&self, out: &mut Vec<Row>) {
        let mut row = |name: String, value: String| out.push(Row::new(name, value));
        let to = &self.directory.name;
        row(
            format!("calls {to}"),
            format!(
                "{} open, {} attempts on their way",
                self.calls.len(),
                self.attempts.len()
            ),
        );
        let (able, all) = self.replicas.able();
        row(format!("{to} replicas"), format!("{able} of {all} called"));
        if let Some(state) = self.gates.breaker() {
            let state = match state {
                Switch::Closed => "closed",
                Switch::Open => "open",
                Switch::HalfOpen => "half open",
            };
            row(format!("{to} breaker"), state.to_owned());
        }
        if let Some((busy, waiting, places)) = self.gates.pool() {
            row(
                format!("{to} pool"),
                format!("{busy} of {places} taken, {waiting} wait"),
            );
        }
        if let Some(limit) = self.gates.limit() {
            row(format!("{to} limit"), limit.to_string());
        }
    }
}
