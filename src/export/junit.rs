//! A verification as JUnit XML, as Jenkins, GitLab and others read it: a test suite for each scenario, a test case for each of its
//! claims and one for its determinism. The structure is that of Jenkins' schema (`junit-10.xsd` of its xUnit plugin).
//!
//! There are no times in it: it is the same, byte for byte, for the same scenarios and program.

use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use super::verify_text::{failures, why_not, why_not_same, word};
use crate::hunt::sweep::head::text_hash;
use crate::hunt::verify::{Kept, KeptClaim, Report, Subject, Verdict};
use crate::trace::recording::Hex;

type Xml = Writer<Vec<u8>>;

/// What became of a test case.
enum Came {
    /// It is as claimed.
    Passed,
    /// It is not.
    NotMet(Why),
    /// A bug of this program ended it.
    Panicked(Why),
    /// It was not verified to the end.
    Skipped,
}

/// Why a test case did not pass.
struct Why {
    /// In a sentence.
    short: String,
    /// With the runs that show it.
    long: String,
}

/// A test case.
struct Case {
    name: &'static str,
    came: Came,
}

/// A test suite.
struct Suite<'a> {
    subject: &'a Subject,
    digest: Option<u64>,
    cases: Vec<Case>,
}

/// All as one document. Scenarios that were not verified to the end are in it, as skipped.
pub fn document(report: &Report<'_>) -> String {
    let subjects = report.verification().subjects().iter();
    let suites: Vec<Suite<'_>> = subjects
        .enumerate()
        .map(|(place, subject)| Suite::of(subject, report.done.get(place)))
        .collect();
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Nothing that is written to memory fails.
    let _ = write(&mut xml, &suites);
    let mut text = String::from_utf8_lossy(&xml.into_inner()).into_owned();
    text.push('\n');
    text
}

fn write(xml: &mut Xml, suites: &[Suite<'_>]) -> io::Result<()> {
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    let [tests, failures, errors, _] = counts(cases());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .with_attribute(("name", "splitbrain verify"))
        .with_attribute(("tests", tests.as_str()))
        .with_attribute(("failures", failures.as_str()))
        .with_attribute(("errors", errors.as_str()))
        .write_inner_content(|xml| suites.iter().try_for_each(|suite| suite.write(xml)))?;
    Ok(())
}

/// How many there are, failed, were ended by a bug, and were left out.
fn counts<'a>(cases: impl Iterator<Item = &'a Case> + Clone) -> [String; 4] {
    let count = |is: fn(&Came) -> bool| cases.clone().filter(|case| is(&case.came)).count();
    [
        count(|_| true),
        count(|came| matches!(came, Came::NotMet(_))),
        count(|came| matches!(came, Came::Panicked(_))),
        count(|came| matches!(came, Came::Skipped)),
    ]
    .map(|count| count.to_string())
}

impl<'a> Suite<'a> {
    fn of(subject: &'a Subject, kept: Option<&Kept>) -> Self {
        let claims = subject.claims.iter().enumerate();
        let mut cases: Vec<Case> = claims
            .map(|(place, claim)| Case {
                name: word(claim),
                came: kept.map_or(Came::Skipped, |kept| came(&kept.claims[place])),
            })
            .collect();
        cases.push(Case {
            name: "deterministic",
            came: kept.map_or(Came::Skipped, same_twice),
        });
        Self {
            subject,
            digest: kept.and_then(Kept::digest),
            cases,
        }
    }

    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let [tests, failures, errors, skipped] = counts(self.cases.iter());
        let name = allowed(&self.subject.loaded.name);
        xml.create_element("testsuite")
            .with_attribute(("name", name.as_str()))
            .with_attribute(("tests", tests.as_str()))
            .with_attribute(("failures", failures.as_str()))
            .with_attribute(("errors", errors.as_str()))
            .with_attribute(("skipped", skipped.as_str()))
            .write_inner_content(|xml| {
                self.properties(xml)?;
                let class = class_name(&name);
                self.cases
                    .iter()
                    .try_for_each(|case| case.write(xml, &class))
            })?;
        Ok(())
    }

    /// What one needs to have the same again.
    fn properties(&self, xml: &mut Xml) -> io::Result<()> {
        let loaded = &self.subject.loaded;
        let mut properties = vec![
            ("splitbrain", env!("CARGO_PKG_VERSION").to_owned()),
            (
                "scenario_hash",
                text_hash(&loaded.text, &loaded.files).to_string(),
            ),
            ("seed", loaded.scenario.seed.to_string()),
        ];
        properties.extend(
            self.digest
                .map(|digest| ("digest", Hex(digest).to_string())),
        );
        xml.create_element("properties")
            .write_inner_content(|xml| {
                properties.iter().try_for_each(|(name, value)| {
                    xml.create_element("property")
                        .with_attribute(("name", *name))
                        .with_attribute(("value", value.as_str()))
                        .write_empty()
                        .map(|_| ())
                })
            })?;
        Ok(())
    }
}

impl Case {
    fn write(&self, xml: &mut Xml, class: &str) -> io::Result<()> {
        let case = xml
            .create_element("testcase")
            .with_attribute(("classname", class))
            .with_attribute(("name", self.name));
        match &self.came {
            Came::Passed => case.write_empty()?,
            Came::Skipped => case.write_inner_content(|xml| {
                xml.create_element("skipped")
                    .with_attribute(("message", "not verified to the end"))
                    .write_empty()
                    .map(|_| ())
            })?,
            Came::NotMet(why) => {
                case.write_inner_content(|xml| why.write(xml, "failure", "not met"))?
            }
            Came::Panicked(why) => {
                case.write_inner_content(|xml| why.write(xml, "error", "panic"))?
            }
        };
        Ok(())
    }
}

impl Why {
    /// The sentence is in the text too: not everybody shows the attribute.
    fn write(&self, xml: &mut Xml, element: &str, kind: &str) -> io::Result<()> {
        let (short, long) = (allowed(&self.short), allowed(&self.long));
        let text = format!("{short}\n{long}");
        xml.create_element(element)
            .with_attribute(("type", kind))
            .with_attribute(("message", short.as_str()))
            .write_text_content(BytesText::new(text.trim_end()))?;
        Ok(())
    }
}

fn came(kept: &KeptClaim) -> Came {
    let Some(short) = why_not(kept) else {
        return Came::Passed;
    };
    let long = failures(kept);
    let why = Why { short, long };
    match kept.verdict() {
        Verdict::Panicked => Came::Panicked(why),
        _ => Came::NotMet(why),
    }
}

fn same_twice(kept: &Kept) -> Came {
    if kept.is_same_twice() {
        return Came::Passed;
    }
    Came::NotMet(Why {
        short: "two runs with the same seed differ".to_owned(),
        long: why_not_same(kept),
    })
}

/// What a test case belongs to. What stands before a dot would be taken for a package.
fn class_name(name: &str) -> String {
    name.replace('.', "_")
}

/// A text without the characters that no XML 1.0 can hold, not even escaped.
fn allowed(text: &str) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars()
        .map(|c| if is_allowed(c) { c } else { '\u{FFFD}' })
        .collect()
}
