//! Going through a run, back and on, forking it and taking that back: a moment is the same moment however one gets there.

use std::sync::Arc;

use proptest::prelude::*;

use splitbrain::hunt::{Intervention, Loaded, Options, Session};
use splitbrain::scenario::{Files, library};
use splitbrain::sim::SECOND;
use splitbrain::trace::timeline::Playable;
use splitbrain::trace::tree::{Place, Tree};

const BUDGET_BYTES: u64 = 64 << 20;

/// Two brokers lose their leader in the middle of a second.
const SMALL: &str = r#"(
    title: "small", duration: "4s", seed: 5,
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "app")],
    network: (latency: Constant("1ms")),
    systems: [Kafka(name: "k", nodes: "broker", topics: [(name: "t", partitions: 2, replication_factor: 3)])],
    workloads: [
        Producer(name: "p", nodes: "web", to: "k/t", arrivals: Poisson("200/s")),
        ConsumerGroup(name: "g", nodes: "app", from: "k/t"),
    ],
    faults: [At("1500ms", Crash(LeaderOf("k/t/0"))), At("2s", Restart(All))],
    expect: [],
)"#;

fn loaded(name: &str, text: &str, sets: &[&str]) -> Arc<Loaded> {
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    let loaded = Loaded::from_parts(name, text, &sets, Files::Given(&[]));
    Arc::new(
        loaded
            .map_err(|d| d.render(false))
            .expect("a good scenario"),
    )
}

fn small() -> Session {
    Session::new(loaded("small", SMALL, &[]), Options::default())
}

fn tree(session: Session) -> Tree<Session> {
    let beginning = session.beginning();
    Tree::new(&beginning, session, Arc::new([]), BUDGET_BYTES)
}

/// Digest and events of a straight run to a place, to which the same was done.
fn straight(from: &Session, deeds: &Arc<[Intervention]>, place: Place) -> (u64, u64) {
    let mut run = from.beginning();
    run.follow(deeds);
    while run.sim().events() < place.event {
        run.advance(u64::MAX, place.event - run.sim().events());
    }
    if run.sim().now() < place.ns {
        run.advance(place.ns, u64::MAX);
    }
    (run.sim().digest().value(), run.sim().events())
}

/// A movement through a tree of runs.
#[derive(Clone, Debug)]
enum Move {
    Time(u64),
    Event(u64),
    StepBack,
    StepOn,
    Inject(usize),
    Fork,
    Undo,
    Switch(usize),
}

const ACTIONS: [(&str, Option<u64>); 7] = [
    (r#"Crash("broker-1")"#, None),
    (r#"Crash(AnyOf("broker", 1))"#, Some(SECOND / 5)),
    ("Restart(All)", None),
    (r#"Pause("broker-2")"#, Some(SECOND / 3)),
    (r#"Isolate(LeaderOf("k/t/1"))"#, Some(SECOND / 2)),
    (r#"Traffic(of: "p", factor: 3)"#, Some(SECOND)),
    ("Heal(All)", None),
];

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (0..4 * SECOND).prop_map(Move::Time),
        1 => (0u64..5).prop_map(|s| Move::Time(s * SECOND)),
        2 => (0u64..9_000).prop_map(Move::Event),
        1 => Just(Move::StepBack),
        1 => Just(Move::StepOn),
        3 => (0..ACTIONS.len()).prop_map(Move::Inject),
        1 => Just(Move::Fork),
        1 => Just(Move::Undo),
        1 => (0usize..8).prop_map(Move::Switch),
    ]
}

fn go(tree: &mut Tree<Session>, to: &Move) {
    match *to {
        Move::Time(ns) => {
            tree.leap_to(ns);
            while tree.run_mut().advance(ns, 1_000) {
                tree.keep();
            }
        }
        Move::Event(event) => tree.go_to(Place { ns: 0, event }),
        Move::StepBack => {
            let event = tree.run().events().saturating_sub(1);
            tree.go_to(Place { ns: 0, event });
        }
        Move::StepOn => {
            tree.run_mut().step();
        }
        Move::Inject(which) => {
            let (action, lasting) = ACTIONS[which];
            let run = tree.run();
            if run.is_over() {
                return;
            }
            // Where there is nothing to heal, for one, it cannot be done.
            let Ok(deed) = run.intervention(action, lasting) else {
                return;
            };
            let at = deed.at_ns;
            if at > run.end_ns() {
                return;
            }
            tree.inject(deed, at, String::new(), String::new());
            assert_eq!(tree.run().done(), tree.run().interventions().len());
        }
        Move::Fork => {
            tree.fork(String::new(), String::new());
        }
        Move::Undo => {
            let branch = &tree.branches()[tree.current()];
            let (from, left) = (branch.from, branch.parent);
            assert_eq!(tree.undo(), left.is_some());
            if left.is_some() {
                let here = (tree.run().now_ns(), tree.run().events());
                assert_eq!(here, (from.ns, from.event));
            }
        }
        Move::Switch(branch) => {
            tree.switch(branch);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn wherever_one_went_a_moment_is_that_of_a_straight_run(moves in prop::collection::vec(a_move(), 1..14)) {
        let origin = small();
        let mut tree = tree(small());
        for to in &moves {
            go(&mut tree, to);
            let run = tree.run();
            let place = Place { ns: run.now_ns(), event: run.events() };
            let here = (run.sim().digest().value(), run.sim().events());
            prop_assert_eq!(here, straight(&origin, run.interventions(), place), "{:?}", to);
        }
        // What is kept of it is the same run, though it may stand between two events of one moment.
        let kept = tree.run().recording();
        let mut again = Session::of_recording(&kept).expect("it can be read");
        again.run();
        let same = again.recording();
        prop_assert_eq!((same.digest, same.events, same.chain), (kept.digest, kept.events, kept.chain));
    }
}

/// A session to which something was done in its middle.
fn disturbed(mut session: Session) -> Session {
    for (until, action, lasting) in [
        (SECOND, r#"Crash("broker-1")"#, Some(SECOND / 2)),
        (2 * SECOND + 123_456, r#"Isolate("broker-2")"#, None),
        (3 * SECOND, "Heal(All)", None),
    ] {
        session.run_to(until);
        let deed = session
            .intervention(action, lasting)
            .unwrap_or_else(|d| panic!("{} {}", session.done(), d.render(false)));
        let deeds = session.interventions().iter().cloned().chain([deed]);
        session.follow(&deeds.collect());
    }
    session.run();
    session
}

#[test]
fn what_was_done_by_hand_is_an_ordinary_scenario_with_the_same_run() {
    let crash = library::find(library::DEFAULT).expect("built in");
    for (name, text, sets) in [
        ("small", SMALL, vec![]),
        (
            "small",
            SMALL,
            vec!["network.latency=Constant(\"2ms\")", "seed=8"],
        ),
        (
            crash.name,
            crash.text,
            vec!["duration=5s", "faults=[]", "control=[]", "expect=[]"],
        ),
    ] {
        let done = disturbed(Session::new(loaded(name, text, &sets), Options::default()));
        assert_eq!(done.done(), 3);
        let text = done.as_scenario().unwrap();
        let mut again = Session::new(loaded("saved", &text, &[]), Options::default());
        assert_eq!(again.seed(), done.seed());
        again.run();
        assert_eq!(again.sim().events(), done.sim().events(), "{text}");
        assert_eq!(again.sim().digest().value(), done.sim().digest().value());
        assert_eq!(
            again.scenario().faults.len(),
            done.scenario().faults.len() + 3
        );
    }
    let kept = disturbed(small()).as_scenario().unwrap();
    assert!(
        kept.contains("faults: [At(\"1500ms\""),
        "the text is as it was: {kept}"
    );
}

#[test]
fn a_recording_holds_what_was_done_and_replays_it() {
    let done = disturbed(small());
    let text = done.recording().to_text().expect("written");
    let recording = splitbrain::trace::recording::Recording::from_text(&text).expect("read");
    assert_eq!(recording.interventions.len(), 3);
    let mut again = Session::of_recording(&recording).expect("a good recording");
    again.run();
    let sim = again.sim();
    assert_eq!(
        recording.verify(sim.digest(), sim.events()),
        splitbrain::trace::recording::Verdict::Same
    );
    // Without them it is another run.
    let plain = splitbrain::trace::recording::Recording {
        interventions: Vec::new(),
        ..recording.clone()
    };
    let mut other = Session::of_recording(&plain).expect("a good recording");
    other.run();
    assert_ne!(other.sim().digest().value(), sim.digest().value());
}

#[test]
fn a_recording_of_a_run_that_nobody_touched_is_as_it_always_was() {
    let mut run = small();
    run.run();
    let text = run.recording().to_text().expect("written");
    assert!(text.contains("format: 1,"), "{text}");
    assert!(!text.contains("interventions"));
}

#[test]
fn what_is_done_by_hand_is_told_as_such() {
    let done = disturbed(small());
    let watch = done.watch().expect("watched");
    let by_hand: Vec<_> = watch
        .marks
        .lines(0)
        .filter(|l| l.cause == splitbrain::trace::marks::Cause::Hand)
        .map(|l| (l.at, l.text))
        .collect();
    assert!(
        by_hand
            .iter()
            .any(|(at, text)| *at >= SECOND && text.contains("crash broker-1")),
        "{by_hand:?}"
    );
}

#[test]
fn of_what_was_done_by_hand_only_what_the_changed_scenario_does_not_know_is_left_out() {
    let mut session = small();
    session.run_to(SECOND);
    for action in [r#"Crash("broker-1")"#, r#"Crash("app")"#, "Restart(All)"] {
        let deed = session.intervention(action, None).expect("it can be done");
        let deeds = session.interventions().iter().cloned().chain([deed]);
        session.follow(&deeds.collect());
        session.run_to(session.sim().now() + SECOND / 10);
    }
    let renamed = SMALL.replace("\"app\"", "\"shop\"");
    let (again, impossible) = session
        .reloaded(loaded("small", &renamed, &[]))
        .expect("it is no control");
    assert_eq!(impossible.len(), 1, "{impossible:?}");
    assert!(impossible[0].contains("Crash(\"app\")"), "{impossible:?}");
    let done: Vec<&str> = again
        .interventions()
        .iter()
        .map(|i| i.text.as_str())
        .collect();
    assert!(done.len() == 2 && done[0].contains("broker-1"), "{done:?}");
}
