//! Nodes and links of a session.

use crate::hunt::Session;
use crate::sim::{GroupId, NodeId, Pid, QueueId};
use crate::systems::{Inspect, Standing, amount};
use crate::ui::view::{Edge, NodeCard, NodeState, Rank, Topology};

use super::COUNT_EVERY_NS;

/// What went over each link in the last full second.
#[derive(Clone)]
pub(super) struct Rates {
    next_ns: u64,
    /// Messages sent up to the last count, then those of the second before it; by the network's number of the link.
    links: Vec<(u64, u64)>,
}

impl Rates {
    pub(super) fn new(session: &Session) -> Self {
        let mut rates = Self {
            next_ns: 0,
            links: Vec::new(),
        };
        rates.count(session);
        rates
    }

    /// When to count next.
    pub(super) fn next_ns(&self) -> u64 {
        self.next_ns
    }

    pub(super) fn count(&mut self, session: &Session) {
        let links = session.sim().network().links();
        self.links.resize(links.len(), (0, 0));
        for (last, link) in self.links.iter_mut().zip(links) {
            let sent = link.traffic().sent;
            *last = (sent, sent - last.0.min(sent));
        }
        let now = session.sim().now();
        self.next_ns = (now / COUNT_EVERY_NS + 1) * COUNT_EVERY_NS;
    }

    fn per_s(&self, link: usize) -> f64 {
        let sent = self.links.get(link).map_or(0, |l| l.1);
        sent as f64 * 1e9 / COUNT_EVERY_NS as f64
    }
}

pub(super) fn topology(session: &Session, rates: &Rates) -> Topology {
    let sim = session.sim();
    let names = sim.names();
    let nodes: Vec<NodeCard> = (0u32..)
        .zip(&names.nodes)
        .map(|(i, _)| card(session, NodeId(i)))
        .collect();
    Topology {
        layer_titles: titles(session, &nodes),
        edges: edges(session, rates),
        nodes,
    }
}

fn card(session: &Session, node: NodeId) -> NodeCard {
    let sim = session.sim();
    let names = sim.names();
    let residents = sim.residents(node);
    let state = state(session, node);
    let (mut rank, mut lines) = (Rank::Idle, Vec::new());
    for &pid in residents {
        let Some(process) = sim.processes().get(pid.index()) else {
            continue;
        };
        let badge = process.badge(names);
        rank = stronger(rank, badge.standing);
        if matches!(state, NodeState::Down { .. }) {
            continue;
        }
        let first = lines.len();
        lines.extend(badge.lines);
        if let Some(lag) = badge
            .reads
            .and_then(|(group, queues)| lag(session, group, &queues))
        {
            // What stops it comes before how far it is behind.
            let at = first + usize::from(badge.standing == Standing::Stuck);
            lines.insert(at.min(lines.len()), format!("lag {}", amount(lag)));
        }
    }
    lines.extend(troubles(session, node));
    let name = names.node(node).to_string();
    let layer = residents
        .iter()
        .filter_map(|p| names.processes.get(p.index()))
        .map(|p| p.layer)
        .min();
    NodeCard {
        group: name
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .trim_end_matches('-')
            .to_string(),
        name,
        zone: names
            .nodes
            .get(node.index())
            .and_then(|n| n.zone.clone())
            .unwrap_or_default(),
        state,
        rank,
        lines,
        layer: Some(layer.unwrap_or(0)),
    }
}

/// How far a group is behind in some queues: the same lag as in the table of queues and in the metrics.
fn lag(session: &Session, group: GroupId, queues: &[QueueId]) -> Option<u64> {
    let metrics = &session.watch()?.metrics;
    let of = |queue: &QueueId| {
        let readers = metrics.queues.get(queue.index())?.readers.iter();
        readers.filter(|r| r.group == group).map(|r| r.lag).next()
    };
    Some(queues.iter().filter_map(of).sum())
}

/// Where processes of a node differ, the one that matters more to who looks.
fn stronger(rank: Rank, standing: Standing) -> Rank {
    match (rank, standing) {
        (Rank::Stuck, _) | (_, Standing::Stuck) => Rank::Stuck,
        (Rank::Leader, _) | (_, Standing::Leader) => Rank::Leader,
        (Rank::Member, _) | (_, Standing::Member) => Rank::Member,
        (Rank::Idle, Standing::Idle) => Rank::Idle,
    }
}

fn state(session: &Session, node: NodeId) -> NodeState {
    let sim = session.sim();
    let host = sim.host(node);
    let stats = session
        .watch()
        .and_then(|w| w.metrics.nodes.nodes.get(node.index()));
    let now = sim.now();
    let dead = sim.residents(node).iter().any(|&p| !sim.is_alive(p));
    // Before the first event nothing has started yet.
    if !host.is_up() || dead && sim.events() > 0 {
        let since_ns = stats.and_then(|s| s.down_since).unwrap_or(now);
        return NodeState::Down { since_ns };
    }
    if host.is_paused() {
        let since_ns = stats.and_then(|s| s.paused_since).unwrap_or(now);
        return NodeState::Paused { since_ns };
    }
    if host.slow_milli() > 1000 {
        let factor = host.slow_milli() as f64 / 1000.0;
        return NodeState::Slow { factor };
    }
    NodeState::Up
}

/// What is wrong with the machine beside its state.
fn troubles(session: &Session, node: NodeId) -> Vec<String> {
    let disk = session.sim().host(node).disk();
    let mut out = Vec::new();
    if disk.is_stalled() {
        out.push("disk stalled".to_string());
    } else if disk.slow_milli() > 1000 {
        let factor = disk.slow_milli() as f64 / 1000.0;
        out.push(format!("disk x{}", crate::ui::text::rate(factor)));
    }
    if !disk.has_room(1) {
        out.push("disk full".to_string());
    }
    out
}

/// Links that are there by design, in both directions; where a system names none, those that carried anything.
fn edges(session: &Session, rates: &Rates) -> Vec<Edge> {
    let sim = session.sim();
    let names = sim.names();
    let count = names.nodes.len();
    let host = |pid: Pid| names.processes.get(pid.index()).map(|p| p.node);
    let designed = names.links.iter();
    let mut pairs: Vec<(NodeId, NodeId)> = designed
        .filter_map(|&(a, b)| Some((host(a)?, host(b)?)))
        .filter(|(a, b)| a != b)
        .flat_map(|(a, b)| [(a, b), (b, a)])
        .collect();
    if pairs.is_empty() {
        let links = sim.network().links().iter();
        let used = links.filter(|l| l.traffic().sent > 0 && l.from() != l.to());
        pairs.extend(used.flat_map(|l| [(l.from(), l.to()), (l.to(), l.from())]));
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut link_of = vec![Vec::new(); count];
    for (number, link) in sim.network().links().iter().enumerate() {
        if let Some(from) = link_of.get_mut(link.from().index()) {
            from.push((link.to(), number));
        }
    }
    let network = sim.network();
    let on_their_way = sim.on_their_way();
    pairs
        .into_iter()
        .map(|(from, to)| {
            let link = link_of
                .get(from.index())
                .and_then(|l| l.iter().find(|l| l.0 == to))
                .map(|l| l.1);
            Edge {
                from: from.index(),
                to: to.index(),
                per_s: link.map_or(0.0, |l| rates.per_s(l)),
                cut: network.is_cut(from, to),
                impaired: network.is_impaired(from, to),
                in_flight: link.and_then(|l| on_their_way.get(l).copied()).unwrap_or(0),
            }
        })
        .collect()
}

/// What stands in each layer, in the systems' own words.
fn titles(session: &Session, nodes: &[NodeCard]) -> Vec<String> {
    let mut layers: Vec<u8> = nodes.iter().filter_map(|n| n.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    let names = session.sim().names();
    layers
        .iter()
        .map(|&layer| {
            let mut parts: Vec<&str> = Vec::new();
            for process in &names.processes {
                let here = nodes.get(process.node.index()).and_then(|n| n.layer) == Some(layer);
                if here && !parts.contains(&process.part) {
                    parts.push(process.part);
                }
            }
            let parts: Vec<String> = parts.iter().map(|p| format!("{p}s")).collect();
            parts.join(", ")
        })
        .collect()
}
