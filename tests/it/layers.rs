//! The borders between the layers, held by a test of the code itself.

use std::fs;
use std::path::{Path, PathBuf};

/// Layers from left to right. Those in one place may not use one another.
const LAYERS: &[&[&str]] = &[
    &["sim"],
    &["systems"],
    &["scenario", "stats", "checks", "trace"],
    &["hunt"],
    &["ui", "export"],
    &["cli"],
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !is_test(&path) {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") && !is_test(&path) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Files that hold only tests bear it in their name.
fn is_test(path: &Path) -> bool {
    path.file_stem()
        .is_some_and(|name| name.to_string_lossy().ends_with("tests"))
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    text.lines()
        .map(|l| l.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

fn place(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|group| group.contains(&layer))
}

#[test]
fn a_layer_uses_only_what_stands_left_of_it() {
    let mut wrong = Vec::new();
    for (at, group) in LAYERS.iter().enumerate() {
        for layer in *group {
            for file in sources(&src().join(layer)) {
                for piece in code(&file).split("crate::").skip(1) {
                    let used: String = piece
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    let Some(there) = place(&used) else { continue };
                    if used != *layer && there >= at {
                        wrong.push(format!("{} uses {used}", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn files_with(layers: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for layer in layers {
        for file in sources(&src().join(layer)) {
            let code = code(&file);
            for word in words {
                if code.contains(word) {
                    found.push(format!("{}: {word}", file.display()));
                }
            }
        }
    }
    found
}

#[test]
fn the_kernel_and_the_screen_know_no_system_by_name() {
    let names = [
        "kafka",
        "Kafka",
        "sqs",
        "Sqs",
        "Workflow",
        "Database(",
        "Cache(",
    ];
    let found = files_with(&["sim", "ui"], &names);
    assert!(found.is_empty(), "{found:#?}");
}

/// A widget draws one plain view; only screens and the layout know what else there is.
#[test]
fn no_widget_takes_the_state_of_the_application() {
    let found = files_with(&["ui/widgets"], &["Model", "Engine"]);
    assert!(found.is_empty(), "{found:#?}");
}

/// What systems use of one another: remote calls, which are a protocol, and the ports, which are not in a folder.
const COMMON: &[&str] = &["rpc"];

#[test]
fn no_system_knows_another() {
    let folders = fs::read_dir(src().join("systems")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let names = folders.filter(|path| path.is_dir());
    let names = names.map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    let systems: Vec<String> = names.filter(|name| name != "registry").collect();
    assert!(systems.contains(&"store".to_owned()), "{systems:?}");
    let mut wrong = Vec::new();
    for system in &systems {
        let folder = src().join("systems").join(system);
        for other in &systems {
            if other == system || COMMON.contains(&other.as_str()) {
                continue;
            }
            let word = |c: char| c.is_alphanumeric() || c == '_';
            for file in sources(&folder) {
                let code = code(&file);
                // By a path, or out of a list in braces.
                let paths = [
                    format!("{other}::"),
                    format!("systems::{other}"),
                    format!("systems::{{{other}"),
                ];
                let is_used = paths.iter().any(|path| {
                    let mut found = code.match_indices(path.as_str());
                    found.any(|(at, _)| !code[..at].ends_with(word))
                });
                if is_used {
                    wrong.push(format!("{} knows {other}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nobody_but_the_registry_reaches_into_a_system() {
    let folders = fs::read_dir(src().join("systems")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let systems = folders.filter(|path| path.is_dir());
    let paths: Vec<String> = systems
        .map(|path| format!("systems::{}", path.file_name().unwrap().to_string_lossy()))
        .collect();
    assert!(paths.contains(&"systems::kafka".to_owned()), "{paths:?}");
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let others: Vec<&str> = LAYERS.iter().flat_map(|l| *l).copied().collect();
    let others: Vec<&str> = others.into_iter().filter(|l| *l != "systems").collect();
    let found = files_with(&others, &paths);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_the_screen_knows_the_screen() {
    let found = files_with(
        &[
            "sim", "systems", "scenario", "stats", "checks", "trace", "hunt",
        ],
        &["ratatui", "crossterm"],
    );
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn at_most_two_files_touch_the_terminal() {
    let words = [
        "enable_raw_mode",
        "EnterAlternateScreen",
        "event::read",
        "event::poll",
    ];
    let mut files: Vec<String> = files_with(&["ui", "cli"], &words);
    files
        .iter_mut()
        .for_each(|f| f.truncate(f.find(": ").unwrap_or(f.len())));
    files.dedup();
    assert!(files.len() <= 2, "{files:#?}");
}

#[test]
fn threads_are_only_where_runs_are_played() {
    let words = [
        "thread::", "rayon", "mpsc", "Mutex", "RwLock", "Atomic", "OnceLock", "LazyLock", "Condvar",
    ];
    let layers = [
        "sim", "systems", "scenario", "stats", "checks", "trace", "hunt",
    ];
    let mut found = files_with(&layers, &words);
    // Many seeds at once; what watches a run, beside it.
    found.retain(|f| !f.contains("hunt/parallel.rs: ") && !f.contains("hunt/apart.rs: "));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_in_a_run_depends_on_the_machine() {
    let words = [
        "HashMap",
        "HashSet",
        "Instant::now",
        "SystemTime",
        "thread::",
        "std::fs",
        ".ln()",
        ".exp()",
        ".powf(",
        ".sin()",
        ".cos()",
        ".log10(",
        ".log2(",
        "mul_add",
    ];
    let found = files_with(&["sim", "systems", "stats", "checks"], &words);
    assert!(found.is_empty(), "{found:#?}");
}
