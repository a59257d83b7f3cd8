//! What changes when another process leads: its log is the one that counts.

use super::message::{GONE, Message, REMOVED};
use super::pen::Pen;
use super::{Change, Ledger, What};
use crate::sim::{LaneId, Pid, QueueId, Span};

impl Ledger {
    /// A process's log is the one that counts from now on.
    #[cold]
    #[inline(never)]
    pub(super) fn leads(&mut self, now: u64, pid: Pid, queue: QueueId, epoch: u32) {
        let Some(of) = self.queues.get_mut(queue.index()) else {
            return;
        };
        if epoch < of.epoch {
            return;
        }
        of.epoch = epoch;
        let lanes = &self.lanes;
        let new = of.log_of(pid);
        let old = of.leader.replace(new);
        let before_loss = of.before_loss.take();
        if let Some(old) = old
            && (old != new || before_loss.is_some())
        {
            let seen = before_loss.as_ref().unwrap_or(&of.logs[old]);
            let from = of.logs[new].parts_from(seen, |lane, number| {
                lanes[lane.index()].get(number).is_some()
            });
            if from < of.shown {
                let what = What::Rewritten { from, to: of.shown };
                let span = Span {
                    lane: LaneId(u32::MAX),
                    first: 0,
                    count: 0,
                };
                self.changes.push(Change { queue, span, what });
                of.shown = from;
            }
            of.visible = of.visible.min(from);
            for reader in &mut of.readers {
                if from < reader.handed() {
                    reader.cut(from);
                }
            }
        }
        if old.is_some() {
            self.recount(now, queue, new);
        }
    }

    /// Which messages stand in the log of the new leader, and which do not.
    fn recount(&mut self, now: u64, queue: QueueId, leader: usize) {
        let of = &self.queues[queue.index()];
        let lanes = &mut self.lanes;
        let mut all = |act: &mut dyn FnMut(usize, Span, &mut Message)| {
            for (at, log) in of.logs.iter().enumerate() {
                for run in &log.runs {
                    for number in run.span().numbers() {
                        if let Some(message) = lanes[run.lane.index()].get_mut(number) {
                            act(at, Span::one(run.lane, number), message);
                        }
                    }
                }
            }
        };
        let mut pen = Pen {
            account: &mut self.account,
            changes: &mut self.changes,
            now,
        };
        all(&mut |_, _, message| (message.copies, message.in_log) = (0, 0));
        all(&mut |log, _, message| {
            message.copies = message.copies.saturating_add(1);
            if log == leader {
                message.in_log = message.in_log.saturating_add(1);
            }
        });
        all(&mut |_, one, message| {
            if message.in_log > 0 {
                message.flags &= !(GONE | REMOVED);
            } else if !message.has(REMOVED) {
                message.flags |= GONE;
            }
            pen.settle(queue, of.mask, one, message);
        });
        for run in of.logs.iter().flat_map(|l| &l.runs) {
            self.lanes[run.lane.index()].retire();
        }
        if of.mask == 0 {
            self.recount_shelves(now, queue, leader);
        }
    }

    /// The same for settled messages that nobody reads, range by range.
    fn recount_shelves(&mut self, now: u64, queue: QueueId, leader: usize) {
        let of = &self.queues[queue.index()];
        let mut pen = Pen {
            account: &mut self.account,
            changes: &mut self.changes,
            now,
        };
        for (id, lane) in (0u32..).zip(&mut self.lanes) {
            let of_queue = self.names.lanes.get(id as usize);
            if of_queue.is_none_or(|l| l.queue != queue) {
                continue;
            }
            let base = lane.base;
            let Some(shelf) = lane.shelf_mut().filter(|s| s.len() > 0) else {
                continue;
            };
            let id = LaneId(id);
            let old = shelf.ranges.clone();
            shelf.recount(base, |below, tell| {
                for (at, log) in of.logs.iter().enumerate() {
                    log.counts(id, below)
                        .for_each(|part| tell(part, at == leader));
                }
            });
            for part in old.parts() {
                let changed = shelf.ranges.between(part.first, part.end);
                for new in changed.filter(|new| new.value != part.value) {
                    for number in new.first..new.end {
                        let mut message = shelf.message(number, part.value);
                        message.set(new.value);
                        pen.settle(queue, 0, Span::one(id, number), &mut message);
                    }
                }
            }
        }
    }
}
