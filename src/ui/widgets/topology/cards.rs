//! What is drawn for a node, or for a group of nodes where there is no room for each.

use crate::ui::glyphs;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{NodeCard, NodeState, Rank, Topology};

use super::Scene;

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
    /// Whether it stands for what has no room, above or below what is shown.
    pub is_rest: bool,
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
        is_rest: false,
    }
}

/// The groups of each layer as cards, whether they are open or not: made once, because that takes a look at every link.
pub struct Deck {
    /// For each layer its groups, in the order of their first nodes; one of a single node is that node.
    pub groups: Vec<Vec<Card>>,
}

impl Deck {
    /// The groups of these layers.
    pub fn new(scene: Scene<'_>, layers: &[Vec<usize>]) -> Self {
        let key = |i: usize| scene.groups.key(&scene.topology.nodes[i]);
        let name = |key: &str| scene.groups.name(key);
        let layers = layers.iter();
        Self {
            groups: layers
                .map(|layer| grouped_by(scene.topology, layer, scene.now_ns, key, name))
                .collect(),
        }
    }
}

/// Cards for some nodes, those of one name together. A group of one stays a node.
pub fn grouped(topology: &Topology, layer: &[usize], now_ns: u64) -> Vec<Card> {
    let key = |i: usize| topology.nodes[i].group.as_str();
    grouped_by(topology, layer, now_ns, key, str::to_owned)
}

fn grouped_by<'a>(
    topology: &Topology,
    layer: &[usize],
    now_ns: u64,
    key: impl Fn(usize) -> &'a str,
    name: impl Fn(&str) -> String,
) -> Vec<Card> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for &index in layer {
        let key = key(index);
        match groups.iter_mut().find(|g| g.0 == key) {
            Some(group) => group.1.push(index),
            None => groups.push((key, vec![index])),
        }
    }
    groups
        .into_iter()
        .map(|(key, members)| match members[..] {
            [one] => single(topology, one, now_ns),
            _ => group(topology, &name(key), members),
        })
        .collect()
}

/// What has no room `above` or `below` what is shown, in one card.
pub fn rest(topology: &Topology, place: &str, members: Vec<usize>) -> Card {
    let title = format!("+{} {place}", members.len());
    Card {
        title: title.trim_end().to_owned(),
        is_rest: true,
        ..group(topology, "", members)
    }
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
    // The worst first: it gives the card its sign. Then who leads.
    kinds.sort_by_key(|k| match k.1 {
        Role::Bad => 0,
        Role::Warn => 1,
        Role::Leader => 2,
        Role::Dim => 4,
        _ => 3,
    });
    let lines = kinds
        .iter()
        .map(|(sign, role, word, names)| {
            if let (Role::Leader, [leader]) = (*role, &names[..]) {
                return format!("{sign} {leader} leads");
            }
            let which = if matches!(role, Role::Bad | Role::Warn | Role::Leader) {
                format!("{NAMED}{}", names[..names.len().min(NAMES_MAX)].join(" "))
            } else {
                String::new()
            };
            format!("{sign} {} {word}{which}", names.len())
        })
        .chain(traffic(topology, &members))
        .collect();
    Card {
        title: format!("{name} ×{}", members.len()),
        sign: kinds.first().map_or(glyphs::UP, |k| k.0),
        role: kinds.first().map_or(Role::Plain, |k| k.1),
        lines,
        zone: String::new(),
        members,
        is_rest: false,
    }
}

/// What goes into a group and out of it, in a second; none where nothing does.
fn traffic(topology: &Topology, members: &[usize]) -> Option<String> {
    let mut is_member = vec![false; topology.nodes.len()];
    members.iter().for_each(|&m| is_member[m] = true);
    let is_member = |node: usize| is_member.get(node).copied().unwrap_or(false);
    let (mut into, mut out) = (0.0, 0.0);
    for edge in &topology.edges {
        match (is_member(edge.from), is_member(edge.to)) {
            (true, false) => out += edge.per_s,
            (false, true) => into += edge.per_s,
            _ => {}
        }
    }
    let said =
        |per_s: f64, word: &str| (per_s > 0.0).then(|| format!("{word} {}/s", text::rate(per_s)));
    let said: Vec<String> = [said(into, "in"), said(out, "out")]
        .into_iter()
        .flatten()
        .collect();
    (!said.is_empty()).then(|| said.join(" "))
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
