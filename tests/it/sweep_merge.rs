//! Joining files, with whatever can come of a run: any number of shards, seeds and settings give the bytes that are not
//! sharded, and what was written is read as it was.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use splitbrain::checks::{Outcome as Answer, Property};
use splitbrain::hunt::parallel::Panic;
use splitbrain::hunt::sweep::axis::{self, Axis};
use splitbrain::hunt::sweep::file::{self, Came};
use splitbrain::hunt::sweep::head::{Cell, Seeds, text_hash};
use splitbrain::hunt::sweep::merge::Merged;
use splitbrain::hunt::sweep::store::Store;
use splitbrain::hunt::sweep::{Broken, Head, SeedOutcome, Shard, Sums};
use splitbrain::sim::amount::Unit;
use splitbrain::stats::{Better, Column};

use super::program::Folder;

const METRICS: usize = 3;

fn head(seeds: std::ops::Range<u64>, values: &[usize]) -> Head {
    let vary: Vec<Axis> = values
        .iter()
        .enumerate()
        .map(|(at, values)| Axis {
            path: format!("path.{at}"),
            values: (0..*values).map(|v| v.to_string()).collect(),
        })
        .collect();
    let better = [Better::Lower, Better::Higher, Better::Neither];
    let metrics = (0..METRICS).map(|at| Column {
        name: format!("metric.{at}"),
        unit: Unit::Count,
        better: better[at],
    });
    let text = "a \"text\"\nwith lines".to_owned();
    let cells = axis::cells(&vary).into_iter().map(|set| Cell {
        set,
        end_ns: 1000,
        expectations: vec!["Holds(NoAckedLoss)".to_owned()],
    });
    Head {
        splitbrain: "1.2.3".to_owned(),
        scenario: "s.ron".to_owned(),
        title: "title".to_owned(),
        scenario_hash: text_hash(&text, &[]),
        set: Vec::new(),
        control: false,
        until_ns: None,
        seeds: Seeds {
            from: seeds.start,
            to: seeds.end,
        },
        cells: cells.collect(),
        vary,
        shard: Shard::WHOLE,
        metrics: metrics.collect(),
        text,
        files: Vec::new(),
    }
}

/// Any number that a metric can be: no infinity, and one zero.
fn value() -> impl Strategy<Value = Option<f64>> {
    let number = prop_oneof![
        any::<f64>().prop_filter("finite", |v| v.is_finite()),
        0.0..1.0_f64,
        (0..1_000_u32).prop_map(f64::from),
    ];
    prop::option::of(number.prop_map(|v| v + 0.0))
}

fn came() -> impl Strategy<Value = Came> {
    let answer = prop_oneof![
        Just(Answer::Met),
        ".{0,9}".prop_map(Answer::NotMet),
        ".{0,9}".prop_map(Answer::Unknown),
    ];
    let property = prop_oneof![Just(Property::NoAckedLoss), Just(Property::Conservation)];
    let broken = (property, any::<u64>(), any::<u64>(), ".{0,20}");
    let broken = broken.prop_map(|(property, at, event, message)| Broken {
        property,
        at,
        event,
        message,
    });
    let broken = prop::collection::vec(broken, 0..2);
    let metrics = prop::collection::vec(value(), METRICS);
    let events = 0..1_u64 << 40;
    let ran = (
        any::<bool>(),
        answer,
        broken,
        any::<u64>(),
        events,
        any::<u64>(),
        metrics,
    );
    let ran =
        ran.prop_map(
            |(met, answer, broken, findings, events, digest, metrics)| SeedOutcome {
                met,
                answers: vec![answer],
                findings,
                broken,
                events,
                digest,
                metrics,
            },
        );
    prop_oneof![
        9 => ran.prop_map(Ok),
        1 => ".{0,20}".prop_map(|message| Err(Panic { message })),
    ]
}

/// Writes a file as a sweep does, with the runs of a shard.
fn write(path: &std::path::Path, whole: &Head, shard: Shard, runs: &[Came]) -> Head {
    let head = Head {
        shard,
        ..whole.clone()
    };
    let mut sums = Sums::new(&head);
    let mut store = Store::open(path, &head, |_, _| panic!("it is new")).unwrap();
    for item in head.items() {
        let came = &runs[item as usize];
        store.add(&head, came).unwrap();
        sums.add(&head, item, came);
    }
    store.finish(&head, &sums).unwrap();
    head
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_shards_joined_are_the_unsharded_file(
        from in prop_oneof![Just(0_u64), 0..u64::MAX - 100],
        count in 1..9_u64,
        values in prop::collection::vec(1..4_usize, 0..=2),
        of in 1..12_u64,
        runs in prop::collection::vec(came(), 72..=72),
        turn in 0..12_usize,
    ) {
        let folder = Folder::new("any-shards");
        let head = head(from..from + count, &values);
        let whole = folder.path().join("whole");
        write(&whole, &head, Shard::WHOLE, &runs);
        let mut paths: Vec<PathBuf> = Vec::new();
        for number in 1..=of {
            let path = folder.path().join(number.to_string());
            write(&path, &head, Shard { number, of }, &runs);
            paths.push(path);
        }
        paths.rotate_left(turn % of as usize);
        let merged = Merged::read(&paths, |_, _, _| {}).unwrap();
        let mut joined = Vec::new();
        merged.write(&mut joined).unwrap();
        prop_assert!(joined == fs::read(&whole).unwrap(), "{} of {}", of, count);
        // Without any one of them that has a run, they are not all of it.
        let missing = paths.swap_remove(0);
        let number = missing.file_name().unwrap().to_string_lossy().parse().unwrap();
        let is_empty = Shard { number, of }.part(head.runs().unwrap()).is_empty();
        prop_assert_eq!(Merged::read(&paths, |_, _, _| {}).is_ok(), is_empty && of > 1);
    }

    #[test]
    fn what_is_read_is_what_was_written(runs in prop::collection::vec(came(), 1..9)) {
        let head = head(0..9, &[]);
        for (item, came) in (0..).zip(&runs) {
            let line = file::run_line(&head, item, came);
            prop_assert_eq!(&file::read_run(&head, item, line.as_bytes()).unwrap(), came);
        }
    }
}
