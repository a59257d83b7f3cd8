//! A folder of scenarios with mistakes in them, and what is said about each.

use std::fs;
use std::path::{Path, PathBuf};

use splitbrain::hunt;
use splitbrain::scenario::LoadError;
use splitbrain::scenario::diagnostic;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The names without extension of the files in a folder, in order.
fn stems(folder: &Path, extension: &str) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut stems: Vec<String> = files
        .filter(|p| p.extension().is_some_and(|e| e == extension))
        .map(|p| p.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    stems.sort();
    stems
}

/// What `splitbrain check` shows, with the folder's path as somebody who stands in the checkout would write it.
fn shown(stem: &str) -> String {
    let path = folder("tests/bad").join(format!("{stem}.ron"));
    let text = match hunt::load(path.to_str().unwrap(), &[]) {
        Ok(loaded) => {
            let mut document = loaded.document.clone();
            let doubts = hunt::doubts(&loaded);
            doubts.iter().for_each(|d| document.complain(d));
            diagnostic::render(document.sources(), &document.diagnostics(), false)
        }
        Err(LoadError::Mistakes(document)) => document.render(false),
        Err(LoadError::NotFound(message)) => panic!("{message}"),
    };
    text.replace(&format!("{}/", folder("tests/bad").display()), "tests/bad/")
}

#[test]
fn each_bad_file_is_explained() {
    let stems = stems(&folder("tests/bad"), "ron");
    insta::with_settings!({
        snapshot_path => folder("snapshots/bad"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for stem in &stems {
            let shown = shown(stem);
            assert!(!shown.is_empty(), "{stem} has no mistake");
            insta::assert_snapshot!(stem.as_str(), shown);
        }
    });
    // No snapshot outlives its file.
    assert_eq!(self::stems(&folder("snapshots/bad"), "snap"), stems);
}
