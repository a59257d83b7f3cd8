//! How a message gets from one process to another, and how a connection ends.

use super::Pid;
use super::event::{Event, Rare};
use super::net::Trouble;
use super::record::{Drop, Fact};
use super::tcp::NO_LINK;
use super::tenant::{CLOSED, Channel};
use super::world::Core;

/// A TCP segment without data: IP and TCP headers.
const RESET_BYTES: u32 = 40;

/// A message that is sent over a channel.
#[derive(Clone, Debug)]
pub(super) struct Mail<M> {
    pub from: Pid,
    pub to: Pid,
    pub link: u32,
    /// The incarnation it is meant for.
    pub incarnation: u32,
    pub message: M,
    pub bytes: u32,
}

impl<M: Clone> Core<M> {
    /// The channel from one process to another, opened if need be.
    pub(super) fn channel(&mut self, from: Pid, to: Pid) -> usize {
        match self.tenants[from.index()].find(to) {
            Ok(at) => at,
            Err(at) => {
                let (a, b) = (
                    self.tenants[from.index()].node,
                    self.tenants[to.index()].node,
                );
                let names = &self.names;
                let link = self
                    .net
                    .link_index(a, b, || format!("{}→{}", names.node(a), names.node(b)));
                let channel = Channel {
                    peer: to,
                    link,
                    last_arrival: 0,
                    last_served: 0,
                    incarnation: CLOSED,
                };
                self.tenants[from.index()].insert(at, channel);
                at
            }
        }
    }

    /// Whether a message that arrives under a cut, or for an incarnation that does not live, reaches anybody.
    #[cold]
    #[inline(never)]
    pub(super) fn gets_through(&mut self, to: Pid, from: Pid, link: u32, meant_for: u32) -> bool {
        if self.net.cut_on_arrival(link) {
            self.net.count_dropped(link);
            self.record(from, Fact::Dropped { to, why: Drop::Cut });
            self.see_turned_away(Drop::Cut);
            return false;
        }
        let tenant = &self.tenants[to.index()];
        if !tenant.alive() || (meant_for != tenant.incarnation && meant_for != CLOSED) {
            let up = self.hosts[tenant.node.index()].up;
            let why = if up { Drop::Refused } else { Drop::Down };
            self.record(from, Fact::Dropped { to, why });
            self.see_turned_away(why);
            if up {
                self.tell_reset(from, to, meant_for);
            }
            return false;
        }
        if meant_for == CLOSED {
            self.connect(from, to);
        }
        true
    }

    pub(super) fn send(&mut self, from: Pid, to: Pid, message: M, bytes: u32) {
        let Some((time, link, incarnation)) = self.send_quickly(from, to, bytes) else {
            return self.send_slowly(from, to, message, bytes);
        };
        let mail = Mail {
            from,
            to,
            link,
            incarnation,
            message,
            bytes,
        };
        self.deliver(mail, time);
    }

    /// A message arrives at a time.
    #[allow(
        clippy::inline_always,
        reason = "an event is made in its place, not beside it and then copied"
    )]
    #[inline(always)]
    pub(super) fn deliver(&mut self, mail: Mail<M>, time: u64) {
        let Mail {
            from,
            to,
            link,
            incarnation,
            message,
            bytes,
        } = mail;
        let event = Event::Arrive {
            to,
            from,
            link,
            incarnation,
            bytes,
            message,
        };
        self.schedule_at(time, event);
    }

    /// When a message arrives that goes over an open connection on a link without any trouble, over which link, and for
    /// which incarnation; `None`, and nothing has changed, if it is not as simple as that.
    #[inline]
    fn send_quickly(&mut self, from: Pid, to: Pid, bytes: u32) -> Option<(u64, u32, u32)> {
        let channel = self.tenants.get_mut(from.index())?.ready(to)?;
        let latency = self.net.send_quickly(channel.link, bytes)?;
        let time = self.now.saturating_add(latency).max(channel.last_arrival);
        channel.last_arrival = time;
        Some((time, channel.link, channel.incarnation))
    }

    #[inline(never)]
    fn send_slowly(&mut self, from: Pid, to: Pid, message: M, bytes: u32) {
        if self.tenants[from.index()].ready(to).is_none() {
            self.open_channel(from, to);
        }
        let Ok(at) = self.tenants[from.index()].find(to) else {
            return;
        };
        let channel = &mut self.tenants[from.index()].channels[at];
        let (link, incarnation) = (channel.link, channel.incarnation);
        let sent = self.net.send(link, self.now, bytes);
        let mut time = sent.at;
        if sent.in_order {
            time = time.max(channel.last_arrival);
            channel.last_arrival = time;
        }
        let mail = Mail {
            from,
            to,
            link,
            incarnation,
            message,
            bytes,
        };
        if self.lens.is_some() {
            self.see_sent(&mail);
        }
        match sent.trouble {
            Trouble::None => self.deliver(mail, time),
            _ => self.send_troubled(mail, &sent, time),
        }
    }

    /// Makes the channel the one that is guessed, and connects it if somebody listens.
    #[cold]
    #[inline(never)]
    fn open_channel(&mut self, from: Pid, to: Pid) {
        let at = self.channel(from, to);
        let peer = &self.tenants[to.index()];
        let listening = if peer.alive() {
            peer.incarnation
        } else {
            CLOSED
        };
        let tenant = &mut self.tenants[from.index()];
        let channel = &mut tenant.channels[at];
        let mut incarnation = channel.incarnation;
        if incarnation == CLOSED {
            channel.last_served = 0;
            incarnation = listening;
        }
        tenant.open(at, incarnation);
    }

    /// A message reached somebody new: the sender is connected from now on.
    #[cold]
    fn connect(&mut self, from: Pid, to: Pid) {
        let current = self.tenants[to.index()].incarnation;
        let at = self.channel(from, to);
        let channel = &mut self.tenants[from.index()].channels[at];
        if channel.incarnation == CLOSED {
            channel.incarnation = current;
        }
    }

    /// `hearer` is told that its connection to an incarnation of `peer` is gone, if the way back is open. It travels behind
    /// what the peer sent before.
    pub(super) fn tell_reset(&mut self, hearer: Pid, peer: Pid, incarnation: u32) {
        let at = self.channel(peer, hearer);
        let link = self.tenants[peer.index()].channels[at].link;
        let sent = self.net.send(link, self.now, RESET_BYTES);
        match sent.trouble {
            Trouble::None | Trouble::Perhaps | Trouble::Again(_) => {}
            // Nobody sends a reset again: who does not hear it is told when he sends something.
            Trouble::Lost(_) => {
                self.net.count_dropped(link);
                return;
            }
            Trouble::Dropped(_) => return,
        }
        let time = sent.at;
        let channel = &mut self.tenants[peer.index()].channels[at];
        channel.last_arrival = channel.last_arrival.max(time);
        let after = channel.last_arrival - self.now;
        let event = Rare::Reset {
            to: hearer,
            peer,
            incarnation,
            link,
        }
        .into();
        self.schedule(after, event);
    }

    /// Whether a reset is news to somebody who lives: a connection is reset once, and one that was opened anew stays.
    pub(super) fn hear_reset(
        &mut self,
        hearer: Pid,
        peer: Pid,
        incarnation: u32,
        link: u32,
    ) -> bool {
        if !self.tenants[hearer.index()].alive()
            || (link != NO_LINK && self.net.cut_on_arrival(link))
        {
            return false;
        }
        let at = self.channel(hearer, peer);
        let tenant = &mut self.tenants[hearer.index()];
        let news = tenant.channels[at].incarnation == incarnation;
        if news {
            tenant.close(at);
            self.forget_stalled(hearer, Some(peer));
        }
        news
    }

    /// Everybody who is connected to an earlier incarnation of a process is told that the connection is gone: at once when
    /// the process dies, and again when it is back, for those whom nothing could be told then (no power, a cut).
    pub(super) fn reset_peers(&mut self, pid: Pid) {
        let current = self.tenants[pid.index()].incarnation;
        let alive = self.tenants[pid.index()].alive();
        for hearer in 0..self.tenants.len() as u32 {
            let tenant = &self.tenants[hearer as usize];
            if !tenant.alive() || hearer == pid.0 {
                continue;
            }
            let Ok(at) = tenant.channels.binary_search_by_key(&pid, |c| c.peer) else {
                continue;
            };
            let known = tenant.channels[at].incarnation;
            if known != CLOSED && !(alive && known == current) {
                self.tell_reset(Pid(hearer), pid, known);
            }
        }
    }
}
