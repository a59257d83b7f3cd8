//! Scenarios and recordings are both RON: what to say to one that is given where the other belongs.

use crate::scenario::document::Document;
use crate::scenario::library;

/// If a document that is no scenario is a recording: that, and what to do.
pub fn recording_for_scenario(document: &Document) -> Option<String> {
    let file = &document.sources().first()?.name;
    has_recorded(document).then(|| {
        format!(
            "`{file}` is a recording, not a scenario: run it again with `splitbrain replay {file}`"
        )
    })
}

/// If a document that is no scenario is what a sweep wrote: that, and what to do.
pub fn sweep_for_scenario(document: &Document) -> Option<String> {
    let source = document.sources().first()?;
    let file = &source.name;
    source.text.starts_with("{\"sweep\":").then(|| {
        format!("`{file}` is the file of a sweep, not a scenario: look at it with `splitbrain map {file}`")
    })
}

fn has_recorded(document: &Document) -> bool {
    document.has_field("scenario_hash") && document.has_field("text")
}

/// Whether the text of a file is that of a recording, though it may not be a sound one.
pub fn is_recording(file: &str, text: &str) -> bool {
    has_recorded(&Document::parse(file, text))
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
