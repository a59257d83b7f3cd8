//! How metrics are spread over seeds, as text, and the runs in which they are worst.

use std::fmt::Write;

use crate::hunt::sweep::sketch::Sketch;
use crate::hunt::sweep::{Head, Sums};
use crate::sim::amount::{Amount, Unit};
use crate::stats::{Better, Column};

/// More metrics than this are not listed.
const LISTED_MAX: usize = 30;
/// Of each metric that nobody asked for, so many of the worst runs.
const WORST_SHOWN: usize = 1;
/// Those are of so many metrics at most.
const WORST_METRICS: usize = 5;

/// Metrics of single things, of which there may be very many.
const OF_THINGS: [&str; 3] = ["queue.", "node.", "service."];

/// What the values of a metric are spread over.
pub fn spread(head: &Head, sums: &Sums, asked: &[usize]) -> String {
    let mut out = String::new();
    if head.cells.len() == 1 {
        let sketches = &sums.cells[0].metrics;
        let (rows, more) = listed(head, sketches, asked);
        let rows = rows.into_iter().map(|at| {
            (
                head.metrics[at].name.as_str(),
                &head.metrics[at],
                &sketches[at],
            )
        });
        out += &table("metrics over the seeds", &rows.collect::<Vec<_>>());
        if more > 0 {
            let _ = writeln!(
                out,
                "  … and {more} more that are not the same with every seed; all are in the lines of --json or of -o"
            );
        }
        return out;
    }
    let labels: Vec<String> = (0..head.cells.len())
        .map(|cell| head.cell_label(cell))
        .collect();
    for at in named(head, asked) {
        let rows = labels.iter().zip(&sums.cells);
        let rows = rows.map(|(label, cell)| (label.as_str(), &head.metrics[at], &cell.metrics[at]));
        out += &table(&head.metrics[at].name, &rows.collect::<Vec<_>>());
    }
    out
}

/// The metrics that somebody asked for, and those that the expectations speak of.
fn named(head: &Head, asked: &[usize]) -> Vec<usize> {
    let expectations = head.cells.iter().flat_map(|cell| &cell.expectations);
    let quoted: Vec<&str> = expectations.filter_map(|e| e.split('"').nth(1)).collect();
    let mut named = asked.to_vec();
    named.extend(
        (0..head.metrics.len()).filter(|at| quoted.contains(&head.metrics[*at].name.as_str())),
    );
    let mut once = Vec::new();
    for at in named {
        if !once.contains(&at) {
            once.push(at);
        }
    }
    once
}

/// Those, and the others that differ from seed to seed and are not of single things; and how many there is no room for.
fn listed(head: &Head, sketches: &[Sketch], asked: &[usize]) -> (Vec<usize>, usize) {
    let mut rows = named(head, asked);
    let differs = |at: &usize| {
        sketches[*at]
            .range()
            .is_some_and(|(low, high)| low.value < high.value)
    };
    let is_of_thing = |at: &usize| {
        OF_THINGS
            .iter()
            .any(|of| head.metrics[*at].name.starts_with(of))
    };
    let others = (0..head.metrics.len())
        .filter(differs)
        .filter(|at| !rows.contains(at));
    let (things, others): (Vec<usize>, Vec<usize>) = others.partition(is_of_thing);
    let room = LISTED_MAX.saturating_sub(rows.len()).min(others.len());
    let more = others.len() - room + things.len();
    rows.extend(&others[..room]);
    (rows, more)
}

fn table(title: &str, rows: &[(&str, &Column, &Sketch)]) -> String {
    let rows = rows.iter().filter_map(|(label, column, sketch)| {
        let (low, high) = sketch.range()?;
        let inner = [10, 50, 90, 99].map(|p| sketch.percentile(p).unwrap_or(low.value));
        let values = [low.value].into_iter().chain(inner).chain([high.value]);
        let shown: Vec<String> = values.map(|v| amount(v, column.unit)).collect();
        Some((*label, shown))
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let titles = ["min", "p10", "p50", "p90", "p99", "max"];
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count() + 2)
        .chain([title.chars().count()])
        .max()
        .unwrap_or(0);
    let columns = (0..titles.len()).map(|at| {
        let cells = rows.iter().map(|(_, shown)| shown[at].chars().count());
        cells.chain([titles[at].len()]).max().unwrap_or(0)
    });
    let columns: Vec<usize> = columns.collect();
    let line = |first: &str, cells: &[String]| {
        let cells = cells
            .iter()
            .zip(&columns)
            .map(|(cell, width)| format!("  {cell:>width$}"));
        format!("{first:<width$}{}\n", cells.collect::<String>())
    };
    let mut out = format!("\n{}", line(title, &titles.map(str::to_owned)));
    rows.iter()
        .for_each(|(label, shown)| out += &line(&format!("  {label}"), shown));
    out
}

fn amount(value: f64, unit: Unit) -> String {
    Amount::new(value, unit).to_string()
}

/// The worst runs by each metric that somebody asked for, else by those in which runs differ most, with their commands.
pub fn worst(head: &Head, sums: &Sums, asked: &[usize]) -> String {
    let (metrics, shown) = match asked {
        [] => (telling(head, sums), WORST_SHOWN),
        asked => (asked.to_vec(), usize::MAX),
    };
    let mut out = String::new();
    for at in metrics {
        let column = &head.metrics[at];
        for extreme in sums.worst[at].iter().take(shown) {
            let value = amount(extreme.value, column.unit);
            let name = &column.name;
            let command = head.command(extreme.cell, extreme.seed);
            let _ = writeln!(out, "  {name} {value}  seed {}  [{command}]", extreme.seed);
        }
    }
    if out.is_empty() {
        out
    } else {
        format!("\nworst seeds\n{out}")
    }
}

/// The metrics of the expectations, and what most people ask first, as far as they are good or bad and not the same with every
/// seed.
fn telling(head: &Head, sums: &Sums) -> Vec<usize> {
    let differs = |at: &usize| {
        let ranges = sums
            .cells
            .iter()
            .filter_map(|cell| cell.metrics[*at].range());
        let mut values = ranges.flat_map(|(low, high)| [low.value, high.value]);
        values
            .next()
            .is_some_and(|first| values.any(|v| v != first))
    };
    let is_judged = |at: &usize| head.metrics[*at].better != Better::Neither;
    let mut all = named(head, &[]);
    for name in TELLING {
        all.extend(head.metrics.iter().position(|m| m.name == name));
    }
    all.retain(|at| differs(at) && is_judged(at));
    let mut once = Vec::new();
    for at in all {
        if !once.contains(&at) {
            once.push(at);
        }
    }
    once.truncate(WORST_METRICS);
    once
}

/// What most people ask first, of runs in which nobody said what matters.
const TELLING: [&str; 8] = [
    "latency.request.p99",
    "goodput.ratio",
    "latency.end_to_end.p99",
    "messages.lost",
    "messages.duplicated",
    "lag.max",
    "failovers.leaderless_max",
    "latency.acked.p99",
];
