//! The run that a command is about, by its name: a scenario in a file or in the program, or a recording with its seed and all
//! that was done by hand in it.

use std::path::Path;
use std::sync::Arc;

use super::check::complain;
use super::mixup;
use super::out::say;
use super::run::{Given, can_run, load};
use crate::hunt::compare::Change;
use crate::hunt::explain::Origin;
use crate::hunt::{Options, Session};
use crate::scenario::LoadError;
use crate::trace::comparison::Comparison;
use crate::trace::recording::{Recording, Verdict};

/// A run at its beginning, and what it was recorded as.
pub struct Subject {
    /// The run.
    pub session: Session,
    origin: Origin,
    /// What a replay of it is held against; `None` where it is no recording, or not played as it was recorded.
    recorded: Option<Comparison>,
}

impl Subject {
    /// Reads what is meant. `None` if it cannot be played; why not has been said.
    pub fn open(given: &Given<'_>, seed: Option<u64>) -> Option<Self> {
        if let Some(recording) = recording(given.scenario()).ok()? {
            return Self::of_recording(recording, given, seed);
        }
        let options = Options {
            seed,
            control: given.control,
            until_ns: given.until.map(|until| until.ns()),
            unobserved: false,
        };
        Some(Self {
            session: Session::new(Arc::new(load(given)?), options),
            origin: Origin::Scenario,
            recorded: None,
        })
    }

    fn of_recording(recording: Recording, given: &Given<'_>, seed: Option<u64>) -> Option<Self> {
        let file = given.scenario();
        let session = Session::of_recording(&recording).inspect_err(|message| {
            say(format_args!("error: {file}: {message}"));
        });
        let mut session = session.ok()?;
        if !can_run(session.loaded(), given) {
            return None;
        }
        let change = Change {
            sets: given.set.to_vec(),
            control: given.control,
            seed,
        };
        let is_as_recorded = change == Change::default();
        if !is_as_recorded {
            session = vary(&change, &session)?;
        }
        if let Some(until) = given.until {
            session = session.ending(until.ns());
        }
        Some(Self {
            session,
            origin: Origin::Recording {
                file: file.to_owned(),
                sets: given.set.to_vec(),
                seed,
            },
            recorded: is_as_recorded.then(|| Comparison::new(recording)),
        })
    }

    /// Where it came from.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// The same as [`Subject::differs`], of its own run as far as that was played.
    pub fn verify(&mut self) -> bool {
        let played = self.session.clone();
        self.differs(&played)
    }

    /// Says so if a recording was played otherwise than it was recorded: what is told is then of another run. `true` if so.
    pub fn differs(&mut self, played: &Session) -> bool {
        let (Origin::Recording { file, .. }, Some(comparison)) = (&self.origin, &mut self.recorded)
        else {
            return false;
        };
        let sim = played.sim();
        let is_whole = played.is_over() && played.end_ns() == comparison.recording().until_ns;
        comparison.look(sim.digest(), sim.events(), is_whole);
        let differs = matches!(
            comparison.verdict(),
            Verdict::DiffersInSecond(_) | Verdict::DiffersAtTheEnd
        );
        if differs {
            say(format_args!(
                "warning: `{file}` is no longer the run that was recorded: it {}",
                comparison.words()
            ));
        }
        differs
    }
}

/// Another run that is made of one. `None` if it cannot be; why not has been said.
pub fn vary(change: &Change, run: &Session) -> Option<Session> {
    let varied = change.of(run);
    varied
        .map_err(|document| complain(LoadError::Mistakes(document)))
        .ok()
}

/// It is a recording that cannot be read, which has been said.
struct Unreadable;

/// The recording of that name; nothing if it is none.
fn recording(name: &str) -> Result<Option<Recording>, Unreadable> {
    let file = Path::new(name);
    // What is a pipe is read once.
    let text = file.is_file().then(|| std::fs::read_to_string(file));
    let Some(Ok(text)) = text else {
        return Ok(None);
    };
    if !mixup::is_recording(name, &text) {
        return Ok(None);
    }
    let read = Recording::from_text(&text);
    read.map(Some).map_err(|message| {
        say(format_args!("error: {name}: {message}"));
        Unreadable
    })
}
