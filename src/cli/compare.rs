//! `splitbrain compare`: two runs side by side, and what differs between them.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Instant;

use super::ends::{self, Ends};
use super::out::say;
use super::progress::Progress;
use super::run::Given;
use super::subject::{Subject, vary};
use super::{CompareArgs, EXIT_BUG, EXIT_MET, EXIT_MISTAKE, Out};
use crate::export::{compare_json, compare_text};
use crate::hunt::compare::{self, Change, Found, OverSeeds, Pair, Search, SeedPair, Variants};
use crate::hunt::parallel::{Collect, Panic};
use crate::hunt::past::Progress as Worked;

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
    let Some(mut subjects) = open(args) else {
        return EXIT_MISTAKE;
    };
    let a = &subjects[0].session;
    let b = subjects.get(1).map_or(a, |subject| &subject.session);
    let Some(varied) = vary(&change(args), b) else {
        return EXIT_MISTAKE;
    };
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let mut report = Report {
        pair: named(Pair::new(a, &varied), args),
        ends,
        start: Instant::now(),
    };
    match report.all(args, &mut subjects) {
        Ok(code) => code,
        Err(Ended::Mistake) => EXIT_MISTAKE,
        Err(Ended::Signal(signal)) => {
            say("interrupted: nothing is compared");
            ends::exit_code(signal)
        }
    }
}

/// What is compared, as it was given: A, and B where that is something of its own. `None` if it cannot be; why not has been
/// said.
fn open(args: &CompareArgs) -> Option<Vec<Subject>> {
    let open = |scenario| {
        let given = Given {
            scenario,
            set: &args.both,
            control: false,
            until: args.until,
        };
        Subject::open(&given, args.seed)
    };
    let a = open(args.a.as_deref())?;
    match args.b.as_deref() {
        None => Some(vec![a]),
        b => Some(vec![a, open(b)?]),
    }
}

/// What is asked for; if nothing is, and B is nothing of its own either, the control.
fn change(args: &CompareArgs) -> Change {
    let change = Change {
        sets: args.set.clone(),
        control: args.control,
        seed: args.seed_b,
    };
    if change == Change::default() && args.b.is_none() {
        return Change {
            control: true,
            ..change
        };
    }
    change
}

/// Two that were named are called so, and what else they have that the other has not stands behind that.
fn named(pair: Pair, args: &CompareArgs) -> Pair {
    let (Some(a), Some(b)) = (&args.a, &args.b) else {
        return pair;
    };
    let call = |side: usize, name: &str| {
        let (label, run) = (&pair.labels()[side], &pair.runs()[side]);
        let own = format!("{}, ", run.loaded().name);
        let more = label.strip_prefix(&own).unwrap_or(label);
        if more == compare::AS_IT_IS || *more == run.loaded().name {
            name.to_owned()
        } else {
            format!("{name}: {more}")
        }
    };
    let [a, b] = [call(0, a), call(1, b)];
    pair.named(&a, &b)
}

struct Report {
    pair: Pair,
    ends: Ends,
    start: Instant,
}

impl Report {
    fn all(&mut self, args: &CompareArgs, subjects: &mut [Subject]) -> Result<u8, Ended> {
        let variants = match &args.seeds {
            Some(seeds) => Some((self.variants()?, seeds.clone())),
            None => None,
        };
        self.play()?;
        for (subject, run) in subjects.iter_mut().zip(self.pair.runs()) {
            subject.differs(run);
        }
        let found = self.part()?;
        let over = match variants {
            Some((variants, seeds)) => {
                Some((self.sweep(&variants, &seeds, args.jobs.count())?, seeds))
            }
            None => None,
        };
        let over = over.as_ref().map(|(over, seeds)| (over, seeds));
        if let Some((over, seeds)) = over
            && let Some(signal) = self.ends.came()
            && over.seeds < seeds.end - seeds.start
        {
            self.say_so_far(&found, over, seeds);
            return Ok(ends::exit_code(signal));
        }
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

    /// Tells on standard error what the seeds come to that had run when a signal came.
    fn say_so_far(&self, found: &Found, over: &OverSeeds, seeds: &Range<u64>) {
        let (done, all) = (over.seeds, seeds.end - seeds.start);
        let ran = seeds.start..seeds.start + done;
        let over = (done > 0).then_some((over, &ran));
        say(compare_text::document(&self.pair, found, over).trim_end());
        say(format_args!("stopped after {done} of {all} seeds"));
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
        jobs: NonZeroUsize,
    ) -> Result<OverSeeds, Ended> {
        let mut collect = Collected {
            over: variants.nothing(),
            ends: &self.ends,
            all: seeds.end - seeds.start,
            progress: Progress::on_stderr(self.start),
        };
        let ran = variants.run(seeds.clone(), jobs, &mut collect);
        collect.progress.clear();
        let over = collect.over;
        ran.map_err(|message| {
            say(format_args!("error: {message}"));
            Ended::Mistake
        })?;
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
