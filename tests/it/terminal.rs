//! The program on a real pseudo-terminal: it starts, its keys work, and however it ends the terminal is as it was.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_secs(20);

/// The program, its terminal, and what stands on it.
pub struct Session {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    bytes_sent: Arc<AtomicUsize>,
    sent: Arc<Mutex<Vec<u8>>>,
    mode_before: tty_mode::Mode,
}

/// The line discipline of a terminal, as `stty -g` says it: equal before and after means raw mode is off again.
mod tty_mode {
    use std::process::{Command, Stdio};

    pub type Mode = Option<String>;

    pub fn of(master: &dyn portable_pty::MasterPty) -> Mode {
        let name = master.tty_name()?;
        let tty = std::fs::File::open(name).ok()?;
        let out = Command::new("stty")
            .arg("-g")
            .stdin(Stdio::from(tty))
            .output()
            .ok()?;
        Some(String::from_utf8_lossy(&out.stdout).trim().to_string())
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a terminal has cells")
}

pub fn start(args: &[&str], env: &[(&str, &str)]) -> Session {
    start_in(env!("CARGO_MANIFEST_DIR").as_ref(), args, env)
}

/// The same in another folder.
pub fn start_in(folder: &std::path::Path, args: &[&str], env: &[(&str, &str)]) -> Session {
    let size = PtySize {
        rows: 24,
        cols: 80,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system()
        .openpty(size)
        .expect("a pseudo-terminal");
    let mode_before = tty_mode::of(pair.master.as_ref());
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_splitbrain"));
    command.args(args);
    command.env("TERM", "xterm-256color");
    command.env_remove("NO_COLOR");
    command.env("SPLITBRAIN_CONFIG_DIR", "/nonexistent");
    command.env("RUST_BACKTRACE", "0");
    command.cwd(folder);
    for (name, value) in env {
        command.env(name, value);
    }
    let child = pair
        .slave
        .spawn_command(command)
        .expect("the program starts");
    let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(24), cells(80), 0)));
    let mut output = pair.master.try_clone_reader().expect("its output");
    let seen = Arc::clone(&screen);
    let bytes_sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&bytes_sent);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&sent);
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(n) = output.read(&mut bytes) {
            if n == 0 {
                break;
            }
            counter.fetch_add(n, Ordering::SeqCst);
            all.lock().expect("bytes").extend_from_slice(&bytes[..n]);
            seen.lock().expect("screen").process(&bytes[..n]);
        }
    });
    // The terminal outlives the program, so that what it leaves behind can be seen.
    std::mem::forget(pair.slave);
    let keys = pair.master.take_writer().expect("its keys");
    Session {
        master: pair.master,
        keys,
        child,
        screen,
        bytes_sent,
        sent,
        mode_before,
    }
}

impl Session {
    /// Whether the program sent these bytes to the terminal.
    pub fn has_sent(&self, bytes: &[u8]) -> bool {
        let sent = self.sent.lock().expect("bytes");
        sent.windows(bytes.len()).any(|window| window == bytes)
    }

    pub fn text(&self) -> String {
        self.screen.lock().expect("screen").screen().contents()
    }

    pub fn until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if holds(&self.text()) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("{what} never came:\n{}", self.text());
    }

    pub fn sees(&self, text: &str) {
        self.until(text, |screen| screen.contains(text));
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("keys");
        self.keys.flush().expect("keys");
    }

    pub fn resize(&self, cols: u16, rows: u16) {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.screen
            .lock()
            .expect("screen")
            .screen_mut()
            .set_size(cells(rows), cells(cols));
        self.master.resize(size).expect("resize");
    }

    /// Whether it has the terminal's other screen.
    fn has_screen(&self) -> bool {
        let parser = self.screen.lock().expect("screen");
        parser.screen().alternate_screen()
    }

    /// Stops it with Ctrl-Z, and lets it go on as `fg` does.
    #[cfg(target_os = "linux")]
    pub fn stop_and_go_on(&mut self) {
        let pid = self.pid();
        self.press("\x1a");
        self.until("a stop", |_| crate::hangup::state(pid) == 'T');
        self.until("the terminal back", |_| !self.has_screen());
        self.signal("CONT");
        self.until("the terminal taken", |_| self.has_screen());
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", name, &pid])
            .status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for the end; gives the exit code.
    pub fn ends(&mut self) -> u32 {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("wait") {
                // What it wrote last may still be on its way.
                thread::sleep(Duration::from_millis(100));
                return status.exit_code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        panic!("it did not end:\n{}", self.text());
    }

    pub fn is_clean(&self) {
        {
            let parser = self.screen.lock().expect("screen");
            let screen = parser.screen();
            assert!(!screen.alternate_screen(), "the other screen was left");
            assert!(!screen.hide_cursor(), "the cursor is shown");
            assert!(!screen.bracketed_paste(), "pasted texts are as before");
            assert_eq!(
                screen.mouse_protocol_mode(),
                vt100::MouseProtocolMode::None,
                "no mouse reports"
            );
        }
        let after = tty_mode::of(self.master.as_ref());
        assert_eq!(after, self.mode_before, "the line discipline is as before");
    }
}

fn dashboard(env: &[(&str, &str)]) -> Session {
    let session = start(&["run", "healthy"], env);
    session.sees("Topology");
    session.sees("LIVE");
    session
}

#[test]
fn it_takes_the_terminal_and_gives_it_back() {
    let mut session = dashboard(&[]);
    {
        let parser = session.screen.lock().expect("screen");
        assert!(parser.screen().alternate_screen() && parser.screen().hide_cursor());
    }
    assert_ne!(
        tty_mode::of(session.master.as_ref()),
        session.mode_before,
        "keys come unbuffered"
    );
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn keys_work_while_the_run_moves_as_fast_as_it_can() {
    let mut session = start(&["run", "healthy", "--speed", "max"], &[]);
    session.sees("Topology");
    session.press(" ");
    session.until("a stop", |s| s.contains("PAUSED") || s.contains("ENDED"));
    session.press("?");
    session.sees("Help");
    session.press("\x1b");
    session.until("the end of the help", |s| !s.contains("one event on"));
    session.press("2z");
    session.until("one pane", |s| {
        s.contains("2 Queues") && !s.contains("1 Topology")
    });
    session.press("zq");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn a_step_is_one_event() {
    let mut session = dashboard(&[]);
    session.resize(120, 40);
    session.sees("Latency over time");
    session.press(" ");
    session.sees("PAUSED");
    session.sees(" events");
    let count = |s: &str| -> Option<u64> {
        let before = s.split(" events").next()?;
        before.rsplit(' ').next()?.replace(',', "").parse().ok()
    };
    let start = count(&session.text()).expect("a number of events");
    session.press("...");
    session.until("three events", |s| count(s) == Some(start + 3));
    session.press(",");
    session.until("one event less", |s| count(s) == Some(start + 2));
    session.press("q");
    session.ends();
    session.is_clean();
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let mut session = dashboard(&[]);
    session.sees("not shown at 80x24");
    session.resize(120, 40);
    session.sees("Latency over time");
    session.resize(40, 10);
    session.sees("needs 60x16");
    session.resize(200, 60);
    session.sees("Latency over time");
    session.press("q");
    session.ends();
    session.is_clean();
}

#[test]
fn a_key_that_comes_with_another_size_is_not_overlooked() {
    let mut session = dashboard(&[]);
    session.press(" ");
    session.sees("PAUSED");
    for n in 0..20 {
        session.resize(100 + n, 30);
        session.press("?");
        session.sees("▸Help ");
        session.resize(80, 24 + n);
        session.press("?");
        session.until("the end of the help", |s| !s.contains("▸Help "));
    }
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn keys_that_come_at_once_behind_esc_are_keys_of_their_own() {
    let mut session = start(&["run", "healthy"], &[]);
    session.sees("Topology");
    session.press("?");
    session.sees("Moving the run");
    // To the terminal it looks like Alt and the key.
    session.press("\x1b ");
    session.sees("PAUSED");
    session.press("?");
    session.sees("Moving the run");
    session.press("\x1b\x03");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn a_node_is_looked_into_event_by_event() {
    let mut session = start(&["run", "leader-crash", "--speed", "max"], &[]);
    session.sees("Topology");
    session.until("some seconds", |s| seconds(s).is_some_and(|s| s > 1.0));
    session.press(" ");
    session.until("a stop", |s| s.contains("PAUSED") || s.contains("ENDED"));
    session.resize(120, 40);
    session.press("1jj\r");
    for part in ["· state", "What changed", "History of", "Handled by"] {
        session.sees(part);
    }
    // The last event that came, and by its number the one before.
    let last = |s: &str| -> Option<u64> {
        let (_, number) = s.split_once("event #")?;
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    session.until("an event", |s| last(s).is_some());
    let here = last(&session.text());
    // The run may stand a little behind it.
    session.press(",,");
    session.until("an event before", |s| last(s).is_some() && last(s) < here);
    session.press("....");
    session.until("one behind that", |s| last(s) > here);
    session.press(">");
    session.until("another node", |s| s.contains("Handled by"));
    session.press("\x1b");
    session.until("the dashboard", |s| {
        s.contains("Topology") && !s.contains("Handled by")
    });
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn one_asks_why_a_message_was_delivered_twice() {
    let run = ["run", "visibility-timeout-too-short", "--speed", "max"];
    let mut session = start(&run, &[]);
    session.sees("ENDED");
    session.resize(120, 40);
    session.press("w");
    for part in [
        "Space-time",
        "delivered twice",
        "path send",
        "processing",
        "with heartbeat=",
    ] {
        session.sees(part);
    }
    session.press("a");
    session.sees("Messages");
    session.press("\x1b");
    session.sees("Space-time");
    session.press("\r");
    session.sees("back to the scenario");
    session.press("\x1b");
    session.sees("Space-time");
    session.press("n");
    session.sees("2 of ");
    session.press("\x1b");
    session.until("the dashboard", |s| {
        s.contains("Topology") && !s.contains("Space-time")
    });
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn the_picker_runs_a_scenario_and_comes_back() {
    let mut session = start(&[], &[]);
    session.sees("Choose a scenario");
    session.press("/healthy\r\r");
    session.sees("Topology");
    session.press("\x1b");
    session.sees("Esc again");
    session.press("\x1b");
    session.sees("Choose a scenario");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

/// The virtual seconds of the run that plays in the picker.
fn previewed_seconds(screen: &str) -> Option<f64> {
    screen
        .split("s of 60s")
        .next()?
        .rsplit(' ')
        .next()?
        .parse()
        .ok()
}

#[test]
fn a_plain_start_shows_a_cluster_that_loses_its_leader() {
    let mut session = start(&[], &[]);
    session.sees("Preview  leader-crash");
    session.sees("x5 LIVE");
    let first = session.text();
    session.until("movement", |s| {
        s.contains("x5 LIVE") && previewed_seconds(s) > previewed_seconds(&first)
    });
    session.sees("crash leader of");
    session.press("\x03");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn another_scenario_plays_when_it_is_highlighted_and_enter_runs_it_from_its_beginning() {
    let mut session = start(&[], &[]);
    session.sees("x5 LIVE");
    session.press("/unclean\r");
    session.sees("Preview  unclean-election");
    session.until("the new preview", |s| s.contains("x5 LIVE"));
    session.press("--\r");
    session.sees("Topology");
    session.sees("LIVE");
    let shown = seconds(&session.text()).expect("a time");
    assert!(shown < 2.0, "{shown} s");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn a_preview_that_is_held_draws_nothing() {
    let mut session = start(&[], &[]);
    session.sees("x5 LIVE");
    session.press(" ");
    session.sees("x5 PAUSED");
    thread::sleep(Duration::from_millis(300));
    let before = session.bytes_sent.load(Ordering::SeqCst);
    let held = previewed_seconds(&session.text());
    thread::sleep(Duration::from_millis(500));
    assert_eq!(session.bytes_sent.load(Ordering::SeqCst), before);
    session.press(" ");
    session.until("movement", |s| previewed_seconds(s) > held);
    session.signal("TERM");
    assert_eq!(session.ends(), 143);
    session.is_clean();
}

#[test]
fn the_picker_keeps_to_ascii_where_that_is_asked_for() {
    let mut session = start(&["--glyphs", "ascii"], &[]);
    session.sees("Choose a scenario");
    session.sees("x5 LIVE");
    assert!(session.text().is_ascii(), "{}", session.text());
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn what_the_dashboard_recorded_replays_as_the_same_run() {
    let name = format!("splitbrain-{}-dashboard.ron", std::process::id());
    let file = std::env::temp_dir().join(name).display().to_string();
    let record = ["run", "healthy", "--record", &file];
    let mut session = start(&record, &[]);
    session.sees("Topology");
    session.press(" ");
    session.sees("PAUSED");
    // Between two events, perhaps of one moment.
    session.press("...");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
    let replay = std::process::Command::new(env!("CARGO_BIN_EXE_splitbrain"))
        .args(["replay", "--headless", &file])
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&replay.stdout);
    assert_eq!(replay.status.code(), Some(0), "{said}");
    assert!(said.contains("the same run"), "{said}");
    let mut again = start(&record, &[]);
    assert_eq!(again.ends(), 2, "an existing file is kept");
    again.sees("--force");
    std::fs::remove_file(&file).expect("the recording is there");
}

/// A recording of twelve seconds of a run with seed 7, as it was made or with another seed written into it.
fn recording(name: &str, is_changed: bool) -> String {
    let name = format!("splitbrain-{}-{name}.ron", std::process::id());
    let file = std::env::temp_dir().join(name).display().to_string();
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_splitbrain"))
        .args(["run", "healthy", "--headless", "--seed", "7"])
        .args(["--until", "12s", "--record", &file, "--force"])
        .output()
        .expect("the program starts");
    let text = std::fs::read_to_string(&file);
    let text = text.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&made.stderr)));
    assert_eq!(text.matches("seed: 7,\n    until").count(), 1, "{text}");
    if is_changed {
        let text = text.replace("seed: 7,\n    until", "seed: 8,\n    until");
        std::fs::write(&file, text).expect("the file is changed");
    }
    file
}

#[test]
fn a_replay_on_a_terminal_says_whether_it_was_the_same_run() {
    for (is_changed, verdict, code) in [
        (false, "the same run", 0),
        (true, "differs from second 0", 1),
    ] {
        let file = recording("verdict", is_changed);
        let mut session = start(&["replay", &file], &[]);
        session.sees("Topology");
        session.press("\x1b[F");
        session.sees("ENDED");
        session.sees(&format!("replay: {verdict}"));
        // What was seen counts, wherever the run stands when it is left.
        session.press("\x1b[Hq");
        assert_eq!(session.ends(), code, "{verdict}");
        session.sees(verdict);
        session.is_clean();
        std::fs::remove_file(&file).expect("the recording is there");
    }
}

#[test]
fn ctrl_c_leaves_the_terminal_clean() {
    let mut session = dashboard(&[]);
    session.press("m\x03");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}

#[test]
fn signals_leave_the_terminal_clean() {
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut session = dashboard(&[]);
        session.signal(name);
        assert_eq!(session.ends(), code, "{name}");
        session.is_clean();
    }
}

#[test]
fn a_panic_leaves_the_terminal_clean_and_says_what_happened() {
    let mut session = dashboard(&[("SPLITBRAIN_TEST_PANIC", "1")]);
    session.press("m\x1b[24~");
    assert_eq!(session.ends(), 101);
    session.is_clean();
    session.sees("asked to panic by SPLITBRAIN_TEST_PANIC");
}

#[test]
fn nothing_is_drawn_while_nothing_changes() {
    let mut session = dashboard(&[]);
    session.press(" ");
    session.sees("PAUSED");
    thread::sleep(Duration::from_millis(300));
    let before = session.bytes_sent.load(Ordering::SeqCst);
    thread::sleep(Duration::from_millis(500));
    assert_eq!(session.bytes_sent.load(Ordering::SeqCst), before);
    session.press("q");
    session.ends();
}

/// The virtual seconds that the header shows.
fn seconds(screen: &str) -> Option<f64> {
    screen.split("s/").next()?.rsplit(' ').next()?.parse().ok()
}

#[test]
fn the_speed_asked_for_is_the_speed_there_is() {
    let mut slow = start(&["run", "healthy", "--speed", "0.1"], &[]);
    slow.sees("x0.1");
    thread::sleep(Duration::from_secs(2));
    let shown = seconds(&slow.text()).expect("a time");
    // A tenth of two seconds, and what it took to look.
    assert!(shown < 1.5, "{shown} s:\n{}", slow.text());
    slow.press("q");
    assert_eq!(slow.ends(), 0);
    let mut odd = start(&["run", "healthy", "--speed", "0.8"], &[]);
    odd.sees(" x0.8 ");
    odd.press("+");
    odd.sees(" x1 ");
    odd.press("-");
    odd.sees(" x0.5 ");
    odd.press("q");
    assert_eq!(odd.ends(), 0);
    for (speed, word) in [("1000", "x1000"), ("max", "max")] {
        let mut fast = start(&["run", "healthy", "--speed", speed], &[]);
        fast.sees(word);
        fast.sees("ENDED");
        fast.press("q");
        assert_eq!(fast.ends(), 0);
    }
}

#[test]
fn characters_are_chosen_before_or_behind_the_command() {
    for (args, is_ascii) in [
        (["--glyphs", "ascii", "run", "healthy"].as_slice(), true),
        (&["run", "healthy", "--glyphs", "ascii"], true),
        (
            &["--glyphs", "ascii", "run", "healthy", "--glyphs", "block"],
            false,
        ),
    ] {
        let mut session = start(args, &[]);
        session.sees("Topology");
        assert_eq!(session.text().is_ascii(), is_ascii, "{args:?}");
        session.press("q");
        session.ends();
    }
}

#[test]
fn braille_is_drawn_where_that_is_asked_for() {
    let is_dots = |c: char| ('\u{2801}'..='\u{28ff}').contains(&c);
    let shown = |glyphs: &str| {
        let mut session = start(
            &["run", "healthy", "--glyphs", glyphs, "--speed", "max"],
            &[],
        );
        session.resize(120, 40);
        session.sees("ENDED");
        session.sees("Latency over time");
        if glyphs == "braille" {
            session.until("dots", |screen| screen.contains(is_dots));
        }
        let text = session.text();
        session.press("q");
        assert_eq!(session.ends(), 0);
        session.is_clean();
        text
    };
    assert!(shown("braille").contains(is_dots));
    assert!(!shown("block").contains(is_dots));
}
