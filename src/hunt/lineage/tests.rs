use std::sync::Arc;

use super::*;
use crate::hunt::{Loaded, Options};
use crate::sim::call::{CallEnd, CallFact};
use crate::sim::{Fact, MS, Record, SECOND};
use crate::trace::marks::Sign;

fn shipped(name: &str, until_ns: u64) -> Session {
    let loaded = crate::hunt::load(name, &[]).unwrap();
    let options = Options {
        until_ns: Some(until_ns),
        ..Options::default()
    };
    Session::new(Arc::new(loaded), options)
}

fn of_text(text: &str) -> Session {
    let loaded =
        Loaded::from_text("test", text, &[]).unwrap_or_else(|d| panic!("{}", d.render(false)));
    Session::new(Arc::new(loaded), Options::default())
}

/// The story of something, without who it is owed to.
fn story(past: &Session, what: Followed, until_ns: u64) -> Story {
    let mut lineage = Lineage::new(what, until_ns);
    loop {
        let progress = lineage.work(past, 1 << 20);
        if let Some(story) = lineage.story() {
            return story.clone();
        }
        assert_ne!(progress, Progress::Done, "{what:?} is not made");
    }
}

fn troubled(past: &Session, until_ns: u64) -> Vec<Found> {
    let mut finder = Finder::new(Wanted::Troubled(Among::All), until_ns);
    finder.finish(past);
    finder.found().to_vec()
}

#[test]
fn a_run_is_the_same_with_a_lens() {
    for name in [
        "acks-one-leader-crash",
        "food-payment-outage",
        "visibility-timeout-too-short",
        "slow-follower",
        "gray-failure",
    ] {
        let until = 24 * SECOND;
        let mut plain = shipped(name, until);
        plain.run();
        for lens in [
            Lens::logging(Message::sight),
            Lens::following(
                Followed::Message {
                    lane: crate::sim::LaneId(0),
                    number: 3,
                },
                Message::sight,
            ),
        ] {
            let mut close = shipped(name, until);
            close.run_to(5 * SECOND);
            close.look_closer(lens);
            close.run();
            assert_eq!(
                close.sim().digest().value(),
                plain.sim().digest().value(),
                "{name}"
            );
        }
    }
}

#[test]
fn the_log_has_each_event_and_each_knows_its_cause() {
    let mut session = shipped("gray-failure", 2 * SECOND);
    session.look_closer(Lens::logging(Message::sight));
    let mut records: Vec<Record> = Vec::new();
    while session.advance_with(2 * SECOND, 10_000, &mut records) {}
    let log = session.lens_mut().unwrap().take_log();
    assert_eq!(log.len() as u64, session.sim().events());
    for (number, happened) in (1..).zip(&log) {
        assert_eq!(happened.event, number);
        assert!(happened.cause < number);
    }
    for record in records {
        let happened = log[record.event as usize - 1];
        assert_eq!((happened.at, happened.cause), (record.at, record.cause));
    }
}

/// One broker, one partition; each link takes a millisecond, nothing else takes any time, and nothing waits.
const TWO_HOPS: &str = r#"(
    title: "two hops", seed: 1, duration: "20s",
    nodes: [(name: "broker"), (name: "web"), (name: "worker")],
    network: (latency: "1ms", loopback: "1ms"),
    systems: [Kafka(name: "k", nodes: "broker", offsets_topic_num_partitions: 1,
        request_time: "0s", request_time_per_kib: "0s", topics: [(name: "t")])],
    workloads: [
        Producer(name: "p", nodes: "web", to: "k/t", start: "9995ms", linger_ms: "3ms", arrivals: Constant("10/s")),
        ConsumerGroup(name: "g", nodes: "worker", from: "k/t", service_time: "7ms", auto_offset_reset: Earliest),
    ],
)"#;

#[test]
fn times_of_two_hops_are_those_of_the_links() {
    let past = of_text(TWO_HOPS);
    let what = Followed::Message {
        lane: crate::sim::LaneId(0),
        number: 20,
    };
    let story = story(&past, what, 20 * SECOND);
    assert_eq!(story.verdict.kind, Kind::Once, "{story:#?}");
    let names: Vec<&str> = story.lanes.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names, ["web", "broker", "worker"]);
    let hops: Vec<_> = story
        .hops
        .iter()
        .map(|h| {
            (
                h.label.as_str(),
                h.from,
                h.to,
                h.sent_at - story.born_at,
                h.took_ns(),
            )
        })
        .collect();
    // It waits 3 ms for others, then goes to the broker in 1 ms, which answers the producer and the waiting consumer at once:
    // that is, when it is in the page cache, which takes less than a microsecond.
    assert_eq!(hops.len(), 3, "{hops:?}");
    assert_eq!(hops[0], ("send", 0, 1, 3 * MS, Some(MS)));
    let cached = hops[1].3 - 4 * MS;
    assert!(cached < 1_000, "{hops:?}");
    for hop in [("acked", 1, 0), ("deliver", 1, 2)] {
        let whole = (hop.0, hop.1, hop.2, 4 * MS + cached, Some(MS));
        assert!(hops.contains(&whole), "{hops:?}");
    }
    let spent = |spent: Spent| story.parts.iter().find(|p| p.spent == spent).map(|p| p.ns);
    assert_eq!(spent(Spent::Sender), Some(3 * MS));
    assert_eq!(spent(Spent::Network), Some(2 * MS));
    assert_eq!(spent(Spent::Processing), Some(7 * MS + cached));
    assert_eq!(story.whole_ns(), 12 * MS + cached, "{:?}", story.parts);
}

#[test]
fn the_parts_of_the_time_add_up_to_the_whole() {
    for (name, until) in [
        ("acks-one-leader-crash", 40 * SECOND),
        ("visibility-timeout-too-short", 100 * SECOND),
        ("food-payment-outage", 60 * SECOND),
    ] {
        let past = shipped(name, until);
        let found = troubled(&past, until);
        assert!(!found.is_empty(), "{name}");
        let lanes = past.sim().names().lanes.len().min(3) as u32;
        let flows = past.sim().names().flows.len().min(1) as u16;
        let step = found.len().div_ceil(8).max(1);
        let mut all: Vec<Followed> = found.iter().step_by(step).map(|f| f.what).collect();
        all.extend((0..lanes).flat_map(|lane| {
            [1, 57].map(|number| Followed::Message {
                lane: crate::sim::LaneId(lane),
                number,
            })
        }));
        all.extend((0..flows).flat_map(|flow| {
            [1, 99].map(|number| {
                Followed::Task(crate::sim::Task {
                    flow: crate::sim::FlowId(flow),
                    number,
                })
            })
        }));
        for what in all {
            let mut lineage = Lineage::new(what, until);
            while lineage.story().is_none() && lineage.work(&past, 1 << 22) != Progress::Done {}
            let Some(story) = lineage.story() else {
                continue;
            };
            let sum: u64 = story.parts.iter().map(|p| p.ns).sum();
            assert_eq!(sum, story.whole_ns(), "{name} {what:?}");
            for hop in &story.hops {
                assert!(hop.end_at().is_none_or(|end| end >= hop.sent_at));
            }
        }
    }
}

#[test]
fn a_lost_message_names_the_crash_and_the_setting() {
    let until = 45 * SECOND;
    let past = shipped("acks-one-leader-crash", until);
    let found = troubled(&past, until);
    let lost = found.iter().find(|f| f.kind == Kind::Lost).unwrap();
    let mut lineage = Lineage::new(lost.what, until);
    lineage.finish(&past);
    let story = lineage.story().unwrap();
    assert_eq!(story.verdict.kind, Kind::Lost);
    let crash = past
        .sim()
        .names()
        .faults
        .iter()
        .position(|f| f.label.starts_with("crash"));
    let crash = crash.unwrap();
    let sentence = lineage.owed().sentence(&story.verdict);
    let faults: Vec<u32> = lineage
        .owed()
        .faults()
        .iter()
        .filter_map(|t| match t.tried {
            Tried::Without { fault, .. } => Some(fault),
            _ => None,
        })
        .collect();
    assert!(faults.contains(&(crash as u32)), "{sentence}");
    assert!(sentence.contains("line "), "{sentence}");
    assert!(
        lineage
            .owed()
            .settings()
            .iter()
            .any(|t| t.tried.words() == "acks=All"),
        "{sentence}"
    );
    // The leader that had it died, and a follower without it took over: on the way it was sent, stored once, and acknowledged.
    let said: Vec<&str> = story.moments.iter().map(|m| m.text.as_str()).collect();
    assert!(story.hops.iter().any(|h| h.label == "acked"), "{said:?}");
    assert!(
        story
            .moments
            .iter()
            .any(|m| m.fault == Some(crash as u32) && m.sign == Sign::Broke)
    );
}

#[test]
fn of_a_mark_the_chain_ends_at_the_line_of_the_fault() {
    let until = 30 * SECOND;
    let mut past = shipped("leader-crash", until);
    past.run();
    let marks = &past.watch().unwrap().marks;
    let fault = marks
        .kept()
        .iter()
        .find(|r| matches!(r.fact, Fact::FaultBegan { .. }))
        .unwrap();
    let elected = marks
        .kept()
        .iter()
        .find(|r| {
            r.at > fault.at
                && matches!(
                    r.fact,
                    Fact::Elected {
                        leader: Some(_),
                        ..
                    }
                )
        })
        .unwrap();
    let Fact::FaultBegan { fault: number, .. } = fault.fact else {
        unreachable!()
    };
    let mut causes = Causes::new(elected.event);
    causes.finish(&past);
    let links = causes.links();
    assert_eq!(links[0].event, elected.event);
    for pair in links.windows(2) {
        assert!(pair[1].at <= pair[0].at);
    }
    assert_eq!(links.last().unwrap().what, "start");
    assert!(links.len() < 60, "{links:#?}");
    let line = past.sim().names().faults[number as usize].line;
    let owed: Vec<String> = causes.owed().iter().map(Tried::words).collect();
    assert!(
        owed.iter().any(|w| w.starts_with(&format!("line {line} "))),
        "{owed:?}"
    );

    // And the other way round.
    let mut effects = Effects::new(fault.event, 20 * SECOND);
    effects.finish(&past);
    assert!(
        effects
            .marks()
            .iter()
            .any(|(line, _)| line.event == elected.event),
        "{:#?}",
        effects.marks()
    );
    assert!(effects.descendants() > 1);

    // What a fault does at once descends from it.
    let mut direct = Causes::new(fault.event);
    direct.finish(&past);
    assert_eq!(direct.links().last().unwrap().line, line);
}

/// The broker's answers do not reach the producer for half a second; it sends again after a second.
const LOST_ANSWERS: &str = r#"(
    title: "lost answers", seed: 3, duration: "20s",
    nodes: [(name: "broker"), (name: "web"), (name: "worker")],
    network: (latency: "1ms", loopback: "1ms"),
    systems: [Kafka(name: "k", nodes: "broker", offsets_topic_num_partitions: 1, topics: [(name: "t")])],
    workloads: [
        Producer(name: "p", nodes: "web", to: "k/t", start: "5s", enable_idempotence: false, request_timeout_ms: "1s",
            delivery_timeout_ms: "60s", arrivals: Poisson("20/s")),
        ConsumerGroup(name: "g", nodes: "worker", from: "k/t", auto_offset_reset: Earliest),
    ],
    faults: [
        During("10s", "10500ms", Cut(from: "broker", to: "web", one_way: true)),
    ],
)"#;

#[test]
fn a_dropped_answer_is_seen_and_the_duplicate_it_makes_names_idempotence() {
    let until = 20 * SECOND;
    let past = of_text(LOST_ANSWERS);
    let found = troubled(&past, until);
    let twice = found.iter().find(|f| f.kind == Kind::Again).unwrap();
    let mut lineage = Lineage::new(twice.what, until);
    lineage.finish(&past);
    let story = lineage.story().unwrap();
    assert_eq!((story.verdict.kind, story.verdict.times), (Kind::Again, 2));
    let dropped: Vec<&Hop> = story
        .hops
        .iter()
        .filter(|h| matches!(h.end, HopEnd::Dropped { why: "cut", .. }))
        .collect();
    assert_eq!(dropped.len(), 1, "{:#?}", story.hops);
    let names = |hop: &Hop| {
        (
            story.lanes[hop.from].name.as_str(),
            story.lanes[hop.to].name.as_str(),
        )
    };
    assert_eq!(names(dropped[0]), ("broker", "web"));
    let labels: Vec<&str> = story.hops.iter().map(|h| h.label.as_str()).collect();
    assert!(
        labels.contains(&"retry 1") && labels.contains(&"acked"),
        "{labels:?}"
    );
    // It waited a second for the answer, and a little longer before it was sent again.
    let retry = story
        .parts
        .iter()
        .find(|p| p.spent == Spent::Retry)
        .unwrap();
    assert!(
        (900 * MS..1_500 * MS).contains(&retry.ns),
        "{:?}",
        story.parts
    );
    let owed = lineage.owed();
    let sentence = owed.sentence(&story.verdict);
    assert!(sentence.starts_with("delivered twice"), "{sentence}");
    assert!(sentence.contains("owed to line 12 ("), "{sentence}");
    assert!(
        owed.settings()
            .iter()
            .any(|t| t.tried.words() == "enable_idempotence=true"),
        "{sentence}"
    );
}

#[test]
fn a_message_is_found_by_its_key_and_by_its_offset() {
    let until = 12 * SECOND;
    let past = of_text(&LOST_ANSWERS.replace("arrivals:", "keys: Uniform(n: 10), arrivals:"));
    let mut by_offset = Finder::new(Wanted::Offset(crate::sim::QueueId(0), 7), until);
    let queue = past
        .sim()
        .names()
        .queues
        .iter()
        .position(|q| q.name == "k/t/0")
        .unwrap();
    if queue != 0 {
        by_offset = Finder::new(Wanted::Offset(crate::sim::QueueId(queue as u32), 7), until);
    }
    by_offset.finish(&past);
    let [one] = by_offset.found() else {
        panic!("{:?}", by_offset.found())
    };
    let found = story(&past, one.what, until);
    assert!(
        found.moments.iter().any(|m| m.text == "stored at 7"),
        "{:?}",
        found.moments
    );
    let key = found
        .about
        .strip_prefix("key ")
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    let mut by_key = Finder::new(Wanted::Key(key.parse().unwrap()), until);
    by_key.finish(&past);
    assert!(by_key.found().iter().any(|f| f.what == one.what));
    assert!(by_key.found().len() > 1);
    for other in by_key.found() {
        let about = story(&past, other.what, until).about;
        assert!(about.starts_with(&format!("key {key} ")), "{about}");
    }
}

/// Users call a shop, which calls a bank that dies for four seconds; the shop tries once more after a second.
const SHOP: &str = r#"(
    title: "shop", seed: 9, duration: "30s",
    nodes: [(name: "web"), (name: "shop"), (name: "bank")],
    network: (latency: "1ms", loopback: "1ms"),
    systems: [
        Service(name: "orders", nodes: "shop", clients: [(to: "payment", timeout: "1s", retry: Fixed(attempts: 2, delay: "250ms"))],
            handlers: [(name: "place", steps: [Work("5ms"), Call("payment/charge"), Effect("order")])]),
        Service(name: "payment", nodes: "bank", handlers: [(name: "charge", steps: [Work("20ms")])]),
    ],
    workloads: [Requests(name: "customers", nodes: "web", to: "orders/place", arrivals: Constant("2/s"), effects: ["order"])],
    faults: [
        During("10s", "14s", PowerLoss("bank")),
    ],
)"#;

#[test]
fn a_request_has_a_life_too() {
    let until = 30 * SECOND;
    let past = of_text(SHOP);
    let task = |number| {
        Followed::Task(crate::sim::Task {
            flow: crate::sim::FlowId(0),
            number,
        })
    };
    // Four links of a millisecond, 25 ms of work.
    let well = story(&past, task(4), until);
    assert_eq!(well.verdict.kind, Kind::Once);
    let spent = |story: &Story, spent: Spent| {
        let part = story.parts.iter().find(|p| p.spent == spent);
        part.map_or(0, |p| p.ns)
    };
    assert_eq!(spent(&well, Spent::Network), 4 * MS, "{:?}", well.parts);
    assert_eq!(spent(&well, Spent::Processing), 25 * MS);
    assert_eq!(well.whole_ns(), 29 * MS);
    let labels: Vec<&str> = well.hops.iter().map(|h| h.label.as_str()).collect();
    assert_eq!(labels, ["call", "call", "answer", "answer"]);

    let found = troubled(&past, until);
    let failed = found.iter().find(|f| f.kind == Kind::GivenUp).unwrap();
    let mut lineage = Lineage::new(failed.what, until);
    lineage.finish(&past);
    let story = lineage.story().unwrap();
    // Two attempts of a second, and a quarter of one between them.
    let waited = spent(story, Spent::Retry);
    assert!(
        (2_240 * MS..2_260 * MS).contains(&waited),
        "{:?}",
        story.parts
    );
    assert_eq!(
        story.parts.iter().map(|p| p.ns).sum::<u64>(),
        story.whole_ns()
    );
    let drops = story
        .hops
        .iter()
        .filter(|h| matches!(h.end, HopEnd::Dropped { why: "down", .. }));
    assert_eq!(drops.count(), 2, "{:#?}", story.hops);
    let sentence = lineage.owed().sentence(&story.verdict);
    assert!(
        sentence.contains("owed to line 12 (power loss of bank)"),
        "{sentence}"
    );
}

#[test]
fn all_that_are_late_are_listed_or_counted() {
    // A consumer stands still for four seconds, with a thousand messages in each; before it had its part of the topic, its group
    // waited for more members for three (group.initial.rebalance.delay.ms).
    let text = r#"(
        title: "a pause", seed: 3, duration: "20s",
        nodes: [(name: "b"), (name: "web"), (name: "bill")],
        network: (latency: "1ms", loopback: "1ms"),
        systems: [Kafka(name: "k", nodes: "b", topics: [(name: "t")])],
        workloads: [
            Producer(name: "p", nodes: "web", to: "k/t", arrivals: Constant("1000/s")),
            ConsumerGroup(name: "g", nodes: "bill", from: "k/t"),
        ],
        faults: [During("10s", "14s", Pause("bill"))],
    )"#;
    let past = of_text(text);
    let mut finder = Finder::new(Wanted::Troubled(Among::All), 20 * SECOND);
    finder.finish(&past);
    let all = finder.found().len() as u64 + finder.more();
    assert!((6_800..7_200).contains(&all), "{all}");
    assert!(finder.more() > 0 && finder.found().len() == 2_000);
    // Of one queue there are as many.
    let names = past.sim().names();
    let queue = names.queues.iter().position(|q| q.name == "k/t/0").unwrap();
    let queue = Among::Queue(crate::sim::QueueId(queue as u32));
    let mut of_queue = Finder::new(Wanted::Troubled(queue), 20 * SECOND);
    of_queue.finish(&past);
    assert_eq!(of_queue.found().len() as u64 + of_queue.more(), all);
    let other = Among::Queue(crate::sim::QueueId(u32::MAX));
    let mut of_other = Finder::new(Wanted::Troubled(other), 20 * SECOND);
    of_other.finish(&past);
    assert_eq!(of_other.found(), []);
}

#[test]
fn of_a_service_all_requests_are_found_for_which_a_call_to_it_failed() {
    let until = 30 * SECOND;
    let past = of_text(SHOP);
    let names = past.sim().names();
    let service = |name: &str| {
        let at = names.services.iter().position(|s| s.name == name);
        crate::sim::ServiceId(at.unwrap() as u16)
    };
    let payment = service("payment");
    let mut records: Vec<Record> = Vec::new();
    past.beginning().advance_with(until, u64::MAX, &mut records);
    let mut failed: Vec<Followed> = Vec::new();
    for record in &records {
        if let Fact::Call(CallFact::Returned {
            service, task, end, ..
        }) = record.fact
            && service == payment
            && end != CallEnd::Ok
        {
            failed.push(Followed::Task(task));
        }
    }
    failed.sort();
    failed.dedup();
    let mut finder = Finder::new(Wanted::Troubled(Among::Service(payment)), until);
    finder.finish(&past);
    let mut found: Vec<Followed> = finder.found().iter().map(|f| f.what).collect();
    found.sort();
    assert!(failed.len() > 5 && found == failed, "{found:?}");
    // Some were given up, and some were helped by the second attempt.
    for kind in [Kind::GivenUp, Kind::Once] {
        assert!(finder.found().iter().any(|f| f.kind == kind), "{kind:?}");
    }
}

#[test]
fn what_somebody_did_by_hand_is_named_as_well() {
    let until = 20 * SECOND;
    let text = LOST_ANSWERS
        .lines()
        .filter(|line| !line.contains("During("))
        .collect::<Vec<_>>();
    let mut run = of_text(&text.join("\n"));
    run.run_to(10 * SECOND);
    let cut = "Cut(from: \"broker\", to: \"web\", one_way: true)";
    let by_hand = run
        .intervention(cut, Some(500 * MS))
        .unwrap_or_else(|d| panic!("{}", d.render(false)));
    let mut past = run.beginning();
    past.follow(&[by_hand].into());
    let found = troubled(&past, until);
    let twice = found.iter().find(|f| f.kind == Kind::Again).unwrap();
    let mut lineage = Lineage::new(twice.what, until);
    lineage.finish(&past);
    let sentence = lineage.owed().sentence(&lineage.story().unwrap().verdict);
    assert!(
        sentence.contains("owed to what was done by hand (cut "),
        "{sentence}"
    );

    // Its beginning comes from nothing but it, and its end from its beginning.
    let mut played = past.clone();
    played.run();
    let marks = &played.watch().unwrap().marks;
    let event = |is: fn(&Fact) -> bool| marks.kept().iter().find(|r| is(&r.fact)).unwrap().event;
    let began = event(|fact| matches!(fact, Fact::FaultBegan { .. }));
    let ended = event(|fact| matches!(fact, Fact::FaultEnded { .. }));
    let mut causes = Causes::new(ended);
    causes.finish(&past);
    let links: Vec<(u64, u32)> = causes.links().iter().map(|l| (l.event, l.line)).collect();
    let line = crate::sim::fault::FaultPlan::BY_HAND;
    assert_eq!(links, [(ended, line), (began, line)]);
}

#[test]
fn the_parts_add_up_for_hundreds_of_messages_and_requests() {
    let message = |number| Followed::Message {
        lane: crate::sim::LaneId(0),
        number,
    };
    let task = |number| {
        Followed::Task(crate::sim::Task {
            flow: crate::sim::FlowId(0),
            number,
        })
    };
    let until = 20 * SECOND;
    let runs: Vec<(Box<Session>, Vec<Followed>, u64)> = vec![
        (
            Box::new(of_text(LOST_ANSWERS)),
            (0..250).map(message).collect(),
            until,
        ),
        (Box::new(of_text(SHOP)), (0..40).map(task).collect(), until),
        (
            Box::new(shipped("visibility-timeout-too-short", 100 * SECOND)),
            (0..60).map(message).collect(),
            100 * SECOND,
        ),
    ];
    for (past, all, until) in runs {
        let mut with_time = 0;
        for what in all {
            let mut lineage = Lineage::new(what, until);
            while lineage.story().is_none() && lineage.work(&*past, 1 << 22) != Progress::Done {}
            let story = lineage
                .story()
                .unwrap_or_else(|| panic!("{what:?} is not made"));
            let sum: u64 = story.parts.iter().map(|p| p.ns).sum();
            assert_eq!(sum, story.whole_ns(), "{what:?}");
            // Whatever ended was worked on, and went over some link.
            let spent = |spent| story.parts.iter().any(|p| p.spent == spent && p.ns > 0);
            if story.verdict.kind == Kind::Once {
                assert!(spent(Spent::Network), "{what:?} {:?}", story.parts);
                with_time += 1;
            }
        }
        assert!(with_time > 20, "{with_time}");
    }
}
