//! Cuts: what one set of nodes sends another is dropped.

use serde::{Deserialize, Serialize};

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

impl Fault for Cut {
    const LASTS: bool = true;

    fn targets(&self) -> Vec<(&'static str, &Target)> {
        vec![("from", &self.from), ("to", &self.to)]
    }

    fn label(&self) -> String {
        let arrow = if self.one_way { "→" } else { "↔" };
        format!("cut {} {arrow} {}", self.from, self.to)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let (from, to) = (world.resolve(&self.from), world.resolve(&self.to));
        let mut effects = vec![world.impair(&from, &to, Effect::Cut)];
        if !self.one_way {
            effects.push(world.impair(&to, &from, Effect::Cut));
        }
        let mut nodes = [from, to].concat();
        nodes.sort_unstable();
        nodes.dedup();
        Hold {
            nodes,
            effects,
            ..Hold::default()
        }
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Cuts)
    }
}
