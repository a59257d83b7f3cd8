//! The files a scenario names: CSV files with arrival times. They are found beside the scenario's own file, or given, so
//! that a recording replays where they are not.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path as FilePath;
use std::sync::Arc;

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};

use super::diagnostic::Diagnostic;
use super::document::Document;
use super::schema::Scenario;
use super::source::Span;
use super::trace_csv::trace_from_csv;

/// A larger file is surely not meant: it would hold more than a million arrivals.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Where the files are that a scenario names.
#[derive(Clone, Copy, Debug)]
pub enum Files<'a> {
    /// Nowhere: the scenario is in no file itself.
    Nowhere,
    /// On disk; a path that is not absolute begins in this folder.
    In(&'a FilePath),
    /// Here, by name and text.
    Given(&'a [(String, String)]),
}

impl Files<'_> {
    /// The text of a file; the error is a sentence.
    fn text(self, name: &str) -> Result<String, String> {
        match self {
            Self::Nowhere => Err(format!(
                "cannot read `{name}`: this scenario is in no file, so nothing is beside it"
            )),
            Self::Given(files) => files
                .iter()
                .find(|(given, _)| given == name)
                .map(|(_, text)| text.clone())
                .ok_or_else(|| format!("`{name}` is not among the files given")),
            Self::In(folder) => {
                read(&folder.join(name)).map_err(|why| format!("cannot read `{name}`: {why}"))
            }
        }
    }
}

fn read(path: &FilePath) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err("it is a folder".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20));
    }
    String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())
}

/// The files of a scenario that were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Traces {
    /// Name and text, in the order they were met.
    pub files: Vec<(String, String)>,
    /// Arrival times, ns, by the file's name.
    pub times: BTreeMap<String, Arc<[u64]>>,
}

impl Traces {
    /// Reads what the workloads name; what is wrong is reported where the file is named.
    pub fn read<E>(scenario: &Scenario<E>, files: Files<'_>, document: &mut Document) -> Self {
        let mut traces = Self::default();
        for (i, workload) in scenario.workloads.iter().enumerate() {
            if let Some((field, Arrivals::Trace { file })) = workload.arrivals()
                && !file.is_empty()
            {
                let at = Path::root().field("workloads").index(i);
                traces.add(file, files, &at.field(field).field("file"), document);
            }
        }
        traces
    }

    fn add(&mut self, file: &str, files: Files<'_>, at: &Path, document: &mut Document) {
        if self.times.contains_key(file) {
            return;
        }
        let text = match files.text(file) {
            Ok(text) => text,
            Err(message) => return document.complain(&Complaint::error(at.clone(), message)),
        };
        match trace_from_csv(&text) {
            Ok(times) => {
                self.times.insert(file.to_owned(), times.into());
                self.files.push((file.to_owned(), text));
            }
            Err((line, why)) => {
                let (start, end) = line_in(&text, line);
                let message = format!("`{file}` has no arrival times that can be read");
                let named_at = document.span_of(at);
                let source = document.add_source(file, text);
                let there = Span::new(source, start, end);
                document.report(Diagnostic::error(named_at, message).related(there, why));
            }
        }
    }
}

/// Where a line (from 1) begins and ends.
fn line_in(text: &str, line: u64) -> (usize, usize) {
    let before = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
    let content = text[start..].lines().next().unwrap_or_default();
    (start, start + content.len())
}
