//! Queues and topics in a world: what a person who knows SQS and SNS expects. The steps of a single queue are tested beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use splitbrain::checks::{Checks, Property, Verdict};
use splitbrain::sim::ledger::{Account, Ledger};
use splitbrain::sim::record::{Gone, Outcome};
use splitbrain::sim::{Fact, MS, Observer, Record, SECOND};
use splitbrain::systems::Inspect;

use super::kafka_clients::{Run, play};

/// What the system's own records are called.
const DEAD_LETTER: u16 = 200;
const TIMED_OUT: u16 = 201;
const OVER_LIMIT: u16 = 202;

/// Two nodes with queues, two that send, two that work; each link takes a millisecond.
fn run(seconds: u64, queues: &str, workloads: &str, faults: &str) -> Run {
    let run = play(&format!(
        r#"(
        title: "test", seed: 7, duration: "{seconds}s",
        network: (latency: "1ms"),
        nodes: [(name: "node", count: 2), (name: "web", count: 2), (name: "work", count: 2)],
        systems: [Sqs(name: "jobs", nodes: "node", {queues})],
        workloads: [{workloads}],
        faults: [{faults}],
    )"#
    ));
    account(&run);
    run
}

/// What became of all messages; no property that always holds may be broken.
fn account(run: &Run) -> Account {
    let mut ledger = Ledger::new(Arc::clone(run.sim.names()));
    let mut checks = Checks::of(&Property::DEFAULT);
    for record in &run.records {
        checks.advance(record.at, &ledger);
        ledger.record(record);
        checks.apply(record, &ledger);
    }
    let end = run.records.last().map_or(0, |r| r.at);
    checks.finish(end, &ledger);
    for (property, verdict) in checks.verdicts() {
        assert_eq!(verdict, Verdict::Holds, "{property:?}");
    }
    assert!(ledger.account().balances());
    ledger.account()
}

fn times(run: &Run, is: impl Fn(&Record) -> bool) -> Vec<u64> {
    run.records.iter().filter(|r| is(r)).map(|r| r.at).collect()
}

fn notes(run: &Run, wanted: u16) -> usize {
    let is_it = |r: &Record| matches!(r.fact, Fact::Note { code, .. } if code == wanted);
    times(run, is_it).len()
}

fn handed(run: &Run) -> Vec<u64> {
    times(run, |r| matches!(r.fact, Fact::Handed { .. }))
}

/// How many messages were stored in a queue.
fn stored(run: &Run, name: &str) -> usize {
    let names = run.sim.names();
    let of = |r: &Record| matches!(r.fact, Fact::Stored { queue, .. } if names.queue_short(queue) == name);
    times(run, of).len()
}

/// A number that a node shows of a queue.
fn shown(run: &Run, name: &str, row: &str) -> u64 {
    let names = run.sim.names();
    let queue = names.queues.iter().position(|q| q.short == name).unwrap();
    let queue = splitbrain::sim::QueueId(queue as u32);
    let rows = run.sim.processes().iter();
    let rows = rows.flat_map(|p| p.queue_rows(queue, names));
    let found: Vec<_> = rows.filter(|r| r.name == row).collect();
    found[0].value().parse().unwrap()
}

const STREAM: &str = "QueueSender(name: \"s\", nodes: \"web-1\", to: \"jobs/orders\", arrivals: Constant(\"10/s\"), stop: \"30s\"),";

#[test]
fn there_are_as_many_duplicates_as_visibility_timeouts() {
    // One message in five takes longer than the timeout. All are done long before the end.
    let workers =
        "QueueWorkers(name: \"w\", nodes: \"work\", from: \"jobs/orders\", concurrency: 20,
        service_time: Mixture(of: [(\"80%\", \"500ms\"), (\"20%\", \"3s\")])),";
    let run = run(
        120,
        "queues: [(name: \"orders\", visibility_timeout: \"2s\")]",
        &format!("{STREAM} {workers}"),
        "",
    );
    let done = run.processed(Outcome::Done);
    let again: u32 = done.values().map(|n| n - 1).sum();
    assert_eq!(again as usize, notes(&run, TIMED_OUT));
    assert!(again > 30, "{again}");
    assert_eq!(account(&run).delivered, u64::from(run.acked()));
    assert_eq!(
        shown(&run, "orders", "visible") + shown(&run, "orders", "in flight"),
        0
    );
}

#[test]
fn a_dead_letter_leaves_its_queue_and_may_come_back() {
    let queues = "queues: [
        (name: \"orders\", visibility_timeout: \"1s\", redrive_policy: (dead_letter_target: \"dlq\", max_receive_count: 2)),
        (name: \"dlq\", redrive_at: \"30s\", redrive_rate: \"2/s\"),
    ]";
    let poison = "QueueSender(name: \"s\", nodes: \"web-1\", to: \"jobs/orders\", arrivals: Constant(\"1/s\"), count: 4, poison: \"100%\"),";
    let workers = "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\"),";
    let run = run(60, queues, &format!("{poison} {workers}"), "");
    // Twice received, put aside, brought back half a second apart, twice received, and put aside again.
    assert_eq!(notes(&run, DEAD_LETTER), 8);
    assert_eq!(handed(&run).len(), 16);
    assert_eq!((stored(&run, "orders"), stored(&run, "dlq")), (8, 8));
    let back = times(&run, |r| {
        matches!(
            r.fact,
            Fact::Processed {
                outcome: Outcome::Done,
                ..
            }
        )
    });
    let gaps: Vec<u64> = back.windows(2).map(|w| w[1] - w[0]).collect();
    assert_eq!((back[0], gaps), (30 * SECOND, vec![SECOND / 2; 3]));
    assert_eq!(shown(&run, "dlq", "visible"), 4);
}

#[test]
fn each_subscribed_queue_gets_a_copy_from_when_on_it_subscribed() {
    let queues = "queues: [(name: \"payments\"), (name: \"analytics\")],
        topics: [(name: \"placed\", subscriptions: [(queue: \"payments\"), (queue: \"analytics\", from: \"20s\")])]";
    let sender = "QueueSender(name: \"s\", nodes: \"web-1\", to: \"jobs/placed\", arrivals: Constant(\"10/s\"), stop: \"40s\"),";
    let run = run(60, queues, sender, "");
    let names = run.sim.names();
    let late = times(
        &run,
        |r| matches!(r.fact, Fact::Produced { queue, .. } if names.queue_short(queue) == "analytics"),
    );
    assert!(late.iter().all(|&at| at >= 20 * SECOND));
    assert_eq!(stored(&run, "payments"), 399);
    assert_eq!(stored(&run, "analytics"), late.len());
    assert_eq!(late.len(), 200);
    assert_eq!(run.acked(), 599);
}

#[test]
fn a_copy_is_sent_again_until_its_queue_has_it() {
    let queues = "queues: [(name: \"payments\"), (name: \"analytics\")],
        topics: [(name: \"placed\", subscriptions: [(queue: \"payments\"), (queue: \"analytics\")])]";
    let sender = "QueueSender(name: \"s\", nodes: \"web-1\", to: \"jobs/placed\", arrivals: Constant(\"10/s\"), stop: \"20s\", max_attempts: 9),";
    // The topic and one queue live on the first node, the other queue on the second.
    let faults = "During(\"5s\", \"8s\", Crash(LeaderOf(\"jobs/analytics\"))), During(\"12s\", \"14s\", Crash(LeaderOf(\"jobs/payments\")))";
    let run = run(120, queues, sender, faults);
    let crashed = times(&run, |r| matches!(r.fact, Fact::Crashed { .. }));
    assert_eq!(crashed, [5 * SECOND, 12 * SECOND]);
    assert_eq!(
        run.acked(),
        2 * 199,
        "what is acknowledged is in both queues"
    );
    for queue in ["payments", "analytics"] {
        assert!(stored(&run, queue) >= 199, "{queue}: at least once");
    }
}

#[test]
fn power_loss_takes_nothing_that_was_acknowledged_nor_what_is_known_of_it() {
    let queues = "queues: [(name: \"orders\", visibility_timeout: \"10s\")]";
    let workers = "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\", start: \"4s\", concurrency: 1, service_time: \"60s\"),
        QueueWorkers(name: \"v\", nodes: \"work-2\", from: \"jobs/orders\", start: \"13s\", concurrency: 100, max_number_of_messages: 10),";
    let sender = "QueueSender(name: \"s\", nodes: \"web-1\", to: \"jobs/orders\", arrivals: Constant(\"10/s\"), stop: \"3s\"),";
    let faults = "During(\"6s\", \"7s\", PowerLoss(LeaderOf(\"jobs/orders\")))";
    let run = run(60, queues, &format!("{sender} {workers}"), faults);
    assert_eq!(run.acked(), 29);
    // The message that the first worker had before the loss is hidden for ten seconds all the same, and then given to another.
    let first = handed(&run)[0];
    let back = times(&run, |r| {
        matches!(
            r.fact,
            Fact::Note {
                code: TIMED_OUT,
                ..
            }
        )
    });
    assert!(
        (first / SECOND, back[0] / SECOND) == (4, 14),
        "{first} {back:?}"
    );
    assert_eq!(account(&run).delivered, 29);
}

#[test]
fn long_polls_find_the_same_with_fewer_receives_that_find_nothing() {
    let empty = |wait: &str| {
        let workers = format!(
            "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\", poll_pause: \"100ms\", {wait}),"
        );
        let run = run(
            40,
            "queues: [(name: \"orders\")]",
            &format!("{} {workers}", STREAM.replace("10/s", "0.5/s")),
            "",
        );
        assert_eq!(account(&run).delivered, 14);
        shown(&run, "orders", "empty receives")
    };
    let (short, long) = (empty(""), empty("wait_time_seconds: \"20s\""));
    // Some 102 ms from one short poll to the next.
    assert!((370..=395).contains(&short), "{short}");
    assert!(long <= 1, "{long}");
}

#[test]
fn the_queue_says_how_long_a_receive_waits_unless_the_receive_does() {
    let queues = "queues: [(name: \"orders\", receive_message_wait_time_seconds: \"5s\")]";
    let workers = "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\"),";
    let run = run(21, queues, workers, "");
    assert_eq!(shown(&run, "orders", "empty receives"), 4);
}

#[test]
fn what_nobody_receives_expires() {
    let queues =
        "queues: [(name: \"orders\", message_retention_period: \"60s\", delay_seconds: \"5s\")]";
    let run = run(120, queues, STREAM, "");
    let old = times(&run, |r| {
        matches!(
            r.fact,
            Fact::Unstored {
                why: Gone::Expired,
                ..
            }
        )
    });
    assert_eq!(old.len(), 299);
    assert!(old[0] > 60 * SECOND && old[298] < 92 * SECOND);
}

#[test]
fn a_delay_shifts_what_is_received() {
    let delay = |text: &str| {
        let queues = format!(
            "queues: [(name: \"orders\", receive_message_wait_time_seconds: \"20s\", {text})]"
        );
        let workers = "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\"),";
        handed(&run(60, &queues, &format!("{STREAM} {workers}"), ""))
    };
    let (now, later) = (delay(""), delay("delay_seconds: \"5s\""));
    assert_eq!((now.len(), later.len()), (299, 299));
    let shift = later[0] - now[0];
    assert!(
        (5 * SECOND - 10 * MS..=5 * SECOND + 10 * MS).contains(&shift),
        "{shift}"
    );
}

#[test]
fn a_full_flight_is_refused() {
    let queues = "queues: [(name: \"orders\", in_flight_limit: 5)]";
    let workers = "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\", concurrency: 50, service_time: \"10s\"),";
    let run = run(60, queues, &format!("{STREAM} {workers}"), "");
    assert!(notes(&run, OVER_LIMIT) > 10);
    let mut in_flight = 0_i32;
    for record in &run.records {
        match record.fact {
            Fact::Handed { .. } => in_flight += 1,
            Fact::Unstored { .. } => in_flight -= 1,
            _ => {}
        }
        assert!(in_flight <= 5);
    }
}

#[test]
fn a_message_that_is_deleted_first_dies_with_its_worker() {
    let queues = "queues: [(name: \"orders\", visibility_timeout: \"5s\")]";
    let crash = "During(\"10s\", \"11s\", Crash(\"work-1\"))";
    let lost = |delete: &str| {
        let workers = format!(
            "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\", concurrency: 20, service_time: \"1s\", {delete}),"
        );
        let run = run(60, queues, &format!("{STREAM} {workers}"), crash);
        let most = run.processed(Outcome::Done).values().copied().max();
        (account(&run).lost, most)
    };
    assert_eq!(lost("").0, 0);
    let (lost, most) = lost("delete: BeforeProcessing");
    // Ten a second, each for a second.
    assert!((8..=12).contains(&lost), "{lost}");
    assert_eq!(most, Some(1));
}

#[test]
fn a_failure_comes_back_as_the_worker_wants() {
    let after = |on_failure: &str| {
        let poison = "QueueSender(name: \"s\", nodes: \"web-1\", to: \"jobs/orders\", arrivals: Constant(\"1/s\"), count: 1, poison: \"100%\"),";
        let workers = format!(
            "QueueWorkers(name: \"w\", nodes: \"work-1\", from: \"jobs/orders\", wait_time_seconds: \"20s\", {on_failure}),"
        );
        let queues = "queues: [(name: \"orders\", visibility_timeout: \"10s\")]";
        let times = handed(&run(40, queues, &format!("{poison} {workers}"), ""));
        times
            .windows(2)
            .map(|w| (w[1] - w[0] + 50 * MS) / (100 * MS))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        after(""),
        [100, 100, 100],
        "the visibility timeout, in tenths of a second"
    );
    assert_eq!(after("on_failure: GiveBack(after: \"13s\")"), [130, 130]);
    assert_eq!(after("on_failure: Delete"), [0; 0]);
}

#[test]
fn a_fifo_queue_keeps_each_key_in_order_and_recognises_what_comes_again() {
    let queues = "queues: [(name: \"orders\", fifo_queue: true, visibility_timeout: \"3s\", content_based_deduplication: true)]";
    let sender = STREAM.replace(
        "stop:",
        "keys: Uniform(n: 5), api_call_attempt_timeout: \"1s\", max_attempts: 9, stop:",
    );
    let workers = "QueueWorkers(name: \"w\", nodes: \"work\", from: \"jobs/orders\", concurrency: 4, failure: \"10%\", service_time: \"20ms\"),";
    // Answers get lost: what was stored is sent again.
    let faults = "During(\"5s\", \"7s\", Cut(from: \"node\", to: \"web\", one_way: true))";
    let run = run(300, queues, &format!("{sender} {workers}"), faults);
    assert_eq!(stored(&run, "orders"), 299, "each once");
    let mut last: BTreeMap<u32, u32> = BTreeMap::new();
    let mut keys = BTreeMap::new();
    for record in &run.records {
        match record.fact {
            Fact::Produced { span, key, .. } => {
                keys.insert(span.first, key.unwrap());
            }
            Fact::Processed {
                span,
                outcome: Outcome::Done,
                ..
            } => {
                let before = last.insert(keys[&span.first], span.first);
                assert!(before.is_none_or(|b| b < span.first), "{before:?} {span:?}");
            }
            _ => {}
        }
    }
    assert_eq!(account(&run).delivered, 299);
}

#[test]
fn several_workloads_share_a_queue() {
    let workers = "QueueWorkers(name: \"a\", nodes: \"work-1\", from: \"jobs/orders\"), QueueWorkers(name: \"b\", nodes: \"work-2\", from: \"jobs/orders\"),";
    let run = run(
        60,
        "queues: [(name: \"orders\")]",
        &format!("{STREAM} {workers}"),
        "",
    );
    assert_eq!(handed(&run).len(), 299, "each message goes to one");
    assert_eq!(account(&run).delivered, 299);
}

#[test]
fn services_publish_to_topics_and_consume_from_queues() {
    let run = play(
        r#"(
        title: "test", seed: 7, duration: "40s",
        nodes: [(name: "node"), (name: "web", count: 2), (name: "work", count: 2)],
        systems: [
            Sqs(name: "jobs", nodes: "node", queues: [(name: "payments"), (name: "mails")],
                topics: [(name: "placed", subscriptions: [(queue: "payments"), (queue: "mails", from: "10s")])]),
            Service(name: "orders", nodes: "web-1", handlers: [(name: "place", steps: [Publish("jobs/placed")])]),
            Service(name: "payment", nodes: "work-1", consumes: [(from: "jobs/payments", handler: "pay")], handlers: [(name: "pay", steps: [Work("5ms")])]),
            Service(name: "mail", nodes: "work-2", consumes: [(from: "jobs/mails", handler: "send")], handlers: [(name: "send", steps: [Work("5ms")])]),
        ],
        workloads: [Requests(name: "users", nodes: "web-2", to: "orders/place", arrivals: Constant("10/s"), stop: "30s")],
    )"#,
    );
    let account = account(&run);
    // 299 orders, of which mail hears from the tenth second on.
    assert_eq!(stored(&run, "payments"), 299);
    assert!((199..=201).contains(&stored(&run, "mails")));
    assert_eq!(account.delivered, account.produced);
}

#[test]
fn a_node_answers_so_many_requests_at_once() {
    // Each send waits 2 ms for the disk, the default of a node.
    let slowest_ms = |concurrent: u32| {
        let run = run(
            2,
            &format!(r#"concurrent_requests: {concurrent}, queues: [(name: "orders")]"#),
            r#"QueueSender(name: "shop", nodes: "web", to: "jobs/orders", arrivals: Constant("1000000/s"), count: 20)"#,
            "",
        );
        let acked = times(&run, |r| matches!(r.fact, Fact::Acked { .. }));
        assert_eq!(acked.len(), 20);
        acked.into_iter().max().unwrap_or(0) / MS
    };
    assert!((40..46).contains(&slowest_ms(1)), "one after another");
    assert!((4..8).contains(&slowest_ms(20)), "all at once");
}

#[test]
fn a_worker_that_extends_the_visibility_timeout_keeps_its_message() {
    let duplicates = |heartbeat: &str| {
        let run = run(
            60,
            r#"queues: [(name: "orders", visibility_timeout: "2s")]"#,
            &format!(
                r#"QueueSender(name: "shop", nodes: "web-1", to: "jobs/orders", arrivals: Constant("1/s"), count: 5),
                QueueWorkers(name: "w", nodes: "work", from: "jobs/orders", service_time: Constant("5s"), wait_time_seconds: "20s", {heartbeat})"#
            ),
            "",
        );
        let ended = times(&run, |r| {
            matches!(
                r.fact,
                Fact::Processed {
                    outcome: Outcome::Done,
                    ..
                }
            )
        });
        ended.len() - 5
    };
    assert!(duplicates("") > 0, "work takes longer than the timeout");
    assert_eq!(duplicates(r#"heartbeat: "1s","#), 0);
}

#[test]
fn a_worker_has_so_many_messages_in_hand() {
    let most = |settings: &str| {
        let run = run(
            30,
            r#"queues: [(name: "orders")]"#,
            &format!(
                r#"QueueSender(name: "shop", nodes: "web-1", to: "jobs/orders", arrivals: Constant("1000/s"), count: 50),
                QueueWorkers(name: "w", nodes: "work-1", from: "jobs/orders", service_time: Constant("100ms"), max_number_of_messages: 10, start: "1s", {settings})"#
            ),
            "",
        );
        let (mut now, mut most) = (0_i64, 0_i64);
        for record in &run.records {
            match record.fact {
                Fact::Handed { span, .. } => now += i64::from(span.count),
                Fact::Processed { span, .. } => now -= i64::from(span.count),
                _ => {}
            }
            most = most.max(now);
        }
        most
    };
    assert_eq!(most(""), 10);
    assert_eq!(most("max_in_hand: 3,"), 3);
    assert_eq!(most("max_in_hand: 25,"), 25);
}
