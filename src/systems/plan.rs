//! The plan: what a scenario comes down to, ready to be built with any seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::{NodeId, WorldPlan};

use super::rules::LeftOut;
use super::{Builder, Known, Sim, SystemSettings, WorkloadSettings};

/// A scenario without its words.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// How long a run lasts, ns.
    pub duration_ns: u64,
    /// Machines, network, faults.
    pub world: WorldPlan,
    /// Named sets of nodes, by the `name` of their `nodes` entry.
    pub sets: BTreeMap<String, Vec<NodeId>>,
    /// Arrival times that were read from files, ns, rising, by the file's name in the scenario.
    pub traces: BTreeMap<String, Arc<[u64]>>,
    /// The systems.
    pub systems: Vec<SystemSettings>,
    /// Who uses them.
    pub workloads: Vec<WorkloadSettings>,
    /// Rules of protocols that the systems do without. For tests: no scenario says so.
    pub left_out: LeftOut,
}

impl Plan {
    /// A run at its beginning. The plan must have been checked: names that are not there are left out without a word.
    pub fn build(&self, seed: u64) -> Sim {
        let mut builder = Builder::new(seed, self.world.clone(), self.sets.clone());
        builder.traces.clone_from(&self.traces);
        builder.left_out = self.left_out;
        // What others look for is there before they do, in whatever order the scenario names them.
        for workload in &self.workloads {
            workload.found(&mut builder);
        }
        let systems = super::service::weave(&self.systems);
        for system in &systems {
            system.found(&mut builder);
        }
        for system in &systems {
            system.build(&mut builder);
        }
        for workload in &self.workloads {
            workload.build(&mut builder);
        }
        super::service::layers(&mut builder);
        let mut known = Known::default();
        systems.iter().for_each(|s| s.declare(&mut known));
        self.workloads.iter().for_each(|w| w.declare(&mut known));
        builder.names.subjects = known.subjects;
        builder.finish()
    }
}
