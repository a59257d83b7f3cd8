//! What a connection makes of lost packets: delay. The segments of a message that a link loses are sent again, as TCP does,
//! and what the process sends behind it waits for it (head-of-line blocking).
//!
//! The model, by message and not by segment:
//! - A message goes out as segments of at most [`SEGMENT_BYTES`], all at once, each lost with the link's chance.
//! - If any of the last [`DUPLICATE_ACKS`] is lost, too few arrive behind it to tell: the sender waits for its
//!   retransmission timeout. If only earlier ones are, duplicate acknowledgements tell it, and it sends them again after one
//!   round trip (fast retransmit, RFC 5681 section 3.2).
//! - What is sent again is one segment, and lost again with the same chance, or swallowed by a cut; then the timeout
//!   doubles. At the end of the last one the connection is given up, the sender is told, and all that waited is gone.
//!
//! Left out: acknowledgements that get lost, congestion windows, loss found by the segments of later messages, and tail loss
//! probes (RFC 8985), so that a busy connection recovers somewhat later here than in the world.

use std::collections::VecDeque;

use super::event::Rare;
use super::net::{Sent, Trouble};
use super::record::{Drop, Fact};
use super::stream::Stream;
use super::wire::Mail;
use super::world::Core;
use super::{MS, Pid, SECOND};

/// The payload of a segment on Ethernet: 1500 bytes without 20 of IPv4 and 20 of TCP (RFC 9293 section 3.7.1).
const SEGMENT_BYTES: u32 = 1460;

/// So many acknowledgements of the same byte tell a sender of a loss (RFC 5681 section 3.2).
const DUPLICATE_ACKS: u32 = 3;

/// The least first timeout: Linux's `TCP_RTO_MIN`. RFC 6298 rule 2.4 has 1 s, and no system in data centres keeps to it.
const RTO_MIN_NS: u64 = 200 * MS;

/// The longest timeout: Linux's `TCP_RTO_MAX`. RFC 6298 rule 2.5 allows any from 60 s.
const RTO_MAX_NS: u64 = 120 * SECOND;

/// How often a segment is sent again: Linux's `net.ipv4.tcp_retries2`. With timeouts from 200 ms the connection is given up
/// after 924.6 s.
const RETRIES: u32 = 15;

/// The sender's own machine tells it, over no link.
pub(super) const NO_LINK: u32 = u32::MAX;

/// How a sender finds out that a message was lost, in whole or in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// By duplicate acknowledgements.
    Told,
    /// By its timeout.
    Timeout,
}

/// What becomes of a message's segments when each is lost with a chance. Draws once.
pub(super) fn lose(chance: f64, bytes: u32, stream: &mut Stream) -> Option<Lost> {
    let segments = bytes.div_ceil(SEGMENT_BYTES).max(1);
    let arrive = |n: u32| libm::pow(1.0 - chance, f64::from(n));
    let draw = stream.unit();
    if draw >= arrive(segments) {
        // The same draw says which: the chance that the last ones arrive is the larger one.
        let timeout = draw >= arrive(segments.min(DUPLICATE_ACKS));
        return Some(if timeout { Lost::Timeout } else { Lost::Told });
    }
    None
}

/// The timeout before the retransmission of this number, from 0. The first is three round trips (RFC 6298 rule 2.2), and
/// each of the others twice the one before (rule 5.5).
fn timeout_ns(number: u32, round_trip_ns: u64) -> u64 {
    let first = RTO_MIN_NS.max(round_trip_ns.saturating_mul(3));
    first.saturating_mul(1 << number).min(RTO_MAX_NS)
}

/// A connection whose oldest message is to be sent again.
#[derive(Clone, Debug)]
pub(super) struct Stall<M> {
    number: u32,
    from: Pid,
    to: Pid,
    link: u32,
    /// How many timeouts began.
    timeouts: u32,
    /// That message, and what was sent since.
    waiting: VecDeque<Waiting<M>>,
}

#[derive(Clone, Debug)]
struct Waiting<M> {
    mail: Mail<M>,
    /// How long it takes once it gets through.
    latency_ns: u64,
}

/// The connections that wait, in the order in which they began to.
#[derive(Clone, Debug)]
pub(super) struct Stalls<M> {
    all: Vec<Stall<M>>,
    begun: u32,
}

impl<M> Default for Stalls<M> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            begun: 0,
        }
    }
}

impl<M> Stalls<M> {
    /// How many messages wait, by link.
    pub fn waiting(&self) -> impl Iterator<Item = (u32, u32)> {
        self.all.iter().map(|s| (s.link, s.waiting.len() as u32))
    }

    fn of(&mut self, from: Pid, to: Pid) -> Option<&mut Stall<M>> {
        self.all.iter_mut().find(|s| (s.from, s.to) == (from, to))
    }
}

impl<M: Clone> Core<M> {
    /// What becomes of a message that the link does not just carry; `time`: when it would arrive.
    #[cold]
    pub(super) fn send_troubled(&mut self, mail: Mail<M>, sent: &Sent, time: u64) {
        let Mail { from, to, .. } = mail;
        if let Trouble::Dropped(why) = sent.trouble {
            self.see_dropped(&mail, why);
            return self.record(from, Fact::Dropped { to, why });
        }
        let latency_ns = sent.at - self.now;
        if let Some(stall) = self.stalls.of(from, to) {
            return stall.waiting.push_back(Waiting { mail, latency_ns });
        }
        match sent.trouble {
            Trouble::Lost(how) => self.stall(how, VecDeque::from([Waiting { mail, latency_ns }])),
            Trouble::Again(again) => {
                // The copy is scheduled first, and arrives behind at the earliest.
                self.deliver(mail.clone(), again.max(time));
                self.deliver(mail, time);
            }
            _ => self.deliver(mail, time),
        }
    }

    /// The first of these was lost, and the others wait for it.
    fn stall(&mut self, how: Lost, waiting: VecDeque<Waiting<M>>) {
        let Mail { from, to, link, .. } = waiting[0].mail;
        self.see_lost(&waiting[0].mail);
        let round_trip_ns = waiting[0].latency_ns.saturating_mul(2);
        let (after_ns, timeouts) = match how {
            Lost::Told => (round_trip_ns, 0),
            Lost::Timeout => (timeout_ns(0, round_trip_ns), 1),
        };
        let number = self.stalls.begun;
        self.stalls.begun = number.wrapping_add(1);
        self.stalls.all.push(Stall {
            number,
            from,
            to,
            link,
            timeouts,
            waiting,
        });
        self.net.stall(link);
        self.schedule(after_ns, Rare::Resend { stall: number }.into());
    }

    /// The lost message is sent again.
    #[cold]
    pub(super) fn resend(&mut self, number: u32) {
        let Some(at) = self.stalls.all.iter().position(|s| s.number == number) else {
            return;
        };
        let stall = &mut self.stalls.all[at];
        if stall.timeouts > RETRIES {
            return self.give_up(at);
        }
        if self.net.loses_again(stall.link) {
            let round_trip_ns = stall.waiting[0].latency_ns.saturating_mul(2);
            let after_ns = timeout_ns(stall.timeouts, round_trip_ns);
            stall.timeouts += 1;
            if self.lens.is_some() {
                let mail = stall.waiting[0].mail.clone();
                self.see_lost(&mail);
            }
            self.schedule(after_ns, Rare::Resend { stall: number }.into());
            return;
        }
        let stall = self.stalls.all.remove(at);
        self.net.unstall(stall.link);
        self.go_on(stall);
    }

    /// The first message got through, and takes along what waited behind it, up to the next that is lost.
    fn go_on(&mut self, stall: Stall<M>) {
        let Stall {
            from,
            to,
            link,
            mut waiting,
            ..
        } = stall;
        let mut first = true;
        while let Some(next) = waiting.pop_front() {
            if !first && let Some(how) = self.net.loses(link, next.mail.bytes) {
                waiting.push_front(next);
                return self.stall(how, waiting);
            }
            first = false;
            let at = self.channel(from, to);
            let channel = &mut self.tenants[from.index()].channels[at];
            let time = self.now.saturating_add(next.latency_ns);
            let time = time.max(channel.last_arrival);
            channel.last_arrival = time;
            self.deliver(next.mail, time);
        }
    }

    /// The connection failed: its sender hears of it.
    fn give_up(&mut self, at: usize) {
        let stall = &self.stalls.all[at];
        let (to, peer, incarnation) = (stall.from, stall.to, stall.waiting[0].mail.incarnation);
        self.forget_stall(at);
        let event = Rare::Reset {
            to,
            peer,
            incarnation,
            link: NO_LINK,
        }
        .into();
        self.schedule(0, event);
    }

    /// What waits on a connection that was reset goes nowhere.
    pub(super) fn forget_stalled(&mut self, from: Pid, to: Option<Pid>) {
        let of = |s: &Stall<M>| s.from == from && to.is_none_or(|to| s.to == to);
        while let Some(at) = self.stalls.all.iter().position(of) {
            self.forget_stall(at);
        }
    }

    fn forget_stall(&mut self, at: usize) {
        let stall = self.stalls.all.remove(at);
        self.net.unstall(stall.link);
        for lost in stall.waiting {
            self.net.count_dropped(stall.link);
            let (to, why) = (stall.to, Drop::Loss);
            self.see_dropped(&lost.mail, why);
            self.record(stall.from, Fact::Dropped { to, why });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_given_up_when_linux_says() {
        // ip-sysctl.rst of Linux on tcp_retries2: 15 gives 924.6 s.
        let total: u64 = (0..=RETRIES).map(|n| timeout_ns(n, 0)).sum();
        assert_eq!(total, 924_600 * MS);
    }

    #[test]
    fn far_away_the_first_timeout_is_longer() {
        // RFC 6298 rule 2.2: SRTT + 4 · RTTVAR with RTTVAR = SRTT / 2.
        assert_eq!(timeout_ns(0, 100 * MS), 300 * MS);
        assert_eq!(timeout_ns(1, 100 * MS), 600 * MS);
    }

    #[test]
    fn only_a_loss_with_three_segments_behind_it_is_told() {
        let n = 40_000;
        let count = |bytes| {
            let mut stream = Stream::named(1, "test", "loss");
            let mut seen = [0.0; 2];
            for _ in 0..n {
                match lose(0.05, bytes, &mut stream) {
                    Some(Lost::Told) => seen[0] += 1.0,
                    Some(Lost::Timeout) => seen[1] += 1.0,
                    None => {}
                }
            }
            seen
        };
        let fits = |seen: f64, p: f64| {
            let n = f64::from(n);
            (seen - n * p).abs() <= 4.5 * (n * p * (1.0 - p)).sqrt()
        };
        // All of 1, 3 and 10 segments arrive with 0.95, 0.95³ and 0.95¹⁰.
        assert!(fits(count(1460)[1], 0.05));
        assert!(fits(count(3 * 1460)[1], 1.0 - 0.857_375));
        assert_eq!(count(3 * 1460)[0], 0.0);
        let [told, timeout] = count(9 * 1460 + 1);
        assert!(fits(timeout, 1.0 - 0.857_375), "{timeout}");
        assert!(fits(told, 0.857_375 - 0.598_737), "{told}");
    }
}
