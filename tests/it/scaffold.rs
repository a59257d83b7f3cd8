//! The file that `splitbrain new` writes is a scenario to learn from: it runs as it is.

use std::fs;
use std::sync::Arc;

use splitbrain::hunt::{self, Options, Outcome, Session};

const SCAFFOLD: &str = include_str!("../../src/cli/scaffold.ron");

/// Reads it as the program would, from a file.
fn loaded() -> hunt::Loaded {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/scaffold.ron");
    match hunt::load(path, &[]) {
        Ok(loaded) => loaded,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn nothing_is_wrong_in_it_and_only_its_one_controller_is_doubtful() {
    let loaded = loaded();
    assert_eq!(loaded.document.diagnostics(), [], "no mistake, no warning");
    let doubts = hunt::doubts(&loaded);
    let doubts: Vec<&str> = doubts.iter().map(|d| d.message.as_str()).collect();
    assert!(
        matches!(doubts[..], [only] if only.contains("controller")),
        "{doubts:?}"
    );
}

#[test]
fn it_does_what_it_promises_with_its_faults_and_without() {
    let loaded = Arc::new(loaded());
    for control in [false, true] {
        let options = Options {
            control,
            ..Options::default()
        };
        let mut session = Session::new(Arc::clone(&loaded), options);
        session.run();
        let outcome = Outcome::of(&session).unwrap();
        assert!(!outcome.expectations.is_empty());
        assert!(outcome.is_met(), "control: {control}, {outcome:?}");
    }
}

#[test]
fn every_section_is_in_it_and_lines_are_explained() {
    for section in [
        "title",
        "about",
        "seed",
        "duration",
        "nodes",
        "network",
        "systems",
        "workloads",
        "faults",
        "expect",
        "over",
        "control",
    ] {
        assert!(
            SCAFFOLD.contains(&format!("\n    {section}: ")),
            "{section}"
        );
    }
    let comments = SCAFFOLD
        .lines()
        .filter(|l| l.trim_start().starts_with("//"));
    assert!(comments.count() >= 30);
}

#[test]
fn what_is_no_file_is_not_listed_and_does_not_hold_up_the_list() {
    let folder = std::env::temp_dir().join(format!("splitbrain-list-{}", std::process::id()));
    let own = folder.join("scenarios");
    fs::create_dir_all(own.join("folder.ron")).unwrap();
    fs::write(own.join("mine.ron"), SCAFFOLD).unwrap();
    // Four times as large as a scenario may be, without needing the room.
    let large = fs::File::create(own.join("huge.ron")).unwrap();
    large.set_len(16 << 20).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(own.join("pipe.ron"))
        .status();
    assert!(pipe.unwrap().success());
    // Reading a pipe that nobody writes would never end.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_splitbrain"))
        .arg("list")
        .current_dir(&folder)
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("scenarios/mine.ron"), "{text}");
    assert!(text.contains("scenarios/huge.ron"), "{text}");
    assert!(
        !text.contains("pipe.ron") && !text.contains("folder.ron"),
        "{text}"
    );
}
