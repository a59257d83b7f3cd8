//! Stops in good order, as a person who restarts servers on purpose expects them: nobody misses the broker, the consumer or the
//! producer that is gone. The same without: the cluster waits for what will not come.

use std::sync::Arc;

use splitbrain::checks::Expect;
use splitbrain::hunt::{Options, Session};
use splitbrain::scenario::Loaded;
use splitbrain::sim::record::{Gone, Why};
use splitbrain::sim::{Fact, MS, SECOND};
use splitbrain::systems::note;

use super::kafka_clients::{Run, play};

/// Three brokers, a producer with `acks` all and a group of two; every link takes a millisecond.
fn text(producer: &str, group: &str, faults: &str) -> String {
    format!(
        r#"(
        title: "restarts", seed: 3, duration: "120s",
        nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing", count: 2)],
        network: (latency: "1ms", loopback: "1ms"),
        systems: [Kafka(name: "k", nodes: "broker", offsets_topic_num_partitions: 3,
            topics: [(name: "t", partitions: 6, replication_factor: 3, min_insync_replicas: 2)])],
        workloads: [
            Producer(name: "p", nodes: "web", to: "k/t", arrivals: Poisson("200/s"), stop: "110s", {producer}),
            ConsumerGroup(name: "g", nodes: "billing", from: "k/t", auto_offset_reset: Earliest, {group}),
        ],
        faults: [{faults}],
    )"#
    )
}

fn rolling(targets: &str, graceful: bool) -> String {
    format!(
        r#"At("20s", RollingRestart(targets: "{targets}", down_for: "3s", gap: "20s", graceful: {graceful}))"#
    )
}

/// What a run is measured by.
fn measure(text: &str) -> impl Fn(&str) -> f64 + use<> {
    let loaded = Loaded::<Expect>::from_text("test", text, &[])
        .unwrap_or_else(|d| panic!("{}\n{text}", d.render(false)));
    let mut session = Session::new(Arc::new(loaded), Options::default());
    session.run();
    move |name| {
        let watch = session.watch().unwrap();
        let metric = watch.metrics.metric(name);
        metric.unwrap_or_else(|| panic!("no {name}")).value
    }
}

#[test]
fn a_rolling_restart_of_the_brokers_costs_a_round_trip() {
    let of = measure(&text("", "", &rolling("broker", true)));
    assert!(of("failovers.count") >= 6.0, "each broker led something");
    // The controller elects; its word reaches the new leader one way later.
    assert!(of("failovers.leaderless_max") <= (2 * MS) as f64);
    for none in ["messages.lost", "messages.refused", "nodes.crashes"] {
        assert_eq!(of(none), 0.0, "{none}");
    }
    assert_eq!(of("messages.duplicated"), 0.0);
    assert_eq!(of("messages.in_flight"), 0.0);
}

#[test]
fn brokers_that_are_killed_are_missed_for_the_session_timeout() {
    let of = measure(&text("", "", &rolling("broker", false)));
    // 9 s from the last heartbeat, which was at most 2 s before.
    let longest = of("failovers.leaderless_max");
    assert!(longest > (7 * SECOND) as f64, "{longest}");
    assert_eq!(of("nodes.crashes"), 3.0);
}

/// A broker that does not ask first ends at once, as one that is killed.
#[test]
fn without_controlled_shutdown_a_stop_is_no_better_than_a_crash() {
    let plain = text("", "", r#"At("20s", Stop("broker-1"))"#);
    let alone = plain.replace("topics:", "controlled_shutdown_enable: false, topics:");
    let longest = measure(&alone)("failovers.leaderless_max");
    assert!(longest > (7 * SECOND) as f64, "{longest}");
    assert!(measure(&plain)("failovers.leaderless_max") <= (2 * MS) as f64);
}

/// Without it nobody can take over, and the broker ends all the same.
#[test]
fn the_only_copy_goes_with_its_broker_and_comes_back_with_it() {
    let plain = text("", "", r#"During("20s", "30s", Stop("broker-1"))"#);
    let single = plain.replace(
        "replication_factor: 3, min_insync_replicas: 2",
        "replication_factor: 1",
    );
    let of = measure(&single);
    assert!(of("failovers.leaderless_max") > (5 * SECOND) as f64);
    for none in ["messages.lost", "messages.refused", "nodes.crashes"] {
        assert_eq!(of(none), 0.0, "{none}");
    }
}

/// What the controller does about a broker from 20 s on.
fn about(run: &Run, broker: &str) -> Vec<&'static str> {
    let pid = run.pid(broker).0;
    let later = run.records.iter().filter(|r| r.at >= 20 * SECOND);
    later
        .filter_map(|r| match r.fact {
            Fact::Note { code, a, .. } if a == pid => Some(note(code)?.word),
            _ => None,
        })
        .filter(|word| ["SHUTDOWN", "FENCED", "REGISTERED", "UNFENCED"].contains(word))
        .collect()
}

/// Fenced once: its session is over too, 9 s later, and nobody cares.
#[test]
fn a_broker_that_has_stopped_is_not_let_in_again() {
    let text = text("", "", r#"At("20s", Stop("broker-1"))"#);
    let short = text.replace(r#"duration: "120s""#, r#"duration: "40s""#);
    for seed in 1..=4 {
        let run = play(&short.replace("seed: 3", &format!("seed: {seed}")));
        assert_eq!(
            about(&run, "k/broker-1"),
            ["SHUTDOWN", "FENCED"],
            "seed {seed}"
        );
    }
}

/// A heartbeat from before the stop that comes after it says nothing about wanting to stop.
#[test]
fn a_late_heartbeat_lets_no_broker_in_that_has_stopped() {
    let late = r#"During("10s", "40s", LinkReordering(from: "broker-1", to: Controller, share: "50%", by: "5s")), At("20s", Stop("broker-1"))"#;
    let text = text("", "", late).replace(r#"duration: "120s""#, r#"duration: "40s""#);
    for seed in 1..=6 {
        let run = play(&text.replace("seed: 3", &format!("seed: {seed}")));
        assert_eq!(
            about(&run, "k/broker-1"),
            ["SHUTDOWN", "FENCED"],
            "seed {seed}"
        );
    }
}

/// A broker comes back by a registration only, with a new epoch.
#[test]
fn brokers_that_are_restarted_register_before_they_are_let_in() {
    let run = play(&text("", "", &rolling("broker", true)));
    for broker in ["k/broker-1", "k/broker-2", "k/broker-3"] {
        assert_eq!(
            about(&run, broker),
            ["SHUTDOWN", "FENCED", "REGISTERED", "UNFENCED"],
            "{broker}"
        );
    }
}

/// Killed while it hands over: who said that it stops is not taken for an impostor, and need not wait for the session.
#[test]
fn a_broker_that_is_killed_while_it_stops_registers_at_once() {
    let run = play(&text("", "", r#"During("20s", "21s", Stop("broker-1"))"#));
    assert_eq!(
        about(&run, "k/broker-1"),
        ["SHUTDOWN", "REGISTERED", "UNFENCED"]
    );
}

/// However long the device takes: nobody holds a broker that only closes its logs for one that serves.
#[test]
fn a_broker_that_closes_its_logs_sends_no_heartbeats() {
    let faults = r#"During("19s", "45s", DiskStalled("broker-1")), At("20s", Stop("broker-1"))"#;
    let plain = text("", "", faults);
    assert_eq!(about(&play(&plain), "k/broker-1"), ["SHUTDOWN", "FENCED"]);
    let alone = plain.replace("topics:", "controlled_shutdown_enable: false, topics:");
    let run = play(&alone);
    assert_eq!(about(&run, "k/broker-1"), ["FENCED"]);
    let word = |code: u16| note(code).map(|n| n.word);
    let fenced = |f: &Fact| matches!(f, Fact::Note { code, .. } if word(*code) == Some("FENCED"));
    let at = run.records.iter().find(|r| fenced(&r.fact)).unwrap().at;
    // `broker.session.timeout.ms`, 9 s, after the last heartbeat, which it sent before 20 s.
    assert!(at <= 29 * SECOND + 2 * MS, "{at}");
}

#[test]
fn a_broker_that_stops_has_its_logs_on_the_device() {
    let lost = |fault: &str| {
        let faults = format!(
            r#"At("20s", {fault}("broker-1")), At("23s", PowerLoss("broker-1")), At("26s", Restart(All))"#
        );
        let run = play(&text("acks: One, enable_idempotence: false,", "", &faults));
        run.count(|f| match f {
            Fact::Unstored {
                span,
                why: Gone::Unsynced,
                ..
            } => span.count,
            _ => 0,
        })
    };
    assert_eq!(lost("Stop"), 0);
    assert!(lost("Crash") > 0, "left to the operating system");
}

/// When the work of the others goes on after a consumer is gone: the first generation after that moment.
fn rebalanced_after(run: &Run, at_ns: u64) -> u64 {
    let mut rebalanced = run.records.iter().filter(|r| {
        let done = matches!(r.fact, Fact::Rebalanced { .. });
        done && r.at > at_ns
    });
    rebalanced.next().expect("a rebalance").at - at_ns
}

#[test]
fn a_consumer_that_stops_leaves_its_group() {
    let stop = |fault: &str, group: &str| {
        let fault = format!(r#"At("20s", {fault}("billing-2"))"#);
        rebalanced_after(&play(&text("", group, &fault)), 20 * SECOND)
    };
    // The others learn of it with their next heartbeat (3 s).
    assert!(stop("Stop", "") < 4 * SECOND);
    // Nobody says goodbye: `session.timeout.ms`, 45 s, from the last heartbeat.
    assert!(stop("Crash", "") > 40 * SECOND);
}

#[test]
fn a_static_member_does_not_leave_its_group() {
    let fault = r#"During("20s", "30s", Stop("billing-2"))"#;
    let run = play(&text("", "static_membership: true,", fault));
    let began = |r: &&splitbrain::sim::Record| {
        matches!(r.fact, Fact::RebalanceBegan { .. }) && r.at > 20 * SECOND
    };
    assert_eq!(run.records.iter().filter(began).count(), 0);
}

#[test]
fn a_producer_that_stops_sends_what_it_holds() {
    let died = |fault: &str| {
        let fault = format!(r#"During("20s", "30s", {fault}("web"))"#);
        let run = play(&text(r#"linger_ms: "1s","#, "", &fault));
        run.count(|f| match f {
            Fact::Refused {
                span,
                why: Why::Died,
                ..
            } => span.count,
            _ => 0,
        })
    };
    assert_eq!(died("Stop"), 0);
    assert!(died("Crash") > 0);
}

/// When a process died, stopped or started, in seconds, from 20 s on.
fn lives(run: &Run, name: &str) -> Vec<(&'static str, u64)> {
    let pid = run.pid(name);
    let mine = run
        .records
        .iter()
        .filter(|r| r.pid == pid && r.at >= 20 * SECOND);
    mine.filter_map(|r| match r.fact {
        Fact::Crashed { .. } => Some(("killed", r.at / SECOND)),
        Fact::Stopped => Some(("stopped", r.at / SECOND)),
        Fact::Started { .. } => Some(("started", r.at / SECOND)),
        _ => None,
    })
    .collect()
}

/// A controlled shutdown takes a heartbeat interval (2 s); who does not wait for it kills the broker.
#[test]
fn a_stop_that_is_healed_too_early_kills_and_starts_anew() {
    let text = text("", "", r#"During("20s", "21s", Stop("broker-1"))"#);
    assert_eq!(
        lives(&play(&text), "k/broker-1"),
        [("killed", 21), ("started", 21)]
    );
    let of = measure(&text);
    for none in ["messages.lost", "messages.refused"] {
        assert_eq!(of(none), 0.0, "{none}");
    }
}

#[test]
fn who_is_frozen_hears_that_it_should_stop_when_it_goes_on() {
    let faults =
        |until: u32| format!(r#"During("19s", "{until}s", Pause("web")), At("20s", Stop("web"))"#);
    let ends = |until: u32| lives(&play(&text("", "", &faults(until))), "p-1");
    assert_eq!(ends(25), [("stopped", 25)]);
    // A frozen process can be killed all the same.
    assert_eq!(ends(60), [("killed", 50)]);
}

/// A consumer that cannot get done with a message never ends by itself.
#[test]
fn what_does_not_stop_in_time_is_killed() {
    let group = r#"on_error: Retry(backoff: "100ms"),"#;
    let run = play(&text(
        r#"poison: "100%","#,
        group,
        r#"During("20s", "60s", Stop("billing-1"))"#,
    ));
    assert_eq!(lives(&run, "g-1"), [("killed", 50), ("started", 60)]);
}
