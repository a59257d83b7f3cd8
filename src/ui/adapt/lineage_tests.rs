//! Questions about messages and events, asked of a run as a screen asks them.

use std::sync::Arc;

use super::Run;
use crate::hunt::{self, Options, Session};
use crate::sim::SECOND;
use crate::ui::engine::{Answer, Engine, Progress, Query, Until, Working};
use crate::ui::view::lineage::{About, Among, HopEnd, Known, RowWhat};

/// A run of the scenario in which a leader dies with what it alone has, up to a moment.
fn run(until_ns: u64) -> Run {
    let loaded = hunt::load("acks-one-leader-crash", &[]).expect("built in");
    let mut run = Run::new(Session::new(Arc::new(loaded), Options::default()));
    while run.run(Until::Time(until_ns), 100_000) == Progress::More {}
    run
}

fn ask(run: &mut Run, about: About) -> Known {
    run.ask(Some(&Query::Lineage(about)));
    while run.work(100_000) != Working::Idle {}
    match run.answer() {
        Some(Answer::Lineage(known)) => *known,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_that_went_wrong_has_its_life_and_whom_it_is_owed_to() {
    let mut run = run(32 * SECOND);
    let before = run.frame();
    let Known::Choice(all) = ask(&mut run, About::AllTrouble(Among::All)) else {
        panic!("there are some");
    };
    let lost = all.rows.iter().position(|r| r.verdict == "lost");
    let lost = lost.expect("acknowledged orders are lost");
    let Known::Life(life) = ask(&mut run, About::Trouble(lost)) else {
        panic!("it has a life");
    };
    assert_eq!(life.name, all.rows[lost].name);
    assert_eq!(life.place, Some((lost, all.rows.len())));
    assert!(
        life.owed.starts_with("lost: owed to line 2"),
        "{}",
        life.owed
    );
    assert!(
        life.trials
            .iter()
            .any(|t| t.what == "with acks=All" && t.helps)
    );
    assert_eq!(life.left, 0);
    let sum: u64 = life.parts.iter().map(|p| p.1).sum();
    assert_eq!(sum, life.whole_ns);
    for pair in life.rows.windows(2) {
        assert!(pair[0].at_ns <= pair[1].at_ns);
    }
    assert!(life.rows.iter().any(|r| matches!(&r.what,
        RowWhat::Hop { label, end: HopEnd::Arrived(..), .. } if label == "acked")));
    // Followed by its name it is the same one.
    let Known::Life(again) = ask(&mut run, About::Thing(all.rows[lost].what)) else {
        panic!("it has a life");
    };
    assert_eq!(again.rows, life.rows);
    assert_eq!(run.frame(), before, "looking changes nothing");
}

#[test]
fn a_mark_leads_to_its_fault_and_the_fault_to_its_marks() {
    let mut run = run(32 * SECOND);
    let frame = run.frame();
    let leader = frame
        .events
        .iter()
        .rev()
        .find(|e| e.word == "LEADER")
        .expect("a failover");
    let Known::Event(descent) = ask(&mut run, About::Event(leader.event)) else {
        panic!("it is an event");
    };
    assert_eq!(descent.causes[0].event, leader.event);
    assert!(
        descent.owed.iter().any(|o| o.contains("crash leader of")),
        "{:?}",
        descent.owed
    );
    let crash = frame
        .events
        .iter()
        .find(|e| e.word == "CRASH")
        .expect("a crash");
    let Known::Event(descent) = ask(&mut run, About::Event(crash.event)) else {
        panic!("it is an event");
    };
    assert!(
        descent.causes.last().is_some_and(|c| c.line > 0),
        "{:?}",
        descent.causes
    );
    assert!(
        descent.effects.iter().any(|e| e.event == leader.event),
        "{:#?}",
        descent.effects
    );
    assert!(descent.descendants > 1);
}

#[test]
fn what_is_not_there_is_said() {
    let mut run = run(2 * SECOND);
    assert!(matches!(
        ask(&mut run, About::Trouble(0)),
        Known::Nothing(_)
    ));
}

#[test]
fn who_goes_back_to_an_event_sees_no_less_of_the_life() {
    let mut run = run(32 * SECOND);
    let Known::Life(life) = ask(&mut run, About::Trouble(0)) else {
        panic!("it has a life");
    };
    run.leap(Until::Event(life.rows[0].event));
    while run.run(Until::Event(life.rows[0].event), 100_000) == Progress::More {}
    assert_eq!(run.events(), life.rows[0].event);
    assert_eq!(ask(&mut run, About::Trouble(0)), Known::Life(life));
}
