//! One service of a session closely: its numbers, by their names in the table of metrics, and each of its replicas.

use crate::hunt::Session;
use crate::sim::Pid;
use crate::sim::names::ServiceName;
use crate::stats::Metrics;
use crate::systems::{Inspect, amount};
use crate::ui::view::Fact;

/// What a line is about, and of which metrics of the service it tells, each with the words behind its number. The first one
/// is always told if it has a value, the others if they are not 0.
type Words = (&'static str, &'static [(&'static str, &'static str)]);

#[rustfmt::skip]
const LINES: &[Words] = &[
    ("held", &[("busy.now", "now"), ("busy.max", "at most"), ("busy.mean", "in the mean"), ("utilisation", "of all")]),
    ("waited", &[("waiting.max", "at most"), ("waiting.mean", "in the mean"), ("latency.wait.p50", "median"), ("latency.wait.p99", "p99"), ("latency.wait.max", "longest")]),
    ("served", &[("served", ""), ("served.failed", "failed"), ("served.useless", "for nobody")]),
    ("not done", &[("shed", ""), ("shed.queue_full", "queue full"), ("shed.overload", "overloaded"), ("shed.late", "deadline over"), ("shed.delay", "waited too long"), ("shed.died", "died")]),
    ("calls", &[("calls", ""), ("retries", "retries"), ("hedges", "hedges")]),
    ("attempts", &[("calls.ok", "ok"), ("calls.failed", "failed"), ("calls.rejected", "rejected"), ("calls.timed_out", "timed out"), ("calls.disconnected", "disconnected"), ("calls.superseded", "superseded")]),
    ("not called", &[("not_called", ""), ("not_called.breaker_open", "breaker open"), ("not_called.bulkhead_full", "no connection"), ("not_called.rate_limited", "rate limit"), ("not_called.limited", "adaptive limit"), ("not_called.no_budget", "no retry budget"), ("not_called.no_replica", "no replica"), ("not_called.deadline_over", "deadline over")]),
    ("answers take", &[("latency.call.p50", "median"), ("latency.call.p99", "p99"), ("latency.call.max", "longest")]),
    ("breakers", &[("breaker.opened", "opened"), ("breaker.open_total", "in all")]),
    ("unhealthy", &[("judged.unhealthy", "times")]),
    ("looked up", &[("lookups", ""), ("hit_ratio", "found")]),
    ("replicas", &[("replicas.now", "now"), ("replicas.max", "at most")]),
];

/// Those that say nothing as long as they are 0.
const ONLY_IF_ANY: [&str; 8] = [
    "not done",
    "calls",
    "attempts",
    "not called",
    "breakers",
    "unhealthy",
    "looked up",
    "answers take",
];

/// What there is to tell of a service.
pub(super) fn inspect(session: &Session, number: usize) -> Vec<Fact> {
    let names = session.sim().names();
    let (Some(watch), Some(service)) = (session.watch(), names.services.get(number)) else {
        return Vec::new();
    };
    let mut facts: Vec<Fact> = LINES
        .iter()
        .filter_map(|line| told(&watch.metrics, service, line))
        .collect();
    if let Some(stats) = watch.metrics.services.services.get(number) {
        for &pid in stats.replicas() {
            facts.extend(replica(session, pid, stats.load_of(pid)));
        }
    }
    facts.insert(
        0,
        Fact {
            name: "is a".into(),
            value: service.part.into(),
        },
    );
    facts
}

fn told(metrics: &Metrics, service: &ServiceName, line: &Words) -> Option<Fact> {
    let (name, parts) = *line;
    let mut any = false;
    let mut told = Vec::new();
    for (place, (own, words)) in parts.iter().enumerate() {
        let metric = metrics.metric(&format!("service.{}.{own}", service.name));
        let Some(amount) = metric.filter(|a| place == 0 || a.value != 0.0) else {
            continue;
        };
        any |= amount.value != 0.0;
        told.push(format!("{amount} {words}").trim_end().to_owned());
    }
    let is_told = any || !ONLY_IF_ANY.contains(&name) && !told.is_empty();
    is_told.then(|| Fact {
        name: name.into(),
        value: told.join(", "),
    })
}

/// What a replica has to do, and what it says itself.
fn replica(session: &Session, pid: Pid, load: Option<(u32, u32)>) -> Vec<Fact> {
    let sim = session.sim();
    let names = sim.names();
    let (waiting, busy) = load.unwrap_or_default();
    let state = if sim.is_alive(pid) {
        format!("{} wait, {busy} held", amount(u64::from(waiting)))
    } else {
        "does not run".to_owned()
    };
    let mut facts = vec![Fact {
        name: names.process(pid).to_owned(),
        value: state,
    }];
    if let Some(process) = sim.processes().get(pid.index())
        && sim.is_alive(pid)
    {
        facts.extend(process.rows(names).into_iter().map(|row| Fact {
            name: format!("  {}", row.name),
            value: row.value(),
        }));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::call::{CallFact, Shed};
    use crate::stats::Scope;
    use crate::stats::calls_tests::{PAY, PAY_1, Run, order};

    #[test]
    fn every_name_is_a_metric() {
        for (own, _) in LINES.iter().flat_map(|(_, parts)| *parts) {
            let mut all = Metrics::definitions(Scope::Service);
            assert!(all.any(|d| d.name == *own), "{own}");
        }
        for name in ONLY_IF_ANY {
            assert!(LINES.iter().any(|line| line.0 == name), "{name}");
        }
    }

    #[test]
    fn a_line_tells_what_is_not_nothing() {
        let mut run = Run::new();
        let shed = |why| CallFact::Shed {
            service: PAY,
            task: order(0),
            why,
        };
        run.call(1, PAY_1, shed(Shed::QueueFull))
            .load(1, PAY_1, 2, 4);
        let service = &run.metrics.names().services[0];
        let line = |name: &str| {
            let words = LINES.iter().find(|l| l.0 == name).expect("a line");
            told(&run.metrics, service, words).map(|f| f.value)
        };
        assert_eq!(line("not done").as_deref(), Some("1, 1 queue full"));
        assert!(line("held").is_some_and(|l| l.starts_with("4 now, 4 at most")));
        assert_eq!(line("served").as_deref(), Some("0"));
        assert_eq!(line("not called"), None);
        assert_eq!(line("looked up"), None);
    }
}
