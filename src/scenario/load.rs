//! From a text to something that can run.

use std::io::Read;
use std::path::{Path as FilePath, PathBuf};

use serde::de::DeserializeOwned;

use crate::sim::complaint::Path;
use crate::systems::Plan;

use super::diagnostic::{Diagnostic, Severity};
use super::document::Document;
use super::gaps::Gaps;
use super::schema::Scenario;
use super::source::Span;
use super::traces::{Files, Traces};
use super::{check, control, library, syntax};

/// A scenario that was read and checked.
#[derive(Clone, Debug)]
pub struct Loaded<E> {
    /// What it is called: a built-in name or a file's path.
    pub name: String,
    /// The text as it was.
    pub text: String,
    /// The `--set` arguments that were applied.
    pub sets: Vec<String>,
    /// The files it names, by name and text.
    pub files: Vec<(String, String)>,
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
    /// Reads a text that names no files. The name stands in diagnostics.
    pub fn from_text(name: &str, text: &str, sets: &[String]) -> Result<Self, Box<Document>> {
        Self::from_parts(name, text, sets, Files::Nowhere)
    }

    /// Reads a text. The name stands in diagnostics.
    pub fn from_parts(
        name: &str,
        text: &str,
        sets: &[String],
        files: Files<'_>,
    ) -> Result<Self, Box<Document>> {
        let mut document = Document::parse(name, text);
        sets.iter().for_each(|set| document.set(set));
        let Some((scenario, plan, traces)) = read_one::<E>(&mut document, files) else {
            return Err(Box::new(document));
        };
        let mut files_read = traces.files;
        let control = control::control(&scenario, &plan, &mut document, files, &mut files_read);
        if !document.is_sound() {
            return Err(Box::new(document));
        }
        Ok(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            sets: sets.to_vec(),
            files: files_read,
            scenario,
            plan,
            control: control.map(Box::new),
            document,
        })
    }
}

/// Reads and checks what a document says; `None` if it has mistakes, which are then in the document.
pub(super) fn read_one<E: DeserializeOwned>(
    document: &mut Document,
    files: Files<'_>,
) -> Option<(Scenario<E>, Plan, Traces)> {
    let scenario = document.read::<Scenario<E>>()?;
    // The checks see what could be read; mistakes that only follow from what could not are not reported.
    let gaps = Gaps::of(document);
    for complaint in check::check(&scenario) {
        if !gaps.explain(document, &complaint) {
            document.complain(&complaint);
        }
    }
    let traces = Traces::read(&scenario, files, document);
    if !document.is_sound() {
        return None;
    }
    let line = |i: usize| document.line_of(&Path::root().field("faults").index(i));
    let lines: Vec<u32> = (0..scenario.faults.len()).map(line).collect();
    let mut plan = scenario.plan(&lines);
    plan.traces.clone_from(&traces.times);
    Some((scenario, plan, traces))
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
    load_found(&find(which)?, sets)
}

/// The same once for each of several changes, of one reading of the file. The error is that of the first that cannot be read.
pub fn load_each<E: DeserializeOwned + Clone>(
    which: &str,
    sets: &[Vec<String>],
) -> Result<Vec<Loaded<E>>, LoadError> {
    let found = find(which)?;
    sets.iter().map(|sets| load_found(&found, sets)).collect()
}

/// The same of one that was found.
pub fn load_found<E: DeserializeOwned + Clone>(
    found: &Found,
    sets: &[String],
) -> Result<Loaded<E>, LoadError> {
    let files = found.folder.as_deref().map_or(Files::Nowhere, Files::In);
    let read = |sets: &[String]| Loaded::from_parts(&found.name, &found.text, sets, files);
    read(sets).map_err(|mut document| {
        blame(&mut document, sets, |sets| {
            read(sets).map_or_else(|document| document.diagnostics(), |_| Vec::new())
        });
        LoadError::Mistakes(document)
    })
}

/// With more `--set` than this, none is blamed: the file is read once more for each.
const BLAMED_SETS_MAX: usize = 16;

/// Where a mistake is, and how bad. What it says may name the value that a set changes.
type Place = (Span, Severity);

/// The places of mistakes that were found with some of the sets, as if all had been there: each set is a source of its own,
/// behind the file.
fn places(found: &[Diagnostic], sets: &[usize]) -> Vec<Place> {
    let place = |mistake: &Diagnostic| {
        let mut span = mistake.span;
        if let Some(set) = usize::from(span.source)
            .checked_sub(1)
            .and_then(|nth| sets.get(nth))
        {
            span.source = *set as u16 + 1;
        }
        (span, mistake.severity)
    };
    found.iter().map(place).collect()
}

/// Says of each mistake in the file which `--set` makes it one: the file alone may be right. `found` says what is wrong
/// with other sets.
fn blame(document: &mut Document, sets: &[String], found: impl Fn(&[String]) -> Vec<Diagnostic>) {
    if sets.is_empty() || sets.len() > BLAMED_SETS_MAX {
        return;
    }
    let with = |kept: &dyn Fn(usize) -> bool| {
        let kept: Vec<usize> = (0..sets.len()).filter(|&k| kept(k)).collect();
        let some: Vec<String> = kept.iter().map(|&k| sets[k].clone()).collect();
        places(&found(&some), &kept)
    };
    let every: Vec<usize> = (0..sets.len()).collect();
    let all = places(&document.diagnostics(), &every);
    // A set that mends something may have let others come to light.
    let mends = |without: &[Place]| without.iter().any(|place| !all.contains(place));
    let without_one: Vec<_> = (0..sets.len()).map(|i| with(&|k| k != i)).collect();
    let without_any = with(&|_| false);
    document.explain(|mistake| {
        let place: Place = (mistake.span, mistake.severity);
        let is_right = |without: &[Place]| !without.contains(&place) && !mends(without);
        let mut blamed: Vec<usize> = (0..sets.len())
            .filter(|&i| is_right(&without_one[i]))
            .collect();
        if blamed.is_empty() && is_right(&without_any) {
            blamed.extend(0..sets.len());
        }
        for i in blamed {
            let argument = Span::new(i as u16 + 1, 0, sets[i].len());
            let note = "without this it is right".to_owned();
            mistake.related.push((argument, note));
        }
    });
}

/// A scenario's text and where it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it is called: a built-in name or a file's path.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The folder of its file.
    pub folder: Option<PathBuf>,
}

/// What stands for standard input, and what it is called in diagnostics.
const STDIN: (&str, &str) = ("-", "<stdin>");

/// Finds the text of a scenario; `-` is standard input.
pub fn find(which: &str) -> Result<Found, LoadError> {
    if which == STDIN.0 {
        let bytes = read(std::io::stdin())
            .map_err(|why| LoadError::NotFound(format!("cannot read standard input: {why}")))?;
        return found(STDIN.1, bytes, PathBuf::new());
    }
    let path = FilePath::new(which);
    let looks_like_file = path.extension().is_some() || path.components().count() > 1;
    if !looks_like_file || !path.exists() {
        if let Some(built_in) = library::find(which) {
            return Ok(Found {
                name: built_in.name.to_owned(),
                text: built_in.text.to_owned(),
                folder: None,
            });
        }
        if !path.exists() {
            return Err(LoadError::NotFound(not_found(which, looks_like_file)));
        }
    }
    let bytes = open(path)
        .and_then(read)
        .map_err(|why| LoadError::NotFound(format!("cannot read `{which}`: {why}")))?;
    let folder = path.parent().unwrap_or(FilePath::new("")).to_owned();
    found(which, bytes, folder)
}

fn found(name: &str, bytes: Vec<u8>, folder: PathBuf) -> Result<Found, LoadError> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Found {
            name: name.to_owned(),
            text,
            folder: Some(folder),
        }),
        Err(error) => Err(LoadError::Mistakes(Box::new(Document::parse_bytes(
            name,
            error.as_bytes(),
        )))),
    }
}

/// The error is a clause.
fn open(path: &FilePath) -> Result<std::fs::File, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err("it is a folder".to_owned());
    }
    Ok(file)
}

/// The bytes of a file, but not more than enough to see that it is too large; the error is a clause.
fn read(file: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.take(syntax::FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// What is named `<stdin>` came through a pipe: no command can name it again.
pub fn is_piped(name: &str) -> bool {
    name == STDIN.1
}

/// Where people keep their own scenarios.
pub const FOLDER: &str = "scenarios";

fn not_found(which: &str, looks_like_file: bool) -> String {
    let files = [format!("{which}.ron"), format!("{FOLDER}/{which}.ron")];
    if let Some(file) = files.iter().find(|f| FilePath::new(f).is_file()) {
        return format!("there is no scenario `{which}`: did you mean the file `{file}`?");
    }
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
    fn a_mistake_that_an_argument_makes_points_at_it() {
        let shown = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
            match load::<ron::Value>("healthy", &sets) {
                Err(LoadError::Mistakes(document)) => document.render(false),
                other => panic!("no mistakes: {other:?}"),
            }
        };
        // Three copies stand in the file, and it had three brokers.
        let fewer = "nodes.broker.count=2";
        for sets in [vec![fewer], vec!["seed=4", fewer]] {
            let text = shown(&sets);
            assert!(text.contains("3 copies need 3 brokers"), "{text}");
            assert!(text.contains("::: --set:1:1"), "{text}");
            assert!(text.contains(&format!("{fewer}\n")), "{text}");
            assert!(!text.contains("seed=4"), "{text}");
        }
    }

    /// What is said of a text's mistakes with some sets.
    fn blamed(text: &str, sets: &[&str]) -> String {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let read = |sets: &[String]| Loaded::<ron::Value>::from_text("t.ron", text, sets);
        let mut document = read(&sets).expect_err("mistakes");
        blame(&mut document, &sets, |sets| {
            read(sets).map_or_else(|document| document.diagnostics(), |_| Vec::new())
        });
        document.render(false)
    }

    const BLAME: &str = "without this it is right";

    #[test]
    fn an_argument_is_not_blamed_for_what_is_wrong_without_it() {
        let right = MANY_BROKERS;
        let one = "nodes.broker.count=1";
        let text = blamed(right, &[one]);
        assert!(text.contains("3 copies need 3 brokers"), "{text}");
        assert!(text.contains(BLAME), "{text}");
        // The same mistake is there without it, in other words.
        let text = blamed(&right.replace("count: 3", "count: 2"), &[one]);
        assert!(text.contains("there are 1"), "{text}");
        assert!(!text.contains(BLAME), "{text}");
    }

    #[test]
    fn an_argument_is_not_blamed_for_what_it_brings_to_light() {
        // Nobody knew how many brokers there are, so nobody could say that the ninth is missing.
        let unreadable = TEXT
            .replace("count: 3", "count: \"three\"")
            .replace("broker-3", "broker-9");
        let text = blamed(&unreadable, &["seed=4", "nodes.broker.count=3"]);
        assert!(text.contains("broker-9"), "{text}");
        assert!(!text.contains(BLAME), "{text}");
    }

    const MANY_BROKERS: &str = r#"(
    title: "t", duration: "20s",
    nodes: [(name: "broker", count: 3)],
    systems: [Kafka(name: "events", nodes: "broker",
        topics: [(name: "orders", partitions: 3, replication_factor: 3)])],
)"#;

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

    /// Each mistake with its line.
    fn lines(text: &str) -> Vec<(u32, String)> {
        let Err(document) = Loaded::<ron::Value>::from_text("t.ron", text, &[]) else {
            return Vec::new();
        };
        let line = |d: &super::super::diagnostic::Diagnostic| {
            let place = document.place(d.span);
            place.split(':').next().and_then(|l| l.parse().ok())
        };
        let found = document.diagnostics().into_iter();
        found.map(|d| (line(&d).unwrap(), d.message)).collect()
    }

    const MANY: &str = r#"(
    title: "t", duration: "20s",
    nodes: [(name: "broker", count: 3), (name: "web")],
    systems: [Kafka(name: "events", nodes: "broker",
        topics: [(name: "orders", partitions: 3, replication_factor: 3)])],
    workloads: [
        Producer(name: "shop",
            nodes: "wev",
            to: "events/orderz",
            arrivals: Poisson("200"),
        ),
    ],
    faults: [
        At("2s", Crash("broker-9")),
        At("3s", Heal(Cuts)),
        During("9s", "8s", Crash("broker-1")),
    ],
)"#;

    #[test]
    fn one_unreadable_value_hides_no_other_mistake() {
        let expected = [
            (8, "no node `wev`"),
            (9, "no topic `events/orderz`"),
            (10, "200"),
            (14, "no node `broker-9`"),
            (15, "nothing to heal"),
            (16, "it ends before it begins"),
        ];
        let found = lines(MANY);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((line, message), (expected_line, part)) in found.iter().zip(expected) {
            assert_eq!(*line, expected_line, "{found:?}");
            assert!(message.contains(part), "{found:?}");
        }
        // The same where the value is missing altogether, and where a fault has an unreadable time.
        let absent = lines(&MANY.replace("arrivals: Poisson(\"200\"),", ""));
        assert_eq!(absent.len(), 6, "{absent:?}");
        let late = lines(&MANY.replace("At(\"2s\"", "At(\"soon\""));
        assert!(late.iter().any(|(_, m)| m.contains("broker-9")), "{late:?}");
    }

    const RIGHT: &str = r#"(
    title: "t", duration: "20s",
    nodes: [(name: "broker", count: 3, zones: ["a", "b"]), (name: "web", count: 2)],
    systems: [Kafka(name: "events", nodes: "broker",
        topics: [(name: "orders", partitions: 3, replication_factor: 3, min_insync_replicas: 2)])],
    workloads: [
        Producer(name: "shop", nodes: "web", to: "events/orders", arrivals: Poisson("200/s"),
            start: "1s", stop: "2s", acks: All, enable_idempotence: true,
            request_timeout_ms: "2s", delivery_timeout_ms: "3s"),
        ConsumerGroup(name: "billing", nodes: "web-2", from: "events/orders"),
    ],
    faults: [
        At("2s", Cut(from: "broker-3", to: "web-1")),
        At("3s", Heal(Cuts)),
        During("8s", "9s", Crash(LeaderOf("events/orders/2"))),
        At("10s", Crash("shop")),
        At("11s", Crash(Zone("b"))),
        At("12s", Crash(CoordinatorOf("billing"))),
        At("13s", Crash(AnyOf("broker", 3))),
    ],
)"#;

    #[test]
    fn an_unreadable_value_makes_no_other_mistake() {
        let right = RIGHT;
        assert_eq!(lines(right), []);
        let values = [
            "\"20s\"",
            "\"broker\"",
            "3",
            "[\"a\", \"b\"]",
            "\"web\"",
            "2",
            "\"events\"",
            "\"orders\"",
            "\"shop\"",
            "\"events/orders\"",
            "Poisson(\"200/s\")",
            "\"1s\"",
            "\"2s\"",
            "All",
            "true",
            "\"3s\"",
            "\"billing\"",
            "\"web-2\"",
            "\"web-1\"",
            "\"broker-3\"",
            "\"8s\"",
            "\"9s\"",
            "\"10s\"",
            "\"b\"",
            "\"events/orders/2\"",
        ];
        let mut tried = 0;
        for value in values {
            for (at, _) in right.match_indices(value) {
                let before = right[..at].trim_end();
                if !before.ends_with([':', '(', ',', '[']) {
                    continue;
                }
                let after = &right[at + value.len()..];
                // No setting that is broken here can be a map.
                let broken = format!("{}{{1: 2}}{after}", &right[..at]);
                let found = lines(&broken);
                assert_eq!(found.len(), 1, "{value} at {at}: {found:?}");
                tried += 1;
            }
        }
        assert!(tried > 30, "{tried}");
    }
}
