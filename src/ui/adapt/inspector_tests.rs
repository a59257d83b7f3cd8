//! What the inspector is told of real runs.

use super::*;
use crate::scenario::Files;
use crate::ui::engine::{Answer, Query, Working};
use crate::ui::view::{Came, Inspected, Inspectee, TrackValues};

/// The leader dies at four seconds and is missed at seven.
const CLUSTER: &str = r#"(
    title: "a small cluster",
    seed: 5,
    duration: "20s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing")],
    systems: [Kafka(
        name: "events", nodes: "broker", broker_session_timeout_ms: "3s", offsets_topic_num_partitions: 1,
        topics: [(name: "orders", replication_factor: 3)],
    )],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", acks: All, arrivals: Constant("50/s")),
        ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders"),
    ],
    faults: [At("4s", Crash(LeaderOf("events/orders/0")))],
    expect: [],
)"#;

fn run_to(second: u64) -> Run {
    let loaded = Loaded::from_parts("cluster", CLUSTER, &[], Files::Given(&[]));
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let mut run = Run::new(Session::new(Arc::new(loaded), Options::default()));
    go(&mut run, Until::Time(second * SECOND));
    run
}

fn go(run: &mut Run, until: Until) {
    run.leap(until);
    while run.run(until, 10_000) == Progress::More {}
}

fn ask(run: &mut Run, node: &str) -> Inspected {
    let nodes = run.frame().topology.nodes;
    let node = nodes.iter().position(|n| n.name == node).expect("a node");
    let process = None;
    run.ask(Some(&Query::Inspect(Inspectee { node, process })));
    while run.work(1000) != Working::Idle {}
    match run.answer() {
        Some(Answer::Inspected(known)) => *known,
        other => panic!("{other:?}"),
    }
}

#[test]
fn asking_leaves_the_run_as_it_is() {
    let mut run = run_to(8);
    // How far it was played is another matter.
    let here = |run: &Run| {
        let forks = Vec::new();
        let digest = run.session().sim().digest().value();
        (
            Frame {
                forks,
                ..run.frame()
            },
            digest,
        )
    };
    let before = here(&run);
    let known = ask(&mut run, "broker-2");
    assert_eq!(here(&run), before);
    assert!(known.handled.len() > 50 && known.last.is_some() && known.next_events.len() > 10);
    assert!(known.handled[0].event <= run.events());
    // To its next event and back to its last, by the numbers it gives.
    let next = known.next_events[0];
    go(&mut run, Until::Event(next));
    let then = ask(&mut run, "broker-2");
    assert_eq!(then.handled[0].event, next);
    assert_eq!(then.handled[1..10], known.handled[..9]);
    go(&mut run, Until::Event(known.handled[0].event));
    let back = ask(&mut run, "broker-2");
    assert_eq!((&back.last, &back.handled), (&known.last, &known.handled));
    go(&mut run, Until::Time(8 * SECOND));
    assert_eq!(run.session().sim().digest().value(), before.1);
    // Asked anew, it shows what was known until it is known better.
    let nodes = run.frame().topology.nodes;
    let node = nodes.iter().position(|n| n.name == "broker-2");
    let node = node.expect("a node");
    let process = None;
    run.ask(Some(&Query::Inspect(Inspectee { node, process })));
    let Some(Answer::Inspected(begun)) = run.answer() else {
        panic!("an answer");
    };
    assert_eq!(
        (&begun.handled, &begun.tracks, begun.upto),
        (&back.handled, &back.tracks, back.upto)
    );
    // Of another node nothing is known yet.
    run.ask(Some(&Query::Inspect(Inspectee { node: 0, process })));
    let Some(Answer::Inspected(other)) = run.answer() else {
        panic!("an answer");
    };
    assert!(other.handled.is_empty() && other.tracks.is_empty() && !other.parts.is_empty());
}

#[test]
fn a_failover_is_seen_from_the_inside() {
    let mut run = run_to(10);
    let nodes = run.frame().topology.nodes;
    let brokers = nodes.iter().filter(|n| n.name.starts_with("broker-"));
    let names: Vec<String> = brokers.map(|n| n.name.clone()).collect();
    let (mut led, mut dead) = (0, 0);
    for name in &names {
        let known = ask(&mut run, name);
        let broker = &known.parts[0];
        if !broker.is_alive {
            dead += 1;
            assert_eq!(known.last.as_ref().map(|l| l.row.came), Some(Came::Fault));
            assert!(known.timers.is_empty() && known.beliefs.is_empty());
            continue;
        }
        let track = known.tracks.iter().find(|t| t.name == "orders/0");
        let track = track.expect("whom it follows has changed");
        let TrackValues::Words(stretches, samples) = &track.values else {
            panic!("words: {track:?}");
        };
        assert!(stretches.len() > 1 && *samples >= 50, "{stretches:?}");
        led += usize::from(track.now == "leads");
        let belief = known
            .beliefs
            .iter()
            .find(|b| b.about == "leader of orders/0");
        let belief = belief.expect("it has a copy");
        assert!(!belief.differs && belief.truth.is_some());
        assert!(
            known
                .timers
                .iter()
                .any(|t| t.name == "heartbeat to the controller")
        );
    }
    assert_eq!((led, dead), (1, 1));
    // The clients, too, each in its own words.
    let known = ask(&mut run, "web");
    assert!(known.parts[0].rows.iter().any(|(name, _)| name == "buffer"));
    assert!(known.tracks.iter().any(|t| t.name == "acked"));
}
