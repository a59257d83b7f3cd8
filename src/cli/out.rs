//! Standard output and standard error. A closed pipe is no error: who has read enough may go.

use std::io::{self, IsTerminal, Write};

/// Standard output, buffered. After the reader is gone, what is written is dropped.
pub struct Out {
    inner: io::BufWriter<io::Stdout>,
    gone: bool,
}

impl Out {
    /// Standard output.
    pub fn stdout() -> Self {
        Self {
            inner: io::BufWriter::new(io::stdout()),
            gone: false,
        }
    }

    /// Writes a line.
    pub fn line(&mut self, text: impl std::fmt::Display) {
        if !self.gone && writeln!(self.inner, "{text}").is_err() {
            self.gone = true;
        }
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) {
        if !self.gone && self.inner.write_all(text.as_bytes()).is_err() {
            self.gone = true;
        }
    }

    /// Makes sure that the reader has what was written.
    pub fn flush(&mut self) {
        if !self.gone && self.inner.flush().is_err() {
            self.gone = true;
        }
    }

    /// Whether nobody reads any more.
    pub fn is_gone(&self) -> bool {
        self.gone
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Says something on standard error; nobody hearing it is no error either.
pub fn say(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether diagnostics may be coloured.
pub fn colour_on_stderr() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
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
