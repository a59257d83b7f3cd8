//! A scenario that was shrunk as text for people: what breaks in it, and how much smaller it is. The scenario itself is written by
//! who shrank it.

use std::fmt::Write;

use crate::checks::Expect;
use crate::hunt::Loaded;
use crate::hunt::command::quoted;
use crate::hunt::failure::written;
use crate::hunt::shrink::{Shrink, Shrunk};
use crate::sim::amount::grouped;

/// What is known before the first try.
pub fn head(shrink: &Shrink) -> String {
    let failure = shrink.failure();
    let at_s = failure.at as f64 / 1e9;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "✗ {}, with seed {}",
        failure.goal.label(),
        shrink.seed()
    );
    let _ = writeln!(out, "  {at_s:.3} s #{}  {}", failure.event, failure.message);
    out
}

/// That nothing breaks, and how to find what does, where there is a scenario to look for it in.
pub fn holds(goal: Option<&Expect>, seed: u64, scenario: Option<&Loaded>) -> String {
    let what = goal.map_or("nothing breaks".to_owned(), |goal| {
        format!("it is not broken: {}", goal.label())
    });
    let said = format!("nothing to shrink: with seed {seed} {what}\n");
    let elsewhere = scenario.map(|loaded| elsewhere(goal, loaded));
    said + &elsewhere.unwrap_or_default()
}

fn elsewhere(goal: Option<&Expect>, loaded: &Loaded) -> String {
    let name = match loaded.name.as_str() {
        "<stdin>" => "-".to_owned(),
        name => quoted(name),
    };
    let set = loaded
        .sets
        .iter()
        .map(|set| format!(" --set {}", quoted(set)));
    let set: String = set.collect();
    let mut out = String::new();
    let breaks = goal.map(|goal| format!(" --breaks {}", quoted(&written(goal))));
    let breaks = breaks.unwrap_or_default();
    let _ = writeln!(
        out,
        "is there a seed with which it does?   [splitbrain sweep {name}{set}]"
    );
    let _ = writeln!(
        out,
        "are there faults with which it does?  [splitbrain explore {name}{breaks}{set}]"
    );
    out
}

/// How much smaller it is.
pub fn summary(shrunk: &Shrunk) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "\n{:<10} {:>14} {:>14}", "", "before", "after");
    let rows = shrunk.before.rows().into_iter().zip(shrunk.after.rows());
    for ((name, before), (_, after)) in rows.filter(|((_, b), (_, a))| b.max(a) > &0) {
        let told = |value: u64| match name {
            "duration_ns" => format!("{:.3}", value as f64 / 1e9),
            _ => grouped(value),
        };
        let name = if name == "duration_ns" {
            "seconds"
        } else {
            name
        };
        let _ = writeln!(out, "{name:<10} {:>14} {:>14}", told(before), told(after));
    }
    let (runs, steps) = (grouped(shrunk.runs), grouped(shrunk.steps));
    let _ = writeln!(
        out,
        "\n{runs} runs, {steps} of them smaller and still broken"
    );
    out
}
