//! What a person made is written to a file of its own: nothing is ever written over.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// So many names are tried.
const TRIES: u32 = 9999;
/// The longest part of a name, in characters.
const NAME_MAX: usize = 80;

/// Writes a text to a file of a folder that was not there before: `STEM.ENDING`, or `STEM-2.ENDING` where that is there, and
/// so on. The error is a sentence.
pub fn write_new(folder: &Path, stem: &str, ending: &str, text: &str) -> Result<PathBuf, String> {
    let path = |number| match number {
        1 => folder.join(format!("{stem}.{ending}")),
        n => folder.join(format!("{stem}-{n}.{ending}")),
    };
    write_numbered(path, text.as_bytes()).map_err(|why| match why.kind() {
        io::ErrorKind::AlreadyExists => format!("there are too many files named `{stem}` already"),
        _ => format!("cannot write `{}`: {why}", path(1).display()),
    })
}

/// Writes bytes to the first file that was not there before, of those that a number stands for from 1 on.
pub fn write_numbered(path: impl Fn(u32) -> PathBuf, bytes: &[u8]) -> io::Result<PathBuf> {
    for path in (1..=TRIES).map(path) {
        let made = File::create_new(&path).and_then(|mut file| file.write_all(bytes));
        match made {
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A name as a part of a file's name: letters, digits, dots and dashes. Of a path it is the file without its ending.
pub fn as_file_name(name: &str) -> String {
    let stem = Path::new(name).file_stem();
    let stem = stem.map(|s| s.to_string_lossy()).unwrap_or_default();
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = stem
        .chars()
        .map(|c| if kept(c) { c } else { '-' })
        .collect();
    let name: String = name
        .trim_matches(['-', '.'])
        .chars()
        .take(NAME_MAX)
        .collect();
    if name.is_empty() {
        "run".to_owned()
    } else {
        name
    }
}
