//! A sweep as text for people: the head, a line for each run that failed, a summary at the end.

use std::fmt::Write;

use super::sweep_map::{by_setting, percent};
use super::sweep_metrics;
use super::text::look_further;
use crate::checks::{Expect, Outcome as Answer};
use crate::hunt::failure::unmet;
use crate::hunt::sweep::file::Came;
use crate::hunt::sweep::question::{Question, label};
use crate::hunt::sweep::sums::CellSums;
use crate::hunt::sweep::{Head, SeedOutcome, Shard, Sums};
use crate::hunt::tally::Share;
use crate::sim::units::Duration;

/// What is known before the first run.
pub fn head(head: &Head) -> String {
    let mut out = String::new();
    let (from, to) = (head.seeds.from, head.seeds.to);
    let control = if head.control { " (control)" } else { "" };
    let _ = writeln!(out, "seeds     {from}..{to}");
    let _ = writeln!(out, "scenario  {}{control}: {}", head.scenario, head.title);
    let end = head.cells[0].end_ns;
    if head.cells.iter().all(|cell| cell.end_ns == end) {
        let _ = writeln!(out, "until     {}", Duration::from_ns(end));
    }
    for set in &head.set {
        let _ = writeln!(out, "set       {set}");
    }
    for axis in &head.vary {
        let _ = writeln!(out, "vary      {axis}");
    }
    if head.shard != Shard::WHOLE {
        let items = head.items();
        let (mine, all) = (items.end - items.start, head.runs().unwrap_or(0));
        let _ = writeln!(out, "shard     {}: {mine} of {all} runs", head.shard);
    }
    out
}

/// The line of a run that failed, with the command that runs it again; `None` if it passed.
pub fn failure(head: &Head, item: u64, came: &Came) -> Option<String> {
    let (seed, cell) = head.item(item);
    let what = match came {
        Ok(outcome) if outcome.met => return None,
        Ok(outcome) => failed(&head.cells[cell].expectations, outcome),
        Err(panic) => format!("{panic} (a bug of splitbrain)"),
    };
    let setting = match head.cell_label(cell) {
        none if none.is_empty() => none,
        some => format!("  {some}"),
    };
    let command = head.command(cell, seed);
    Some(format!("✗ seed {seed}{setting}  {what}  [{command}]"))
}

/// The commands that say more of a run that failed; nothing, if it passed or panicked.
pub fn further(head: &Head, item: u64, came: &Came) -> Option<String> {
    let outcome = came.as_ref().ok().filter(|outcome| !outcome.met)?;
    let (seed, cell) = head.item(item);
    let expected = &head.cells[cell].expectations;
    let answers = expected.iter().zip(&outcome.answers);
    let mut failed = answers.filter(|(_, answer)| matches!(answer, Answer::NotMet(_)));
    let goal = failed.find_map(|(expect, _)| {
        let expect: Expect = ron::from_str(expect).ok()?;
        unmet(&expect).cloned()
    });
    let first = || Some(Expect::Holds(outcome.broken.first()?.property));
    let goal = if expected.is_empty() { first() } else { goal };
    head.with_command(cell, seed, |command| {
        let explain = (!outcome.broken.is_empty()).then(|| {
            let what = format!(
                "how its first property broke with seed {seed}, and what would have prevented it"
            );
            (command.explaining(None), what)
        });
        let shrink = goal.and_then(|goal| command.shrinking(Some(&goal)));
        let told = look_further(explain, shrink);
        (!told.is_empty()).then_some(told)
    })
}

/// The expectations, in the notation of a scenario, that were not met; where there are none, the properties that broke.
pub(super) fn failed(expected: &[String], outcome: &SeedOutcome) -> String {
    let answers = expected.iter().zip(&outcome.answers);
    let mut failed: Vec<String> = answers
        .filter(|(_, answer)| **answer != Answer::Met)
        .map(|(expect, answer)| {
            let why = answer.why().unwrap_or_default();
            format!("{}: {} ({why})", answer.word(), label(expect))
        })
        .collect();
    if expected.is_empty() {
        let broken = outcome.broken.iter();
        failed.extend(broken.map(|b| format!("broken: {} ({})", b.property.label(), b.message)));
    }
    failed.join("; ")
}

/// What the runs come to. The metrics at the places that are asked for are told first.
pub fn summary(head: &Head, sums: &Sums, asked: &[usize]) -> String {
    let mut out = String::new();
    let all = &sums.all;
    let _ = writeln!(out, "\nruns      {}", all.seeds);
    let passed = share(all.passed, all.judged());
    let _ = writeln!(out, "passed    {}  {passed}", all.passed);
    let _ = writeln!(out, "failed    {}", all.failed());
    if all.panicked > 0 {
        let _ = writeln!(out, "panicked  {}", all.panicked);
    }
    if let [cell] = sums.cells.as_slice() {
        out += &answers(&head.cells[0].expectations, cell);
    } else {
        for question in Question::all(head, sums) {
            out += &by_setting(head, sums, question);
        }
    }
    out += &sweep_metrics::spread(head, sums, asked);
    out += &sweep_metrics::worst(head, sums, asked);
    let _ = writeln!(out, "\nevents    {}", all.events);
    let _ = writeln!(out, "digest    {:016x}", all.digest());
    out
}

/// The expectations of the only cell, and the properties that broke.
fn answers(expected: &[String], cell: &CellSums) -> String {
    let (mut out, tally) = (String::new(), &cell.tally);
    let of = tally.judged();
    let labels: Vec<String> = expected.iter().map(|e| label(e)).collect();
    let width = labels.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    let digits = of.to_string().len().max("not met".len());
    if !labels.is_empty() {
        let _ = writeln!(
            out,
            "\n{:<1$}  {2:>digits$}  {3:>digits$}  {4:>digits$}",
            "expectations",
            width + 2,
            "met",
            "not met",
            "unknown"
        );
    }
    for (label, answers) in labels.iter().zip(&tally.answers) {
        let _ = writeln!(
            out,
            "  {label:<width$}  {:>digits$}  {:>digits$}  {:>digits$}  {}",
            answers.met,
            answers.not_met,
            answers.unknown,
            share(answers.met, of)
        );
    }
    if !tally.broken.is_empty() {
        let _ = writeln!(out, "\nproperties that broke");
    }
    for (property, seeds) in &tally.broken {
        let label = property.label();
        let _ = writeln!(
            out,
            "  {label:<width$}  {seeds:>digits$}  {}",
            share(*seeds, of)
        );
    }
    out
}

fn share(count: u64, of: u64) -> String {
    percent(Share { count, of })
}
