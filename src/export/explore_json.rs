//! A search for faults as JSON lines: the head, each way to break something, the summary. The names are stable and documented
//! in `docs/json.md`.

use std::path::Path;

use serde_json::{Value, json};

use crate::hunt::explore::{Found, Report, Search, What, written};
use crate::trace::recording::hash_text;

/// What is known before the first run.
pub fn head(search: &Search) -> String {
    let loaded = search.loaded();
    let (from, to) = search.window_ns();
    line(&json!({ "explore": {
        "splitbrain": env!("CARGO_PKG_VERSION"),
        "scenario": loaded.name,
        "scenario_hash": hash_text(&loaded.text),
        "set": loaded.sets,
        "seed": search.seed(),
        "own_faults": loaded.scenario.faults.len(),
        "faults_from_ns": from,
        "faults_until_ns": to,
        "kinds": search.kinds().collect::<Vec<_>>(),
        "sought": search.sought().iter().map(written).collect::<Vec<_>>(),
        "given_up": search.given_up().iter().map(ToString::to_string).collect::<Vec<_>>(),
    }}))
}

/// A way to break something; `command` shows it, and `file` holds it.
pub fn found(found: &Found, command: Option<&str>, file: Option<&Path>) -> String {
    let mut value = json!({
        "faults": found.faults(),
        "schedule": found.schedule.texts(),
        "seed": found.seed,
        "run": found.run,
        "runs": found.times,
        "faults_before": found.faults_before,
        "reduced": found.reduced,
        "command": command,
        "file": file.map(|f| f.display().to_string()),
    });
    match &found.what {
        What::Broken(broken) => {
            value["property"] = json!(written(&broken.goal));
            value["at_ns"] = json!(broken.at);
            value["event"] = json!(broken.event);
            value["message"] = json!(broken.message);
        }
        What::Panicked(panic) => value["panic"] = json!(panic.message),
    }
    line(&json!({ "found": value }))
}

/// What the search comes to.
pub fn summary(search: &Search, report: &Report) -> String {
    let properties = search.sought().iter().map(|goal| {
        let by_itself = report.by_itself.iter().find(|(g, _)| g == goal);
        json!({
            "property": written(goal),
            "fewest_faults": report.fewest_of(goal).map(Found::faults),
            "seeds_broken_without": by_itself.map_or(0, |(_, seeds)| *seeds),
        })
    });
    line(&json!({ "summary": {
        "runs": report.runs,
        "runs_without_faults": report.unfaulted,
        "runs_reducing": report.reducing,
        "events": report.events,
        "states": report.states,
        "panicked": report.panicked(),
        "properties": properties.collect::<Vec<_>>(),
    }}))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
