//! A record as a line of a log.

use crate::sim::fault::FaultPlan;
use crate::sim::{Fact, Names, Record};

use super::words::say;

/// What kind of sign stands before a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Something broke: `✗`.
    Broke,
    /// Something is cut off: `╳`.
    Cut,
    /// Somebody leads: `◆`.
    Leads,
    /// Something is well again: `●`.
    Well,
    /// Something waits or is slow: `◌`.
    Slow,
    /// Anything else: `·`.
    Other,
}

/// A record as a line of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// True time, ns.
    pub at: u64,
    /// Number of the event.
    pub event: u64,
    /// What it is about: a node, a process, a queue, a group.
    pub subject: String,
    /// The sign before it.
    pub sign: Sign,
    /// One or two words in capitals: `CRASH`, `LEADER`.
    pub word: &'static str,
    /// The rest.
    pub text: String,
    /// Where it comes from.
    pub cause: Cause,
}

/// What a record was caused by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The event that scheduled the one it was observed in: for an answer the request, for a timer what set it.
    Event(u64),
    /// A line of the scenario.
    ScenarioLine(u32),
    /// What the scenario is at the beginning.
    Beginning,
    /// Somebody who did it to the run.
    Hand,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event(number) => write!(f, "by #{number}"),
            Self::ScenarioLine(line) => write!(f, "by line {line}"),
            Self::Beginning => write!(f, "by the scenario"),
            Self::Hand => write!(f, "by hand"),
        }
    }
}

/// What a record says.
pub fn describe(record: &Record, names: &Names) -> Line {
    let (subject, sign, word, text) = say(record, names);
    Line {
        at: record.at,
        event: record.event,
        subject,
        sign,
        word,
        text,
        cause: cause(record, names),
    }
}

pub(super) fn cause(record: &Record, names: &Names) -> Cause {
    if let Fact::FaultBegan { fault, .. } | Fact::FaultEnded { fault } = record.fact
        && let Some(name) = names.faults.get(fault as usize)
        && name.line > 0
    {
        return match name.line {
            FaultPlan::BY_HAND => Cause::Hand,
            line => Cause::ScenarioLine(line),
        };
    }
    match record.cause {
        0 => Cause::Beginning,
        event => Cause::Event(event),
    }
}
