//! Hand-written histories whose end is evident, and random ones against an account kept naively.

use super::script::*;
use super::*;
use crate::sim::record::Gone;

pub(super) fn run(groups: u32, script: &Script) -> (Ledger, Vec<Change>) {
    let mut ledger = Ledger::new(names(groups));
    let mut changes = Vec::new();
    for record in &script.records {
        ledger.record(record);
        changes.extend_from_slice(ledger.changes());
        assert!(ledger.account().balances(), "after {record:?}");
    }
    (ledger, changes)
}

/// (produced, delivered, in flight, lost, expired)
pub(super) fn account(ledger: &Ledger) -> [u64; 5] {
    let a = ledger.account();
    [a.produced, a.delivered, a.in_flight, a.lost, a.expired]
}

fn end_of(script: &Script) -> [u64; 5] {
    account(&run(1, script).0)
}

fn again(changes: &[Change]) -> usize {
    let is_again = |c: &&Change| matches!(c.what, What::Delivered { again: true, .. });
    changes.iter().filter(is_again).count()
}

#[test]
fn a_message_that_goes_well() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 1).store(B1, 0, 1, 0);
    s.follow(B2, 0, 1, 0).show(B1, 1, 1).ack(0, 1);
    assert_eq!(end_of(&s), [1, 0, 1, 0, 0]);
    s.hand(C1, 0, 1, 0).process(C1, 0, 1, 0).commit(1);
    let (ledger, changes) = run(1, &s);
    assert_eq!(account(&ledger), [1, 1, 0, 0, 0]);
    assert_eq!(ledger.remembered(), 0);
    // One line each millisecond: produced at 2, stored 3, visible 5, acked 6, handed 7, processed 8.
    let mut took = Vec::new();
    let mut again = Ledger::new(names(1));
    for record in &s.records {
        again.apply(record, &mut |hop, ns, count| {
            took.push((hop, ns / crate::sim::MS, count));
        });
    }
    let expected = [
        (Hop::Stored, 1, 1),
        (Hop::Visible, 2, 1),
        (Hop::Acked, 4, 1),
        (Hop::Handed, 2, 1),
        (Hop::Processed, 1, 1),
    ];
    assert_eq!(took, expected);
    let delivered = changes.iter().find_map(|c| match c.what {
        What::Delivered { ns, again, .. } => Some((ns / crate::sim::MS, again)),
        _ => None,
    });
    assert_eq!(delivered, Some((6, false)));
    let reader = &ledger.queues()[0].readers()[0];
    assert_eq!(
        (reader.open(), reader.handed(), reader.committed()),
        (1, 1, 1)
    );
}

#[test]
fn what_only_the_dead_leader_had_is_lost_when_another_leads() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 10).store(B1, 0, 10, 0);
    s.follow(B2, 0, 6, 0).ack(0, 10).crash(B1);
    assert_eq!(end_of(&s), [10, 0, 10, 0, 0]);
    s.lead(B2, 1);
    assert_eq!(end_of(&s), [10, 0, 6, 4, 0]);
    // The old leader comes back and cuts its log: nothing more is lost.
    s.unstore(B1, 6, 4, 6, Gone::Truncated);
    let (ledger, _) = run(1, &s);
    assert_eq!(account(&ledger), [10, 0, 6, 4, 0]);
    assert_eq!(ledger.account().lost_acked, 4);
}

#[test]
fn an_unclean_return_of_the_old_leader_brings_messages_back() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 10).store(B1, 0, 10, 0);
    s.follow(B2, 0, 6, 0).ack(0, 10).crash(B1).lead(B2, 1);
    s.crash(B2).lead(B1, 2);
    assert_eq!(end_of(&s), [10, 0, 10, 0, 0]);
    s.hand(C1, 0, 10, 0).process(C1, 0, 10, 0);
    assert_eq!(end_of(&s), [10, 10, 0, 0, 0]);
}

#[test]
fn an_unacknowledged_message_is_not_lost_but_with_its_producer() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 2).store(B1, 0, 2, 0);
    s.crash(B1).lead(B2, 1);
    assert_eq!(end_of(&s), [2, 0, 2, 0, 0]);
    // One is sent again, the other given up.
    s.store(B2, 0, 1, 0).ack(0, 1).refuse(1, 1);
    assert_eq!(end_of(&s), [2, 0, 1, 0, 1]);
}

#[test]
fn refused_but_stored_is_delivered_all_the_same() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 1).refuse(0, 1);
    assert_eq!(end_of(&s), [1, 0, 0, 0, 1]);
    s.store(B1, 0, 1, 0);
    assert_eq!(end_of(&s), [1, 0, 1, 0, 0]);
    s.hand(C1, 0, 1, 0).process(C1, 0, 1, 0);
    let (ledger, changes) = run(1, &s);
    assert_eq!(account(&ledger), [1, 1, 0, 0, 0]);
    let told = |c: &Change| {
        matches!(
            c.what,
            What::Delivered {
                refused: true,
                again: false,
                ..
            }
        )
    };
    assert!(changes.iter().any(told));
}

#[test]
fn a_retry_stored_twice_is_delivered_twice() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 2)
        .store(B1, 0, 2, 0)
        .store(B1, 0, 2, 2)
        .ack(0, 2);
    s.hand(C1, 0, 2, 0).process(C1, 0, 2, 0);
    s.hand(C1, 0, 2, 2).process(C1, 0, 2, 2);
    let (ledger, changes) = run(1, &s);
    assert_eq!(account(&ledger), [2, 2, 0, 0, 0]);
    assert_eq!(again(&changes), 2);
    let stored_again = changes.iter().filter(|c| c.what == What::StoredAgain);
    assert_eq!(stored_again.count(), 2);
}

#[test]
fn a_crashed_consumer_after_commit_loses_before_commit_repeats() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .ack(0, 4)
        .show(B1, 4, 4);
    // Commits all four before the work, does one, dies.
    s.hand(C1, 0, 4, 0).commit(4).process(C1, 0, 1, 0);
    assert_eq!(end_of(&s), [4, 1, 3, 0, 0]);
    s.crash(C1);
    assert_eq!(end_of(&s), [4, 1, 0, 3, 0]);

    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .ack(0, 4)
        .show(B1, 4, 4);
    // Does two, has committed none, dies; the next one gets them all.
    s.hand(C1, 0, 4, 0).process(C1, 0, 2, 0).crash(C1);
    assert_eq!(end_of(&s), [4, 2, 2, 0, 0]);
    s.hand(C2, 0, 4, 0).process(C2, 0, 4, 0);
    let (ledger, changes) = run(1, &s);
    assert_eq!(account(&ledger), [4, 4, 0, 0, 0]);
    assert_eq!(again(&changes), 2);
}

#[test]
fn a_commit_that_arrives_after_the_crash_skips_too() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 2).store(B1, 0, 2, 0).ack(0, 2);
    s.hand(C1, 0, 2, 0).crash(C1);
    assert_eq!(end_of(&s), [2, 0, 2, 0, 0]);
    s.commit(2);
    assert_eq!(end_of(&s), [2, 0, 0, 2, 0]);
}

#[test]
fn a_reset_to_the_end_skips_and_a_reset_to_the_beginning_finds_again() {
    let mut s = Script::default();
    let reset = |offset| Fact::Reset {
        group: GROUP,
        queue: QUEUE,
        offset,
    };
    s.lead(B1, 0).produce(0, 5).store(B1, 0, 5, 0).ack(0, 5);
    s.tell(C1, reset(3));
    assert_eq!(end_of(&s), [5, 0, 2, 3, 0]);
    s.hand(C1, 3, 2, 3).process(C1, 3, 2, 3);
    assert_eq!(end_of(&s), [5, 2, 0, 3, 0]);
    s.tell(C1, reset(0)).hand(C1, 0, 5, 0).process(C1, 0, 5, 0);
    let (ledger, changes) = run(1, &s);
    assert_eq!(account(&ledger), [5, 5, 0, 0, 0]);
    assert_eq!(again(&changes), 2);
}

#[test]
fn retention_expires_what_was_not_delivered() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .follow(B2, 0, 4, 0)
        .ack(0, 4);
    s.hand(C1, 0, 1, 0).process(C1, 0, 1, 0);
    s.unstore(B1, 0, 3, 0, Gone::Expired)
        .unstore(B2, 0, 3, 0, Gone::Expired);
    s.hand(C1, 3, 1, 3).process(C1, 3, 1, 3);
    let (ledger, _) = run(1, &s);
    assert_eq!(account(&ledger), [4, 2, 0, 0, 2]);
    assert_eq!(ledger.queues()[0].start(), 3);
}

#[test]
fn without_acknowledgements_the_overtaken_are_lost() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 3).ack(0, 3);
    assert_eq!(end_of(&s), [3, 0, 3, 0, 0]);
    s.store(B1, 2, 1, 0);
    assert_eq!(end_of(&s), [3, 0, 1, 2, 0]);
}

#[test]
fn all_groups_must_have_it() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 1).store(B1, 0, 1, 0).ack(0, 1);
    s.hand(C1, 0, 1, 0).process(C1, 0, 1, 0);
    assert_eq!(account(&run(2, &s).0), [1, 0, 1, 0, 0]);
    s.hand_to(GroupId(1), C2, 0, 1, 0)
        .process_for(GroupId(1), C2, 0, 1, 0);
    assert_eq!(account(&run(2, &s).0), [1, 1, 0, 0, 0]);
    // Nobody reads: stored messages stay in flight.
    assert_eq!(account(&run(0, &s).0), [1, 0, 1, 0, 0]);
    assert_eq!(run(0, &s).0.account().waiting, 0);
}

#[test]
fn order_is_told_by_lane_and_by_key() {
    let mut s = Script::default();
    for (number, key) in [(0, 7), (1, 8), (2, 7)] {
        s.produce_key(number, Some(key));
    }
    s.lead(B1, 0)
        .store(B1, 2, 1, 0)
        .store(B1, 1, 1, 1)
        .store(B1, 0, 1, 2)
        .ack(0, 3);
    s.hand(C1, 2, 1, 0).process(C1, 2, 1, 0);
    s.hand(C1, 1, 1, 1).process(C1, 1, 1, 1);
    s.hand(C1, 0, 1, 2).process(C1, 0, 1, 2);
    let (_, changes) = run(1, &s);
    let late: Vec<_> = changes
        .iter()
        .filter_map(|c| match c.what {
            What::Delivered {
                after,
                after_of_key,
                ..
            } => Some((c.span.first, after, after_of_key)),
            _ => None,
        })
        .collect();
    // 1 comes after 2 but has another key; 0 comes after 2, which has the same.
    assert_eq!(
        late,
        [(2, None, None), (1, Some(2), None), (0, Some(2), Some(2))]
    );
}

#[test]
fn a_shorter_new_leader_rewrites_what_consumers_saw() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 8)
        .store(B1, 0, 8, 0)
        .follow(B2, 0, 5, 0)
        .ack(0, 8);
    s.show(B1, 8, 8)
        .hand(C1, 0, 6, 0)
        .process(C1, 0, 6, 0)
        .crash(B1)
        .lead(B2, 1);
    let (ledger, changes) = run(1, &s);
    let rewritten = What::Rewritten { from: 5, to: 8 };
    assert!(changes.iter().any(|c| c.what == rewritten));
    assert_eq!(account(&ledger), [8, 6, 0, 2, 0]);
    // The reader goes on at its old position 6: what now stands at 5 it never sees.
    s.produce(8, 3)
        .store(B2, 8, 3, 5)
        .ack(8, 3)
        .hand(C1, 9, 2, 6)
        .process(C1, 9, 2, 6);
    assert_eq!(end_of(&s), [11, 8, 0, 3, 0]);
}

#[test]
fn nobody_produced_it() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 1).store(B1, 0, 3, 0);
    let (_, changes) = run(1, &s);
    let phantom = changes.iter().find(|c| c.what == What::Phantom);
    assert_eq!(phantom.map(|c| c.span), Some(span(1, 2)));
}

#[test]
fn logs_part_where_one_has_a_message_that_the_other_forgot() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 8)
        .store(B1, 0, 8, 0)
        .follow(B2, 0, 5, 0)
        .ack(0, 8)
        .show(B1, 8, 8);
    s.hand(C1, 0, 8, 0).process(C1, 0, 8, 0);
    // The first eight are over; the old leader's log is remembered from the ninth on.
    s.produce(8, 2).store(B1, 8, 2, 8).crash(B1);
    // The next one goes on behind the fifth, with other messages, which consumers see.
    s.lead(B2, 1)
        .produce(10, 5)
        .store(B2, 10, 5, 5)
        .ack(10, 5)
        .show(B2, 10, 10);
    // The old one comes back: the logs part behind the fifth message, not at the ninth.
    s.crash(B2).lead(B1, 2);
    let (ledger, changes) = run(1, &s);
    let rewritten = changes.iter().filter_map(|c| match c.what {
        What::Rewritten { from, to } => Some((from, to)),
        _ => None,
    });
    assert_eq!(rewritten.collect::<Vec<_>>(), [(5, 8), (5, 10)]);
    assert_eq!(account(&ledger), [15, 8, 2, 5, 0]);
}

#[test]
fn stored_twice_expires_with_its_last_offset_only() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 1)
        .store(B1, 0, 1, 0)
        .store(B1, 0, 1, 1)
        .ack(0, 1);
    s.unstore(B1, 0, 1, 0, Gone::Expired);
    assert_eq!(end_of(&s), [1, 0, 1, 0, 0]);
    let mut expired = Script {
        records: s.records.clone(),
    };
    expired.unstore(B1, 0, 1, 1, Gone::Expired);
    assert_eq!(end_of(&expired), [1, 0, 0, 0, 1]);
    // What goes with a power loss was not removed by retention, though an earlier copy of it was.
    s.unstore(B1, 0, 1, 1, Gone::Unsynced);
    assert_eq!(end_of(&s), [1, 0, 0, 1, 0]);
}

#[test]
fn what_was_counted_lost_and_is_stored_again_can_be_lost_again() {
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 1).store(B1, 0, 1, 0).ack(0, 1);
    s.crash(B1).unstore(B1, 0, 1, 0, Gone::Unsynced).lead(B2, 1);
    assert_eq!(end_of(&s), [1, 0, 0, 1, 0]);
    // A retry that was under way reaches the new leader, and others follow it.
    s.store(B2, 0, 1, 0).produce(1, 1).store(B2, 1, 1, 1);
    assert_eq!(end_of(&s), [2, 0, 2, 0, 0]);
    // The next leader never had it.
    s.crash(B2).lead(B3, 2);
    assert_eq!(end_of(&s), [2, 0, 1, 1, 0]);
}

#[test]
fn what_a_group_passed_over_stays_lost_when_retention_removes_it() {
    let mut s = Script::default();
    let reset = Fact::Reset {
        group: GROUP,
        queue: QUEUE,
        offset: 1,
    };
    s.lead(B1, 0).produce(0, 1).store(B1, 0, 1, 0).ack(0, 1);
    s.tell(C1, reset);
    assert_eq!(end_of(&s), [1, 0, 0, 1, 0]);
    s.unstore(B1, 0, 1, 0, Gone::Expired);
    assert_eq!(end_of(&s), [1, 0, 0, 1, 0]);
}
