//! `splitbrain explore`: the faults that break a scenario, searched for.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::ends::{self, Ends};
use super::out::say;
use super::run::{Given, load};
use super::wait::Wait;
use super::{EXIT_BUG, EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, ExploreArgs, Out};
use crate::checks::{Expect, Property};
use crate::export::{explore_json, explore_text};
use crate::hunt::explore::{Found, Options, Progress, Report, Search};
use crate::hunt::parallel::Watcher;
use crate::hunt::{Loaded, keep};
use crate::scenario::document::from_source;
use crate::sim::fault::Action;

/// Explores.
pub fn explore(args: &ExploreArgs) -> u8 {
    let given = Given {
        scenario: args.scenario.scenario.as_deref(),
        set: &args.settings.set,
        control: false,
        until: None,
    };
    let Some(loaded) = load(&given) else {
        return EXIT_MISTAKE;
    };
    let search = match begin(args, &loaded) {
        Ok(search) => search,
        Err(message) => {
            say(format_args!("error: {message}"));
            return EXIT_MISTAKE;
        }
    };
    let Some(ends) = Ends::hear() else {
        return EXIT_MISTAKE;
    };
    Exploration::begin(args, ends).all(search)
}

fn begin(args: &ExploreArgs, loaded: &Loaded) -> Result<Search, String> {
    if let Some(folder) = &args.output {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
    }
    let options = Options {
        seed: args.seed,
        runs: args.runs.map(u64::from),
        jobs: args.jobs.count(),
        breaks: args.breaks.clone(),
        first: args.first,
        keep_faults: args.keep_faults,
        only: args.only.clone(),
        without: args.without.clone(),
        targets: args.targets.clone(),
        faults_max: args.max_faults as usize,
        at_once: args.at_once,
    };
    Search::new(loaded, options)
}

struct Exploration<'a> {
    args: &'a ExploreArgs,
    out: Out,
    wait: Wait,
}

impl<'a> Exploration<'a> {
    fn begin(args: &'a ExploreArgs, ends: Ends) -> Self {
        Self {
            args,
            out: Out::stdout(),
            wait: Wait::begin(args.budget, args.runs.map(u64::from), ends),
        }
    }

    fn all(mut self, mut search: Search) -> u8 {
        self.tell(&search, explore_json::head, explore_text::head);
        self.out.flush();
        let report = search.run(&mut self.wait);
        self.wait.progress.clear();
        match report {
            Ok(report) => self.end(&search, &report),
            Err(message) => {
                say(format_args!("error: {message}"));
                EXIT_MISTAKE
            }
        }
    }

    fn tell<T>(
        &mut self,
        what: &T,
        json: impl FnOnce(&T) -> String,
        text: impl FnOnce(&T) -> String,
    ) {
        let said = if self.args.json {
            json(what)
        } else {
            text(what)
        };
        self.out.text(&said);
    }

    fn end(mut self, search: &Search, report: &Report) -> u8 {
        let mut code = verdict(report);
        for found in &report.found {
            let (file, command) = match self.save(found, search.loaded()) {
                Ok(saved) => saved,
                Err(message) => {
                    say(format_args!("error: {message}"));
                    code = EXIT_MISTAKE;
                    (None, found.command(search.loaded()))
                }
            };
            let (file, command) = (file.as_deref(), command.as_deref());
            self.tell(
                found,
                |f| explore_json::found(f, command, file),
                |f| explore_text::found(f, command, file),
            );
        }
        self.tell(
            report,
            |r| explore_json::summary(search, r),
            |r| explore_text::summary(search, r),
        );
        if let Some(signal) = self.wait.ends.came() {
            say("stopped before its end");
            code = ends::exit_code(signal);
        }
        let code = self.out.close(code);
        let seconds = self.wait.start.elapsed().as_secs_f64();
        let runs = report.runs + report.unfaulted + report.reducing;
        let (runs, events) = (runs as f64 / seconds, report.events as f64 / seconds);
        let again = match report.runs {
            0 => "there was no time to try anything".to_owned(),
            tried => format!("the same again with --runs {tried}"),
        };
        say(format_args!(
            "{seconds:.2} s, {runs:.1} runs and {:.2} million events a second; {again}",
            events / 1e6
        ));
        code
    }

    /// Writes what was found to a file of its own, if files are asked for; with the command that runs it.
    fn save(
        &self,
        found: &Found,
        loaded: &Loaded,
    ) -> Result<(Option<std::path::PathBuf>, Option<String>), String> {
        let Some(folder) = &self.args.output else {
            return Ok((None, found.command(loaded)));
        };
        let file = write(folder, found, loaded)?;
        let shown = file.display().to_string();
        let command = format!("splitbrain run {}", crate::hunt::command::quoted(&shown));
        Ok((Some(file), Some(command)))
    }
}

fn write(folder: &Path, found: &Found, loaded: &Loaded) -> Result<std::path::PathBuf, String> {
    let text = found.as_scenario(loaded)?;
    keep::write_new(folder, &found.file_name(loaded), "ron", &text)
}

fn verdict(report: &Report) -> u8 {
    match report {
        r if r.panicked() > 0 => EXIT_BUG,
        r if r.found.is_empty() => EXIT_MET,
        _ => EXIT_NOT_MET,
    }
}

impl Watcher<Progress> for Wait {
    fn goes_on(&mut self, at: Progress) -> bool {
        let (runs, failed) = (at.runs, at.failed);
        let doing = if at.reducing { ", reducing" } else { "" };
        let has_time = self.look(runs, || format!("{runs} runs, {failed} failed{doing}"));
        // What was found is reduced though the time is over.
        self.ends.came().is_none() && (at.reducing || has_time)
    }
}

/// A property or a bound of a metric, as a scenario has them.
pub fn parse_goal(text: &str) -> Result<Expect, String> {
    let is_expectation = ["AtMost(", "AtLeast(", "Holds("];
    if is_expectation
        .iter()
        .any(|word| text.trim_start().starts_with(word))
    {
        parse(text)
    } else {
        parse::<Property>(text).map(Expect::Holds)
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let (value, document) = from_source::<T>("--breaks", text, &[]);
    let first = document.diagnostics().into_iter().next();
    match (value, first) {
        (Some(value), None) => Ok(value),
        (_, Some(mistake)) => Err(match mistake.help {
            Some(help) => format!("{}: {help}", mistake.message),
            None => mistake.message,
        }),
        (None, None) => Err("write a property as a scenario has it: NoAckedLoss".to_owned()),
    }
}

/// A kind of fault.
pub fn parse_kind(text: &str) -> Result<String, String> {
    let kind = Action::WORDS.iter().find(|w| w.eq_ignore_ascii_case(text));
    kind.map(|w| (*w).to_owned())
        .ok_or_else(|| format!("it is none of {}", Action::WORDS.join(", ")))
}

/// A number from 1 up.
pub fn parse_count(text: &str) -> Result<u32, String> {
    let count = text.parse().ok();
    count
        .filter(|&n: &u32| n > 0)
        .ok_or_else(|| "write a number from 1 up".to_owned())
}
