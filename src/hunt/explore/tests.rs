//! What every schedule keeps to, whatever chance made it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::schedule::Schedule;
use super::space::Space;
use super::{Options, swarm, waves};
use crate::hunt::{Loaded, Session};
use crate::sim::stream::Stream;

const TEXT: &str = r#"(
    title: "t", duration: "40s",
    nodes: [(name: "broker", count: 3, zones: ["a", "b"]), (name: "web", count: 5), (name: "worker")],
    systems: [Kafka(name: "k", nodes: "broker", topics: [(name: "t", partitions: 2, replication_factor: 3)])],
    workloads: [Producer(name: "p", nodes: "web", to: "k/t", arrivals: Poisson("9/s")), ConsumerGroup(name: "g", nodes: "worker", from: "k/t", service_time: Constant("1ms"))],
)"#;

fn loaded() -> Loaded {
    let loaded = Loaded::from_text("t.ron", TEXT, &[]);
    loaded.unwrap_or_else(|document| panic!("{}", document.render(false)))
}

fn session() -> Session {
    Session::new(Arc::new(loaded()), crate::hunt::Options::default())
}

fn space(options: &Options, restarts: bool) -> Space {
    Space::new(&session(), options, 0, restarts).expect("there is something to strike")
}

fn keeps_to_it(schedule: &Schedule, space: &Space, options: &Options) {
    let texts = schedule.texts();
    assert!(
        (1..=options.faults_max).contains(&schedule.faults()),
        "{texts:?}"
    );
    assert!(schedule.width() <= options.at_once, "{texts:?}");
    for pair in schedule.entries.windows(2) {
        assert!(pair[0].at_ns < pair[1].at_ns, "{texts:?}");
    }
    for entry in &schedule.entries {
        assert!(entry.at_ns >= space.from_ns, "{texts:?}");
        let is_last = entry.strike.mends || entry.end_ns() <= space.heal_ns;
        assert!(is_last, "{texts:?} after {}", space.heal_ns);
    }
}

#[test]
fn schedules_by_chance_keep_to_the_limits_and_can_stand_in_the_scenario() {
    let options = Options {
        jobs: NonZeroUsize::MIN,
        faults_max: 3,
        at_once: 2,
        ..Options::default()
    };
    let mut space = space(&options, false);
    let mut stream = Stream::named(3, "test", "swarm");
    let mut kinds = std::collections::BTreeSet::new();
    let loaded = loaded();
    for round in 0..300 {
        let schedule = swarm::schedule(&mut space, &mut stream).expect("a schedule");
        keeps_to_it(&schedule, &space, &options);
        kinds.extend(schedule.kinds());
        if round % 30 == 0 {
            let read = loaded.with_faults(&schedule.texts());
            assert!(read.is_ok(), "{:?}", schedule.texts());
        }
    }
    let all: std::collections::BTreeSet<_> = space.kinds.iter().collect();
    assert_eq!(
        kinds.len(),
        all.len(),
        "some kind never has its turn: {kinds:?}"
    );
    for word in ["Restart", "Heal", "Set"] {
        assert!(space.kind(word).is_none(), "{word} is no fault");
    }
    assert!(
        kinds.contains("Crash") && kinds.contains("Traffic"),
        "{kinds:?}"
    );
}

#[test]
fn the_first_schedules_take_one_node_away_leaders_before_others() {
    let options = Options::default();
    let mut space = space(&options, false);
    let session = session();
    let names = session.sim().names();
    let mut leads = vec![0; names.processes.len()];
    let second = names.nodes.iter().position(|n| n.name == "broker-2");
    let of_second = |p: &crate::sim::names::ProcessName| Some(p.node.index()) == second;
    let process = names.processes.iter().position(of_second).expect("it");
    leads[process] = 2;
    let nodes = waves::ranked(names, &session.loaded().plan, &leads);
    assert_eq!(nodes[0].node, "\"broker-2\"");
    let webs = nodes.iter().filter(|n| n.node.contains("web")).count();
    assert_eq!(webs, 3, "the others are as these: {nodes:?}");
    let mut stream = Stream::named(3, "test", "waves");
    let singles = waves::singles(&mut space, &nodes, &mut stream);
    assert_eq!(singles[0].entries[0].strike.text, "Isolate(\"broker-2\")");
    let partial = "Cut(from: \"broker-2\", to: Nodes([\"broker-1\", \"broker-3\", Controller]))";
    let has = |s: &Schedule| s.entries[0].strike.text == partial;
    assert!(singles.iter().any(has), "clients still reach it");
    for schedule in &singles {
        assert_eq!(schedule.faults(), 1);
        keeps_to_it(schedule, &space, &options);
    }
    for schedule in waves::pairs(&mut space, &nodes, &mut stream) {
        assert_eq!(schedule.faults(), 2);
        keeps_to_it(&schedule, &space, &options);
    }
}

#[test]
fn only_what_may_be_struck_is_struck() {
    let options = Options {
        targets: vec!["broker".to_owned(), "worker".to_owned()],
        ..Options::default()
    };
    let mut space = space(&options, false);
    let mut stream = Stream::named(3, "test", "targets");
    for _ in 0..100 {
        let schedule = swarm::schedule(&mut space, &mut stream).expect("a schedule");
        let texts = schedule.texts();
        let other = |text: &String| text.contains("web") || text.contains("LeaderOf");
        assert!(!texts.iter().any(other), "{texts:?}");
    }
    let options = Options {
        targets: vec!["brokers".to_owned()],
        ..options
    };
    let said = Space::new(&session(), &options, 0, false).expect_err("no such name");
    assert!(said.contains("`brokers`"), "{said}");
}

#[test]
fn only_one_node_is_struck_at_once_where_no_more_may_be() {
    let options = Options {
        at_once: 1,
        only: vec!["Crash".to_owned(), "ZoneOutage".to_owned()],
        ..Options::default()
    };
    let mut space = space(&options, true);
    let mut stream = Stream::named(3, "test", "one");
    let mut two = 0;
    for _ in 0..200 {
        let schedule = swarm::schedule(&mut space, &mut stream).expect("a schedule");
        keeps_to_it(&schedule, &space, &options);
        two += u32::from(schedule.faults() > 1);
        let last = schedule.entries.last().expect("one");
        assert_eq!(last.strike.text, "Restart(All)", "what is dead comes back");
        assert!(
            !schedule.texts().iter().any(|t| t.contains("\"a\"")),
            "two nodes stand there"
        );
    }
    assert!(two > 20, "one after the other they may be struck: {two}");
}
