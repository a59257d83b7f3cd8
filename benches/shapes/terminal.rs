//! The program on a pseudo-terminal of 200×60, what stands on it, and what it has done so far.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const SIZE: (u16, u16) = (200, 60);
/// So long it may take until something stands on the screen.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands on the screen since when.
struct Screen {
    parser: vt100::Parser,
    at: Instant,
}

/// A program and its terminal.
pub struct Program {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<(Mutex<Screen>, Condvar)>,
    _master: Box<dyn MasterPty + Send>,
}

/// What a process has done.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Time of the processor, ns.
    pub ns: u64,
    /// How often one of its threads slept.
    pub sleeps: u64,
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Program {
    pub fn start(args: &[&str]) -> Result<Self, String> {
        let size = PtySize {
            cols: SIZE.0,
            rows: SIZE.1,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).map_err(say)?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_splitbrain"));
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("SPLITBRAIN_CONFIG_DIR", "/nonexistent");
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        let child = pair.slave.spawn_command(command).map_err(say)?;
        let cells = |n| NonZero::new(n).unwrap_or(NonZero::<u16>::MIN);
        let screen = Screen {
            parser: vt100::Parser::new(cells(SIZE.1), cells(SIZE.0), 0),
            at: Instant::now(),
        };
        let screen = Arc::new((Mutex::new(screen), Condvar::new()));
        let mut output = pair.master.try_clone_reader().map_err(say)?;
        let seen = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(n) = output.read(&mut bytes)
                && n > 0
            {
                let at = Instant::now();
                let Ok(mut screen) = seen.0.lock() else {
                    return;
                };
                screen.parser.process(&bytes[..n]);
                screen.at = at;
                seen.1.notify_all();
            }
        });
        let keys = pair.master.take_writer().map_err(say)?;
        Ok(Self {
            child,
            keys,
            screen,
            _master: pair.master,
        })
    }

    pub fn press(&mut self, keys: &str) {
        let _ = self.keys.write_all(keys.as_bytes());
        let _ = self.keys.flush();
    }

    /// Waits for something on the screen; gives when the bytes came that made it so.
    fn until(&self, holds: impl Fn(&str) -> bool) -> Result<Instant, String> {
        let begun = Instant::now();
        let (screen, changed) = &*self.screen;
        let mut screen = screen.lock().map_err(say)?;
        loop {
            let text = screen.parser.screen().contents();
            if holds(&text) {
                return Ok(screen.at);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("what was waited for never came:\n{text}"));
            }
            screen = changed
                .wait_timeout(screen, Duration::from_secs(1))
                .map_err(say)?
                .0;
        }
    }

    pub fn sees(&self, text: &str) -> Result<(), String> {
        self.until(|screen| screen.contains(text)).map(|_| ())
    }

    /// From a key to the bytes that show what it did.
    pub fn time(&mut self, key: &str, holds: impl Fn(&str) -> bool) -> Result<Duration, String> {
        let pressed = Instant::now();
        self.press(key);
        let painted = self.until(holds)?;
        Ok(painted.saturating_duration_since(pressed))
    }

    /// What it has done so far, as Linux says it.
    pub fn work(&self) -> Work {
        let mut work = Work { ns: 0, sleeps: 0 };
        let Some(pid) = self.child.process_id() else {
            return work;
        };
        let threads = Path::new(&format!("/proc/{pid}/task")).read_dir();
        for thread in threads.into_iter().flatten().flatten() {
            let read = |name| std::fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            let (status, schedule) = (read("status"), read("schedstat"));
            let sleeps = status
                .lines()
                .find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
            let ns = schedule.split_whitespace().next();
            let number = |text: Option<&str>| text.and_then(|t| t.trim().parse().ok()).unwrap_or(0);
            work.sleeps += number(sleeps);
            work.ns += number(ns);
        }
        work
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
