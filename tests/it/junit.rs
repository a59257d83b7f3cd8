//! The report for pipelines is JUnit XML as Jenkins' xUnit plugin has it in its schema `junit-10.xsd`, whatever is to be told.

use std::collections::BTreeSet;
use std::sync::Arc;

use roxmltree::{Document, Node};
use splitbrain::checks::Property;
use splitbrain::export::junit;
use splitbrain::hunt::parallel::Panic;
use splitbrain::hunt::sweep::{Broken, SeedOutcome};
use splitbrain::hunt::verify::{Report, Verification};
use splitbrain::hunt::{self, Loaded};

use super::verify::{WELL, coin};

/// What an element may have: its name; attributes it must have; others; children.
type Rule = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

/// The schema, as far as it is of use here: written down from `junit-10.xsd` of <https://github.com/jenkinsci/xunit-plugin>.
const SCHEMA: [Rule; 8] = [
    (
        "testsuites",
        &[],
        &["name", "time", "tests", "failures", "errors"],
        &["testsuite"],
    ),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &[
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &[
            "testsuite",
            "properties",
            "testcase",
            "system-out",
            "system-err",
        ],
    ),
    ("properties", &[], &[], &["property"]),
    ("property", &["name", "value"], &[], &[]),
    (
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &[], &["type", "message"], &[]),
    ("error", &[], &["type", "message"], &[]),
    ("skipped", &[], &["type", "message"], &[]),
];

/// Holds a document to the schema, and its counts to what is in it.
fn check(document: &Document<'_>) {
    assert_eq!(document.root_element().tag_name().name(), "testsuites");
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let (_, must, may, children) = SCHEMA.iter().find(|rule| rule.0 == name).unwrap();
        let given: BTreeSet<&str> = node.attributes().map(|a| a.name()).collect();
        assert!(must.iter().all(|a| given.contains(a)), "{name}: {given:?}");
        let known: BTreeSet<&str> = must.iter().chain(*may).copied().collect();
        assert!(given.is_subset(&known), "{name}: {given:?}");
        for child in node.children().filter(Node::is_element) {
            assert!(children.contains(&child.tag_name().name()), "{name}");
        }
        if matches!(name, "testsuites" | "testsuite") {
            for (attribute, element) in [
                ("tests", "testcase"),
                ("failures", "failure"),
                ("errors", "error"),
                ("skipped", "skipped"),
            ] {
                let count = node
                    .descendants()
                    .filter(|n| n.has_tag_name(element))
                    .count();
                let told = node.attribute(attribute);
                assert!(
                    told.is_none_or(|told| told == count.to_string()),
                    "{attribute}"
                );
            }
        }
    }
}

/// What became of a test case: nothing, if it passed.
fn came(document: &Document<'_>, class: &str, case: &str) -> Option<(String, String)> {
    let is = |n: &Node<'_, '_>| {
        n.attribute("classname") == Some(class) && n.attribute("name") == Some(case)
    };
    let case = document.descendants().find(is).unwrap();
    let child = case.first_element_child()?;
    let text = child.text().unwrap_or_default().to_owned();
    Some((child.tag_name().name().to_owned(), text))
}

fn outcome(met: bool, message: &str) -> SeedOutcome {
    let broken = Broken {
        property: Property::NoAckedLoss,
        at: 1,
        event: 1,
        message: message.to_owned(),
    };
    SeedOutcome {
        met,
        answers: Vec::new(),
        findings: u64::from(!met),
        broken: if met { Vec::new() } else { vec![broken] },
        events: 1,
        digest: 7,
        metrics: Vec::new(),
    }
}

fn loaded(name: &str, more: &str) -> Arc<Loaded> {
    let loaded = Loaded::from_text(name, &coin("0%", more), &[]).and_then(hunt::complete);
    Arc::new(loaded.unwrap_or_else(|document| panic!("{}", document.render(false))))
}

#[test]
fn each_way_to_end_is_told_by_its_element() {
    let control = "control: [AtLeast(\"goodput.ratio\", \"100%\")],";
    let names = ["good", "not.met", "bug", "differs", "not-reached"];
    let claims = format!("seed: 0, over: (seeds: 3), {WELL} {control}");
    let scenarios = names.map(|name| loaded(name, &claims)).to_vec();
    let verification = Verification::new(scenarios, None).unwrap();
    let mut report = Report::new(&verification);
    for number in 0..verification.runs_of(4).start {
        let run = verification.run_at(number);
        let fine = outcome(true, "");
        let came = match (names[run.subject], run.claim, run.seed) {
            ("not.met", 0, 1) => Ok(outcome(false, "")),
            ("bug", 1, 2) => Err(Panic {
                message: "index out of bounds".into(),
            }),
            ("differs", ..) if run.again => Ok(SeedOutcome { digest: 8, ..fine }),
            _ => Ok(fine),
        };
        report.take(number, came);
    }
    let text = junit::document(&report);
    let document = Document::parse(&text).unwrap();
    check(&document);
    let suites = document
        .descendants()
        .filter(|n| n.has_tag_name("testsuite"));
    let told: Vec<&str> = suites.filter_map(|n| n.attribute("name")).collect();
    assert_eq!(told, names);
    for case in ["expect", "control", "deterministic"] {
        assert_eq!(came(&document, "good", case), None);
        let (word, _) = came(&document, "not-reached", case).unwrap();
        assert_eq!(word, "skipped");
    }
    let (word, text) = came(&document, "not_met", "expect").unwrap();
    assert_eq!(word, "failure");
    assert!(
        text.contains("met with 2 of 3 seeds, and at least 100% is claimed"),
        "{text}"
    );
    assert!(text.contains("[splitbrain run not.met --seed 1]"), "{text}");
    assert_eq!(came(&document, "not_met", "control"), None);
    let (word, text) = came(&document, "bug", "control").unwrap();
    assert_eq!(word, "error");
    assert!(text.contains("index out of bounds"), "{text}");
    assert!(
        text.contains("[splitbrain run bug --seed 2 --control]"),
        "{text}"
    );
    let (word, text) = came(&document, "differs", "deterministic").unwrap();
    assert_eq!(word, "failure");
    assert!(
        text.contains("0000000000000007") && text.contains("0000000000000008"),
        "{text}"
    );
    // The same again is to be had with this.
    let seed = document
        .descendants()
        .find(|n| n.attribute("name") == Some("seed"));
    assert_eq!(seed.unwrap().attribute("value"), Some("0"));
}

#[test]
fn what_xml_gives_a_meaning_or_forbids_does_not_break_it() {
    let nasty = "<&\"'> ]]> \u{0}\u{7}\u{1b}[31m \u{fffe} ünïcode 🦀";
    let name = format!("my {nasty}.ron");
    let verification = Verification::new(vec![loaded(&name, "seed: 0,")], None).unwrap();
    let mut report = Report::new(&verification);
    for number in 0..verification.runs() {
        report.take(number, Ok(outcome(false, nasty)));
    }
    let text = junit::document(&report);
    let document = Document::parse(&text).unwrap();
    check(&document);
    // Read back, all is there but what no XML can hold.
    let kept = "<&\"'> ]]> \u{fffd}\u{fffd}\u{fffd}[31m \u{fffd} ünïcode 🦀";
    let suite = document.descendants().find(|n| n.has_tag_name("testsuite"));
    assert_eq!(
        suite.unwrap().attribute("name"),
        Some(format!("my {kept}.ron").as_str())
    );
    let (_, text) = came(&document, &format!("my {kept}_ron"), "expect").unwrap();
    assert!(text.contains(kept), "{text}");
}
