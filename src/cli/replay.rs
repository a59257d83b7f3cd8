//! `splitbrain replay`: runs a recording again.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use super::out::{on_terminal, say};
use super::progress::Progress;
use super::run::{SLICE, seconds};
use super::{EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Looks, Out, ReplayArgs, mixup};
use crate::hunt::Session;
use crate::hunt::command::quoted;
use crate::trace::comparison::Comparison;
use crate::trace::recording::{Recording, Verdict};

/// Replays.
pub fn replay(args: &ReplayArgs, looks: Looks) -> u8 {
    let file = args.recording.display();
    let text = match read(&args.recording) {
        Ok(text) => text,
        Err(message) => {
            let mixup = args.recording.to_str().and_then(mixup::name_for_recording);
            say(format_args!("error: {}", mixup.unwrap_or(message)));
            return EXIT_MISTAKE;
        }
    };
    let session =
        Recording::from_text(&text).and_then(|r| Session::of_recording(&r).map(|s| (r, s)));
    let (recording, session) = match session {
        Ok(both) => both,
        Err(message) => {
            let mixup = mixup::scenario_for_recording(&file.to_string(), &text);
            let message = mixup.unwrap_or_else(|| format!("{file}: {message}"));
            say(format_args!("error: {message}"));
            return EXIT_MISTAKE;
        }
    };
    if !args.headless && on_terminal() {
        let command = format!("splitbrain replay {}", quoted(&file.to_string()));
        return show(session, recording, command, looks);
    }
    verify(session, recording)
}

/// The text of a file; the error is a sentence.
fn read(path: &Path) -> Result<String, String> {
    let file = path.display();
    if path.is_dir() {
        return Err(format!("cannot read `{file}`: it is a folder"));
    }
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("there is no file `{file}`"),
        ErrorKind::InvalidData => format!("`{file}` is no recording: it is not text in UTF-8"),
        _ => format!("cannot read `{file}`: {error}"),
    })
}

/// Replays on the screen. What was played is verified, whether or not it was all.
fn show(session: Session, recording: Recording, command: String, looks: Looks) -> u8 {
    let (code, comparison) = super::screen::replay(session, recording, command, looks);
    // After a signal or without a terminal nobody asks for a verdict.
    let Some(comparison) = comparison.filter(|_| code == EXIT_MET) else {
        return code;
    };
    tell(&comparison, Out::stdout())
}

fn verify(mut session: Session, recording: Recording) -> u8 {
    let mut out = Out::stdout();
    out.line(format_args!("scenario  {}", recording.scenario));
    out.line(format_args!("seed      {}", recording.seed));
    out.line(format_args!(
        "version   {} (this is {})",
        recording.version,
        env!("CARGO_PKG_VERSION")
    ));
    out.flush();
    let mut progress = Progress::on_stderr(Instant::now());
    while session.advance_apart(u64::MAX, SLICE) {
        progress.look(session.sim().now(), session.end_ns(), || {
            let (now_s, end_s) = seconds(&session);
            format!("{now_s:.1} s of {end_s:.1} s")
        });
    }
    progress.clear();
    let mut comparison = Comparison::new(recording);
    let sim = session.sim();
    comparison.look(sim.digest(), sim.events(), session.is_over());
    tell(&comparison, out)
}

/// Tells the verdict; gives the exit code.
fn tell(comparison: &Comparison, mut out: Out) -> u8 {
    let (words, end) = (comparison.words(), comparison.end());
    if matches!(comparison.verdict(), Verdict::Same | Verdict::SameSoFar(_)) {
        if let Some((digest, events)) = end {
            out.line(format_args!("events    {events}"));
            out.line(format_args!("digest    {digest:016x}"));
        }
        out.line(words);
        return out.close(EXIT_MET);
    }
    out.line(words);
    if let Some((digest, events)) = end {
        let recording = comparison.recording();
        out.line(format_args!(
            "recorded  {} after {} events",
            recording.digest, recording.events
        ));
        out.line(format_args!(
            "now       {digest:016x} after {events} events"
        ));
    }
    out.close(EXIT_NOT_MET)
}
