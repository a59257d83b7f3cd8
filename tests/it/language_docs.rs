//! docs/scenarios.md and docs/metrics.md are complete and true, and every example in the documents is what the language reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use splitbrain::checks::{Expect, Property};
use splitbrain::hunt::{self, Loaded};
use splitbrain::scenario::document::{Document, from_source};
use splitbrain::scenario::schema::FaultSettings;
use splitbrain::scenario::{effective, library};
use splitbrain::sim::amount::Unit;
use splitbrain::sim::arrivals::Arrivals;
use splitbrain::sim::dist::Dist;
use splitbrain::sim::keys::Keys;
use splitbrain::stats::{Definition, Metrics, Scope};

const SCENARIOS: &str = include_str!("../../docs/scenarios.md");
const FAULTS: &str = include_str!("../../docs/faults.md");
const METRICS: &str = include_str!("../../docs/metrics.md");

/// A scenario in which nothing is left out that appears only when it is given.
const EVERYTHING: &str = r#"(
    title: "t", about: "a", group: "G", seed: 1, duration: "30s",
    nodes: [(name: "broker", count: 3, zones: ["a", "b"]), (name: "web"), (name: "billing")],
    network: (
        bandwidth: "1GB",
        routes: [(from: "web", to: "broker", one_way: true, latency: "1ms", loss: "1%", duplicate: "1%", reorder: "1%",
                  bandwidth: "1MB")],
    ),
    systems: [Kafka(name: "events", nodes: "broker", topics: [(name: "orders"), (name: "dead")]),
              Sqs(name: "jobs", nodes: "broker", topics: [(name: "placed", subscriptions: [(queue: "orders", from: "1s")])],
                  queues: [(name: "orders", redrive_policy: (dead_letter_target: "dead", max_receive_count: 3)), (name: "dead")])],
    workloads: [
        Producer(name: "p1", nodes: "web", to: "events/orders", keys: Uniform(n: 10),
                 arrivals: Bursts(on: "1s", off: "1s", rate: "10/s", rate_off: "1/s")),
        Producer(name: "p2", nodes: "web", to: "events/orders", keys: Zipf(n: 10, s: 1.1),
                 arrivals: Ramp(from: "1/s", to: "2/s", over: "1s")),
        Producer(name: "p3", nodes: "web", to: "events/orders", keys: Hot(n: 10, hot: 2, share: "50%"),
                 arrivals: Diurnal(mean: "1/s", amplitude: "50%", period: "10s", peak_at: "1s")),
        Producer(name: "p4", nodes: "web", to: "events/orders", arrivals: ClosedLoop(clients: 2, think: "1s")),
        ConsumerGroup(name: "g1", nodes: "billing", from: "events/orders", commit: AfterEach,
                      on_error: DeadLetter(to: "events/dead", attempts: 2, backoff: "1s")),
        ConsumerGroup(name: "g2", nodes: "billing", from: "events/orders", on_error: Retry(backoff: "1s", attempts: 2)),
        QueueSender(name: "s", nodes: "web", to: "jobs/placed", arrivals: Poisson("1/s")),
        QueueWorkers(name: "w", nodes: "billing", from: "jobs/orders", on_failure: GiveBack(after: "1s")),
    ],
    faults: [
        At("1s", Crash("broker-1")),
        During("2s", "3s", Pause("broker-1")),
        Every(every: "9s", first: "1s", until: "20s", lasting: "1s", fault: Pause("broker-2")),
        Random(rate: "3/m", from: "1s", until: "20s", lasting: "1s", fault: Pause("broker-2")),
    ],
    expect: [Holds(NoAckedLoss), AtMost("lag.max", 1)],
    control: [Breaks(NoAckedLoss), Recovers(within: "15s"), AtLeast("lag.max", 1)],
    control_set: ["seed=2"],
    control_faults: false,
)"#;

fn load(text: &str, sets: &[String]) -> Result<Loaded, Box<Document>> {
    Loaded::from_text("test.ron", text, sets).and_then(hunt::complete)
}

fn loaded(text: &str, sets: &[String]) -> Loaded {
    load(text, sets).unwrap_or_else(|document| panic!("{}", document.render(false)))
}

/// The names of fields and of choices with values in a value as JSON.
fn words(value: &serde_json::Value, out: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            out.insert(name.clone());
            words(value, out);
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|v| words(v, out)),
        _ => {}
    }
}

#[test]
fn every_field_is_in_the_reference() {
    let mut all = BTreeSet::new();
    let scenario = loaded(EVERYTHING, &[]).scenario;
    words(&serde_json::to_value(&scenario).unwrap(), &mut all);
    assert!(all.len() > 100, "{all:?}");
    let is_there = |word: &&String| {
        let forms = [
            format!("### {word}\n"),
            format!("`{word}`"),
            format!("{word}: "),
            format!("`{word}("),
        ];
        [SCENARIOS, FAULTS]
            .iter()
            .any(|doc| forms.iter().any(|form| doc.contains(form)))
    };
    let absent: Vec<&String> = all.iter().filter(|word| !is_there(word)).collect();
    assert_eq!(absent, [""; 0]);
    for property in Property::DEFAULT {
        assert!(SCENARIOS.contains(&format!("| `{}` |", property.word())));
    }
}

#[test]
fn what_is_printed_as_effective_reads_back_as_the_same() {
    let built_in = library::ALL.iter().map(|s| s.text);
    for text in built_in.chain([EVERYTHING, include_str!("../../src/cli/scaffold.ron")]) {
        let scenario = loaded(text, &[]).scenario;
        let printed = effective(&scenario);
        assert_eq!(loaded(&printed, &[]).scenario, scenario, "{printed}");
    }
}

/// The lines of a document from a heading to the next one.
fn section<'a>(doc: &'a str, heading: &str) -> Vec<&'a str> {
    let from = doc.lines().skip_while(move |line| *line != heading).skip(1);
    from.take_while(|line| !line.starts_with('#')).collect()
}

/// The cells of a row of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(inner.split(" | ").collect())
}

fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

#[test]
fn the_defaults_are_the_ones_the_program_has() {
    const BEGIN: &str = r#"(
        title: "t", duration: "30s",
        nodes: [(name: "broker", count: 3), (name: "web")],
        systems: [Kafka(name: "events", nodes: "broker", topics: [(name: "orders")]),
            Sqs(name: "jobs", nodes: "broker", queues: [(name: "orders")]),
            Sqs(name: "fan", nodes: "broker", queues: [(name: "orders")],
                topics: [(name: "placed", subscriptions: [(queue: "orders")])])],"#;
    const USERS: &str = r#"workloads: [
            Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("1/s")),
            ConsumerGroup(name: "invoices", nodes: "web", from: "events/orders"),
            QueueSender(name: "sender", nodes: "web", to: "jobs/orders", arrivals: Poisson("1/s")),
            QueueWorkers(name: "workers", nodes: "web", from: "jobs/orders"),
        ],"#;
    let without_users = format!("{BEGIN})");
    let with_users = format!("{BEGIN}{USERS})");
    let mut tables = 0;
    for (heading, which, path) in [
        ("## Scenario", 0, ""),
        ("## Nodes", 0, "nodes.web."),
        ("## Nodes", 1, "nodes.web.disk."),
        ("## Nodes", 2, "nodes.web.clock."),
        ("## Network", 0, "network."),
        ("### Kafka", 0, "systems.events."),
        ("### Kafka", 1, "systems.events.topics.orders."),
        ("### Sqs", 0, "systems.jobs."),
        ("### Sqs", 1, "systems.jobs.queues.orders."),
        ("### Sqs", 2, "systems.fan.topics.placed."),
        ("### Sqs", 3, "systems.fan.topics.placed.subscriptions.0."),
        ("### QueueSender", 0, "workloads.sender."),
        ("### QueueWorkers", 0, "workloads.workers."),
        ("### Producer", 0, "workloads.checkout."),
        ("### ConsumerGroup", 0, "workloads.invoices."),
    ] {
        let lines = section(SCENARIOS, heading);
        let table = lines
            .split(|line| line.is_empty())
            .filter(|part| {
                part.first()
                    .is_some_and(|line| line.starts_with("| field | default"))
            })
            .nth(which)
            .unwrap_or_else(|| panic!("{heading} has no table {which}"));
        // By default there are no workloads: that is to be seen only where there are none.
        let text = if path.is_empty() {
            &without_users
        } else {
            &with_users
        };
        let plain = loaded(text, &[]).scenario;
        for row in table.iter().skip(2) {
            let cells = cells(row).unwrap_or_else(|| panic!("not a row: {row}"));
            let field = code(cells[0]).unwrap();
            let Some(default) = code(cells[1]) else {
                assert!(matches!(cells[1], "required" | "see below"), "{row}");
                continue;
            };
            let set = format!("{path}{field}={default}");
            assert_eq!(loaded(text, &[set]).scenario, plain, "{row}");
        }
        tables += 1;
    }
    assert_eq!(tables, 15);
}

/// Reads the code in the first cells of a section's table.
fn forms<T: DeserializeOwned>(heading: &str) -> usize {
    let mut read = 0;
    for line in section(SCENARIOS, heading) {
        let Some(cells) = cells(line) else { continue };
        for (i, form) in cells[0].split('`').enumerate() {
            if i % 2 == 1 && cells.len() == 2 {
                let (value, document) = from_source::<T>("scenarios.md", form, &[]);
                assert!(
                    document.is_sound() && value.is_some(),
                    "{}",
                    document.render(false)
                );
                read += 1;
            }
        }
    }
    read
}

#[test]
fn the_forms_in_the_tables_are_read() {
    assert_eq!(forms::<Arrivals>("## Arrivals"), 7);
    assert_eq!(forms::<Keys>("## Keys"), 4);
    assert_eq!(forms::<Dist>("## Distributions"), 12);
    assert_eq!(forms::<FaultSettings>("## Faults"), 4);
    assert_eq!(forms::<Expect>("## Expectations"), 5);
    assert_eq!(forms::<Property>("## Properties"), 13);
}

#[test]
fn the_table_of_metrics_is_the_programs() {
    let expected = |scope| {
        let row = |d: &Definition| {
            let unit = match d.unit {
                Unit::Count => "count",
                Unit::Time => "time",
                Unit::Rate => "rate",
                Unit::Ratio => "share",
                Unit::Bytes => "bytes",
            };
            format!("| `{}` | {unit} | {} |", d.name, d.what)
        };
        Metrics::definitions(scope).map(row).collect::<Vec<_>>()
    };
    for (heading, scope) in [
        ("## Of the run", Scope::Run),
        ("## Of each flow", Scope::Flow),
        ("## Of each service", Scope::Service),
        ("## Of each queue", Scope::Queue),
        ("## Of each group", Scope::Group),
        ("## Of each machine", Scope::Node),
    ] {
        let rows = section(METRICS, heading)
            .into_iter()
            .filter(|l| l.starts_with("| `"));
        assert_eq!(rows.collect::<Vec<_>>(), expected(scope), "{heading}");
    }
}

#[test]
fn the_scenarios_in_the_documents_can_run() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(top.join("docs"))
        .unwrap()
        .map(|e| e.unwrap().path());
    let mut scenarios = 0;
    for file in docs.chain([top.join("README.md")]) {
        if file.extension().is_none_or(|e| e != "md") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for block in text.split("```ron\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let parsed = Document::parse(file.display().to_string(), block);
            assert!(parsed.is_sound(), "{}", parsed.render(false));
            if block.contains("duration:") {
                loaded(block, &[]);
                scenarios += 1;
            }
        }
    }
    assert!(scenarios >= 2, "the README and scenarios.md have one each");
}
