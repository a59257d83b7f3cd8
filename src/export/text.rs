//! A run as text for people: the head first, marks as they happen, a summary at the end.

use std::fmt::Write;

use crate::checks::{Checks, Expect, Finding, Outcome as Answer};
use crate::hunt::failure::unmet;
use crate::hunt::{Expectation, Outcome, Session};
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
        out += &findings(&watch.checks);
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
    out += &further(session, outcome);
    let _ = writeln!(out, "\nevents    {}", session.sim().events());
    let _ = writeln!(out, "digest    {:016x}", session.sim().digest().value());
    out
}

/// The findings, each with the number that `explain` calls it by.
fn findings(checks: &Checks) -> String {
    let (all, count) = (checks.all_findings(), checks.count());
    let mut out = format!("\nfindings  {count}\n");
    let digits = all.len().to_string().len();
    let mut explained = Vec::new();
    for (number, finding) in (1..).zip(&all) {
        let (seconds, millis) = (finding.at / 1_000_000_000, finding.at / 1_000_000 % 1000);
        let label = finding.property.label();
        let _ = writeln!(
            out,
            "{number:>digits$}  {seconds:>5}.{millis:03}  {label}: {}  [by #{}]",
            finding.message, finding.event
        );
        // The others of a property say the same of other events.
        if !explained.contains(&finding.property) {
            explained.push(finding.property);
            let indent = digits + 2 + 11;
            out += &wrapped(&finding.explanation(), indent, indent, COLUMNS);
        }
    }
    let told = all.len() as u64;
    if count > told {
        let (more, first) = (count - told, told + 1);
        let _ = writeln!(out, "… and {more} more, {first} to {count}");
    }
    out
}

/// The commands that say more of what broke: of what the scenario did not promise, or else of the first finding.
fn further(session: &Session, outcome: &Outcome) -> String {
    let Some((watch, command)) = session.watch().zip(session.whole_command()) else {
        return String::new();
    };
    let findings = watch.checks.all_findings();
    let not_met = |e: &&Expectation| matches!(e.answer, Answer::NotMet(_));
    let mut failed = outcome.expectations.iter().filter(not_met);
    let failed = failed.find_map(|e| unmet(&e.expect)).cloned();
    let first = || Some(Expect::Holds(findings.first()?.property));
    let Some(goal) = failed.or_else(first) else {
        return String::new();
    };
    let of_it = |finding: &&Finding| goal.property() == Some(finding.property);
    let place = findings.iter().position(of_it);
    let explain = place.map(|place| {
        let number = place + 1;
        let command = command.explaining(Some(number));
        (
            command,
            format!("how finding {number} came about, and what would have prevented it"),
        )
    });
    look_further(explain, command.shrinking(Some(&goal)))
}

/// Commands, each with what it tells: how something broke, and the smallest scenario in which it does.
pub(super) fn look_further(explain: Option<(String, String)>, shrink: Option<String>) -> String {
    let smallest = "the smallest scenario in which the same breaks".to_owned();
    let shrink = shrink.map(|command| (command, smallest));
    let rows: String = explain
        .into_iter()
        .chain(shrink)
        .map(|(command, what)| format!("  {command}\n      {what}\n"))
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!("\nlook further\n{rows}")
}
