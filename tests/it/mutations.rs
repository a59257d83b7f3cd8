//! Scenarios with slips in them: words deleted, doubled, swapped, numbers blown up. Whatever comes of it, it is explained or
//! it can be built; nothing panics, and nothing takes without end.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use splitbrain::hunt::{self, Loaded};
use splitbrain::scenario::library;
use splitbrain::systems::{SystemSettings, WorkloadSettings};

/// What happens to a text.
#[derive(Clone, Debug)]
enum Slip {
    Delete(usize),
    Double(usize),
    Swap(usize, usize),
    Number(usize, &'static str),
}

/// Numbers where something may overflow, or where nothing is left.
const NUMBERS: [&str; 10] = [
    "0",
    "-1",
    "1e308",
    "0.000000001",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
    "NaN",
];

fn slip() -> impl Strategy<Value = Slip> {
    let at = || any::<usize>();
    let number = (0..NUMBERS.len()).prop_map(|i| NUMBERS[i]);
    prop_oneof![
        at().prop_map(Slip::Delete),
        at().prop_map(Slip::Double),
        (at(), at()).prop_map(|(a, b)| Slip::Swap(a, b)),
        (at(), number.clone()).prop_map(|(a, n)| Slip::Number(a, n)),
        (at(), number).prop_map(|(a, n)| Slip::Number(a, n)),
    ]
}

/// Words, numbers and single other characters, also inside of texts in quotes.
fn tokens(text: &str) -> Vec<String> {
    let kind = |c: char| match c {
        c if c.is_ascii_digit() => 1,
        c if c.is_alphanumeric() || c == '_' => 2,
        ' ' => 3,
        _ => 0,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut last = 0;
    for c in text.chars() {
        match tokens.last_mut() {
            Some(token) if kind(c) == last && last != 0 => token.push(c),
            _ => tokens.push(c.to_string()),
        }
        last = kind(c);
    }
    tokens
}

fn with_slips(text: &str, slips: &[Slip]) -> String {
    let mut tokens = tokens(text);
    for slip in slips {
        let len = tokens.len();
        match *slip {
            Slip::Delete(at) => drop(tokens.remove(at % len)),
            Slip::Double(at) => tokens.insert(at % len, tokens[at % len].clone()),
            Slip::Swap(a, b) => tokens.swap(a % len, b % len),
            Slip::Number(at, number) => {
                let is_number = |t: &&mut String| t.starts_with(|c: char| c.is_ascii_digit());
                let count = tokens.iter_mut().filter(is_number).count();
                if let Some(token) = tokens.iter_mut().filter(is_number).nth(at % count.max(1)) {
                    number.clone_into(token);
                }
            }
        }
    }
    tokens.concat()
}

/// Whether it is small enough to be built many times.
fn is_small(loaded: &Loaded) -> bool {
    let scenario = &loaded.scenario;
    let nodes: u64 = scenario.nodes.iter().map(|n| u64::from(n.count)).sum();
    let systems = scenario.systems.iter().map(|system| match system {
        SystemSettings::Kafka(s) => {
            let topics = s.topics.iter().map(|t| u64::from(t.partitions));
            topics.sum::<u64>() + u64::from(s.offsets_topic_num_partitions)
        }
        SystemSettings::Service(s) => u64::from(s.per_node),
        SystemSettings::Workflow(_) => 0,
        SystemSettings::Sqs(s) => s.queues.len() as u64 * u64::from(s.servers),
        SystemSettings::Database(_) | SystemSettings::Cache(_) => 1,
    });
    let workloads = scenario.workloads.iter().map(|w| match w {
        WorkloadSettings::Producer(s) => u64::from(s.per_node),
        WorkloadSettings::Requests(s) => u64::from(s.per_node),
        WorkloadSettings::ConsumerGroup(s) => u64::from(s.per_node) * u64::from(s.concurrency),
        WorkloadSettings::QueueSender(s) => u64::from(s.per_node),
        WorkloadSettings::QueueWorkers(s) => u64::from(s.per_node) * u64::from(s.concurrency),
    });
    nodes + systems.sum::<u64>() + workloads.sum::<u64>() <= 1000
}

#[test]
fn a_scenario_with_slips_is_explained_or_can_be_built() {
    let config = Config {
        cases: 1500,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let which = 0..library::ALL.len();
    let slips = prop::collection::vec(slip(), 1..5);
    let (mut sound, mut mistaken) = (0, 0);
    let counts = std::cell::RefCell::new((&mut sound, &mut mistaken));
    let result = runner.run(&(which, slips), |(which, slips)| {
        let text = with_slips(library::ALL[which].text, &slips);
        match Loaded::from_text("slip.ron", &text, &[]) {
            Ok(loaded) => {
                *counts.borrow_mut().0 += 1;
                if is_small(&loaded) {
                    loaded.plan.build(loaded.scenario.seed);
                    hunt::complete(loaded).ok();
                }
            }
            Err(document) => {
                *counts.borrow_mut().1 += 1;
                prop_assert!(document.render(false).contains("error: "));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // Both must have been tried, or this says nothing.
    assert!(
        sound > 50 && mistaken > 50,
        "{sound} sound, {mistaken} mistaken"
    );
}
