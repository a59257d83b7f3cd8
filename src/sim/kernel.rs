//! The kernel: takes the next event, lets the process it concerns handle it, and tells the observers.
//!
//! A run is a pure function of the plan and the seed: whoever calls [`Sim::step`], in portions of whatever size, sees the
//! same records and gets the same digest.

use std::sync::Arc;

use super::digest::Digest;
use super::event::{Caused, Event, Rare};
use super::fault::{FaultPlan, Faults};
use super::host::{Host, HostPlan, Residents};
use super::names::{FaultName, Names, NodeName, ProcessName};
use super::net::{CLOSED, Channel, Network, NetworkPlan, Trouble};
use super::process::{Ctx, Process, Token};
use super::queue::{EventQueue, Ticket};
use super::record::{Drop, Fact, Observer, Record};
use super::tcp::{NO_LINK, Stalls, Troubled};
use super::{NodeId, Pid};

/// A process as the kernel knows it.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub node: NodeId,
    /// The last.
    pub incarnation: u32,
    /// The incarnation that lives; `DEAD` if none does.
    current: u32,
    pub channels: Vec<Channel>,
    /// Where the channels to processes with these last bits were found last: a guess.
    pub near: [u32; NEAR],
}

/// How many guesses a process keeps about its channels: a power of two.
pub(super) const NEAR: usize = 16;

/// No incarnation; not [`CLOSED`], so that it is equal to none that a message is meant for.
const DEAD: u32 = u32::MAX - 1;

impl Tenant {
    /// Whether it lives.
    #[inline]
    pub fn alive(&self) -> bool {
        self.current != DEAD
    }

    /// It dies.
    pub fn bury(&mut self) {
        self.current = DEAD;
    }

    /// The channel to a process, if it is open and where it was found last.
    #[inline]
    fn guess(&mut self, to: Pid) -> Option<&mut Channel> {
        let at = self.near[to.index() % NEAR] as usize;
        let channel = self.channels.get_mut(at)?;
        (channel.peer == to && channel.incarnation != CLOSED).then_some(channel)
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
    /// How many of them are in the digest.
    folded: usize,
    pub(super) stalls: Stalls<M>,
    /// Who ends by itself with this event; with the code if it could not go on.
    halted: Vec<(Pid, Option<u16>)>,
    /// Whether some machine may be frozen. Then each event is looked at before it happens.
    frozen: bool,
    /// Whether something is to be looked at before the next event: frozen machines, processes that ended by themselves, or
    /// many records.
    attention: bool,
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
            current: DEAD,
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
            folded: 0,
            stalls: Stalls::default(),
            halted: Vec::new(),
            frozen: false,
            attention: false,
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
            sim.core.schedule(0, Rare::Start { to, life: 0 }.into());
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
        self.core.tenants[pid.index()].alive()
    }

    /// A machine.
    pub fn host(&self, node: NodeId) -> &Host<P::Message, Caused<P::Message>> {
        &self.core.hosts[node.index()]
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.core.net
    }

    /// How many messages are on their way now on each of the network's links, also those that wait until they are sent
    /// again. It looks through all that is going to happen: for a picture, not for each event.
    pub fn on_their_way(&self) -> Vec<u32> {
        let mut counts = vec![0; self.core.net.links().len()];
        let parked = self.core.hosts.iter().flat_map(|host| &host.parked);
        for caused in self.core.queue.iter().chain(parked) {
            if let Event::Arrive { link, .. } = caused.event {
                counts[link as usize] += 1;
            }
        }
        for (link, waiting) in self.core.stalls.waiting() {
            counts[link as usize] += waiting;
        }
        counts
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
        let happened = self.portion(until, 1);
        self.hand_over(observer);
        happened
    }

    /// Lets at most `events` events happen, none after `until`. `true` if it stopped because of `events`. The observer has
    /// seen everything when this returns; it is told in portions, which is quicker than event by event.
    pub fn play<O: Observer>(&mut self, until: u64, events: u64, observer: &mut O) -> bool {
        let mut left = events;
        loop {
            let before = self.core.event;
            let more = self.portion(until, left);
            left -= self.core.event - before;
            self.hand_over(observer);
            if !more || left == 0 {
                return more;
            }
        }
    }

    /// Lets events happen as long as their records are few. `false` if none is left at or before `until`.
    #[inline(never)]
    fn portion(&mut self, until: u64, events: u64) -> bool {
        let mut more = true;
        for _ in 0..events {
            if self.core.attention {
                self.end_halted();
                if self.core.records.len() >= PORTION {
                    break;
                }
                if self.core.frozen {
                    more = self.happen_if_awake(until);
                    if more {
                        continue;
                    }
                    break;
                }
            }
            more = self.happen(until);
            if !more {
                break;
            }
        }
        self.end_halted();
        more
    }

    /// Lets everything happen up to and including a moment.
    pub fn run_until<O: Observer>(&mut self, until: u64, observer: &mut O) {
        while self.play(until, u64::MAX, observer) {}
        self.digest.advance(until);
        self.core.now = self.core.now.max(until);
    }

    /// Lets one event happen, and keeps its records for [`Self::hand_over`].
    #[allow(
        clippy::inline_always,
        reason = "it is the body of a loop, in one place"
    )]
    #[inline(always)]
    fn happen(&mut self, until: u64) -> bool {
        loop {
            let Some((time, place)) = self.core.queue.due(until) else {
                return false;
            };
            if let Some(Caused { cause, event }) = self.core.queue.take(place) {
                self.begin(time, cause);
                self.act(event);
                return true;
            }
        }
    }

    #[inline]
    fn begin(&mut self, time: u64, cause: u64) {
        if self.digest.is_over(time) {
            self.close_second(time);
        }
        self.core.now = time;
        self.core.event += 1;
        self.core.cause = cause;
        self.digest.words(time, cause);
    }

    #[cold]
    #[inline(never)]
    fn close_second(&mut self, time: u64) {
        self.fold();
        self.digest.advance(time);
    }

    fn fold(&mut self) {
        for record in &self.core.records[self.core.folded..] {
            record.fold(&mut self.digest);
        }
        self.core.folded = self.core.records.len();
    }

    #[inline]
    fn hand_over<O: Observer>(&mut self, observer: &mut O) {
        self.fold();
        observer.records(&self.core.records);
        self.core.records.clear();
        self.core.folded = 0;
    }

    /// Processes that ended by themselves with the last event are gone.
    fn end_halted(&mut self) {
        while let Some((pid, code)) = self.core.halted.pop() {
            self.end(pid, code);
        }
        self.core.attention = self.core.frozen;
    }

    /// Lets an event happen where some machine may be frozen: what comes to it waits there.
    #[cold]
    #[inline(never)]
    fn happen_if_awake(&mut self, until: u64) -> bool {
        let Some((time, caused)) = self.core.queue.pop_until(until) else {
            return false;
        };
        self.begin(time, caused.cause);
        let node = caused
            .event
            .process()
            .map(|to| self.core.tenants[to.index()].node);
        match node.map(|node| &mut self.core.hosts[node.index()]) {
            Some(host) if host.is_frozen() => host.parked.push_back(caused),
            _ => self.act_later(caused.event),
        }
        true
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
            self.core.schedule(0, Rare::Thaw { node }.into());
        }
        self.core.cause = caused.cause;
        self.act_later(caused.event);
    }

    #[inline(never)]
    fn act_later(&mut self, event: Event<P::Message>) {
        self.act(event);
    }

    /// What an event does on a machine that is not frozen.
    #[allow(
        clippy::inline_always,
        reason = "an event is large, and would be copied for each call"
    )]
    #[inline(always)]
    fn act(&mut self, event: Event<P::Message>) {
        // The most frequent first, and not through a table.
        if let Event::Arrive {
            to,
            from,
            link,
            incarnation,
            message,
            ..
        } = event
        {
            return self.arrive(to, from, link, incarnation, message);
        }
        match event {
            Event::Arrive { .. } => {}
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
            Event::Rare(Rare::Start { to, life }) => self.start_if_same(to, life),
            Event::Rare(Rare::Synced {
                to,
                incarnation,
                position,
                token,
            }) => self.synced(to, incarnation, position, token),
            Event::Rare(Rare::Reset {
                to,
                peer,
                incarnation,
                link,
            }) => self.disconnected(to, peer, incarnation, link),
            Event::Rare(Rare::Stop { to, incarnation }) => self.stop(to, incarnation),
            Event::Rare(Rare::Fault(step)) => self.fault_step(step),
            Event::Rare(Rare::Thaw { node }) => self.thaw(node),
            Event::Rare(Rare::Resend { stall }) => self.core.resend(stall),
        }
    }

    #[cold]
    #[inline(never)]
    fn start_if_same(&mut self, to: Pid, life: u32) {
        let node = self.core.tenants[to.index()].node;
        if self.core.hosts[node.index()].life == life {
            self.start(to);
        }
    }

    #[inline(never)]
    fn synced(&mut self, to: Pid, incarnation: u32, position: u64, token: Token) {
        // The device does it even for a process that died meanwhile.
        let node = self.core.tenants[to.index()].node;
        self.core.hosts[node.index()].disk.sync_to(position);
        if self.is_current(to, incarnation) {
            let (process, mut ctx) = self.enter(to);
            process.timer(token, &mut ctx);
        }
    }

    #[cold]
    #[inline(never)]
    fn disconnected(&mut self, to: Pid, peer: Pid, incarnation: u32, link: u32) {
        if self.core.hear_reset(to, peer, incarnation, link) {
            let (process, mut ctx) = self.enter(to);
            process.disconnected(peer, &mut ctx);
        }
    }

    #[cold]
    #[inline(never)]
    fn stop(&mut self, to: Pid, incarnation: u32) {
        if self.is_current(to, incarnation) {
            let (process, mut ctx) = self.enter(to);
            process.stop(&mut ctx);
        }
    }

    #[inline]
    fn is_current(&self, pid: Pid, incarnation: u32) -> bool {
        self.core.tenants[pid.index()].current == incarnation
    }

    #[inline]
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
        if tenant.alive() || !self.core.hosts[tenant.node.index()].up {
            return;
        }
        tenant.incarnation += 1;
        tenant.current = tenant.incarnation;
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

    #[inline]
    fn arrive(&mut self, to: Pid, from: Pid, link: u32, meant_for: u32, message: P::Message) {
        if (self.core.net.has_cuts() || !self.is_current(to, meant_for))
            && !self.core.gets_through(to, from, link, meant_for)
        {
            return;
        }
        let cost = self.processes[to.index()].cost(&message, self.core.now);
        if cost == super::process::Cost::FREE {
            self.handle(to, from, message);
        } else {
            self.request(to, from, message, cost);
        }
    }

    #[inline]
    fn handle(&mut self, to: Pid, from: Pid, message: P::Message) {
        let (process, mut ctx) = self.enter(to);
        process.message(from, message, &mut ctx);
    }

    /// The process dies by itself; its machine lives on.
    fn end(&mut self, pid: Pid, code: Option<u16>) {
        let tenant = &self.core.tenants[pid.index()];
        let node = tenant.node;
        if tenant.alive() {
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
        let clock = &self.hosts[tenant.node.index()].clock;
        let time = self.now.saturating_add(clock.true_ns(after_ns));
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

    /// Whether a message that arrives under a cut, or for an incarnation that does not live, reaches anybody.
    #[cold]
    #[inline(never)]
    fn gets_through(&mut self, to: Pid, from: Pid, link: u32, meant_for: u32) -> bool {
        if self.net.cut_on_arrival(link) {
            self.net.traffic_mut(link).dropped += 1;
            self.record(from, Fact::Dropped { to, why: Drop::Cut });
            return false;
        }
        let tenant = &self.tenants[to.index()];
        if !tenant.alive() || (meant_for != tenant.incarnation && meant_for != CLOSED) {
            let up = self.hosts[tenant.node.index()].up;
            let why = if up { Drop::Refused } else { Drop::Down };
            self.record(from, Fact::Dropped { to, why });
            if up {
                self.tell_reset(from, to, meant_for);
            }
            return false;
        }
        if meant_for == CLOSED {
            self.connect(from, to);
        }
        true
    }

    pub(super) fn send(&mut self, from: Pid, to: Pid, message: M, bytes: u32) {
        let Some((time, link, incarnation)) = self.send_quickly(from, to, bytes) else {
            return self.send_slowly(from, to, message, bytes);
        };
        let event = Event::Arrive {
            to,
            from,
            link,
            incarnation,
            bytes,
            message,
        };
        self.schedule_at(time, event);
    }

    /// When a message arrives that goes over an open connection on a link without any trouble, over which link, and for
    /// which incarnation; `None`, and nothing has changed, if it is not as simple as that.
    #[inline]
    fn send_quickly(&mut self, from: Pid, to: Pid, bytes: u32) -> Option<(u64, u32, u32)> {
        let channel = self.tenants.get_mut(from.index())?.guess(to)?;
        let latency = self.net.send_quickly(channel.link, bytes)?;
        let time = self.now.saturating_add(latency).max(channel.last_arrival);
        channel.last_arrival = time;
        Some((time, channel.link, channel.incarnation))
    }

    #[inline(never)]
    fn send_slowly(&mut self, from: Pid, to: Pid, message: M, bytes: u32) {
        if self.tenants[from.index()].guess(to).is_none() {
            self.open_channel(from, to);
        }
        let Ok(at) = self.tenants[from.index()].find(to) else {
            return;
        };
        let channel = &mut self.tenants[from.index()].channels[at];
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
            bytes,
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
        let listening = if peer.alive() {
            peer.incarnation
        } else {
            CLOSED
        };
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

    /// `hearer` is told that its connection to an incarnation of `peer` is gone, if the way back is open. It travels behind
    /// what the peer sent before.
    pub(super) fn tell_reset(&mut self, hearer: Pid, peer: Pid, incarnation: u32) {
        let at = self.channel(peer, hearer);
        let link = self.tenants[peer.index()].channels[at].link;
        let sent = self.net.send(link, self.now, RESET_BYTES);
        match sent.trouble {
            Trouble::None | Trouble::Perhaps | Trouble::Again(_) => {}
            // Nobody sends a reset again: who does not hear it is told when he sends something.
            Trouble::Lost(_) => {
                self.net.traffic_mut(link).dropped += 1;
                return;
            }
            Trouble::Dropped(_) => return,
        }
        let time = sent.at;
        let channel = &mut self.tenants[peer.index()].channels[at];
        channel.last_arrival = channel.last_arrival.max(time);
        let after = channel.last_arrival - self.now;
        let event = Rare::Reset {
            to: hearer,
            peer,
            incarnation,
            link,
        }
        .into();
        self.schedule(after, event);
    }

    /// Whether a reset is news to somebody who lives: a connection is reset once, and one that was opened anew stays.
    fn hear_reset(&mut self, hearer: Pid, peer: Pid, incarnation: u32, link: u32) -> bool {
        if !self.tenants[hearer.index()].alive()
            || (link != NO_LINK && self.net.cut_on_arrival(link))
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
        let alive = self.tenants[pid.index()].alive();
        for hearer in 0..self.tenants.len() as u32 {
            let tenant = &self.tenants[hearer as usize];
            if !tenant.alive() || hearer == pid.0 {
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
