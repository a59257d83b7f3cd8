//! Breakpoints: what a run shall stop at, exactly after the event in which it happens. They look at what happens and change
//! nothing.

mod guard;
mod parse;
#[cfg(test)]
mod tests;

pub use guard::Guard;
pub use parse::{EXAMPLES, parse};

use crate::hunt::Session;
use crate::sim::NodeId;
use crate::stats::Definition;

/// What a run shall stop at.
#[derive(Clone)]
pub enum Break {
    /// A mark whose word is one of these, if there are any, and whose line has all of these texts.
    Mark {
        /// In capitals: `CRASH`.
        words: Vec<&'static str>,
        /// In small letters.
        texts: Vec<String>,
    },
    /// Anything that is recorded about one of these nodes, or by a process on it.
    Node(Vec<NodeId>),
    /// A record whose line has all of these texts, in small letters.
    Record(Vec<String>),
    /// A metric comes over a limit, or under it. Where it already is beyond, nothing happens until it comes back and goes
    /// beyond again.
    Metric {
        /// Which metric.
        definition: &'static Definition,
        /// The number of the thing it is about.
        thing: usize,
        /// Whether over the limit, or under it.
        over: bool,
        /// The limit, in the metric's own unit.
        limit: f64,
    },
    /// A finding whose property or message has all of these texts, in small letters.
    Finding(Vec<String>),
    /// Nothing: what it speaks of is not in this run.
    Absent,
}

/// A breakpoint.
#[derive(Clone)]
pub struct Breakpoint {
    /// As it was written.
    pub text: String,
    /// What it means.
    pub at: Break,
    /// Whether it stops a run.
    pub on: bool,
    /// How often it has stopped one.
    pub hits: u64,
    /// When it did last: virtual time in ns, and the number of the event.
    pub last: Option<(u64, u64)>,
}

/// What a run stopped at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The place of the breakpoint in the list.
    pub at: usize,
    /// What happened, in a line.
    pub what: String,
}

/// All breakpoints, in the order in which somebody set them.
#[derive(Clone, Default)]
pub struct Breaks {
    list: Vec<Breakpoint>,
}

impl Breaks {
    /// They.
    pub fn list(&self) -> &[Breakpoint] {
        &self.list
    }

    /// Whether any of them can stop a run.
    pub fn any_on(&self) -> bool {
        self.list.iter().any(|b| b.on)
    }

    /// One more.
    pub fn add(&mut self, text: &str, at: Break) {
        self.list.push(Breakpoint {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            at,
            on: true,
            hits: 0,
            last: None,
        });
    }

    /// Switches one on or off; `None` if there is none.
    pub fn turn(&mut self, at: usize) -> Option<&Breakpoint> {
        let of = self.list.get_mut(at)?;
        of.on = !of.on;
        Some(of)
    }

    /// Does away with one; `None` if there is none.
    pub fn remove(&mut self, at: usize) -> Option<Breakpoint> {
        (at < self.list.len()).then(|| self.list.remove(at))
    }

    /// What is meant in another run, of another scenario perhaps.
    pub fn resolve(&mut self, session: &Session) {
        for of in &mut self.list {
            of.at = parse(&of.text, session).unwrap_or(Break::Absent);
        }
    }

    /// Counts what a run stopped at, at a moment (ns) and after an event.
    pub fn count(&mut self, hits: &[Hit], at_ns: u64, event: u64) {
        for hit in hits {
            if let Some(of) = self.list.get_mut(hit.at) {
                of.hits += 1;
                of.last = Some((at_ns, event));
            }
        }
    }
}
