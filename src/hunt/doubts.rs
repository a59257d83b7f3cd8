//! Doubts about a scenario that can run: what `splitbrain check` warns of.

use std::collections::BTreeMap;

use petgraph::graph::{NodeIndex, UnGraph};

use super::Loaded;
use crate::checks::{Expect, Property};
use crate::scenario::schema::FaultSettings;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::names::ProcessName;
use crate::sim::units::Duration;
use crate::sim::{Names, NodeId};

/// All doubts.
pub fn doubts(loaded: &Loaded) -> Vec<Complaint> {
    let sim = loaded.plan.build(loaded.scenario.seed);
    let names = sim.names();
    let controllers = single_controllers(names);
    let mut out = Vec::new();
    for node in single_points_of_failure(names) {
        // Of a controller's own machine more is said below.
        if !controllers.values().any(|c| c.node == node) {
            out.extend(cuts_others_off(loaded, names.node(node)));
        }
    }
    out.extend(controllers.into_iter().filter_map(|(system, controller)| {
        decides_alone(loaded, system, names.node(controller.node))
    }));
    out.extend(too_late_to_recover(loaded));
    out
}

fn cuts_others_off(loaded: &Loaded, name: &str) -> Option<Complaint> {
    let entry = loaded.scenario.nodes.iter().position(|n| {
        n.name == name
            || name
                .strip_prefix(&n.name)
                .is_some_and(|rest| rest.starts_with('-'))
    })?;
    let at = Path::root().field("nodes").index(entry).field("name");
    let message = format!(
        "`{name}` is a single point of failure: without it others cannot reach one another"
    );
    Some(Complaint::warning(at, message))
}

fn decides_alone(loaded: &Loaded, system: &str, name: &str) -> Option<Complaint> {
    let systems = &loaded.scenario.systems;
    let entry = systems.iter().position(|s| s.name() == system)?;
    let at = Path::root().field("systems").index(entry).field("name");
    let message =
        format!("`{name}` is a single point of failure: it is the only controller of `{system}`");
    Some(Complaint::warning(at, message))
}

/// The controllers of systems that have but one, by system.
fn single_controllers(names: &Names) -> BTreeMap<&str, &ProcessName> {
    let controllers = || names.processes.iter().filter(|p| p.part == "controller");
    controllers()
        .filter(|c| controllers().filter(|o| o.system == c.system).count() == 1)
        .map(|c| (c.system.as_str(), c))
        .collect()
}

/// The articulation points of who talks to whom: nodes without which those that remain fall apart.
fn single_points_of_failure(names: &Names) -> Vec<NodeId> {
    let mut graph: UnGraph<(), ()> = UnGraph::new_undirected();
    let vertices: Vec<NodeIndex> = names.nodes.iter().map(|_| graph.add_node(())).collect();
    for &(a, b) in &names.links {
        let (a, b) = (
            names.processes[a.index()].node,
            names.processes[b.index()].node,
        );
        if a != b {
            graph.update_edge(vertices[a.index()], vertices[b.index()], ());
        }
    }
    let mut points: Vec<NodeId> = petgraph::algo::articulation_points::articulation_points(&graph)
        .into_iter()
        .map(|v| NodeId(v.index() as u32))
        .collect();
    points.sort_unstable();
    points
}

/// Expectations to recover for which the run leaves no time: their answer can only be "unknown".
fn too_late_to_recover(loaded: &Loaded) -> Vec<Complaint> {
    let (scenario, end_ns) = (&loaded.scenario, loaded.plan.duration_ns);
    let disturbed = scenario.faults.iter().enumerate();
    let disturbed = disturbed.filter_map(|(i, f)| Some((last_disturbance(f, end_ns)?, i)));
    let Some((last_ns, fault)) = disturbed.max() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (i, expect) in scenario.expect.iter().enumerate() {
        let at = Path::root().field("expect").index(i);
        let (at, within) = match expect {
            Expect::Recovers { within } => (at, *within),
            Expect::Holds(Property::Recovers { within })
            | Expect::Breaks(Property::Recovers { within }) => (at.index(0), *within),
            _ => continue,
        };
        if last_ns.saturating_add(within.ns()) > end_ns {
            let left = Duration::from_ns(end_ns - last_ns);
            let message =
                format!("this can only be unknown: the run ends {left} after the last disturbance");
            let fault = Path::root().field("faults").index(fault);
            let complaint = Complaint::warning(at.field("within"), message);
            out.push(complaint.related(fault, "the last disturbance"));
        }
    }
    out
}

/// When a fault surely disturbs the run for the last time, ns. What happens by chance is not sure.
fn last_disturbance(fault: &FaultSettings, end_ns: u64) -> Option<u64> {
    let (begins_ns, lasting_ns) = match fault {
        FaultSettings::At(at, _) => (at.ns(), 0),
        FaultSettings::During(from, to, _) => (from.ns(), to.ns().saturating_sub(from.ns())),
        FaultSettings::Every {
            every,
            first,
            until,
            lasting,
            ..
        } => {
            let first_ns = first.unwrap_or(*every).ns();
            let until_ns = until.map_or(end_ns, |u| u.ns().min(end_ns));
            let span_ns = until_ns.saturating_sub(first_ns).saturating_sub(1);
            let rounds = span_ns / every.ns().max(1);
            let begins_ns = first_ns.saturating_add(rounds.saturating_mul(every.ns()));
            (begins_ns, lasting.map_or(0, |l| l.ns()))
        }
        FaultSettings::Random { .. } => return None,
    };
    if begins_ns >= end_ns {
        return None;
    }
    let over_ns = begins_ns.saturating_add(lasting_ns);
    Some(if over_ns < end_ns { over_ns } else { begins_ns })
}
