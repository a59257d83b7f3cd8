//! Tails of latency and sick replicas, in systems that run: known answers about fan-out and hedged requests (J. Dean and
//! L. A. Barroso, "The Tail at Scale", 2013), and how many replicas outlier detection leaves out. Seeds are fixed.

use std::collections::BTreeMap;

use splitbrain::sim::call::{Answer, CallFact};
use splitbrain::sim::{MS, SECOND};

use super::kafka_clients::{Run, play};
use super::services::{calls, count};

/// 1000 requests, each for this many leaves at once. One call of a leaf in a hundred takes a second, the others from 7 to
/// 17 ms, ways included.
fn fan_out(leaves: u32, client: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 11, duration: "60s",
        nodes: [(name: "leaf", count: 10), (name: "root"), (name: "web")],
        network: (latency: Constant("1ms")),
        systems: [
            Service(name: "root-of-all", nodes: "root", blocking: false, clients: [(to: "leaves", {client})],
                handlers: [(name: "ask", steps: [FanOut(to: "leaves/look", count: {leaves})])]),
            Service(name: "leaves", nodes: "leaf", blocking: false,
                handlers: [(name: "look", steps: [Wait(Mixture(of: [("99%", Uniform(min: "5ms", max: "15ms")), ("1%", "1s")]))])]),
        ],
        workloads: [Requests(name: "users", nodes: "web", to: "root-of-all/ask", arrivals: Poisson("20/s"), count: 1000)],
    )"#
    ))
}

const REQUESTS: usize = 1000;

/// How long the requests took, ns, the quickest first.
fn took(run: &Run) -> Vec<u64> {
    let took = |f| match f {
        CallFact::Answered {
            how: Answer::Ok,
            ns,
            ..
        } => Some(ns),
        _ => None,
    };
    let mut all: Vec<u64> = calls(run).filter_map(|(_, f)| took(f)).collect();
    assert_eq!(all.len(), REQUESTS);
    all.sort_unstable();
    all
}

fn slow(took: &[u64]) -> usize {
    took.iter().filter(|&&ns| ns >= SECOND).count()
}

/// Whether so many of `of` are a share `p`, within the 99.9 % interval of a binomial number.
fn fits(hits: usize, of: usize, p: f64) -> bool {
    let (hits, of) = (hits as f64, of as f64);
    (hits - of * p).abs() <= 3.29 * (of * p * (1.0 - p)).sqrt()
}

#[test]
fn a_request_is_slow_if_one_of_its_leaves_is() {
    for leaves in [1, 10, 100] {
        let slow = slow(&took(&fan_out(leaves, "")));
        let share = 1.0 - 0.99_f64.powi(leaves as i32);
        assert!(
            fits(slow, REQUESTS, share),
            "{leaves} leaves: {slow} of {REQUESTS} are slow, theory says {share:.4}"
        );
    }
    // The paper's number: 63 % of the requests.
    assert!((1.0 - 0.99_f64.powi(100) - 0.634).abs() < 1e-3);
}

#[test]
fn a_second_attempt_takes_the_tail_away_for_one_call_in_a_hundred() {
    let hedged = fan_out(100, r#"hedge: After(delay: "20ms")"#);
    // Those that take 17 ms are not hedged; each of the others is, once.
    let hedges = count(&hedged, |f| {
        matches!(f, CallFact::Called { hedge: true, .. })
    });
    assert!(fits(hedges, 100 * REQUESTS, 0.01), "{hedges} hedges");
    // Both attempts are slow in one call of 10,000.
    let share = 1.0 - (1.0 - 1e-4_f64).powi(100);
    let slow = slow(&took(&hedged));
    assert!(fits(slow, REQUESTS, share), "{slow} requests are slow");
}

#[test]
fn hedging_behind_the_95th_percentile_brings_p99_down_for_few_more_calls() {
    let p99 = |run: &Run| took(run)[REQUESTS * 99 / 100];
    assert!(p99(&fan_out(100, "")) >= SECOND);
    let hedged = fan_out(100, r#"hedge: Percentile(percentile: "95%", max_extra: 2)"#);
    let p99 = p99(&hedged);
    // Two attempts that are slow and one that is not: twice the percentile, which is below 17 ms, and 17 ms.
    assert!(p99 <= 51 * MS, "p99 is {} ms", p99 / MS);
    let hedges = count(&hedged, |f| {
        matches!(f, CallFact::Called { hedge: true, .. })
    });
    // The paper: approximately 5 %. The percentile is known but roughly, from the last 1000 answers.
    assert!(hedges <= 100 * REQUESTS * 6 / 100, "{hedges} hedges");
}

/// Ten replicas that fail whatever they are asked.
fn all_fail(outlier_detection: &str) -> Run {
    play(&format!(
        r#"(
        title: "test", seed: 12, duration: "60s",
        nodes: [(name: "app", count: 10), (name: "web")],
        network: (latency: Constant("1ms")),
        systems: [Service(name: "s", nodes: "app", handlers: [(name: "do", steps: [Fail("100%")])])],
        workloads: [Requests(
            name: "users", nodes: "web", to: "s/do", arrivals: Constant("100/s"),
            client: (outlier_detection: ({outlier_detection})),
        )],
    )"#
    ))
}

/// The most replicas that were left out at the same time, and how many requests they served meanwhile that did not come
/// on their way when they were left out.
fn left_out(run: &Run) -> (usize, usize) {
    let mut out = BTreeMap::new();
    let (mut most, mut served) = (0, 0);
    for (record, fact) in calls(run) {
        match fact {
            CallFact::Judged { replica, well, .. } => {
                if well {
                    out.remove(&replica);
                } else {
                    out.insert(replica, record.at);
                }
                most = most.max(out.len());
            }
            CallFact::Served { .. } => {
                let late = |&since: &u64| record.at > since + 2 * MS;
                served += usize::from(out.get(&record.pid).is_some_and(late));
            }
            _ => {}
        }
    }
    (most, served)
}

#[test]
fn no_more_replicas_are_ejected_than_the_share_that_may_be() {
    for (settings, expected) in [
        (r#"max_ejection_percent: "9%""#, 0),
        (
            r#"max_ejection_percent: "9%", always_eject_one_host: true"#,
            1,
        ),
        ("", 1),
        (r#"max_ejection_percent: "30%""#, 3),
        (r#"max_ejection_percent: "39%""#, 3),
        (r#"max_ejection_percent: "50%""#, 5),
    ] {
        let run = all_fail(settings);
        assert_eq!(left_out(&run), (expected, 0), "{settings}");
    }
}

#[test]
fn with_too_few_left_all_are_called_again() {
    // Six of ten are ejected; four are less than half, so that calls go to all (Envoy: the panic threshold).
    let run = all_fail(r#"max_ejection_percent: "60%""#);
    let (most, served) = left_out(&run);
    assert_eq!(most, 6);
    assert!(served > 1000, "{served}");
}
