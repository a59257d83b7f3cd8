//! The network: directed links between nodes, and what faults do to them.
//!
//! A message is a request or an answer as a whole. A link delays it and has a bandwidth. What one process sends another
//! arrives in the order it was sent, as on a TCP connection, and packets that the link loses are sent again (`tcp.rs`). What
//! a connection does not repair is done to whole messages, as by a proxy between the two: it may swallow them, pass them on
//! twice or let them overtake others. Nor is what a cut drops sent again; nobody is told.

mod link;
mod plan;
mod state;

use std::sync::Arc;

use super::NodeId;
use super::dist::Dist;
use super::tcp::Lost;
use plan::Plans;
use state::State;

pub use link::{Link, Traffic};
pub(super) use link::{Sent, Trouble};
pub use plan::{LinkPlan, NetworkPlan, Route};

/// What a fault does to links.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing passes.
    Cut,
    /// Latency ×N, in thousandths.
    SlowMilli(u64),
    /// So much is added to each latency.
    Delay(Dist),
    /// Lose a share of the packets.
    Loss(f64),
    /// Let a share of the messages disappear for good.
    Swallow(f64),
    /// Deliver a share twice.
    Duplicate(f64),
    /// Let a share overtake or fall behind, by up to this many ns.
    Reorder(f64, u64),
    /// At most so many bytes a second.
    Bandwidth(u64),
}

#[derive(Clone, Debug)]
struct Active {
    id: u32,
    from: Arc<[NodeId]>,
    to: Arc<[NodeId]>,
    effect: Effect,
}

/// All links. They come into being when first used.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
    plans: Plans,
    links: Vec<Link>,
    /// For each node, where its link to each other node stands in `links` (`u32::MAX`: not yet).
    table: Vec<Vec<u32>>,
    active: Vec<Active>,
    version: u32,
    next_effect: u32,
    cuts: u32,
    /// Somebody looks closer: no message goes quickly.
    watched: bool,
}

impl Network {
    pub(super) fn new(seed: u64, plan: NetworkPlan, nodes: usize) -> Self {
        Self {
            seed,
            plans: Plans::new(plan),
            links: Vec::new(),
            table: vec![Vec::new(); nodes],
            active: Vec::new(),
            version: 1,
            next_effect: 0,
            cuts: 0,
            watched: false,
        }
    }

    /// From now on no message goes quickly, so that somebody can look at each. They go as they would.
    pub(super) fn watch(&mut self) {
        self.watched = true;
        self.links.iter_mut().for_each(Link::slow_down);
    }

    /// All links that were ever used, in the order of first use.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Whether messages from one node to another are dropped now.
    pub fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.cuts > 0 && self.effects(from, to).any(|a| a.effect == Effect::Cut)
    }

    /// Whether any fault is at work on messages from one node to another.
    pub fn is_impaired(&self, from: NodeId, to: NodeId) -> bool {
        self.effects(from, to).next().is_some()
    }

    fn effects(&self, from: NodeId, to: NodeId) -> impl Iterator<Item = &Active> {
        self.active.iter().filter(move |a| {
            from != to && a.from.binary_search(&from).is_ok() && a.to.binary_search(&to).is_ok()
        })
    }

    pub(super) fn link_index(
        &mut self,
        from: NodeId,
        to: NodeId,
        name: impl FnOnce() -> String,
    ) -> u32 {
        let row = &mut self.table[from.index()];
        if let Some(&at) = row.get(to.index())
            && at != u32::MAX
        {
            return at;
        }
        if row.len() <= to.index() {
            row.resize(to.index() + 1, u32::MAX);
        }
        let at = self.links.len() as u32;
        row[to.index()] = at;
        let mut link = self.open(from, to, &name());
        if self.watched {
            link.slow_down();
        }
        self.links.push(link);
        at
    }

    fn open(&self, from: NodeId, to: NodeId, name: &str) -> Link {
        let plan = self.plans.number(from, to);
        let state = self.state(from, to, plan);
        Link::new(self.seed, (from, to), name, plan, state)
    }

    /// What a link is like now.
    fn state(&self, from: NodeId, to: NodeId, plan: u32) -> State {
        let effects = self.effects(from, to).map(|active| &active.effect);
        State::new(self.version, &self.plans.at(plan).link, effects)
    }

    /// Puts an effect on the links from some nodes to some others, until [`Network::remove`].
    pub(super) fn apply(&mut self, from: Arc<[NodeId]>, to: Arc<[NodeId]>, effect: Effect) -> u32 {
        let id = self.next_effect;
        self.next_effect += 1;
        self.cuts += u32::from(effect == Effect::Cut);
        self.active.push(Active {
            id,
            from,
            to,
            effect,
        });
        self.version += 1;
        id
    }

    pub(super) fn remove(&mut self, id: u32) {
        if let Some(at) = self.active.iter().position(|a| a.id == id) {
            let gone = self.active.remove(at);
            self.cuts -= u32::from(gone.effect == Effect::Cut);
            self.version += 1;
        }
    }

    /// How long a message of `bytes` takes on a link that nothing is wrong with, and that has no bandwidth; `None`, and
    /// nothing was sent, if it is not such a link.
    #[inline]
    pub(super) fn send_quickly(&mut self, index: u32, bytes: u32) -> Option<u64> {
        let link = self.links.get_mut(index as usize)?;
        if !link.is_plain(self.version) {
            return None;
        }
        Some(link.pass(&self.plans.at(link.plan()).latency, bytes))
    }

    /// Decides what becomes of a message of `bytes` that is sent at `now`.
    #[inline]
    pub(super) fn send(&mut self, index: u32, now: u64, bytes: u32) -> Sent {
        let plan = self.current(index).plan();
        let latency = &self.plans.at(plan).latency;
        self.links[index as usize].send(latency, now, bytes)
    }

    /// The link with its state up to date.
    #[inline]
    fn current(&mut self, index: u32) -> &mut Link {
        let at = index as usize;
        let link = &self.links[at];
        if !link.is_current(self.version) {
            let state = self.state(link.from(), link.to(), link.plan());
            self.links[at].renew(state);
            if self.watched {
                self.links[at].slow_down();
            }
        }
        &mut self.links[at]
    }

    /// A connection over a link waits from now on until something is sent again.
    pub(super) fn stall(&mut self, index: u32) {
        self.current(index).stall();
    }

    /// A connection over a link waits no more.
    pub(super) fn unstall(&mut self, index: u32) {
        self.links[index as usize].unstall();
    }

    /// Whether and how packets of a message that goes out now are lost.
    pub(super) fn loses(&mut self, index: u32, bytes: u32) -> Option<Lost> {
        self.current(index).loses(bytes)
    }

    /// Whether a packet that is sent again does not arrive either.
    pub(super) fn loses_again(&mut self, index: u32) -> bool {
        let link = self.current(index);
        link.is_cut() || link.loses(0).is_some()
    }

    /// Whether a message on a link is dropped because the link is cut when it should arrive.
    #[inline]
    pub(super) fn cut_on_arrival(&mut self, index: u32) -> bool {
        self.cuts > 0 && self.current(index).is_cut()
    }

    /// Whether any message may be dropped when it arrives.
    #[inline]
    pub(super) fn has_cuts(&self) -> bool {
        self.cuts > 0
    }

    /// A message that was sent over a link goes nowhere.
    pub(super) fn count_dropped(&mut self, index: u32) {
        self.links[index as usize].count_dropped();
    }
}
