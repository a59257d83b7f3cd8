//! One link: what becomes of a message on it.

use super::state::State;
use crate::sim::NodeId;
use crate::sim::dist::Sampler;
use crate::sim::record::Drop;
use crate::sim::stream::Stream;
use crate::sim::tcp::{self, Lost};

/// How a link treats one message.
pub(in crate::sim) struct Sent {
    /// When it arrives.
    pub at: u64,
    /// Not before what was sent earlier.
    pub in_order: bool,
    pub trouble: Trouble,
}

/// What goes wrong with a message.
pub(in crate::sim) enum Trouble {
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
struct Rest {
    from: NodeId,
    to: NodeId,
    state: State,
    /// When the wire is free again.
    wire_free_at: u64,
    /// For everything but latencies, so that no fault moves those.
    trouble: Stream,
    /// How many connections over it wait until something is sent again.
    stalls: u32,
    dropped: u64,
}

impl Link {
    /// A link from a node to another with the number of its plan.
    pub(super) fn new(
        seed: u64,
        (from, to): (NodeId, NodeId),
        name: &str,
        plan: u32,
        state: State,
    ) -> Self {
        Self {
            plain_in: state.plain_in(),
            plan,
            stream: Stream::named(seed, "link", name),
            sent: 0,
            bytes: 0,
            rest: Box::new(Rest {
                from,
                to,
                state,
                wire_free_at: 0,
                trouble: Stream::named(seed, "link trouble", name),
                stalls: 0,
                dropped: 0,
            }),
        }
    }

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

    /// The number of its plan.
    #[inline]
    pub(super) fn plan(&self) -> u32 {
        self.plan
    }

    /// Whether nothing but its latency is known to matter in a version of the network.
    #[inline]
    pub(super) fn is_plain(&self, version: u32) -> bool {
        self.plain_in == version
    }

    /// Whether its state is that of a version of the network.
    #[inline]
    pub(super) fn is_current(&self, version: u32) -> bool {
        self.is_plain(version) || self.rest.state.version == version
    }

    /// From now on it is like this.
    pub(super) fn renew(&mut self, state: State) {
        self.rest.state = state;
        self.rest.state.plain &= self.rest.stalls == 0;
        self.plain_in = self.rest.state.plain_in();
    }

    /// Nothing goes over it quickly, until it is renewed.
    pub(super) fn slow_down(&mut self) {
        self.plain_in = 0;
    }

    /// A connection over it waits from now on until something is sent again.
    pub(super) fn stall(&mut self) {
        self.rest.stalls += 1;
        self.rest.state.plain = false;
        self.plain_in = 0;
    }

    /// A connection over it waits no more.
    pub(super) fn unstall(&mut self) {
        self.rest.stalls -= 1;
        // Whether the link is plain is found out anew.
        self.rest.state.version = 0;
    }

    #[inline]
    pub(super) fn is_cut(&self) -> bool {
        self.rest.state.cut
    }

    /// Whether and how packets of a message are lost.
    pub(super) fn loses(&mut self, bytes: u32) -> Option<Lost> {
        self.rest.loses(bytes)
    }

    /// A message that was sent over it goes nowhere.
    pub(super) fn count_dropped(&mut self) {
        self.rest.dropped += 1;
    }

    /// How long a message takes if nothing is wrong.
    #[inline]
    pub(super) fn pass(&mut self, latency: &Sampler, bytes: u32) -> u64 {
        self.sent += 1;
        self.bytes += u64::from(bytes);
        latency.sample(&mut self.stream)
    }

    /// Decides what becomes of a message that is sent at `now`.
    #[inline]
    pub(super) fn send(&mut self, sampler: &Sampler, now: u64, bytes: u32) -> Sent {
        let latency = self.pass(sampler, bytes);
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
