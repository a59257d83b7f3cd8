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
    (":", "Everything by name"),
    ("b", "The run stops nowhere"),
    ("c\r", "first difference"),
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

/// Keys that mean something on one screen or another, but those that do what is selected, which may be to leave, and
/// those that write files; and what the wheel of a mouse sends.
const KEYS: &[&str] = &[
    "j",
    "k",
    "g",
    "G",
    "z",
    "o",
    "O",
    "t",
    "v",
    "n",
    "N",
    "a",
    "d",
    "p",
    "L",
    "y",
    "1",
    "5",
    "6",
    " ",
    ".",
    ",",
    "]",
    "[",
    "\t",
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1b[5~",
    "\x1b[6~",
    "\x7f",
    "/",
    "x",
    "é",
    "注",
    "#",
    "?",
    ":",
    "\x1b[<64;30;9M",
    "\x1b[<65;30;9M",
];

#[test]
fn every_screen_bears_a_storm_of_keys() {
    let mut session = start(&["run", "healthy"], &[]);
    session.sees("LIVE");
    // The mouse, too.
    session.press(" m");
    session.sees("mouse on");
    // A number of its own for each key, by no clock.
    let mut number = 12_345_u64;
    for (keys, _) in SCREENS {
        session.press(keys);
        for burst in 0..4 {
            let mut storm = String::new();
            for _ in 0..60 {
                number = number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                storm.push_str(KEYS[(number >> 33) as usize % KEYS.len()]);
            }
            session.press(&storm);
            session.resize([200, 60, 120, 80][burst], [60, 16, 40, 24][burst]);
        }
        // Whatever is open by now closes; a run that was left would have to be left twice.
        for _ in 0..12 {
            std::thread::sleep(std::time::Duration::from_millis(60));
            session.press("\x1b");
        }
        session.until("the dashboard", |screen| screen.contains("Topology"));
    }
    session.press("\x03");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}
