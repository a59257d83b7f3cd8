//! The branches of a run on the screen: what a person does to it, and where it is kept.

use std::path::Path;
use std::sync::Arc;

use super::scene::Scene;
use crate::hunt::past::Past;
use crate::hunt::{self, Session, keep};
use crate::scenario::LoadError;
use crate::scenario::document::Document;
use crate::sim::units::Duration;
use crate::trace::timeline::Playable;
use crate::trace::tree::{Branch, Tree};
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
pub(super) fn obey(tree: &mut Tree<Scene>, order: &Order) -> Result<String, Vec<String>> {
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
        Order::Save(branch, what) => save(tree, *branch, *what),
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

fn save(tree: &Tree<Scene>, branch: usize, what: Save) -> Result<String, Vec<String>> {
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
    let kept = match what {
        Save::Recording => session
            .recording()
            .to_text()
            .map_err(|why| vec![why])
            .and_then(|text| written(&stem, "recording.ron", &text)),
        Save::Scenario => written(&stem, "ron", &session.as_scenario()),
    };
    kept.map(|path| format!("kept in {path}"))
}

fn written(stem: &str, ending: &str, text: &str) -> Result<String, Vec<String>> {
    keep::write_new(Path::new(""), stem, ending, text)
        .map(|path| path.display().to_string())
        .map_err(|why| vec![why])
}

/// Another root with another seed, at its beginning.
pub(super) fn plant(tree: &mut Tree<Scene>, seed: u64) {
    let session = tree.run().session.restart(seed);
    let deeds = Arc::clone(session.interventions());
    let scene = Scene::new(session);
    tree.plant(&scene.clone(), scene, deeds, format!("seed {seed}"));
}

/// Another scenario, beside what was played.
fn play(tree: &mut Tree<Scene>, scenario: &str) -> Result<String, Vec<String>> {
    let loaded = hunt::load(scenario, &[]).map_err(|why| match why {
        LoadError::NotFound(why) => vec![why],
        LoadError::Mistakes(document) => lines(&document),
    })?;
    let session = Session::new(Arc::new(loaded), hunt::Options::default());
    let deeds = Arc::clone(session.interventions());
    let scene = Scene::new(session);
    tree.plant(&scene.clone(), scene, deeds, String::new());
    Ok(format!(
        "{scenario}; what was played before stands among the forks"
    ))
}

/// A diagnostic, line by line.
fn lines(document: &Document) -> Vec<String> {
    document.render(false).lines().map(str::to_owned).collect()
}

/// The branches for the screen.
pub(super) fn rows(tree: &Tree<Scene>) -> Vec<ForkRow> {
    let depths = depths(tree.branches());
    let row = |(at, branch): (usize, &Branch<Scene>)| {
        let stands = tree.at_left(at);
        ForkRow {
            name: name_of(tree, at),
            depth: depths[at],
            from_ns: branch.from.ns,
            what: branch.what.clone(),
            seed: stands.map_or(0, |scene| scene.session.seed()),
            now_ns: stands.map_or(0, Playable::now_ns),
            played_ns: tree.front(at).ns,
            current: at == tree.current(),
        }
    };
    tree.branches().iter().enumerate().map(row).collect()
}

fn depths(branches: &[Branch<Scene>]) -> Vec<u16> {
    let mut depths: Vec<u16> = Vec::new();
    for branch in branches {
        let depth = branch
            .parent
            .and_then(|p| depths.get(p))
            .map_or(0, |d| d + 1);
        depths.push(depth);
    }
    depths
}
