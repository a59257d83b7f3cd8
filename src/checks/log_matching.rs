//! Log matching: two copies of a queue that hold a message of the same epoch at the same offset hold the same up to there
//! (D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, §5.3).
//!
//! What a copy holds is compared with what the leaders appended. An entry is an offset and the epoch in which a leader put a
//! message there. If each entry has one message, and one entry before it, then whoever has the entry has all before it too: so
//! looking at the entry before is enough. Records do not tell the epoch of what a follower copies; it is that of a leader that
//! appended the same message at the same offset, and if several did, one that fits.

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
        self.runs.get(self.place(offset, 0)?).copied()
    }

    /// The place of the run that holds an offset: where it is looked for first, or wherever it is.
    fn place(&self, offset: u64, first: usize) -> Option<usize> {
        let holds = |run: &Run| run.offset <= offset && offset < run.end();
        if self.runs.get(first).is_some_and(holds) {
            return Some(first);
        }
        if offset >= self.end() {
            return None;
        }
        let place = self.runs.partition_point(|run| run.end() <= offset);
        self.runs.get(place).is_some_and(holds).then_some(place)
    }

    /// The place of the run in which a message was appended at an offset.
    fn holds(&self, (lane, number): (LaneId, u32), offset: u64, first: usize) -> Option<usize> {
        let place = self.place(offset, first)?;
        let run = &self.runs[place];
        (run.lane == lane && run.number(offset) == number).then_some(place)
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
    /// The place of the run of the newest era that it reads next, if it goes on as it did.
    next: usize,
}

impl Copy {
    fn new(pid: Pid) -> Self {
        Self {
            pid,
            leads: 0,
            start: 0,
            end: 0,
            eras: Vec::new(),
            next: 0,
        }
    }

    fn cut(&mut self, offset: u64) {
        self.end = self.end.min(offset);
        while self.eras.last().is_some_and(|era| era.0 >= offset) {
            self.eras.pop();
        }
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
    /// By epoch.
    eras: Vec<(u32, Era)>,
    copies: Vec<Copy>,
}

/// Where a message was appended: the places of its era and of its run there.
#[derive(Clone, Copy)]
struct Entry {
    era: usize,
    run: usize,
}

impl Queue {
    /// The place of a process's copy.
    fn copy_of(&mut self, pid: Pid) -> usize {
        let at = self.copies.iter().position(|c| c.pid == pid);
        at.unwrap_or_else(|| {
            self.copies.push(Copy::new(pid));
            self.copies.len() - 1
        })
    }

    /// The era of an epoch, if there is none yet as it is made.
    fn era(&mut self, epoch: u32, make: impl FnOnce() -> Era) -> &mut Era {
        let at = self.eras.partition_point(|era| era.0 < epoch);
        if self.eras.get(at).is_none_or(|era| era.0 != epoch) {
            self.eras.insert(at, (epoch, make()));
        }
        &mut self.eras[at].1
    }

    /// Where a message was appended at an offset: in an epoch that fits what stands before, else in the last. `next` is the
    /// place of the run of the newest era in which it is looked for first.
    fn entry(
        &self,
        message: (LaneId, u32),
        offset: u64,
        before: Option<u32>,
        next: usize,
    ) -> Option<Entry> {
        let last = self.eras.len().checked_sub(1)?;
        let (epoch, era) = &self.eras[last];
        match era.holds(message, offset, next) {
            Some(run) if era.fits(*epoch, offset, before) => Some(Entry { era: last, run }),
            _ => self.entry_in_any(message, offset, before),
        }
    }

    #[cold]
    #[inline(never)]
    fn entry_in_any(
        &self,
        message: (LaneId, u32),
        offset: u64,
        before: Option<u32>,
    ) -> Option<Entry> {
        let own = (0..self.eras.len()).rev().filter_map(|era| {
            let run = self.eras[era].1.holds(message, offset, 0)?;
            Some(Entry { era, run })
        });
        let fits = |entry: &Entry| {
            let (epoch, era) = &self.eras[entry.era];
            era.fits(*epoch, offset, before)
        };
        own.clone().find(fits).or_else(|| own.clone().next())
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
        (queue, copy): (&mut Queue, usize),
        id: QueueId,
        span: Span,
        offset: u64,
        scene: &Scene<'_>,
        found: &mut Findings,
    ) {
        let (pid, event) = (scene.record.pid, scene.record.event);
        let copy = &mut queue.copies[copy];
        let (epoch, before) = (copy.leads, copy.last());
        copy.grow(epoch, offset + u64::from(span.count));
        let era = queue.era(epoch, || Era {
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
        (queue, copy): (&mut Queue, usize),
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
            let message = (span.lane, span.first + (at - offset) as u32);
            let mine = &queue.copies[copy];
            let before = mine.last();
            let Some(entry) = queue.entry(message, at, before, mine.next) else {
                found.report(scene.record, &[], || {
                    format!(
                        "{} holds {} at offset {at} of {}, where no leader appended it",
                        names.process(pid),
                        names.message(message.0, message.1),
                        names.queue_short(id)
                    )
                });
                queue.copies[copy].forget(end);
                return;
            };
            let (epoch, era) = &queue.eras[entry.era];
            let run = era.runs[entry.run];
            if !era.fits(*epoch, at, before) {
                found.report(
                    scene.record,
                    &[(run.event, "the leader appended it")],
                    || {
                        format!(
                            "{} and {} agree on offset {at} of {} in epoch {epoch}, but not on what stands before it",
                            names.process(pid),
                            names.process(run.pid),
                            names.queue_short(id)
                        )
                    },
                );
            }
            let (epoch, to) = (*epoch, run.end().min(end));
            let mine = &mut queue.copies[copy];
            mine.next = entry.run + usize::from(to == run.end());
            mine.grow(epoch, to);
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
                    let copy = queue.copy_of(pid);
                    queue.copies[copy].leads = epoch;
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
                let copy = queue.copy_of(pid);
                let mine = &mut queue.copies[copy];
                mine.cut(offset);
                if offset > mine.end {
                    mine.forget(offset);
                }
                let store = if first_copy {
                    Self::append
                } else {
                    Self::follow
                };
                store((queue, copy), id, span, offset, scene, found);
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
                let copy = queue.copy_of(pid);
                let copy = &mut queue.copies[copy];
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
