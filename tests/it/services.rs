//! Services and their users: threads, queues, and the steps of handlers. Every link takes a millisecond, so that times can be
//! reckoned: an answer takes 2 ms more than the work.

use std::collections::BTreeMap;

use splitbrain::sim::call::{Answer, CallFact, Shed};
use splitbrain::sim::{Fact, MS, Record, SECOND};

use super::kafka_clients::{Run, play};

/// Machines `app-1` to `app-4` and `web`; what runs on them; what goes wrong.
pub fn scene(seconds: u64, systems: &str, workloads: &str, faults: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 7, duration: "{seconds}s",
        nodes: [(name: "app", count: 4), (name: "web")],
        network: (latency: Constant("1ms")),
        systems: [{systems}],
        workloads: [{workloads}],
        faults: [{faults}],
    )"#
    ))
}

/// A service `s` on one machine with one handler `do`.
pub fn service(settings: &str, steps: &str) -> String {
    format!(
        r#"Service(name: "s", nodes: "app-1", {settings} handlers: [(name: "do", steps: [{steps}])]),"#
    )
}

/// Users of it.
pub fn users(name: &str, more: &str) -> String {
    format!(r#"Requests(name: "{name}", nodes: "web", to: "s/do", {more}),"#)
}

/// One request that is made at `ms`.
pub fn one(name: &str, ms: u64) -> String {
    let start = ms - 1;
    users(
        name,
        &format!(r#"arrivals: Constant("1000/s"), count: 1, start: "{start}ms""#),
    )
}

/// The facts about calls, with their records.
pub fn calls(run: &Run) -> impl Iterator<Item = (&Record, CallFact)> {
    run.records.iter().filter_map(|r| match r.fact {
        Fact::Call(fact) => Some((r, fact)),
        _ => None,
    })
}

/// How requests ended, and after how many ns, by the name of what was asked for (`customers#3`).
pub fn answers(run: &Run) -> BTreeMap<String, (Answer, u64)> {
    let flows = &run.sim.names().flows;
    let answered = calls(run).filter_map(|(_, fact)| match fact {
        CallFact::Answered { task, how, ns } => {
            let flow = &flows[task.flow.index()].name;
            Some((format!("{flow}#{}", task.number), (how, ns)))
        }
        _ => None,
    });
    answered.collect()
}

/// The answer to the only request of a name, in ms.
pub fn took_ms(run: &Run, name: &str) -> u64 {
    let (how, ns) = answers(run)[&format!("{name}#0")];
    assert_eq!(how, Answer::Ok, "{name}");
    ns / MS
}

pub fn count(run: &Run, is: impl Fn(CallFact) -> bool) -> usize {
    calls(run).filter(|(_, fact)| is(*fact)).count()
}

pub fn shed(run: &Run, wanted: Shed) -> usize {
    count(
        run,
        |f| matches!(f, CallFact::Shed { why, .. } if why == wanted),
    )
}

/// Good answers that came from a second on.
pub fn good_after(run: &Run, second: u64) -> usize {
    let late = calls(run).filter(|(r, _)| r.at >= second * SECOND);
    let good = |f| matches!(f, CallFact::Answered { how, .. } if how.is_good());
    late.filter(|(_, f)| good(*f)).count()
}

/// How long the requests waited for a thread that were served from a second on, ns.
fn waits_after(run: &Run, second: u64) -> Vec<u64> {
    let late = calls(run).filter(|(r, _)| r.at >= second * SECOND);
    let wait = |f| match f {
        CallFact::Served { waited_ns, .. } => Some(waited_ns),
        _ => None,
    };
    late.filter_map(|(_, f)| wait(f)).collect()
}

#[test]
fn a_blocking_service_holds_a_thread_while_it_waits_and_another_does_not() {
    let steps = r#"Work(Constant("1ms")), Wait(Constant("100ms")), Work(Constant("1ms"))"#;
    let two = one("a", 100) + &one("b", 110);
    let took = |settings: &str| {
        let run = scene(1, &service(settings, steps), &two, "");
        [took_ms(&run, "a"), took_ms(&run, "b")]
    };
    // The second waits until 202 for the thread.
    assert_eq!(took("threads: 1,"), [104, 196]);
    assert_eq!(took("threads: 2,"), [104, 104]);
    assert_eq!(took("threads: 1, blocking: false,"), [104, 104]);
}

#[test]
fn threads_that_are_given_back_are_shared_by_all_that_work() {
    // Four requests at 100 ms; one thread, 10 ms of work each, a wait, and 10 ms again.
    let steps = r#"Work(Constant("10ms")), Wait(Constant("5ms")), Work(Constant("10ms"))"#;
    let four: String = ["a", "b", "c", "d"].map(|n| one(n, 100)).concat();
    let run = scene(
        1,
        &service("threads: 1, blocking: false,", steps),
        &four,
        "",
    );
    let busy = |f| match f {
        CallFact::Load { busy, .. } => Some(busy),
        _ => None,
    };
    assert_eq!(calls(&run).filter_map(|(_, f)| busy(f)).max(), Some(1));
    // 80 ms of work for one thread, which is never idle meanwhile.
    let last = ["a", "b", "c", "d"].map(|n| took_ms(&run, n));
    assert_eq!(last.iter().max(), Some(&82), "{last:?}");
}

#[test]
fn parallel_branches_take_as_long_as_the_slowest_that_is_needed() {
    let waits = r#"[Wait(Constant("10ms"))], [Wait(Constant("50ms"))], [Wait(Constant("30ms"))]"#;
    for (need, expected) in [("", 52), ("need: 1", 12), ("need: 2", 32), ("need: 3", 52)] {
        let steps = format!("Parallel(branches: [{waits}], {need})");
        let run = scene(1, &service("", &steps), &one("a", 100), "");
        assert_eq!(took_ms(&run, "a"), expected, "{need}");
    }
}

#[test]
fn a_branch_that_fails_counts_as_one_that_is_missing() {
    let branches = r#"[Wait(Constant("10ms"))], [Wait(Constant("20ms")), Fail("100%")], [Wait(Constant("30ms"))]"#;
    // All are needed: when one fails, it is over.
    for (need, expected) in [
        ("", (Answer::Failed, 22)),
        ("need: 2", (Answer::Ok, 32)),
        ("need: 1", (Answer::Ok, 12)),
    ] {
        let steps = format!("Parallel(branches: [{branches}], {need})");
        let run = scene(1, &service("", &steps), &one("a", 100), "");
        let (how, ns) = answers(&run)["a#0"];
        assert_eq!((how, ns / MS), expected, "{need}");
    }
}

const LEAF: &str = r#"Service(name: "leaf", nodes: "app-2", threads: 1,
    handlers: [(name: "do", steps: [Work(Constant("10ms"))]), (name: "fail", steps: [Fail("100%")])]),"#;

#[test]
fn a_fan_out_waits_for_as_many_answers_as_it_needs() {
    // The leaf has one thread: its answers come at 10, 20 … ms, and 2 ms are for the way there and back.
    for (need, expected) in [("", 54), ("need: 3", 34), ("need: 1", 14)] {
        let steps = format!(r#"FanOut(to: "leaf/do", count: 5, {need})"#);
        let systems = service("", &steps) + LEAF;
        let run = scene(1, &systems, &one("a", 100), "");
        assert_eq!(took_ms(&run, "a"), expected, "{need}");
        let served = count(&run, |f| matches!(f, CallFact::Served { ok: true, .. }));
        assert_eq!(
            served, 6,
            "those that are not waited for are done all the same"
        );
    }
}

#[test]
fn what_is_tried_may_fail_and_what_is_not_may_not() {
    let answer = |steps: &str| {
        let run = scene(1, &(service("", steps) + LEAF), &one("a", 100), "");
        answers(&run)["a#0"].0
    };
    assert_eq!(answer(r#"Call("leaf/fail")"#), Answer::Failed);
    assert_eq!(answer(r#"Try([Call("leaf/fail")])"#), Answer::Ok);
    assert_eq!(
        answer(r#"Try([Call("leaf/fail")]), Fail("100%")"#),
        Answer::Failed
    );
}

#[test]
fn sometimes_is_a_share_of_cases() {
    let steps = r#"Sometimes("25%", [Effect("mail"), Effect("copy")]), Effect("done")"#;
    let more = r#"arrivals: Constant("1000/s"), count: 4000, effects: ["mail", "copy", "done"]"#;
    let run = scene(5, &service("", steps), &users("a", more), "");
    let effects = [0, 1, 2].map(|wanted| {
        count(
            &run,
            |f| matches!(f, CallFact::Effect { effect, .. } if effect == wanted),
        )
    });
    // The standard deviation is √(4000 × 1/4 × 3/4) = 27.
    assert!((890..1110).contains(&effects[0]), "{effects:?}");
    assert_eq!(effects[1..], [effects[0], 4000]);
}

#[test]
fn after_a_reply_the_thread_works_on_in_the_background() {
    let steps = r#"Work(Constant("10ms")), Reply, Work(Constant("100ms"))"#;
    let run = scene(
        1,
        &service("threads: 1,", steps),
        &(one("a", 100) + &one("b", 120)),
        "",
    );
    // The other one has to wait until 211.
    assert_eq!([took_ms(&run, "a"), took_ms(&run, "b")], [12, 102]);
}

/// A service of 100 requests a second that is asked for 200, by users who wait for half a second.
fn overload(queue: &str, client: &str) -> Run {
    let settings = format!("threads: 1, queue: ({queue}),");
    let client = format!(r#"client: (timeout: "500ms", {client})"#);
    let more = format!(r#"arrivals: Poisson("200/s"), {client}"#);
    scene(
        30,
        &service(&settings, r#"Work(Constant("10ms"))"#),
        &users("a", &more),
        "",
    )
}

#[test]
fn under_overload_first_come_first_served_serves_nobody_in_time_and_the_newest_first_does() {
    // All threads are busy in both, for 20 s.
    assert_eq!(good_after(&overload("discipline: Fifo", ""), 10), 0);
    let newest = good_after(&overload("discipline: Lifo", ""), 10);
    assert!((1900..=2001).contains(&newest), "{newest}");
    let adaptive = good_after(&overload("discipline: AdaptiveLifo()", ""), 10);
    assert!((1800..=2001).contains(&adaptive), "{adaptive}");
}

#[test]
fn a_short_queue_turns_away_what_could_not_be_served_in_time() {
    let run = overload("limit: 20", "");
    let good = good_after(&run, 10);
    assert!((1900..=2001).contains(&good), "{good}");
    assert!(waits_after(&run, 10).iter().all(|&ns| ns <= 200 * MS));
    assert!(shed(&run, Shed::QueueFull) > 2_000);
}

#[test]
fn controlled_delay_drops_until_those_who_are_served_have_waited_less() {
    let mean_ms = |run: &Run| {
        let waits = waits_after(run, 20);
        waits.iter().sum::<u64>() / waits.len() as u64 / MS
    };
    let plain = overload("discipline: Fifo", "");
    let controlled = overload("discipline: CoDel()", "");
    assert_eq!(shed(&plain, Shed::Delay), 0);
    assert!(shed(&controlled, Shed::Delay) > 1_000);
    // Twice as much as it can do: of 10 s that one waits 5 s more than at their beginning.
    assert!(mean_ms(&plain) > 10_000, "{}", mean_ms(&plain));
    assert!(mean_ms(&controlled) < 2_000, "{}", mean_ms(&controlled));
}

#[test]
fn a_service_that_knows_deadlines_does_nothing_that_is_too_late() {
    let begun_late = |run: &Run| {
        let late = |f| matches!(f, CallFact::Served { waited_ns, .. } if waited_ns > 500 * MS);
        count(run, late)
    };
    let blind = overload("discipline: Deadline", "");
    assert_eq!(shed(&blind, Shed::Late), 0, "nobody told it a deadline");
    assert!(begun_late(&blind) > 1_000);
    let told = overload("discipline: Deadline", "propagate_deadline: true");
    assert!(shed(&told, Shed::Late) > 1_000);
    assert_eq!(begun_late(&told), 0);
}

#[test]
fn with_priorities_the_important_ones_hardly_wait() {
    let waits = |discipline: &str| {
        let settings = format!("threads: 1, queue: (discipline: {discipline}),");
        let important = users("vip", r#"arrivals: Poisson("20/s"), priority: 1"#);
        let others = users("all", r#"arrivals: Poisson("200/s"), priority: 5"#);
        let steps = r#"Work(Constant("10ms"))"#;
        let run = scene(20, &service(&settings, steps), &(important + &others), "");
        let vip = answers(&run)
            .into_iter()
            .filter(|(n, _)| n.starts_with("vip"));
        let ns: Vec<u64> = vip.map(|(_, (_, ns))| ns).collect();
        (
            ns.len(),
            ns.iter().sum::<u64>() / ns.len().max(1) as u64 / MS,
        )
    };
    // M/D/1 of 20 % load behind the one that is being served: some 18 ms.
    let (answered, mean_ms) = waits("Priority");
    assert!(answered > 300 && mean_ms < 30, "{answered} {mean_ms}");
    let (_, mean_ms) = waits("Fifo");
    assert!(mean_ms > 1_000, "{mean_ms}");
}

#[test]
fn a_crash_loses_what_waits_and_what_is_under_way_and_the_callers_hear_of_it() {
    let six: String = ["a", "b", "c", "d", "e", "f"].map(|n| one(n, 100)).concat();
    let steps = r#"Try([Parallel(branches: [[Work(Constant("1s"))], [Work(Constant("2s"))]])])"#;
    let faults = r#"At("500ms", Crash("app-1")), At("1s", Restart("app-1"))"#;
    let later = one("g", 1500);
    let run = scene(5, &service("threads: 2,", steps), &(six + &later), faults);
    assert_eq!(
        shed(&run, Shed::Died),
        6,
        "each once, whatever it is made of"
    );
    for (name, (how, ns)) in answers(&run) {
        if name == "g#0" {
            assert_eq!((how, ns / MS), (Answer::Ok, 2002));
        } else {
            // A crash is heard of after one way.
            assert_eq!((how, ns / MS), (Answer::Failed, 401), "{name}");
        }
    }
}

#[test]
fn who_lost_one_service_goes_on_with_others() {
    // The branch that calls the leaf fails when that dies, the other one goes on.
    let steps = r#"Parallel(branches: [[Call("leaf/do")], [Wait(Constant("500ms"))]], need: 1)"#;
    let leaf = LEAF.replace("10ms", "10s");
    let faults = r#"At("200ms", Crash("app-2"))"#;
    let run = scene(1, &(service("", steps) + &leaf), &one("a", 100), faults);
    assert_eq!(took_ms(&run, "a"), 502);
}

#[test]
fn a_service_that_is_asked_to_stop_ends_what_it_has_and_takes_nothing_more() {
    // The first two are at work, the third waits; the fourth comes after the signal; the fifth when it is back.
    let steps = r#"Work(Constant("300ms"))"#;
    let early: String = ["a", "b", "c"].map(|n| one(n, 100)).concat();
    let load = early + &one("d", 200) + &one("e", 2000);
    let fault = r#"During("150ms", "1s", Stop("app-1"))"#;
    let run = scene(3, &service("threads: 2,", steps), &load, fault);
    let answers = answers(&run);
    let of = |name: &str| (answers[name].0, answers[name].1 / MS);
    assert_eq!(of("a#0"), (Answer::Ok, 302));
    assert_eq!(of("c#0"), (Answer::Ok, 602));
    assert_eq!(of("d#0"), (Answer::Rejected, 2));
    assert_eq!(of("e#0"), (Answer::Ok, 302));
    assert_eq!(shed(&run, Shed::Died), 0);
    // It did not wait to be killed after 30 s.
    let stopped = run.records.iter().find(|r| r.fact == Fact::Stopped);
    assert_eq!(stopped.map(|r| r.at / MS), Some(701));
}

#[test]
fn a_rolling_stop_loses_nothing_where_callers_try_another_replica() {
    let system = r#"Service(name: "s", nodes: "app", handlers: [(name: "do", steps: [Work(Constant("20ms"))])]),"#;
    let more = r#"arrivals: Poisson("100/s"), stop: "19s", client: (retry: Fixed(attempts: 5, delay: "10ms"))"#;
    let faults = r#"During("5s", "6s", Stop("app-1")), During("8s", "9s", Stop("app-2"))"#;
    let run = scene(20, system, &users("a", more), faults);
    assert!(answers(&run).values().all(|(how, _)| how.is_good()));
    assert_eq!(shed(&run, Shed::Died), 0);
}
