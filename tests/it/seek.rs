//! Time travel: a run that was gone back and on to a moment is the run that went straight there.

use std::sync::Arc;

use proptest::prelude::*;
use splitbrain::export::json;
use splitbrain::hunt::{self, Options, Outcome, Session};
use splitbrain::scenario::library;
use splitbrain::sim::SECOND;
use splitbrain::trace::timeline::{BUDGET_BYTES, Timeline};
use splitbrain::ui::adapt::Run;
use splitbrain::ui::engine::{Engine, Progress, Until};
use splitbrain::ui::view::Frame;

/// Long enough for the faults of most scenarios to begin.
const UNTIL_NS: u64 = 40 * SECOND;

fn session(name: &str, seed: u64) -> Session {
    let loaded = hunt::load(name, &[]).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let options = Options {
        seed: Some(seed),
        until_ns: Some(UNTIL_NS),
        ..Options::default()
    };
    Session::new(Arc::new(loaded), options)
}

/// All that can be told of a run: digest, findings, metrics, marks; and the digest of each second.
fn told(session: &Session) -> (u64, Vec<u64>, String) {
    let chain = session.sim().digest().chain().to_vec();
    let document = json::document(session, &Outcome::of(session).unwrap());
    (session.sim().now(), chain, document)
}

#[derive(Clone, Copy, Debug)]
enum Move {
    /// To this part of the run's time.
    Time(f64),
    /// To this part of the events there are.
    Event(f64),
    StepBack,
    MarkBack,
    NextMark,
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0.0..=1.0_f64).prop_map(Move::Time),
        3 => (0.0..=1.0_f64).prop_map(Move::Event),
        2 => Just(Move::StepBack),
        2 => Just(Move::MarkBack),
        1 => Just(Move::NextMark),
    ]
}

fn go(there: Move, all: u64, run: &mut Session, timeline: &mut Timeline<Session>) {
    match there {
        Move::Time(part) => timeline.seek(run, (part * UNTIL_NS as f64) as u64),
        Move::Event(part) => timeline.seek_event(run, (part * all as f64) as u64),
        Move::StepBack => {
            timeline.step_back(run);
        }
        Move::MarkBack => timeline.seek_event(run, run.mark_before().unwrap_or(0)),
        Move::NextMark => {
            run.to_next_mark(u64::MAX);
        }
    }
}

/// The run that went straight to where another stands.
fn straight(like: &Session, by_event: bool) -> Session {
    let mut run = like.restart(like.seed());
    if by_event {
        run.advance(u64::MAX, like.sim().events());
    } else {
        run.run_to(like.sim().now());
    }
    run
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn wherever_one_goes_the_run_is_the_one_that_went_straight_there(
        scenario in 0..library::ALL.len(),
        seed in 0..1_000_u64,
        moves in prop::collection::vec(a_move(), 1..10),
    ) {
        let mut run = session(library::ALL[scenario].name, seed);
        // Much smaller than what a dashboard has: there are few checkpoints, and most have been let go.
        let mut timeline = Timeline::new(&run, BUDGET_BYTES / 64);
        timeline.seek(&mut run, UNTIL_NS);
        let all = run.sim().events();
        for there in moves {
            go(there, all, &mut run, &mut timeline);
            let by_event = !matches!(there, Move::Time(_)) && !run.is_over();
            prop_assert_eq!(told(&run), told(&straight(&run, by_event)), "{:?}", there);
        }
        timeline.seek(&mut run, UNTIL_NS);
        prop_assert!(run.is_over());
        prop_assert_eq!(told(&run), told(&straight(&run, false)));
    }
}

#[test]
fn the_mark_before_is_the_last_one_that_happened_earlier() {
    let mut run = session(library::DEFAULT, 42);
    let mut timeline = Timeline::new(&run, BUDGET_BYTES);
    timeline.seek(&mut run, UNTIL_NS);
    let marks = |run: &Session| -> Vec<u64> {
        let kept = run.watch().unwrap().marks.kept();
        kept.iter().map(|r| r.event).collect()
    };
    let mut events = marks(&run);
    events.dedup();
    // One may have happened with the last event of all, and is not before it.
    events.retain(|&event| event < run.sim().events());
    assert!(events.len() > 3);
    while let Some(event) = run.mark_before() {
        assert_eq!(Some(event), events.pop());
        timeline.seek_event(&mut run, event);
        assert_eq!(run.sim().events(), event);
        assert_eq!(marks(&run).last(), Some(&event), "it has just happened");
    }
    assert!(events.is_empty());
}

/// Goes to a place as the dashboard does: in slices of events.
fn travel(run: &mut Run, until: Until) {
    run.leap(until);
    while run.run(until, 1024) == Progress::More {}
}

#[test]
fn the_dashboard_shows_after_a_way_back_what_it_showed_there() {
    let places = [
        Until::Time(12 * SECOND),
        Until::Event(260_000),
        Until::Time(27 * SECOND + 1),
        Until::Event(170_000),
        Until::Time(SECOND / 2),
        Until::Time(UNTIL_NS),
        Until::Event(1),
    ];
    let mut run = Run::new(session(library::DEFAULT, 42));
    travel(&mut run, Until::Time(UNTIL_NS));
    for place in places {
        travel(&mut run, place);
        let mut straight = Run::new(session(library::DEFAULT, 42));
        while straight.run(place, 1024) == Progress::More {}
        // How far it was played is another matter.
        let shown = |run: &Run| Frame {
            forks: Vec::new(),
            ..run.frame()
        };
        assert!(shown(&run) == shown(&straight), "{place:?}");
    }
    run.restart(42);
    assert_eq!((run.events(), run.now_ns()), (0, 0));
    run.restart(7);
    travel(&mut run, Until::Event(1000));
    assert_eq!(
        (run.session().seed(), run.events()),
        (7, 1000),
        "a past of its own"
    );
}
