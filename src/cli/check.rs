//! `splitbrain check`: what is wrong or doubtful with scenario files.

use super::out::{colour_on_stderr, say};
use super::{CheckArgs, EXIT_MET, EXIT_MISTAKE, Out, mixup};
use crate::hunt::{self, Loaded};
use crate::scenario::LoadError;
use crate::scenario::diagnostic::{self, Severity};

/// Checks files.
pub fn check(args: &CheckArgs) -> u8 {
    let mut code = EXIT_MET;
    let mut out = Out::stdout();
    for file in &args.files {
        match hunt::load(file, &args.set) {
            Ok(loaded) => report(&loaded, &mut out),
            Err(error) => {
                complain(error);
                code = EXIT_MISTAKE;
            }
        }
    }
    out.close(code)
}

fn report(loaded: &Loaded, out: &mut Out) {
    let mut document = loaded.document.clone();
    for complaint in hunt::doubts(loaded) {
        document.complain(&complaint);
    }
    let diagnostics = document.diagnostics();
    let warnings = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Warning)
        .count();
    if warnings > 0 {
        say(diagnostic::render(document.sources(), &diagnostics, colour_on_stderr()).trim_end());
    }
    let doubt = match warnings {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        n => format!(", {n} warnings"),
    };
    out.line(format_args!("{}: ok{doubt}", loaded.name));
}

/// Says why a scenario cannot run.
pub fn complain(error: LoadError) {
    match error {
        LoadError::NotFound(message) => say(format_args!("error: {message}")),
        LoadError::Mistakes(document) => {
            let other = mixup::recording_for_scenario(&document);
            if let Some(message) = other.or_else(|| mixup::sweep_for_scenario(&document)) {
                return say(format_args!("error: {message}"));
            }
            say(document.render(colour_on_stderr()).trim_end());
            let mistakes = document
                .diagnostics()
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .count();
            let noun = if mistakes == 1 { "mistake" } else { "mistakes" };
            say(format_args!(
                "\n{mistakes} {noun} in {}",
                document.sources().first().map_or("", |s| &s.name)
            ));
        }
    }
}
