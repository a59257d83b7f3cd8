//! `splitbrain explain`: what happened to a message or how a property broke, and what would have prevented it.

use std::io::IsTerminal;
use std::time::Instant;

use super::ends::{self, Ends};
use super::out::say;
use super::progress::Progress;
use super::run::SLICE;
use super::subject::Subject;
use super::{EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, ExplainArgs, Out};
use crate::checks::Checks;
use crate::export::explain_text::Telling;
use crate::export::{explain_json, explain_text};
use crate::hunt::Session;
use crate::hunt::explain::{About, Explain, named};
use crate::hunt::lineage::{Among, Finder, Wanted};
use crate::hunt::past::{Inquiry, Progress as Worked};
use crate::trace::timeline::{BUDGET_BYTES, Timeline};
use crate::ui::term;

/// Columns of a line where nobody says how many there are.
const COLUMNS: usize = 80;
/// Lines of text are not longer on any screen, and not cut into smaller pieces.
const COLUMNS_RANGE: (usize, usize) = (60, 120);
/// Findings can be named up to this number: each is kept in every checkpoint of the run.
const KEPT_MAX: usize = 10_000;
/// So many messages that went wrong are named where nothing else is to be explained.
const NAMED_MAX: usize = 5;

/// Why there is no explanation.
enum Ended {
    /// The user's mistake, which has been said.
    Mistake,
    /// There is nothing to explain.
    Nothing,
    /// This signal told the program to end.
    Signal(usize),
}

/// Explains.
pub fn explain(args: &ExplainArgs) -> u8 {
    let given = args.variant.of(args.what.what.as_deref());
    let Some(subject) = Subject::open(&given, args.seed) else {
        return EXIT_MISTAKE;
    };
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let work = Work {
        ends,
        start: Instant::now(),
    };
    match work.all(subject, args) {
        Ok(code) => code,
        Err(Ended::Mistake) => EXIT_MISTAKE,
        Err(Ended::Nothing) => EXIT_NOT_MET,
        Err(Ended::Signal(signal)) => {
            say("interrupted: nothing is explained");
            ends::exit_code(signal)
        }
    }
}

struct Work {
    ends: Ends,
    start: Instant,
}

impl Work {
    fn all(&self, mut subject: Subject, args: &ExplainArgs) -> Result<u8, Ended> {
        let kept = args.finding.unwrap_or(1).min(KEPT_MAX);
        subject.session.keep_findings(kept);
        let mut past = Timeline::new(&subject.session, BUDGET_BYTES);
        self.play(&mut subject.session, &mut past)?;
        let origin = subject.origin();
        subject.verify();
        let run = subject.session;
        let about = self.about(&run, &past, args)?;
        let mut explain = Explain::new(about, &run);
        self.finish(&mut explain, &past, "what would have been otherwise")?;
        if let (About::Thing(_), None, Some(id)) = (explain.about(), explain.story(), &args.message)
        {
            // Users number in turn: one that asks more seldom than another leaves gaps.
            say(format_args!(
                "error: there is no `{id}`: nobody asked for it"
            ));
            self.name_troubled(&run, &past)?;
            return Err(Ended::Mistake);
        }
        let mut out = Out::stdout();
        if args.json {
            out.text(&explain_json::document(&explain, &run, &origin));
        } else {
            let telling = Telling {
                columns: columns(),
                all: args.all,
            };
            out.text(&explain_text::document(&explain, &run, &origin, telling));
        }
        let code = out.close(EXIT_MET);
        say(format_args!("{:.2} s", self.start.elapsed().as_secs_f64()));
        Ok(code)
    }

    fn ended(&self) -> Result<(), Ended> {
        self.ends
            .came()
            .map_or(Ok(()), |signal| Err(Ended::Signal(signal)))
    }

    fn play(&self, run: &mut Session, past: &mut Timeline<Session>) -> Result<(), Ended> {
        let mut progress = Progress::on_stderr(self.start);
        let mut ended = Ok(());
        while ended.is_ok() && run.advance(u64::MAX, past.spacing_events().min(SLICE)) {
            past.keep(run);
            let (now, end) = (run.sim().now(), run.end_ns());
            progress.look(now, end, || {
                format!("{:.1} s of {:.1} s", now as f64 / 1e9, end as f64 / 1e9)
            });
            ended = self.ended();
        }
        progress.clear();
        ended
    }

    /// Works until a question about the past is answered.
    fn finish(
        &self,
        inquiry: &mut impl Inquiry,
        past: &Timeline<Session>,
        what: &str,
    ) -> Result<(), Ended> {
        let mut progress = Progress::on_stderr(self.start);
        let mut ended = Ok(());
        while ended.is_ok()
            && let Worked::More(share) = inquiry.work(past, SLICE)
        {
            let thousandth = (share * 1000.0) as u64;
            progress.look(thousandth, 1000, || {
                format!("{what}: {} %", thousandth / 10)
            });
            ended = self.ended();
        }
        progress.clear();
        ended
    }

    /// What is to be explained; where nothing is said of that, the first finding.
    fn about(
        &self,
        run: &Session,
        past: &Timeline<Session>,
        args: &ExplainArgs,
    ) -> Result<About, Ended> {
        if let Some(id) = &args.message {
            return match named(id, run) {
                Ok(what) => Ok(About::Thing(what)),
                Err(why) => {
                    say(format_args!("error: {why}"));
                    self.name_troubled(run, past)?;
                    Err(Ended::Mistake)
                }
            };
        }
        let checks = run.watch().map(|watch| &watch.checks);
        let findings = checks.map_or(Vec::new(), Checks::all_findings);
        let count = checks.map_or(0, Checks::count);
        let which = args.finding.unwrap_or(1);
        if let Some(finding) = which.checked_sub(1).and_then(|at| findings.get(at)) {
            let finding = Box::new((*finding).clone());
            return Ok(About::Finding(finding, which, count));
        }
        let name = &run.loaded().name;
        if args.finding.is_some() {
            match count {
                0 => say(format_args!(
                    "error: there is no finding {which}: {name} kept every property"
                )),
                1 => say(format_args!(
                    "error: there is no finding {which}, only one: 1"
                )),
                n => {
                    let last = n.min(KEPT_MAX as u64);
                    say(format_args!(
                        "error: there is no finding {which}, but 1 to {last}"
                    ));
                }
            }
            return Err(Ended::Mistake);
        }
        let seed = run.seed();
        say(format_args!(
            "nothing to explain: {name} kept every property with seed {seed}"
        ));
        self.name_troubled(run, past)?;
        Err(Ended::Nothing)
    }

    /// Names messages that `--message` may be given.
    fn name_troubled(&self, run: &Session, past: &Timeline<Session>) -> Result<(), Ended> {
        let mut finder = Finder::new(Wanted::Troubled(Among::All), run.end_ns());
        self.finish(&mut finder, past, "looking for what went wrong")?;
        let found = finder.found();
        if found.is_empty() {
            return Ok(());
        }
        say("what went wrong for --message, the worst first:");
        for one in found.iter().take(NAMED_MAX) {
            say(format_args!("  {}", one.name));
        }
        let more = found.len().saturating_sub(NAMED_MAX) as u64 + finder.more();
        if more > 0 {
            say(format_args!("  and {more} more"));
        }
        Ok(())
    }
}

/// Columns of the terminal, if the text goes to one.
fn columns() -> usize {
    let there = std::io::stdout().is_terminal();
    let columns = there.then(term::columns).flatten();
    let (least, most) = COLUMNS_RANGE;
    columns.map_or(COLUMNS, |c| usize::from(c).clamp(least, most))
}
