//! Settings that change while a system runs: each changes what a person can see from that moment on, and when the fault ends
//! all is as before. Every link takes a millisecond.

use splitbrain::hunt;
use splitbrain::scenario::Loaded;
use splitbrain::sim::call::{Answer, CallFact, Look, NoCall, Shed, Switch};
use splitbrain::sim::fault::{Action, FaultPlan, Heal, Schedule, Set, heal};
use splitbrain::sim::record::{Gone, Outcome};
use splitbrain::sim::setting::{Kind, Value, Written};
use splitbrain::sim::units::{Chance, Duration, Size};
use splitbrain::sim::{Fact, MS, SECOND};

use super::kafka_clients::{Run, play};
use super::scene::{SMALL, Scene};
use super::services::{calls, scene, service, users};

/// A setting is another from one second to another.
fn set(of: &str, setting: &str, to: &str, from: u64, until: u64) -> String {
    format!(r#"During("{from}s", "{until}s", Set(of: "{of}", setting: "{setting}", to: {to}))"#)
}

/// When something happened, in whole seconds, each once.
fn seconds(times: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let mut all: Vec<u64> = times.into_iter().map(|at| at / SECOND).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// When facts about calls were recorded.
fn times(run: &Run, is: impl Fn(CallFact) -> bool) -> Vec<u64> {
    calls(run)
        .filter(|(_, fact)| is(*fact))
        .map(|(r, _)| r.at)
        .collect()
}

fn shed(run: &Run, wanted: Shed) -> Vec<u64> {
    seconds(times(
        run,
        |f| matches!(f, CallFact::Shed { why, .. } if why == wanted),
    ))
}

/// In which seconds requests were made that ended so.
fn asked(run: &Run, wanted: Answer) -> Vec<u64> {
    let of = calls(run).filter_map(|(r, fact)| match fact {
        CallFact::Answered { how, ns, .. } if how == wanted => Some(r.at - ns),
        _ => None,
    });
    seconds(of)
}

/// How long requests took that were made in a second, the shortest and the longest, ms.
fn took(run: &Run, second: u64) -> (u64, u64) {
    let of = calls(run).filter_map(|(r, fact)| match fact {
        CallFact::Answered { ns, .. } if (r.at - ns) / SECOND == second => Some(ns / MS),
        _ => None,
    });
    let all: Vec<u64> = of.collect();
    (*all.iter().min().unwrap(), *all.iter().max().unwrap())
}

/// A hundred requests a second.
const HUNDRED: &str = r#"arrivals: Constant("100/s")"#;

#[test]
fn threads_of_a_service() {
    let steps = r#"Work(Constant("25ms"))"#;
    let faults = set("s", "threads", "1", 2, 3);
    let run = scene(
        10,
        &service("threads: 4,", steps),
        &users("u", HUNDRED),
        &faults,
    );
    assert_eq!(took(&run, 1), (27, 27));
    assert!(took(&run, 2).1 > 500, "one thread does 40 a second");
    assert_eq!(took(&run, 8), (27, 27));
}

#[test]
fn a_service_whose_threads_are_given_back_goes_by_a_new_number_too() {
    let steps = r#"Work(Constant("25ms")), Wait(Constant("1s")), Work(Constant("1ms"))"#;
    let faults = set("s", "threads", "1", 2, 3);
    let run = scene(
        10,
        &service("threads: 4, blocking: false,", steps),
        &users("u", HUNDRED),
        &faults,
    );
    assert!(took(&run, 1).0 == 1028 && took(&run, 2).1 > 1500);
    assert_eq!(took(&run, 8).0, 1028);
}

#[test]
fn the_limit_of_a_queue() {
    // Half as much again as it can do: the queue grows all the time.
    let more = r#"arrivals: Constant("150/s")"#;
    let systems = service("threads: 1,", r#"Work(Constant("10ms"))"#);
    let faults = set("s", "queue.limit", "20", 2, 3);
    let run = scene(5, &systems, &users("u", more), &faults);
    assert_eq!(shed(&run, Shed::QueueFull), [2]);
    // The other way round: a limit that is lifted.
    let systems = service(
        "threads: 1, queue: (limit: 20),",
        r#"Work(Constant("10ms"))"#,
    );
    let run = scene(
        6,
        &systems,
        &users("u", more),
        &set("s", "queue.limit", "None", 2, 3),
    );
    assert_eq!(shed(&run, Shed::QueueFull), [0, 1, 3, 4, 5]);
}

#[test]
fn load_shedding() {
    let more = r#"arrivals: Constant("150/s")"#;
    let systems = service("threads: 1,", r#"Work(Constant("10ms"))"#);
    let faults = set("s", "load_shedding.max_in_flight", "5", 2, 3);
    let run = scene(5, &systems, &users("u", more), &faults);
    assert_eq!(shed(&run, Shed::Overload), [2]);
    let shedding = "threads: 1, load_shedding: (max_in_flight: 5),";
    let systems = service(shedding, r#"Work(Constant("10ms"))"#);
    let faults = set("s", "load_shedding.max_in_flight", "None", 2, 3);
    let run = scene(8, &systems, &users("u", more), &faults);
    // Above a limit that is back nobody is let in until enough are done.
    assert_eq!(shed(&run, Shed::Overload), [0, 1, 3, 4, 5, 6, 7]);
}

#[test]
fn the_error_rate_of_a_service() {
    let systems = service("", r#"Work(Constant("10ms")), Effect("paid")"#);
    let at = |rate: &str| {
        let faults = set("s", "error_rate", rate, 2, 3);
        scene(4, &systems, &users("u", HUNDRED), &faults)
    };
    let run = at(r#""100%""#);
    assert_eq!(asked(&run, Answer::Failed), [2]);
    assert_eq!(asked(&run, Answer::Ok), [0, 1, 3]);
    assert_eq!(took(&run, 2), (2, 2), "without a step");
    // Of a hundred, 30 with a standard deviation of 4.6.
    let run = at(r#""30%""#);
    let failed = times(&run, |f| {
        matches!(
            f,
            CallFact::Answered {
                how: Answer::Failed,
                ..
            }
        )
    });
    assert!((12..=48).contains(&failed.len()), "{}", failed.len());
    assert_eq!(seconds(failed), [2]);
}

#[test]
fn the_timeout_of_users() {
    let systems = service("threads: 100,", r#"Work(Constant("50ms"))"#);
    let run = scene(
        4,
        &systems,
        &users("u", HUNDRED),
        &set("u", "timeout", r#""20ms""#, 2, 3),
    );
    assert_eq!(asked(&run, Answer::TimedOut), [2]);
    assert_eq!(
        (took(&run, 1), took(&run, 2), took(&run, 3).0),
        ((52, 52), (20, 20), 52)
    );
    let impatient = format!(r#"{HUNDRED}, client: (timeout: "20ms")"#);
    let run = scene(
        4,
        &systems,
        &users("u", &impatient),
        &set("u", "timeout", "None", 2, 3),
    );
    assert_eq!(asked(&run, Answer::Ok), [2]);
}

#[test]
fn the_deadline_of_users() {
    let systems = service("threads: 100,", r#"Work(Constant("50ms"))"#);
    // Each attempt is given up after 20 ms, and tried again at once.
    let client = r#"client: (timeout: "20ms", retry: Fixed(attempts: 3, delay: "1us"))"#;
    let run = scene(
        4,
        &systems,
        &users("u", &format!("{HUNDRED}, {client}")),
        &set("u", "deadline", r#""30ms""#, 2, 3),
    );
    assert_eq!(
        (took(&run, 1), took(&run, 2), took(&run, 3)),
        ((60, 60), (30, 30), (60, 60))
    );
}

#[test]
fn how_a_service_calls_another() {
    let leaf = r#"Service(name: "leaf", nodes: "app-2", threads: 100, handlers: [(name: "do", steps: [Work(Constant("50ms"))])]),"#;
    let systems = service("threads: 100,", r#"Call("leaf/do")"#) + leaf;
    let run = scene(
        4,
        &systems,
        &users("u", HUNDRED),
        &set("s>leaf", "timeout", r#""20ms""#, 2, 3),
    );
    // A call that is under way when the setting changes keeps the timeout it went out with.
    assert_eq!(asked(&run, Answer::Failed), [1, 2].map(|_| 2)[..1]);
    assert_eq!(asked(&run, Answer::Ok), [0, 1, 3]);
    assert_eq!(took(&run, 1), (54, 54));
}

#[test]
fn how_often_a_call_is_tried() {
    let systems = service("", r#"Fail("100%")"#);
    let run = |client: &str, to: &str| {
        let users = users("u", &format!("{HUNDRED}, client: ({client})"));
        scene(4, &systems, &users, &set("u", "retry.attempts", to, 2, 3))
    };
    let again = |run: &Run| {
        seconds(times(
            run,
            |f| matches!(f, CallFact::Called { attempt, .. } if attempt > 0),
        ))
    };
    // Three attempts, half a second apart.
    assert_eq!(again(&run("", "3")), [2, 3]);
    let retry = r#"retry: Fixed(attempts: 3, delay: "1ms")"#;
    let retried = run(retry, "1");
    assert_eq!(again(&retried), [0, 1, 3]);
    assert_eq!(again(&run(retry, "2")), [0, 1, 2, 3]);
    let third = |f| matches!(f, CallFact::Called { attempt: 2, .. });
    assert_eq!(seconds(times(&run(retry, "2"), third)), [0, 1, 3]);
}

#[test]
fn a_circuit_breaker_that_is_turned_off_and_on() {
    let systems = service("", r#"Fail("100%")"#);
    let refused = |run: &Run| {
        seconds(times(run, |f| {
            matches!(
                f,
                CallFact::NotCalled {
                    why: NoCall::BreakerOpen,
                    ..
                }
            )
        }))
    };
    let breaker = r#"client: (circuit_breaker: (sliding_window_size: 10, wait_duration_in_open_state: "1h"))"#;
    let users_with = users("u", &format!("{HUNDRED}, {breaker}"));
    let run = scene(
        5,
        &systems,
        &users_with,
        &set("u", "circuit_breaker", "false", 2, 3),
    );
    assert_eq!(refused(&run)[..4], [0, 1, 3, 4]);
    let switched: Vec<_> = calls(&run)
        .filter_map(|(r, fact)| match fact {
            CallFact::Breaker { state, .. } => Some((r.at / SECOND, state)),
            _ => None,
        })
        .collect();
    assert_eq!(
        switched,
        [(0, Switch::Open), (2, Switch::Closed), (3, Switch::Open)]
    );
    // One that there was not at all has the usual settings: it looks at a hundred calls.
    let run = scene(
        6,
        &systems,
        &users("u", HUNDRED),
        &set("u", "circuit_breaker", "true", 2, 4),
    );
    assert_eq!(refused(&run), [3]);
}

#[test]
fn the_connections_and_threads_of_a_database() {
    let database = r#"Database(name: "db", nodes: "app-2", read: "50ms", write: "1ms"),"#;
    let systems = service("threads: 100,", r#"Read("db")"#) + database;
    let run = |setting: &str, to: &str| {
        scene(
            9,
            &systems,
            &users("u", HUNDRED),
            &set("db", setting, to, 2, 3),
        )
    };
    // Five reads are under way all the time.
    let few = run("max_connections", "3");
    assert_eq!(shed(&few, Shed::Overload), [2]);
    assert_eq!(asked(&few, Answer::Failed), [2]);
    let slow = run("threads", "1");
    assert_eq!((took(&slow, 1), took(&slow, 8)), ((54, 54), (54, 54)));
    assert!(took(&slow, 2).1 > 500);
}

#[test]
fn how_long_a_cache_keeps() {
    let stores = r#"Database(name: "db", nodes: "app-2", read: "1ms", write: "1ms"),
        Cache(name: "mc", nodes: "app-3", capacity: 10, ttl: "200ms"),"#;
    let systems = service("threads: 100,", r#"Cached(cache: "mc", from: "db")"#) + stores;
    let one_key = format!("{HUNDRED}, keys: Uniform(n: 1)");
    let run = scene(
        9,
        &systems,
        &users("u", &one_key),
        &set("mc", "ttl", r#""4s""#, 2, 3),
    );
    let expired = times(&run, |f| {
        matches!(
            f,
            CallFact::Looked {
                look: Look::Expired,
                ..
            }
        )
    });
    // What was put after 2 s is good for 4 s, and what was put after those as short as before.
    assert_eq!(seconds(expired), [0, 1, 2, 6, 7, 8]);
}

/// A node with a queue; ten messages a second and workers that have time for them.
fn queue(seconds: u64, settings: &str, workers: &str, faults: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 7, duration: "{seconds}s",
        network: (latency: "1ms"),
        nodes: [(name: "node"), (name: "web"), (name: "work")],
        systems: [Sqs(name: "jobs", nodes: "node", servers: 1, queues: [(name: "q", {settings}), (name: "dead")])],
        workloads: [
            QueueSender(name: "s", nodes: "web", to: "jobs/q", arrivals: Constant("10/s")),
            QueueWorkers(name: "w", nodes: "work", from: "jobs/q", concurrency: 100, {workers}),
        ],
        faults: [{faults}],
    )"#
    ))
}

fn notes(run: &Run, wanted: u16) -> Vec<u64> {
    seconds(run.times(|f| matches!(f, Fact::Note { code, .. } if *code == wanted)))
}

#[test]
fn the_visibility_timeout_of_a_queue() {
    const TIMED_OUT: u16 = 201;
    let faults = set("jobs/q", "visibility_timeout", r#""1s""#, 5, 7);
    let run = queue(20, "", r#"service_time: Constant("3s")"#, &faults);
    // What is received from 5 to 7 comes back a second later.
    assert_eq!(notes(&run, TIMED_OUT), [6, 7]);
}

#[test]
fn how_long_a_new_message_is_hidden() {
    let faults = set("jobs/q", "delay_seconds", r#""3s""#, 5, 7);
    let run = queue(14, "", r#"service_time: Constant("1ms")"#, &faults);
    let done = |f: &Fact| {
        matches!(
            f,
            Fact::Processed {
                outcome: Outcome::Done,
                ..
            }
        )
    };
    let times = run.times(done);
    let between = |from: u64, to: u64| {
        times
            .iter()
            .filter(|&&at| (from * SECOND..to * SECOND).contains(&at))
            .count()
    };
    assert!(between(2, 5) >= 29 && between(5, 7) <= 1);
    // From 8 to 10 come those that were hidden, and new ones.
    assert!(between(7, 8) <= 11 && between(8, 10) >= 35);
    assert!((8..=12).contains(&between(12, 13)));
}

#[test]
fn how_often_a_message_is_received() {
    const DEAD_LETTER: u16 = 200;
    let policy = r#"visibility_timeout: "1s", redrive_policy: (dead_letter_target: "dead", max_receive_count: 1000)"#;
    let faults = set("jobs/q", "redrive_policy.max_receive_count", "2", 5, 7);
    let run = queue(
        12,
        policy,
        r#"service_time: Constant("1ms"), failure: "100%""#,
        &faults,
    );
    let put_aside = notes(&run, DEAD_LETTER);
    assert!(
        put_aside.starts_with(&[5, 6]) && put_aside.len() <= 3,
        "{put_aside:?}"
    );
}

/// Three brokers with one partition, of which two die.
fn acked(min_insync: &str, faults: &str) -> Vec<u64> {
    let topic = format!("replication_factor: 3, min_insync_replicas: {min_insync}");
    let faults = format!(r#"At("6s", Crash("broker-2")), At("6s", Crash("broker-3")), {faults}"#);
    let run = Scene {
        brokers: 3,
        topic: &topic,
        producer: r#"arrivals: Constant("20/s"), acks: All"#,
        faults: &faults,
        ..SMALL
    }
    .run();
    seconds(run.times(|f| matches!(f, Fact::Acked { .. })))
}

#[test]
fn the_replicas_in_sync_that_a_write_needs() {
    // The controller takes the dead out of those in sync after nine seconds.
    let strict = set("k/t", "min_insync_replicas", "2", 30, 40);
    let times = acked("1", &strict);
    assert!((20..30).all(|s| times.contains(&s)) && (41..59).all(|s| times.contains(&s)));
    assert!(!(31..40).any(|s| times.contains(&s)), "{times:?}");
    // What waited for the dead when they died is told after 30 s that it waited in vain, and sent again.
    let lax = set("k/t", "min_insync_replicas", "1", 30, 45);
    let times = acked("2", &lax);
    assert!((38..45).all(|s| times.contains(&s)), "{times:?}");
    let refused = (20..30).chain(46..59);
    assert!(
        !refused.into_iter().any(|s| times.contains(&s)),
        "{times:?}"
    );
}

#[test]
fn who_may_lead_when_nobody_in_sync_is_left() {
    // A follower that cannot reach its leader falls out of sync after 30 s; then the leader dies.
    let unclean = |from: u64, until: u64| {
        let change = set("k/t", "unclean_leader_election_enable", "true", from, until);
        let faults = format!(
            r#"At("6s", Cut(from: "broker-1", to: "broker-2")), At("60s", Crash("broker-1")), {change}"#
        );
        let run = Scene {
            seconds: 90,
            brokers: 2,
            topic: "replication_factor: 2",
            producer: r#"arrivals: Constant("20/s"), acks: One"#,
            faults: &faults,
            ..SMALL
        }
        .run();
        run.times(|f| matches!(f, Fact::Elected { clean: false, .. }))
            .len()
    };
    assert_eq!(unclean(50, 80), 1);
    assert_eq!(unclean(40, 55), 0);
}

fn expired(topic: &str, setting: &str, to: &str) -> Vec<u64> {
    let run = Scene {
        cluster: r#"log_retention_check_interval_ms: "1s","#,
        topic: &format!(r#"segment_ms: "1s", {topic}"#),
        producer: r#"arrivals: Constant("20/s"), message_size: "1KiB""#,
        faults: &set("k/t", setting, to, 20, 30),
        ..SMALL
    }
    .run();
    seconds(run.times(|f| {
        matches!(
            f,
            Fact::Unstored {
                why: Gone::Expired,
                ..
            }
        )
    }))
}

#[test]
fn how_long_and_how_much_a_topic_keeps() {
    for (setting, to) in [
        ("retention_ms", r#""4s""#),
        ("retention_bytes", r#""40KiB""#),
    ] {
        let during = expired("", setting, to);
        assert!(
            (22..29).all(|s| during.contains(&s)),
            "{setting}: {during:?}"
        );
        assert!(
            during.iter().all(|s| (20..=30).contains(s)),
            "{setting}: {during:?}"
        );
    }
    for (topic, setting) in [
        (r#"retention_ms: "4s""#, "retention_ms"),
        (r#"retention_bytes: "40KiB""#, "retention_bytes"),
    ] {
        let without = expired(topic, setting, "None");
        assert!(
            (12..20)
                .chain(33..57)
                .filter(|s| without.contains(s))
                .count()
                > 28,
            "{setting}: {without:?}"
        );
        assert!(
            !(21..30).any(|s| without.contains(&s)),
            "{setting}: {without:?}"
        );
    }
}

#[test]
fn of_several_changes_the_last_counts_and_a_restart_keeps_it() {
    let systems = service("threads: 100,", r#"Work(Constant("50ms"))"#);
    let faults = [
        set("u", "timeout", r#""20ms""#, 2, 8),
        set("u", "timeout", r#""30ms""#, 3, 5),
        r#"During("6s", "7s", Crash("web"))"#.to_owned(),
        r#"At("9s", Set(of: "u", setting: "timeout", to: "10ms"))"#.to_owned(),
        r#"At("10s", Heal(Settings))"#.to_owned(),
    ];
    let run = scene(12, &systems, &users("u", HUNDRED), &faults.join(", "));
    let longest = [1, 2, 3, 5, 7, 8, 9, 11].map(|second| took(&run, second).1);
    assert_eq!(longest, [52, 20, 30, 20, 20, 52, 10, 52]);
    assert_eq!(
        took(&run, 4),
        (30, 30),
        "of the two it is the later one that counts"
    );
}

/// One of everything that has settings which can be changed.
const ALL: &str = r#"(
    title: "t", seed: 1, duration: "30s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "app", count: 3)],
    systems: [
        Kafka(name: "events", nodes: "broker", topics: [(name: "orders", replication_factor: 3)]),
        Sqs(name: "jobs", nodes: "broker", queues: [
            (name: "orders", redrive_policy: (dead_letter_target: "dead", max_receive_count: 3)), (name: "dead")]),
        Service(name: "pay", nodes: "app-1", clients: [(to: "mc", timeout: "1s")], handlers: [(name: "do", steps: [
            Call("leaf/do"), Cached(cache: "mc", from: "db"), Publish("events/orders")])]),
        Service(name: "leaf", nodes: "app-2", handlers: [(name: "do", steps: [Work(Constant("1ms"))])]),
        Database(name: "db", nodes: "app-3", read: "1ms", write: "1ms"),
        Cache(name: "mc", nodes: "app-3", capacity: 10),
    ],
    workloads: [Requests(name: "customers", nodes: "web", to: "pay/do", arrivals: Poisson("10/s"))],
)"#;

/// What a setting is not yet.
fn another(kind: Kind, now: Value) -> Value {
    let some = |value: Value, other: Value| if now == value { other } else { value };
    match kind {
        Kind::Duration { .. } => some(
            Value::Duration(Duration::from_secs(7)),
            Value::Duration(Duration::from_secs(8)),
        ),
        Kind::Count { .. } => some(Value::Count(7), Value::Count(8)),
        Kind::Size => some(
            Value::Size(Size::from_kib(7)),
            Value::Size(Size::from_kib(8)),
        ),
        Kind::Chance => some(
            Value::Chance(Chance::from_p(0.5)),
            Value::Chance(Chance::from_p(0.25)),
        ),
        Kind::Flag => Value::Flag(!now.is_on()),
    }
}

fn now(action: Action, at: u64) -> FaultPlan {
    FaultPlan {
        line: 0,
        schedule: Schedule::At(at),
        lasting_ns: None,
        action,
    }
}

#[test]
fn whoever_intervenes_finds_each_setting_with_its_value_and_can_change_it() {
    let loaded = Loaded::<()>::from_text("test", ALL, &[])
        .map_err(|d| d.render(false))
        .unwrap();
    let mut sim = loaded.plan.build(1);
    sim.run_until(SECOND, &mut ());
    let subjects = sim.names().subjects.clone();
    let names: Vec<&str> = subjects.iter().map(|s| s.name.as_str()).collect();
    for name in [
        "events/orders",
        "jobs/orders",
        "jobs/dead",
        "pay",
        "pay>leaf",
        "pay>mc",
        "pay>db",
        "leaf",
        "db",
        "mc",
        "customers",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for subject in &subjects {
        for knob in subject.knobs {
            let what = format!("{} of {}", knob.name, subject.name);
            let value = |sim: &splitbrain::systems::Sim| sim.setting(&subject.name, knob.name);
            let first = value(&sim).expect(&what);
            let other = another(knob.kind, first);
            let to: Written = other.to_string().parse().unwrap();
            let (of, setting) = (subject.name.clone(), knob.name.to_owned());
            let fault = by_hand(&mut sim, Action::Set(Set { of, setting, to }));
            assert_eq!(value(&sim), Some(other), "{what}");
            let begun = sim
                .faults()
                .begun()
                .iter()
                .find(|a| a.fault == fault)
                .unwrap();
            assert!(!begun.hold.nodes.is_empty(), "{what}");
            by_hand(&mut sim, Action::Heal(Heal(heal::What::Settings)));
            assert_eq!(value(&sim), Some(first), "{what}");
        }
    }
    assert_eq!(sim.setting("pay", "nothing"), None);
    assert_eq!(sim.setting("nobody", "timeout"), None);
}

/// Somebody does it now; the number of the fault.
fn by_hand(sim: &mut splitbrain::systems::Sim, action: Action) -> u32 {
    let at = sim.open_ns();
    sim.run_until(at - 1, &mut ());
    sim.intervene(at, now(action, at), &mut ())
}

#[test]
fn what_cannot_be_is_left_undone() {
    let loaded = Loaded::<()>::from_text("test", ALL, &[])
        .map_err(|d| d.render(false))
        .unwrap();
    let mut sim = loaded.plan.build(1);
    sim.run_until(SECOND, &mut ());
    for (of, setting, to) in [
        ("pay", "threads", "None"),
        ("pay", "threads", "many"),
        ("pay", "no", "1"),
        ("no", "threads", "1"),
    ] {
        let (of, setting) = (of.to_owned(), setting.to_owned());
        let to = to.parse().unwrap();
        by_hand(&mut sim, Action::Set(Set { of, setting, to }));
        assert_eq!(sim.setting("pay", "threads"), Some(Value::Count(8)));
    }
}

#[test]
fn every_setting_is_in_the_reference() {
    let loaded = Loaded::<()>::from_text("test", ALL, &[])
        .map_err(|d| d.render(false))
        .unwrap();
    let names = loaded.plan.build(1).names().clone();
    let reference = include_str!("../../docs/faults.md");
    for subject in &names.subjects {
        for knob in subject.knobs {
            let kind = match knob.kind {
                Kind::Duration { .. } => "duration",
                Kind::Count { .. } => "count",
                Kind::Size => "size",
                Kind::Chance => "chance",
                Kind::Flag => "`true`, `false`",
            };
            let or_none = if knob.optional { ", `None`" } else { "" };
            let row = format!("| `{}` | {kind}{or_none} | {} |", knob.name, knob.what);
            assert!(reference.contains(&row), "{row}");
        }
    }
}

/// A change that is no change leaves a run as it is, apart from the records of the fault.
#[test]
fn a_scenario_with_a_change_is_printed_as_it_is_read() {
    let text = ALL.replace(
        "workloads:",
        r#"faults: [
            At("1s", Set(of: "customers", setting: "timeout", to: "2s")), At("2s", Set(of: "customers", setting: "timeout", to: None)),
            At("3s", Set(of: "pay", setting: "threads", to: 3)), At("4s", Set(of: "pay>mc", setting: "circuit_breaker", to: true)),
        ], workloads:"#,
    );
    let load = |text: &str| {
        hunt::Loaded::from_text("test", text, &[])
            .map_err(|d| d.render(false))
            .unwrap()
    };
    let scenario = load(&text).scenario;
    let printed = splitbrain::scenario::effective(&scenario);
    assert_eq!(load(&printed).scenario, scenario, "{printed}");
}
