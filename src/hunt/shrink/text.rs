//! What is left as a file for people: where it comes from, what breaks in it and when, what of it matters, and what was larger.

use std::fmt::Write;
use std::sync::Arc;

use super::super::command::Command;
use super::super::failure::{Failure, literal, written as goal_written};
use super::super::{Loaded, Session, keep};
use super::Control;
use super::propose::Now;
use super::search::{does_as_it_says, failure_of};
use super::sizes::{Sizes, measure};
use super::trial::Judge;
use crate::checks::Expect;
use crate::scenario::document::Document;
use crate::scenario::{Part, Tree, comment, tree_of};

/// Where it comes from.
#[derive(Debug)]
pub(super) struct From {
    /// The name of the scenario.
    name: String,
    /// The seed of the run.
    pub seed: u64,
    /// The command that ran it.
    command: Option<String>,
    /// The files it names.
    files: Vec<String>,
}

impl From {
    pub fn new(loaded: &Loaded, seed: u64, session: &Session, command: Option<String>) -> Self {
        let usual = || {
            let whole = session.command().map(|command| Command {
                until: None,
                ..command
            });
            whole.map(|command| command.to_string())
        };
        let command = command.or_else(usual);
        Self {
            name: keep::as_file_name(&loaded.name),
            seed,
            command,
            files: loaded.files.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// A text that was run once more.
pub(super) struct Written {
    pub text: String,
    pub failure: Option<Failure>,
    pub sizes: Sizes,
    pub is_proven: bool,
}

/// Writes what is left, and runs it by itself.
pub(super) fn written(
    judge: &Judge,
    now: &Now,
    from: &From,
    before: &Sizes,
    notes: Vec<(Vec<usize>, String)>,
) -> Written {
    // Those that break with it though the scenario would have them hold are told too.
    let mut expect: Vec<Expect> = now.failure.shown().into_iter().collect();
    let measured = judge.read(&now.tree).ok().and_then(|loaded| {
        let measured = measure(&Arc::new(loaded), None, || true)?;
        let outcome = measured.outcome.as_ref()?;
        let unmet = outcome.expectations.iter().filter(|e| !e.is_met());
        expect.extend(
            unmet
                .filter(|e| e.expect != judge.goal)
                .filter_map(|e| e.expect.property())
                .map(Expect::Breaks),
        );
        Some(measured)
    });
    let failure = measured
        .as_ref()
        .and_then(|m| failure_of(&m.session, &judge.goal));
    let failure = failure.unwrap_or_else(|| now.failure.clone());
    if let (Some(shown), Some(first)) = (failure.shown(), expect.first_mut()) {
        *first = shown;
    }
    let parsed = |text: String| tree_of(&Document::parse("", text));
    let expect: Vec<String> = expect.iter().map(ToString::to_string).collect();
    let named = |tree: &Tree| {
        let mut tree = tree
            .with_field("title", parsed(literal(&title(from, &failure, now))))
            .with_field("expect", parsed(format!("[{}]", expect.join(", "))));
        set_about(&mut tree, parsed(literal(&about(from, &failure))));
        tree
    };
    let mut noted = now.tree.clone();
    for (way, note) in notes {
        note_at(&mut noted, &way, note);
    }
    let finding = measured.as_ref().and_then(|m| {
        let property = judge.goal.property()?;
        let findings = m.session.watch()?.checks.findings(&property)?;
        Some(findings.kept().first()?.explanation())
    });
    let mut sizes = measured.map(|m| m.sizes).unwrap_or_default();
    // What has a note takes a line of its own, which is not there for itself.
    sizes.lines = lines(&named(&now.tree));
    let body = named(&noted).text();
    let text = head(from, &failure, finding, judge.control, before, &sizes) + &body;
    let is_proven = parsed(text.clone())
        .and_then(|tree| judge.read(&tree).ok())
        .is_some_and(|loaded| does_as_it_says(&Arc::new(loaded)));
    Written {
        text,
        failure: Some(failure),
        sizes,
        is_proven,
    }
}

/// How many lines a scenario takes that is written without comments.
pub(super) fn lines(tree: &Tree) -> u64 {
    tree.text().lines().count() as u64
}

fn note_at(tree: &mut Tree, way: &[usize], note: String) {
    let Some((&number, outer)) = way.split_last() else {
        return;
    };
    let part: Option<&mut Part> = tree
        .at_mut(outer)
        .and_then(Tree::parts_mut)
        .and_then(|parts| parts.get_mut(number));
    if let Some(part) = part {
        part.notes.push(note);
    }
}

/// Puts it behind the title.
fn set_about(tree: &mut Tree, about: Option<Tree>) {
    *tree = tree.with_field("about", None);
    let behind = tree.field("title").map_or(0, |title| title + 1);
    if let (Some(value), Some(parts)) = (about, tree.parts_mut()) {
        let part = Part {
            before: "about: ".to_owned(),
            value,
            notes: Vec::new(),
        };
        parts.insert(behind.min(parts.len()), part);
    }
}

fn about(from: &From, failure: &Failure) -> String {
    let seconds = failure.at as f64 / 1e9;
    format!(
        "What is left of {}. At {seconds:.3} s: {}.",
        from.name, failure.message
    )
}

fn title(from: &From, failure: &Failure, now: &Now) -> String {
    let faults = match now.loaded.scenario.faults.len() {
        0 => "no fault".to_owned(),
        1 => "one fault".to_owned(),
        n => format!("{n} faults"),
    };
    format!(
        "{}, shrunk: {faults} and not `{}`",
        from.name,
        failure.goal.label()
    )
}

/// What stands above it, as comments.
fn head(
    from: &From,
    failure: &Failure,
    finding: Option<String>,
    control: Control,
    before: &Sizes,
    after: &Sizes,
) -> String {
    let goal = goal_written(&failure.goal);
    let mut out = String::new();
    let mut say = |text: &str| {
        for line in comment(text) {
            let _ = writeln!(out, "{line}");
        }
    };
    say(&format!(
        "What is left of {} with seed {} where {goal} still breaks.",
        from.name, from.seed
    ));
    let seconds = failure.at as f64 / 1e9;
    let message = format!("At {seconds:.3} s: {}.", failure.message);
    say(&finding.unwrap_or(message));
    match control {
        Control::None => {}
        Control::NoFaults => say("Without its faults it holds: that is its control."),
        Control::Own => say("With what its control changes it holds."),
    }
    let rows = before.rows().into_iter().zip(after.rows());
    let rows: Vec<String> = rows
        .filter(|((name, was), (_, is))| *name != "duration_ns" && was != is)
        .map(|((name, was), (_, is))| format!("{name} {was} → {is}"))
        .collect();
    say(&format!("Smaller than it was: {}.", rows.join(", ")));
    if !from.files.is_empty() {
        say(&format!("Beside it must be: {}.", from.files.join(", ")));
    }
    if let Some(command) = &from.command {
        let _ = writeln!(out, "// As it was: [{command}]");
    }
    out
}
