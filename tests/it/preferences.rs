//! What a person chooses once and for all: `config.ron` and `keys.ron`.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::terminal::{Session, start};

/// A configuration folder of its own for a test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let name = format!("splitbrain-preferences-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        for (file, text) in files {
            std::fs::write(path.join(file), text).unwrap();
        }
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The program without a terminal.
    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_splitbrain"))
            .args(args)
            .env("SPLITBRAIN_CONFIG_DIR", self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn start(&self, args: &[&str]) -> Session {
        start(args, &[("SPLITBRAIN_CONFIG_DIR", self.path())])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_readme_has_the_keys_that_the_program_shows() {
    let folder = Folder::new("readme", &[]);
    let shown = folder.run(&["keys", "--markdown"]);
    assert_eq!(shown.status.code(), Some(0));
    let table = text(&shown.stdout);
    assert!(table.lines().count() > 30, "{table}");
    assert!(include_str!("../../README.md").contains(&table), "{table}");
}

#[test]
fn keys_are_shown_as_they_are_for_a_person() {
    let keys = r#"{"dashboard": {"Pause": ["F5", "p"]}}"#;
    let folder = Folder::new("keys", &[("keys.ron", keys)]);
    let shown = folder.run(&["keys"]);
    assert_eq!(shown.status.code(), Some(0));
    let table = text(&shown.stdout);
    let line = table.lines().find(|l| l.contains(" Pause ")).unwrap();
    assert!(line.contains("F5 p"), "{line}");
}

#[test]
fn a_mistake_in_the_keys_is_told_with_its_place() {
    let keys = "{\n    \"dashboard\": {\"Pase\": [\"F5\"]},\n}\n";
    let folder = Folder::new("bad-keys", &[("keys.ron", keys)]);
    let shown = folder.run(&["keys"]);
    assert_eq!(shown.status.code(), Some(2));
    let said = text(&shown.stderr);
    assert!(said.contains("keys.ron:2:27"), "{said}");
    assert!(said.contains("did you mean `Pause`?"), "{said}");
    let without = Folder::new("no-keys", &[]).run(&["keys"]);
    assert_eq!(text(&shown.stdout), text(&without.stdout));
}

#[test]
fn settings_hold_unless_the_command_says_otherwise() {
    let folder = Folder::new(
        "config",
        &[("config.ron", "(glyphs: Ascii, speed: \"max\")")],
    );
    for (args, is_ascii) in [
        (["run", "healthy"].as_slice(), true),
        (&["run", "healthy", "--glyphs", "block"], false),
    ] {
        let mut session = folder.start(args);
        session.sees("max");
        assert_eq!(session.text().is_ascii(), is_ascii, "{args:?}");
        session.press("q");
        assert_eq!(session.ends(), 0);
    }
}

#[test]
fn wrong_settings_are_told_and_keep_nothing_from_running() {
    let folder = Folder::new("bad-config", &[("config.ron", "(glyphs: Asci)")]);
    let mut session = folder.start(&["run", "healthy"]);
    session.sees("Topology");
    assert!(!session.text().is_ascii());
    session.press("q");
    assert_eq!(session.ends(), 0);
    let left = session.text();
    assert!(left.contains("did you mean `Ascii`?"), "{left}");
}
