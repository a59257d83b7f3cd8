//! docs/faults.md is complete, and its examples are what the language reads.

use splitbrain::scenario::document::from_source;
use splitbrain::sim::complaint::Path;
use splitbrain::sim::fault::Action;

fn rows() -> Vec<(String, String)> {
    let text = include_str!("../../../docs/faults.md");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(" | ").collect();
        let word = cells.first()?.strip_prefix("| `")?.strip_suffix('`')?;
        let example = cells.last()?.trim_end_matches(" |");
        let example = example.strip_prefix('`')?.strip_suffix('`')?;
        (cells.len() == 4).then(|| (word.to_owned(), example.to_owned()))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn every_word_is_in_the_table_with_an_example_that_reads() {
    let rows = rows();
    let words: Vec<&str> = rows.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, Action::WORDS);
    for (word, example) in rows {
        let (action, document) = from_source::<Action>("faults.md", &example, &[]);
        assert!(document.is_sound(), "{}", document.render(false));
        let action = action.unwrap();
        assert_eq!(action.word(), word);
        let mut complaints = Vec::new();
        action.check(&Path::root(), &mut complaints);
        assert_eq!(complaints, [], "{example}");
        assert!(!action.label().is_empty());
    }
}

fn complaints(text: &str) -> Vec<String> {
    let (action, document) = from_source::<Action>("test", text, &[]);
    assert!(document.is_sound(), "{}", document.render(false));
    let mut complaints = Vec::new();
    action.unwrap().check(&Path::root(), &mut complaints);
    complaints.iter().map(|c| c.at.to_string()).collect()
}

#[test]
fn impossible_settings_are_complained_about_where_they_stand() {
    for (text, at) in [
        (r#"Slow(target: "a", factor: 0)"#, "factor"),
        (r#"Slow(target: "a", factor: 1)"#, "factor"),
        (r#"DiskSlow(target: "a", factor: 0.5)"#, "factor"),
        (r#"Traffic(of: "a", factor: 0)"#, "factor"),
        (r#"Traffic(of: "a", factor: 1)"#, "factor"),
        (r#"ClockJump(target: "a", by: "0s")"#, "by"),
        (r#"ClockDrift(target: "a", by: "0us/s")"#, "by"),
        (r#"Split(groups: [["a"]])"#, "groups"),
        (r#"Split(groups: [["a"], []])"#, "groups[1]"),
        (r#"Split(groups: [["a"], ["b", "a"]])"#, "groups[1][1]"),
        (r#"Bridge(left: "a", right: "a", bridge: "b")"#, "right"),
        (r#"Bridge(left: "a", right: "b", bridge: "a")"#, "bridge"),
        (
            r#"Flapping(from: "a", to: "b", down: "0s", up: "1us")"#,
            "down",
        ),
        (r#"LinkSlow(from: "a", to: "b")"#, ""),
        (r#"LinkSlow(from: "a", to: "b", factor: 0)"#, "factor"),
        (r#"LinkLossy(from: "a", to: "b", loss: "0%")"#, "loss"),
        (
            r#"LinkDuplicating(from: "a", to: "b", share: "0%")"#,
            "share",
        ),
        (
            r#"LinkReordering(from: "a", to: "b", share: "1%", by: "0s")"#,
            "by",
        ),
        (
            r#"LinkBandwidth(from: "a", to: "b", bandwidth: "0B")"#,
            "bandwidth",
        ),
        (
            r#"ChaosMonkey(targets: "a", when: Every(gap: "0s"), down_for: "1s")"#,
            "when.gap",
        ),
        (
            r#"ChaosMonkey(targets: "a", when: Every(gap: "1s"), down_for: "1s", at_most: 0)"#,
            "at_most",
        ),
        (
            r#"ChaosMonkey(targets: "a", when: Workdays(mean_days: 0.5, hours: (from: "9h", to: "17h")), down_for: "1s")"#,
            "when.mean_days",
        ),
        (
            r#"ChaosMonkey(targets: "a", when: Workdays(mean_days: 2, hours: (from: "9h", to: "9h")), down_for: "1s")"#,
            "when.hours.to",
        ),
        (
            r#"ChaosMonkey(targets: "a", when: Every(gap: "1s", hours: (from: "9h", to: "25h")), down_for: "1s")"#,
            "when.hours.to",
        ),
    ] {
        assert_eq!(complaints(text), [at], "{text}");
    }
}
