//! Two runs side by side: what differs is what was changed, and where it began.

use std::sync::Arc;

use serde_json::Value;
use splitbrain::hunt::compare::{
    Call, Change, Delta, Difference, Found, Pair, Paired, Search, Variants, deltas,
};
use splitbrain::hunt::parallel::Stop;
use splitbrain::hunt::{Loaded, Options, Session, complete};
use splitbrain::sim::{Fact, Observer, Record, SECOND};

use super::program::{Folder, splitbrain, text};

const TEXT: &str = r#"(
    title: "a crash", seed: 11, duration: "9s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing")],
    network: (latency: LogNormal(median: "500us", p99: "3ms")),
    systems: [Kafka(name: "events", nodes: "broker",
        topics: [(name: "orders", partitions: 3, replication_factor: 3)])],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("300/s"), stop: "8s"),
        ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders", service_time: Exponential(mean: "200us")),
    ],
    faults: [At("3s", Crash("broker-1")), At("5s", Restart(All))],
)"#;

fn session(text: &str, seed: u64) -> Session {
    let loaded = Loaded::from_text("t.ron", text, &[]).unwrap_or_else(|d| panic!("{d:?}"));
    let options = Options {
        seed: Some(seed),
        ..Options::default()
    };
    Session::new(Arc::new(complete(loaded).unwrap()), options)
}

fn pair(change: &Change) -> Pair {
    let a = session(TEXT, 11);
    let b = change.of(&a).unwrap_or_else(|d| panic!("{d:?}"));
    Pair::new(&a, &b)
}

fn control() -> Change {
    Change {
        control: true,
        ..Change::default()
    }
}

fn set(set: &str) -> Change {
    Change {
        sets: vec![set.to_owned()],
        ..Change::default()
    }
}

#[derive(Default)]
struct All(Vec<Record>);

impl Observer for All {
    fn record(&mut self, record: &Record) {
        self.0.push(*record);
    }
}

/// All records of a run.
fn records(run: &Session) -> Vec<Record> {
    let (mut run, mut all) = (run.beginning(), All::default());
    while run.advance_with(u64::MAX, u64::MAX, &mut all) {}
    all.0
}

/// Where the records of two runs part, by looking at all of them.
fn parted(pair: &Pair) -> Option<(Option<Record>, Option<Record>)> {
    let [a, b] = [0, 1].map(|side: usize| records(&pair.runs()[side]));
    let same = |x: &Record, y: &Record| (x.at, x.pid, x.fact) == (y.at, y.pid, y.fact);
    let at = (0..a.len().max(b.len())).find(|&i| match (a.get(i), b.get(i)) {
        (Some(x), Some(y)) => !same(x, y),
        _ => true,
    })?;
    Some((a.get(at).copied(), b.get(at).copied()))
}

/// Where two runs part, asked for before the pair was played, in the middle, and behind.
fn found(pair: &mut Pair) -> Option<Difference> {
    let mut answers = Vec::new();
    for ns in [0, pair.end_ns() / 2, pair.end_ns()] {
        pair.seek(ns);
        let mut search = Search::new(pair);
        let answer = search.finish();
        answers.push(match answer {
            Found::Same => None,
            Found::Parted(difference) => Some(Difference {
                second: None,
                ..*difference
            }),
        });
    }
    assert!(answers.windows(2).all(|w| w[0] == w[1]), "{answers:?}");
    answers.pop().unwrap()
}

fn all_deltas(pair: &Pair) -> Vec<Delta> {
    let [a, b] = [0, 1].map(|side: usize| pair.runs()[side].watch().unwrap());
    deltas(a, b)
}

fn delta(pair: &Pair, name: &str) -> Delta {
    let mut all = all_deltas(pair).into_iter();
    all.find(|d| d.name == name).unwrap()
}

#[test]
fn a_run_is_the_same_as_itself() {
    let mut pair = pair(&Change::default());
    assert_eq!(found(&mut pair), None);
    assert!(!pair.differs());
    assert_eq!(pair.same_seconds(), 9);
    let all = all_deltas(&pair);
    assert!(all.len() > 50, "{}", all.len());
    for delta in all {
        assert_eq!(delta.difference(), Some(0.0), "{}", delta.name);
        assert_eq!(delta.better_side(), None);
    }
    assert!(Variants::of(&pair).is_none());
}

#[test]
fn without_the_fault_all_is_the_same_until_it_strikes() {
    let mut pair = pair(&control());
    let difference = found(&mut pair).unwrap();
    assert_eq!(difference.at_ns, 3 * SECOND);
    assert_eq!(difference.first_side(), Some(0));
    let [a, b] = difference.records;
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!((a.subject.as_str(), a.word), ("broker-1", "FAULT"));
    assert!(b.at > 3 * SECOND);
    assert_eq!(pair.labels(), &["as it is", "without faults"]);
    assert!(pair.differs());
    assert_eq!(pair.same_seconds(), 3);
    // Known in advance: one machine is down for two seconds.
    assert_eq!(delta(&pair, "nodes.down_total").difference(), Some(-2e9));
    assert_eq!(delta(&pair, "nodes.down_total").better_side(), Some(1));
    assert_eq!(
        delta(&pair, "node.broker-1.crashes").difference(),
        Some(-1.0)
    );
    assert_eq!(
        delta(&pair, "node.broker-2.crashes").difference(),
        Some(0.0)
    );
    assert_eq!(delta(&pair, "faults.begun").difference(), Some(-2.0));
    // What customers do is not touched by what becomes of the broker.
    assert_eq!(delta(&pair, "messages.produced").difference(), Some(0.0));
}

#[test]
fn both_sides_draw_the_same() {
    // To which partition it goes is for the producer to say, and that looks at what became of the last ones.
    let produced = |pair: &Pair, side: usize| -> Vec<(u64, u32)> {
        let made = records(&pair.runs()[side]).into_iter();
        let made = made.filter_map(|r| match r.fact {
            Fact::Produced { bytes, .. } => Some((r.at, bytes)),
            _ => None,
        });
        made.collect()
    };
    for change in [
        control(),
        set("systems.events.topics.orders.min_insync_replicas=2"),
    ] {
        let pair = pair(&change);
        let (a, b) = (produced(&pair, 0), produced(&pair, 1));
        assert!(a.len() > 1_500, "{}", a.len());
        assert_eq!(a, b);
    }
}

#[test]
fn the_first_difference_is_the_one_that_looking_at_all_records_shows() {
    let changes = [
        control(),
        set("workloads.checkout.stop=4500ms"),
        set("workloads.checkout.retry_backoff_ms=300ms"),
        set("systems.events.topics.orders.min_insync_replicas=2"),
        set("faults.1.0=6s"),
        Change {
            seed: Some(12),
            ..Change::default()
        },
    ];
    for change in changes {
        let mut pair = pair(&change);
        let expected = parted(&pair);
        let difference = found(&mut pair);
        let [a, b] = difference.clone().map_or([None, None], |d| d.records);
        let (x, y) = expected.unwrap_or((None, None));
        let place = |line: Option<splitbrain::trace::marks::Line>| line.map(|l| (l.at, l.event));
        assert_eq!(place(a), x.map(|r| (r.at, r.event)), "{change:?}");
        assert_eq!(place(b), y.map(|r| (r.at, r.event)), "{change:?}");
    }
}

#[test]
fn a_setting_that_acts_from_a_moment_on_differs_from_there_on() {
    let mut pair = pair(&set("workloads.checkout.stop=4500ms"));
    let difference = found(&mut pair).unwrap();
    // The next order comes some milliseconds later, and only A has it.
    assert!((4_500..4_600).contains(&(difference.at_ns / 1_000_000)));
    assert_eq!(difference.first_side(), Some(0));
    let both = difference.last_same.unwrap();
    assert!(both.at <= difference.at_ns);
    assert_eq!(pair.labels()[1], "workloads.checkout.stop=4500ms");
    // One that is used when something fails, first when something does.
    let mut pair = self::pair(&set("workloads.checkout.retry_backoff_ms=300ms"));
    let difference = found(&mut pair).unwrap();
    assert!(difference.at_ns > 3 * SECOND);
}

#[test]
fn two_seeds_differ_from_the_beginning_and_say_nothing_over_many() {
    let mut pair = pair(&Change {
        seed: Some(12),
        ..Change::default()
    });
    let difference = found(&mut pair).unwrap();
    assert!(difference.at_ns < SECOND);
    assert_eq!(pair.labels(), &["seed 11", "seed 12"]);
    assert!(Variants::of(&pair).is_none());
}

#[test]
fn a_seed_that_is_set_is_another_seed_like_one_that_is_asked_for() {
    let mut set = pair(&set("seed=12"));
    let mut asked = pair(&Change {
        seed: Some(12),
        ..Change::default()
    });
    assert_eq!(set.labels(), &["seed 11", "seed 12"]);
    assert!(Variants::of(&set).is_none());
    let records = |difference: Option<Difference>| difference.unwrap().records;
    assert_eq!(records(found(&mut set)), records(found(&mut asked)));
}

#[test]
fn a_mistake_in_a_setting_is_a_diagnostic() {
    let document = set("workloads.checkout.akcs=All").of(&session(TEXT, 1));
    let text = document.unwrap_err().render(false);
    assert!(text.contains("akcs") && text.contains("acks"), "{text}");
}

#[test]
fn wherever_a_pair_goes_both_stand_there_as_straight_runs_do() {
    let mut pair = pair(&control());
    let mut straight = pair.runs().clone();
    let mut level = |pair: &Pair| {
        assert!(pair.is_level());
        for (run, straight) in pair.runs().iter().zip(&mut straight) {
            **straight = straight.beginning();
            straight.run_to(pair.now_ns());
            assert_eq!(run.sim().digest(), straight.sim().digest());
            assert_eq!(run.sim().events(), straight.sim().events());
        }
    };
    for ms in [2_500, 7_000, 2_999, 3_001, 9_000, 0, 4_200] {
        pair.seek(ms * 1_000_000);
        assert_eq!(pair.now_ns(), ms * 1_000_000);
        level(&pair);
    }
    // In portions as a screen plays it.
    pair.seek(2_990_000_000);
    while pair.advance(3_010_000_000, 50) {
        assert!(pair.is_level());
    }
    level(&pair);
    // One moment on and back again.
    pair.seek(2_999_999_999);
    let mut moments = vec![];
    for _ in 0..20 {
        assert!(pair.step());
        moments.push(pair.now_ns());
    }
    level(&pair);
    assert_eq!(moments[0], 3 * SECOND);
    assert!(moments.windows(2).all(|w| w[0] < w[1]), "{moments:?}");
    while let Some(last) = moments.pop() {
        assert_eq!(pair.now_ns(), last);
        level(&pair);
        assert!(pair.step_back());
    }
    pair.seek(0);
    assert!(!pair.step_back());
    pair.seek(9 * SECOND);
    assert!(!pair.step());
}

#[test]
fn marks_of_both_are_known_as_far_as_the_pair_went() {
    let mut pair = pair(&control());
    pair.seek(4 * SECOND);
    assert!(pair.marks()[0].iter().any(|m| m.at_ns == 3 * SECOND));
    pair.seek(SECOND);
    assert_eq!(pair.known_ns(), 4 * SECOND);
    let after = pair.mark_after().unwrap();
    pair.seek(after);
    assert!(pair.mark_before().is_none_or(|before| before < after));
    pair.swap();
    assert!(pair.marks()[1].iter().any(|m| m.at_ns == 3 * SECOND));
}

#[test]
fn over_many_seeds_what_the_fault_does_is_told_from_chance() {
    let pair = pair(&control());
    let variants = Variants::of(&pair).unwrap();
    let mut over = variants.nothing();
    for seed in 0..8 {
        over.add(&Ok(variants.one(seed, &Stop::default()).unwrap()));
    }
    let down = over.row("nodes.down_total").unwrap();
    assert_eq!(down.paired.interval(), Some((-2e9, -2e9)));
    assert_eq!(down.paired.call(down.better).words(), "B is better");
    // The same customers with the same seed: no difference at all.
    let made = over.row("messages.produced").unwrap();
    assert_eq!(made.paired.interval(), Some((0.0, 0.0)));
    assert_eq!(made.paired.call(made.better).words(), "no call");
    // Beside, on as many cores as there are, it is the same.
    let two = std::num::NonZeroUsize::new(2).unwrap();
    let beside = variants.beside(0..8, two).unwrap();
    let mut again = variants.nothing();
    while again.seeds < 8 {
        match beside.next() {
            Some(result) => again.add(&result),
            None => std::thread::yield_now(),
        }
    }
    assert_eq!(again, over);
}

/// What a metric is at the end of a run.
fn metric(run: &Session, name: &str) -> f64 {
    let mut run = run.beginning();
    run.run_to(u64::MAX);
    run.watch().unwrap().metrics.metric(name).unwrap().value
}

#[test]
fn pairs_show_what_two_separate_samples_cannot() {
    const SEEDS: u64 = 10;
    // A tenth of a second less of 300 orders a second: 30 fewer, whatever else happens.
    let pair = pair(&set("workloads.checkout.stop=7900ms"));
    let truth = -30.0;
    let variants = Variants::of(&pair).unwrap();
    let mut over = variants.nothing();
    for seed in 0..SEEDS {
        over.add(&Ok(variants.one(seed, &Stop::default()).unwrap()));
    }
    let row = over.row("messages.produced").unwrap();
    let (low, high) = row.paired.interval().unwrap();
    assert!(low <= truth && truth <= high, "{low} … {high}");
    assert_eq!(row.paired.call(row.better), Call::Lower);
    // The same runs, without what they share: Welch's interval of two independent samples. Its degrees of freedom are no more
    // than 18, whose quantile is 2.101.
    let samples = [0, 1].map(|side: usize| {
        let mut sample = Paired::default();
        let mut values = Vec::new();
        for seed in 0..SEEDS {
            let value = metric(&pair.runs()[side].restart(seed), "messages.produced");
            sample.add(value);
            values.push(value);
        }
        let mean = sample.mean().unwrap();
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        (mean, squares / (SEEDS - 1) as f64 / SEEDS as f64)
    });
    let [(a, of_a), (b, of_b)] = samples;
    assert!((b - a - row.paired.mean().unwrap()).abs() < 1e-9);
    let half = 2.101 * (of_a + of_b).sqrt();
    assert!(
        b - a - half < 0.0 && b - a + half > 0.0,
        "{} ± {half}",
        b - a
    );
    assert!((high - low) / 2.0 < half / 3.0, "{low} … {high}, {half}");
}

#[test]
fn what_only_one_side_has_is_said_to_be_so() {
    let without = TEXT.replace(
        r#"ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders", service_time: Exponential(mean: "200us")),"#,
        "",
    );
    let folder = Folder::new("compare-one_side");
    let write = |name: &str, text: &str| folder.write(name, text);
    let (a, b) = (write("with.ron", TEXT), write("without.ron", &without));
    let output = splitbrain(&["compare", &a, &b, "--seeds", "3", "--until", "2s"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let line = |start: &str| {
        let found = told
            .lines()
            .rfind(|line| line.trim_start().starts_with(start));
        found
            .unwrap_or_else(|| panic!("{start}: {told}"))
            .to_owned()
    };
    // Nobody reads, so that nothing is ever delivered, however often it runs.
    assert!(
        line("group.invoices.delivered").ends_with("only A has it"),
        "{told}"
    );
    assert!(
        told.contains("have not the same machines, processes or queues"),
        "{told}"
    );
    let args = ["compare", &b, &a, "--seeds", "3", "--until", "2s", "--json"];
    let document: Value = serde_json::from_slice(&splitbrain(&args).stdout).unwrap();
    let rows = document["over_seeds"]["metrics"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|r| r["name"] == "group.invoices.delivered")
        .unwrap();
    let seen = [&row["pairs"], &row["only_a"], &row["only_b"]].map(|v| v.as_u64().unwrap());
    assert_eq!(seen, [0, 0, 3]);
    assert_eq!(
        (&row["mean"], &row["call"]),
        (&Value::Null, &"no call".into())
    );
    assert_eq!(document["a"]["scenario"], b);
    assert_eq!(document["b"]["scenario"], a);
}

#[test]
fn there_is_no_call_exactly_where_the_interval_holds_0() {
    let args = [
        "compare",
        "leader-crash",
        "--until",
        "23s",
        "--seeds",
        "7",
        "--json",
    ];
    let output = splitbrain(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = document["over_seeds"]["metrics"].as_array().unwrap();
    let told = text(&splitbrain(&args[..args.len() - 1]).stdout);
    let told = told.split_once("over seeds 0..7").unwrap().1;
    let (mut calls, mut no_calls) = (0, 0);
    for row in rows.iter().filter(|row| !row["low"].is_null()) {
        let [low, high] = ["low", "high"].map(|end| row[end].as_f64().unwrap());
        let holds_0 = low <= 0.0 && high >= 0.0;
        assert_eq!(row["call"] == "no call", holds_0, "{row}");
        let name = row["name"].as_str().unwrap();
        let line = told
            .lines()
            .find(|l| l.split_whitespace().next() == Some(name));
        match line {
            Some(line) => {
                assert_eq!(line.contains("no call"), holds_0, "{line}");
                no_calls += usize::from(holds_0);
                calls += usize::from(!holds_0);
            }
            // What is the same with every seed is only counted.
            None => assert_eq!((low, high), (0.0, 0.0), "{row}"),
        }
    }
    assert!(calls > 5 && no_calls > 5, "{calls} {no_calls}");
    assert!(told.contains(&format!("{no_calls} no call")), "{told}");
}

#[test]
fn two_scenarios_are_compared_by_their_names() {
    let args = [
        "compare",
        "acks-one-leader-crash",
        "leader-crash",
        "--until",
        "1s",
    ];
    let output = splitbrain(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("\nA         acks-one-leader-crash"), "{told}");
    assert!(told.contains("\nB         leader-crash"), "{told}");
    // With a change it is B that has it.
    let args = [
        "compare",
        "healthy",
        "healthy",
        "--until",
        "1s",
        "--set",
        "duration=30s",
        "--json",
    ];
    let document: Value = serde_json::from_slice(&splitbrain(&args).stdout).unwrap();
    assert_eq!(document["a"]["set"], serde_json::json!([]));
    assert_eq!(document["b"]["set"], serde_json::json!(["duration=30s"]));
    // Two that are the same have no control between them.
    let same = ["compare", "leader-crash", "leader-crash", "--until", "22s"];
    let told = text(&splitbrain(&same).stdout);
    assert!(told.contains("every record is the same"), "{told}");
}

#[test]
fn two_that_end_or_begin_otherwise_say_so() {
    let folder = Folder::new("compare-two_ends");
    let other = TEXT
        .replace("duration: \"9s\"", "duration: \"7s\"")
        .replace("stop: \"8s\"", "stop: \"6s\"")
        .replace("seed: 11", "seed: 12");
    let (a, b) = (&folder.write("a.ron", TEXT), &folder.write("b.ron", &other));
    let told = text(&splitbrain(&["compare", a, b]).stdout);
    assert!(told.contains("until     7s"), "{told}");
    assert!(
        told.contains("A ends at 9s and B at 7s: both are played up to 7s"),
        "{told}"
    );
    assert!(told.contains("A has seed 11 and B seed 12"), "{told}");
    let json = splitbrain(&["compare", a, b, "--json"]);
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    let ends = [
        &document["until_ns"],
        &document["a"]["until_ns"],
        &document["b"]["until_ns"],
    ];
    assert_eq!(ends.map(|v| v.as_u64().unwrap() / SECOND), [7, 9, 7]);
    // One seed for both, and there is nothing to say of it.
    let told = text(&splitbrain(&["compare", a, b, "--seed", "5"]).stdout);
    assert!(!told.contains("may be chance"), "{told}");
}

#[test]
fn a_recording_is_compared_with_its_seed_and_what_was_done_by_hand() {
    let loaded = Loaded::from_text("t.ron", TEXT, &[]).unwrap_or_else(|d| panic!("{d:?}"));
    let options = Options {
        seed: Some(77),
        ..Options::default()
    };
    let mut run = Session::new(Arc::new(complete(loaded).unwrap()), options);
    run.run_to(2 * SECOND);
    let by_hand = run.intervention("Pause(\"web\")", None).unwrap();
    run.follow(&vec![by_hand].into());
    run.run_to(u64::MAX);
    let folder = Folder::new("compare-by_hand");
    let write = |name: &str, text: &str| folder.write(name, text);
    let recording = write("failure.ron", &run.recording().to_text().unwrap());
    let scenario = write("t.ron", TEXT);
    let args = ["compare", &recording, &scenario, "--seed-b", "77", "--json"];
    let output = splitbrain(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("warning"));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["a"]["seed"], 77);
    assert_eq!(document["a"]["events"], run.sim().events());
    let digest = format!("{:016x}", run.sim().digest().value());
    assert_eq!(document["a"]["digest"], digest.as_str());
    assert!(
        document["a"]["by_hand"][0]
            .as_str()
            .unwrap()
            .contains("Pause")
    );
    let first = &document["first_difference"];
    assert!((2_000..2_001).contains(&(first["at_ns"].as_u64().unwrap() / 1_000_000)));
    // Its scenario alone, which is in it: nothing but what was done by hand.
    let told = text(&splitbrain(&["compare", &recording]).stdout);
    assert!(told.contains("Pause(\"web\")"), "{told}");
    // A recording that was changed is a mistake.
    let broken = run.recording().to_text().unwrap().replace("300/s", "301/s");
    let broken = write("broken.ron", &broken);
    let output = splitbrain(&["compare", &broken, &scenario]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("was changed after it was made"));
}

#[test]
fn the_command_tells_where_two_runs_part_and_how_they_differ() {
    let args = ["compare", "leader-crash", "--until", "22s"];
    let output = splitbrain(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("B         control"), "{told}");
    assert!(told.contains("first difference  20.000000s"), "{told}");
    assert!(told.contains("by line 28"), "{told}");
    assert!(told.contains("nodes.down_total"), "{told}");
    let output = splitbrain(&[&args[..], &["--json"]].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &document["first_difference"];
    assert_eq!(first["at_ns"], 20 * SECOND);
    assert_eq!(first["a"]["word"], "FAULT");
    assert_eq!(document["b"]["control"], true);
    let metrics = document["metrics"].as_array().unwrap();
    let down = metrics.iter().find(|m| m["name"] == "nodes.down_total");
    let down = down.unwrap();
    assert_eq!((&down["a"], &down["b"]), (&(2 * SECOND).into(), &0.into()));
    assert_eq!(down["difference"], -2e9);
    assert_eq!(down["better_side"], "b");
    assert_eq!(document["over_seeds"], Value::Null);
}

#[test]
fn the_command_compares_over_seeds_and_its_bytes_do_not_depend_on_the_jobs() {
    let args = ["compare", "leader-crash", "--until", "1s"];
    let more = ["--set", "workloads.checkout.acks=One", "--seeds", "3..9"];
    let run = |jobs| splitbrain(&[&args[..], &more, &["--json", "--jobs", jobs]].concat());
    let (one, two) = (run("1"), run("2"));
    assert_eq!(one.status.code(), Some(0), "{}", text(&one.stderr));
    assert_eq!(text(&one.stdout), text(&two.stdout));
    let document: Value = serde_json::from_slice(&one.stdout).unwrap();
    let rows = document["over_seeds"]["metrics"].as_array().unwrap();
    let acked = rows.iter().find(|r| r["name"] == "latency.acked.p50");
    let acked = acked.unwrap();
    // Who waits for one copy instead of three is told sooner, whatever the seed.
    assert_eq!((&acked["pairs"], &acked["call"]), (&6.into(), &"b".into()));
    let output = splitbrain(&[&args[..], &more].concat());
    let told = text(&output.stdout);
    assert!(told.contains("over seeds 3..9"), "{told}");
    assert!(told.contains("B is better"), "{told}");
}

#[test]
fn mistakes_of_the_command_are_told() {
    for (args, why) in [
        (&["compare", "no-such-scenario"][..], "no scenario"),
        (&["compare", "--set", "duraton=5s"], "duration"),
        (&["compare", "--both", "duraton=5s"], "duration"),
        (&["compare", "--seed-b", "3", "--seeds", "5"], "seed"),
    ] {
        let output = splitbrain(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = text(&output.stderr);
        assert!(said.contains(why), "{args:?}: {said}");
        assert!(output.stdout.is_empty());
    }
    let same = [
        "compare", "healthy", "--until", "1s", "--seed", "3", "--seed-b", "3",
    ];
    let told = text(&splitbrain(&same).stdout);
    assert!(told.contains("every record is the same"), "{told}");
}

/// A run to which somebody did something.
fn done_by_hand(actions: &[(u64, &str)]) -> Session {
    let mut run = session(TEXT, 11);
    for (second, action) in actions {
        run.run_to(second * SECOND);
        let next = run.intervention(action, None).unwrap();
        let done: Vec<_> = run.interventions().iter().cloned().chain([next]).collect();
        run.follow(&done.into());
    }
    run
}

#[test]
fn two_branches_part_where_somebody_did_something() {
    let parent = done_by_hand(&[(1, "Crash(\"broker-2\")")]);
    let fork = done_by_hand(&[(1, "Crash(\"broker-2\")"), (2, "Crash(\"broker-3\")")]);
    let mut pair = Pair::new(&parent, &fork);
    let difference = found(&mut pair).unwrap();
    assert_eq!(difference.at_ns / 1_000, 2 * SECOND / 1_000);
    assert_eq!(difference.first_side(), Some(1));
    let b = difference.records[1].clone().unwrap();
    assert_eq!((b.subject.as_str(), b.word), ("broker-3", "FAULT"));
    assert!(pair.labels()[1].contains("Crash(\"broker-3\")"));
    assert_eq!(pair.labels()[0], "as it is");
    // Another setting: what was done by hand is done there too; in the control it is not.
    let set = set("workloads.checkout.stop=4500ms").of(&parent).unwrap();
    let difference = found(&mut Pair::new(&parent, &set)).unwrap();
    assert_eq!(difference.at_ns / SECOND, 4);
    let control = control().of(&parent).unwrap();
    let mut pair = Pair::new(&parent, &control);
    assert_eq!(found(&mut pair).unwrap().at_ns / 1_000, SECOND / 1_000);
    let variants = Variants::of(&pair).unwrap();
    let mut over = variants.nothing();
    over.add(&Ok(variants.one(3, &Stop::default()).unwrap()));
    let crashes = over.row("nodes.crashes").unwrap();
    assert_eq!(crashes.paired.mean(), Some(-2.0));
}
