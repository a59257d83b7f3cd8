//! What makes a service slow, what it turns away, and what it does only once. Every link takes a millisecond.

use splitbrain::sim::call::{Answer, CallFact, Shed};
use splitbrain::sim::{MS, SECOND};
use splitbrain::systems::{Inspect, Standing};

use super::kafka_clients::Run;
use super::services::{
    answers, calls, count, good_after, one, scene, service, shed, took_ms, users,
};

const WORK: &str = r#"Work(Constant("10ms"))"#;

#[test]
fn work_takes_longer_with_more_requests_in_flight() {
    let took = |settings: &str| {
        let three = one("a", 100) + &one("b", 105) + &one("c", 106);
        let run = scene(1, &service(settings, WORK), &three, "");
        ["a", "b", "c"].map(|n| took_ms(&run, n))
    };
    assert_eq!(took(""), [12, 12, 12]);
    let slow = r#"slow_down: (beyond: 1, per_request: "100%"),"#;
    assert_eq!(took(slow), [12, 22, 32]);
    // Who waits for a thread counts as well: the second one begins when the first is done, with another one behind it.
    assert_eq!(took(&format!("threads: 1, {slow}")), [12, 27, 36]);
}

/// Room for 12 MiB; a request keeps 1 and leaves 4 as garbage: the third finds no room.
const HEAP: &str = r#"gc: (heap: "12MiB", per_request: "1MiB", garbage_per_request: "4MiB", pause_base: "100ms",
    pause_per_mib: "0s"),"#;

#[test]
fn while_garbage_is_collected_all_work_stands_still_and_nothing_begins() {
    let took = |gc: &str| {
        let four = one("a", 100) + &one("b", 110) + &one("c", 120) + &one("d", 160);
        let steps = r#"Work(Constant("50ms"))"#;
        let run = scene(1, &service(gc, steps), &four, "");
        ["a", "b", "c", "d"].map(|n| took_ms(&run, n))
    };
    assert_eq!(took(""), [52; 4]);
    // The third comes at 121: until 221 nothing happens. The fourth comes at 161 and begins with the third.
    assert_eq!(took(HEAP), [152, 152, 152, 112]);
}

#[test]
fn a_replica_that_stands_still_hears_and_says_nothing() {
    // The answer of the leaf comes at 117, in the pause that begins at 111: it is read at 211.
    let leaf = r#"Service(name: "leaf", nodes: "app-2", handlers: [(name: "do", steps: [Work(Constant("10ms"))])]),"#;
    let heap = HEAP.replace("12MiB", "6MiB");
    let run = |gc: &str, client: &str| {
        let clients = format!(r#"{gc} clients: [(to: "leaf", {client})],"#);
        let systems = service(&clients, r#"Call("leaf/do")"#) + leaf;
        scene(1, &systems, &(one("a", 104) + &one("b", 110)), "")
    };
    assert_eq!(took_ms(&run("", ""), "a"), 14);
    assert_eq!(took_ms(&run(&heap, ""), "a"), 108);
    // Its timeout at 120 is noticed at 211 as well, after the answer that came before it.
    assert_eq!(took_ms(&run(&heap, r#"timeout: "15ms""#), "a"), 108);
}

#[test]
fn a_crash_in_a_pause_loses_what_nobody_had_read_as_well() {
    // The third starts the pause at 121; the fourth is not read before the process dies.
    let four = one("a", 100) + &one("b", 110) + &one("c", 120) + &one("d", 160);
    let faults = r#"At("180ms", Crash("app-1")), At("1s", Restart("app-1"))"#;
    let steps = r#"Work(Constant("100ms"))"#;
    let run = scene(3, &service(HEAP, steps), &(four + &one("e", 1100)), faults);
    assert_eq!(shed(&run, Shed::Died), 4);
    let failed = answers(&run)
        .into_values()
        .filter(|(how, _)| *how == Answer::Failed);
    assert_eq!(failed.count(), 4);
    // It comes back with an empty heap.
    assert_eq!(took_ms(&run, "e"), 102);
}

/// 400 requests a second for a service that can do 800, and for a third of a second ten times as many.
fn burst(gc: &str) -> Run {
    let client = r#"client: (timeout: "1s")"#;
    let base = users("base", &format!(r#"arrivals: Poisson("400/s"), {client}"#));
    let more = format!(r#"arrivals: Poisson("4000/s"), start: "10s", stop: "10300ms", {client}"#);
    let systems = service(&format!("threads: 8, {gc}"), WORK);
    scene(60, &systems, &(base + &users("burst", &more)), "")
}

#[test]
fn garbage_collection_makes_a_short_burst_a_death_spiral() {
    // Idle, a collection of 45 ms for each 400 requests: 5 % of the time. With 600 requests in flight one of 165 ms for each 100.
    let gc = r#"gc: (heap: "1000MiB", live: "200MiB", per_request: "1MiB", garbage_per_request: "1MiB",
        pause_base: "5ms", pause_per_mib: "200us"),"#;
    let before = |run: &Run| {
        let early = calls(run).filter(|(r, _)| r.at < 10 * SECOND);
        let good = |f| {
            matches!(
                f,
                CallFact::Answered {
                    how: Answer::Ok,
                    ..
                }
            )
        };
        early.filter(|(_, f)| good(*f)).count()
    };
    let (plain, spiral) = (burst(""), burst(gc));
    assert!(before(&plain) > 3_800 && before(&spiral) > 3_800);
    // The last 40 s: 16,000 requests.
    assert!(good_after(&plain, 20) > 15_500);
    assert!(
        good_after(&spiral, 20) < 1_000,
        "{}",
        good_after(&spiral, 20)
    );
}

#[test]
fn a_replica_that_sheds_load_serves_what_it_takes_and_lets_the_important_through() {
    let overload = |shedding: &str| {
        let client = r#"client: (timeout: "500ms")"#;
        let vip = users(
            "vip",
            &format!(r#"arrivals: Poisson("50/s"), priority: 1, {client}"#),
        );
        let all = users(
            "all",
            &format!(r#"arrivals: Poisson("400/s"), priority: 5, {client}"#),
        );
        let settings = format!("threads: 2, {shedding}");
        let run = scene(20, &service(&settings, WORK), &(vip + &all), "");
        let vip = answers(&run)
            .into_iter()
            .filter(|(n, _)| n.starts_with("vip"));
        let lost = vip.filter(|(_, (how, _))| *how != Answer::Ok).count();
        (good_after(&run, 10), lost, shed(&run, Shed::Overload))
    };
    // 200 requests a second can be served.
    let (good, lost, shed) = overload("");
    assert!(good == 0 && lost > 500 && shed == 0, "{good} {lost} {shed}");
    let (good, lost, shed) = overload("load_shedding: (max_in_flight: 10),");
    assert!(
        (1900..2001).contains(&good) && lost > 100 && shed > 4_000,
        "{good} {lost} {shed}"
    );
    let (good, lost, _) = overload("load_shedding: (max_in_flight: 10, keep_priority: 1),");
    assert!((1900..2001).contains(&good) && lost == 0, "{good} {lost}");
}

/// How often what each was asked for took effect.
fn effects(run: &Run) -> usize {
    count(run, |f| matches!(f, CallFact::Effect { .. }))
}

/// A service with an idempotent handler (or one that is not), and a user who tries again.
fn retried(idempotent: &str, steps: &str, client: &str, more: &str, faults: &str) -> Run {
    let systems = format!(
        r#"Service(name: "s", nodes: "app-1", handlers: [(name: "do", {idempotent} steps: [{steps}])]),"#
    );
    let users = users(
        "a",
        &format!(r#"effects: ["pay"], client: ({client}), {more}"#),
    );
    scene(10, &systems, &users, faults)
}

const ONCE: &str = r#"arrivals: Constant("10/s"), count: 1"#;

#[test]
fn an_idempotent_handler_does_once_what_is_asked_for_twice() {
    // Asked for at 100, 400 and 700 ms, each time for 200 ms; it takes 350 ms.
    let client = r#"timeout: "200ms", retry: Fixed(attempts: 3, delay: "100ms")"#;
    let steps = r#"Effect("pay"), Wait(Constant("350ms"))"#;
    let plain = retried("", steps, client, ONCE, "");
    assert_eq!(answers(&plain)["a#0"].0, Answer::TimedOut);
    assert_eq!(effects(&plain), 3);
    let run = retried("idempotent: (),", steps, client, ONCE, "");
    assert_eq!(effects(&run), 1);
    // The second attempt hears at 402 that it is under way; the third, at 502, is answered without the steps.
    let (how, ns) = answers(&run)["a#0"];
    assert_eq!((how, ns / MS), (Answer::Ok, 404));
}

#[test]
fn what_failed_is_not_remembered_as_done() {
    let client = r#"retry: Fixed(attempts: 30, delay: "10ms")"#;
    let steps = r#"Fail("50%"), Effect("pay")"#;
    let more = r#"arrivals: Constant("100/s"), count: 500"#;
    let run = retried("idempotent: (),", steps, client, more, "");
    assert!(answers(&run).values().all(|(how, _)| *how == Answer::Ok));
    assert_eq!((answers(&run).len(), effects(&run)), (500, 500));
}

#[test]
fn the_same_task_may_ask_for_several_things() {
    let steps = r#"FanOut(to: "s/each", count: 5)"#;
    let systems = format!(
        r#"Service(name: "s", nodes: "app-1", handlers: [
            (name: "do", steps: [{steps}]), (name: "each", idempotent: (), steps: [Effect("pay")]),
        ]),"#
    );
    let run = scene(
        1,
        &systems,
        &users(
            "a",
            r#"effects: ["pay"], arrivals: Constant("10/s"), count: 1"#,
        ),
        "",
    );
    assert_eq!(effects(&run), 5);
}

#[test]
fn a_table_that_is_not_persistent_forgets_in_a_crash_what_was_done() {
    // Asked for at 100 ms and done at 501; the user gives up at 400 and asks again at 2400. Meanwhile the process dies.
    let faults = r#"At("1s", Crash("app-1")), At("1500ms", Restart("app-1"))"#;
    let client = r#"timeout: "300ms", retry: Fixed(attempts: 2, delay: "2s")"#;
    let steps = r#"Effect("pay"), Wait(Constant("400ms"))"#;
    let paid = |idempotent: &str, faults: &str| {
        let run = retried(idempotent, steps, client, ONCE, faults);
        (effects(&run), answers(&run)["a#0"].0)
    };
    assert_eq!(paid("", faults), (2, Answer::TimedOut));
    assert_eq!(paid("idempotent: (),", faults), (1, Answer::Ok));
    let lost = "idempotent: (persistent: false),";
    assert_eq!(paid(lost, faults), (2, Answer::TimedOut));
    assert_eq!(paid(lost, ""), (1, Answer::Ok));
    // Without a crash, what was done is forgotten when its time is over.
    for (retention, times) in [("1898ms", 2), ("1902ms", 1)] {
        let idempotent = format!(r#"idempotent: (retention: "{retention}"),"#);
        assert_eq!(paid(&idempotent, "").0, times, "{retention}");
    }
}

#[test]
fn what_was_under_way_in_a_crash_is_done_when_it_is_asked_for_again() {
    let faults = r#"At("300ms", Crash("app-1")), At("1s", Restart("app-1"))"#;
    let client = r#"retry: Fixed(attempts: 20, delay: "200ms")"#;
    let steps = r#"Work(Constant("500ms")), Effect("pay")"#;
    let run = retried("idempotent: (),", steps, client, ONCE, faults);
    assert_eq!(answers(&run)["a#0"].0, Answer::Ok);
    assert_eq!(effects(&run), 1);
}

#[test]
fn an_effect_before_a_crash_is_not_repeated_though_the_handler_had_not_ended() {
    // The effect is at 102 ms, the crash before the end at 501. Delivered twice, one effect: it is stored with the effect.
    let faults = r#"At("300ms", Crash("app-1")), At("1s", Restart("app-1"))"#;
    let client = r#"retry: Fixed(attempts: 20, delay: "200ms")"#;
    let steps = r#"Effect("pay"), Wait(Constant("400ms"))"#;
    let paid = |idempotent: &str| {
        let run = retried(idempotent, steps, client, ONCE, faults);
        assert_eq!(answers(&run)["a#0"].0, Answer::Ok);
        effects(&run)
    };
    assert_eq!(paid("idempotent: (),"), 1);
    assert_eq!(paid("idempotent: (persistent: false),"), 2);
    assert_eq!(paid(""), 2);
}

/// A row of the inspector.
fn row(run: &Run, process: &str, name: &str) -> String {
    let process = &run.sim.processes()[run.pid(process).index()];
    let rows = process.rows(run.sim.names());
    let row = rows.into_iter().find(|r| r.name == name);
    row.map(|r| r.value()).unwrap_or_default()
}

#[test]
fn the_inspector_shows_what_a_replica_remembers_and_holds() {
    let three = one("a", 100) + &one("b", 110) + &one("c", 120);
    let run = scene(1, &service(HEAP, WORK), &three, "");
    // The first two are gone when the third comes: 2 MiB of its 5 find room before the collection, 3 in the empty heap.
    assert_eq!(row(&run, "s-1", "heap"), "used 3MiB · live 0B");
    assert_eq!(row(&run, "s-1", "collections"), "1 · paused 100ms");
    assert_eq!(row(&run, "s-1", "served"), "3 · 0 failed");
    // In the middle of the pause.
    let long = HEAP.replace("100ms", "5s");
    let run = scene(1, &service(&long, WORK), &three, "");
    let process = &run.sim.processes()[run.pid("s-1").index()];
    let badge = process.badge(run.sim.names());
    assert_eq!(badge.lines[0], "collects garbage");
    assert_eq!(badge.standing, Standing::Stuck);

    let client = r#"timeout: "200ms", retry: Fixed(attempts: 3, delay: "100ms")"#;
    let steps = r#"Effect("pay"), Wait(Constant("350ms"))"#;
    let run = retried("idempotent: (),", steps, client, ONCE, "");
    // One while it was under way, one when it was done.
    assert_eq!(row(&run, "s-1", "repetitions"), "2 · knows 1");
}

#[test]
fn whoever_leaves_gives_its_memory_back() {
    // Twice as much as can be done, for 3 s, and then nothing: served, turned away at the door or by a newer one, dropped, or
    // recognised as a repetition.
    let heap = r#"gc: (heap: "100MiB", live: "10MiB", per_request: "1MiB", garbage_per_request: "1MiB", pause_base: "1ms",
        pause_per_mib: "10us"),"#;
    for queue in [
        "discipline: Fifo, limit: 10",
        "discipline: Lifo, limit: 10",
        "discipline: AdaptiveLifo(), limit: 10",
        "discipline: Priority, limit: 0",
        "discipline: Deadline",
        "discipline: CoDel()",
    ] {
        let systems = format!(
            r#"Service(name: "s", nodes: "app-1", threads: 1, queue: ({queue}), {heap}
                handlers: [(name: "do", idempotent: (), steps: [{WORK}])]),"#
        );
        let client = r#"client: (timeout: "50ms", propagate_deadline: true, retry: Fixed(attempts: 2, delay: "10ms"))"#;
        let more = format!(r#"arrivals: Poisson("200/s"), stop: "3s", {client}"#);
        let run = scene(60, &systems, &users("a", &more), "");
        let shed = count(&run, |f| matches!(f, CallFact::Shed { .. }));
        assert!(shed > 50, "{queue}: {shed}");
        let heap = row(&run, "s-1", "heap");
        assert!(heap.ends_with("live 10MiB"), "{queue}: {heap}");
        assert_eq!(row(&run, "s-1", "under way"), "0");
    }
}

#[test]
fn a_pause_is_one_of_the_process_and_not_of_the_machine() {
    // Another service on the same machine works on.
    let other = r#"Service(name: "t", nodes: "app-1", handlers: [(name: "do", steps: [Work(Constant("10ms"))])]),"#;
    let systems = service(&HEAP.replace("100ms", "1s"), WORK) + other;
    let three = one("a", 100) + &one("b", 101) + &one("c", 102);
    let beside = one("d", 200).replace("s/do", "t/do");
    let run = scene(3, &systems, &(three + &beside), "");
    assert_eq!(took_ms(&run, "c"), 1_012);
    assert_eq!(took_ms(&run, "d"), 12);
}
