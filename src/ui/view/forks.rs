//! The branches of a run.

/// A branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForkRow {
    /// Its number among the branches.
    pub branch: usize,
    /// What it is called.
    pub name: String,
    /// How many forks it is away from its root.
    pub depth: u16,
    /// When it left its parent, ns; of a root 0.
    pub from_ns: u64,
    /// What was done there, in a few words; empty where nothing was.
    pub what: String,
    /// The seed of its run.
    pub seed: u64,
    /// Where it stands or was left, ns.
    pub now_ns: u64,
    /// How far it was played, ns.
    pub played_ns: u64,
    /// Whether it is the one that is shown.
    pub current: bool,
    /// Whether what was done by hand would be lost with it: it stands in no file, and in no other branch that goes on from it.
    pub is_unsaved: bool,
}
