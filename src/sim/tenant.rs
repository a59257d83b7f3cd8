//! A process as the kernel knows it: which incarnation lives, and to whom it is connected.

use super::{NodeId, Pid};

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

/// A process as the kernel knows it.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub node: NodeId,
    /// The last.
    pub incarnation: u32,
    /// The incarnation that lives; `DEAD` if none does.
    pub current: u32,
    pub channels: Vec<Channel>,
    /// For each remainder of process numbers, the open channel to one of them that was used last; none is closed.
    ready: [u32; READY],
}

/// How many of its open channels a process has at hand: a power of two.
const READY: usize = 16;
const NONE_READY: [u32; READY] = [u32::MAX; READY];

/// No incarnation; not [`CLOSED`], so that it is equal to none that a message is meant for.
const DEAD: u32 = u32::MAX - 1;

impl Tenant {
    pub fn new(node: NodeId) -> Self {
        Self {
            node,
            incarnation: 0,
            current: DEAD,
            channels: Vec::new(),
            ready: NONE_READY,
        }
    }

    /// Whether it lives.
    #[inline]
    pub fn alive(&self) -> bool {
        self.current != DEAD
    }

    /// It dies.
    pub fn bury(&mut self) {
        self.current = DEAD;
    }

    /// The channel to a process, if it is open and was used lately.
    #[inline]
    pub fn ready(&mut self, to: Pid) -> Option<&mut Channel> {
        let at = self.ready[to.index() % READY] as usize;
        self.channels.get_mut(at).filter(|c| c.peer == to)
    }

    /// The channel to a process, if there is one; or where it belongs.
    #[inline]
    pub fn find(&self, to: Pid) -> Result<usize, usize> {
        let at = self.ready[to.index() % READY] as usize;
        if self.channels.get(at).is_some_and(|c| c.peer == to) {
            return Ok(at);
        }
        self.channels.binary_search_by_key(&to, |c| c.peer)
    }

    /// Adds a channel where it belongs.
    pub fn insert(&mut self, at: usize, channel: Channel) {
        self.ready = NONE_READY;
        self.channels.insert(at, channel);
    }

    /// A channel is connected to an incarnation, and used.
    pub fn open(&mut self, at: usize, incarnation: u32) {
        let channel = &mut self.channels[at];
        channel.incarnation = incarnation;
        if incarnation != CLOSED {
            self.ready[channel.peer.index() % READY] = at as u32;
        }
    }

    /// A connection is gone.
    pub fn close(&mut self, at: usize) {
        let channel = &mut self.channels[at];
        channel.incarnation = CLOSED;
        self.ready[channel.peer.index() % READY] = u32::MAX;
    }

    /// All connections are gone.
    pub fn close_all(&mut self) {
        self.ready = NONE_READY;
        for channel in &mut self.channels {
            channel.incarnation = CLOSED;
        }
    }
}
