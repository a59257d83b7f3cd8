//! What there is to run: the built-in scenarios and the files in `./scenarios`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Loaded, load};
use crate::scenario::{FOLDER, LoadError, library};

/// One line of a list of scenarios.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What to call it on the command line.
    pub name: String,
    /// Where it is listed.
    pub group: String,
    /// What it shows.
    pub title: String,
    /// Whether it is in the program.
    pub built_in: bool,
    /// The first mistake in it, with its place, if it cannot run.
    pub error: Option<String>,
    /// It, if it can run.
    pub loaded: Option<Arc<Loaded>>,
    /// All its mistakes as text.
    pub report: Option<String>,
}

/// More files than this are not listed.
const FILES_MAX: usize = 1000;

/// All that there is: the built-in ones in their groups, then the files.
pub fn all() -> Vec<Entry> {
    let mut entries: Vec<Entry> = library::ALL.iter().map(|s| entry(s.name, true)).collect();
    let mut groups: Vec<String> = Vec::new();
    for entry in &entries {
        if !groups.contains(&entry.group) {
            groups.push(entry.group.clone());
        }
    }
    entries.sort_by_key(|e| groups.iter().position(|g| *g == e.group));
    renew(&mut entries);
    entries
}

/// The names of all that there is, whether or not it can run, without reading it.
pub fn names() -> Vec<String> {
    let files = files(Path::new(FOLDER)).into_iter();
    let files = files.map(|path| path.display().to_string());
    built_in().into_iter().chain(files).collect()
}

/// The names of those that are in the program.
pub fn built_in() -> Vec<String> {
    library::ALL.iter().map(|s| s.name.to_owned()).collect()
}

/// What each of some arguments names: a folder, the scenario files in it; all else, itself. Each once. The error is a sentence.
pub fn named(arguments: &[String]) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    for argument in arguments {
        let path = Path::new(argument);
        let is_folder = library::find(argument).is_none() && path.is_dir();
        let found = if is_folder {
            let files = listed(path).into_iter().filter(|p| p.is_file());
            files.map(|p| p.display().to_string()).collect()
        } else {
            vec![argument.clone()]
        };
        if found.is_empty() {
            return Err(format!("there is no scenario file (*.ron) in `{argument}`"));
        }
        for name in found {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// Reads the files again; those in the program stay as they are.
pub fn renew(entries: &mut Vec<Entry>) {
    entries.retain(|entry| entry.built_in);
    let files = files(Path::new(FOLDER));
    entries.extend(files.iter().map(|f| entry(&f.display().to_string(), false)));
}

/// The scenario files of a folder, by name. A file that is the same as a built-in scenario is not listed twice; what is no
/// file (a pipe would never end) is not listed at all.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = listed(folder);
    files.retain(|p| p.is_file() && !is_built_in(p));
    files.truncate(FILES_MAX);
    files
}

/// What a folder has that is named as scenario files are, in an order that does not depend on that in which the system names
/// them.
pub(super) fn listed(folder: &Path) -> Vec<PathBuf> {
    let Ok(read) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = read.filter_map(|e| Some(e.ok()?.path()));
    let mut files: Vec<PathBuf> = paths
        .filter(|p| p.extension().is_some_and(|e| e == "ron"))
        .collect();
    files.sort();
    files
}

fn is_built_in(path: &Path) -> bool {
    let name = path
        .file_stem()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let Some(built_in) = library::find(name) else {
        return false;
    };
    // A file of another length need not be read, however large it is.
    let same_length = |about: std::fs::Metadata| about.len() == built_in.text.len() as u64;
    std::fs::metadata(path).is_ok_and(same_length)
        && std::fs::read_to_string(path).is_ok_and(|text| text == built_in.text)
}

fn entry(name: &str, built_in: bool) -> Entry {
    let group = |given: Option<&String>| match given {
        _ if !built_in => format!("YOURS  ./{FOLDER}"),
        Some(group) => group.clone(),
        None => "OTHER".to_owned(),
    };
    let (title, error, loaded, report) = match load(name, &[]) {
        Ok(loaded) => (
            loaded.scenario.title.clone(),
            None,
            Some(Arc::new(loaded)),
            None,
        ),
        Err(LoadError::NotFound(message)) => {
            (String::new(), Some(message.clone()), None, Some(message))
        }
        Err(LoadError::Mistakes(document)) => {
            let first = document.diagnostics().into_iter().next();
            let first = first.map(|d| format!("{} {}", document.place(d.span), d.message));
            (String::new(), first, None, Some(document.render(false)))
        }
    };
    let group = group(loaded.as_ref().and_then(|l| l.scenario.group.as_ref()));
    Entry {
        name: name.to_owned(),
        group,
        title,
        built_in,
        error,
        loaded,
        report,
    }
}
