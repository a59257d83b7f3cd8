//! What a screen needs from a run.

use super::view::lineage::{About, Known};
use super::view::{Choices, Compared, Comparing, Fact, Frame, Inspected, Inspectee, Settings};

/// Where a stretch of the run shall stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Before the first event later than this virtual time, ns; the run then stands at this time.
    Time(u64),
    /// After the event with this number (the first is 1).
    Event(u64),
    /// After the next event that makes a mark.
    NextMark,
}

/// How a stretch of the run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Where it was told to.
    Reached,
    /// Before that, because it has handled as many events as it was allowed.
    More,
    /// At the end of the run.
    Ended,
    /// At a breakpoint.
    Broke,
}

/// One thing that can be looked at closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A node, by its place in the topology.
    Node(usize),
    /// A queue, by its number in the run.
    Queue(usize),
    /// A service, by its number in the run.
    Service(usize),
}

/// What a person does to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Leave the run here: what follows is another branch.
    Fork,
    /// Back to where this branch left its parent.
    Undo,
    /// To a branch, where it was left.
    Switch(usize),
    /// Another name for a branch.
    Rename(usize, String),
    /// A fault, here and now, in the words of the scenario language: `Crash("broker-1")`; for how long in its words
    /// (`"5s"`), if not until it is healed.
    Inject(String, Option<String>),
    /// What is done with breakpoints.
    Break(Breaking),
    /// Another scenario, by its name: a root beside what was played, from its beginning.
    Play(String),
    /// A branch, as far as it was played, is written to a new file.
    Save(usize, Save),
    /// All that was done by hand and stands in no file yet is written to new recordings.
    SaveAll,
}

/// What a person does with breakpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breaking {
    /// One more: `mark crash`.
    Add(String),
    /// One is switched off, or on again.
    Turn(usize),
    /// One is removed.
    Remove(usize),
}

/// What a branch is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Save {
    /// A recording, which replays it.
    Recording,
    /// A scenario, among whose faults stands what was done by hand.
    Scenario,
}

/// What a screen wants to know that takes running a part of the past again.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// What there is to be struck or changed.
    Choices,
    /// The settings of the scenario, as `--set` has them; and what the one at a path can be.
    Settings(Option<String>),
    /// How one node or process came to be as it is.
    Inspect(Inspectee),
    /// The life of a message, messages to choose from, or what an event comes from and what comes of it.
    Lineage(About),
    /// How another run goes beside this one.
    Compare(Comparing),
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Query::Choices`].
    Choices(Box<Choices>),
    /// To [`Query::Settings`].
    Settings(Box<Settings>),
    /// To [`Query::Inspect`].
    Inspected(Box<Inspected>),
    /// To [`Query::Lineage`].
    Lineage(Box<Known>),
    /// To [`Query::Compare`]; or why there is no such run, line by line.
    Compared(Result<Box<Compared>, Vec<String>>),
}

/// How far the answer to a query is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Working {
    /// Nothing is to be done.
    Idle,
    /// There is more to do; so much of it is done, from 0 to 1. What is known so far can be shown.
    More(f64),
}

/// What became of the file of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// It is as it was.
    Same,
    /// It says something else: its run is shown now, at its beginning. This is to be said of it.
    Again(String),
    /// It has mistakes, and the run is as it was: a diagnostic in lines.
    Wrong(Vec<String>),
}

/// A run that a screen can move and look at. It knows no wall clock: the caller chooses how much it does at a time.
pub trait Engine {
    /// Runs on, but handles at most `events_max` events.
    fn run(&mut self, until: Until, events_max: u32) -> Progress;

    /// Goes where [`Engine::run`] has the shortest way to a place: to a moment before it that was kept, or nowhere. Of what
    /// lies behind it goes back to before that.
    fn leap(&mut self, until: Until);

    /// Remembers where the run stands, for [`Engine::cancel`].
    fn hold(&mut self) {}

    /// Goes back to where [`Engine::hold`] was called last, on the same branch.
    fn cancel(&mut self) {}

    /// Begins again from the start, with this seed. Where the seed is the same, so is all that follows.
    fn restart(&mut self, seed: u64);

    /// Now, in virtual time, ns.
    fn now_ns(&self) -> u64;

    /// Events handled so far.
    fn events(&self) -> u64;

    /// When the run ends, ns.
    fn end_ns(&self) -> u64;

    /// What is to be said when the run is at its end, beside what there is to see.
    fn last_word(&self) -> Option<String> {
        None
    }

    /// Whether the scenario came from files that can change.
    fn has_files(&self) -> bool {
        false
    }

    /// Looks whether the file of the scenario was changed, and reads it again if so. To be called now and then.
    fn reload(&mut self) -> Reloaded {
        Reloaded::Same
    }

    /// The command that runs what there is to see, as a shell takes it; the error says why there is none.
    fn command(&self) -> Result<String, String> {
        Err("there is no command that runs this".to_owned())
    }

    /// The next moment (ns) at which something happens in either of the two runs that are compared, or the one before the last;
    /// none where no two are, or there is none.
    fn moment_of_either(&mut self, _back: bool) -> Option<u64> {
        None
    }

    /// What breakpoint the run stopped at last, and what happened.
    fn stopped(&self) -> Option<String> {
        None
    }

    /// What there is to see.
    fn frame(&self) -> Frame;

    /// Does what a person wants done. Gives what is to be said of it, or why it cannot be: a sentence, or a diagnostic in
    /// several lines.
    fn obey(&mut self, _order: &Order) -> Result<String, Vec<String>> {
        Err(vec!["this run cannot be changed".into()])
    }

    /// From now on this is to be answered, of the moment at which the run stands now; with none, nothing is.
    fn ask(&mut self, _query: Option<&Query>) {}

    /// Works on the answer, for about so many events.
    fn work(&mut self, _events_max: u32) -> Working {
        Working::Idle
    }

    /// What is known so far.
    fn answer(&self) -> Option<Answer> {
        None
    }

    /// What is known of one thing beside what the frame says of it.
    fn inspect(&self, _subject: Subject) -> Vec<Fact> {
        Vec::new()
    }
}
