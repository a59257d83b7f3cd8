//! Whoever searches for failures finds what a rule protects from, soon and with few faults; and nothing where all rules are kept,
//! in ten times as many runs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use splitbrain::hunt::Loaded;
use splitbrain::hunt::explore::{Found, Options, Report, Search};

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
