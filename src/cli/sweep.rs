//! `splitbrain sweep`: a scenario with many seeds, on all cores; one scenario under several settings, if some vary.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::check::complain;
use super::ends::{self, Ends};
use super::given::Variant;
use super::out::{on_terminal, say};
use super::progress::Progress;
use super::run::can_run;
use super::sweep_report::{Listed, find_worst};
use super::{EXIT_BUG, EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Out, SweepArgs};
use crate::export::sweep_text;
use crate::hunt::command::quoted;
use crate::hunt::parallel::{Collect, Panic};
use crate::hunt::sweep::file::{Came, head_line, run_line};
use crate::hunt::sweep::grid::{self, Wanted};
use crate::hunt::sweep::store::Store;
use crate::hunt::sweep::summary::summary_line;
use crate::hunt::sweep::{Grid, SeedOutcome, Shard, Sums, axis};
use crate::hunt::tally::{Share, Tally};
use crate::sim::amount::short_time;

/// How many seeds there are if nobody says it.
const SEEDS: u64 = 100;
/// More workers than this are a slip of the finger.
const JOBS_MAX: usize = 1024;

/// Sweeps.
pub fn sweep(args: &SweepArgs) -> u8 {
    let Some(grid) = grid_of(args) else {
        return EXIT_MISTAKE;
    };
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let swept = Report::begin(&grid, args, ends).and_then(|mut report| {
        let jobs = args.jobs.count();
        let items = report.next..grid.head().items().end;
        let next = grid.run(items, jobs, &mut report)?;
        report.end(next, jobs)
    });
    swept.unwrap_or_else(|message| {
        say(format_args!("error: {message}"));
        EXIT_MISTAKE
    })
}

/// What is to run. `None` if it cannot; why not has been said.
fn grid_of(args: &SweepArgs) -> Option<Grid> {
    let seeds = args.seeds.clone().unwrap_or(0..SEEDS);
    if let Some(mistake) = mistake(args, &seeds) {
        say(format_args!("error: {mistake}"));
        return None;
    }
    let given = args.variant.of(args.scenario.scenario.as_deref());
    let wanted = Wanted {
        set: given.set,
        vary: &args.vary,
        seeds,
        control: given.control,
        until_ns: given.until.map(|u| u.ns()),
        shard: args.shard.unwrap_or(Shard::WHOLE),
    };
    let loaded = grid::load(given.scenario(), &wanted)
        .map_err(complain)
        .ok()?;
    let can = loaded.iter().all(|loaded| can_run(loaded, &given));
    can.then(|| Grid::new(loaded, &wanted))
}

/// What is wrong with what shall change or vary, as a sentence.
fn mistake(args: &SweepArgs, seeds: &Range<u64>) -> Option<String> {
    let vary = args.vary.as_slice();
    let changed = args
        .variant
        .settings
        .set
        .iter()
        .map(|set| set.split('=').next());
    let varied = vary.iter().map(|axis| Some(axis.path.as_str()));
    if let Some(path) = changed
        .chain(varied)
        .flatten()
        .find(|path| path.trim() == "seed")
    {
        return Some(format!(
            "a sweep has seeds of its own: write --seeds instead of `{path}`"
        ));
    }
    let cells = vary
        .iter()
        .try_fold(1_usize, |cells, axis| cells.checked_mul(axis.values.len()));
    let runs = cells.and_then(|cells| (seeds.end - seeds.start).checked_mul(cells as u64));
    match (vary, cells) {
        (many, _) if many.len() > axis::AXES_MAX => Some(format!(
            "at most {} settings can vary, and not {}",
            axis::AXES_MAX,
            many.len()
        )),
        ([one, other], _) if one.path == other.path => {
            Some(format!("`{}` is to vary twice", one.path))
        }
        (_, None | Some(axis::CELLS_MAX..)) => Some(format!(
            "there are too many settings: fewer than {} in all can be told apart",
            axis::CELLS_MAX
        )),
        _ if runs.is_none() => Some("there are more runs than can be counted".to_owned()),
        _ => None,
    }
}

/// Where the lines of the runs go.
enum Lines {
    /// Nowhere: what they come to is told in words.
    Nowhere,
    /// To standard output.
    Output,
    /// To a file.
    File(Store),
}

/// Tells what comes of the runs as they come.
struct Report<'a> {
    grid: &'a Grid,
    args: &'a SweepArgs,
    worst: Vec<usize>,
    sums: Sums,
    lines: Lines,
    listed: Listed,
    /// The run that is taken next.
    next: u64,
    /// The first that was not in the file, and how many events those there had.
    first: (u64, u64),
    /// The file cannot be written: why, as a sentence.
    broken: Option<String>,
    out: Out,
    progress: Progress,
    start: Instant,
    ends: Ends,
}

impl<'a> Report<'a> {
    /// The error is a sentence.
    fn begin(grid: &'a Grid, args: &'a SweepArgs, ends: Ends) -> Result<Self, String> {
        let start = Instant::now();
        let head = grid.head();
        let mut report = Self {
            grid,
            args,
            worst: find_worst(head, &args.worst.worst)?,
            sums: Sums::new(head),
            lines: if args.json {
                Lines::Output
            } else {
                Lines::Nowhere
            },
            listed: Listed::default(),
            next: head.items().start,
            first: (head.items().start, 0),
            broken: None,
            out: Out::stdout(),
            progress: Progress::between_lines(start),
            start,
            ends,
        };
        let Some(path) = &args.output else {
            report.tell_head();
            return Ok(report);
        };
        // Nothing is told of a file that turns out to be another's.
        let mut failures = Vec::new();
        let store = Store::open(path, head, |item, came| {
            failures.extend(report.count(item, came));
        })?;
        report.tell_head();
        failures.iter().for_each(|line| report.out.line(line));
        report.first = (report.next, report.sums.all.events);
        let (done, all) = (report.sums.all.seeds, head.items().end - head.items().start);
        if done > 0 {
            let shown = path.display();
            say(if store.is_whole() {
                format!("`{shown}` is finished: nothing is left to run")
            } else {
                format!("going on with `{shown}`, which has {done} of {all} runs")
            });
        }
        report.lines = Lines::File(store);
        Ok(report)
    }

    fn tell_head(&mut self) {
        let head = self.grid.head();
        if matches!(self.lines, Lines::Output) {
            self.out.text(&head_line(head));
        } else {
            self.out.text(&sweep_text::head(head));
        }
        self.out.flush();
    }

    /// Takes note of a run; what is to be told of it, if it failed.
    fn count(&mut self, item: u64, came: &Came) -> Option<String> {
        let head = self.grid.head();
        self.sums.add(head, item, came);
        self.next = item + 1;
        self.listed.line(head, item, came)
    }

    fn end(mut self, next: u64, jobs: NonZeroUsize) -> Result<u8, String> {
        self.progress.clear();
        let head = self.grid.head();
        if let Some(message) = self.broken {
            say(format_args!(
                "what was written before is whole: {}",
                go_on(self.args)
            ));
            return Err(message);
        }
        let is_whole = next == head.items().end;
        if let Lines::File(store) = &mut self.lines
            && is_whole
        {
            store.finish(head, &self.sums)?;
        }
        // Standard output is whole or it has no end: what depends on when somebody had enough is told elsewhere.
        let code = if is_whole {
            let summary = self.summary();
            self.out.text(&summary);
            self.say_where_to_look();
            verdict(&self.sums.all)
        } else if let Some(signal) = self.ends.came() {
            say(self.summary().trim_end());
            self.say_how_to_go_on(next);
            ends::exit_code(signal)
        } else {
            verdict(&self.sums.all)
        };
        let seconds = self.start.elapsed().as_secs_f64();
        let runs = (next - self.first.0) as f64 / seconds;
        let events = (self.sums.all.events - self.first.1) as f64 / seconds / 1e6;
        let code = self.out.close(code);
        say(format_args!(
            "{seconds:.2} s with {jobs} jobs, {runs:.1} runs and {events:.2} million events a second"
        ));
        Ok(code)
    }

    fn summary(&self) -> String {
        let head = self.grid.head();
        if matches!(self.lines, Lines::Output) {
            return summary_line(head, &self.sums);
        }
        self.listed.rest() + &sweep_text::summary(head, &self.sums, &self.worst)
    }

    /// What varies is best seen on the map, where there is a screen for it.
    fn say_where_to_look(&self) {
        let varies = !self.grid.head().vary.is_empty();
        if let Some(path) = self
            .args
            .output
            .as_ref()
            .filter(|_| varies && on_terminal())
        {
            let path = quoted(&path.display().to_string());
            say(format_args!(
                "see where it tips over, and open its runs: splitbrain map {path}"
            ));
        }
    }

    fn say_how_to_go_on(&self, next: u64) {
        let head = self.grid.head();
        let items = head.items();
        let (done, all) = (next - items.start, items.end - items.start);
        let how = if matches!(self.lines, Lines::File(_)) {
            go_on(self.args)
        } else {
            let (seed, _) = head.item(next);
            format!(
                "go on with --seeds {seed}..{}, or keep what is there with -o FILE",
                head.seeds.to
            )
        };
        let what = if head.cells.len() == 1 {
            "seeds"
        } else {
            "runs"
        };
        say(format_args!("stopped after {done} of {all} {what}; {how}"));
    }

    /// How far it is, and what came so far.
    fn words(&self) -> String {
        let items = self.grid.head().items();
        let (all, tally) = (items.end - items.start, &self.sums.all);
        let share = Share {
            count: tally.failed(),
            of: tally.judged(),
        };
        let (low, high) = share.interval();
        let panicked = match tally.panicked {
            0 => String::new(),
            some => format!(", {some} panicked"),
        };
        let (low, high) = (low * 100.0, high * 100.0);
        format!(
            "{} of {all} runs, {} failed ({low:.1} to {high:.1} %){panicked}{}",
            tally.seeds,
            tally.failed(),
            self.left(items.end)
                .map_or_else(String::new, |left| format!(", {left} left"))
        )
    }

    /// How much wall time it may still take, as far as that can be told.
    fn left(&self, end: u64) -> Option<String> {
        let (done, left) = (self.next - self.first.0, end - self.next);
        let elapsed = self.start.elapsed();
        let can_tell = done > 0 && elapsed > Duration::from_secs(3);
        can_tell.then(|| short_time(elapsed.as_nanos() as f64 * left as f64 / done as f64))
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
    fn take(&mut self, item: u64, came: Result<SeedOutcome, Panic>) {
        let head = self.grid.head();
        match &mut self.lines {
            Lines::Nowhere => {}
            Lines::Output => self.out.text(&run_line(head, item, &came)),
            Lines::File(store) if self.broken.is_none() => {
                self.broken = store.add(head, &came).err();
            }
            Lines::File(_) => {}
        }
        let failure = self.count(item, &came);
        if let Some(line) = failure.filter(|_| !matches!(self.lines, Lines::Output)) {
            self.progress.clear();
            self.out.line(line);
            self.out.flush();
        }
    }

    fn goes_on(&mut self) -> bool {
        let items = self.grid.head().items();
        let (done, all) = (self.next - items.start, items.end - items.start);
        let words = self.words();
        self.progress.look(done, all, || words);
        // Who waits for a file need not read what is said meanwhile.
        let is_wanted = matches!(self.lines, Lines::File(_)) || self.out.is_open();
        self.ends.came().is_none() && self.broken.is_none() && is_wanted
    }
}

/// How to go on with a file.
fn go_on(args: &SweepArgs) -> String {
    format!("go on with: {}", command(args))
}

/// The command again, as a shell takes it.
fn command(args: &SweepArgs) -> String {
    let mut words = vec!["splitbrain sweep".to_owned()];
    words.extend(args.scenario.scenario.as_deref().map(quoted));
    let mut option = |name: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("{name} {}", quoted(&value))));
    };
    option(
        "--seeds",
        args.seeds
            .as_ref()
            .map(|s| format!("{}..{}", s.start, s.end)),
    );
    option("--jobs", args.jobs.jobs.map(|j| j.to_string()));
    let Variant {
        settings,
        control,
        until,
    } = &args.variant;
    for set in &settings.set {
        option("--set", Some(set.clone()));
    }
    for axis in &args.vary {
        option("--vary", Some(axis.to_string()));
    }
    option("--shard", args.shard.map(|s| s.to_string()));
    option("--until", until.map(|u| u.to_string()));
    for metric in &args.worst.worst {
        option("--worst", Some(metric.clone()));
    }
    option("-o", args.output.as_ref().map(|o| o.display().to_string()));
    if *control {
        words.push("--control".to_owned());
    }
    words.join(" ")
}

/// A part of all: `3/8`, or from the variables of a batch system.
pub fn parse_shard(text: &str) -> Result<Shard, String> {
    Shard::parse(text, |name| std::env::var(name).ok())
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
