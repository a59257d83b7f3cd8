//! Cuts: what one set of nodes sends another is dropped, also what is on its way when the cut begins.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::net::Effect;
use super::super::process::Process;
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

pub(super) fn arrow(one_way: bool) -> &'static str {
    if one_way { "→" } else { "↔" }
}

impl Fault for Cut {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![
            (at.field("from"), self.from.clone()),
            (at.field("to"), self.to.clone()),
        ]
    }

    fn label(&self) -> String {
        format!("cut {} {} {}", self.from, arrow(self.one_way), self.to)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let (from, to) = (world.resolve(&self.from), world.resolve(&self.to));
        let effects = world.impair_ways(&from, &to, self.one_way, &Effect::Cut);
        Hold::links([from, to].concat(), effects)
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Cuts)
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

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Cuts)
    }
}
