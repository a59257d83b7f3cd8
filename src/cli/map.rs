//! `splitbrain map`: what a sweep's file comes to, as a map on the terminal, else as text.

use std::sync::Arc;

use super::out::{on_terminal, say};
use super::sweep_report::{Listed, find_worst};
use super::{EXIT_MET, EXIT_MISTAKE, Looks, MapArgs, Out, screen};
use crate::export::sweep_text;
use crate::hunt::sweep::file::Came;
use crate::hunt::sweep::reader::{self, Next};
use crate::hunt::sweep::{Head, Sums};
use crate::hunt::{self, Loaded, Options, Session};
use crate::scenario::Files;

/// Shows a file. What the runs came to is no part of the exit code.
pub fn map(args: &MapArgs, looks: Looks) -> u8 {
    let mut listed = Listed::default();
    let mut failures = Vec::new();
    let read = read(args, |head, item, came| {
        failures.extend(listed.line(head, item, came));
    });
    let worst = read.and_then(|(head, sums)| Ok((find_worst(&head, &args.worst)?, head, sums)));
    let (worst, head, sums) = match worst {
        Ok(all) => all,
        Err(message) => {
            say(format_args!("error: {message}"));
            return EXIT_MISTAKE;
        }
    };
    if on_terminal() && !args.text {
        return screen::map(&head, &sums, looks, |cell, seed| open(&head, cell, seed));
    }
    let mut out = Out::stdout();
    out.text(&sweep_text::head(&head));
    failures.iter().for_each(|line| out.line(line));
    out.text(&listed.rest());
    out.text(&sweep_text::summary(&head, &sums, &worst));
    out.close(EXIT_MET)
}

/// Reads a file as far as it goes. The error is a sentence.
fn read(args: &MapArgs, mut take: impl FnMut(&Head, u64, &Came)) -> Result<(Head, Sums), String> {
    let (head, mut reader) = reader::open(&args.file)?;
    let mut sums = Sums::new(&head);
    let shown = args.file.display();
    loop {
        match reader
            .next(&head)
            .map_err(|why| format!("`{shown}`: {why}"))?
        {
            Next::Run(item, came) => {
                sums.add(&head, item, &came);
                take(&head, item, &came);
            }
            Next::Summary => return Ok((head, sums)),
            Next::Torn | Next::End => {
                let (items, next) = (head.items(), reader.item());
                let (done, all) = (next - items.start, items.end - items.start);
                say(format_args!(
                    "`{shown}` is not finished: it has {done} of {all} runs"
                ));
                return Ok((head, sums));
            }
        }
    }
}

/// A run of the sweep, of the scenario that its file holds. The error is a sentence.
fn open(head: &Head, cell: usize, seed: u64) -> Result<Session, String> {
    let sets = head.sets(cell);
    let read = Loaded::from_parts(&head.scenario, &head.text, &sets, Files::Given(&head.files));
    let loaded = read.and_then(hunt::complete).map_err(|document| {
        let first = document.diagnostics().into_iter().next();
        let first = first.map_or_else(String::new, |d| d.message);
        format!("this version of splitbrain cannot read the scenario of the sweep: {first}")
    })?;
    let options = Options {
        seed: Some(seed),
        control: head.control,
        until_ns: head.until_ns,
        unobserved: false,
    };
    Ok(Session::new(Arc::new(loaded), options))
}
