//! Reads the file of a sweep line by line. Each line must be that of the next run.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::Head;
use super::file::{self, Came};
use super::summary::is_summary;

/// Reads one file.
pub struct Reader<R> {
    lines: BufReader<R>,
    line: Vec<u8>,
    /// Lines that were read, whole ones.
    number: u64,
    /// Bytes of the lines that were read, whole ones.
    offset: u64,
    next: u64,
}

/// What comes next in a file.
pub enum Next {
    /// A run: its number among all, and what came of it.
    Run(u64, Came),
    /// The summary; nothing follows it.
    Summary,
    /// A part of a line: whoever wrote it was ended meanwhile.
    Torn,
    /// Nothing.
    End,
}

/// The first line of a file, or the part of it that is there.
pub enum First {
    /// All of it.
    Head(Box<Head>),
    /// The file ends before the first line does.
    Torn(Vec<u8>),
}

/// Opens a file to read it. The error is a sentence.
pub fn open(path: &Path) -> Result<(Head, Reader<File>), String> {
    let shown = path.display();
    let opened = File::open(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let mut reader = Reader::new(opened);
    match reader.first() {
        Ok(First::Head(head)) => {
            reader.next = head.items().start;
            Ok((*head, reader))
        }
        Ok(First::Torn(_)) => Err(format!("`{shown}` has not even its first line")),
        Err(why) => Err(format!("`{shown}`: {why}")),
    }
}

impl<R: Read> Reader<R> {
    /// Of a file that was not read yet.
    pub fn new(source: R) -> Self {
        Self {
            lines: BufReader::new(source),
            line: Vec::new(),
            number: 0,
            offset: 0,
            next: 0,
        }
    }

    /// How many bytes the whole lines take that were read.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The line that was read last, with its end.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The next run that is read, or would be.
    pub fn item(&self) -> u64 {
        self.next
    }

    /// Reads the first line. The error is a clause.
    pub fn first(&mut self) -> Result<First, String> {
        if !self.read()? {
            return Ok(First::Torn(std::mem::take(&mut self.line)));
        }
        let head = file::read_head(&self.line)?;
        self.next = head.items().start;
        self.count();
        Ok(First::Head(Box::new(head)))
    }

    /// Reads the next line. The error is a clause.
    pub fn next(&mut self, head: &Head) -> Result<Next, String> {
        if !self.read()? {
            let is_end = self.line.is_empty();
            return Ok(if is_end { Next::End } else { Next::Torn });
        }
        let is_whole = self.next == head.items().end;
        let read = match is_summary(&self.line) {
            true if is_whole => Ok(Next::Summary),
            true => Err("there is a summary, but not all runs before it".to_owned()),
            false if is_whole => Err("there is something behind the last run".to_owned()),
            false => {
                file::read_run(head, self.next, &self.line).map(|came| Next::Run(self.next, came))
            }
        };
        let is_last = self.lines.fill_buf().is_ok_and(<[u8]>::is_empty);
        match read {
            Ok(Next::Summary) if !is_last => Err(format!(
                "line {}: something follows the summary",
                self.number + 2
            )),
            Ok(next) => {
                self.next += u64::from(matches!(next, Next::Run(..)));
                self.count();
                Ok(next)
            }
            // Where the machine lost its power, a line may have an end and not be whole.
            Err(_)
                if is_last
                    && serde_json::from_slice::<serde::de::IgnoredAny>(&self.line).is_err() =>
            {
                Ok(Next::Torn)
            }
            Err(why) => Err(format!("line {}: {why}", self.number + 1)),
        }
    }

    fn count(&mut self) {
        self.number += 1;
        self.offset += self.line.len() as u64;
    }

    /// Whether there is a whole line.
    fn read(&mut self) -> Result<bool, String> {
        self.line.clear();
        let read = self.lines.read_until(b'\n', &mut self.line);
        read.map_err(|error| format!("it cannot be read: {error}"))?;
        Ok(self.line.ends_with(b"\n"))
    }
}
