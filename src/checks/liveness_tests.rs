//! Hand-written histories after a disturbance.

use super::*;
use crate::sim::call::{Answer, CallFact};
use crate::sim::ledger::script::*;
use crate::sim::record::Fact;
use crate::sim::{FlowId, MS, Task};

/// What is known of a property when a history ends at a moment, with why it is undecided, or what was found.
fn judge(script: &Script, property: Property, until_ms: u64) -> (&'static str, String) {
    let mut all = Checked {
        ledger: Ledger::new(names(1)),
        checks: Checks::of(&[property]),
    };
    for record in &script.records {
        all.record(record);
    }
    all.checks.finish(until_ms * MS, &all.ledger);
    let verdict = all.checks.verdict(&property).unwrap();
    let text = match verdict {
        Verdict::Broken(finding) => finding.message.clone(),
        Verdict::Undecided(why) => why.to_owned(),
        Verdict::Holds => String::new(),
    };
    (verdict.word(), text)
}

fn word(script: &Script, property: Property, until_ms: u64) -> &'static str {
    judge(script, property, until_ms).0
}

/// Four messages that were delivered, and one that was not: event 10 makes it.
fn one_waits() -> Script {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 4).store(B1, 0, 4, 0).ack(0, 4);
    s.show(B1, 4, 4).hand(C1, 0, 4, 0).process(C1, 0, 4, 0);
    s.produce(4, 1);
    s
}

#[test]
fn a_message_that_waits_for_ever_does_not_end() {
    let property = Property::EveryMessageEnds {
        within: Duration::from_ms(100),
    };
    let mut s = one_waits();
    assert_eq!(s.records.len(), 11);
    let found = judge(&s, property, 200);
    assert_eq!(
        found,
        (
            "broken",
            "message p1→orders/0#4 has not ended 100ms after it was made".to_owned()
        )
    );
    // It was made at 11 ms; the others had their time, and used it.
    assert_eq!(word(&s, property, 110), "holds");
    assert_eq!(word(&s, property, 111), "broken");
    // Lost is an end, if not a good one: it was refused and never stored.
    s.refuse(4, 1);
    assert_eq!(word(&s, property, 200), "holds");
}

#[test]
fn a_disturbance_gives_messages_more_time() {
    let property = Property::EveryMessageEnds {
        within: Duration::from_ms(100),
    };
    let mut s = one_waits();
    s.crash(B2);
    // The crash is at 12 ms, and nothing had its time since.
    assert_eq!(word(&s, property, 111), "undecided");
    assert_eq!(
        judge(&s, property, 112).1,
        "message p1→orders/0#4 has not ended 100ms after the last disturbance"
    );
    // What was broken before a disturbance is judged anew after it.
    let late = |s: &mut Script, ms: u64| {
        s.records.last_mut().unwrap().at = ms * MS;
    };
    s.crash(B3);
    late(&mut s, 300);
    assert_eq!(word(&s, property, 350), "undecided");
    s.store(B1, 4, 1, 4);
    late(&mut s, 360);
    s.hand(C1, 4, 1, 4);
    late(&mut s, 361);
    s.process(C1, 4, 1, 4);
    late(&mut s, 362);
    assert_eq!(word(&s, property, 400), "holds");
}

#[test]
fn many_messages_that_end_are_forgotten_and_the_one_that_does_not_is_found() {
    let property = Property::EveryMessageEnds {
        within: Duration::from_ms(100_000),
    };
    let mut s = Script::default();
    s.lead(B1, 0);
    for number in 0..3000 {
        s.produce(number, 1);
        if number != 7 {
            s.refuse(number, 1);
        }
    }
    let found = judge(&s, property, 200_000);
    assert_eq!(
        found.1,
        "message p1→orders/0#7 has not ended 100s after it was made"
    );
}

/// Up to 40 messages behind before a crash; then 200 messages, of which the group commits some.
fn behind(committed: u64) -> Script {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 40).store(B1, 0, 40, 0);
    s.show(B1, 40, 40).hand(C1, 0, 40, 0).commit(40);
    s.crash(B2);
    s.produce(40, 200).store(B1, 40, 200, 40).show(B1, 240, 240);
    s.hand(C1, 40, 200, 40).commit(committed);
    s
}

#[test]
fn lag_returns_to_what_it_was_or_not() {
    let property = Property::LagReturns {
        within: Duration::from_ms(500),
    };
    // The usual 40, half more and 50 are 110.
    assert_eq!(word(&behind(130), property, 2000), "holds");
    assert_eq!(
        judge(&behind(129), property, 2000),
        (
            "broken",
            "500ms after the last disturbance, group-0 is 111 messages behind (at most 40 before the first)".to_owned()
        )
    );
    assert_eq!(word(&behind(240), property, 300), "undecided");
    let mut calm = Script::default();
    calm.lead(B1, 0).produce(0, 400).store(B1, 0, 400, 0);
    calm.show(B1, 400, 400);
    assert_eq!(word(&calm, property, 2000), "holds", "nothing disturbed it");
}

/// Ten requests in each second up to `until`, and so many of them answered well by `good(second)`. A fault is at work from
/// second 10 to second 12.
fn served(until: u64, good: impl Fn(u64) -> u64) -> Script {
    let mut s = Script::default();
    let task = Task {
        flow: FlowId(0),
        number: 0,
    };
    let answer = |how| CallFact::Answered { task, how, ns: MS };
    for second in 0..until {
        let from = s.records.len();
        if second == 10 {
            s.tell(
                Record::NOBODY,
                Fact::FaultBegan {
                    fault: 0,
                    node: None,
                },
            );
        }
        if second == 12 {
            s.tell(Record::NOBODY, Fact::FaultEnded { fault: 0 });
        }
        for request in 0..10 {
            s.tell(P1, Fact::Call(CallFact::Asked { task }));
            let how = if request < good(second) {
                Answer::Ok
            } else {
                Answer::TimedOut
            };
            s.tell(P1, Fact::Call(answer(how)));
        }
        for record in &mut s.records[from..] {
            record.at = second * 1000 * MS;
        }
    }
    s
}

#[test]
fn a_system_that_stays_down_when_its_trigger_is_gone_is_metastable() {
    let property = Property::NotMetastable;
    let stays = served(40, |second| if second < 10 { 10 } else { 4 });
    assert_eq!(
        judge(&stays, property, 40_000),
        (
            "broken",
            "in every 5 s after the last disturbance, requests answered well were at most 40 % of what was asked for".to_owned()
        )
    );
    // Half is not less than half; one good window is enough.
    let half = served(40, |second| if second < 10 { 10 } else { 5 });
    assert_eq!(word(&half, property, 40_000), "holds");
    let once = served(40, |second| if (10..30).contains(&second) { 0 } else { 10 });
    assert_eq!(word(&once, property, 40_000), "holds");
    // The first window after the fault does not count, and the second must be over.
    assert_eq!(word(&served(21, |_| 0), property, 21_000), "undecided");
    assert_eq!(word(&served(23, |_| 0), property, 23_000), "broken");
}

#[test]
fn a_trigger_that_is_still_there_makes_nothing_metastable() {
    let mut s = served(12, |_| 0);
    assert_eq!(
        judge(&s, Property::NotMetastable, 60_000),
        (
            "undecided",
            "what disturbs the run is still there at its end".to_owned()
        )
    );
    s = served(40, |_| 0);
    s.crash(B1);
    assert_eq!(word(&s, Property::NotMetastable, 90_000), "undecided");
}

#[test]
fn requests_must_recover_too() {
    let property = Property::Recovers {
        within: Duration::from_ms(5000),
    };
    let ask = |s: &mut Script, count: u32| {
        let task = Task {
            flow: FlowId(0),
            number: 0,
        };
        for _ in 0..count {
            s.tell(P1, Fact::Call(CallFact::Asked { task }));
        }
    };
    let mut s = served(20, |_| 10);
    assert_eq!(word(&s, property, 20_000), "holds");
    let late = s.records.len();
    ask(&mut s, 52);
    for record in &mut s.records[late..] {
        record.at = 16_000 * MS;
    }
    s.records.sort_by_key(|r| r.at);
    // At most one was open before, which makes 51 not too many; and they stay open.
    assert_eq!(
        judge(&s, property, 20_000),
        (
            "broken",
            "5s after the last disturbance, 52 requests are open (at most 1 were before the first) and 60 were answered well since".to_owned()
        )
    );
}
