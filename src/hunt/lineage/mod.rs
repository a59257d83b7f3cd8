//! Lineage: the whole life of one message or task, and to whom its end is owed.
//!
//! A part of the past is run again with a [lens](crate::sim::lens), from before it was made: that gives the diagram and where
//! the time went. Then the whole run is made again without each fault, and with each setting that might have helped: the same
//! seed draws the same numbers for all else, so what becomes of this very message there tells cause from coincidence.

mod causes;
mod effects;
mod fate;
mod find;
mod owed;
mod parts;
mod sieve;
mod story;
#[cfg(test)]
mod tests;
mod verdict;

pub use causes::{Causes, Link};
pub use effects::{Effect, Effects};
pub use find::{Among, Finder, Found, Wanted};
pub(in crate::hunt) use owed::{Judge, OfFate, Trials, all_settings, faults};
pub use owed::{Owed, Trial, Tried};
pub use parts::{Part, Spent};
pub use story::{Hop, HopEnd, Lane, Moment, Story, name};
pub use verdict::{Kind, Verdict};

use crate::sim::Fact;
use crate::sim::lens::{Followed, Lens};
use crate::systems::Message;

use super::Session;
use super::past::{Inquiry, Past, Progress};
use fate::Fate;

/// Somebody who takes so much longer than most is late.
const LATE_TIMES: u64 = 10;

/// The life of one message or task, as a question about the past. The story comes first, then to whom its end is owed.
#[derive(Clone, Debug)]
pub struct Lineage {
    what: Followed,
    until_ns: u64,
    phase: Phase,
    story: Option<Story>,
    owed: Owed,
    /// Whether it is asked to whom its end is owed.
    is_owed: bool,
    /// Who tried what.
    tried: Option<Box<Trials<OfFate>>>,
}

#[derive(Clone, Debug)]
enum Phase {
    Begin,
    Look(Box<Look>),
    Try(Box<Trials<OfFate>>),
    Done,
}

/// A part of the past that is run again.
#[derive(Clone, Debug)]
struct Look {
    session: Session,
    fate: Fate,
    from_ns: u64,
}

impl Lineage {
    /// About something, up to a moment of the run (virtual time in ns).
    pub fn new(what: Followed, until_ns: u64) -> Self {
        Self {
            what,
            until_ns,
            phase: Phase::Begin,
            story: None,
            owed: Owed::default(),
            is_owed: true,
            tried: None,
        }
    }

    /// Its life alone: nobody asks to whom its end is owed.
    pub(super) fn story_alone(what: Followed, until_ns: u64) -> Self {
        Self {
            is_owed: false,
            ..Self::new(what, until_ns)
        }
    }

    /// Who tried to whom its end is owed, when all is known: to try more.
    pub(super) fn take_trials(&mut self) -> Option<Box<Trials<OfFate>>> {
        self.tried.take()
    }

    /// Its life, as soon as that is known; `None` at the end: it was never made.
    pub fn story(&self) -> Option<&Story> {
        self.story.as_ref()
    }

    /// To whom its end is owed, as far as that is known.
    pub fn owed(&self) -> &Owed {
        &self.owed
    }

    /// Whether all is known.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    fn begin(&mut self, past: &dyn Past) {
        let mut session = before_birth(past, self.what, self.until_ns);
        self.until_ns = self.until_ns.min(session.end_ns());
        let ledger = session.watch().map(|w| w.ledger.clone());
        let fate = match ledger {
            Some(ledger) => Fate::going_on(self.what, ledger),
            None => Fate::new(self.what, session.sim().names()),
        };
        session.look_closer(Lens::following(self.what, Message::sight));
        self.phase = Phase::Look(Box::new(Look {
            from_ns: session.sim().now(),
            session,
            fate,
        }));
    }

    /// All was seen.
    fn tell(&mut self, look: &Look, past: &dyn Past) {
        let session = &look.session;
        let packets = session.sim().lens().map_or(&[][..], Lens::packets);
        let names = session.sim().names();
        let late_ns = late_after(session, self.what);
        self.story = Story::of(&look.fate, packets, names, self.until_ns, late_ns);
        self.phase = match &self.story {
            Some(story) if self.is_owed && !story.verdict.is_well() => {
                let beginning = past.before(0);
                let trials = Trials::new(story, session, beginning, self.until_ns, late_ns);
                Phase::Try(Box::new(trials))
            }
            _ => Phase::Done,
        };
    }
}

/// What a fact is about that can be followed.
pub fn subjects(fact: &Fact) -> Vec<Followed> {
    if let Fact::Call(fact) = fact {
        let task = fact.task().filter(|task| task.is_some());
        return task.map(Followed::Task).into_iter().collect();
    }
    let Some(span) = fact.span() else {
        return Vec::new();
    };
    let message = |number| Followed::Message {
        lane: span.lane,
        number,
    };
    span.numbers().map(message).collect()
}

/// What takes longer than this is late, ns: much longer than half of the messages take. What users ask for has a time of its
/// own.
fn late_after(session: &Session, what: Followed) -> Option<u64> {
    match what {
        Followed::Task(_) => None,
        Followed::Message { .. } => {
            let usual = session
                .watch()?
                .metrics
                .latency
                .end_to_end
                .quantile_ns(0.5)?;
            Some(usual.saturating_mul(LATE_TIMES))
        }
    }
}

/// Looking for where to begin, it is enough to be so near, events.
const NEAR: u64 = 25_000;

/// A session that was kept before it was made, not much earlier than need be.
fn before_birth(past: &dyn Past, what: Followed, until_ns: u64) -> Session {
    let mut best = past.before_ns(until_ns);
    if is_before_birth(&best, what) {
        return best;
    }
    let mut not_before = best.sim().events();
    best = past.before(0);
    let mut from = best.sim().events();
    while not_before > from + NEAR {
        let middle = from + (not_before - from) / 2;
        let session = past.before(middle);
        if is_before_birth(&session, what) {
            best = session;
            from = middle;
        } else {
            not_before = session.sim().events();
        }
    }
    best
}

fn is_before_birth(session: &Session, what: Followed) -> bool {
    let Some(watch) = session.watch() else {
        return session.sim().events() == 0;
    };
    match what {
        Followed::Message { lane, number } => watch.ledger.made(lane) <= number,
        Followed::Task(task) => {
            let flow = watch.metrics.requests.flows.get(task.flow.index());
            flow.is_none_or(|flow| flow.numbered <= u64::from(task.number))
        }
    }
}

impl Inquiry for Lineage {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Begin => self.begin(past),
            Phase::Look(mut look) => {
                let Look { session, fate, .. } = &mut *look;
                if session.advance_with(self.until_ns, events, fate) {
                    let whole = self.until_ns.saturating_sub(look.from_ns).max(1);
                    let done = look.session.sim().now().saturating_sub(look.from_ns);
                    self.phase = Phase::Look(look);
                    return Progress::More(0.3 * done as f64 / whole as f64);
                }
                self.tell(&look, past);
            }
            Phase::Try(mut trials) => {
                let more = trials.work(events, &mut self.owed);
                let share = trials.share();
                if more {
                    self.phase = Phase::Try(trials);
                    return Progress::More(0.3 + 0.7 * share);
                }
                self.tried = Some(trials);
            }
            Phase::Done => {}
        }
        match self.phase {
            Phase::Done => Progress::Done,
            Phase::Try(_) => Progress::More(0.3),
            _ => Progress::More(0.0),
        }
    }
}
