//! A small schema like that of real scenarios, good and bad texts for it, and what is said about them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::scenario::document::{Document, from_source};
use crate::sim::complaint::{Complaint, Path};

#[derive(Debug, Clone, PartialEq)]
struct Time(u64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Time;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration like \"150ms\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Time, E> {
                for (unit, factor) in [("us", 1), ("ms", 1000), ("s", 1_000_000)] {
                    if let Some(Ok(amount)) = text.strip_suffix(unit).map(str::parse::<u64>) {
                        return Ok(Time(amount * factor));
                    }
                }
                Err(E::custom(format!("`{text}` is no duration")))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct Scenario {
    title: String,
    #[serde(default)]
    seed: u64,
    duration: Time,
    nodes: Vec<Node>,
    #[serde(default)]
    network: Network,
    #[serde(default)]
    systems: Vec<System>,
    #[serde(default)]
    workloads: Vec<Workload>,
    #[serde(default)]
    faults: Vec<Fault>,
    #[serde(default)]
    labels: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Node {
    name: String,
    #[serde(default = "one")]
    count: u32,
    #[serde(default)]
    zones: Vec<String>,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Network {
    latency: Option<Latency>,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Latency {
    Constant(Time),
    LogNormal { median: Time, p99: Time },
}

#[derive(Debug, Deserialize, PartialEq)]
enum System {
    Kafka(KafkaSettings),
}

#[derive(Debug, Deserialize, PartialEq)]
struct KafkaSettings {
    name: String,
    nodes: String,
    topics: Vec<Topic>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Topic {
    name: String,
    partitions: u32,
    #[serde(default = "one")]
    replication_factor: u32,
    #[serde(default = "one")]
    min_insync_replicas: u32,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
enum Acks {
    Zero,
    One,
    #[default]
    All,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Workload {
    Producer {
        name: String,
        to: String,
        #[serde(default)]
        acks: Acks,
        keys: Option<Keys>,
        #[serde(default)]
        idempotent: bool,
    },
    ConsumerGroup {
        name: String,
        from: String,
    },
}

#[derive(Debug, Deserialize, PartialEq)]
enum Keys {
    Uniform(u64),
    Zipf { n: u64, s: f64 },
}

#[derive(Debug, Deserialize, PartialEq)]
enum Fault {
    At(Time, Action),
}

#[derive(Debug, Deserialize, PartialEq)]
enum Action {
    Crash(Target),
    Restart(Target),
}

#[derive(Debug, Deserialize, PartialEq)]
enum Target {
    All,
    LeaderOf(String),
    AnyOf(String, u32),
}

const GOOD: &str = r#"(
    title: "acks=1 loses acknowledged orders",
    seed: 42,
    duration: "60s",
    nodes: [
        (name: "broker", count: 3, zones: ["a", "b", "c"]),
        (name: "web"), // one of them
    ],
    network: (latency: LogNormal(median: "500us", p99: "3ms")),
    systems: [
        Kafka(
            name: "events", nodes: "broker",
            topics: [
                (name: "orders", partitions: 6, replication_factor: 3),
                (name: "audit", partitions: 1),
            ],
        ),
    ],
    workloads: [
        Producer(name: "checkout", to: "events/orders", acks: One, keys: Some(Zipf(n: 10_000, s: 1.1))),
        ConsumerGroup(name: "invoices", from: "events/orders"),
    ],
    faults: [
        At("20s", Crash(LeaderOf("events/orders/0"))),
        At("30s", Crash(AnyOf("broker", 1))),
        At("40s", Restart(All)),
    ],
    labels: {"team": 7},
)
"#;

fn said(text: &str) -> String {
    from_source::<Scenario>("scenario.ron", text, &[])
        .1
        .render(false)
}

fn said_with(sets: &[&str]) -> String {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    from_source::<Scenario>("scenario.ron", GOOD, &sets)
        .1
        .render(false)
}

fn with(sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let (scenario, document) = from_source::<Scenario>("scenario.ron", GOOD, &sets);
    assert_eq!(document.render(false), "");
    scenario.unwrap()
}

#[test]
fn a_good_scenario_is_read_as_written() {
    let scenario = with(&[]);
    assert_eq!(scenario.seed, 42);
    assert_eq!(scenario.duration, Time(60_000_000));
    assert_eq!(scenario.nodes[0].zones, ["a", "b", "c"]);
    assert_eq!(
        scenario.nodes[1],
        Node {
            name: "web".into(),
            count: 1,
            zones: vec![]
        }
    );
    let latency = Latency::LogNormal {
        median: Time(500),
        p99: Time(3000),
    };
    assert_eq!(scenario.network.latency, Some(latency));
    let System::Kafka(kafka) = &scenario.systems[0];
    assert_eq!(kafka.topics[0].replication_factor, 3);
    let Workload::Producer { acks, keys, .. } = &scenario.workloads[0] else {
        panic!("not a producer")
    };
    assert_eq!(*acks, Acks::One);
    assert_eq!(*keys, Some(Keys::Zipf { n: 10_000, s: 1.1 }));
    let crash = Action::Crash(Target::AnyOf("broker".into(), 1));
    assert_eq!(scenario.faults[1], Fault::At(Time(30_000_000), crash));
    assert_eq!(scenario.labels["team"], 7);
}

#[test]
fn set_changes_adds_and_finds_by_name() {
    assert_eq!(with(&["seed=7"]).seed, 7);
    assert_eq!(with(&["duration=90s"]).duration, Time(90_000_000));
    assert_eq!(with(&["title=two words"]).title, "two words");
    assert_eq!(with(&["title=word"]).title, "word");
    assert_eq!(with(&["nodes.web.count=5"]).nodes[1].count, 5);
    assert_eq!(with(&["nodes.1.count=5"]).nodes[1].count, 5);
    let System::Kafka(kafka) =
        &with(&["systems.events.topics.audit.min_insync_replicas=2"]).systems[0];
    assert_eq!(
        (
            kafka.topics[0].min_insync_replicas,
            kafka.topics[1].min_insync_replicas
        ),
        (1, 2)
    );
    let constant = with(&["network.latency=Constant(\"1ms\")"]).network.latency;
    assert_eq!(constant, Some(Latency::Constant(Time(1000))));
    assert_eq!(with(&["network.latency=None"]).network.latency, None);
    let p99 = with(&["network.latency.p99=9ms"]).network.latency;
    assert_eq!(
        p99,
        Some(Latency::LogNormal {
            median: Time(500),
            p99: Time(9000)
        })
    );
    assert_eq!(
        with(&["labels.team=8", "labels.new=9"]).labels,
        BTreeMap::from([("team".into(), 8), ("new".into(), 9)])
    );
    let Fault::At(time, _) = &with(&["faults.0.0=21s"]).faults[0];
    assert_eq!(*time, Time(21_000_000));
}

#[test]
fn what_is_wrong_is_left_out_and_the_rest_is_read() {
    let text = GOOD
        .replace(
            "(name: \"orders\", partitions: 6, replication_factor: 3)",
            "5",
        )
        .replace("count: 3", "count: \"3\"");
    let (scenario, document) = from_source::<Scenario>("scenario.ron", &text, &[]);
    let scenario = scenario.unwrap();
    assert_eq!(
        document.diagnostics().len(),
        2,
        "{}",
        document.render(false)
    );
    let System::Kafka(kafka) = &scenario.systems[0];
    let names: Vec<&str> = kafka
        .topics
        .iter()
        .map(|topic| topic.name.as_str())
        .collect();
    assert_eq!(names, ["audit"]);
    assert_eq!(scenario.nodes[0].count, 1);
    // The remaining topic is number 0 to later checks, but it is the second in the file.
    let path = Path::root()
        .field("systems")
        .index(0)
        .field("topics")
        .index(0)
        .field("name");
    let span = document.span_of(&path);
    assert_eq!(&text[span.start as usize..span.end as usize], "\"audit\"");
}

#[test]
fn later_checks_point_at_the_narrowest_place() {
    let (_, mut document) = from_source::<Scenario>("scenario.ron", GOOD, &[]);
    let topic = Path::root()
        .field("systems")
        .index(0)
        .field("topics")
        .index(0);
    document.complain(
        &Complaint::error(
            topic.field("replication_factor"),
            "3 replicas need 3 brokers, and there are 2",
        )
        .related(
            Path::root().field("nodes").index(0).field("count"),
            "declared here",
        ),
    );
    document.complain(&Complaint::warning(
        topic.field("min_insync_replicas"),
        "one replica is enough for acks=All",
    ));
    document.complain(&Complaint::unknown_name(
        Path::root()
            .field("faults")
            .index(0)
            .index(1)
            .index(0)
            .index(0),
        "topic",
        "events/order",
        ["events/orders", "events/audit"],
    ));
    show("later_checks", &document.render(false));
}

#[track_caller]
fn show(name: &str, shown: &str) {
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/diagnostics"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, shown);
    });
}

#[test]
fn mistakes_are_shown() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        (
            "missing_comma",
            &[
                ("seed: 42,", "seed: 42"),
                ("count: 3, zones", "count: 3 zones"),
            ],
        ),
        ("unclosed_round", &[("c\"]),", "c\"],")]),
        ("unclosed_square", &[("\"c\"]),", "\"c\"),")]),
        (
            "unclosed_at_end",
            &[("labels: {\"team\": 7},\n)", "labels: {\"team\": 7},\n")],
        ),
        (
            "closed_too_early",
            &[("duration: \"60s\",", "duration: \"60s\"),")],
        ),
        (
            "missing_quote",
            &[
                ("\"broker\", count", "\"broker, count"),
                ("loses acknowledged orders\"", "loses acknowledged orders"),
            ],
        ),
        (
            "equals_for_colon",
            &[
                ("seed: 42", "seed = 42"),
                ("partitions: 6", "partitions = 6"),
            ],
        ),
        (
            "unit_without_quotes",
            &[("\"60s\"", "60s"), ("\"500us\"", "500us")],
        ),
        (
            "twice",
            &[("seed: 42,", "seed: 42,\n    title: \"again\",")],
        ),
        (
            "unknown_fields",
            &[
                ("replication_factor", "replication.factor"),
                ("seed", "colour"),
                ("zones", "zone"),
            ],
        ),
        (
            "unknown_variants",
            &[
                ("LogNormal", "Lognormal"),
                ("Kafka", "Rabbit"),
                ("acks: One", "acks: \"one\""),
            ],
        ),
        (
            "missing_fields",
            &[
                ("to: \"events/orders\", ", ""),
                ("name: \"orders\", partitions: 6, ", ""),
                ("duration: \"60s\",", ""),
            ],
        ),
        (
            "wrong_types",
            &[
                ("seed: 42", "seed: \"42\""),
                ("\"60s\"", "60"),
                ("nodes: \"broker\"", "nodes: broker"),
                ("partitions: 6", "partitions: -6"),
                ("[\"a\", \"b\", \"c\"]", "\"a\""),
                (
                    "(latency: LogNormal(median: \"500us\", p99: \"3ms\"))",
                    "{\"latency\": None}",
                ),
            ],
        ),
        (
            "wrong_units",
            &[
                ("\"60s\"", "\"60 parsecs\""),
                ("\"500us\"", "\"500\""),
                ("\"20s\"", "\"soon\""),
            ],
        ),
        (
            "wrong_variant_bodies",
            &[
                ("Restart(All)", "Restart"),
                ("AnyOf(\"broker\", 1)", "AnyOf(\"broker\")"),
                ("acks: One", "acks: One(1)"),
                ("Zipf(n: 10_000, s: 1.1)", "Zipf(10_000, 1.1)"),
            ],
        ),
        (
            "quoted_field_names",
            &[
                ("seed: 42", "\"seed\": 42"),
                ("Kafka(", "Kafka {"),
                (
                    "],\n        ),\n    ],\n    workloads",
                    "],\n        },\n    ],\n    workloads",
                ),
            ],
        ),
        (
            "two_keys",
            &[("{\"team\": 7}", "{\"team\": 7, \"team\": 8}")],
        ),
        (
            "foreign_punctuation",
            &[
                ("seed: 42,", "seed: 42;"),
                ("\"60s\"", "'60s'"),
                ("name: \"web\"", "name: “web”"),
                ("[\"a\", \"b\"", "[\"a\" \"b\""),
            ],
        ),
        ("escapes", &[("acks=1 loses", "C:\\qwords \\u{zz}")]),
        ("open_comment", &[("// one of them", "/* one of them")]),
        ("too_large", &[("seed: 42", "seed: 99999999999999999999")]),
        (
            "nameless_among_named",
            &[("seed: 42", "42"), ("name: \"web\"", "\"web\", count: 1")],
        ),
        (
            "closed_twice",
            &[("labels: {\"team\": 7},\n)", "labels: {\"team\": 7},\n))")],
        ),
        (
            "number_for_name",
            &[
                ("acks: One", "acks: 1"),
                ("LogNormal(median: \"500us\", p99: \"3ms\")", "\"3ms\""),
            ],
        ),
        (
            "colon_missing",
            &[("seed: 42", "seed 42"), ("nodes: [", "nodes [")],
        ),
        (
            "value_missing",
            &[("seed: 42", "seed: "), ("count: 3,", "count,")],
        ),
    ];
    for (name, changes) in cases {
        let mut text = GOOD.to_owned();
        for (from, to) in *changes {
            assert!(text.contains(from), "{name}: {from}");
            text = text.replacen(from, to, 1);
        }
        show(name, &said(&text));
    }
    show(
        "without_parentheses",
        &said("title: \"x\",\nduration: \"1s\",\nnodes: [],\n"),
    );
    show("nothing", &said("// only a comment\n"));
}

#[test]
fn mistakes_of_set_are_shown() {
    show(
        "set",
        &said_with(&[
            "seed=banana",
            "nodes.brokr.count=3",
            "nodes.7.count=3",
            "systems.events.topics.orders.min_isr=2",
            "duration=90",
            "title.x=1",
            "nodes",
            "network.latency=LogNormal(median: \"1ms\"",
        ]),
    );
}

#[test]
fn places_are_right_with_tabs_wide_characters_and_crlf() {
    let text =
        "(\r\n\ttitle: \"größe → 日本\", sead: 1,\r\n\tduration: \"1s\",\r\n\tnodes: [],\r\n)\r\n";
    let shown = said(text);
    // Counted in characters from 1: tab, `title:`, blank, 14 characters of text with quotes, comma, blank.
    let column = "\ttitle: \"größe → 日本\", ".chars().count() + 1;
    assert!(
        shown.contains(&format!("scenario.ron:2:{column}\n")),
        "{shown}"
    );
    show("wide_characters", &shown);
}

#[test]
fn long_lines_are_cut_around_the_mistake() {
    let text = format!(
        "(title: \"{}\", sead: 1, duration: \"1s\", nodes: [{}])",
        "x".repeat(10_000),
        "(name: \"n\"),".repeat(1000)
    );
    let shown = said(&text);
    assert!(
        shown.lines().all(|line| line.chars().count() <= 200),
        "{shown}"
    );
    assert!(shown.contains("scenario.ron:1:10013"), "{shown}");
    show("long_line", &shown);
}

#[test]
fn huge_documents_are_one_diagnostic() {
    let deep = "[".repeat(1_000_000);
    let wide = format!("[{}]", "1,".repeat(1_000_000));
    let large = " ".repeat(5 << 20);
    let broken = "\\\"\n".repeat(1_000_000);
    for text in [deep, wide, large] {
        let document = Document::parse("big.ron", text);
        assert_eq!(
            document.diagnostics().len(),
            1,
            "{}",
            document.render(false)
        );
        assert!(document.render(false).len() < 2000);
    }
    assert!(Document::parse("big.ron", broken).diagnostics().len() <= 100);
}
/// Each of these took many seconds while some step cost more than linear time.
#[test]
fn many_mistakes_in_large_files_take_bounded_work() {
    let nodes = |nodes: String| format!("(title: \"\", duration: \"1s\", nodes: [{nodes}])");
    let distinct = (0..200_000)
        .map(|i| format!("titl{i}: 1,"))
        .collect::<String>();
    let large = [
        nodes("(nmae: \"x\"),".repeat(80_000)),
        nodes("1,".repeat(240_000)),
        nodes("(name: \"x\"),".repeat(30_000) + &"1,".repeat(99)),
        format!("({distinct})"),
        format!(
            "(title: \"{}\", nodes: [{}])",
            "x".repeat(4_000_000),
            "1,".repeat(99)
        ),
        "(\"".repeat(2_000_000),
        "\\\"\n".repeat(1_390_000),
        format!("(title: \"\",\n{} title: \"\"", "\n".repeat(4_000_000)),
    ];
    for text in &large {
        let (_, document) = from_source::<Scenario>("large.ron", text, &[]);
        assert!((1..=100).contains(&document.diagnostics().len()));
        assert!(document.render(false).len() < 50_000);
    }
}

#[test]
fn gaps_are_known_by_place() {
    let text = GOOD
        .replace("count: 3", "count: \"3\"")
        .replace("seed: 42", "colour: 42");
    let (_, document) = from_source::<Scenario>("scenario.ron", &text, &[]);
    let nodes = Path::root().field("nodes");
    assert!(document.has_gap_within(&Path::root()));
    assert!(document.has_gap_within(&nodes));
    assert!(document.has_gap_within(&nodes.index(0)));
    assert!(!document.has_gap_within(&nodes.index(1)));
    assert!(!document.has_gap_within(&Path::root().field("systems")));
}
