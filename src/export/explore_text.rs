//! A search for faults as text for people: what is searched, each way to break something with the command that shows it, and a
//! summary.

use std::fmt::Write;
use std::path::Path;

use crate::checks::Expect;
use crate::hunt::command::quoted;
use crate::hunt::explore::{Found, Report, Search, What};
use crate::sim::units::Duration;

/// What is known before the first run.
pub fn head(search: &Search) -> String {
    let loaded = search.loaded();
    let mut out = String::new();
    let _ = writeln!(out, "scenario  {}: {}", loaded.name, loaded.scenario.title);
    let _ = writeln!(out, "seed      {} and those behind it", search.seed());
    for set in &loaded.sets {
        let _ = writeln!(out, "set       {set}");
    }
    let (from, to) = search.window_ns();
    let (from, to) = (Duration::from_ns(from), Duration::from_ns(to));
    let own = match loaded.scenario.faults.len() {
        0 => "",
        _ => ", beside those of the scenario",
    };
    let _ = writeln!(out, "faults    from {from} on, all over at {to}{own}");
    let kinds: Vec<_> = search.kinds().collect();
    let _ = writeln!(out, "kinds     {}", kinds.join(", "));
    for (at, goal) in search.sought().iter().enumerate() {
        let word = if at == 0 { "breaks?" } else { "" };
        let _ = writeln!(out, "{word:<8}  {}", goal.label());
    }
    for property in search.given_up() {
        let label = property.label();
        let _ = writeln!(
            out,
            "not       {label}: the scenario says that it breaks (--breaks {property})"
        );
    }
    out
}

/// A way to break something; `command` shows it, and `file` holds it.
pub fn found(found: &Found, command: Option<&str>, file: Option<&Path>) -> String {
    let mut out = String::new();
    let what = match &found.what {
        What::Broken(broken) => broken.goal.label(),
        What::Panicked(panic) => format!("{panic} (a bug of splitbrain)"),
    };
    let _ = writeln!(out, "\n✗ {what}: {}", faults(found.faults()));
    for entry in found.schedule.texts() {
        let _ = writeln!(out, "    {entry}");
    }
    if let What::Broken(broken) = &found.what {
        let at_s = broken.at as f64 / 1e9;
        let _ = writeln!(out, "  {at_s:.3} s #{}  {}", broken.event, broken.message);
    }
    let times = match found.times {
        1 => String::new(),
        n => format!(", like {} others", n - 1),
    };
    let before = match (found.reduced, found.faults_before) {
        (false, _) => ", not reduced".to_owned(),
        (true, n) if n > found.faults() => format!(", reduced from {}", faults(n)),
        _ => String::new(),
    };
    let (run, seed) = (found.run, found.seed);
    let _ = writeln!(out, "  run {run}{times}, seed {seed}{before}");
    if let Some(file) = file {
        let shown = file.display().to_string();
        let _ = writeln!(out, "  {shown}");
        let _ = writeln!(out, "  smaller: [splitbrain shrink {}]", quoted(&shown));
    }
    if let Some(command) = command {
        let _ = writeln!(out, "  [{command}]");
    }
    out
}

/// What the search comes to.
pub fn summary(search: &Search, report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "\nruns      {}, and {} without faults, {} to reduce what was found",
        report.runs, report.unfaulted, report.reducing
    );
    let _ = writeln!(out, "events    {}", report.events);
    let _ = writeln!(out, "states    {}", report.states);
    let labels = search.sought().iter().map(Expect::label);
    let width = labels.map(|l| l.chars().count()).max().unwrap_or(0);
    let _ = writeln!(out, "\nthe fewest faults that break it");
    for goal in search.sought() {
        let label = goal.label();
        let mut told = match report.fewest_of(goal) {
            Some(found) => found.faults().to_string(),
            None => format!("not broken in {} runs", report.runs),
        };
        if let Some((_, seeds)) = report.by_itself.iter().find(|(g, _)| g == goal) {
            let of = report.unfaulted;
            let _ = write!(told, " (without any with {seeds} of {of} seeds, left out)");
        }
        let _ = writeln!(out, "  {label:<width$}  {told}");
    }
    out
}

fn faults(count: usize) -> String {
    match count {
        1 => "1 fault".to_owned(),
        n => format!("{n} faults"),
    }
}
