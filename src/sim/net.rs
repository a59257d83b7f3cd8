//! The network: directed links between nodes, and what faults do to them.
//!
//! A message is a request or an answer as a whole. A link delays it and has a bandwidth. What one process sends another
//! arrives in the order it was sent, as on a TCP connection, and packets that the link loses are sent again (`tcp.rs`). What
//! a connection does not repair is done to whole messages, as by a proxy between the two: it may swallow them, pass them on
//! twice or let them overtake others. Nor is what a cut drops sent again; nobody is told.

use std::sync::Arc;

use super::dist::{Dist, Sampler};
use super::record::Drop;
use super::stream::Stream;
use super::tcp::{self, Lost};
use super::units::{Chance, Size};
use super::{NodeId, Pid, SECOND};

/// The network by the plan.
#[derive(Clone, Debug)]
pub struct NetworkPlan {
    /// Every link, unless a route says otherwise.
    pub link: LinkPlan,
    /// Between processes on one node.
    pub loopback: Dist,
    /// Exceptions: later entries win.
    pub routes: Vec<Route>,
}

impl Default for NetworkPlan {
    fn default() -> Self {
        Self {
            link: LinkPlan::default(),
            loopback: Dist::Constant(super::units::Duration::from_us(20)),
            routes: Vec::new(),
        }
    }
}

impl NetworkPlan {
    /// A tick for the event queue, ns: most latencies are some dozens of ticks, so that a message waits in the lowest
    /// level of the wheel, and few share one. It decides how fast a run is, and nothing in it.
    pub(super) fn tick_ns(&self) -> u64 {
        const TICKS_PER_LATENCY: f64 = 64.0;
        let means = [&self.link.latency, &self.loopback].map(Dist::mean_ns);
        let mean = means.into_iter().find(|m| *m > 0.0).unwrap_or(0.0);
        ((mean / TICKS_PER_LATENCY) as u64).clamp(256, super::MS)
    }
}

/// The links from some nodes to some others.
#[derive(Clone, Debug)]
pub struct Route {
    /// Sending nodes, sorted.
    pub from: Vec<NodeId>,
    /// Receiving nodes, sorted.
    pub to: Vec<NodeId>,
    /// What they are like.
    pub link: LinkPlan,
}

/// What a link is like when nothing is wrong.
#[derive(Clone, Debug)]
pub struct LinkPlan {
    /// One way.
    pub latency: Dist,
    /// Share of packets that are lost.
    pub loss: Chance,
    /// Share of messages that arrive twice.
    pub duplicate: Chance,
    /// Share of messages that overtake or fall behind others.
    pub reorder: Chance,
    /// Bytes a second; `None`: as many as one likes.
    pub bandwidth: Option<Size>,
}

impl Default for LinkPlan {
    fn default() -> Self {
        Self {
            latency: Dist::LogNormal {
                median: super::units::Duration::from_us(500),
                p99: super::units::Duration::from_ms(3),
            },
            loss: Chance::NEVER,
            duplicate: Chance::NEVER,
            reorder: Chance::NEVER,
            bandwidth: None,
        }
    }
}

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

/// What a link is like now.
#[derive(Clone, Debug)]
struct State {
    version: u32,
    /// Nothing about it but its latency and its bandwidth matters.
    plain: bool,
    cut: bool,
    slow_milli: u64,
    delays: Vec<Sampler>,
    loss: f64,
    swallow: f64,
    duplicate: f64,
    reorder: f64,
    reorder_by_ns: u64,
    ns_per_mib: u64,
}

impl State {
    /// The version in which nothing but the latency matters; 0: none.
    fn plain_in(&self) -> u32 {
        if self.plain && self.ns_per_mib == 0 {
            self.version
        } else {
            0
        }
    }
}

/// Counts of a directed link since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages sent.
    pub sent: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Messages that the link or a cut dropped.
    pub dropped: u64,
}

/// A directed link between two nodes. A large world has tens of thousands, and every message looks at one: so what it looks at
/// is one line of the cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Link {
    /// The version of the network in which nothing about it but its latency matters; 0: none.
    plain_in: u32,
    /// Which of the network's plans is its.
    plan: u32,
    /// For latencies: one draw for each message, whatever becomes of it.
    stream: Stream,
    sent: u64,
    bytes: u64,
    rest: Box<Rest>,
}

const _: () = assert!(size_of::<Link>() == 64, "a link is one line of the cache");

/// What is looked at when something is wrong with a link, or it has a bandwidth.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    from: NodeId,
    to: NodeId,
    state: State,
    /// When the wire is free again.
    wire_free_at: u64,
    /// For everything but latencies, so that no fault moves those.
    trouble: Stream,
    /// How many connections over it wait until something is sent again.
    stalls: u32,
    pub dropped: u64,
}

impl Link {
    /// Sending node.
    pub fn from(&self) -> NodeId {
        self.rest.from
    }

    /// Receiving node.
    pub fn to(&self) -> NodeId {
        self.rest.to
    }

    /// Counts since the start.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            sent: self.sent,
            bytes: self.bytes,
            dropped: self.rest.dropped,
        }
    }
}

/// A plan that links share, and what draws its latencies.
#[derive(Debug)]
struct Planned {
    link: LinkPlan,
    latency: Sampler,
}

impl Planned {
    fn new(link: LinkPlan) -> Self {
        Self {
            latency: link.latency.compile(),
            link,
        }
    }
}

/// The places of the plan for links in general, of that for links of a node to itself, and of the first route's.
const GENERAL: usize = 0;
const LOOPBACK: usize = 1;
const ROUTES: usize = 2;

fn planned(plan: &NetworkPlan) -> Arc<[Planned]> {
    let loopback = LinkPlan {
        latency: plan.loopback.clone(),
        loss: Chance::NEVER,
        duplicate: Chance::NEVER,
        reorder: Chance::NEVER,
        bandwidth: None,
    };
    let routes = plan.routes.iter().map(|r| r.link.clone());
    let all = [plan.link.clone(), loopback].into_iter().chain(routes);
    all.map(Planned::new).collect()
}

/// How a link treats one message.
pub(super) struct Sent {
    /// When it arrives.
    pub at: u64,
    /// Not before what was sent earlier.
    pub in_order: bool,
    pub trouble: Trouble,
}

/// What goes wrong with a message.
pub(super) enum Trouble {
    None,
    /// It arrives again at this time.
    Again(u64),
    /// It arrives, unless something before it on its connection waits.
    Perhaps,
    /// Its packets are lost, and sent again.
    Lost(Lost),
    /// It does not arrive.
    Dropped(Drop),
}

impl Sent {
    fn dropped(why: Drop) -> Self {
        Self {
            at: 0,
            in_order: false,
            trouble: Trouble::Dropped(why),
        }
    }
}

/// All links. They come into being when first used.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
    plan: Arc<NetworkPlan>,
    /// The plans in it.
    planned: Arc<[Planned]>,
    links: Vec<Link>,
    /// For each node, where its link to each other node stands in `links` (`u32::MAX`: not yet).
    table: Vec<Vec<u32>>,
    active: Vec<Active>,
    version: u32,
    next_effect: u32,
    cuts: u32,
}

impl Network {
    pub(super) fn new(seed: u64, plan: NetworkPlan, nodes: usize) -> Self {
        Self {
            seed,
            planned: planned(&plan),
            plan: Arc::new(plan),
            links: Vec::new(),
            table: vec![Vec::new(); nodes],
            active: Vec::new(),
            version: 1,
            next_effect: 0,
            cuts: 0,
        }
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
        let link = self.open(from, to, &name());
        self.links.push(link);
        at
    }

    fn open(&self, from: NodeId, to: NodeId, name: &str) -> Link {
        let plan = self.plan_of(from, to);
        let state = self.state(from, to, &self.planned[plan].link);
        Link {
            plain_in: state.plain_in(),
            plan: plan as u32,
            stream: Stream::named(self.seed, "link", name),
            sent: 0,
            bytes: 0,
            rest: Box::new(Rest {
                from,
                to,
                state,
                wire_free_at: 0,
                trouble: Stream::named(self.seed, "link trouble", name),
                stalls: 0,
                dropped: 0,
            }),
        }
    }

    /// Which plan is that of a link.
    fn plan_of(&self, from: NodeId, to: NodeId) -> usize {
        if from == to {
            return LOOPBACK;
        }
        let on = |r: &Route| r.from.binary_search(&from).is_ok() && r.to.binary_search(&to).is_ok();
        let route = self.plan.routes.iter().rposition(on);
        route.map_or(GENERAL, |nth| ROUTES + nth)
    }

    fn state(&self, from: NodeId, to: NodeId, plan: &LinkPlan) -> State {
        let mut state = State {
            version: self.version,
            plain: false,
            cut: false,
            slow_milli: 1000,
            delays: Vec::new(),
            loss: plan.loss.p(),
            swallow: 0.0,
            duplicate: plan.duplicate.p(),
            reorder: plan.reorder.p(),
            reorder_by_ns: (2.0 * plan.latency.mean_ns()) as u64,
            ns_per_mib: plan.bandwidth.map_or(0, |b| ns_per_mib(b.bytes())),
        };
        let either = |a: f64, b: f64| 1.0 - (1.0 - a) * (1.0 - b);
        for active in self.effects(from, to) {
            match &active.effect {
                Effect::Cut => state.cut = true,
                Effect::SlowMilli(n) => {
                    state.slow_milli = state.slow_milli.saturating_mul(*n) / 1000;
                }
                Effect::Delay(dist) => state.delays.push(dist.compile()),
                Effect::Loss(p) => state.loss = either(state.loss, *p),
                Effect::Swallow(p) => state.swallow = either(state.swallow, *p),
                Effect::Duplicate(p) => state.duplicate = either(state.duplicate, *p),
                Effect::Reorder(p, by_ns) => {
                    state.reorder = either(state.reorder, *p);
                    state.reorder_by_ns = state.reorder_by_ns.max(*by_ns);
                }
                Effect::Bandwidth(bytes) => {
                    state.ns_per_mib = state.ns_per_mib.max(ns_per_mib(*bytes));
                }
            }
        }
        state.plain = !state.cut
            && state.slow_milli == 1000
            && state.delays.is_empty()
            && [state.loss, state.swallow, state.duplicate, state.reorder] == [0.0; 4];
        state
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
        if link.plain_in != self.version {
            return None;
        }
        let latency = &self.planned[link.plan as usize].latency;
        let latency = latency.sample(&mut link.stream);
        link.sent += 1;
        link.bytes += u64::from(bytes);
        Some(latency)
    }

    /// Decides what becomes of a message of `bytes` that is sent at `now`.
    #[inline]
    pub(super) fn send(&mut self, index: u32, now: u64, bytes: u32) -> Sent {
        let plan = self.current(index).plan as usize;
        let latency = &self.planned[plan].latency;
        self.links[index as usize].send(latency, now, bytes)
    }

    /// The link with its state up to date.
    #[inline]
    fn current(&mut self, index: u32) -> &mut Link {
        let at = index as usize;
        let link = &self.links[at];
        if link.plain_in != self.version && link.rest.state.version != self.version {
            let plan = &self.planned[link.plan as usize].link;
            let mut state = self.state(link.rest.from, link.rest.to, plan);
            state.plain &= link.rest.stalls == 0;
            self.links[at].plain_in = state.plain_in();
            self.links[at].rest.state = state;
        }
        &mut self.links[at]
    }

    /// A connection over a link waits from now on until something is sent again.
    pub(super) fn stall(&mut self, index: u32) {
        let link = self.current(index);
        link.rest.stalls += 1;
        link.rest.state.plain = false;
        link.plain_in = 0;
    }

    /// A connection over a link waits no more.
    pub(super) fn unstall(&mut self, index: u32) {
        let link = &mut self.links[index as usize];
        link.rest.stalls -= 1;
        // Whether the link is plain is found out anew.
        link.rest.state.version = 0;
    }

    /// Whether and how packets of a message that goes out now are lost.
    pub(super) fn loses(&mut self, index: u32, bytes: u32) -> Option<Lost> {
        self.current(index).rest.loses(bytes)
    }

    /// Whether a packet that is sent again does not arrive either.
    pub(super) fn loses_again(&mut self, index: u32) -> bool {
        let link = self.current(index);
        link.rest.state.cut || link.rest.loses(0).is_some()
    }

    /// Whether a message on a link is dropped because the link is cut when it should arrive.
    #[inline]
    pub(super) fn cut_on_arrival(&mut self, index: u32) -> bool {
        self.cuts > 0 && self.current(index).rest.state.cut
    }

    /// Whether any message may be dropped when it arrives.
    #[inline]
    pub(super) fn has_cuts(&self) -> bool {
        self.cuts > 0
    }

    pub(super) fn traffic_mut(&mut self, index: u32) -> &mut Rest {
        &mut self.links[index as usize].rest
    }
}

impl Link {
    #[inline]
    fn send(&mut self, sampler: &Sampler, now: u64, bytes: u32) -> Sent {
        self.sent += 1;
        self.bytes += u64::from(bytes);
        let latency = sampler.sample(&mut self.stream);
        if !self.rest.state.plain {
            return self.rest.send_badly(sampler, now, bytes, latency);
        }
        let mut at = now;
        if self.rest.state.ns_per_mib > 0 {
            at = self.rest.depart(now, bytes);
        }
        Sent {
            at: at.saturating_add(latency),
            in_order: true,
            trouble: Trouble::None,
        }
    }
}

impl Rest {
    /// When the last byte of a message is on the wire.
    #[inline]
    fn depart(&mut self, now: u64, bytes: u32) -> u64 {
        let wire = u128::from(bytes) * u128::from(self.state.ns_per_mib) / 1_048_576;
        self.wire_free_at = self.wire_free_at.max(now).saturating_add(wire as u64);
        self.wire_free_at
    }

    /// What faults make of a message.
    #[cold]
    fn send_badly(&mut self, sampler: &Sampler, now: u64, bytes: u32, mut latency: u64) -> Sent {
        let state = &self.state;
        if state.cut {
            self.dropped += 1;
            return Sent::dropped(Drop::Cut);
        }
        if state.swallow > 0.0 && self.trouble.chance(state.swallow) {
            self.dropped += 1;
            return Sent::dropped(Drop::Loss);
        }
        let lost = self.loses(bytes);
        let mut depart = now;
        if self.state.ns_per_mib > 0 {
            depart = self.depart(now, bytes);
        }
        let state = &self.state;
        if state.slow_milli != 1000 {
            latency = latency.saturating_mul(state.slow_milli) / 1000;
        }
        for delay in &state.delays {
            latency = latency.saturating_add(delay.sample(&mut self.trouble));
        }
        if let Some(how) = lost {
            return Sent {
                at: depart.saturating_add(latency),
                in_order: false,
                trouble: Trouble::Lost(how),
            };
        }
        let mut in_order = true;
        if state.reorder > 0.0 && self.trouble.chance(state.reorder) {
            in_order = false;
            latency = latency.saturating_add(self.trouble.below(state.reorder_by_ns.max(1)));
        }
        let at = depart.saturating_add(latency);
        let mut trouble = match self.stalls {
            0 => Trouble::None,
            _ => Trouble::Perhaps,
        };
        if state.duplicate > 0.0 && self.trouble.chance(state.duplicate) {
            trouble = Trouble::Again(at.saturating_add(sampler.sample(&mut self.trouble)));
        }
        Sent {
            at,
            in_order,
            trouble,
        }
    }

    /// Whether and how packets of a message are lost. Draws nothing on a link that loses nothing.
    fn loses(&mut self, bytes: u32) -> Option<Lost> {
        let loss = self.state.loss;
        if loss > 0.0 {
            return tcp::lose(loss, bytes, &mut self.trouble);
        }
        None
    }
}

fn ns_per_mib(bytes_per_second: u64) -> u64 {
    (u128::from(SECOND) * 1_048_576 / u128::from(bytes_per_second.max(1))) as u64
}

/// What one process sends another: a connection, as far as the sender knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    pub peer: Pid,
    pub link: u32,
    /// When the last message arrives, so that the next does not overtake it.
    pub last_arrival: u64,
    /// When the peer is done with the last request, so that the next does not overtake it there.
    pub last_served: u64,
    /// The peer's incarnation it is connected to; `CLOSED` after a reset.
    pub incarnation: u32,
}

/// No connection.
pub(super) const CLOSED: u32 = u32::MAX;
