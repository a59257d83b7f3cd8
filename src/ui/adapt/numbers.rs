//! Queues, totals, latencies and checks of a session, from its metrics.

use crate::checks::{self, Expect, Property, Verdict};
use crate::hunt::{Expectation, Outcome, Session, Watch};
use crate::sim::ledger::State;
use crate::stats::{self, INTERVAL_NS, Metrics, Series};
use crate::ui::view::{
    self, Answer, Bin, CheckRow, Frame, HeatColumn, Heatmap, Latency, Percentile, QueueRow,
    RowKind, Total,
};

/// Intervals of a trend.
const TREND: usize = 100;

pub(super) fn fill(session: &Session, frame: &mut Frame) {
    let Some(watch) = session.watch() else {
        return;
    };
    frame.queues = queues(session, &watch.metrics);
    frame.totals = totals(&watch.metrics);
    frame.latency = latency(&watch.metrics);
    frame.heatmap = heatmap(&watch.metrics.heatmap);
    frame.checks = checks(session);
}

fn trend(series: &Series) -> Vec<u64> {
    let values = series.values();
    let skip = values.len().saturating_sub(TREND);
    values.skip(skip).map(u64::from).collect()
}

/// Depths of all queues, then how far groups are behind in them.
fn queues(session: &Session, metrics: &Metrics) -> Vec<QueueRow> {
    let names = session.sim().names();
    let mut depths = Vec::new();
    let mut lags = Vec::new();
    for (number, (queue, name)) in metrics.queues.iter().zip(&names.queues).enumerate() {
        if name.internal {
            continue;
        }
        let row = QueueRow {
            name: name.short.clone(),
            queue: number,
            kind: RowKind::Depth,
            depth: queue.depth,
            trend: trend(&queue.depth_trend),
            trend_ns: TREND as u64 * INTERVAL_NS,
            in_per_s: queue.in_per_s(),
            out_per_s: queue.out_per_s(),
            oldest_ns: (queue.depth > 0).then_some(queue.oldest_ns),
        };
        for reader in &queue.readers {
            lags.push(QueueRow {
                name: format!("{} {}", names.group(reader.group), name.short),
                kind: RowKind::Lag,
                depth: reader.lag,
                trend: trend(&reader.trend),
                oldest_ns: None,
                ..row.clone()
            });
        }
        depths.push(row);
    }
    depths.extend(lags);
    depths
}

fn totals(metrics: &Metrics) -> Vec<Total> {
    let counters = &metrics.counters;
    let total = |name: &str, value: u64, bad: bool| Total {
        name: name.to_string(),
        value,
        bad,
    };
    vec![
        total("produced", counters.produced, false),
        total("delivered", counters.in_state(State::Delivered), false),
        total("in flight", counters.in_flight(), false),
        total("lost", counters.in_state(State::Lost), true),
        total("passed over", counters.passed_over, false),
        total("expired", counters.in_state(State::Expired), false),
        total("duplicated", counters.duplicated, false),
        total("reordered", counters.reordered, false),
        total("refused", counters.refused_all(), false),
    ]
}

/// Steps of the distribution in each decade.
const STEPS: usize = 16;
/// The distribution begins here, ns.
const LOWEST_NS: u64 = 1_000;
/// Decades of the distribution: to a thousand seconds.
const DECADES: usize = 9;

fn latency(metrics: &Metrics) -> Latency {
    let all = &metrics.latency.end_to_end;
    let highest = LOWEST_NS * 10u64.pow(DECADES as u32);
    let counts = all.log_buckets(LOWEST_NS, highest, STEPS * DECADES);
    let border =
        |i: usize| (LOWEST_NS as f64 * libm::pow(10.0, i as f64 / STEPS as f64)).round() as u64;
    let bins = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(i, &count)| Bin {
            low_ns: border(i),
            high_ns: border(i + 1),
            count,
        })
        .collect();
    let named = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
    Latency {
        scope: "end to end".into(),
        count: all.count(),
        percentiles: named
            .iter()
            .filter_map(|(name, share)| {
                Some(Percentile {
                    name: (*name).to_string(),
                    ns: all.quantile_ns(*share)?,
                })
            })
            .collect(),
        max_ns: all.max_ns().unwrap_or(0),
        bins,
    }
}

fn heatmap(map: &stats::Heatmap) -> Heatmap {
    let used = |row: &usize| (0..map.columns()).any(|c| map.count(c, *row) > 0);
    let first = (0..stats::HEATMAP_ROWS).find(used).unwrap_or(0);
    let last = (0..stats::HEATMAP_ROWS).rev().find(used).unwrap_or(first);
    Heatmap {
        row_low_ns: (first..=last).map(stats::Heatmap::row_from_ns).collect(),
        column_ns: map.width_ns(),
        columns: (0..map.columns())
            .map(|column| HeatColumn {
                from_ns: column as u64 * map.width_ns(),
                counts: (first..=last)
                    .map(|row| u64::from(map.count(column, row)))
                    .collect(),
            })
            .collect(),
    }
}

/// The properties that are watched; at the end what came of the scenario's expectations, then what none of them speaks of.
fn checks(session: &Session) -> Vec<CheckRow> {
    let Some(watch) = session.watch() else {
        return Vec::new();
    };
    let outcome = Outcome::of(session).filter(|_| session.is_over());
    let stated = outcome.map_or_else(Vec::new, |o| o.expectations);
    let watched = watch.checks.verdicts().map(|(property, _)| property);
    let unstated = watched.filter(|p| !stated.iter().any(|e| e.expect.property() == Some(*p)));
    stated
        .iter()
        .map(|expectation| expected(session, watch, expectation))
        .chain(unstated.map(|property| watched_property(session, watch, property)))
        .collect()
}

fn watched_property(session: &Session, watch: &Watch, property: Property) -> CheckRow {
    let stated = |e: &Expect| matches!(e, Expect::Breaks(p) if *p == property);
    let (verdict, first_broken_ns) = match watch.checks.verdict(&property) {
        Some(Verdict::Holds) => (view::Verdict::Holds, None),
        Some(Verdict::Broken(finding)) => (view::Verdict::Broken, Some(finding.at)),
        Some(Verdict::Undecided) | None => (view::Verdict::Open, None),
    };
    CheckRow {
        name: property.label(),
        verdict,
        first_broken_ns,
        count: watch.checks.findings(&property).map_or(0, |f| f.count()),
        expected_to_break: session.scenario().expect.iter().any(stated),
        ..CheckRow::default()
    }
}

fn expected(session: &Session, watch: &Watch, expectation: &Expectation) -> CheckRow {
    let property = expectation.expect.property();
    let row = property.map(|property| watched_property(session, watch, property));
    CheckRow {
        name: expectation.expect.label(),
        answer: Some(match expectation.answer {
            checks::Outcome::Met => Answer::Met,
            checks::Outcome::NotMet(_) => Answer::NotMet,
            checks::Outcome::Unknown(_) => Answer::Unknown,
        }),
        measured: expectation.remark().unwrap_or_default(),
        ..row.unwrap_or_default()
    }
}

/// How many of the scenario's expectations are met, and how many there are; none before the end.
pub(super) fn met(session: &Session) -> Option<(u32, u32)> {
    let outcome = Outcome::of(session).filter(|_| session.is_over())?;
    let all = &outcome.expectations;
    let met = all.iter().filter(|e| e.is_met()).count();
    (!all.is_empty()).then_some((met as u32, all.len() as u32))
}
