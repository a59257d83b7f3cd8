//! A property that broke: the records that prove it, and whether it holds in other runs.

use std::sync::Arc;

use super::steps::{Step, of_record};
use crate::checks::{Checked, Checks, Finding, Property, Verdict};
use crate::hunt::Session;
use crate::hunt::lineage::{Judge, subjects};
use crate::hunt::past::Past;
use crate::sim::ledger::Ledger;
use crate::sim::lens::Followed;
use crate::sim::units::Duration;
use crate::sim::{Fact, Names, Observer, Record};
use crate::trace::marks::is_mark;

/// Of one event so many records are told.
const TOLD_MAX: usize = 3;

/// The records that prove a finding, and the faults before the last of them.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    finding: Finding,
    until_ns: u64,
    names: Arc<Names>,
    run: Option<Box<Session>>,
    heard: Heard,
}

#[derive(Clone, Debug)]
struct Heard {
    wanted: Vec<u64>,
    at: Vec<Record>,
    faults: Vec<Record>,
}

impl Observer for Heard {
    fn record(&mut self, record: &Record) {
        if self.wanted.binary_search(&record.event).is_ok() {
            self.at.push(*record);
        } else if is_of_fault(&record.fact) {
            self.faults.push(*record);
        }
    }
}

/// Whether it is what a fault does, or what undoes that.
fn is_of_fault(fact: &Fact) -> bool {
    is_mark(fact)
        && matches!(
            fact,
            Fact::FaultBegan { .. }
                | Fact::FaultEnded { .. }
                | Fact::Crashed { .. }
                | Fact::Started { .. }
                | Fact::Elected { .. }
        )
}

/// Whether it is about a queue that a system keeps for itself.
fn is_internal(fact: &Fact, names: &Names) -> bool {
    let queue = match fact {
        Fact::Elected { queue, .. } | Fact::Leads { queue, .. } | Fact::InSync { queue, .. } => {
            *queue
        }
        _ => return false,
    };
    names.queues.get(queue.index()).is_some_and(|q| q.internal)
}

impl Evidence {
    /// Of a finding of a run with such names, which goes on until a moment (ns).
    pub(super) fn of(finding: &Finding, names: &Arc<Names>, until_ns: u64) -> Self {
        Self {
            finding: finding.clone(),
            until_ns,
            names: Arc::clone(names),
            run: None,
            heard: Heard {
                wanted: finding.evidence.clone(),
                at: Vec::new(),
                faults: Vec::new(),
            },
        }
    }

    /// Goes on for so many events. `false`: all was seen.
    pub(super) fn work(&mut self, past: &dyn Past, events: u64) -> bool {
        let mut run = self.run.take().unwrap_or_else(|| {
            let mut session = past.before(0);
            session.unwatch();
            Box::new(session)
        });
        // That something broke may be proved by what happens later: nobody was given a message, and then one behind it.
        let last = self.heard.wanted.last().copied().unwrap_or(0);
        let (until_ns, most) = match last.saturating_sub(run.sim().events()) {
            0 => (self.finding.at.max(run.sim().now()), events),
            missing => (self.until_ns, events.min(missing)),
        };
        let more = run.advance_with(until_ns, most, &mut self.heard);
        self.run = more.then_some(run);
        more
    }

    /// When all of it had happened, ns.
    pub(super) fn known_ns(&self) -> u64 {
        let last = self.heard.at.iter().map(|record| record.at).max();
        last.unwrap_or(0).max(self.finding.at)
    }

    /// The message or task that the finding is about, if it is about one.
    pub(super) fn thing(&self) -> Option<Followed> {
        if let Some((lane, number)) = self.finding.about() {
            return Some(Followed::Message { lane, number });
        }
        let own = self.heard.at.iter();
        let own = own.filter(|record| record.event == self.finding.event);
        let mut things: Vec<Followed> = own.flat_map(|r| subjects(&r.fact)).collect();
        things.dedup();
        let is_task = |thing: &&Followed| matches!(thing, Followed::Task(_));
        let mut tasks: Vec<Followed> = things.iter().filter(is_task).copied().collect();
        tasks.dedup();
        // An event that is about several does not say which of them is meant. What is sent for a task is a part of its life.
        match (things.as_slice(), tasks.as_slice()) {
            ([one], _) | (_, [one]) => Some(*one),
            _ => None,
        }
    }

    /// What happened, by that.
    pub(super) fn into_steps(self) -> Vec<Step> {
        let parts = self.finding.parts();
        // What is found because too much time went by is found in no event.
        let is_then = |r: &&Record| (r.event, r.at) == (self.finding.event, self.finding.at);
        let is_in_event = self.heard.at.iter().any(|r| is_then(&r));
        let mut steps = Vec::new();
        for event in &self.heard.wanted {
            let of_event = self.heard.at.iter().filter(|r| r.event == *event);
            let told = of_event.filter(|r| !is_internal(&r.fact, &self.names));
            for (place, record) in told.take(TOLD_MAX).enumerate() {
                let mut step = of_record(record, &self.names);
                let part = parts.iter().find(|part| part.0 == *event);
                if let Some((_, what)) = part.filter(|_| place == 0) {
                    step.text = format!("{}: {what}", step.text);
                }
                step.is_own = true;
                steps.push(step);
            }
        }
        let faults = self.heard.faults.iter();
        let faults = faults.filter(|r| !is_internal(&r.fact, &self.names));
        steps.extend(faults.map(|record| of_record(record, &self.names)));
        steps.push(Step {
            at_ns: self.finding.at,
            event: if is_in_event { self.finding.event } else { 0 },
            subject: String::new(),
            sign: crate::trace::marks::Sign::Broke,
            text: format!("broken: {}", self.finding.message),
            is_own: true,
            line: 0,
            end: None,
        });
        steps
    }
}

/// Whether a property holds in another run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It holds.
    Holds,
    /// It breaks.
    Breaks {
        /// When first, ns.
        at_ns: u64,
        /// How many findings there are.
        count: u64,
    },
    /// It cannot be said, for this reason.
    Open(String),
}

impl Held {
    /// In words: `it breaks at 27s`.
    pub fn words(&self) -> String {
        match self {
            Self::Holds => "it holds".to_owned(),
            Self::Breaks { at_ns, count } => {
                let at = Duration::from_ns(at_ns / 1_000_000 * 1_000_000);
                let noun = if *count == 1 { "finding" } else { "findings" };
                format!("it breaks at {at} ({count} {noun})")
            }
            Self::Open(why) => format!("it cannot be said: {why}"),
        }
    }
}

/// Judges by whether a property holds.
#[derive(Clone, Copy, Debug)]
pub(in crate::hunt) struct OfProperty(Property);

impl OfProperty {
    pub(super) fn of(property: Property) -> Self {
        Self(property)
    }
}

impl Judge for OfProperty {
    type Eyes = Checked;
    type Says = Held;

    fn eyes(&self, names: &Arc<Names>) -> Checked {
        Checked {
            ledger: Ledger::new(Arc::clone(names)),
            checks: Checks::of(&[self.0]),
        }
    }

    fn says(&self, mut eyes: Checked, until_ns: u64) -> Held {
        eyes.checks.finish(until_ns, &eyes.ledger);
        let count = eyes.checks.count();
        match eyes.checks.verdict(&self.0) {
            Some(Verdict::Broken(first)) => Held::Breaks {
                at_ns: first.at,
                count,
            },
            Some(Verdict::Undecided(why)) => Held::Open(why.to_owned()),
            Some(Verdict::Holds) | None => Held::Holds,
        }
    }

    fn helps(&self, says: &Held) -> bool {
        *says == Held::Holds
    }
}
