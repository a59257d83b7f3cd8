//! The program as its users call it.

use std::io::BufRead;
use std::process::{Child, Output, Stdio};

use super::program::{Folder, command, fed, splitbrain, text};

/// The program while it runs; the test reads what it writes.
fn spawn(args: &[&str]) -> Child {
    command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What several commands take they explain in the same words.
#[test]
fn what_several_commands_take_is_the_same_in_all() {
    let said = |command: &str, option: &str| {
        let help = stdout(&splitbrain(&[command, "--help"]));
        let lines = help.lines().map(str::trim_start);
        let mut lines = lines.skip_while(|line| !line.starts_with(option));
        let first = lines.next();
        let first = first.unwrap_or_else(|| panic!("{command} {option}: {help}"));
        // The next option or heading ends it.
        let is_more = |line: &&str| !line.starts_with('-') && !line.ends_with(':');
        let words = first.split_whitespace().map(str::to_owned);
        let more = lines.take_while(is_more).flat_map(str::split_whitespace);
        words.chain(more.map(str::to_owned)).collect::<Vec<_>>()
    };
    let (runs, many) = (
        ["run", "sweep", "explain"],
        ["sweep", "compare", "explore", "verify"],
    );
    for (option, commands) in [
        ("--set", &runs[..]),
        ("--set", &["explore", "shrink"]),
        ("--control", &runs),
        ("--until", &runs),
        ("--jobs", &many),
        ("--jobs", &["sweep", "shrink"]),
        ("[RECORDING|SCENARIO]", &["explain", "shrink"]),
    ] {
        for command in commands {
            assert_eq!(
                said(command, option),
                said(commands[0], option),
                "{command}"
            );
        }
    }
}

fn stdout(output: &Output) -> String {
    text(&output.stdout)
}

fn stderr(output: &Output) -> String {
    text(&output.stderr)
}

/// Where the help is wrapped, a paragraph's lines are full but for its last and those that end with a sentence.
#[test]
fn paragraphs_of_help_fill_their_lines() {
    for command in ["run", "compare", "explain", "explore", "verify", "shrink"] {
        let help = stdout(&splitbrain(&[command, "--help"]));
        for (line, next) in help.lines().zip(help.lines().skip(1)) {
            let is_text = |line: &str| !line.is_empty() && !line.starts_with(' ');
            let goes_on = is_text(line) && is_text(next) && !line.ends_with(['.', ':']);
            assert!(
                !goes_on || line.chars().count() > 75,
                "{command}: {line}\n{next}"
            );
        }
    }
}

#[test]
fn a_negative_seed_is_a_mistake_and_no_option() {
    for args in [
        &["run", "--seed", "-1"][..],
        &["compare", "--seed-b", "-1"],
        &["shrink", "--seed", "-1"],
    ] {
        let output = splitbrain(args);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains("invalid value '-1'"), "{said}");
    }
}

#[test]
fn help_documents_the_exit_codes() {
    let help = splitbrain(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = stdout(&help);
    for word in [
        "run",
        "sweep",
        "compare",
        "explore",
        "replay",
        "check",
        "list",
        "new",
        "Exit codes",
        "0  ",
        "1  ",
        "2  ",
    ] {
        assert!(text.contains(word), "--help lacks {word:?}");
    }
}

#[test]
fn standard_output_is_the_same_from_run_to_run() {
    let run = || splitbrain(&["run", "--headless", "--until", "25s"]);
    let (a, b) = (run(), run());
    assert_eq!(stdout(&a), stdout(&b));
    assert!(
        stdout(&a).starts_with("seed "),
        "the seed comes first:\n{}",
        stdout(&a)
    );
    let json = || splitbrain(&["run", "--json", "--until", "25s"]);
    let (a, b) = (json(), json());
    assert_eq!(stdout(&a), stdout(&b));
}

#[test]
fn json_has_its_documented_names() {
    let output = splitbrain(&["run", "--json", "--until", "25s", "--seed", "7"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in [
        "digest",
        "seed",
        "scenario",
        "findings",
        "expectations",
        "metrics",
        "marks",
        "events",
        "settings",
    ] {
        assert!(value.get(name).is_some(), "no {name} at the top level");
    }
    assert_eq!(value["seed"], 7);
}

#[test]
fn exit_codes_tell_met_from_not_met_from_mistaken() {
    let good = splitbrain(&["run", "healthy", "--headless"]);
    assert_eq!(
        good.status.code(),
        Some(0),
        "{}{}",
        stdout(&good),
        stderr(&good)
    );
    // The expectation that a failover happens is not met when the run ends before the fault.
    let not_met = splitbrain(&["run", "leader-crash", "--headless", "--until", "5s"]);
    assert_eq!(
        not_met.status.code(),
        Some(1),
        "{}{}",
        stdout(&not_met),
        stderr(&not_met)
    );
    for mistake in [
        &["run", "no-such-scenario", "--headless"][..],
        &["run", "--headless", "--set", "duraton=5s"],
        &["run", "--speed", "fast"],
        &["frobnicate"],
        &["replay", "no-such-file"],
        &["check", "no-such-file.ron"],
    ] {
        let output = splitbrain(mistake);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{mistake:?}: {}",
            stderr(&output)
        );
        assert!(!output.stderr.is_empty(), "{mistake:?} says nothing");
    }
}

#[test]
fn without_expectations_any_finding_is_not_met() {
    let sets = ["--set", "expect=[]", "--set", "control=[]"];
    let broken = splitbrain(&[&["run", "acks-one-leader-crash", "--headless"][..], &sets].concat());
    assert_eq!(broken.status.code(), Some(1), "{}", stdout(&broken));
    let whole = splitbrain(&[&["run", "healthy", "--headless"][..], &sets].concat());
    assert_eq!(whole.status.code(), Some(0), "{}", stdout(&whole));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = spawn(&["run", "--headless", "--until", "30s"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_ne!(
        output.status.code(),
        Some(101),
        "a panic: {}",
        stderr(&output)
    );
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
}

#[test]
fn a_run_that_nobody_reads_any_more_ends() {
    // Its end is hours away.
    let mut child = spawn(&["run", "leader-crash", "--headless", "--until", "50h"]);
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("error"), "{said}");
}

/// How the program ends that wrote a line (or, where `first_line` is false, nothing) to a reader that then left.
fn ends_unread(args: &[&str], first_line: bool) -> Option<i32> {
    let mut child = command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    if first_line {
        out.read_line(&mut String::new()).unwrap();
    }
    drop(out);
    let start = std::time::Instant::now();
    while start.elapsed() < std::time::Duration::from_secs(30) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!(
        "{args:?} goes on, though nobody reads it (killed: {:?})",
        child.wait()
    );
}

#[cfg(unix)]
#[test]
fn a_reader_that_left_is_noticed_though_nothing_is_said() {
    // Nothing happens that makes a mark, and the end is hours away.
    let run = ["run", "healthy", "--until", "50h"];
    assert_eq!(
        ends_unread(&[&run[..], &["--headless"]].concat(), true),
        Some(0)
    );
    assert_eq!(
        ends_unread(&[&run[..], &["--json"]].concat(), false),
        Some(0)
    );
}

#[test]
fn a_recording_replays_and_is_never_overwritten() {
    let folder = Folder::new("record");
    let file = folder.file("run.ron");
    let record = ["run", "--headless", "--until", "25s", "--record", &file];
    let first = splitbrain(&record);
    assert!(std::fs::exists(&file).unwrap(), "{}", stderr(&first));
    let before = std::fs::read(&file).unwrap();
    let second = splitbrain(&record);
    assert_eq!(second.status.code(), Some(2));
    assert!(stderr(&second).contains("exists"), "{}", stderr(&second));
    assert_eq!(std::fs::read(&file).unwrap(), before);

    let same = splitbrain(&["replay", &file, "--headless"]);
    assert_eq!(
        same.status.code(),
        Some(0),
        "{}{}",
        stdout(&same),
        stderr(&same)
    );

    // A recording made by a version that ran differently from the 11th second on.
    let text = String::from_utf8(before).unwrap();
    let mut chain = text
        .split("chain: [")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap()
        .split('"');
    let eleventh = chain.nth(2 * 10 + 1).unwrap().to_owned();
    let changed = text.replacen(&eleventh, "0123456789abcdef", 1);
    let changed = folder.write("changed.ron", &changed);
    let differs = splitbrain(&["replay", &changed, "--headless"]);
    assert_eq!(differs.status.code(), Some(1));
    assert!(
        stdout(&differs).contains("second 10"),
        "{}",
        stdout(&differs)
    );

    let broken = folder.write("broken.ron", "(format: 1, vers");
    assert_eq!(
        splitbrain(&["replay", &broken, "--headless"]).status.code(),
        Some(2)
    );
}

#[test]
fn all_mistakes_of_a_file_come_at_once_with_their_places() {
    let folder = Folder::new("mistakes");
    let text = std::fs::read_to_string("scenarios/leader-crash.ron").unwrap();
    let text = text
        .replacen("replication_factor", "replicaton_factor", 1)
        .replacen("\"60s\"", "\"60 parsecs\"", 1);
    let file = folder.write("mine.ron", &text);
    let output = splitbrain(&["check", &file]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("did you mean `replication_factor`"), "{said}");
    assert!(said.contains("parsecs"), "{said}");
    assert!(said.contains("mine.ron:"), "{said}");
}

#[test]
fn without_a_terminal_there_is_text() {
    let output = splitbrain(&["run", "healthy", "--until", "3s"]);
    assert!(stdout(&output).contains("digest"), "{}", stdout(&output));
    assert!(
        !stdout(&output).contains('\u{1b}'),
        "no escape codes in a pipe"
    );
}

#[test]
fn until_is_held_to_the_same_limit_of_work_as_the_duration() {
    let until = splitbrain(&["run", "leader-crash", "--headless", "--until", "99999h"]);
    assert_eq!(until.status.code(), Some(2), "{}", stderr(&until));
    assert!(until.stdout.is_empty(), "nothing ran: {}", stdout(&until));
    let said = stderr(&until);
    assert!(said.contains("until 99999h"), "{said}");
    assert!(said.contains("too many: it would not end"), "{said}");
    // The control has the same workloads and no other limit.
    let control = [
        "run",
        "leader-crash",
        "--json",
        "--control",
        "--until",
        "99999h",
    ];
    assert_eq!(splitbrain(&control).status.code(), Some(2));
}

#[test]
fn a_recording_is_held_to_the_limit_of_work_too() {
    let folder = Folder::new("long-record");
    let file = folder.file("run.ron");
    splitbrain(&["run", "--headless", "--until", "1s", "--record", &file]);
    let text = std::fs::read_to_string(&file).unwrap();
    let longer = text.replacen("until_ns: 1000000000", "until_ns: 359996400000000000", 1);
    assert_ne!(text, longer);
    let file = folder.write("longer.ron", &longer);
    let output = splitbrain(&["replay", "--headless", &file]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("too many"), "{}", stderr(&output));
}

#[test]
fn where_no_recording_can_be_written_nothing_runs() {
    let folder = Folder::new("unwritable");
    let nowhere = folder
        .path()
        .join("none")
        .join("run.ron")
        .display()
        .to_string();
    let itself = folder.path().display().to_string();
    for (place, force) in [(&nowhere, None), (&itself, Some("--force"))] {
        let args = ["run", "--headless", "--record", place];
        let args: Vec<&str> = args.into_iter().chain(force).collect();
        let output = splitbrain(&args);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(output.stdout.is_empty(), "it ran: {}", stdout(&output));
        assert!(
            stderr(&output).contains("cannot write"),
            "{}",
            stderr(&output)
        );
    }
    assert!(!std::fs::exists(&nowhere).unwrap());
}

#[test]
fn a_recording_that_is_written_is_told_and_one_that_is_not_leaves_no_trace() {
    let folder = Folder::new("told");
    let path = folder.path().join("run.ron");
    let file = path.display().to_string();
    // The check comes first, the mistake in the arguments after it.
    let refused = [
        "run",
        "leader-crash",
        "--headless",
        "--until",
        "99999h",
        "--record",
        &file,
    ];
    assert_eq!(splitbrain(&refused).status.code(), Some(2));
    assert!(!path.exists(), "a run that never was left a file");
    folder.write("run.ron", "precious");
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    let refused: Vec<&str> = refused.into_iter().chain(["--force"]).collect();
    assert_eq!(splitbrain(&refused).status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    assert_eq!(
        std::fs::metadata(&path).unwrap().modified().unwrap(),
        before
    );

    let written = [
        "run",
        "healthy",
        "--headless",
        "--until",
        "2s",
        "--record",
        &file,
        "--force",
    ];
    let output = splitbrain(&written);
    assert!(
        stderr(&output).contains(&format!("wrote {file}")),
        "{}",
        stderr(&output)
    );
    assert!(!stdout(&output).contains("wrote"), "{}", stdout(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let scenario = "scenarios/healthy.ron";
    for args in [
        &["run", "healthy", "--headless", "--until", "2s"][..],
        &["run", "healthy", "--json", "--until", "2s"],
        &["sweep", "healthy", "--seeds", "2", "--until", "2s"],
        &[
            "sweep", "healthy", "--seeds", "2", "--until", "2s", "--json",
        ],
        &["compare", "healthy", "--until", "2s"],
        &["compare", "healthy", "--until", "2s", "--json"],
        &["list"],
        &["list", "--json"],
        &["check", scenario],
    ] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = command(args)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert_eq!(
            said.matches("cannot write the output").count(),
            1,
            "{args:?}: {said}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_shrunk_is_told_where_its_file_cannot_be_written() {
    let folder = Folder::new("shrunk-in-vain");
    let file = folder.write("twice.ron", crate::explain::TWICE);
    let args = ["shrink", &file, "--runs", "1", "--force", "-o"];
    // Where that can be known, nothing is worked out in vain.
    let inside = folder.path().display().to_string();
    for (path, why) in [
        (inside.as_str(), "it is a folder"),
        ("/no/such/folder/small.ron", "cannot write"),
    ] {
        let refused = splitbrain(&[&args[..], &[path]].concat());
        assert_eq!(refused.status.code(), Some(2));
        let said = stderr(&refused);
        assert!(said.contains(why) && said.lines().count() == 1, "{said}");
        assert!(refused.stdout.is_empty());
    }
    let output = splitbrain(&[&args[..], &["/dev/full"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot write `/dev/full`"));
    let small = folder.write("small.ron", &stdout(&output));
    let again = splitbrain(&["run", &small, "--headless"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
}

#[test]
fn what_is_no_recording_is_told_in_the_words_of_files() {
    let folder = Folder::new("no-recording");
    let inside = folder.path().display().to_string();
    let bytes = folder.file("bytes.ron");
    std::fs::write(&bytes, [0xff, 0xfe, 0x00]).unwrap();
    let gone = folder.file("gone.ron");
    for (file, why) in [
        (inside.as_str(), "it is a folder"),
        (&bytes, "it is not text in UTF-8"),
        (&gone, "there is no file"),
    ] {
        let output = splitbrain(&["replay", file, "--headless"]);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains(why) && !said.contains("os error"), "{said}");
    }
}

#[test]
fn a_long_run_says_on_standard_error_how_far_it_is() {
    let mut child = spawn(&["run", "leader-crash", "--json", "--until", "5h"]);
    let mut line = String::new();
    let mut errors = std::io::BufReader::new(child.stderr.take().unwrap());
    errors.read_line(&mut line).unwrap();
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        line.contains(" %") && line.contains("of 18000.0 s"),
        "{line:?}"
    );
    assert!(output.stdout.is_empty(), "{}", stdout(&output));
}

#[test]
fn scenarios_and_recordings_are_told_apart() {
    let folder = Folder::new("mixup");
    let recording = folder.file("run.ron");
    splitbrain(&["run", "--headless", "--until", "1s", "--record", &recording]);
    for command in ["run", "check"] {
        let output = splitbrain(&[command, &recording]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let wanted = format!("`splitbrain replay {recording}`");
        assert!(
            said.contains("is a recording") && said.contains(&wanted),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "nothing else is said: {said}");
    }
    let sweep = folder.file("sweep.jsonl");
    splitbrain(&[
        "sweep", "healthy", "--seeds", "1", "--until", "1s", "-o", &sweep,
    ]);
    for command in ["run", "check", "explain"] {
        let output = splitbrain(&[command, &sweep]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let wanted = format!("`splitbrain map {sweep}`");
        assert!(
            said.contains("file of a sweep") && said.contains(&wanted),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "nothing else is said: {said}");
    }
    for scenario in ["scenarios/healthy.ron", "healthy"] {
        let output = splitbrain(&["replay", "--headless", scenario]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let wanted = format!("`splitbrain run {scenario}`");
        assert!(
            said.contains("is a scenario") && said.contains(&wanted),
            "{said}"
        );
    }
}

#[test]
fn a_file_that_is_asked_for_by_its_bare_name_is_suggested() {
    let folder = Folder::new("bare-name");
    let run = || folder.splitbrain(&["run", "iot", "--headless"]);
    assert!(!stderr(&run()).contains("iot.ron"), "{}", stderr(&run()));
    folder.write("scenarios/iot.ron", "()");
    let said = stderr(&run());
    assert!(
        said.contains("did you mean the file `scenarios/iot.ron`"),
        "{said}"
    );
    folder.write("iot.ron", "()");
    let said = stderr(&run());
    assert!(said.contains("did you mean the file `iot.ron`"), "{said}");
    assert_eq!(run().status.code(), Some(2));
}

#[test]
fn standard_input_can_be_checked() {
    let check = |text: &str| fed(command(&["check", "-"]), text);
    let text = std::fs::read_to_string("scenarios/healthy.ron").unwrap();
    let good = check(&text);
    assert_eq!(good.status.code(), Some(0), "{}", stderr(&good));
    let bad = check(&text.replacen("duration", "duraton", 1));
    assert_eq!(bad.status.code(), Some(2));
    assert!(
        stderr(&bad).contains("did you mean `duration`"),
        "{}",
        stderr(&bad)
    );
    assert!(stderr(&bad).contains("<stdin>:"), "{}", stderr(&bad));
}

#[test]
fn a_new_scenario_can_go_to_standard_output() {
    let folder = Folder::new("new");
    let new = folder.splitbrain(&["new", "-"]);
    assert_eq!(new.status.code(), Some(0));
    let check = fed(command(&["check", "-"]), &stdout(&new));
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "no file is called so");
}

#[test]
fn a_search_without_time_names_no_number_of_runs() {
    let output = splitbrain(&["explore", "healthy", "--budget", "0s"]);
    let said = stderr(&output);
    assert!(said.contains("no time to try anything"), "{said}");
    assert!(!said.contains("--runs 0"), "{said}");
}

#[test]
fn a_headless_run_goes_as_fast_as_it_can_whatever_speed_is_asked_for() {
    let run = ["run", "healthy", "--headless", "--until", "20s"];
    let plain = splitbrain(&run);
    for speed in ["0.1", "8", "x2500", "max"] {
        let start = std::time::Instant::now();
        let output = splitbrain(&[&run[..], &["--speed", speed]].concat());
        assert_eq!(stdout(&output), stdout(&plain), "--speed {speed}");
        // At a tenth of real time it would take 200 s.
        assert!(start.elapsed().as_secs() < 100, "--speed {speed}");
    }
    for speed in ["0.09", "0", "-1", "inf", "1e999", "NaN"] {
        let output = splitbrain(&[&run[..], &[&format!("--speed={speed}")]].concat());
        assert_eq!(output.status.code(), Some(2), "--speed {speed}");
        assert!(
            stderr(&output).contains("a number from 0.1 up, or max"),
            "{}",
            stderr(&output)
        );
    }
}
