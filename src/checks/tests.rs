//! Hand-written histories, each of which keeps or breaks a property in a way that is evident.

use super::*;
use crate::sim::ledger::script::*;
use crate::sim::record::{Fact, Gone};
use crate::sim::{MS, SECOND};

fn checked(groups: u32, script: &Script, properties: &[Property]) -> Checked {
    let mut all = Checked {
        ledger: Ledger::new(names(groups)),
        checks: Checks::of(properties),
    };
    for record in &script.records {
        all.record(record);
    }
    let end = script.records.last().map_or(0, |r| r.at);
    all.checks.finish(end, &all.ledger);
    all
}

fn verdict(script: &Script, property: Property) -> &'static str {
    let all = checked(1, script, &[property]);
    all.checks.verdict(&property).unwrap().word()
}

/// Four messages, made, stored on two brokers, acknowledged, and shown.
fn four() -> Script {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .follow(B2, 0, 4, 0);
    s.show(B1, 4, 4).ack(0, 4);
    s
}

#[test]
fn a_good_run_breaks_nothing() {
    let mut s = four();
    s.hand(C1, 0, 4, 0).process(C1, 0, 4, 0).commit(4);
    for property in [
        Property::NoAckedLoss,
        Property::SingleLeaderPerEpoch,
        Property::OneOwnerPerPartition,
        Property::AtLeastOnce,
        Property::AtMostOnce,
        Property::ExactlyOnce,
        Property::OrderPerKey,
        Property::OrderPerPartition,
        Property::CommittedPrefix,
        Property::NoUncleanElection,
        Property::Conservation,
    ] {
        assert_eq!(verdict(&s, property), "holds", "{property}");
    }
}

#[test]
fn an_acknowledged_message_only_the_dead_leader_had() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .follow(B2, 0, 1, 0)
        .ack(0, 4);
    s.crash(B1).lead(B2, 1);
    let all = checked(1, &s, &[Property::NoAckedLoss]);
    let findings = all.checks.all_findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].message,
        "the new leader does not have 3 messages p1→orders/0#1…3, though acknowledged"
    );
    // The crash and the election prove it.
    assert_eq!(findings[0].evidence, [9, 10]);
    assert_eq!(findings[0].at, 10 * MS);
    // Should the old leader lead again with all of them, nothing was lost after all.
    s.crash(B2).lead(B1, 2);
    assert_eq!(verdict(&s, Property::NoAckedLoss), "holds");
}

#[test]
fn what_was_not_acknowledged_may_go() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .crash(B1)
        .lead(B2, 1);
    assert_eq!(verdict(&s, Property::NoAckedLoss), "holds");
    assert_eq!(verdict(&s, Property::AtLeastOnce), "holds");
}

#[test]
fn going_back_to_what_was_passed_over_brings_no_lost_message_back() {
    let reset = |offset| Fact::Reset {
        group: GROUP,
        queue: QUEUE,
        offset,
    };
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 3)
        .store(B1, 0, 3, 0)
        .follow(B2, 0, 2, 0)
        .ack(0, 3);
    s.tell(C1, reset(2)).crash(B1).lead(B2, 1);
    assert_eq!(verdict(&s, Property::NoAckedLoss), "broken");
    s.tell(C1, reset(0)).hand(C1, 0, 2, 0).process(C1, 0, 2, 0);
    assert_eq!(verdict(&s, Property::NoAckedLoss), "broken");
}

#[test]
fn a_consumer_that_commits_first_and_dies() {
    let mut s = four();
    s.hand(C1, 0, 4, 0).commit(4).crash(C1);
    assert_eq!(verdict(&s, Property::AtLeastOnce), "broken");
    assert_eq!(verdict(&s, Property::AtMostOnce), "holds");
    assert_eq!(verdict(&s, Property::ExactlyOnce), "broken");
    // The log has them all: it lost nothing.
    assert_eq!(verdict(&s, Property::NoAckedLoss), "holds");
}

#[test]
fn a_consumer_that_dies_before_it_commits() {
    let mut s = four();
    s.hand(C1, 0, 4, 0).process(C1, 0, 4, 0).crash(C1);
    s.hand(C2, 0, 4, 0).process(C2, 0, 4, 0);
    assert_eq!(verdict(&s, Property::AtLeastOnce), "holds");
    assert_eq!(verdict(&s, Property::AtMostOnce), "broken");
    assert_eq!(verdict(&s, Property::ExactlyOnce), "broken");
    let all = checked(1, &s, &[Property::AtMostOnce]);
    let found = all.checks.findings(&Property::AtMostOnce).unwrap();
    let message = "group-0 was given 4 messages p1→orders/0#0…3 again by c2";
    assert_eq!(
        (found.count(), found.kept()[0].message.as_str()),
        (1, message)
    );
}

#[test]
fn retention_that_is_too_short() {
    let mut s = four();
    s.unstore(B1, 0, 2, 0, Gone::Expired)
        .unstore(B2, 0, 2, 0, Gone::Expired);
    assert_eq!(verdict(&s, Property::AtLeastOnce), "broken");
    assert_eq!(verdict(&s, Property::NoAckedLoss), "holds");
}

#[test]
fn order_of_keys_and_of_partitions() {
    let late = |keys: [u32; 2]| {
        let mut s = Script::default();
        s.produce_key(0, Some(keys[0]))
            .produce_key(1, Some(keys[1]));
        s.lead(B1, 0)
            .store(B1, 1, 1, 0)
            .store(B1, 0, 1, 1)
            .ack(0, 2);
        s.hand(C1, 1, 1, 0).process(C1, 1, 1, 0);
        s.hand(C1, 0, 1, 1).process(C1, 0, 1, 1);
        s
    };
    assert_eq!(verdict(&late([5, 6]), Property::OrderPerKey), "holds");
    assert_eq!(
        verdict(&late([5, 6]), Property::OrderPerPartition),
        "broken"
    );
    assert_eq!(verdict(&late([5, 5]), Property::OrderPerKey), "broken");
}

#[test]
fn two_leaders_in_one_epoch() {
    let mut s = Script::default();
    s.lead(B1, 3).lead(B2, 4).lead(B1, 3);
    assert_eq!(verdict(&s, Property::SingleLeaderPerEpoch), "holds");
    s.lead(B1, 4);
    let all = checked(1, &s, &[Property::SingleLeaderPerEpoch]);
    let found = all.checks.all_findings();
    assert_eq!(found[0].message, "b2 and b1 both lead orders/0 in epoch 4");
    assert_eq!(found[0].evidence, [2, 4]);
}

#[test]
fn two_owners_in_one_generation() {
    let (group, queue) = (GROUP, QUEUE);
    let assigned = |generation| Fact::Assigned {
        group,
        queue,
        generation,
    };
    let mut s = Script::default();
    s.tell(C1, assigned(1))
        .tell(C2, assigned(2))
        .tell(C2, assigned(3));
    // A zombie that hears of generation 1 late harms nobody.
    s.tell(C1, assigned(1));
    assert_eq!(verdict(&s, Property::OneOwnerPerPartition), "holds");
    let mut replaced = Script::default();
    replaced
        .tell(C1, assigned(1))
        .crash(C1)
        .tell(C2, assigned(1));
    assert_eq!(verdict(&replaced, Property::OneOwnerPerPartition), "holds");
    s.tell(C1, assigned(3));
    assert_eq!(verdict(&s, Property::OneOwnerPerPartition), "broken");
}

#[test]
fn consumers_saw_what_the_new_leader_does_not_have() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .follow(B2, 0, 2, 0)
        .show(B1, 2, 4);
    let mut later = Script {
        records: s.records.clone(),
    };
    s.crash(B1).lead(B2, 1);
    assert_eq!(verdict(&s, Property::CommittedPrefix), "holds");
    later.show(B1, 4, 4).crash(B1).lead(B2, 1);
    assert_eq!(verdict(&later, Property::CommittedPrefix), "broken");
}

#[test]
fn what_a_leader_loses_with_its_power_is_still_what_consumers_saw() {
    let lost = |leader| {
        let mut s = four();
        s.tell(B1, Fact::Crashed { power: true });
        s.unstore(B1, 0, 4, 0, Gone::Unsynced).lead(leader, 1);
        s
    };
    // Another one has it all.
    assert_eq!(verdict(&lost(B2), Property::CommittedPrefix), "holds");
    // Who comes back without it has not.
    assert_eq!(verdict(&lost(B1), Property::CommittedPrefix), "broken");
}

#[test]
fn visible_before_the_followers_have_it() {
    let in_sync = |members| Fact::InSync {
        queue: QUEUE,
        members,
        of: 3,
        grew: false,
    };
    let mut s = Script::default();
    s.lead(B1, 0)
        .tell(B1, in_sync(2))
        .produce(0, 4)
        .store(B1, 0, 4, 0);
    s.follow(B2, 0, 2, 0).show(B1, 2, 4);
    assert_eq!(verdict(&s, Property::HighWatermarkWithinIsr), "holds");
    s.show(B1, 3, 4);
    assert_eq!(verdict(&s, Property::HighWatermarkWithinIsr), "broken");
}

#[test]
fn an_unclean_election_is_told() {
    let elected = |clean| Fact::Elected {
        queue: QUEUE,
        leader: Some(B2),
        epoch: 1,
        clean,
    };
    let mut s = Script::default();
    s.tell(B1, elected(true));
    assert_eq!(verdict(&s, Property::NoUncleanElection), "holds");
    s.tell(B1, elected(false));
    assert_eq!(verdict(&s, Property::NoUncleanElection), "broken");
}

#[test]
fn messages_from_nowhere() {
    let mut s = four();
    s.store(B1, 4, 1, 4);
    assert_eq!(verdict(&s, Property::Conservation), "broken");
}

#[test]
fn recovery_is_judged_when_its_time_is_up() {
    let property = Property::Recovers {
        within: Duration::from_ms(100),
    };
    let history = |deliver: bool, until_ms: u64| {
        let mut s = four();
        s.hand(C1, 0, 4, 0)
            .process(C1, 0, 4, 0)
            .crash(B1)
            .lead(B2, 1);
        s.produce(4, 60).store(B2, 4, 60, 4).ack(4, 60);
        if deliver {
            s.hand(C1, 4, 60, 4).process(C1, 4, 60, 4);
        }
        let mut all = Checked {
            ledger: Ledger::new(names(1)),
            checks: Checks::of(&[property]),
        };
        for record in &s.records {
            all.record(record);
        }
        all.checks.finish(until_ms * MS, &all.ledger);
        all.checks.verdict(&property).unwrap().word()
    };
    // The crash is at 12 ms.
    assert_eq!(history(true, 90), "undecided");
    assert_eq!(history(true, 200), "holds");
    assert_eq!(history(false, 200), "broken");
}

#[test]
fn findings_are_counted_all_and_kept_few() {
    let mut s = Script::default();
    for _ in 0..25 {
        s.show(B1, 5, 4);
    }
    let all = checked(1, &s, &[Property::CommittedPrefix]);
    let found = all.checks.findings(&Property::CommittedPrefix).unwrap();
    assert_eq!((found.count(), found.kept().len()), (25, 10));
}

#[test]
fn the_number_of_a_finding_does_not_depend_on_how_many_are_kept() {
    let properties = [Property::CommittedPrefix, Property::SingleLeaderPerEpoch];
    let mut s = Script::default();
    s.lead(B1, 0);
    for _ in 0..25 {
        s.show(B1, 5, 4);
    }
    // It has not what was visible either.
    s.lead(B2, 0);
    let told = |up_to: usize| {
        let mut all = Checked {
            ledger: Ledger::new(names(1)),
            checks: Checks::of(&properties),
        };
        all.checks.keep_up_to(up_to);
        for record in &s.records {
            all.record(record);
        }
        assert_eq!(all.checks.count(), 27);
        let findings = all.checks.all_findings().into_iter().cloned();
        findings.collect::<Vec<_>>()
    };
    let (usual, some, all) = (told(1), told(17), told(27));
    assert_eq!((usual.len(), some.len(), all.len()), (11, 18, 27));
    assert_eq!(usual[10].property, Property::SingleLeaderPerEpoch);
    assert_eq!((&some[..11], &all[..18]), (&usual[..], &some[..]));
}

#[test]
fn expectations_are_written_as_in_the_design() {
    let text = r#"[Breaks(NoAckedLoss), Holds(SingleLeaderPerEpoch), Recovers(within: "15s"),
        Holds(Recovers(within: "1m")), AtLeast("lag.max", 500), AtMost("latency.end_to_end.p99", "500ms")]"#;
    let expect: Vec<Expect> = ron::from_str(text).unwrap();
    assert_eq!(expect[2].property(), expect[2].property());
    let shown: Vec<String> = expect.iter().map(ToString::to_string).collect();
    let again: Vec<Expect> = shown.iter().map(|t| ron::from_str(t).unwrap()).collect();
    assert_eq!(again, expect);
    assert_eq!(shown[4], r#"AtLeast("lag.max", 500)"#, "a count is whole");
    let half: Expect = ron::from_str(r#"AtMost("x", 0.5)"#).unwrap();
    assert_eq!(half.to_string(), r#"AtMost("x", 0.5)"#);
    assert_eq!(expect[0].label(), "breaks: no acknowledged message lost");
    assert_eq!(expect[2].label(), "recovers within 15s");
    assert_eq!(expect[5].label(), "latency.end_to_end.p99 at most 500ms");
    let checks = Checks::new(&expect, &names(1));
    assert!(checks.verdict(&expect[3].property().unwrap()).is_some());
    assert!(checks.verdict(&Property::Conservation).is_some());
    let nothing_queued = Checks::new(&expect, &Names::default());
    assert!(
        nothing_queued.verdict(&Property::NoAckedLoss).is_some(),
        "expected"
    );
    assert!(
        nothing_queued.verdict(&Property::Conservation).is_none(),
        "of nothing"
    );
}

#[test]
fn expectations_are_met_or_say_why_not() {
    use crate::sim::amount::Amount;
    let at_most = Expect::AtMost("x".into(), Amount::time(2 * SECOND));
    let with = |metric| at_most.evaluate(|_| None, |_| metric);
    assert_eq!(with(Some(Amount::time(SECOND))), Outcome::Met);
    assert_eq!(with(Some(Amount::time(3 * SECOND))).why(), Some("it is 3s"));
    assert_eq!(with(None).word(), "unknown");
    let mismatch = with(Some(Amount::count(3)));
    assert_eq!(
        mismatch.why(),
        Some("`x` is measured in plain numbers: write it like 1000")
    );
    let breaks = Expect::Breaks(Property::NoAckedLoss);
    let outcome = breaks.evaluate(|_| Some(Verdict::Holds), |_| None);
    assert_eq!(outcome, Outcome::NotMet("it holds".into()));
    let open = breaks.evaluate(|_| Some(Verdict::Undecided("it rains")), |_| None);
    assert_eq!(open, Outcome::Unknown("it rains".into()));
}

#[test]
fn a_finding_explains_itself_with_its_events() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .follow(B2, 0, 1, 0)
        .ack(0, 4);
    s.crash(B1).lead(B2, 1);
    let all = checked(1, &s, &[Property::NoAckedLoss]);
    assert_eq!(
        all.checks.all_findings()[0].explanation(),
        "Expected: no acknowledged message lost. A message whose producer was told that it is stored stays in the log that \
         counts until every group had it. Retention may remove it, and a consumer may skip it: neither is a loss of the log. \
         This broke at 10ms in event #10: the new leader does not have 3 messages p1→orders/0#1…3, though acknowledged. It follows \
         from #9 (the last crash before it)."
    );
    // Without other evidence than the event itself, nothing more is said.
    let mut s = Script::default();
    s.show(B1, 5, 4);
    let all = checked(1, &s, &[Property::CommittedPrefix]);
    let explanation = all.checks.all_findings()[0].explanation();
    assert!(
        explanation.ends_with("but its log ends at 4."),
        "{explanation}"
    );
}
