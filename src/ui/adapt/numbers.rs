//! Queues, services, totals, latencies and checks of a session, from its metrics.

use crate::checks::{self, Expect, Property, Verdict};
use crate::hunt::{Expectation, Outcome, Session, Watch};
use crate::sim::call::Answer as Answered;
use crate::sim::ledger::State;
use crate::sim::names::ServiceName;
use crate::stats::{self, FlowStats, INTERVAL_NS, Metrics, Series, ServiceStats};
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
    frame.queues = services(&watch.metrics);
    frame.queues.extend(queues(session, &watch.metrics));
    frame.totals = totals(&watch.metrics);
    let mut latencies = latencies(&watch.metrics);
    (frame.latency, frame.heatmap) = latencies.remove(0);
    frame.other_latencies = latencies;
    frame.checks = checks(session);
}

fn trend(series: &Series) -> Vec<u64> {
    let values = series.values();
    let skip = values.len().saturating_sub(TREND);
    values.skip(skip).map(u64::from).collect()
}

/// What waits for each service.
fn services(metrics: &Metrics) -> Vec<QueueRow> {
    let services = metrics.services.services.iter();
    let services = services.zip(&metrics.names().services);
    let row = |(number, (service, name)): (usize, (&ServiceStats, &ServiceName))| QueueRow {
        name: name.name.clone(),
        queue: number,
        kind: RowKind::Waiting,
        depth: service.waiting.now,
        trend: trend(&service.waiting_trend),
        trend_ns: TREND as u64 * INTERVAL_NS,
        in_per_s: service.in_per_s(),
        out_per_s: service.out_per_s(),
        oldest_ns: None,
        held: Some((service.busy.now, service.threads.map(|t| t.now))),
    };
    services.enumerate().map(row).collect()
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
            held: None,
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

fn total(name: &str, value: u64, bad: bool) -> Total {
    Total {
        name: name.to_string(),
        value,
        bad,
    }
}

/// What users asked for and what became of it, if there are users; what became of messages, in short if there are.
fn totals(metrics: &Metrics) -> Vec<Total> {
    let names = metrics.names();
    let messages = || message_totals(metrics);
    if names.flows.is_empty() {
        return messages();
    }
    let mut all = request_totals(metrics);
    if names.queues.iter().any(|q| !q.internal) {
        let shown = ["produced", "delivered", "in flight"];
        let messages = messages().into_iter();
        all.extend(messages.filter(|t| shown.contains(&t.name.as_str())));
        let lost = metrics.counters.in_state(State::Lost);
        all.push(total("msgs lost", lost, true));
    }
    all
}

fn request_totals(metrics: &Metrics) -> Vec<Total> {
    let requests = &metrics.requests;
    let mut all = vec![
        total("asked", requests.sum(|f| f.asked), false),
        total("good", requests.sum(FlowStats::good), false),
        total("open", requests.sum(FlowStats::open), false),
        total("failed", requests.ended(Answered::Failed), false),
        total("rejected", requests.ended(Answered::Rejected), false),
        total("timed out", requests.ended(Answered::TimedOut), false),
    ];
    let tasks = &metrics.tasks;
    let of_tasks = [
        ("late", tasks.sum(|t| t.late), false),
        ("lost", tasks.sum(|t| t.lost), true),
        ("doubled", tasks.sum(|t| t.doubled), true),
        ("half done", tasks.sum(|t| t.half_done), true),
        ("unwanted", tasks.sum(|t| t.unwanted), true),
    ];
    let there = of_tasks.into_iter();
    all.extend(there.filter_map(|(name, value, bad)| Some(total(name, value?, bad))));
    all
}

fn message_totals(metrics: &Metrics) -> Vec<Total> {
    let counters = &metrics.counters;
    vec![
        total("produced", counters.produced, false),
        total("delivered", counters.in_state(State::Delivered), false),
        total("in flight", counters.in_flight(), false),
        total("lost", counters.in_state(State::Lost), true),
        // These are lost to a group, and so among those before.
        total("of which passed over", counters.passed_over, false),
        total("expired", counters.in_state(State::Expired), false),
        total("duplicated", counters.duplicated, false),
        total("reordered", counters.reordered, false),
        total("refused", counters.refused_all(), false),
    ]
}

/// Of requests, if there are any; of messages, if there are any or nothing else. At least one.
fn latencies(metrics: &Metrics) -> Vec<(Latency, Heatmap)> {
    let names = metrics.names();
    let mut all = Vec::new();
    if !names.flows.is_empty() {
        let requests = &metrics.requests;
        let bad = requests.sum(|f| f.answers.iter().sum::<u64>() - f.good());
        all.push((
            latency("good answers", &requests.latency, bad),
            heatmap(&requests.heatmap),
        ));
    }
    if all.is_empty() || names.queues.iter().any(|q| !q.internal) {
        let end_to_end = latency("end to end", &metrics.latency.end_to_end, 0);
        all.push((end_to_end, heatmap(&metrics.heatmap)));
    }
    if let [(first, _), (second, _)] = all.as_mut_slice() {
        first.scope = format!("of requests: {}", first.scope);
        second.scope = format!("of messages: {}", second.scope);
    }
    all
}

/// Steps of the distribution in each decade.
const STEPS: usize = 16;
/// The distribution begins here, ns.
const LOWEST_NS: u64 = 1_000;
/// Decades of the distribution: to a thousand seconds.
const DECADES: usize = 9;

fn latency(scope: &str, all: &stats::Latency, failed: u64) -> Latency {
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
        scope: scope.into(),
        count: all.count(),
        failed,
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
            .map(|column| {
                let from_ns = column as u64 * map.width_ns();
                HeatColumn {
                    from_ns,
                    counts: (first..=last)
                        .map(|row| u64::from(map.count(column, row)))
                        .collect(),
                    failed: map.failed_between(from_ns..from_ns + map.width_ns()),
                }
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
        Some(Verdict::Undecided(_)) | None => (view::Verdict::Open, None),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SECOND;
    use crate::sim::call::Answer as Answered;
    use crate::stats::calls_tests::{PAY_1, PAY_2, Run, order};

    fn values(metrics: &Metrics) -> Vec<(String, u64)> {
        totals(metrics)
            .into_iter()
            .map(|t| (t.name, t.value))
            .collect()
    }

    #[test]
    fn a_run_of_requests_shows_services_and_requests() {
        let mut run = Run::new();
        for number in 0..4 {
            run.ask(0, order(number));
        }
        run.load(0, PAY_1, 3, 4).load(0, PAY_2, 1, 2);
        run.effect(1, order(0), 0)
            .effect(1, order(0), 1)
            .effect(2, order(0), 0);
        run.answer(1_000_000, order(0), Answered::Ok, 1_000_000)
            .answer(1_000_000, order(1), Answered::Failed, 1_000_000)
            .answer(SECOND, order(2), Answered::TimedOut, SECOND)
            .finish(2 * SECOND);
        let rows = services(&run.metrics);
        assert_eq!(rows[0].name, "payment");
        assert_eq!((rows[0].depth, rows[0].held), (4, Some((6, Some(8)))));
        assert_eq!(rows[1].held, Some((0, None)), "the cache has no limit");
        // A setting that is changed in the run counts.
        let service = crate::stats::calls_tests::PAY;
        let room = crate::sim::call::CallFact::Room {
            service,
            was: 4,
            is: 1,
        };
        run.call(2 * SECOND, PAY_1, room);
        let rows = services(&run.metrics);
        assert_eq!(rows[0].held, Some((6, Some(5))));
        let totals = values(&run.metrics);
        let shown = [
            ("asked", 4),
            ("good", 1),
            ("open", 1),
            ("failed", 1),
            ("timed out", 1),
            ("doubled", 1),
        ];
        for (name, value) in shown {
            assert!(
                totals.contains(&(name.into(), value)),
                "{name} in {totals:?}"
            );
        }
        assert!(!totals.iter().any(|t| t.0 == "produced"), "no messages");
        let latencies = latencies(&run.metrics);
        assert_eq!(latencies.len(), 1);
        let (latency, map) = &latencies[0];
        assert_eq!(
            (latency.scope.as_str(), latency.count, latency.failed),
            ("good answers", 1, 2)
        );
        assert_eq!(map.columns.iter().map(|c| c.failed).sum::<u64>(), 2);
        assert_eq!(map.columns[0].failed, 1, "one at a millisecond");
    }

    #[test]
    fn a_run_of_messages_shows_messages() {
        let metrics = Metrics::new(&crate::sim::ledger::script::names(1));
        assert_eq!(values(&metrics)[0].0, "produced");
        let latencies = latencies(&metrics);
        assert_eq!(latencies.len(), 1);
        assert_eq!(latencies[0].0.scope, "end to end");
    }
}
