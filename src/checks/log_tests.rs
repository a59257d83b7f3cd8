//! Hand-written histories of logs, of what producers send and of what consumers are given.

use super::*;
use crate::sim::ledger::script::*;
use crate::sim::record::{Fact, Gone};

/// The findings of a property, each with its evidence.
fn findings(script: &Script, property: Property) -> Vec<(String, Vec<u64>)> {
    let mut all = Checked {
        ledger: Ledger::new(names(1)),
        checks: Checks::of(&[property]),
    };
    for record in &script.records {
        all.record(record);
    }
    let end = script.records.last().map_or(0, |r| r.at);
    all.checks.finish(end, &all.ledger);
    let found = all.checks.all_findings().into_iter();
    found
        .map(|f| (f.message.clone(), f.evidence.clone()))
        .collect()
}

fn messages(script: &Script, property: Property) -> Vec<String> {
    let found = findings(script, property).into_iter();
    found.map(|(message, _)| message).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn logs_match_though_batches_are_cut_differently() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 8);
    s.store(B1, 0, 2, 0).store(B1, 2, 4, 2);
    s.follow(B2, 0, 1, 0)
        .follow(B2, 1, 5, 1)
        .follow(B3, 0, 3, 0);
    // The next leader has less than the other follower; that one gives up what the new leader does not have.
    s.crash(B1).lead(B3, 1).store(B3, 6, 2, 3);
    s.unstore(B2, 3, 3, 3, Gone::Truncated);
    s.follow(B2, 6, 2, 3);
    s.unstore(B1, 3, 3, 3, Gone::Truncated);
    s.follow(B1, 6, 2, 3);
    assert_eq!(messages(&s, Property::LogMatching), NONE);
}

#[test]
fn a_follower_that_kept_what_its_new_leader_does_not_have() {
    // KIP-101: B1 kept messages 3 to 5, and copies what B3 appended behind them.
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 20).store(B1, 0, 6, 0);
    s.follow(B3, 0, 3, 0).crash(B1);
    s.lead(B3, 1).store(B3, 10, 3, 3).store(B3, 13, 1, 6);
    let appended = s.records.len() as u64;
    s.follow(B1, 13, 1, 6);
    assert_eq!(
        findings(&s, Property::LogMatching),
        [(
            "b1 and b3 agree on offset 6 of orders/0 in epoch 1, but not on what stands before it"
                .to_owned(),
            vec![appended, appended + 1]
        )]
    );
}

#[test]
fn a_log_that_holds_what_no_leader_put_there() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 6).store(B1, 0, 4, 0);
    s.follow(B2, 0, 2, 0).follow(B2, 3, 1, 2);
    assert_eq!(
        messages(&s, Property::LogMatching),
        ["b2 holds p1→orders/0#3 at offset 2 of orders/0, where no leader appended it"]
    );
}

#[test]
fn two_leaders_of_one_epoch_that_append_different_messages() {
    let mut s = Script::default();
    s.lead(B1, 4).produce(0, 6).store(B1, 0, 2, 0);
    s.lead(B2, 4).store(B2, 2, 2, 0);
    assert_eq!(
        messages(&s, Property::LogMatching),
        [
            "b1 and b2 hold different messages at offset 0 of orders/0 in epoch 4: p1→orders/0#0 and p1→orders/0#2"
        ]
    );
}

#[test]
fn the_same_message_at_the_same_offset_in_two_epochs_is_no_mismatch() {
    // The new leader lost message 2, and was sent it again.
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 4).store(B1, 0, 3, 0);
    s.follow(B2, 0, 2, 0).crash(B1).lead(B2, 1);
    s.store(B2, 2, 1, 2).store(B2, 3, 1, 3);
    // B3 copies from B2. B1 comes back, kept its own message 2 by mistake, and copies the rest.
    s.follow(B3, 0, 2, 0).follow(B3, 2, 2, 2);
    assert_eq!(messages(&s, Property::LogMatching), NONE);
    s.follow(B1, 3, 1, 3);
    assert_eq!(messages(&s, Property::LogMatching).len(), 1);
}

/// Six messages, stored, acknowledged and shown.
fn six() -> Script {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 6).store(B1, 0, 6, 0);
    s.follow(B2, 0, 6, 0).ack(0, 6).show(B1, 6, 6);
    s
}

/// The same event gives a consumer this too.
fn in_one_poll(s: &mut Script, pid: crate::sim::Pid, first: u32, count: u32, offset: u64) {
    s.hand(pid, first, count, offset);
    let before = s.records[s.records.len() - 2];
    let last = s.records.last_mut().unwrap();
    (last.at, last.event) = (before.at, before.event);
}

const POLLS: [Property; 4] = [
    Property::NoPollSkip,
    Property::NoInternalPollSkip,
    Property::NoNonMonotonicPoll,
    Property::NoInternalNonMonotonicPoll,
];

/// Which of them break, by place.
fn odd_polls(s: &Script) -> Vec<usize> {
    let broken = |at: &usize| !messages(s, POLLS[*at]).is_empty();
    (0..POLLS.len()).filter(broken).collect()
}

#[test]
fn polls_that_go_on_where_the_last_one_ended() {
    let mut s = six();
    s.hand(C1, 0, 2, 0);
    in_one_poll(&mut s, C1, 2, 1, 2);
    s.hand(C1, 3, 3, 3);
    assert_eq!(odd_polls(&s), [0; 0]);
}

#[test]
fn polls_that_skip_and_polls_that_go_back() {
    let mut skips = six();
    skips.hand(C1, 0, 2, 0).hand(C1, 3, 1, 3);
    assert_eq!(odd_polls(&skips), [0]);
    let found = findings(&skips, Property::NoPollSkip);
    assert_eq!(
        found[0].0,
        "poll skip: c1 of group-0 was given orders/0 from offset 3 on after all below 2"
    );
    let last = skips.records.len() as u64;
    assert_eq!(found[0].1, [last - 1, last]);
    let mut back = six();
    back.hand(C1, 0, 3, 0).hand(C1, 2, 1, 2);
    assert_eq!(odd_polls(&back), [2]);
    let mut skips = six();
    skips.hand(C1, 0, 2, 0);
    in_one_poll(&mut skips, C1, 4, 1, 4);
    assert_eq!(odd_polls(&skips), [1]);
    let mut back = six();
    back.hand(C1, 0, 3, 0);
    in_one_poll(&mut back, C1, 0, 1, 0);
    assert_eq!(odd_polls(&back), [3]);
}

#[test]
fn who_gets_a_queue_anew_may_go_back_or_on() {
    let (group, queue, generation) = (GROUP, QUEUE, 2);
    let mut s = six();
    s.hand(C1, 0, 3, 0);
    s.tell(
        C1,
        Fact::Assigned {
            group,
            queue,
            generation,
        },
    );
    s.hand(C1, 1, 1, 1).crash(C1).hand(C1, 4, 2, 4);
    // Another consumer has its own place.
    s.hand(C2, 0, 2, 0);
    assert_eq!(odd_polls(&s), [0; 0]);
}

#[test]
fn sends_that_overtake_one_another() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 4);
    s.store(B1, 0, 1, 0).store(B1, 2, 1, 1).store(B1, 1, 1, 2);
    assert_eq!(
        messages(&s, Property::NoNonMonotonicSend),
        ["non-monotonic send: p1→orders/0#1 stands at offset 2, behind p1→orders/0#2 at 1"]
    );
    assert_eq!(messages(&s, Property::NoInternalNonMonotonicSend), NONE);
    // What is stored a second time is a duplicate; it does not stand there instead of before.
    let mut again = Script::default();
    again.lead(B1, 0).produce(0, 4);
    again.store(B1, 0, 2, 0).store(B1, 0, 1, 2);
    assert_eq!(messages(&again, Property::NoNonMonotonicSend), NONE);
    assert_eq!(
        messages(&again, Property::NoDuplicate),
        ["duplicate: b1 stored message p1→orders/0#0 a second time in orders/0"]
    );
    assert_eq!(messages(&s, Property::NoDuplicate), NONE);
}

#[test]
fn what_was_lost_with_a_leader_stands_nowhere_and_is_not_overtaken() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 4).store(B1, 0, 1, 0);
    s.follow(B2, 0, 1, 0).store(B1, 1, 2, 1).crash(B1);
    s.lead(B2, 1).store(B2, 1, 2, 1);
    assert_eq!(messages(&s, Property::NoNonMonotonicSend), NONE);
    assert_eq!(messages(&s, Property::NoDuplicate), NONE);
    // But what the new leader has is.
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 4).store(B1, 1, 1, 0);
    s.follow(B2, 1, 1, 0).crash(B1);
    s.lead(B2, 1).store(B2, 0, 1, 1);
    assert_eq!(messages(&s, Property::NoNonMonotonicSend).len(), 1);
}

#[test]
fn the_parts_of_one_send_in_the_wrong_order() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 4);
    s.store(B1, 2, 1, 0).store(B1, 1, 1, 1);
    let before = s.records[s.records.len() - 2];
    let last = s.records.last_mut().unwrap();
    (last.at, last.event) = (before.at, before.event);
    assert_eq!(messages(&s, Property::NoInternalNonMonotonicSend).len(), 1);
    assert_eq!(messages(&s, Property::NoNonMonotonicSend), NONE);
}

#[test]
fn an_acknowledged_message_that_is_passed_over_is_a_lost_write() {
    // B1 alone had 4 and 5, and died; B2 put 6 in the place of 4, and a consumer was given that and 7.
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 8).store(B1, 0, 6, 0);
    s.follow(B2, 0, 4, 0).ack(0, 6).show(B1, 6, 6);
    let acked = s.records.len() as u64 - 1;
    s.hand(C1, 0, 4, 0).crash(B1).lead(B2, 1);
    s.store(B2, 6, 2, 4).ack(6, 1).show(B2, 6, 6);
    assert_eq!(
        messages(&s, Property::NoLostWrite),
        NONE,
        "nobody is past it"
    );
    s.hand(C1, 6, 2, 4);
    let last = s.records.len() as u64;
    // Of 5 nobody can say: nobody was given anything behind its place.
    assert_eq!(
        findings(&s, Property::NoLostWrite),
        [(
            "lost write: p1→orders/0#4 was acknowledged at offset 4 of orders/0, and nobody was given it".to_owned(),
            vec![acked, last]
        )]
    );
}

#[test]
fn an_acknowledged_message_must_be_seen_in_time() {
    let property = Property::NoUnobserved {
        within: Duration::from_ms(5),
    };
    let mut s = six();
    s.hand(C1, 0, 5, 0);
    let end = |s: &mut Script| {
        for _ in 0..4 {
            s.show(B1, 6, 6);
        }
    };
    end(&mut s);
    assert_eq!(
        messages(&s, property),
        ["unobserved: p1→orders/0#5 was acknowledged, and 5ms later nobody had been given it"]
    );
    s.hand(C2, 5, 1, 5);
    assert_eq!(messages(&s, property), NONE);
    // What failed need not be seen, nor what was acknowledged just now.
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 2).store(B1, 0, 2, 0).refuse(0, 1);
    end(&mut s);
    s.ack(1, 1);
    assert_eq!(messages(&s, property), NONE);
}
