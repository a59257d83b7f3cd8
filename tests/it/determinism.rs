//! The same scenario and seed give the same run, however it is driven.

use std::sync::Arc;

use splitbrain::export::json;
use splitbrain::hunt::{self, Options, Outcome, Session};
use splitbrain::scenario::library;
use splitbrain::sim::SECOND;
use splitbrain::trace::recording::{Recording, Verdict};

/// Long enough for the faults of most scenarios to begin and end.
const UNTIL_NS: u64 = 45 * SECOND;

fn session(name: &str, unobserved: bool) -> Session {
    let loaded = hunt::load(name, &[]).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let options = Options {
        until_ns: Some(UNTIL_NS),
        unobserved,
        ..Options::default()
    };
    Session::new(Arc::new(loaded), options)
}

fn digest(session: &Session) -> (u64, u64, Vec<u64>) {
    let digest = session.sim().digest();
    (
        digest.value(),
        session.sim().events(),
        digest.chain().to_vec(),
    )
}

/// All that is told of a finished run: metrics, marks, findings, digest.
fn document(session: &Session) -> String {
    json::document(session, &Outcome::of(session).expect("something watched"))
}

#[test]
fn in_one_go_in_portions_and_unobserved_it_is_the_same_run() {
    for scenario in library::ALL {
        let mut whole = session(scenario.name, false);
        whole.run();
        let expected = digest(&whole);
        assert!(
            expected.1 > 500,
            "{}: only {} events",
            scenario.name,
            expected.1
        );

        // As the dashboard drives it: frames of virtual time, single steps, marks, slices of events.
        let mut portions = session(scenario.name, false);
        let mut frame = 0;
        while !portions.is_over() {
            match frame % 4 {
                0 => portions.run_to(portions.sim().now() + 33_333_333),
                1 => {
                    portions.step();
                }
                2 => {
                    portions.to_next_mark(5_000);
                }
                _ => {
                    portions.advance(u64::MAX, 777);
                }
            }
            frame += 1;
        }
        assert_eq!(
            digest(&portions),
            expected,
            "{}: in portions",
            scenario.name
        );

        // As a headless run does: what watches, on a thread of its own.
        let mut apart = session(scenario.name, false);
        while apart.advance_apart(u64::MAX, 30_000) {}
        assert_eq!(document(&apart), document(&whole), "{}", scenario.name);
        assert_eq!(document(&portions), document(&whole), "{}", scenario.name);

        let mut unobserved = session(scenario.name, true);
        unobserved.run();
        assert_eq!(
            digest(&unobserved),
            expected,
            "{}: unobserved",
            scenario.name
        );
    }
}

#[test]
fn another_seed_is_another_run() {
    let first = session(library::DEFAULT, true);
    let mut other = first.restart(first.seed() + 1);
    let mut first = first;
    first.run();
    other.run();
    assert_ne!(digest(&first).0, digest(&other).0);
}

#[test]
fn a_recording_replays_and_says_where_a_different_run_departs() {
    let mut run = session(library::DEFAULT, false);
    run.run();
    let text = run.recording().to_text().unwrap();
    let mut recording = Recording::from_text(&text).unwrap();
    assert_eq!(
        recording,
        run.recording(),
        "a recording reads as it was written"
    );

    let mut again = Session::of_recording(&recording).unwrap();
    again.run();
    assert_eq!(
        recording.verify(again.sim().digest(), again.sim().events()),
        Verdict::Same
    );

    // As if another version had run differently from the 13th second on.
    for link in &mut recording.chain[12..] {
        link.0 ^= 1;
    }
    let verdict = recording.verify(again.sim().digest(), again.sim().events());
    assert_eq!(verdict, Verdict::DiffersInSecond(12));
}

#[test]
fn a_recording_of_a_changed_scenario_is_refused() {
    let mut run = session(library::DEFAULT, true);
    run.run_to(SECOND);
    let text = run.recording().to_text().unwrap();
    let changed = text.replacen("replication_factor: 3", "replication_factor: 2", 1);
    assert_ne!(text, changed);
    assert!(Recording::from_text(&changed).is_err_and(|e| e.contains("changed")));
}
