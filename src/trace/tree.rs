//! The branches of a run. Where somebody does something to a run, what follows is another run, which has its past up to
//! there in common with the first: a branch. Branches form a tree, whose root is the run as its scenario says; another seed or
//! another scenario is a root beside it.
//!
//! Wherever one goes in it, a moment of a branch is the moment of a straight run to which the same was done.

use std::sync::Arc;

use super::timeline::{Playable, Timeline};

/// So many checkpoints a branch keeps while another is looked at.
const KEPT_ASIDE: usize = 16;

/// A run to which somebody can do something.
pub trait Branching: Playable {
    /// Something that is done at a moment.
    type Deed: Clone + std::fmt::Debug;

    /// From now on these are done to it when it comes there. Those that have happened must be the same.
    fn follow(&mut self, deeds: &Arc<[Self::Deed]>);

    /// How many of them have happened.
    fn done(&self) -> usize;
}

/// A moment of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Virtual time, ns.
    pub ns: u64,
    /// So many events have happened.
    pub event: u64,
}

impl Place {
    fn of<R: Playable>(run: &R) -> Self {
        Self {
            ns: run.now_ns(),
            event: run.events(),
        }
    }
}

/// A branch.
#[derive(Clone, Debug)]
pub struct Branch<R: Branching> {
    /// What it is called.
    pub name: String,
    /// Which branch it left; a root none.
    pub parent: Option<usize>,
    /// Where it left that.
    pub from: Place,
    /// What was done there, in a few words; nothing where it was only left.
    pub what: String,
    deeds: Arc<[R::Deed]>,
    past: Timeline<R>,
    /// Where it was left for another.
    left: Arc<R>,
    /// As far as it was played.
    front: Arc<R>,
}

impl<R: Branching> Branch<R> {
    /// What is done to it.
    pub fn deeds(&self) -> &Arc<[R::Deed]> {
        &self.deeds
    }

    /// The run of this branch where it was left.
    pub fn left(&self) -> &R {
        &self.left
    }
}

/// The branches of a run, and the one that is looked at.
#[derive(Clone, Debug)]
pub struct Tree<R: Branching> {
    branches: Vec<Branch<R>>,
    current: usize,
    run: R,
    budget_bytes: u64,
}

impl<R: Branching> Tree<R> {
    /// One run, from where it stands; with its beginning. Checkpoints of a branch may take about so many bytes.
    pub fn new(beginning: &R, run: R, deeds: Arc<[R::Deed]>, budget_bytes: u64) -> Self {
        let mut tree = Self {
            branches: Vec::new(),
            current: 0,
            run: run.clone(),
            budget_bytes,
        };
        tree.plant(beginning, run, deeds, String::new());
        tree
    }

    /// One more root: another run, from where it stands. It is looked at from now on.
    pub fn plant(&mut self, beginning: &R, run: R, deeds: Arc<[R::Deed]>, name: String) {
        self.set_aside();
        let run_here = Arc::new(run.clone());
        self.branches.push(Branch {
            name,
            parent: None,
            from: Place::default(),
            what: String::new(),
            deeds,
            past: Timeline::new(beginning, self.budget_bytes),
            left: Arc::clone(&run_here),
            front: run_here,
        });
        self.current = self.branches.len() - 1;
        self.run = run;
        self.keep();
    }

    /// The run that is looked at.
    pub fn run(&self) -> &R {
        &self.run
    }

    /// The same, to let it go on. [`Tree::keep`] is to be called often meanwhile.
    pub fn run_mut(&mut self) -> &mut R {
        &mut self.run
    }

    /// The run, taken out.
    pub fn into_run(self) -> R {
        self.run
    }

    /// All branches, parents before their children.
    pub fn branches(&self) -> &[Branch<R>] {
        &self.branches
    }

    /// Which of them is looked at.
    pub fn current(&self) -> usize {
        self.current
    }

    /// The past of the branch that is looked at.
    pub fn past(&self) -> &Timeline<R> {
        &self.branches[self.current].past
    }

    /// Takes a checkpoint if the run has gone far enough.
    #[inline]
    pub fn keep(&mut self) {
        self.branches[self.current].past.keep(&self.run);
    }

    /// Puts the run where running on to a moment (ns) is shortest.
    pub fn leap_to(&mut self, ns: u64) {
        self.note_front();
        self.branches[self.current].past.leap_to(&mut self.run, ns);
        self.follow();
    }

    /// Puts the run where running on to the end of an event is shortest; 0 is the beginning.
    pub fn leap_to_event(&mut self, event: u64) {
        self.note_front();
        let past = &self.branches[self.current].past;
        past.leap_to_event(&mut self.run, event);
        self.follow();
    }

    /// Puts the run where a clone of it stands, which was taken on this branch.
    pub fn put(&mut self, run: R) {
        self.note_front();
        self.run = run;
        self.follow();
    }

    /// Goes to a place that the run stood at.
    pub fn go_to(&mut self, place: Place) {
        self.leap_to_event(place.event);
        while self.run.events() < place.event {
            let missing = place.event - self.run.events();
            let spacing = self.past().spacing_events();
            if !self.run.advance(u64::MAX, missing.min(spacing)) {
                break;
            }
            self.keep();
        }
        if self.run.now_ns() < place.ns {
            self.run.advance(place.ns, u64::MAX);
        }
    }

    /// How far a branch was played.
    pub fn front(&self, branch: usize) -> Place {
        let Some(of) = self.branches.get(branch) else {
            return Place::default();
        };
        let front = Place::of(of.front.as_ref());
        if branch == self.current && self.run.events() >= front.event {
            return Place::of(&self.run);
        }
        front
    }

    /// A branch as far as it was played.
    pub fn at_front(&self, branch: usize) -> Option<&R> {
        let of = self.branches.get(branch)?;
        let is_ahead = branch == self.current && self.run.events() >= of.front.events();
        Some(if is_ahead { &self.run } else { &of.front })
    }

    /// A branch where it stands or was left.
    pub fn at_left(&self, branch: usize) -> Option<&R> {
        let of = self.branches.get(branch)?;
        Some(if branch == self.current {
            &self.run
        } else {
            &of.left
        })
    }

    /// Leaves the run here: from now on another branch is looked at, to which the same was done so far. Gives its number.
    pub fn fork(&mut self, name: String, what: String) -> usize {
        let from = Place::of(&self.run);
        self.set_aside();
        let parent = &self.branches[self.current];
        let deeds: Arc<[R::Deed]> = parent.deeds[..self.run.done()].into();
        let branch = Branch {
            name,
            parent: Some(self.current),
            from,
            what,
            past: parent.past.until(from.event, from.ns),
            left: Arc::clone(&parent.left),
            front: Arc::clone(&parent.left),
            deeds,
        };
        self.branches.push(branch);
        self.current = self.branches.len() - 1;
        self.follow();
        self.current
    }

    /// Does something to the run, here: a fork, which goes on until it is done, at `at_ns`.
    pub fn inject(&mut self, deed: R::Deed, at_ns: u64, name: String, what: String) -> usize {
        let branch = self.fork(name, what);
        let deeds = self.branches[branch].deeds.iter().cloned();
        self.branches[branch].deeds = deeds.chain([deed]).collect();
        self.follow();
        let deeds = self.branches[branch].deeds.len();
        while self.run.done() < deeds && self.run.advance(at_ns, 1) {}
        self.note_front();
        branch
    }

    /// A fork from here to which some things will be done, when it comes there. Gives its number.
    pub fn graft(&mut self, deeds: Arc<[R::Deed]>, name: String, what: String) -> usize {
        let branch = self.fork(name, what);
        self.branches[branch].deeds = deeds;
        self.follow();
        branch
    }

    /// Goes back to where this branch left its parent. `false` if it left none.
    pub fn undo(&mut self) -> bool {
        let Branch { parent, from, .. } = self.branches[self.current];
        let Some(parent) = parent else {
            return false;
        };
        self.switch(parent);
        self.go_to(from);
        true
    }

    /// Looks at a branch, where it was left. `false` if there is none.
    pub fn switch(&mut self, branch: usize) -> bool {
        if branch >= self.branches.len() {
            return false;
        }
        if branch != self.current {
            self.set_aside();
            self.current = branch;
            self.run = (*self.branches[branch].left).clone();
            self.follow();
        }
        true
    }

    /// Gives a branch another name.
    pub fn rename(&mut self, branch: usize, name: String) {
        if let Some(branch) = self.branches.get_mut(branch) {
            branch.name = name;
        }
    }

    fn follow(&mut self) {
        self.run.follow(&self.branches[self.current].deeds);
    }

    fn note_front(&mut self) {
        let branch = &mut self.branches[self.current];
        if self.run.events() > branch.front.events() || self.run.now_ns() > branch.front.now_ns() {
            branch.front = Arc::new(self.run.clone());
        }
    }

    /// The branch that is looked at is left for another.
    fn set_aside(&mut self) {
        if self.branches.is_empty() {
            return;
        }
        self.note_front();
        let branch = &mut self.branches[self.current];
        branch.left = Arc::new(self.run.clone());
        branch.past.thin(KEPT_ASIDE);
    }
}
