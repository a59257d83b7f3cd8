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
use splitbrain::systems::service::Step;

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
                  queues: [(name: "orders", redrive_policy: (dead_letter_target: "dead", max_receive_count: 3)), (name: "dead")]),
        Service(name: "pay", nodes: "web", queue: (discipline: CoDel(), limit: 10),
                load_shedding: (max_in_flight: 100, keep_priority: 1), slow_down: (beyond: 10, per_request: "1%", at_most: 3.0),
                gc: (heap: "10MiB", per_request: "1KiB", garbage_per_request: "1KiB", pause_base: "1ms", pause_per_mib: "1ms"),
                scale: (max: 1, target: QueueLength(5.0), start_delay: "1s"),
                clients: [(to: "leaf", timeout: "1s", deadline: "5s", retry: Exponential(), retry_on: [Failed],
                           retry_budget: Tokens(), circuit_breaker: (), bulkhead: (max_waiting: 5), rate_limiter: (),
                           adaptive_limit: (), hedge: After(delay: "1s"), back_pressure: "1s", balance: PowerOfChoices(),
                           health_check: (), passive_health_check: (), outlier_detection: ())],
                consumes: [(from: "events/orders", handler: "charge", prefetch: 5, attempts: 5)],
                handlers: [(name: "charge", idempotent: (capacity: 100), priority: 1, steps: [
                    Work(Constant("1ms")), Wait(Constant("1ms")), Call("leaf/do"), FanOut(to: "leaf/do", count: 2, need: 1),
                    Parallel(branches: [[Reply], [Fail("1%")]], need: 1), Try([Sometimes("1%", [Effect("paid")])]),
                    Publish("events/dead"), Consume("jobs/dead")])]),
        Service(name: "leaf", nodes: "web", queue: (discipline: AdaptiveLifo(lifo_beyond: 5)), scale: (max: 1, start_delay: "1s"),
                clients: [(to: "pay", retry: Fixed(), retry_budget: Ratio(), hedge: Percentile(), balance: ConsistentHash())],
                handlers: [(name: "do", steps: [Call("pay/charge"), Read("db"), Write("db"), Reserve("db"), Release("db"),
                    Cached(cache: "mc", from: "db", single_flight: true)])]),
        Database(name: "db", nodes: "web", read: "1ms", write: "1ms", stock: (items: 1, each: 1),
                 slow_down: (beyond: 1, per_request: "1%", at_most: 2)),
        Cache(name: "mc", nodes: "web", capacity: 1, ttl: "1s", lease: (every: "1s")),
        Workflow(name: "wf", style: Synchronous, entry: "pay/charge", stages: [
            (handler: "leaf/do", queue: "jobs/orders", topic: "jobs/placed", prefetch: 1, optional: true)])],
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
        Requests(name: "customers", nodes: "web", to: "pay/charge", arrivals: Poisson("1/s"), stop: "20s", count: 100,
                 client: (balance: Weighted(weights: [1])), effects: ["paid"]),
    ],
    faults: [
        At("1s", Crash("broker-1")),
        During("2s", "3s", Pause("broker-1")),
        Every(every: "9s", first: "1s", until: "20s", lasting: "1s", fault: Pause("broker-2")),
        Random(rate: "3/m", from: "1s", until: "20s", lasting: "1s", fault: Pause("broker-2")),
    ],
    calm: (at: "20s", heal: Majority, within: "10s"),
    expect: [Holds(NoAckedLoss), AtMost("lag.max", 1)],
    control: [Breaks(NoAckedLoss), Recovers(within: "15s"), AtLeast("lag.max", 1)],
    control_set: ["seed=2"],
    control_faults: false,
    over: (seeds: 100, at_least: "95%"),
    control_over: (seeds: 20),
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
}

#[test]
fn the_table_of_properties_is_the_programs() {
    let rows = section(SCENARIOS, "## Properties");
    let rows = rows.iter().filter(|l| l.starts_with("| `")).map(|row| {
        let cells = cells(row).unwrap_or_else(|| panic!("not a row: {row}"));
        let word = cells[0].trim_matches('`').split('(').next().unwrap();
        (word.to_owned(), format!("{}.", cells[1]))
    });
    let all = Property::ALL.iter();
    let all: Vec<_> = all
        .map(|(word, rule)| ((*word).to_owned(), rule.trim().to_owned()))
        .collect();
    assert_eq!(rows.collect::<Vec<_>>(), all);
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
                topics: [(name: "placed", subscriptions: [(queue: "orders")])]),
            Service(name: "plain", nodes: "web", handlers: [(name: "do", steps: [])]),
            Service(name: "pay", nodes: "web", load_shedding: (max_in_flight: 10), slow_down: (beyond: 10, per_request: "1%"),
                gc: (heap: "10MiB", per_request: "1KiB", garbage_per_request: "1KiB", pause_base: "1ms", pause_per_mib: "1ms"),
                scale: (max: 1, start_delay: "1s"), consumes: [(from: "events/orders", handler: "do")],
                clients: [(to: "plain", circuit_breaker: (), bulkhead: (), rate_limiter: (), adaptive_limit: (),
                           health_check: (), passive_health_check: (), outlier_detection: ()), (to: "other")],
                handlers: [(name: "do", idempotent: (), steps: [Call("plain/do"), Call("other/do")])]),
            Service(name: "other", nodes: "web", handlers: [(name: "do", steps: [])]),
            Database(name: "db", nodes: "web", read: "1ms", write: "1ms"),
            Cache(name: "mc", nodes: "web", capacity: 1),
            Workflow(name: "wf", style: Synchronous, entry: "pay/do", stages: [(handler: "other/do", queue: "jobs/orders")])],"#;
    const USERS: &str = r#"workloads: [
            Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("1/s")),
            ConsumerGroup(name: "invoices", nodes: "web", from: "events/orders"),
            QueueSender(name: "sender", nodes: "web", to: "jobs/orders", arrivals: Poisson("1/s")),
            QueueWorkers(name: "workers", nodes: "web", from: "jobs/orders"),
            Requests(name: "customers", nodes: "web", to: "pay/do", arrivals: Poisson("1/s")),
        ],
        over: (seeds: 100),"#;
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
        ("### Service", 0, "systems.plain."),
        ("### Service", 1, "systems.plain.handlers.do."),
        ("### Service", 2, "systems.pay.handlers.do.idempotent."),
        ("### Service", 3, "systems.plain.queue."),
        ("### Service", 4, "systems.pay.load_shedding."),
        ("### Service", 5, "systems.pay.slow_down."),
        ("### Service", 6, "systems.pay.gc."),
        ("### Service", 7, "systems.pay.scale."),
        ("### Service", 8, "systems.pay.consumes.0."),
        ("### Database", 0, "systems.db."),
        ("### Cache", 0, "systems.mc."),
        ("### Workflow", 0, "systems.wf."),
        ("### Workflow", 1, "systems.wf.stages.0."),
        ("### Requests", 0, "workloads.customers."),
        ("## Clients", 0, "systems.pay.clients.1."),
        ("## Clients", 1, "systems.pay.clients.0.circuit_breaker."),
        ("## Clients", 2, "systems.pay.clients.0.bulkhead."),
        ("## Clients", 3, "systems.pay.clients.0.rate_limiter."),
        ("## Clients", 4, "systems.pay.clients.0.adaptive_limit."),
        ("## Clients", 5, "systems.pay.clients.0.health_check."),
        (
            "## Clients",
            6,
            "systems.pay.clients.0.passive_health_check.",
        ),
        ("## Clients", 7, "systems.pay.clients.0.outlier_detection."),
        ("### QueueSender", 0, "workloads.sender."),
        ("### QueueWorkers", 0, "workloads.workers."),
        ("### Producer", 0, "workloads.checkout."),
        ("### ConsumerGroup", 0, "workloads.invoices."),
        ("## Over many seeds", 0, "over."),
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
    assert_eq!(tables, 38);
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
    assert_eq!(forms::<Step>("## Steps"), 17);
    assert_eq!(forms::<Dist>("## Distributions"), 12);
    assert_eq!(forms::<FaultSettings>("## Faults"), 4);
    assert_eq!(forms::<Expect>("## Expectations"), 5);
    assert_eq!(forms::<Property>("## Properties"), 35);
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
