//! From a text to something that can run.

use std::path::Path as FilePath;

use serde::de::DeserializeOwned;

use crate::sim::complaint::{Complaint, Path, Step};
use crate::systems::Plan;

use super::document::Document;
use super::schema::Scenario;
use super::{check, library};

/// A scenario that was read and checked.
#[derive(Clone, Debug)]
pub struct Loaded<E> {
    /// What it is called: a built-in name or a file's path.
    pub name: String,
    /// The text as it was.
    pub text: String,
    /// The `--set` arguments that were applied.
    pub sets: Vec<String>,
    /// What it says.
    pub scenario: Scenario<E>,
    /// What it comes down to.
    pub plan: Plan,
    /// The control: the same without the cause under test.
    pub control: Option<Box<(Scenario<E>, Plan)>>,
    /// The text with its places, for warnings.
    pub document: Document,
}

impl<E: DeserializeOwned + Clone> Loaded<E> {
    /// Reads a text. The name stands in diagnostics.
    pub fn from_text(name: &str, text: &str, sets: &[String]) -> Result<Self, Box<Document>> {
        let (scenario, plan, mut document) = read_one::<E>(name, text, sets)?;
        let control = match control(&scenario, name, text, sets) {
            Ok(control) => control,
            Err(broken) => {
                // A mistake that only the control has stands in `control_set`.
                let at = Path::root().field("control_set");
                for diagnostic in broken.diagnostics() {
                    document.complain(&Complaint::error(at.clone(), diagnostic.message));
                }
                return Err(Box::new(document));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            sets: sets.to_vec(),
            scenario,
            plan,
            control: control.map(Box::new),
            document,
        })
    }
}

fn read_one<E: DeserializeOwned>(
    name: &str,
    text: &str,
    sets: &[String],
) -> Result<(Scenario<E>, Plan, Document), Box<Document>> {
    let mut document = Document::parse(name, text);
    for set in sets {
        document.set(set);
    }
    let Some(scenario) = document.read::<Scenario<E>>() else {
        return Err(Box::new(document));
    };
    // The checks see what could be read; mistakes that only follow from what could not are not reported.
    let gaps = sections_with_gaps(&document);
    for complaint in check::check(&scenario) {
        if !follows_from_gap(&document, &gaps, &complaint.at) {
            document.complain(&complaint);
        }
    }
    if !document.is_sound() {
        return Err(Box::new(document));
    }
    let line = |i: usize| document.line_of(&Path::root().field("faults").index(i));
    let lines: Vec<u32> = (0..scenario.faults.len()).map(line).collect();
    let plan = scenario.plan(&lines);
    Ok((scenario, plan, document))
}

/// Those sections to whose entries others refer from which something could not be read.
fn sections_with_gaps(document: &Document) -> Vec<&'static str> {
    const REFERRED_TO: [&str; 3] = ["nodes", "systems", "workloads"];
    let has_gap = |name: &&str| document.has_gap_within(&Path::root().field(name));
    REFERRED_TO.into_iter().filter(has_gap).collect()
}

/// Whether a complaint may only follow from what could not be read: in the same entry, or in what others refer to.
fn follows_from_gap(document: &Document, gaps: &[&str], at: &Path) -> bool {
    let entry = at
        .steps()
        .iter()
        .take(2)
        .fold(Path::root(), |path, step| match step {
            Step::Field(name) => path.field(name),
            Step::Index(index) => path.index(*index),
        });
    let elsewhere =
        |gap: &&str| !matches!(at.steps().first(), Some(Step::Field(own)) if own == gap);
    gaps.iter().any(elsewhere) || document.has_gap_within(&entry)
}

/// The control of a scenario: without its faults, or with what `control_set` changes.
fn control<E: DeserializeOwned + Clone>(
    scenario: &Scenario<E>,
    name: &str,
    text: &str,
    sets: &[String],
) -> Result<Option<(Scenario<E>, Plan)>, Box<Document>> {
    if scenario.control.is_empty() {
        return Ok(None);
    }
    let sets = [sets, &scenario.control_set].concat();
    let (mut control, mut plan, _) = read_one::<E>(name, text, &sets)?;
    if !scenario
        .control_faults
        .unwrap_or(!scenario.control_set.is_empty())
    {
        control.faults.clear();
        plan.world.faults.clear();
    }
    control.expect = std::mem::take(&mut control.control);
    Ok(Some((control, plan)))
}

/// Why a scenario could not be found or read.
#[derive(Debug)]
pub enum LoadError {
    /// The file cannot be read, or there is no such scenario; in a sentence.
    NotFound(String),
    /// It has mistakes.
    Mistakes(Box<Document>),
}

/// Finds a scenario: a file's path, or the name of a built-in one.
pub fn load<E: DeserializeOwned + Clone>(
    which: &str,
    sets: &[String],
) -> Result<Loaded<E>, LoadError> {
    let (name, text) = find(which)?;
    Loaded::from_text(&name, &text, sets).map_err(LoadError::Mistakes)
}

/// The name and text of a scenario.
pub fn find(which: &str) -> Result<(String, String), LoadError> {
    let path = FilePath::new(which);
    let looks_like_file = path.extension().is_some() || path.components().count() > 1;
    if !looks_like_file || !path.exists() {
        if let Some(built_in) = library::find(which) {
            return Ok((built_in.name.to_owned(), built_in.text.to_owned()));
        }
        if !path.exists() {
            return Err(LoadError::NotFound(not_found(which, looks_like_file)));
        }
    }
    let bytes = std::fs::read(path)
        .map_err(|e| LoadError::NotFound(format!("cannot read `{which}`: {e}")))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((which.to_owned(), text)),
        Err(error) => Err(LoadError::Mistakes(Box::new(Document::parse_bytes(
            which,
            error.as_bytes(),
        )))),
    }
}

fn not_found(which: &str, looks_like_file: bool) -> String {
    if looks_like_file {
        return format!("there is no file `{which}`");
    }
    let names = library::ALL.iter().map(|s| s.name);
    let near = crate::sim::complaint::nearest(which, names);
    let help = near.map_or_else(
        || "`splitbrain list` shows them".to_owned(),
        |n| format!("did you mean `{n}`?"),
    );
    format!("there is no scenario `{which}`: {help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"(
    title: "t",
    duration: "2s",
    nodes: [(name: "broker", count: 3)],
    systems: [],
    faults: [At("1s", Crash("broker-3"))],
)"#;

    fn mistakes(text: &str) -> Vec<String> {
        match Loaded::<ron::Value>::from_text("t.ron", text, &[]) {
            Ok(_) => Vec::new(),
            Err(document) => document
                .diagnostics()
                .into_iter()
                .map(|d| d.message)
                .collect(),
        }
    }

    #[test]
    fn what_follows_from_an_unreadable_part_is_not_reported() {
        assert_eq!(mistakes(TEXT), [""; 0]);
        let absent = mistakes(&TEXT.replace("count: 3", "count: 2"));
        assert!(
            absent.len() == 1 && absent[0].contains("broker-3"),
            "{absent:?}"
        );
        // How many brokers there are is not known, so nobody can say that the third is missing.
        let unreadable = mistakes(&TEXT.replace("count: 3", "count: \"3\""));
        assert!(
            unreadable.len() == 1 && unreadable[0].contains("whole number"),
            "{unreadable:?}"
        );
    }
}
