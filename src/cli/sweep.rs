//! `splitbrain sweep`: a scenario with many seeds, on all cores.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::ends::{self, Ends};
use super::out::say;
use super::progress::Progress;
use super::run::{Given, load};
use super::{EXIT_BUG, EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Out, SweepArgs};
use crate::export::{sweep_json, sweep_text};
use crate::hunt::parallel::{self, Collect, Panic};
use crate::hunt::sweep::{SeedOutcome, Sweep};
use crate::hunt::tally::Tally;

/// How many seeds there are if nobody says it.
const SEEDS: u64 = 100;
/// More workers than this are a slip of the finger.
const JOBS_MAX: usize = 1024;

/// Sweeps.
pub fn sweep(args: &SweepArgs) -> u8 {
    let given = Given {
        scenario: args.scenario.as_deref(),
        set: &args.set,
        control: args.control,
        until: args.until,
    };
    let Some(loaded) = load(&given) else {
        return EXIT_MISTAKE;
    };
    let sweep = Sweep {
        loaded: Arc::new(loaded),
        seeds: args.seeds.clone().unwrap_or(0..SEEDS),
        control: args.control,
        until_ns: args.until.map(|u| u.ns()),
    };
    let jobs = args.jobs.unwrap_or_else(parallel::all_cores);
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let mut report = Report::begin(&sweep, &given, args.json, ends);
    match sweep.run(jobs, &mut report) {
        Ok(behind_last) => report.end(behind_last, jobs),
        Err(message) => {
            say(format_args!("error: {message}"));
            EXIT_MISTAKE
        }
    }
}

/// Tells what comes of the seeds as they come.
struct Report<'a> {
    sweep: &'a Sweep,
    given: &'a Given<'a>,
    json: bool,
    tally: Tally,
    failures_told: bool,
    out: Out,
    progress: Progress,
    start: Instant,
    ends: Ends,
}

impl<'a> Report<'a> {
    fn begin(sweep: &'a Sweep, given: &'a Given<'a>, json: bool, ends: Ends) -> Self {
        let start = Instant::now();
        let mut out = Out::stdout();
        if json {
            out.text(&sweep_json::head(sweep));
        } else {
            out.text(&sweep_text::head(sweep));
        }
        out.flush();
        Self {
            sweep,
            given,
            json,
            tally: Tally::new(sweep.expect().len()),
            failures_told: false,
            out,
            progress: Progress::on_stderr(start),
            start,
            ends,
        }
    }

    fn tell_failure(&mut self, seed: u64, result: &Result<SeedOutcome, Panic>) {
        let command = self.given.command(seed);
        let Some(line) = sweep_text::failure(self.sweep, seed, result, &command) else {
            return;
        };
        if !self.failures_told {
            self.failures_told = true;
            self.out.line("\nfailures");
        }
        self.out.line(line);
        self.out.flush();
    }

    fn end(mut self, behind_last: u64, jobs: NonZeroUsize) -> u8 {
        self.progress.clear();
        let (seeds, tally) = (&self.sweep.seeds, &self.tally);
        let summary = if self.json {
            sweep_json::summary(self.sweep, tally)
        } else {
            sweep_text::summary(self.sweep, tally)
        };
        let is_whole = behind_last == seeds.end;
        // Standard output is whole or it has no end: what depends on when somebody had enough is told elsewhere.
        let code = if is_whole {
            self.out.text(&summary);
            verdict(tally)
        } else if let Some(signal) = self.ends.came() {
            say(summary.trim_end());
            say(format_args!(
                "stopped after {} of {} seeds; go on with --seeds {behind_last}..{}",
                tally.seeds,
                seeds.end - seeds.start,
                seeds.end
            ));
            ends::exit_code(signal)
        } else {
            verdict(tally)
        };
        let seconds = self.start.elapsed().as_secs_f64();
        let (runs, events) = (tally.seeds as f64 / seconds, tally.events as f64 / seconds);
        let code = self.out.close(code);
        say(format_args!(
            "{seconds:.2} s with {jobs} jobs, {runs:.1} runs and {:.2} million events a second",
            events / 1e6
        ));
        code
    }
}

fn verdict(tally: &Tally) -> u8 {
    match tally {
        t if t.panicked > 0 => EXIT_BUG,
        t if t.failed() > 0 => EXIT_NOT_MET,
        _ => EXIT_MET,
    }
}

impl Collect<SeedOutcome> for Report<'_> {
    fn take(&mut self, seed: u64, result: Result<SeedOutcome, Panic>) {
        if self.json {
            self.out.text(&sweep_json::seed(seed, &result));
        } else {
            self.tell_failure(seed, &result);
        }
        self.tally.add(seed, &result);
    }

    fn goes_on(&mut self) -> bool {
        let (done, failed) = (self.tally.seeds, self.tally.seeds - self.tally.passed);
        let all = self.sweep.seeds.end - self.sweep.seeds.start;
        self.progress.look(done, all, || {
            format!("{done} of {all} seeds, {failed} failed")
        });
        self.ends.came().is_none() && self.out.is_open()
    }
}

/// How many (`100`), from and to behind the last (`1000..2000`), or to the last (`1000..=1999`).
pub fn parse_seeds(text: &str) -> Result<Range<u64>, String> {
    let seeds = match text.split_once("..") {
        None => number(text).map(|n| 0..n),
        Some((from, to)) => match to.strip_prefix('=') {
            None => number(from).zip(number(to)).map(|(from, to)| from..to),
            Some(last) => number(from)
                .zip(number(last).and_then(|last| last.checked_add(1)))
                .map(|(from, to)| from..to),
        },
    };
    match seeds {
        None => Err("write how many, or from which to behind which: 100, 1000..2000".to_owned()),
        Some(seeds) if seeds.is_empty() => Err("there is no seed in it".to_owned()),
        Some(seeds) => Ok(seeds),
    }
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// A number of workers.
pub fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    let jobs = text.parse().ok();
    jobs.filter(|jobs: &NonZeroUsize| jobs.get() <= JOBS_MAX)
        .ok_or_else(|| format!("write a number from 1 to {JOBS_MAX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_number_or_a_range() {
        assert_eq!(parse_seeds("100"), Ok(0..100));
        assert_eq!(parse_seeds("5..8"), Ok(5..8));
        assert_eq!(parse_seeds("5..=8"), Ok(5..9));
        assert_eq!(
            parse_seeds("18446744073709551614..18446744073709551615"),
            Ok(u64::MAX - 1..u64::MAX)
        );
        for wrong in [
            "",
            "0",
            "8..5",
            "5..5",
            "5..=4",
            "..",
            "..5",
            "5..",
            "-1",
            "a",
            "1...3",
            "1..2..3",
            "0..=18446744073709551615",
            "18446744073709551616",
        ] {
            assert!(parse_seeds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn there_is_at_least_one_worker() {
        assert_eq!(parse_jobs("8").map(NonZeroUsize::get), Ok(8));
        for wrong in ["0", "-1", "1025", "two", ""] {
            assert!(parse_jobs(wrong).is_err(), "{wrong}");
        }
    }
}
