//! `splitbrain list`: what there is to run.

use super::{EXIT_MET, ListArgs, Out};
use crate::hunt::catalogue::{self, Entry};

/// Lists scenarios.
pub fn list(args: &ListArgs) -> u8 {
    let entries = catalogue::all();
    let mut out = Out::stdout();
    if args.json {
        let rows: Vec<_> = entries.iter().map(row).collect();
        let text = serde_json::to_string_pretty(&rows).unwrap_or_default();
        out.line(text);
        return out.close(EXIT_MET);
    }
    let width = entries.iter().map(|e| e.name.len()).max().unwrap_or(0);
    let mut group = None;
    for entry in &entries {
        if group != Some(&entry.group) {
            if group.is_some() {
                out.line("");
            }
            out.line(&entry.group);
            group = Some(&entry.group);
        }
        let what = entry.error.as_ref().unwrap_or(&entry.title);
        let cross = if entry.error.is_some() { "✗ " } else { "" };
        out.line(format_args!("  {:width$}  {cross}{what}", entry.name));
    }
    out.close(EXIT_MET)
}

fn row(entry: &Entry) -> serde_json::Value {
    serde_json::json!({
        "name": entry.name,
        "group": entry.group,
        "title": entry.title,
        "built_in": entry.built_in,
        "error": entry.error,
    })
}
