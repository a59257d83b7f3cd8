//! `splitbrain shrink`: what is left of a scenario breaks the same, is smaller, and says what it does.

use std::num::NonZeroUsize;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use splitbrain::checks::{Expect, Property};
use splitbrain::hunt::parallel::Watcher;
use splitbrain::hunt::shrink::{Control, Options, Progress, Refused, Shrink, Shrunk};
use splitbrain::hunt::{self, Loaded};
use splitbrain::sim::amount::Amount;

use super::program::{Folder, fed, text};

/// Three brokers that acknowledge what one of them has, a leader that dies, and faults that do nothing about it.
const NOISY: &str = r#"(
    title: "much ado", group: "MINE", seed: 5, duration: "24s",
    nodes: [(name: "broker", count: 3), (name: "web", cores: 4), (name: "worker"), (name: "idle", count: 2)],
    network: (latency: LogNormal(median: "4ms", p99: "20ms")),
    systems: [Kafka(
        name: "k", nodes: "broker", broker_heartbeat_interval_ms: "500ms", broker_session_timeout_ms: "2s",
        replica_lag_time_max_ms: "2s", offsets_topic_num_partitions: 1,
        topics: [(name: "t", partitions: 2, replication_factor: 3, min_insync_replicas: 1)],
    )],
    workloads: [
        Producer(
            name: "p", nodes: "web", to: "k/t", arrivals: Poisson("150/s"), keys: Zipf(n: 50, s: 1.1), acks: One,
            enable_idempotence: false, request_timeout_ms: "1s", delivery_timeout_ms: "5s",
        ),
        ConsumerGroup(
            name: "g", nodes: "worker", from: "k/t", service_time: Exponential(mean: "1ms"), session_timeout_ms: "6s",
        ),
    ],
    faults: [
        During("5s", "6s", Pause("idle-2")),
        At("8123456us", Crash(LeaderOf("k/t/0"))),
        Every(every: "3s", lasting: "1s", fault: Slow(target: "idle-1", factor: 2)),
        At("9s", Pause("worker")),
        At("15s", Restart(All)),
    ],
    expect: [AtLeast("failovers.count", 1)],
)"#;

fn load(text: &str) -> Loaded {
    let loaded = Loaded::from_text("noisy", text, &[]);
    let loaded = loaded.and_then(hunt::complete);
    loaded.unwrap_or_else(|d| panic!("{}\n{text}", d.render(false)))
}

fn options(jobs: usize) -> Options {
    Options {
        jobs: NonZeroUsize::new(jobs).unwrap(),
        ..Options::default()
    }
}

fn shrunk(text: &str, options: Options) -> Shrunk {
    let shrink = Shrink::new(&load(text), options).expect("it breaks");
    shrink.run(&mut ()).expect("it runs")
}

#[test]
fn what_is_left_breaks_the_same_and_has_nothing_that_need_not_be_there() {
    let shrunk = shrunk(NOISY, options(2));
    assert!(shrunk.is_whole && shrunk.is_proven, "{}", shrunk.text);
    assert_eq!(shrunk.failure.goal, Expect::Holds(Property::NoAckedLoss));
    assert_eq!(shrunk.control, Control::NoFaults);
    let (before, after) = (shrunk.before, shrunk.after);
    assert_eq!((before.faults, after.faults), (5, 1), "{}", shrunk.text);
    assert!(
        after.nodes <= 4,
        "two brokers, who decides for them, and who sends: {after:?}"
    );
    assert!(after.messages * 4 < before.messages, "{after:?}");
    assert!(after.events * 4 < before.events, "{after:?}");
    assert!(after.duration_ns * 2 <= before.duration_ns, "{after:?}");
    assert!(after.lines < before.lines, "{after:?}");
    let left = load(&shrunk.text);
    assert!(left.document.diagnostics().is_empty());
    assert_eq!(left.scenario.seed, 5);
    assert_eq!(left.scenario.group, None);
    assert_eq!(
        left.scenario.expect,
        [Expect::Breaks(Property::NoAckedLoss)]
    );
    assert_eq!(left.scenario.workloads.len(), 1, "nobody need consume");
    for gone in [
        "Poisson",
        "Zipf",
        "8.123",
        "offsets_topic",
        "Restart",
        "idle",
        "MINE",
    ] {
        assert!(!shrunk.text.contains(gone), "{gone}: {}", shrunk.text);
    }
    // What is left was tried without: it says what came of that.
    let lines: Vec<&str> = shrunk.text.lines().map(str::trim).collect();
    let crash = lines.iter().position(|l| l.starts_with("At(")).unwrap();
    assert_eq!(lines[crash - 1], "// Without it, NoAckedLoss holds.");
    let acks = lines
        .iter()
        .position(|l| l.starts_with("acks: One"))
        .unwrap();
    assert_eq!(lines[acks - 1], "// Left out, NoAckedLoss holds.");
}

#[test]
fn it_is_the_same_whatever_the_number_of_jobs() {
    let both = [1, 3].map(|jobs| {
        let options = Options {
            runs: Some(40),
            ..options(jobs)
        };
        shrunk(NOISY, options)
    });
    let told = both.map(|s| (s.text, s.runs, s.steps, s.events));
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].1, 40);
}

/// Ends after so many tries.
struct Patience(u64);

impl Watcher<Progress> for Patience {
    fn goes_on(&mut self, progress: Progress) -> bool {
        progress.runs < self.0
    }
}

#[test]
fn what_is_ended_early_is_smaller_and_true_all_the_same() {
    let shrink = Shrink::new(&load(NOISY), options(1)).expect("it breaks");
    let shrunk = shrink.run(&mut Patience(4)).expect("it runs");
    assert!(!shrunk.is_whole && shrunk.is_proven);
    assert!(shrunk.steps > 0 && shrunk.after.events < shrunk.before.events);
}

#[test]
fn strikes_of_what_strikes_again_and_again_are_written_down() {
    let faults = NOISY.find("faults: [").unwrap();
    let scene = format!(
        "{}faults: [Every(every: \"4s\", lasting: \"500ms\", fault: Crash(LeaderOf(\"k/t/0\")))],\n)",
        &NOISY[..faults]
    );
    let shrunk = shrunk(&scene, options(2));
    assert!(shrunk.is_proven && shrunk.after.faults == 1);
    assert!(!shrunk.text.contains("Every("), "{}", shrunk.text);
}

#[test]
fn a_cause_that_the_control_takes_away_stays_the_cause() {
    // With one copy acknowledged messages are lost by a crash; the control says that it is owed to `acks`.
    let scene = NOISY.replace(
        "expect: [AtLeast(\"failovers.count\", 1)],",
        "control_set: [\"workloads.p.acks=All\", \"systems.k.topics.t.min_insync_replicas=2\"], control: [Holds(NoAckedLoss)],",
    );
    let shrunk = shrunk(&scene, options(2));
    assert_eq!(shrunk.control, Control::Own);
    assert!(shrunk.is_proven);
    let left = load(&shrunk.text);
    assert_eq!(
        left.scenario.control,
        [Expect::Holds(Property::NoAckedLoss)]
    );
    assert!(
        left.scenario.control_set.iter().any(|s| s.contains("acks")),
        "{}",
        shrunk.text
    );
}

#[test]
fn a_bound_of_a_metric_stays_broken() {
    let breaks = Expect::AtMost("failovers.count".to_owned(), Amount::count(0));
    let options = Options {
        breaks: Some(breaks),
        runs: Some(60),
        ..options(2)
    };
    let shrunk = shrunk(NOISY, options);
    assert!(shrunk.is_proven, "{}", shrunk.text);
    assert!(
        shrunk
            .text
            .contains("expect: [AtLeast(\"failovers.count\", 1)]"),
        "{}",
        shrunk.text
    );
    assert!(shrunk.after.faults == 1 && shrunk.control == Control::NoFaults);
    let note = "// Without it, failovers.count is at most 0.";
    assert!(shrunk.text.contains(note), "{}", shrunk.text);
}

#[test]
fn where_nothing_breaks_there_is_nothing_to_shrink() {
    let safe = NOISY
        .replace("acks: One", "acks: All")
        .replace("min_insync_replicas: 1", "min_insync_replicas: 2");
    assert_eq!(
        Shrink::new(&load(&safe), options(1)).err(),
        Some(Refused::Holds(None))
    );
    let goal = Expect::Holds(Property::SingleLeaderPerEpoch);
    let asked = Options {
        breaks: Some(goal.clone()),
        ..options(1)
    };
    assert_eq!(
        Shrink::new(&load(NOISY), asked).err(),
        Some(Refused::Holds(Some(goal)))
    );
}

/// A folder with `noisy.ron` in it.
fn noisy(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("noisy.ron", NOISY);
    folder
}

fn said(output: &Output) -> String {
    text(&output.stderr)
}

#[test]
fn the_file_shows_it_by_itself_and_no_file_is_written_over() {
    let folder = noisy("shrink-file");
    let args = ["shrink", "noisy.ron", "--runs", "30", "-o", "small.ron"];
    let output = folder.splitbrain(&args);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(output.stdout.is_empty());
    let table = said(&output);
    assert!(
        table.contains("no acknowledged message lost")
            && table.contains("[splitbrain run small.ron]"),
        "{table}"
    );
    for more in [&["--json"][..], &["--control", "--headless"]] {
        let run = folder.splitbrain(&[&["run", "small.ron"], more].concat());
        assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    }
    let before = folder.read("small.ron");
    let again = folder.splitbrain(&args);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("--force"));
    assert_eq!(folder.read("small.ron"), before);
    let forced = folder.splitbrain(&[&args[..], &["--force", "--json"]].concat());
    assert_eq!(forced.status.code(), Some(0));
    let told: Value = serde_json::from_slice(&forced.stdout).unwrap();
    let told = &told["shrunk"];
    assert_eq!(told["breaks"], "NoAckedLoss");
    assert_eq!(told["text"], folder.read("small.ron").as_str());
    assert_eq!(told["holds_in_control"], "no faults");
    assert!(told["after"]["events"].as_u64() < told["before"]["events"].as_u64());
}

#[test]
fn scenarios_come_from_a_pipe_too_and_recordings_are_scenarios() {
    let folder = noisy("shrink-pipe");
    let piped = fed(folder.command(&["shrink", "-", "--runs", "5"]), NOISY);
    assert_eq!(piped.status.code(), Some(0), "{}", said(&piped));
    let left = text(&piped.stdout);
    assert!(left.contains("Breaks(NoAckedLoss)"), "{left}");
    // What ended it is what there could be more of.
    assert!(said(&piped).contains("--runs 50"), "{}", said(&piped));
    folder.write("noisy.ron", &NOISY.replace("150/s", "900/s"));
    let run = folder.splitbrain(&[
        "run",
        "noisy.ron",
        "--headless",
        "--record",
        "run.rec",
        "--seed",
        "6",
    ]);
    assert!(run.status.code().is_some_and(|code| code < 2));
    let recorded = folder.splitbrain(&["shrink", "run.rec", "--runs", "5"]);
    assert_eq!(recorded.status.code(), Some(0), "{}", said(&recorded));
    let left = text(&recorded.stdout);
    assert!(
        left.contains("seed: 6") && left.contains("[splitbrain replay run.rec]"),
        "{left}"
    );
    // What comes through a pipe has no name by which a command could run it again.
    let piped = folder.command(&["shrink", "-", "--runs", "5"]);
    let piped = fed(piped, &folder.read("run.rec"));
    assert_eq!(piped.status.code(), Some(0), "{}", said(&piped));
    let left = text(&piped.stdout);
    assert!(
        left.contains("seed: 6") && !left.contains("[splitbrain"),
        "{left}"
    );
    // A setting that is changed is one of the recorded run, which the command says too.
    let args = [
        "shrink",
        "run.rec",
        "--runs",
        "5",
        "--set",
        "nodes.web.cores=5",
    ];
    let changed = folder.splitbrain(&args);
    assert_eq!(changed.status.code(), Some(0), "{}", said(&changed));
    let as_it_was = "[splitbrain compare run.rec --both nodes.web.cores=5]";
    assert!(text(&changed.stdout).contains(as_it_was), "{changed:?}");
    let mistake = [&args[..5], &["nodes.wbe.cores=5"]].concat();
    let mistake = folder.splitbrain(&mistake);
    assert_eq!(mistake.status.code(), Some(2));
    assert!(said(&mistake).contains("wbe"), "{}", said(&mistake));
    // Seeds and faults are looked for in scenarios.
    let whole = folder.splitbrain(&["shrink", "run.rec", "--breaks", "SingleLeaderPerEpoch"]);
    assert_eq!(whole.status.code(), Some(1));
    assert!(said(&whole).starts_with("nothing to shrink"), "{whole:?}");
    assert!(!said(&whole).contains("[splitbrain"), "{whole:?}");
}

/// The end of a recording is where it was told to end, not where its scenario would.
#[test]
fn a_recording_that_was_ended_ends_there() {
    let folder = noisy("shrink-ended");
    let record = "run noisy.ron --headless --until 20s --record run.rec";
    folder.splitbrain(&record.split(' ').collect::<Vec<_>>());
    let output = folder.splitbrain(&["shrink", "run.rec", "--runs", "1", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let before = &told["shrunk"]["before"]["duration_ns"];
    assert_eq!(before.as_u64(), Some(20_000_000_000));
}

#[test]
fn a_file_with_arrivals_beside_the_scenario_is_read_from_there() {
    let folder = noisy("shrink-trace");
    let times: String = (0..9600).map(|n| format!("{}us\n", n * 2500)).collect();
    folder.write("at.csv", &format!("at\n{times}"));
    let traced = NOISY.replace("Poisson(\"150/s\")", "Trace(file: \"at.csv\")");
    folder.write("noisy.ron", &traced);
    let output = folder.splitbrain(&[
        "shrink",
        "noisy.ron",
        "--seed",
        "1",
        "--runs",
        "25",
        "-o",
        "small.ron",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        folder
            .read("small.ron")
            .contains("Beside it must be: at.csv.")
    );
    let run = folder.splitbrain(&["run", "small.ron", "--headless"]);
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
}

#[test]
fn mistakes_are_told_and_what_holds_too() {
    let folder = noisy("shrink-mistakes");
    for (args, expected) in [
        (&["--breaks", "NoAckedLos"][..], "NoAckedLoss"),
        (&["--breaks", "AtMost(\"messages.lots\", 0)"], "messages.l"),
        (&["--breaks", "Breaks(NoAckedLoss)"], "NoAckedLoss"),
        (&["--runs", "0"], "from 1 up"),
    ] {
        let output = folder.splitbrain(&[&["shrink", "noisy.ron"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            said(&output).contains(expected),
            "{args:?}: {}",
            said(&output)
        );
    }
    let output = folder.splitbrain(&["shrink", "noisy.ron", "--breaks", "SingleLeaderPerEpoch"]);
    assert_eq!(output.status.code(), Some(1));
    let why = said(&output);
    assert!(why.contains("[splitbrain sweep noisy.ron]"), "{why}");
    assert!(
        why.contains("[splitbrain explore noisy.ron --breaks SingleLeaderPerEpoch]"),
        "{why}"
    );
    assert!(output.stdout.is_empty());
}

/// What would be tried for an hour is told to end: what is left by then is written.
#[test]
#[cfg(target_os = "linux")]
fn what_is_interrupted_writes_what_is_left() {
    use std::io::{BufRead, BufReader, Read};
    let folder = noisy("shrink-interrupted");
    let long = NOISY.replace("duration: \"24s\"", "duration: \"60s\"");
    folder.write("noisy.ron", &long);
    let goal = "AtLeast(\"latency.end_to_end.p50\", \"1h\")";
    let args = ["shrink", "noisy.ron", "--budget", "1h", "-o", "small.ron"];
    let mut child = folder
        .command(&[&args[..], &["--breaks", goal]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What breaks is told once signals are heard.
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    err.read_line(&mut first).unwrap();
    assert!(first.contains("latency.end_to_end.p50"), "{first}");
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("stopped before its end"), "{rest}");
    assert!(
        folder
            .read("small.ron")
            .contains("AtMost(\"latency.end_to_end.p50\"")
    );
}
