//! What a node waits for: its timers, and the messages that come to it.

use crate::sim::{Ahead, Event, Pid, Rare};
use crate::systems::{Inspect, Message, Sim};

use super::Subject;

/// A timer that is set, or another affair of a process's own that will wake it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timer {
    /// Whose.
    pub pid: Pid,
    /// What it is for.
    pub name: &'static str,
    /// When it fires, true time, ns; `None`: not before its machine or its disk goes on.
    pub at_ns: Option<u64>,
    /// Number of the event that set it.
    pub cause: u64,
}

/// Where a message is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Whereabouts {
    /// A core serves it.
    Served,
    /// It waits for a core.
    Waits,
    /// It is there, and the machine is frozen or its disk stalled.
    Held,
    /// It is on its way.
    OnItsWay,
}

/// A message for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// For whom.
    pub to: Pid,
    /// From whom.
    pub from: Pid,
    /// What it is, in the words of its system.
    pub word: &'static str,
    /// Where it is.
    pub whereabouts: Whereabouts,
    /// When it arrives, or when the core is done with it, ns; `None`: nobody knows.
    pub at_ns: Option<u64>,
    /// Number of the event that it was sent in, or of its arrival.
    pub cause: u64,
}

/// The timers of a subject that will fire in this life of its processes: the next first.
pub fn timers(sim: &Sim, subject: Subject) -> Vec<Timer> {
    let whose = subject.processes(sim);
    let timer = |ahead: Ahead<'_, Message>| {
        let (Event::Timer { to, token, .. } | Event::Rare(Rare::Synced { to, token, .. })) =
            ahead.what
        else {
            return None;
        };
        let lives = ahead.what.incarnation() == sim.incarnation(*to);
        (lives && whose.contains(to)).then(|| Timer {
            pid: *to,
            name: sim.processes()[to.index()].timer_name(*token),
            at_ns: ahead.at,
            cause: ahead.cause,
        })
    };
    let mut timers: Vec<Timer> = sim.ahead().filter_map(timer).collect();
    timers.sort_by_key(|t| (t.at_ns.unwrap_or(u64::MAX), t.pid, t.name, t.cause));
    timers
}

/// The messages that are for a subject: those first that it has already.
pub fn inbox(sim: &Sim, subject: Subject) -> Vec<Mail> {
    let whose = subject.processes(sim);
    let mail = |ahead: Ahead<'_, Message>| {
        let (to, from, message, there) = match ahead.what {
            Event::Arrive {
                to, from, message, ..
            } => (to, from, message, Whereabouts::OnItsWay),
            Event::Served {
                to, from, message, ..
            } => (to, from, message, Whereabouts::Served),
            _ => return None,
        };
        whose.contains(to).then(|| Mail {
            to: *to,
            from: *from,
            word: message.word(),
            whereabouts: ahead.at.map_or(Whereabouts::Held, |_| there),
            at_ns: ahead.at,
            cause: ahead.cause,
        })
    };
    let mut all: Vec<Mail> = sim.ahead().filter_map(mail).collect();
    let waiting = sim.inbox(subject.node(sim.names()));
    let waiting = waiting.filter(|(to, ..)| whose.contains(to));
    all.extend(waiting.map(|(to, from, message, cause)| Mail {
        to,
        from,
        word: message.word(),
        whereabouts: Whereabouts::Waits,
        at_ns: None,
        cause,
    }));
    all.sort_by_key(|m| (m.whereabouts, m.at_ns, m.cause, m.from));
    all
}
