//! What faults of the links between two targets have in common: they put effects on the links, and take them off again.

use super::super::complaint::{Complaint, Path};
use super::super::net::Effect;
use super::super::process::Process;
use super::{Fault, Hold, Target, World, heal};

/// A fault of the links between two targets, in both directions or in one.
pub(super) trait LinkFault {
    /// What of it a heal undoes.
    const HEALS: heal::What = heal::What::Links;

    /// From where to where.
    fn sides(&self) -> [&Target; 2];

    /// Whether only what the first side sends to the second is concerned.
    fn one_way(&self) -> bool;

    /// What it puts on the links.
    fn effects(&self) -> Vec<Effect>;

    /// What a log says of it before and behind the two sides.
    fn words(&self) -> (&'static str, String);

    /// What is wrong with its settings, apart from its targets.
    fn mistakes(&self, at: &Path, out: &mut Vec<Complaint>) {
        let _ = (at, out);
    }
}

/// The two sides of a link fault, by the names that all of them have for these.
macro_rules! between_from_and_to {
    () => {
        fn sides(&self) -> [&Target; 2] {
            [&self.from, &self.to]
        }

        fn one_way(&self) -> bool {
            self.one_way
        }
    };
}
pub(super) use between_from_and_to;

/// The places and targets of two sides.
pub(super) fn sides_at([from, to]: [&Target; 2], at: &Path) -> Vec<(Path, Target)> {
    vec![
        (at.field("from"), from.clone()),
        (at.field("to"), to.clone()),
    ]
}

pub(super) fn arrow(one_way: bool) -> &'static str {
    if one_way { "→" } else { "↔" }
}

impl<F: LinkFault> Fault for F {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        sides_at(self.sides(), at)
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        self.mistakes(at, out);
    }

    fn label(&self) -> String {
        let ([from, to], arrow) = (self.sides(), arrow(self.one_way()));
        let (what, more) = self.words();
        format!("{what} {from} {arrow} {to}{more}")
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let [from, to] = self.sides().map(|side| world.resolve(side));
        let each = |effect| world.impair_ways(&from, &to, self.one_way(), &effect);
        let effects = self.effects().into_iter().flat_map(each).collect();
        Hold::links([from, to].concat(), effects)
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(Self::HEALS)
    }
}
