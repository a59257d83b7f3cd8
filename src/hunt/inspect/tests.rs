//! What the inspector says, held against what a run does when it is followed step by step.

use std::sync::Arc;

use super::*;
use crate::hunt::past::{Inquiry, Past};
use crate::hunt::{Loaded, Options, Session};
use crate::scenario::Files;
use crate::sim::{Fact as Told, Met, Record, SECOND};

/// Three brokers, a producer and a consumer; the session of a silent broker runs out after three seconds.
fn cluster(topic: &str, faults: &str) -> Session {
    session(&format!(
        "(
    title: \"a small cluster\",
    about: \"for the inspector\",
    seed: 5,
    duration: \"20s\",
    nodes: [(name: \"broker\", count: 3), (name: \"web\"), (name: \"billing\")],
    network: (latency: Constant(\"500us\")),
    systems: [Kafka(
        name: \"events\", nodes: \"broker\", broker_session_timeout_ms: \"3s\", offsets_topic_num_partitions: 1,
        topics: [(name: \"orders\", replication_factor: 3, min_insync_replicas: 1, {topic})],
    )],
    workloads: [
        Producer(name: \"checkout\", nodes: \"web\", to: \"events/orders\", acks: All, arrivals: Constant(\"50/s\")),
        ConsumerGroup(name: \"invoices\", nodes: \"billing\", from: \"events/orders\"),
    ],
    faults: [{faults}],
)"
    ))
}

fn session(text: &str) -> Session {
    let loaded = Loaded::from_parts("small", text, &[], Files::Given(&[]));
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    Session::new(Arc::new(loaded), Options::default())
}

fn process(run: &Session, name: &str) -> Pid {
    let processes = &run.sim().names().processes;
    let at = processes.iter().position(|p| p.name == name);
    Pid(at.unwrap_or_else(|| {
        let all: Vec<&String> = processes.iter().map(|p| &p.name).collect();
        panic!("no {name} among {all:?}")
    }) as u32)
}

fn node(run: &Session, name: &str) -> NodeId {
    let nodes = &run.sim().names().nodes;
    let at = nodes.iter().position(|n| n.name == name);
    NodeId(at.unwrap_or_else(|| panic!("no {name}")) as u32)
}

/// Runs until a record that is looked for, and stands behind its event.
fn until(run: &mut Session, mut wanted: impl FnMut(&Record) -> bool) -> Record {
    loop {
        let mut records: Vec<Record> = Vec::new();
        let more = run.advance_with(u64::MAX, 1, &mut records);
        if let Some(record) = records.iter().find(|r| wanted(r)) {
            return *record;
        }
        assert!(more, "it never came");
    }
}

/// Runs to the election of the second leader; who that is.
fn failover(run: &mut Session) -> Pid {
    until(run, |r| matches!(r.fact, Told::Leads { epoch: 1, .. })).pid
}

fn handled(run: &Session, subject: Subject, wanted: usize) -> Handled {
    let mut inquiry = Handled::new(run, subject, wanted);
    inquiry.finish(run);
    inquiry
}

fn fact(run: &Session, subject: Subject, name: &str) -> Fact {
    let facts = facts(&parts(run.sim(), subject));
    let found = facts.iter().find(|f| f.name == name).cloned();
    found.unwrap_or_else(|| panic!("no {name} in {facts:#?}"))
}

fn changed<'a>(detail: &'a Detail, name: &str) -> (Option<&'a str>, Option<&'a str>) {
    let found = detail.changed.iter().find(|c| c.name.ends_with(name));
    let found = found.unwrap_or_else(|| panic!("{name} is the same: {:#?}", detail.changed));
    (found.before.as_deref(), found.after.as_deref())
}

const CRASH: &str = "At(\"4s\", Crash(LeaderOf(\"events/orders/0\")))";

#[test]
fn an_election_changes_the_role_and_the_epoch_of_who_wins_it() {
    let mut run = cluster("", CRASH);
    let leader = failover(&mut run);
    let event = run.sim().events();
    let handled = handled(&run, Subject::Process(leader), 20);
    let detail = handled.detail().expect("something came to it");
    assert_eq!(detail.entry.event, event);
    assert_eq!(
        (detail.entry.kind, detail.entry.text.as_str()),
        (Kind::Message, "new metadata")
    );
    let sender = detail.entry.from.expect("a message has a sender");
    assert_eq!(
        run.sim().names().processes[sender.index()].part,
        "controller"
    );
    let (before, after) = changed(detail, "orders/0");
    assert!(
        before.is_some_and(|b| b.starts_with("follows ")),
        "{before:?}"
    );
    assert_eq!(after, Some("leads"));
    assert_eq!(changed(detail, "orders/0 epoch"), (Some("0"), Some("1")));
    let told = detail.records.iter().any(|line| line.word == "LEADS");
    assert!(told, "{:?}", detail.records);
    // What came before is there too, the last first, and each after its cause.
    let numbers: Vec<u64> = handled.entries().map(|e| e.event).collect();
    assert_eq!(numbers.len(), 20);
    assert!(numbers.windows(2).all(|w| w[0] > w[1]), "{numbers:?}");
    assert!(handled.entries().all(|e| e.cause < e.event));
}

#[test]
fn a_crash_is_the_last_that_came_to_a_machine_and_says_what_it_took() {
    let mut run = cluster("", CRASH);
    let crashed = until(&mut run, |r| matches!(r.fact, Told::Crashed { .. })).pid;
    let at = run.sim().events();
    run.run_to(5 * SECOND);
    let handled = handled(&run, Subject::Process(crashed), 3);
    let detail = handled.detail().expect("something came to it");
    assert_eq!((detail.entry.event, detail.entry.kind), (at, Kind::Fault));
    assert_eq!(changed(detail, "process"), (Some("lives"), Some("dead")));
    assert!(!detail.cancelled.is_empty(), "its timers died with it");
    assert!(timers(run.sim(), Subject::Process(crashed)).is_empty());
}

#[test]
fn each_event_of_a_process_is_listed_once_and_the_next_is_found() {
    let mut run = cluster("", "");
    run.run_to(2 * SECOND);
    let subject = Subject::Process(process(&run, "events/broker-1"));
    // The straight way: step by step, with somebody who sees what comes to it.
    let mut straight = run.clone();
    straight.look_at(&subject.processes(run.sim()));
    let mut came = Vec::new();
    while came.len() < 30 && straight.step() {
        let seen = straight.take_seen();
        came.extend(
            seen.iter()
                .filter(|s| s.met == Met::Handled)
                .map(|s| s.event),
        );
    }
    let mut later = run.clone();
    later.advance(u64::MAX, came[29] - run.sim().events());
    let mut listed: Vec<u64> = handled(&later, subject, 30)
        .entries()
        .map(|e| e.event)
        .collect();
    listed.reverse();
    assert_eq!(listed, came);
    let mut next = Next::new(&run, subject, 30);
    next.finish(&run);
    assert_eq!(next.events(), came);
}

#[test]
fn clients_believe_in_the_old_leader_until_they_are_told() {
    let mut run = cluster("", CRASH);
    let leader = failover(&mut run);
    let name = run.sim().names().process(leader).to_owned();
    let wrong = |run: &Session, name: &str| -> Vec<Held> {
        let subject = Subject::Process(process(run, name));
        let held = beliefs(run.sim(), subject).into_iter();
        held.filter(|h| h.differs && h.about == "leader of orders/0")
            .collect()
    };
    let told = wrong(&run, "checkout-1");
    assert_eq!(told.len(), 1, "nobody has told the producer yet");
    assert!(told[0].believes.ends_with("(epoch 0)"), "{told:?}");
    let truth = told[0].truth.clone();
    assert_eq!(truth, Some(format!("{name} (epoch 1)")));
    run.run_to(run.sim().now() + 5 * SECOND);
    assert_eq!(wrong(&run, "checkout-1"), []);
    let subject = Subject::Process(process(&run, "checkout-1"));
    let held = beliefs(run.sim(), subject);
    let right = held.iter().find(|h| h.about == "leader of orders/0");
    assert_eq!(right.map(|h| Some(h.believes.clone())), Some(truth));
}

#[test]
fn a_dead_leader_of_whom_nobody_knows_yet_is_believed_in_vain() {
    let mut run = cluster("", "At(\"4s\", Crash(LeaderOf(\"events/orders/0\")))");
    let user = Subject::Process(process(&run, "checkout-1"));
    let leader = |run: &Session| {
        let mut held = beliefs(run.sim(), user).into_iter();
        held.find(|h| h.about == "leader of orders/0").expect("one")
    };
    run.run_to(3 * SECOND);
    assert!(!leader(&run).in_vain && !leader(&run).differs);
    // Its session with the controller lasts for three seconds more.
    run.run_to(5 * SECOND);
    let dead = leader(&run);
    assert!(dead.in_vain && !dead.differs, "{dead:?}");
    assert_eq!(dead.truth, Some(format!("{}, down", dead.believes)));
}

#[test]
fn a_leader_that_is_cut_off_believes_in_itself() {
    let cut = "At(\"4s\", Cut(from: LeaderOf(\"events/orders/0\"), to: AllBut(LeaderOf(\"events/orders/0\"))))";
    let mut run = cluster("", cut);
    run.run_to(3 * SECOND);
    let brokers = (1..=3).map(|n| process(&run, &format!("events/broker-{n}")));
    let leads = |pid: &Pid| fact(&run, Subject::Process(*pid), "orders/0").text == "leads";
    let leader = brokers.into_iter().find(leads).expect("one leads");
    failover(&mut run);
    let held = beliefs(run.sim(), Subject::Process(leader));
    let about = held.iter().find(|h| h.about == "leader of orders/0");
    let about = about.expect("it has a copy");
    let me = run.sim().names().process(leader);
    assert_eq!(about.believes, format!("{me} (epoch 0)"));
    assert!(about.differs);
    let truth = about.truth.clone().expect("the controller knows");
    assert!(
        truth.contains("(epoch 1)") && !truth.starts_with(me),
        "{truth}"
    );
    // And the controller knows that it is not to be relied on.
    let controllers = (0u32..).zip(&run.sim().names().processes);
    let controller = controllers.filter(|(_, p)| p.part == "controller");
    let controller = Pid(controller.map(|(pid, _)| pid).next().expect("one"));
    let held = beliefs(run.sim(), Subject::Process(controller));
    let of = held.iter().find(|h| h.about == me).expect("it is a broker");
    assert_eq!(of.believes, "not to be used");
    assert_eq!(of.truth.as_deref(), Some("up, but cut off from here"));
    assert!(!of.differs);
}

#[test]
fn a_timer_fires_when_it_is_said_to() {
    let mut run = cluster("", "");
    run.run_to(3 * SECOND);
    let broker = process(&run, "events/broker-2");
    let listed = timers(run.sim(), Subject::Process(broker));
    // Nothing cancels these.
    for name in ["second", "checkpoint", "look at the in-sync replicas"] {
        let timer = listed.iter().find(|t| t.name == name);
        let timer = timer.unwrap_or_else(|| panic!("no {name} in {listed:?}"));
        let at = timer.at_ns.expect("nothing holds it back");
        let mut ahead = run.clone();
        ahead.look_at(&[broker]);
        ahead.run_to(at - 1);
        let fired = |run: &mut Session| {
            let seen = run.take_seen();
            let of = |s: &crate::sim::Seen<crate::systems::Message>| {
                let is_timer = matches!(s.what, crate::sim::Event::Timer { .. });
                is_timer && s.cause == timer.cause
            };
            seen.iter().filter(|s| of(s)).count()
        };
        // One event may set several timers: they are told apart by what the list says at the end.
        fired(&mut ahead);
        assert!(timers(ahead.sim(), Subject::Process(broker)).contains(timer));
        ahead.run_to(at);
        assert!(fired(&mut ahead) >= 1, "{name}");
        assert!(!timers(ahead.sim(), Subject::Process(broker)).contains(timer));
    }
}

#[test]
fn a_timer_that_was_cancelled_is_not_listed() {
    let mut run = cluster("", "");
    run.run_to(SECOND);
    let names = Arc::clone(run.sim().names());
    let processes = (0u32..).zip(&names.processes);
    let mut controllers = processes.filter(|(_, p)| p.part == "controller");
    let controller = Subject::Process(Pid(controllers.next().expect("one").0));
    let sessions = |run: &Session| {
        let all = timers(run.sim(), controller);
        all.into_iter()
            .filter(|t| t.name == "session of a broker")
            .count()
    };
    // Each heartbeat sets a broker's session anew, and takes back the one before.
    let mut heartbeats = 0;
    while heartbeats < 6 {
        assert_eq!(sessions(&run), 3);
        let mut next = Next::new(&run, controller, 1);
        next.finish(&run);
        let event = next.events()[0];
        run.advance(u64::MAX, event - run.sim().events());
        let handled = handled(&run, controller, 1);
        let detail = handled.detail().expect("it handled that");
        if detail.entry.text == "broker heartbeat" {
            heartbeats += 1;
            let names = |all: &[Timer]| all.iter().map(|t| t.name).collect::<Vec<_>>();
            assert_eq!(names(&detail.set), ["session of a broker"]);
            assert_eq!(names(&detail.cancelled), ["session of a broker"]);
            assert!(
                detail
                    .sent
                    .iter()
                    .any(|s| s.1 == "answer to broker heartbeat")
            );
        }
    }
}

#[test]
fn bytes_wait_for_a_sync_that_clears_them() {
    let mut run = cluster("flush_messages: Some(10)", "");
    let broker = Subject::Process(process(&run, "events/broker-1"));
    run.run_to(SECOND);
    let unsynced = |run: &Session| fact(run, broker, "disk unsynced").number.unwrap_or(-1.0);
    let (mut grew, mut cleared) = (false, false);
    while !(grew && cleared) {
        let before = unsynced(&run);
        assert!(run.step(), "no sync ever");
        let after = unsynced(&run);
        grew |= after > before;
        if after < before {
            let handled = handled(&run, broker, 1);
            let detail = handled.detail().expect("it was told");
            assert_eq!(detail.entry.event, run.sim().events());
            assert!(changed(detail, "disk unsynced").0.is_some());
            cleared = true;
        }
    }
}

#[test]
fn a_clock_that_jumped_is_beside_true_time() {
    let jump = "At(\"3s\", ClockJump(target: \"broker-1\", by: \"-2s\"))";
    let mut run = cluster("", jump);
    let broker = Subject::Node(node(&run, "broker-1"));
    run.run_to(3 * SECOND - 1);
    assert_eq!(fact(&run, broker, "clock").text, "right");
    let at = until(&mut run, |r| matches!(r.fact, Told::FaultBegan { .. })).event;
    let clock = fact(&run, broker, "clock");
    assert_eq!(
        (clock.text.as_str(), clock.number),
        ("2s behind", Some(-2e9))
    );
    let handled = handled(&run, broker, 1);
    let detail = handled.detail().expect("it was struck");
    assert_eq!((detail.entry.event, detail.entry.kind), (at, Kind::Fault));
    assert_eq!(changed(detail, "clock"), (Some("right"), Some("2s behind")));
    let other = Subject::Node(node(&run, "broker-2"));
    assert_eq!(fact(&run, other, "clock").text, "right");
}

#[test]
fn what_comes_to_a_frozen_machine_is_held_and_handled_later() {
    let pause = "During(\"3s\", \"4s\", Pause(\"broker-1\"))";
    let mut run = cluster("", pause);
    let broker = Subject::Node(node(&run, "broker-1"));
    run.run_to(3 * SECOND + SECOND / 2);
    let held = inbox(run.sim(), broker);
    let held: Vec<&Mail> = held
        .iter()
        .filter(|m| m.whereabouts == Whereabouts::Held)
        .collect();
    assert!(!held.is_empty());
    assert!(held.iter().all(|m| m.at_ns.is_none()));
    let mut later = run.clone();
    later.look_at(&broker.processes(run.sim()));
    later.run_to(5 * SECOND);
    let seen = later.take_seen();
    for mail in held {
        let handled = seen
            .iter()
            .any(|s| s.cause == mail.cause && s.met != Met::Frozen);
        assert!(handled, "{mail:?}");
    }
}

#[test]
fn history_is_what_a_straight_run_shows_at_its_moments() {
    let mut run = cluster("", CRASH);
    run.run_to(9 * SECOND);
    let subject = Subject::Node(node(&run, "broker-2"));
    let mut history = History::new(&run, subject, 12);
    history.finish(&run);
    let samples: Vec<&Sample> = history.samples().collect();
    assert_eq!(samples.len(), 12);
    let mut straight = run.beginning();
    for sample in &samples {
        straight.run_to(sample.at_ns);
        assert_eq!(straight.sim().events(), sample.event);
        assert_eq!(facts(&parts(straight.sim(), subject)), sample.facts);
    }
    // The same from checkpoints as they were kept, in small portions.
    let kept = Kept::of(&run, 40);
    let mut dense = History::new(&run, subject, 12);
    while dense.work(&kept, 500) != crate::hunt::past::Progress::Done {}
    for sample in dense.samples() {
        let mut straight = run.beginning();
        straight.advance(u64::MAX, sample.event);
        straight.advance(sample.at_ns, 0);
        assert_eq!(
            facts(&parts(straight.sim(), subject)),
            sample.facts,
            "{}",
            sample.event
        );
    }
    let tracks = dense.tracks();
    let epoch = tracks
        .iter()
        .find(|t| t.name == "orders/0 epoch")
        .expect("a row");
    let Values::Numbers(epochs) = &epoch.values else {
        panic!("a number");
    };
    assert!(
        epoch.varies && epochs.first() == Some(&Some(0.0)) && epochs.last() == Some(&Some(1.0))
    );
    let part = tracks.iter().find(|t| t.name == "machine").expect("a row");
    assert_eq!(
        part.values,
        Values::Words(vec![Stretch {
            from: 0,
            to: dense.samples().count(),
            text: "up".to_owned()
        }])
    );
}

/// A past with checkpoints.
struct Kept(Vec<Session>);

impl Kept {
    fn of(run: &Session, parts: u64) -> Self {
        let (mut at, mut kept) = (run.beginning(), Vec::new());
        let spacing = run.sim().events() / parts;
        while at.sim().events() + spacing < run.sim().events() {
            kept.push(at.clone());
            at.advance(u64::MAX, spacing);
        }
        Self(kept)
    }
}

impl Past for Kept {
    fn before(&self, event: u64) -> Session {
        let behind = self.0.partition_point(|k| k.sim().events() <= event);
        self.0[behind.saturating_sub(1)].clone()
    }

    fn before_ns(&self, ns: u64) -> Session {
        let behind = self.0.partition_point(|k| k.sim().now() <= ns);
        self.0[behind.saturating_sub(1)].clone()
    }

    fn kept(&self) -> Vec<Session> {
        self.0.clone()
    }
}

#[test]
fn a_list_that_spans_several_checkpoints_is_the_same_list() {
    let mut run = cluster("", CRASH);
    run.run_to(6 * SECOND);
    let kept = Kept::of(&run, 60);
    for subject in [
        Subject::Node(node(&run, "billing")),
        Subject::Process(process(&run, "events/broker-3")),
    ] {
        let whole = handled(&run, subject, 80);
        let mut parts = Handled::new(&run, subject, 80);
        while parts.work(&kept, 50) != crate::hunt::past::Progress::Done {}
        assert!(whole.entries().eq(parts.entries()));
        assert_eq!(whole.detail(), parts.detail());
        assert_eq!(whole.entries().count(), 80);
    }
}

#[test]
fn who_is_looked_at_does_the_same() {
    let faults = "During(\"2s\", \"2.7s\", Pause(\"broker-1\")), At(\"4s\", Crash(\"broker-2\")), \
                  At(\"5s\", Restart(\"broker-2\")), During(\"5s\", \"6s\", Cut(from: \"web\", to: \"broker-3\"))";
    let mut plain = cluster("", faults);
    let mut looked = plain.clone();
    let all: Vec<Pid> = (0..plain.sim().processes().len() as u32).map(Pid).collect();
    plain.run_to(8 * SECOND);
    looked.look_at(&all);
    looked.run_to(4 * SECOND);
    assert!(!looked.take_seen().is_empty());
    let subject = Subject::Node(NodeId(0));
    let mut next = Next::new(&looked, subject, 1);
    next.finish(&looked);
    handled(&looked, subject, 10);
    looked.run_to(8 * SECOND);
    let of = |run: &Session| (run.sim().events(), run.sim().digest().chain().to_vec());
    assert_eq!(of(&plain), of(&looked));
}

#[test]
fn a_caller_goes_on_believing_in_a_replica_that_died_until_its_checks_say_no() {
    let mut run = session(
        "(
    title: \"a service\",
    about: \"for the inspector\",
    seed: 5,
    duration: \"20s\",
    nodes: [(name: \"shop\", count: 2), (name: \"web\")],
    network: (latency: Constant(\"500us\")),
    systems: [Service(name: \"till\", nodes: \"shop\", handlers: [(name: \"buy\", steps: [Work(Constant(\"1ms\"))])])],
    workloads: [Requests(
        name: \"customers\", nodes: \"web\", to: \"till/buy\", arrivals: Constant(\"20/s\"),
        client: (health_check: (interval: \"2s\", timeout: \"1s\")),
    )],
    faults: [At(\"3s\", PowerLoss(\"shop-1\"))],
)",
    );
    run.run_to(3 * SECOND + 1);
    let names = Arc::clone(run.sim().names());
    let users = (0u32..)
        .zip(&names.processes)
        .find(|(_, p)| p.system == "customers");
    let users = Subject::Process(Pid(users.expect("users").0));
    let wrong = |run: &Session| -> Vec<Held> {
        let held = beliefs(run.sim(), users).into_iter();
        held.filter(|h| h.differs).collect()
    };
    let held = wrong(&run);
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(
        (held[0].believes.as_str(), held[0].truth.as_deref()),
        ("well", Some("without power"))
    );
    run.run_to(12 * SECOND);
    assert_eq!(wrong(&run), []);
    assert_eq!(fact(&run, users, "till replicas called").text, "1 of 2");
}

#[test]
fn what_somebody_does_by_hand_is_among_what_came() {
    let mut run = cluster("", "");
    run.run_to(2 * SECOND);
    let by_hand = run.intervention("Crash(\"broker-2\")", None);
    let by_hand = by_hand.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    run.follow(&[by_hand].into());
    run.run_to(4 * SECOND);
    let digest = run.sim().digest().value();
    let broker = Subject::Process(process(&run, "events/broker-2"));
    let handled = handled(&run, broker, 5);
    let detail = handled.detail().expect("it was crashed");
    assert_eq!(detail.entry.kind, Kind::Fault);
    assert_eq!(changed(detail, "process"), (Some("lives"), Some("dead")));
    assert!((2 * SECOND..2 * SECOND + SECOND / 10).contains(&detail.entry.at_ns));
    let mut history = History::new(&run, broker, 20);
    history.finish(&run);
    let tracks = history.tracks();
    let life = tracks.iter().find(|t| t.name == "process").expect("a row");
    let Values::Words(stretches) = &life.values else {
        panic!("words");
    };
    let words: Vec<&str> = stretches.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(words, ["lives", "dead"]);
    assert_eq!(run.sim().digest().value(), digest);
}
