//! What is remembered of messages whose life is over, and of those that nobody reads.

use super::script::*;
use super::tests::{account, run};
use super::*;
use crate::sim::record::Gone;

#[test]
fn memory_follows_what_is_alive() {
    let mut ledger = Ledger::new(names(1));
    let mut s = Script::default();
    s.lead(B1, 0);
    for number in 0..20_000 {
        let offset = u64::from(number);
        s.produce(number, 1)
            .store(B1, number, 1, offset)
            .follow(B2, number, 1, offset);
        s.show(B1, offset + 1, offset + 1).ack(number, 1);
        s.hand(C1, number, 1, offset)
            .process(C1, number, 1, offset)
            .commit(offset + 1);
        for record in s.records.drain(..) {
            ledger.record(&record);
        }
        assert!(ledger.remembered() <= 2);
        assert!(
            ledger.queues[0]
                .logs
                .iter()
                .all(|l| l.runs.len() <= store::TRIM_EVERY)
        );
    }
    assert_eq!(account(&ledger), [20_000, 20_000, 0, 0, 0]);
}

/// A topic that nobody reads, with one follower that lacks the last few messages.
fn unread(count: u32, behind: u32) -> Script {
    let mut s = Script::default();
    s.lead(B1, 0);
    for number in 0..count {
        let offset = u64::from(number);
        s.produce(number, 1).store(B1, number, 1, offset);
        if number < count - behind {
            s.follow(B2, number, 1, offset);
        }
        s.show(B1, offset + 1, offset + 1).ack(number, 1);
    }
    s
}

#[test]
fn memory_does_not_follow_what_nobody_reads() {
    let (ledger, _) = run(0, &unread(20_000, 0));
    assert_eq!(account(&ledger), [20_000, 0, 20_000, 0, 0]);
    assert!(ledger.remembered() <= 2, "{}", ledger.remembered());
    assert!(
        ledger.queues[0]
            .logs
            .iter()
            .all(|l| l.runs.len() <= store::TRIM_EVERY)
    );
}

#[test]
fn what_nobody_reads_is_lost_and_comes_back_message_by_message() {
    let mut s = unread(1000, 400);
    s.crash(B1).lead(B2, 1);
    let (ledger, changes) = run(0, &s);
    assert_eq!(account(&ledger), [1000, 0, 600, 400, 0]);
    assert_eq!(ledger.account().lost_acked, 400);
    let lost = changes.iter().filter(|c| {
        matches!(
            c.what,
            What::Became {
                to: State::Lost,
                ..
            }
        )
    });
    let lost: Vec<u32> = lost.map(|c| c.span.first).collect();
    assert_eq!(lost, (600..1000).collect::<Vec<_>>());
    let mut back = Script {
        records: s.records.clone(),
    };
    back.crash(B2).lead(B1, 2);
    assert_eq!(account(&run(0, &back).0), [1000, 0, 1000, 0, 0]);
    // Or the old leader agrees with the new one, and retention removes the first half.
    s.unstore(B1, 600, 400, 600, Gone::Truncated)
        .unstore(B2, 0, 500, 0, Gone::Expired);
    assert_eq!(account(&run(0, &s).0), [1000, 0, 100, 400, 500]);
    s.unstore(B1, 0, 500, 0, Gone::Expired)
        .crash(B2)
        .lead(B1, 2);
    assert_eq!(account(&run(0, &s).0), [1000, 0, 100, 400, 500]);
    s.unstore(B1, 500, 100, 500, Gone::Expired);
    assert_eq!(account(&run(0, &s).0), [1000, 0, 0, 400, 600]);
}
