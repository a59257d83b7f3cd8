//! The messages of a queue that can be received now, and in which order they are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::sim::history::History;
use crate::sim::stream::Stream;
use crate::systems::rules::LeftOut;

use super::protocol::Entry;
use super::rules;

/// A message in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub offset: u64,
    pub entry: Entry,
    /// When it was sent first, by the node's clock, ns.
    pub sent_at: i64,
    /// How often it was received.
    pub receives: u32,
    /// The last receive of it; 0: none.
    pub handle: u32,
    /// The queue it came from, if it is a dead letter.
    pub source: Option<u16>,
}

impl Stored {
    /// The message group.
    fn group(&self) -> u32 {
        self.entry.key.unwrap_or(u32::MAX)
    }
}

/// Messages that can be received.
#[derive(Clone, Debug)]
pub(super) enum Shelf {
    /// Of a standard queue.
    Standard(Servers),
    /// Of a FIFO queue.
    Fifo(Groups),
}

impl Shelf {
    pub fn new(fifo: bool, servers: u32, left_out: LeftOut) -> Self {
        if fifo {
            Self::Fifo(Groups {
                left_out,
                ..Groups::default()
            })
        } else {
            Self::Standard(Servers::new(servers))
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Standard(s) => s.len,
            Self::Fifo(g) => g.len,
        }
    }

    /// A message can be received for the first time.
    pub fn push(&mut self, stored: Stored, stream: &mut Stream) {
        match self {
            Self::Standard(s) => s.push(stored, stream),
            Self::Fifo(g) => g.push(stored),
        }
    }

    /// A message in flight can be received again.
    pub fn give_back(&mut self, stored: Stored) {
        match self {
            Self::Standard(s) => s.give_back(stored),
            Self::Fifo(g) => g.give_back(stored),
        }
    }

    /// A message in flight is gone for good.
    pub fn settled(&mut self, stored: &Stored) {
        if let Self::Fifo(g) = self {
            g.settled(stored.group());
        }
    }

    /// Takes messages out, which are in flight now. A short poll asks half of the servers of a standard queue only.
    pub fn take(&mut self, max: usize, short: bool, stream: &mut Stream, out: &mut Vec<Stored>) {
        match self {
            Self::Standard(s) => s.take(max, short, stream, out),
            Self::Fifo(g) => g.take(max, out),
        }
    }

    /// A message that came back and can be received again, by its offset.
    pub fn find_returned(&self, offset: u64) -> Option<&Stored> {
        match self {
            Self::Standard(s) => s.servers.iter().find_map(|s| s.returned.get(&offset)),
            Self::Fifo(g) => g.by_key.values().find_map(|g| g.find(offset)),
        }
    }

    /// Removes a message of a standard queue that came back.
    pub fn remove_returned(&mut self, offset: u64) -> Option<Stored> {
        let Self::Standard(s) = self else {
            return None;
        };
        let gone = s
            .servers
            .iter_mut()
            .find_map(|s| s.returned.remove(&offset));
        s.len -= usize::from(gone.is_some());
        gone
    }

    /// Removes what was sent before a time, ns.
    pub fn expire(&mut self, before: i64, out: &mut Vec<Stored>) {
        match self {
            Self::Standard(s) => s.expire(before, out),
            Self::Fifo(g) => g.expire(before, out),
        }
    }

    /// When the oldest was sent, ns. Looks at all.
    pub fn oldest(&self) -> Option<i64> {
        match self {
            Self::Standard(s) => {
                let all = s.servers.iter();
                all.flat_map(|s| s.waiting.iter().chain(s.returned.values()))
                    .map(|m| m.sent_at)
                    .min()
            }
            Self::Fifo(g) => {
                let all = g.by_key.values().flat_map(|g| &g.waiting);
                all.map(|m| m.sent_at).min()
            }
        }
    }
}

/// One of the servers of a standard queue.
#[derive(Clone, Debug, Default)]
struct Server {
    /// Never received, in the order they came.
    waiting: History<Stored>,
    /// Received and not deleted in time, by offset.
    returned: BTreeMap<u64, Stored>,
}

impl Server {
    /// The oldest.
    fn take(&mut self) -> Option<Stored> {
        let back = self.returned.first_key_value().map(|(&offset, _)| offset);
        let new = self.waiting.front().map(|m| m.offset);
        match (back, new) {
            (Some(back), new) if new.is_none_or(|new| back < new) => {
                self.returned.pop_first().map(|(_, stored)| stored)
            }
            _ => self.waiting.pop_front(),
        }
    }
}

/// Messages over several servers: each keeps its own in order, and a receive begins at any of them.
#[derive(Clone, Debug)]
pub(super) struct Servers {
    servers: Vec<Server>,
    len: usize,
}

impl Servers {
    fn new(servers: u32) -> Self {
        Self {
            servers: vec![Server::default(); servers.max(1) as usize],
            len: 0,
        }
    }

    fn any(&self, stream: &mut Stream) -> usize {
        match self.servers.len() {
            1 => 0,
            n => stream.below(n as u64) as usize,
        }
    }

    fn push(&mut self, stored: Stored, stream: &mut Stream) {
        let at = self.any(stream);
        self.servers[at].waiting.push_back(stored);
        self.len += 1;
    }

    fn give_back(&mut self, stored: Stored) {
        // It went through some server before; which one says nothing.
        let at = (stored.offset % self.servers.len() as u64) as usize;
        self.servers[at].returned.insert(stored.offset, stored);
        self.len += 1;
    }

    fn take(&mut self, max: usize, short: bool, stream: &mut Stream, out: &mut Vec<Stored>) {
        let all = self.servers.len();
        let asked = if short { all.div_ceil(2) } else { all };
        let first = self.any(stream);
        let before = out.len();
        loop {
            let found = out.len();
            for nth in 0..asked {
                if out.len() - before == max {
                    return;
                }
                let taken = self.servers[(first + nth) % all].take();
                self.len -= usize::from(taken.is_some());
                out.extend(taken);
            }
            if out.len() == found {
                return;
            }
        }
    }

    fn expire(&mut self, before: i64, out: &mut Vec<Stored>) {
        let from = out.len();
        for server in &mut self.servers {
            if server.waiting.iter().any(|m| m.sent_at < before) {
                out.extend(server.waiting.iter().filter(|m| m.sent_at < before));
                server.waiting.retain(|m| m.sent_at >= before);
            }
            server.returned.retain(|_, m| {
                out.extend((m.sent_at < before).then_some(*m));
                m.sent_at >= before
            });
        }
        self.len -= out.len() - from;
    }
}

/// A message group.
#[derive(Clone, Debug, Default)]
struct Group {
    waiting: VecDeque<Stored>,
    /// While one is in flight, no other is handed out.
    in_flight: u32,
}

impl Group {
    fn find(&self, offset: u64) -> Option<&Stored> {
        let at = self.waiting.binary_search_by_key(&offset, |m| m.offset);
        at.ok().map(|at| &self.waiting[at])
    }
}

/// The messages of a FIFO queue, by their groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    by_key: BTreeMap<u32, Group>,
    /// Groups from which something can be received, by the offset of their first message.
    ready: BTreeSet<(u64, u32)>,
    len: usize,
    left_out: LeftOut,
}

impl Groups {
    fn push(&mut self, stored: Stored) {
        let key = stored.group();
        let group = self.by_key.entry(key).or_default();
        group.waiting.push_back(stored);
        self.len += 1;
        let is_free = group.in_flight == 0 || self.left_out.has(rules::ONE_IN_FLIGHT_PER_GROUP);
        if is_free && group.waiting.len() == 1 {
            self.ready.insert((stored.offset, key));
        }
    }

    fn give_back(&mut self, stored: Stored) {
        let key = stored.group();
        let group = self.by_key.entry(key).or_default();
        let at = if self.left_out.has(rules::COME_BACK_IN_ORDER) {
            group.waiting.len()
        } else {
            group.waiting.partition_point(|m| m.offset < stored.offset)
        };
        group.waiting.insert(at, stored);
        self.len += 1;
        self.settled(key);
    }

    fn settled(&mut self, key: u32) {
        let Some(group) = self.by_key.get_mut(&key) else {
            return;
        };
        group.in_flight = group.in_flight.saturating_sub(1);
        if group.in_flight > 0 {
            return;
        }
        match group.waiting.front() {
            Some(first) => {
                self.ready.insert((first.offset, key));
            }
            None => {
                self.by_key.remove(&key);
            }
        }
    }

    /// As many as possible of one group, then of the next (guide, "FIFO delivery logic").
    fn take(&mut self, max: usize, out: &mut Vec<Stored>) {
        let mut left = max;
        while left > 0 {
            let Some((_, key)) = self.ready.pop_first() else {
                return;
            };
            let Some(group) = self.by_key.get_mut(&key) else {
                continue;
            };
            let count = left.min(group.waiting.len());
            out.extend(group.waiting.drain(..count));
            group.in_flight += count as u32;
            if self.left_out.has(rules::ONE_IN_FLIGHT_PER_GROUP)
                && let Some(next) = group.waiting.front()
            {
                self.ready.insert((next.offset, key));
            }
            self.len -= count;
            left -= count;
        }
    }

    fn expire(&mut self, before: i64, out: &mut Vec<Stored>) {
        let from = out.len();
        let ready = &mut self.ready;
        self.by_key.retain(|&key, group| {
            if let Some(first) = group.waiting.front() {
                ready.remove(&(first.offset, key));
            }
            out.extend(group.waiting.iter().filter(|m| m.sent_at < before));
            group.waiting.retain(|m| m.sent_at >= before);
            let first = group.waiting.front().filter(|_| group.in_flight == 0);
            ready.extend(first.map(|m| (m.offset, key)));
            group.in_flight > 0 || !group.waiting.is_empty()
        });
        self.len -= out.len() - from;
    }
}
