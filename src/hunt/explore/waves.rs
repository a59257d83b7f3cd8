//! What is tried first: one node that is cut off, dead or frozen; then two such faults.

use std::sync::Arc;

use super::schedule::{Entry, Schedule};
use super::space::{Space, Strike};
use crate::sim::Names;
use crate::sim::stream::Stream;
use crate::systems::Plan;

/// The kinds of fault that take a node away, in the order in which they are tried.
const FIRST: [&str; 4] = ["Isolate", "Crash", "Pause", "PowerLoss"];
/// So many nodes of each `nodes` entry are tried: its others are as these.
const OF_EACH: usize = 3;
/// At which moments, in parts of the time there is, of [`PARTS`].
const MOMENTS: [u64; 3] = [2, 8, 14];
const PARTS: u64 = 24;
/// How long it lasts, in the same parts: so long as to be noticed.
const LASTS: u64 = 9;
/// So many pairs are tried.
const PAIRS: usize = 192;
/// With more others of its kind a node is not cut off from just these: nobody could read it.
const PEERS_MAX: usize = 8;

/// A node to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    /// It, in the words of the scenario language: `"broker-1"`.
    pub node: String,
    /// The others of its `nodes` entry, in the same words.
    peers: Vec<String>,
}

/// The nodes to be tried, those that lead most first.
pub(super) fn ranked(names: &Names, plan: &Plan, leads: &[u32]) -> Vec<Suspect> {
    let mut weights = vec![0_u32; names.nodes.len()];
    for (process, count) in names.processes.iter().zip(leads) {
        weights[process.node.index()] += count;
    }
    let sets = plan.sets.values();
    let sets = sets.map(|set| set.iter().map(|n| n.index()).collect::<Vec<_>>());
    let mut sets: Vec<Vec<usize>> = sets.collect();
    // What a system brings along stands in no `nodes` entry: each for itself.
    let is_alone = |n: &usize| !sets.iter().any(|set| set.contains(n));
    let alone: Vec<usize> = (0..weights.len()).filter(is_alone).collect();
    sets.extend(alone.into_iter().map(|n| vec![n]));
    let most_first = |node: usize| (u32::MAX - weights[node], node);
    let quoted = |node: usize| format!("\"{}\"", names.nodes[node].name);
    let mut suspects: Vec<(usize, Suspect)> = Vec::new();
    for mut set in sets {
        set.sort_by_key(|&n| most_first(n));
        for &node in set.iter().take(OF_EACH) {
            let peers = set.iter().filter(|&&n| n != node);
            let suspect = Suspect {
                node: quoted(node),
                peers: peers.map(|&n| quoted(n)).collect(),
            };
            suspects.push((node, suspect));
        }
    }
    suspects.sort_by_key(|(node, _)| most_first(*node));
    suspects.into_iter().map(|(_, suspect)| suspect).collect()
}

/// What takes a node away.
fn strikes(space: &mut Space, suspect: &Suspect) -> Vec<Arc<Strike>> {
    let node = &suspect.node;
    let kinds = FIRST.iter().filter(|word| space.kind(word).is_some());
    let texts: Vec<String> = kinds.map(|word| format!("{word}({node})")).collect();
    let mut strikes: Vec<_> = texts.iter().filter_map(|t| space.checked(t)).collect();
    let second = strikes.len().min(1);
    strikes.splice(second..second, partial(space, suspect));
    strikes.extend(mute(space, suspect));
    strikes
}

/// What a node sends is lost, and what is sent to it comes: it does what it is asked for, and nobody hears of it ("simplex
/// partition").
fn mute(space: &mut Space, suspect: &Suspect) -> Option<Arc<Strike>> {
    space.kind("Cut")?;
    let node = &suspect.node;
    space.checked(&format!(
        "Cut(from: {node}, to: AllBut({node}), one_way: true)"
    ))
}

/// Cuts a node off from those that are like it and from who decides, but not from others: the network fault that systems expect
/// least (A. Alquraan et al., 2018: "partial partition").
fn partial(space: &mut Space, suspect: &Suspect) -> Option<Arc<Strike>> {
    space.kind("Cut")?;
    if suspect.peers.is_empty() || suspect.peers.len() > PEERS_MAX {
        return None;
    }
    let (node, peers) = (&suspect.node, suspect.peers.join(", "));
    let all = format!("Cut(from: {node}, to: Nodes([{peers}, Controller]))");
    let some = format!("Cut(from: {node}, to: Nodes([{peers}]))");
    space.checked(&all).or_else(|| space.checked(&some))
}

/// One fault each: at one moment after the other, all that takes a node away.
pub(super) fn singles(space: &mut Space, nodes: &[Suspect], stream: &mut Stream) -> Vec<Schedule> {
    let part = space.window_ns() / PARTS;
    let all: Vec<_> = nodes.iter().map(|n| strikes(space, n)).collect();
    let kinds = all.iter().map(Vec::len).max().unwrap_or(0);
    let mut schedules = Vec::new();
    for moment in MOMENTS {
        for kind in 0..kinds {
            for strike in all.iter().filter_map(|of| of.get(kind)) {
                let entry = Entry {
                    at_ns: space.from_ns + moment * part + stream.below(2 * part),
                    lasting_ns: LASTS * part,
                    strike: Arc::clone(strike),
                };
                schedules.extend(space.schedule(vec![entry]));
            }
        }
    }
    schedules
}

/// Two faults each, of those that take a node away: one while the other lasts, or as soon as it is over. As often both of one node
/// as of any two.
pub(super) fn pairs(space: &mut Space, nodes: &[Suspect], stream: &mut Stream) -> Vec<Schedule> {
    let all: Vec<_> = nodes.iter().map(|n| strikes(space, n)).collect();
    let part = space.window_ns() / PARTS;
    let mut schedules = Vec::new();
    for _ in 0..PAIRS {
        let Some(of_one) = stream.pick(&all) else {
            break;
        };
        let of_two = if stream.chance(0.5) {
            Some(of_one)
        } else {
            stream.pick(&all)
        };
        let two = of_two.and_then(|of| stream.pick(of));
        let (Some(one), Some(two)) = (stream.pick(of_one), two) else {
            continue;
        };
        let first = Entry {
            at_ns: space.from_ns + stream.below(12 * part),
            lasting_ns: part + stream.below(LASTS * part),
            strike: Arc::clone(one),
        };
        let after = match stream.below(3) {
            0 => stream.below(first.lasting_ns),
            1 => first.lasting_ns + stream.below(part),
            _ => stream.below(part),
        };
        let second = Entry {
            at_ns: first.at_ns + after,
            lasting_ns: part + stream.below(LASTS * part),
            strike: Arc::clone(two),
        };
        schedules.extend(space.schedule(vec![first, second]));
    }
    schedules
}
