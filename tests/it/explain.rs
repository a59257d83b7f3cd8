//! What happened to a message, how a property broke, and what would have prevented it: held to scenarios of which the answer
//! is known, and to runs that are made apart from it.

use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::sim::lens::Lens;
use splitbrain::sim::{LaneId, SECOND};
use splitbrain::systems::Message;

use super::program::{Folder, command, fed, splitbrain, text};

/// What the leader alone has is acknowledged and then dies with it; that the consumer pauses has nothing to do with it.
const LOST: &str = r#"(
    title: "what the leader alone has", seed: 5, duration: "20s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing")],
    network: (latency: "1ms"),
    systems: [Kafka(name: "events", nodes: "broker", topics: [
        (name: "orders", partitions: 1, replication_factor: 3, replica_assignment: [[1, 2, 3]], min_insync_replicas: 1),
    ])],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", acks: One, enable_idempotence: false,
            arrivals: Constant("50/s"), stop: "6s"),
        ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders", auto_offset_reset: Earliest, service_time: "1ms"),
    ],
    faults: [
        During("1s", "1500ms", Pause("billing")),
        During("3s", "5s", Cut(from: "broker-1", to: Nodes(["broker-2", "broker-3"]))),
        At("4s", Crash("broker-1")),
        At("17s", Restart(All)),
    ],
)"#;

/// The document of an explanation.
fn explained(args: &[&str]) -> Value {
    let output = splitbrain(&[&["explain"], args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a command prints that is told to be run, as a shell takes it.
fn as_told(command: &str) -> Value {
    let command = command.strip_prefix("splitbrain ").unwrap();
    let program = env!("CARGO_BIN_EXE_splitbrain");
    let line = format!("'{program}' {command} --json");
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{command}: {}", text(&output.stderr)))
}

/// Whether a property holds in the run that a command makes.
fn holds(command: &str, property: &str) -> bool {
    let document = as_told(command);
    let all = document["properties"].as_array().unwrap();
    let found = all.iter().find(|p| p["property"] == property);
    found.unwrap_or_else(|| panic!("{property}: {all:?}"))["verdict"] == "holds"
}

/// The one that was tried of which this is a part.
fn tried<'a>(list: &'a Value, part: &str) -> &'a Value {
    let all = list.as_array().unwrap();
    let is = |c: &&Value| {
        let sets = c["set"].as_array().unwrap().iter();
        c["what"].as_str().unwrap().contains(part)
            || sets.into_iter().any(|s| s.as_str().unwrap().contains(part))
    };
    all.iter()
        .find(is)
        .unwrap_or_else(|| panic!("{part}: {list:#}"))
}

/// What helps, and only that, does so in a run that is made apart; so many of each were asked.
fn agrees(document: &Value, property: &str) -> [usize; 2] {
    let mut counts = [0, 0];
    for list in ["faults", "settings"] {
        for cure in document[list].as_array().unwrap() {
            let Some(command) = cure["command"].as_str() else {
                continue;
            };
            let helps = cure["helps"].as_bool().unwrap();
            assert_eq!(holds(command, property), helps, "{cure:#}");
            counts[usize::from(helps)] += 1;
        }
    }
    counts
}

/// The line of a text on which this stands, from 1.
fn line_of(text: &str, part: &str) -> u64 {
    let at = text.lines().position(|line| line.contains(part));
    at.unwrap() as u64 + 1
}

fn session(text: &str) -> Session {
    let loaded = Loaded::from_text("t.ron", text, &[]).unwrap_or_else(|d| panic!("{d:?}"));
    Session::new(Arc::new(loaded), Options::default())
}

/// Every step is at the time of its event.
fn are_events_of(steps: &Value, mut run: Session) {
    run.look_closer(Lens::logging(Message::sight));
    run.run_to(u64::MAX);
    let log = run.lens_mut().unwrap().take_log();
    let at = |event: &Value| log[event.as_u64().unwrap() as usize - 1].at;
    let mut seen = 0;
    for step in steps.as_array().unwrap() {
        if !step["event"].is_null() {
            assert_eq!(
                at(&step["event"]),
                step["at_ns"].as_u64().unwrap(),
                "{step}"
            );
            seen += 1;
        }
        if !step["end_event"].is_null() {
            assert_eq!(
                at(&step["end_event"]),
                step["end_at_ns"].as_u64().unwrap(),
                "{step}"
            );
        }
    }
    assert!(seen > 3, "{steps}");
}

#[test]
fn a_loss_is_owed_to_the_faults_that_make_it_and_the_settings_that_prevent_it_do() {
    let folder = Folder::new("explain-lost");
    let file = folder.write("lost.ron", LOST);
    let document = explained(&[&file]);
    assert_eq!(document["finding"]["property"], "NoAckedLoss");
    assert_eq!(document["finding"]["number"], 1);
    let (faults, settings) = (&document["faults"], &document["settings"]);
    let crash = tried(faults, "crash broker-1");
    assert_eq!(crash["helps"], true, "{faults:#}");
    assert_eq!(crash["line"], line_of(LOST, "Crash("));
    let cut = tried(faults, "cut broker-1");
    assert_eq!(cut["helps"], true, "{faults:#}");
    assert_eq!(cut["line"], line_of(LOST, "Cut("));
    assert_eq!(tried(faults, "pause billing")["helps"], false);
    assert_eq!(tried(settings, "acks=All")["helps"], true);
    // Who does not wait for followers is not helped by how many there must be.
    assert_eq!(tried(settings, "min_insync_replicas=2")["helps"], false);
    let [no, yes] = agrees(&document, "NoAckedLoss");
    assert!(no >= 2 && yes >= 3, "{no} {yes}");
    are_events_of(&document["steps"], session(LOST));
    // From the beginning to the end, with the faults and their lines among it.
    let steps = document["steps"].as_array().unwrap();
    let times: Vec<u64> = steps.iter().map(|s| s["at_ns"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let lines: Vec<u64> = steps.iter().filter_map(|s| s["line"].as_u64()).collect();
    assert!(lines.contains(&line_of(LOST, "Crash(")), "{steps:#?}");
}

/// That a write is lost is found of the moment at which it was acknowledged, which is before what lost it.
#[test]
fn what_is_proved_later_may_be_owed_to_what_befell_the_run_meanwhile() {
    let folder = Folder::new("explain-later");
    let file = folder.write("lost.ron", LOST);
    let args = [&file, "--set", "expect=[Holds(NoLostWrite)]"];
    let all = explained(&args);
    let of = all["finding"]["of"].as_u64().unwrap();
    let one = |number: u64| explained(&[&args[..], &["--finding", &number.to_string()]].concat());
    let is_meant = |d: &Value| d["finding"]["property"] == "NoLostWrite";
    let document = (1..=of).map(one).find(is_meant).unwrap();
    let finding = &document["finding"];
    assert!(finding["at_ns"].as_u64().unwrap() < 4 * SECOND, "{finding}");
    let crash = tried(&document["faults"], "crash broker-1");
    assert_eq!(crash["helps"], true, "{:#}", document["faults"]);
    assert_eq!(tried(&document["settings"], "acks=All")["helps"], true);
    // It tells the life of the message, and what lost it.
    let message = document["message"]["name"].as_str().unwrap();
    assert!(finding["message"].as_str().unwrap().contains(message));
    let steps = document["steps"].as_array().unwrap();
    let lines: Vec<u64> = steps.iter().filter_map(|s| s["line"].as_u64()).collect();
    assert!(lines.contains(&line_of(LOST, "Crash(")), "{steps:#?}");
    are_events_of(&document["steps"], session(LOST));
}

#[test]
fn the_life_of_a_lost_message_is_told_and_where_its_time_went() {
    let folder = Folder::new("explain-message");
    let file = folder.write("lost.ron", LOST);
    // Made at 3.5 s, between the cut and the crash.
    let document = explained(&[&file, "--message", "checkout-1->orders/0#175"]);
    let message = &document["message"];
    assert_eq!(message["name"], "checkout-1→orders/0#175");
    assert_eq!(message["verdict"], "lost");
    assert_eq!(message["well"], false);
    let [made, at] = ["made_at_ns", "at_ns"].map(|k| message[k].as_u64().unwrap());
    assert!((3 * SECOND..4 * SECOND).contains(&made), "{made}");
    let spent = message["spent"].as_array().unwrap().iter();
    assert_eq!(
        spent.map(|p| p["ns"].as_u64().unwrap()).sum::<u64>(),
        at - made
    );
    let steps = document["steps"].as_array().unwrap();
    let place = |part: &str| {
        let at = steps
            .iter()
            .position(|s| s["text"].as_str().unwrap().contains(part));
        at.unwrap_or_else(|| panic!("{part}: {steps:#?}"))
    };
    let order = ["made", "stored at", "acked", "crash broker-1", "lost"].map(place);
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(tried(&document["faults"], "crash broker-1")["helps"], true);
    assert_eq!(tried(&document["faults"], "pause billing")["helps"], false);
    assert_eq!(tried(&document["settings"], "acks=All")["helps"], true);
    are_events_of(&document["steps"], session(LOST));
    // The producer and the queue may be left out: there is one of each.
    for short in ["orders/0#175", "#175", "checkout-1#175"] {
        assert_eq!(explained(&[&file, "--message", short])["message"], *message);
    }
    // One that fared well has nothing to prevent.
    let well = explained(&[&file, "--message", "#10"]);
    assert_eq!(well["message"]["well"], true);
    assert_eq!(well["settings"], serde_json::json!([]));
}

#[test]
fn an_order_done_twice_is_owed_to_no_fault_but_to_a_timeout() {
    let document = explained(&["visibility-timeout-too-short"]);
    assert_eq!(document["finding"]["property"], "AtMostOnce");
    assert_eq!(document["faults"], serde_json::json!([]));
    let settings = &document["settings"];
    // The slow ones take 45 s: what hides them for longer, or goes on hiding them, helps.
    assert_eq!(tried(settings, "orders.visibility_timeout=")["helps"], true);
    assert_eq!(tried(settings, "heartbeat=")["helps"], true);
    agrees(&document, "AtMostOnce");
    let message = document["message"]["name"].as_str().unwrap();
    assert!(
        document["finding"]["message"]
            .as_str()
            .unwrap()
            .contains(message)
    );
    let again = explained(&["visibility-timeout-too-short", "--message", message]);
    let verdict = again["message"]["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("delivered twice"), "{verdict}");
    assert_eq!(tried(&again["settings"], "heartbeat=")["helps"], true);
}

#[test]
fn a_storm_of_retries_is_owed_to_what_began_it_and_ends_without_retries() {
    let args = ["retry-storm", "--set", "expect=[Holds(NotMetastable)]"];
    let document = explained(&args);
    assert_eq!(document["finding"]["property"], "NotMetastable");
    let faults = document["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert_eq!(faults[0]["helps"], true);
    assert_eq!(tried(&document["settings"], "retry=None")["helps"], true);
    agrees(&document, "NotMetastable");
}

#[test]
fn an_unclean_election_is_owed_to_the_setting_that_lets_it_be() {
    // The election is over by then.
    let promised = [
        "unclean-election",
        "--until",
        "95s",
        "--set",
        "expect=[Holds(NoAckedLoss)]",
    ];
    let document = explained(&promised);
    assert_eq!(document["finding"]["property"], "NoAckedLoss");
    // With its followers there, or without its end, or with readers who have seen all, nothing would have been lost.
    for fault in ["cut broker-1", "crash billing", "crash broker-1"] {
        assert_eq!(tried(&document["faults"], fault)["helps"], true, "{fault}");
    }
    let settings = &document["settings"];
    for (setting, helps) in [
        ("unclean_leader_election_enable=false", true),
        ("min_insync_replicas=2", true),
        ("static_membership=true", false),
    ] {
        assert_eq!(tried(settings, setting)["helps"], helps, "{setting}");
    }
    let [harmless, cures] = agrees(&document, "NoAckedLoss");
    assert!(harmless > 0 && cures >= 5, "{harmless} and {cures}");
    let steps = document["steps"].as_array().unwrap();
    let is_told = |part: &str| {
        steps
            .iter()
            .any(|s| s["text"].as_str().unwrap().contains(part))
    };
    assert!(
        is_told("UNCLEAN") && is_told("crash broker-1"),
        "{steps:#?}"
    );
    // What is made smaller ends where this does.
    let told = text(&splitbrain(&[&["explain"], &promised[..]].concat()).stdout);
    let shrink = told.lines().find(|line| line.contains("splitbrain shrink"));
    assert!(shrink.unwrap().contains("--set duration=95s"), "{told}");
}

#[test]
fn a_late_message_waited_for_a_leader() {
    // The next that is sent to the queue whose leader has just died.
    let loaded = splitbrain::hunt::load("leader-crash", &[]).expect("it is there");
    let mut run = Session::new(Arc::new(loaded), Options::default());
    run.run_to(20 * SECOND);
    let names = run.sim().names();
    let lanes = (0..).map(LaneId).take(names.lanes.len());
    let mut lanes = lanes.map(|lane| (lane, names.message(lane, 0)));
    let (lane, _) = lanes
        .find(|(_, name)| name == "checkout-1→orders/0#0")
        .unwrap();
    let id = names.message(lane, run.watch().unwrap().ledger.made(lane));
    let args = ["leader-crash", "--until", "35s", "--message", &id];
    let document = explained(&args);
    let message = &document["message"];
    let verdict = message["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("delivered late"), "{verdict}");
    let [made, at] = ["made_at_ns", "at_ns"].map(|k| message[k].as_u64().unwrap());
    // No broker is given up before its session is over, 9 s after it was heard of last: at the latest 2 s before its end.
    assert!(at - made > 5 * SECOND, "{message:#}");
    let spent = message["spent"].as_array().unwrap();
    let waited = spent
        .iter()
        .filter(|part| part["name"] == "at the sender" || part["name"] == "retry");
    let waited: u64 = waited.map(|part| part["ns"].as_u64().unwrap()).sum();
    assert!(waited * 10 > (at - made) * 9, "{spent:#?}");
    let steps = document["steps"].as_array().unwrap();
    let place = |part: &str| {
        let is = |s: &Value| s["text"].as_str().unwrap().contains(part);
        steps
            .iter()
            .position(is)
            .unwrap_or_else(|| panic!("{part}: {steps:#?}"))
    };
    let order = ["made", "leads orders/0", "stored at", "visible", "taken by"].map(place);
    assert!(order.is_sorted(), "{order:?}: {steps:#?}");
    // It is owed to the crash: without that the same message is there at once.
    let faults = document["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert_eq!(tried(&document["faults"], "crash leader")["helps"], true);
    let calm = explained(&[&args[..], &["--set", "faults=[]"]].concat());
    assert_eq!(calm["message"]["made_at_ns"], message["made_at_ns"]);
    assert_eq!(calm["message"]["well"], true);
    let settings = document["settings"].as_array().unwrap();
    assert!(
        settings.iter().all(|s| s["helps"] == false),
        "{settings:#?}"
    );
}

#[test]
fn two_settings_are_tried_together_where_none_helps_alone() {
    // First the leader takes with it what nobody else has, though others are in sync; later one that is not in sync leads.
    // What was asked of the leader alone is lost then, or what it asked of itself alone: only both kept from it, it holds.
    let both = r#"(
        title: "two ways to lose", seed: 5, duration: "110s",
        nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing")],
        network: (latency: "1ms"),
        systems: [Kafka(name: "events", nodes: "broker", topics: [
            (name: "orders", partitions: 1, replication_factor: 3, replica_assignment: [[1, 2, 3]], min_insync_replicas: 1,
                unclean_leader_election_enable: true),
            (name: "bills", partitions: 1, replication_factor: 3, replica_assignment: [[2, 3, 1]], min_insync_replicas: 1),
        ])],
        workloads: [
            Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Constant("20/s"), stop: "60s"),
            Producer(name: "biller", nodes: "web", to: "events/bills", acks: One, enable_idempotence: false,
                arrivals: Constant("50/s"), stop: "6s"),
            ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders", auto_offset_reset: Earliest, service_time: "1ms"),
        ],
        faults: [
            During("3s", "5s", Cut(from: "broker-2", to: Nodes(["broker-1", "broker-3"]))),
            During("4s", "18s", Crash("broker-2")),
            During("30s", "100s", Cut(from: "broker-1", to: Nodes(["broker-2", "broker-3"]))),
            // Nobody reads what is about to be lost.
            During("45s", "108s", Crash("billing")),
            During("75s", "105s", Crash("broker-1")),
        ],
    )"#;
    let folder = Folder::new("explain-both");
    let file = folder.write("both.ron", both);
    let document = explained(&[&file]);
    let settings = document["settings"].as_array().unwrap();
    let (together, alone): (Vec<&Value>, Vec<&Value>) =
        settings.iter().partition(|c| c["together"] == true);
    assert!(alone.iter().all(|c| c["helps"] == false), "{alone:#?}");
    let helps: Vec<&&Value> = together.iter().filter(|c| c["helps"] == true).collect();
    // To ask all of them, and not to let one lead that lacks something.
    let sets = [
        "workloads.biller.acks=All",
        "systems.events.topics.orders.unclean_leader_election_enable=false",
    ];
    assert!(
        helps.iter().any(|c| c["set"] == serde_json::json!(sets)),
        "{helps:#?}"
    );
    for cure in helps {
        assert!(
            holds(cure["command"].as_str().unwrap(), "NoAckedLoss"),
            "{cure:#}"
        );
    }
}

#[test]
fn the_text_is_the_same_each_time_fits_80_columns_and_names_events_of_the_run() {
    let folder = Folder::new("explain-text");
    let file = folder.write("lost.ron", LOST);
    let output = splitbrain(&["explain", &file]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert_eq!(told, text(&splitbrain(&["explain", &file]).stdout));
    let is_command = |line: &&str| line.trim_start().starts_with("splitbrain ");
    let path = |line: &&str| line.contains(&file);
    for line in told.lines().filter(|l| !is_command(l) && !path(l)) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let mut run = session(LOST);
    run.run_to(u64::MAX);
    let numbers: Vec<u64> = told
        .split('#')
        .skip(1)
        .filter_map(|after| {
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
        .collect();
    assert!(numbers.len() > 10, "{told}");
    assert!(
        numbers.iter().all(|n| (1..=run.sim().events()).contains(n)),
        "{told}"
    );
    let crash = format!("[{file}:{}]", line_of(LOST, "Crash("));
    assert!(told.contains(&crash), "{told}");
    for head in [
        "what happened",
        "what it is owed to",
        "what would have prevented it",
        "look further",
    ] {
        assert!(told.contains(head), "{head}: {told}");
    }
    assert!(told.contains("acks=All: it holds"), "{told}");
    assert!(
        told.contains(&format!(
            "splitbrain run {file} --seed 5 --set workloads.checkout.acks=All"
        )),
        "{told}"
    );
    // The command that makes it smaller is one that can be run.
    let shrink = format!("splitbrain shrink {file} --seed 5 --breaks NoAckedLoss");
    assert!(told.contains(&shrink), "{told}");
    let shrunk = as_told(&format!("{shrink} --runs 3"));
    assert!(shrunk.is_object(), "{shrunk}");
    // Nothing is told less with --all.
    let all = text(&splitbrain(&["explain", &file, "--all"]).stdout);
    assert!(all.lines().count() >= told.lines().count());
    assert!(!all.contains("more steps like these"));
}

#[test]
fn a_recording_is_explained_with_what_was_done_by_hand() {
    // The same, but a person does it.
    let start = LOST.find("During(\"3s\"").unwrap();
    let end = LOST.find("At(\"17s\"").unwrap();
    let quiet = format!("{}{}", &LOST[..start], &LOST[end..]);
    let mut run = session(&quiet);
    let mut done = Vec::new();
    for (at, action) in [
        (
            3,
            r#"Cut(from: "broker-1", to: Nodes(["broker-2", "broker-3"]))"#,
        ),
        (4, r#"Crash("broker-1")"#),
    ] {
        run.run_to(at * SECOND);
        done.push(
            run.intervention(action, None)
                .unwrap_or_else(|d| panic!("{d:?}")),
        );
        run.follow(&done.clone().into());
    }
    run.run_to(u64::MAX);
    let folder = Folder::new("explain-recording");
    let file = folder.write("failure.ron", &run.recording().to_text().unwrap());
    let document = explained(&[&file]);
    assert_eq!(document["finding"]["property"], "NoAckedLoss");
    assert_eq!(document["by_hand"].as_array().unwrap().len(), 2);
    let crash = tried(&document["faults"], "crash broker-1");
    assert_eq!(crash["helps"], true);
    assert!(
        crash["what"].as_str().unwrap().contains("by hand"),
        "{crash}"
    );
    // What was done by hand stands in no scenario that a command could change.
    assert_eq!(
        (&crash["command"], &crash["line"]),
        (&Value::Null, &Value::Null)
    );
    let steps = document["steps"].as_array().unwrap();
    assert!(steps.iter().any(|s| s["by_hand"] == true), "{steps:#?}");
    are_events_of(&document["steps"], run.beginning());
    // The settings are tried on the recording: the command holds it against itself.
    let acks = tried(&document["settings"], "acks=All");
    assert_eq!(acks["helps"], true);
    let compared = as_told(acks["command"].as_str().unwrap());
    let all = compared["properties"].as_array().unwrap();
    let loss = all.iter().find(|p| p["property"] == "NoAckedLoss").unwrap();
    assert_eq!(
        (&loss["a"], &loss["b"]),
        (&"broken".into(), &"holds".into())
    );
    // It may come through a pipe, but no command can name it then.
    let piped = fed(
        command(&["explain", "-", "--json"]),
        &folder.read("failure.ron"),
    );
    let piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
    assert_eq!(piped["finding"], document["finding"]);
    assert_eq!(piped["steps"], document["steps"]);
    let settings = piped["settings"].as_array().unwrap();
    assert!(settings.iter().all(|s| s["command"].is_null()));
    let told = text(&splitbrain(&["explain", &file]).stdout);
    assert!(
        told.contains(&format!("splitbrain replay {file}")),
        "{told}"
    );
}

#[test]
fn where_nothing_broke_there_is_nothing_to_explain() {
    let output = splitbrain(&["explain", "healthy", "--until", "2s"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(
        text(&output.stderr).contains("kept every property"),
        "{}",
        text(&output.stderr)
    );
}

/// What a run lists is explained by the number that stands before it; what it does not list, by the numbers behind these.
#[test]
fn each_finding_of_a_run_has_a_number_that_explains_it() {
    let folder = Folder::new("explain-numbers");
    let file = folder.write("lost.ron", LOST);
    let expect = "expect=[Breaks(NoLostWrite), Holds(NoAckedLoss)]";
    let args = [file.as_str(), "--set", expect];
    let run = splitbrain(&[&["run", "--headless"], &args[..]].concat());
    assert_eq!(run.status.code(), Some(1));
    let told = text(&run.stdout);
    let (_, listed) = told.split_once("\nfindings  ").unwrap();
    let count: usize = listed.lines().next().unwrap().parse().unwrap();
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let rows: Vec<&str> = listed.filter(|line| line.contains("  [by #")).collect();
    let number = |row: &str| row.split_whitespace().next().unwrap().to_owned();
    for (at, row) in (1..).zip(&rows) {
        assert_eq!(number(row), at.to_string(), "{row}");
    }
    let more = format!(
        "… and {} more, {} to {count}",
        count - rows.len(),
        rows.len() + 1
    );
    assert!(told.contains(&more), "{more}: {told}");
    for number in [1, rows.len(), rows.len() + 1, count] {
        let which = number.to_string();
        let document = explained(&[&args[..], &["--finding", &which]].concat());
        let finding = &document["finding"];
        assert_eq!(
            (&finding["number"], &finding["of"]),
            (&number.into(), &count.into())
        );
        let by = format!("[by #{}]", finding["event"]);
        let is_listed = rows.get(number - 1).map(|row| row.ends_with(&by));
        assert_ne!(is_listed, Some(false), "{number}: {finding}");
    }
    let beyond = (count + 1).to_string();
    let none = splitbrain(&[&["explain"], &args[..], &["--finding", &beyond]].concat());
    assert_eq!(none.status.code(), Some(2));
    assert!(text(&none.stderr).contains(&format!("1 to {count}")));
    // What was promised and is not so is what the next commands are about, not what breaks as it should.
    let (_, further) = told.split_once("\nlook further\n").unwrap();
    let mut commands = further
        .lines()
        .filter_map(|l| l.strip_prefix("  splitbrain "));
    let mut next = |more: &str| as_told(&format!("splitbrain {}{more}", commands.next().unwrap()));
    let why = next("");
    let loss = rows
        .iter()
        .find(|row| row.contains("no acknowledged message lost"));
    assert_eq!(why["finding"]["property"], "NoAckedLoss");
    assert_eq!(why["finding"]["number"].to_string(), number(loss.unwrap()));
    let smaller = next(" --runs 1");
    assert_eq!(smaller["shrunk"]["breaks"], "NoAckedLoss");
}

#[test]
fn mistakes_name_what_was_meant() {
    let folder = Folder::new("explain-mistakes");
    let file = folder.write("lost.ron", LOST);
    let file = file.as_str();
    for (args, why) in [
        (&["explain", "no-such-scenario"][..], &["no scenario"][..]),
        (
            &["explain", file, "--finding", "0"],
            &["there is no finding 0"],
        ),
        (
            &["explain", file, "--finding", "99"],
            &["there is no finding 99"],
        ),
        (
            &["explain", file, "--message", "nonsense"],
            &["has no number", "checkout-1→orders/0#"],
        ),
        (
            &["explain", file, "--message", "orders/0#x"],
            &["is no number"],
        ),
        (
            &["explain", file, "--message", "chekout-1→orders/0#3"],
            &["did you mean `checkout-1→orders/0#3`?"],
        ),
        // 50 a second for 6 s.
        (
            &["explain", file, "--message", "checkout-1→orders/0#100000"],
            &["the last is `checkout-1→orders/0#"],
        ),
        (
            &["explain", file, "--message", "zzz#1"],
            &["`checkout-1→orders/0`"],
        ),
        (
            &["explain", file, "--message", "#1", "--finding", "1"],
            &["cannot be used with"],
        ),
        (&["explain", file, "--set", "duraton=5s"], &["duration"]),
    ] {
        let output = splitbrain(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = text(&output.stderr);
        for why in why {
            assert!(said.contains(why), "{args:?}: {said}");
        }
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

/// Nothing takes effect here: requests are asked and answered. The one user asks ten times as often as the other.
const ASKED: &str = r#"(
    title: "asked and answered", seed: 5, duration: "5s",
    nodes: [(name: "web"), (name: "shop-vm")],
    network: (latency: "1ms"),
    systems: [Service(name: "shop", nodes: "shop-vm", threads: 4, handlers: [(name: "show", steps: [Work("2ms")])])],
    workloads: [
        Requests(name: "users", nodes: "web", to: "shop/show", arrivals: Constant("10/s")),
        Requests(name: "robots", nodes: "web", to: "shop/show", arrivals: Constant("100/s")),
    ],
)"#;

#[test]
fn a_request_without_effects_is_explained_by_its_name() {
    let folder = Folder::new("asked");
    let file = folder.write("asked.ron", ASKED);
    for name in ["users#17", "robots#170"] {
        let document = explained(&[&file, "--message", name]);
        assert_eq!(document["message"]["name"], name);
        let asked = &document["steps"].as_array().unwrap()[0];
        // Ten a second, and a hundred: the first at once or after one interval.
        let at_s = asked["at_ns"].as_f64().unwrap() / 1e9;
        assert!((1.7..=1.8).contains(&at_s), "{asked}");
    }
    let beyond = splitbrain(&["explain", &file, "--message", "users#5000"]);
    assert_eq!(beyond.status.code(), Some(2));
    let said = text(&beyond.stderr);
    assert!(
        said.contains("requests in this run, the last is `users#"),
        "{said}"
    );
}

/// The worker needs longer than the queue waits before it hands the same order to somebody again.
pub const TWICE: &str = r#"(
    title: "paid twice", seed: 5, duration: "20s",
    nodes: [(name: "web"), (name: "shop-vm"), (name: "queue"), (name: "bank-vm")],
    network: (latency: "1ms"),
    systems: [
        Service(name: "shop", nodes: "shop-vm", threads: 4, handlers: [(name: "order", steps: [Work("1ms")])]),
        Service(name: "bank", nodes: "bank-vm", threads: 4, handlers: [(name: "pay", steps: [Wait("3s"), Effect("payment")])]),
        Sqs(name: "jobs", nodes: "queue", queues: [(name: "pay", visibility_timeout: "2s")]),
        Workflow(name: "orders", style: EventDriven, entry: "shop/order", stages: [(handler: "bank/pay", queue: "jobs/pay")]),
    ],
    workloads: [Requests(name: "users", nodes: "web", to: "shop/order", arrivals: Constant("1/s"), stop: "2500ms", effects: ["payment"])],
    expect: [Holds(EffectsOnce)],
)"#;

#[test]
fn an_effect_that_happens_twice_is_told_from_the_moment_at_which_it_was_asked_for() {
    let folder = Folder::new("twice");
    let file = folder.write("twice.ron", TWICE);
    let document = explained(&[&file]);
    assert_eq!(document["finding"]["property"], "EffectsOnce");
    let name = document["message"]["name"].as_str().unwrap();
    assert!(name.starts_with("users#"), "{name}");
    let broken = document["finding"]["message"].as_str().unwrap();
    assert!(broken.contains(name), "{broken}");
    let steps = document["steps"].as_array().unwrap();
    let count = |what: &str| {
        let said = steps.iter().filter_map(|step| step["text"].as_str());
        said.filter(|text| text.contains(what)).count()
    };
    assert_eq!(count("asked"), 1, "{steps:#?}");
    let effect = format!("effect payment of {name}");
    assert!(count(&effect) >= 2, "{steps:#?}");
}
