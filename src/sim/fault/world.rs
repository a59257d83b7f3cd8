//! What a fault may do to the world.

use std::sync::Arc;

use super::super::event::{Caused, Event, Rare};
use super::super::host::Host;
use super::super::kernel::Sim;
use super::super::net::Effect;
use super::super::process::{Ctx, Process, Role};
use super::super::record::{Drop, Fact};
use super::super::stream::Stream;
use super::super::{Names, NodeId, Pid};
use super::{Step, Target, heal};

/// The world as a fault sees it.
pub struct World<'a, P: Process> {
    pub(super) sim: &'a mut Sim<P>,
    pub(super) fault: u32,
    pub(super) active: u32,
}

impl<P: Process> World<'_, P> {
    /// True time, ns.
    pub fn now(&self) -> u64 {
        self.sim.core.now
    }

    /// The fault's own random numbers for times. Whom it chooses is drawn elsewhere ([`Self::draw`]), so that one node more
    /// moves no moment.
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.sim.faults.streams[self.fault as usize].times
    }

    /// The nodes a target means just now: sorted, each once.
    pub fn resolve(&mut self, target: &Target) -> Vec<NodeId> {
        let mut nodes = self.resolve_any(target);
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    fn resolve_any(&mut self, target: &Target) -> Vec<NodeId> {
        match target {
            Target::Name(name) => self.sim.core.names.find_nodes(name).unwrap_or_default(),
            Target::All => self.all(),
            Target::Nodes(list) => list.iter().flat_map(|t| self.resolve(t)).collect(),
            Target::Zone(zone) => self.sim.core.names.zone(zone),
            Target::AnyOf(set, n) => {
                let nodes = self.sim.core.names.find_nodes(set).unwrap_or_default();
                self.draw(nodes, *n)
            }
            Target::AllBut(but) => {
                let but = self.resolve(but);
                self.all()
                    .into_iter()
                    .filter(|n| !but.contains(n))
                    .collect()
            }
            Target::LeaderOf(queue) => self.who_plays(&Role::Leader(queue.clone())),
            Target::FollowersOf(queue) => self.who_plays(&Role::Follower(queue.clone())),
            Target::FollowerOf(queue) => {
                let nodes = self.who_plays(&Role::Follower(queue.clone()));
                self.draw(nodes, 1)
            }
            Target::CoordinatorOf(group) => self.who_plays(&Role::Coordinator(group.clone())),
            Target::ControllerOf(system) => self.who_plays(&Role::Controller(system.clone())),
            Target::Controller => self.who_plays(&Role::Controller(String::new())),
        }
    }

    /// All nodes.
    pub fn all(&self) -> Vec<NodeId> {
        (0..self.sim.core.hosts.len() as u32).map(NodeId).collect()
    }

    /// So many of some nodes, by chance, in their order.
    pub fn draw(&mut self, mut nodes: Vec<NodeId>, n: u32) -> Vec<NodeId> {
        self.sim.faults.streams[self.fault as usize]
            .choices
            .shuffle(&mut nodes);
        nodes.truncate(n as usize);
        nodes.sort_unstable();
        nodes
    }

    fn who_plays(&self, role: &Role) -> Vec<NodeId> {
        let mut pids: Vec<Pid> = Vec::new();
        for process in &self.sim.processes {
            process.nominate(role, &self.sim.core.names, &mut pids);
        }
        pids.iter()
            .map(|p| self.sim.core.tenants[p.index()].node)
            .collect()
    }

    /// The processes on a node die and stay dead until this fault releases them; the machine lives on.
    pub fn crash(&mut self, node: NodeId) {
        self.hold_down(node, false);
    }

    /// The machine dies, and stays dead until this fault releases it.
    pub fn power_loss(&mut self, node: NodeId) {
        self.hold_down(node, true);
    }

    fn hold_down(&mut self, node: NodeId, power: bool) {
        let active = self.active;
        self.host(node).down_by.push((active, power));
        self.sim.crash_node(node, power);
    }

    /// The processes on a node are asked to stop (SIGTERM), and stay down until this fault releases them. A frozen machine
    /// hears of it when it goes on. When the last is gone the fault is told, with [`super::Fault::tick`] and this tag.
    pub fn stop(&mut self, node: NodeId, tag: u64) {
        let active = self.active;
        let host = self.host(node);
        host.down_by.push((active, false));
        host.stopping.push((active, tag));
        for at in 0..self.sim.core.residents.of(node).len() {
            let to = self.sim.core.residents.of(node)[at];
            let tenant = &self.sim.core.tenants[to.index()];
            if tenant.alive() {
                let incarnation = tenant.incarnation;
                self.sim
                    .core
                    .schedule(0, Rare::Stop { to, incarnation }.into());
            }
        }
        self.sim.tell_if_gone(node);
    }

    /// What has not stopped yet although this fault asked for it is killed (SIGKILL).
    pub fn kill_stopping(&mut self, node: NodeId) {
        let active = self.active;
        if self.host(node).stopping.iter().any(|s| s.0 == active) {
            self.sim.crash_node(node, false);
        }
    }

    /// Whether the machine has power and all its processes live.
    pub fn is_well(&self, node: NodeId) -> bool {
        let alive = |p: &Pid| self.sim.core.tenants[p.index()].alive();
        self.sim.core.hosts[node.index()].up && self.sim.core.residents.of(node).iter().all(alive)
    }

    /// This fault no longer keeps a node down. If no other does, what is dead on it starts.
    pub fn release(&mut self, node: NodeId) {
        let active = self.active;
        let host = self.host(node);
        let before = host.down_by.len();
        host.down_by.retain(|d| d.0 != active);
        if host.down_by.len() == before {
            return;
        }
        host.up = !host.down_by.iter().any(|d| d.1);
        let still_stops = host.stopping.iter().any(|s| s.0 == active);
        host.stopping.retain(|s| s.0 != active);
        if host.down_by.is_empty() {
            // Who starts a service anew that has not stopped yet kills it first.
            if still_stops {
                self.sim.crash_node(node, false);
            }
            self.start_dead(node);
        }
    }

    /// What is dead on a node starts, whatever kept it down; what lives goes on. A fault that kept nothing else down is
    /// over with it.
    pub fn restart(&mut self, node: NodeId) {
        let host = self.host(node);
        host.up = true;
        let freed = std::mem::take(&mut host.down_by);
        if !std::mem::take(&mut host.stopping).is_empty() {
            self.sim.crash_node(node, false);
        }
        self.start_dead(node);
        for (active, _) in freed {
            let holds = |h: &Host<_, _>| h.down_by.iter().any(|d| d.0 == active);
            let fault = self.sim.faults.active[active as usize].fault;
            let kind = self.sim.faults.plans[fault as usize].action.heals_as();
            let only_down = kind == Some(heal::What::Nodes) && active != self.active;
            if only_down && !self.sim.core.hosts.iter().any(holds) {
                self.sim.end_fault(active);
            }
        }
    }

    fn start_dead(&mut self, node: NodeId) {
        let life = self.host(node).life;
        for at in 0..self.sim.core.residents.of(node).len() {
            let to = self.sim.core.residents.of(node)[at];
            if !self.sim.core.tenants[to.index()].alive() {
                self.sim.core.schedule(0, Rare::Start { to, life }.into());
            }
        }
    }

    /// The node freezes: nothing on it happens until as many resumes have been called. What a core was at work on is done
    /// at its time, or when the node goes on, whichever is later.
    pub fn pause(&mut self, node: NodeId) {
        let host = self.host(node);
        host.paused += 1;
        if host.paused == 1 {
            self.sim.core.freeze();
            self.sim
                .core
                .record(super::Record::NOBODY, Fact::Paused { node });
        }
    }

    /// Undoes one pause; with the last, all that came meanwhile happens now, in its order.
    pub fn resume(&mut self, node: NodeId) {
        let host = self.host(node);
        if host.paused != 1 {
            host.paused = host.paused.saturating_sub(1);
            return;
        }
        host.paused = 0;
        let waits = !host.parked.is_empty();
        self.sim.core.look_for_frozen();
        if waits {
            self.sim.core.schedule(0, Rare::Thaw { node }.into());
        }
        self.sim
            .core
            .record(super::Record::NOBODY, Fact::Resumed { node });
    }

    /// A node's machine, to be changed.
    pub(super) fn host(&mut self, node: NodeId) -> &mut Host<P::Message, Caused<P::Message>> {
        &mut self.sim.core.hosts[node.index()]
    }

    /// A node's CPU serves this many times slower (in thousandths: 3000 is three times).
    pub fn slow_cpu(&mut self, node: NodeId, milli: u64) {
        let active = self.active;
        self.host(node).slow.add(active, milli);
    }

    /// Undoes this fault's [`Self::slow_cpu`].
    pub fn unslow_cpu(&mut self, node: NodeId) {
        let active = self.active;
        self.host(node).slow.remove(active);
    }

    /// A node's disk serves this many times slower, in thousandths.
    pub fn slow_disk(&mut self, node: NodeId, milli: u64) {
        let active = self.active;
        self.host(node).disk.slow.add(active, milli);
    }

    /// Undoes this fault's [`Self::slow_disk`].
    pub fn unslow_disk(&mut self, node: NodeId) {
        let active = self.active;
        self.host(node).disk.slow.remove(active);
    }

    /// A node's disk begins no write and no sync until as many undoings have been called.
    pub fn stall_disk(&mut self, node: NodeId) {
        self.host(node).disk.stalled += 1;
    }

    /// Undoes one stall; with the last, what waited for the disk goes on.
    pub fn unstall_disk(&mut self, node: NodeId) {
        let disk = &mut self.host(node).disk;
        disk.stalled = disk.stalled.saturating_sub(1);
        if disk.stalled == 0 {
            self.sim.core.unstall(node);
        }
    }

    /// A node's disk has no room until as many undoings have been called.
    pub fn fill_disk(&mut self, node: NodeId) {
        self.host(node).disk.full += 1;
    }

    /// Undoes one [`Self::fill_disk`].
    pub fn unfill_disk(&mut self, node: NodeId) {
        let disk = &mut self.host(node).disk;
        disk.full = disk.full.saturating_sub(1);
    }

    /// What a node's disk has not synced is lost, and nobody notices before the process on it starts again.
    pub fn lose_unsynced(&mut self, node: NodeId) {
        let now = self.now();
        self.host(node).disk.lose_unsynced(now);
    }

    /// A node's clock jumps.
    pub fn step_clock(&mut self, node: NodeId, by_ns: i64) {
        self.host(node).clock.step(by_ns);
    }

    /// A node's clock runs faster from now on, by so many billionths; the opposite number undoes it.
    pub fn add_drift(&mut self, node: NodeId, ppb: i64) {
        let now = self.now();
        self.host(node).clock.add_drift(now, ppb);
        self.sim.core.drifts = true;
    }

    /// Cuts some nodes off from all others, in both directions; among themselves they reach one another.
    pub fn isolate(&mut self, nodes: &[NodeId]) -> Vec<u32> {
        let mut others = self.all();
        others.retain(|n| !nodes.contains(n));
        self.impair_ways(nodes, &others, false, &Effect::Cut)
    }

    /// Puts an effect on the links between two sets of nodes, in one direction or in both.
    pub fn impair_ways(
        &mut self,
        from: &[NodeId],
        to: &[NodeId],
        one_way: bool,
        effect: &Effect,
    ) -> Vec<u32> {
        let mut effects = vec![self.impair(from, to, effect.clone())];
        if !one_way {
            effects.push(self.impair(to, from, effect.clone()));
        }
        effects
    }

    /// Tells that the fault takes hold of one more node.
    pub fn tell(&mut self, node: NodeId) {
        let fact = Fact::FaultBegan {
            fault: self.fault,
            node: Some(node),
        };
        self.sim.core.record(super::Record::NOBODY, fact);
    }

    /// This fault has done all it was to do: it ends, as if its duration were over.
    pub fn finish(&mut self) {
        let active = self.active;
        self.sim
            .core
            .schedule(0, Rare::Fault(Step::End { active }).into());
    }

    /// Puts an effect on the links from some nodes to some others; the number undoes it.
    pub fn impair(&mut self, from: &[NodeId], to: &[NodeId], effect: Effect) -> u32 {
        self.sim
            .core
            .net
            .apply(Arc::from(from), Arc::from(to), effect)
    }

    /// Takes an effect away.
    pub fn repair(&mut self, effect: u32) {
        self.sim.core.net.remove(effect);
    }

    /// Calls [`super::Fault::tick`] later, as long as the fault is at work.
    pub fn later(&mut self, after_ns: u64, tag: u64) {
        let active = self.active;
        self.sim
            .core
            .schedule(after_ns, Rare::Fault(Step::Tick { active, tag }).into());
    }

    /// Ends the faults at work that a heal undoes.
    pub fn heal(&mut self, what: heal::What) {
        let mut spared = Spared::default();
        for active in 0..self.sim.faults.active.len() as u32 {
            let entry = &self.sim.faults.active[active as usize];
            let action = &self.sim.faults.plans[entry.fault as usize].action;
            let kind = action.heals_as();
            if active == self.active || entry.until_ns.is_some() || !what.covers(kind) {
                continue;
            }
            let may_stay =
                what == heal::What::Majority && kind.is_some_and(heal::What::is_of_nodes);
            if !(may_stay && spared.spare(&entry.hold.nodes, &self.sim.core.names)) {
                self.sim.end_fault(active);
            }
        }
    }
}

/// The nodes that a heal of the majority leaves as they are.
#[derive(Default)]
struct Spared(Vec<NodeId>);

impl Spared {
    /// Leaves some nodes as they are, if that leaves a majority of each system and workload well; whether it does.
    fn spare(&mut self, nodes: &[NodeId], names: &Names) -> bool {
        let mut all = self.0.clone();
        all.extend_from_slice(nodes);
        all.sort_unstable();
        all.dedup();
        let are_few =
            |set: &[NodeId]| 2 * set.iter().filter(|n| all.contains(n)).count() < set.len();
        let may = !nodes.is_empty() && names.teams().iter().all(|set| are_few(set));
        if may {
            self.0 = all;
        }
        may
    }
}

impl<P: Process> Sim<P> {
    pub(in super::super) fn crash_node(&mut self, node: NodeId, power: bool) {
        let host = &mut self.core.hosts[node.index()];
        if power {
            host.up = false;
        }
        for at in 0..self.core.residents.of(node).len() {
            let pid = self.core.residents.of(node)[at];
            if self.core.tenants[pid.index()].alive() {
                self.kill_process(pid, power);
            } else {
                // It cannot die twice, but its bytes can still be lost.
                self.lose_bytes(pid, power);
            }
        }
        let host = &mut self.core.hosts[node.index()];
        host.clear_requests();
        host.disk.forget(power);
        if power {
            self.lose_parked(node);
        }
        self.tell_if_gone(node);
    }

    /// What waited for a frozen machine is gone with its power.
    fn lose_parked(&mut self, node: NodeId) {
        let parked = std::mem::take(&mut self.core.hosts[node.index()].parked);
        for caused in parked {
            if let Event::Arrive { to, from, .. } = caused.event {
                let why = Drop::Down;
                self.core.record(from, Fact::Dropped { to, why });
            }
        }
    }

    /// Those who asked the processes of a node to stop are told when the last one is gone.
    pub(in super::super) fn tell_if_gone(&mut self, node: NodeId) {
        let alive = |p: &Pid| self.core.tenants[p.index()].alive();
        if self.core.residents.of(node).iter().any(alive) {
            return;
        }
        for (active, tag) in std::mem::take(&mut self.core.hosts[node.index()].stopping) {
            self.core
                .schedule(0, Rare::Fault(Step::Tick { active, tag }).into());
        }
    }

    pub(in super::super) fn kill_process(&mut self, pid: Pid, power: bool) {
        self.core.record(pid, Fact::Crashed { power });
        self.bury_process(pid, power);
    }

    /// A process is gone, whatever ended it.
    pub(in super::super) fn bury_process(&mut self, pid: Pid, power: bool) {
        self.core.tenants[pid.index()].bury();
        self.lose_bytes(pid, power);
        let node = self.core.tenants[pid.index()].node;
        self.core.forget_requests(node, pid);
        self.core.forget_stalled(pid, None);
        if !power {
            self.core.reset_peers(pid);
        }
    }

    fn lose_bytes(&mut self, pid: Pid, power: bool) {
        let node = self.core.tenants[pid.index()].node;
        let survival = self.core.hosts[node.index()]
            .disk
            .survival(self.core.now, power);
        let process = &mut self.processes[pid.index()];
        let mut ctx = Ctx {
            core: &mut self.core,
            me: pid,
        };
        process.crash(&survival, &mut ctx);
    }
}
