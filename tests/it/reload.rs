//! Scenario files that are changed while they are shown.

use super::program::Folder;
use super::terminal::start_in;

const TEXT: &str = include_str!("../../scenarios/healthy.ron");

/// The same with another name for the nodes of the producers.
fn renamed() -> String {
    let text = TEXT.replace("\"web\"", "\"shop\"");
    assert_ne!(text, TEXT);
    text
}

#[test]
fn a_run_of_a_changed_file_goes_to_the_same_moment_and_the_one_before_stays() {
    let folder = Folder::new("reload-run");
    folder.write("mine.ron", TEXT);
    let mut session = start_in(folder.path(), &["run", "mine.ron"], &[]);
    session.sees("web-1");
    session.press(" ");
    session.sees("PAUSED");
    session.press("\x1b[H\x1b[C\x1b[C\x1b[C");
    session.sees("3.000s");
    folder.write("mine.ron", &renamed());
    session.sees("shop-1");
    session.sees("the file was changed");
    session.until("the same moment", |screen| {
        screen.contains("3.000s") && !screen.contains("web-1")
    });
    // What is wrong is told, and nothing else happens.
    folder.write("mine.ron", &renamed().replace("duration", "duraton"));
    session.sees("The file has mistakes");
    session.sees("did you mean `duration`?");
    session.press("\x1b");
    session.until("the run", |screen| !screen.contains("duraton"));
    session.sees("shop-1");
    // The run before is still there.
    session.press("F");
    session.sees("text 2");
    session.press("k\r\x1b");
    session.sees("web-1");
    // Mended, it is read once more.
    folder.write("mine.ron", &renamed().replace("\"shop\"", "\"till\""));
    session.sees("till-1");
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn the_picker_reads_files_again() {
    let folder = Folder::new("reload-picker");
    let titled = |title: &str| {
        let line = TEXT.lines().find(|line| line.contains("title:")).unwrap();
        TEXT.replace(line, &format!("    title: \"{title}\","))
    };
    folder.write("scenarios/mine.ron", &titled("before the change"));
    let mut session = start_in(folder.path(), &[], &[]);
    session.sees("Choose a scenario");
    session.press("/mine\r");
    session.sees("before the change");
    folder.write("scenarios/mine.ron", &titled("behind the change"));
    session.sees("behind the change");
    folder.write("scenarios/mine.ron", "(title: 3)");
    session.sees("it has mistakes");
    std::fs::remove_file(folder.path().join("scenarios/mine.ron")).unwrap();
    session.sees("no scenario contains");
    session.press("q");
    assert_eq!(session.ends(), 0);
}
