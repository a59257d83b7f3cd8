//! The breaker step by step, against the documentation of resilience4j.

use proptest::prelude::*;

use super::*;
use crate::sim::{MS, SECOND};

const FAST: u64 = 10 * MS;

fn breaker(text: &str) -> Breaker {
    Breaker::new(&ron::from_str(text).unwrap())
}

/// Results at `now` of calls that had permission: `.` success, `x` failure, `s` slow success, `X` slow failure.
fn results(breaker: &mut Breaker, now: u64, outcomes: &str) {
    for outcome in outcomes.chars() {
        let took = if "sX".contains(outcome) {
            61 * SECOND
        } else {
            FAST
        };
        breaker.on_result(now, took, ".s".contains(outcome));
    }
}

fn acquired(breaker: &mut Breaker, now: u64, asked: u32) -> usize {
    (0..asked).filter(|_| breaker.try_acquire(now)).count()
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let settings: BreakerSettings = ron::from_str("()").unwrap();
    assert_eq!(settings, BreakerSettings::default());
    let mut breaker = Breaker::new(&settings);
    // 99 failures are too few to judge by.
    results(&mut breaker, 0, &"x".repeat(99));
    assert_eq!(breaker.state(), Switch::Closed);
    results(&mut breaker, SECOND, "x");
    assert_eq!(breaker.state(), Switch::Open);
    // Open for 60 s, then ten calls.
    assert_eq!(acquired(&mut breaker, 61 * SECOND - 1, 100), 0);
    assert_eq!(breaker.state(), Switch::Open);
    assert_eq!(acquired(&mut breaker, 61 * SECOND, 100), 10);
    assert_eq!(breaker.state(), Switch::HalfOpen);
}

/// What the breaker is after each step of a table: results, then the state.
#[test]
fn a_count_based_window_holds_the_last_calls() {
    let text = "(sliding_window_size: 4, minimum_number_of_calls: 4)";
    let table = [
        ("..xx", Switch::Open),      // 2 of 4 are as many as the threshold
        ("...x", Switch::Closed),    // 1 of 4
        ("...x...", Switch::Closed), // 1 of the last 4
        ("xxx", Switch::Closed),     // too few
        ("...x..x", Switch::Open),   // x..x
        ("x...x...x...", Switch::Closed),
        ("x....x", Switch::Closed), // the first is gone
        ("x...xx", Switch::Open),   // ..xx
    ];
    for (outcomes, state) in table {
        let mut breaker = breaker(text);
        results(&mut breaker, 0, outcomes);
        assert_eq!(breaker.state(), state, "{outcomes}");
    }
}

#[test]
fn the_minimum_is_at_most_the_window_over_calls() {
    let mut breaker = breaker("(sliding_window_size: 5)");
    results(&mut breaker, 0, "xxxx");
    assert_eq!(breaker.state(), Switch::Closed);
    results(&mut breaker, 0, "x");
    assert_eq!(breaker.state(), Switch::Open);
}

#[test]
fn a_threshold_is_met_exactly() {
    // 7 of 100 are not below 7 %, though 0.07 × 100 is a little more than 7 in floating point.
    let text = "(failure_rate_threshold: \"7%\")";
    for (failed, state) in [(6, Switch::Closed), (7, Switch::Open)] {
        let mut breaker = breaker(text);
        results(&mut breaker, 0, &"x".repeat(failed));
        results(&mut breaker, 0, &".".repeat(100 - failed));
        assert_eq!(breaker.state(), state);
    }
}

#[test]
fn slow_calls_open_it_too() {
    let text = "(sliding_window_size: 4, slow_call_rate_threshold: \"50%\")";
    for (outcomes, state) in [
        ("s...", Switch::Closed),
        ("s.s.", Switch::Open),
        ("..sx", Switch::Closed), // one slow, one failed: neither is half
        (".Xs.", Switch::Open),   // a slow failure is slow as well
    ] {
        let mut breaker = breaker(text);
        results(&mut breaker, 0, outcomes);
        assert_eq!(breaker.state(), state, "{outcomes}");
    }
    // By default only if all are slow; exactly 60 s is not.
    let mut breaker = breaker("(sliding_window_size: 2)");
    breaker.on_result(0, 60 * SECOND, true);
    results(&mut breaker, 0, "s");
    assert_eq!(breaker.state(), Switch::Closed);
    results(&mut breaker, 0, "s");
    assert_eq!(breaker.state(), Switch::Open);
}

#[test]
fn a_time_based_window_holds_the_last_seconds() {
    let text =
        "(sliding_window_type: TimeBased, sliding_window_size: 3, minimum_number_of_calls: 4)";
    // Seconds 0, 1 and 2 are one window of three.
    let mut one = breaker(text);
    results(&mut one, SECOND / 2, "xx");
    results(&mut one, 3 * SECOND - 1, ".x");
    assert_eq!(one.state(), Switch::Open);
    // In second 3 those of second 0 are forgotten: three calls are too few.
    let mut other = breaker(text);
    results(&mut other, SECOND / 2, "xx");
    results(&mut other, 3 * SECOND, "x..");
    assert_eq!(other.state(), Switch::Closed);
    assert_eq!(other.failure_rate(), (1.0 / 3.0, 3));
    // More calls than the window has seconds fit into one of them.
    results(&mut other, 3 * SECOND, "..x");
    assert_eq!(other.failure_rate(), (2.0 / 6.0, 6));
    // Half of eight.
    results(&mut other, 5 * SECOND, "x");
    assert_eq!(other.state(), Switch::Closed);
    results(&mut other, 5 * SECOND, "x");
    assert_eq!(other.state(), Switch::Open);
    // A long silence empties it.
    let mut third = breaker(text);
    results(&mut third, 0, "...");
    results(&mut third, 1000 * SECOND, "x");
    assert_eq!(third.failure_rate(), (1.0, 1));
}

fn half_open(text: &str) -> Breaker {
    let mut breaker = breaker(text);
    results(&mut breaker, 0, &"x".repeat(100));
    assert_eq!(breaker.state(), Switch::Open);
    assert!(breaker.try_acquire(60 * SECOND));
    breaker.release();
    assert_eq!(breaker.state(), Switch::HalfOpen);
    breaker
}

#[test]
fn half_open_is_decided_by_the_permitted_calls() {
    let text = "(permitted_number_of_calls_in_half_open_state: 4)";
    let now = 60 * SECOND;
    for (outcomes, state) in [
        ("xxx", Switch::HalfOpen),
        ("..xx", Switch::Open),
        ("...x", Switch::Closed),
    ] {
        let mut breaker = half_open(text);
        assert_eq!(acquired(&mut breaker, now, 9), 4);
        results(&mut breaker, now, outcomes);
        assert_eq!(breaker.state(), state, "{outcomes}");
    }
    // A minimum that is smaller decides earlier.
    let text = "(permitted_number_of_calls_in_half_open_state: 4, minimum_number_of_calls: 2)";
    let mut breaker = half_open(text);
    results(&mut breaker, now, "..");
    assert_eq!(breaker.state(), Switch::Closed);
    // Closed again, it has forgotten why it opened.
    assert_eq!(breaker.failure_rate(), (0.0, 0));
    // Open again, it waits its full time again.
    let mut breaker = half_open(text);
    results(&mut breaker, 70 * SECOND, "xx");
    assert!(!breaker.try_acquire(130 * SECOND - 1));
    assert!(breaker.try_acquire(130 * SECOND));
}

#[test]
fn a_permission_that_is_not_used_is_given_back() {
    let mut breaker = half_open("(permitted_number_of_calls_in_half_open_state: 2)");
    let now = 60 * SECOND;
    assert_eq!(acquired(&mut breaker, now, 5), 2);
    breaker.release();
    assert_eq!(acquired(&mut breaker, now, 5), 1);
    // Never more than permitted, however many come back.
    for _ in 0..5 {
        breaker.release();
    }
    assert_eq!(acquired(&mut breaker, now, 5), 2);
}

#[test]
fn results_that_come_while_it_is_open_do_not_count() {
    let mut breaker = breaker("(sliding_window_size: 2)");
    results(&mut breaker, 0, "xx");
    results(&mut breaker, SECOND, "......");
    assert_eq!(breaker.state(), Switch::Open);
    assert!(!breaker.try_acquire(60 * SECOND - 1));
}

#[test]
fn time_alone_changes_it_only_where_it_is_told_to() {
    let plain = "(sliding_window_size: 1)";
    let mut by_call = breaker(plain);
    results(&mut by_call, 0, "x");
    assert_eq!(by_call.alarm(), None);
    by_call.wake(100 * SECOND);
    assert_eq!(by_call.state(), Switch::Open);

    let mut automatic = breaker(
        "(sliding_window_size: 1, automatic_transition_from_open_to_half_open_enabled: true)",
    );
    assert_eq!(automatic.alarm(), None);
    results(&mut automatic, SECOND, "x");
    assert_eq!(automatic.alarm(), Some(61 * SECOND));
    automatic.wake(61 * SECOND - 1);
    assert_eq!(automatic.state(), Switch::Open);
    automatic.wake(61 * SECOND);
    assert_eq!(automatic.state(), Switch::HalfOpen);
    // The longest time half open is 0: it waits for results without end.
    assert_eq!(automatic.alarm(), None);
}

#[test]
fn half_open_for_too_long_is_open_again() {
    let mut breaker = half_open("(max_wait_duration_in_half_open_state: \"5s\")");
    assert_eq!(breaker.alarm(), Some(65 * SECOND));
    assert_eq!(acquired(&mut breaker, 65 * SECOND - 1, 3), 3);
    breaker.wake(65 * SECOND);
    assert_eq!(breaker.state(), Switch::Open);
    assert!(!breaker.try_acquire(125 * SECOND - 1));
    assert!(breaker.try_acquire(125 * SECOND));
}

#[test]
fn impossible_settings_are_named() {
    let mut out = Vec::new();
    let settings: BreakerSettings = ron::from_str(
        "(failure_rate_threshold: \"0%\", sliding_window_size: 0, wait_duration_in_open_state: \"0s\")",
    )
    .unwrap();
    settings.check(&Path::root().field("breaker"), &mut out);
    let fields: Vec<String> = out.iter().map(|c| c.at.to_string()).collect();
    let expected = [
        "breaker.failure_rate_threshold",
        "breaker.sliding_window_size",
        "breaker.wait_duration_in_open_state",
    ];
    assert_eq!(fields, expected);
    out.clear();
    BreakerSettings::default().check(&Path::root(), &mut out);
    assert_eq!(out, []);
}

proptest! {
    /// Whatever comes in whatever order, no more calls are under way half open than permitted, and none is let through while
    /// it is open.
    #[test]
    fn half_open_never_lets_through_more_than_permitted(
        permitted in 1_u32..6,
        steps in proptest::collection::vec((0_u64..400, 0_u8..4), 1..400),
    ) {
        let mut breaker = breaker(
            "(sliding_window_size: 5, wait_duration_in_open_state: \"1s\", max_wait_duration_in_half_open_state: \"2s\")",
        );
        breaker.settings.permitted_number_of_calls_in_half_open_state = permitted;
        let (mut now, mut half_open_calls, mut opened_at) = (0, 0, None);
        for (wait_ms, step) in steps {
            now += wait_ms * MS;
            let before = breaker.state();
            match step {
                0 | 1 => {
                    let allowed = breaker.try_acquire(now);
                    if before == Switch::Open && allowed {
                        prop_assert!(opened_at.is_some_and(|at| now >= at + SECOND));
                    }
                    if breaker.state() == Switch::HalfOpen {
                        if before != Switch::HalfOpen {
                            half_open_calls = 0;
                        }
                        half_open_calls += u32::from(allowed);
                        prop_assert!(half_open_calls <= permitted);
                    }
                }
                2 => breaker.on_result(now, FAST, false),
                _ => breaker.on_result(now, FAST, true),
            }
            if breaker.state() == Switch::Open && before != Switch::Open {
                opened_at = Some(now);
            }
        }
    }
}
