//! Where the time went: each moment of a life belongs to exactly one part of it, so that the parts add up to the whole.

use crate::sim::call::{CallEnd, CallFact};
use crate::sim::lens::{End, Exchange, Followed, Load, Packet};
use crate::sim::record::Outcome;
use crate::sim::{Fact, Pid, Record};

use super::fate::Fate;
use super::verdict::Verdict;

/// What the time went into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Spent {
    /// At who made it, before it was first sent: batches, limits of the client.
    Sender,
    /// On the network.
    Network,
    /// Waiting for somebody to lead its queue.
    Leader,
    /// Waiting for an answer that did not come, and for the next try.
    Retry,
    /// Stored, but not yet copied as far as consumers want it.
    Replication,
    /// Waiting to be taken.
    Queue,
    /// Being worked on.
    Processing,
}

impl Spent {
    /// All, in the order of the way.
    pub const ALL: [Self; 7] = [
        Self::Sender,
        Self::Network,
        Self::Leader,
        Self::Retry,
        Self::Replication,
        Self::Queue,
        Self::Processing,
    ];

    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sender => "at the sender",
            Self::Network => "network",
            Self::Leader => "wait for leader",
            Self::Retry => "retry",
            Self::Replication => "replication",
            Self::Queue => "queue",
            Self::Processing => "processing",
        }
    }
}

/// A part of the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// What it went into.
    pub spent: Spent,
    /// How long, ns.
    pub ns: u64,
}

/// Where the time went from the beginning to the verdict, without what took none; the longest first.
pub(super) fn parts(fate: &Fate, packets: &[Packet], verdict: &Verdict) -> Vec<Part> {
    let Some((born, _)) = fate.born else {
        return Vec::new();
    };
    let end = verdict.at;
    let life = match fate.what() {
        Followed::Message { .. } => Life::of_message(fate, packets),
        Followed::Task(_) => Life::of_task(fate, packets),
    };
    let mut cuts: Vec<u64> = life.cuts.iter().copied().chain([born, end]).collect();
    cuts.retain(|&c| (born..=end).contains(&c));
    cuts.sort_unstable();
    cuts.dedup();
    let mut parts: Vec<Part> = Vec::new();
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let spent = life.at(from);
        match parts.iter_mut().find(|p| p.spent == spent) {
            Some(part) => part.ns += to - from,
            None => parts.push(Part {
                spent,
                ns: to - from,
            }),
        }
    }
    parts.sort_by_key(|p| (std::cmp::Reverse(p.ns), p.spent));
    parts
}

/// From a moment (ns) until before another.
#[derive(Clone, Copy, Debug)]
struct Interval(u64, u64);

impl Interval {
    fn has(self, at: u64) -> bool {
        (self.0..self.1).contains(&at)
    }
}

/// Intervals of a life by what they mean: the first list with one that has a moment says what it went into.
#[derive(Debug, Default)]
struct Life {
    layers: Vec<(Spent, Vec<Interval>)>,
    otherwise: Option<Spent>,
    cuts: Vec<u64>,
}

impl Life {
    fn at(&self, at: u64) -> Spent {
        let layer = self
            .layers
            .iter()
            .find(|(_, intervals)| intervals.iter().any(|i| i.has(at)));
        let otherwise = self.otherwise.unwrap_or(Spent::Queue);
        layer.map_or(otherwise, |(spent, _)| *spent)
    }

    fn add(&mut self, spent: Spent, intervals: Vec<Interval>) {
        self.cuts.extend(intervals.iter().flat_map(|i| [i.0, i.1]));
        self.layers.push((spent, intervals));
    }

    fn of_message(fate: &Fate, packets: &[Packet]) -> Self {
        let with = |load: Load| packets.iter().filter(move |p| p.sight.load == Some(load));
        let stored = stored(fate);
        let first_sent = with(Load::Send).map(|p| p.sent_at).min();
        let acked = moment(fate, |fact| matches!(fact, Fact::Acked { .. }));
        let mut life = Self::default();
        life.add(Spent::Processing, in_hand(fate));
        life.add(Spent::Network, with(Load::Deliver).map(flight).collect());
        // While it is in no log, or its sender does not know that it is, its sender decides.
        let in_doubt = first_end(fate).map(|end| Interval(end, acked.unwrap_or(u64::MAX)));
        let at_sender = outside(&stored, in_doubt.filter(|i| i.0 < i.1));
        let within = |intervals: Vec<Interval>| meet(&intervals, &at_sender);
        let sends: Vec<Interval> = with(Load::Send).map(flight).collect();
        life.add(Spent::Network, within(sends));
        let served = with(Load::Send).filter_map(|p| match (p.end, p.served) {
            (End::Arrived { at, .. }, Some((done, _))) => Some(Interval(at, done)),
            _ => None,
        });
        life.add(Spent::Processing, within(served.collect()));
        let without_leader = without_leader(fate);
        let sent = Interval(first_sent.unwrap_or(u64::MAX), u64::MAX);
        life.add(Spent::Leader, meet(&without_leader, &[sent]));
        life.add(Spent::Retry, within(vec![sent]));
        life.add(Spent::Sender, within(vec![Interval(0, u64::MAX)]));
        life.add(Spent::Replication, hidden(fate, &stored));
        life
    }

    fn of_task(fate: &Fate, packets: &[Packet]) -> Self {
        let calls = calls(fate, packets);
        let mut life = Self::default();
        let working: Vec<Interval> = calls.iter().filter_map(|c| c.working).collect();
        // Who waits for others does not work: what it waits for says where the time goes.
        let waits = calls.iter().map(|c| (c.from, Interval(c.sent, c.back)));
        let waits: Vec<(Pid, Interval)> = waits.chain(backoffs(fate)).collect();
        let mut leaves = Vec::new();
        for call in &calls {
            let mine: Vec<Interval> = waits
                .iter()
                .filter(|(from, _)| *from == call.to)
                .map(|w| w.1)
                .collect();
            life.cuts.extend(mine.iter().flat_map(|i| [i.0, i.1]));
            leaves.extend(call.working.into_iter().flat_map(|w| minus(w, &mine)));
        }
        life.cuts.extend(working.iter().flat_map(|i| [i.0, i.1]));
        life.add(Spent::Processing, leaves);
        life.add(
            Spent::Queue,
            calls.iter().filter_map(|c| c.waiting).collect(),
        );
        life.add(Spent::Network, packets.iter().map(flight).collect());
        let first = packets.iter().map(|p| p.sent_at).min().unwrap_or(u64::MAX);
        life.add(Spent::Sender, vec![Interval(0, first)]);
        let answered = moment(fate, |fact| {
            matches!(fact, Fact::Call(CallFact::Answered { .. }))
        });
        life.add(
            Spent::Retry,
            vec![Interval(first, answered.unwrap_or(u64::MAX))],
        );
        life.otherwise = Some(Spent::Queue);
        life
    }
}

/// The time of a packet on the network.
fn flight(packet: &Packet) -> Interval {
    let end = match packet.end {
        End::OnTheWay => u64::MAX,
        End::Arrived { at, .. } | End::Dropped { at, .. } => at,
    };
    Interval(packet.sent_at, end)
}

fn moment(fate: &Fate, is: impl Fn(&Fact) -> bool) -> Option<u64> {
    fate.about.iter().find(|r| is(&r.fact)).map(|r| r.at)
}

/// When a group first ended with it.
fn first_end(fate: &Fate) -> Option<u64> {
    moment(
        fate,
        |fact| matches!(fact, Fact::Processed { outcome, .. } if *outcome != Outcome::Failed),
    )
}

/// When it stood in the log that counts.
fn stored(fate: &Fate) -> Vec<Interval> {
    let mut all: Vec<Interval> = Vec::new();
    let mut holders: Vec<Pid> = Vec::new();
    let mut since: Option<u64> = None;
    let mut records: Vec<&Record> = fate.about.iter().chain(&fate.around).collect();
    records.sort_by_key(|r| (r.at, r.event));
    for record in records {
        match record.fact {
            Fact::Stored { .. } => {
                if !holders.contains(&record.pid) {
                    holders.push(record.pid);
                }
                if matches!(
                    record.fact,
                    Fact::Stored {
                        first_copy: true,
                        ..
                    }
                ) {
                    since = since.or(Some(record.at));
                }
            }
            Fact::Unstored { .. } => {
                holders.retain(|h| *h != record.pid);
                if holders.is_empty()
                    && let Some(from) = since.take()
                {
                    all.push(Interval(from, record.at));
                }
            }
            // A new leader has it or not: then its log is the one that counts.
            Fact::Leads { .. } => match (holders.contains(&record.pid), since) {
                (true, None) => since = Some(record.at),
                (false, Some(from)) => {
                    all.push(Interval(from, record.at));
                    since = None;
                }
                _ => {}
            },
            _ => {}
        }
    }
    all.extend(since.map(|from| Interval(from, u64::MAX)));
    all
}

/// When it was stored, and hidden from consumers.
fn hidden(fate: &Fate, stored: &[Interval]) -> Vec<Interval> {
    let visible = |from: u64, to: u64| {
        let mut seen = fate.about.iter().filter(|r| (from..to).contains(&r.at));
        let visible = seen.find(|r| matches!(r.fact, Fact::Visible { .. } | Fact::Handed { .. }));
        visible.map_or(to, |r| r.at)
    };
    let hidden = stored.iter().map(|i| Interval(i.0, visible(i.0, i.1)));
    hidden.collect()
}

/// When a consumer had it.
fn in_hand(fate: &Fate) -> Vec<Interval> {
    let mut all = Vec::new();
    let mut open: Vec<(Pid, u64)> = Vec::new();
    let mut records: Vec<&Record> = fate.about.iter().chain(&fate.around).collect();
    records.sort_by_key(|r| (r.at, r.event));
    for record in records {
        let ends = match record.fact {
            Fact::Handed { .. } => {
                open.push((record.pid, record.at));
                false
            }
            Fact::Processed { .. } | Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                true
            }
            _ => false,
        };
        if ends {
            let mine = |o: &(Pid, u64)| o.0 == record.pid;
            if let Some(at) = open.iter().position(mine) {
                all.push(Interval(open.remove(at).1, record.at));
            }
        }
    }
    all.extend(open.iter().map(|o| Interval(o.1, u64::MAX)));
    all
}

/// When nobody led its queue: from when its leader died or froze until somebody leads it.
fn without_leader(fate: &Fate) -> Vec<Interval> {
    let mut leader = fate.about.iter().find_map(|r| match r.fact {
        Fact::Stored {
            first_copy: true, ..
        } => Some(r.pid),
        _ => None,
    });
    let mut all = Vec::new();
    let mut since: Option<u64> = None;
    for record in &fate.around {
        match record.fact {
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped
                if Some(record.pid) == leader =>
            {
                since = since.or(Some(record.at));
            }
            Fact::Elected { leader: None, .. } => since = since.or(Some(record.at)),
            Fact::Leads { .. } => {
                leader = Some(record.pid);
                all.extend(since.take().map(|from| Interval(from, record.at)));
            }
            _ => {}
        }
    }
    all.extend(since.map(|from| Interval(from, u64::MAX)));
    all
}

/// What lies outside of intervals that follow one another, and one more.
fn outside(intervals: &[Interval], also: Option<Interval>) -> Vec<Interval> {
    let mut all = Vec::new();
    let mut at = 0;
    for interval in intervals {
        all.push(Interval(at, interval.0));
        at = interval.1;
    }
    all.push(Interval(at, u64::MAX));
    all.extend(also);
    all
}

/// What lies in one of the first and in one of the second.
fn meet(some: &[Interval], others: &[Interval]) -> Vec<Interval> {
    let pairs = some
        .iter()
        .flat_map(|a| others.iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))));
    let pairs = pairs.filter(|(from, to)| from < to);
    pairs.map(|(from, to)| Interval(from, to)).collect()
}

/// What lies in one and in none of the others.
fn minus(whole: Interval, others: &[Interval]) -> Vec<Interval> {
    let mut rest = vec![whole];
    for other in others {
        rest = rest
            .into_iter()
            .flat_map(|r| {
                [
                    Interval(r.0, r.1.min(other.0)),
                    Interval(r.0.max(other.1), r.1),
                ]
            })
            .filter(|r| r.0 < r.1)
            .collect();
    }
    rest
}

/// A call with what its callee made of it.
struct Made {
    from: Pid,
    to: Pid,
    sent: u64,
    /// When its answer was back.
    back: u64,
    waiting: Option<Interval>,
    working: Option<Interval>,
}

/// From the bad end of an attempt to the next attempt of the same caller.
fn backoffs(fate: &Fate) -> impl Iterator<Item = (Pid, Interval)> + '_ {
    let records = fate.about.iter().enumerate();
    records.filter_map(|(at, record)| {
        let Fact::Call(CallFact::Returned { service, end, .. }) = record.fact else {
            return None;
        };
        let is_next = |r: &&Record| {
            r.pid == record.pid
                && matches!(r.fact, Fact::Call(CallFact::Called { service: s, .. }) if s == service)
        };
        let next = fate.about[at..].iter().find(is_next)?;
        (end != CallEnd::Ok).then_some((record.pid, Interval(record.at, next.at)))
    })
}

fn calls(fate: &Fate, packets: &[Packet]) -> Vec<Made> {
    let calls = packets.iter().filter(|p| p.sight.load == Some(Load::Call));
    let made = calls.map(|call| {
        let reply = packets.iter().find(|p| {
            (p.from, p.to) == (call.to, call.from)
                && p.sent_at >= call.sent_at
                && matches!((p.sight.exchange, call.sight.exchange),
                    (Exchange::Answers(a), Exchange::Asks(b)) if a == b)
        });
        // Without an answer its caller waits until it gives up.
        let given_up = fate.about.iter().find(|r| {
            let is_end = matches!(r.fact, Fact::Call(CallFact::Returned { .. }));
            is_end && r.pid == call.from && r.at >= call.sent_at
        });
        let given_up = given_up.map_or(u64::MAX, |r| r.at);
        let back = reply.map_or(given_up, |r| flight(r).1.min(given_up));
        let left = reply.map_or(u64::MAX, |r| r.sent_at);
        let End::Arrived { at, .. } = call.end else {
            return Made {
                from: call.from,
                to: call.to,
                sent: call.sent_at,
                back,
                waiting: None,
                working: None,
            };
        };
        let died = fate
            .around
            .iter()
            .find(|r| r.at >= at && r.pid == call.to && matches!(r.fact, Fact::Crashed { .. }));
        let left = died.map_or(left, |r| r.at.min(left));
        let waited = fate.about.iter().find_map(|r| match r.fact {
            Fact::Call(CallFact::Served { waited_ns, .. })
                if r.pid == call.to && r.at >= at && r.at <= left =>
            {
                Some(waited_ns)
            }
            _ => None,
        });
        let begun = at.saturating_add(waited.unwrap_or(0)).min(left);
        Made {
            from: call.from,
            to: call.to,
            sent: call.sent_at,
            back,
            waiting: Some(Interval(at, begun)),
            working: Some(Interval(begun, left)),
        }
    });
    made.collect()
}
