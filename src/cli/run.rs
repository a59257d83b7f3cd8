//! `splitbrain run`: one run, on screen or as text.

use std::sync::Arc;
use std::time::Instant;

use super::check::complain;
use super::out::{on_terminal, say, write_new};
use super::{EXIT_MET, EXIT_MISTAKE, Glyphs, Out, RunArgs, Speed};
use crate::hunt::{self, Options, Session};
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
        return dashboard(session, args.glyphs, args.speed);
    }
    headless(session, args)
}

/// The picker, where there is a terminal; otherwise the list of what there is.
pub fn pick() -> u8 {
    super::list::list(&super::ListArgs { json: false })
}

/// The dashboard.
pub fn dashboard(session: Session, glyphs: Glyphs, speed: Option<Speed>) -> u8 {
    let _ = (session, glyphs, speed);
    EXIT_MET
}

fn headless(mut session: Session, args: &RunArgs) -> u8 {
    let mut out = Out::stdout();
    let start = Instant::now();
    while session.advance(u64::MAX, SLICE) {}
    let seconds = start.elapsed().as_secs_f64();
    let events = session.sim().events();
    out.line(format_args!("seed    {}", session.seed()));
    out.line(format_args!("events  {events}"));
    out.line(format_args!(
        "digest  {:016x}",
        session.sim().digest().value()
    ));
    if let Some(watch) = session.watch() {
        out.line(format_args!("{:?}", watch.kinds));
    }
    say(format_args!(
        "{:.2} s, {:.2} million events a second",
        seconds,
        events as f64 / seconds / 1e6
    ));
    if let Some(path) = &args.record {
        let written = session
            .recording()
            .to_text()
            .and_then(|text| write_new(path, &text, args.force));
        if let Err(message) = written {
            say(format_args!("error: {message}"));
            return EXIT_MISTAKE;
        }
    }
    EXIT_MET
}
