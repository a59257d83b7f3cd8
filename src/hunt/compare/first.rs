//! Where two runs part: the first record of one that the other does not have there.
//!
//! The digests tell up to which second both are the same. From there both run again, with nobody watching but who compares,
//! and of either only those records are held that the other has not come to yet.

use std::collections::VecDeque;

use super::super::Session;
use super::super::past::Progress;
use super::Pair;
use crate::sim::{Names, Observer, Record, SECOND};
use crate::trace::marks::{Line, describe};

/// Events that one side runs before it is the other's turn: of no more than these are records held.
const TURN: u64 = 2_048;

/// Where two runs part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The moment, virtual time in ns: that of the earlier of the two records.
    pub at_ns: u64,
    /// The first record of each side that is not the same; `None`: this side has no more.
    pub records: [Option<Line>; 2],
    /// The last record before them, which both have; `None` if for a second there was none.
    pub last_same: Option<Line>,
    /// The first second (from 0) in which the digests differ: what has no record counts there too, such as a timer that
    /// nothing came of. `None`: the pair has not come to it.
    pub second: Option<u64>,
    /// Whether the two are of different machines, processes or queues.
    pub other_world: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// All records are the same, up to where the pair ends.
    Same,
    /// They part.
    Parted(Box<Difference>),
}

impl Difference {
    /// The side that does something first: 0 or 1; `None` if both do something at this moment.
    pub fn first_side(&self) -> Option<usize> {
        match &self.records {
            [Some(a), Some(b)] if a.at == b.at => None,
            [Some(a), Some(b)] => Some(usize::from(b.at < a.at)),
            [Some(_), None] => Some(0),
            _ => Some(1),
        }
    }
}

/// A search for where two runs part, to be worked off in slices. It has runs of its own: the pair may go on meanwhile.
#[derive(Clone, Debug)]
pub struct Search {
    sides: [Side; 2],
    /// Up to here, ns, both are known to be the same.
    same_ns: u64,
    end_ns: u64,
    second: Option<u64>,
    last_same: Option<Record>,
    found: Option<Found>,
}

#[derive(Clone, Debug)]
struct Side {
    run: Box<Session>,
    records: Kept,
    /// Whether it has come to where the search begins.
    begun: bool,
    /// Whether it has come to where the search ends.
    ended: bool,
}

/// Records, in their order.
#[derive(Clone, Debug, Default)]
struct Kept(VecDeque<Record>);

impl Observer for Kept {
    fn record(&mut self, record: &Record) {
        self.0.push_back(*record);
    }
}

impl Side {
    /// Goes to where the search begins; so many events happened.
    fn begin(&mut self, same_ns: u64, events: u64) -> u64 {
        let before = self.run.sim().events();
        self.begun = !self.run.advance(same_ns, events);
        self.run.sim().events() - before
    }

    /// Goes on, and keeps the records; so many events happened.
    fn turn(&mut self, end_ns: u64) -> u64 {
        let before = self.run.sim().events();
        let records = &mut self.records;
        self.ended = !self.run.advance_with(end_ns, TURN, records);
        self.run.sim().events() - before
    }

    fn is_behind(&self) -> bool {
        self.records.0.is_empty() && !self.ended
    }

    fn line(&self) -> Option<Line> {
        let record = self.records.0.front()?;
        Some(describe(record, self.run.sim().names()))
    }
}

impl Search {
    /// Of a pair, from its checkpoints.
    pub fn new(pair: &Pair) -> Self {
        // What happens at the very end of a second is in the digest of the next. One second more, for what was last the same.
        let before = pair.same_seconds().saturating_sub(1);
        let same_ns = (before * SECOND).saturating_sub(1);
        let side = |side: usize| {
            let mut run = pair.runs()[side].clone();
            if same_ns == 0 {
                *run = run.beginning().ending(pair.end_ns());
            } else {
                pair.pasts()[side].leap_to(&mut run, same_ns);
            }
            run.unwatch();
            Side {
                run,
                records: Kept::default(),
                begun: same_ns == 0,
                ended: false,
            }
        };
        Self {
            sides: [side(0), side(1)],
            same_ns,
            end_ns: pair.end_ns(),
            second: pair.differs().then(|| pair.same_seconds()),
            last_same: None,
            found: None,
        }
    }

    /// What was found, once it was.
    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// Works on for about so many events.
    pub fn work(&mut self, events: u64) -> Progress {
        let mut left = events;
        for side in &mut self.sides {
            if !side.begun {
                left = left.saturating_sub(side.begin(self.same_ns, left.max(1)));
            }
            if !side.begun {
                return self.more();
            }
        }
        while self.found.is_none() {
            self.compare();
            if self.found.is_some() {
                break;
            }
            if left == 0 {
                return self.more();
            }
            for side in self.sides.iter_mut().filter(|side| side.is_behind()) {
                left = left.saturating_sub(side.turn(self.end_ns).max(1));
            }
        }
        Progress::Done
    }

    /// Works until it is known.
    pub fn finish(&mut self) -> Found {
        loop {
            self.work(1 << 20);
            if let Some(found) = &self.found {
                return found.clone();
            }
        }
    }

    fn more(&self) -> Progress {
        let now = self.sides.iter().map(|s| s.run.sim().now()).min();
        Progress::More(now.unwrap_or(0) as f64 / self.end_ns.max(1) as f64)
    }

    /// Lets go of what is the same on both sides.
    fn compare(&mut self) {
        let [a, b] = &mut self.sides;
        while let (Some(x), Some(y)) = (a.records.0.front(), b.records.0.front()) {
            if !is_same(x, y) {
                self.found = Some(self.parted());
                return;
            }
            self.last_same = Some(*x);
            a.records.0.pop_front();
            b.records.0.pop_front();
        }
        if a.is_behind() || b.is_behind() {
            return;
        }
        // Whoever has no record here is at its end.
        let same = a.records.0.is_empty() && b.records.0.is_empty();
        self.found = Some(if same { Found::Same } else { self.parted() });
    }

    fn parted(&self) -> Found {
        let [a, b] = &self.sides;
        let names = [a, b].map(|side| side.run.sim().names());
        let records = [a.line(), b.line()];
        let times = records.iter().flatten().map(|line| line.at);
        Found::Parted(Box::new(Difference {
            at_ns: times.min().unwrap_or(self.end_ns),
            records,
            last_same: self.last_same.map(|record| describe(&record, names[0])),
            second: self.second,
            other_world: !are_alike(names[0], names[1]),
        }))
    }
}

/// Whether two records say the same. Their numbers may differ: an event that nothing is recorded of moves all numbers after
/// it.
fn is_same(a: &Record, b: &Record) -> bool {
    (a.at, a.pid) == (b.at, b.pid) && a.fact == b.fact
}

/// Whether two runs are of the same machines, processes, queues and groups.
fn are_alike(a: &Names, b: &Names) -> bool {
    let things = |names: &Names| {
        let nodes = names.nodes.iter().map(|n| n.name.clone());
        let processes = names.processes.iter().map(|p| p.name.clone());
        let queues = names.queues.iter().map(|q| q.name.clone());
        let groups = names.groups.iter().map(|g| g.name.clone());
        let all: [Vec<String>; 4] = [
            nodes.collect(),
            processes.collect(),
            queues.collect(),
            groups.collect(),
        ];
        all
    };
    things(a) == things(b)
}
