//! A scenario file that was changed while its run is shown: it is read again, and its run becomes another branch beside the one
//! before, which stays as it was.

use std::path::PathBuf;
use std::sync::Arc;

use super::scene::Scene;
use crate::hunt::changes::{Changes, files_of, stamps};
use crate::hunt::{self, Loaded};
use crate::scenario::LoadError;
use crate::trace::tree::Tree;
use crate::ui::engine::Reloaded;
use crate::ui::keymap::{Action, Context, name_for};

/// The files that a run's scenario was read from, and what stood in them.
pub(super) struct Files {
    paths: Vec<PathBuf>,
    changes: Changes,
    loaded: Arc<Loaded>,
}

impl Files {
    /// Of a scenario; none if it came from no file.
    pub fn of(loaded: &Arc<Loaded>) -> Option<Self> {
        let paths = files_of(loaded);
        (!paths.is_empty()).then(|| Self {
            changes: Changes::since(stamps(&paths)),
            paths,
            loaded: Arc::clone(loaded),
        })
    }

    /// Whether a scenario is what was read from them last.
    pub fn hold(&self, loaded: &Loaded) -> bool {
        loaded.text == self.loaded.text && loaded.files == self.loaded.files
    }

    /// The scenario as it is in its files now, if that is another than before; the error is a diagnostic in lines.
    fn read_again(&mut self) -> Option<Result<Arc<Loaded>, Vec<String>>> {
        if !self.changes.look(stamps(&self.paths)) {
            return None;
        }
        match hunt::load(&self.loaded.name, &self.loaded.sets) {
            Ok(new) if self.hold(&new) => None,
            Ok(new) => Some(Ok(Arc::new(new))),
            Err(why) => Some(Err(lines(&why))),
        }
    }
}

fn lines(why: &LoadError) -> Vec<String> {
    let text = match why {
        LoadError::NotFound(message) => message.clone(),
        LoadError::Mistakes(document) => document.render(false),
    };
    text.lines().map(str::to_owned).collect()
}

/// Looks at the files, and has the tree show the run of what stands in them now, from its beginning.
pub(super) fn reload(tree: &mut Tree<Scene>, files: &mut Option<Files>) -> Reloaded {
    let Some(loaded) = files.as_mut().and_then(Files::read_again) else {
        return Reloaded::Same;
    };
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(lines) => return Reloaded::Wrong(lines),
    };
    let Some(session) = tree.run().session.reloaded(Arc::clone(&loaded)) else {
        return Reloaded::Wrong(vec!["it has no control any more".to_owned()]);
    };
    *files = Files::of(&loaded);
    let deeds = Arc::clone(session.interventions());
    let scene = Scene::new(session);
    let roots = tree.branches().iter().filter(|b| b.parent.is_none());
    let name = format!("text {}", roots.count() + 1);
    tree.plant(&scene.clone(), scene, deeds, name.clone());
    Reloaded::Again(format!(
        "the file was changed: this is {name} up to the same moment; {} has the run before",
        name_for(Context::Dashboard, Action::Forks)
    ))
}
