//! Every screen follows the size of the terminal, and stops and goes on, at any moment.

use crate::terminal::start;

/// The keys that open a screen, and what stands on it and not on the dashboard.
const SCREENS: &[(&str, &str)] = &[
    ("?", "Help"),
    ("F", "leaves at"),
    ("/x", "/x_"),
    ("S", "as SVG"),
    ("w", "→ ← lane"),
    ("c", "Compare this run with"),
    ("i", "Do to the run"),
    ("#", "Go to"),
    ("1j\r", "its events"),
];

#[test]
fn every_screen_follows_the_size_of_the_terminal() {
    let mut session = start(&["run", "healthy"], &[]);
    session.sees("LIVE");
    session.press(" ");
    session.sees("PAUSED");
    for (keys, shown) in SCREENS {
        session.press(keys);
        session.sees(shown);
        for (width, height) in [(200, 60), (60, 16), (120, 40)] {
            session.resize(width, height);
            session.resize(40, 10);
            session.sees("needs 60x16");
            session.resize(width, height);
            session.sees(shown);
        }
        session.press("\x1b");
        session.until("the dashboard", |screen| !screen.contains(shown));
    }
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn every_screen_stops_and_goes_on() {
    let mut session = start(&["run", "healthy"], &[]);
    session.sees("LIVE");
    session.press(" ");
    session.sees("PAUSED");
    for (keys, shown) in SCREENS {
        session.press(keys);
        session.sees(shown);
        session.stop_and_go_on();
        session.sees(shown);
        session.press("\x1b");
        session.until("the dashboard", |screen| !screen.contains(shown));
    }
    session.press("q");
    assert_eq!(session.ends(), 0);
}
