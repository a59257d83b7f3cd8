//! Reads and writes of stores: what who asks a store sees of its registers. A register is a key of a database; a cache gives
//! copies of it. Versions tell how old a value is: a register's writes are numbered as its database does them.
//!
//! An operation begins when an attempt of a call goes out and ends when its answer is back. A write whose caller gave up may
//! take effect all the same, at any time. A session is what one process asks (D. Terry et al., "Session Guarantees for Weakly
//! Consistent Replicated Data", 1994).

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::call::{CallEnd, CallFact};
use crate::sim::ledger::Ledger;
use crate::sim::{Fact, Names, Pid, Record, ServiceId};

use super::budget::Moment;
use super::linear::{Answer, Op, fits};
use super::{Check, Findings, Kinds, Scene, kind};

/// A key of a database.
type Register = (ServiceId, u32);

/// The version of what was never written.
const BEGINNING: u32 = 1;

const NOTHING_READ: &str = "nothing was read";

/// A read or a write that took effect, or may have.
#[derive(Clone, Copy, Debug)]
struct Operation {
    pid: Pid,
    /// Who answered.
    service: ServiceId,
    register: Register,
    version: u32,
    writes: bool,
    began: Moment,
    /// When its answer was back; `None`: its caller gave up.
    ended: Option<Moment>,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    began: Moment,
    access: Option<(Register, u32, bool)>,
    given_up: bool,
}

/// The attempts under way.
#[derive(Clone, Debug, Default)]
struct Attempts {
    open: BTreeMap<(Pid, ServiceId, u32), Attempt>,
    /// Who holds registers, or copies of them.
    stores: BTreeSet<ServiceId>,
    /// The last version of each register that was written.
    latest: BTreeMap<Register, u32>,
}

impl Attempts {
    /// Takes a record in; the operation that is known by it to have ended, or to end never.
    fn take(&mut self, record: &Record, names: &Names) -> Option<Operation> {
        let Fact::Call(fact) = record.fact else {
            return None;
        };
        let now = (record.at, record.event);
        match fact {
            CallFact::Called { service, call, .. } => {
                let attempt = Attempt {
                    began: now,
                    access: None,
                    given_up: false,
                };
                self.open.insert((record.pid, service, call), attempt);
                None
            }
            CallFact::Accessed {
                service,
                from,
                call,
                key,
                version,
                writes,
            } => {
                self.stores.insert(service);
                let origin = names.copies.get(&service).copied();
                let register = (origin.unwrap_or(service), key);
                let version = match origin {
                    Some(_) => self.whole(register, version),
                    None => version,
                };
                if writes {
                    self.latest.insert(register, version);
                }
                let id = (from, service, call);
                let attempt = self.open.get_mut(&id)?;
                attempt.access = Some((register, version, writes));
                attempt.given_up.then(|| self.end(id, None)).flatten()
            }
            CallFact::Returned {
                service, call, end, ..
            } => {
                let id = (record.pid, service, call);
                if end == CallEnd::Ok {
                    return self.end(id, Some(now));
                }
                let attempt = self.open.get_mut(&id)?;
                attempt.given_up = true;
                let is_over = attempt.access.is_some() || !self.stores.contains(&service);
                is_over.then(|| self.end(id, None)).flatten()
            }
            _ => None,
        }
    }

    /// The version of which a copy tells only the stamp ([`CallFact::stamp`]): the last one that was written with it.
    fn whole(&self, register: Register, stamp: u32) -> u32 {
        let latest = self.latest.get(&register).copied().unwrap_or(BEGINNING);
        let step = CallFact::STAMPS;
        let back = (latest % step + step - stamp.saturating_sub(1)) % step;
        latest.saturating_sub(back).max(BEGINNING)
    }

    fn end(&mut self, id: (Pid, ServiceId, u32), ended: Option<Moment>) -> Option<Operation> {
        let attempt = self.open.remove(&id)?;
        let (register, version, writes) = attempt.access?;
        // What was read and did not come back was seen by nobody.
        (writes || ended.is_some()).then_some(Operation {
            pid: id.0,
            service: id.1,
            register,
            version,
            writes,
            began: attempt.began,
            ended,
        })
    }

    /// The writes that are under way, at the end of a run.
    fn drain(&mut self) -> Vec<Operation> {
        let ids: Vec<_> = self.open.keys().copied().collect();
        ids.into_iter()
            .filter_map(|id| self.end(id, None))
            .collect()
    }
}

/// What a read must not be older than.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Than {
    /// What was written before it began, by anybody.
    Written,
    /// What the same process wrote before.
    OwnWrites,
    /// What the same process read before.
    OwnReads,
}

impl Than {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Written => ("was written before", "that write was acknowledged"),
            Self::OwnWrites => ("was written by it before", "that write was acknowledged"),
            Self::OwnReads => ("was read by it before", "that read was answered"),
        }
    }
}

/// A version, and since when it is known.
#[derive(Clone, Copy, Debug)]
struct Known {
    version: u32,
    since: Moment,
}

/// So many versions of a register are remembered, the newest: a read takes no longer than so many writes, or is not judged by
/// those before.
const REMEMBERED: usize = 64;

/// No read is older than something.
#[derive(Clone, Debug)]
pub(super) struct Reads {
    than: Than,
    attempts: Attempts,
    /// Both grow.
    known: BTreeMap<(Option<Pid>, Register), Vec<Known>>,
    any: bool,
}

impl Reads {
    pub fn new(than: Than) -> Self {
        Self {
            than,
            attempts: Attempts::default(),
            known: BTreeMap::new(),
            any: false,
        }
    }

    fn judge(&self, op: &Operation, scene: &Scene<'_>, found: &mut Findings) {
        let whose = (self.than != Than::Written).then_some(op.pid);
        let Some(known) = self.known.get(&(whose, op.register)) else {
            return;
        };
        let before = known.partition_point(|known| known.since.0 < op.began.0);
        let Some(newest) = before.checked_sub(1).map(|at| known[at]) else {
            return;
        };
        if newest.version <= op.version {
            return;
        }
        let (how, what) = self.than.words();
        let evidence = [(newest.since.1, what), (op.began.1, "the read began")];
        found.report(scene.record, &evidence, || {
            let names = scene.ledger.names();
            let at = |version: u32| version - BEGINNING;
            format!(
                "{} read version {} of key {} of {} from {}, and version {} {how}",
                names.process(op.pid),
                at(op.version),
                op.register.1,
                names.service(op.register.0),
                names.service(op.service),
                at(newest.version)
            )
        });
    }

    fn learn(&mut self, op: &Operation) {
        let (Some(since), true) = (op.ended, op.writes != (self.than == Than::OwnReads)) else {
            return;
        };
        let whose = (self.than != Than::Written).then_some(op.pid);
        let known = self.known.entry((whose, op.register)).or_default();
        if known.last().is_some_and(|last| last.version >= op.version) {
            return;
        }
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        known.push(Known {
            version: op.version,
            since,
        });
    }
}

impl Check for Reads {
    const KINDS: Kinds = Kinds::of(&[kind::CALL]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let Some(op) = self.attempts.take(scene.record, scene.ledger.names()) else {
            return;
        };
        if !op.writes {
            self.any = true;
            self.judge(&op, scene, found);
        }
        self.learn(&op);
    }

    fn open(&self) -> Option<&str> {
        (!self.any).then_some(NOTHING_READ)
    }
}

/// So many states are looked at for one register.
const BUDGET: u64 = 500_000;

/// And for all together.
const BUDGET_ALL: u64 = 20_000_000;

/// The operations of each register fit one order. Looks at the end of a run.
#[derive(Clone, Debug)]
pub(super) struct Linearizable {
    attempts: Attempts,
    registers: BTreeMap<Register, Vec<Operation>>,
    open: Option<String>,
}

impl Default for Linearizable {
    fn default() -> Self {
        Self {
            attempts: Attempts::default(),
            registers: BTreeMap::new(),
            open: Some(NOTHING_READ.to_owned()),
        }
    }
}

impl Linearizable {
    fn note(&mut self, op: Operation) {
        if !op.writes {
            self.open = None;
        }
        self.registers.entry(op.register).or_default().push(op);
    }
}

fn report(of: &[Operation], at: usize, ledger: &Ledger, found: &mut Findings) {
    let op = of[at];
    let (time, event) = op.ended.unwrap_or(op.began);
    let source = of.iter().find(|o| o.writes && o.version == op.version);
    let newer = of.iter().filter(|o| o.writes && o.version > op.version);
    let newer = newer
        .filter_map(|o| o.ended)
        .filter(|e| e.0 < op.began.0)
        .min();
    let evidence = [
        (op.began.1, "the operation began"),
        (
            source.map_or(0, |o| o.began.1),
            "the write of that version began",
        ),
        (newer.map_or(0, |e| e.1), "a newer one was acknowledged"),
    ];
    found.report_at(time, event, &evidence, || {
        let names = ledger.names();
        let (did, way) = if op.writes {
            ("wrote", "to")
        } else {
            ("read", "from")
        };
        format!(
            "{} {did} version {} of key {} of {} {way} {}, which fits no order of that key's reads and writes",
            names.process(op.pid),
            op.version - BEGINNING,
            op.register.1,
            names.service(op.register.0),
            names.service(op.service)
        )
    });
}

impl Check for Linearizable {
    const KINDS: Kinds = Kinds::of(&[kind::CALL]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        if let Some(op) = self.attempts.take(scene.record, scene.ledger.names()) {
            self.note(op);
        }
    }

    fn finish(&mut self, _: u64, ledger: &Ledger, found: &mut Findings) {
        for op in self.attempts.drain() {
            self.note(op);
        }
        let (mut left, mut unknown) = (BUDGET_ALL, 0);
        let mut wrong = Vec::new();
        for (register, of) in &self.registers {
            let ops = of.iter().map(|op| Op {
                began: op.began.0,
                ended: op.ended.map_or(u64::MAX, |ended| ended.0),
                writes: op.writes,
                value: op.version,
            });
            let ops: Vec<Op> = ops.collect();
            let given = left.min(BUDGET);
            let mut budget = given;
            match fits(&ops, BEGINNING, &mut budget) {
                Answer::Fits => {}
                Answer::FitsNot(at) => wrong.push((of[at].ended, *register, at)),
                Answer::Unknown => unknown += 1,
            }
            left -= given - budget;
        }
        wrong.sort_unstable();
        for (_, register, at) in wrong {
            report(&self.registers[&register], at, ledger, found);
        }
        if unknown > 0 {
            let all = self.registers.len();
            self.open = Some(format!(
                "of {unknown} of {all} keys the order was not found out: it takes too long"
            ));
        }
    }

    fn open(&self) -> Option<&str> {
        self.open.as_deref()
    }
}
