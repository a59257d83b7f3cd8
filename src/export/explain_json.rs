//! An explanation as one JSON document. The names are stable and documented in `docs/json.md`.

use serde_json::{Value, json};

use crate::hunt::Session;
use crate::hunt::explain::{About, Cure, Explain, Origin, Step};
use crate::sim::fault::FaultPlan;

/// The document, with a line break at its end.
pub fn document(explain: &Explain, run: &Session, origin: &Origin) -> String {
    let cures = explain.cures(run, origin);
    let of = |is_fault: bool| -> Vec<Value> {
        let cures = cures.iter().filter(|c| c.is_fault == is_fault);
        cures.map(cure).collect()
    };
    let document = json!({
        "splitbrain": env!("CARGO_PKG_VERSION"),
        "scenario": run.loaded().name,
        "title": run.scenario().title,
        "seed": run.seed(),
        "control": run.is_control(),
        "set": run.loaded().sets,
        "by_hand": run.interventions().iter().map(|i| &i.text).collect::<Vec<_>>(),
        "until_ns": run.end_ns(),
        "finding": finding(explain.about()),
        "message": message(explain),
        "steps": explain.steps().iter().map(step).collect::<Vec<_>>(),
        "owed": explain.owed(),
        "faults": of(true),
        "settings": of(false),
        "command": origin.command(run, &[]),
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text + "\n"
}

fn finding(about: &About) -> Value {
    let About::Finding(finding, which, all) = about else {
        return Value::Null;
    };
    json!({
        "number": which,
        "of": all,
        "property": finding.property.to_string(),
        "at_ns": finding.at,
        "event": finding.event,
        "message": finding.message,
        "evidence": finding.evidence,
        "explanation": finding.explanation(),
    })
}

fn message(explain: &Explain) -> Value {
    let Some(story) = explain.story() else {
        return Value::Null;
    };
    let part =
        |part: &crate::hunt::lineage::Part| json!({ "name": part.spent.word(), "ns": part.ns });
    json!({
        "name": story.name,
        "about": story.about,
        "made_at_ns": story.born_at,
        "verdict": story.verdict.words(),
        "well": story.verdict.is_well(),
        "at_ns": story.verdict.at,
        "event": optional(story.verdict.event),
        "spent": story.parts.iter().map(part).collect::<Vec<_>>(),
    })
}

fn step(step: &Step) -> Value {
    json!({
        "at_ns": step.at_ns,
        "event": optional(step.event),
        "subject": step.subject,
        "text": step.text,
        "own": step.is_own,
        "line": optional(u64::from(step.line)).filter(|_| step.line != FaultPlan::BY_HAND),
        "by_hand": step.line == FaultPlan::BY_HAND,
        "end_at_ns": step.end.map(|(at, _)| at),
        "end_event": step.end.map(|(_, event)| event),
    })
}

fn cure(cure: &Cure) -> Value {
    json!({
        "what": cure.what,
        "line": cure.line,
        "set": cure.sets,
        "outcome": cure.outcome,
        "helps": cure.helps,
        "together": cure.is_pair,
        "command": cure.command,
    })
}

/// No event and no line has the number 0.
fn optional(number: u64) -> Option<u64> {
    Some(number).filter(|number| *number > 0)
}
