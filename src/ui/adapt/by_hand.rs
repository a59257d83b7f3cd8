//! What a person did to the run by hand, and whether it stands in a file: whoever leaves is told what would be lost.

use super::scene::Scene;
use crate::hunt::Intervention;
use crate::trace::tree::{Branching, Tree};

/// What was done to one run, one after the other.
type Deeds = [Intervention];

/// Everything done by hand that stands in a file.
#[derive(Default)]
pub(super) struct Kept(Vec<Vec<Intervention>>);

impl Kept {
    /// These stand in a file from now on.
    pub fn note(&mut self, deeds: &Deeds) {
        self.0.push(deeds.to_vec());
    }

    fn holds(&self, deeds: &Deeds) -> bool {
        self.0.iter().any(|kept| begins(kept, deeds))
    }
}

/// Whether the first begins with all of the second.
fn begins(all: &Deeds, with: &Deeds) -> bool {
    let is_same = |(a, b): (&Intervention, &Intervention)| a.at_ns == b.at_ns && a.text == b.text;
    all.len() >= with.len() && all.iter().zip(with).all(is_same)
}

/// What was done to a branch by hand, as far as it was played: what a file of it would hold.
pub(super) fn done(tree: &Tree<Scene>, branch: usize) -> &Deeds {
    tree.at_front(branch).map_or(&[], |scene| {
        let session = &scene.session;
        &session.interventions()[..Branching::done(session)]
    })
}

/// The branches whose files would hold all that was done by hand and stands in no file yet. Where several would hold the
/// same, it is the one that is looked at, or else the last.
pub(super) fn unsaved(tree: &Tree<Scene>, kept: &Kept) -> Vec<usize> {
    let mut branches: Vec<usize> = (0..tree.branches().len()).collect();
    branches.sort_by_key(|&branch| (branch != tree.current(), std::cmp::Reverse(branch)));
    let mut out: Vec<usize> = Vec::new();
    for branch in branches {
        let deeds = done(tree, branch);
        let is_in_another = |&other: &usize| begins(done(tree, other), deeds);
        if deeds.is_empty() || kept.holds(deeds) || out.iter().any(is_in_another) {
            continue;
        }
        out.retain(|&other| !begins(deeds, done(tree, other)));
        out.push(branch);
    }
    out.sort_unstable();
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::hunt::{self, Session};
    use crate::ui::adapt::Run;
    use crate::ui::engine::{Engine, Order, Until};

    fn run() -> Run {
        let loaded = hunt::load("healthy", &["duration=4s".to_owned()]).expect("it is built in");
        Run::new(Session::new(Arc::new(loaded), hunt::Options::default()))
    }

    fn inject(run: &mut Run, second: u64, what: &str) {
        run.run(Until::Time(second * 1_000_000_000), u32::MAX);
        run.obey(&Order::Inject(what.into(), None))
            .expect("it can be done");
    }

    /// The names of the branches that would be lost.
    fn lost(run: &Run) -> Vec<String> {
        let rows = run.frame().forks.into_iter();
        rows.filter(|r| r.is_unsaved).map(|r| r.name).collect()
    }

    #[test]
    fn what_can_be_played_again_is_not_lost() {
        let mut run = run();
        run.run(Until::Time(1_000_000_000), u32::MAX);
        run.obey(&Order::Fork).expect("a fork");
        run.restart(9);
        run.obey(&Order::Fork).expect("a fork");
        assert_eq!(lost(&run), [""; 0]);
    }

    #[test]
    fn the_last_fork_of_a_row_of_forks_holds_what_was_done_in_all() {
        let mut run = run();
        inject(&mut run, 1, "Crash(\"broker-1\")");
        assert_eq!(lost(&run), ["fork 1"]);
        inject(&mut run, 2, "Crash(\"broker-2\")");
        assert_eq!(lost(&run), ["fork 2"], "it has both");
        run.obey(&Order::Undo).expect("undone");
        inject(&mut run, 3, "Crash(\"broker-3\")");
        assert_eq!(lost(&run), ["fork 2", "fork 3"]);
    }

    #[test]
    fn the_same_with_another_seed_is_one_thing_that_was_done() {
        let mut run = run();
        inject(&mut run, 1, "Crash(\"broker-1\")");
        run.restart(9);
        assert_eq!(lost(&run), ["fork 1"], "it was not done again yet");
        run.run(Until::Time(2_000_000_000), u32::MAX);
        assert_eq!(lost(&run), ["fork 2"], "the one that is looked at");
    }
}
