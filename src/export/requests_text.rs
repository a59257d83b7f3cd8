//! What became of what users asked for, and how services fared, as text for people.

use std::fmt::Write;

use crate::sim::Names;
use crate::stats::{Metrics, Scope};

/// What a line begins with, and which metrics it tells of, each with its words.
type Line = (&'static str, &'static [(&'static str, &'static str)]);

/// What the run comes to, for who wants a line or two.
#[rustfmt::skip]
const OUTCOME: &[Line] = &[
    ("requests", &[("requests.asked", "asked"), ("goodput.ratio", "answered well"), ("requests.failed", "failed"), ("requests.rejected", "rejected"), ("requests.timed_out", "timed out")]),
    ("orders", &[("orders.lost", "lost"), ("orders.late", "late"), ("orders.effects.doubled", "effects doubled"), ("orders.half_done", "half done"), ("orders.unwanted", "unwanted")]),
    ("goodput", &[("goodput.worst_after", "of answers good at worst after the last disturbance"), ("goodput.best_after", "at best")]),
    ("in time", &[("orders.goodput.worst_after", "of orders complete in time at worst after the last disturbance"), ("orders.goodput.best_after", "at best")]),
    ("threads", &[("threads.held_max", "held at most by one service")]),
];

/// From the last disturbance on.
#[rustfmt::skip]
const RECOVERY: &[(&str, &str)] = &[("recovery.time", "good answers"), ("orders.recovery.time", "orders complete in time")];

/// Of each flow.
#[rustfmt::skip]
const FLOW: &[(&str, &str)] = &[
    ("asked", "asked"), ("ok", "ok"), ("degraded", "degraded"), ("failed", "failed"), ("rejected", "rejected"), ("timed_out", "timed out"), ("open", "open"), ("latency.p50", "median"), ("latency.p99", "p99"),
    ("orders.complete", "complete"), ("orders.late", "late"), ("orders.lost", "lost"), ("orders.half_done", "half done"), ("orders.unwanted", "unwanted"), ("orders.effects.doubled", "effects doubled"),
];

/// Of each service.
#[rustfmt::skip]
const SERVICE: &[(&str, &str)] = &[
    ("busy.max", "held at most"), ("utilisation", "used"), ("waiting.max", "waited at most"), ("served", "served"), ("served.useless", "for nobody"), ("shed", "not done"), ("calls", "calls"), ("retries", "retries"), ("hedges", "hedges"), ("not_called", "not made"),
    ("latency.wait.p99", "p99 of waiting"), ("breaker.opened", "breakers opened"), ("hit_ratio", "found"), ("replicas.max", "serving at most"),
];

/// The sections, each with an empty line before it; nothing for a run in which nobody asks for anything and there are no
/// services.
pub fn sections(metrics: &Metrics) -> String {
    let mut out = String::new();
    let names = metrics.names();
    if !names.flows.is_empty() {
        out += "\noutcome\n";
        OUTCOME
            .iter()
            .for_each(|line| outcome(&mut out, metrics, line));
        recovery(&mut out, metrics);
    }
    out += &section(metrics, Scope::Flow, "flows", &flow_names(names), FLOW);
    out += &section(
        metrics,
        Scope::Service,
        "services",
        &service_names(names),
        SERVICE,
    );
    out
}

fn flow_names(names: &Names) -> Vec<&str> {
    names.flows.iter().map(|f| f.name.as_str()).collect()
}

fn service_names(names: &Names) -> Vec<&str> {
    names.services.iter().map(|s| s.name.as_str()).collect()
}

/// A line with all its numbers, also where they are 0.
fn outcome(out: &mut String, metrics: &Metrics, line: &Line) {
    let (head, parts) = *line;
    let told = parts.iter().filter_map(|(name, words)| {
        let amount = metrics.metric(name)?;
        Some(format!("{amount} {words}"))
    });
    let told: Vec<String> = told.collect();
    if !told.is_empty() {
        let _ = writeln!(out, "  {head:<10} {}", told.join(", "));
    }
}

/// A line if anything was disturbed, also where it did not come back.
fn recovery(out: &mut String, metrics: &Metrics) {
    if !metrics.requests.windows.is_disturbed() {
        return;
    }
    let has_orders = metrics.metric("orders.accepted").is_some();
    let told = RECOVERY
        .iter()
        .filter(|(name, _)| has_orders || !name.starts_with("orders"));
    let told = told.map(|(name, words)| match metrics.metric(name) {
        Some(amount) => format!("{words} again after {amount}"),
        None => format!("not yet: {words}"),
    });
    let told: Vec<String> = told.collect();
    let _ = writeln!(out, "  {:<10} {}", "recovery", told.join(", "));
}

/// A line for each thing; what is 0 is left out, but for the first.
fn section(
    metrics: &Metrics,
    scope: Scope,
    head: &str,
    things: &[&str],
    parts: &[(&str, &str)],
) -> String {
    let mut out = String::new();
    if things.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n{head}");
    let width = things.iter().map(|t| t.chars().count()).max().unwrap_or(0);
    for (place, thing) in things.iter().enumerate() {
        let own = metrics.own(scope, place);
        let told = parts.iter().enumerate().filter_map(|(i, (name, words))| {
            let metric = own.iter().find(|m| m.name == *name)?;
            let is_told = i == 0 || metric.amount.value != 0.0;
            is_told.then(|| format!("{} {words}", metric.amount))
        });
        let told: Vec<String> = told.collect();
        let _ = writeln!(out, "  {thing:<width$}  {}", told.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::call::Answer;
    use crate::sim::{Fact, SECOND};
    use crate::stats::calls_tests::{PAY_1, Run, order};

    #[test]
    fn every_name_is_a_metric() {
        let of_run = OUTCOME.iter().flat_map(|(_, parts)| *parts);
        let scopes = [(Scope::Flow, FLOW), (Scope::Service, SERVICE)];
        let others = scopes
            .into_iter()
            .flat_map(|(s, parts)| parts.iter().map(move |p| (s, p)));
        for (scope, (name, _)) in of_run.map(|part| (Scope::Run, part)).chain(others) {
            let mut all = Metrics::definitions(scope);
            assert!(all.any(|d| d.name == *name), "{name}");
        }
    }

    #[test]
    fn what_became_of_orders_stands_first() {
        let mut run = Run::new();
        // One is complete and its payment was taken twice, one is lost, one failed with half its effects.
        for number in 0..3 {
            run.ask(0, order(number));
        }
        run.load(0, PAY_1, 3, 4);
        run.effect(1, order(0), 0)
            .effect(1, order(0), 1)
            .effect(2, order(0), 0);
        run.effect(1, order(2), 0);
        run.answer(2, order(0), Answer::Ok, 2)
            .answer(2, order(1), Answer::Ok, 2)
            .answer(2, order(2), Answer::Failed, 2)
            .finish(60 * SECOND);
        let text = sections(&run.metrics);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "outcome");
        assert!(
            lines[2].starts_with("  requests   3 asked, 66.7% answered well, 1 failed"),
            "{text}"
        );
        assert_eq!(
            lines[3],
            "  orders     1 lost, 0 late, 1 effects doubled, 1 half done, 0 unwanted"
        );
        assert_eq!(lines[4], "  threads    4 held at most by one service");
        assert!(
            text.contains("\nflows\n  customers  3 asked, 2 ok, 1 failed"),
            "{text}"
        );
        assert!(
            text.contains("\nservices\n  payment  4 held at most, 50% used, 3 waited at most"),
            "{text}"
        );
        // Nothing was disturbed, so nothing recovered.
        assert!(!text.contains("recovery"));
    }

    #[test]
    fn what_does_not_come_back_is_told_too() {
        let mut run = Run::new();
        run.tell(0, PAY_1, Fact::Crashed { power: false });
        // All answers are good, and no order is ever complete.
        for number in 0..20 {
            let at = u64::from(number) * SECOND;
            run.ask(at, order(number));
            run.answer(at, order(number), Answer::Ok, 0);
        }
        let text = sections(&run.finish(20 * SECOND).metrics);
        let recovery = "recovery   good answers again after 0s, not yet: orders complete in time";
        assert!(text.contains(recovery), "{text}");
        let goodput =
            "goodput    100% of answers good at worst after the last disturbance, 100% at best";
        assert!(text.contains(goodput), "{text}");
    }

    #[test]
    fn a_run_without_requests_has_no_sections() {
        let names = crate::sim::ledger::script::names(1);
        assert_eq!(sections(&Metrics::new(&names)), "");
    }
}
