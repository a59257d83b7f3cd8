//! What a power loss may do to acknowledged records, over fault schedules by chance.
//!
//! KIP-966 ("Eligible Leader Replicas") describes the one way in which `acks=all`, `min.insync.replicas` of two and clean
//! elections still lose a committed record, before its own remedy: the "last replica standing". A replica that loses the
//! end of its log with the machine's power is thrown out of the in-sync replicas and comes back only when it has caught up,
//! so that what it lost comes back from the others. But the in-sync replicas are never none: the last of them stays in sync
//! although it is dead. If that one has lost unsynced records, it is elected again, and the others cut their logs back to
//! its own. (When all of them lose power at once, all but one are thrown out first, and the rest is the same.)
//!
//! So whenever a leader takes over without a record that was acknowledged, which every leader before it had, then
//! - this leader's own copy went with a power loss, and did not come back since, and
//! - it was the only in-sync replica when it was elected, and
//! - the election was clean.
//!
//! That is checked here on the records of each run. Where there is no power loss in the schedule, it follows that nothing is
//! lost: no leader lacks what was acknowledged, whoever has read it already.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use splitbrain::checks::Property;
use splitbrain::sim::record::Gone;
use splitbrain::sim::{Fact, Pid, QueueId, Record, Span};

use super::properties::{Case, broken, case, config, gentle};

/// A message, by its lane and its number there.
type Name = (u32, u32);

fn names(span: Span) -> impl Iterator<Item = Name> {
    span.numbers().map(move |n| (span.lane.0, n))
}

/// A copy of a partition's log, as far as records tell.
#[derive(Default)]
struct Copy {
    /// Messages, and the offsets at which they are.
    holds: BTreeMap<Name, BTreeSet<u64>>,
    /// Messages whose last copy here went with a power loss, and did not come back.
    unsynced: BTreeSet<Name>,
}

struct Election {
    event: u64,
    clean: bool,
    /// How many were in sync after it.
    in_sync: u32,
}

/// A partition.
#[derive(Default)]
struct Partition {
    copies: BTreeMap<Pid, Copy>,
    acked: BTreeSet<Name>,
    lost: BTreeSet<Name>,
    in_sync: u32,
    /// By leader epoch.
    elections: BTreeMap<u32, Election>,
    /// The last leader that took over, and its epoch.
    leader: Option<(Pid, u32)>,
}

impl Partition {
    /// At the beginning all replicas are in sync, and brokers know who leads before it is said.
    fn new(replication: u32) -> Self {
        let first = Election {
            event: 0,
            clean: true,
            in_sync: replication,
        };
        Self {
            in_sync: replication,
            elections: BTreeMap::from([(0, first)]),
            ..Self::default()
        }
    }

    fn heed(&mut self, record: &Record) -> Result<(), String> {
        match record.fact {
            Fact::Acked { span, .. } => {
                self.acked.extend(names(span));
            }
            Fact::Stored { span, offset, .. } => {
                let copy = self.copies.entry(record.pid).or_default();
                for (name, at) in names(span).zip(offset..) {
                    copy.holds.entry(name).or_default().insert(at);
                    copy.unsynced.remove(&name);
                }
            }
            Fact::Unstored {
                span, offset, why, ..
            } => {
                let copy = self.copies.entry(record.pid).or_default();
                for (name, at) in names(span).zip(offset..) {
                    let offsets = copy.holds.entry(name).or_default();
                    offsets.remove(&at);
                    if offsets.is_empty() && why == Gone::Unsynced {
                        copy.unsynced.insert(name);
                    }
                }
            }
            Fact::Elected { epoch, clean, .. } => {
                let election = Election {
                    event: record.event,
                    clean,
                    in_sync: self.in_sync,
                };
                self.elections.insert(epoch, election);
            }
            Fact::InSync { members, .. } => {
                self.in_sync = members;
                if let Some(mut last) = self.elections.last_entry()
                    && last.get().event == record.event
                {
                    last.get_mut().in_sync = members;
                }
            }
            Fact::Leads { epoch, .. } => {
                self.leader = Some((record.pid, epoch));
                self.judge(record.at)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Looks for what was acknowledged and the leader does not have.
    fn judge(&mut self, at: u64) -> Result<(), String> {
        let Some((leader, epoch)) = self.leader else {
            return Ok(());
        };
        let copy = self.copies.entry(leader).or_default();
        let election = &self.elections[&epoch];
        for &name in &self.acked {
            let has = copy.holds.get(&name).is_some_and(|o| !o.is_empty());
            if has || !self.lost.insert(name) {
                continue;
            }
            let last_standing =
                copy.unsynced.contains(&name) && election.in_sync == 1 && election.clean;
            if !last_standing {
                return Err(format!(
                    "{:.3} s: the leader {leader:?} of epoch {epoch} ({} in sync, clean: {}) lacks {name:?}; lost with power: {}",
                    at as f64 / 1e9,
                    election.in_sync,
                    election.clean,
                    copy.unsynced.contains(&name)
                ));
            }
        }
        Ok(())
    }
}

/// How many acknowledged records are lost in the end; an error if one is lost in another way than KIP-966's.
fn losses(case: &Case) -> Result<usize, String> {
    let loaded = case.load();
    let sim = &mut loaded.plan.build(case.seed);
    let mut records: Vec<Record> = Vec::new();
    sim.run_until(loaded.plan.duration_ns, &mut records);
    let mut partitions: BTreeMap<QueueId, Partition> = BTreeMap::new();
    for record in &records {
        let (Fact::Acked { queue, .. }
        | Fact::Stored { queue, .. }
        | Fact::Unstored { queue, .. }
        | Fact::Elected { queue, .. }
        | Fact::InSync { queue, .. }
        | Fact::Leads { queue, .. }) = record.fact
        else {
            continue;
        };
        let fresh = || Partition::new(case.replication);
        if !sim.names().queues[queue.index()].internal {
            let partition = partitions.entry(queue).or_insert_with(fresh);
            partition.heed(record)?;
        }
    }
    let mut lost = 0;
    for partition in partitions.values_mut() {
        // Answers may have arrived after the last election.
        partition.judge(loaded.plan.duration_ns)?;
        lost += partition.lost.len();
    }
    Ok(lost)
}

/// Machines that lose power, alone or together, for a second or half a minute.
fn power() -> impl Strategy<Value = String> {
    let who = prop_oneof![
        Just("AnyOf(\"broker\", 1)"),
        Just("AnyOf(\"broker\", 2)"),
        Just("LeaderOf(\"k/t/0\")"),
        Just("FollowerOf(\"k/t/0\")"),
        Just("Zone(\"a\")"),
        Just("\"broker\""),
    ];
    (5u32..45, 1u32..30, who).prop_map(|(from, lasts, who)| {
        format!(
            "During(\"{from}s\", \"{}s\", PowerLoss({who}))",
            from + lasts
        )
    })
}

/// What KIP-966 speaks of: two replicas at least have what is acknowledged, and no unclean election.
fn safe(case: Case) -> Case {
    Case {
        brokers: case.brokers.max(3),
        replication: 3,
        min_insync: 2,
        unclean: false,
        old_truncation: false,
        acks: "All",
        ..case
    }
}

/// How many runs lost something, and how many did not.
fn try_out(cases: u32, faults: impl Strategy<Value = Vec<String>> + 'static) -> (u32, u32) {
    let (with, without) = (Cell::new(0), Cell::new(0));
    let result = TestRunner::new(config(cases)).run(&case(faults), |case| {
        let case = safe(case);
        let fail = |why: String| TestCaseError::fail(format!("{why}\n{}", case.text()));
        let lost = losses(&case).map_err(fail)?;
        let count = if lost > 0 { &with } else { &without };
        count.set(count.get() + 1);
        // The check that people are shown forgives what every group had got. What it blames is lost here too.
        if let Some(found) = broken(&case.run(), Property::NoAckedLoss)
            && lost == 0
        {
            return Err(fail(found));
        }
        Ok(())
    });
    result.unwrap_or_else(|e| panic!("{e}"));
    (with.get(), without.get())
}

#[test]
fn a_power_loss_takes_acknowledged_records_only_from_the_last_replica_standing() {
    let faults = (
        prop::collection::vec(power(), 1..4),
        prop::collection::vec(gentle(), 0..4),
    );
    let faults = faults.prop_map(|(power, gentle)| [power, gentle].concat());
    let (with, without) = try_out(64, faults);
    // Otherwise little was tried.
    assert!(
        with >= 5 && without >= 5,
        "{with} with losses, {without} without"
    );
}

#[test]
fn without_a_power_loss_every_leader_has_all_that_was_acknowledged() {
    let (with, _) = try_out(48, prop::collection::vec(gentle(), 2..7));
    assert_eq!(with, 0);
}

#[test]
fn a_loss_of_another_kind_is_told_apart() {
    // One after another fails; the first that comes back was not in sync: an unclean election loses what the last one took.
    let case = Case {
        seed: 1,
        brokers: 3,
        partitions: 1,
        replication: 3,
        min_insync: 1,
        unclean: true,
        old_truncation: false,
        acks: "All",
        idempotent: true,
        consumers: 1,
        commit: "commit: AfterProcessing",
        assignor: "Range",
        faults: vec![
            "During(\"10s\", \"45s\", Crash(\"broker-1\"))".to_owned(),
            "During(\"20s\", \"65s\", Crash(\"broker-2\"))".to_owned(),
            "During(\"35s\", \"65s\", Crash(\"broker-3\"))".to_owned(),
        ],
    };
    let why = losses(&case).expect_err("not the last replica standing");
    assert!(
        why.contains("clean: false") && why.contains("lost with power: false"),
        "{why}"
    );
    assert_eq!(losses(&safe(case)), Ok(0), "and not without one");
}
