//! A service whose replicas are as many as its load needs. Every link takes a millisecond.

use std::collections::BTreeSet;

use splitbrain::scenario::Loaded;
use splitbrain::sim::SECOND;
use splitbrain::sim::call::CallFact;

use super::kafka_clients::Run;
use super::services::{calls, count, good_after, users};

/// A replica can do 100 requests a second; there is room for four.
fn scaled(seconds: u64, scale: &str, workloads: &str, faults: &str) -> Run {
    let scale =
        format!(r#"scale: (max: 4, every: "5s", period: "5s", start_delay: "10s", {scale}),"#);
    serve(seconds, &scale, workloads, faults)
}

fn serve(seconds: u64, scale: &str, workloads: &str, faults: &str) -> Run {
    let system = format!(
        r#"Service(name: "s", nodes: "app", threads: 1, queue: (limit: 50), {scale}
            handlers: [(name: "do", steps: [Work(Constant("10ms"))])]),"#
    );
    super::services::scene(seconds, &system, workloads, faults)
}

/// When the number of replicas changed, in s, and to what.
fn changes(run: &Run) -> Vec<(u64, u32, u32)> {
    let changed = calls(run).filter_map(|(r, f)| match f {
        CallFact::Scaled { was, running, .. } => Some((r.at / SECOND, was, running)),
        _ => None,
    });
    changed.collect()
}

/// Which replicas of `s` ended requests between two seconds.
fn busy_between(run: &Run, from: u64, to: u64) -> BTreeSet<String> {
    let served = calls(run).filter(|(r, f)| {
        let within = (from * SECOND..to * SECOND).contains(&r.at);
        within && matches!(f, CallFact::Served { .. })
    });
    let names = &run.sim.names();
    served
        .map(|(r, _)| names.process(r.pid).to_owned())
        .filter(|name| name.starts_with("s-"))
        .collect()
}

fn replicas(numbers: std::ops::RangeInclusive<u32>) -> BTreeSet<String> {
    numbers.map(|n| format!("s-{n}")).collect()
}

const CLIENT: &str = r#"client: (timeout: "1s"), arrivals:"#;

#[test]
fn replicas_are_added_after_their_start_delay_until_the_load_is_shared() {
    let load = users("a", &format!(r#"{CLIENT} Poisson("250/s")"#));
    let run = scaled(120, "", &load, "");
    // All of the time busy, 80 % wanted: of one two, of two three, of three four. The first look is at 5 s, and the replicas have a
    // second to answer.
    let changes = changes(&run);
    assert_eq!(changes[0], (16, 1, 2), "{changes:?}");
    assert_eq!(changes.last().map(|c| c.2), Some(4), "{changes:?}");
    assert_eq!(busy_between(&run, 0, 15), replicas(1..=1));
    assert_eq!(busy_between(&run, 17, 20), replicas(1..=2));
    assert_eq!(busy_between(&run, 100, 120), replicas(1..=4));
    // 20 s of 250 requests each.
    let good = good_after(&run, 100);
    assert!(good > 4_700, "{good}");
}

#[test]
fn a_queue_of_requests_asks_for_as_many_replicas_as_share_it() {
    let load = users("a", &format!(r#"{CLIENT} Poisson("250/s")"#));
    let run = scaled(60, "target: QueueLength(10)", &load, "");
    // Hundreds wait after 5 s: four more are allowed, and three there are.
    assert_eq!(changes(&run)[0], (16, 1, 4));
    assert!(good_after(&run, 50) > 2_300);
}

#[test]
fn when_the_load_falls_replicas_leave_after_the_window_and_get_no_new_calls() {
    let high = users("a", &format!(r#"{CLIENT} Poisson("250/s"), stop: "60s""#));
    let low = users("b", &format!(r#"{CLIENT} Poisson("20/s")"#));
    let window = r#"down_window: "30s""#;
    let run = scaled(160, window, &(high.clone() + &low), "");
    let down: Vec<_> = changes(&run).into_iter().filter(|c| c.2 < c.1).collect();
    // What is looked at until 66 s knows of the load, or of the rest of it.
    assert!(down.iter().all(|c| (90..102).contains(&c.0)), "{down:?}");
    let &(at, _, running) = down.last().unwrap();
    assert_eq!(running, 1, "{down:?}");
    assert_eq!(busy_between(&run, 70, 85), replicas(1..=4));
    assert_eq!(busy_between(&run, at + 1, 160), replicas(1..=1));
    // Nobody loses anything by it.
    let bad = calls(&run).filter(|(r, _)| r.at > 80 * SECOND);
    let bad = bad.filter(|(_, f)| matches!(f, CallFact::Answered { how, .. } if !how.is_good()));
    assert_eq!(bad.count(), 0);
    // With the window of Kubernetes they stay.
    let patient = scaled(160, "", &(high + &low), "");
    assert!(changes(&patient).iter().all(|c| c.2 > c.1));
}

#[test]
fn while_the_scaler_is_down_nothing_changes_and_then_it_goes_on() {
    let load = users("a", &format!(r#"{CLIENT} Poisson("250/s"), start: "30s""#));
    let faults = r#"At("20s", Crash(ControllerOf("s"))), At("80s", Restart(All))"#;
    let run = scaled(180, "", &load, faults);
    let changes = changes(&run);
    assert!(changes[0].0 > 90, "{changes:?}");
    assert_eq!(changes.last().map(|c| c.2), Some(4), "{changes:?}");
    assert_eq!(busy_between(&run, 30, 80), replicas(1..=1));
}

#[test]
fn replicas_that_started_while_the_scaler_was_down_serve_when_it_is_back() {
    let load = users("a", &format!(r#"{CLIENT} Poisson("250/s")"#));
    // Decided at 6 s, ready at 16.
    let faults = r#"At("10s", Crash(ControllerOf("s"))), At("30s", Restart(All))"#;
    let run = scaled(40, "", &load, faults);
    assert_eq!(changes(&run)[0], (30, 1, 2));
    assert_eq!(busy_between(&run, 31, 34), replicas(1..=2));
}

#[test]
fn who_starts_later_or_again_hears_how_many_serve() {
    let load = users("a", &format!(r#"{CLIENT} Poisson("250/s")"#));
    let faults = r#"At("60s", Crash("web")), At("62s", Restart("web"))"#;
    let run = scaled(70, "", &load, faults);
    assert_eq!(busy_between(&run, 63, 70), replicas(1..=4));
}

#[test]
fn more_replicas_than_there_is_room_for_are_a_mistake() {
    let text = r#"(title: "t", duration: "1s", nodes: [(name: "app", count: 2), (name: "web")],
        systems: [Service(name: "s", nodes: "app", scale: (max: 3, start_delay: "1s"),
            handlers: [(name: "do", steps: [])])])"#;
    let mistakes = Loaded::<()>::from_text("test", text, &[]).unwrap_err();
    let words = mistakes.render(false);
    assert!(words.contains("room for 2 replicas"), "{words}");
    assert!(Loaded::<()>::from_text("test", &text.replace("max: 3", "max: 2"), &[]).is_ok());
}

#[test]
fn a_service_that_does_not_scale_has_no_scaler() {
    let load = users("a", &format!(r#"{CLIENT} Poisson("250/s")"#));
    let run = serve(20, "", &load, "");
    let processes = &run.sim.names().processes;
    assert!(processes.iter().all(|p| p.part != "scaler"));
    assert_eq!(busy_between(&run, 0, 20), replicas(1..=4));
    assert_eq!(count(&run, |f| matches!(f, CallFact::Scaled { .. })), 0);
}

/// A service that works on a topic: one replica in service, and at most two.
fn consumers(scale: &str, load: &str) -> Run {
    super::kafka_clients::play(&format!(
        r#"(title: "test", seed: 7, duration: "240s",
        nodes: [(name: "broker", count: 3), (name: "app", count: 2), (name: "web")],
        network: (latency: Constant("1ms")),
        systems: [
            Kafka(name: "k", nodes: "broker", topics: [(name: "t", partitions: 4, replication_factor: 3)]),
            Service(name: "s", nodes: "app", threads: 1,
                scale: (max: 2, every: "5s", period: "5s", start_delay: "5s", down_window: "20s", {scale}),
                consumes: [(from: "k/t", handler: "do", prefetch: 50)],
                handlers: [(name: "do", steps: [Work(Constant("10ms")), Effect("mail")])]),
            Service(name: "front", nodes: "web", handlers: [(name: "do", steps: [Publish("k/t")])]),
        ],
        workloads: [Requests(name: "a", nodes: "web", to: "front/do", effects: ["mail"], {load})])"#
    ))
}

#[test]
fn only_replicas_in_service_read_from_queues_and_who_leaves_gives_his_partitions_back() {
    let load = r#"arrivals: Poisson("130/s"), start: "20s", stop: "100s""#;
    let run = consumers("", load);
    let changes = changes(&run);
    assert_eq!(
        changes.iter().map(|c| (c.1, c.2)).collect::<Vec<_>>(),
        [(1, 2), (2, 1)],
        "{changes:?}"
    );
    let (up, down) = (changes[0].0, changes[1].0);
    assert_eq!(busy_between(&run, 0, up), replicas(1..=1));
    assert_eq!(busy_between(&run, up + 10, 90), replicas(1..=2));
    assert_eq!(busy_between(&run, down + 10, 240), BTreeSet::new());
    let asked = count(&run, |f| matches!(f, CallFact::Asked { .. }));
    let done = count(&run, |f| matches!(f, CallFact::Effect { .. }));
    assert_eq!(done, asked, "nothing is lost, and nothing done twice");
    // Nobody has to find out that the one that left is silent.
    assert_eq!(run.evicted(), []);
}

#[test]
fn a_replica_that_comes_back_into_service_reads_on() {
    // The load comes twice.
    let run = consumers(
        "",
        r#"arrivals: Bursts(on: Constant("60s"), off: Constant("60s"), rate: "130/s")"#,
    );
    let changes = changes(&run);
    let ups: Vec<u64> = changes.iter().filter(|c| c.2 > c.1).map(|c| c.0).collect();
    assert_eq!(ups.len(), 2, "{changes:?}");
    assert_eq!(busy_between(&run, ups[1] + 10, 180), replicas(1..=2));
    let asked = count(&run, |f| matches!(f, CallFact::Asked { .. }));
    let done = count(&run, |f| matches!(f, CallFact::Effect { .. }));
    assert_eq!(done, asked);
}

#[test]
fn a_replica_that_is_asked_to_stop_hands_its_partitions_on_with_nothing_done_twice() {
    let run = super::kafka_clients::play(
        r#"(title: "test", seed: 7, duration: "60s",
        nodes: [(name: "broker", count: 3), (name: "app", count: 2), (name: "web")],
        network: (latency: Constant("1ms")),
        systems: [
            Kafka(name: "k", nodes: "broker", topics: [(name: "t", partitions: 4, replication_factor: 3)]),
            Service(name: "s", nodes: "app", consumes: [(from: "k/t", handler: "do", prefetch: 50)],
                handlers: [(name: "do", steps: [Work(Constant("10ms")), Effect("mail")])]),
            Service(name: "front", nodes: "web", handlers: [(name: "do", steps: [Publish("k/t")])]),
        ],
        workloads: [Requests(name: "a", nodes: "web", to: "front/do", effects: ["mail"], arrivals: Poisson("200/s"), stop: "50s")],
        faults: [During("20s", "30s", Stop("app-1"))])"#,
    );
    let asked = count(&run, |f| matches!(f, CallFact::Asked { .. }));
    let done = count(&run, |f| matches!(f, CallFact::Effect { .. }));
    assert_eq!(done, asked);
    assert_eq!(run.evicted(), []);
    assert_eq!(
        busy_between(&run, 21, 30),
        BTreeSet::from(["s-2".to_owned()])
    );
    assert_eq!(busy_between(&run, 40, 50), replicas(1..=2));
}
