//! Hand-written reads and writes of a database and a cache before it.

use std::sync::Arc;

use super::*;
use crate::sim::call::{CallEnd, CallFact};
use crate::sim::ledger::script::*;
use crate::sim::names::ServiceName;
use crate::sim::{Fact, Pid, ServiceId, Task};

const DB: ServiceId = ServiceId(0);
const CACHE: ServiceId = ServiceId(1);

fn shop() -> Arc<crate::sim::Names> {
    let mut names = (*names(1)).clone();
    for (name, part) in [("db", "database"), ("mc", "cache")] {
        names.services.push(ServiceName {
            name: name.into(),
            part,
            replicas: Vec::new(),
            running: 1,
            threads: None,
        });
    }
    names.copies.insert(CACHE, DB);
    Arc::new(names)
}

/// Operations on key 17, each step a millisecond and an event of its own.
#[derive(Default)]
struct Ops(Script);

impl Ops {
    fn call(&mut self, pid: Pid, service: ServiceId, call: u32) -> &mut Self {
        let fact = CallFact::Called {
            service,
            task: Task::NONE,
            attempt: 0,
            hedge: false,
            call,
        };
        self.0.tell(pid, Fact::Call(fact));
        self
    }

    /// The store does it.
    fn does(
        &mut self,
        from: Pid,
        service: ServiceId,
        call: u32,
        version: u32,
        writes: bool,
    ) -> &mut Self {
        let fact = CallFact::Accessed {
            service,
            from,
            call,
            key: 17,
            version,
            writes,
        };
        self.0.tell(B1, Fact::Call(fact));
        self
    }

    fn back(&mut self, pid: Pid, service: ServiceId, call: u32, end: CallEnd) -> &mut Self {
        let fact = CallFact::Returned {
            service,
            task: Task::NONE,
            end,
            call,
            ns: 0,
        };
        self.0.tell(pid, Fact::Call(fact));
        self
    }

    /// All of a read.
    fn read(&mut self, pid: Pid, service: ServiceId, version: u32) -> &mut Self {
        let call = self.0.records.len() as u32;
        self.call(pid, service, call)
            .does(pid, service, call, version, false)
            .back(pid, service, call, CallEnd::Ok)
    }

    /// All of a write.
    fn write(&mut self, pid: Pid, version: u32) -> &mut Self {
        let call = self.0.records.len() as u32;
        self.call(pid, DB, call)
            .does(pid, DB, call, version, true)
            .back(pid, DB, call, CallEnd::Ok)
    }
}

const ALL: [Property; 4] = [
    Property::NoStaleRead,
    Property::MonotonicReads,
    Property::ReadYourWrites,
    Property::LinearizableRegister,
];

fn checks(ops: &Ops) -> Checks {
    let mut all = Checked {
        ledger: Ledger::new(shop()),
        checks: Checks::of(&ALL),
    };
    for record in &ops.0.records {
        all.record(record);
    }
    let end = ops.0.records.last().map_or(0, |r| r.at);
    all.checks.finish(end, &all.ledger);
    all.checks
}

/// The properties that are broken.
fn broken(ops: &Ops) -> Vec<&'static str> {
    let checks = checks(ops);
    let broken = checks
        .verdicts()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_)));
    broken.map(|(property, _)| property.word()).collect()
}

fn stamp(version: u32) -> u32 {
    u32::from(CallFact::stamp(version))
}

#[test]
fn reads_of_what_was_written_last() {
    let mut ops = Ops::default();
    ops.read(C1, DB, 1).write(P1, 2).read(C1, DB, 2);
    ops.read(C1, CACHE, stamp(2)).write(C1, 3).read(C1, DB, 3);
    assert_eq!(broken(&ops), [""; 0]);
    let words: Vec<_> = checks(&ops).verdicts().map(|v| v.1.word()).collect();
    assert_eq!(words, ["holds"; 4]);
}

#[test]
fn a_cache_that_still_has_the_old_value() {
    // Another process wrote it, so that nobody misses his own write.
    let mut ops = Ops::default();
    ops.read(C1, CACHE, stamp(1))
        .write(P1, 2)
        .read(C1, CACHE, stamp(1));
    assert_eq!(broken(&ops), ["NoStaleRead", "LinearizableRegister"]);
    let checks = checks(&ops);
    let found = checks.findings(&Property::NoStaleRead).unwrap();
    let finding = &found.kept()[0];
    assert_eq!(
        finding.message,
        "c1 read version 0 of key 17 of db from mc, and version 1 was written before"
    );
    // The write's answer, the beginning of the read, and its end.
    assert_eq!(finding.evidence, [6, 7, 9]);
    assert!(
        finding
            .explanation()
            .contains("#6 (that write was acknowledged)")
    );
}

#[test]
fn reads_that_go_back_and_writes_that_are_not_seen_by_who_wrote() {
    let mut ops = Ops::default();
    ops.write(P1, 2).read(C1, DB, 2).read(C1, CACHE, stamp(1));
    assert_eq!(
        broken(&ops),
        ["NoStaleRead", "MonotonicReads", "LinearizableRegister"]
    );
    let mut ops = Ops::default();
    ops.write(C1, 2).read(C1, CACHE, stamp(1));
    assert_eq!(
        broken(&ops),
        ["NoStaleRead", "ReadYourWrites", "LinearizableRegister"]
    );
}

#[test]
fn what_overlaps_a_write_may_see_either_value() {
    let mut ops = Ops::default();
    ops.call(P1, DB, 900).read(C1, CACHE, stamp(1));
    ops.does(P1, DB, 900, 2, true).read(C1, DB, 2);
    ops.back(P1, DB, 900, CallEnd::Ok);
    assert_eq!(broken(&ops), [""; 0]);
    // But once the new one was seen, nobody sees the old one.
    let mut ops = Ops::default();
    ops.call(P1, DB, 900).does(P1, DB, 900, 2, true);
    ops.read(C1, DB, 2).read(C2, CACHE, stamp(1));
    ops.back(P1, DB, 900, CallEnd::Ok);
    assert_eq!(broken(&ops), ["LinearizableRegister"]);
}

#[test]
fn a_write_whose_caller_gave_up_may_take_effect_later() {
    let mut ops = Ops::default();
    ops.read(C1, DB, 1).call(P1, DB, 900);
    ops.back(P1, DB, 900, CallEnd::TimedOut).read(C1, DB, 1);
    ops.does(P1, DB, 900, 2, true).read(C1, DB, 2);
    assert_eq!(broken(&ops), [""; 0]);
    // It was seen, and then no more.
    ops.read(C2, CACHE, stamp(1));
    assert_eq!(broken(&ops), ["LinearizableRegister"]);
    // Of what did not come back nobody knows what it read.
    let mut ops = Ops::default();
    ops.write(P1, 2).call(C1, CACHE, 900);
    ops.does(C1, CACHE, 900, stamp(1), false)
        .back(C1, CACHE, 900, CallEnd::TimedOut)
        .read(C1, DB, 2);
    assert_eq!(broken(&ops), [""; 0]);
}

#[test]
fn a_stamp_is_enough_for_versions_beyond_it() {
    let latest = 3 * CallFact::STAMPS + 5;
    let mut ops = Ops::default();
    ops.write(P1, latest).read(C1, CACHE, stamp(latest));
    assert_eq!(broken(&ops), [""; 0]);
    ops.write(P1, latest + 1).read(C1, CACHE, stamp(latest));
    assert_eq!(broken(&ops), ["NoStaleRead", "LinearizableRegister"]);
}

#[test]
fn without_reads_nothing_is_said() {
    let mut ops = Ops::default();
    ops.write(P1, 2);
    for (property, verdict) in checks(&ops).verdicts() {
        assert_eq!(
            verdict,
            Verdict::Undecided("nothing was read"),
            "{property}"
        );
    }
}
