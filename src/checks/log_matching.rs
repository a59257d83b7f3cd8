//! Log matching: two copies of a queue that hold a message of the same epoch at the same offset hold the same up to there
//! (D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, §5.3).
//!
//! What a copy holds is compared with what the leaders appended. An entry is an offset and the epoch in which a leader put a
//! message there. If each entry has one message, and one entry before it, then whoever has the entry has all before it too: so
//! looking at the entry before is enough. Records do not tell the epoch of what a follower copies; it is that of a leader that
//! appended the same message at the same offset, and if several did, one that fits.

use std::collections::BTreeMap;

use crate::sim::history::History;
use crate::sim::ledger::Ledger;
use crate::sim::record::Gone;
use crate::sim::{Fact, LaneId, Pid, QueueId, Span};

use super::{Check, Findings, Kinds, Scene, kind};

/// Messages that a leader appended one after another.
#[derive(Clone, Copy, Debug)]
struct Run {
    offset: u64,
    lane: LaneId,
    first: u32,
    count: u32,
    pid: Pid,
    event: u64,
}

impl Run {
    fn end(&self) -> u64 {
        self.offset + u64::from(self.count)
    }

    /// The number of the message at an offset.
    fn number(&self, offset: u64) -> u32 {
        self.first + (offset - self.offset) as u32
    }
}

/// What was appended in an epoch.
#[derive(Clone, Debug, Default)]
struct Era {
    start: u64,
    /// The epoch of the entry before, if one is known.
    before: Option<u32>,
    runs: History<Run>,
}

impl Era {
    fn end(&self) -> u64 {
        self.runs.back().map_or(self.start, Run::end)
    }

    /// The run that holds an offset.
    fn run(&self, offset: u64) -> Option<Run> {
        let (mut low, mut high) = (0, self.runs.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.runs[middle].end() <= offset {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.runs.get(low).copied().filter(|r| r.offset <= offset)
    }

    /// Whether the entry before an offset may be of that epoch (`None`: it is not known).
    fn fits(&self, own: u32, offset: u64, before: Option<u32>) -> bool {
        let expected = if offset > self.start {
            Some(own)
        } else {
            self.before
        };
        before.is_none() || expected.is_none() || before == expected
    }
}

/// One process's copy.
#[derive(Clone, Debug)]
struct Copy {
    pid: Pid,
    /// In which epoch it led last.
    leads: u32,
    /// From where on it is known.
    start: u64,
    end: u64,
    /// Where what it holds of an epoch begins.
    eras: Vec<(u64, u32)>,
}

impl Copy {
    fn new(pid: Pid) -> Self {
        Self {
            pid,
            leads: 0,
            start: 0,
            end: 0,
            eras: Vec::new(),
        }
    }

    fn cut(&mut self, offset: u64) {
        self.end = self.end.min(offset);
        self.eras.retain(|era| era.0 < offset);
    }

    /// The epoch of the entry at its end.
    fn last(&self) -> Option<u32> {
        (self.end > self.start).then(|| self.eras.last().map(|era| era.1))?
    }

    /// It holds entries of an epoch up to an offset.
    fn grow(&mut self, epoch: u32, to: u64) {
        if self.last() != Some(epoch) {
            self.eras.push((self.end, epoch));
        }
        self.end = to;
    }

    /// What it holds below an offset is not known.
    fn forget(&mut self, below: u64) {
        self.start = self.start.max(below);
        self.end = self.end.max(below);
    }
}

#[derive(Clone, Debug, Default)]
struct Queue {
    eras: BTreeMap<u32, Era>,
    copies: Vec<Copy>,
}

impl Queue {
    fn copy(&mut self, pid: Pid) -> &mut Copy {
        let at = self.copies.iter().position(|c| c.pid == pid);
        let at = at.unwrap_or_else(|| {
            self.copies.push(Copy::new(pid));
            self.copies.len() - 1
        });
        &mut self.copies[at]
    }

    /// The epoch in which a message was appended at an offset: one that fits what stands before, else the last.
    fn epoch_of(&self, lane: LaneId, number: u32, offset: u64, before: Option<u32>) -> Option<u32> {
        let has = |era: &Era| {
            let run = era.run(offset);
            run.is_some_and(|r| r.lane == lane && r.number(offset) == number)
        };
        let mut own = self.eras.iter().rev().filter(|(_, era)| has(era));
        let fits = own
            .clone()
            .find(|(own, era)| era.fits(**own, offset, before));
        fits.or_else(|| own.next()).map(|(epoch, _)| *epoch)
    }
}

/// By queue.
#[derive(Clone, Debug, Default)]
pub(super) struct LogMatching {
    queues: Vec<Queue>,
}

impl LogMatching {
    fn queue(&mut self, id: QueueId, ledger: &Ledger) -> Option<&mut Queue> {
        let name = ledger.names().queues.get(id.index())?;
        // Of a queue whose messages leave one by one there is one copy; compaction takes entries out of internal ones.
        if name.singly || name.internal {
            return None;
        }
        if self.queues.len() <= id.index() {
            self.queues.resize(id.index() + 1, Queue::default());
        }
        self.queues.get_mut(id.index())
    }

    /// A leader appends.
    fn append(
        queue: &mut Queue,
        id: QueueId,
        span: Span,
        offset: u64,
        scene: &Scene<'_>,
        found: &mut Findings,
    ) {
        let (pid, event) = (scene.record.pid, scene.record.event);
        let copy = queue.copy(pid);
        let (epoch, before) = (copy.leads, copy.last());
        copy.grow(epoch, offset + u64::from(span.count));
        let era = queue.eras.entry(epoch).or_insert_with(|| Era {
            start: offset,
            before,
            runs: History::default(),
        });
        if let Some(other) = era.run(offset)
            && (other.lane, other.number(offset)) != (span.lane, span.first)
        {
            let names = scene.ledger.names();
            found.report(scene.record, &[(other.event, "the other was appended")], || {
                format!(
                    "{} and {} hold different messages at offset {offset} of {} in epoch {epoch}: {} and {}",
                    names.process(other.pid),
                    names.process(pid),
                    names.queue_short(id),
                    names.message(other.lane, other.number(offset)),
                    names.message(span.lane, span.first)
                )
            });
        }
        if offset >= era.end() {
            era.runs.push_back(Run {
                offset,
                lane: span.lane,
                first: span.first,
                count: span.count,
                pid,
                event,
            });
        }
    }

    /// A follower copies.
    fn follow(
        queue: &mut Queue,
        id: QueueId,
        span: Span,
        offset: u64,
        scene: &Scene<'_>,
        found: &mut Findings,
    ) {
        let pid = scene.record.pid;
        let names = scene.ledger.names();
        let (mut at, end) = (offset, offset + u64::from(span.count));
        while at < end {
            let number = span.first + (at - offset) as u32;
            let before = queue.copy(pid).last();
            let Some(epoch) = queue.epoch_of(span.lane, number, at, before) else {
                found.report(scene.record, &[], || {
                    format!(
                        "{} holds {} at offset {at} of {}, where no leader appended it",
                        names.process(pid),
                        names.message(span.lane, number),
                        names.queue_short(id)
                    )
                });
                queue.copy(pid).forget(end);
                return;
            };
            let era = &queue.eras[&epoch];
            let run = era.run(at);
            if !era.fits(epoch, at, before) {
                let event = run.map_or(0, |r| r.event);
                found.report(scene.record, &[(event, "the leader appended it")], || {
                    let other = run.map_or("?", |r| names.process(r.pid));
                    format!(
                        "{} and {other} agree on offset {at} of {} in epoch {epoch}, but not on what stands before it",
                        names.process(pid),
                        names.queue_short(id)
                    )
                });
            }
            let to = run.map_or(end, |r| r.end().min(end));
            queue.copy(pid).grow(epoch, to);
            at = to;
        }
    }
}

impl Check for LogMatching {
    const KINDS: Kinds = Kinds::of(&[kind::STORED, kind::UNSTORED, kind::LEADS]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let pid = scene.record.pid;
        match scene.record.fact {
            Fact::Leads { queue, epoch } => {
                if let Some(queue) = self.queue(queue, scene.ledger) {
                    queue.copy(pid).leads = epoch;
                }
            }
            Fact::Stored {
                queue: id,
                span,
                offset,
                first_copy,
            } => {
                let Some(queue) = self.queue(id, scene.ledger) else {
                    return;
                };
                let copy = queue.copy(pid);
                copy.cut(offset);
                if offset > copy.end {
                    copy.forget(offset);
                }
                let store = if first_copy {
                    Self::append
                } else {
                    Self::follow
                };
                store(queue, id, span, offset, scene, found);
            }
            Fact::Unstored {
                queue,
                span,
                offset,
                why,
            } => {
                let Some(queue) = self.queue(queue, scene.ledger) else {
                    return;
                };
                let copy = queue.copy(pid);
                if why == Gone::Expired {
                    copy.start = copy.start.max(offset + u64::from(span.count));
                } else {
                    copy.cut(offset);
                }
            }
            _ => {}
        }
    }
}
