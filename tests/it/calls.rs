//! How a client calls: each of its settings, seen on the wire. Every link takes a millisecond, so that an answer takes 2 ms more
//! than the work, and a failure that is said at once takes 2.

use std::sync::Arc;

use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::scenario::Files;
use splitbrain::sim::call::{Answer, CallEnd, CallFact, NoCall, Switch};
use splitbrain::sim::{MS, SECOND};

use super::kafka_clients::Run;
use super::services::{answers, calls, count, scene};

/// A service on one machine, or on all four: work of 10 ms, or of a second, or none and an error.
pub fn leaf(nodes: &str, settings: &str) -> String {
    format!(
        r#"Service(name: "leaf", nodes: "{nodes}", {settings} handlers: [
            (name: "do", steps: [Work(Constant("10ms"))]), (name: "slow", steps: [Work(Constant("1s"))]),
            (name: "fail", steps: [Fail("100%")])]),"#
    )
}

/// Users `a` of a handler of the leaf.
pub fn asks(handler: &str, arrivals: &str, client: &str) -> String {
    format!(
        r#"Requests(name: "a", nodes: "web", to: "leaf/{handler}", {arrivals}, client: ({client})),"#
    )
}

/// So many requests, as good as together, at 100 ms.
fn burst(requests: u32) -> String {
    format!(r#"arrivals: Constant("1000000/s"), count: {requests}, start: "100ms""#)
}

/// A hundred a second, so many.
pub fn steady(requests: u32) -> String {
    format!(r#"arrivals: Constant("100/s"), count: {requests}"#)
}

/// One request at 100 ms to the leaf on one machine.
fn single(handler: &str, client: &str) -> Run {
    scene(
        20,
        &leaf("app-1", ""),
        &asks(handler, &burst(1), client),
        "",
    )
}

/// When attempts went out, ms.
fn called_ms(run: &Run) -> Vec<u64> {
    let called = calls(run).filter(|(_, f)| matches!(f, CallFact::Called { .. }));
    called.map(|(r, _)| r.at / MS).collect()
}

fn called(run: &Run) -> usize {
    called_ms(run).len()
}

fn ended(run: &Run, wanted: CallEnd) -> usize {
    count(
        run,
        |f| matches!(f, CallFact::Returned { end, .. } if end == wanted),
    )
}

pub fn refused(run: &Run, wanted: NoCall) -> usize {
    count(
        run,
        |f| matches!(f, CallFact::NotCalled { why, .. } if why == wanted),
    )
}

pub fn answered(run: &Run, wanted: Answer) -> usize {
    let all = answers(run).into_values();
    all.filter(|(how, _)| *how == wanted).count()
}

/// How `a`'s only request ended, and after how many ms.
fn outcome(run: &Run) -> (Answer, u64) {
    let (how, ns) = answers(run)["a#0"];
    (how, ns / MS)
}

#[test]
fn a_timeout_ends_an_attempt_and_a_deadline_the_call() {
    assert_eq!(outcome(&single("do", "")), (Answer::Ok, 12));
    assert_eq!(
        outcome(&single("do", r#"timeout: "13ms""#)),
        (Answer::Ok, 12)
    );
    assert_eq!(
        outcome(&single("do", r#"timeout: "5ms""#)),
        (Answer::TimedOut, 5)
    );
    // Attempts at 0, 20 and 40 ms; the third has 10 ms left.
    let retries = r#"timeout: "20ms", retry: Fixed(attempts: 9, delay: "0s")"#;
    let run = single("slow", &format!(r#"{retries}, deadline: "50ms""#));
    assert_eq!((called(&run), outcome(&run)), (3, (Answer::TimedOut, 50)));
    assert_eq!(called(&single("slow", retries)), 9);
    // Errors at 2, 14 and 26 ms; an attempt at 36 ms would be too late, so nobody waits for it.
    let retries = r#"retry: Fixed(attempts: 9, delay: "10ms")"#;
    let run = single("fail", &format!(r#"{retries}, deadline: "35ms""#));
    assert_eq!((called(&run), outcome(&run)), (3, (Answer::Failed, 26)));
}

#[test]
fn a_deadline_that_is_propagated_ends_the_calls_of_calls() {
    let chain = |client: &str| {
        let systems = format!(
            r#"Service(name: "front", nodes: "app-2", clients: [(to: "middle", {client})],
                handlers: [(name: "do", steps: [Call("middle/do")])]),
            Service(name: "middle", nodes: "app-3", handlers: [(name: "do", steps: [Call("leaf/slow")])]),"#
        ) + &leaf("app-1", "");
        let user = format!(
            r#"Requests(name: "a", nodes: "web", to: "front/do", {}, client: ({client}))"#,
            burst(1)
        );
        scene(5, &systems, &user, "")
    };
    let late = |run: &Run| {
        let ends = calls(run).filter_map(|(_, f)| match f {
            CallFact::Returned {
                end: CallEnd::TimedOut,
                ns,
                ..
            } => Some(ns / MS),
            _ => None,
        });
        ends.collect::<Vec<_>>()
    };
    // Each is told what is left after the way there: all give up together.
    let told = chain(r#"deadline: "50ms", propagate_deadline: true"#);
    let mut all = late(&told);
    all.sort_unstable();
    // A service's own deadline of 50 ms would end later than the one that it inherits.
    assert!(
        all.len() == 3 && all.iter().all(|ms| (49..=50).contains(ms)),
        "{all:?}"
    );
    // The one in the middle sets none: untold, it waits for the leaf.
    assert_eq!(late(&chain(r#"deadline: "50ms""#)), [50, 50]);
}

/// The waits between the attempts of one call, ms: the time between two less the 2 ms until the error is there.
fn waits(retry: &str) -> Vec<u64> {
    let times = called_ms(&single("fail", &format!("retry: {retry}")));
    times.windows(2).map(|w| w[1] - w[0] - 2).collect()
}

#[test]
fn retries_come_after_the_waits_that_are_set() {
    assert_eq!(waits("None"), [0; 0]);
    assert_eq!(waits("Fixed()"), [500, 500]);
    assert_eq!(waits(r#"Fixed(attempts: 4, delay: "30ms")"#), [30, 30, 30]);
    let doubling = r#"Exponential(attempts: 6, base: "100ms", cap: "500ms", jitter: None)"#;
    assert_eq!(waits(doubling), [100, 200, 400, 500, 500]);
}

#[test]
fn jitter_spreads_retries() {
    // The first wait of 400 calls: uniform between these, so the mean is within 4 standard errors of the middle.
    for (jitter, low, high) in [
        ("Full", 0.0, 100.0),
        ("Equal", 50.0, 100.0),
        ("Decorrelated", 100.0, 300.0),
    ] {
        let retry = format!(
            r#"retry: Exponential(attempts: 2, base: "100ms", cap: "10s", jitter: {jitter})"#
        );
        let run = scene(
            10,
            &leaf("app-1", ""),
            &asks("fail", &burst(400), &retry),
            "",
        );
        let second = calls(&run).filter_map(|(r, f)| match f {
            CallFact::Called { attempt: 1, .. } => Some(r.at as f64 / MS as f64 - 102.0),
            _ => None,
        });
        let waits: Vec<f64> = second.collect();
        assert_eq!(waits.len(), 400);
        // All users began within 0.4 ms.
        assert!(
            waits.iter().all(|&w| w >= low && w <= high + 0.5),
            "{jitter}"
        );
        let mean = waits.iter().sum::<f64>() / 400.0;
        let error = (high - low) / 12_f64.sqrt() / 20.0;
        let middle = f64::midpoint(low, high);
        assert!((mean - middle).abs() < 4.0 * error + 0.5, "{jitter} {mean}");
    }
}

#[test]
fn as_many_attempts_are_made_as_are_set_even_if_they_are_many() {
    let run = single("fail", r#"retry: Fixed(attempts: 300, delay: "1ms")"#);
    assert_eq!(called(&run), 300);
    assert_eq!(outcome(&run).0, Answer::Failed);
}

#[test]
fn only_the_ends_that_are_listed_are_tried_again() {
    let attempts = |handler: &str, on: &str| {
        let client = format!(r#"timeout: "20ms", retry: Fixed(delay: "1ms"), {on}"#);
        called(&single(handler, &client))
    };
    assert_eq!(attempts("fail", ""), 3);
    assert_eq!(attempts("fail", "retry_on: [Failed]"), 3);
    assert_eq!(attempts("fail", "retry_on: [TimedOut]"), 1);
    assert_eq!(attempts("slow", "retry_on: [TimedOut]"), 3);
    assert_eq!(attempts("slow", "retry_on: [Failed]"), 1);
    // What the client itself does not let out is tried again only if that is listed.
    let refusals = |on: &str| {
        let client = format!(
            r#"bulkhead: (max_concurrent_calls: 1), retry: Fixed(attempts: 3, delay: "1ms"), {on}"#
        );
        let run = scene(2, &leaf("app-1", ""), &asks("do", &burst(2), &client), "");
        refused(&run, NoCall::BulkheadFull)
    };
    assert_eq!(refusals(""), 1);
    assert_eq!(refusals("retry_on: [NotPermitted]"), 3);
    let rejected = |on: &str| {
        let client = format!(r#"retry: Fixed(attempts: 3, delay: "1ms"), {on}"#);
        let busy = leaf("app-1", "threads: 1, queue: (limit: 0),");
        called(&scene(2, &busy, &asks("slow", &burst(2), &client), ""))
    };
    assert_eq!(rejected(""), 4);
    assert_eq!(rejected("retry_on: [Failed]"), 2);
    let lost = |on: &str| {
        let client = format!(r#"retry: Fixed(attempts: 3, delay: "1ms"), {on}"#);
        let crash = r#"At("200ms", Crash("app-1"))"#;
        called(&scene(
            2,
            &leaf("app-1", ""),
            &asks("slow", &burst(1), &client),
            crash,
        ))
    };
    assert_eq!(lost("retry_on: [Disconnected]"), 3);
    assert_eq!(lost("retry_on: [Failed]"), 1);
}

#[test]
fn a_retry_budget_ends_retries() {
    let run = |requests, budget: &str| {
        let client = format!(r#"retry: Fixed(attempts: 2, delay: "1ms"), {budget}"#);
        let arrivals = format!(r#"arrivals: Constant("10/s"), count: {requests}"#);
        scene(
            10,
            &leaf("app-1", ""),
            &asks("fail", &arrivals, &client),
            "",
        )
    };
    assert_eq!(called(&run(5, "")), 10);
    // Ten tokens: after failures there are 9, 8 · 7, 6 · 5: no retry with half or less.
    let tokens = run(5, "retry_budget: Tokens()");
    assert_eq!(called(&tokens), 7);
    assert_eq!(refused(&tokens, NoCall::NoBudget), 3);
    // One a second for 10 s, and one for each two requests: 10 + 20 for 40 requests.
    let ratio = r#"retry_budget: Ratio(retry_ratio: "50%", min_retries_per_second: "1/s")"#;
    assert_eq!(called(&run(40, ratio)), 70);
}

#[test]
fn a_breaker_opens_tries_and_closes() {
    for trials in [1, 2] {
        let client = format!(
            r#"circuit_breaker: (sliding_window_size: 4, minimum_number_of_calls: 4, wait_duration_in_open_state: "1s",
                permitted_number_of_calls_in_half_open_state: {trials})"#
        );
        // Requests at 100 ms, 200 ms … 4 s; those at 1.1 and 1.2 s find nobody.
        let arrivals = r#"arrivals: Constant("10/s"), count: 40"#;
        let fault = r#"During("1050ms", "1550ms", Crash("app-1"))"#;
        let run = scene(5, &leaf("app-1", ""), &asks("do", arrivals, &client), fault);
        let switched = calls(&run).filter_map(|(r, f)| match f {
            CallFact::Breaker { state, .. } => Some((state, r.at / MS)),
            _ => None,
        });
        let switched: Vec<(Switch, u64)> = switched.collect();
        // Two failures of the last four open it, when the second is known. The first request after a second finds it half open;
        // as many good answers as it lets through close it.
        let opened = switched[0].1;
        assert!((1200..=1202).contains(&opened), "{switched:?}");
        let closed = 2312 + (trials - 1) * 100;
        let expected = [
            (Switch::Open, opened),
            (Switch::HalfOpen, 2300),
            (Switch::Closed, closed),
        ];
        assert_eq!(switched, expected, "{trials} trials");
        assert_eq!(refused(&run, NoCall::BreakerOpen), 10);
        assert_eq!(called(&run), 30);
    }
}

#[test]
fn a_breaker_that_is_half_open_gets_back_the_permission_of_a_call_that_is_never_made() {
    // Two requests fail and open it for a second. The third may try, but waits for the next period of the rate limit, at 10 s,
    // and gives up before that. The fourth can try.
    let client = r#"deadline: "100ms",
        rate_limiter: (limit_for_period: 2, limit_refresh_period: "10s", timeout_duration: "10s"),
        circuit_breaker: (sliding_window_size: 1, wait_duration_in_open_state: "1s",
            permitted_number_of_calls_in_half_open_state: 1)"#;
    let systems = format!(
        r#"Service(name: "front", nodes: "app-2", clients: [(to: "leaf", {client})],
            handlers: [(name: "do", steps: [Call("leaf/fail")])]),"#
    ) + &leaf("app-1", "");
    let at = |name: &str, ms: u32, requests: u32| {
        format!(
            r#"Requests(name: "{name}", nodes: "web", to: "front/do", arrivals: Constant("1000000/s"), count: {requests},
                start: "{ms}ms"),"#
        )
    };
    let load = at("a", 100, 2) + &at("b", 1500, 1) + &at("c", 12_000, 1);
    let run = scene(15, &systems, &load, "");
    let front = run.pid("front-1");
    let out = calls(&run).filter(|(r, f)| r.pid == front && matches!(f, CallFact::Called { .. }));
    assert_eq!(
        out.map(|(r, _)| r.at / SECOND).collect::<Vec<_>>(),
        [0, 0, 12]
    );
}

#[test]
fn a_bulkhead_lets_in_one_after_another_for_so_long() {
    let five = |bulkhead: &str| {
        let client = format!("bulkhead: (max_concurrent_calls: 1, {bulkhead})");
        scene(2, &leaf("app-1", ""), &asks("do", &burst(5), &client), "")
    };
    // Each takes 12 ms. Without a wait only the first gets in.
    let run = five("");
    assert_eq!((called(&run), refused(&run, NoCall::BulkheadFull)), (1, 4));
    assert_eq!(
        called_ms(&five(r#"max_wait_duration: "1s""#)),
        [100, 112, 124, 136, 148]
    );
    // Two may wait, and those 15 ms: the third of all has waited too long at 115.
    let run = five(r#"max_wait_duration: "15ms", max_waiting: 2"#);
    assert_eq!(called_ms(&run), [100, 112]);
    let late = calls(&run).filter(|(_, f)| matches!(f, CallFact::NotCalled { .. }));
    assert_eq!(
        late.map(|(r, _)| r.at / MS).collect::<Vec<_>>(),
        [100, 100, 115]
    );
    // Who came first is served first.
    let order: Vec<u32> = calls(&five(r#"max_wait_duration: "1s""#))
        .filter_map(|(_, f)| match f {
            CallFact::Called { task, .. } => Some(task.number),
            _ => None,
        })
        .collect();
    assert_eq!(order, [0, 1, 2, 3, 4]);
}

#[test]
fn who_gives_up_waiting_leaves_the_bulkhead_to_the_others() {
    // Three for one place, which they come for at 100, 200 and 300 ms, each with half a second.
    let client =
        r#"deadline: "500ms", bulkhead: (max_concurrent_calls: 1, max_wait_duration: "10s")"#;
    let arrivals = r#"arrivals: Constant("10/s"), count: 3"#;
    let run = scene(5, &leaf("app-1", ""), &asks("slow", arrivals, client), "");
    assert_eq!(called_ms(&run), [100, 600, 700]);
    assert_eq!(answered(&run, Answer::TimedOut), 3);
    // Who waits no longer than 100 ms has gone when the place is free.
    let short = client.replace("10s", "100ms");
    let run = scene(5, &leaf("app-1", ""), &asks("slow", arrivals, &short), "");
    assert_eq!((called(&run), refused(&run, NoCall::BulkheadFull)), (1, 2));
}

#[test]
fn a_rate_limit_makes_calls_wait_or_refuses_them() {
    // Periods of 100 ms from the beginning of time; the burst comes at 100 ms.
    let limit = |timeout: &str| {
        let client = format!(
            r#"rate_limiter: (limit_for_period: 2, limit_refresh_period: "100ms", timeout_duration: "{timeout}")"#
        );
        scene(2, &leaf("app-1", ""), &asks("do", &burst(8), &client), "")
    };
    let run = limit("150ms");
    assert_eq!(called_ms(&run), [100, 100, 200, 200]);
    assert_eq!(refused(&run, NoCall::RateLimited), 4);
    assert_eq!(called(&limit("0s")), 2);
    assert_eq!(called_ms(&limit("1s"))[6..], [400, 400]);
}

#[test]
fn an_adaptive_limit_follows_how_calls_go() {
    let limited = |settings: &str, systems: &str, second: u32| {
        let client = format!("adaptive_limit: ({settings})");
        let arrivals = r#"arrivals: Constant("1000000/s"), count: "#;
        // One process: fifteen at the start, and after a while so many.
        let front = format!(
            r#"Service(name: "front", nodes: "app-2", threads: 1000, clients: [(to: "leaf", {client})],
                handlers: [(name: "do", steps: [Call("leaf/do")])]),"#
        );
        let load = format!(
            r#"Requests(name: "a", nodes: "web", to: "front/do", {arrivals} 15, start: "100ms"),
               Requests(name: "b", nodes: "web", to: "front/do", {arrivals} {second}, start: "5s"),"#
        );
        refused(&scene(10, &(front + systems), &load, ""), NoCall::Limited)
    };
    // When the tenth went out, ten were under way: half of the limit of 20. So were it and the next five, each of half of a
    // limit that had grown by then: 26 in the end.
    let one_by_one = leaf("app-1", "threads: 1,");
    assert_eq!(limited("", &one_by_one, 26), 0);
    assert_eq!(limited("", &one_by_one, 30), 4);
    // What takes longer than 5 ms counts as dropped: fifteen times 9/10 of 20, rounded down, is at the least limit of 5.
    let strict = r#"min_limit: 5, timeout: "5ms""#;
    assert_eq!(limited(strict, &one_by_one, 30), 25);
}

#[test]
fn a_hedge_goes_out_beside_a_slow_attempt_and_the_first_answer_counts() {
    // One of four replicas stands still. Each kind of balance sends some calls there, and hedges elsewhere.
    for balance in ["RoundRobin", "Random", "ConsistentHash()", "LeastBusy"] {
        let client = format!(r#"hedge: After(delay: "20ms"), balance: {balance}"#);
        let fault = r#"At("1ms", Pause("app-1"))"#;
        let run = scene(
            4,
            &leaf("app", ""),
            &asks("do", &steady(100), &client),
            fault,
        );
        let hedges = count(&run, |f| matches!(f, CallFact::Called { hedge: true, .. }));
        let slow = answers(&run)
            .values()
            .filter(|(_, ns)| ns / MS == 32)
            .count();
        let quick = answers(&run)
            .values()
            .filter(|(_, ns)| ns / MS == 12)
            .count();
        assert_eq!((slow + quick, slow), (100, hedges), "{balance}");
        assert!(slow > 0, "{balance}");
        assert_eq!(ended(&run, CallEnd::Superseded), hedges, "{balance}");
        assert_eq!(ended(&run, CallEnd::Ok), 100, "{balance}");
    }
}

#[test]
fn as_many_hedges_go_out_as_are_set() {
    let attempts = |hedge: &str| called_ms(&single("slow", &format!("hedge: {hedge}")));
    assert_eq!(attempts(r#"After(delay: "20ms")"#), [100, 120]);
    assert_eq!(
        attempts(r#"After(delay: "20ms", max_extra: 3)"#),
        [100, 120, 140, 160]
    );
    // Hedges are not retries: three attempts by retries, after each the hedge is spent.
    let run = single(
        "slow",
        r#"timeout: "100ms", hedge: After(delay: "20ms"), retry: Fixed(attempts: 3, delay: "10ms")"#,
    );
    assert_eq!(called_ms(&run), [100, 120, 230, 340]);
}

#[test]
fn a_hedge_takes_nothing_from_a_rate_limit_that_it_may_not_use() {
    // One call in each 100 ms, which takes 50: the hedge after 10 ms would have to wait, and is not made.
    let client = r#"hedge: After(delay: "10ms"),
        rate_limiter: (limit_for_period: 1, limit_refresh_period: "100ms", timeout_duration: "1s")"#;
    let system = leaf("app-1", "").replace("10ms", "50ms");
    let arrivals = r#"arrivals: Constant("10/s"), count: 5"#;
    let run = scene(2, &system, &asks("do", arrivals, client), "");
    assert_eq!(called_ms(&run), [100, 200, 300, 400, 500]);
}

#[test]
fn hedges_after_the_95th_percentile_are_one_in_twenty() {
    let system = r#"Service(name: "leaf", nodes: "app", threads: 100,
        handlers: [(name: "do", steps: [Work(Exponential(mean: "10ms"))])]),"#;
    let arrivals = r#"arrivals: Poisson("200/s"), count: 20000"#;
    let run = scene(
        120,
        system,
        &asks("do", arrivals, "hedge: Percentile()"),
        "",
    );
    let hedges = count(&run, |f| matches!(f, CallFact::Called { hedge: true, .. }));
    let share = hedges as f64 / 20_000.0;
    // Of 20 windows of 1000 answers each estimates its 95th percentile with an error of 0.7 %: 0.16 % for their mean; and the
    // percentile is rounded up by 1/32 at the most, which takes 9 % of the hedges.
    assert!((0.040..0.055).contains(&share), "{share}");
}

#[test]
fn a_fallback_is_used_where_a_call_fails() {
    assert_eq!(outcome(&single("fail", "")), (Answer::Failed, 2));
    assert_eq!(
        outcome(&single("fail", "fallback: true")),
        (Answer::Degraded, 2)
    );
    assert_eq!(outcome(&single("do", "fallback: true")), (Answer::Ok, 12));
}

/// A replica with one thread and no queue; six requests together; each takes 10 ms.
fn pressed(nodes: &str, client: &str) -> Run {
    let busy = leaf(nodes, "threads: 1, queue: (limit: 0),");
    scene(5, &busy, &asks("do", &burst(6), client), "")
}

#[test]
fn back_pressure_holds_what_was_turned_away_until_it_can_be_taken() {
    let run = pressed("app-1", "");
    assert_eq!(answered(&run, Answer::Rejected), 5);
    // Turned away at 102 ms: nothing goes out until 152. Then one of five is taken, and so on.
    let run = pressed("app-1", r#"back_pressure: "50ms""#);
    assert_eq!(answered(&run, Answer::Ok), 6);
    let mut times = called_ms(&run);
    times.dedup();
    assert_eq!(times, [100, 152, 204, 256, 308, 360]);
    assert_eq!(called(&run), 6 + 5 + 4 + 3 + 2 + 1);
    // Others are asked meanwhile: of four replicas each takes one at once, and two requests find a busy one first.
    let run = pressed("app", r#"back_pressure: "50ms""#);
    assert_eq!(answered(&run, Answer::Ok), 6);
}

#[test]
fn to_be_held_back_is_no_failure() {
    // The breaker would open after one failure, the passive check leave the replica out, the budget forbid retries.
    let strict = r#"back_pressure: "50ms", circuit_breaker: (sliding_window_size: 1), passive_health_check: (),
        retry_budget: Tokens(max_tokens: 1)"#;
    let run = pressed("app-1", strict);
    assert_eq!(answered(&run, Answer::Ok), 6);
    assert_eq!(count(&run, |f| matches!(f, CallFact::Breaker { .. })), 0);
}

#[test]
fn a_call_that_ends_while_it_is_held_back_gives_its_place_back() {
    // The first blocks the replica for a second. The second is turned away and would be held for 10 s, but has a deadline.
    let client = r#"deadline: "100ms", back_pressure: "3s", bulkhead: (max_concurrent_calls: 1)"#;
    let front = format!(
        r#"Service(name: "front", nodes: "app-2", clients: [(to: "leaf", {client})],
            handlers: [(name: "do", steps: [Call("leaf/do")])]),"#
    );
    let busy = leaf("app-1", "threads: 1, queue: (limit: 0),");
    let load = asks("slow", &burst(1), "")
        + r#"Requests(name: "c", nodes: "web", to: "front/do", arrivals: Constant("1/s"), start: "0s", count: 1),
             Requests(name: "b", nodes: "web", to: "front/do", arrivals: Constant("1/s"), start: "9s", count: 5),"#;
    let load = load.replace("start: \"100ms\"", "start: \"500ms\"");
    let run = scene(15, &(front + &busy), &load, "");
    assert_eq!(refused(&run, NoCall::BulkheadFull), 0);
    let of_b = answers(&run)
        .into_iter()
        .filter(|(name, _)| name.starts_with('b'));
    let of_b: Vec<Answer> = of_b.map(|(_, (how, _))| how).collect();
    assert_eq!(of_b, [Answer::Ok; 5]);
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_that_of_the_next_attempt() {
    // Answers come 32 ms after each attempt; the first one when the second attempt is under way.
    let system = leaf("app-1", "").replace("10ms", "30ms");
    let client = r#"timeout: "20ms", retry: Fixed(attempts: 2, delay: "0s")"#;
    let run = scene(2, &system, &asks("do", &burst(1), client), "");
    assert_eq!(outcome(&run), (Answer::TimedOut, 40));
    assert_eq!(ended(&run, CallEnd::TimedOut), 2);
}

#[test]
fn a_deadline_that_is_inherited_ends_retries() {
    let attempts = |client: &str| {
        let retry = r#"clients: [(to: "leaf", retry: Fixed(attempts: 50, delay: "10ms"))],"#;
        let middle = format!(
            r#"Service(name: "middle", nodes: "app-2", {retry} handlers: [(name: "do", steps: [Call("leaf/fail")])]),"#
        );
        let user = format!(
            r#"Requests(name: "a", nodes: "web", to: "middle/do", {}, client: ({client}))"#,
            burst(1)
        );
        called(&scene(3, &(middle + &leaf("app-1", "")), &user, "")) - 1
    };
    // Each takes 2 ms, and 10 ms are between them: at 1, 13, 25, 37 and 49 ms. What is left of a deadline is told as a time, as
    // in gRPC, so that it ends at 51 ms for who was told it after a millisecond on the way.
    assert_eq!(attempts(r#"deadline: "50ms", propagate_deadline: true"#), 5);
    assert_eq!(attempts(r#"deadline: "50ms""#), 50);
}

#[test]
fn a_crash_of_a_replica_frees_the_places_of_its_calls() {
    // Two of six are under way when it dies at 500 ms. Then the others have their turn and find nobody: all fail, soon.
    let client = r#"bulkhead: (max_concurrent_calls: 2, max_wait_duration: "10s")"#;
    let faults = r#"During("500ms", "1s", Crash("app-1"))"#;
    let later = asks(
        "do",
        r#"arrivals: Constant("1/s"), start: "1s", count: 1"#,
        client,
    );
    let load = asks("slow", &burst(6), client) + &later.replace("\"a\"", "\"b\"");
    let run = scene(4, &leaf("app-1", ""), &load, faults);
    assert_eq!(ended(&run, CallEnd::Disconnected), 6);
    assert_eq!(answers(&run)["b#0"].0, Answer::Ok);
}

#[test]
fn a_caller_that_comes_back_has_all_its_places_and_a_closed_breaker() {
    // Before the crash both places are taken by calls that never end, and the breaker of the other client is open.
    let clients = r#"clients: [
        (to: "leaf", bulkhead: (max_concurrent_calls: 2)),
        (to: "bad", circuit_breaker: (sliding_window_size: 1, wait_duration_in_open_state: "1h"))],"#;
    let systems = format!(
        r#"Service(name: "front", nodes: "app-2", {clients} handlers: [
            (name: "slow", steps: [Call("leaf/slow")]), (name: "do", steps: [Call("leaf/do"), Call("bad/do")])]),
        Service(name: "bad", nodes: "app-3", handlers: [(name: "do", steps: [Fail("100%")])]),"#
    ) + &leaf("app-1", "").replace(r#""1s""#, r#""1h""#);
    let at = |name: &str, handler: &str, ms: u32, requests: u32| {
        format!(
            r#"Requests(name: "{name}", nodes: "web", to: "front/{handler}", arrivals: Constant("1000000/s"),
                count: {requests}, start: "{ms}ms"),"#
        )
    };
    let load = at("a", "do", 100, 1)
        + &at("b", "slow", 200, 2)
        + &at("c", "do", 300, 1)
        + &at("d", "do", 2_000, 1);
    let run = scene(
        3,
        &systems,
        &load,
        r#"During("1s", "1500ms", Crash("app-2"))"#,
    );
    let front = run.pid("front-1");
    let between = |from_ms: u64, to_ms: u64| {
        let of_front =
            calls(&run).filter(|(r, _)| r.pid == front && (from_ms..to_ms).contains(&(r.at / MS)));
        of_front.fold((0, 0), |(out, not), (_, fact)| match fact {
            CallFact::Called { .. } => (out + 1, not),
            CallFact::NotCalled { .. } => (out, not + 1),
            _ => (out, not),
        })
    };
    assert_eq!(between(100, 200), (2, 0));
    assert_eq!(between(300, 400), (0, 1), "no place is free");
    assert_eq!(between(2_000, 2_100), (2, 0), "all is new");
}

#[test]
fn a_breaker_may_become_half_open_by_itself_and_open_again_without_results() {
    let client = r#"circuit_breaker: (sliding_window_size: 1, wait_duration_in_open_state: "1s",
        permitted_number_of_calls_in_half_open_state: 1, max_wait_duration_in_half_open_state: "500ms",
        automatic_transition_from_open_to_half_open_enabled: true)"#;
    let run = scene(4, &leaf("app-1", ""), &asks("fail", &burst(1), client), "");
    let switched = calls(&run).filter_map(|(r, f)| match f {
        CallFact::Breaker { state, .. } => Some((state, r.at / MS)),
        _ => None,
    });
    let expected = [
        (Switch::Open, 102),
        (Switch::HalfOpen, 1102),
        (Switch::Open, 1602),
        (Switch::HalfOpen, 2602),
        (Switch::Open, 3102),
    ];
    assert_eq!(switched.collect::<Vec<_>>(), expected);
}

#[test]
fn slow_calls_open_a_breaker_as_well() {
    let client =
        r#"circuit_breaker: (sliding_window_size: 2, slow_call_duration_threshold: "500ms")"#;
    let opened = |handler: &str| {
        let run = scene(
            6,
            &leaf("app-1", ""),
            &asks(handler, r#"arrivals: Constant("1/s"), count: 5"#, client),
            "",
        );
        refused(&run, NoCall::BreakerOpen)
    };
    // Those of the first two seconds are answered by 3.002 s: the third is out by then.
    assert_eq!(opened("slow"), 2);
    assert_eq!(opened("do"), 0);
}

#[test]
fn the_loser_of_a_hedge_gives_its_place_back() {
    // Two places: one for the attempt at the replica that stands still, and one for its hedge.
    let client = r#"hedge: After(delay: "20ms"), bulkhead: (max_concurrent_calls: 2)"#;
    let fault = r#"At("1ms", Pause("app-1"))"#;
    let arrivals = r#"arrivals: Constant("10/s"), count: 40"#;
    let run = scene(6, &leaf("app", ""), &asks("do", arrivals, client), fault);
    assert_eq!(answered(&run, Answer::Ok), 40);
    // In turn, hedges included: each third of the requests comes to the one that stands still.
    let lost = ended(&run, CallEnd::Superseded);
    assert!((13..=14).contains(&lost), "{lost}");
    // With one place there is none for hedges, and those who hit the one that stands still keep it.
    let run = scene(
        6,
        &leaf("app", ""),
        &asks("do", arrivals, &client.replace("calls: 2", "calls: 1")),
        fault,
    );
    assert_eq!(
        count(&run, |f| matches!(f, CallFact::Called { hedge: true, .. })),
        0
    );
    assert!(answered(&run, Answer::Ok) < 4);
}

#[test]
fn a_fallback_stands_in_for_calls_that_are_not_made() {
    let client = r#"fallback: true, circuit_breaker: (sliding_window_size: 1, wait_duration_in_open_state: "1h")"#;
    let run = scene(
        2,
        &leaf("app-1", ""),
        &asks("fail", &steady(10), client),
        "",
    );
    assert_eq!(answered(&run, Answer::Degraded), 10);
    assert_eq!((called(&run), refused(&run, NoCall::BreakerOpen)), (1, 9));
}

#[test]
fn who_tries_again_with_hardly_a_pause_does_not_stop_time() {
    let text = r#"(
        title: "test", duration: "1s", nodes: [(name: "app"), (name: "web")],
        network: (latency: Constant("0s")),
        systems: [Service(name: "s", nodes: "app", threads: 1, load_shedding: (max_in_flight: 1),
                          handlers: [(name: "do", steps: [Work("1s")])])],
        workloads: [Requests(name: "users", nodes: "web", to: "s/do", arrivals: Constant("1000/s"), count: 2,
                             client: (back_pressure: "1ns"))],
    )"#;
    let loaded = Loaded::from_parts("test", text, &[], Files::Given(&[]));
    let loaded = loaded
        .map_err(|d| d.render(false))
        .expect("a good scenario");
    let mut session = Session::new(Arc::new(loaded), Options::default());
    // The second request is turned away at 2 ms, and sent again and again: at most each microsecond.
    let stopped_by_events = session.advance(3 * MS, 20_000);
    assert!(!stopped_by_events, "at {} ns", session.sim().now());
    let none = text.replace("1ns", "0s");
    let mistake = Loaded::from_parts("test", &none, &[], Files::Given(&[])).err();
    let mistake = mistake.expect("no pause is a mistake").render(false);
    assert!(mistake.contains("a pause of no time is none"), "{mistake}");
}

/// What a process can have open at once: a number of a call has 16 bits for its place.
const OPEN_MAX: usize = 65_536;

#[test]
fn who_has_as_many_calls_open_as_a_process_can_have_makes_no_more() {
    // One thread that never ends: nothing is answered.
    let leaf = leaf("app-1", "threads: 1,").replace("1s", "1h");
    let ask = |client: &str| {
        let many = r#"arrivals: Constant("1000000/s"), count: 66000, start: "100ms""#;
        scene(1, &leaf, &asks("slow", many, client), "")
    };
    let plain = ask("");
    assert_eq!(called(&plain), OPEN_MAX);
    assert_eq!(refused(&plain, NoCall::TooManyOpen), 66_000 - OPEN_MAX);
    assert_eq!(answered(&plain, Answer::Rejected), 66_000 - OPEN_MAX);
    let fallback = ask("fallback: true");
    assert_eq!(refused(&fallback, NoCall::TooManyOpen), 66_000 - OPEN_MAX);
    assert_eq!(answered(&fallback, Answer::Degraded), 66_000 - OPEN_MAX);
}

#[test]
fn a_service_that_has_as_many_calls_open_as_a_process_can_have_makes_no_more() {
    let leaf = leaf("app-1", "threads: 1,").replace("1s", "1h");
    let front = |client: &str| {
        format!(
            r#"Service(name: "front", nodes: "app-2", {client} handlers: [(name: "do", steps: [
                FanOut(to: "leaf/slow", count: 10000, need: 2000)])]),"#
        )
    };
    let users = r#"Requests(name: "a", nodes: "web", to: "front/do", arrivals: Constant("100/s"), count: 7),"#;
    let run = |client: &str| scene(1, &(front(client) + &leaf), users, "");
    // There is room for six of them, and for half of the seventh. The users' own calls are seven.
    let plain = run("");
    assert!(called(&plain) > 65_000 && called(&plain) <= OPEN_MAX);
    assert_eq!(
        refused(&plain, NoCall::TooManyOpen),
        70_007 - called(&plain)
    );
    assert_eq!(answers(&plain).len(), 0, "what it has is still enough");
    let fallback = run(r#"clients: [(to: "leaf", fallback: true)],"#);
    assert_eq!(
        answered(&fallback, Answer::Ok),
        1,
        "2,000 substitutes are enough"
    );
}
