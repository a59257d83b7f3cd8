//! Standard output and standard error. A closed pipe is no error: who has read enough may go. Whatever else keeps the output
//! from being written (a full disk) is one.

use std::io::{self, IsTerminal, Write};

use super::EXIT_MISTAKE;

/// Standard output, buffered. After the reader is gone, or after an error, what is written is dropped.
pub struct Out {
    inner: io::BufWriter<io::Stdout>,
    state: State,
}

/// Whether what is written gets anywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Nobody reads any more.
    Gone,
    /// It cannot be written, which has been said.
    Failed,
}

impl Out {
    /// Standard output.
    pub fn stdout() -> Self {
        Self {
            inner: io::BufWriter::new(io::stdout()),
            state: State::Open,
        }
    }

    /// Writes a line.
    pub fn line(&mut self, text: impl std::fmt::Display) {
        self.put(|inner| writeln!(inner, "{text}"));
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) {
        self.put(|inner| inner.write_all(text.as_bytes()));
    }

    /// Makes sure that the reader has what was written.
    pub fn flush(&mut self) {
        self.put(Write::flush);
    }

    /// Whether what is written still gets anywhere. A reader that left is noticed though nothing is written meanwhile.
    pub fn is_open(&mut self) -> bool {
        if self.state == State::Open && reader_is_gone() {
            self.state = State::Gone;
        }
        self.state == State::Open
    }

    /// Ends the output. The exit code is `code`, unless not all could be written.
    pub fn close(mut self, code: u8) -> u8 {
        self.flush();
        match self.state {
            State::Open | State::Gone => code,
            State::Failed => EXIT_MISTAKE,
        }
    }

    fn put(&mut self, put: impl FnOnce(&mut io::BufWriter<io::Stdout>) -> io::Result<()>) {
        if self.state != State::Open {
            return;
        }
        let Err(error) = put(&mut self.inner) else {
            return;
        };
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.state = State::Gone;
        } else {
            self.state = State::Failed;
            say(format_args!("error: cannot write the output: {error}"));
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(|inner| inner.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::flush(self);
        Ok(())
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Whether standard output is a pipe that nobody reads any more, or a terminal that is gone.
#[cfg(unix)]
fn reader_is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    // Errors are told without being asked for.
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec::default();
    let answered = poll(&mut asked, Some(&at_once)).unwrap_or(0);
    answered > 0
        && asked[0]
            .revents()
            .intersects(PollFlags::ERR | PollFlags::HUP)
}

/// Where the system does not tell, the next line that is written shows it.
#[cfg(not(unix))]
fn reader_is_gone() -> bool {
    false
}

/// Says something on standard error; nobody hearing it is no error either.
pub fn say(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether diagnostics may be coloured.
pub fn colour_on_stderr() -> bool {
    io::stderr().is_terminal() && is_colour_wanted()
}

/// Whether the output may be coloured.
pub fn colour_on_stdout() -> bool {
    io::stdout().is_terminal() && is_colour_wanted()
}

fn is_colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// Whether there is a person at both ends.
pub fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Writes a file that must not be there yet; the error is a sentence.
pub fn write_new(path: &std::path::Path, text: &str, overwrite: bool) -> Result<(), String> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if overwrite {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let shown = path.display();
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!("`{shown}` exists already and is left as it is"),
        _ => format!("cannot write `{shown}`: {error}"),
    })
}

/// Whether [`write_new`] may be expected to work, so that nothing is worked out in vain; the error is a sentence. An existing
/// file is not touched, and none is left where there was none.
pub fn may_write(path: &std::path::Path, overwrite: bool) -> Result<(), String> {
    let shown = path.display();
    if path.is_dir() {
        return Err(format!("cannot write `{shown}`: it is a folder"));
    }
    if path.exists() && !overwrite {
        return Err(format!("`{shown}` exists already; --force overwrites it"));
    }
    can_open(path).map_err(|error| format!("cannot write `{shown}`: {error}"))
}

fn can_open(path: &std::path::Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    match std::fs::metadata(path) {
        // To open a pipe would be to wait for its reader.
        Ok(about) if !about.is_file() => Ok(()),
        Ok(_) => options.open(path).map(|_| ()),
        Err(_) => options
            .create_new(true)
            .open(path)
            .and_then(|_| std::fs::remove_file(path)),
    }
}
