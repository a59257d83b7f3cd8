//! Questions about the past of a run. They are answered by running a part of it again with somebody who looks closer, in
//! slices, so that a screen stays awake meanwhile. The run that is shown is never touched.

use super::Session;
use crate::trace::timeline::Timeline;

/// The past of a run: sessions that stood on it, to run on from.
pub trait Past {
    /// A session that stands where this event (the first is 1) is the last that has happened, or before that, as near as
    /// one was kept; 0 is the beginning. It goes on as the run did.
    fn before(&self, event: u64) -> Session;

    /// The same for a moment, virtual time in ns: everything that has happened in it happened no later than that.
    fn before_ns(&self, ns: u64) -> Session;

    /// Those that were kept, in their order, the beginning first: for how something came to be over time.
    fn kept(&self) -> Vec<Session>;
}

/// How far an inquiry has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// It has more to do; this share of it is done, from 0 to 1.
    More(f64),
    /// It has its answer.
    Done,
}

/// A question about the past whose answer takes running.
pub trait Inquiry {
    /// Runs on for about so many events.
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress;

    /// Works until it has its answer.
    fn finish(&mut self, past: &dyn Past) {
        while self.work(past, 1 << 20) != Progress::Done {}
    }
}

/// A run of which nothing was kept but how it begins.
impl Past for Session {
    fn before(&self, _: u64) -> Session {
        self.beginning()
    }

    fn before_ns(&self, _: u64) -> Session {
        self.beginning()
    }

    fn kept(&self) -> Vec<Session> {
        vec![self.beginning()]
    }
}

/// A run of which checkpoints were kept.
impl Past for Timeline<Session> {
    fn before(&self, event: u64) -> Session {
        self.before_event(event).clone()
    }

    fn before_ns(&self, ns: u64) -> Session {
        self.before_moment(ns).clone()
    }

    fn kept(&self) -> Vec<Session> {
        let kept = Timeline::kept(self).iter();
        kept.map(|session| Session::clone(session)).collect()
    }
}
