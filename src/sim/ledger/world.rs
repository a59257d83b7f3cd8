//! A small world of three brokers, two producers and two consumers for tests: it does what it is told, whatever that is, and
//! writes down the records that such a world would make.

use std::collections::BTreeMap;

use super::script::*;
use crate::sim::record::{Gone, Outcome, Why};
use crate::sim::{Fact, GroupId, LaneId, Pid, Span};

const BROKERS: [Pid; 3] = [B1, B2, B3];
const CONSUMERS: [Pid; 2] = [C1, C2];

/// One thing that happens; the numbers choose among what is possible.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Produce {
        lane: u32,
        count: u32,
    },
    Append {
        broker: u8,
        lane: u32,
        count: u32,
    },
    AppendAgain {
        lane: u32,
        pick: u32,
        count: u32,
    },
    Replicate {
        broker: u8,
        count: u64,
    },
    Ack {
        lane: u32,
        pick: u32,
        count: u32,
    },
    AckNext {
        lane: u32,
        count: u32,
    },
    Refuse {
        lane: u32,
        pick: u32,
        unsent: bool,
    },
    Show {
        behind: u64,
    },
    Hand {
        group: u32,
        consumer: u8,
        count: u64,
        jump: i8,
    },
    Process {
        group: u32,
        pick: u8,
        failed: bool,
    },
    Commit {
        group: u32,
        ahead: i8,
    },
    Reset {
        group: u32,
        to: u64,
    },
    GiveBack {
        group: u32,
        consumer: u8,
        dies: bool,
    },
    Elect {
        broker: u8,
    },
    Expire {
        broker: u8,
        count: usize,
    },
    Cut {
        broker: u8,
        count: usize,
        synced: bool,
    },
}

/// A batch in a log: offset, lane, first number, count.
type Batch = (u64, u32, u32, u32);

#[derive(Default)]
pub(super) struct World {
    pub script: Script,
    produced: [u32; 2],
    appended: [u32; 2],
    acked: [u32; 2],
    /// What the producer was told of each message: `true` stored, `false` failed.
    told: BTreeMap<(u32, u32), bool>,
    unsent: Vec<(u32, u32)>,
    logs: [Vec<Batch>; 3],
    ends: [u64; 3],
    leader: usize,
    epoch: u32,
    next: [u64; 2],
    /// By group: what its consumers have: consumer, offset, lane, number.
    held: [Vec<(u8, u64, u32, u32)>; 2],
}

fn span(lane: u32, first: u32, count: u32) -> Span {
    let lane = LaneId(lane);
    Span { lane, first, count }
}

impl World {
    fn tell(&mut self, pid: Pid, fact: Fact) {
        self.script.tell(pid, fact);
    }

    fn store(&mut self, broker: usize, lane: u32, first: u32, count: u32, first_copy: bool) {
        let offset = self.ends[broker];
        self.logs[broker].push((offset, lane, first, count));
        self.ends[broker] += u64::from(count);
        let span = span(lane, first, count);
        let queue = QUEUE;
        let stored = Fact::Stored {
            queue,
            span,
            offset,
            first_copy,
        };
        self.tell(BROKERS[broker], stored);
    }

    fn cut(&mut self, broker: usize, why: Gone) {
        if let Some((offset, lane, first, count)) = self.logs[broker].pop() {
            self.ends[broker] = offset;
            let span = span(lane, first, count);
            let queue = QUEUE;
            let gone = Fact::Unstored {
                queue,
                span,
                offset,
                why,
            };
            self.tell(BROKERS[broker], gone);
        }
    }

    fn replicate(&mut self, broker: usize, count: u64) {
        if broker == self.leader {
            return;
        }
        // What the leader does not have, or has other messages in place of, goes first.
        while let Some(last) = self.logs[broker].last() {
            let log = &self.logs[self.leader];
            let start = log.first().map_or(self.ends[self.leader], |b| b.0);
            if last.0 < start || log.contains(last) {
                break;
            }
            self.cut(broker, Gone::Truncated);
        }
        for _ in 0..count {
            let end = self.ends[broker];
            let Some(&(_, lane, first, count)) = self.logs[self.leader].iter().find(|b| b.0 == end)
            else {
                return;
            };
            self.store(broker, lane, first, count, false);
        }
    }

    fn ack(&mut self, lane: u32, first: u32, count: u32) {
        for number in first
            ..first
                .saturating_add(count)
                .min(self.produced[lane as usize])
        {
            if *self.told.entry((lane, number)).or_insert(true) {
                let span = span(lane, number, 1);
                let queue = QUEUE;
                self.tell(P1, Fact::Acked { queue, span });
            }
        }
    }

    fn hand(&mut self, group: u32, consumer: u8, count: u64, jump: i8) {
        let g = group as usize;
        let from = self.next[g].saturating_add_signed(i64::from(jump));
        let mut left = count;
        let batches = self.logs[self.leader].clone();
        for (offset, lane, first, n) in batches {
            for (number, offset) in (first..first + n).zip(offset..) {
                if offset >= from && left > 0 {
                    left -= 1;
                    self.next[g] = offset + 1;
                    self.held[g].push((consumer, offset, lane, number));
                    let handed = Fact::Handed {
                        group: GroupId(group),
                        queue: QUEUE,
                        span: span(lane, number, 1),
                        offset,
                    };
                    self.tell(CONSUMERS[usize::from(consumer)], handed);
                }
            }
        }
    }

    fn process(&mut self, group: u32, pick: u8, failed: bool) {
        let held = &mut self.held[group as usize];
        if held.is_empty() {
            return;
        }
        let at = usize::from(pick) % held.len();
        let (consumer, offset, lane, number) = if failed { held[at] } else { held.remove(at) };
        let outcome = if failed {
            Outcome::Failed
        } else {
            Outcome::Done
        };
        let fact = Fact::Processed {
            group: GroupId(group),
            queue: QUEUE,
            span: span(lane, number, 1),
            offset,
            outcome,
        };
        self.tell(CONSUMERS[usize::from(consumer)], fact);
    }

    fn give_back(&mut self, group: u32, consumer: u8, dies: bool) {
        let pid = CONSUMERS[usize::from(consumer)];
        let groups = if dies { 0..2 } else { group..group + 1 };
        for group in groups {
            self.held[group as usize].retain(|h| h.0 != consumer);
        }
        let (group, queue) = (GroupId(group), QUEUE);
        let fact = if dies {
            Fact::Crashed { power: false }
        } else {
            Fact::Revoked {
                group,
                queue,
                generation: 1,
            }
        };
        self.tell(pid, fact);
    }

    pub fn play(&mut self, act: &Act) {
        let queue = QUEUE;
        match *act {
            Act::Produce { lane, count } => {
                for number in self.produced[lane as usize]..self.produced[lane as usize] + count {
                    let made = Fact::Produced {
                        queue,
                        span: span(lane, number, 1),
                        key: Some(number % 3),
                        bytes: 1,
                    };
                    self.tell(P1, made);
                }
                self.produced[lane as usize] += count;
            }
            Act::Append {
                broker,
                lane,
                count,
            } => {
                let l = lane as usize;
                let first = self.appended[l];
                let count = count.min(self.produced[l] - first);
                let mut sent = first..first + count;
                if count > 0 && sent.all(|n| !self.unsent.contains(&(lane, n))) {
                    // Now and then to somebody who only believes that it leads.
                    let broker = usize::from(broker).min(3);
                    let broker = if broker == 3 { self.leader } else { broker };
                    self.store(broker, lane, first, count, true);
                }
                self.appended[l] += count;
            }
            Act::AppendAgain { lane, pick, count } => {
                let below = self.appended[lane as usize];
                if below > 0 {
                    let first = pick % below;
                    let count = count.min(below - first);
                    let mut sent = first..first + count;
                    if sent.all(|n| !self.unsent.contains(&(lane, n))) {
                        self.store(self.leader, lane, first, count, true);
                    }
                }
            }
            Act::Replicate { broker, count } => self.replicate(usize::from(broker), count),
            Act::Ack { lane, pick, count } => {
                let below = self.produced[lane as usize];
                if below > 0 {
                    self.ack(lane, pick % below, count);
                }
            }
            Act::AckNext { lane, count } => {
                let first = self.acked[lane as usize];
                self.ack(lane, first, count);
                self.acked[lane as usize] = (first + count).min(self.produced[lane as usize]);
            }
            Act::Refuse { lane, pick, unsent } => {
                let below = self.produced[lane as usize];
                if below == 0 || self.told.contains_key(&(lane, pick % below)) {
                    return;
                }
                let number = pick % below;
                let unsent = unsent && number >= self.appended[lane as usize];
                self.told.insert((lane, number), false);
                if unsent {
                    self.unsent.push((lane, number));
                }
                let why = if unsent {
                    Why::BufferFull
                } else {
                    Why::TimedOut
                };
                let span = span(lane, number, 1);
                self.tell(P1, Fact::Refused { queue, span, why });
            }
            Act::Show { behind } => {
                let end = self.ends[self.leader];
                let below = end.saturating_sub(behind);
                self.tell(BROKERS[self.leader], Fact::Visible { queue, below, end });
            }
            Act::Hand {
                group,
                consumer,
                count,
                jump,
            } => self.hand(group, consumer, count, jump),
            Act::Process {
                group,
                pick,
                failed,
            } => self.process(group, pick, failed),
            Act::Commit { group, ahead } => {
                let offset = self.next[group as usize].saturating_add_signed(i64::from(ahead));
                let group = GroupId(group);
                let fact = Fact::Committed {
                    group,
                    queue,
                    offset,
                };
                self.tell(B1, fact);
            }
            Act::Reset { group, to } => {
                let offset = to.min(self.ends[self.leader]);
                self.next[group as usize] = offset;
                let group = GroupId(group);
                let fact = Fact::Reset {
                    group,
                    queue,
                    offset,
                };
                self.tell(C1, fact);
            }
            Act::GiveBack {
                group,
                consumer,
                dies,
            } => self.give_back(group, consumer, dies),
            Act::Elect { broker } => {
                self.leader = usize::from(broker);
                self.epoch += 1;
                let end = self.ends[self.leader];
                self.next.iter_mut().for_each(|n| *n = (*n).min(end));
                let epoch = self.epoch;
                self.tell(BROKERS[self.leader], Fact::Leads { queue, epoch });
            }
            Act::Expire { broker, count } => self.expire(usize::from(broker), count),
            Act::Cut {
                broker,
                count,
                synced,
            } => {
                let why = if synced {
                    Gone::Truncated
                } else {
                    Gone::Unsynced
                };
                for _ in 0..count {
                    self.cut(usize::from(broker), why);
                }
            }
        }
    }

    fn expire(&mut self, broker: usize, count: usize) {
        for _ in 0..count.min(self.logs[broker].len()) {
            let (offset, lane, first, count) = self.logs[broker].remove(0);
            let gone = Fact::Unstored {
                queue: QUEUE,
                span: span(lane, first, count),
                offset,
                why: Gone::Expired,
            };
            self.tell(BROKERS[broker], gone);
        }
    }
}
