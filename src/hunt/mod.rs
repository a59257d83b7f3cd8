//! Whole runs: a scenario with a seed and everything that watches it; what came of it. Many of them at once.

mod apart;
pub mod breaks;
pub mod catalogue;
pub mod changes;
pub mod command;
pub mod compare;
pub mod deeds;
mod doubts;
pub mod explain;
pub mod explore;
pub mod failure;
pub mod inspect;
pub mod intervention;
pub mod keep;
pub mod lineage;
mod metrics;
mod outcome;
pub mod parallel;
pub mod past;
mod session;
pub mod shrink;
pub mod sweep;
pub mod tally;
pub mod verify;
mod watch;

pub use doubts::doubts;
pub use intervention::Intervention;
pub use outcome::{Expectation, Outcome};
pub use session::{Options, Session};
pub use watch::Watch;

use crate::checks::{Expect, Property};
use crate::scenario::document::Document;
use crate::scenario::{Found, LoadError};

/// A scenario with the expectations that the checks know.
pub type Loaded = crate::scenario::Loaded<crate::checks::Expect>;

/// Finds a scenario, by file or built-in name, and reads it. Expectations may only speak of metrics that exist.
pub fn load(which: &str, sets: &[String]) -> Result<Loaded, LoadError> {
    complete(crate::scenario::load(which, sets)?).map_err(LoadError::Mistakes)
}

/// The same of one whose text was found.
pub fn load_found(found: &Found, sets: &[String]) -> Result<Loaded, LoadError> {
    complete(crate::scenario::load_found(found, sets)?).map_err(LoadError::Mistakes)
}

/// The same once for each of several changes, of one reading of the file. The error is that of the first that cannot run.
pub fn load_each(which: &str, sets: &[Vec<String>]) -> Result<Vec<Loaded>, LoadError> {
    let loaded = crate::scenario::load_each(which, sets)?.into_iter();
    let loaded = loaded.map(|l| complete(l).map_err(LoadError::Mistakes));
    loaded.collect()
}

/// Whether a scenario can run up to another end than its own: what it may not ask for as its `duration`, nobody may ask for
/// beside it. The mistakes are in the document.
pub fn can_end_at(loaded: &Loaded, end_ns: u64) -> Result<(), Box<Document>> {
    if end_ns <= loaded.plan.duration_ns {
        return Ok(());
    }
    let duration = crate::sim::units::Duration::from_ns(end_ns);
    let mut sets = loaded.sets.clone();
    sets.push(format!("duration={duration}"));
    let files = crate::scenario::Files::Given(&loaded.files);
    Loaded::from_parts(&loaded.name, &loaded.text, &sets, files).map(|_| ())
}

/// What a scenario demands that says when it becomes calm: it recovers and converges within the time.
fn demand_calm(scenario: &mut crate::scenario::Scenario<Expect>) {
    let Some(within) = scenario.calm.map(|calm| calm.within) else {
        return;
    };
    for property in [
        Property::Recovers { within },
        Property::Converges { within },
    ] {
        let is_demanded = |e: &Expect| e.property() == Some(property);
        if !scenario.expect.iter().any(is_demanded) {
            scenario.expect.push(Expect::Holds(property));
        }
    }
}

/// Checks what only a whole scenario shows: the metrics that its expectations speak of. The mistakes are in the document.
pub fn complete(mut loaded: Loaded) -> Result<Loaded, Box<Document>> {
    demand_calm(&mut loaded.scenario);
    if let Some(both) = &mut loaded.control {
        demand_calm(&mut both.0);
    }
    for mistake in metrics::mistakes(&loaded) {
        loaded.document.complain(&mistake);
    }
    if loaded.document.is_sound() {
        Ok(loaded)
    } else {
        Err(Box::new(loaded.document))
    }
}
