//! `splitbrain explore`: what is wrong by its settings is found with the fewest faults, what is right is left in peace, and what is
//! found can be shown again.

use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::Value;
use splitbrain::checks::{Expect, Property};
use splitbrain::hunt::explore::{Options, Progress, Report, Search};
use splitbrain::hunt::parallel::Watcher;
use splitbrain::hunt::{self, Loaded, Outcome, Session};
use splitbrain::sim::amount::Amount;
use splitbrain::sim::units::Duration;

use super::program::Folder;

/// Three brokers and a topic of two partitions; short, and with timeouts that suit it.
fn cluster(acks: &str, topic: &str) -> String {
    format!(
        r#"(
    title: "a small cluster", seed: 5, duration: "24s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "worker")],
    network: (latency: LogNormal(median: "4ms", p99: "20ms")),
    systems: [Kafka(
        name: "k", nodes: "broker", broker_heartbeat_interval_ms: "500ms", broker_session_timeout_ms: "2s", replica_lag_time_max_ms: "2s", offsets_topic_num_partitions: 1,
        topics: [(name: "t", partitions: 2, replication_factor: 3, {topic})],
    )],
    workloads: [
        Producer(
            name: "p", nodes: "web", to: "k/t", arrivals: Poisson("150/s"), keys: Uniform(n: 50), acks: {acks},
            enable_idempotence: false, request_timeout_ms: "1s", delivery_timeout_ms: "5s",
        ),
        ConsumerGroup(
            name: "g", nodes: "worker", from: "k/t", service_time: Constant("1ms"), auto_offset_reset: Earliest,
            session_timeout_ms: "6s",
        ),
    ],
)"#
    )
}

/// Nothing of these loses what was in a page cache.
const GENTLE: [&str; 7] = [
    "Isolate",
    "Crash",
    "Pause",
    "Stop",
    "Cut",
    "LinkSlow",
    "DiskStalled",
];

fn load(text: &str) -> Loaded {
    let loaded = Loaded::from_text("small", text, &[]);
    let loaded = loaded.unwrap_or_else(|d| panic!("{}\n{text}", d.render(false)));
    hunt::complete(loaded).unwrap_or_else(|d| panic!("{}\n{text}", d.render(false)))
}

fn options(runs: u64, jobs: usize) -> Options {
    Options {
        runs: Some(runs),
        jobs: NonZeroUsize::new(jobs).unwrap(),
        only: GENTLE.map(str::to_owned).to_vec(),
        ..Options::default()
    }
}

fn search(text: &str, options: Options) -> Report {
    let loaded = load(text);
    let mut search = Search::new(&loaded, options).unwrap();
    search.run(&mut ()).unwrap()
}

/// What is weak by its settings, and what is not.
fn weak() -> String {
    cluster("One", "min_insync_replicas: 1")
}

fn safe() -> String {
    cluster("All", "min_insync_replicas: 2")
}

/// With so many runs the weak one is found.
const RUNS: u64 = 20;

#[test]
fn a_weak_setting_is_found_with_one_fault_and_its_safe_twin_is_left_in_peace() {
    let report = search(&weak(), options(RUNS, 2));
    let found = report.fewest(&Property::NoAckedLoss);
    let found = found.unwrap_or_else(|| panic!("{report:?}"));
    assert_eq!(found.faults(), 1, "{found:?}");
    assert!(found.run <= RUNS);
    let report = search(&safe(), options(10 * RUNS, 2));
    assert_eq!(report.runs, 10 * RUNS);
    assert!(report.found.is_empty(), "{:#?}", report.found);
}

/// A replica that lags is elected only if it is out of sync and the other one is gone: that takes two faults.
#[test]
fn what_takes_two_faults_is_found_with_two() {
    let text = cluster("All", "unclean_leader_election_enable: true");
    let text = text.replace("replication_factor: 3", "replication_factor: 2");
    let only = ["Isolate".to_owned(), "Crash".to_owned()].to_vec();
    let options = Options {
        breaks: Some(Expect::Holds(Property::NoUncleanElection)),
        first: true,
        only,
        ..options(200, 2)
    };
    let report = search(&text, options);
    assert!(report.is_whole);
    let [found] = &report.found[..] else {
        panic!("{report:#?}");
    };
    assert_eq!(found.faults(), 2, "{found:?}");
    assert!(found.times == 1 && report.runs == found.run);
}

/// Ends a search after so many runs.
struct After(u64);

impl Watcher<Progress> for After {
    fn goes_on(&mut self, progress: Progress) -> bool {
        progress.reducing || progress.runs < self.0
    }
}

#[test]
fn neither_the_number_of_workers_nor_who_ends_it_changes_what_is_found() {
    let loaded = load(&weak().replace("24s", "16s"));
    let told = |runs, jobs, after| {
        let mut search = Search::new(&loaded, options(runs, jobs)).unwrap();
        let report = search.run(&mut After(after)).unwrap();
        let found: Vec<_> = report.found.iter().map(|f| format!("{f:?}")).collect();
        (report.runs, report.events, report.states, found)
    };
    // More than a generation, so that what was learnt has its effect.
    let alone = told(70, 1, u64::MAX);
    assert!(!alone.3.is_empty());
    assert_eq!(told(70, 4, u64::MAX), alone);
    assert_eq!(told(10_000, 1, 70), alone);
}

#[test]
fn what_is_played_is_the_plan_that_was_given_whatever_its_text_says() {
    let mut loaded = load(&safe());
    loaded.plan = load(&weak()).plan;
    let mut search = Search::new(&loaded, options(RUNS, 2)).unwrap();
    let report = search.run(&mut ()).unwrap();
    assert!(report.fewest(&Property::NoAckedLoss).is_some());
}

#[test]
fn what_breaks_by_itself_or_is_said_to_break_is_not_looked_for() {
    let lossy = "expect: [Breaks(NoAckedLoss), Holds(AtMostOnce)]";
    let text = weak().replace("duration:", &format!("{lossy}, duration:"));
    let looked = Search::new(&load(&text), options(1, 1)).unwrap();
    assert_eq!(looked.given_up(), [Property::NoAckedLoss]);
    assert!(
        looked
            .sought()
            .contains(&Expect::Holds(Property::AtMostOnce))
    );
    assert!(
        looked
            .sought()
            .contains(&Expect::Holds(Property::CommittedPrefix))
    );
    let asked = Options {
        breaks: Some(Expect::Holds(Property::NoAckedLoss)),
        ..options(1, 1)
    };
    let looked = Search::new(&load(&text), asked.clone()).unwrap();
    assert_eq!(looked.sought(), [Expect::Holds(Property::NoAckedLoss)]);
    // With its own crash in each run, it is lost by itself.
    let found = search(&weak(), options(RUNS, 2));
    let found = found.fewest(&Property::NoAckedLoss).unwrap();
    let faults = format!(
        "faults: [{}], seed: {}",
        found.schedule.texts()[0],
        found.seed
    );
    let text = text.replace("seed: 5", &faults);
    let keeps = Options {
        keep_faults: true,
        ..asked
    };
    let mut looked = Search::new(&load(&text), keeps).unwrap();
    assert_eq!(looked.loaded().scenario.faults.len(), 1);
    let report = looked.run(&mut ()).unwrap();
    assert_eq!(
        report.by_itself,
        [(Expect::Holds(Property::NoAckedLoss), 1)]
    );
    assert!(report.found.is_empty());
}

/// A consumer that dies before it has stored its position takes some messages twice: what it says never happens does, and a
/// scenario of it says so.
#[test]
fn what_should_never_happen_is_looked_for_by_its_metric() {
    let never = "expect: [AtMost(\"messages.duplicated\", 0)], over: (seeds: 50), control_over: (seeds: 9), seed: 5";
    let loaded = load(&safe().replace("seed: 5", never));
    let crash = Options {
        only: vec!["Crash".to_owned()],
        ..options(RUNS, 2)
    };
    let mut search = Search::new(&loaded, crash).unwrap();
    let goal = loaded.scenario.expect[0].clone();
    assert!(search.sought().contains(&goal));
    let report = search.run(&mut ()).unwrap();
    let found = report.fewest_of(&goal).unwrap();
    assert_eq!(found.faults(), 1, "{found:?}");
    // Where there is no place for it, it is not a scenario without it.
    let mut torn = Loaded::clone(search.loaded());
    torn.text = "()".to_owned();
    let said = found.as_scenario(&torn).unwrap_err();
    assert!(said.contains("no place for its `title`"), "{said}");
    let text = found.as_scenario(search.loaded()).unwrap();
    let shown = load(&text);
    // It is so with the seed with which it was found: of others nothing is known.
    let scenario = &shown.scenario;
    assert_eq!((scenario.over, scenario.control_over), (None, None));
    let mut session = Session::new(Arc::new(shown), hunt::Options::default());
    session.run();
    let outcome = Outcome::of(&session).unwrap();
    assert!(outcome.is_met(), "{outcome:?}\n{text}");
    let expect = outcome.expectations[0].expect.to_string();
    assert!(
        expect.starts_with("AtLeast(\"messages.duplicated\""),
        "{expect}"
    );
    let asked = Options {
        breaks: Some(Expect::AtMost(
            "messages.duplicate".to_owned(),
            Amount::count(0),
        )),
        ..options(1, 1)
    };
    let said = Search::new(&loaded, asked).unwrap_err();
    assert!(said.contains("messages.duplicate"), "{said}");
}

#[test]
fn a_search_that_cannot_be_says_why() {
    let none = Options {
        only: vec!["ZoneOutage".to_owned()],
        ..options(1, 1)
    };
    let said = Search::new(&load(&weak()), none).unwrap_err();
    assert!(said.contains("no fault"), "{said}");
    let short = weak()
        .replace("24s", "4s")
        .replace("seed: 5", "expect: [Recovers(within: \"4s\")]");
    let said = Search::new(&load(&short), options(1, 1)).unwrap_err();
    assert!(said.contains("too short"), "{said}");
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// What a search with this many runs is given on the command line.
const COMMAND: [&str; 8] = [
    "explore",
    "weak.ron",
    "--runs",
    "20",
    "--only",
    "Crash,Isolate,Pause",
    "--breaks",
    "NoAckedLoss",
];

#[test]
fn what_was_found_is_a_scenario_that_breaks_the_same_at_the_same_event() {
    let folder = Folder::new("explore-saved");
    folder.write("weak.ron", &weak());
    let args = [&COMMAND[..], &["--json", "-o", "found"]].concat();
    let output = folder.splitbrain(&args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let rows = lines(&output);
    let found = &rows[1]["found"];
    assert_eq!(
        (&found["faults"], &found["property"]),
        (&1.into(), &"NoAckedLoss".into())
    );
    let file = found["file"].as_str().unwrap();
    let run = folder.splitbrain(&["run", file, "--json"]);
    assert_eq!(
        run.status.code(),
        Some(0),
        "it expects what it breaks: {run:?}"
    );
    let run: Value = serde_json::from_slice(&run.stdout).unwrap();
    let same = run["findings"].as_array().unwrap().iter();
    let same = same
        .into_iter()
        .find(|f| f["property"] == "NoAckedLoss")
        .unwrap();
    for field in ["at_ns", "event", "message"] {
        assert_eq!(same[field], found[field], "{field}");
    }
    let control = folder.splitbrain(&["run", file, "--control", "--headless"]);
    assert_eq!(control.status.code(), Some(0), "{control:?}");
    // Once more: nothing is written over.
    let before = std::fs::read(folder.path().join(file)).unwrap();
    let again = lines(&folder.splitbrain(&args));
    assert_ne!(again[1]["found"]["file"], found["file"]);
    assert_eq!(std::fs::read(folder.path().join(file)).unwrap(), before);
}

#[test]
fn the_command_that_is_told_shows_what_was_found() {
    let folder = Folder::new("explore-command");
    folder.write("weak.ron", &weak());
    let more = ["--json", "--set", "seed=5", "--set", "nodes.web.cores=4"];
    let output = folder.splitbrain(&[&COMMAND[..], &more].concat());
    let rows = lines(&output);
    let found = &rows[1]["found"];
    let command = found["command"].as_str().unwrap();
    let command = command.replacen("splitbrain", env!("CARGO_BIN_EXE_splitbrain"), 1);
    let run = Command::new("sh")
        .arg("-c")
        .arg(command + " --json")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let run: Value = serde_json::from_slice(&run.stdout).unwrap();
    let findings = run["findings"].as_array().unwrap();
    let same = findings
        .iter()
        .find(|f| f["property"] == "NoAckedLoss")
        .unwrap();
    assert_eq!(same["event"], found["event"]);
    assert!(
        std::fs::read_dir(folder.path()).unwrap().count() == 1,
        "no file but the scenario"
    );
}

#[test]
fn the_text_tells_the_fewest_faults_and_the_exit_code_whether_there_are_any() {
    let folder = Folder::new("explore-text");
    folder.write("weak.ron", &weak());
    folder.write("safe.ron", &safe());
    let output = folder.splitbrain(&COMMAND);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("✗ no acknowledged message lost: 1 fault\n"),
        "{text}"
    );
    assert!(
        text.ends_with("  no acknowledged message lost  1\n"),
        "{text}"
    );
    let mut safe = COMMAND;
    (safe[1], safe[3]) = ("safe.ron", "5");
    let output = folder.splitbrain(&safe);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.ends_with("not broken in 5 runs\n"), "{text}");
}

#[test]
fn a_run_that_becomes_calm_does_so_in_a_search_too() {
    let calm = r#"faults: [At("1s", Crash("web"))], calm: (at: "12s", within: "10s"), seed: 5"#;
    let loaded = load(&safe().replace("seed: 5", calm));
    let mut search = Search::new(&loaded, options(3, 2)).unwrap();
    assert!(search.window_ns().1 <= 12_000_000_000);
    let within = Duration::from_ns(10_000_000_000);
    let converges = Expect::Holds(Property::Converges { within });
    assert!(search.sought().contains(&converges));
    let faults = &search.loaded().plan.world.faults;
    let words: Vec<_> = faults.iter().map(|f| f.action.word()).collect();
    assert_eq!(words, ["Heal"], "its own faults are left out, not its calm");
    assert_eq!(search.run(&mut ()).unwrap().runs, 3);
}

#[test]
fn what_must_come_true_again_is_left_the_time_for_it() {
    let text = safe().replace("seed: 5", "expect: [Holds(LagReturns(within: \"8s\"))]");
    let search = Search::new(&load(&text), options(1, 1)).unwrap();
    let within = Property::LagReturns {
        within: Duration::from_ns(8_000_000_000),
    };
    assert!(search.sought().contains(&Expect::Holds(within)));
    let (from_ns, until_ns) = search.window_ns();
    assert!(from_ns < until_ns && until_ns + 8_000_000_000 < 24_000_000_000);
}

/// A search that would go on for an hour is told to end: what it found is there.
#[test]
#[cfg(target_os = "linux")]
fn a_search_that_is_interrupted_tells_what_it_has() {
    let folder = Folder::new("explore-interrupted");
    folder.write("weak.ron", &weak());
    let args = ["explore", "weak.ron", "--budget", "1h", "--json"];
    let mut child = folder
        .command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The head comes once signals are heard.
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let head: Value = serde_json::from_str(&out.next().unwrap().unwrap()).unwrap();
    assert_eq!(head["explore"]["seed"], 5);
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status();
    assert!(kill.unwrap().success());
    let last = out.map(|line| line.unwrap()).last().unwrap();
    let last: Value = serde_json::from_str(&last).unwrap();
    assert!(last["summary"]["runs"].is_u64(), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn mistakes_in_the_arguments_are_told() {
    let folder = Folder::new("explore-mistakes");
    for (args, said) in [
        (["--breaks", "NoAckedLos"], "NoAckedLoss"),
        (["--breaks", "AtMost(\"messages.lots\", 0)"], "messages.l"),
        (["--only", "Crush"], "Crash"),
        (["--runs", "0"], "from 1 up"),
        (["--jobs", "0"], "from 1 to"),
    ] {
        let output = folder.splitbrain(&[&["explore", "leader-crash"][..], &args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(said), "{args:?}: {text}");
    }
}
