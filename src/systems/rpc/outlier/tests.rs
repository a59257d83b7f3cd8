//! Outlier detection step by step, against the documentation of Envoy.

use super::*;
use crate::sim::SECOND;

fn outliers(text: &str, replicas: u32) -> Outliers {
    Outliers::new(&ron::from_str(text).unwrap(), replicas)
}

/// So many calls to a replica, of which the last ones fail.
fn calls(outliers: &mut Outliers, replica: u32, succeed: u32, fail: u32, now: u64) {
    for call in 0..succeed + fail {
        outliers.on_result(replica, call < succeed, now);
    }
}

/// `succeed` of 100 calls succeed, and never do many fail in a row.
fn mixed(outliers: &mut Outliers, replica: u32, succeed: u32, now: u64) {
    let mut credit = 0;
    for _ in 0..100 {
        credit += succeed;
        outliers.on_result(replica, credit >= 100, now);
        credit %= 100;
    }
}

#[test]
fn the_fifth_failure_in_a_row_ejects() {
    let mut all = outliers("()", 10);
    calls(&mut all, 3, 0, 4, 0);
    calls(&mut all, 3, 1, 4, 0);
    assert!(!all.is_ejected(3));
    assert!(all.on_result(3, false, 0));
    assert!(all.is_ejected(3));
    assert_eq!(all.ejected(), 1);
    // Ejected, it is not ejected once more.
    calls(&mut all, 3, 0, 20, 0);
    assert_eq!(all.ejected(), 1);
    // 0 of them: never.
    let mut never = outliers("(consecutive_5xx: 0)", 10);
    calls(&mut never, 3, 0, 1000, 0);
    assert_eq!(never.ejected(), 0);
}

#[test]
fn no_more_than_the_share_are_ejected() {
    // 10 % of ten is one; of nine it is none.
    for (text, replicas, expected) in [
        ("()", 10, 1),
        ("()", 9, 0),
        ("()", 19, 1),
        ("()", 20, 2),
        ("(always_eject_one_host: true)", 9, 1),
        ("(always_eject_one_host: true)", 20, 2),
        ("(max_ejection_percent: \"7%\")", 100, 7),
        ("(max_ejection_percent: \"100%\")", 3, 3),
        ("(max_ejection_percent: \"0%\")", 3, 0),
    ] {
        let mut all = outliers(text, replicas);
        for replica in 0..replicas {
            calls(&mut all, replica, 0, 5, 0);
        }
        assert_eq!(all.ejected(), expected, "{text}, {replicas}");
    }
}

#[test]
fn one_that_could_not_be_ejected_counts_anew() {
    let mut all = outliers("()", 10);
    calls(&mut all, 0, 0, 5, 0);
    calls(&mut all, 1, 0, 5, 0);
    all.tick(30 * SECOND);
    assert_eq!(all.ejected(), 0);
    calls(&mut all, 1, 0, 4, 30 * SECOND);
    assert!(!all.is_ejected(1));
    calls(&mut all, 1, 0, 1, 30 * SECOND);
    assert!(all.is_ejected(1));
}

/// Ticks each 10 s from just after `now` until the replica is back; after how many seconds.
fn back_after(all: &mut Outliers, replica: u32, now: &mut u64) -> u64 {
    let from = *now;
    while all.is_ejected(replica) {
        *now += 10 * SECOND;
        all.tick(*now);
    }
    (*now - from) / SECOND
}

#[test]
fn each_ejection_in_a_row_lasts_longer_up_to_the_longest() {
    let mut all = outliers("(max_ejection_time: \"100s\")", 10);
    let mut now = 0;
    let mut lasted = Vec::new();
    for _ in 0..6 {
        calls(&mut all, 2, 0, 5, now);
        lasted.push(back_after(&mut all, 2, &mut now));
    }
    assert_eq!(lasted, [30, 60, 90, 100, 100, 100]);
    // Each look at which it does well takes one step back; the multiplier stopped at 5, where 100 s were passed.
    for (looks, expected) in [(3, 90), (1, 90), (2, 60), (9, 30)] {
        for _ in 0..looks {
            now += 10 * SECOND;
            all.tick(now);
        }
        calls(&mut all, 2, 0, 5, now);
        assert_eq!(back_after(&mut all, 2, &mut now), expected);
    }
}

#[test]
fn an_ejection_ends_with_a_look_not_between() {
    let mut all = outliers("()", 10);
    calls(&mut all, 0, 0, 5, 5 * SECOND);
    for now in [10, 20, 30] {
        all.tick(now * SECOND);
        assert!(all.is_ejected(0), "{now}");
    }
    all.tick(40 * SECOND);
    assert!(!all.is_ejected(0));
}

#[test]
fn the_success_rate_of_the_documentation_is_an_outlier() {
    // {50, 100, 100, 100, 100} %: mean 90, standard deviation 20, threshold 90 - 1.9 × 20 = 52.
    for (rate, is_outlier) in [(50, true), (100, false)] {
        let mut all = outliers("(max_ejection_percent: \"20%\")", 5);
        for replica in 0..5 {
            mixed(&mut all, replica, if replica == 3 { rate } else { 100 }, 0);
        }
        assert_eq!(
            all.success_rate_threshold(),
            Some(if is_outlier { 52.0 } else { 100.0 })
        );
        all.tick(10 * SECOND);
        assert_eq!(all.is_ejected(3), is_outlier);
        assert_eq!(all.ejected(), u32::from(is_outlier));
    }
}

#[test]
fn too_few_replicas_or_calls_are_not_compared() {
    let share = "max_ejection_percent: \"50%\"";
    // Four replicas.
    let mut few = outliers(&format!("({share})"), 4);
    // Five, of which one has 99 calls.
    let mut idle = outliers(&format!("({share})"), 5);
    for all in [&mut few, &mut idle] {
        mixed(all, 0, 50, 0);
        for replica in 1..4 {
            mixed(all, replica, 100, 0);
        }
    }
    calls(&mut idle, 4, 99, 0, 0);
    few.tick(10 * SECOND);
    idle.tick(10 * SECOND);
    assert_eq!((few.ejected(), idle.ejected()), (0, 0));
    // Calls before the last look do not count.
    mixed(&mut idle, 0, 50, 11 * SECOND);
    calls(&mut idle, 4, 99, 0, 11 * SECOND);
    idle.tick(20 * SECOND);
    assert_eq!(idle.ejected(), 0);
    // With enough they are.
    mixed(&mut idle, 0, 50, 21 * SECOND);
    for replica in 1..5 {
        mixed(&mut idle, replica, 100, 21 * SECOND);
    }
    idle.tick(30 * SECOND);
    assert!(idle.is_ejected(0));
}

#[test]
fn one_that_is_ejected_does_not_spoil_the_comparison() {
    // Replica 0 is ejected and still fails (calls that were under way). Among the other five nobody stands out.
    let mut all = outliers("(max_ejection_percent: \"50%\")", 6);
    calls(&mut all, 0, 0, 200, 0);
    for replica in 1..6 {
        mixed(&mut all, replica, 90, 0);
    }
    assert_eq!(all.success_rate_threshold(), Some(90.0));
    all.tick(10 * SECOND);
    assert_eq!(all.ejected(), 1);
}

#[test]
fn a_successful_health_check_brings_it_back_and_clears_its_failures() {
    let mut all = outliers("()", 10);
    calls(&mut all, 0, 0, 9, 0);
    all.bring_back(0, SECOND);
    assert_eq!((all.is_ejected(0), all.ejected()), (false, 0));
    calls(&mut all, 0, 0, 4, SECOND);
    assert!(!all.is_ejected(0));
    // To bring back what is not ejected changes nothing.
    all.bring_back(0, SECOND);
    assert!(all.on_result(0, false, SECOND));
}

#[test]
fn who_does_not_serve_does_not_count() {
    let mut all = outliers("()", 20);
    calls(&mut all, 15, 0, 5, 0);
    calls(&mut all, 3, 0, 5, 0);
    assert_eq!(all.ejected(), 2);
    // Scaled in to ten: 10 % of ten is one, and that one is taken.
    all.members(10);
    assert_eq!((all.ejected(), all.is_ejected(15)), (1, false));
    calls(&mut all, 4, 0, 5, 0);
    // A late answer of one that is gone.
    calls(&mut all, 15, 0, 5, 0);
    assert_eq!(all.ejected(), 1);
    // Scaled out again, it begins anew.
    all.members(20);
    assert!(!all.is_ejected(15));
    calls(&mut all, 4, 0, 5, 0);
    assert_eq!(all.ejected(), 2);
}

#[test]
fn impossible_settings_are_named() {
    let complaints = |text: &str, replicas: u32| {
        let mut out = Vec::new();
        let settings: OutlierSettings = ron::from_str(text).unwrap();
        let at = Path::root().field("outlier");
        settings.check(&at, &mut out);
        settings.check_replicas(replicas, &at, &mut out);
        out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(complaints("()", 10), [""; 0]);
    assert_eq!(complaints("()", 3), ["outlier.max_ejection_percent"]);
    assert_eq!(complaints("(always_eject_one_host: true)", 3), [""; 0]);
    assert_eq!(
        complaints("(interval: \"0s\", max_ejection_time: \"1s\")", 10),
        ["outlier.interval", "outlier.max_ejection_time"]
    );
}
