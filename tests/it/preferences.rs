//! What a person chooses once and for all: `config.ron` and `keys.ron`.

use std::process::Output;

use super::program::{Folder, command, text};
use super::terminal::{Session, start, start_in};

/// A configuration folder of its own for a test.
struct Chosen(Folder);

impl Chosen {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = Folder::new(&format!("preferences-{name}"));
        for (file, text) in files {
            folder.write(file, text);
        }
        Self(folder)
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    /// The program without a terminal.
    fn run(&self, args: &[&str]) -> Output {
        let mut command = command(args);
        command.env("SPLITBRAIN_CONFIG_DIR", self.path());
        command.output().unwrap()
    }

    fn start(&self, args: &[&str]) -> Session {
        start(args, &[("SPLITBRAIN_CONFIG_DIR", self.path())])
    }
}

#[test]
fn the_readme_has_the_keys_that_the_program_shows() {
    let folder = Chosen::new("readme", &[]);
    let shown = folder.run(&["keys", "--markdown"]);
    assert_eq!(shown.status.code(), Some(0));
    let table = text(&shown.stdout);
    assert!(table.lines().count() > 30, "{table}");
    assert!(include_str!("../../README.md").contains(&table), "{table}");
}

#[test]
fn keys_are_shown_as_they_are_for_a_person() {
    let keys = r#"{"travel": {"Pause": ["F5", "p"]}}"#;
    let folder = Chosen::new("keys", &[("keys.ron", keys)]);
    let shown = folder.run(&["keys"]);
    assert_eq!(shown.status.code(), Some(0));
    let table = text(&shown.stdout);
    let line = table.lines().find(|l| l.contains(" Pause ")).unwrap();
    assert!(line.contains("F5 p"), "{line}");
}

#[test]
fn a_mistake_in_the_keys_is_told_with_its_place() {
    let keys = "{\n    \"travel\": {\"Pase\": [\"F5\"]},\n}\n";
    let folder = Chosen::new("bad-keys", &[("keys.ron", keys)]);
    let shown = folder.run(&["keys"]);
    assert_eq!(shown.status.code(), Some(2));
    let said = text(&shown.stderr);
    assert!(said.contains("keys.ron:2:24"), "{said}");
    assert!(said.contains("did you mean `Pause`?"), "{said}");
    let without = Chosen::new("no-keys", &[]).run(&["keys"]);
    assert_eq!(text(&shown.stdout), text(&without.stdout));
}

#[test]
fn settings_hold_unless_the_command_says_otherwise() {
    let folder = Chosen::new(
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
    let folder = Chosen::new("bad-config", &[("config.ron", "(glyphs: Asci)")]);
    let mut session = folder.start(&["run", "healthy"]);
    session.sees("Your files are not used");
    session.sees("did you mean `Ascii`?");
    assert!(!session.text().is_ascii());
    // The first closes what is told.
    session.press("\x1b");
    session.until("the dashboard", |screen| !screen.contains("did you mean"));
    session.press("q");
    assert_eq!(session.ends(), 0);
    let left = session.text();
    assert!(left.contains("did you mean `Ascii`?"), "{left}");
}

#[test]
fn other_keys_work_and_stand_at_the_foot() {
    let keys = r#"{"travel": {"Pause": ["F5"]}, "always": {"Quit": ["Ctrl-q"]}}"#;
    let folder = Chosen::new("own-keys", &[("keys.ron", keys)]);
    let mut session = folder.start(&["run", "healthy"]);
    session.sees("F5 pause");
    session.sees("Ctrl-Q quit");
    session.press("\x1b[15~");
    session.sees("PAUSED");
    // What the key was before is none now.
    session.press(" q");
    session.press("?");
    session.sees("Help");
    session.press("\x1b");
    session.until("the end of the help", |s| !s.contains("Help"));
    session.press("\x11");
    assert_eq!(session.ends(), 0);
}

#[test]
fn what_is_chosen_on_the_screen_is_kept_when_it_is_asked_for() {
    let folder = Chosen::new("keep", &[]);
    let mut session = folder.start(&["run", "healthy"]);
    session.sees("Topology");
    session.press("T");
    session.sees("theme light");
    session.press("K");
    session.sees("kept in ");
    session.press("q");
    assert_eq!(session.ends(), 0);
    let kept = folder.0.read("config.ron");
    assert!(kept.contains("theme: Light"), "{kept}");
    // What somebody wrote there is not replaced at once.
    let own = "(theme: Light /* mine */)";
    folder.0.write("config.ron", own);
    let mut session = folder.start(&["run", "healthy"]);
    session.sees("Topology");
    session.press("mK");
    session.sees("once more replaces it");
    assert_eq!(folder.0.read("config.ron"), own);
    session.press("K");
    session.sees("kept in ");
    let kept = folder.0.read("config.ron");
    assert!(
        kept.contains("theme: Light") && kept.contains("mouse: true"),
        "{kept}"
    );
    assert_eq!(folder.0.read("config.ron.bak"), own);
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn a_screen_is_saved_and_none_takes_the_place_of_another() {
    let folder = Folder::new("preferences-save");
    let mut session = start_in(folder.path(), &["run", "healthy", "--seed", "7"], &[]);
    session.sees("Topology");
    session.press(" ");
    session.sees("PAUSED");
    session.press("\x1b[H");
    session.sees("0.000");
    for (keys, name) in [
        ("St", "healthy-seed7-0.000s.txt"),
        ("St", "healthy-seed7-0.000s-2.txt"),
        ("Ss", "healthy-seed7-0.000s.svg"),
    ] {
        session.press(keys);
        session.sees(&format!("saved {name}"));
        let kept = folder.read(name);
        assert!(kept.contains("Topology"), "{kept}");
        assert_eq!(kept.starts_with("<svg"), keys == "Ss");
        assert!(kept.lines().all(|line| line == line.trim_end()));
    }
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn what_is_copied_goes_to_the_terminal_and_stands_there() {
    let mut session = start(&["run", "healthy", "--seed", "7"], &[]);
    session.sees("Topology");
    session.press(" ");
    session.sees("PAUSED");
    session.press("\x1b[H");
    session.sees("0.000");
    session.press("Y");
    session.sees("copied: splitbrain run healthy --seed 7");
    // OSC 52 with the same in base64 (RFC 4648).
    let command = b"\x1b]52;c;c3BsaXRicmFpbiBydW4gaGVhbHRoeSAtLXNlZWQgNw==\x07";
    assert!(session.has_sent(command));
    session.press("jy");
    session.sees("copied: ");
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn the_command_of_a_replay_replays() {
    let folder = Folder::new("preferences-replay");
    let record = "run healthy --headless --until 2s --record r.recording.ron";
    let record: Vec<&str> = record.split(' ').collect();
    assert_eq!(folder.splitbrain(&record).status.code(), Some(0));
    let mut session = start_in(folder.path(), &["replay", "r.recording.ron"], &[]);
    session.sees("Topology");
    session.press("Y");
    session.sees("copied: splitbrain replay r.recording.ron");
    session.press("q");
    session.ends();
}
