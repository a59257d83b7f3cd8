//! Settled messages of queues that no group reads. Nothing happens to them any more, but that their copies come and go; so
//! they are kept as ranges of numbers that share what is known of them. Their verdicts stay exact; only the moment at which
//! one was made is told approximately.

use super::message::{GONE, Message, REMOVED};
use super::ranges::{Part, Ranges};
use crate::sim::history::History;

/// So many moments of making are kept exactly.
const BIRTHS_MAX: usize = 256;

/// What is known of each message of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub flags: u8,
    /// Copies anywhere.
    pub copies: u16,
    /// Offsets at which it stands in the leader's log.
    pub in_log: u16,
}

/// The settled messages of a lane.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    pub ranges: Ranges<Settled>,
    births: Births,
}

impl Shelf {
    /// Puts a message there, whose number is larger than all others.
    pub fn add(&mut self, number: u32, message: &Message) {
        self.births.note(number, message.born);
        self.put(number, message);
    }

    /// A message that lies there.
    pub fn get(&self, number: u32) -> Option<Message> {
        let settled = self.ranges.get(number)?;
        Some(self.message(number, settled))
    }

    /// The message with a number of which this is known.
    pub fn message(&self, number: u32, settled: Settled) -> Message {
        let mut message = Message {
            copies: settled.copies,
            in_log: settled.in_log,
            flags: settled.flags,
            ..Message::new(self.births.at(number), None)
        };
        message.state = message.judge(0);
        message
    }

    /// Puts a message back that lay there.
    pub fn put(&mut self, number: u32, message: &Message) {
        let settled = Settled {
            flags: message.flags,
            copies: message.copies,
            in_log: message.in_log,
        };
        self.ranges.edit(number, number + 1, |_| Some(settled));
    }

    /// Counts copies anew. `each` tells which numbers below one stand in a log, how often, and whether it is the leader's.
    pub fn recount(&mut self, below: u32, each: impl FnOnce(u32, &mut dyn FnMut(Part<u16>, bool))) {
        let ranges = &mut self.ranges;
        ranges.edit(0, below, |old| {
            old.map(|s| Settled {
                copies: 0,
                in_log: 0,
                ..s
            })
        });
        each(below, &mut |part, counts| {
            ranges.edit(part.first, part.end, |old| {
                old.map(|s| Settled {
                    copies: s.copies.saturating_add(part.value),
                    in_log: s.in_log + if counts { part.value } else { 0 },
                    ..s
                })
            });
        });
        ranges.edit(0, below, |old| {
            old.map(|s| {
                let flags = if s.in_log > 0 {
                    s.flags & !(GONE | REMOVED)
                } else if s.copies > 0 && s.flags & REMOVED == 0 {
                    s.flags | GONE
                } else {
                    s.flags
                };
                Settled { flags, ..s }
            })
        });
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.ranges.parts().len()
    }
}

/// When messages were made: exactly for some, in between by a straight line.
#[derive(Clone, Debug)]
struct Births {
    /// (number, ns), in order.
    points: History<(u32, u64), 16>,
    /// Between two of them lie at least so many numbers.
    stride: u32,
    last: (u32, u64),
}

impl Default for Births {
    fn default() -> Self {
        Self {
            points: History::default(),
            stride: 1,
            last: (0, 0),
        }
    }
}

impl Births {
    fn note(&mut self, number: u32, born: u64) {
        self.last = (number, born);
        let next = self.points.back().map_or(0, |p| p.0 + self.stride);
        if number < next {
            return;
        }
        self.points.push_back(self.last);
        if self.points.len() == BIRTHS_MAX {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride = self.stride.saturating_mul(2);
        }
    }

    fn at(&self, number: u32) -> u64 {
        let at = self.points.partition_point(|p| p.0 <= number);
        let Some(&before) = at.checked_sub(1).and_then(|at| self.points.get(at)) else {
            return self.points.front().map_or(0, |p| p.1);
        };
        let after = self.points.get(at).copied().unwrap_or(self.last);
        if after.0 <= before.0 {
            return before.1;
        }
        let (part, whole) = (number - before.0, after.0 - before.0);
        let span = u128::from(after.1.saturating_sub(before.1));
        before.1 + (span * u128::from(part) / u128::from(whole)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn births_are_exact_at_first_and_close_later() {
        let mut births = Births::default();
        for number in 0..100_u32 {
            births.note(number, u64::from(number).pow(2));
        }
        assert!((0..100_u32).all(|n| births.at(n) == u64::from(n).pow(2)));
        for number in 100..1_000_000 {
            births.note(number, u64::from(number) * 10_000);
        }
        assert!(births.points.len() < BIRTHS_MAX);
        for number in [200_000_u32, 345_678, 999_999] {
            assert_eq!(births.at(number), u64::from(number) * 10_000);
        }
    }
}
