//! Queues whose messages leave one by one, against an account that is kept naively.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::script::{B1, C1, C2, GROUP, LANE, P1, QUEUE, Script};
use super::{Account, Ledger, State, script};
use crate::sim::record::{Gone, Outcome, Why};
use crate::sim::{Fact, Names, Observer, Pid, Span};

fn names() -> Arc<Names> {
    let mut names = Names::clone(&script::names(1));
    names.queues[0].singly = true;
    Arc::new(names)
}

/// One thing that happens; the numbers choose among what is possible.
#[derive(Clone, Debug)]
enum Act {
    Produce,
    Store(usize),
    Ack(usize),
    Refuse(usize),
    Hand(usize, bool),
    /// What a consumer holds or held: ended with, or failed.
    Process(usize, bool),
    Remove(usize, bool),
    Die(bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Produce),
        4 => (0..99_usize).prop_map(Act::Store),
        2 => (0..99_usize).prop_map(Act::Ack),
        1 => (0..99_usize).prop_map(Act::Refuse),
        5 => (0..99_usize, any::<bool>()).prop_map(|(n, b)| Act::Hand(n, b)),
        5 => (0..99_usize, any::<bool>()).prop_map(|(n, b)| Act::Process(n, b)),
        4 => (0..99_usize, any::<bool>()).prop_map(|(n, b)| Act::Remove(n, b)),
        1 => any::<bool>().prop_map(Act::Die),
    ]
}

#[derive(Default)]
struct Known {
    told: Option<bool>,
    stored: bool,
    there: BTreeSet<u64>,
    removed: bool,
    missed: bool,
    done: bool,
}

#[derive(Default)]
struct Naive {
    messages: BTreeMap<u32, Known>,
    /// What stands at an offset, for ever.
    log: Vec<u32>,
    held: BTreeMap<u64, Pid>,
    /// All that was ever handed.
    handed: Vec<(u64, Pid)>,
    ended: BTreeSet<u64>,
}

impl Naive {
    fn verdict(&self, known: &Known) -> State {
        match known {
            Known { done: true, .. } => State::Delivered,
            _ if !known.there.is_empty() => State::InFlight,
            Known {
                stored: false,
                told: Some(false),
                ..
            } => State::Expired,
            Known { missed: true, .. } => State::Lost,
            Known { removed: true, .. } => State::Expired,
            _ => State::InFlight,
        }
    }

    fn account(&self) -> Account {
        let mut account = Account::default();
        for known in self.messages.values() {
            let state = self.verdict(known);
            account.produced += 1;
            *account.of(state) += 1;
            account.waiting += u64::from(state == State::InFlight);
            account.lost_acked += u64::from(state == State::Lost && known.told == Some(true));
        }
        account
    }

    fn there(&self) -> Vec<u64> {
        let all = self.messages.values().flat_map(|m| &m.there);
        all.copied().collect()
    }

    fn is_held(&self, number: u32) -> bool {
        self.held.keys().any(|&o| self.log[o as usize] == number)
    }

    /// Does it, and says what would be recorded.
    fn act(&mut self, act: &Act, script: &mut Script) {
        let next = self.messages.len() as u32;
        let of = |n: usize| (next > 0).then(|| n as u32 % next.max(1));
        let consumer = |first: bool| if first { C1 } else { C2 };
        match *act {
            Act::Produce => {
                self.messages.insert(next, Known::default());
                script.produce(next, 1);
            }
            Act::Store(n) => {
                let Some(number) = of(n) else { return };
                let offset = self.log.len() as u64;
                self.log.push(number);
                let known = self.messages.get_mut(&number).expect("it is there");
                known.stored = true;
                (known.removed, known.missed) = (false, false);
                known.there.insert(offset);
                let span = Span::one(LANE, number);
                let (queue, first_copy) = (QUEUE, true);
                script.tell(
                    B1,
                    Fact::Stored {
                        queue,
                        span,
                        offset,
                        first_copy,
                    },
                );
                let end = offset + 1;
                script.tell(
                    B1,
                    Fact::Visible {
                        queue,
                        below: end,
                        end,
                    },
                );
            }
            Act::Ack(n) | Act::Refuse(n) => {
                let Some(number) = of(n) else { return };
                let ok = matches!(act, Act::Ack(_));
                let known = self.messages.get_mut(&number).expect("it is there");
                // Only what is stored is acknowledged.
                if known.told.is_some() || (ok && !known.stored) {
                    return;
                }
                known.told = Some(ok);
                let (queue, span, why) = (QUEUE, Span::one(LANE, number), Why::TimedOut);
                let fact = if ok {
                    Fact::Acked { queue, span }
                } else {
                    Fact::Refused { queue, span, why }
                };
                script.tell(P1, fact);
            }
            Act::Hand(n, first) => {
                let there = self.there();
                let Some(&offset) = there.get(n % there.len().max(1)) else {
                    return;
                };
                self.held.insert(offset, consumer(first));
                self.handed.push((offset, consumer(first)));
                let span = Span::one(LANE, self.log[offset as usize]);
                let (group, queue) = (GROUP, QUEUE);
                script.tell(
                    consumer(first),
                    Fact::Handed {
                        group,
                        queue,
                        span,
                        offset,
                    },
                );
            }
            Act::Process(n, ok) => {
                let Some(&(offset, pid)) = self.handed.get(n % self.handed.len().max(1)) else {
                    return;
                };
                let number = self.log[offset as usize];
                if ok {
                    let known = self.messages.get_mut(&number).expect("it is there");
                    known.done = true;
                    if known.there.contains(&offset) {
                        self.ended.insert(offset);
                    }
                    if self.held.get(&offset) == Some(&pid) {
                        self.held.remove(&offset);
                    }
                }
                let outcome = if ok { Outcome::Done } else { Outcome::Failed };
                let (group, queue, span) = (GROUP, QUEUE, Span::one(LANE, number));
                script.tell(
                    pid,
                    Fact::Processed {
                        group,
                        queue,
                        span,
                        offset,
                        outcome,
                    },
                );
            }
            Act::Remove(n, deleted) => {
                let there = self.there();
                let Some(&offset) = there.get(n % there.len().max(1)) else {
                    return;
                };
                let number = self.log[offset as usize];
                let is_held = self.is_held(number);
                self.ended.remove(&offset);
                let known = self.messages.get_mut(&number).expect("it is there");
                known.there.remove(&offset);
                if known.there.is_empty() {
                    known.removed |= !deleted;
                    known.missed |= deleted && !is_held && !known.done;
                }
                let (queue, span) = (QUEUE, Span::one(LANE, number));
                let why = if deleted {
                    Gone::Deleted
                } else {
                    Gone::Expired
                };
                script.tell(
                    B1,
                    Fact::Unstored {
                        queue,
                        span,
                        offset,
                        why,
                    },
                );
            }
            Act::Die(first) => {
                let pid = consumer(first);
                let gone: Vec<u64> = self
                    .held
                    .iter()
                    .filter(|h| *h.1 == pid)
                    .map(|h| *h.0)
                    .collect();
                self.held.retain(|_, by| *by != pid);
                for offset in gone {
                    let number = self.log[offset as usize];
                    let is_held = self.is_held(number);
                    let known = self.messages.get_mut(&number).expect("it is there");
                    known.missed |= known.there.is_empty() && !is_held && !known.done;
                }
                script.tell(pid, Fact::Crashed { power: false });
            }
        }
    }
}

proptest! {
    #[test]
    fn the_account_is_the_naive_one(acts in prop::collection::vec(act(), 1..120)) {
        let mut naive = Naive::default();
        let mut script = Script::default();
        let mut ledger = Ledger::new(names());
        let mut read = 0;
        for act in &acts {
            naive.act(act, &mut script);
            ledger.records(&script.records[read..]);
            read = script.records.len();
            prop_assert_eq!(ledger.account(), naive.account(), "{:?}", act);
            let queue = &ledger.queues()[0];
            let reader = &queue.readers()[0];
            let there = naive.there();
            prop_assert_eq!(queue.lag(reader), there.len() as u64);
            let waiting: Vec<u64> = there.into_iter().filter(|o| !naive.ended.contains(o)).collect();
            prop_assert_eq!(queue.depth(reader), waiting.len() as u64);
            prop_assert_eq!(queue.oldest(reader), waiting.into_iter().min());
        }
    }
}

#[test]
fn a_message_that_stays_does_not_keep_those_behind_it() {
    let mut ledger = Ledger::new(names());
    let (group, queue) = (GROUP, QUEUE);
    let mut born = 0;
    for number in 0..100_000 {
        let mut script = Script::default();
        let (offset, span) = (u64::from(number), Span::one(LANE, number));
        script.produce(number, 1);
        script.tell(
            B1,
            Fact::Stored {
                queue,
                span,
                offset,
                first_copy: true,
            },
        );
        script.tell(
            B1,
            Fact::Visible {
                queue,
                below: offset + 1,
                end: offset + 1,
            },
        );
        script.tell(P1, Fact::Acked { queue, span });
        // One in a thousand is not done with, among them the first.
        if number % 1000 != 0 {
            let outcome = Outcome::Done;
            script.tell(
                C1,
                Fact::Handed {
                    group,
                    queue,
                    span,
                    offset,
                },
            );
            script.tell(
                C1,
                Fact::Processed {
                    group,
                    queue,
                    span,
                    offset,
                    outcome,
                },
            );
            script.tell(
                B1,
                Fact::Unstored {
                    queue,
                    span,
                    offset,
                    why: Gone::Deleted,
                },
            );
        } else if number == 0 {
            born = script.records[0].at;
        }
        ledger.records(&script.records);
    }
    assert!(ledger.remembered() < 10_000, "{}", ledger.remembered());
    assert!(ledger.queues[0].logs[0].runs.len() < 1000);
    assert_eq!(ledger.account().in_flight, 100);
    assert_eq!(ledger.oldest_in_flight(), Some(born));
    assert_eq!(
        ledger.queues()[0].oldest(&ledger.queues()[0].readers()[0]),
        Some(0)
    );
    let mut script = Script::default();
    for number in (0..100_000).step_by(1000) {
        let (offset, span) = (u64::from(number), Span::one(LANE, number));
        let outcome = Outcome::Done;
        script.tell(
            C1,
            Fact::Processed {
                group,
                queue,
                span,
                offset,
                outcome,
            },
        );
        script.tell(
            B1,
            Fact::Unstored {
                queue,
                span,
                offset,
                why: Gone::Deleted,
            },
        );
    }
    ledger.records(&script.records);
    assert_eq!(ledger.account().delivered, 100_000);
    assert_eq!(ledger.queues()[0].held(), 0);
}
