//! Scenarios and recordings are both RON: what to say to one that is given where the other belongs.

use crate::scenario::document::Document;
use crate::scenario::library;

/// If a document that is no scenario is a recording: that, and what to do.
pub fn recording_for_scenario(document: &Document) -> Option<String> {
    let is_recording = document.has_field("scenario_hash") && document.has_field("text");
    let file = &document.sources().first()?.name;
    is_recording.then(|| {
        format!(
            "`{file}` is a recording, not a scenario: run it again with `splitbrain replay {file}`"
        )
    })
}

/// If a text that is no recording is a scenario: that, and what to do.
pub fn scenario_for_recording(file: &str, text: &str) -> Option<String> {
    let document = Document::parse(file, text);
    let is_scenario = ["nodes", "systems", "workloads"]
        .iter()
        .any(|name| document.has_field(name));
    is_scenario.then(|| no_recording(file))
}

/// The same of what is no file, but the name of a built-in scenario.
pub fn name_for_recording(name: &str) -> Option<String> {
    library::find(name).map(|_| no_recording(name))
}

fn no_recording(which: &str) -> String {
    format!("`{which}` is a scenario, not a recording: run it with `splitbrain run {which}`")
}
