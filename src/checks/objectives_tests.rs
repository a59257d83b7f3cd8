//! Hand-written requests and messages against objectives.

use super::*;
use crate::sim::call::{Answer, CallFact};
use crate::sim::ledger::script::*;
use crate::sim::{Fact, FlowId, MS, Task};

fn judge(script: &Script, property: Property) -> (String, Vec<u64>) {
    let mut all = Checked {
        ledger: Ledger::new(names(1)),
        checks: Checks::of(&[property]),
    };
    for record in &script.records {
        all.record(record);
    }
    let end = script.records.last().map_or(0, |r| r.at);
    all.checks.finish(end, &all.ledger);
    match all.checks.verdict(&property).unwrap() {
        Verdict::Holds => ("holds".to_owned(), Vec::new()),
        Verdict::Undecided(why) => (why.to_owned(), Vec::new()),
        Verdict::Broken(finding) => (finding.message.clone(), finding.evidence.clone()),
    }
}

/// Requests that were answered, each in a millisecond and an event of its own.
fn answers(of: impl IntoIterator<Item = (Answer, u64)>) -> Script {
    let mut s = Script::default();
    for (number, (how, ms)) in (0..).zip(of) {
        let task = Task {
            flow: FlowId(0),
            number,
        };
        let ns = ms * MS;
        s.tell(P1, Fact::Call(CallFact::Answered { task, how, ns }));
    }
    s
}

fn latency(percentile: &str) -> Property {
    Property::LatencyObjective {
        of: Of::Requests,
        percentile: percentile.parse().unwrap(),
        at_most: Duration::from_ms(200),
    }
}

fn availability(share: f64) -> Property {
    Property::AvailabilityObjective {
        of: Of::Requests,
        at_least: Chance::from_p(share),
    }
}

#[test]
fn a_percentile_allows_as_many_slow_ones_as_it_says() {
    // Of 200, p99 lets two be slow; 200 ms is not slow.
    let slow = |slow: &[u32]| {
        answers((1..=200).map(|n| (Answer::Ok, if slow.contains(&n) { 201 } else { 200 })))
    };
    assert_eq!(judge(&slow(&[5, 150]), latency("p99")).0, "holds");
    let three = judge(&slow(&[5, 150, 160]), latency("p99"));
    assert_eq!(
        three.0,
        "3 of 200 requests took longer than 200ms, and 2 may: here the budget was used up"
    );
    // The first two are what may be; with the third, event 160, it was too many.
    assert_eq!(three.1, [5, 160]);
    assert_eq!(judge(&slow(&[5, 150, 160]), latency("p98")).0, "holds");
    assert_eq!(judge(&slow(&[200]), latency("p99.9")).1, [200]);
    // How soon errors come says nothing of how soon answers come.
    let errors = answers(
        (0..50)
            .map(|_| (Answer::Failed, 500))
            .chain([(Answer::Ok, 1)]),
    );
    assert_eq!(judge(&errors, latency("p99")).0, "holds");
    assert_eq!(
        judge(&answers([]), latency("p99")).0,
        "there were no requests"
    );
}

#[test]
fn the_budget_is_used_up_by_the_first_error_that_is_too_many_in_the_end() {
    // Ten errors come first, then 990 good answers: 1 % of 1000 are ten.
    let errors = |bad: usize, good: usize| {
        let bad = (0..bad).map(|_| (Answer::TimedOut, 1));
        answers(bad.chain((0..good).map(|_| (Answer::Degraded, 1))))
    };
    assert_eq!(judge(&errors(10, 990), availability(0.99)).0, "holds");
    let found = judge(&errors(12, 990), availability(0.99));
    assert_eq!(
        found.0,
        "12 of 1002 requests went wrong, and 10 may: here the budget was used up"
    );
    assert_eq!(found.1, [1, 11, 12]);
    // Nothing may go wrong.
    assert_eq!(judge(&errors(1, 9), availability(1.0)).1, [1]);
    assert_eq!(judge(&errors(0, 9), availability(1.0)).0, "holds");
}

#[test]
fn messages_have_objectives_too() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 4).store(B1, 0, 4, 0).ack(0, 3);
    s.refuse(3, 1).show(B1, 4, 4).hand(C1, 0, 4, 0);
    s.process(C1, 0, 4, 0);
    let of = Of::Messages;
    let availability = |share| Property::AvailabilityObjective {
        of,
        at_least: Chance::from_p(share),
    };
    assert_eq!(judge(&s, availability(0.75)).0, "holds");
    assert_eq!(
        judge(&s, availability(0.76)).0,
        "1 of 4 messages went wrong, and 0 may: here the budget was used up"
    );
    // Made in the milliseconds 2 to 5, and ended with in the eleventh: they took 9, 8, 7 and 6 ms.
    assert_eq!(s.records.len(), 11);
    let latency = |percentile: &str, ms| Property::LatencyObjective {
        of,
        percentile: percentile.parse().unwrap(),
        at_most: Duration::from_ms(ms),
    };
    assert_eq!(judge(&s, latency("p99", 9)).0, "holds");
    assert_eq!(judge(&s, latency("p75", 8)).0, "holds");
    assert_ne!(judge(&s, latency("p76", 8)).0, "holds");
    // The same again is no message more.
    s.process(C2, 0, 4, 0);
    assert_eq!(judge(&s, latency("p75", 8)).0, "holds");
}

/// One request in each millisecond; those in some are answered badly.
fn errors_at(until: u64, bad: impl Fn(u64) -> bool) -> Script {
    let how = |ms| if bad(ms) { Answer::Failed } else { Answer::Ok };
    answers((1..=until).map(|ms| (how(ms), 1)))
}

#[test]
fn a_burst_uses_up_the_budget_of_a_window_and_not_that_of_the_run() {
    let per_100_ms = Property::ErrorBudget {
        of: Of::Requests,
        at_least: Chance::from_p(0.9),
        over: Duration::from_ms(100),
    };
    let burst = errors_at(2000, |ms| (500..520).contains(&ms));
    assert_eq!(judge(&burst, availability(0.9)).0, "holds");
    let found = judge(&burst, per_100_ms);
    // Eleven errors are the first too many: the window that ends with the slice of 510 to 514 has them.
    assert_eq!(
        found.0,
        "in the 100ms up to 515ms, 15 of 100 requests went wrong, and 10 may"
    );
    assert_eq!(found.1, [500, 514]);
    // Ten in a hundred, evenly, are what it allows.
    assert_eq!(
        judge(&errors_at(2000, |ms| ms % 10 == 0), per_100_ms).0,
        "holds"
    );
    // A run that is shorter than the window says nothing.
    assert_eq!(
        judge(&errors_at(60, |_| true), per_100_ms).0,
        "the run ended before it could be said"
    );
}

#[test]
fn each_time_that_a_budget_is_used_up_is_told_once() {
    let property = Property::ErrorBudget {
        of: Of::Requests,
        at_least: Chance::from_p(0.9),
        over: Duration::from_ms(100),
    };
    let script = errors_at(3000, |ms| {
        (500..540).contains(&ms) || (1500..1540).contains(&ms)
    });
    let mut all = Checked {
        ledger: Ledger::new(names(1)),
        checks: Checks::of(&[property]),
    };
    for record in &script.records {
        all.record(record);
    }
    all.checks.finish(3000 * MS, &all.ledger);
    assert_eq!(all.checks.count(), 2);
}

#[test]
fn objectives_are_written_in_words_and_units() {
    let text = r#"[Holds(LatencyObjective(of: Requests, percentile: "p99", at_most: "200ms")),
        Holds(AvailabilityObjective(of: Messages, at_least: "99.9%")),
        Breaks(ErrorBudget(of: Requests, at_least: "99%", over: "10s"))]"#;
    let expect: Vec<Expect> = ron::from_str(text).unwrap();
    let labels: Vec<String> = expect.iter().map(Expect::label).collect();
    assert_eq!(
        labels,
        [
            "p99 of requests at most 200ms",
            "availability of messages at least 99.9%",
            "breaks: availability of requests at least 99% in each 10s"
        ]
    );
    for expect in &expect {
        let again: Expect = ron::from_str(&expect.to_string()).unwrap();
        assert_eq!(again, *expect, "{expect}");
    }
}
