//! `splitbrain shrink`: the smallest scenario that still breaks the same.

use super::check::complain;
use super::ends::{self, Ends};
use super::out::{may_write, say, write_new};
use super::wait::Wait;
use super::{EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Out, ShrinkArgs, mixup};
use crate::export::{shrink_json, shrink_text};
use crate::hunt::command::quoted;
use crate::hunt::shrink::{Options, Progress, Refused, Shrink, Shrunk, Watcher};
use crate::hunt::{self, Loaded, Session, parallel};
use crate::scenario::{Files, LoadError, library, with_fields};
use crate::sim::units::Duration;
use crate::trace::recording::Recording;

/// What is shrunk, and the command that runs it if that is not the scenario by its name.
type Given = (Loaded, Option<String>);

/// Shrinks.
pub fn shrink(args: &ShrinkArgs) -> u8 {
    let Some((loaded, command)) = load(args) else {
        return EXIT_MISTAKE;
    };
    if let Some(path) = &args.output
        && let Err(message) = may_write(path, args.force)
    {
        say(format_args!("error: {message}"));
        return EXIT_MISTAKE;
    }
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let mut wait = Wait::begin(args.budget, args.runs.map(u64::from), ends);
    let options = Options {
        seed: args.seed,
        breaks: args.breaks.clone(),
        runs: args.runs.map(u64::from),
        jobs: args.jobs.unwrap_or_else(parallel::all_cores),
        command,
    };
    let shrink = match Shrink::new(&loaded, options) {
        Ok(shrink) => shrink,
        Err(refused) => return refuse(&refused, args, &loaded),
    };
    say(shrink_text::head(&shrink).trim_end());
    let shrunk = shrink.run(&mut wait);
    wait.progress.clear();
    match shrunk {
        Ok(shrunk) => tell(args, &loaded, &shrunk, &wait),
        Err(message) => {
            say(format_args!("error: {message}"));
            EXIT_MISTAKE
        }
    }
}

/// Reads a scenario, or a recording. `None` if it cannot; why not has been said.
fn load(args: &ShrinkArgs) -> Option<Given> {
    let which = args.scenario.as_deref().unwrap_or(library::DEFAULT);
    let error = match hunt::load(which, &args.set) {
        Ok(loaded) => return Some((loaded, None)),
        Err(error) => error,
    };
    let recording = match &error {
        LoadError::Mistakes(document) if mixup::recording_for_scenario(document).is_some() => {
            document.sources().first().map(|source| &source.text)
        }
        _ => None,
    };
    let Some(text) = recording else {
        complain(error);
        return None;
    };
    match recorded(which, text, &args.set) {
        Ok(loaded) => Some((loaded, Some(format!("splitbrain replay {}", quoted(which))))),
        Err(message) => {
            say(format_args!("error: {which}: {message}"));
            None
        }
    }
}

/// The run of a recording as a scenario: what was done by hand stands among its faults.
fn recorded(file: &str, text: &str, sets: &[String]) -> Result<Loaded, String> {
    let recording = Recording::from_text(text)?;
    let mut session = Session::of_recording(&recording)?;
    session.unwatch();
    session.run();
    let end = Duration::from_ns(recording.until_ns);
    let text = session.as_scenario()?;
    let duration = ("duration", Some(format!("\"{end}\"")));
    let text = with_fields(&text, &[duration])?;
    let files = Files::Given(&recording.files);
    Loaded::from_parts(file, &text, sets, files)
        .and_then(hunt::complete)
        .map_err(|document| document.render(false))
}

/// Says why there is nothing to shrink, and what to do.
fn refuse(refused: &Refused, args: &ShrinkArgs, loaded: &Loaded) -> u8 {
    match refused {
        Refused::Mistake(message) => {
            say(format_args!("error: {message}"));
            EXIT_MISTAKE
        }
        Refused::Holds(goal) => {
            let seed = args.seed.unwrap_or(loaded.scenario.seed);
            say(shrink_text::holds(goal.as_ref(), seed, loaded).trim_end());
            EXIT_NOT_MET
        }
    }
}

fn tell(args: &ShrinkArgs, loaded: &Loaded, shrunk: &Shrunk, wait: &Wait) -> u8 {
    let mut code = EXIT_MET;
    if let Some(path) = &args.output
        && let Err(message) = write_new(path, &shrunk.text, args.force)
    {
        say(format_args!("error: {message}"));
        code = EXIT_MISTAKE;
    }
    // What was found is not lost because the disk was full.
    let is_written = args.output.is_some() && code == EXIT_MET;
    let mut out = Out::stdout();
    if args.json {
        out.text(&shrink_json::document(
            loaded,
            shrunk,
            args.output.as_deref(),
        ));
    } else if !is_written {
        out.text(&shrunk.text);
    }
    say(shrink_text::summary(shrunk).trim_end());
    if let Some(path) = args.output.as_deref().filter(|_| code == EXIT_MET) {
        let shown = path.display().to_string();
        say(format_args!(
            "wrote {shown}\n[splitbrain run {}]",
            quoted(&shown)
        ));
    }
    if !shrunk.is_proven {
        say("error: run by itself it does not break the same: please report that, it is a bug");
        code = EXIT_NOT_MET;
    }
    if let Some(signal) = wait.ends.came() {
        say("stopped before its end");
        code = ends::exit_code(signal);
    }
    let code = out.close(code);
    let seconds = wait.start.elapsed().as_secs_f64();
    let (runs, events) = (shrunk.runs as f64 / seconds, shrunk.events as f64 / seconds);
    let end = if shrunk.is_whole {
        "nothing left to try"
    } else {
        "there is more to try: --budget 10m"
    };
    say(format_args!(
        "{seconds:.2} s, {runs:.1} runs and {:.2} million events a second; {end}",
        events / 1e6
    ));
    code
}

impl Watcher for Wait {
    fn goes_on(&mut self, at: Progress) -> bool {
        let Progress { runs, steps, pass } = at;
        let has_time = self.look(runs, || {
            format!("{runs} runs, {steps} times smaller, {pass}")
        });
        self.ends.came().is_none() && has_time
    }
}
