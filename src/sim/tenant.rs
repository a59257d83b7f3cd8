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
    /// The same with a remainder for each channel, where there are many: a search among hundreds looks at five or six lines
    /// of the cache, and this at one. Empty where there are few.
    more: Vec<u16>,
}

/// How many of its open channels a process has at hand: a power of two.
const READY: usize = 16;
const NONE_READY: [u32; READY] = [u32::MAX; READY];

/// More channels than this are many.
const FEW_CHANNELS: usize = 4 * READY;
const NO_MORE: u16 = u16::MAX;

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
            more: Vec::new(),
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
        if !self.more.is_empty() {
            return self.ready_of_many(at, to);
        }
        self.channels.get_mut(at).filter(|c| c.peer == to)
    }

    #[inline(never)]
    fn ready_of_many(&mut self, first: usize, to: Pid) -> Option<&mut Channel> {
        let is_first = self.channels.get(first).is_some_and(|c| c.peer == to);
        let at = if is_first { first } else { self.guess(to) };
        self.channels.get_mut(at).filter(|c| c.peer == to)
    }

    /// Where the channel to a process probably stands, if it is open and there are many.
    #[inline]
    fn guess(&self, to: Pid) -> usize {
        let slot = to.index() & self.more.len().wrapping_sub(1);
        self.more
            .get(slot)
            .map_or(usize::MAX, |&at| usize::from(at))
    }

    /// The channel to a process is open, or not.
    fn note(&mut self, at: usize, is_open: bool) {
        let to = self.channels[at].peer.index();
        self.ready[to % READY] = if is_open { at as u32 } else { u32::MAX };
        let slot = to & self.more.len().wrapping_sub(1);
        if let Some(more) = self.more.get_mut(slot) {
            *more = if is_open { at as u16 } else { NO_MORE };
        }
    }

    /// The channel to a process, if there is one; or where it belongs.
    #[inline]
    pub fn find(&self, to: Pid) -> Result<usize, usize> {
        let at = self.ready[to.index() % READY] as usize;
        let leads_there = |at: usize| self.channels.get(at).is_some_and(|c| c.peer == to);
        if leads_there(at) {
            return Ok(at);
        }
        let at = self.guess(to);
        if leads_there(at) {
            return Ok(at);
        }
        self.channels.binary_search_by_key(&to, |c| c.peer)
    }

    /// Adds a channel where it belongs.
    pub fn insert(&mut self, at: usize, channel: Channel) {
        self.ready = NONE_READY;
        self.channels.insert(at, channel);
        let count = self.channels.len();
        if count <= FEW_CHANNELS {
            return;
        }
        if count >= usize::from(NO_MORE) {
            self.more = Vec::new();
        } else if count > self.more.len() {
            self.more = vec![NO_MORE; 2 * count.next_power_of_two()];
        }
        for more in &mut self.more {
            *more += u16::from(*more != NO_MORE && usize::from(*more) >= at);
        }
    }

    /// A channel is connected to an incarnation, and used.
    pub fn open(&mut self, at: usize, incarnation: u32) {
        let channel = &mut self.channels[at];
        channel.incarnation = incarnation;
        if incarnation != CLOSED {
            self.note(at, true);
        }
    }

    /// A connection is gone.
    pub fn close(&mut self, at: usize) {
        self.channels[at].incarnation = CLOSED;
        self.note(at, false);
    }

    /// All connections are gone.
    pub fn close_all(&mut self) {
        self.ready = NONE_READY;
        self.more.fill(NO_MORE);
        for channel in &mut self.channels {
            channel.incarnation = CLOSED;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn channel(peer: u32) -> Channel {
        Channel {
            peer: Pid(peer),
            link: 0,
            last_arrival: 0,
            last_served: 0,
            incarnation: CLOSED,
        }
    }

    proptest! {
        // With few channels and with many: what is at hand leads to whom it is asked for, and is open.
        #[test]
        fn channels_are_found_however_many_there_are(
            steps in prop::collection::vec((0u32..600, 0u8..20), 0..1500),
        ) {
            let mut tenant = Tenant::new(NodeId(0));
            for (peer, kind) in steps {
                let to = Pid(peer);
                match (tenant.find(to), kind) {
                    (Err(at), _) => tenant.insert(at, channel(peer)),
                    (Ok(at), 0) => tenant.close(at),
                    (Ok(at), 1..15) => {
                        tenant.open(at, 7);
                        prop_assert_eq!(tenant.ready(to).map(|c| c.peer), Some(to));
                    }
                    (_, 15) if peer < 10 => tenant.close_all(),
                    _ => {}
                }
                let at = tenant.find(to).ok();
                prop_assert_eq!(at, tenant.channels.iter().position(|c| c.peer == to));
                let ready = tenant.ready(to).map(|c| (c.peer, c.incarnation));
                prop_assert!(ready.is_none_or(|r| r == (to, 7)), "{:?}", ready);
            }
            prop_assert!(tenant.channels.is_sorted_by_key(|c| c.peer));
        }
    }
}
