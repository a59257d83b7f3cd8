//! `splitbrain run`: one run, on screen or as text.

use std::sync::Arc;
use std::time::Instant;

use super::check::complain;
use super::ends::{self, Ends};
use super::out::{may_write, on_terminal, say, write_new};
use super::progress::Progress;
use super::{EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Looks, Out, RunArgs};
use crate::export::{json, text};
use crate::hunt::{self, Loaded, Options, Outcome, Session};
use crate::scenario::{LoadError, library};
use crate::sim::units::Duration;

/// Events between two looks at the clock.
pub const SLICE: u64 = 400_000;

/// What of a scenario is to run: what `run` and `sweep` are given alike.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// Its name or file.
    pub scenario: Option<&'a str>,
    /// Changed settings.
    pub set: &'a [String],
    /// Whether its control is to run.
    pub control: bool,
    /// Another end.
    pub until: Option<Duration>,
}

impl Given<'_> {
    /// What the command line calls it.
    pub fn scenario(&self) -> &str {
        self.scenario.unwrap_or(library::DEFAULT)
    }
}

/// Reads what is to run. `None` if it cannot; why not has been said.
pub fn load(given: &Given<'_>) -> Option<Loaded> {
    read(hunt::load(given.scenario(), given.set), given)
}

/// What was read, if it can run as it shall; why not has been said.
pub fn read(loaded: Result<Loaded, LoadError>, given: &Given<'_>) -> Option<Loaded> {
    let loaded = loaded.map_err(complain).ok()?;
    can_run(&loaded, given).then_some(loaded)
}

/// Whether what was read can run as it shall; why not has been said.
pub fn can_run(loaded: &Loaded, given: &Given<'_>) -> bool {
    if given.control && loaded.control.is_none() {
        let scenario = given.scenario();
        say(format_args!("error: `{scenario}` has no control"));
        return false;
    }
    if let Some(until) = given.until
        && let Err(document) = hunt::can_end_at(loaded, until.ns())
    {
        say(format_args!("error: the run cannot go on until {until}"));
        complain(LoadError::Mistakes(document));
        return false;
    }
    true
}

/// Runs what the arguments say.
pub fn run(args: &RunArgs, looks: Looks) -> u8 {
    let given = args.variant.of(args.scenario.scenario.as_deref());
    let Some(loaded) = load(&given) else {
        return EXIT_MISTAKE;
    };
    if let Some(path) = &args.record
        && let Err(message) = may_write(path, args.force)
    {
        say(format_args!("error: {message}"));
        return EXIT_MISTAKE;
    }
    let options = Options {
        seed: args.seed,
        control: given.control,
        until_ns: given.until.map(|u| u.ns()),
        unobserved: false,
    };
    let session = Session::new(Arc::new(loaded), options);
    if !args.headless && !args.json && on_terminal() {
        let (code, mut session) = super::screen::dashboard(session, looks, args.speed);
        return record(&mut session, args).unwrap_or(code);
    }
    headless(session, args)
}

/// The picker, where there is a terminal; otherwise the list of what there is.
pub fn pick(looks: Looks) -> u8 {
    if on_terminal() {
        return super::screen::pick(looks);
    }
    super::list::list(&super::ListArgs { json: false })
}

fn headless(mut session: Session, args: &RunArgs) -> u8 {
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let mut out = Out::stdout();
    if !args.json {
        out.text(&text::head(&session));
        out.line("\nmarks");
        out.flush();
    }
    let start = Instant::now();
    let stop = play(&mut session, args, &ends, &mut out, start);
    let Some(outcome) = Outcome::of(&session) else {
        return EXIT_NOT_MET;
    };
    // Standard output is whole or it has no end: what depends on when somebody had enough is told elsewhere.
    let code = match stop {
        Stop::End => {
            if args.json {
                out.text(&json::document(&session, &outcome));
            } else {
                out.text(&text::summary(&session, &outcome));
            }
            if outcome.is_met() {
                EXIT_MET
            } else {
                EXIT_NOT_MET
            }
        }
        Stop::Unread => EXIT_MET,
        Stop::Signal(signal) => {
            say(text::summary(&session, &outcome).trim_end());
            let (now_s, end_s) = seconds(&session);
            say(format_args!(
                "interrupted at {now_s:.3} s of {end_s:.1} s: this is the run so far"
            ));
            ends::exit_code(signal)
        }
    };
    let code = out.close(code);
    let seconds = start.elapsed().as_secs_f64();
    let events = session.sim().events();
    say(format_args!(
        "{seconds:.2} s, {:.2} million events a second",
        events as f64 / seconds / 1e6
    ));
    let code = record(&mut session, args).unwrap_or(code);
    // The program ends here: what the run holds needs no tidying up, piece by piece.
    std::mem::forget(session);
    code
}

/// Why a headless run goes no further.
enum Stop {
    /// It is at its end.
    End,
    /// Nobody reads it any more, or nobody can.
    Unread,
    /// This signal told the program to end.
    Signal(usize),
}

/// Lets a headless run happen, and tells its marks as they come.
fn play(session: &mut Session, args: &RunArgs, ends: &Ends, out: &mut Out, start: Instant) -> Stop {
    let mut progress = Progress::on_stderr(start);
    let mut told = 0;
    let stop = loop {
        // A recording is for somebody who reads it later.
        if !out.is_open() && args.record.is_none() {
            break Stop::Unread;
        }
        if let Some(signal) = ends.came() {
            // The moment is brought to its end, so that what is told is what a recording of it replays.
            session.run_to(session.sim().now());
            break Stop::Signal(signal);
        }
        let more = session.advance_apart(u64::MAX, SLICE);
        if !args.json {
            told = tell_marks(session, told, out);
        }
        if !more {
            break Stop::End;
        }
        progress.look(session.sim().now(), session.end_ns(), || {
            let (now_s, end_s) = seconds(session);
            format!("{now_s:.1} s of {end_s:.1} s")
        });
    };
    if !args.json {
        tell_marks(session, told, out);
    }
    progress.clear();
    stop
}

/// The virtual time of a run and of its end, in seconds.
pub fn seconds(session: &Session) -> (f64, f64) {
    let (now_ns, end_ns) = (session.sim().now(), session.end_ns());
    (now_ns as f64 / 1e9, end_ns as f64 / 1e9)
}

/// Writes the recording, if one is asked for. What prevents it is told; then there is an exit code.
fn record(session: &mut Session, args: &RunArgs) -> Option<u8> {
    let path = args.record.as_ref()?;
    let written = session
        .recording()
        .to_text()
        .and_then(|text| write_new(path, &text, args.force));
    let shown = path.display();
    match written {
        Ok(()) => {
            say(format_args!(
                "wrote {shown}\nreplay it with: splitbrain replay {shown}"
            ));
            None
        }
        Err(message) => {
            say(format_args!("error: {message}"));
            Some(EXIT_MISTAKE)
        }
    }
}

fn tell_marks(session: &Session, told: usize, out: &mut Out) -> usize {
    let Some(watch) = session.watch() else {
        return told;
    };
    for line in watch.marks.lines(told) {
        out.line(text::mark(&line));
    }
    let kept = watch.marks.kept().len();
    if kept > told {
        out.flush();
    }
    kept
}
