//! Whether files were changed since they were read: by when they were changed last, and how long they are. Nothing here
//! reads them, and nothing of it is part of a run.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Loaded;
use crate::scenario::{FOLDER, find};

/// Some files as they were when somebody looked: when each was changed last and how long it is; none where it is not there.
pub type Stamps = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// Tells of changes once each.
#[derive(Clone, Debug)]
pub struct Changes {
    told: Stamps,
    seen: Stamps,
}

impl Changes {
    /// Of files that were just read.
    pub fn since(now: Stamps) -> Self {
        Self {
            told: now.clone(),
            seen: now,
        }
    }

    /// Whether there is a change that was not told yet. One must be seen twice alike: who writes a file may be in the middle
    /// of it, or have taken it away to put another in its place.
    pub fn look(&mut self, now: Stamps) -> bool {
        let is_whole = now.iter().all(|(_, stamp)| stamp.is_some());
        let is_still = now == self.seen;
        let is_new = now != self.told;
        self.seen = now;
        if is_whole && is_still && is_new {
            self.told.clone_from(&self.seen);
            return true;
        }
        false
    }
}

/// The files that a scenario was read from; none if it is in the program, or came through a pipe.
pub fn files_of(loaded: &Loaded) -> Vec<PathBuf> {
    let file = Path::new(&loaded.name);
    let folder = find(&loaded.name).ok().and_then(|found| found.folder);
    let Some(folder) = folder.filter(|_| file.is_file()) else {
        return Vec::new();
    };
    let named = loaded.files.iter().map(|(name, _)| folder.join(name));
    std::iter::once(file.to_owned()).chain(named).collect()
}

/// How some files are now.
pub fn stamps(files: &[PathBuf]) -> Stamps {
    let stamp = |path: &PathBuf| {
        let about = std::fs::metadata(path).ok().filter(|about| about.is_file());
        about.and_then(|about| Some((about.modified().ok()?, about.len())))
    };
    files.iter().map(|p| (p.clone(), stamp(p))).collect()
}

/// The scenario files that a person keeps, as they are now.
pub fn own_scenarios() -> Stamps {
    let mut stamps = stamps(&super::catalogue::listed(Path::new(FOLDER)));
    // What is no file is not listed either.
    stamps.retain(|(_, stamp)| stamp.is_some());
    stamps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64, bytes: u64) -> Stamps {
        let when = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        vec![("a.ron".into(), Some((when, bytes)))]
    }

    #[test]
    fn a_change_is_told_once_and_when_it_is_whole() {
        let mut changes = Changes::since(at(1, 10));
        assert!(!changes.look(at(1, 10)));
        // It is being written: half of it, then all.
        assert!(!changes.look(at(2, 5)));
        assert!(!changes.look(at(2, 10)));
        assert!(changes.look(at(2, 10)));
        assert!(!changes.look(at(2, 10)));
        // It is taken away, and another put in its place.
        let gone = || vec![("a.ron".into(), None)];
        assert!(!changes.look(gone()));
        assert!(!changes.look(gone()));
        assert!(!changes.look(at(3, 10)));
        assert!(changes.look(at(3, 10)));
    }

    #[test]
    fn what_is_in_the_program_has_no_files() {
        let loaded = super::super::load("healthy", &[]).expect("built in");
        assert!(files_of(&loaded).is_empty());
        let file = super::super::load("scenarios/healthy.ron", &[]).expect("a file");
        assert_eq!(files_of(&file), [PathBuf::from("scenarios/healthy.ron")]);
    }
}
