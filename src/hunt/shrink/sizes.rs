//! How large a scenario and its run are.

use std::sync::Arc;

use super::super::{Loaded, Options, Outcome, Session};
use super::text::lines;
use crate::scenario::tree_of;
use crate::sim::{Observer, Record};

/// How large a scenario and its run are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Entries of `faults`.
    pub faults: u64,
    /// Machines.
    pub nodes: u64,
    /// Processes on them.
    pub processes: u64,
    /// Messages that were produced.
    pub messages: u64,
    /// Requests that users made.
    pub requests: u64,
    /// Events of the run.
    pub events: u64,
    /// Records of the run.
    pub records: u64,
    /// Virtual time, ns.
    pub duration_ns: u64,
    /// Lines of its text, as it is laid out here, without comments.
    pub lines: u64,
}

impl Sizes {
    /// Each with its name, as a person reads it, and its value.
    pub fn rows(&self) -> [(&'static str, u64); 9] {
        [
            ("faults", self.faults),
            ("nodes", self.nodes),
            ("processes", self.processes),
            ("messages", self.messages),
            ("requests", self.requests),
            ("events", self.events),
            ("records", self.records),
            ("duration_ns", self.duration_ns),
            ("lines", self.lines),
        ]
    }
}

/// Counts records.
struct Count(u64);

impl Observer for Count {
    fn record(&mut self, _: &Record) {
        self.0 += 1;
    }
}

/// A whole run that was watched, how large it was, and what came of what the scenario expects.
pub(super) struct Measured {
    pub session: Session,
    pub sizes: Sizes,
    pub outcome: Option<Outcome>,
}

/// Runs a scenario to its end. `goes_on` is asked now and then; `None` if it said no.
pub(super) fn measure(
    loaded: &Arc<Loaded>,
    seed: Option<u64>,
    mut goes_on: impl FnMut() -> bool,
) -> Option<Measured> {
    const SLICE: u64 = 200_000;
    let options = Options {
        seed,
        ..Options::default()
    };
    let mut session = Session::new(Arc::clone(loaded), options);
    let mut records = Count(0);
    while session.advance_with(u64::MAX, SLICE, &mut records) {
        if !goes_on() {
            return None;
        }
    }
    let names = session.sim().names();
    let watch = session.watch();
    let metric = |name: &str| watch.and_then(|w| w.metrics.metric(name));
    let sizes = Sizes {
        faults: loaded.scenario.faults.len() as u64,
        nodes: names.nodes.len() as u64,
        processes: names.processes.len() as u64,
        messages: watch.map_or(0, |w| w.ledger.account().produced),
        requests: metric("requests.asked").map_or(0, |m| m.value as u64),
        events: session.sim().events(),
        records: records.0,
        duration_ns: session.end_ns(),
        lines: tree_of(&loaded.document).map_or(0, |tree| lines(&tree)),
    };
    let outcome = Outcome::of(&session);
    Some(Measured {
        session,
        sizes,
        outcome,
    })
}
