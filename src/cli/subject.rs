//! The run that a command is about, by its name: a scenario in a file or in the program, or a recording with its seed and all
//! that was done by hand in it.

use std::path::Path;
use std::sync::Arc;

use super::check::complain;
use super::mixup;
use super::out::{colour_on_stderr, say};
use super::run::{Given, can_run, read};
use crate::hunt::command::quoted;
use crate::hunt::compare::Change;
use crate::hunt::explain::Origin;
use crate::hunt::{self, Loaded, Options, Session};
use crate::scenario::{Files, Found, LoadError, find, is_piped, with_fields};
use crate::sim::units::Duration;
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
        let found = match Text::find(given.scenario())? {
            Text::Recording(file, recording) => {
                return Self::of_recording(*recording, &file, given, seed);
            }
            Text::Scenario(found) => found,
        };
        let loaded = read(hunt::load_found(&found, given.set), given)?;
        let options = Options {
            seed,
            control: given.control,
            until_ns: given.until.map(|until| until.ns()),
            unobserved: false,
        };
        Some(Self {
            session: Session::new(Arc::new(loaded), options),
            origin: Origin::Scenario,
            recorded: None,
        })
    }

    fn of_recording(
        recording: Recording,
        file: &str,
        given: &Given<'_>,
        seed: Option<u64>,
    ) -> Option<Self> {
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

    /// Whether it was recorded.
    pub fn is_recording(&self) -> bool {
        matches!(self.origin, Origin::Recording { .. })
    }

    /// The command that plays it, where that is not its scenario by its name.
    pub fn command(&self) -> Option<String> {
        match &self.origin {
            Origin::Recording { file, .. } if self.recorded.is_some() && !is_piped(file) => {
                Some(format!("splitbrain replay {}", quoted(file)))
            }
            Origin::Recording { .. } => self.origin.comparison(&self.session, &[]),
            Origin::Scenario => None,
        }
    }

    /// It as a scenario. A recording is played for that: what was done by hand stands among its faults, and it ends where that
    /// ends. The error is a sentence, or what is wrong with the scenario.
    pub fn into_scenario(mut self) -> Result<Arc<Loaded>, String> {
        let Origin::Recording { file, .. } = self.origin() else {
            return Ok(Arc::clone(self.session.loaded()));
        };
        self.session.unwatch();
        self.session.run();
        self.verify();
        let end = Duration::from_ns(self.session.end_ns());
        let duration = ("duration", Some(format!("\"{end}\"")));
        let text = with_fields(&self.session.as_scenario()?, &[duration])?;
        let files = Files::Given(&self.session.loaded().files);
        Loaded::from_parts(&file, &text, &[], files)
            .and_then(hunt::complete)
            .map(Arc::new)
            .map_err(|document| document.render(colour_on_stderr()))
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

/// What stands behind a name.
enum Text {
    /// A scenario, which is yet to be read.
    Scenario(Found),
    /// A recording, with what its file is called.
    Recording(String, Box<Recording>),
}

impl Text {
    /// `None` if there is nothing, or nothing that can be read; why not has been said.
    fn find(name: &str) -> Option<Self> {
        // A recording may be larger than any scenario: it holds the files that its scenario names.
        let file = Path::new(name);
        let text = file.is_file().then(|| std::fs::read_to_string(file).ok());
        if let Some(text) = text.flatten()
            && mixup::is_recording(name, &text)
        {
            return Self::recording(name, &text);
        }
        let found = find(name).map_err(complain).ok()?;
        if is_piped(&found.name) && mixup::is_recording(&found.name, &found.text) {
            return Self::recording(&found.name, &found.text);
        }
        Some(Self::Scenario(found))
    }

    fn recording(file: &str, text: &str) -> Option<Self> {
        let read = Recording::from_text(text);
        let read = read.map_err(|message| say(format_args!("error: {file}: {message}")));
        Some(Self::Recording(file.to_owned(), Box::new(read.ok()?)))
    }
}
