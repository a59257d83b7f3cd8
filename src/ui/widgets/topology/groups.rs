//! Which groups of nodes are open: what a person chose, and what that does to what is shown.

use std::collections::{BTreeMap, BTreeSet};

use crate::ui::view::{NodeCard, Topology};

/// What makes nodes a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// One entry of the scenario's nodes: `broker` for `broker-2`.
    #[default]
    Name,
    /// Where they stand.
    Zone,
}

/// The groups and which of them are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// What makes nodes a group.
    pub by: By,
    /// The names of those that are open; none while the room decides.
    pub open: Option<BTreeSet<String>>,
}

/// Nodes that are shown as one, in the order in which they are shown.
pub type Item = Vec<usize>;

impl Groups {
    /// The group of a node.
    pub fn key<'a>(&self, node: &'a NodeCard) -> &'a str {
        match self.by {
            By::Name => &node.group,
            By::Zone => &node.zone,
        }
    }

    /// What the scenario language calls these nodes, if they are all of a group: the name of their `nodes` entry, or their zone.
    pub fn target(&self, topology: &Topology, item: &[usize]) -> Option<String> {
        let first = topology.nodes.get(*item.first()?)?;
        let key = self.key(first);
        let all = topology.nodes.iter().enumerate();
        let all = all.filter(|(_, node)| self.key(node) == key);
        let is_all =
            all.clone().count() == item.len() && all.clone().all(|(at, _)| item.contains(&at));
        (is_all && !key.is_empty()).then(|| match self.by {
            By::Name => format!("\"{key}\""),
            By::Zone => format!("Zone(\"{key}\")"),
        })
    }

    /// Whether a group is open; none where the room decides.
    pub fn is_open(&self, key: &str) -> Option<bool> {
        self.open.as_ref().map(|open| open.contains(key))
    }

    /// Opens the group of a node if it is closed, and closes it otherwise; every other stays as it is shown now. Says
    /// what came of it.
    pub fn toggle(&mut self, topology: &Topology, items: &[Item], node: usize) -> String {
        let Some(card) = topology.nodes.get(node) else {
            return String::new();
        };
        let key = self.key(card).to_owned();
        let mut open = self.shown_open(topology, items);
        let item = items.iter().find(|item| item.contains(&node));
        let is_closed = item.is_some_and(|item| item.len() > 1);
        let all = self.sizes(topology);
        if is_closed {
            open.insert(key.clone());
        } else if all.get(&key).is_some_and(|nodes| *nodes > 1) {
            open.remove(&key);
        } else {
            return format!("{} stands alone in its group", card.name);
        }
        let word = if is_closed { "open" } else { "closed" };
        let said = format!("{} is {word}", self.name(&key));
        self.open = Some(open);
        said
    }

    /// Opens all groups; if all are open closes them; if all are closed leaves it to the room again. Says which.
    pub fn toggle_all(&mut self, topology: &Topology, items: &[Item]) -> &'static str {
        let many = |groups: BTreeMap<String, usize>| -> BTreeSet<String> {
            let many = groups.into_iter().filter(|(_, nodes)| *nodes > 1);
            many.map(|(key, _)| key).collect()
        };
        let all = many(self.sizes(topology));
        let shown = self.shown_open(topology, items);
        let some_closed = all.iter().any(|key| !shown.contains(key));
        match &self.open {
            Some(open) if all.iter().all(|key| !open.contains(key)) => {
                self.open = None;
                "groups open as there is room"
            }
            _ if some_closed => {
                self.open = Some(self.sizes(topology).into_keys().collect());
                "all groups are open"
            }
            _ => {
                self.open = Some(BTreeSet::new());
                "all groups are closed"
            }
        }
    }

    /// Groups by zone if they were by name, and back. Says which.
    pub fn turn(&mut self, topology: &Topology) -> &'static str {
        if topology.nodes.iter().all(|node| node.zone.is_empty()) {
            return "the scenario has no zones";
        }
        self.open = None;
        match self.by {
            By::Name => {
                self.by = By::Zone;
                "nodes by zone"
            }
            By::Zone => {
                self.by = By::Name;
                "nodes by name"
            }
        }
    }

    /// What a group is called on the screen.
    pub fn name(&self, key: &str) -> String {
        match (self.by, key) {
            (By::Name, "") => "nodes".into(),
            (By::Name, name) => name.into(),
            (By::Zone, "") => "no zone".into(),
            (By::Zone, zone) => format!("zone {zone}"),
        }
    }

    fn sizes(&self, topology: &Topology) -> BTreeMap<String, usize> {
        let mut sizes = BTreeMap::new();
        for node in &topology.nodes {
            *sizes.entry(self.key(node).to_owned()).or_default() += 1;
        }
        sizes
    }

    /// The groups of which every node is shown by itself.
    fn shown_open(&self, topology: &Topology, items: &[Item]) -> BTreeSet<String> {
        let mut open: BTreeSet<String> = self.sizes(topology).into_keys().collect();
        let closed = items.iter().filter(|item| item.len() > 1).flatten();
        for node in closed.filter_map(|&i| topology.nodes.get(i)) {
            open.remove(self.key(node));
        }
        open
    }
}
