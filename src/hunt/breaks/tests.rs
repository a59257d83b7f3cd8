//! Where breakpoints stop a run, held against all records of a straight run.

use std::sync::Arc;

use super::*;
use crate::hunt::{Loaded, Options, Session, Watch};
use crate::scenario::{Files, library};
use crate::sim::{Fact, Observer, Played, Record, SECOND};
use crate::trace::marks::describe;

/// Three brokers of which the leader dies, comes back, and another is frozen for a while.
const TEXT: &str = r#"(
    title: "a small cluster", about: "for breakpoints", seed: 5, duration: "20s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing")],
    network: (latency: Constant("500us")),
    systems: [Kafka(
        name: "events", nodes: "broker", broker_session_timeout_ms: "3s", offsets_topic_num_partitions: 1,
        topics: [(name: "orders", replication_factor: 3, min_insync_replicas: 1)],
    )],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", acks: All, arrivals: Constant("50/s")),
        ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders"),
    ],
    faults: [
        At("4s", Crash(LeaderOf("events/orders/0"))),
        At("9s", Restart(All)),
        During("12s", "14s", Pause("broker-2")),
    ],
    expect: [],
)"#;

fn session() -> Session {
    let loaded = Loaded::from_parts("small", TEXT, &[], Files::Given(&[]));
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    Session::new(Arc::new(loaded), Options::default())
}

fn breaks(texts: &[&str], session: &Session) -> Breaks {
    let mut breaks = Breaks::default();
    for text in texts {
        let at = parse(text, session).unwrap_or_else(|why| panic!("{text}: {why:?}"));
        breaks.add(text, at);
    }
    breaks
}

/// All records of a run.
#[derive(Default)]
struct All(Vec<Record>);

impl Observer for All {
    fn record(&mut self, record: &Record) {
        self.0.push(*record);
    }
}

fn records() -> Vec<Record> {
    let mut all = All::default();
    let mut run = session();
    while run.advance_with(u64::MAX, 10_000, &mut all) {}
    all.0
}

/// Lets a run go on to its end or to a breakpoint, event by event.
fn go_on(run: &mut Session, breaks: &Breaks) -> Option<Vec<Hit>> {
    let mut guard = Guard::new(breaks, run);
    loop {
        let more = run.advance_with(u64::MAX, 1, &mut guard);
        let hits = guard.look(run.watch());
        if hits.is_some() || !more {
            return hits;
        }
    }
}

/// The same in portions.
fn go_on_in_portions(run: &mut Session, breaks: &Breaks) -> Option<Vec<Hit>> {
    let mut guard = Guard::new(breaks, run);
    loop {
        let mut hits = None;
        let mut stops = |watch: Option<&Watch>, guard: &mut Guard<'_>| {
            hits = guard.look(watch);
            hits.is_some()
        };
        let played = run.advance_until(u64::MAX, 1000, &mut guard, &mut stops);
        let is_over = played == Played::Over;
        if hits.is_some() || is_over {
            return hits.or_else(|| guard.look(run.watch()));
        }
    }
}

/// The events after which a run stops, when it goes on each time.
fn stops(text: &str) -> Vec<u64> {
    let mut run = session();
    let breaks = breaks(&[text], &run);
    let mut events = Vec::new();
    while go_on(&mut run, &breaks).is_some() {
        events.push(run.sim().events());
    }
    let mut straight = session();
    straight.run();
    let digest = |run: &Session| run.sim().digest().value();
    assert_eq!(digest(&run), digest(&straight), "stopping changes nothing");
    let mut run = session();
    let mut in_portions = Vec::new();
    while go_on_in_portions(&mut run, &breaks).is_some() {
        in_portions.push(run.sim().events());
    }
    assert_eq!(in_portions, events, "{text}");
    assert_eq!(digest(&run), digest(&straight), "nor does it in portions");
    events
}

/// The events of the records that somebody means, each once.
fn events(is_meant: impl Fn(&Record) -> bool) -> Vec<u64> {
    let records = records();
    let mut events: Vec<u64> = records
        .iter()
        .filter(|r| is_meant(r))
        .map(|r| r.event)
        .collect();
    events.dedup();
    assert!(!events.is_empty());
    events
}

#[test]
fn a_run_stops_exactly_after_each_mark_of_a_kind() {
    let crashes = events(|r| matches!(r.fact, Fact::Crashed { .. }));
    assert_eq!(stops("mark crash"), crashes);
    assert_eq!(stops("MARK Crash broker"), crashes);
    assert!(stops("mark crash billing").is_empty());
    let names = Arc::clone(session().sim().names());
    let elections = events(|r| {
        matches!(r.fact, Fact::Elected { queue, epoch, .. }
            if epoch > 0 && !names.queues[queue.index()].internal)
    });
    assert_eq!(stops("mark election orders/0"), elections);
    let fenced = events(|r| describe(r, &names).word == "FENCED");
    assert_eq!(stops("mark fenced"), fenced, "a system's own word");
    assert!(stops("mark").len() > crashes.len() + elections.len());
}

#[test]
fn a_run_stops_at_all_that_a_record_says_and_at_all_of_a_node() {
    let run = session();
    let names = Arc::clone(run.sim().names());
    let says = |r: &Record| {
        let line = describe(r, &names);
        line.word == "SEND" && line.text.contains("orders/0")
    };
    assert_eq!(stops("record send orders/0"), events(says));
    let node = names
        .nodes
        .iter()
        .position(|n| n.name == "broker-2")
        .expect("a node");
    let is_of = |r: &Record| {
        let of_process = names.processes.get(r.pid.index()).map(|p| p.node.index());
        let of_pause = match r.fact {
            Fact::Paused { node } | Fact::Resumed { node } => Some(node.index()),
            Fact::FaultBegan { node, .. } => node.map(|n| n.index()),
            _ => None,
        };
        of_process == Some(node) || of_pause == Some(node)
    };
    assert_eq!(stops("node broker-2"), events(is_of));
}

#[test]
fn a_run_stops_once_where_a_metric_comes_over_its_limit() {
    // The event of the 101st message.
    let mut count = 0;
    let sent = records();
    let sent = sent.iter().find(|r| {
        if let Fact::Produced { span, .. } = r.fact {
            count += span.count;
        }
        count > 100
    });
    let event = sent.expect("so many are sent").event;
    assert_eq!(stops("metric messages.produced > 100"), [event]);
    // It is under that from the beginning, and never comes there again.
    assert!(stops("metric messages.produced < 100").is_empty());
    // What comes back goes over it again: the consumer cannot read while nobody leads.
    let waits = stops("metric queue.orders/0.depth > 2");
    assert!(waits.len() > 1, "{waits:?}");
    let mut run = session();
    run.advance(u64::MAX, waits[1]);
    let depth = |run: &Session| {
        let watch = run.watch().expect("watched");
        watch
            .metrics
            .metric("queue.events/orders/0.depth.now")
            .expect("known")
            .value
    };
    assert!(depth(&run) > 2.0);
    let mut before = session();
    before.advance(u64::MAX, waits[1] - 1);
    assert!(depth(&before) <= 2.0, "not one event too late");
}

#[test]
fn a_run_stops_exactly_where_a_finding_is_made() {
    let built_in = library::find("acks-one-leader-crash").expect("built in");
    let loaded = Loaded::from_parts(built_in.name, built_in.text, &[], Files::Given(&[]));
    let mut run = Session::new(
        Arc::new(loaded.expect("a good scenario")),
        Options::default(),
    );
    let all = breaks(
        &[
            "finding",
            "finding no such property",
            "finding acknowledged",
        ],
        &run,
    );
    let hits = go_on(&mut run, &all).expect("it breaks");
    let at: Vec<usize> = hits.iter().map(|hit| hit.at).collect();
    assert_eq!(at, [0, 2]);
    let findings = |run: &Session| run.watch().map_or(0, |w| w.checks.count());
    assert!(findings(&run) > 0);
    let mut before = run.beginning();
    before.advance(u64::MAX, run.sim().events() - 1);
    assert_eq!(findings(&before), 0);
}

#[test]
fn breakpoints_that_are_off_stop_nothing_and_several_are_told_at_once() {
    let mut run = session();
    let mut both = breaks(&["mark crash", "mark fault", "node broker-1"], &run);
    both.turn(2);
    let hits = go_on(&mut run, &both).expect("a crash");
    assert_eq!(run.sim().now(), 4 * SECOND);
    let at: Vec<usize> = hits.iter().map(|hit| hit.at).collect();
    assert_eq!(at, [1, 0], "the fault, and then the crash, of one event");
    both.count(&hits, run.sim().now(), run.sim().events());
    let counts: Vec<u64> = both.list().iter().map(|b| b.hits).collect();
    assert_eq!(counts, [1, 1, 0]);
    both.turn(0);
    both.remove(1);
    assert!(!both.any_on());
    assert!(both.turn(9).is_none() && both.remove(9).is_none());
}

#[test]
fn what_was_meant_is_said() {
    let run = session();
    for (text, what, help) in [
        ("", "says what to stop at", "mark crash"),
        (
            "marc crash",
            "does not begin with `marc`",
            "did you mean `mark`?",
        ),
        ("wibble", "does not begin with `wibble`", "node broker-1"),
        (
            "mark elction",
            "no mark `elction`",
            "did you mean `mark election`?",
        ),
        ("mark wibble", "no mark `wibble`", "breaker"),
        ("node", "which node", "node broker-1"),
        (
            "node broker1",
            "no node `broker1`",
            "did you mean `node broker-1`?",
        ),
        ("node wibble", "no node `wibble`", "dashboard"),
        ("record", "of what", "record SEND"),
        ("metric depth.now", "over or under a limit", "> LIMIT"),
        (
            "metric dept.now > 5",
            "no metric `dept.now`",
            "did you mean `depth.now`?",
        ),
        ("metric wibble > 5", "no metric `wibble`", "docs/metrics.md"),
        (
            "metric depth.now > 5s",
            "not measured in that",
            "depth.now > 1000",
        ),
        (
            "metric latency.end_to_end.p99 > 5",
            "not measured in that",
            "> 15s",
        ),
        ("metric depth.now >= 5", "over or under", "without ="),
    ] {
        let Err(why) = parse(text, &run) else {
            panic!("{text} means something");
        };
        assert!(why[0].contains(what), "{text}: {why:?}");
        assert!(why[1].contains(help), "{text}: {why:?}");
    }
    for text in ["metric depth.now > x", "metric depth.now >", "metric > 5"] {
        assert!(parse(text, &run).is_err(), "{text}");
    }
    let set = parse("node broker", &run);
    assert!(matches!(set, Ok(Break::Node(nodes)) if nodes.len() == 3));
}
