//! A run that is not one, for tests of the screens: the moment of the sketches in which a new leader was just found.

use super::engine::{Engine, Progress, Until};
use super::model::{Model, Playback};
use super::picker::Entry;
use super::preview::{self, Live};
use super::style::Look;
use super::view::*;

const MS: u64 = 1_000_000;

pub(crate) fn model(width: u16, height: u16) -> Model {
    let mut model = Model::new(frame(), Look::default(), 5.0);
    model.size = (width, height);
    model
}

pub(super) fn node(
    name: &str,
    group: &str,
    layer: u8,
    state: NodeState,
    rank: Rank,
    lines: &[&str],
) -> NodeCard {
    NodeCard {
        name: name.into(),
        group: group.into(),
        zone: if group == "broker" {
            name.replace("broker-", "z")
        } else {
            String::new()
        },
        state,
        rank,
        lines: lines.iter().map(ToString::to_string).collect(),
        layer: Some(layer),
    }
}

pub(super) fn edge(from: usize, to: usize, per_s: f64) -> Edge {
    Edge {
        from,
        to,
        per_s,
        ..Edge::default()
    }
}

fn topology() -> Topology {
    use NodeState::{Down, Slow, Up};
    let down = Down {
        since_ns: 10_400 * MS,
    };
    let mut edges = vec![
        edge(0, 2, 0.0),
        edge(0, 3, 120.0),
        edge(1, 3, 80.0),
        edge(3, 4, 150.0),
        edge(4, 3, 20.0),
        edge(3, 5, 96.0),
        edge(3, 6, 41.0),
    ];
    edges[0].cut = true;
    edges[6].impaired = true;
    Topology {
        nodes: vec![
            node("web-1", "web", 0, Up, Rank::Member, &["120/s"]),
            node("web-2", "web", 0, Up, Rank::Member, &["80/s"]),
            node("broker-1", "broker", 1, down, Rank::Member, &[]),
            node(
                "broker-2",
                "broker",
                1,
                Up,
                Rank::Leader,
                &["leads 0 1 2", "epoch 4"],
            ),
            node("broker-3", "broker", 1, Up, Rank::Member, &["lag 12"]),
            node("billing-1", "billing", 2, Up, Rank::Member, &["96/s"]),
            node(
                "billing-2",
                "billing",
                2,
                Slow { factor: 4.0 },
                Rank::Member,
                &["41/s"],
            ),
        ],
        edges,
        layer_titles: vec!["producers".into(), "brokers".into(), "consumers".into()],
    }
}

pub(super) fn queue(
    name: &str,
    depth: u64,
    trend: &[u64],
    rates: (f64, f64),
    oldest_ms: u64,
) -> QueueRow {
    QueueRow {
        name: name.into(),
        queue: 0,
        kind: RowKind::Depth,
        depth,
        trend: trend.to_vec(),
        trend_ns: 10_000 * MS,
        in_per_s: rates.0,
        out_per_s: rates.1,
        oldest_ns: (oldest_ms > 0).then_some(oldest_ms * MS),
        held: None,
    }
}

fn queues() -> Vec<QueueRow> {
    let mut rows = vec![
        queue(
            "orders/0",
            812,
            &[20, 22, 19, 30, 60, 120, 210, 330, 450, 590, 700, 812],
            (118.0, 61.0),
            6_900,
        ),
        queue(
            "orders/1",
            44,
            &[40, 38, 22, 20, 37, 44, 21, 39, 41, 38, 40, 44],
            (40.0, 41.0),
            300,
        ),
        queue(
            "orders/2",
            39,
            &[20, 41, 22, 38, 20, 42, 61, 38, 20, 41, 20, 39],
            (42.0, 42.0),
            200,
        ),
        queue(
            "orders.dlq/0",
            3,
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3],
            (1.0, 0.0),
            2_000,
        ),
    ];
    let mut lag = queue(
        "invoices orders/0",
        640,
        &[0, 0, 0, 10, 40, 640],
        (118.0, 61.0),
        0,
    );
    lag.kind = RowKind::Lag;
    for (number, row) in rows.iter_mut().enumerate() {
        row.queue = number;
    }
    rows.push(lag);
    rows
}

pub(super) fn total(name: &str, value: u64, bad: bool) -> Total {
    Total {
        name: name.into(),
        value,
        bad,
    }
}

pub(super) fn event(
    at_ms: u64,
    number: u64,
    subject: &str,
    kind: MarkKind,
    texts: [&str; 3],
) -> EventLine {
    EventLine {
        at_ns: at_ms * MS,
        event: number,
        subject: subject.into(),
        kind,
        word: texts[0].into(),
        text: texts[1].into(),
        cause: texts[2].into(),
        detail: String::new(),
    }
}

fn events() -> Vec<EventLine> {
    vec![
        event(
            12_480,
            31_880,
            "broker-2",
            MarkKind::Leader,
            [
                "LEADER",
                "epoch 3→4 of orders/0, 2.08s without a leader",
                "#31877",
            ],
        ),
        event(
            11_902,
            30_115,
            "billing-1",
            MarkKind::Finding,
            ["ORDER", "orders/0 key=u17 saw 88 after 90", "#30112"],
        ),
        event(
            10_400,
            26_020,
            "broker-1",
            MarkKind::Fault,
            [
                "CRASH",
                "process died, 812 unacknowledged in memory",
                "line 14",
            ],
        ),
        event(
            10_100,
            25_100,
            "web-1╳broker-1",
            MarkKind::Cut,
            [
                "CUT",
                "link drops everything until it heals at 15s",
                "line 12",
            ],
        ),
        event(
            4_000,
            9_000,
            "billing-2",
            MarkKind::Alert,
            ["SLOW", "serves 4 times slower", "line 11"],
        ),
        event(
            50,
            120,
            "invoices",
            MarkKind::Note,
            [
                "REBALANCED",
                "generation 1: billing-1 has 0 1, billing-2 has 2",
                "#90",
            ],
        ),
    ]
}

fn latency() -> Latency {
    let counts = [
        2, 11, 70, 390, 540, 410, 190, 80, 30, 9, 4, 1, 0, 0, 3, 20, 60, 140, 180, 61,
    ];
    let mut low = 2 * MS;
    let mut bins = Vec::new();
    for count in counts {
        let high = low * 3 / 2;
        bins.push(Bin {
            low_ns: low,
            high_ns: high,
            count,
        });
        low = high;
    }
    let p = |name: &str, ms: u64| Percentile {
        name: name.into(),
        ns: ms * MS,
    };
    Latency {
        scope: "end to end".into(),
        count: counts.iter().sum(),
        failed: 0,
        percentiles: vec![
            p("p50", 18),
            p("p90", 61),
            p("p99", 2_400),
            p("p99.9", 4_800),
        ],
        max_ns: 5_100 * MS,
        bins,
    }
}

fn heatmap() -> Heatmap {
    // Ten rows to a decade, from a millisecond.
    let row_low_ns: Vec<u64> = (0..40)
        .map(|r| (libm::pow(10.0, f64::from(r) / 10.0) * MS as f64) as u64)
        .collect();
    let columns = (0..125u64)
        .map(|x| {
            let mut counts = vec![0; 40];
            for (row, count) in [
                (7, 2),
                (8, 5),
                (9, 9),
                (10, 20),
                (11, 24),
                (12, 14),
                (13, 8),
                (14, 3),
            ] {
                counts[row] = count + (x * 7 + row as u64 * 3) % 4;
            }
            if x > 104 {
                let high = ((x - 104) as usize * 5 / 4).min(22);
                for row in 0..4 {
                    counts[13 + high + row] += [3, 9, 6, 1][row];
                }
                counts[10..13].fill(2);
            }
            HeatColumn {
                from_ns: x * 100 * MS,
                counts,
                failed: 0,
            }
        })
        .collect();
    Heatmap {
        row_low_ns,
        column_ns: 100 * MS,
        columns,
    }
}

pub(super) fn span(from_ms: u64, to_ms: Option<u64>, label: &str, kind: MarkKind) -> LaneSpan {
    LaneSpan {
        from_ns: from_ms * MS,
        to_ns: to_ms.map(|ms| ms * MS),
        label: label.into(),
        kind,
    }
}

fn timeline() -> Timeline {
    let marks = events()
        .iter()
        .rev()
        .map(|e| TimelineMark {
            at_ns: e.at_ns,
            event: e.event,
            kind: e.kind,
        })
        .collect();
    Timeline {
        marks,
        lanes: vec![
            Lane {
                name: "leader orders/0".into(),
                spans: vec![
                    span(0, Some(10_400), "broker-1", MarkKind::Leader),
                    span(12_480, None, "broker-2", MarkKind::Leader),
                ],
            },
            Lane {
                name: "faults".into(),
                spans: vec![
                    span(4_000, Some(10_000), "slow", MarkKind::Alert),
                    span(10_100, None, "cut", MarkKind::Cut),
                ],
            },
        ],
    }
}

pub(crate) fn frame() -> Frame {
    let check = |name: &str, verdict, first: Option<u64>| CheckRow {
        name: name.into(),
        verdict,
        first_broken_ns: first,
        count: u64::from(first.is_some()) * 3,
        expected_to_break: false,
        ..CheckRow::default()
    };
    Frame {
        header: Header {
            scenario: "partition-failover".into(),
            seed: 42,
            now_ns: 12_480 * MS,
            end_ns: 30_000 * MS,
            events: 31_880,
            digest: "7f3a91c2".into(),
            faults: 2,
            findings: 1,
            met: None,
        },
        topology: topology(),
        queues: queues(),
        totals: vec![
            total("sent", 2_406, false),
            total("delivered", 2_201, false),
            total("lost", 17, true),
            total("duplicated", 42, false),
            total("reordered", 11, false),
            total("in flight", 188, false),
        ],
        latency: latency(),
        heatmap: heatmap(),
        other_latencies: Vec::new(),
        events: events(),
        checks: vec![
            check("no loss of acknowledged writes", Verdict::Holds, None),
            check("one leader per epoch", Verdict::Holds, None),
            check("order per key", Verdict::Broken, Some(11_902 * MS)),
            check("recovers within 15s", Verdict::Open, None),
        ],
        forks: Vec::new(),
        breaks: Vec::new(),
        timeline: timeline(),
    }
}

/// A frame with this many nodes in three layers, some of them in trouble, and as many queues.
pub(crate) fn crowd(count: usize) -> Frame {
    let mut frame = frame();
    let third = count / 3;
    let mut nodes = Vec::new();
    for i in 0..count {
        let layer = if i < third {
            0
        } else {
            u8::from(i >= 2 * third) + 1
        };
        let group = ["web", "broker", "billing"][usize::from(layer)];
        let state = match i % 17 {
            5 => NodeState::Down {
                since_ns: 9_000 * MS,
            },
            11 => NodeState::Slow { factor: 10.0 },
            _ => NodeState::Up,
        };
        nodes.push(NodeCard {
            zone: ["a", "b", "c"][i % 3].into(),
            ..node(
                &format!("{group}-{i}"),
                group,
                layer,
                state,
                Rank::Member,
                &["works"],
            )
        });
    }
    let mut edges = Vec::new();
    for i in 0..third {
        for k in 0..3 {
            edges.push(edge(i, third + (i * 7 + k) % third, 40.0));
            edges.push(edge(third + (i + k) % third, 2 * third + i, 30.0));
        }
    }
    frame.topology.nodes = nodes;
    frame.topology.edges = edges;
    frame.queues = (0..count)
        .map(|i| {
            queue(
                &format!("orders/{i}"),
                i as u64 * 3,
                &[1, 2, 3],
                (1.0, 1.0),
                100,
            )
        })
        .collect();
    frame
}

pub(crate) fn entries() -> Vec<Entry> {
    let entry = |group: &str, name: &str, title: &str| {
        Entry {
        name: name.into(),
        group: group.into(),
        title: title.into(),
        preview: vec![
            "2 web, 3 broker, 2 billing".into(),
            "6 partitions of events/orders, replication factor 3".into(),
            String::new(),
            "20s  crash of the leader of orders/0".into(),
            "40s  everything restarts".into(),
            String::new(),
            "With acks=1 the leader answers before a follower has the record. What it alone held dies with it.".into(),
        ],
        seed: 42,
        plays_from_ns: Some(15_000 * MS),
        error: None,
    }
    };
    let mut mine = entry("YOURS  ./scenarios", "mine.ron", "");
    mine.error = Some("14:21 there is no node b7: did you mean b1?".into());
    mine.preview.clear();
    mine.plays_from_ns = None;
    vec![
        entry("START HERE", "hello-queue", "one in, one out"),
        entry("START HERE", "slow-consumer", "a queue that grows"),
        entry("FAILURE", "partition-failover", "a leader is cut off"),
        entry("FAILURE", "retry-storm", "retries make it worse"),
        entry("FAILURE", "gray-failure", "slow, not dead"),
        entry("DELIVERY", "at-least-once", "why duplicates happen"),
        entry("DELIVERY", "lost-ack", "acked, then gone"),
        mine,
    ]
}

/// A run that plays in the picker.
pub(crate) fn live() -> Live {
    Live {
        frame: frame(),
        playback: Playback {
            speed: preview::SPEED,
            ..model(80, 24).playback
        },
    }
}

/// A run in which every event takes a millisecond and every hundredth makes a mark.
pub(crate) struct Fake {
    pub(crate) seed: u64,
    pub(crate) events: u64,
    /// Where it stood before it went anywhere.
    held: u64,
}

impl Fake {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            events: 0,
            held: 0,
        }
    }
}

impl Engine for Fake {
    fn run(&mut self, until: Until, events_max: u32) -> Progress {
        for _ in 0..events_max {
            if let Until::Time(ns) = until
                && (self.events + 1) * MS > ns
            {
                return if ns >= self.end_ns() {
                    Progress::Ended
                } else {
                    Progress::Reached
                };
            }
            if self.now_ns() >= self.end_ns() {
                return Progress::Ended;
            }
            self.events += 1;
            match until {
                Until::Event(n) if self.events >= n => return Progress::Reached,
                Until::NextMark if self.events.is_multiple_of(100) => return Progress::Reached,
                _ => {}
            }
        }
        Progress::More
    }

    fn leap(&mut self, until: Until) {
        let is_behind = match until {
            Until::Time(ns) => ns < self.now_ns(),
            Until::Event(event) => event < self.events,
            Until::NextMark => false,
        };
        if is_behind {
            self.events = 0;
        }
    }

    fn hold(&mut self) {
        self.held = self.events;
    }

    fn cancel(&mut self) {
        self.events = self.held;
    }

    fn restart(&mut self, seed: u64) {
        (self.seed, self.events) = (seed, 0);
    }

    fn now_ns(&self) -> u64 {
        self.events * MS
    }

    fn events(&self) -> u64 {
        self.events
    }

    fn end_ns(&self) -> u64 {
        30_000 * MS
    }

    fn frame(&self) -> Frame {
        let mut frame = frame();
        frame.header.seed = self.seed;
        frame.header.events = self.events;
        frame.header.now_ns = self.now_ns();
        frame
    }
}
