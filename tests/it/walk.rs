//! A person's way through the program on a real pseudo-terminal, from the choice of a scenario to the replay of what was kept.

use std::path::PathBuf;

use super::program::{Folder, text};
use super::terminal::{Session, start_in};

const SCENARIO: &str = r#"(
    title: "walkabout", duration: "6s", seed: 5,
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "app")],
    network: (latency: Constant("1ms")),
    systems: [Kafka(name: "k", nodes: "broker", topics: [(name: "t", partitions: 2, replication_factor: 3)])],
    workloads: [
        Producer(name: "p", nodes: "web", to: "k/t", arrivals: Poisson("200/s")),
        ConsumerGroup(name: "g", nodes: "app", from: "k/t"),
    ],
    faults: [At("2s", Crash(LeaderOf("k/t/0"))), At("4s", Restart(All))],
    expect: [AtLeast("messages.produced", 1)],
    control: [AtLeast("messages.produced", 1)],
)
"#;

/// The files in a folder whose names end so.
fn files(folder: &Folder, ending: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder.path()).expect("the folder");
    let all = all.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = all
        .filter(|p| p.to_string_lossy().ends_with(ending))
        .collect();
    found.sort();
    found
}

/// What the program says in a folder; its exit code.
fn run(folder: &Folder, args: &[&str]) -> (String, Option<i32>) {
    let out = folder.splitbrain(args);
    (text(&out.stdout), out.status.code())
}

fn go_to(session: &mut Session, moment: &str, shown: &str) {
    session.press("#");
    session.sees("Go to");
    session.press(moment);
    session.press("\r");
    session.until(shown, |s| {
        s.contains(&format!("t {shown}")) && !s.contains("Go to")
    });
}

#[test]
fn from_the_choice_of_a_scenario_to_the_replay_of_what_was_kept() {
    let folder = Folder::new("walk");
    folder.write("scenarios/walkabout.ron", SCENARIO);
    let mut session = start_in(folder.path(), &[], &[]);
    session.resize(120, 40);
    // Pick, run, pause.
    session.sees("Choose a scenario");
    session.press("/walkabout\r");
    session.sees("walkabout");
    session.press("\r");
    session.until("the dashboard", |s| {
        s.contains("Topology") && s.contains("Queues")
    });
    session.press(" ");
    session.sees("PAUSED");
    // Inject: the run forks.
    go_to(&mut session, "1s", "1.000s");
    session.press("i");
    session.sees("as a scenario has it");
    session.sees("Crash(\"broker-1\")");
    session.press("\r");
    session.sees("fork 1; u takes it back");
    session.press("\x1b[F");
    session.sees("t 6.000s");
    // Rewind, and another fork.
    go_to(&mut session, "3s", "3.000s");
    session.press("f");
    session.sees("fork 2");
    session.press("u");
    session.sees("back on fork 1");
    // Inspect.
    session.press("1j\r");
    session.sees("What changed");
    session.press("\x1b");
    session.until("the dashboard", |s| {
        s.contains("Topology") && !s.contains("What changed")
    });
    // Lineage: what the last mark comes from.
    session.press("5jw");
    session.sees("back to");
    session.press("\x1b");
    session.until("the dashboard", |s| s.contains("Topology"));
    // Compare with the control.
    session.press("c");
    session.sees("control");
    session.press("\r");
    session.sees("Difference");
    session.press("\x1b");
    session.until("the dashboard", |s| {
        s.contains("Topology") && !s.contains("Difference")
    });
    // Nobody leaves what is not saved by mistake.
    session.press("q");
    session.sees("fork 1 is not saved");
    session.press("\x1b");
    session.until("the dashboard", |s| !s.contains("is not saved"));
    // Save what was done, under its own name and never over another.
    session.press("F");
    session.sees("what was done");
    session.press("w");
    session.sees("kept in walkabout-seed5-fork-1.recording.ron");
    session.press("s");
    session.sees("kept in walkabout-seed5-fork-1.ron");
    session.press("s");
    session.sees("kept in walkabout-seed5-fork-1-2.ron");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
    // What was kept is the run, without a terminal.
    let recording = "walkabout-seed5-fork-1.recording.ron";
    let (said, code) = run(&folder, &["replay", recording, "--headless"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the same run"), "{said}");
    let digest = |text: &str| {
        let line = text
            .lines()
            .find(|l| l.starts_with("digest"))
            .expect("a digest");
        line.split_whitespace().last().expect("a number").to_owned()
    };
    let (scenario, code) = run(
        &folder,
        &["run", "walkabout-seed5-fork-1.ron", "--headless"],
    );
    assert_eq!(code, Some(0), "{scenario}");
    assert_eq!(digest(&scenario), digest(&said));
    assert_eq!(files(&folder, "fork-1.ron").len(), 1);
    assert_eq!(folder.read("scenarios/walkabout.ron"), SCENARIO);
}

#[test]
fn whoever_leaves_is_asked_where_something_would_be_lost() {
    let folder = Folder::new("walk-leave");
    folder.write("scenarios/walkabout.ron", SCENARIO);
    let mut session = start_in(folder.path(), &[], &[]);
    session.resize(120, 40);
    session.sees("Choose a scenario");
    session.press("/walkabout\r");
    session.sees("walkabout");
    session.press("\r");
    session.sees("Topology");
    session.press(" ");
    session.sees("PAUSED");
    for (moment, said) in [
        ("1s", "fork 1; u takes it back"),
        ("2s", "fork 2; u takes it back"),
    ] {
        go_to(&mut session, moment, &format!("{}.000s", &moment[..1]));
        session.press("i");
        session.sees("Crash(\"");
        session.press("\r");
        session.sees(said);
        session.press("u");
        session.sees("where the fork left it");
    }
    // On the way back to the scenarios, too; and keys that stay, stay.
    session.press("\x1b");
    session.sees("Back to where this run was chosen?");
    session.sees("2 forks are not saved");
    session.press("\x1b");
    session.until("the dashboard", |s| !s.contains("not saved"));
    session.press("q");
    session.sees("Quit?");
    session.press("s");
    session.sees("kept in walkabout-seed5-fork-1.recording.ron and 1 more");
    assert_eq!(files(&folder, ".recording.ron").len(), 2);
    for file in files(&folder, ".recording.ron") {
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let (said, code) = run(&folder, &["replay", &name, "--headless"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("the same run"), "{said}");
    }
    // Another one, which is given up.
    // However quickly it is typed, what there is to be struck is known.
    session.press("i\x1b[B\r");
    session.sees("fork 3; u takes it back");
    session.press("q");
    session.sees("fork 3 is not saved");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
    assert_eq!(files(&folder, ".recording.ron").len(), 2);
}

#[test]
fn what_is_pasted_is_text_where_one_is_asked_for_and_no_keys_elsewhere() {
    let folder = Folder::new("walk-paste");
    folder.write("w.ron", SCENARIO);
    let mut session = start_in(folder.path(), &["run", "w.ron"], &[]);
    session.resize(120, 40);
    session.sees("Topology");
    session.press(" ");
    session.sees("PAUSED");
    let paste = |text: &str| format!("\x1b[200~{text}\x1b[201~");
    // None of it is a key: `q` would leave.
    session.press(&paste("q\n?"));
    session.press("#");
    session.sees("Go to");
    session.press(&paste("2.5s\nq"));
    session.sees("2.5s_");
    // A word of it is taken back, then all.
    session.press("\x17");
    session.until("the word before", |s| s.contains("2._"));
    session.press("\x15");
    session.until("nothing", |s| s.contains("moment _"));
    // Three times to the left of what is typed, and between.
    session.press("2.5s\x1b[D\x1b[D\x1b[D\x1b[3~");
    session.until("the cursor in it", |s| s.contains("moment 2▏5s"));
    session.press("\x01\x1b[3~3.\x05\x1b[D\x7f2\r");
    session.sees("t 3.200s");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn a_breakpoint_is_set_and_hit_and_removed() {
    let folder = Folder::new("walk-breaks");
    folder.write("w.ron", SCENARIO);
    let mut session = start_in(folder.path(), &["run", "w.ron"], &[]);
    session.resize(120, 40);
    session.sees("Topology");
    session.press(" ");
    session.sees("PAUSED");
    go_to(&mut session, "0s", "0.000s");
    session.press("b");
    session.sees("The run stops nowhere");
    // What has a mistake is told, and can be mended.
    session.press("amark crsh\r");
    session.sees("did you mean");
    session.press("\x1b");
    session.until("the list", |s| !s.contains("did you mean"));
    session.press("a\x7f\x7f\x7frash\r");
    session.until("the breakpoint", |s| s.contains("on   mark crash"));
    session.press("\x1b");
    session.until("the dashboard", |s| s.contains("Topology"));
    // The end is far, but the crash is before it.
    session.press("\x1b[F");
    session.until("the crash", |s| {
        s.contains("t 2.000s") && s.contains("PAUSED")
    });
    session.sees("CRASH");
    // On from there nothing stops it, and the list tells where it did.
    session.press("b");
    session.until("one hit", |s| {
        s.contains("on   mark crash") && s.contains("2.000s #")
    });
    session.press("d");
    session.sees("The run stops nowhere");
    session.press("\x1b");
    session.until("the dashboard", |s| s.contains("Topology"));
    session.press("\x1b[H");
    session.press("\x1b[F");
    session.sees("t 6.000s");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn a_long_way_is_left_and_the_run_stands_where_it_stood() {
    let folder = Folder::new("walk-long");
    // Far more than can be played while somebody looks.
    let long = SCENARIO
        .replace("duration: \"6s\"", "duration: \"3600s\"")
        .replace("200/s", "2000/s");
    assert!(long.contains("3600s") && long.contains("2000/s"));
    folder.write("w.ron", &long);
    let mut session = start_in(folder.path(), &["run", "w.ron"], &[]);
    session.resize(120, 40);
    session.sees("Topology");
    session.press(" ");
    session.sees("PAUSED");
    go_to(&mut session, "0.25s", "0.250s");
    // To the end, then to a moment.
    for key in ["\x1b[F", "#3000s\r"] {
        session.press(key);
        session.sees("cancels");
        session.press("\x1b");
        session.until("where it stood", |s| {
            s.contains("cancelled: back at 0.250s")
                && s.contains("t 0.250s")
                && s.contains("PAUSED")
        });
        // Nothing waits to go on.
        session.press("\x1b");
        session.until("the keys", |s| {
            s.contains("t 0.250s") && s.contains("pause")
        });
    }
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn an_event_that_never_comes_is_told() {
    let folder = Folder::new("walk-beyond");
    folder.write("w.ron", SCENARIO);
    let mut session = start_in(folder.path(), &["run", "w.ron"], &[]);
    session.resize(120, 40);
    session.sees("Topology");
    session.press("#");
    session.sees("Go to");
    session.press("#99999999\r");
    session.sees("no event #99999999: the run ends after ");
    session.press("q");
    assert_eq!(session.ends(), 0);
}
