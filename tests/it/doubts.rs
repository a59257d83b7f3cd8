//! What `check` warns of: scenarios that can run, but hardly mean what they say.

use splitbrain::hunt::{self, Loaded};

/// A cluster with its users; faults and expectations last 60 s.
struct Case {
    brokers: &'static str,
    controller: &'static str,
    copies: u32,
    faults: &'static str,
    expect: &'static str,
}

const SOUND: Case = Case {
    brokers: r#"count: 3, zones: ["a", "b", "c"]"#,
    controller: "",
    copies: 3,
    faults: "",
    expect: "",
};

impl Case {
    /// The messages of all warnings, in the order of the text.
    fn warnings(&self) -> Vec<String> {
        let Self {
            brokers,
            controller,
            copies,
            faults,
            expect,
        } = self;
        let text = format!(
            r#"(
    title: "doubtful", duration: "60s",
    nodes: [(name: "broker", {brokers}), (name: "web", count: 2), (name: "worker", count: 2)],
    systems: [Kafka(
        name: "k", nodes: "broker", offsets_topic_replication_factor: 1, {controller}
        topics: [(name: "t", partitions: 6, replication_factor: {copies})],
    )],
    workloads: [
        Producer(name: "p", nodes: "web", to: "k/t", arrivals: Poisson("10/s")),
        ConsumerGroup(name: "g", nodes: "worker", from: "k/t", service_time: "1ms"),
    ],
    faults: [{faults}],
    expect: [{expect}],
)"#
        );
        let loaded = Loaded::from_text("doubtful.ron", &text, &[])
            .unwrap_or_else(|document| panic!("{}", document.render(false)));
        let mut document = loaded.document.clone();
        let doubts = hunt::doubts(&loaded);
        doubts.iter().for_each(|d| document.complain(d));
        let all = document.diagnostics();
        all.into_iter().map(|d| d.message).collect()
    }

    fn warns(&self, of: &str) -> usize {
        let warnings = self.warnings();
        warnings.iter().filter(|w| w.contains(of)).count()
    }
}

#[test]
fn the_only_controller_is_a_single_point_of_failure_and_named_once() {
    let warnings = SOUND.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("`k-controller` is a single point of failure"),
        "{warnings:?}"
    );
    let on_a_broker = Case {
        controller: r#"controller: "broker-2","#,
        ..SOUND
    };
    let warnings = on_a_broker.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`broker-2`"), "{warnings:?}");
}

#[test]
fn a_node_between_all_others_is_a_single_point_of_failure() {
    // All clients talk to the one broker, and to nobody else.
    let one_broker = Case {
        brokers: "count: 1",
        copies: 1,
        ..SOUND
    };
    assert_eq!(one_broker.warns("others cannot reach one another"), 1);
    assert_eq!(one_broker.warns("`broker` is a single point"), 1);
    assert_eq!(SOUND.warns("others cannot reach one another"), 0);
}

#[test]
fn one_copy_is_doubtful() {
    let one = Case { copies: 1, ..SOUND };
    assert_eq!(one.warns("has one copy: it is gone while its broker is"), 1);
    let two = Case { copies: 2, ..SOUND };
    assert_eq!(two.warns("has one copy"), 0);
}

#[test]
fn all_copies_in_one_zone_are_doubtful() {
    let one_zone = Case {
        brokers: r#"count: 3, zones: ["a"]"#,
        ..SOUND
    };
    assert_eq!(one_zone.warns("all copies of `t` stand in zone `a`"), 1);
    let two_zones = Case {
        brokers: r#"count: 3, zones: ["a", "b"]"#,
        ..SOUND
    };
    assert_eq!(two_zones.warns("stand in zone"), 0);
    let no_zones = Case {
        brokers: "count: 3",
        ..SOUND
    };
    assert_eq!(no_zones.warns("stand in zone"), 0);
}

#[test]
fn a_run_that_ends_before_it_can_have_recovered_is_doubtful() {
    let warns = |faults, expect| {
        let case = Case {
            faults,
            expect,
            ..SOUND
        };
        case.warns("can only be unknown")
    };
    let recovers = r#"Recovers(within: "30s")"#;
    assert_eq!(warns(r#"At("30s", Crash("broker-1"))"#, recovers), 0);
    assert_eq!(warns(r#"At("31s", Crash("broker-1"))"#, recovers), 1);
    let holds = r#"Holds(Recovers(within: "30s"))"#;
    assert_eq!(warns(r#"At("31s", Crash("broker-1"))"#, holds), 1);
    // Its end is a disturbance, too, if the run gets so far.
    let during = r#"During("10s", "40s", Crash("broker-1"))"#;
    assert_eq!(warns(during, recovers), 1);
    let for_ever = r#"During("10s", "90s", Crash("broker-1"))"#;
    assert_eq!(warns(for_ever, recovers), 0);
    // At 10, 20, 30, 40 and 50 s; until 35 s the last one is that at 30 s.
    let every = r#"Every(every: "10s", fault: Crash("broker-1"))"#;
    assert_eq!(warns(every, recovers), 1);
    let some = r#"Every(every: "10s", until: "30001ms", fault: Crash("broker-1"))"#;
    assert_eq!(warns(some, recovers), 0);
    assert_eq!(warns("", recovers), 0);
}

#[test]
fn an_answer_of_which_check_warned_is_unknown() {
    let text = std::fs::read_to_string("scenarios/leader-crash.ron").unwrap();
    let sets = [
        "duration=30s".to_owned(),
        r#"faults=[At("20s", Crash("broker-1"))]"#.to_owned(),
        r#"expect=[Recovers(within: "15s")]"#.to_owned(),
        "control=[]".to_owned(),
    ];
    let loaded = Loaded::from_text("late.ron", &text, &sets).unwrap();
    let warned = hunt::doubts(&loaded);
    assert!(warned.iter().any(|d| d.message.contains("only be unknown")));
    let mut session = hunt::Session::new(std::sync::Arc::new(loaded), hunt::Options::default());
    session.run();
    let outcome = hunt::Outcome::of(&session).unwrap();
    assert_eq!(outcome.expectations[0].answer.word(), "unknown");
}
