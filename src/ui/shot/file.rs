//! Where a kept screen goes: a file in the folder the program was started in, which never takes another's place.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Form;
use crate::ui::text::moment;

/// More files of one name are not made.
const NUMBER_MAX: u32 = 9999;

/// What a screen of a run is called: `leader-crash-seed42-12.480s`.
pub fn name(scenario: &str, seed: u64, now_ns: u64) -> String {
    format!("{}-seed{seed}-{}s", plain(scenario), moment(now_ns))
}

/// A scenario's name, or that of its file, as a part of a file's name.
pub fn plain(scenario: &str) -> String {
    let stem = Path::new(scenario).file_stem();
    let stem = stem.map(|s| s.to_string_lossy()).unwrap_or_default();
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = stem
        .chars()
        .map(|c| if kept(c) { c } else { '-' })
        .collect();
    let name: String = name.trim_matches(['-', '.']).chars().take(80).collect();
    if name.is_empty() {
        "screen".to_owned()
    } else {
        name
    }
}

/// Writes a file that was not there before, with a number behind its name where that is taken; the error is a sentence.
pub fn write(folder: &Path, name: &str, form: Form, text: &str) -> Result<PathBuf, String> {
    let ending = form.ending();
    for number in 1..=NUMBER_MAX {
        let path = match number {
            1 => folder.join(format!("{name}.{ending}")),
            n => folder.join(format!("{name}-{n}.{ending}")),
        };
        let made = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        match made {
            Ok(()) => return Ok(path),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => return Err(format!("cannot write `{}`: {why}", path.display())),
        }
    }
    Err(format!("there are too many files named `{name}` already"))
}
