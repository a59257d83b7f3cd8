//! `splitbrain verify`: whether scenarios are what they say, with all the seeds that they say it of.

use std::sync::Arc;
use std::time::Instant;

use super::check::complain;
use super::ends::{self, Ends};
use super::out::{colour_on_stdout, may_write, say, write_new};
use super::progress::Progress;
use super::{EXIT_BUG, EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Out, VerifyArgs};
use crate::export::verify_text::Table;
use crate::export::{junit, verify_json, verify_text};
use crate::hunt::parallel::{Collect, Panic};
use crate::hunt::sweep::SeedOutcome;
use crate::hunt::verify::{Report, Verdict, Verification};
use crate::hunt::{self, Loaded, catalogue};

/// Verifies.
pub fn verify(args: &VerifyArgs) -> u8 {
    let verified = begin(args).and_then(|verification| {
        let ends = Ends::hear().ok_or(None)?;
        let jobs = args.jobs.count();
        let mut work = Work::new(args, &verification, ends);
        work.tell_head();
        let next = verification.run(jobs, &mut work).map_err(Some)?;
        work.end(next)
    });
    verified.unwrap_or_else(|mistake| {
        if let Some(message) = mistake {
            say(format_args!("error: {message}"));
        }
        EXIT_MISTAKE
    })
}

/// A sentence, or nothing where all has been said.
type Mistake = Option<String>;

/// What is to be verified, once it is known that all of it can be.
fn begin(args: &VerifyArgs) -> Result<Verification, Mistake> {
    if args.force && args.junit.is_none() {
        return Err(Some("--force is for --junit FILE".to_owned()));
    }
    if let Some(path) = &args.junit {
        may_write(path, args.force).map_err(Some)?;
    }
    let names = match args.scenarios.as_slice() {
        [] => catalogue::built_in(),
        some => catalogue::named(some).map_err(Some)?,
    };
    Verification::new(load_all(&names)?, args.seeds.as_ref()).map_err(Some)
}

/// Reads all, and says of each that cannot run why not.
fn load_all(names: &[String]) -> Result<Vec<Arc<Loaded>>, Mistake> {
    let load = |name: &String| hunt::load(name, &[]).map_err(complain).ok().map(Arc::new);
    // Not lazily: all mistakes are told at once.
    let loaded: Vec<_> = names.iter().map(load).collect();
    loaded.into_iter().collect::<Option<_>>().ok_or(None)
}

/// Tells what comes of the scenarios as it comes.
struct Work<'a> {
    args: &'a VerifyArgs,
    report: Report<'a>,
    table: Table,
    out: Out,
    progress: Progress,
    start: Instant,
    ends: Ends,
}

impl<'a> Work<'a> {
    fn new(args: &'a VerifyArgs, verification: &'a Verification, ends: Ends) -> Self {
        let start = Instant::now();
        Self {
            args,
            report: Report::new(verification),
            table: Table::of(verification, colour_on_stdout()),
            out: Out::stdout(),
            progress: Progress::between_lines(start),
            start,
            ends,
        }
    }

    fn tell_head(&mut self) {
        let head = if self.args.json {
            verify_json::head(self.report.verification())
        } else {
            self.table.head()
        };
        self.out.text(&head);
        self.out.flush();
    }

    fn end(mut self, next: u64) -> Result<u8, Mistake> {
        self.progress.clear();
        let is_whole = next == self.report.verification().runs();
        let signal = self.ends.came().filter(|_| !is_whole);
        // Standard output is whole or it has no end: what depends on when somebody had enough is told elsewhere.
        let code = match signal {
            Some(signal) => {
                say(verify_text::summary(&self.report).trim());
                ends::exit_code(signal)
            }
            None if is_whole => {
                let summary = if self.args.json {
                    verify_json::summary(&self.report)
                } else {
                    verify_text::summary(&self.report)
                };
                self.out.text(&summary);
                verdict(&self.report)
            }
            None => verdict(&self.report),
        };
        if let Some(path) = &self.args.junit {
            write_new(path, &junit::document(&self.report), self.args.force).map_err(Some)?;
        }
        let code = self.out.close(code);
        let seconds = self.start.elapsed().as_secs_f64();
        let (runs, events) = (self.report.runs as f64, self.report.events as f64);
        say(format_args!(
            "{seconds:.2} s, {:.1} runs and {:.2} million events a second",
            runs / seconds,
            events / seconds / 1e6
        ));
        Ok(code)
    }

    fn words(&self) -> String {
        let all = self.report.verification().subjects();
        let done = self.report.done.len();
        let failed = done - self.report.count(Verdict::Met);
        let now = all.get(done).map_or("", |s| s.loaded.name.as_str());
        let of = all.len();
        format!("{done} of {of} scenarios, {failed} failed; now {now}")
    }
}

fn verdict(report: &Report<'_>) -> u8 {
    match report.verdict() {
        Verdict::Met => EXIT_MET,
        Verdict::NotMet => EXIT_NOT_MET,
        Verdict::Panicked => EXIT_BUG,
    }
}

impl Collect<SeedOutcome> for Work<'_> {
    fn take(&mut self, number: u64, came: Result<SeedOutcome, Panic>) {
        if !self.report.take(number, came) {
            return;
        }
        let Some(kept) = self.report.done.last() else {
            return;
        };
        let told = if self.args.json {
            verify_json::scenario(kept)
        } else {
            self.table.rows(kept)
        };
        self.progress.clear();
        self.out.text(&told);
        self.out.flush();
    }

    fn goes_on(&mut self) -> bool {
        let (done, all) = (self.report.runs, self.report.verification().runs());
        let words = self.words();
        self.progress.look(done, all, || words);
        // Who waits for a file need not read what is said meanwhile.
        let is_wanted = self.args.junit.is_some() || self.out.is_open();
        self.ends.came().is_none() && is_wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::parallel::Panic;

    #[test]
    fn a_bug_of_ours_is_told_by_the_exit_code() {
        let loaded = hunt::load("kip-101-divergence", &[]).expect("built in");
        let seeds = Some(0..1);
        let verification =
            Verification::new(vec![Arc::new(loaded)], seeds.as_ref()).expect("few runs");
        let mut report = Report::new(&verification);
        let bug = Panic {
            message: "a bug".into(),
        };
        assert_eq!(verdict(&report), EXIT_MET);
        for number in 0..verification.runs() {
            report.take(number, Err(bug.clone()));
        }
        assert_eq!(verdict(&report), EXIT_BUG);
    }
}
