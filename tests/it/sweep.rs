//! `splitbrain sweep` as its users call it: many seeds give what each gives alone, whatever the number of workers.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::program::{command, splitbrain, text};

fn lines(bytes: &[u8]) -> Vec<Value> {
    let lines = text(bytes);
    let lines = lines.lines().map(|l| serde_json::from_str(l).unwrap());
    lines.collect()
}

/// With these, each seed fails: the expected failover does not come in so short a run.
const SHORT: [&str; 4] = ["sweep", "leader-crash", "--until", "1500ms"];

#[test]
fn any_number_of_workers_gives_the_same_bytes() {
    for more in [&["--seeds", "3..23"][..], &["--seeds", "3..23", "--json"]] {
        let sweep = |jobs| splitbrain(&[&SHORT, more, &["--jobs", jobs]].concat());
        let alone = sweep("1");
        assert_eq!(alone.status.code(), Some(1), "{}", text(&alone.stderr));
        for jobs in ["2", "8"] {
            let output = sweep(jobs);
            assert_eq!(output.status.code(), Some(1));
            assert_eq!(text(&output.stdout), text(&alone.stdout), "{jobs} jobs");
        }
    }
}

#[test]
fn a_seed_of_a_sweep_is_the_run_with_that_seed() {
    let (name, sets) = (
        "acks-one-leader-crash",
        [
            "--set",
            "faults=[At(\"1s\", Crash(LeaderOf(\"events/orders/0\")))]",
        ],
    );
    for variant in [&[][..], &["--control"]] {
        let more = [&["--until", "3s"], &sets[..], variant].concat();
        let sweep =
            splitbrain(&[&["sweep", name, "--seeds", "7..=9", "--json"], &more[..]].concat());
        let rows = lines(&sweep.stdout);
        assert_eq!(rows.len(), 5, "{}", text(&sweep.stderr));
        assert_eq!(rows[0]["sweep"]["seeds"]["from"], 7);
        for (row, seed) in rows[1..4].iter().zip(["7", "8", "9"]) {
            let run = splitbrain(&[&["run", name, "--seed", seed, "--json"], &more[..]].concat());
            let run: Value = serde_json::from_slice(&run.stdout).unwrap();
            for same in ["seed", "met", "events", "digest"] {
                assert_eq!(row[same], run[same], "{same} of seed {seed}");
            }
            let expected = run["expectations"].as_array().unwrap();
            let answers = row["answers"].as_array().unwrap();
            assert_eq!(answers.len(), expected.len());
            for (answer, expected) in answers.iter().zip(expected) {
                assert_eq!(answer["answer"], expected["answer"]);
                assert_eq!(answer["why"], expected["why"]);
            }
            for broken in row["broken"].as_array().unwrap() {
                let findings = run["findings"].as_array().unwrap();
                let first = findings
                    .iter()
                    .find(|f| f["property"] == broken["property"]);
                assert_eq!(first.unwrap()["message"], broken["message"]);
            }
        }
    }
}

#[test]
fn the_summary_counts_what_the_lines_say() {
    // Whether the crash loses something acknowledged within so short a time is a matter of luck: some seeds pass.
    let args = [
        "sweep",
        "acks-one-leader-crash",
        "--seeds",
        "24",
        "--until",
        "1200ms",
        "--json",
        "--set",
        "faults=[At(\"1s\", Crash(LeaderOf(\"events/orders/0\")))]",
        "--set",
        "expect=[Holds(NoAckedLoss)]",
        "--set",
        "control=[]",
    ];
    let output = splitbrain(&args);
    let rows = lines(&output.stdout);
    let (summary, seeds) = (&rows[rows.len() - 1]["summary"], &rows[1..rows.len() - 1]);
    assert_eq!(seeds.len(), 24, "{}", text(&output.stderr));
    let passed = seeds.iter().filter(|s| s["met"] == true).count();
    let events: u64 = seeds.iter().map(|s| s["events"].as_u64().unwrap()).sum();
    assert_eq!(summary["seeds"], 24);
    assert_eq!(summary["passed"], passed);
    assert_eq!(summary["failed"], 24 - passed);
    assert_eq!(summary["events"], events);
    let answered = |word: &str| {
        seeds
            .iter()
            .filter(|s| s["answers"][0]["answer"] == word)
            .count()
    };
    let expectation = &summary["cells"][0]["expectations"][0];
    assert_eq!(expectation["met"], answered("met"));
    assert_eq!(expectation["not_met"], answered("not met"));
    let share = &expectation["share_met"];
    let (low, high) = (
        share["low"].as_f64().unwrap(),
        share["high"].as_f64().unwrap(),
    );
    assert!((low..=high).contains(&(answered("met") as f64 / 24.0)));
    assert!(low < high);
}

#[test]
fn a_failure_names_the_command_that_shows_it() {
    let output = splitbrain(&[&SHORT[..], &["--seeds", "41..43"]].concat());
    let said = text(&output.stdout);
    for seed in [41, 42] {
        let line = said
            .lines()
            .find(|l| l.contains(&format!("seed {seed} ")))
            .unwrap();
        let (_, command) = line.rsplit_once('[').unwrap();
        let command = command.strip_suffix(']').unwrap();
        assert_eq!(
            command,
            format!("splitbrain run leader-crash --seed {seed} --until 1.5s")
        );
        let args: Vec<&str> = command.split(' ').skip(1).chain(["--headless"]).collect();
        let run = splitbrain(&args);
        assert_eq!(run.status.code(), Some(1));
        // What the line says was not met, the run says as well.
        let why = line
            .split("not met: ")
            .nth(1)
            .unwrap()
            .split(" (")
            .next()
            .unwrap();
        let shown = text(&run.stdout);
        assert!(
            shown
                .lines()
                .any(|l| l.contains("not met") && l.contains(why)),
            "{why}: {shown}"
        );
    }
    assert!(said.contains("\nfailed    2\n"), "{said}");
}

/// A run that failed is explained, where a property broke, and made smaller by the commands that are told.
#[test]
fn a_failure_names_the_commands_that_say_more_of_it() {
    let further = |args: &[&str]| {
        let said = text(&splitbrain(args).stdout);
        let (_, further) = said.split_once("\nlook further\n").unwrap_or(("", ""));
        let commands = further
            .lines()
            .filter_map(|l| l.strip_prefix("  splitbrain "));
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        commands.map(words).collect::<Vec<_>>()
    };
    let ran = |command: &[String], more: &[&str]| {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let output = splitbrain(&[&words, more].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {said}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let lost = ["sweep", "acks-one-leader-crash", "--seeds", "3..5"];
    let promised = ["--set", "expect=[Holds(NoAckedLoss)]", "--until", "30s"];
    let [explain, shrink] = &further(&[lost, promised].concat())[..] else {
        panic!("two commands");
    };
    assert_eq!(
        (explain[0].as_str(), shrink[0].as_str()),
        ("explain", "shrink")
    );
    // Quoted for a shell, which is not there.
    let plain = |command: &[String]| -> Vec<String> {
        command.iter().map(|word| word.replace('\'', "")).collect()
    };
    let why = ran(&plain(explain), &["--json"]);
    assert_eq!(
        (&why["seed"], &why["finding"]["number"]),
        (&3.into(), &1.into())
    );
    let smaller = ran(&plain(shrink), &["--json", "--runs", "1"]);
    let smaller = &smaller["shrunk"];
    assert_eq!(smaller["breaks"], "NoAckedLoss");
    assert_eq!(smaller["before"]["duration_ns"], 30_000_000_000_u64);
    // Where no property broke there is nothing to explain; of what is as promised there is nothing to say.
    let [shrink] = &further(&[&SHORT[..], &["--seeds", "41..43"]].concat())[..] else {
        panic!("one command");
    };
    assert_eq!(shrink[..2], ["shrink", "leader-crash"]);
    assert!(further(&["sweep", "min-insync-lost", "--seeds", "2"]).is_empty());
}

#[test]
fn exit_codes_are_those_of_a_run() {
    let met = splitbrain(&["sweep", "min-insync-lost", "--seeds", "2"]);
    assert_eq!(
        met.status.code(),
        Some(0),
        "{}{}",
        text(&met.stdout),
        text(&met.stderr)
    );
    assert!(
        text(&met.stdout).contains("\npassed    2  100.0 %"),
        "{}",
        text(&met.stdout)
    );
    for (mistake, said) in [
        (&["sweep", "no-such-scenario"][..], "no scenario"),
        (&["sweep", "--seeds", "0"], "no seed"),
        (&["sweep", "--seeds", "9..9"], "no seed"),
        (&["sweep", "--seeds", "some"], "1000..2000"),
        (&["sweep", "--seeds", "-5"], "-5"),
        (&["sweep", "--jobs", "0"], "1 to 1024"),
        (&["sweep", "--jobs", "9999"], "1 to 1024"),
        (&["sweep", "--set", "duraton=5s"], "duraton"),
        (&["sweep", "--set", "seed=5"], "--seeds"),
        (&["sweep", "--vary", "seed=5,6"], "--seeds"),
        (&["sweep", "--until", "99999h"], "too many"),
        (&["sweep", "--control", "--set", "control=[]"], "no control"),
        (&["sweep", "--seed", "5"], "--seed"),
    ] {
        let output = splitbrain(mistake);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{mistake:?}: {stderr}");
        assert!(stderr.contains(said), "{mistake:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{mistake:?}");
    }
}

/// A sweep that does not end by itself.
fn endless() -> Command {
    let more = ["--seeds", "1000000000", "--jobs", "2", "--json"];
    let mut command = command(&[&SHORT[..], &more].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_closed_pipe_ends_it_without_an_error() {
    let mut child = endless().spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
    assert!(
        !said.contains("panicked") && !said.contains("error"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_what_is_there() {
    let mut child = endless().spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut before = String::new();
    for _ in 0..4 {
        out.read_line(&mut before).unwrap();
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    std::io::Read::read_to_string(&mut out, &mut before).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    // The lines are those of the first seeds, without a gap, and without a summary: that is told elsewhere.
    let rows = lines(before.as_bytes());
    let seeds: Vec<u64> = rows[1..]
        .iter()
        .map(|r| r["seed"].as_u64().unwrap())
        .collect();
    let done = seeds.len() as u64;
    assert!(done >= 3);
    assert_eq!(seeds, (0..done).collect::<Vec<_>>());
    assert!(
        said.contains(&format!("stopped after {done} of 1000000000 seeds")),
        "{said}"
    );
    assert!(
        said.contains(&format!("--seeds {done}..1000000000")),
        "{said}"
    );
    // And the summary is that of a sweep of those seeds.
    let whole = splitbrain(&[&SHORT[..], &["--json", "--seeds", &done.to_string()]].concat());
    let whole = text(&whole.stdout);
    let summary = whole.lines().next_back().unwrap();
    assert!(said.contains(summary), "{said}\n{summary}");
}
