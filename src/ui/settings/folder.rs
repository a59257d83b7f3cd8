//! Where a person's files are, and how they are read. What is wrong with one never keeps the program from starting: it is
//! a diagnostic like that of a scenario, and the file is as if it were not there.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::Settings;
use crate::scenario::LoadError;
use crate::scenario::document::Document;
use crate::scenario::syntax::FILE_BYTES_MAX;

/// Overrides the folder, where it is set and not empty.
pub const VARIABLE: &str = "SPLITBRAIN_CONFIG_DIR";
/// The settings.
pub const CONFIG: &str = "config.ron";
/// The keys.
pub const KEYS: &str = "keys.ron";

/// The folder of a person's files: what [`VARIABLE`] says, else `splitbrain` in the folder where programs of a terminal have
/// their settings (`$XDG_CONFIG_HOME`, by default `~/.config`; on Windows `%APPDATA%`). It need not be there. `None` where
/// nobody knows where the person is at home.
pub fn folder() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()) {
        return Some(given.into());
    }
    let all = etcetera::choose_base_strategy().ok()?;
    Some(all.config_dir().join("splitbrain"))
}

/// The settings of the folder, and what is wrong with them: then all are as by default, as what was meant is a guess.
pub fn settings(folder: &Path) -> (Settings, Option<LoadError>) {
    let mut document = match document(&folder.join(CONFIG)) {
        Ok(Some(document)) => document,
        Ok(None) => return (Settings::default(), None),
        Err(why) => return (Settings::default(), Some(why)),
    };
    let settings: Option<Settings> = document.read();
    match (settings, mistakes(document)) {
        (Some(settings), None) => (settings, None),
        (_, wrong) => (Settings::default(), wrong),
    }
}

/// What is wrong with a document, if something is.
pub fn mistakes(document: Document) -> Option<LoadError> {
    (!document.is_sound()).then(|| LoadError::Mistakes(Box::new(document)))
}

/// A file of the folder, parsed; none where there is none.
pub fn document(path: &Path) -> Result<Option<Document>, LoadError> {
    let shown = path.display();
    match bytes(path) {
        Ok(bytes) => Ok(bytes.map(|bytes| Document::parse_bytes(shown.to_string(), &bytes))),
        Err(why) => Err(LoadError::NotFound(format!("cannot read `{shown}`: {why}"))),
    }
}

/// What stands in a file; none where there is none.
pub fn bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why),
    };
    // To open a pipe would be to wait for its writer.
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    // One byte more than may be, so that the reader of the text says what is wrong.
    let room = FILE_BYTES_MAX as u64 + 1;
    fs::File::open(path)?.take(room).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
