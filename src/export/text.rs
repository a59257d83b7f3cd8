//! A run as text for people: the head first, marks as they happen, a summary at the end.

use std::fmt::Write;

use crate::hunt::{Outcome, Session};
use crate::sim::units::Duration;
use crate::trace::marks::{Line, Sign};

/// What is known before the first event: the scenario, the seed and the effective settings.
pub fn head(session: &Session) -> String {
    let mut out = String::new();
    let scenario = session.scenario();
    let control = if session.is_control() {
        " (control)"
    } else {
        ""
    };
    let _ = writeln!(out, "seed      {}", session.seed());
    let _ = writeln!(
        out,
        "scenario  {}{control}: {}",
        session.loaded().name,
        scenario.title
    );
    let _ = writeln!(out, "until     {}", Duration::from_ns(session.end_ns()));
    let _ = writeln!(out, "settings");
    for line in crate::scenario::effective(scenario).lines() {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// A mark as a line.
pub fn mark(line: &Line) -> String {
    let Line {
        at,
        event,
        subject,
        sign,
        word,
        text,
        cause,
    } = line;
    let (seconds, millis) = (at / 1_000_000_000, at / 1_000_000 % 1000);
    let sign = sign_of(*sign);
    format!("{seconds:>5}.{millis:03}  {subject:<20} {sign} {word:<11} {text}  [#{event} {cause}]")
}

/// The sign as a character.
pub fn sign_of(sign: Sign) -> char {
    match sign {
        Sign::Broke => '✗',
        Sign::Cut => '╳',
        Sign::Leads => '◆',
        Sign::Well => '●',
        Sign::Slow => '◌',
        Sign::Other => '·',
    }
}

/// So many columns has a line of a paragraph.
const COLUMNS: usize = 100;

/// A paragraph under a line, indented, in lines that fit most terminals.
fn paragraph(text: &str) -> String {
    const INDENT: usize = 11;
    wrapped(text, INDENT, INDENT, COLUMNS)
}

/// Text in lines of at most so many columns, where its words allow; so far from the left begins the first, and so far all
/// others.
pub(super) fn wrapped(text: &str, first: usize, others: usize, columns: usize) -> String {
    let mut out = String::new();
    let (mut line, mut indent) = (String::new(), first);
    for word in text.split_whitespace() {
        let width = indent + line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && width > columns {
            let _ = writeln!(out, "{:indent$}{line}", "");
            line.clear();
            indent = others;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{:indent$}{line}", "");
    out
}

/// What came of the run.
pub fn summary(session: &Session, outcome: &Outcome) -> String {
    let mut out = String::new();
    if let Some(watch) = session.watch() {
        out += &super::requests_text::sections(&watch.metrics);
        let _ = writeln!(out, "\nmetrics");
        let metrics = watch.metrics.of(crate::stats::Scope::Run);
        let width = metrics.iter().map(|m| m.name.len()).max().unwrap_or(0);
        for metric in &metrics {
            let _ = writeln!(out, "  {:<width$}  {}", metric.name, metric.amount);
        }
        let _ = writeln!(out, "\nproperties");
        for (property, verdict) in watch.checks.verdicts() {
            let _ = writeln!(out, "  {:<10} {}", verdict.word(), property.label());
        }
        let _ = writeln!(out, "\nfindings  {}", outcome.findings);
        let mut explained = Vec::new();
        for finding in watch.checks.all_findings() {
            let (seconds, millis) = (finding.at / 1_000_000_000, finding.at / 1_000_000 % 1000);
            let label = finding.property.label();
            let _ = writeln!(
                out,
                "{seconds:>5}.{millis:03}  {label}: {}  [by #{}]",
                finding.message, finding.event
            );
            // The others of a property say the same of other events.
            if !explained.contains(&finding.property) {
                explained.push(finding.property);
                out += &paragraph(&finding.explanation());
            }
        }
    }
    if !outcome.expectations.is_empty() {
        let _ = writeln!(out, "\nexpectations");
    }
    for expectation in &outcome.expectations {
        let why = expectation
            .remark()
            .map(|r| format!(": {r}"))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "  {:<8} {}{why}",
            expectation.answer.word(),
            expectation.expect.label()
        );
    }
    let _ = writeln!(out, "\nevents    {}", session.sim().events());
    let _ = writeln!(out, "digest    {:016x}", session.sim().digest().value());
    out
}
