//! A sweep's file while it is written. It grows by whole lines in the order of the runs, so that whoever is killed at any moment
//! leaves a file that can be gone on with: at most the last line is torn, and that is cut off. Nothing is ever written over.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use super::Head;
use super::file::{self, Came};
use super::reader::{First, Next, Reader};
use super::summary::summary_line;
use super::sums::Sums;

/// A file to which runs are added.
#[derive(Debug)]
pub struct Store {
    file: File,
    shown: String,
    next: u64,
    is_whole: bool,
}

impl Store {
    /// Makes the file of a sweep, or goes on with the one that is there: then `take` is told of each run that is in it. The error
    /// is a sentence; a file that is there is left as it is.
    pub fn open(
        path: &Path,
        head: &Head,
        mut take: impl FnMut(u64, &Came),
    ) -> Result<Self, String> {
        let shown = path.display().to_string();
        let cannot = |error: io::Error| format!("cannot write `{shown}`: {error}");
        if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(format!(
                "cannot write `{shown}`: it is no file that could be gone on with"
            ));
        }
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(cannot)?;
        if is_locked(&file) {
            return Err(format!(
                "`{shown}` is just being written by another splitbrain"
            ));
        }
        let mut reader = Reader::new(&file);
        let begun = reader
            .first()
            .map_err(|why| format!("`{shown}` is left as it is: {why}"))?;
        let mut is_whole = false;
        match begun {
            First::Torn(part) if file::head_line(head).as_bytes().starts_with(&part) => {
                drop(reader);
                file.set_len(0).map_err(cannot)?;
                file.seek(SeekFrom::Start(0)).map_err(cannot)?;
                file.write_all(file::head_line(head).as_bytes())
                    .map_err(cannot)?;
                let next = head.items().start;
                return Ok(Self {
                    file,
                    shown,
                    next,
                    is_whole,
                });
            }
            First::Torn(_) => {
                return Err(format!(
                    "`{shown}` is left as it is: it is no file of a sweep"
                ));
            }
            First::Head(there) => {
                compare(head, &there)
                    .map_err(|why| format!("`{shown}` is left as it is: {why}"))?;
            }
        }
        let mut sums = Sums::new(head);
        loop {
            let next = reader
                .next(head)
                .map_err(|why| format!("`{shown}` is left as it is: {why}"))?;
            match next {
                Next::Run(item, came) => {
                    sums.add(head, item, &came);
                    take(item, &came);
                }
                Next::Summary if reader.line() != summary_line(head, &sums).as_bytes() => {
                    return Err(format!(
                        "`{shown}` is left as it is: its summary is not that of its runs"
                    ));
                }
                Next::Summary => is_whole = true,
                Next::Torn | Next::End => break,
            }
        }
        let (next, offset) = (reader.item(), reader.offset());
        drop(reader);
        file.set_len(offset).map_err(cannot)?;
        file.seek(SeekFrom::Start(offset)).map_err(cannot)?;
        Ok(Self {
            file,
            shown,
            next,
            is_whole,
        })
    }

    /// The run that comes next.
    pub fn item(&self) -> u64 {
        self.next
    }

    /// Whether all is in it, and the summary.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Adds the next run. The error is a sentence.
    pub fn add(&mut self, head: &Head, came: &Came) -> Result<(), String> {
        let line = file::run_line(head, self.next, came);
        self.next += 1;
        self.write(&line)
    }

    /// Adds the summary, behind the last run. The error is a sentence.
    pub fn finish(&mut self, head: &Head, sums: &Sums) -> Result<(), String> {
        if !self.is_whole {
            self.write(&summary_line(head, sums))?;
            self.is_whole = true;
        }
        let synced = self.file.sync_all();
        synced.map_err(|error| format!("cannot write `{}`: {error}", self.shown))
    }

    /// In one piece: what another program sees of the file are whole lines, as far as the system allows.
    fn write(&mut self, line: &str) -> Result<(), String> {
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|error| format!("cannot write `{}`: {error}", self.shown))
    }
}

/// The error says in what the sweep of a file differs from another.
fn compare(head: &Head, there: &Head) -> Result<(), String> {
    let mut differences = head.differences("here", there, "there");
    if head.shard != there.shard {
        differences.push(format!(
            "it is shard {} there and {} here",
            there.shard, head.shard
        ));
    }
    match differences.as_slice() {
        [] => Ok(()),
        some => Err(format!("it is another sweep: {}", some.join("; "))),
    }
}

/// Whether another program has the file. From now on this one has it, where the system knows of such things.
#[cfg(unix)]
fn is_locked(file: &File) -> bool {
    use rustix::fs::{FlockOperation, flock};
    let locked = flock(file, FlockOperation::NonBlockingLockExclusive);
    locked.is_err_and(|error| error == rustix::io::Errno::WOULDBLOCK)
}

#[cfg(not(unix))]
fn is_locked(_: &File) -> bool {
    false
}
