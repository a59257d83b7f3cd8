//! Whoever searches for failures finds what a rule protects from, soon and with few faults; and nothing where all rules are kept,
//! in ten times as many runs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use splitbrain::hunt::Loaded;
use splitbrain::hunt::explore::{Found, Options, Report, Search};
use splitbrain::hunt::shrink::{self, Shrink};
use splitbrain::scenario::with_fields;

use super::{rule, scenes, without};

/// No more faults are needed.
const FAULTS_MAX: usize = 3;

fn search(loaded: &Arc<Loaded>, runs: u64, only: &[&str], first: bool) -> Report {
    let options = Options {
        runs: Some(runs),
        jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        first,
        only: only.iter().map(ToString::to_string).collect(),
        ..Options::default()
    };
    let mut search = Search::new(loaded, options).expect("there is something to strike");
    search.run(&mut ()).expect("it runs")
}

/// Each rule is found within so many runs when it is left out, and nothing is in ten times as many where none is.
fn finds(scene: &str, words: &[&str], only: &[&str], runs: u64) {
    for word in words {
        let report = search(&without(scene, Some(rule(word))), runs, only, true);
        // What breaks without any fault needs none.
        let by_itself = (!report.by_itself.is_empty()).then_some(0);
        let fewest = report.found.iter().map(Found::faults).min().or(by_itself);
        let fewest = fewest.unwrap_or_else(|| panic!("without {word} nothing is found"));
        assert!(fewest <= FAULTS_MAX, "without {word}: {fewest} faults");
        shrinks(scene, word, &report);
    }
    let kept = search(&without(scene, None), 10 * runs, only, false);
    let found: Vec<_> = kept
        .found
        .iter()
        .map(|f| (&f.what, f.schedule.texts()))
        .collect();
    assert!(
        found.is_empty() && kept.by_itself.is_empty(),
        "{found:?} {:?}",
        kept.by_itself
    );
}

/// Faults that do nothing: nothing is down that they could start.
const IDLE: &str = r#"At("1s", Restart(All)), At("1500ms", Restart(All)), At("3s", Restart(All)), At("3100ms", Restart(All)),"#;

/// With so many tries the faults that do nothing are gone, and the run is shorter.
const TRIES: u64 = 40;

/// What was found breaks the same with at most three faults after it was shrunk, however many there were.
fn shrinks(scene: &str, word: &str, report: &Report) {
    let found = report.found.iter().min_by_key(|f| f.faults());
    let broken = found.map_or_else(
        || report.by_itself.first().map(|(goal, _)| goal),
        Found::goal,
    );
    let goal = broken.expect("it breaks").clone();
    let faults = found
        .map_or_else(Vec::new, |f| f.schedule.texts())
        .join(", ");
    let faults = Some(format!("[{IDLE} {faults}]"));
    let text = with_fields(scene, &[("faults", faults)]).expect("a place for faults");
    let options = shrink::Options {
        seed: found.map(|f| f.seed),
        breaks: Some(goal.clone()),
        runs: Some(TRIES),
        jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        command: None,
    };
    let loaded = without(&text, Some(rule(word)));
    let shrink =
        Shrink::new(&loaded, options).unwrap_or_else(|why| panic!("{word}: {why:?}\n{text}"));
    let shrunk = shrink.run(&mut ()).expect("it runs");
    let (before, after) = (shrunk.before, shrunk.after);
    assert!(
        shrunk.is_proven && shrunk.failure.goal == goal,
        "{word}: {}",
        shrunk.text
    );
    assert!(after.faults <= FAULTS_MAX as u64, "{word}: {}", shrunk.text);
    assert!(
        after.faults < before.faults && after.events < before.events,
        "{word}: {after:?}"
    );
}

#[test]
fn rules_of_replication_and_of_groups() {
    let words = [
        "wait-for-isr",
        "ack-when-replicated",
        "elect-from-isr",
        "raise-leader-epoch",
        "shrink-when-granted",
        "fail-on-resign",
        "check-sequence",
        "copy-producer-state",
        "raise-generation",
        "load-positions",
        "count-what-was-fetched",
        "truncate-by-epoch",
    ];
    finds(scenes::KAFKA, &words, &[], 150);
}

#[test]
fn the_rule_that_logs_agree() {
    finds(
        &scenes::kafka_with_many_producers(),
        &["notice-divergence"],
        &[],
        20,
    );
}

#[test]
fn rules_of_queues() {
    let words = ["store-before-answer", "keep-until-deleted"];
    finds(scenes::FIFO, &words, &[], 200);
    finds(&scenes::once(), &["remember-ids"], &[], 250);
    // Not those that put what is on its way in another order.
    let calm = ["Crash", "Pause", "Stop", "Isolate", "Cut"];
    let words = ["one-in-flight-per-group", "come-back-in-order"];
    finds(&scenes::in_order(), &words, &calm, 30);
}

#[test]
fn rules_of_services() {
    let words = ["keep-dedup-table", "remember-effects"];
    finds(scenes::SHOP, &words, &[], 40);
}
