//! Everything but the processes themselves, and what happens to all of it alike.

use std::sync::Arc;

use super::Pid;
use super::event::{Caused, Event, Rare};
use super::fault::FaultPlan;
use super::host::{Host, HostPlan, Residents};
use super::lens::Lens;
use super::look::Look;
use super::names::{Names, NodeName};
use super::net::{Network, NetworkPlan};
use super::process::Token;
use super::queue::{EventQueue, Ticket};
use super::record::{Fact, Record};
use super::tcp::Stalls;
use super::tenant::Tenant;

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

/// So many records are folded into the digest at once: few enough to be still near.
pub(super) const PORTION: usize = 128;

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
    /// Who looks closer.
    pub(super) lens: Option<Box<Lens<M>>>,
    /// Whether some machine may be frozen, or somebody looks closer. Then each event is looked at before it happens.
    pub(super) frozen: bool,
    /// Whether something is to be looked at before the next event: frozen machines, processes that ended by themselves, or
    /// many records.
    pub(super) attention: bool,
    /// Who looks closely. Then each event is looked at before it happens.
    pub(super) look: Option<Box<Look<M>>>,
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
            lens: None,
            frozen: false,
            attention: false,
            look: None,
        }
    }

    /// Something may have been frozen, or may not be any more.
    pub(super) fn look_for_frozen(&mut self) {
        let is_frozen = |h: &Host<M, Caused<M>>| h.paused > 0 || !h.parked.is_empty();
        let is_watched = self.look.is_some() || self.lens.is_some();
        self.frozen = is_watched || self.hosts.iter().any(is_frozen);
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
        if self.drifts || !self.queue.has_room() {
            return self.set_timer_rarely(to, after_ns, token);
        }
        let event = Event::Timer {
            to,
            incarnation: self.tenants[to.index()].incarnation,
            token,
        };
        self.schedule_at(self.now.saturating_add(after_ns), event)
    }

    /// The same where clocks may run at another speed than true time, or where there is no room. Apart, so that above nothing has
    /// to be kept over a call.
    #[cold]
    #[inline(never)]
    fn set_timer_rarely(&mut self, to: Pid, after_ns: u64, token: Token) -> Ticket {
        let tenant = &self.tenants[to.index()];
        let incarnation = tenant.incarnation;
        let true_ns = self.hosts[tenant.node.index()].clock.true_ns(after_ns);
        let event = Event::Timer {
            to,
            incarnation,
            token,
        };
        self.schedule(true_ns, event)
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
        self.attention |= self.records.len() >= self.folded + PORTION;
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
