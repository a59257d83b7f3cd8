//! A sweep as text for people: the head, a line for each seed that failed, a summary at the end.

use std::fmt::Write;

use crate::checks::Outcome as Answer;
use crate::hunt::parallel::Panic;
use crate::hunt::sweep::{SeedOutcome, Sweep};
use crate::hunt::tally::{Share, Tally};
use crate::sim::units::Duration;

/// What is known before the first seed.
pub fn head(sweep: &Sweep) -> String {
    let loaded = &sweep.loaded;
    let (scenario, control) = match &loaded.control {
        Some(both) if sweep.control => (&both.0, " (control)"),
        _ => (&loaded.scenario, ""),
    };
    let mut out = String::new();
    let (from, to) = (sweep.seeds.start, sweep.seeds.end);
    let _ = writeln!(out, "seeds     {from}..{to}");
    let (name, title) = (&loaded.name, &scenario.title);
    let _ = writeln!(out, "scenario  {name}{control}: {title}");
    let _ = writeln!(out, "until     {}", Duration::from_ns(sweep.end_ns()));
    for set in &loaded.sets {
        let _ = writeln!(out, "set       {set}");
    }
    out
}

/// The line of a seed that failed, with the command that runs it again; `None` if it passed.
pub fn failure(
    sweep: &Sweep,
    seed: u64,
    result: &Result<SeedOutcome, Panic>,
    command: &str,
) -> Option<String> {
    let what = match result {
        Ok(outcome) if outcome.met => return None,
        Ok(outcome) => failed(sweep, outcome),
        Err(panic) => format!("{panic} (a bug of splitbrain)"),
    };
    Some(format!("✗ seed {seed}  {what}  [{command}]"))
}

/// The expectations that were not met; where there are none, the properties that broke.
fn failed(sweep: &Sweep, outcome: &SeedOutcome) -> String {
    let answers = sweep.expect().iter().zip(&outcome.answers);
    let mut failed: Vec<String> = answers
        .filter(|(_, answer)| **answer != Answer::Met)
        .map(|(expect, answer)| {
            let why = answer.why().unwrap_or_default();
            format!("{}: {} ({why})", answer.word(), expect.label())
        })
        .collect();
    if sweep.expect().is_empty() {
        let broken = outcome.broken.iter();
        failed.extend(broken.map(|b| format!("broken: {} ({})", b.property.label(), b.message)));
    }
    failed.join("; ")
}

/// What the seeds come to.
pub fn summary(sweep: &Sweep, tally: &Tally) -> String {
    let mut out = String::new();
    let of = tally.judged();
    let _ = writeln!(out, "\nruns      {}", tally.seeds);
    let passed = share(tally.passed, of);
    let _ = writeln!(out, "passed    {}  {passed}", tally.passed);
    let _ = writeln!(out, "failed    {}", tally.failed());
    if tally.panicked > 0 {
        let _ = writeln!(out, "panicked  {}", tally.panicked);
    }
    let labels: Vec<String> = sweep.expect().iter().map(|e| e.label()).collect();
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
    let _ = writeln!(out, "\nevents    {}", tally.events);
    let _ = writeln!(out, "digest    {:016x}", tally.digest());
    out
}

/// A share in percent with its 95 % interval.
fn share(count: u64, of: u64) -> String {
    let share = Share { count, of };
    let (low, high) = share.interval();
    let decimals = if of < 1000 { 1 } else { 3 };
    format!(
        "{:.decimals$} % (95 % interval {:.decimals$} to {:.decimals$})",
        share.value() * 100.0,
        low * 100.0,
        high * 100.0
    )
}
