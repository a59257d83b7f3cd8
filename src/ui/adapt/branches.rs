//! The branches of a run on the screen: what a person does to it, and where it is kept.

use std::path::Path;
use std::sync::Arc;

use super::by_hand::{self, Kept};
use super::scene::Scene;
use crate::hunt::past::Past;
use crate::hunt::{self, Intervention, Session, keep};
use crate::scenario::LoadError;
use crate::scenario::document::Document;
use crate::sim::units::Duration;
use crate::trace::timeline::Playable;
use crate::trace::tree::Tree;
use crate::ui::engine::{Order, Save};
use crate::ui::keymap::{Action, Context, name_for};
use crate::ui::text;
use crate::ui::view::ForkRow;

/// The past of the branch that is shown.
impl Past for Tree<Scene> {
    fn before(&self, event: u64) -> Session {
        self.session_of(self.past().before_event(event))
    }

    fn before_ns(&self, ns: u64) -> Session {
        self.session_of(self.past().before_moment(ns))
    }

    fn kept(&self) -> Vec<Session> {
        let kept = self.past().kept().iter();
        kept.map(|scene| self.session_of(scene)).collect()
    }
}

impl Tree<Scene> {
    fn session_of(&self, scene: &Scene) -> Session {
        let mut session = scene.session.clone();
        session.follow(self.branches()[self.current()].deeds());
        session
    }
}

/// The run of a branch, wherever that was left, with all that was done to it.
pub(super) fn session(tree: &Tree<Scene>, branch: usize) -> Option<Session> {
    let of = tree.branches().get(branch)?;
    let mut session = tree.at_left(branch)?.session.clone();
    session.follow(of.deeds());
    Some(session)
}

/// Does what a person wants done.
pub(super) fn obey(
    tree: &mut Tree<Scene>,
    kept: &mut Kept,
    order: &Order,
) -> Result<String, Vec<String>> {
    match order {
        Order::Fork => {
            let name = next_name(tree);
            let said = format!("{name}: what you do now leaves the other run as it was");
            tree.fork(name, String::new());
            Ok(said)
        }
        Order::Undo if tree.undo() => {
            let name = name_of(tree, tree.current());
            Ok(format!("back on {name}, where the fork left it"))
        }
        Order::Undo => Err(vec!["nothing to undo: this run leaves no other".into()]),
        Order::Switch(branch) if tree.switch(*branch) => {
            Ok(format!("on {}", name_of(tree, *branch)))
        }
        Order::Switch(_) => Err(vec!["there is no such branch".into()]),
        Order::Rename(branch, name) => {
            tree.rename(*branch, name.clone());
            Ok(format!("it is called {name}"))
        }
        Order::Inject(action, lasting) => inject(tree, action, lasting.as_deref()),
        Order::Break(_) => Err(vec!["a branch has no breakpoints of its own".into()]),
        Order::Play(scenario) => play(tree, scenario),
        Order::Save(branch, what) => {
            save(tree, kept, *branch, *what).map(|path| format!("kept in {path}"))
        }
        Order::SaveAll => save_all(tree, kept),
    }
}

/// The name of the next fork.
fn next_name(tree: &Tree<Scene>) -> String {
    let forks = tree.branches().iter().filter(|b| b.parent.is_some());
    format!("fork {}", forks.count() + 1)
}

fn name_of(tree: &Tree<Scene>, branch: usize) -> String {
    let Some(of) = tree.branches().get(branch) else {
        return String::new();
    };
    if !of.name.is_empty() {
        return of.name.clone();
    }
    tree.at_left(branch).map_or_else(String::new, |scene| {
        let name = scene.session.loaded().name.as_str();
        name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned()
    })
}

fn inject(
    tree: &mut Tree<Scene>,
    action: &str,
    lasting: Option<&str>,
) -> Result<String, Vec<String>> {
    let session = &tree.run().session;
    if session.is_over() {
        return Err(vec![
            "the run is at its end: go back to do something".into(),
        ]);
    }
    if session.is_control() {
        return Err(vec![
            "this is a control: save it as a scenario to do something to it".into(),
        ]);
    }
    let lasting_ns = match lasting.map(str::parse::<Duration>) {
        None => None,
        Some(Ok(lasting)) => Some(lasting.ns()),
        Some(Err(why)) => return Err(vec![why]),
    };
    let deed = session
        .intervention(action, lasting_ns)
        .map_err(|document| {
            document
                .render(false)
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })?;
    if deed.at_ns > session.end_ns() {
        return Err(vec![
            "the run is at its end: go back to do something".into(),
        ]);
    }
    let (at, label) = (deed.at_ns, deed.plan.label());
    let name = next_name(tree);
    tree.inject(deed, at, name.clone(), label.clone());
    Ok(format!(
        "{label} at {}s: {name}; {} takes it back",
        text::moment(at),
        name_for(Context::Dashboard, Action::Undo)
    ))
}

/// Writes a branch to a new file, whose name it gives.
fn save(
    tree: &Tree<Scene>,
    kept: &mut Kept,
    branch: usize,
    what: Save,
) -> Result<String, Vec<String>> {
    let Some(scene) = tree.at_front(branch) else {
        return Err(vec!["there is no such branch".into()]);
    };
    let session = &scene.session;
    let stem = format!(
        "{}-seed{}",
        keep::as_file_name(&session.loaded().name),
        session.seed()
    );
    let fork = &tree.branches()[branch];
    let stem = match fork.parent {
        None => stem,
        Some(_) => format!("{stem}-{}", keep::as_file_name(&name_of(tree, branch))),
    };
    let path = match what {
        Save::Recording => session
            .recording()
            .to_text()
            .map_err(|why| vec![why])
            .and_then(|text| written(&stem, "recording.ron", &text)),
        Save::Scenario => session
            .as_scenario()
            .map_err(|why| vec![why])
            .and_then(|text| written(&stem, "ron", &text)),
    };
    path.inspect(|_| kept.note(by_hand::done(tree, branch)))
}

/// Writes what was done by hand and stands in no file yet to new recordings.
fn save_all(tree: &Tree<Scene>, kept: &mut Kept) -> Result<String, Vec<String>> {
    let mut paths = Vec::new();
    for branch in by_hand::unsaved(tree, kept) {
        paths.push(save(tree, kept, branch, Save::Recording)?);
    }
    Ok(match paths.as_slice() {
        [] => "nothing is to be saved".to_owned(),
        [one] => format!("kept in {one}"),
        [first, others @ ..] => format!("kept in {first} and {} more", others.len()),
    })
}

fn written(stem: &str, ending: &str, text: &str) -> Result<String, Vec<String>> {
    keep::write_new(Path::new(""), stem, ending, text)
        .map(|path| path.display().to_string())
        .map_err(|why| vec![why])
}

/// Another root, a run at its beginning. What is done to it by hand is a fork of the run without that.
pub(super) fn plant(tree: &mut Tree<Scene>, mut session: Session, name: String) {
    let deeds = Arc::clone(session.interventions());
    let nothing: Arc<[Intervention]> = Arc::new([]);
    session.follow(&nothing);
    let scene = Scene::new(session);
    tree.plant(&scene.clone(), scene, nothing, name);
    if !deeds.is_empty() {
        let labels: Vec<String> = deeds.iter().map(|d| d.plan.label()).collect();
        let name = next_name(tree);
        tree.graft(deeds, name, format!("again: {}", labels.join(", ")));
    }
}

/// Another scenario, beside what was played.
fn play(tree: &mut Tree<Scene>, scenario: &str) -> Result<String, Vec<String>> {
    let loaded = hunt::load(scenario, &[]).map_err(|why| match why {
        LoadError::NotFound(why) => vec![why],
        LoadError::Mistakes(document) => lines(&document),
    })?;
    let session = Session::new(Arc::new(loaded), hunt::Options::default());
    plant(tree, session, String::new());
    Ok(format!(
        "{scenario}; what was played before stands among the forks"
    ))
}

/// A diagnostic, line by line.
/// The run of a branch with the name of that.
pub(super) fn named(tree: &Tree<Scene>, branch: usize) -> Option<(String, Session)> {
    Some((name_of(tree, branch), session(tree, branch)?))
}

fn lines(document: &Document) -> Vec<String> {
    document.render(false).lines().map(str::to_owned).collect()
}

/// The branches for the screen.
pub(super) fn rows(tree: &Tree<Scene>, kept: &Kept) -> Vec<ForkRow> {
    let unsaved = by_hand::unsaved(tree, kept);
    let row = |(at, depth): (usize, u16)| {
        let (branch, stands) = (&tree.branches()[at], tree.at_left(at));
        ForkRow {
            branch: at,
            name: name_of(tree, at),
            depth,
            from_ns: branch.from.ns,
            what: branch.what.clone(),
            seed: stands.map_or(0, |scene| scene.session.seed()),
            now_ns: stands.map_or(0, Playable::now_ns),
            played_ns: tree.front(at).ns,
            current: at == tree.current(),
            is_unsaved: unsaved.contains(&at),
        }
    };
    let parents: Vec<Option<usize>> = tree.branches().iter().map(|b| b.parent).collect();
    descending(&parents).into_iter().map(row).collect()
}

/// The numbers of branches, each with how far it is from its root: those that left a branch stand below it.
fn descending(parents: &[Option<usize>]) -> Vec<(usize, u16)> {
    let mut order: Vec<(usize, u16)> = Vec::new();
    for (at, of) in parents.iter().enumerate() {
        let parent = order.iter().position(|(o, _)| Some(*o) == *of);
        let depth = parent.map_or(0, |p| order[p].1 + 1);
        // Behind all that stand below its parent already.
        let behind = parent.map_or(order.len(), |p| {
            let mut below = order.iter().enumerate().skip(p + 1);
            below
                .find(|(_, o)| o.1 < depth)
                .map_or(order.len(), |(place, _)| place)
        });
        order.insert(behind, (at, depth));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::adapt::Run;
    use crate::ui::engine::{Engine, Until};

    #[test]
    fn a_fork_stands_below_the_branch_that_it_left() {
        // Two forks of the first run, one of the first of those, another run with a fork, and once more one of the first run.
        let parents = [None, Some(0), Some(0), Some(1), None, Some(4), Some(0)];
        let rows = descending(&parents);
        assert_eq!(
            rows,
            [(0, 0), (1, 1), (3, 2), (2, 1), (6, 1), (4, 0), (5, 1)]
        );
    }

    fn run() -> Run {
        let loaded = hunt::load("healthy", &["duration=4s".to_owned()]).expect("it is built in");
        Run::new(Session::new(Arc::new(loaded), hunt::Options::default()))
    }

    #[test]
    fn another_seed_has_what_was_done_by_hand_in_a_fork_of_its_own() {
        let mut run = run();
        run.run(Until::Time(1_000_000_000), u32::MAX);
        run.obey(&Order::Inject("Crash(\"broker-1\")".into(), None))
            .expect("it can be done");
        run.restart(5);
        let rows = run.frame().forks;
        let what: Vec<(u16, &str)> = rows.iter().map(|r| (r.depth, r.what.as_str())).collect();
        let crash = rows[1].what.clone();
        assert_eq!(what[1..], [(1, crash.as_str()), (0, ""), (1, what[3].1)]);
        assert!(rows[3].current && rows[3].what.contains(&crash), "{rows:?}");
        run.run(Until::Time(2_000_000_000), u32::MAX);
        assert!(!run.session().is_untouched(), "it is done again");
        run.obey(&Order::Undo).expect("the run without it is there");
        assert_eq!((run.session().seed(), run.now_ns()), (5, 0));
        run.run(Until::Time(2_000_000_000), u32::MAX);
        assert!(run.session().is_untouched());
    }
}
