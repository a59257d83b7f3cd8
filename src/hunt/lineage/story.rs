//! The life of one message or task as a space-time diagram: lanes, hops between them, moments on them. Plain data.

use crate::sim::amount::Amount;
use crate::sim::call::CallFact;
use crate::sim::lens::{End, Followed, Load, Packet};
use crate::sim::record::{Drop, Gone, Outcome, Why};
use crate::sim::{Fact, Names, NodeId, Pid, Record};
use crate::trace::marks::{Sign, describe};

use super::fate::Fate;
use super::parts::{Part, parts};
use super::verdict::Verdict;

/// A vertical lane: a process that had to do with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lane {
    /// The process.
    pub pid: Pid,
    /// What it is called here: its node, or itself where several processes of one node have a lane.
    pub name: String,
    /// What it is for: `broker`.
    pub part: &'static str,
}

/// How a hop ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HopEnd {
    /// It has not.
    OnTheWay,
    /// It arrived.
    Arrived {
        /// When, ns.
        at: u64,
        /// In which event.
        event: u64,
    },
    /// It did not arrive.
    Dropped {
        /// When that was certain, ns.
        at: u64,
        /// In which event.
        event: u64,
        /// Why, in a word or two: `cut`.
        why: &'static str,
    },
}

/// A message on the network that carried it, or answered one that did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hop {
    /// The lane it leaves.
    pub from: usize,
    /// The lane it goes to.
    pub to: usize,
    /// When it was sent, ns.
    pub sent_at: u64,
    /// In which event.
    pub sent_event: u64,
    /// How it ends.
    pub end: HopEnd,
    /// What it does for it: `send`, `retry 2`, `copy`, `deliver`, `call`, `answer`.
    pub label: String,
    /// What it is, in its protocol's word.
    pub word: &'static str,
    /// How often the link lost it, so that it was sent again.
    pub lost: usize,
    /// Whether it only says what became of something.
    pub is_answer: bool,
}

impl Hop {
    /// When it ends, ns, if it has.
    pub fn end_at(&self) -> Option<u64> {
        match self.end {
            HopEnd::OnTheWay => None,
            HopEnd::Arrived { at, .. } | HopEnd::Dropped { at, .. } => Some(at),
        }
    }

    /// How long it took, ns, if it arrived.
    pub fn took_ns(&self) -> Option<u64> {
        match self.end {
            HopEnd::Arrived { at, .. } => Some(at - self.sent_at),
            _ => None,
        }
    }
}

/// Something that happened on a lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The lane.
    pub lane: usize,
    /// When, ns.
    pub at: u64,
    /// In which event.
    pub event: u64,
    /// What kind of thing it is.
    pub sign: Sign,
    /// In a few words: `stored at 417`.
    pub text: String,
    /// Whether it is about what is followed, and not about what befell a machine meanwhile.
    pub is_own: bool,
    /// The fault of the plan that it is the beginning of.
    pub fault: Option<u32>,
    /// Whether the lane's process lives from then on, where that changes.
    pub alive: Option<bool>,
}

/// The life of what was followed.
#[derive(Clone, Debug)]
pub struct Story {
    /// What.
    pub what: Followed,
    /// Its full name: `checkout-1→orders/0#42`.
    pub name: String,
    /// Its short name: `m#42`.
    pub short: String,
    /// What else is known of it: `key 17  100 B`.
    pub about: String,
    /// When it was made, ns.
    pub born_at: u64,
    /// When it ended, or how far it was looked at, ns.
    pub end_at: u64,
    /// In the order of its way.
    pub lanes: Vec<Lane>,
    /// In the order in which they were sent.
    pub hops: Vec<Hop>,
    /// In their order.
    pub moments: Vec<Moment>,
    /// What became of it.
    pub verdict: Verdict,
    /// Where the time went from `born_at` to the verdict; the sum is exactly that time.
    pub parts: Vec<Part>,
    /// The processes that it had to do with, by the system or workload they belong to.
    pub systems: Vec<String>,
}

impl Story {
    /// Makes it of what was seen.
    pub(super) fn of(
        fate: &Fate,
        packets: &[Packet],
        names: &Names,
        now: u64,
        late_after_ns: Option<u64>,
    ) -> Option<Self> {
        let (born_at, _) = fate.born?;
        let verdict = fate.verdict(now, late_after_ns);
        let lanes = lanes(fate, packets, names);
        let last_hop = packets.iter().filter_map(|p| match p.end {
            End::OnTheWay => None,
            End::Arrived { at, .. } | End::Dropped { at, .. } => Some(at),
        });
        let last = fate.about.iter().map(|r| r.at).chain(last_hop).max();
        let end_at = last.unwrap_or(now).max(verdict.at).min(now);
        let place = |pid: Pid| lanes.iter().position(|l| l.pid == pid);
        let mut hops = hops(packets, &place);
        let mut moments = moments(fate, names, &lanes, born_at, end_at);
        name_answers(&mut hops, &mut moments, fate);
        let mut systems: Vec<String> = Vec::new();
        for lane in &lanes {
            let system = &names.processes[lane.pid.index()].system;
            if !systems.contains(system) {
                systems.push(system.clone());
            }
        }
        let parts = parts(fate, packets, &verdict);
        Some(Self {
            what: fate.what(),
            name: name(fate.what(), names),
            short: short(fate.what(), names),
            about: about(fate),
            born_at,
            end_at,
            lanes,
            hops,
            moments,
            verdict,
            parts,
            systems,
        })
    }

    /// From its beginning to its verdict, ns.
    pub fn whole_ns(&self) -> u64 {
        self.verdict.at.saturating_sub(self.born_at)
    }
}

/// What it is called.
pub fn name(what: Followed, names: &Names) -> String {
    match what {
        Followed::Message { lane, number } => names.message(lane, number),
        Followed::Task(task) => names.task(task),
    }
}

fn short(what: Followed, names: &Names) -> String {
    match what {
        Followed::Message { number, .. } => format!("m#{number}"),
        Followed::Task(task) => names.task(task),
    }
}

fn about(fate: &Fate) -> String {
    let made = fate.about.iter().find_map(|record| match record.fact {
        Fact::Produced { key, bytes, .. } => Some((key, bytes)),
        _ => None,
    });
    match made {
        Some((Some(key), bytes)) => format!("key {key}  {}", size(bytes)),
        Some((None, bytes)) => format!("no key  {}", size(bytes)),
        None => String::new(),
    }
}

fn size(bytes: u32) -> String {
    crate::sim::units::Size::from_bytes(u64::from(bytes)).to_string()
}

/// The processes that had to do with it, in the order of the way.
fn lanes(fate: &Fate, packets: &[Packet], names: &Names) -> Vec<Lane> {
    let mut seen: Vec<(Pid, u64)> = Vec::new();
    let of_packets = packets
        .iter()
        .flat_map(|p| [(p.from, p.sent_at), (p.to, p.sent_at)]);
    let of_records = fate.about.iter().map(|r| (r.pid, r.at));
    for (pid, at) in of_records.chain(of_packets) {
        if pid == Record::NOBODY {
            continue;
        }
        match seen.iter_mut().find(|s| s.0 == pid) {
            Some(entry) => entry.1 = entry.1.min(at),
            None => seen.push((pid, at)),
        }
    }
    let process = |pid: Pid| &names.processes[pid.index()];
    seen.sort_by_key(|&(pid, at)| (process(pid).layer, at, pid));
    let alone = |node: NodeId| seen.iter().filter(|s| process(s.0).node == node).count() == 1;
    let lane = |&(pid, _): &(Pid, u64)| Lane {
        pid,
        name: if alone(process(pid).node) {
            names.node(process(pid).node).to_owned()
        } else {
            names.process(pid).to_owned()
        },
        part: process(pid).part,
    };
    seen.iter().map(lane).collect()
}

fn hops(packets: &[Packet], place: &impl Fn(Pid) -> Option<usize>) -> Vec<Hop> {
    let mut hops = Vec::new();
    for (at, packet) in packets.iter().enumerate() {
        let (Some(from), Some(to), Some(load)) =
            (place(packet.from), place(packet.to), packet.sight.load)
        else {
            continue;
        };
        let end = match packet.end {
            End::OnTheWay => HopEnd::OnTheWay,
            End::Arrived { at, event } => HopEnd::Arrived { at, event },
            End::Dropped { at, event, why } => HopEnd::Dropped {
                at,
                event,
                why: drop_word(why),
            },
        };
        hops.push(Hop {
            from,
            to,
            sent_at: packet.sent_at,
            sent_event: packet.sent_event,
            end,
            label: label(load, packet, &packets[..at]),
            word: packet.sight.word,
            lost: packet.lost_at.len(),
            is_answer: load == Load::Reply,
        });
    }
    hops
}

/// The answer that acknowledges it says so itself.
fn name_answers(hops: &mut [Hop], moments: &mut Vec<Moment>, fate: &Fate) {
    let acks = fate.about.iter();
    for ack in acks.filter(|r| matches!(r.fact, Fact::Acked { .. })) {
        let brought = |hop: &&mut Hop| {
            hop.is_answer && matches!(hop.end, HopEnd::Arrived { event, .. } if event == ack.event)
        };
        if let Some(hop) = hops.iter_mut().find(brought) {
            "acked".clone_into(&mut hop.label);
            moments.retain(|m| !(m.is_own && m.event == ack.event && m.text == ACKED));
        }
    }
}

const ACKED: &str = "acknowledged";

fn label(load: Load, packet: &Packet, before: &[Packet]) -> String {
    let again = |word: &str| {
        let same = |p: &&Packet| p.sight.load == Some(load) && p.from == packet.from;
        let same_service = |p: &&Packet| load != Load::Call || p.to == packet.to;
        match before.iter().filter(same).filter(same_service).count() {
            0 => word.to_owned(),
            n if load == Load::Call => format!("{word} {}", n + 1),
            n => format!("retry {n}"),
        }
    };
    match load {
        Load::Send => again("send"),
        Load::Call => again("call"),
        Load::Copy => "copy".to_owned(),
        Load::Deliver => "deliver".to_owned(),
        Load::Reply => "answer".to_owned(),
    }
}

fn drop_word(why: Drop) -> &'static str {
    match why {
        Drop::Cut => "cut",
        Drop::Loss => "lost",
        Drop::Down => "down",
        Drop::Refused => "refused",
    }
}

fn moments(fate: &Fate, names: &Names, lanes: &[Lane], from: u64, to: u64) -> Vec<Moment> {
    let place = |pid: Pid| lanes.iter().position(|l| l.pid == pid);
    let mut moments = Vec::new();
    for record in &fate.about {
        if let Some(lane) = place(record.pid)
            && let Some((sign, text)) = own(record, fate, names)
        {
            moments.push(Moment {
                lane,
                at: record.at,
                event: record.event,
                sign,
                text,
                is_own: true,
                fault: None,
                alive: None,
            });
        }
    }
    for record in fate.around.iter().filter(|r| r.at >= from && r.at <= to) {
        for lane in struck(record, lanes, names) {
            let line = describe(record, names);
            let (fault, text) = match record.fact {
                Fact::FaultBegan { fault, .. } => (Some(fault), line.text),
                _ if line.text.is_empty() => (None, line.word.to_lowercase()),
                _ => (None, format!("{} {}", line.word.to_lowercase(), line.text)),
            };
            moments.push(Moment {
                lane,
                at: record.at,
                event: record.event,
                sign: line.sign,
                text,
                is_own: false,
                fault,
                alive: match record.fact {
                    Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => Some(false),
                    Fact::Started { .. } => Some(true),
                    _ => None,
                },
            });
        }
    }
    moments.sort_by_key(|m| (m.at, m.event));
    merge_crashes(&mut moments);
    moments
}

/// Where a fault kills a process, one of the two rows says all.
fn merge_crashes(moments: &mut Vec<Moment>) {
    for at in (1..moments.len()).rev() {
        let (before, after) = (&moments[at - 1], &moments[at]);
        let same = (before.lane, before.event) == (after.lane, after.event);
        if same && before.fault.is_some() && after.alive == Some(false) && !after.is_own {
            moments[at - 1].alive = Some(false);
            moments.remove(at);
        }
    }
}

/// On which lanes something strikes that happens meanwhile.
fn struck(record: &Record, lanes: &[Lane], names: &Names) -> Vec<usize> {
    let node_of = |lane: &Lane| names.processes[lane.pid.index()].node;
    let on = |node: NodeId| {
        let places = lanes.iter().enumerate();
        let places = places.filter(|(_, l)| node_of(l) == node);
        places.map(|(at, _)| at).collect()
    };
    match record.fact {
        // What mends is seen by what comes back.
        Fact::FaultBegan { fault, .. }
            if names.faults.get(fault as usize).is_some_and(|f| f.mends) =>
        {
            Vec::new()
        }
        Fact::FaultBegan {
            node: Some(node), ..
        }
        | Fact::Paused { node }
        | Fact::Resumed { node } => on(node),
        Fact::Elected {
            leader: Some(_), ..
        } => Vec::new(),
        Fact::Started { incarnation: 1 } => Vec::new(),
        _ => lanes
            .iter()
            .position(|l| l.pid == record.pid)
            .into_iter()
            .collect(),
    }
}

/// What a record about it says; nothing of what a hop says already.
fn own(record: &Record, fate: &Fate, names: &Names) -> Option<(Sign, String)> {
    let number = match fate.what() {
        Followed::Message { number, .. } => number,
        Followed::Task(_) => 0,
    };
    let well = |text: &str| Some((Sign::Well, text.to_owned()));
    let broke = |text: &str| Some((Sign::Broke, text.to_owned()));
    match record.fact {
        Fact::Produced { .. } => well("made"),
        Fact::Stored {
            span,
            offset,
            first_copy,
            ..
        } => {
            let offset = offset + u64::from(number.saturating_sub(span.first));
            let what = if first_copy { "stored at" } else { "copy at" };
            Some((Sign::Well, format!("{what} {offset}")))
        }
        Fact::Unstored { why, .. } => match why {
            Gone::Truncated => broke("cut off its log"),
            Gone::Unsynced => broke("gone: never synced"),
            Gone::Expired => broke("expired"),
            Gone::Deleted => Some((Sign::Other, "deleted".to_owned())),
        },
        Fact::Acked { .. } => well(ACKED),
        Fact::Refused { why, .. } => broke(match why {
            Why::TimedOut => "given up: no time left",
            Why::BufferFull => "given up: no room",
            Why::Rejected => "given up: rejected",
            Why::Died => "forgotten: its producer died",
        }),
        Fact::Visible { .. } => well("visible"),
        Fact::Handed { group, .. } => {
            Some((Sign::Other, format!("taken by {}", names.group(group))))
        }
        Fact::Processed { outcome, .. } => match outcome {
            Outcome::Done => well("processed"),
            Outcome::DeadLettered => broke("put aside"),
            Outcome::Skipped => broke("skipped"),
            Outcome::Failed => broke("failed, to be tried again"),
        },
        Fact::Committed { .. } => Some((Sign::Other, "position stored".to_owned())),
        Fact::Call(fact) => of_call(record, fact, names),
        _ => None,
    }
}

fn of_call(record: &Record, fact: CallFact, names: &Names) -> Option<(Sign, String)> {
    let line = describe(record, names);
    let took = |ns: u64| Amount::time(ns).to_string();
    match fact {
        CallFact::Asked { .. } => Some((Sign::Well, "asked".to_owned())),
        CallFact::Answered { how, ns, .. } => {
            let sign = if how.is_good() {
                Sign::Well
            } else {
                Sign::Broke
            };
            Some((sign, format!("user: {how:?} after {}", took(ns))))
        }
        // The hop says it.
        CallFact::Called { .. } => None,
        CallFact::Served { ok, waited_ns, .. } => {
            let sign = if ok { Sign::Well } else { Sign::Broke };
            let how = if ok { "served" } else { "failed" };
            Some((sign, format!("{how}, waited {}", took(waited_ns))))
        }
        _ => Some((
            line.sign,
            format!("{} {}", line.word.to_lowercase(), line.text),
        )),
    }
}
