//! How far a long headless run is: always on standard error, never on standard output.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::out::say;

/// From one plain line to the next, in wall time.
const PLAIN: Duration = Duration::from_secs(10);
/// Before a line that is rewritten is shown for the first time.
const PATIENCE: Duration = Duration::from_secs(1);
/// From one rewriting to the next.
const REWRITE: Duration = Duration::from_millis(500);
/// Characters of a bar.
const BAR: usize = 20;

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// One line that is rewritten: a terminal that shows nothing else meanwhile.
    Rewritten,
    /// A line of its own now and then: a file, a pipe, or a terminal on which the marks appear as well.
    Plain,
}

impl Manner {
    fn of(stderr_is_terminal: bool, stdout_is_terminal: bool) -> Self {
        if stderr_is_terminal && !stdout_is_terminal {
            Self::Rewritten
        } else {
            Self::Plain
        }
    }
}

/// Tells how far a run is.
pub struct Progress {
    start: Instant,
    manner: Manner,
    /// When it is told next, since the start.
    next: Duration,
    /// Characters of the line that is there to be rewritten.
    shown: usize,
}

impl Progress {
    /// Of a run that began at `start`.
    pub fn on_stderr(start: Instant) -> Self {
        let (err, out) = (
            std::io::stderr().is_terminal(),
            std::io::stdout().is_terminal(),
        );
        Self::new(start, Manner::of(err, out))
    }

    /// The same of work whose other output takes the line away before each of its own ([`Progress::clear`]).
    pub fn between_lines(start: Instant) -> Self {
        let err = std::io::stderr().is_terminal();
        Self::new(start, Manner::of(err, false))
    }

    fn new(start: Instant, manner: Manner) -> Self {
        let next = match manner {
            Manner::Rewritten => PATIENCE,
            Manner::Plain => PLAIN,
        };
        Self {
            start,
            manner,
            next,
            shown: 0,
        }
    }

    /// Tells it if it is time to: how much of all is done, in percent and in words.
    pub fn look(&mut self, done: u64, all: u64, words: impl FnOnce() -> String) {
        let Some(text) = self.text(self.start.elapsed(), done, all, words) else {
            return;
        };
        match self.manner {
            Manner::Plain => say(text),
            Manner::Rewritten => {
                // What is left of a longer line before is written over.
                let width = self.shown;
                self.shown = text.chars().count();
                let _ = write!(std::io::stderr(), "\r{text:<width$}");
            }
        }
    }

    /// What is to be told after `elapsed` of wall time.
    fn text(
        &mut self,
        elapsed: Duration,
        done: u64,
        all: u64,
        words: impl FnOnce() -> String,
    ) -> Option<String> {
        if elapsed < self.next {
            return None;
        }
        self.next = elapsed
            + match self.manner {
                Manner::Rewritten => REWRITE,
                Manner::Plain => PLAIN,
            };
        let part = done as f64 / all.max(1) as f64;
        let bar = match self.manner {
            Manner::Plain => String::new(),
            Manner::Rewritten => {
                let full = (part * BAR as f64) as usize;
                format!("[{:<BAR$}] ", "#".repeat(full.min(BAR)))
            }
        };
        Some(format!("{bar}{:3.0} %  {}", part * 100.0, words()))
    }

    /// Takes away a line that is rewritten.
    pub fn clear(&mut self) {
        let width = std::mem::take(&mut self.shown);
        if width > 0 {
            let _ = write!(std::io::stderr(), "\r{:width$}\r", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At which tenths of a second of the first half minute something is told.
    fn told(manner: Manner) -> Vec<u64> {
        let mut progress = Progress::new(Instant::now(), manner);
        let at = |tenths: u64| Duration::from_millis(tenths * 100);
        let tenths = (0..=300).filter(|t| progress.text(at(*t), 1, 2, String::new).is_some());
        tenths.collect()
    }

    #[test]
    fn a_plain_line_comes_every_ten_seconds() {
        assert_eq!(told(Manner::Plain), [100, 200, 300]);
    }

    #[test]
    fn a_rewritten_line_moves_all_the_time_but_not_for_a_short_run() {
        let told = told(Manner::Rewritten);
        assert_eq!(told[..3], [10, 15, 20]);
    }

    #[test]
    fn a_line_is_rewritten_only_where_nothing_else_appears() {
        assert_eq!(Manner::of(true, false), Manner::Rewritten);
        assert_eq!(Manner::of(true, true), Manner::Plain);
        assert_eq!(Manner::of(false, false), Manner::Plain);
        assert_eq!(Manner::of(false, true), Manner::Plain);
    }

    #[test]
    fn it_says_how_much_is_done() {
        let mut progress = Progress::new(Instant::now(), Manner::Plain);
        let words = || "15.0 s of 60.0 s".to_owned();
        let text = progress.text(Duration::from_secs(10), 15, 60, words);
        assert_eq!(text.as_deref(), Some(" 25 %  15.0 s of 60.0 s"));
        let mut progress = Progress::new(Instant::now(), Manner::Rewritten);
        let text = progress.text(Duration::from_secs(10), 15, 60, words);
        let bar = "[#####               ]  25 %  15.0 s of 60.0 s";
        assert_eq!(text.as_deref(), Some(bar));
    }
}
