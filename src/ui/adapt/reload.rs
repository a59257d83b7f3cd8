//! A scenario file that was changed while its run is shown: it is read again, and its run becomes another branch beside the one
//! before, which stays as it was.

use std::path::PathBuf;
use std::sync::Arc;

use super::branches;
use super::scene::Scene;
use crate::hunt::changes::{Changes, files_of, stamps};
use crate::hunt::{self, Loaded, Session};
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

/// The files of all scenarios that are played.
#[derive(Default)]
pub(super) struct Watched(Vec<Files>);

impl Watched {
    /// The files of what a session plays; none if it came from no file.
    pub fn of(&mut self, session: &Session) -> Option<&mut Files> {
        let name = &session.loaded().name;
        if !self.0.iter().any(|files| files.loaded.name == *name) {
            self.0.extend(Files::of(session.loaded()));
        }
        self.0.iter_mut().find(|files| files.loaded.name == *name)
    }

    /// Whether what a session plays came from files.
    pub fn has(&self, session: &Session) -> bool {
        let name = &session.loaded().name;
        self.0.iter().any(|files| files.loaded.name == *name)
    }

    /// The scenario was read again.
    fn renew(&mut self, loaded: &Arc<Loaded>) {
        self.0.retain(|files| files.loaded.name != loaded.name);
        self.0.extend(Files::of(loaded));
    }

    /// Whether the files of what a session plays hold another scenario by now.
    pub fn hold_another(&self, session: &Session) -> bool {
        let loaded = session.loaded();
        let mut files = self.0.iter().filter(|f| f.loaded.name == loaded.name);
        files.any(|f| !f.hold(loaded))
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
pub(super) fn reload(tree: &mut Tree<Scene>, watched: &mut Watched) -> Reloaded {
    let files = watched.of(&tree.run().session);
    let Some(loaded) = files.and_then(Files::read_again) else {
        return Reloaded::Same;
    };
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(lines) => return Reloaded::Wrong(lines),
    };
    let Some((session, impossible)) = tree.run().session.reloaded(Arc::clone(&loaded)) else {
        return Reloaded::Wrong(vec!["it has no control any more".to_owned()]);
    };
    watched.renew(&loaded);
    let roots = tree.branches().iter().filter(|b| b.parent.is_none());
    let name = format!("text {}", roots.count() + 1);
    branches::plant(tree, session, name.clone());
    let forks = name_for(Context::Dashboard, Action::Forks);
    let about = format!("the file was changed: this is {name} up to the same moment");
    Reloaded::Again(if impossible.is_empty() {
        format!("{about}; {forks} has the run before")
    } else {
        let without = impossible.join(", ");
        format!("{about}, without {without}, which it does not allow; {forks} has the run before")
    })
}
