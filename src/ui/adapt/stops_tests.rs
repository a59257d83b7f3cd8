//! Breakpoints in a run on the screen: where it stops, where it does not, and that it stays the same run.

use std::sync::Arc;

use super::*;
use crate::scenario::{Files, library};
use crate::ui::engine::Breaking;

fn run() -> Run {
    let default = library::find(library::DEFAULT).expect("built in");
    let loaded = Loaded::from_parts(default.name, default.text, &[], Files::Given(&[]));
    let loaded = loaded.expect("a good scenario");
    Run::new(Session::new(Arc::new(loaded), Options::default()))
}

fn add(run: &mut Run, text: &str) {
    let order = Order::Break(Breaking::Add(text.to_owned()));
    run.obey(&order)
        .unwrap_or_else(|why| panic!("{text}: {why:?}"));
}

fn go(run: &mut Run, until: Until, chunk: u32) -> Progress {
    run.leap(until);
    on(run, until, chunk)
}

fn on(run: &mut Run, until: Until, chunk: u32) -> Progress {
    loop {
        let progress = run.run(until, chunk);
        if progress != Progress::More {
            return progress;
        }
    }
}

fn digest(run: &Run) -> u64 {
    run.session().sim().digest().value()
}

const TO: Until = Until::Time(40 * SECOND);

#[test]
fn a_run_stops_at_the_same_event_however_it_is_cut_and_stays_the_same_run() {
    let mut straight = run();
    assert_eq!(go(&mut straight, TO, 100_000), Progress::Reached);
    let mut places = Vec::new();
    for chunk in [1, 1000, 100_000] {
        let mut run = run();
        add(&mut run, "mark crash");
        add(&mut run, "mark election");
        let mut stops = Vec::new();
        while go(&mut run, TO, chunk) == Progress::Broke {
            assert!(run.stopped().expect("said").starts_with("stopped at mark"));
            stops.push(run.events());
        }
        assert_eq!(
            (run.now_ns(), run.events()),
            (straight.now_ns(), straight.events())
        );
        assert_eq!(digest(&run), digest(&straight));
        let hits: u64 = run.frame().breaks.iter().map(|row| row.hits).sum();
        assert!(hits >= stops.len() as u64);
        places.push(stops);
    }
    assert!(places[0].len() > 1);
    assert!(places.iter().all(|stops| *stops == places[0]), "{places:?}");
}

#[test]
fn nothing_stops_a_run_on_its_way_back_and_all_of_it_does_on_its_way_on() {
    let mut run = run();
    let at_30 = Until::Time(30 * SECOND);
    assert_eq!(go(&mut run, TO, 10_000), Progress::Reached);
    add(&mut run, "mark crash");
    // The crash is at 20 s: between the checkpoint and the goal, or between the beginning and that.
    assert_eq!(go(&mut run, at_30, 1000), Progress::Reached);
    assert_eq!(run.now_ns(), 30 * SECOND);
    let event = Until::Event(run.events() - 1);
    assert_eq!(go(&mut run, event, 1000), Progress::Reached);
    assert_eq!(go(&mut run, Until::Time(SECOND), 1000), Progress::Reached);
    // It would be nearer to go there from a checkpoint behind the crash.
    assert_eq!(go(&mut run, TO, 1000), Progress::Broke);
    assert_eq!(run.now_ns(), 20 * SECOND);
    assert_eq!(go(&mut run, Until::Event(3), 1000), Progress::Reached);
    assert_eq!(on(&mut run, TO, 1000), Progress::Broke, "it plays on");
    run.restart(run.session().seed());
    assert_eq!(on(&mut run, TO, 1000), Progress::Broke, "from the start");
    assert_eq!(run.frame().breaks[0].hits, 3);
    run.obey(&Order::Break(Breaking::Turn(0))).expect("off");
    run.restart(run.session().seed());
    assert_eq!(go(&mut run, TO, 1000), Progress::Reached);
}

#[test]
fn a_break_stays_for_a_fork_and_a_way_that_is_cancelled_ends_where_it_began() {
    let mut run = run();
    add(&mut run, "mark crash");
    assert_eq!(
        go(&mut run, Until::Time(10 * SECOND), 1000),
        Progress::Reached
    );
    let (event, was) = (run.events(), digest(&run));
    for goal in [
        Until::Time(15 * SECOND),
        Until::Time(SECOND),
        Until::Event(7),
    ] {
        run.hold();
        run.leap(goal);
        run.run(goal, 500);
        run.cancel();
        assert_eq!((run.now_ns(), run.events()), (10 * SECOND, event));
        assert_eq!(digest(&run), was);
    }
    run.obey(&Order::Fork).expect("a fork");
    assert_eq!(go(&mut run, TO, 1000), Progress::Broke);
    assert_eq!(run.now_ns(), 20 * SECOND);
}

#[test]
fn a_mistake_in_a_breakpoint_is_said_and_adds_none() {
    let mut run = run();
    let order = Order::Break(Breaking::Add("mark elction".to_owned()));
    let why = run.obey(&order).expect_err("no such mark");
    assert!(why[1].contains("election"), "{why:?}");
    assert!(run.frame().breaks.is_empty());
}
