//! `splitbrain run`: one run, on screen or as text.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Instant;

use super::check::complain;
use super::out::{on_terminal, say, write_new};
use super::{EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Glyphs, Out, RunArgs};
use crate::export::{json, text};
use crate::hunt::{self, Options, Outcome, Session};
use crate::scenario::library;

/// Events between two looks at the clock.
const SLICE: u64 = 50_000;

/// Runs what the arguments say.
pub fn run(args: &RunArgs) -> u8 {
    let which = args.scenario.as_deref().unwrap_or(library::DEFAULT);
    let loaded = match hunt::load(which, &args.set) {
        Ok(loaded) => loaded,
        Err(error) => {
            complain(error);
            return EXIT_MISTAKE;
        }
    };
    if args.control && loaded.control.is_none() {
        say(format_args!("error: `{which}` has no control"));
        return EXIT_MISTAKE;
    }
    if let Some(path) = &args.record
        && path.exists()
        && !args.force
    {
        say(format_args!(
            "error: `{}` exists already; --force overwrites it",
            path.display()
        ));
        return EXIT_MISTAKE;
    }
    let options = Options {
        seed: args.seed,
        control: args.control,
        until_ns: args.until.map(|u| u.ns()),
        unobserved: false,
    };
    let session = Session::new(Arc::new(loaded), options);
    if !args.headless && !args.json && on_terminal() {
        let (code, mut session) = super::screen::dashboard(session, args.glyphs, args.speed);
        return record(&mut session, args).unwrap_or(code);
    }
    headless(session, args)
}

/// The picker, where there is a terminal; otherwise the list of what there is.
pub fn pick(glyphs: Glyphs) -> u8 {
    if on_terminal() {
        return super::screen::pick(glyphs);
    }
    super::list::list(&super::ListArgs { json: false })
}

fn headless(mut session: Session, args: &RunArgs) -> u8 {
    let mut out = Out::stdout();
    if !args.json {
        out.text(&text::head(&session));
        out.line("\nmarks");
        out.flush();
    }
    let start = Instant::now();
    let mut progress = Progress::new(start);
    let mut told = 0;
    let mut more = true;
    while more {
        more = session.advance(u64::MAX, SLICE);
        if !args.json {
            told = tell_marks(&session, told, &mut out);
        }
        progress.look(&session);
    }
    progress.clear();
    let Some(outcome) = Outcome::of(&session) else {
        return EXIT_NOT_MET;
    };
    if args.json {
        out.text(&json::document(&session, &outcome));
    } else {
        out.text(&text::summary(&session, &outcome));
    }
    out.flush();
    let seconds = start.elapsed().as_secs_f64();
    let events = session.sim().events();
    say(format_args!(
        "{seconds:.2} s, {:.2} million events a second",
        events as f64 / seconds / 1e6
    ));
    if let Some(code) = record(&mut session, args) {
        return code;
    }
    if outcome.is_met() {
        EXIT_MET
    } else {
        EXIT_NOT_MET
    }
}

/// Writes the recording, if one is asked for. What prevents it is told; then there is an exit code.
fn record(session: &mut Session, args: &RunArgs) -> Option<u8> {
    let path = args.record.as_ref()?;
    // A dashboard may be left between two events of one moment; a recording ends with a whole moment.
    session.run_to(session.sim().now());
    let written = session
        .recording()
        .to_text()
        .and_then(|text| write_new(path, &text, args.force));
    let message = written.err()?;
    say(format_args!("error: {message}"));
    Some(EXIT_MISTAKE)
}

fn tell_marks(session: &Session, told: usize, out: &mut Out) -> usize {
    let Some(watch) = session.watch() else {
        return told;
    };
    let marks = watch.marks.kept();
    for record in &marks[told..] {
        out.line(text::mark(record, session.sim().names()));
    }
    if marks.len() > told {
        out.flush();
    }
    marks.len()
}

/// How far a long run is, on standard error, where a person looks at it.
struct Progress {
    start: Instant,
    last: Instant,
    shown: bool,
    wanted: bool,
}

impl Progress {
    fn new(start: Instant) -> Self {
        let wanted = std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
        Self {
            start,
            last: start,
            shown: false,
            wanted,
        }
    }

    fn look(&mut self, session: &Session) {
        let quiet = self.last.elapsed().as_millis() < 500 || self.start.elapsed().as_secs() < 1;
        if !self.wanted || quiet {
            return;
        }
        self.last = Instant::now();
        self.shown = true;
        let (now, end) = (session.sim().now(), session.end_ns().max(1));
        let seconds = now as f64 / 1e9;
        let _ = write!(
            std::io::stderr(),
            "\r{:3.0} %  {seconds:.1} s  ",
            now as f64 * 100.0 / end as f64
        );
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r{:30}\r", "");
        }
    }
}
