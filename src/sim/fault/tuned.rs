//! What faults change of processes that run.

use std::ops::RangeInclusive;

use super::super::kernel::Sim;
use super::super::process::{Change, Process};
use super::super::setting::{Subject, Value, Written};
use super::super::{NodeId, Pid};
use super::{Target, World};

/// What traffic may be multiplied by, by all faults together.
pub(super) const FACTORS: RangeInclusive<f64> = 0.001..=1000.0;

/// Who changes what of which processes just now.
#[derive(Clone, Debug, Default)]
pub(super) struct Tuned {
    /// The fault at work, its factor, and whose traffic it multiplies.
    traffic: Vec<(u32, f64, Vec<Pid>)>,
    settings: Vec<Changed>,
}

/// A setting that a fault at work changed.
#[derive(Clone, Debug)]
struct Changed {
    active: u32,
    of: String,
    setting: String,
    value: Value,
    /// What it was before any fault changed it.
    first: Value,
}

impl Changed {
    fn is_of(&self, of: &str, setting: &str) -> bool {
        self.of == of && self.setting == setting
    }
}

impl Tuned {
    fn factor(&self, pid: Pid) -> f64 {
        let of_it = self.traffic.iter().filter(|t| t.2.contains(&pid));
        let all: f64 = of_it.map(|t| t.1).product();
        all.clamp(*FACTORS.start(), *FACTORS.end())
    }

    /// A fault concerns only these of those it was aimed at.
    fn keep(&mut self, active: u32, those: Vec<Pid>) {
        if let Some(entry) = self.traffic.iter_mut().find(|t| t.0 == active) {
            entry.2 = those;
        }
    }

    /// A fault lets go: of whom.
    fn drop_traffic(&mut self, active: u32) -> Vec<Pid> {
        let at = self.traffic.iter().position(|t| t.0 == active);
        at.map_or_else(Vec::new, |at| self.traffic.remove(at).2)
    }
}

impl<P: Process> World<'_, P> {
    /// The processes a target means just now: those of that name, or all on the nodes that it means.
    pub fn resolve_processes(&mut self, target: &Target) -> Vec<Pid> {
        let mut pids = match target {
            Target::Name(name) => self.sim.core.names.find_processes(name),
            Target::Nodes(list) => {
                let each = list.iter().map(|t| self.resolve_processes(t));
                each.collect::<Vec<_>>().concat()
            }
            Target::AllBut(but) => {
                let but = self.resolve_processes(but);
                let all = (0..self.sim.processes.len() as u32).map(Pid);
                all.filter(|pid| !but.contains(pid)).collect()
            }
            nodes => {
                let nodes = self.resolve(nodes);
                let residents = nodes.iter().map(|&n| self.sim.core.residents.of(n));
                residents.collect::<Vec<_>>().concat()
            }
        };
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    /// What some processes make comes so many times as often, until this fault restores it. Returns the nodes of those that
    /// make anything.
    pub fn multiply_traffic(&mut self, pids: &[Pid], factor: f64) -> Vec<NodeId> {
        let tuned = &mut self.sim.faults.tuned;
        tuned.traffic.push((self.active, factor, pids.to_vec()));
        let those: Vec<Pid> = pids
            .iter()
            .copied()
            .filter(|&pid| self.drive(pid))
            .collect();
        let node = |pid: &Pid| self.sim.core.tenants[pid.index()].node;
        let mut nodes: Vec<NodeId> = those.iter().map(node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        self.sim.faults.tuned.keep(self.active, those);
        nodes
    }

    /// Undoes this fault's [`Self::multiply_traffic`].
    pub fn restore_traffic(&mut self) {
        for pid in self.sim.faults.tuned.drop_traffic(self.active) {
            self.drive(pid);
        }
    }

    /// A setting becomes what is written, until this fault restores it. Returns the nodes of those who go by it; none, and
    /// nothing happens, if there is no such setting or it cannot be that.
    pub fn change_setting(&mut self, of: &str, setting: &str, to: &Written) -> Vec<NodeId> {
        let knob = Subject::find(&self.sim.core.names.subjects, of, setting);
        let Some(Ok(value)) = knob.map(|knob| knob.read(to)) else {
            return Vec::new();
        };
        let changed = &self.sim.faults.tuned.settings;
        let before = changed.iter().find(|c| c.is_of(of, setting));
        let first = before.map(|c| c.first);
        let Some(first) = first.or_else(|| self.sim.setting(of, setting)) else {
            return Vec::new();
        };
        self.sim.faults.tuned.settings.push(Changed {
            active: self.active,
            of: of.to_owned(),
            setting: setting.to_owned(),
            value,
            first,
        });
        self.turn(of, setting, value)
    }

    /// Undoes this fault's [`Self::change_setting`].
    pub fn restore_setting(&mut self) {
        let changed = &mut self.sim.faults.tuned.settings;
        let Some(at) = changed.iter().position(|c| c.active == self.active) else {
            return;
        };
        let gone = changed.remove(at);
        let (of, setting) = (&gone.of, &gone.setting);
        let last = changed.iter().rfind(|c| c.is_of(of, setting));
        let value = last.map_or(gone.first, |c| c.value);
        self.turn(of, setting, value);
    }

    /// Tells those who go by a setting what it is now; their nodes.
    fn turn(&mut self, of: &str, setting: &str, value: Value) -> Vec<NodeId> {
        let change = Change::Set {
            of: of.to_owned(),
            setting: setting.to_owned(),
            value,
        };
        let mut nodes = Vec::new();
        for pid in self.sim.processes_of(of) {
            let (process, mut ctx) = self.sim.enter(pid);
            if process.tune(&change, &mut ctx) {
                nodes.push(self.sim.core.tenants[pid.index()].node);
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// A process makes as much as all faults together have it; whether it makes anything.
    fn drive(&mut self, pid: Pid) -> bool {
        let factor = self.sim.faults.tuned.factor(pid);
        let (process, mut ctx) = self.sim.enter(pid);
        process.tune(&Change::Traffic { factor }, &mut ctx)
    }
}

impl<P: Process> Sim<P> {
    /// What a setting is just now; `None` if there is no such setting. Which there are stands in
    /// [`Names::subjects`](super::super::Names::subjects).
    pub fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        let those = self.processes_of(of).into_iter();
        let mut values = those.filter_map(|pid| self.processes[pid.index()].setting(of, setting));
        values.next()
    }

    /// The processes of the system or workload that a subject is a part of.
    fn processes_of(&self, subject: &str) -> Vec<Pid> {
        let system = subject.split(['/', '>']).next().unwrap_or_default();
        let all = (0u32..).zip(&self.core.names.processes);
        let those = all.filter(|(_, p)| p.system == system);
        those.map(|(pid, _)| Pid(pid)).collect()
    }
}
