//! Each discipline by tables, and what holds for all of them whatever comes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Discipline, Dropped, Line, LineSettings, Ticket};
use crate::sim::MS;
use crate::sim::complaint::Path;
use crate::sim::units::Duration;

fn ms(n: u64) -> Duration {
    Duration::from_ms(n)
}

fn codel() -> Discipline {
    Discipline::CoDel {
        target: ms(5),
        interval: ms(100),
    }
}

fn adaptive(lifo_beyond: Option<u32>) -> Discipline {
    Discipline::AdaptiveLifo {
        lifo_after: ms(5),
        lifo_beyond,
        target: ms(5),
        interval: ms(100),
    }
}

fn line<T>(discipline: Discipline, limit: Option<u32>) -> Line<T> {
    Line::new(&LineSettings { discipline, limit })
}

/// Plays steps and says what came of them.
///
/// `5+a` lets `a` come at 5 ms, `5+a,3` with priority 3, `5+a@20` with a deadline at 20 ms; `9-` takes one. Told is who is taken,
/// `.` if nobody; `!x` turned away, `~x` dropped because of delay, `^x` dropped because it is late.
fn play(discipline: Discipline, limit: Option<u32>, steps: &str) -> String {
    let mut line = line(discipline, limit);
    let mut told = String::new();
    for step in steps.split_whitespace() {
        let at = step.find(['+', '-']).unwrap();
        let now = step[..at].parse::<u64>().unwrap() * MS;
        let rest = &step[at + 1..];
        if step[at..].starts_with('+') {
            let (rest, deadline) = match rest.split_once('@') {
                Some((rest, ms)) => (rest, ms.parse::<u64>().unwrap() * MS),
                None => (rest, u64::MAX),
            };
            let (name, priority) = rest.split_once(',').unwrap_or((rest, "0"));
            let ticket = Ticket {
                at: now,
                priority: priority.parse().unwrap(),
                deadline,
            };
            if let Err(refused) = line.push(now, ticket, name.to_owned()) {
                assert_eq!(refused.newcomer, refused.item == name);
                write!(told, "!{} ", refused.item).unwrap();
            }
        } else {
            let mut dropped = Vec::new();
            let taken = line.pop(now, &mut dropped);
            for (name, why) in dropped {
                let sign = match why {
                    Dropped::Late => '^',
                    Dropped::Delay => '~',
                };
                write!(told, "{sign}{name} ").unwrap();
            }
            let name = taken.map_or_else(|| ".".to_owned(), |(_, name)| name);
            write!(told, "{name} ").unwrap();
        }
    }
    told.trim_end().to_owned()
}

#[test]
fn the_first_or_the_last_is_served() {
    let steps = "0+a 1+b 2+c 3- 4+d 5- 6- 7- 8-";
    assert_eq!(play(Discipline::Fifo, None, steps), "a b c d .");
    assert_eq!(play(Discipline::Lifo, None, steps), "c d b a .");
}

#[test]
fn a_full_line_turns_the_newcomer_away_or_the_oldest() {
    let steps = "0+a 1+b 2+c 3- 4- 5-";
    assert_eq!(play(Discipline::Fifo, Some(2), steps), "!c a b .");
    assert_eq!(play(codel(), Some(2), steps), "!c a b .");
    assert_eq!(play(Discipline::Lifo, Some(2), steps), "!a c b .");
}

#[test]
fn without_room_to_wait_every_newcomer_is_turned_away() {
    for discipline in disciplines() {
        assert_eq!(play(discipline, Some(0), "0+a 1+b 2-"), "!a !b .");
    }
}

#[test]
fn the_most_important_is_served_and_the_least_turned_away() {
    let p = |limit, steps| play(Discipline::Priority, limit, steps);
    let steps = "0+a,2 0+b,0 0+c,255 0+d,0 0+e,2 1- 1- 1- 1- 1- 1-";
    assert_eq!(p(None, steps), "b d a e c .");
    // A more important newcomer takes the place of the newest of the least important; among equals nobody makes way.
    assert_eq!(p(Some(3), "0+a,1 0+b,7 0+c,7 0+d,3 1- 1- 1-"), "!c a d b");
    assert_eq!(p(Some(2), "0+a,1 0+b,1 0+c,1 0+d,9 1- 1-"), "!c !d a b");
}

#[test]
fn the_earliest_deadline_is_served_and_who_is_late_is_dropped() {
    let d = |limit, steps| play(Discipline::Deadline, limit, steps);
    assert_eq!(
        d(None, "0+a@90 0+b@30 0+c 0+d@30 0+e@60 1- 1- 1- 1- 1-"),
        "b d e a c"
    );
    // A deadline has passed when it is reached.
    assert_eq!(d(None, "0+a@10 0+b@11 0+c@12 11-"), "^a ^b c");
    assert_eq!(d(None, "0+a@10 0+b@11 12- 13-"), "^a ^b . .");
    // Full: who is late goes, else who has most time left, the newcomer among equals.
    assert_eq!(d(Some(2), "0+a@10 0+b@50 20+c@90 21- 21-"), "!a b c");
    assert_eq!(d(Some(2), "0+a@40 0+b@50 20+c@30 21- 21-"), "!b c a");
    assert_eq!(d(Some(2), "0+a@40 0+b@50 20+c@50 21- 21-"), "!c a b");
    assert_eq!(d(Some(2), "0+a@40 0+b@50 20+c@15 21- 21-"), "!c a b");
}

#[test]
fn adaptive_lifo_serves_the_first_until_the_oldest_waited_too_long() {
    // At 5 ms a has waited for 5 ms, which is not too long; at 6 ms b has waited for 5.
    assert_eq!(play(adaptive(None), None, "0+a 1+b 2+c 5- 6- 6-"), "a b c");
    // At 6 ms a has waited too long: the newest first, and so on while it waits.
    assert_eq!(play(adaptive(None), None, "0+a 1+b 2+c 6- 6- 6-"), "c b a");
    // When the old ones are gone, in the order of coming again.
    assert_eq!(
        play(adaptive(None), None, "0+a 8- 20+b 20+c 21- 21-"),
        "a b c"
    );
    // By number: while more than two wait.
    assert_eq!(
        play(adaptive(Some(2)), None, "0+a 0+b 0+c 1- 1- 1-"),
        "c a b"
    );
    // Full: the newcomer is turned away while the first are served, and the oldest while the newest are.
    assert_eq!(play(adaptive(None), Some(2), "0+a 0+b 1+c 2-"), "!c a");
    assert_eq!(play(adaptive(None), Some(2), "0+a 0+b 9+c 9-"), "!a c");
}

#[test]
fn in_a_standing_queue_a_request_may_wait_for_the_target_only() {
    // Each came to a queue that was empty within the last 100 ms: it may wait for 100 ms.
    assert_eq!(play(adaptive(None), None, "0+a 50+b 100- 100-"), "b a");
    assert_eq!(play(adaptive(None), None, "0+a 50+b 101- 101-"), "~a b .");
    // The queue is not empty from 0 to 101 ms: d, which comes then, may wait until 106 ms.
    let standing = "0+a 60+b 99- 99+c 101+d";
    let p = |rest: &str| play(adaptive(None), None, &format!("{standing} {rest}"));
    assert_eq!(p("106- 106- 106-"), "b ~a d c .");
    assert_eq!(p("107- 107-"), "b ~a ~d c .");
    // Once it was empty, it is no standing queue any more.
    assert_eq!(p("106- 106- 110+e 130-"), "b ~a d c e");
}

/// So many requests come at once.
fn crowd(line: &mut Line<u32>, at_ms: u64, count: u32) {
    for n in 0..count {
        let ticket = Ticket::plain(at_ms * MS);
        line.push(at_ms * MS, ticket, n).unwrap();
    }
}

/// One is taken each millisecond: when, in ms, is one dropped?
fn drops_ms(line: &mut Line<u32>, times_ms: std::ops::Range<u64>) -> Vec<u64> {
    let mut drops = Vec::new();
    for now_ms in times_ms {
        let mut dropped = Vec::new();
        line.pop(now_ms * MS, &mut dropped);
        drops.extend(dropped.iter().map(|_| now_ms));
    }
    drops
}

/// All are taken at once.
fn take_all(line: &mut Line<u32>, now_ms: u64) {
    let mut dropped = Vec::new();
    while line.pop(now_ms * MS, &mut dropped).is_some() {}
    assert_eq!(dropped, []);
}

#[test]
fn codel_drops_more_and_more_often_while_the_queue_stands() {
    // The wait is first seen too long at 10 ms. So the first drop is at 110 ms, the next at 210, and then after 100 ms / sqrt(n):
    // 210 + 70.71 = 280.71, + 57.74 = 338.44, + 50 = 388.44, + 44.72 = 433.17, each at the next millisecond.
    let mut line = line(codel(), None);
    crowd(&mut line, 0, 1000);
    assert_eq!(drops_ms(&mut line, 10..440), [110, 210, 281, 339, 389, 434]);
    // The queue is gone and comes again soon: when it stood for an interval, dropping goes on as often as it had become, with
    // n = 5: 620, + 44.72 = 664.72, + 100 / sqrt(6) = 40.82: 705.55.
    take_all(&mut line, 440);
    crowd(&mut line, 510, 1000);
    assert_eq!(drops_ms(&mut line, 520..710), [620, 665, 706]);
}

#[test]
fn codel_begins_slowly_again_when_it_rested_for_long() {
    let mut line = line(codel(), None);
    crowd(&mut line, 0, 1000);
    drops_ms(&mut line, 10..440);
    take_all(&mut line, 440);
    // The next drop would have been at 474 ms; 16 intervals later that is forgotten.
    crowd(&mut line, 2_080, 1000);
    assert_eq!(drops_ms(&mut line, 2_090..2_300), [2_190, 2_290]);
}

#[test]
fn codel_lets_bursts_and_the_last_ones_be() {
    // Every 100 ms come 90 at once, and are gone before the next: long waits, but no standing queue.
    let mut line = line(codel(), None);
    for burst_ms in (0..5_000).step_by(100) {
        crowd(&mut line, burst_ms, 90);
        assert!(drops_ms(&mut line, burst_ms..burst_ms + 100).is_empty());
    }
    assert_eq!(
        play(codel(), None, "0+a 0+b 0+c 10- 500- 900-"),
        "a b c",
        "with one behind it none is dropped"
    );
    assert_eq!(
        play(codel(), None, "0+a 0+b 0+c 0+d 10- 500- 900-"),
        "a ~b c d"
    );
}

#[test]
fn the_oldest_is_who_came_first_whatever_stands_in_front() {
    for discipline in disciplines() {
        let mut line = line(discipline, None);
        assert_eq!(line.oldest(7), None);
        for (at, priority, deadline) in [(10, 9, 900), (20, 1, 100), (30, 5, 500)] {
            let ticket = Ticket {
                at,
                priority,
                deadline,
            };
            line.push(at, ticket, ()).unwrap();
        }
        assert_eq!(line.oldest(50), Some(40));
    }
}

#[test]
fn a_line_is_empty_after_a_crash_and_works_again() {
    for discipline in disciplines() {
        let mut line = line(discipline, Some(3));
        for n in 0..3_u8 {
            let ticket = Ticket {
                priority: n,
                ..Ticket::plain(0)
            };
            line.push(0, ticket, n).unwrap();
        }
        let mut left: Vec<u8> = line.drain().into_iter().map(|(_, n)| n).collect();
        left.sort_unstable();
        assert_eq!(left, [0, 1, 2]);
        assert!(line.is_empty());
        line.push(5, Ticket::plain(5), 7).unwrap();
        assert_eq!(line.pop(5, &mut Vec::new()), Some((Ticket::plain(5), 7)));
    }
}

#[test]
fn settings_that_cannot_work_are_named() {
    let complaints = |discipline| {
        let mut out = Vec::new();
        let limit = None;
        LineSettings { discipline, limit }.check(&Path::root().field("line"), &mut out);
        out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
    };
    assert!(disciplines().into_iter().all(|d| complaints(d).is_empty()));
    let codel = |target, interval| Discipline::CoDel {
        target: ms(target),
        interval: ms(interval),
    };
    assert_eq!(complaints(codel(0, 100)), ["line.discipline.target"]);
    assert_eq!(complaints(codel(100, 100)), ["line.discipline.target"]);
    let never_lifo = Discipline::AdaptiveLifo {
        lifo_after: ms(200),
        lifo_beyond: None,
        target: ms(5),
        interval: ms(100),
    };
    assert_eq!(complaints(never_lifo), ["line.discipline.lifo_after"]);
}

fn disciplines() -> Vec<Discipline> {
    vec![
        Discipline::Fifo,
        Discipline::Lifo,
        adaptive(Some(7)),
        Discipline::Priority,
        Discipline::Deadline,
        codel(),
    ]
}

/// A step of a random play: how much later, and either a request (priority, time to its deadline) or a free thread.
type Step = (u64, Option<(u8, u64)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let request = (0..5_u8, 1..60_u64);
    let step = (0..20_u64, prop::option::weighted(0.6, request));
    prop::collection::vec(step, 0..200)
}

/// Who may be next of those who wait (by number, in the order of coming).
fn may_be_next(
    discipline: &Discipline,
    waiting: &BTreeMap<u32, Ticket>,
    now: u64,
    taken: Option<u32>,
) -> bool {
    let first = waiting.keys().next().copied();
    let last = waiting.keys().next_back().copied();
    let by_key = |key: &dyn Fn(&Ticket) -> u64| {
        let best = waiting.iter().min_by_key(|(n, t)| (key(t), **n));
        best.map(|(n, _)| *n)
    };
    match discipline {
        Discipline::Fifo | Discipline::CoDel { .. } => taken == first,
        Discipline::Lifo => taken == last,
        Discipline::AdaptiveLifo { .. } => taken == first || taken == last,
        Discipline::Priority => taken == by_key(&|t| u64::from(t.priority)),
        Discipline::Deadline => {
            taken == by_key(&|t| t.deadline) && taken.is_none_or(|n| waiting[&n].deadline > now)
        }
    }
}

fn nothing_is_lost(discipline: &Discipline, limit: u32, steps: &[Step]) {
    let mut line = line(discipline.clone(), Some(limit));
    let mut waiting: BTreeMap<u32, Ticket> = BTreeMap::new();
    let mut now = 0;
    for (number, (later, request)) in (0_u32..).zip(steps) {
        now += later * MS;
        if let Some((priority, patience)) = *request {
            let ticket = Ticket {
                at: now,
                priority,
                deadline: now + patience * MS,
            };
            waiting.insert(number, ticket);
            let was_full = line.len() == limit as usize;
            let refused = line.push(now, ticket, number).err();
            assert_eq!(refused.is_some(), was_full);
            if let Some(refused) = refused {
                assert_eq!(waiting.remove(&refused.item), Some(refused.ticket));
                assert_eq!(refused.newcomer, refused.item == number);
            }
        } else {
            let mut dropped = Vec::new();
            let taken = line.pop(now, &mut dropped);
            for (number, why) in dropped {
                let ticket = waiting.remove(&number).expect("dropped once");
                match why {
                    Dropped::Late => assert!(ticket.deadline <= now),
                    Dropped::Delay => assert!(now - ticket.at >= 5 * MS),
                }
            }
            let number = taken.map(|(_, number)| number);
            assert!(may_be_next(discipline, &waiting, now, number), "{number:?}");
            if let Some((ticket, number)) = taken {
                assert_eq!(waiting.remove(&number), Some(ticket));
            }
        }
        assert!(line.len() <= limit as usize);
        assert_eq!(line.len(), waiting.len());
        let oldest = waiting.values().map(|t| now - t.at).max();
        assert_eq!(line.oldest(now), oldest);
    }
    let left: BTreeMap<u32, Ticket> = line.drain().into_iter().map(|(t, n)| (n, t)).collect();
    assert_eq!(left, waiting);
}

proptest! {
    #[test]
    fn nothing_is_lost_or_invented_and_the_order_is_kept(steps in steps(), limit in 1..20_u32) {
        for discipline in disciplines() {
            nothing_is_lost(&discipline, limit, &steps);
        }
    }
}
