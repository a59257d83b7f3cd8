//! An explanation as text for people.

use std::fmt::Write;

use super::text::{sign_of, wrapped};
use crate::hunt::Session;
use crate::hunt::explain::{About, Cure, Explain, Origin, Row, Step, condensed};
use crate::sim::amount::Amount;
use crate::sim::fault::FaultPlan;

/// How it is told.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// So many columns has a line. Commands are never broken: they are to be copied.
    pub columns: usize,
    /// Whether every step is told, however often the same happens.
    pub all: bool,
}

/// What happened, to what that is owed, what would have prevented it, and where to look further.
pub fn document(explain: &Explain, run: &Session, origin: &Origin, telling: Telling) -> String {
    let cures = explain.cures(run, origin);
    let mut out = head(explain, run, telling);
    story(&mut out, explain, run, telling);
    spent(&mut out, explain);
    owed(&mut out, explain, &cures, run, telling);
    further(&mut out, explain, &cures, run, origin, telling);
    out
}

fn head(explain: &Explain, run: &Session, telling: Telling) -> String {
    let mut out = String::new();
    let (name, title) = (&run.loaded().name, &run.scenario().title);
    let control = if run.is_control() { " (control)" } else { "" };
    let mut line = |word: &str, text: &str| {
        let lines = wrapped(text, 10, 10, telling.columns);
        let _ = write!(out, "{word:<10}{}", lines.trim_start());
    };
    line("scenario", &format!("{name}{control}: {title}"));
    line("seed", &run.seed().to_string());
    match explain.about() {
        About::Thing(_) => {
            if let Some(story) = explain.story() {
                line("about", &format!("{} {}", story.name, story.about));
                let took = Amount::time(story.whole_ns());
                let at = stamp(story.verdict.at);
                let words = story.verdict.words();
                line(
                    "verdict",
                    &format!("{words}; that is certain at {at}s, {took} after it was made"),
                );
            }
        }
        About::Finding(finding, which, all) => {
            line("about", &format!("finding {which} of {all}"));
            line("verdict", &finding.explanation());
        }
    }
    out
}

fn stamp(ns: u64) -> String {
    let (seconds, millis) = (ns / 1_000_000_000, ns / 1_000_000 % 1_000);
    format!("{seconds}.{millis:03}")
}

fn story(out: &mut String, explain: &Explain, run: &Session, telling: Telling) {
    let steps = explain.steps();
    let _ = writeln!(out, "\nwhat happened");
    let digits = steps.iter().map(|step| step.event.to_string().len()).max();
    let digits = digits.unwrap_or(0) + 1;
    let subjects = steps.iter().map(|step| step.subject.chars().count());
    let subject = subjects.max().unwrap_or(0).min(22);
    let all: Vec<Row<'_>> = steps.iter().map(Row::Step).collect();
    let rows = if telling.all { all } else { condensed(steps) };
    for row in rows {
        match row {
            Row::Step(step) => {
                let event = match step.event {
                    0 => String::new(),
                    n => format!("#{n}"),
                };
                let from = format!(
                    "{:>9}  {event:<digits$}  {:<subject$} ",
                    stamp(step.at_ns),
                    step.subject
                );
                let text = format!("{} {}", sign_of(step.sign), told(step, run));
                let indent = from.chars().count();
                // Where names are long, the text goes below.
                let indent = if indent + 30 > telling.columns {
                    24
                } else {
                    indent + 2
                };
                let lines = wrapped(&text, from.chars().count(), indent, telling.columns);
                let _ = write!(out, "{from}{}", lines.trim_start());
            }
            Row::More(count, first, last) => {
                let _ = writeln!(
                    out,
                    "{:>9}  … {count} more steps like these, up to {}s (--all tells them)",
                    "",
                    stamp(last.at_ns.max(first.at_ns))
                );
            }
        }
    }
}

fn told(step: &Step, run: &Session) -> String {
    let mut text = step.text.clone();
    if let Some((_, event)) = step.end {
        let _ = write!(text, " (#{event})");
    }
    match step.line {
        0 => {}
        FaultPlan::BY_HAND => text += " [by hand]",
        line => {
            let _ = write!(text, " [{}:{line}]", run.loaded().name);
        }
    }
    text
}

fn spent(out: &mut String, explain: &Explain) {
    let Some(story) = explain.story() else { return };
    let whole = story.whole_ns();
    if story.parts.is_empty() || whole == 0 {
        return;
    }
    let _ = writeln!(out, "\nwhere the time went, {} in all", Amount::time(whole));
    for part in &story.parts {
        let percent = part.ns as f64 / whole as f64 * 100.0;
        let (word, took) = (part.spent.word(), Amount::time(part.ns).to_string());
        let _ = writeln!(out, "  {word:<16}  {took:>9}  {percent:>5.1}%");
    }
}

/// What is tried is told: first what it is owed to, then what would have prevented it, then what would not.
fn owed(out: &mut String, explain: &Explain, cures: &[Cure], run: &Session, telling: Telling) {
    if cures.is_empty() {
        let why = match explain.story().map(|story| story.verdict.is_well()) {
            Some(true) => "nothing went wrong: there is nothing to prevent",
            _ => "no fault came before it, and there is no setting to be tried",
        };
        let _ = writeln!(out, "\nwhat it is owed to\n  {why}");
        return;
    }
    let faults: Vec<&Cure> = cures.iter().filter(|c| c.is_fault).collect();
    let _ = writeln!(out, "\nwhat it is owed to");
    let sentence = explain.owed().unwrap_or("no fault came before it");
    *out += &wrapped(sentence, 2, 2, telling.columns);
    for cure in faults {
        let place = cure.line.map_or(String::new(), |line| {
            format!(" [{}:{line}]", run.loaded().name)
        });
        tried(out, cure, &format!("without {}{place}", cure.what), telling);
    }
    let settings = || cures.iter().filter(|c| !c.is_fault);
    if settings().next().is_none() {
        return;
    }
    let _ = writeln!(
        out,
        "\nwhat would have prevented it, each tried with the same seed"
    );
    let mut none = true;
    for cure in settings().filter(|c| c.helps) {
        none = false;
        tried(out, cure, &cure.what, telling);
    }
    if none {
        let _ = writeln!(out, "  none of the settings below, alone or two together");
    }
    let (pairs, rest): (Vec<&Cure>, Vec<&Cure>) =
        settings().filter(|c| !c.helps).partition(|c| c.is_pair);
    if !rest.is_empty() {
        let _ = writeln!(out, "\nwhat would not have");
        for cure in rest {
            let text = format!("· {}: {}", cure.what, cure.outcome);
            *out += &wrapped(&text, 2, 4, telling.columns);
        }
    }
    if !pairs.is_empty() {
        let text = format!("· nor {} others of them two together", pairs.len());
        *out += &wrapped(&text, 2, 4, telling.columns);
    }
}

fn tried(out: &mut String, cure: &Cure, what: &str, telling: Telling) {
    let sign = if cure.helps { '✓' } else { '·' };
    let text = format!("{sign} {what}: {}", cure.outcome);
    *out += &wrapped(&text, 2, 4, telling.columns);
    if let Some(command) = cure.command.as_ref().filter(|_| cure.helps) {
        let _ = writeln!(out, "      {command}");
    }
}

fn further(
    out: &mut String,
    explain: &Explain,
    cures: &[Cure],
    run: &Session,
    origin: &Origin,
    telling: Telling,
) {
    let Some(command) = origin.command(run, &[]) else {
        return;
    };
    let _ = writeln!(out, "\nlook further");
    let at = match explain.about() {
        About::Finding(finding, ..) => finding.event,
        About::Thing(_) => explain.story().map_or(0, |story| story.verdict.event),
    };
    let _ = writeln!(out, "  {command}");
    if at > 0 {
        let _ = writeln!(out, "      on the screen, # and #{at} go to that moment");
    }
    if let About::Finding(finding, ..) = explain.about()
        && let Some(command) = origin.shrinking(run, &finding.property)
    {
        let _ = writeln!(out, "  {command}");
        let what = "the smallest scenario in which the same breaks";
        *out += &wrapped(what, 6, 6, telling.columns);
    }
    // B is what has a control; A cannot be one.
    let best = cures.iter().find(|c| c.helps && !c.is_fault);
    let best = best.filter(|_| !run.is_control());
    if let Some(best) = best
        && let Some(command) = origin.comparison(run, &best.sets)
    {
        let _ = writeln!(out, "  {command} --seeds 100");
        let price = "what the setting changes besides, over 100 seeds";
        *out += &wrapped(price, 6, 6, telling.columns);
    }
}
