//! The kernel: takes the next event, lets the process it concerns handle it, and tells the observers.
//!
//! A run is a pure function of the plan and the seed: whoever calls [`Sim::step`], in portions of whatever size, sees the
//! same records and gets the same digest.

use std::sync::Arc;

use super::digest::Digest;
use super::fault::{self, FaultPlan, Faults};
use super::host::{Host, HostPlan, Residents};
use super::names::{FaultName, Names, NodeName, ProcessName};
use super::net::{CLOSED, Channel, Network, NetworkPlan, Trouble};
use super::process::{Ctx, Process, Token};
use super::queue::{EventQueue, Ticket};
use super::record::{Drop, Fact, Observer, Record};
use super::tcp::{NO_LINK, Stalls, Troubled};
use super::{NodeId, Pid};

/// Something that will happen.
#[derive(Clone, Debug)]
pub enum Event<M> {
    /// A process starts.
    Start {
        /// Which.
        to: Pid,
        /// The machine's count of crashes when this was decided: a crash in between takes it back.
        life: u32,
    },
    /// A message reaches a machine.
    Arrive {
        /// The process it is for.
        to: Pid,
        /// Who sent it.
        from: Pid,
        /// Over which link.
        link: u32,
        /// The incarnation it was meant for; a connection does not outlive one. `u32::MAX`: whoever listens there.
        incarnation: u32,
        /// It.
        message: M,
    },
    /// A core has finished with a message.
    Served {
        /// For whom.
        to: Pid,
        /// Of which incarnation.
        incarnation: u32,
        /// Who sent it.
        from: Pid,
        /// It.
        message: M,
        /// The machine's count of crashes when the core began: a core is given back only to the life it was taken from.
        life: u32,
    },
    /// A timer fires.
    Timer {
        /// Whose.
        to: Pid,
        /// Of which incarnation.
        incarnation: u32,
        /// What the process said about it.
        token: Token,
    },
    /// A sync is done.
    Synced {
        /// Who asked.
        to: Pid,
        /// Of which incarnation.
        incarnation: u32,
        /// Everything below is on the device.
        position: u64,
        /// What the process said about it.
        token: Token,
    },
    /// A process hears that a connection was reset.
    Reset {
        /// Who hears it.
        to: Pid,
        /// Whom it was connected to.
        peer: Pid,
        /// To which incarnation; `u32::MAX`: it tried to connect, and nobody listened.
        incarnation: u32,
        /// Over which link it hears it; `u32::MAX`: its own machine gave the connection up.
        link: u32,
    },
    /// The machine of a sender sends again what was lost, whatever its processes do.
    Resend {
        /// Number of the connection's wait.
        stall: u32,
    },
    /// A process is asked to stop (SIGTERM).
    Stop {
        /// Which.
        to: Pid,
        /// Of which incarnation.
        incarnation: u32,
    },
    /// A machine that was frozen handles the next of what came meanwhile.
    Thaw {
        /// Which.
        node: NodeId,
    },
    /// A fault begins, ends, or goes on.
    Fault(fault::Step),
}

/// An event with the number of the event that scheduled it.
#[derive(Clone, Debug)]
pub struct Caused<M> {
    pub(super) cause: u64,
    pub(super) event: Event<M>,
}

/// A process as the kernel knows it.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub node: NodeId,
    pub incarnation: u32,
    pub alive: bool,
    pub channels: Vec<Channel>,
    /// Where the channels to processes with these last bits were found last: a guess.
    pub near: [u32; NEAR],
}

/// How many guesses a process keeps about its channels: a power of two.
pub(super) const NEAR: usize = 16;

impl Tenant {
    /// The channel to a process, if it is where it was found last.
    #[inline]
    fn guess(&mut self, to: Pid) -> Option<&mut Channel> {
        let at = self.near[to.index() % NEAR] as usize;
        self.channels.get_mut(at).filter(|c| c.peer == to)
    }

    /// The channel to a process, if there is one.
    #[inline]
    pub fn find(&mut self, to: Pid) -> Result<usize, usize> {
        let guess = &mut self.near[to.index() % NEAR];
        let at = *guess as usize;
        if self.channels.get(at).is_some_and(|c| c.peer == to) {
            return Ok(at);
        }
        let found = self.channels.binary_search_by_key(&to, |c| c.peer);
        if let Ok(at) = found {
            *guess = at as u32;
        }
        found
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
    pub(super) stalls: Stalls<M>,
    /// Who ends by itself with this event; with the code if it could not go on.
    pub(super) halted: Vec<(Pid, Option<u16>)>,
    /// Whether some machine may be frozen. Then each event is looked at before it happens.
    pub(super) frozen: bool,
}

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

/// A simulation: a world and the processes in it. `Clone` is a checkpoint.
#[derive(Clone, Debug)]
pub struct Sim<P: Process> {
    pub(super) core: Core<P::Message>,
    pub(super) processes: Vec<P>,
    pub(super) faults: Faults,
    digest: Digest,
}

impl<P: Process> Sim<P> {
    /// A world at time 0. The processes start, in their order, with the first steps. `names.processes` must describe them
    /// one by one; `names.nodes` is filled from the plan.
    pub fn new(seed: u64, plan: WorldPlan, mut names: Names, processes: Vec<P>) -> Self {
        names.nodes = plan.nodes.iter().map(|n| n.name.clone()).collect();
        let fault_name = |f: &FaultPlan| FaultName {
            label: f.label(),
            line: f.line,
            mends: f.action.mends(),
        };
        names.faults = plan.faults.iter().map(fault_name).collect();
        let hosts = plan
            .nodes
            .iter()
            .map(|n| Host::new(&n.host, seed, &n.name.name))
            .collect();
        let tenant = |p: &ProcessName| Tenant {
            node: p.node,
            incarnation: 0,
            alive: false,
            channels: Vec::new(),
            near: [0; NEAR],
        };
        let mut residents = Residents(vec![Vec::new(); plan.nodes.len()]);
        for (pid, process) in (0u32..).zip(&names.processes) {
            residents.0[process.node.index()].push(Pid(pid));
        }
        let core = Core {
            now: 0,
            event: 0,
            cause: 0,
            queue: EventQueue::with_tick(plan.network.tick_ns()),
            hosts,
            net: Network::new(seed, plan.network, plan.nodes.len()),
            tenants: names.processes.iter().map(tenant).collect(),
            residents,
            names: Arc::new(names),
            records: Vec::new(),
            stalls: Stalls::default(),
            halted: Vec::new(),
            frozen: false,
        };
        let faults = Faults::new(seed, plan.faults);
        let mut sim = Self {
            core,
            processes,
            faults,
            digest: Digest::default(),
        };
        for pid in 0..sim.processes.len() as u32 {
            let to = Pid(pid);
            sim.core.schedule(0, Event::Start { to, life: 0 });
        }
        sim.schedule_faults();
        sim
    }

    /// True virtual time, ns.
    pub fn now(&self) -> u64 {
        self.core.now
    }

    /// How many events have happened.
    pub fn events(&self) -> u64 {
        self.core.event
    }

    /// When the next event happens, `None` if nothing will.
    pub fn next_time(&self) -> Option<u64> {
        self.core.queue.next_time()
    }

    /// The digest so far.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What things are called.
    pub fn names(&self) -> &Arc<Names> {
        &self.core.names
    }

    /// The processes, by [`Pid`].
    pub fn processes(&self) -> &[P] {
        &self.processes
    }

    /// Whether a process lives.
    pub fn is_alive(&self, pid: Pid) -> bool {
        self.core.tenants[pid.index()].alive
    }

    /// A machine.
    pub fn host(&self, node: NodeId) -> &Host<P::Message, Caused<P::Message>> {
        &self.core.hosts[node.index()]
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.core.net
    }

    /// The processes of a node.
    pub fn residents(&self, node: NodeId) -> &[Pid] {
        self.core.residents.of(node)
    }

    /// The faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Lets one event happen. `false` if there was none at or before `until` (true time, ns).
    #[inline]
    pub fn step<O: Observer>(&mut self, until: u64, observer: &mut O) -> bool {
        let happened = self.happen(until);
        self.hand_over(observer);
        happened
    }

    /// Lets at most `events` events happen, none after `until`. `true` if it stopped because of `events`. The observer has
    /// seen everything when this returns; it is told in portions, which is quicker than event by event.
    pub fn play<O: Observer>(&mut self, until: u64, events: u64, observer: &mut O) -> bool {
        for _ in 0..events {
            if !self.happen(until) {
                self.hand_over(observer);
                return false;
            }
            if self.core.records.len() >= PORTION {
                self.hand_over(observer);
            }
        }
        self.hand_over(observer);
        true
    }

    /// Lets everything happen up to and including a moment.
    pub fn run_until<O: Observer>(&mut self, until: u64, observer: &mut O) {
        while self.play(until, u64::MAX, observer) {}
        self.digest.advance(until);
        self.core.now = self.core.now.max(until);
    }

    /// Lets one event happen, and keeps its records for [`Self::hand_over`].
    #[inline]
    fn happen(&mut self, until: u64) -> bool {
        let Some((time, caused)) = self.core.queue.pop_until(until) else {
            return false;
        };
        self.digest.advance(time);
        self.core.now = time;
        self.core.event += 1;
        self.core.cause = caused.cause;
        self.digest.words(time, caused.cause);
        let told = self.core.records.len();
        self.dispatch(caused);
        if !self.core.halted.is_empty() {
            self.end_halted();
        }
        for record in &self.core.records[told..] {
            record.fold(&mut self.digest);
        }
        true
    }

    #[inline]
    fn hand_over<O: Observer>(&mut self, observer: &mut O) {
        observer.records(&self.core.records);
        self.core.records.clear();
    }

    #[cold]
    fn end_halted(&mut self) {
        while let Some((pid, code)) = self.core.halted.pop() {
            self.end(pid, code);
        }
    }

    #[allow(
        clippy::inline_always,
        reason = "an event is large, and would be copied for each call"
    )]
    #[inline(always)]
    fn dispatch(&mut self, caused: Caused<P::Message>) {
        if self.core.frozen {
            self.dispatch_if_awake(caused);
        } else {
            self.act(caused.event);
        }
    }

    /// What comes to a frozen machine waits there.
    #[cold]
    #[inline(never)]
    fn dispatch_if_awake(&mut self, caused: Caused<P::Message>) {
        let to = match &caused.event {
            Event::Fault(_) | Event::Thaw { .. } | Event::Resend { .. } => {
                return self.act(caused.event);
            }
            Event::Start { to, .. }
            | Event::Arrive { to, .. }
            | Event::Served { to, .. }
            | Event::Timer { to, .. }
            | Event::Synced { to, .. }
            | Event::Reset { to, .. }
            | Event::Stop { to, .. } => *to,
        };
        let node = self.core.tenants[to.index()].node;
        let host = &mut self.core.hosts[node.index()];
        if host.is_frozen() {
            host.parked.push_back(caused);
        } else {
            self.act(caused.event);
        }
    }

    /// A machine that was frozen goes on with the next of what came meanwhile. One by one, each an event of its own, and
    /// what comes in between stands behind them.
    #[cold]
    #[inline(never)]
    fn thaw(&mut self, node: NodeId) {
        let host = &mut self.core.hosts[node.index()];
        if host.paused > 0 {
            return;
        }
        let Some(caused) = host.parked.pop_front() else {
            return self.core.look_for_frozen();
        };
        if host.parked.is_empty() {
            self.core.look_for_frozen();
        } else {
            self.core.schedule(0, Event::Thaw { node });
        }
        self.core.cause = caused.cause;
        self.act(caused.event);
    }

    /// What an event does on a machine that is not frozen.
    #[allow(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    fn act(&mut self, event: Event<P::Message>) {
        match event {
            Event::Start { to, life } => {
                let node = self.core.tenants[to.index()].node;
                if self.core.hosts[node.index()].life == life {
                    self.start(to);
                }
            }
            Event::Arrive {
                to,
                from,
                link,
                incarnation,
                message,
            } => self.arrive(to, from, link, incarnation, message),
            Event::Served {
                to,
                incarnation,
                from,
                message,
                life,
            } => {
                let node = self.core.tenants[to.index()].node;
                self.core.release_core(node, life);
                if self.is_current(to, incarnation) {
                    self.handle(to, from, message);
                }
                self.serve_waiting(node);
            }
            Event::Timer {
                to,
                incarnation,
                token,
            } => {
                if self.is_current(to, incarnation) {
                    let (process, mut ctx) = self.enter(to);
                    process.timer(token, &mut ctx);
                }
            }
            Event::Synced {
                to,
                incarnation,
                position,
                token,
            } => {
                // The device does it even for a process that died meanwhile.
                let node = self.core.tenants[to.index()].node;
                self.core.hosts[node.index()].disk.sync_to(position);
                if self.is_current(to, incarnation) {
                    let (process, mut ctx) = self.enter(to);
                    process.timer(token, &mut ctx);
                }
            }
            Event::Reset {
                to,
                peer,
                incarnation,
                link,
            } => {
                if self.core.hear_reset(to, peer, incarnation, link) {
                    let (process, mut ctx) = self.enter(to);
                    process.disconnected(peer, &mut ctx);
                }
            }
            Event::Stop { to, incarnation } => {
                if self.is_current(to, incarnation) {
                    let (process, mut ctx) = self.enter(to);
                    process.stop(&mut ctx);
                }
            }
            Event::Fault(step) => self.fault_step(step),
            Event::Thaw { node } => self.thaw(node),
            Event::Resend { stall } => self.core.resend(stall),
        }
    }

    fn is_current(&self, pid: Pid, incarnation: u32) -> bool {
        let tenant = &self.core.tenants[pid.index()];
        tenant.alive && tenant.incarnation == incarnation
    }

    pub(super) fn enter(&mut self, pid: Pid) -> (&mut P, Ctx<'_, P::Message>) {
        (
            &mut self.processes[pid.index()],
            Ctx {
                core: &mut self.core,
                me: pid,
            },
        )
    }

    fn start(&mut self, pid: Pid) {
        let tenant = &mut self.core.tenants[pid.index()];
        if tenant.alive || !self.core.hosts[tenant.node.index()].up {
            return;
        }
        tenant.alive = true;
        tenant.incarnation += 1;
        tenant
            .channels
            .iter_mut()
            .for_each(|c| c.incarnation = CLOSED);
        let incarnation = tenant.incarnation;
        self.core.record(pid, Fact::Started { incarnation });
        if incarnation > 1 {
            self.core.reset_peers(pid);
        }
        let (process, mut ctx) = self.enter(pid);
        process.start(&mut ctx);
    }

    fn arrive(&mut self, to: Pid, from: Pid, link: u32, meant_for: u32, message: P::Message) {
        self.core.net.traffic_mut(link).in_flight -= 1;
        if self.core.net.cut_on_arrival(link) {
            self.core.net.traffic_mut(link).dropped += 1;
            self.core.record(from, Fact::Dropped { to, why: Drop::Cut });
            return;
        }
        let tenant = &self.core.tenants[to.index()];
        if !tenant.alive || (meant_for != tenant.incarnation && meant_for != CLOSED) {
            let up = self.core.hosts[tenant.node.index()].up;
            let why = if up { Drop::Refused } else { Drop::Down };
            self.core.record(from, Fact::Dropped { to, why });
            if up {
                self.core.tell_reset(from, to, meant_for);
            }
            return;
        }
        if meant_for == CLOSED {
            self.core.connect(from, to);
        }
        let now = self.core.now;
        let cost = self.processes[to.index()].cost(&message, now);
        if cost == super::process::Cost::FREE {
            self.handle(to, from, message);
        } else {
            self.request(to, from, message, cost);
        }
    }

    fn handle(&mut self, to: Pid, from: Pid, message: P::Message) {
        let (process, mut ctx) = self.enter(to);
        process.message(from, message, &mut ctx);
    }

    /// The process dies by itself; its machine lives on.
    fn end(&mut self, pid: Pid, code: Option<u16>) {
        let tenant = &self.core.tenants[pid.index()];
        let node = tenant.node;
        if tenant.alive {
            let how = code.map_or(Fact::Stopped, |code| Fact::Halted { code });
            self.core.record(pid, how);
            self.bury_process(pid, false);
            self.tell_if_gone(node);
        }
    }
}

impl<M: Clone> Core<M> {
    /// Something may have been frozen, or may not be any more.
    pub(super) fn look_for_frozen(&mut self) {
        let is_frozen = |h: &Host<M, Caused<M>>| h.paused > 0 || !h.parked.is_empty();
        self.frozen = self.hosts.iter().any(is_frozen);
    }

    #[inline]
    pub(super) fn schedule(&mut self, after_ns: u64, event: Event<M>) -> Ticket {
        self.schedule_at(self.now.saturating_add(after_ns), event)
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
    }

    /// The channel from one process to another, opened if need be.
    pub(super) fn channel(&mut self, from: Pid, to: Pid) -> usize {
        match self.tenants[from.index()].find(to) {
            Ok(at) => at,
            Err(at) => {
                let (a, b) = (
                    self.tenants[from.index()].node,
                    self.tenants[to.index()].node,
                );
                let names = &self.names;
                let link = self
                    .net
                    .link_index(a, b, || format!("{}→{}", names.node(a), names.node(b)));
                let channel = Channel {
                    peer: to,
                    link,
                    last_arrival: 0,
                    last_served: 0,
                    incarnation: CLOSED,
                };
                self.tenants[from.index()].channels.insert(at, channel);
                at
            }
        }
    }

    pub(super) fn send(&mut self, from: Pid, to: Pid, message: M, bytes: u32) {
        if self.tenants[from.index()]
            .guess(to)
            .is_none_or(|c| c.incarnation == CLOSED)
        {
            self.open_channel(from, to);
        }
        let Some(channel) = self.tenants[from.index()].guess(to) else {
            return;
        };
        let (link, incarnation) = (channel.link, channel.incarnation);
        let sent = self.net.send(link, self.now, bytes);
        let mut time = sent.at;
        if sent.in_order {
            time = time.max(channel.last_arrival);
            channel.last_arrival = time;
        }
        let Trouble::None = sent.trouble else {
            let mail = Troubled {
                from,
                to,
                link,
                incarnation,
                message,
                bytes,
            };
            return self.send_troubled(mail, &sent, time);
        };
        let event = Event::Arrive {
            to,
            from,
            link,
            incarnation,
            message,
        };
        self.schedule_at(time, event);
    }

    /// Makes the channel the one that is guessed, and connects it if somebody listens.
    #[cold]
    #[inline(never)]
    fn open_channel(&mut self, from: Pid, to: Pid) {
        let at = self.channel(from, to);
        let peer = &self.tenants[to.index()];
        let listening = if peer.alive { peer.incarnation } else { CLOSED };
        let tenant = &mut self.tenants[from.index()];
        tenant.near[to.index() % NEAR] = at as u32;
        let channel = &mut tenant.channels[at];
        if channel.incarnation == CLOSED {
            channel.incarnation = listening;
            channel.last_served = 0;
        }
    }

    /// A message reached somebody new: the sender is connected from now on.
    #[cold]
    fn connect(&mut self, from: Pid, to: Pid) {
        let current = self.tenants[to.index()].incarnation;
        let at = self.channel(from, to);
        let channel = &mut self.tenants[from.index()].channels[at];
        if channel.incarnation == CLOSED {
            channel.incarnation = current;
        }
    }

    pub(super) fn sync(&mut self, pid: Pid, token: Token) {
        let tenant = &self.tenants[pid.index()];
        let (node, incarnation) = (tenant.node, tenant.incarnation);
        let host = &mut self.hosts[node.index()];
        let position = host.disk.written();
        let time = host.disk.time_ns(0, true, &mut host.disk_stream);
        let event = Event::Synced {
            to: pid,
            incarnation,
            position,
            token,
        };
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

    /// `hearer` is told that its connection to an incarnation of `peer` is gone, if the way back is open. It travels behind
    /// what the peer sent before.
    pub(super) fn tell_reset(&mut self, hearer: Pid, peer: Pid, incarnation: u32) {
        let at = self.channel(peer, hearer);
        let link = self.tenants[peer.index()].channels[at].link;
        let sent = self.net.send(link, self.now, RESET_BYTES);
        let arrives = match sent.trouble {
            Trouble::None | Trouble::Perhaps => 1,
            Trouble::Again(_) => 2,
            // Nobody sends a reset again: who does not hear it is told when he sends something.
            Trouble::Lost(_) => {
                let traffic = self.net.traffic_mut(link);
                traffic.in_flight -= 1;
                traffic.dropped += 1;
                return;
            }
            Trouble::Dropped(_) => return,
        };
        let time = sent.at;
        self.net.traffic_mut(link).in_flight -= arrives;
        let channel = &mut self.tenants[peer.index()].channels[at];
        channel.last_arrival = channel.last_arrival.max(time);
        let after = channel.last_arrival - self.now;
        let event = Event::Reset {
            to: hearer,
            peer,
            incarnation,
            link,
        };
        self.schedule(after, event);
    }

    /// Whether a reset is news to somebody who lives: a connection is reset once, and one that was opened anew stays.
    fn hear_reset(&mut self, hearer: Pid, peer: Pid, incarnation: u32, link: u32) -> bool {
        if !self.tenants[hearer.index()].alive || (link != NO_LINK && self.net.cut_on_arrival(link))
        {
            return false;
        }
        let at = self.channel(hearer, peer);
        let channel = &mut self.tenants[hearer.index()].channels[at];
        let news = channel.incarnation == incarnation;
        if news {
            channel.incarnation = CLOSED;
            self.forget_stalled(hearer, Some(peer));
        }
        news
    }

    /// Everybody who is connected to an earlier incarnation of a process is told that the connection is gone: at once when
    /// the process dies, and again when it is back, for those whom nothing could be told then (no power, a cut).
    pub(super) fn reset_peers(&mut self, pid: Pid) {
        let current = self.tenants[pid.index()].incarnation;
        let alive = self.tenants[pid.index()].alive;
        for hearer in 0..self.tenants.len() as u32 {
            let tenant = &self.tenants[hearer as usize];
            if !tenant.alive || hearer == pid.0 {
                continue;
            }
            let Ok(at) = tenant.channels.binary_search_by_key(&pid, |c| c.peer) else {
                continue;
            };
            let known = tenant.channels[at].incarnation;
            if known != CLOSED && !(alive && known == current) {
                self.tell_reset(Pid(hearer), pid, known);
            }
        }
    }
}

/// How many records are handed over at once: few enough to be still near, enough that the code that reads them is fetched
/// once for many.
const PORTION: usize = 128;

/// A TCP segment without data: IP and TCP headers.
const RESET_BYTES: u32 = 40;
