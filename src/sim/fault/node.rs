//! What faults of nodes have in common: they do something to each while they last, and undo it.

/// A fault that does one thing to each of its nodes, `Name(target)`: what a log says of it before them, what a heal of it is, and
/// what is done to a node and undone.
macro_rules! strikes_nodes {
    ($name:ident, $words:literal, $heals:ident, $begin:ident, $end:ident) => {
        impl Fault for $name {
            const LASTS: bool = true;

            fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
                vec![(at.index(0), self.0.clone())]
            }

            fn label(&self) -> String {
                format!(concat!($words, " {}"), self.0)
            }

            fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
                Hold::each(&self.0, world, |world, n| world.$begin(n))
            }

            fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
                hold.nodes.iter().for_each(|&n| world.$end(n));
            }

            fn heals_as(&self) -> Option<heal::What> {
                Some(heal::What::$heals)
            }
        }
    };
}

/// The same of one that makes something of each node slower, `Name(target: …, factor: …)`.
macro_rules! slows_nodes {
    ($name:ident, $words:literal, $heals:ident, $begin:ident, $end:ident) => {
        impl Fault for $name {
            const LASTS: bool = true;

            fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
                vec![(at.field("target"), self.target.clone())]
            }

            fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
                self.factor.check(&at.field("factor"), out);
            }

            fn label(&self) -> String {
                format!(concat!($words, " {} {}"), self.target, self.factor)
            }

            fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
                let milli = self.factor.milli();
                Hold::each(&self.target, world, |world, n| world.$begin(n, milli))
            }

            fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
                hold.nodes.iter().for_each(|&n| world.$end(n));
            }

            fn heals_as(&self) -> Option<heal::What> {
                Some(heal::What::$heals)
            }
        }
    };
}

pub(super) use {slows_nodes, strikes_nodes};
