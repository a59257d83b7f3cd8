//! The line: requests that wait until a thread of a replica is free.
//!
//! A line decides three things: who is next, who is turned away when it is full, and who waited so long that serving it is a
//! waste. One file for each discipline. A line is a plain value: it never looks at a clock (`now` is told, ns), draws nothing
//! and schedules nothing; what it drops, it drops while a request is taken. Times told must not fall from call to call.

mod adaptive;
mod codel;
mod deadline;
mod fifo;
mod lifo;
mod priority;
mod settings;
#[cfg(test)]
mod tests;

use adaptive::AdaptiveLifo;
use codel::CoDel;
use deadline::Deadline;
use fifo::Fifo;
use lifo::Lifo;
use priority::Priority;

pub use settings::{Discipline, LineSettings};

/// What a line knows of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// When it came, ns.
    pub at: u64,
    /// How important it is: the lower, the more.
    pub priority: u8,
    /// When its answer is worth nothing any more, ns; `u64::MAX`: never.
    pub deadline: u64,
}

impl Ticket {
    /// Of a request that is as important as any and has no deadline.
    pub const fn plain(at: u64) -> Self {
        Self {
            at,
            priority: 0,
            deadline: u64::MAX,
        }
    }
}

/// A request that was turned away because the line was full. It need not be the newcomer: then the newcomer waits in its
/// place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused<T> {
    /// Its ticket.
    pub ticket: Ticket,
    /// The request.
    pub item: T,
    /// Whether it is the one that just came.
    pub newcomer: bool,
}

/// Why a request that waited is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Its own deadline passed.
    Late,
    /// The discipline wants those behind it to wait less.
    Delay,
}

/// A request that waits.
#[derive(Clone, Debug)]
struct Waiting<T> {
    ticket: Ticket,
    item: T,
}

impl<T> Waiting<T> {
    fn taken(self) -> (Ticket, T) {
        (self.ticket, self.item)
    }

    fn refused(self, newcomer: bool) -> Refused<T> {
        Refused {
            ticket: self.ticket,
            item: self.item,
            newcomer,
        }
    }

    /// How long it has waited, ns.
    fn waited(&self, now: u64) -> u64 {
        now.saturating_sub(self.ticket.at)
    }
}

/// What each discipline does.
trait Rule<T> {
    /// Takes a newcomer in. `full`: somebody must go.
    fn push(&mut self, now: u64, newcomer: Waiting<T>, full: bool) -> Result<(), Refused<T>>;
    /// Who is served next.
    fn pop(&mut self, now: u64, dropped: &mut Vec<(T, Dropped)>) -> Option<Waiting<T>>;
    fn len(&self) -> usize;
    fn oldest(&self) -> Option<&Waiting<T>>;
    fn drain(&mut self, out: &mut Vec<(Ticket, T)>);
}

/// Requests that wait for a thread.
#[derive(Clone, Debug)]
pub struct Line<T> {
    limit: usize,
    kind: Kind<T>,
}

#[derive(Clone, Debug)]
enum Kind<T> {
    Fifo(Fifo<T>),
    Lifo(Lifo<T>),
    AdaptiveLifo(AdaptiveLifo<T>),
    Priority(Priority<T>),
    Deadline(Deadline<T>),
    CoDel(CoDel<T>),
}

/// Calls the rule that the line has: a closed set, so without a table of functions.
macro_rules! rule {
    ($line:expr, $rule:ident => $call:expr) => {
        match $line {
            Kind::Fifo($rule) => $call,
            Kind::Lifo($rule) => $call,
            Kind::AdaptiveLifo($rule) => $call,
            Kind::Priority($rule) => $call,
            Kind::Deadline($rule) => $call,
            Kind::CoDel($rule) => $call,
        }
    };
}

impl<T> Line<T> {
    /// An empty line.
    pub fn new(settings: &LineSettings) -> Self {
        let kind = match settings.discipline {
            Discipline::Fifo => Kind::Fifo(Fifo::default()),
            Discipline::Lifo => Kind::Lifo(Lifo::default()),
            Discipline::AdaptiveLifo {
                lifo_after,
                lifo_beyond,
                target,
                interval,
            } => Kind::AdaptiveLifo(AdaptiveLifo::new(
                lifo_after.ns(),
                lifo_beyond.map_or(usize::MAX, |n| n as usize),
                target.ns(),
                interval.ns(),
            )),
            Discipline::Priority => Kind::Priority(Priority::default()),
            Discipline::Deadline => Kind::Deadline(Deadline::default()),
            Discipline::CoDel { target, interval } => {
                Kind::CoDel(CoDel::new(target.ns(), interval.ns()))
            }
        };
        Self {
            limit: settings.limit.map_or(usize::MAX, |n| n as usize),
            kind,
        }
    }

    /// How many may wait, if that is limited.
    pub fn limit(&self) -> Option<u32> {
        u32::try_from(self.limit).ok()
    }

    /// Another limit. Those who wait stay.
    pub fn set_limit(&mut self, limit: Option<u32>) {
        self.limit = limit.map_or(usize::MAX, |n| n as usize);
    }

    /// A request comes to wait.
    ///
    /// # Errors
    /// If the line is full: who is turned away instead of it, or it itself. That depends on the discipline: see
    /// [`Discipline`].
    #[inline]
    pub fn push(&mut self, now: u64, ticket: Ticket, item: T) -> Result<(), Refused<T>> {
        let newcomer = Waiting { ticket, item };
        if self.limit == 0 {
            return Err(newcomer.refused(true));
        }
        let full = self.len() >= self.limit;
        rule!(&mut self.kind, rule => rule.push(now, newcomer, full))
    }

    /// Takes the request that is to be served next, if there is one. Those who are not to be served any more go to `dropped`,
    /// also when nobody is left then.
    #[inline]
    pub fn pop(&mut self, now: u64, dropped: &mut Vec<(T, Dropped)>) -> Option<(Ticket, T)> {
        rule!(&mut self.kind, rule => rule.pop(now, dropped)).map(Waiting::taken)
    }

    /// How many wait. Some of them may be dropped when somebody is taken.
    #[inline]
    pub fn len(&self) -> usize {
        rule!(&self.kind, rule => rule.len())
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How long the one that came first has waited, ns. With [`Discipline::Deadline`] this looks at all who wait.
    pub fn oldest(&self, now: u64) -> Option<u64> {
        rule!(&self.kind, rule => rule.oldest()).map(|w| w.waited(now))
    }

    /// Everybody leaves, because the replica crashed or stops: the line is as new. In the order in which they stand, which is
    /// that of the discipline.
    pub fn drain(&mut self) -> Vec<(Ticket, T)> {
        let mut out = Vec::with_capacity(self.len());
        rule!(&mut self.kind, rule => rule.drain(&mut out));
        out
    }
}
