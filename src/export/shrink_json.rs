//! A scenario that was shrunk as JSON. The names are stable and documented in `docs/json.md`.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::hunt::Loaded;
use crate::hunt::failure::written;
use crate::hunt::shrink::{Control, Shrunk, Sizes};
use crate::trace::recording::hash_text;

/// All of it, on one line; `file` holds the scenario.
pub fn document(loaded: &Loaded, shrunk: &Shrunk, file: Option<&Path>) -> String {
    let failure = &shrunk.failure;
    let control = match shrunk.control {
        Control::None => None,
        Control::NoFaults => Some("no faults"),
        Control::Own => Some("own"),
    };
    let value = json!({ "shrunk": {
        "splitbrain": env!("CARGO_PKG_VERSION"),
        "scenario": loaded.name,
        "scenario_hash": hash_text(&loaded.text),
        "set": loaded.sets,
        "breaks": written(&failure.goal),
        "at_ns": failure.at,
        "event": failure.event,
        "message": failure.message,
        "holds_in_control": control,
        "before": sizes(&shrunk.before),
        "after": sizes(&shrunk.after),
        "runs": shrunk.runs,
        "steps": shrunk.steps,
        "whole": shrunk.is_whole,
        "file": file.map(|f| f.display().to_string()),
        "text": shrunk.text,
    }});
    format!("{value}\n")
}

fn sizes(sizes: &Sizes) -> Value {
    let rows = sizes.rows().into_iter();
    let rows: Map<String, Value> = rows
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    Value::Object(rows)
}
