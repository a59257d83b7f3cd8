//! `splitbrain compare`: two runs side by side, and what differs between them.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::check::complain;
use super::ends::{self, Ends};
use super::out::say;
use super::progress::Progress;
use super::run::{Given, load};
use super::{CompareArgs, EXIT_BUG, EXIT_MET, EXIT_MISTAKE, Out};
use crate::export::{compare_json, compare_text};
use crate::hunt::compare::{Change, Found, OverSeeds, Pair, Search, SeedPair, Variants};
use crate::hunt::parallel::{self, Collect, Panic};
use crate::hunt::past::Progress as Worked;
use crate::hunt::{Options, Session};
use crate::scenario::LoadError;

/// Events between two looks at the clock.
const SLICE: u64 = 400_000;

/// Why there is no comparison.
enum Ended {
    /// The user's mistake, which has been said.
    Mistake,
    /// This signal told the program to end.
    Signal(usize),
}

/// Compares.
pub fn compare(args: &CompareArgs) -> u8 {
    let given = Given {
        scenario: args.scenario.as_deref(),
        set: &args.both,
        control: false,
        until: args.until,
    };
    let Some(loaded) = load(&given) else {
        return EXIT_MISTAKE;
    };
    let options = Options {
        seed: args.seed,
        until_ns: args.until.map(|u| u.ns()),
        ..Options::default()
    };
    let a = Session::new(Arc::new(loaded), options);
    let change = change(args);
    let b = match change.of(&a) {
        Ok(b) => b,
        Err(document) => {
            complain(LoadError::Mistakes(document));
            return EXIT_MISTAKE;
        }
    };
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let mut report = Report {
        pair: Pair::new(&a, &b),
        ends,
        start: Instant::now(),
        events: 0,
    };
    match report.all(args) {
        Ok(code) => code,
        Err(Ended::Mistake) => EXIT_MISTAKE,
        Err(Ended::Signal(signal)) => {
            say("interrupted: nothing is compared");
            ends::exit_code(signal)
        }
    }
}

/// What is asked for; if nothing is, the control.
fn change(args: &CompareArgs) -> Change {
    let change = Change {
        sets: args.set.clone(),
        control: args.control,
        seed: args.seed_b,
    };
    if change == Change::default() {
        return Change {
            control: true,
            ..change
        };
    }
    change
}

struct Report {
    pair: Pair,
    ends: Ends,
    start: Instant,
    events: u64,
}

impl Report {
    fn all(&mut self, args: &CompareArgs) -> Result<u8, Ended> {
        let variants = match &args.seeds {
            Some(seeds) => Some((self.variants()?, seeds.clone())),
            None => None,
        };
        self.play()?;
        let found = self.part()?;
        let over = match variants {
            Some((variants, seeds)) => Some((self.sweep(&variants, &seeds, args.jobs)?, seeds)),
            None => None,
        };
        let over = over.as_ref().map(|(over, seeds)| (over, seeds));
        let mut out = Out::stdout();
        if args.json {
            out.text(&compare_json::document(&self.pair, &found, over));
        } else {
            out.text(&compare_text::document(&self.pair, &found, over));
        }
        let bugs = over.is_some_and(|(over, _)| over.panicked > 0);
        let code = out.close(if bugs { EXIT_BUG } else { EXIT_MET });
        let seconds = self.start.elapsed().as_secs_f64();
        say(format_args!("{seconds:.2} s"));
        Ok(code)
    }

    fn variants(&self) -> Result<Variants, Ended> {
        Variants::of(&self.pair).ok_or_else(|| {
            say("error: over many seeds nothing differs: change something besides the seed");
            Ended::Mistake
        })
    }

    fn ends(&self) -> Result<(), Ended> {
        self.ends
            .came()
            .map_or(Ok(()), |signal| Err(Ended::Signal(signal)))
    }

    fn play(&mut self) -> Result<(), Ended> {
        let mut progress = Progress::on_stderr(self.start);
        let (end, mut ended) = (self.pair.end_ns(), Ok(()));
        while ended.is_ok() && self.pair.advance(end, SLICE) {
            let now = self.pair.now_ns();
            progress.look(now, end, || {
                let (now_s, end_s) = (now as f64 / 1e9, end as f64 / 1e9);
                format!("both runs: {now_s:.1} s of {end_s:.1} s")
            });
            ended = self.ends();
        }
        progress.clear();
        let runs = self.pair.runs();
        self.events = runs.iter().map(|run| run.sim().events()).sum();
        ended
    }

    fn part(&mut self) -> Result<Found, Ended> {
        let mut search = Search::new(&self.pair);
        while search.work(SLICE) != Worked::Done {
            self.ends()?;
        }
        Ok(search.finish())
    }

    fn sweep(
        &self,
        variants: &Variants,
        seeds: &Range<u64>,
        jobs: Option<NonZeroUsize>,
    ) -> Result<OverSeeds, Ended> {
        let mut collect = Collected {
            over: variants.nothing(),
            ends: &self.ends,
            all: seeds.end - seeds.start,
            progress: Progress::on_stderr(self.start),
        };
        let jobs = jobs.unwrap_or_else(parallel::all_cores);
        let ran = variants.run(seeds.clone(), jobs, &mut collect);
        collect.progress.clear();
        let over = collect.over;
        ran.map_err(|message| {
            say(format_args!("error: {message}"));
            Ended::Mistake
        })?;
        self.ends()?;
        Ok(over)
    }
}

/// Takes in the seeds as they come.
struct Collected<'a> {
    over: OverSeeds,
    ends: &'a Ends,
    all: u64,
    progress: Progress,
}

impl Collect<SeedPair> for Collected<'_> {
    fn take(&mut self, seed: u64, result: Result<SeedPair, Panic>) {
        if let Err(panic) = &result {
            say(format_args!("seed {seed} {panic} (a bug of splitbrain)"));
        }
        self.over.add(&result);
    }

    fn goes_on(&mut self) -> bool {
        let (done, all) = (self.over.seeds, self.all);
        self.progress
            .look(done, all, || format!("{done} of {all} seeds"));
        self.ends.came().is_none()
    }
}
