//! Whether the reads and writes of one register fit one order in which each takes effect at a moment between its beginning and
//! its end (M. Herlihy, J. Wing, "Linearizability: A Correctness Condition for Concurrent Objects", 1990). Registers are looked
//! at one by one: operations are linearizable if those of each register are (the same, theorem 1).
//!
//! The search is that of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) as G. Lowe does it ("Testing for
//! Linearizability", 2017): just in time, which is when an operation ends, and with a memory of what was tried. What is kept is
//! the set of all states that the register can be in, each with the operations under way that have taken effect in it.

use std::collections::BTreeSet;

/// What may be under way at once.
const SLOTS: usize = 64;

/// A read or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Op {
    /// When it began, ns.
    pub began: u64,
    /// When it ended, ns; `u64::MAX`: nobody knows whether it took effect, or it will yet.
    pub ended: u64,
    pub writes: bool,
    /// What was written or read.
    pub value: u32,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is such an order.
    Fits,
    /// There is none; the place of the operation at whose end that is certain.
    FitsNot(usize),
    /// It was not found out: more was under way at once than is told apart, or the search took too long.
    Unknown,
}

/// A state of the register, and which of the operations under way (by slot) have taken effect.
type State = (u32, u64);

struct Search<'a> {
    ops: &'a [Op],
    /// The operations under way.
    slots: [Option<usize>; SLOTS],
    states: BTreeSet<State>,
    /// So many states may still be looked at.
    budget: &'a mut u64,
}

/// Looks for an order. `budget` is how many states may be looked at; what was needed is taken from it.
pub(super) fn fits(ops: &[Op], initial: u32, budget: &mut u64) -> Answer {
    let read: BTreeSet<u32> = ops.iter().filter(|o| !o.writes).map(|o| o.value).collect();
    // Of what never ended, only a write that somebody read matters: the rest may as well not have taken effect.
    let matters = |op: &Op| op.ended != u64::MAX || (op.writes && read.contains(&op.value));
    let mut steps: Vec<(u64, bool, usize)> = Vec::new();
    for (at, op) in ops.iter().enumerate().filter(|(_, op)| matters(op)) {
        steps.push((op.began, false, at));
        if op.ended != u64::MAX {
            steps.push((op.ended, true, at));
        }
    }
    // What begins when another ends is at the same time as that.
    steps.sort_unstable();
    let mut search = Search {
        ops,
        slots: [None; SLOTS],
        states: BTreeSet::from([(initial, 0)]),
        budget,
    };
    for (_, ends, at) in steps {
        let known = if ends {
            search.end(at)
        } else {
            search.begin(at)
        };
        if !known {
            return Answer::Unknown;
        }
        if search.states.is_empty() {
            return Answer::FitsNot(at);
        }
    }
    Answer::Fits
}

impl Search<'_> {
    fn begin(&mut self, at: usize) -> bool {
        let Some(slot) = self.slots.iter().position(Option::is_none) else {
            return false;
        };
        self.slots[slot] = Some(at);
        let op = self.ops[at];
        if !op.writes {
            // A read that can take effect does: that leaves all else possible.
            let states = std::mem::take(&mut self.states).into_iter();
            let done = |(value, done)| (value, done | u64::from(value == op.value) << slot);
            self.states = states.map(done).collect();
        }
        true
    }

    /// An operation ends: it has taken effect by now, perhaps after others that are under way.
    fn end(&mut self, at: usize) -> bool {
        let Some(slot) = self.slots.iter().position(|s| *s == Some(at)) else {
            return true;
        };
        let own = 1 << slot;
        let mut after = BTreeSet::new();
        let mut tried = BTreeSet::new();
        let mut open: Vec<State> = std::mem::take(&mut self.states).into_iter().collect();
        while let Some((value, done)) = open.pop() {
            if *self.budget == 0 {
                return false;
            }
            *self.budget -= 1;
            if done & own != 0 {
                after.insert((value, done & !own));
                continue;
            }
            for (nth, other) in self.slots.iter().enumerate() {
                let Some(other) = *other else { continue };
                if !self.ops[other].writes || done & 1 << nth != 0 {
                    continue;
                }
                let state = self.write(self.ops[other].value, done | 1 << nth);
                if tried.insert(state) {
                    open.push(state);
                }
            }
        }
        self.slots[slot] = None;
        self.states = after;
        true
    }

    /// A value is written, and the reads under way that can read it do.
    fn write(&self, value: u32, mut done: u64) -> State {
        for (nth, other) in self.slots.iter().enumerate() {
            let reads = other.is_some_and(|o| !self.ops[o].writes && self.ops[o].value == value);
            done |= u64::from(reads) << nth;
        }
        (value, done)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLENTY: u64 = 1_000_000;

    fn op(began: u64, ended: u64, writes: bool, value: u32) -> Op {
        Op {
            began,
            ended,
            writes,
            value,
        }
    }

    fn w(began: u64, ended: u64, value: u32) -> Op {
        op(began, ended, true, value)
    }

    fn r(began: u64, ended: u64, value: u32) -> Op {
        op(began, ended, false, value)
    }

    fn answer(ops: &[Op]) -> Answer {
        fits(ops, 0, &mut PLENTY.clone())
    }

    #[test]
    fn the_histories_of_herlihy_and_wing() {
        // Section 2.2, with 1 for x and 2 for y of a register: reads that overlap a write may see either value,
        assert_eq!(answer(&[w(0, 10, 1), r(1, 2, 0), r(3, 4, 1)]), Answer::Fits);
        // but not the old one after the new one (the "new-old inversion" that makes a register regular, not atomic: L. Lamport,
        // "On Interprocess Communication", 1986).
        assert_eq!(
            answer(&[w(0, 10, 1), r(1, 2, 1), r(3, 4, 0)]),
            Answer::FitsNot(2)
        );
        // A write that is over is seen by all later reads.
        assert_eq!(answer(&[w(0, 1, 1), r(2, 3, 0)]), Answer::FitsNot(1));
        // Two writes at once take effect in either order, but in the same one for all.
        let both = [w(0, 10, 1), w(0, 10, 2)];
        let then = |a, b| [&both[..], &[r(11, 12, a), r(13, 14, b)]].concat();
        assert_eq!(answer(&then(1, 1)), Answer::Fits);
        assert_eq!(answer(&then(2, 2)), Answer::Fits);
        assert_eq!(answer(&then(1, 2)), Answer::FitsNot(3));
    }

    #[test]
    fn a_write_that_never_ended_may_take_effect_at_any_time_or_never() {
        let lost = w(0, u64::MAX, 1);
        assert_eq!(answer(&[lost, r(5, 6, 0), r(7, 8, 0)]), Answer::Fits);
        assert_eq!(answer(&[lost, r(5, 6, 0), r(7, 8, 1)]), Answer::Fits);
        // Once seen it is there.
        assert_eq!(answer(&[lost, r(5, 6, 1), r(7, 8, 0)]), Answer::FitsNot(2));
        // What nobody wrote is read by nobody, and nothing is read before it is written.
        assert_eq!(answer(&[r(5, 6, 7)]), Answer::FitsNot(0));
        assert_eq!(answer(&[r(5, 6, 1), w(7, 8, 1)]), Answer::FitsNot(0));
    }

    #[test]
    fn an_order_that_must_be_found_by_going_back() {
        // Each read must be put between two of the writes that overlap it.
        let ops = [
            w(0, 100, 1),
            w(0, 100, 2),
            w(0, 100, 3),
            r(10, 20, 2),
            r(30, 40, 3),
            r(50, 60, 1),
        ];
        assert_eq!(answer(&ops), Answer::Fits);
        let again = [&ops[..], &[r(70, 80, 2)]].concat();
        assert_eq!(answer(&again), Answer::FitsNot(6));
        // A write that ended is overtaken by one that began before it ended.
        assert_eq!(
            answer(&[w(3, 5, 1), w(0, 11, 2), r(12, 13, 1)]),
            Answer::Fits
        );
    }

    #[test]
    fn a_search_that_takes_too_long_says_so() {
        // Which of so many writes took effect is told by no read.
        let mut ops: Vec<Op> = (0..20).map(|value| w(0, 100, value)).collect();
        assert_eq!(fits(&ops, 0, &mut 1000), Answer::Unknown);
        let mut budget = PLENTY;
        assert_eq!(fits(&ops[..6], 0, &mut budget), Answer::Fits);
        assert!(budget < PLENTY);
        ops = (0..65).map(|value| w(0, 100, value)).collect();
        assert_eq!(fits(&ops, 0, &mut PLENTY.clone()), Answer::Unknown);
    }

    /// Whether some order of all that ended, with any of what did not, is legal and keeps real time: by trying all.
    fn by_force(ops: &[Op], value: u32, done: u32) -> bool {
        let open = |i: &usize| done & 1 << i == 0;
        let mut left = (0..ops.len()).filter(open);
        if left.clone().all(|i| ops[i].ended == u64::MAX) {
            return true;
        }
        left.any(|i| {
            let is_first = (0..ops.len())
                .filter(open)
                .all(|other| ops[other].ended >= ops[i].began);
            let op = ops[i];
            let next = if op.writes { op.value } else { value };
            is_first && (op.writes || op.value == value) && by_force(ops, next, done | 1 << i)
        })
    }

    fn operation() -> impl Strategy<Value = Op> {
        (
            0u64..12,
            0u64..6,
            prop::bool::weighted(0.45),
            0u32..4,
            prop::bool::weighted(0.15),
        )
            .prop_map(|(began, lasts, writes, value, lost)| Op {
                began,
                ended: if lost { u64::MAX } else { began + lasts },
                writes,
                value,
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn it_answers_as_trying_all_orders_does(ops in proptest::collection::vec(operation(), 1..8)) {
            let expected = by_force(&ops, 0, 0);
            let found = answer(&ops);
            prop_assert_eq!(found == Answer::Fits, expected, "{:?}: {:?}", found, ops);
            if let Answer::FitsNot(at) = found {
                // What ended before that moment fits; with that operation it does not.
                let until = ops[at].ended;
                let cut = |op: &Op| Op { ended: if op.ended > until { u64::MAX } else { op.ended }, ..*op };
                let before: Vec<Op> = ops.iter().filter(|o| o.began <= until).map(cut).collect();
                prop_assert!(!by_force(&before, 0, 0));
            }
        }
    }
}
