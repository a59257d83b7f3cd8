//! Doubts about a scenario that can run: what `splitbrain check` warns of.

use petgraph::graph::{NodeIndex, UnGraph};

use super::Loaded;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::{Names, NodeId};

/// All doubts.
pub fn doubts(loaded: &Loaded) -> Vec<Complaint> {
    let sim = loaded.plan.build(loaded.scenario.seed);
    let names = sim.names();
    let mut out = Vec::new();
    for node in single_points_of_failure(names) {
        let name = names.node(node);
        let entry = loaded.scenario.nodes.iter().position(|n| {
            n.name == name
                || name
                    .strip_prefix(&n.name)
                    .is_some_and(|rest| rest.starts_with('-'))
        });
        let Some(entry) = entry else { continue };
        let at = Path::root().field("nodes").index(entry).field("name");
        let message = format!(
            "`{name}` is a single point of failure: without it others cannot reach one another"
        );
        out.push(Complaint::warning(at, message));
    }
    out
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
