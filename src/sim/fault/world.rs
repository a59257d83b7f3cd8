//! What a fault may do to the world.

use std::sync::Arc;

use super::super::host::Host;
use super::super::kernel::{Caused, Event, Sim};
use super::super::net::Effect;
use super::super::process::{Ctx, Process, Role};
use super::super::record::Fact;
use super::super::stream::Stream;
use super::super::{NodeId, Pid};
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

    /// The fault's own random numbers.
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.sim.faults.streams[self.fault as usize]
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
        self.stream().shuffle(&mut nodes);
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

    /// The processes on a node die; the machine lives on.
    pub fn crash(&mut self, node: NodeId) {
        self.sim.crash_node(node, false);
    }

    /// The machine dies.
    pub fn power_loss(&mut self, node: NodeId) {
        self.sim.crash_node(node, true);
    }

    /// Whether the machine has power and all its processes live.
    pub fn is_well(&self, node: NodeId) -> bool {
        let alive = |p: &Pid| self.sim.core.tenants[p.index()].alive;
        self.sim.core.hosts[node.index()].up && self.sim.core.residents.of(node).iter().all(alive)
    }

    /// What is dead on a node starts again; what lives goes on.
    pub fn restart(&mut self, node: NodeId) {
        self.sim.core.hosts[node.index()].up = true;
        for at in 0..self.sim.core.residents.of(node).len() {
            let to = self.sim.core.residents.of(node)[at];
            if !self.sim.core.tenants[to.index()].alive {
                self.sim.core.schedule(0, Event::Start { to });
            }
        }
    }

    /// The node freezes: nothing on it happens until as many resumes have been called.
    pub fn pause(&mut self, node: NodeId) {
        let host = self.host(node);
        host.paused += 1;
        if host.paused == 1 {
            self.sim
                .core
                .record(super::Record::NOBODY, Fact::Paused { node });
        }
    }

    /// Undoes one pause; with the last, all that came meanwhile happens now, in its order.
    pub fn resume(&mut self, node: NodeId) {
        let host = self.host(node);
        host.paused = host.paused.saturating_sub(1);
        if host.paused > 0 {
            return;
        }
        let parked = std::mem::take(&mut host.parked);
        let now = self.now();
        for (_, caused) in parked {
            self.sim.core.queue.schedule(now, caused);
        }
        self.sim
            .core
            .record(super::Record::NOBODY, Fact::Resumed { node });
    }

    /// A node's machine, to be changed.
    pub fn host(&mut self, node: NodeId) -> &mut Host<P::Message, Caused<P::Message>> {
        &mut self.sim.core.hosts[node.index()]
    }

    /// Multiplies how slowly a node's CPU serves (in thousandths: 3000 is three times slower).
    pub fn scale_cpu(&mut self, node: NodeId, milli: u64) {
        let host = self.host(node);
        host.slow_milli = (host.slow_milli.saturating_mul(milli) / 1000).max(1);
    }

    /// Undoes [`Self::scale_cpu`].
    pub fn unscale_cpu(&mut self, node: NodeId, milli: u64) {
        let host = self.host(node);
        host.slow_milli = (host.slow_milli.saturating_mul(1000) / milli.max(1)).max(1);
    }

    /// Sets what a stalled disk held free again.
    pub fn unstall(&mut self, node: NodeId) {
        self.sim.core.unstall(node);
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
            .schedule(after_ns, Event::Fault(Step::Tick { active, tag }));
    }

    /// Ends the faults at work that a heal undoes.
    pub fn heal(&mut self, what: heal::What) {
        for active in 0..self.sim.faults.active.len() as u32 {
            let entry = &self.sim.faults.active[active as usize];
            let action = &self.sim.faults.plans[entry.fault as usize].action;
            if active != self.active && entry.until_ns.is_none() && what.covers(action.heals_as()) {
                self.sim.end_fault(active);
            }
        }
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
            if self.core.tenants[pid.index()].alive {
                self.kill_process(pid, power);
            } else if power {
                self.lose_bytes(pid, power);
            }
        }
        let host = &mut self.core.hosts[node.index()];
        host.clear_requests();
        // Nobody listens any more, so what waited for the machine to wake up is gone with it.
        if power {
            host.parked.clear();
        }
        self.core.hosts[node.index()].disk.forget(power);
    }

    pub(in super::super) fn kill_process(&mut self, pid: Pid, power: bool) {
        self.core.tenants[pid.index()].alive = false;
        self.core.record(pid, Fact::Crashed { power });
        self.lose_bytes(pid, power);
        let node = self.core.tenants[pid.index()].node;
        self.core.forget_requests(node, pid);
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
