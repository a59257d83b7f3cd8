//! A run as one JSON document. The names are stable and documented in `docs/json.md`.

use serde_json::{Map, Value, json};

use crate::checks::{Property, Verdict};
use crate::hunt::{Outcome, Session, Watch};
use crate::sim::Names;
use crate::sim::amount::Amount;
use crate::sim::names::{FlowName, ServiceName};
use crate::stats::Scope;
use crate::trace::marks::{Cause, Line};

/// The document, with a line break at its end.
pub fn document(session: &Session, outcome: &Outcome) -> String {
    let watch = session.watch();
    let document = json!({
        "splitbrain": env!("CARGO_PKG_VERSION"),
        "scenario": session.loaded().name,
        "title": session.scenario().title,
        "control": session.is_control(),
        "seed": session.seed(),
        "until_ns": session.end_ns(),
        "settings": crate::scenario::effective(session.scenario()),
        "events": session.sim().events(),
        "digest": format!("{:016x}", session.sim().digest().value()),
        "met": outcome.is_met(),
        "expectations": expectations(outcome),
        "properties": watch.map(properties),
        "findings": watch.map(findings),
        "flows": watch.map(|w| flows(w, session.sim().names())),
        "services": watch.map(|w| services(w, session.sim().names())),
        "metrics": watch.map(metrics),
        "marks": watch.map(marks),
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text + "\n"
}

fn expectations(outcome: &Outcome) -> Vec<Value> {
    let row = |e: &crate::hunt::Expectation| {
        json!({
            "expect": e.expect.to_string(),
            "answer": e.answer.word(),
            "met": e.is_met(),
            "why": e.answer.why(),
            "measured": e.measured.map(amount),
        })
    };
    outcome.expectations.iter().map(row).collect()
}

fn properties(watch: &Watch) -> Vec<Value> {
    let row = |(property, verdict): (Property, Verdict<'_>)| {
        json!({
            "property": property.to_string(),
            "verdict": verdict.word(),
            "why": verdict.why(),
        })
    };
    watch.checks.verdicts().map(row).collect()
}

fn findings(watch: &Watch) -> Vec<Value> {
    let row = |f: &crate::checks::Finding| {
        json!({
            "property": f.property.to_string(),
            "at_ns": f.at,
            "event": f.event,
            "message": f.message,
            "evidence": f.evidence,
            "explanation": f.explanation(),
        })
    };
    watch.checks.all_findings().into_iter().map(row).collect()
}

fn metrics(watch: &Watch) -> Map<String, Value> {
    let row = |m: crate::stats::Metric| (m.name, amount(m.amount));
    watch.metrics.all().into_iter().map(row).collect()
}

fn flows(watch: &Watch, names: &Names) -> Vec<Value> {
    let row = |(place, flow): (usize, &FlowName)| {
        json!({
            "flow": flow.name,
            "effects": flow.effects,
            "late_after_ns": flow.late_after_ns,
            "lost_after_ns": flow.lost_after_ns,
            "metrics": own_metrics(watch, Scope::Flow, place),
        })
    };
    names.flows.iter().enumerate().map(row).collect()
}

fn services(watch: &Watch, names: &Names) -> Vec<Value> {
    let row = |(place, service): (usize, &ServiceName)| {
        let replicas = service.replicas.iter();
        json!({
            "service": service.name,
            "part": service.part,
            "replicas": replicas.map(|pid| names.process(*pid)).collect::<Vec<_>>(),
            "threads": service.threads,
            "metrics": own_metrics(watch, Scope::Service, place),
        })
    };
    names.services.iter().enumerate().map(row).collect()
}

/// The metrics of one thing, by their names without its own.
fn own_metrics(watch: &Watch, scope: Scope, place: usize) -> Map<String, Value> {
    let own = watch.metrics.own(scope, place).into_iter();
    own.map(|m| (m.name, amount(m.amount))).collect()
}

fn amount(amount: Amount) -> Value {
    json!({ "value": number(amount.value), "unit": amount.unit.name() })
}

/// Whole numbers as such, others with their fraction.
pub(super) fn number(value: f64) -> Value {
    if (0.0..9e15).contains(&value) && libm::floor(value) == value {
        json!(value as u64)
    } else {
        json!(value)
    }
}

fn marks(watch: &Watch) -> Vec<Value> {
    let row = |line: Line| {
        let (event, scenario_line) = match line.cause {
            Cause::Event(number) => (Some(number), None),
            Cause::ScenarioLine(number) => (None, Some(number)),
            Cause::Beginning | Cause::Hand => (None, None),
        };
        json!({
            "at_ns": line.at,
            "event": line.event,
            "subject": line.subject,
            "word": line.word,
            "text": line.text,
            "cause_event": event,
            "cause_line": scenario_line,
        })
    };
    watch.marks.lines(0).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Checks;
    use crate::sim::SECOND;
    use crate::sim::ledger::Ledger;
    use crate::stats::calls_tests::{PAY_1, Run, order};
    use crate::trace::marks::Marks;
    use std::sync::Arc;

    #[test]
    fn flows_and_services_have_the_numbers_of_the_metrics() {
        let mut run = Run::new();
        run.ask(0, order(0));
        run.load(0, PAY_1, 3, 4).finish(SECOND);
        let names = Arc::new(run.metrics.names().clone());
        let watch = Watch {
            ledger: Ledger::new(Arc::clone(&names)),
            metrics: run.metrics,
            checks: Checks::new(&[], &names),
            marks: Marks::new(Arc::clone(&names)),
        };
        let all = metrics(&watch);
        let flows = flows(&watch, &names);
        assert_eq!(flows[0]["flow"], "customers");
        assert_eq!(flows[0]["effects"], json!(["payment", "driver"]));
        assert_eq!(flows[0]["late_after_ns"], 2 * SECOND);
        assert_eq!(flows[0]["metrics"]["asked"], all["flow.customers.asked"]);
        let services = services(&watch, &names);
        assert_eq!(services[0]["service"], "payment");
        assert_eq!(services[0]["replicas"], json!(["payment-1", "payment-2"]));
        assert_eq!(services[0]["threads"], 8);
        assert_eq!(services[1]["threads"], Value::Null);
        let waiting = &services[0]["metrics"]["waiting.max"];
        assert_eq!(waiting, &all["service.payment.waiting.max"]);
        assert_eq!(waiting["value"], 3);
    }
}
