//! Nodes and links as the dashboard draws them.

/// Nodes and the links between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// The nodes, in the order of the scenario.
    pub nodes: Vec<NodeCard>,
    /// Who sends to whom. Each pair at most once in each direction.
    pub edges: Vec<Edge>,
    /// What each layer is called, from left to right; may be empty.
    pub layer_titles: Vec<String>,
}

/// How a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NodeState {
    /// It works.
    #[default]
    Up,
    /// It crashed or lost power.
    Down {
        /// Since when.
        since_ns: u64,
    },
    /// It is frozen.
    Paused {
        /// Since when.
        since_ns: u64,
    },
    /// It serves slower than it should.
    Slow {
        /// How many times slower.
        factor: f64,
    },
    /// It comes back.
    Restarting,
}

/// What part the processes of a node play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rank {
    /// It decides or leads.
    Leader,
    /// It works.
    #[default]
    Member,
    /// It has nothing to do, or may not work.
    Idle,
    /// It cannot go on.
    Stuck,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeCard {
    /// Its name.
    pub name: String,
    /// What it belongs to with others like it: `broker` for `broker-2`.
    pub group: String,
    /// Where it stands; empty where the scenario has no zones.
    pub zone: String,
    /// How it is.
    pub state: NodeState,
    /// What part it plays.
    pub rank: Rank,
    /// Up to three short lines about it, the most important first.
    pub lines: Vec<String>,
    /// Its layer from the left; none leaves it to the direction of the links.
    pub layer: Option<u8>,
}

/// A directed link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edge {
    /// Index of the sender in [`Topology::nodes`].
    pub from: usize,
    /// Index of the receiver.
    pub to: usize,
    /// Messages per second, lately.
    pub per_s: f64,
    /// Whether it drops everything.
    pub cut: bool,
    /// Whether it is slow, lossy or otherwise worse than it should be.
    pub impaired: bool,
    /// Messages on the way now.
    pub in_flight: u32,
}
