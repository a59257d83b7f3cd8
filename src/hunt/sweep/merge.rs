//! Joins the files of a sweep's shards into the file that one machine would have written.

use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::file::{self, Came};
use super::head::{Head, Seeds};
use super::reader::{self, Next};
use super::shard::Shard;
use super::summary::summary_line;
use super::sums::Sums;

/// Files that were read and are all there is to a sweep.
pub struct Merged {
    /// What they are of, as if there were no shards.
    pub head: Head,
    /// What their runs come to.
    pub sums: Sums,
    /// In the order of their runs.
    paths: Vec<PathBuf>,
}

/// A file of a part.
struct Part {
    path: PathBuf,
    shard: Shard,
    seeds: Seeds,
    /// Its runs among those of all seeds there can be.
    runs: Range<u128>,
}

impl Part {
    fn name(&self) -> String {
        format!("`{}`", self.path.display())
    }
}

impl Merged {
    /// Reads the files, in any order; `take` is told of each run, in theirs. The error is a sentence: the files are of different
    /// sweeps, one is not finished, or there are runs in none or in two of them.
    pub fn read(
        paths: &[PathBuf],
        mut take: impl FnMut(&Head, u64, &Came),
    ) -> Result<Self, String> {
        let (mut head, mut parts) = heads(paths)?;
        parts.sort_by_key(|part| (part.runs.start, part.runs.end));
        head.shard = Shard::WHOLE;
        head.seeds = seeds_of_all(&parts);
        if head.runs().is_none() {
            return Err("there are more runs than can be counted".to_owned());
        }
        tile(&head, &parts)?;
        let mut sums = Sums::new(&head);
        let mut item = 0;
        for part in &parts {
            read_part(&part.path, |came| {
                sums.add(&head, item, came);
                take(&head, item, came);
                item += 1;
            })?;
        }
        let paths = parts.into_iter().map(|part| part.path).collect();
        Ok(Self { head, sums, paths })
    }

    /// Writes the file. The error is a sentence, or what kept it from being written.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(file::head_line(&self.head).as_bytes())?;
        for path in &self.paths {
            copy_runs(path, to)?;
        }
        to.write_all(summary_line(&self.head, &self.sums).as_bytes())?;
        to.flush()
    }
}

/// The first lines, which must be of one sweep; of that the first is given.
fn heads(paths: &[PathBuf]) -> Result<(Head, Vec<Part>), String> {
    let mut first: Option<Head> = None;
    let mut parts: Vec<Part> = Vec::new();
    for path in paths {
        let (head, _) = reader::open(path)?;
        let cells = head.cells.len() as u128;
        let begin = u128::from(head.seeds.from) * cells;
        let items = head.items();
        parts.push(Part {
            path: path.clone(),
            shard: head.shard,
            seeds: head.seeds.clone(),
            runs: begin + u128::from(items.start)..begin + u128::from(items.end),
        });
        let Some(first) = &first else {
            first = Some(head);
            continue;
        };
        // Which seeds each has is seen to where their runs are put in a row.
        let there = Head {
            seeds: first.seeds.clone(),
            ..head
        };
        let name = |part: &Part| format!("in {}", part.name());
        let (mine, theirs) = (name(&parts[0]), name(&parts[parts.len() - 1]));
        let differences = first.differences(&mine, &there, &theirs);
        if !differences.is_empty() {
            return Err(format!(
                "the files are not of one sweep: {}",
                differences.join("; ")
            ));
        }
    }
    first
        .map(|head| (head, parts))
        .ok_or_else(|| "there is no file".to_owned())
}

fn seeds_of_all(parts: &[Part]) -> Seeds {
    let from = parts.iter().map(|part| part.seeds.from).min();
    let to = parts.iter().map(|part| part.seeds.to).max();
    Seeds {
        from: from.unwrap_or(0),
        to: to.unwrap_or(0),
    }
}

/// The error says which runs are in no file, or in two.
fn tile(head: &Head, parts: &[Part]) -> Result<(), String> {
    let cells = head.cells.len() as u128;
    let mut next = u128::from(head.seeds.from) * cells;
    let end = u128::from(head.seeds.to) * cells;
    let mut before: Option<&Part> = None;
    for part in parts.iter().filter(|part| !part.runs.is_empty()) {
        if part.runs.start > next {
            return Err(missing(head, parts, next..part.runs.start));
        }
        if let Some(before) = before.filter(|_| part.runs.start < next) {
            let both = part.runs.start..next.min(part.runs.end);
            return Err(format!(
                "{} and {} both have {}",
                before.name(),
                part.name(),
                runs(head, &both)
            ));
        }
        next = part.runs.end;
        before = Some(part);
    }
    if next < end {
        return Err(missing(head, parts, next..end));
    }
    Ok(())
}

fn missing(head: &Head, parts: &[Part], gap: Range<u128>) -> String {
    let of = parts[0].shard.of;
    let alike = parts
        .iter()
        .all(|p| p.shard.of == of && p.seeds == head.seeds);
    let numbers = (1..=of).filter(|n| !parts.iter().any(|p| p.shard.number == *n));
    let numbers: Vec<String> = numbers.take(20).map(|n| format!("{n}/{of}")).collect();
    let which = match numbers.as_slice() {
        [] => String::new(),
        _ if !alike => String::new(),
        [one] => format!(": shard {one} is missing"),
        some => format!(": shards {} are missing", some.join(", ")),
    };
    format!("no file has {}{which}", runs(head, &gap))
}

/// Some runs in words.
fn runs(head: &Head, runs: &Range<u128>) -> String {
    let cells = head.cells.len() as u128;
    let (first, last) = (runs.start / cells, (runs.end - 1) / cells);
    let seeds = if first == last {
        format!("seed {first}")
    } else {
        format!("the seeds {first} to {last}")
    };
    if runs.start.is_multiple_of(cells) && runs.end.is_multiple_of(cells) {
        seeds
    } else {
        format!("some settings with {seeds}")
    }
}

/// Reads all runs of a file, which must be whole.
fn read_part(path: &Path, mut take: impl FnMut(&Came)) -> Result<(), String> {
    let (head, mut reader) = reader::open(path)?;
    let shown = path.display();
    let items = head.items();
    loop {
        match reader
            .next(&head)
            .map_err(|why| format!("`{shown}`: {why}"))?
        {
            Next::Run(_, came) => take(&came),
            Next::Summary => return Ok(()),
            Next::Torn | Next::End => {
                return Err(format!(
                    "`{shown}` is not finished, it has {} of {} runs: the command that began it goes on with it",
                    reader.item() - items.start,
                    items.end - items.start
                ));
            }
        }
    }
}

/// Copies the lines of the runs, which were read before.
fn copy_runs(path: &Path, to: &mut impl Write) -> io::Result<()> {
    let (head, mut reader) = reader::open(path).map_err(io::Error::other)?;
    while let Next::Run(..) = reader.next(&head).map_err(io::Error::other)? {
        to.write_all(reader.line())?;
    }
    Ok(())
}
