//! Looking closely: at what comes to some processes, event by event, and at what is to come. Whoever looks changes nothing;
//! a run that nobody looks at pays nothing.

use super::event::{Caused, Event, Rare};
use super::host::Host;
use super::kernel::Sim;
use super::process::Process;
use super::queue::EventQueue;
use super::record::Fact;
use super::tenant::CLOSED;
use super::world::Core;
use super::{NodeId, Pid};

/// What became of an event that came to a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Met {
    /// The process handled it.
    Handled,
    /// Nobody did: it was for a former life of the process, or a message that got there and was dropped.
    Missed,
    /// It is a message that waits for a core, or that a core has begun to serve.
    Waits,
    /// The machine is frozen: it waits until that goes on.
    Frozen,
}

/// An event that has happened.
#[derive(Clone, Debug)]
pub struct Seen<M> {
    /// True time, ns.
    pub at: u64,
    /// Its number, from 1.
    pub event: u64,
    /// Number of the event that scheduled it; 0: the scenario.
    pub cause: u64,
    /// To whom it came.
    pub to: Pid,
    /// What it was.
    pub what: Event<M>,
    /// What became of it.
    pub met: Met,
}

/// An event that has not happened.
#[derive(Clone, Copy, Debug)]
pub struct Ahead<'a, M> {
    /// When it will, true time, ns; `None` if that is not decided: its machine is frozen, or its disk stalled.
    pub at: Option<u64>,
    /// Number of the event that scheduled it.
    pub cause: u64,
    /// What it is.
    pub what: &'a Event<M>,
}

/// Somebody who looks at some processes.
#[derive(Clone, Debug)]
pub(super) struct Look<M> {
    whom: Vec<Pid>,
    seen: Vec<Seen<M>>,
}

impl<P: Process> Sim<P> {
    /// From now on the events that come to these processes are kept, until they are taken with [`Self::take_seen`]. Nobody:
    /// no more.
    pub fn look_at(&mut self, whom: &[Pid]) {
        let look = Look {
            whom: whom.to_vec(),
            seen: Vec::new(),
        };
        self.core.look = (!whom.is_empty()).then(|| Box::new(look));
        self.core.look_for_frozen();
        self.core.attention |= self.core.frozen;
    }

    /// What came to those who are looked at since this was asked last.
    pub fn take_seen(&mut self) -> Vec<Seen<P::Message>> {
        let look = self.core.look.as_mut();
        look.map_or_else(Vec::new, |look| std::mem::take(&mut look.seen))
    }

    /// Lets an event happen that somebody may want to see.
    #[cold]
    #[inline(never)]
    pub(super) fn happen_in_sight(&mut self, caused: Caused<P::Message>) {
        let Caused { cause, event } = caused;
        let to = event.process().filter(|to| self.core.is_looked_at(*to));
        let Some(to) = to else {
            return self.act_if_awake(Caused { cause, event });
        };
        let node = self.core.tenants[to.index()].node;
        let load = |host: &Host<P::Message, Caused<P::Message>>| {
            (
                host.inbox.len() + host.busy as usize + host.stalled.len(),
                host.parked.len(),
            )
        };
        let before = load(&self.core.hosts[node.index()]);
        let (what, records) = (event.clone(), self.core.records.len());
        let is_for = event.incarnation();
        let was_there = is_for.is_none_or(|life| life == self.core.tenants[to.index()].current);
        self.act_if_awake(Caused { cause, event });
        let after = load(&self.core.hosts[node.index()]);
        let met = match what {
            _ if after.1 > before.1 => Met::Frozen,
            _ if !was_there => Met::Missed,
            Event::Arrive { from, .. } if self.core.was_dropped(records, from, to) => Met::Missed,
            Event::Arrive { .. } if after.0 > before.0 => Met::Waits,
            _ => Met::Handled,
        };
        self.core.see(to, what, met);
    }

    /// All that is to happen, in no order.
    pub fn ahead(&self) -> impl Iterator<Item = Ahead<'_, P::Message>> {
        let queue: &EventQueue<_> = &self.core.queue;
        let due = queue.iter_timed().map(|(at, caused)| (Some(at), caused));
        let hosts = self.core.hosts.iter();
        let held = hosts.flat_map(|host| {
            let stalled = host.stalled.iter().map(|(_, caused)| caused);
            host.parked.iter().chain(stalled)
        });
        due.chain(held.map(|caused| (None, caused)))
            .map(|(at, caused)| Ahead {
                at,
                cause: caused.cause,
                what: &caused.event,
            })
    }

    /// The messages that wait for a core of a node, in their order: for whom, from whom, what, and the number of the event
    /// with which each arrived.
    pub fn inbox(&self, node: NodeId) -> impl Iterator<Item = (Pid, Pid, &P::Message, u64)> {
        let waiting = self.core.hosts[node.index()].inbox.iter();
        waiting.map(|w| (w.to, w.from, &w.message, w.cause))
    }

    /// Which start of a process lives, from 1; `None` if none does.
    pub fn incarnation(&self, pid: Pid) -> Option<u32> {
        let tenant = &self.core.tenants[pid.index()];
        tenant.alive().then_some(tenant.current)
    }

    /// The processes that a process believes it has a connection to, in their order.
    pub fn connected(&self, pid: Pid) -> impl Iterator<Item = Pid> {
        let channels = self.core.tenants[pid.index()].channels.iter();
        channels
            .filter(|c| c.incarnation != CLOSED)
            .map(|channel| channel.peer)
    }
}

impl<M: Clone> Core<M> {
    fn is_looked_at(&self, pid: Pid) -> bool {
        self.look.as_ref().is_some_and(|l| l.whom.contains(&pid))
    }

    /// Whether a record from a place on says that a message from one to another was dropped.
    fn was_dropped(&self, records: usize, from: Pid, to: Pid) -> bool {
        let new = self.records.get(records..).unwrap_or_default();
        let mut dropped = new.iter().filter(|r| r.pid == from);
        dropped.any(|r| matches!(r.fact, Fact::Dropped { to: whom, .. } if whom == to))
    }

    fn see(&mut self, to: Pid, what: Event<M>, met: Met) {
        let (at, event, cause) = (self.now, self.event, self.cause);
        if let Some(look) = &mut self.look {
            look.seen.push(Seen {
                at,
                event,
                cause,
                to,
                what,
                met,
            });
        }
    }

    /// A frozen machine goes on with something.
    pub(super) fn see_thawed(&mut self, event: &Event<M>) {
        if let Some(to) = event.process()
            && self.is_looked_at(to)
        {
            self.see(to, event.clone(), Met::Handled);
        }
    }
}

impl<M> Event<M> {
    /// The life of its process that alone can handle it; `None` if any can, or the event finds out itself.
    pub fn incarnation(&self) -> Option<u32> {
        match self {
            Self::Timer { incarnation, .. }
            | Self::Served { incarnation, .. }
            | Self::Rare(Rare::Synced { incarnation, .. } | Rare::Stop { incarnation, .. }) => {
                Some(*incarnation)
            }
            _ => None,
        }
    }
}
