//! Two runs on one clock, side by side: what differs between them and where that began.
//!
//! Random numbers come from streams that are chosen by name, so both runs draw the same wherever they do the same: what
//! differs is owed to what was changed, not to chance. Neither run knows of the other.

mod deltas;
mod first;
mod pair;
mod paired;
mod seeds;

pub use deltas::{Delta, Judged, deltas, judged, sort};
pub use first::{Difference, Found, Search};
pub use pair::{Mark, Pair};
pub use paired::{Call, Paired};
pub use seeds::{Beside, Measured, OverSeeds, Row, SeedPair, Variants};

use std::sync::Arc;

use super::{Loaded, Session, complete, intervention};
use crate::scenario::Files;
use crate::scenario::document::Document;

/// How the second run departs from the first. Nothing in it: it is the same run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Settings, as `--set` takes them.
    pub sets: Vec<String>,
    /// The control instead: what the scenario states as such, or else the scenario without its faults; and nothing is done
    /// by hand.
    pub control: bool,
    /// Another seed.
    pub seed: Option<u64>,
}

/// What makes a control of a scenario that states none.
const NO_FAULTS: &str = "faults=[]";

impl Change {
    /// The run that this makes of another, at its beginning. The mistakes of the settings are in the document.
    pub fn of(&self, run: &Session) -> Result<Session, Box<Document>> {
        let mut loaded = Arc::clone(run.loaded());
        if !self.sets.is_empty() {
            loaded = changed(&loaded, &self.sets)?;
        }
        let mut control = run.is_control();
        if self.control && loaded.control.is_some() {
            control = true;
        } else if self.control && !loaded.plan.world.faults.is_empty() {
            loaded = changed(&loaded, &[NO_FAULTS.to_owned()])?;
        }
        let done = if self.control {
            Arc::new([])
        } else if Arc::ptr_eq(&loaded, run.loaded()) {
            Arc::clone(run.interventions())
        } else {
            intervention::read(&loaded, &by_hand(run))?.into()
        };
        let own_seed = self.sets.iter().any(|set| is_seed(set));
        let set_seed = own_seed.then_some(loaded.scenario.seed);
        let seed = self.seed.or(set_seed).unwrap_or(run.seed());
        let mut varied = run.varied(loaded, control, seed);
        varied.follow(&done);
        Ok(varied)
    }
}

/// A scenario with more settings changed.
fn changed(loaded: &Loaded, more: &[String]) -> Result<Arc<Loaded>, Box<Document>> {
    let sets = [&loaded.sets, more].concat();
    let files = Files::Given(&loaded.files);
    let changed = Loaded::from_parts(&loaded.name, &loaded.text, &sets, files)?;
    complete(changed).map(Arc::new)
}

/// Whether a setting is the seed, which a run has whatever its scenario says.
fn is_seed(set: &str) -> bool {
    set.split('=')
        .next()
        .is_some_and(|path| path.trim() == "seed")
}

/// What was done to a run by hand, in the words of the scenario language.
fn by_hand(run: &Session) -> Vec<String> {
    let done = run.interventions().iter();
    done.map(|i| i.text.clone()).collect()
}

/// What a run is called that has nothing that the other has not.
pub const AS_IT_IS: &str = "as it is";

/// What one of two runs is called beside the other: what it has that the other has not.
pub fn label(run: &Session, other: &Session) -> String {
    let (own, others) = (run.loaded(), other.loaded());
    let mut parts = Vec::new();
    if own.name != others.name {
        parts.push(own.name.clone());
    }
    if run.is_control() && !other.is_control() {
        parts.push("control".to_owned());
    }
    let sets = own.sets.iter();
    let sets = sets.filter(|set| !others.sets.contains(set) && !is_seed(set));
    parts.extend(sets.map(|set| match set.as_str() {
        NO_FAULTS => "without faults".to_owned(),
        set => set.to_owned(),
    }));
    let theirs = by_hand(other);
    let done = by_hand(run).into_iter();
    parts.extend(done.filter(|text| !theirs.contains(text)));
    if run.seed() != other.seed() {
        parts.push(format!("seed {}", run.seed()));
    }
    if parts.is_empty() {
        return AS_IT_IS.to_owned();
    }
    parts.join(", ")
}
