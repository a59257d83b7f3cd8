//! What a screen needs from a run.

use super::view::{Fact, Frame};

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

/// A run that a screen can move and look at. It knows no wall clock: the caller chooses how much it does at a time.
pub trait Engine {
    /// Runs on, but handles at most `events_max` events.
    fn run(&mut self, until: Until, events_max: u32) -> Progress;

    /// Goes where [`Engine::run`] has the shortest way to a place: to a moment before it that was kept, or nowhere. Of what
    /// lies behind it goes back to before that.
    fn leap(&mut self, until: Until);

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

    /// What there is to see.
    fn frame(&self) -> Frame;

    /// What is known of one thing beside what the frame says of it.
    fn inspect(&self, _subject: Subject) -> Vec<Fact> {
        Vec::new()
    }
}
