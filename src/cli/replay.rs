//! `splitbrain replay`: runs a recording again.

use super::out::{on_terminal, say};
use super::{EXIT_MET, EXIT_MISTAKE, EXIT_NOT_MET, Out, ReplayArgs, mixup};
use crate::hunt::Session;
use crate::trace::recording::{Recording, Verdict};

/// Replays.
pub fn replay(args: &ReplayArgs) -> u8 {
    let file = args.recording.display();
    let text = match std::fs::read_to_string(&args.recording) {
        Ok(text) => text,
        Err(error) => {
            let mixup = args.recording.to_str().and_then(mixup::name_for_recording);
            let message = mixup.unwrap_or_else(|| format!("cannot read `{file}`: {error}"));
            say(format_args!("error: {message}"));
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
        return super::screen::dashboard(session, args.glyphs, None).0;
    }
    verify(&recording, session)
}

fn verify(recording: &Recording, mut session: Session) -> u8 {
    let mut out = Out::stdout();
    out.line(format_args!("scenario  {}", recording.scenario));
    out.line(format_args!("seed      {}", recording.seed));
    out.line(format_args!(
        "version   {} (this is {})",
        recording.version,
        env!("CARGO_PKG_VERSION")
    ));
    session.run();
    let (digest, events) = (session.sim().digest(), session.sim().events());
    match recording.verify(digest, events) {
        Verdict::Same => {
            out.line(format_args!("events    {events}"));
            out.line(format_args!("digest    {:016x}", digest.value()));
            out.line("the same run");
            return out.close(EXIT_MET);
        }
        Verdict::DiffersInSecond(second) => {
            out.line(format_args!(
                "differs from second {second} on (between {second} s and {} s)",
                second + 1
            ));
        }
        Verdict::DiffersAtTheEnd => {
            let last = recording.chain.len();
            out.line(format_args!(
                "differs after {last} s: the whole seconds before are the same"
            ));
        }
    }
    out.line(format_args!(
        "recorded  {} after {} events",
        recording.digest, recording.events
    ));
    out.line(format_args!(
        "now       {:016x} after {events} events",
        digest.value()
    ));
    out.close(EXIT_NOT_MET)
}
