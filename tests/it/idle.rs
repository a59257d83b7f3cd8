//! A program that shows a run that stands sleeps until a key or a signal comes: no timeout wakes it, and it looks at nothing.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::terminal::{Session, start};

/// For so long it must sleep.
const QUIET: Duration = Duration::from_millis(1500);
/// It may have something to do before: what a screen wants to know is worked out.
const PATIENCE: Duration = Duration::from_secs(120);

/// What all threads of a process have done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Work {
    /// How often one of them slept.
    sleeps: u64,
    /// Time of the processor, in ticks of 10 ms.
    ticks: u64,
}

impl Work {
    fn of(pid: u32) -> Self {
        let process = format!("/proc/{pid}");
        let threads = Path::new(&process).join("task").read_dir().unwrap();
        let sleeps = threads.map(|thread| {
            let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            let line = status
                .lines()
                .find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
            line.unwrap().trim().parse::<u64>().unwrap()
        });
        let stat = std::fs::read_to_string(Path::new(&process).join("stat")).unwrap();
        // The name may have spaces in it; of what comes behind it, time as a user is the 12th, and that in the system the 13th.
        let (_, behind_name) = stat.rsplit_once(')').unwrap();
        let words = behind_name.split_whitespace().skip(11).take(2);
        Self {
            sleeps: sleeps.sum(),
            ticks: words.map(|w| w.parse::<u64>().unwrap()).sum(),
        }
    }
}

/// Waits until it does nothing any more.
fn sleeps(session: &Session, place: &str) {
    let begun = Instant::now();
    loop {
        let before = Work::of(session.pid());
        thread::sleep(QUIET);
        let now = Work::of(session.pid());
        if now == before {
            return;
        }
        let text = session.text();
        assert!(
            begun.elapsed() < PATIENCE,
            "{place}: {before:?}, then {now:?}\n{text}"
        );
    }
}

#[test]
fn a_run_that_stands_takes_no_time_of_the_processor_on_any_screen() {
    let mut session = start(&["run", "acks-one-leader-crash", "--until", "25s"], &[]);
    session.sees("LIVE");
    session.press("\x1b[F");
    session.sees("ENDED");
    sleeps(&session, "the dashboard");
    // What it takes to open each, and what is seen there.
    for (keys, shown) in [
        ("?", "Help"),
        ("F", "leaves at"),
        ("i", "Do to the run"),
        ("#", "Go to"),
        (":", "Everything"),
        ("b", "Breakpoints"),
        ("1j\r", "its events"),
        ("w", "→ ← lane"),
        ("c", "Compare this run with"),
    ] {
        session.press(keys);
        session.sees(shown);
        sleeps(&session, shown);
        session.press("\x1b");
        session.until("the dashboard", |screen| !screen.contains(shown));
    }
    // Beside its control, and the life of a message, each worked out to its end.
    session.press("c\r");
    session.sees("control");
    sleeps(&session, "a comparison");
    session.press("\x1b");
    session.until("the dashboard", |s| s.contains("Topology"));
    session.press("w");
    session.sees("→ ← lane");
    session.press("\r");
    sleeps(&session, "a message");
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn a_picker_whose_preview_is_held_takes_no_time_of_the_processor() {
    let mut session = start(&[], &[]);
    session.sees("Choose a scenario");
    session.press(" ");
    session.sees("PAUSED");
    sleeps(&session, "the picker");
    session.press("j");
    session.sees("Preview");
    sleeps(&session, "another scenario, which is held");
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn what_sleeps_is_woken_by_signals_and_by_the_size_of_the_terminal() {
    let mut session = start(&["run", "healthy"], &[]);
    session.sees("LIVE");
    session.press(" ");
    session.sees("PAUSED");
    sleeps(&session, "the dashboard");
    session.resize(120, 40);
    session.sees("Latency over time");
    sleeps(&session, "a larger one");
    session.signal("TSTP");
    session.until("a stop", |_| crate::hangup::state(session.pid()) == 'T');
    session.signal("CONT");
    session.until("it goes on", |_| crate::hangup::state(session.pid()) == 'S');
    sleeps(&session, "the dashboard, again");
    session.signal("TERM");
    assert_eq!(session.ends(), 143);
    session.is_clean();
}

#[test]
fn a_run_of_a_file_that_stands_only_looks_at_the_file() {
    let mut session = start(&["run", "scenarios/healthy.ron"], &[]);
    session.sees("LIVE");
    session.press(" ");
    session.sees("PAUSED");
    let begun = Instant::now();
    loop {
        let before = Work::of(session.pid());
        thread::sleep(2 * QUIET);
        let now = Work::of(session.pid());
        // Three seconds, four looks a second, and one that was due.
        if now.sleeps - before.sleeps <= 13 && now.ticks - before.ticks <= 1 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{before:?}, then {now:?}");
    }
    session.press("q");
    assert_eq!(session.ends(), 0);
}
