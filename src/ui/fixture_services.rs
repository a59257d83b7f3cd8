//! The same for a run of services: a shop in five layers, whose payment is slow, so that a breaker opened.

use super::fixture::{self, edge, event, node, queue, span, total};
use super::view::*;

fn topology() -> Topology {
    use NodeState::{Slow, Up};
    let one = |name: &str, layer, lines: &[&str]| {
        let group = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
        NodeCard {
            zone: String::new(),
            ..node(name, group, layer, Up, Rank::Member, lines)
        }
    };
    let mut nodes = vec![
        one("users-1", 0, &["40/s"]),
        one("gateway-1", 1, &["12 busy", "0 wait"]),
        one("gateway-2", 1, &["11 busy", "0 wait"]),
        one("orders-1", 2, &["32 busy", "118 wait"]),
        one("payment-1", 3, &["8 busy", "64 wait"]),
        one("payment-2", 3, &["8 busy", "61 wait"]),
        one("drivers-1", 3, &["2 busy", "0 wait"]),
        one("ledger-1", 4, &["20 of 20 held"]),
    ];
    nodes[4].state = Slow { factor: 10.0 };
    let mut edges = vec![
        edge(0, 1, 20.0),
        edge(0, 2, 20.0),
        edge(1, 3, 20.0),
        edge(2, 3, 20.0),
        edge(3, 4, 9.0),
        edge(3, 5, 31.0),
        edge(3, 6, 40.0),
        edge(4, 7, 2.0),
        edge(5, 7, 14.0),
    ];
    edges[4].impaired = true;
    let titles = ["users", "services", "services", "services", "databases"];
    Topology {
        nodes,
        edges,
        layer_titles: titles.map(String::from).to_vec(),
    }
}

fn services() -> Vec<QueueRow> {
    let service = |name: &str, waiting, trend: &[u64], rates, held| QueueRow {
        kind: RowKind::Waiting,
        held: Some(held),
        ..queue(name, waiting, trend, rates, 0)
    };
    let rising = [0, 0, 2, 9, 20, 31, 44, 60, 79, 92, 104, 118];
    let mut rows = vec![
        service(
            "gateway",
            0,
            &[0, 0, 1, 0, 0, 0],
            (40.0, 40.0),
            (23, Some(64)),
        ),
        service("orders", 118, &rising, (40.0, 31.0), (32, Some(32))),
        service("payment", 125, &rising, (58.0, 16.0), (16, Some(16))),
        service("drivers", 0, &[0, 0, 0], (40.0, 40.0), (2, Some(8))),
        service(
            "ledger pool",
            9,
            &[0, 3, 7, 9],
            (16.0, 16.0),
            (20, Some(20)),
        ),
        service("ledger", 1, &[0, 1, 0, 1], (16.0, 16.0), (4, None)),
    ];
    for (number, row) in rows.iter_mut().enumerate() {
        row.queue = number;
    }
    rows
}

fn heatmap() -> Heatmap {
    let mut map = fixture::frame().heatmap;
    for (x, column) in (0..).zip(&mut map.columns) {
        column.failed = match x {
            60 => 1,
            105..110 => 60,
            110.. => 900,
            _ => 0,
        };
    }
    map
}

/// A run of services alone.
pub(crate) fn shop() -> Frame {
    let base = fixture::frame();
    let bad = |name, value| total(name, value, true);
    let events = vec![
        event(
            12_100,
            31_000,
            "orders-1",
            MarkKind::Cut,
            ["BREAKER", "open: payment is not called", "#30990"],
        ),
        event(
            11_000,
            28_000,
            "orders-1",
            MarkKind::Alert,
            ["UNHEALTHY", "payment-1 of payment is not called", "#27990"],
        ),
        event(
            10_400,
            26_020,
            "payment-1",
            MarkKind::Fault,
            ["SLOW", "serves 10 times slower", "line 14"],
        ),
        event(
            6_000,
            14_000,
            "gateway",
            MarkKind::Heal,
            ["SCALE", "1 to 2 replicas", "#13990"],
        ),
    ];
    let marks = events.iter().rev().map(|e| TimelineMark {
        at_ns: e.at_ns,
        event: e.event,
        kind: e.kind,
    });
    let lane = |name: &str, spans| Lane {
        name: name.into(),
        spans,
    };
    let timeline = Timeline {
        marks: marks.collect(),
        lanes: vec![
            lane(
                "faults",
                vec![span(10_400, None, "slow payment-1", MarkKind::Alert)],
            ),
            lane(
                "breaker payment",
                vec![
                    span(3_000, Some(4_000), "open", MarkKind::Cut),
                    span(4_000, Some(4_500), "half open", MarkKind::Alert),
                    span(12_100, None, "open", MarkKind::Cut),
                ],
            ),
            lane(
                "gateway replicas",
                vec![
                    span(0, Some(6_000), "1", MarkKind::Note),
                    span(6_000, None, "2", MarkKind::Heal),
                ],
            ),
        ],
    };
    Frame {
        header: Header {
            scenario: "payment-slow".into(),
            faults: 1,
            findings: 0,
            ..base.header
        },
        forks: Vec::new(),
        breaks: Vec::new(),
        topology: topology(),
        queues: services(),
        totals: vec![
            total("asked", 499, false),
            total("good", 301, false),
            total("open", 84, false),
            total("failed", 12, false),
            total("rejected", 41, false),
            total("timed out", 61, false),
            total("late", 22, false),
            bad("lost", 0),
            bad("doubled", 7),
            bad("half done", 19),
            bad("unwanted", 0),
        ],
        latency: Latency {
            scope: "good answers".into(),
            failed: 114,
            ..base.latency
        },
        heatmap: heatmap(),
        checks: vec![CheckRow {
            name: "recovers within 15s".into(),
            verdict: Verdict::Open,
            ..CheckRow::default()
        }],
        timeline,
        events,
        other_latencies: Vec::new(),
    }
}

/// The same driven by events: what waits is in queues, and messages are measured too.
pub(crate) fn shop_by_events() -> Frame {
    let messages = fixture::frame();
    let mut frame = shop();
    frame.queues.truncate(3);
    frame.queues.extend(messages.queues);
    let message_totals = [
        ("produced", 1_204, false),
        ("delivered", 1_020, false),
        ("in flight", 184, false),
        ("msgs lost", 0, true),
    ];
    frame
        .totals
        .extend(message_totals.map(|(name, value, bad)| total(name, value, bad)));
    frame.latency.scope = "of requests: good answers".into();
    let of_messages = Latency {
        scope: "of messages: end to end".into(),
        ..messages.latency
    };
    frame.other_latencies = vec![(of_messages, messages.heatmap)];
    frame
}
