//! Which layer a node stands in, and in what order, so that few links cross.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::ui::view::Topology;

/// The nodes of each layer from the left, by index; no layer is empty. A node's own layer counts; where it has none,
/// it stands one to the right of the rightmost node that sends to it. Nodes that send to one another in a circle
/// stand together.
pub fn layers(topology: &Topology) -> Vec<Vec<usize>> {
    let fixed: Vec<Option<u32>> = topology
        .nodes
        .iter()
        .map(|n| n.layer.map(u32::from))
        .collect();
    let depth = if fixed.iter().all(Option::is_some) {
        fixed.iter().map(|l| l.unwrap_or(0)).collect()
    } else {
        longest_paths(topology, &fixed)
    };
    let mut used: Vec<u32> = depth.clone();
    used.sort_unstable();
    used.dedup();
    let mut layers = vec![Vec::new(); used.len()];
    for (node, d) in depth.iter().enumerate() {
        if let Ok(at) = used.binary_search(d) {
            layers[at].push(node);
        }
    }
    layers
}

fn longest_paths(topology: &Topology, fixed: &[Option<u32>]) -> Vec<u32> {
    let count = topology.nodes.len();
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, topology.edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    for edge in &topology.edges {
        if edge.from < count && edge.to < count {
            graph.add_edge(NodeIndex::new(edge.from), NodeIndex::new(edge.to), ());
        }
    }
    let circles = kosaraju_scc(&graph);
    let mut circle_of = vec![0; count];
    for (i, circle) in circles.iter().enumerate() {
        for node in circle {
            circle_of[node.index()] = i;
        }
    }
    // Kosaraju gives circles in reverse topological order, so senders come last.
    let mut depth = vec![0u32; count];
    for (i, circle) in circles.iter().enumerate().rev() {
        let mut own = 0;
        for &node in circle {
            for from in graph.neighbors_directed(node, petgraph::Direction::Incoming) {
                if circle_of[from.index()] != i {
                    own = own.max(depth[from.index()] + 1);
                }
            }
        }
        for node in circle {
            depth[node.index()] = fixed[node.index()].unwrap_or(own);
        }
    }
    depth
}

/// With more links than this no order makes a picture clear.
const LINKS_MAX: usize = 300;

/// Orders the members of each layer so that fewer links cross. The order of the scenario stays where no better one is
/// found: people know it, and it does not jump.
pub fn order(layers: &mut [Vec<usize>], links: &[(usize, usize)], count: usize) {
    if links.len() > LINKS_MAX {
        return;
    }
    let before = crossings(layers, links, count);
    if before == 0 {
        return;
    }
    let mut tried = layers.to_vec();
    barycentre(&mut tried, links, count);
    if crossings(&tried, links, count) < before {
        layers.clone_from_slice(&tried);
    }
}

/// How many pairs of links between neighbouring layers cross.
fn crossings(layers: &[Vec<usize>], links: &[(usize, usize)], count: usize) -> usize {
    let mut place = vec![(0, 0); count];
    for (layer, members) in layers.iter().enumerate() {
        for (i, &n) in members.iter().enumerate() {
            place[n] = (layer, i);
        }
    }
    let mut drawn: Vec<((usize, usize), (usize, usize))> = links
        .iter()
        .filter(|l| l.0 < count && l.1 < count)
        .map(|&(a, b)| (place[a].min(place[b]), place[a].max(place[b])))
        .filter(|(a, b)| a.0 + 1 == b.0)
        .collect();
    drawn.sort_unstable();
    drawn.dedup();
    let mut crossed = 0;
    for (i, (a, b)) in drawn.iter().enumerate() {
        for (c, d) in &drawn[i + 1..] {
            crossed += usize::from(a.0 == c.0 && a.1 < c.1 && b.1 > d.1);
        }
    }
    crossed
}

/// Orders the members of each layer by the mean place of what they are linked to in the layers beside it, some times to
/// the right and back.
fn barycentre(layers: &mut [Vec<usize>], links: &[(usize, usize)], count: usize) {
    let mut neighbours = vec![Vec::new(); count];
    for &(a, b) in links {
        if a < count && b < count {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
    }
    let mut layer_of = vec![0; count];
    for (i, layer) in layers.iter().enumerate() {
        layer.iter().for_each(|&n| layer_of[n] = i);
    }
    for sweep in 0..4 {
        let to_the_right = sweep % 2 == 0;
        for step in 1..layers.len() {
            let (at, beside) = if to_the_right {
                (step, step - 1)
            } else {
                (layers.len() - 1 - step, layers.len() - step)
            };
            let mut place = vec![0.0; count];
            let len = layers[beside].len() as f64;
            for (i, &n) in layers[beside].iter().enumerate() {
                place[n] = (i as f64 + 0.5) / len;
            }
            let own = layers[at].len() as f64;
            let mut keyed: Vec<(f64, usize)> = layers[at]
                .iter()
                .enumerate()
                .map(|(i, &n)| {
                    let near: Vec<f64> = neighbours[n]
                        .iter()
                        .filter(|&&m| layer_of[m] == beside)
                        .map(|&m| place[m])
                        .collect();
                    let mean = if near.is_empty() {
                        (i as f64 + 0.5) / own
                    } else {
                        near.iter().sum::<f64>() / near.len() as f64
                    };
                    (mean, n)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            layers[at] = keyed.into_iter().map(|k| k.1).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::view::{Edge, NodeCard};

    fn topology(count: usize, edges: &[(usize, usize)]) -> Topology {
        Topology {
            nodes: vec![NodeCard::default(); count],
            edges: edges
                .iter()
                .map(|&(from, to)| Edge {
                    from,
                    to,
                    ..Edge::default()
                })
                .collect(),
            layer_titles: Vec::new(),
        }
    }

    #[test]
    fn a_node_stands_right_of_all_that_send_to_it() {
        let t = topology(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]);
        assert_eq!(layers(&t), [vec![0], vec![1], vec![2], vec![3]]);
    }

    #[test]
    fn a_circle_stands_together() {
        let t = topology(4, &[(0, 1), (1, 2), (2, 1), (2, 3)]);
        assert_eq!(layers(&t), [vec![0], vec![1, 2], vec![3]]);
    }

    #[test]
    fn an_own_layer_counts() {
        let mut t = topology(3, &[(0, 1), (1, 2)]);
        for (node, layer) in t.nodes.iter_mut().zip([7, 3, 3]) {
            node.layer = Some(layer);
        }
        assert_eq!(layers(&t), [vec![1, 2], vec![0]]);
    }

    #[test]
    fn crossed_links_are_uncrossed() {
        let mut layers = vec![vec![0, 1], vec![2, 3]];
        order(&mut layers, &[(0, 3), (1, 2)], 4);
        let at = |l: &[usize], n| l.iter().position(|&m| m == n);
        assert_eq!(
            at(&layers[0], 0) < at(&layers[0], 1),
            at(&layers[1], 3) < at(&layers[1], 2)
        );
    }
}
