//! Cuts: what one set of nodes sends another is dropped, also what is on its way when the cut begins.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::net::Effect;
use super::super::process::Process;
use super::link::{LinkFault, between_from_and_to};
use super::{Fault, Hold, Target, World, heal};

/// Drops everything between two sets of nodes, in both directions or in one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// Only what `from` sends to `to` is dropped; answers still pass.
    #[serde(default)]
    pub one_way: bool,
}

/// Cuts nodes off from all others, in both directions. Several of them still reach one another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isolate(pub Target);

impl LinkFault for Cut {
    const HEALS: heal::What = heal::What::Cuts;

    between_from_and_to!();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Cut]
    }

    fn words(&self) -> (&'static str, String) {
        ("cut", String::new())
    }
}

impl Fault for Isolate {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.index(0), self.0.clone())]
    }

    fn label(&self) -> String {
        format!("isolate {}", self.0)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.0);
        let effects = world.isolate(&nodes);
        Hold::links(nodes, effects)
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Cuts)
    }
}
