//! The last line of a sweep's file: what all its runs come to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::file::{Number, line};
use super::head::Head;
use super::sketch::Sketch;
use super::sums::{CellSums, Extreme, Sums};
use crate::hunt::tally::{self, Tally};
use crate::stats::Better;
use crate::trace::recording::Hex;

#[derive(Serialize)]
struct SummaryLine<'a> {
    summary: Summary<'a>,
}

#[derive(Serialize)]
struct Summary<'a> {
    seeds: u64,
    passed: u64,
    failed: u64,
    panicked: u64,
    share_passed: Share,
    events: u64,
    digest: Hex,
    cells: Vec<Cell<'a>>,
    worst: BTreeMap<&'a str, Vec<Worst>>,
}

#[derive(Serialize)]
struct Cell<'a> {
    set: &'a [String],
    seeds: u64,
    passed: u64,
    failed: u64,
    panicked: u64,
    share_passed: Share,
    expectations: Vec<Expectation<'a>>,
    broken: Vec<Broken>,
    metrics: BTreeMap<&'a str, Spread>,
}

#[derive(Serialize)]
struct Share {
    value: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Expectation<'a> {
    expect: &'a str,
    met: u64,
    not_met: u64,
    unknown: u64,
    share_met: Share,
}

#[derive(Serialize)]
struct Broken {
    property: String,
    seeds: u64,
    share: Share,
    first: First,
}

#[derive(Serialize)]
struct First {
    seed: u64,
    at_ns: u64,
}

#[derive(Serialize)]
struct Spread {
    seeds: u64,
    min: Number,
    p1: Number,
    p10: Number,
    p50: Number,
    p90: Number,
    p99: Number,
    max: Number,
}

#[derive(Serialize)]
struct Worst {
    value: Number,
    seed: u64,
    cell: usize,
}

/// The line, with its end.
pub fn summary_line(head: &Head, sums: &Sums) -> String {
    let all = &sums.all;
    let cells = head.cells.iter().zip(&sums.cells);
    // Of what is neither good nor bad, none is the worst.
    let judged = head.metrics.iter().zip(&sums.worst);
    let judged = judged.filter(|(m, worst)| m.better != Better::Neither && !worst.is_empty());
    line(&SummaryLine {
        summary: Summary {
            seeds: all.seeds,
            passed: all.passed,
            failed: all.failed(),
            panicked: all.panicked,
            share_passed: share(all.passed, all.judged()),
            events: all.events,
            digest: Hex(all.digest()),
            cells: cells.map(|(c, sums)| cell(head, c, sums)).collect(),
            worst: judged
                .map(|(m, worst)| (m.name.as_str(), worst.iter().map(worst_run).collect()))
                .collect(),
        },
    })
}

/// Whether a line is that of a summary.
pub fn is_summary(line: &[u8]) -> bool {
    line.starts_with(b"{\"summary\":")
}

fn cell<'a>(head: &'a Head, cell: &'a super::head::Cell, sums: &CellSums) -> Cell<'a> {
    let tally = &sums.tally;
    let of = tally.judged();
    let spread = head.metrics.iter().zip(&sums.metrics);
    Cell {
        set: &cell.set,
        seeds: tally.seeds,
        passed: tally.passed,
        failed: tally.failed(),
        panicked: tally.panicked,
        share_passed: share(tally.passed, of),
        expectations: expectations(&cell.expectations, tally),
        broken: broken(sums),
        metrics: spread
            .filter_map(|(m, s)| Some((m.name.as_str(), spread_of(s)?)))
            .collect(),
    }
}

fn expectations<'a>(expected: &'a [String], tally: &Tally) -> Vec<Expectation<'a>> {
    let rows = expected.iter().zip(&tally.answers);
    let rows = rows.map(|(expect, answers)| Expectation {
        expect,
        met: answers.met,
        not_met: answers.not_met,
        unknown: answers.unknown,
        share_met: share(answers.met, tally.judged()),
    });
    rows.collect()
}

fn broken(sums: &CellSums) -> Vec<Broken> {
    let rows = sums.tally.broken.iter().zip(&sums.broken);
    let rows = rows.map(|((property, seeds), (_, first))| Broken {
        property: property.to_string(),
        seeds: *seeds,
        share: share(*seeds, sums.tally.judged()),
        first: First {
            seed: first.seed,
            at_ns: first.at,
        },
    });
    rows.collect()
}

fn spread_of(sketch: &Sketch) -> Option<Spread> {
    let (low, high) = sketch.range()?;
    let at = |percent| Number(sketch.percentile(percent));
    Some(Spread {
        seeds: sketch.count(),
        min: Number(Some(low.value)),
        p1: at(1),
        p10: at(10),
        p50: at(50),
        p90: at(90),
        p99: at(99),
        max: Number(Some(high.value)),
    })
}

fn worst_run(extreme: &Extreme) -> Worst {
    Worst {
        value: Number(Some(extreme.value)),
        seed: extreme.seed,
        cell: extreme.cell,
    }
}

fn share(count: u64, of: u64) -> Share {
    let share = tally::Share { count, of };
    let (low, high) = share.interval();
    Share {
        value: share.value(),
        low,
        high,
    }
}
