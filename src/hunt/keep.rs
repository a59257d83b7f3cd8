//! What a person made is written to a file of its own: nothing is ever written over.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// So many names are tried.
const TRIES: u32 = 1000;

/// Writes a text to a new file in the working folder: `STEM.ENDING`, or `STEM-2.ENDING` where that is there, and so on.
pub fn write_new(stem: &str, ending: &str, text: &str) -> io::Result<PathBuf> {
    for number in 1..=TRIES {
        let path = PathBuf::from(match number {
            1 => format!("{stem}.{ending}"),
            n => format!("{stem}-{n}.{ending}"),
        });
        match File::create_new(&path) {
            Ok(mut file) => return file.write_all(text.as_bytes()).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "there are too many of that name",
    ))
}

/// A name as part of a file's name: letters, digits, dots and dashes.
pub fn as_file_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || ".-_".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(plain).collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() {
        "run".into()
    } else {
        name.to_owned()
    }
}
