//! Everything but the processes themselves, and what happens to all of it alike.

use std::sync::Arc;

use super::event::{Caused, Event, Rare};
use super::fault::FaultPlan;
use super::host::{Host, HostPlan, Residents};
use super::names::{Names, NodeName};
use super::net::{CLOSED, Channel, Network, NetworkPlan};
use super::process::Token;
use super::queue::{EventQueue, Ticket};
use super::record::{Fact, Record};
use super::tcp::Stalls;
use super::{NodeId, Pid};

/// What the world of a run is made of, apart from its processes.
#[derive(Clone, Debug, Default)]
pub struct WorldPlan {
    /// The machines.
    pub nodes: Vec<NodePlan>,
    /// The links between them.
    pub network: NetworkPlan,
    /// What goes wrong.
    pub faults: Vec<FaultPlan>,
}

/// One machine of the plan.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Name and zone.
    pub name: NodeName,
    /// CPU, disk, clock.
    pub host: HostPlan,
}

/// How many records are handed over at once: few enough to be still near, enough that the code that reads them is fetched
/// once for many.
pub(super) const PORTION: usize = 128;

/// A process as the kernel knows it.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub node: NodeId,
    /// The last.
    pub incarnation: u32,
    /// The incarnation that lives; `DEAD` if none does.
    pub current: u32,
    pub channels: Vec<Channel>,
    /// For each remainder of process numbers, the open channel to one of them that was used last; none is closed.
    ready: [u32; READY],
}

/// How many of its open channels a process has at hand: a power of two.
const READY: usize = 16;
const NONE_READY: [u32; READY] = [u32::MAX; READY];

/// No incarnation; not [`CLOSED`], so that it is equal to none that a message is meant for.
const DEAD: u32 = u32::MAX - 1;

impl Tenant {
    fn new(node: NodeId) -> Self {
        Self {
            node,
            incarnation: 0,
            current: DEAD,
            channels: Vec::new(),
            ready: NONE_READY,
        }
    }

    /// Whether it lives.
    #[inline]
    pub fn alive(&self) -> bool {
        self.current != DEAD
    }

    /// It dies.
    pub fn bury(&mut self) {
        self.current = DEAD;
    }

    /// The channel to a process, if it is open and was used lately.
    #[inline]
    pub fn ready(&mut self, to: Pid) -> Option<&mut Channel> {
        let at = self.ready[to.index() % READY] as usize;
        self.channels.get_mut(at).filter(|c| c.peer == to)
    }

    /// The channel to a process, if there is one; or where it belongs.
    #[inline]
    pub fn find(&self, to: Pid) -> Result<usize, usize> {
        let at = self.ready[to.index() % READY] as usize;
        if self.channels.get(at).is_some_and(|c| c.peer == to) {
            return Ok(at);
        }
        self.channels.binary_search_by_key(&to, |c| c.peer)
    }

    /// Adds a channel where it belongs.
    pub fn insert(&mut self, at: usize, channel: Channel) {
        self.ready = NONE_READY;
        self.channels.insert(at, channel);
    }

    /// A channel is connected to an incarnation, and used.
    pub fn open(&mut self, at: usize, incarnation: u32) {
        let channel = &mut self.channels[at];
        channel.incarnation = incarnation;
        if incarnation != CLOSED {
            self.ready[channel.peer.index() % READY] = at as u32;
        }
    }

    /// A connection is gone.
    pub fn close(&mut self, at: usize) {
        let channel = &mut self.channels[at];
        channel.incarnation = CLOSED;
        self.ready[channel.peer.index() % READY] = u32::MAX;
    }

    /// All connections are gone.
    pub fn close_all(&mut self) {
        self.ready = NONE_READY;
        for channel in &mut self.channels {
            channel.incarnation = CLOSED;
        }
    }
}

/// Everything but the processes themselves.
#[derive(Clone, Debug)]
pub struct Core<M> {
    pub(super) now: u64,
    pub(super) event: u64,
    pub(super) cause: u64,
    pub(super) queue: EventQueue<Caused<M>>,
    pub(super) hosts: Vec<Host<M, Caused<M>>>,
    pub(super) net: Network,
    pub(super) tenants: Vec<Tenant>,
    pub(super) residents: Residents,
    pub(super) names: Arc<Names>,
    pub(super) records: Vec<Record>,
    /// How many of them are in the digest.
    pub(super) folded: usize,
    pub(super) stalls: Stalls<M>,
    /// Whether a clock runs, or ever ran, at another speed than true time.
    pub(super) drifts: bool,
    /// Who ends by itself with this event; with the code if it could not go on.
    pub(super) halted: Vec<(Pid, Option<u16>)>,
    /// Whether some machine may be frozen. Then each event is looked at before it happens.
    pub(super) frozen: bool,
    /// Whether something is to be looked at before the next event: frozen machines, processes that ended by themselves, or
    /// many records.
    pub(super) attention: bool,
}

impl<M: Clone> Core<M> {
    pub(super) fn new(seed: u64, nodes: Vec<NodePlan>, network: NetworkPlan, names: Names) -> Self {
        let mut residents = Residents(vec![Vec::new(); nodes.len()]);
        for (pid, process) in (0u32..).zip(&names.processes) {
            residents.0[process.node.index()].push(Pid(pid));
        }
        let hosts = nodes.iter().map(|n| Host::new(&n.host, seed, &n.name.name));
        Self {
            now: 0,
            event: 0,
            cause: 0,
            queue: EventQueue::with_tick(network.tick_ns()),
            hosts: hosts.collect(),
            net: Network::new(seed, network, nodes.len()),
            tenants: names
                .processes
                .iter()
                .map(|p| Tenant::new(p.node))
                .collect(),
            residents,
            names: Arc::new(names),
            records: Vec::new(),
            folded: 0,
            stalls: Stalls::default(),
            drifts: nodes.iter().any(|n| n.host.clock_drift_ppb != 0),
            halted: Vec::new(),
            frozen: false,
            attention: false,
        }
    }

    /// Something may have been frozen, or may not be any more.
    pub(super) fn look_for_frozen(&mut self) {
        let is_frozen = |h: &Host<M, Caused<M>>| h.paused > 0 || !h.parked.is_empty();
        self.frozen = self.hosts.iter().any(is_frozen);
        self.attention |= self.frozen;
    }

    /// A machine is frozen from now on.
    pub(super) fn freeze(&mut self) {
        (self.frozen, self.attention) = (true, true);
    }

    /// A process ends with this event; with the code if it could not go on.
    pub(super) fn halt(&mut self, pid: Pid, code: Option<u16>) {
        self.halted.push((pid, code));
        self.attention = true;
    }

    #[inline]
    pub(super) fn schedule(&mut self, after_ns: u64, event: Event<M>) -> Ticket {
        self.schedule_at(self.now.saturating_add(after_ns), event)
    }

    /// Sets a timer of a process: so many ns of its node's clock later.
    #[inline(never)]
    pub(super) fn set_timer(&mut self, to: Pid, after_ns: u64, token: Token) -> Ticket {
        let tenant = &self.tenants[to.index()];
        let incarnation = tenant.incarnation;
        let mut true_ns = after_ns;
        if self.drifts {
            true_ns = self.hosts[tenant.node.index()].clock.true_ns(after_ns);
        }
        let time = self.now.saturating_add(true_ns);
        let event = Event::Timer {
            to,
            incarnation,
            token,
        };
        self.schedule_at(time, event)
    }

    #[allow(
        clippy::inline_always,
        reason = "an event is made in its place, not beside it and then copied"
    )]
    #[inline(always)]
    pub(super) fn schedule_at(&mut self, time: u64, event: Event<M>) -> Ticket {
        self.queue.schedule(
            time,
            Caused {
                cause: self.event,
                event,
            },
        )
    }

    pub(super) fn record(&mut self, pid: Pid, fact: Fact) {
        self.records.push(Record {
            at: self.now,
            event: self.event,
            cause: self.cause,
            pid,
            fact,
        });
        self.attention |= self.records.len() >= PORTION;
    }

    pub(super) fn sync(&mut self, pid: Pid, token: Token) {
        let tenant = &self.tenants[pid.index()];
        let (node, incarnation) = (tenant.node, tenant.incarnation);
        let host = &mut self.hosts[node.index()];
        let position = host.disk.written();
        let time = host.disk.time_ns(0, true, &mut host.disk_stream);
        let event = Rare::Synced {
            to: pid,
            incarnation,
            position,
            token,
        }
        .into();
        if host.disk.is_stalled() {
            host.stalled.push((
                time,
                Caused {
                    cause: self.event,
                    event,
                },
            ));
        } else {
            self.schedule(time, event);
        }
    }
}
