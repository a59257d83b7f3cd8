//! What is drawn for a node, or for a group of nodes where there is no room for each.

use crate::ui::glyphs;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{NodeCard, NodeState, Rank, Topology};

/// A node or a group of nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Its name.
    pub title: String,
    /// How it is, in one sign.
    pub sign: char,
    /// The style of that sign.
    pub role: Role,
    /// How it is and what it does, the most important first.
    pub lines: Vec<String>,
    /// Where it stands; empty where that isn't known or differs.
    pub zone: String,
    /// The nodes it stands for.
    pub members: Vec<usize>,
}

impl Card {
    /// How many lines it can fill below its name: each of its own, and one for a list of names.
    pub fn lines_below(&self) -> u16 {
        let lists = self.lines.iter().filter(|l| l.contains(NAMED));
        (self.lines.len() + lists.count()) as u16
    }

    /// What stands below its name in so many lines: what there is, then by name what is worst.
    pub fn below(&self, lines: usize, room: usize) -> Vec<String> {
        let mut spare = lines.saturating_sub(self.lines.len());
        let mut out = Vec::new();
        for line in self.lines.iter().take(lines) {
            match line.split_once(NAMED) {
                Some((head, names)) if spare > 0 && text::width(line) > room => {
                    spare -= 1;
                    out.push(head.to_owned());
                    out.push(some_names(names, room));
                }
                _ => out.push(line.clone()),
            }
        }
        out
    }
}

/// More names than this are never seen.
const NAMES_MAX: usize = 20;
/// Stands before a list of names.
const NAMED: &str = ": ";

/// As many of the names as fit as a whole, the last of them cut if not even one does.
fn some_names(names: &str, room: usize) -> String {
    let mut out = String::new();
    for name in names.split(' ') {
        let taken = if out.is_empty() {
            0
        } else {
            text::width(&out) + 1
        };
        if taken + text::width(name) + 2 > room {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(name);
    }
    match out.len() {
        n if n == names.len() => out,
        0 => text::cut_middle(names.split(' ').next().unwrap_or_default(), room),
        _ => format!("{out} {}", glyphs::ELLIPSIS),
    }
}

/// The same groups, but at most so many cards: what is well and small comes together in one.
pub fn at_most(topology: &Topology, mut groups: Vec<Card>, cards: u16) -> Vec<Card> {
    let cards = usize::from(cards.max(1));
    if groups.len() <= cards {
        return groups;
    }
    let weight = |card: &Card| match card.role {
        Role::Bad => 0,
        Role::Warn => 1,
        _ => 2,
    };
    groups.sort_by_key(|card| (weight(card), std::cmp::Reverse(card.members.len())));
    let rest = groups.split_off(cards - 1);
    let members = rest.into_iter().flat_map(|card| card.members).collect();
    let name = if groups.is_empty() { "nodes" } else { "others" };
    groups.push(group(topology, name, members));
    groups
}

/// The sign and style of a node.
pub fn sign(node: &NodeCard) -> (char, Role) {
    match (node.state, node.rank) {
        (NodeState::Down { .. }, _) => (glyphs::BAD, Role::Bad),
        (NodeState::Paused { .. }, _) => (glyphs::PAUSED, Role::Warn),
        (NodeState::Restarting, _) => (glyphs::RESTARTING, Role::Warn),
        (NodeState::Slow { .. }, _) => (glyphs::WEAK, Role::Warn),
        (NodeState::Up, Rank::Leader) => (glyphs::LEADER, Role::Leader),
        (NodeState::Up, Rank::Member) => (glyphs::UP, Role::Good),
        (NodeState::Up, Rank::Idle) => (glyphs::WEAK, Role::Dim),
        (NodeState::Up, Rank::Stuck) => (glyphs::ALERT, Role::Warn),
    }
}

/// What a node's state is in words; none where it works as it should.
pub fn state_words(node: &NodeCard, now_ns: u64) -> Option<String> {
    let since = |ns: u64| text::age(now_ns.saturating_sub(ns));
    match (node.state, node.rank) {
        (NodeState::Down { since_ns }, _) => Some(format!("down {}", since(since_ns))),
        (NodeState::Paused { since_ns }, _) => Some(format!("paused {}", since(since_ns))),
        (NodeState::Restarting, _) => Some("restarting".into()),
        (NodeState::Slow { factor }, _) => Some(format!("slow x{}", text::rate(factor))),
        (NodeState::Up, Rank::Stuck) => Some("stuck".into()),
        (NodeState::Up, Rank::Idle) if node.lines.is_empty() => Some("idle".into()),
        (NodeState::Up, _) => None,
    }
}

/// The card of one node.
pub fn single(topology: &Topology, index: usize, now_ns: u64) -> Card {
    let node = &topology.nodes[index];
    let (sign, role) = sign(node);
    let lines = state_words(node, now_ns)
        .into_iter()
        .chain(node.lines.iter().cloned())
        .collect();
    Card {
        title: node.name.clone(),
        sign,
        role,
        lines,
        zone: node.zone.clone(),
        members: vec![index],
    }
}

/// Cards for the nodes of a layer, those of one group together. A group of one stays a node.
pub fn grouped(topology: &Topology, layer: &[usize], now_ns: u64) -> Vec<Card> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for &index in layer {
        let name = topology.nodes[index].group.as_str();
        match groups.iter_mut().find(|g| g.0 == name) {
            Some(group) => group.1.push(index),
            None => groups.push((name, vec![index])),
        }
    }
    groups
        .into_iter()
        .map(|(name, members)| match members[..] {
            [one] => single(topology, one, now_ns),
            _ => group(topology, name, members),
        })
        .collect()
}

/// All nodes of a layer in one card.
pub fn all_in_one(topology: &Topology, layer: &[usize]) -> Card {
    group(topology, "nodes", layer.to_vec())
}

fn group(topology: &Topology, name: &str, members: Vec<usize>) -> Card {
    let name = if name.is_empty() { "nodes" } else { name };
    let mut kinds: Vec<(char, Role, &str, Vec<&str>)> = Vec::new();
    for &index in &members {
        let node = &topology.nodes[index];
        let (sign, role) = sign(node);
        let word = group_word(node);
        match kinds.iter_mut().find(|k| k.2 == word) {
            Some(kind) => kind.3.push(&node.name),
            None => kinds.push((sign, role, word, vec![&node.name])),
        }
    }
    // The worst first: it gives the card its sign.
    kinds.sort_by_key(|k| match k.1 {
        Role::Bad => 0,
        Role::Warn => 1,
        Role::Dim => 3,
        _ => 2,
    });
    let lines = kinds
        .iter()
        .map(|(sign, role, word, names)| {
            let which = if *role == Role::Bad || *role == Role::Warn {
                format!("{NAMED}{}", names[..names.len().min(NAMES_MAX)].join(" "))
            } else {
                String::new()
            };
            format!("{sign} {} {word}{which}", names.len())
        })
        .collect();
    Card {
        title: format!("{name} ×{}", members.len()),
        sign: kinds.first().map_or(glyphs::UP, |k| k.0),
        role: kinds.first().map_or(Role::Plain, |k| k.1),
        lines,
        zone: String::new(),
        members,
    }
}

fn group_word(node: &NodeCard) -> &'static str {
    match (node.state, node.rank) {
        (NodeState::Down { .. }, _) => "down",
        (NodeState::Paused { .. }, _) => "paused",
        (NodeState::Restarting, _) => "restarting",
        (NodeState::Slow { .. }, _) => "slow",
        (NodeState::Up, Rank::Stuck) => "stuck",
        (NodeState::Up, Rank::Idle) => "idle",
        (NodeState::Up, Rank::Leader) => "leading",
        (NodeState::Up, Rank::Member) => "up",
    }
}
