//! `splitbrain shrink`: the smallest scenario that still breaks the same.

use super::ends::{self, Ends};
use super::out::{may_write, say, write_new};
use super::run::Given;
use super::subject::Subject;
use super::wait::Wait;
use super::{EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Out, ShrinkArgs};
use crate::export::{shrink_json, shrink_text};
use crate::hunt::Loaded;
use crate::hunt::command::quoted;
use crate::hunt::parallel::Watcher;
use crate::hunt::shrink::{Options, Progress, Refused, Shrink, Shrunk};

/// Shrinks.
pub fn shrink(args: &ShrinkArgs) -> u8 {
    let given = Given {
        scenario: args.what.what.as_deref(),
        set: &args.settings.set,
        control: false,
        until: None,
    };
    let Some(subject) = Subject::open(&given, args.seed) else {
        return EXIT_MISTAKE;
    };
    if let Some(path) = &args.output
        && let Err(message) = may_write(path, args.force)
    {
        say(format_args!("error: {message}"));
        return EXIT_MISTAKE;
    }
    let (command, is_recording) = (subject.command(), subject.is_recording());
    let loaded = match subject.into_scenario() {
        Ok(loaded) => loaded,
        Err(message) => {
            say(format_args!("error: {}", message.trim_end()));
            return EXIT_MISTAKE;
        }
    };
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    let mut wait = Wait::begin(args.budget, args.runs.map(u64::from), ends);
    let options = Options {
        seed: args.seed,
        breaks: args.breaks.clone(),
        runs: args.runs.map(u64::from),
        jobs: args.jobs.count(),
        command,
    };
    let shrink = match Shrink::new(&loaded, options) {
        Ok(shrink) => shrink,
        Err(refused) => return refuse(&refused, args, &loaded, is_recording),
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

/// Says why there is nothing to shrink, and what to do.
fn refuse(refused: &Refused, args: &ShrinkArgs, loaded: &Loaded, is_recording: bool) -> u8 {
    match refused {
        Refused::Mistake(message) => {
            say(format_args!("error: {message}"));
            EXIT_MISTAKE
        }
        Refused::Holds(goal) => {
            let seed = args.seed.unwrap_or(loaded.scenario.seed);
            let elsewhere = (!is_recording).then_some(loaded);
            say(shrink_text::holds(goal.as_ref(), seed, elsewhere).trim_end());
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
        "nothing left to try".to_owned()
    } else if let Some(runs) = args.runs.filter(|&runs| shrunk.runs >= u64::from(runs)) {
        format!("there is more to try: --runs {}", runs.saturating_mul(10))
    } else {
        "there is more to try: --budget 10m".to_owned()
    };
    say(format_args!(
        "{seconds:.2} s, {runs:.1} runs and {:.2} million events a second; {end}",
        events / 1e6
    ));
    code
}

impl Watcher<Progress> for Wait {
    fn goes_on(&mut self, at: Progress) -> bool {
        let Progress { runs, steps, pass } = at;
        let has_time = self.look(runs, || {
            format!("{runs} runs, {steps} times smaller, {pass}")
        });
        self.ends.came().is_none() && has_time
    }
}
